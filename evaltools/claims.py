"""Claims of a report against their own figures and against the data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from evaltools.datasets import Data
from evaltools.findings import Findings, Indicators, number
from evaltools.tables import each_row
from evaltools.trends import year_on_year
from evaltools.wording import word


def check_claims(data: Data, ind: Indicators) -> pd.DataFrame:
    """Find claims that their own figures, or the data, do not bear out at the precision they are printed with."""
    found = Findings(data)
    yearly = ind("year")
    # a later definition replaces an earlier one in the dictionary: claims mean the newest
    level = {_key(row): row for row in each_row(yearly.sort_values("definition"))}
    change = {_key(row): row for row in each_row(year_on_year(yearly, data.breaks).sort_values("definition"))}
    per = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")["per"].astype(float)
    targets = data.targets[data.targets["unit"] == ""].set_index(["period", "area", "indicator"])["target"]
    for row in each_row(data.claims):
        key = _key(row)
        place, subject = (row.period, row.area, row.unit), ("indicator", row.indicator)
        where = row.source or f"claims.csv row {row.Index}"
        if pd.isna(row.reported):
            continue
        said = {lang: word(f"findings.said_{row.measure}", lang, x=number(row.reported)) for lang in ("zh", "en")}
        if row.measure == "level":
            _claimed_level(found, row, place, subject, where, level, float(per[row.indicator]))
        elif row.measure in ("change_pp", "change_percent") and key in change:
            points, relative = change[key].change_pp, change[key].change_percent
            right, other = (points, relative) if row.measure == "change_pp" else (relative, points)
            if np.isnan(right) or agrees(row.reported, right):
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
            target = targets.get((row.period, row.area, row.indicator), targets.get((row.period, "*", row.indicator)))
            value = level[key].value
            if target is None or np.isnan(value) or agrees(row.reported, value / target * 100):
                continue
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


def _claimed_level(
    found: Findings,
    row: Any,
    place: tuple[str, str, str],
    subject: tuple[str, str],
    where: str,
    level: dict[tuple[str, str, str, str], Any],
    per: float,
) -> None:
    """Compare a claimed level with its own numerator and denominator, then with the data."""
    sign = {100.0: "%", 1000.0: "‰"}.get(per, "")
    if row.numerator > 0 and row.denominator > 0:
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
    fact = level.get(_key(row))
    if fact is None:
        return
    value = fact.value
    if not np.isnan(value) and not _bears(row.bound, row.reported, value):
        found.find(
            "claim_level",
            "error",
            place,
            subject,
            where,
            evidence=f"{number(fact.numerator)}/{number(fact.denominator)} = {number(value, 2)}{sign}",
            likely="",
            said=number(row.reported) + sign,
            right=number(value, 2),
        )


def _key(row: Any) -> tuple[str, str, str, str]:
    return (row.period, row.area, row.unit, row.indicator)


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
