"""Sentences and tables of 序时进度, from the rows of `progress.progress`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from evaltools import periods, wording
from evaltools.datasets import Data
from evaltools.narrative import joined, paragraph, sentence
from evaltools.progress_projection import CONFIDENCE, FEWEST
from evaltools.tables import each_row
from evaltools.views import described, names_of
from evaltools.wording import counted, topic, word

CHANCES = (0.9, 0.66, 0.33, 0.1)
"""From when on a chance is very likely, likely; up to when unlikely, very unlikely (Mastrandrea et al. 2010, IPCC)."""

HALF = 6
"""Months after which a half-year report is written."""

SHOWN = {
    "name": "text",
    "value": "value",
    "target": "target",
    "reached": "percent",
    "calendar": "percent",
    "ahead_calendar": "change:2",
    "season": "percent",
    "ahead_season": "change:2",
    "projected": "value",
    "projected_lower": "value",
    "projected_upper": "value",
    "chance": "number",
    "n_errors": "integer",
    "method_name": "text",
    "status_name": "text",
    "reason": "reason",
}
"""Columns of `table` that a reader is shown, and their formats."""

TESTED = {
    "months": "integer",
    "nature_name": "text",
    "method_name": "text",
    "n": "integer",
    "n_years": "integer",
    "median_absolute_error": "percent",
    "n_ranges": "integer",
    "coverage": "number",
    "n_chances": "integer",
    "brier": "number",
    "reason": "reason",
}
"""Columns of `backtest_table` that a reader is shown, and their formats."""

COUNTS = ("reached", "ahead", "on_time", "behind", "slower", "faster", "exceeded")


def table(rows: pd.DataFrame, data: Data, lang: str) -> pd.DataFrame:
    """Return rows of `progress` for a page: with name, family, kind, per, direction and what is told in words.

    Adds measure, method_name, status_name; in the order of the catalogue. Columns to show: `headers(SHOWN, lang)`.
    """
    named = described(rows, data, lang)
    measures = data.catalogue[["indicator", "valid_from", "measure"]].rename(columns={"valid_from": "definition"})
    named = named.merge(measures, on=["indicator", "definition"], how="left")
    return named.assign(
        plain_name=named["indicator"].map(names_of(data, lang)),
        method_name=_named(named["projected_by"], "method_name", lang),
        status_name=_named(named["status"], "status", lang),
    )


def backtest_table(rows: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return rows of `progress.backtest` with nature_name and method_name."""
    names = {f"{name}_name": _named(rows[name], f"{name}_name", lang) for name in ("nature", "method")}
    return rows.assign(**names)


def headers(shown: Iterable[str], lang: str) -> dict[str, tuple[str, str]]:
    """Return the columns to show as `Publish.table` wants them: column -> (header, format)."""
    formats = {**TESTED, **SHOWN}
    return {name: (_header(name, lang), formats[name]) for name in shown}


def _header(name: str, lang: str) -> str:
    key = f"progress.column_{name}"
    return word(key if key.partition(".")[2] in topic("progress") else f"columns.{name}", lang)


def _named(column: pd.Series, key: str, lang: str) -> pd.Series:
    words = {name: word(f"progress.{key}_{name}", lang) if name else "" for name in column.unique()}
    return column.map(words).astype("str")


def sentences(rows: pd.DataFrame, lang: str, cuts: tuple[float, float, float, float] = CHANCES) -> list[str]:
    """Say of each row of `table` how far it is and where it will end; one without progress says why.

    cuts: the chances from which (up to which) the outlook is very likely, likely, unlikely, very unlikely.
    """
    return [_said(row, lang, cuts) for row in each_row(rows)]


def worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `table` whose progress is known, the furthest behind (of a limit, ahead) first."""
    known = rows[rows["status"].isin(COUNTS)]
    ahead = known["ahead_calendar"].where(known["nature"] == "flow", known["ahead_season"])
    good = ahead.where(known["direction"] != "down", -ahead)
    return known.loc[good.sort_values(kind="stable", na_position="last").index]


def in_doubt(rows: pd.DataFrame, cuts: tuple[float, float, float, float] = CHANCES) -> pd.DataFrame:
    """Return the rows of `table` that are unlikely to meet their target, however they stand to the time gone."""
    bad = ("unlikely", "very_unlikely", "would_miss")
    doubted = [pd.notna(row.projected) and _outlook(row, cuts) in bad for row in each_row(rows)]
    return rows[np.array(doubted, dtype=bool) | (rows["status"] == "exceeded")]


def summary(
    rows: pd.DataFrame, area_name: str, lang: str, cuts: tuple[float, float, float, float] = CHANCES
) -> list[str]:
    """Count what the rows of one area hold, name those in doubt, and say after half a year if half the work is done."""
    known = rows[rows["status"].isin(COUNTS)]
    if known.empty:
        if rows.empty:
            return []
        return [word("progress.summary_none", lang, area=area_name, until=_until(rows["period"].iloc[0], lang))]
    period = str(rows["period"].iloc[0])
    found = known["status"].value_counts()
    parts = joined((counted(f"progress.count_{s}", lang, int(found[s])) for s in COUNTS if s in found), lang)
    about = {"until": _until(period, lang), "area": area_name, "year": _year(period, lang)}
    texts = [
        counted("progress.summary", lang, len(rows), known=wording.integer(len(known), lang), parts=parts, **about)
    ]
    work = known[(known["nature"] == "flow") & (known["direction"] != "down")]
    if periods.parse(period).length == HALF and len(work):
        done = int((work["reached"] >= 50).sum())
        key = "progress.half_all" if done == len(work) else "progress.half_some"
        texts.append(counted(key, lang, len(work), done=wording.integer(done, lang)))
    doubted = in_doubt(known, cuts)
    if len(doubted):
        texts.append(counted("progress.in_doubt", lang, len(doubted), names=joined(doubted["plain_name"], lang)))
    return texts


def method_notes(lang: str, tolerance: float, confidence: float = CONFIDENCE, fewest: int = FEWEST) -> list[str]:
    """Say how progress, projection and chance come about, with the values that were used."""
    cuts = dict(zip(("very_likely", "likely", "unlikely", "very_unlikely"), CHANCES, strict=True))
    chances = {name: wording.percent(cut * 100, lang, 0) for name, cut in cuts.items()}
    return [
        word("progress.method_progress", lang, tolerance=wording.quantity(tolerance, lang)),
        word("progress.method_projection", lang),
        word(
            "progress.method_chance",
            lang,
            fewest=wording.integer(fewest, lang),
            confidence=wording.percent(confidence * 100, lang, 0),
            **chances,
        ),
    ]


def _said(row: Any, lang: str, cuts: tuple[float, float, float, float]) -> str:
    if pd.isna(row.reached):
        reason = wording.reason(row.reason, lang)
        return sentence(word("progress.not_given", lang, name=row.plain_name, reason=reason), lang)
    texts = [sentence(_standing(row, lang), lang)]
    if pd.notna(row.projected):
        texts.append(sentence(_projection(row, lang, cuts), lang))
    return paragraph(texts, lang)


def _standing(row: Any, lang: str) -> str:
    """Say how much of the target is reached, beside the time gone and last year's season."""
    flow, year = row.nature == "flow", _year(row.period, lang)
    ahead = row.ahead_calendar if flow else row.ahead_season
    x = wording.number(abs(ahead), 2, lang)
    text = word(
        f"progress.{row.nature}{_limit(row)}_{'number' if _is_number(row) else 'share'}",
        lang,
        until=_until(row.period, lang),
        name=row.plain_name,
        year=year,
        value=_shown(row, row.value, lang, None),
        reached=_apart(row.reached, 100, lambda n, digits: wording.percent(n, lang, digits or 2)),
        calendar=wording.percent(row.calendar, lang),
        pace=word(f"progress.pace_{row.status}", lang, x=x, year=year) if flow else "",
    )
    if flow and not _limit(row) and row.reached >= 50 and periods.parse(row.period).length == HALF:
        text = word("progress.half_way", lang, text=text)
    if not flow and row.status == "reached":
        text = word("progress.at_target", lang, text=text, year=year)
    if pd.isna(row.season):
        return text
    key = f"progress.season_{row.nature}{_limit(row) if flow else ''}"
    text = word(key, lang, text=text, year=year, season=wording.percent(row.season, lang))
    if flow or row.status == "reached":
        return text
    return word("progress.with_pace", lang, text=text, pace=word(f"progress.season_pace_{row.status}", lang, x=x))


def _projection(row: Any, lang: str, cuts: tuple[float, float, float, float]) -> str:
    """Say where the year will end, and whether the target will be met if that is still open."""
    limit = _limit(row)
    number = "_number" if _is_number(row) else "_share"
    projected = _apart(row.projected, row.target, lambda n, digits: _shown(row, n, lang, digits))
    end = f"end_limit_{row.nature}" if limit else "end_level" if row.nature == "level" else f"end_flow{number}"
    text = word(f"progress.{end}", lang, year=_year(row.period, lang), projected=projected)
    outlook = _outlook(row, cuts)
    settled = row.status == "exceeded" or (
        row.status == "reached" and outlook in ("very_likely", "likely", "would_meet")
    )
    if not settled:
        said = word(f"progress.outlook{limit}_{outlook}", lang)
        text = word("progress.with_outlook", lang, text=text, outlook=said)
    return word(f"progress.by_{row.projected_by}", lang, text=text)


def _outlook(row: Any, cuts: tuple[float, float, float, float]) -> str:
    """Return the word for the chance; without one, whether the projection itself meets the target.

    Where chance and projection point different ways, the outlook is open.
    """
    meets = row.projected <= row.target if _limit(row) else row.projected >= row.target
    if pd.isna(row.chance):
        return "would_meet" if meets else "would_miss"
    if meets != (row.chance >= 0.5):
        return "open"
    very_likely, likely, unlikely, very_unlikely = cuts
    if row.chance >= likely:
        return "very_likely" if row.chance >= very_likely else "likely"
    if row.chance <= unlikely:
        return "very_unlikely" if row.chance <= very_unlikely else "unlikely"
    return "open"


def _limit(row: Any) -> str:
    return "_limit" if row.direction == "down" else ""


def _is_number(row: Any) -> bool:
    return bool(row.kind in ("count", "amount"))


def _shown(row: Any, x: float, lang: str, digits: int | None) -> str:
    """Return a value with its measure; a projected count without decimals unless asked for."""
    if not _is_number(row):
        return wording.value(x, lang, row.per, row.kind, digits)
    number = wording.number(x, digits or 0, lang)
    key = f"measure_{row.measure}"
    return (
        word("progress.amount", lang, x=number, measure=word(f"terms.{key}", lang)) if key in topic("terms") else number
    )


def _apart(x: float, aim: float, shown: Callable[[float, int | None], str]) -> str:
    """Return a number with as many decimals as it takes not to look like the aim that it has not reached, or passed."""
    texts = ((shown(x, digits), shown(aim, digits)) for digits in (None, *range(1, 9)))
    return next((text for text, other in texts if x == aim or text != other), shown(x, None))


def _until(period: str, lang: str) -> str:
    return wording.period(periods.months(period)[-1], lang)


def _year(period: str, lang: str) -> str:
    """Return what the year is called: one that does not begin in January is an assessment year."""
    january = periods.parse(period).first % 12 == 0
    return word("progress.calendar_year" if january else "progress.assessment_year", lang)
