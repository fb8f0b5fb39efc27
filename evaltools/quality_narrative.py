"""Sentences about the data check."""

from __future__ import annotations

import pandas as pd

from evaltools import quality_views, views, wording
from evaltools.datasets import Data
from evaltools.finding_kinds import QUESTIONS, kind_of
from evaltools.narrative import joined
from evaltools.regions import RegionFigures
from evaltools.wording import counted, word


def quality_summary(found: pd.DataFrame, complete: pd.DataFrame, area_name: str, period: str, lang: str) -> list[str]:
    """Say how many findings there are and who did not report. `found` from `quality_views.findings`."""
    counts = quality_views.by_level(found)
    about = {"area": area_name, "period": wording.period(period, lang)}
    parts = [counted(f"report.count_{level}", lang, n) for level, n in counts.items() if n]
    if parts:
        texts = [word("report.quality_summary", lang, parts=joined(parts, lang), **about)]
    else:
        texts = [word("report.quality_clean", lang, **about)]
    return [*texts, *completeness(complete, lang)]


def completeness(complete: pd.DataFrame, lang: str) -> list[str]:
    """Say which institutions sent everything, part or nothing. `complete` from `quality_views.completeness`."""
    if complete.empty:
        return []
    names = {
        "silent": complete.loc[complete["items_reported"] == 0, "unit_name"],
        "partly": complete.loc[complete["share"].between(0, 100, inclusive="neither"), "unit_name"],
    }
    expected = len(complete)
    if not any(map(len, names.values())):
        items = int(complete["items_expected"].iloc[0])
        return [counted("report.quality_all", lang, expected, items=wording.integer(items, lang))]
    texts = [counted("report.quality_units", lang, expected, reported=expected - len(names["silent"]))]
    for name, units in names.items():
        if len(units):
            texts.append(word(f"report.quality_{name}", lang, names=joined(units, lang)))
    return texts


def is_complete(complete: pd.DataFrame) -> bool:
    """Whether every institution sent every item, so that a table of them says nothing more."""
    return bool((complete["items_reported"] == complete["items_expected"]).all())


def first_findings(shown: pd.DataFrame, most: int = 3) -> list[str]:
    """Return the first sentences of the data check, errors first.

    Silent institutions are named elsewhere, and questions are put apart.
    """
    asked = [rule == "silent_unit" or kind_of(rule, "*") == QUESTIONS for rule in shown["rule"]]
    return list(shown.loc[[not other for other in asked], "sentence"].head(most))


def adjusted_summary(changed: pd.DataFrame, stage: str, lang: str) -> str:
    """Say how often values of the period were adjusted, and as of which stage this page stands."""
    if changed.empty:
        return word("report.quality_unadjusted", lang)
    values = len(changed.drop_duplicates(["unit", "item"]))
    return counted("report.quality_adjusted", lang, len(changed), values=values, stage=wording.stage(stage, lang))


def quality_notes(
    data: Data, found: pd.DataFrame, shown: pd.DataFrame, region: RegionFigures, period: str, lang: str
) -> list[str]:
    """Say what is checked, what other periods hold, and which indicators nobody in the region reports."""
    notes = [word("report.quality_note", lang)]
    if other := len(found) - len(shown):
        notes.append(counted("report.quality_other", lang, other))
    rows = region.benchmark[region.benchmark["period"] == period]
    known = set(rows.loc[rows["n_areas"] > 0, "indicator"])
    absent = rows.loc[~rows["indicator"].isin(known), "indicator"].unique()
    if len(absent) > 10:
        notes.append(word("report.not_covered_many", lang, n=len(absent)))
    elif len(absent):
        names = joined(views.names_of(data, lang)[absent], lang)
        notes.append(counted("report.not_covered", lang, len(absent), names=names))
    return notes
