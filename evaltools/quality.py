"""What is wrong or doubtful in the data: relations, arithmetic, claims, completeness; all findings at once.

A rule is a function `(data, counted, ind) -> DataFrame` in the columns of `problems.COLUMNS`, most easily made with
`Findings`. Rules that relate items are rows of the catalogue's `checks.csv`, a dataset's own `catalogue/checks.csv`
included; cut-offs are its parameters `quality_…`. A rule of one's own needs no change here:

>>> import evaltools as ev
>>> from evaltools.findings import Findings
>>> def small(data, counted, ind):
...     found = Findings(data)
...     for row in counted.facts[counted.facts["value"] < 5].itertuples():
...         found.add(rule="small", level="note", period=row.period, area=row.area, unit=row.unit, subject=row.item,
...                   where=row.source, sentence_zh="人数很少。", sentence_en="very few people.")
...     return found.frame()
>>> data = ev.load("england", area="E06000006")
>>> set(ev.check(data, also=[small])["rule"]) - set(ev.check(data)["rule"])
{'small'}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import cache, partial

import numpy as np
import pandas as pd

from evaltools import (
    aggregation,
    claim_changes,
    claims,
    completeness,
    desk_signs,
    formulas,
    nested_periods,
    outlying_values,
    relation_rules,
    structure,
    total_rules,
    two_values,
    unchanged_counts,
)
from evaltools.catalogue import OF_UNITS
from evaltools.datasets import Data
from evaltools.fact_cells import Counted
from evaltools.findings import Indicators
from evaltools.measures import indicators
from evaltools.problems import COLUMNS, LEVELS
from evaltools.tables import each_row
from evaltools.unit_measures import base_of

__all__ = ["RULES", "Counted", "Indicators", "Rule", "check"]

Rule = Callable[[Data, Counted, Indicators], pd.DataFrame]

RULES: list[Rule] = [
    relation_rules.relations,
    relation_rules.above_all,
    total_rules.parts_against_total,
    total_rules.months_against_year,
    nested_periods.part_above_whole,
    two_values.origins_differ,
    claims.check_claims,
    claim_changes.targets_reached,
    completeness.silent_units,
    completeness.missing_items,
    structure.outside_lifetime,
    structure.missing_years,
    structure.adjusted_early,
    outlying_values.outliers,
    outlying_values.month_outliers,
    desk_signs.copied,
    outlying_values.year_against_mean,
    outlying_values.units_differ,
    desk_signs.all_at_100,
    unchanged_counts.same_for_years,
    desk_signs.last_digits,
    desk_signs.reported_above_verified,
    structure.prefixes,
]
"""Every rule, the surest first."""


def check(data: Data, also: Iterable[Rule] = (), today: date | None = None) -> pd.DataFrame:
    """Return every finding about a dataset or an area, the one to fix first on top.

    Columns: level rule period area unit subject where evidence likely sentence_zh sentence_en, all text. `rule`
    is the catalogue's check, or the name of a rule here; `where` the file and row (or the sender's cell) of the
    numbers concerned; `evidence` the arithmetic; `likely` what probably happened, "" when nothing can be said.

    Order: by level; then what could not be read before what was; then by how much hangs on the subject, which is the
    number of definitions of indicators that use it, of their targets and of their lines in the standard; then a
    county's own figure before its units'; then as `RULES` are ordered.

    also: rules of one's own. today: the day on which periods that have not begun are errors; None, the default, knows
    no clock.

    Examples:
    >>> import evaltools as ev
    >>> found = ev.check(ev.load("qof"))
    >>> print(found[["level", "rule", "period"]].to_string(index=False))
      level          rule period
    warning missing_items   2025
    >>> print(found["sentence_en"].iloc[0][:61])
    Sample Practice 09 (fictitious), 2025: items that are due and
    """
    data = replace(data, facts=aggregation.named(data.facts))
    ind = cache(partial(indicators, data))  # every frequency once, whichever rules ask for it
    counted = Counted.of(data)
    found = [rule(data, counted, ind) for rule in (*RULES, *also)]
    if today is not None:
        found.append(structure.future_periods(data, counted, today))
    frame = _said_once(pd.concat([data.remarks, *found], ignore_index=True).astype("str")[COLUMNS])
    level = frame["level"].map({level: at for at, level in enumerate(LEVELS)}).to_numpy()
    read = np.arange(len(frame)) >= len(data.remarks)
    hangs = -frame["subject"].map(_weights(data)).fillna(0).to_numpy()
    part = (frame["unit"] != "").to_numpy()
    order = np.lexsort((np.arange(len(frame)), part & read, np.where(read, hangs, 0), read, level))
    return frame.iloc[order].reset_index(drop=True)


def _said_once(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop the questions about cells of which an error is told: beside a wrong figure a right one looks odd."""
    wrong = set(frame.loc[frame["level"] == "error", "where"].str.split("; ").explode())
    odd = frame["rule"].isin(("pair_differs", "year_against_mean"))
    cells = frame.loc[odd, "where"].str.split("; ")
    told = cells.map(lambda places: any(place in wrong for place in places)).astype(bool)
    return frame.drop(index=cells.index[told]).reset_index(drop=True)


def _weights(data: Data) -> pd.Series:
    """Return for every item and indicator what hangs on it; an item bears all that its indicators do."""
    lines = [] if data.standard is None else [line.indicator for _, line in data.standard.lines]
    rows = list(each_row(data.catalogue))
    own = pd.Series([row.indicator for row in rows], dtype="str").value_counts()
    own = own.add(data.targets["indicator"].value_counts(), fill_value=0)
    own = own.add(pd.Series(lines, dtype="str").value_counts(), fill_value=0)
    pairs: set[tuple[str, str]] = set()
    for row in rows:
        if row.kind not in OF_UNITS:
            terms = formulas.parse(row.numerator) + (formulas.parse(row.denominator) if row.denominator else ())
            pairs |= {(item, row.indicator) for item in formulas.items(terms)}
    derived = {row.indicator: base_of(row) for row in rows if row.kind in OF_UNITS}
    pairs |= {(item, name) for name, base in derived.items() for item, used in list(pairs) if used == base}
    used = pd.DataFrame(sorted(pairs), columns=["item", "indicator"])
    of_items = used.assign(weight=used["indicator"].map(own)).groupby("item")["weight"].sum()
    weights: pd.Series = pd.concat([own, of_items]).groupby(level=0).sum()
    return weights
