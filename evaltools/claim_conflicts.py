"""Claims of one report that cannot both be true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaltools.claim_table import KEY
from evaltools.claim_words import printed, said
from evaltools.findings import Findings, number
from evaltools.possible_rates import denominators
from evaltools.tables import each_row

_TOPIC = "quality_claims"
_DUST = 1e-9


def values_differ(found: Findings, table: pd.DataFrame) -> None:
    """Find an indicator that one place claims with two values for a period: they share no number that prints as both.

    Bounds are half-lines: 98.5%以上 and 99.39% go together.
    """
    level = table[(table["measure"] == "level") & table["reported"].notna()]
    about = (level["bound"] == "about") * 0.02 * level["reported"].abs()
    low = (level["reported"] - level["half"] - about).where(~level["bound"].isin(["<=", "<"]), -np.inf)
    high = (level["reported"] + level["half"] + about).where(~level["bound"].isin([">=", ">"]), np.inf)
    for first, second in _apart(level.assign(low=low, high=high), KEY):
        texts = [row.bound + printed(row) for row in (first, second)]
        found.find(
            "claims_differ",
            "warning",
            (first.period, first.area, first.unit),
            ("indicator", first.indicator),
            f"{first.where}; {second.where}",
            topic=_TOPIC,
            evidence=" ≠ ".join(texts),
            likely="",
            one=said(first),
            other=said(second),
        )


def denominators_differ(found: Findings, table: pd.DataFrame) -> None:
    """Find claims of one place and period that should share a denominator and cannot.

    A denominator that is not told is what the numerator and the printed rate leave possible; a count printed in 万
    is what rounds to it.
    """
    level = table[(table["measure"] == "level") & (table["below"] != "")]
    stated = level["denominator"].notna()
    low = (level["denominator"] - level["denominator_half"]).where(stated)
    high = (level["denominator"] + level["denominator_half"]).where(stated)
    open_ = level[~stated & (level["numerator"] > 0) & (level["reported"] > 0) & (level["bound"] == "")]
    for row in each_row(open_):
        ends = [
            denominators(row.reported, row.digits, max(row.numerator + half, 0), row.per)
            for half in (-row.numerator_half, row.numerator_half)
        ]
        if all(ends):
            low[row.Index], high[row.Index] = ends[0].start, ends[1].stop - 1  # type: ignore[union-attr]
    shown = pd.Series([number(d) if d == d else "" for d in level["denominator"]], index=level.index, dtype="str")
    spans = low.map(number, na_action="ignore").astype("str") + "–" + high.map(number, na_action="ignore").astype("str")
    level = level.assign(low=low, high=high, shown=shown.where(stated, spans))
    for first, second in _apart(level[low.notna()], [*KEY[:3], "below"]):
        names = [found.listing("indicator", [row.indicator]) for row in (first, second)]
        found.find(
            "denominators_differ",
            "warning",
            (first.period, first.area, first.unit),
            ("indicator", first.indicator),
            f"{first.where}; {second.where}",
            topic=_TOPIC,
            evidence=f"{first.shown} ≠ {second.shown}",
            likely="",
            one=first.shown,
            other=second.shown,
            second=names[1],
        )


def _apart(rows: pd.DataFrame, key: list[str]) -> list[tuple[Any, Any]]:
    """Return of every group whose ranges (low, high) have nothing in common the two rows furthest apart."""
    groups = rows.groupby(key)
    wrong = groups["low"].transform("max") > groups["high"].transform("min") + _DUST
    return [
        (next(each_row(part.loc[[part["high"].idxmin()]])), next(each_row(part.loc[[part["low"].idxmax()]])))
        for _, part in rows[wrong].groupby(key)
    ]
