"""Sentences about trends: how many point which way, what a change of definition did, and how trends are found."""

from __future__ import annotations

import pandas as pd

from evaltools import periods, wording
from evaltools.change_views import notable
from evaltools.changes import MEANINGFUL_PERCENT, MEANINGFUL_POINTS, policy
from evaltools.control_narrative import control_notes
from evaltools.datasets import Data
from evaltools.decomposition_narrative import method_notes
from evaltools.narrative import changes, joined, sentence
from evaltools.tables import each_row
from evaltools.trend_marker import CANNOT, NO_CHANGE
from evaltools.trends import CEILING
from evaltools.views import described
from evaltools.wording import counted, word


def trends_summary(table: pd.DataFrame, lang: str) -> list[str]:
    """Count the recent trends of an overview: getting better, getting worse, others, none; nothing if none is known."""
    known = table.loc[table["value"].notna() & (table["marker"] != CANNOT), "marker"]
    if not len(known):
        return []
    way = known.str.extract(r"getting (\w+)$")[0].fillna("other").mask(known == NO_CHANGE, "none")
    counts = way.value_counts()
    parts = joined(
        (
            counted(f"trends.count_{name}", lang, int(counts[name]))
            for name in ("better", "worse", "other", "none")
            if name in counts
        ),
        lang,
    )
    return [counted("trends.summary", lang, len(known), parts=parts)]


def definition_changes(effects: pd.DataFrame, data: Data, lang: str) -> list[str]:
    """Say of each year with two definitions what the change of definition did. `effects` from `definition_effects`."""
    texts = []
    for row in each_row(described(effects, data, lang)):
        values = {
            name: wording.value(x, lang, row.per, row.kind) for name, x in (("old", row.old_value), ("new", row.value))
        }
        change = wording.change_points(row.definition_effect, lang, row.per)
        period = wording.period(row.period, lang)
        text = word("trends.definition_effect", lang, period=period, name=row.name, effect=change, **values)
        texts.append(sentence(text, lang))
    return texts


def left_out(table: pd.DataFrame, lang: str) -> list[str]:
    """Say which years the trends of an overview leave out or do not reach, once each."""
    reasons = table.loc[table["series_reason"].fillna("") != "", "series_reason"].unique()
    parts = dict.fromkeys(part for reason in reasons for part in reason.split("; "))
    return [sentence(wording.reason(part, lang), lang) for part in parts if not part.startswith("not computed")]


def family(rows: pd.DataFrame, period: str, lang: str) -> list[str]:
    """Say what changed in one family of an overview: clear changes that matter, the largest first; or that none did."""
    if rows["change_pp"].isna().all():
        before = wording.period(periods.shift(period, -1), lang)
        return [word("trends.family_not_compared", lang, before=before)]
    texts = changes(notable(rows), period, lang)
    return texts or [word("trends.family_quiet", lang)]


def control_overview(points: pd.DataFrame, lang: str, months: int = 12) -> list[str]:
    """Count the control charts in which something stands out in the last months. `points` from `month_views`."""
    limited = points.groupby("indicator", sort=False)["upper"].transform("count") > 0
    recent = points[limited].groupby("indicator", sort=False).tail(months)
    stands_out = ~recent["kind"].isin(["", "common"])
    names = recent.loc[stands_out, "label"].unique()
    n, without = recent["indicator"].nunique(), points.loc[~limited, "indicator"].nunique()
    texts = []
    if len(names):
        texts = [counted("trends.control_some", lang, n, months=months, names=joined(names, lang), some=len(names))]
    elif n:
        texts = [counted("trends.control_quiet", lang, n, months=months)]
    return [*texts, *([counted("trends.control_without", lang, without)] if without else [])]


def methods(
    data: Data, table: pd.DataFrame, points: pd.DataFrame, period: str, lang: str, split: bool = True
) -> list[str]:
    """Say how verdicts, trends, annual changes and effects come about, and what chance means for a whole population.

    split: whether the page splits changes over numerator, denominator and units.
    """
    place = pd.DataFrame({"period": [period], "area": [data.area or ""]})
    cut = {name: policy(place, data.parameters, name)[0] for name in (MEANINGFUL_POINTS, MEANINGFUL_PERCENT, CEILING)}
    values = {
        "points": word(
            "trends.point" if cut[MEANINGFUL_POINTS] == 1 else "decomposition.points_per_100",
            lang,
            x=wording.quantity(cut[MEANINGFUL_POINTS], lang),
        ),
        "percent": wording.target(cut[MEANINGFUL_PERCENT], lang),
        "ceiling": wording.target(cut[CEILING], lang),
    }
    names = ["verdict", "population", "marker", "tests", "annual"] if len(table) else []
    notes = [word(f"trends.method_{name}", lang, **values) for name in names]
    notes += method_notes(lang, "parts", "units") if split else []
    return [*notes, *(control_notes(lang) if len(points) else [])]
