"""Checks of totals: units against their county, children against their parent, months against the year."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from evaltools import aggregation
from evaltools.aggregation import item_values, places_of
from evaltools.datasets import Data
from evaltools.decimals import as_typed
from evaltools.fact_cells import Counted, Flags, Floats, Whole
from evaltools.findings import Findings, Indicators, number
from evaltools.relation_rules import CLOSE

REFERENCE = "reference"
"""The kind of an area that others are compared with and that is not made up of them."""


def parts_against_total(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find totals reported beside the figures of all their parts, and that are not their sum.

    Parts are the units of a county (`units_total`), the areas of a parent area (`children_total`), and the parts of a
    unit. A part without a figure of its own stands for the sum of its own parts. In the year in which it was merged
    into another a part need not have one: the other may have counted it in.
    """
    found = Findings(data)
    tree = places_of(data)
    known = pd.MultiIndex.from_frame(tree[["area", "unit"]])
    into = known.get_indexer(pd.MultiIndex.from_frame(tree[["into_area", "into_unit"]]))
    of_reference = tree["into_area"].isin(data.areas.loc[data.areas["kind"] == REFERENCE, "area"])
    into = np.where(of_reference & (tree["unit"] == ""), -1, into)
    at = pd.MultiIndex.from_frame(counted.places).get_indexer(known)
    columns = np.flatnonzero(counted.years >= 0)
    years = counted.years[columns]
    living = (tree["first"].to_numpy()[:, None] <= years) & (years <= tree["last"].to_numpy()[:, None])
    goes_on = ((tree["successor"] != "") | (tree["split_into"] != "")).to_numpy()
    merged = goes_on[:, None] & (tree["last"].to_numpy()[:, None] == years)
    has_units = np.zeros(len(tree), dtype=bool)
    has_units[into[(into >= 0) & (tree["unit"] != "").to_numpy()]] = True
    for item in data.items.loc[data.items["over_units"] == "sum", "item"]:
        if item not in counted.items:
            continue
        value = np.where(at[:, None] >= 0, counted.values(item)[:, columns][at], np.nan)
        given = (at[:, None] >= 0) & counted.given(item)[:, columns][at]
        total, complete = _sums(value, given, living, merged, into, tree["level"].to_numpy())
        wrong = complete & ~np.isnan(value) & ~np.isclose(value, total, rtol=0, atol=CLOSE)
        for place, column in zip(*np.nonzero(wrong), strict=True):
            row = counted.key(int(at[place]), int(columns[column]))
            reported, summed = number(value[place, column]), number(as_typed(total[place : place + 1, column])[0])
            found.find(
                "units_total" if has_units[place] else "children_total",
                "error",
                row,
                ("item", item),
                counted.where(*row, {item}),
                topic="findings" if has_units[place] else "quality_figures",
                evidence=f"{reported} ≠ {summed}",
                likely="",
                reported=reported,
                total=summed,
            )
    return found.frame()


def _sums(value: Floats, given: Flags, living: Flags, merged: Flags, into: Whole, level: Whole) -> tuple[Floats, Flags]:
    """Return for every place what its living parts add up to, and whether all of them gave a figure."""
    total, complete = np.zeros_like(value), np.zeros(value.shape, dtype=bool)
    for depth in range(int(level.max(initial=0)), 0, -1):
        parts = np.flatnonzero((level == depth) & (into >= 0))
        parents, wholes = np.unique(into[parts], return_inverse=True)
        told = given[parts] | complete[parts]
        alive = living[parts] & (told | ~merged[parts])
        known = alive & told
        figures = np.where(np.isnan(value[parts]), np.where(given[parts], 0.0, total[parts]), value[parts])
        for column in range(value.shape[1]):
            weights = (alive[:, column], known[:, column], np.where(known, figures, 0.0)[:, column])
            due, there, added = (np.bincount(wholes, weight, len(parents)) for weight in weights)
            total[parents, column] = added
            complete[parents, column] = (due > 0) & (due == there)
    return total, complete


def months_against_year(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find years whose figure differs from what the place's own twelve months give."""
    found = Findings(data)
    yearly, monthly = (data.facts["period"].str.fullmatch(form) for form in (r"\d{4}", r"\d{4}-\d{2}"))
    if not (yearly.any() and monthly.any()):
        return found.frame()
    year, months = (item_values(replace(data, facts=data.facts[rows]), "year") for rows in (yearly, monthly))
    at = months.index.get_indexer(year.index)
    sent = set(data.facts.loc[monthly, aggregation.PLACE].drop_duplicates().itertuples(index=False, name=None))
    for item in sorted(year.value.keys() & months.value.keys()):
        from_months = np.where(at >= 0, months.value[item][at], np.nan)
        differs = ~np.isclose(year.value[item], from_months, rtol=0, atol=CLOSE)
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
