"""Sentences about a whole region."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evaltools import wording
from evaltools.datasets import Data
from evaltools.narrative import joined
from evaltools.region_views import About
from evaltools.standards import Standard
from evaltools.tables import each_row
from evaltools.wording import word


def region_summary(table: pd.DataFrame, standard: Standard, region_name: str, period: str, lang: str) -> list[str]:
    """Say how the counties of a region scored. `table` from `views.league_table`."""
    known = table[table["points"].notna()]
    counts = known["grade"].value_counts()
    grades = [
        word("report.grade_count", lang, grade=getattr(g, f"name_{lang}"), n=int(counts.get(g.id, 0)))
        for g in standard.grades
        if counts.get(g.id, 0)
    ]
    texts = [
        word(
            "report.region_summary",
            lang,
            region=region_name,
            period=wording.period(period, lang),
            n=len(known),
            mean=wording.points(known["points"].mean(), lang),
            best=wording.points(known["points"].max(), lang),
            worst=wording.points(known["points"].min(), lang),
            grades=joined(grades, lang),
        )
    ]
    up, down = known[known["change_rank"] > 0], known[known["change_rank"] < 0]
    if len(up) and len(down):
        ends = (
            up[up["change_rank"] == up["change_rank"].max()],
            down[down["change_rank"] == down["change_rank"].min()],
        )
        named = [joined((_place(row, lang) for row in each_row(rows)), lang) for rows in ends]
        texts.append(word("report.region_moved", lang, up=named[0], down=named[1]))
    return texts


def _place(row: Any, lang: str) -> str:
    return word("report.moved_item", lang, name=row.county, before=int(row.previous_rank), after=int(row.rank))


def region_unscored(table: pd.DataFrame, data: Data, period: str, lang: str) -> list[str]:
    """Say, where no standard applies, that there are no scores and how much is known."""
    texts = [word("report.no_standard", lang)]
    label = wording.period(period, lang)
    known = int(table["reported"].max()) if len(table) else 0
    return [*texts, word("report.region_unscored", lang, period=label, n=len(table), indicators=known)]


def alt_bars(table: pd.DataFrame, lang: str) -> str:
    """Say in words what the chart of scores shows."""
    known = table[table["points"].notna()].sort_values("points", ascending=False, kind="stable")
    if known.empty:
        return word("report.none", lang)
    first, last = known.iloc[0], known.iloc[-1]
    return word(
        "report.alt_bars",
        lang,
        first=first["county"],
        last=last["county"],
        first_points=wording.points(first["points"], lang),
        last_points=wording.points(last["points"], lang),
    )


def alt_moved(moved: pd.DataFrame, lang: str, most: int = 3) -> str:
    """Say in words what the chart of ranks shows."""
    change = (moved["before"] - moved["after"]).abs()
    names = moved.loc[change[change > 0].sort_values(ascending=False, kind="stable").index, "label"].head(most)
    if names.empty:
        return word("report.alt_moved_none", lang)
    return word("report.alt_moved", lang, names=joined(names, lang))


def funnel(values: pd.DataFrame, limits: pd.DataFrame, about: About, lang: str) -> str:
    """Say which counties differ from the joint level by more than chance explains."""
    outside = values.loc[values["outside"], "label"]
    average = wording.value(limits["centre"].iloc[0], lang, about.per, about.kind)
    if outside.empty:
        return word("report.funnel_text_inside", lang, name=about.name, average=average)
    return word("report.funnel_text_outside", lang, name=about.name, names=joined(outside, lang), average=average)


def alt_funnel(values: pd.DataFrame, lang: str) -> str:
    """Say in words what a funnel shows."""
    outside = values.loc[values["outside"], "label"]
    if outside.empty:
        return word("report.alt_funnel_inside", lang)
    return word("report.alt_funnel_outside", lang, names=joined(outside, lang))
