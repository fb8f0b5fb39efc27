"""Claims of a report against their own figures and against the data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from evaltools import periods
from evaltools.aggregation import named
from evaltools.datasets import Data
from evaltools.findings import Findings, Indicators, number
from evaltools.rules import SIGNS
from evaltools.tables import each_row
from evaltools.trends import year_on_year
from evaltools.wording import word

Key = tuple[str, str, str, str]


def check_claims(data: Data, ind: Indicators) -> pd.DataFrame:
    """Find claims that their own figures, or the data, do not bear out at the precision they are printed with.

    A claim is held against the data of its own frequency: one of January to September against those months. Where the
    data have no such figure, or the dataset does not report the indicator, only its own figures are checked.
    """
    found = Findings(data)
    level, change = _recomputed(data, ind)
    per = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")["per"].astype(float)
    stated = named(data.targets[(data.targets["unit"] == "") & (data.targets["kind"] == "absolute")])
    targets = stated.set_index(["period", "area", "indicator"])["target"]
    for row in each_row(data.claims):
        if pd.isna(row.reported) or row.indicator not in per.index:
            continue
        key = _key(row)
        place, subject = (row.period, row.area, row.unit), ("indicator", row.indicator)
        where = row.source or f"claims.csv row {row.Index}"
        said = {lang: word(f"findings.said_{row.measure}", lang, x=number(row.reported)) for lang in ("zh", "en")}
        if row.measure == "level":
            _claimed_level(found, row, place, subject, where, level.get(key), float(per[row.indicator]))
        elif row.measure in ("change_pp", "change_percent") and key in change:
            points, relative = change[key].change_pp, change[key].change_percent
            right, other = (points, relative) if row.measure == "change_pp" else (relative, points)
            if np.isnan(right) or _bears(row.bound, row.reported, right):
                continue
            mistaken = not np.isnan(other) and agrees(row.reported, other)
            rule = "claim_points" if mistaken else "claim_change"
            found.find(
                rule,
                "error",
                place,
                subject,
                where,
                evidence=f"{number(points, 2)} / {number(relative, 2)}%",
                likely="percentage points written as percent" if mistaken else "",
                said=said,
                points=number(points, 2),
                relative=number(relative, 2),
            )
        elif row.measure == "attainment" and key in level:
            period, area, _, indicator = key
            target = targets.get((period, area, indicator), targets.get((period, "*", indicator)))
            value = level[key].value
            if target is None or not target > 0 or np.isnan(value):
                continue
            if not _bears(row.bound, row.reported, value / target * 100):
                found.find(
                    "claim_attainment",
                    "error",
                    place,
                    subject,
                    where,
                    evidence=f"{number(value, 2)}/{number(target, 2)} = {number(value / target * 100, 2)}%",
                    likely="",
                    said=said,
                    right=number(value / target * 100, 2),
                )
    return found.frame()


def _recomputed(data: Data, ind: Indicators) -> tuple[dict[Key, Any], dict[Key, Any]]:
    """Return by claim the level and the change that the data give; of two definitions the newest is meant."""
    level: dict[Key, Any] = {}
    change: dict[Key, Any] = {}
    keys = {_key(row) for row in each_row(data.claims)}
    claimed = pd.MultiIndex.from_tuples(sorted({key[1:] for key in keys}), names=["area", "unit", "indicator"])
    for every in sorted({periods.every(key[0]) for key in keys if key[0] != periods.UNKNOWN}):
        rows = ind(every)
        rows = rows[pd.MultiIndex.from_frame(rows[claimed.names]).isin(claimed)].sort_values("definition")
        level |= {_key(row): row for row in each_row(rows)}
        change |= {_key(row): row for row in each_row(year_on_year(rows, data.breaks))}
    return level, change


def _claimed_level(
    found: Findings,
    row: Any,
    place: tuple[str, str, str],
    subject: tuple[str, str],
    where: str,
    fact: Any,
    per: float,
) -> None:
    """Compare a claimed level with its own numerator and denominator, then with the data (`fact`, None: no row)."""
    sign = SIGNS[int(per)]
    if row.numerator >= 0 and row.denominator > 0:
        own = row.numerator / row.denominator * per
        if not _bears(row.bound, row.reported, own):
            found.find(
                "claim_arithmetic",
                "error",
                place,
                subject,
                where,
                evidence=f"{number(row.numerator)}/{number(row.denominator)} = {number(own, 2)}{sign}",
                likely="",
                said=number(row.reported) + sign,
                right=number(own, 2),
            )
            return
    if fact is None or np.isnan(fact.value) or _bears(row.bound, row.reported, fact.value):
        return
    counts = number(fact.numerator)
    if not np.isnan(fact.denominator):
        counts += f"/{number(fact.denominator)}"
    found.find(
        "claim_level",
        "error",
        place,
        subject,
        where,
        evidence=f"{counts} = {number(fact.value, 2)}{sign}",
        likely="",
        said=number(row.reported) + sign,
        right=number(fact.value, 2),
    )


def _key(row: Any) -> Key:
    """Return what names a claim, its period under its shortest name."""
    return (periods.shortest(row.period), row.area, row.unit, row.indicator)


def agrees(reported: float, exact: float) -> bool:
    """Whether a printed figure is the exact one rounded to the digits it shows."""
    exponent = Decimal(repr(float(reported))).normalize().as_tuple().exponent
    digits = max(0, -int(exponent))
    return abs(reported - exact) <= 0.5 * 10.0**-digits + 1e-9


def _bears(bound: str, reported: float, exact: float) -> bool:
    """Whether the exact value bears out a claim, which may be a bound (“98.5%以上”) or about."""
    if bound in (">=", ">"):
        return exact >= reported or agrees(reported, exact)
    if bound in ("<=", "<"):
        return exact <= reported or agrees(reported, exact)
    if bound == "about":
        return abs(exact - reported) <= 0.02 * abs(reported)
    return agrees(reported, exact)
