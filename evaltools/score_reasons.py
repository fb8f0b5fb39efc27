"""Sentences about why a score is what it is: its change, what would earn points, a bound that is near, its stages."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evaltools import score_changes, score_views, wording
from evaltools.ledger import STAGES
from evaltools.narrative import joined, joined_clauses
from evaltools.score_narrative import way as way_of
from evaltools.standards import Standard
from evaltools.tables import each_row
from evaltools.wording import counted, word


def change_text(
    changes: pd.DataFrame, changed: pd.DataFrame, before: str, area: str, lang: str, previous: Standard | None = None
) -> list[str]:
    """Say what the change of an area's total is made of, and which lines moved it most.

    changes: of `score_changes`. changed: of `score_views.changed_lines`. previous: last year's standard, if another.
    """
    total = score_changes.total_of(changes, area)
    if total is None:
        return []
    if pd.isna(total.standard):
        reason = wording.reason(total.reason, lang)
        return [word("score.change_not_split", lang, reason=reason)]
    texts = {name: wording.points(getattr(total, name), lang) for name in ("previous_points", "points")}
    label, way = wording.period(before, lang), way_of(total.change)
    about = {"before": label, "points": texts["points"], "parts": _effects(total, lang)}
    if way == "same":
        first = word("score.change_none", lang, **about)
    else:
        about |= {"previous": texts["previous_points"], "way": word(f"score.way_{way}", lang)}
        change = word(f"score.amount_{way}", lang, x=wording.number(abs(total.change), 2, lang))
        first = word("score.change_whole", lang, change=change, **about)
    lines = changed[~changed["line"].isin([score_changes.REST, ""])]
    parts = [
        _moved_lines(lines[lines["change"] > 0], "up", lang),
        _moved_lines(lines[lines["change"] < 0], "down", lang),
    ]
    if previous is not None:
        parts.append(word("score.previous_standard", lang, name=getattr(previous, f"name_{lang}") or previous.id))
    return [first, *filter(None, parts)]


def _effects(total: Any, lang: str) -> str:
    texts, without = [], []
    for name in reversed(score_changes.EFFECTS):
        amount, effect = getattr(total, name), word(f"score.effect_{name}", lang)
        if way_of(amount) == "same":
            without.append(effect)
        else:
            x = wording.number(abs(amount), 2, lang)
            texts.append(word(f"score.effect_{way_of(amount)}", lang, effect=effect, x=x))
    if without:
        texts.append(word("score.effects_none", lang, effects=joined(without, lang)))
    return joined_clauses(texts, lang)


def _moved_lines(rows: pd.DataFrame, way: str, lang: str, most: int = 3) -> str:
    items = [
        word(f"score.change_item_{way}", lang, name=row.name, x=wording.number(abs(row.change), 2, lang))
        for row in each_row(rows.head(most))
    ]
    return word(f"score.most_{way}", lang, lines=joined(items, lang)) if items else ""


def alt_waterfall(changes: pd.DataFrame, area: str, lang: str) -> str:
    """Say in words what the waterfall shows."""
    total = score_changes.total_of(changes, area)
    previous, points = (wording.points(x, lang) for x in (total.previous_points, total.points))
    return word("score.alt_waterfall", lang, previous=previous, points=points, parts=_effects(total, lang))


def gains_text(gains: pd.DataFrame, lang: str, most: int = 3) -> list[str]:
    """Say where a few more people would earn most. `gains` of `score_views.gains_of`."""
    rows = score_views.best_gains(gains, most)
    texts = []
    for row in each_row(rows):
        about = {"item": row.item_name, "people": int(row.more), "points": wording.points(row.total_gain, lang)}
        key = "score.gain_best_unit" if row.unit else "score.gain_best"
        texts.append(word(key, lang, unit=row.unit_name, **about))
    if not texts:
        steps = gains[gains["next_more"].notna()].sort_values("next_more", kind="stable").head(1)
        texts = [
            word(
                "score.gain_next",
                lang,
                item=row.item_name,
                people=wording.integer(row.next_more, lang),
                points=wording.points(row.next_gain, lang),
            )
            for row in each_row(steps)
        ]
    return texts or [word("score.gain_none", lang)]


def near_text(near: pd.DataFrame, standard: Standard, area: str, within: float, lang: str) -> str:
    """Say that a total is close to the bound of a grade, and how many other conventions give another grade.

    near: of `score_rounding.near_cutoffs`; "" where the area's total is not near.
    """
    rows = near[(near["area"] == area) & (near["unit"] == "")]
    if rows.empty:
        return ""
    own, others = rows.iloc[0], rows.iloc[1:]
    bound = next(grade for grade in standard.grades if float(grade.start) == own["cutoff"])
    about = {
        "points": wording.points(own["points"], lang),
        "grade": getattr(bound, f"name_{lang}"),
        "cutoff": wording.quantity(own["cutoff"], lang),
        "within": wording.number(within, 2, lang),
    }
    n = int((others["points"].notna() & (others["grade"] != own["grade"])).sum())
    return counted("score.near_text", lang, n, **about) if n else word("score.near_text_none", lang, **about)


def stages_text(stages: pd.DataFrame, standard: Standard, lang: str) -> str:
    """Say total and grade at the three stages. `stages` of `score_views.stage_rows`."""
    (row,) = each_row(stages[stages["section"] == ""])
    texts: dict[str, str] = {}
    for stage in STAGES:
        texts[stage] = wording.points(getattr(row, stage), lang)
        grade = score_views.grade_name(standard, getattr(row, f"{stage}_grade"), lang)
        texts[f"{stage}_grade"] = grade or word("score.no_grade", lang)
    return word("score.stages_text", lang, **texts)
