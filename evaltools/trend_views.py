"""Parts of the page on changes and trends, each with its sentences, its table and what to say of its method."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from evaltools import decomposition_narrative, forecast_narrative, progress_narrative, wording
from evaltools import growth as growths
from evaltools import periods as months_of
from evaltools.change_views import in_points, same_months, up_to
from evaltools.contributions import unit_contributions
from evaltools.datasets import Data
from evaltools.decomposition import Decomposition
from evaltools.forecasts import forecast
from evaltools.measures import indicators
from evaltools.progress import TOLERANCE
from evaltools.progress import progress as progress_of
from evaltools.progress_seasons import year_of
from evaltools.regions import RegionFigures
from evaltools.tables import each_row
from evaltools.theta_method import LEAST
from evaltools.views import columns as headers_of
from evaltools.views import described, newest, present
from evaltools.wording import counted, word


@dataclass(frozen=True)
class Shown:
    """A part of a page: sentences, a table with its caption and columns, and notes on how it came about."""

    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    caption: str = ""
    headers: dict[str, tuple[str, str]] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def explained(
    data: Data, ind: pd.DataFrame, table: pd.DataFrame, area: str, period: str, most: int = 3
) -> list[Decomposition]:
    """Return what the units did to the largest clear changes of an overview; `ind` holds the rows of units too.

    Only shares of people that can be split: of an area whose units all reported and add up to its own figure.
    """
    rows = table[table["status"].isin(["better", "worse", "neutral"]) & in_points(table)]
    rows = rows[rows["kind"] == "proportion"]
    found: list[Decomposition] = []
    for row in each_row(rows.iloc[(-rows["change_pp"].abs()).argsort(kind="stable")]):
        split = unit_contributions(data, ind, area, row.indicator, period, row.previous_period)
        if split.computed and len(split.strata) > 1:
            found.append(split)
        if len(found) == most:
            break
    return found


def why(found: Decomposition, data: Data, table: pd.DataFrame, period: str, lang: str) -> Shown:
    """Return why one indicator of an overview changed: numerator and denominator, then the units."""
    (row,) = each_row(table[table["indicator"] == found.indicator])
    shown = decomposition_narrative.unit_table(found, data, lang)
    names = present(shown, decomposition_narrative.UNIT_COLUMNS)
    return Shown(
        shown,
        word("trends.caption_why", lang, name=row.name, period=wording.period(period, lang)),
        decomposition_narrative.columns(names, lang),
        [decomposition_narrative.parts(row, data, period, lang), decomposition_narrative.units(found, data, lang)],
    )


def forecasts(
    data: Data, region: RegionFigures, lines: pd.DataFrame, area: str, period: str, lang: str, without_disturbed: bool
) -> Shown:
    """Return what to expect next of the series that a page shows: `lines` from `series_views.series`."""
    if not len(lines):
        return Shown()
    shown = [(area, indicator) for indicator in lines["indicator"].unique()]
    others = set(region.indicators["area"]) - set(data.region.counties())
    found = forecast(
        region.indicators,
        data.catalogue,
        shown,
        period,
        data.breaks,
        exclude=others,
        without_disturbed=without_disturbed,
    )
    table = forecast_narrative.table(found, data, lang)
    texts = forecast_narrative.sentences(table, lang)
    if len(texts) > 2:
        texts = [word("trends.forecast_intro", lang, period=wording.period(table["period"].iloc[0], lang))]
    if (table.loc[table["method"] != "", "n_periods"] == 1).any():
        texts.append(word("trends.forecast_one_year", lang))
    texts.append(forecast_narrative.not_offered(table, lang))
    if not (table["method"] != "").any():
        return Shown(sentences=texts, notes=forecast_narrative.method_notes(table, lang, LEAST))
    return Shown(
        table,
        forecast_narrative.caption(table, lang),
        forecast_narrative.columns(table, lang),
        [text for text in texts if text],
        forecast_narrative.method_notes(table, lang, LEAST),
    )


def growth(data: Data, ind: pd.DataFrame, area: str, period: str, lang: str) -> Shown:
    """Return the growth figures of every indicator of an area: on the year, on the base, on average.

    Of half-years, quarters and months the growth on the period right before them, too.
    """
    rows = up_to(ind[(ind["area"] == area) & (ind["unit"] == "")], period)
    of_years = same_months(rows, period)
    same = sorted(of_years["period"].unique())
    if period not in set(rows.loc[rows["value"].notna(), "period"]):
        return Shown()
    every = growths.growth(rows, base=same[0], breaks=data.breaks)
    now = newest(every[(every["period"] == period) & every["value"].notna()].assign(unit=""))
    average = growths.average_growth_of(of_years, last=period, breaks=data.breaks)
    key = ["area", "unit", "indicator", "definition"]
    merged = now.merge(average.rename(columns={"reason": "average_reason"}), on=key, how="left")
    table = described(merged, data, lang)
    whys = [
        table[f"{name}_reason"].fillna("").where(table[f"{name}_growth"].isna(), "") for name in ("year", "average")
    ]
    told = ["; ".join(dict.fromkeys(filter(None, texts))) for texts in zip(*whys, strict=True)]
    table = table.assign(reason=pd.Series(told, table.index, dtype="str")).drop(columns=["period", "area", "unit"])
    names = ["name", "first_value", "value", "year_growth", *_CLOSE, "base_ratio", *_AVERAGE, "reason"]
    if months_of.every(period) not in ("half", "quarter", "month"):
        names = [name for name in names if name not in _CLOSE]  # of years it is the growth on the year
    caption = word(
        "trends.caption_growth", lang, period=wording.period(period, lang), first=wording.period(same[0], lang)
    )
    return Shown(table, caption, _growth_headers(present(table, names), lang), notes=[growths.method_note(lang)])


_CLOSE = ["previous_growth"]
_AVERAGE = ["average_ratio", "average_growth"]
_FIGURES = {"year_growth", *_CLOSE, "base_ratio", *_AVERAGE}


def _growth_headers(names: list[str], lang: str) -> dict[str, tuple[str, str]]:
    return {name: (growths.headers if name in _FIGURES else headers_of)([name], lang)[name] for name in names}


def progress(data: Data, audience: str, area: str, period: str, lang: str) -> Shown:
    """Return how far an area is towards the targets of the year that a period is part of; nothing for whole years.

    Empty for the public too: what has been done by a month is not among the figures that are protected together.
    """
    so_far = since_the_start(data.targets, period)
    if not so_far or audience != "internal":
        return Shown()
    whole = data.region
    part = indicators(whole, every=so_far, units=False)
    year = indicators(whole, every=year_of(so_far), units=False)
    found = progress_of(
        part,
        year,
        data.targets,
        data.catalogue,
        data.items,
        so_far,
        breaks=data.breaks,
        peers=whole.counties(),
    )
    table = progress_narrative.table(found[found["area"] == area], data, lang)
    if not (table["status"].isin(progress_narrative.COUNTS)).any():
        return Shown()
    known = progress_narrative.worst_first(table)
    texts = progress_narrative.summary(table, data.area_name(area, lang), lang)
    texts += progress_narrative.sentences(known.head(6), lang)
    if len(without := table.drop(index=known.index)):
        reasons = forecast_narrative.counted_reasons(without, lang)
        texts.append(counted("trends.progress_without", lang, len(without), reasons=reasons))
    return Shown(
        known,
        word("trends.caption_progress", lang, period=wording.period(so_far, lang)),
        progress_narrative.headers(present(known, progress_narrative.SHOWN), lang),
        texts,
        progress_narrative.method_notes(lang, TOLERANCE),
    )


def since_the_start(targets: pd.DataFrame, period: str) -> str:
    """Return the months from the start of the target's year to the end of a period; "" for a year or more.

    The year is the twelve months of a target that hold the period: an assessment year, if targets are set for one,
    else the calendar year.
    """
    span = months_of.parse(period)
    if span.length >= 12:
        return ""
    known = [months_of.parse(name) for name in targets["period"].unique() if name != months_of.UNKNOWN]
    holding = [
        year.first for year in known if year.length == 12 and year.first <= span.first and span.last <= year.last
    ]
    first = min(holding, key=lambda start: (start != span.first, start % 12 == 0), default=span.last // 12 * 12)
    return months_of.name(months_of.Span(first, span.last)) if span.last - first < 11 else ""
