"""What a plan of funds comes to for a dataset: its inputs from facts, parameters and scores, and the amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from evaltools import periods
from evaltools.aggregation import ItemValues, active, item_values
from evaltools.allocation import Allocation, allocate
from evaltools.datasets import Data
from evaltools.fund_coefficients import with_coefficients
from evaltools.fund_objects import name_of
from evaltools.funds_plan_objects import Plan
from evaltools.grid import parameter_values
from evaltools.reasons import NOT_REPORTED
from evaltools.regions import RegionFigures
from evaltools.standards import Standard
from evaltools.workload_allocation import WorkloadAllocation, allocate_by_workload

KEY = ["area", "unit"]


@dataclass(frozen=True)
class FundsResult:
    """A plan and what it comes to: `formula` or `work`, by its method."""

    plan: Plan
    formula: Allocation | None = None
    work: WorkloadAllocation | None = None


def share_out(plan: Plan, data: Data, totals: pd.DataFrame) -> FundsResult:
    """Return what a plan comes to.

    totals: of `scoring.totals`, sections and periods of any kind; empty where there is no standard. Raises InputError
    for what the plan refuses and whatever cannot be shared out.
    """
    if plan.method == "workload":
        work = allocate_by_workload(
            workloads(plan, data),
            {item.id: item.budget for item in plan.items},
            measure=plan.rules.measure,
            zero=plan.zero,
            missing=plan.rules.missing,
            village_percent=plan.village_percent,
            prepaid=_prepaid_rows(plan),
        )
        return FundsResult(plan, work=work)
    scores = scores_of(plan, totals)
    objects = with_coefficients(objects_of(plan, data), plan.coefficient, scores, veto_factors(data.standard, scores))
    return FundsResult(plan, formula=allocate(objects, plan.rules))


def population_period(plan: Plan) -> str:
    """Return the period whose population counts: the plan's own, that of the year before, or the year stated."""
    if plan.population_year == "previous":
        return periods.shift(plan.period, -1)
    return plan.period if plan.population_year == "same" else plan.population_year


def objects_of(plan: Plan, data: Data) -> pd.DataFrame:
    """Return the objects of a plan by formula, for `with_coefficients`: population, per_head, limits, shares,
    pre-payments.

    The objects are the counties, or the units of the plan's area, that exist in its period.
    """
    keys = _places(plan, data)
    when = population_period(plan)
    values = _values(data, [plan.population], when)
    found = [_value(values, plan.population, when, key) for key in keys]
    rows = pd.DataFrame(keys, columns=KEY).assign(
        population=[number for number, _ in found],
        reason=[why for _, why in found],
        per_head=_per_head(plan, data, keys),
    )
    codes = [unit or area for area, unit in keys]
    for column, stated in (("floor", plan.floors), ("cap", plan.caps)):
        if stated:
            rows[column] = _column(codes, stated)
    if plan.shares_of:
        for level in plan.rules.shares:
            own = {code: shares.get(level, Decimal(0)) for code, shares in plan.shares_of.items()}
            rows[f"share_{level}"] = _column(codes, own)
    for level in dict.fromkeys(level for paid in plan.prepaid.values() for level in paid):
        own = {code: paid[level] for code, paid in plan.prepaid.items()}
        rows[f"prepaid_{level}" if level else "prepaid"] = _column(codes, own)
    return rows


def workloads(plan: Plan, data: Data) -> pd.DataFrame:
    """Return what each object of a plan by workload did of each item, for `allocate_by_workload`."""
    keys = _places(plan, data)
    values = _values(data, [item.workload for item in plan.items], plan.period)
    rows: list[tuple[Any, ...]] = []
    for area, unit in keys:
        quality = plan.quality.get(unit or area)
        for item in plan.items:
            number, why = _value(values, item.workload, plan.period, (area, unit))
            rows.append((area, unit, item.id, number, np.nan if quality is None else float(quality), why))
    return pd.DataFrame(rows, columns=[*KEY, "item", "workload", "quality", "reason"])


def scores_of(plan: Plan, totals: pd.DataFrame) -> pd.DataFrame:
    """Return the totals of the plan's period and objects: area, unit, points, full, grade, vetoes, reason."""
    wanted = [*KEY, "points", "full", "grade", "vetoes", "reason"]
    if totals.empty:
        return pd.DataFrame(columns=wanted)
    rows = totals[(totals["section"] == "") & (totals["period"] == plan.period)]
    rows = rows[(rows["unit"] != "") & (rows["area"] == plan.area) if plan.objects == "unit" else rows["unit"] == ""]
    return rows.reindex(columns=wanted, fill_value="").reset_index(drop=True)


def veto_factors(standard: Standard | None, scores: pd.DataFrame) -> dict[str, Decimal]:
    """Return what is left of the funds of each object with a veto: of several vetoes the strictest counts."""
    if standard is None or scores.empty:
        return {}
    factors = {veto.id: veto.funds for veto in standard.vetoes if veto.funds is not None}
    found = {}
    for area, unit, vetoes in scores[[*KEY, "vetoes"]].itertuples(index=False, name=None):
        own = [Decimal(factors[veto]) for veto in str(vetoes).split("; ") if veto in factors]
        if own:
            found[name_of(area, unit)] = min(own)
    return found


def drawn_scores(plan: Plan, data: Data, region: RegionFigures) -> pd.DataFrame | None:
    """Return the counties' scores drawn again within their sampling error, simulations x counties.

    None where the money of a plan does not follow from scores of counties.
    """
    standard = data.standard
    if plan.method != "formula" or plan.objects != "area" or plan.coefficient.kind not in ("score", "grade"):
        return None
    if standard is None or standard.objects != "area" or plan.period not in set(region.points["period"]):
        return None
    from evaltools.rank_uncertainty import simulate  # slow to import, and not needed for other plans

    whole = data.region
    counties = region.indicators[region.indicators["area"].isin(whole.counties())]
    tables = (whole.targets, whole.judgements, region.benchmark)
    draws = simulate(counties, standard, whole.catalogue, *tables, period=plan.period, points=region.points)
    return draws.by_area


def _places(plan: Plan, data: Data) -> list[tuple[str, str]]:
    """Return area and unit of the objects that exist in the period: counties, or an area's units of the first level."""
    whole = data.region
    if plan.objects == "unit":
        units = whole.units[(whole.units["area"] == plan.area) & (whole.units["parent"] == "")]
        units = units[active(units, plan.period)]
        return [(plan.area, str(unit)) for unit in units["unit"]]
    areas = whole.areas[active(whole.areas, plan.period)]
    return [(area, "") for area in whole.counties() if area in set(areas["area"])]


def _values(data: Data, items: list[str], period: str) -> ItemValues:
    whole = data.region
    facts = whole.facts[whole.facts["item"].isin(items)]
    return item_values(replace(whole, facts=facts), periods.every(period))


def _value(values: ItemValues, item: str, period: str, key: tuple[str, str]) -> tuple[float, str]:
    """Return the value of an item and the reason why there is none."""
    place = (period, *key)
    if item not in values.value or place not in values.index:
        return np.nan, NOT_REPORTED
    at = values.index.get_loc(place)
    number, why = float(values.value[item][at]), values.reasons.texts[values.reason[item][at]]
    return number, why if np.isnan(number) else ""


def _per_head(plan: Plan, data: Data, keys: list[tuple[str, str]]) -> list[Any]:
    if plan.per_head is not None:
        return [plan.per_head] * len(keys)
    index = pd.MultiIndex.from_tuples([(plan.period, *key) for key in keys], names=["period", *KEY])
    return list(parameter_values(plan.parameter, index, data.parameters))


def _column(codes: list[str], stated: Mapping[str, Decimal]) -> pd.Series:
    return pd.Series([stated.get(code, np.nan) for code in codes], dtype=object)


def _prepaid_rows(plan: Plan) -> pd.DataFrame | None:
    if not plan.prepaid:
        return None
    rows = [
        ((plan.area, code) if plan.objects == "unit" else (code, "")) + (sum(paid.values()),)
        for code, paid in plan.prepaid.items()
    ]
    return pd.DataFrame(rows, columns=[*KEY, "amount"])


def parameter_source(plan: Plan, data: Data) -> tuple[str, str]:
    """Return source and mark of the standard per head: of the parameter's row of the plan's year, or the plan's own."""
    rows = data.parameters[(data.parameters["parameter"] == plan.parameter) & (data.parameters["area"] == "*")]
    rows = rows[active(rows, plan.period)]
    return (str(rows["source"].iloc[-1]), str(rows["mark"].iloc[-1])) if len(rows) else (plan.source, plan.mark)
