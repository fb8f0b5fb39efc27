"""Checks of periods that lie in one another: what happened in a part of a time happened in the whole of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools import periods
from evaltools.datasets import Data
from evaltools.fact_cells import Counted
from evaltools.findings import Findings, Indicators, number
from evaltools.relation_rules import CLOSE
from evaltools.wording import period as period_label


def part_above_whole(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find counts of a period that are smaller than those of a part of it, such as a cumulative return that fell.

    Of several parts the largest is named. Only items that add up over time can be compared.
    """
    found = Findings(data)
    known = [(at, periods.parse(name)) for at, name in enumerate(counted.periods) if name != periods.UNKNOWN]
    pairs = []
    for whole, span in known:
        parts_of = [at for at, part in known if at != whole and span.first <= part.first and part.last <= span.last]
        if parts_of:
            pairs.append((whole, np.array(parts_of)))
    adding = data.items.loc[data.items["over_time"] == "sum", "item"]
    for item in adding[adding.isin(counted.items)] if pairs else ():
        values = counted.values(item)
        for whole, inside in pairs:
            parts = np.where(np.isnan(values[:, inside]), -np.inf, values[:, inside])
            largest = parts.max(axis=1)
            for place in np.flatnonzero(largest > values[:, whole] + CLOSE):
                part = counted.periods[int(inside[parts[place].argmax()])]
                row = counted.key(int(place), whole)
                named = {lang: period_label(part, lang) for lang in ("zh", "en")}
                found.find(
                    "part_above_whole",
                    "error",
                    row,
                    ("item", item),
                    "; ".join((counted.where(*row, {item}), counted.where(part, *row[1:], {item}))),
                    topic="quality_figures",
                    evidence=f"{number(values[place, whole])} < {number(largest[place])}",
                    likely="",
                    part=named,
                    whole_value=number(values[place, whole]),
                    part_value=number(largest[place]),
                )
    return found.frame()
