"""Forecasts in words and as a table. Every number in a sentence stands in the table too."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evaltools import wording
from evaltools.datasets import Data
from evaltools.narrative import joined
from evaltools.tables import each_row
from evaltools.views import columns as headers
from evaltools.views import described
from evaltools.wording import counted, topic, word


def table(forecasts: pd.DataFrame, data: Data, lang: str) -> pd.DataFrame:
    """Return forecasts with name, family, kind, per and direction of each indicator, in the order of the catalogue.

    `forecasts` from `forecasts.forecast`: every row, also those without a forecast. Ready for `Publish.table`.
    """
    return described(forecasts, data, lang)


def columns(rows: pd.DataFrame, lang: str) -> dict[str, tuple[str, str]]:
    """Return the columns of `table` to show as `Publish.table` wants them: column -> (header, format)."""
    about = {"period": _period(rows, lang), "share": _share(rows, lang)}
    formats = {"forecast": "value", "lower": "value", "upper": "value", "n_errors": "integer"}
    own = {name: (word(f"forecast.column_{name}", lang, **about), form) for name, form in formats.items()}
    return {**headers(["name"], lang), **own, **headers(["reason"], lang)}


def caption(rows: pd.DataFrame, lang: str) -> str:
    """Return the caption of `table`."""
    return word("forecast.caption", lang, period=_period(rows, lang))


def sentence(row: Any, lang: str, named: bool = True) -> str:
    """Say what one row of `table` expects, and between what; "" where there is no forecast.

    named: whether the indicator is named; not where the sentence stands below its name.
    """
    if not row.method:
        return ""
    return word(
        "forecast.expected_of" if named else "forecast.expected",
        lang,
        name=row.name,
        period=wording.period(row.period, lang),
        share=share(row.confidence, lang),
        **_numbers(row, lang),
    )


def _numbers(row: Any, lang: str) -> dict[str, str]:
    """Return forecast and limits with as many decimals as it takes to tell the limits apart."""
    for digits in (None, *range(3, 7)):
        shown = {
            name: wording.value(getattr(row, name), lang, row.per, row.kind, digits)
            for name in ("forecast", "lower", "upper")
        }
        if shown["lower"] != shown["upper"] or row.lower == row.upper:
            break
    return shown


def share(confidence: float, lang: str) -> str:
    """Return a confidence as a part of all cases: 八成, 80%."""
    tenths = wording.rounded(confidence * 10, 6)
    key = f"share_of_{tenths.normalize():f}"
    if key in topic("forecast"):
        return word(f"forecast.{key}", lang)
    return word("forecast.share_other", lang, x=f"{wording.rounded(confidence * 100, 6).normalize():f}")


def sentences(rows: pd.DataFrame, lang: str) -> list[str]:
    """Say what each row of `table` with a forecast expects."""
    return [sentence(row, lang) for row in each_row(rows[rows["method"] != ""])]


def not_offered(rows: pd.DataFrame, lang: str, most: int = 3) -> str:
    """Say for how many rows of `table` there is no forecast, with the `most` common reasons; "" where all have one."""
    without = rows[rows["method"] == ""]
    if without.empty:
        return ""
    reasons = counted_reasons(without, lang, most)
    if len(without) == len(rows):
        return word("forecast.none_given", lang, reasons=reasons)
    return counted("forecast.not_given", lang, len(without), reasons=reasons)


def counted_reasons(rows: pd.DataFrame, lang: str, most: int = 3) -> str:
    """Return the `most` common reasons of rows that have none of something, each with how many it holds for."""
    # what stands against it comes first; what else to know about it stands in the table
    why = rows["reason"].str.partition("; ")[0].map(lambda text: wording.reason(text, lang))
    why = why.groupby(why, sort=False).size().sort_values(ascending=False, kind="stable")
    parts = [word("forecast.counted_reason", lang, reason=text, n=int(n)) for text, n in why.head(most).items()]
    if len(why) > most:
        parts.append(word("forecast.other_reasons", lang, n=int(why.iloc[most:].sum())))
    return joined(parts, lang)


def method_notes(rows: pd.DataFrame, lang: str, least: int) -> list[str]:
    """Say how the forecasts of `table` came about, what their intervals mean, and when none is offered.

    least: the least number of points that `forecasts.forecast` was given.
    """
    offered = word("forecast.method_offered", lang, least=least)
    given = rows[rows["method"] != ""]
    if given.empty:
        return [offered]
    years = _from_to(given["n_periods"], lang)
    interval = word(
        "forecast.method_interval",
        lang,
        n=_from_to(given["n_errors"], lang),
        years=word(f"forecast.errors_of_years{'_one' if (given['n_periods'] == 1).all() else ''}", lang, n=years),
        share=_share(given, lang),
    )
    return [interval, offered]


def _from_to(numbers: pd.Series, lang: str) -> str:
    ends = [wording.integer(int(number), lang) for number in (numbers.min(), numbers.max())]
    return ends[0] if ends[0] == ends[1] else word("forecast.from_to", lang, first=ends[0], last=ends[1])


def _period(rows: pd.DataFrame, lang: str) -> str:
    return joined((wording.period(name, lang) for name in rows["period"].unique()), lang)


def _share(rows: pd.DataFrame, lang: str) -> str:
    return joined((share(level, lang) for level in rows["confidence"].unique()), lang)
