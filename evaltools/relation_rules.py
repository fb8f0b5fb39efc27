"""Checks by the catalogue: relations between items, and proportions above 100 %."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools import formulas, periods
from evaltools.datasets import Data
from evaltools.fact_cells import Counted, Flags, Floats
from evaltools.findings import MOST, Findings, Indicators, number
from evaltools.grid import evaluate
from evaltools.rule_model import SIGNS
from evaltools.tables import each_row
from evaltools.wording import period as period_label

CLOSE = 1e-6
"""Sums of decimals closer than this are equal."""


def relations(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find where a relation of the catalogue does not hold between the numbers of one place and period, as sent."""
    found = Findings(data)
    values = counted.as_sent()
    for row in each_row(data.checks):
        relation = formulas.parse_relation(row.expression)
        used = formulas.items(relation.left + relation.right)
        if not used <= values.value.keys():
            continue
        left, _ = evaluate(relation.left, values, data.parameters)
        right, _ = evaluate(relation.right, values, data.parameters)
        broken = ~(np.isnan(left) | np.isnan(right) | _holds(left, relation.comparison, right))
        wrong = np.flatnonzero(broken)
        rest = values.index[wrong[MOST:]].to_frame(index=False)
        for _, part in rest.groupby("area"):
            period, area, unit = (str(part[name].iloc[0]) for name in ("period", "area", "unit"))
            found.count(row.check, row.level, counted.where(period, area, unit, used), len(part))
        for at, (period, area, unit) in zip(wrong[:MOST], values.index[wrong[:MOST]], strict=True):
            where = counted.where(period, area, unit, used)
            if not found.listed(row.check, row.level, where):
                continue
            text = {lang: period_label(period, lang) for lang in ("zh", "en")}
            sides = {"left": number(left[at]), "right": number(right[at])}
            found.add(
                rule=row.check,
                level=row.level,
                period=period,
                area=area,
                unit=unit,
                subject=min(used),
                where=where,
                evidence=f"{sides['left']} {relation.comparison} {sides['right']}",
                sentence_zh=row.sentence_zh.format(**sides, period=text["zh"], area=found.place(area, unit, "zh")),
                sentence_en=row.sentence_en.format(**sides, period=text["en"], area=found.place(area, unit, "en")),
            )
    return found.frame()


def _holds(left: Floats, comparison: str, right: Floats) -> Flags:
    close = np.isclose(left, right, rtol=0, atol=CLOSE)
    holds: dict[str, Flags] = {
        "<=": (left <= right) | close,
        ">=": (left >= right) | close,
        "==": close,
        "!=": ~close,
        "<": (left < right) & ~close,
        ">": (left > right) & ~close,
    }
    return holds[comparison]


def above_all(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find proportions above 100 %, whatever the frequency they are reported in: more were served than there are.

    Sums over units and months count too; of an unknown period only what was sent.
    """
    found = Findings(data)
    rows = [row for row in each_row(data.catalogue) if row.kind == "proportion"]
    for every in frequencies(counted.periods):
        values = counted.as_sent(unknown=True) if every == periods.UNKNOWN else counted.filled(every)
        codes, names = pd.factorize(values.index.get_level_values("period"))
        for row in rows:
            numerators, denominators = formulas.parse(row.numerator), formulas.parse(row.denominator)
            used = formulas.items(numerators + denominators)
            if not used <= values.value.keys():
                continue
            valid = np.array([periods.valid(str(name), row.valid_from, row.valid_to) for name in names])
            above, _ = evaluate(numerators, values, data.parameters)
            below, _ = evaluate(denominators, values, data.parameters)
            for at in np.flatnonzero((above > below) & (below > 0) & valid[codes]):
                period, area, unit = map(str, values.index[int(at)])
                value = number(above[at] / below[at] * float(row.per), 2) + SIGNS[int(row.per)]
                found.find(
                    "above_100",
                    "error",
                    (period, area, unit),
                    ("indicator", row.indicator),
                    counted.where(period, area, unit, used),
                    evidence=f"{number(above[at])}/{number(below[at])} = {value}",
                    likely="",
                )
    return found.frame()


def frequencies(named: tuple[str, ...]) -> list[str]:
    """Return the frequencies of periods; of spans such as January to September one stands for every year's."""
    own = {periods.every(period) for period in named if period != periods.UNKNOWN}
    parsed = {every: periods.parse(every) for every in sorted(own - set(periods.EVERY))}
    spans = {(span.first % 12, span.length): every for every, span in parsed.items()}
    # a year that only its months give is a year too
    whole = [every for every in periods.EVERY if every in own or (every == "year" and own)]
    return whole + sorted(spans.values()) + [periods.UNKNOWN] * (periods.UNKNOWN in named)
