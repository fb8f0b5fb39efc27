"""Claims of a report against their own figures, against each other and against the data.

A claim is held against the data of its own frequency: one of January to September against those months. Where the
data have no such figure, or the dataset does not report the indicator, only its own figures are checked.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from evaltools import claim_changes, claim_conflicts, formulas, possible_rates
from evaltools.claim_table import bears, claim_table
from evaltools.claim_words import joined, printed, said, sign_of, span
from evaltools.datasets import Data
from evaltools.fact_cells import Counted
from evaltools.findings import Findings, Indicators, number
from evaltools.tables import each_row
from evaltools.wording import LANGUAGES, word

TOPIC = "quality_claims"
UNCOUNTED = ("yuan", "10k_yuan", "ten_thousand_yuan", "hour", "percent", "square_metre", "hectare", "kilometre")
"""Measures of which there need not be a whole number."""


def check_claims(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find claims that their own figures, each other or the data do not bear out, at the precision they are printed in.

    What cannot be checked for want of a figure is a note that tells what the figure must have been.
    """
    found = Findings(data)
    if data.claims.empty:
        return found.frame()
    table = claim_table(data, counted, ind)
    arithmetic(found, table)
    above_all(found, table)
    impossible(found, table, data, counted)
    against_data(found, table, data, counted)
    claim_conflicts.values_differ(found, table)
    claim_conflicts.denominators_differ(found, table)
    claim_changes.changes(found, table)
    now = claim_changes.levels(table)
    claim_changes.without_data(found, table, now)
    claim_changes.part_of_year(found, table, now, ind)
    claim_changes.attainments(found, table, now, data)
    implied(found, table)
    return found.frame()


def place_of(row: Any) -> tuple[tuple[str, str, str], tuple[str, str], str]:
    """Return what a finding about a claim is about: period, area and unit; the indicator; where the claim stands."""
    return (row.period, row.area, row.unit), ("indicator", row.indicator), row.where


def _exact(value: float, row: Any) -> str:
    """Return what the figures give, to the decimals claimed and two at least."""
    return number(value, max(2, int(row.digits)))


def _wrong_arithmetic(table: pd.DataFrame) -> pd.Series:
    return table["reported"].notna() & table["own"].notna() & ~bears(table, table["own_low"], table["own_high"])


def arithmetic(found: Findings, table: pd.DataFrame) -> None:
    """Find claims that their own numerator and denominator do not give; and whether any whole numerator would."""
    for row in each_row(table[_wrong_arithmetic(table)]):
        whole = row.measure == "level" and row.denominator_half == 0 and not row.bound
        none = whole and not possible_rates.numerators(row.reported, row.digits, row.denominator, row.per)
        found.find(
            "claim_arithmetic",
            "error",
            *place_of(row),
            evidence=f"{number(row.numerator)}/{number(row.denominator)} = {_exact(row.own, row)}{sign_of(row)}",
            likely=f"no whole number over {number(row.denominator)} gives it" if none else "",
            said=said(row),
            right=_exact(row.own, row),
        )


def above_all(found: Findings, table: pd.DataFrame) -> None:
    """Find proportions claimed above 100 %, or whose claimed numerator is above the denominator."""
    level = table[(table["measure"] == "level") & (table["kind"] == "proportion")]
    over = (level["reported"] > level["per"]) & ~level["bound"].isin(["<=", "<"])
    for row in each_row(level[over | (level["numerator"] > level["denominator"])]):
        counts = "" if np.isnan(row.own) else f"{number(row.numerator)}/{number(row.denominator)}"
        shown = list(filter(None, ("" if np.isnan(row.reported) else printed(row), counts)))
        found.find(
            "claim_above_100",
            "error",
            *place_of(row),
            topic=TOPIC,
            evidence="; ".join(shown),
            figures={"zh": "，".join(shown), "en": ", ".join(shown)},
            likely="numerator and denominator swapped" if row.own > row.per and _swapped(row) else "",
        )


def _swapped(row: Any) -> bool:
    turned = row.denominator / row.numerator * row.per
    return bool(abs(turned - row.reported) <= row.half)


def impossible(found: Findings, table: pd.DataFrame, data: Data, counted: Counted) -> None:
    """Find rates that no whole numerator over their denominator gives (GRIM; Brown & Heathers 2017).

    The denominator is the claim's or, where it has none and no numerator is known, the data's. A ratio of two parts
    of a total that the data have (boys to girls, of all births) is tried with every split of that total.
    """
    uncounted = set(data.items.loc[data.items["measure"].isin(UNCOUNTED), "item"])
    totals = _totals(data)
    plain = (table["measure"] == "level") & table["reported"].notna() & (table["bound"] == "")
    open_ = table[plain & table["numerator"].isna() & table["data_numerator"].isna() & (table["below"] != "")]
    for row in each_row(open_):
        terms = formulas.parse(row.above) if row.kind not in ("units_meeting", "worst_unit") else ()
        if formulas.items(terms) & uncounted or row.kind == "mean":
            continue
        under = row.data_denominator if np.isnan(row.denominator) else row.denominator
        if under > 0 and float(under).is_integer() and not row.denominator_half:
            near = possible_rates.numerators(row.reported, row.digits, under, row.per)
            if not near:
                low = near.stop - 1 if near.stop else 0
                beside = [
                    f"{n}/{number(under)} = {number(n / under * row.per, row.digits)}{sign_of(row)}"
                    for n in (low, low + 1)
                ]
                found.find(
                    "claim_impossible",
                    "error",
                    *place_of(row),
                    topic=TOPIC,
                    evidence="; ".join(beside),
                    likely="another denominator, a weighted figure, or a slip",
                    said=said(row),
                    nearest=joined(beside),
                    denominator=number(under),
                )
        elif total := totals.get((row.above, row.below)):
            at = counted.row(row.period, row.area, row.unit, total)
            _impossible_split(found, row, total, counted.value[at] if at >= 0 else np.nan, counted)


def _totals(data: Data) -> dict[tuple[str, str], str]:
    """Return of two items the one that a relation says is their sum."""
    found = {}
    for row in each_row(data.checks):
        relation = formulas.parse_relation(row.expression)
        parts, whole = relation.left, relation.right
        plain = all(term.coefficient == 1 and not term.parameters and not term.prior for term in parts + whole)
        if plain and relation.comparison == "==" and len(parts) == 2 and len(whole) == 1:
            first, second = (term.item for term in parts)
            found[first, second] = found[second, first] = whole[0].item
    return found


def _impossible_split(found: Findings, row: Any, item: str, total: float, counted: Counted) -> None:
    if not (total > 0 and float(total).is_integer()):
        return
    near = possible_rates.splits(row.reported, row.digits, int(total), row.per)
    if near:
        return
    low = near.stop - 1
    pairs = [(n, int(total) - n) for n in (low, low + 1) if 0 <= n < total]
    beside = [f"{n}/{m} = {number(n / m * row.per, row.digits)}{sign_of(row)}" for n, m in pairs]
    found.find(
        "claim_impossible_split",
        "error",
        *place_of(row),
        topic=TOPIC,
        evidence="; ".join(beside),
        likely="",
        said=said(row),
        nearest=joined(beside),
        total=number(total),
        whole=found.listing("item", [item]),
    )


def against_data(found: Findings, table: pd.DataFrame, data: Data, counted: Counted) -> None:
    """Find levels that the data do not bear out, or whose counts are not those of the data.

    A denominator that is exactly another item of the place says what happened: 户籍 for 常住, managed for all.
    """
    levels = table[(table["measure"] == "level") & table["value"].notna() & ~_wrong_arithmetic(table)]
    wrong = levels["reported"].notna() & ~bears(levels, levels["value"])
    differs = [
        (levels[name] - levels[f"data_{name}"]).abs() > levels[f"{name}_half"] for name in ("numerator", "denominator")
    ]
    for row in each_row(levels[wrong | differs[0] | differs[1]]):
        is_wrong = bool(wrong[row.Index])
        counts = number(row.data_numerator)
        if not np.isnan(row.data_denominator):
            counts += f"/{number(row.data_denominator)}"
        evidence, right = f"{counts} = {_exact(row.value, row)}{sign_of(row)}", _exact(row.value, row)
        if np.isnan(row.data_denominator) and row.per == 1:  # a count is its own numerator
            evidence = right = counts
        other = _item_of(row, data, counted) if differs[1][row.Index] else ""
        if other:
            rule, likely = "claim_denominator", f"divided by {other}"
        else:
            rule, likely = "claim_level" if is_wrong else "claim_counts", ""
        topic = "findings" if rule == "claim_level" else TOPIC
        level = "error" if is_wrong else "warning"
        found.find(
            rule,
            level,
            *place_of(row),
            topic=topic,
            evidence=evidence,
            likely=likely,
            said="" if np.isnan(row.reported) else said(row),
            right=right,
            own="/".join(number(x) for x in (row.numerator, row.denominator) if not np.isnan(x)),
            other=found.listing("item", [other]),
            used="" if np.isnan(row.denominator) else number(row.denominator),
        )


def _item_of(row: Any, data: Data, counted: Counted) -> str:
    """Return the item about people whose number in the claim's place and period is the claimed denominator."""
    own = formulas.items(formulas.parse(row.below)) if row.below else set()
    people = data.items.loc[data.items["people"] == "yes", "item"]
    values = counted.filled_at(row.period, row.area, row.unit)
    return next((item for item in people if item not in own and values.get(item) == row.denominator), "")


def implied(found: Findings, table: pd.DataFrame) -> None:
    """Note claims that cannot be checked for want of a figure, and what that figure must have been."""
    plain = table["reported"].notna() & (table["bound"] == "") & table["value"].isna()
    level = (table["measure"] == "level") & (table["below"] != "") & plain
    no_above, no_below = table["numerator"].isna(), table["denominator"].isna()
    for row in each_row(table[level & no_above & ~no_below & (table["denominator"] > 0)]):
        near = possible_rates.numerators(row.reported, row.digits, row.denominator, row.per)
        if near:
            _implied(found, "claim_numerator_implied", row, near, f"{number(row.denominator)}")
    under = level & ~no_above & no_below & table["data_denominator"].isna()
    grown = (table["measure"] == "change_percent") & plain & ~no_above & no_below
    for row in each_row(table[(under | grown) & (table["numerator"] > 0) & (table["reported"] > 0)]):
        per = row.per if row.measure == "level" else 100
        near = possible_rates.denominators(row.reported, row.digits, row.numerator, per) or range(0)
        if row.measure == "level" and row.kind == "proportion" and near and near.stop > row.numerator:
            near = range(max(near.start, math.ceil(row.numerator)), near.stop)
        if near:
            rule = "claim_denominator_implied" if row.measure == "level" else "claim_base_implied"
            _implied(found, rule, row, near, number(row.numerator))
    bare = (table["measure"] == "level") & (table["below"] != "") & table["reported"].notna() & table["value"].isna()
    bare &= no_above & no_below & table["data_denominator"].isna()
    for row in each_row(table[bare]):
        least = possible_rates.smallest(row.reported, row.digits, row.per)
        texts = {"least": str(least.denominator), "example": f"{least.numerator}/{least.denominator}"}
        tells = row.kind != "mean" and least.denominator > 1
        hint = {lang: word("quality_claims.least_denominator", lang, **texts) if tells else "" for lang in LANGUAGES}
        found.find(
            "claim_no_denominator",
            "note",
            *place_of(row),
            topic=TOPIC,
            evidence=f"{least.numerator}/{least.denominator}",
            likely="",
            said=said(row),
            hint=hint,
        )


def _implied(found: Findings, rule: str, row: Any, near: range, given: str) -> None:
    first, last = near[0], near[-1]
    values = str(first) if first == last else f"{first}–{last}"
    texts = {"said": said(row), "given": given, "span": span(first, last)}
    found.find(rule, "note", *place_of(row), topic=TOPIC, evidence=values, likely="", **texts)  # type: ignore[arg-type]


def agrees(reported: float, exact: float, text: str = "") -> bool:
    """Whether a printed figure is the exact one rounded to the digits it shows (in a text, with trailing zeros)."""
    return abs(reported - exact) <= 0.5 * 10.0 ** -possible_rates.digits_of(reported, text) + 1e-9
