"""What is wrong or doubtful in the data: relations, arithmetic, claims, completeness; all findings at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import formulas, periods
from evaltools.aggregation import KEY, NOT_APPLICABLE, NOT_REPORTED, PLACE, ItemValues, active, item_values, trusted
from evaltools.claims import check_claims
from evaltools.datasets import Data
from evaltools.findings import Findings, Indicators, number
from evaltools.grid import evaluate
from evaltools.measures import ABOVE_ALL, indicators
from evaltools.problems import COLUMNS, LEVELS
from evaltools.tables import each_row
from evaltools.wording import period as period_label

OUTLIER_RATIO = 5.0
"""How many times its usual size a number must be to be called an outlier (a digit too many is ten times)."""

OUTLIER_FLOOR = 20.0
"""Below this usual size, ratios of counts say nothing."""


def check(data: Data) -> pd.DataFrame:
    """Return every finding about a dataset or an area, errors first.

    Columns: level rule period area unit subject where evidence likely sentence_zh sentence_en, all text. `rule`
    is the catalogue's check, or the name of a rule here; `where` the file and row (or the sender's cell) of the
    numbers concerned; `evidence` the arithmetic; `likely` what probably happened, "" when nothing can be said.
    """
    ind = cache(partial(indicators, data))  # every frequency once, whichever rules ask for it
    found = [data.remarks, *(rule(data, ind) for rule in RULES)]
    frame = pd.concat(found, ignore_index=True).astype("str")[COLUMNS]
    order = frame["level"].map({level: at for at, level in enumerate(LEVELS)})
    return frame.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def relations(data: Data, ind: Indicators) -> pd.DataFrame:
    """Find where a relation of the catalogue does not hold between the numbers of one place and period."""
    found = Findings(data)
    facts = trusted(data.facts, data.meta.origins)
    facts = facts[facts["period"] != periods.UNKNOWN]
    facts = facts.assign(reason=_reasons(facts))
    index = pd.MultiIndex.from_frame(facts[["period", *PLACE]].drop_duplicates()).sort_values()
    values = ItemValues.of(facts, index)
    cells = dict(zip(facts[KEY].itertuples(index=False, name=None), facts["source"], strict=True))
    for row in each_row(data.checks):
        relation = formulas.parse_relation(row.expression)
        left, _ = evaluate(relation.left, values, data.parameters)
        right, _ = evaluate(relation.right, values, data.parameters)
        broken = ~(np.isnan(left) | np.isnan(right) | _holds(left, relation.comparison, right))
        for at in np.flatnonzero(broken):
            period, area, unit = map(str, index[int(at)])
            used = sorted(formulas.items(relation.left + relation.right))
            text = {lang: period_label(period, lang) for lang in ("zh", "en")}
            sides = {"left": number(left[at]), "right": number(right[at])}
            found.add(
                rule=row.check,
                level=row.level,
                period=period,
                area=area,
                unit=unit,
                subject=used[0],
                where="; ".join(filter(None, (cells.get((period, area, unit, item)) for item in used))),
                evidence=f"{sides['left']} {relation.comparison} {sides['right']}",
                sentence_zh=row.sentence_zh.format(**sides, period=text["zh"], area=found.place(area, unit, "zh")),
                sentence_en=row.sentence_en.format(**sides, period=text["en"], area=found.place(area, unit, "en")),
            )
    return found.frame()


def _reasons(facts: pd.DataFrame) -> pd.Series:
    reason = pd.Series("", index=facts.index, dtype="str").mask(facts["value"].isna(), NOT_REPORTED)
    return reason.mask(facts["state"] == "not_applicable", NOT_APPLICABLE)


def _holds(left: NDArray[np.float64], comparison: str, right: NDArray[np.float64]) -> NDArray[np.bool_]:
    close = np.isclose(left, right, rtol=0, atol=1e-6)
    holds: dict[str, NDArray[np.bool_]] = {
        "<=": (left <= right) | close,
        ">=": (left >= right) | close,
        "==": close,
        "!=": ~close,
        "<": (left < right) & ~close,
        ">": (left > right) & ~close,
    }
    return holds[comparison]


def above_all(data: Data, ind: Indicators) -> pd.DataFrame:
    """Find proportions above 100 %: more were served than there are."""
    found = Findings(data)
    for every in ("year", "month"):
        rows = ind(every)
        for row in each_row(rows[rows["reason"].str.startswith(ABOVE_ALL)]):
            found.find(
                "above_100",
                "error",
                (row.period, row.area, row.unit),
                ("indicator", row.indicator),
                _where(data, row.period, row.area, row.unit, row.indicator, row.definition),
                evidence=f"{number(row.numerator)}/{number(row.denominator)} = {number(row.value, 2)}%",
                likely="",
            )
    return found.frame()


def _where(data: Data, period: str, area: str, unit: str, indicator: str, definition: str) -> str:
    """Return the cells an indicator was computed from, where they are facts of that very place and period."""
    rows = data.catalogue[(data.catalogue["indicator"] == indicator)]
    row = rows[rows["valid_from"] == definition].iloc[0]
    used: set[str] = set()
    for text in filter(None, (row["numerator"], row["denominator"])):
        used |= formulas.items(formulas.parse(text)) if row["kind"] not in ("units_meeting",) else set()
    facts = data.facts
    here = (facts["period"] == period) & (facts["area"] == area) & (facts["unit"] == unit)
    return "; ".join(facts.loc[here & facts["item"].isin(used), "source"])


def units_against_total(data: Data, ind: Indicators) -> pd.DataFrame:
    """Find totals that a county reports beside its units' figures and that are not their sum."""
    found = Findings(data)
    summable = set(data.items.loc[data.items["over_units"] == "sum", "item"])
    facts = trusted(data.facts, data.meta.origins)
    facts = facts[facts["item"].isin(summable) & (facts["period"] != periods.UNKNOWN)]
    top = data.units[data.units["parent"] == ""]
    parts = facts[facts["unit"] != ""].merge(top[PLACE], on=PLACE)
    living = {
        (period, area): int(count)
        for period in parts["period"].unique()
        for area, count in top[active(top, period)].groupby("area").size().items()
    }
    sums = (
        parts[parts["value"].notna() | (parts["state"] == "not_applicable")]
        .groupby(["period", "area", "item"])
        .agg(total=("value", "sum"), given=("value", "size"))
        .reset_index()
    )
    own = facts[(facts["unit"] == "") & facts["value"].notna()]
    both = own.merge(sums, on=["period", "area", "item"])
    for row in each_row(both[~np.isclose(both["value"], both["total"], rtol=0, atol=1e-6)]):
        if row.given == living.get((row.period, row.area)):
            found.find(
                "units_total",
                "error",
                (row.period, row.area, ""),
                ("item", row.item),
                row.source,
                evidence=f"{number(row.value)} ≠ {number(row.total)}",
                likely="",
                reported=number(row.value),
                total=number(row.total),
            )
    return found.frame()


def months_against_year(data: Data, ind: Indicators) -> pd.DataFrame:
    """Find years whose figure differs from what the place's own twelve months give."""
    found = Findings(data)
    yearly, monthly = (data.facts["period"].str.fullmatch(form) for form in (r"\d{4}", r"\d{4}-\d{2}"))
    if not (yearly.any() and monthly.any()):
        return found.frame()
    year, months = (item_values(replace(data, facts=data.facts[rows]), "year") for rows in (yearly, monthly))
    at = months.index.get_indexer(year.index)
    sent = set(data.facts.loc[monthly, PLACE].itertuples(index=False, name=None))
    for item in sorted(year.value.keys() & months.value.keys()):
        from_months = np.where(at >= 0, months.value[item][at], np.nan)
        differs = ~np.isclose(year.value[item], from_months, rtol=0, atol=1e-6)
        for row in np.flatnonzero(differs & ~np.isnan(year.value[item]) & ~np.isnan(from_months)):
            period, area, unit = map(str, year.index[int(row)])
            if (area, unit) not in sent:
                continue  # a sum of other places' months: the finding is theirs
            found.find(
                "months_total",
                "warning",
                (period, area, unit),
                ("item", item),
                f"facts/{area}.csv",
                evidence=f"{number(from_months[row])} ≠ {number(year.value[item][row])}",
                likely="",
                months=number(from_months[row]),
                year=number(year.value[item][row]),
            )
    return found.frame()


def origins_differ(data: Data, ind: Indicators) -> pd.DataFrame:
    """Find one quantity with two values in two returns."""
    found = Findings(data)
    counted = trusted(data.facts, data.meta.origins)
    others = data.facts.merge(counted[[*KEY, "origin", "value", "source"]], on=KEY, suffixes=("", "_counted"))
    others = others[(others["origin"] != others["origin_counted"]) & others["value"].notna()]
    for row in each_row(others[others["value"] != others["value_counted"]]):
        if pd.isna(row.value_counted):
            continue
        found.find(
            "origins_differ",
            "warning",
            (row.period, row.area, row.unit),
            ("item", row.item),
            f"{row.source_counted}; {row.source}",
            evidence=f"{number(row.value_counted)} ≠ {number(row.value)}",
            likely="",
            counted=number(row.value_counted),
            origin_counted=row.origin_counted,
            other=number(row.value),
            origin=row.origin,
        )
    return found.frame()


def silent_units(data: Data, ind: Indicators) -> pd.DataFrame:
    """Find units that exist in a year in which their county reported by unit, and sent nothing."""
    found = Findings(data)
    facts = data.facts[(data.facts["unit"] != "") & (data.facts["period"] != periods.UNKNOWN)]
    for period, area in facts[["period", "area"]].drop_duplicates().itertuples(index=False, name=None):
        sent = set(facts.loc[(facts["period"] == period) & (facts["area"] == area), "unit"])
        here = data.units[(data.units["area"] == area) & (data.units["parent"] == "")]
        expected = set(here.loc[active(here, period), "unit"])
        for unit in sorted(expected - sent):
            found.find(
                "silent_unit",
                "warning",
                (period, area, unit),
                ("item", ""),
                f"facts/{area}.csv",
                evidence=f"{len(expected & sent)}/{len(expected)}",
                likely="",
            )
    return found.frame()


def outliers(data: Data, ind: Indicators) -> pd.DataFrame:
    """Find yearly counts many times larger or smaller than the same place usually reports.

    The usual size is the median of the place's other years (three at least, `OUTLIER_FLOOR` or more).
    """
    found = Findings(data)
    facts = trusted(data.facts, data.meta.origins)
    yearly = facts[facts["period"].str.fullmatch(r"\d{4}") & facts["value"].notna()]
    wide = yearly.pivot(index=["area", "unit", "item"], columns="period", values="value")
    cells = yearly.set_index(KEY)["source"]
    for period in wide.columns:
        others = wide.drop(columns=period)
        usual = others.median(axis=1).where(others.notna().sum(axis=1) >= 3)
        ratio = wide[period] / usual
        wild = (usual >= OUTLIER_FLOOR) & ((ratio > OUTLIER_RATIO) | (ratio < 1 / OUTLIER_RATIO))
        for area, unit, item in wide.index[wild]:
            value, size = wide.loc[(area, unit, item), period], usual[area, unit, item]
            tenfold = min(abs(np.log10(value / size / shift)) for shift in (10, 0.1)) < 0.15 if value else False
            found.find(
                "outlier",
                "warning",
                (period, area, unit),
                ("item", item),
                str(cells[period, area, unit, item]),
                evidence=f"{number(value)} / {number(size)} = {number(value / size, 1)}",
                likely="a digit too many or too few" if tenfold else "",
                value=number(value),
                usual=number(size),
            )
    return found.frame()


RULES: list[Callable[[Data, Indicators], pd.DataFrame]] = [
    relations,
    above_all,
    units_against_total,
    months_against_year,
    origins_differ,
    check_claims,
    silent_units,
    outliers,
]
"""Every rule: a function from a dataset, and its indicators by frequency, to its findings."""
