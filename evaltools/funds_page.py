"""The parts of the page about funds, in their order: sentences and tables of one plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from numpy.typing import ArrayLike

from evaltools import funds_narrative, funds_views
from evaltools.datasets import Data
from evaltools.fund_coefficients import money_uncertainty
from evaltools.funds_results import FundsResult


@dataclass(frozen=True)
class Part:
    """A table of the page: what is said before it, its frame, file name, caption and columns."""

    texts: list[str]
    frame: pd.DataFrame
    name: str
    caption: str
    columns: Mapping[str, tuple[str, str]]

    @property
    def emphasis(self) -> str:
        """The column that marks the row of totals, "" where there is none."""
        return "is_total" if "is_total" in self.frame else ""


def parts(
    result: FundsResult,
    data: Data,
    lang: str,
    audience: str = "internal",
    drawn_scores: pd.DataFrame | ArrayLike | None = None,
) -> list[Part]:
    """Return what a page says of a plan. `drawn_scores` as `money_uncertainty` wants them, for a plan that uses scores.

    The public is shown amounts, but not the counts of people that an institution's amounts are worked out from.
    """

    def part(name: str, frame: pd.DataFrame, shown: list[str], texts: list[str]) -> Part:
        columns = funds_views.columns(frame, shown, lang, result)
        caption = funds_narrative.caption(name, result, lang)
        return Part(texts, frame, f"{result.plan.id}_{name}", caption, columns)

    found = []
    if result.formula is not None:
        table = funds_views.factors(result.formula, data, lang)
        shown = ["object", "population", "per_head", "points", "grade_name", "coefficient", "veto", "bound_name", "due"]
        told = funds_narrative.summary(result, table, lang)
        if audience != "internal":
            # the public's scores leave out what is withheld, and are not those that the money follows from
            table, shown = table.drop(columns="points"), [name for name in shown if name != "points"]
        found.append(part("factors", table, [*shown, "because", "reason"], told))
        if result.formula.levels:
            amounts = [f"due_{level}" for level in result.formula.levels]
            by_level = funds_views.levels(result.formula, data, lang)
            found.append(part("levels", by_level, ["object", *amounts, "due", "reason"], []))
            steps = funds_views.arithmetic(result.formula, data, lang)
            if len(steps):
                found.append(part("arithmetic", steps, ["object", "level_name", "share", "due", "because"], []))
    if result.work is not None:
        table = funds_views.work(result.work, data, lang)
        amounts = [f"due_{item}" for item in result.work.items]
        told = funds_narrative.summary(result, table, lang)
        shown = [*amounts, "due", *(name for name in ("own", "village") if name in table), "reason"]
        found.append(part("workload", table, ["object", *shown], told))
        if audience == "internal":
            cells = funds_views.work_cells(result, data, lang)
            shown = ["item_name", "workload", "quality", "corrected", "due", "because", "reason"]
            found.append(part("work", cells, ["object", *shown], []))
    shared = result.formula if result.formula is not None else result.work
    if shared is not None and "settlement" in shared.rows:
        table = funds_views.settlement(shared, data, lang)
        amounts = [str(name) for name in table if str(name).startswith("settlement_")]
        shown = ["object", "due", "prepaid", *amounts, "settlement", "to_do", "reason"]
        found.append(part("settlement", table, shown, funds_narrative.settlement(result, table, lang)))
    if result.formula is not None and drawn_scores is not None and result.plan.coefficient.kind in ("score", "grade"):
        grades = [(grade.id, grade.start) for grade in data.standard.grades] if data.standard is not None else []
        moved = money_uncertainty(result.formula, result.plan.rules, result.plan.coefficient, drawn_scores, grades)
        table = funds_views.uncertainty(moved, data, lang)
        shown = ["object", "due", "lower", "upper", "mean_move", "mean_move_percent", "reason"]
        found.append(part("uncertainty", table, shown, [funds_narrative.uncertainty(result, table, lang)]))
    return found
