"""What is wrong or doubtful in the data: relations, arithmetic, claims, completeness; all findings at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import aggregation, formulas, periods
from evaltools.aggregation import KEY, PLACE, ItemValues, active, item_values, trusted
from evaltools.claims import check_claims
from evaltools.datasets import Data
from evaltools.findings import Findings, Indicators, number
from evaltools.grid import evaluate
from evaltools.measures import indicators
from evaltools.problems import COLUMNS, LEVELS
from evaltools.reasons import ABOVE_ALL, NOT_APPLICABLE, NOT_REPORTED
from evaltools.rules import SIGNS
from evaltools.tables import each_row
from evaltools.wording import period as period_label

OUTLIER_RATIO = 5.0
"""How many times its usual size a number must be to be called an outlier (a digit too many is ten times)."""

OUTLIER_FLOOR = 20.0
"""Below this usual size, ratios of counts say nothing."""

_CLOSE = 1e-6


@dataclass(frozen=True)
class Counted:
    """The facts that count, one row a key, and the cell each came from."""

    facts: pd.DataFrame
    cells: pd.Series

    def where(self, period: str, area: str, unit: str, items: set[str]) -> str:
        """Return the cells of some items of one place and period."""
        found = (self.cells.get((period, area, unit, item)) for item in sorted(items))
        return "; ".join(str(cell) for cell in found if cell)


def check(data: Data) -> pd.DataFrame:
    """Return every finding about a dataset or an area, errors first.

    Columns: level rule period area unit subject where evidence likely sentence_zh sentence_en, all text. `rule`
    is the catalogue's check, or the name of a rule here; `where` the file and row (or the sender's cell) of the
    numbers concerned; `evidence` the arithmetic; `likely` what probably happened, "" when nothing can be said.
    """
    data = replace(data, facts=aggregation.named(data.facts))
    ind = cache(partial(indicators, data))  # every frequency once, whichever rules ask for it
    trust = trusted(data.facts, data.meta.origins)
    counted = Counted(trust, trust.set_index(KEY)["source"])
    found = [data.remarks, *(rule(data, counted, ind) for rule in RULES)]
    frame = pd.concat(found, ignore_index=True).astype("str")[COLUMNS]
    order = frame["level"].map({level: at for at, level in enumerate(LEVELS)})
    return frame.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def relations(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find where a relation of the catalogue does not hold between the numbers of one place and period."""
    found = Findings(data)
    facts = counted.facts
    reason = pd.Series("", index=facts.index, dtype="str").mask(facts["value"].isna(), NOT_REPORTED)
    facts = facts.assign(reason=reason.mask(facts["state"] == "not_applicable", NOT_APPLICABLE))
    index = pd.MultiIndex.from_frame(facts[["period", *PLACE]].drop_duplicates()).sort_values()
    values = ItemValues.of(facts, index)
    for row in each_row(data.checks):
        relation = formulas.parse_relation(row.expression)
        left, _ = evaluate(relation.left, values, data.parameters)
        right, _ = evaluate(relation.right, values, data.parameters)
        broken = ~(np.isnan(left) | np.isnan(right) | _holds(left, relation.comparison, right))
        for at in np.flatnonzero(broken):
            period, area, unit = map(str, index[int(at)])
            used = formulas.items(relation.left + relation.right)
            text = {lang: period_label(period, lang) for lang in ("zh", "en")}
            sides = {"left": number(left[at]), "right": number(right[at])}
            found.add(
                rule=row.check,
                level=row.level,
                period=period,
                area=area,
                unit=unit,
                subject=min(used),
                where=counted.where(period, area, unit, used),
                evidence=f"{sides['left']} {relation.comparison} {sides['right']}",
                sentence_zh=row.sentence_zh.format(**sides, period=text["zh"], area=found.place(area, unit, "zh")),
                sentence_en=row.sentence_en.format(**sides, period=text["en"], area=found.place(area, unit, "en")),
            )
    return found.frame()


def _holds(left: NDArray[np.float64], comparison: str, right: NDArray[np.float64]) -> NDArray[np.bool_]:
    close = np.isclose(left, right, rtol=0, atol=_CLOSE)
    holds: dict[str, NDArray[np.bool_]] = {
        "<=": (left <= right) | close,
        ">=": (left >= right) | close,
        "==": close,
        "!=": ~close,
        "<": (left < right) & ~close,
        ">": (left > right) & ~close,
    }
    return holds[comparison]


def above_all(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find proportions above 100 %, whatever the frequency they are reported in: more were served than there are."""
    found = Findings(data)
    catalogue = {(row.indicator, row.valid_from): row for row in each_row(data.catalogue)}
    for every in _frequencies(data.facts):
        rows = ind(every)
        for row in each_row(rows[rows["reason"].str.startswith(ABOVE_ALL)]):
            of = catalogue[row.indicator, row.definition]
            used = formulas.items(formulas.parse(of.numerator) + formulas.parse(of.denominator))
            value = number(row.value, 2) + SIGNS[int(of.per)]
            found.find(
                "above_100",
                "error",
                (row.period, row.area, row.unit),
                ("indicator", row.indicator),
                counted.where(row.period, row.area, row.unit, used),
                evidence=f"{number(row.numerator)}/{number(row.denominator)} = {value}",
                likely="",
            )
    return found.frame()


def _frequencies(facts: pd.DataFrame) -> list[str]:
    """Return the frequencies of the facts; of spans such as January to September one stands for every year's."""
    own = {periods.every(period) for period in facts["period"].unique() if period != periods.UNKNOWN}
    parsed = {every: periods.parse(every) for every in sorted(own - set(periods.EVERY))}
    spans = {(span.first % 12, span.length): every for every, span in parsed.items()}
    # a year that only its months give is a year too
    return [every for every in periods.EVERY if every in own or (every == "year" and own)] + sorted(spans.values())


def units_against_total(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find totals that a county reports beside its units' figures and that are not their sum."""
    found = Findings(data)
    summable = set(data.items.loc[data.items["over_units"] == "sum", "item"])
    facts = counted.facts
    facts = facts[facts["item"].isin(summable) & (facts["period"] != periods.UNKNOWN)]
    given = facts[(facts["unit"] != "") & (facts["value"].notna() | (facts["state"] == "not_applicable"))]
    living = _living_units(data, given["period"].unique())
    expected = living.groupby(["period", "area"]).size().rename("expected").reset_index()
    sums = (
        given.merge(living, on=["period", *PLACE])
        .groupby(["period", "area", "item"])
        .agg(total=("value", "sum"), given=("value", "size"))
        .reset_index()
        .merge(expected, on=["period", "area"])
    )
    own = facts[(facts["unit"] == "") & facts["value"].notna()]
    both = own.merge(sums[sums["given"] == sums["expected"]], on=["period", "area", "item"])
    for row in each_row(both[~np.isclose(both["value"], both["total"], rtol=0, atol=_CLOSE)]):
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


def _living_units(data: Data, known: NDArray[np.object_]) -> pd.DataFrame:
    """Return period, area and unit of the top-level units that exist in each of some periods."""
    top = data.units.loc[data.units["parent"] == ""]
    parts = [top.loc[active(top, period), PLACE].assign(period=period) for period in known]
    return pd.concat([top.iloc[:0][PLACE].assign(period=""), *parts])[["period", *PLACE]].astype("str")


def months_against_year(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find years whose figure differs from what the place's own twelve months give."""
    found = Findings(data)
    yearly, monthly = (data.facts["period"].str.fullmatch(form) for form in (r"\d{4}", r"\d{4}-\d{2}"))
    if not (yearly.any() and monthly.any()):
        return found.frame()
    year, months = (item_values(replace(data, facts=data.facts[rows]), "year") for rows in (yearly, monthly))
    at = months.index.get_indexer(year.index)
    sent = set(data.facts.loc[monthly, PLACE].drop_duplicates().itertuples(index=False, name=None))
    for item in sorted(year.value.keys() & months.value.keys()):
        from_months = np.where(at >= 0, months.value[item][at], np.nan)
        differs = ~np.isclose(year.value[item], from_months, rtol=0, atol=_CLOSE)
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


def origins_differ(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find one quantity with two values in two returns."""
    found = Findings(data)
    several = data.facts[data.facts.duplicated(KEY, keep=False)]
    others = several.merge(counted.facts[[*KEY, "origin", "value", "source"]], on=KEY, suffixes=("", "_counted"))
    others = others[(others["origin"] != others["origin_counted"]) & others["value"].notna()]
    others = others[others["value_counted"].notna() & (others["value"] != others["value_counted"])]
    for row in each_row(others):
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


def claims(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find claims of a report that its own figures, or the data, do not bear out."""
    return check_claims(data, ind)


def silent_units(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find units that exist in a year in which their county reported by unit, and sent nothing.

    A row without a value is nothing. What the parts of a unit sent, it sent.
    """
    found = Findings(data)
    facts = counted.facts[(counted.facts["unit"] != "") & (counted.facts["period"] != periods.UNKNOWN)]
    rows = facts.loc[facts["value"].notna() | (facts["state"] == "not_applicable"), ["period", *PLACE]]
    rows = rows.drop_duplicates()
    parents = {(row.area, row.unit): row.parent for row in each_row(data.units)}
    sent: set[tuple[str, str, str]] = set()
    for period, area, unit in rows.itertuples(index=False, name=None):
        while unit:
            sent.add((period, area, unit))
            unit = parents.get((area, unit), "")
    asked = facts[["period", "area"]].drop_duplicates()
    expected = asked.merge(_living_units(data, asked["period"].unique()), on=["period", "area"])
    expected = expected.assign(sent=pd.MultiIndex.from_frame(expected[["period", *PLACE]]).isin(list(sent)))
    counts = expected.groupby(["period", "area"])["sent"]
    expected = expected.assign(reported=counts.transform("sum"), total=counts.transform("size"))
    for row in each_row(expected[~expected["sent"]].sort_values(["period", *PLACE])):
        found.find(
            "silent_unit",
            "warning",
            (row.period, row.area, row.unit),
            ("item", ""),
            f"facts/{row.area}.csv",
            evidence=f"{row.reported}/{row.total}",
            likely="",
        )
    return found.frame()


def outside_lifetime(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find numbers of a year in which their place did not exist: no figure has them in it.

    A successor may give an account of its past.
    """
    found = Findings(data)
    facts = counted.facts[(counted.facts["period"] != periods.UNKNOWN) & counted.facts["value"].notna()]
    rows = facts.groupby(["period", *PLACE]).agg(items=("item", "size"), source=("source", "first")).reset_index()
    successions = aggregation.successions(data)
    targets = sorted(rows["period"].unique())
    own_past = {(period, *place) for period, place, _ in successions.pasts(targets)}
    for row in each_row(rows):
        place = (row.area, row.unit)
        if place not in successions.lives or (row.period, *place) in own_past:
            continue
        if not successions.lives_in(place, periods.parse(row.period).year):
            life = successions.lives[place]
            found.find(
                "outside_lifetime",
                "warning",
                (row.period, row.area, row.unit),
                ("item", ""),
                row.source,
                topic="quality",
                evidence=str(row.items),
                life=f"{life.first or '…'}–{life.last if life.last < 9999 else '…'}",
                likely="",
            )
    return found.frame()


def outliers(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find yearly counts many times larger or smaller than the same place usually reports.

    The usual size is the median of the place's other years (three at least, `OUTLIER_FLOOR` or more).
    """
    found = Findings(data)
    facts = counted.facts
    yearly = facts[facts["period"].str.fullmatch(r"\d{4}") & facts["value"].notna()]
    wide = yearly.pivot(index=["area", "unit", "item"], columns="period", values="value")
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
                counted.where(period, area, unit, {item}),
                evidence=f"{number(value)} / {number(size)} = {number(value / size, 1)}",
                likely="a digit too many or too few" if tenfold else "",
                value=number(value),
                usual=number(size),
            )
    return found.frame()


RULES: list[Callable[[Data, Counted, Indicators], pd.DataFrame]] = [
    relations,
    above_all,
    units_against_total,
    months_against_year,
    origins_differ,
    claims,
    silent_units,
    outside_lifetime,
    outliers,
]
"""Every rule: a function from a dataset, and what was computed of it once, to its findings."""
