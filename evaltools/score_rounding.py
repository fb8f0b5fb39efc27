"""Totals near the bound of a grade, and what other conventions of rounding would make of them."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import Any

import pandas as pd

from evaltools.line_values import KEY, exact
from evaltools.score_totals import totals
from evaltools.scoring import score
from evaltools.standards import MODES, ROUND_OF, Rounding, Standard
from evaltools.wording import word

NEAR = 0.05
"""How close to a bound a total is near it, in points, where nothing else is said."""

VALUE_DIGITS = (None, 0, 1, 2)
"""Decimals to which a value may be rounded before its rule; None: not at all."""

COLUMNS = [*KEY, "cutoff", "of", "mode", "value_digits", "points", "grade", "is_own", "reason"]


def near_cutoffs(
    ind: pd.DataFrame,
    standard: Standard,
    period: str,
    targets: pd.DataFrame | None = None,
    judgements: pd.DataFrame | None = None,
    benchmark: pd.DataFrame | None = None,
    weights: pd.DataFrame | None = None,
    within: float = NEAR,
) -> pd.DataFrame:
    """Totals that lie within `within` points of the lowest total of a grade, under each convention of rounding.

    Arguments as for `scoring.score`. Conventions: each line or only the total is rounded, ties go up or to the even
    digit, and a value is rounded first to 0, 1 or 2 decimals or not at all; always to the standard's own decimals.

    One row per area, unit and convention, the standard's own first; columns `COLUMNS`. cutoff: the nearest bound.
    value_digits: NaN for not at all. is_own: `yes` for the standard's own convention. Points are NaN, and `reason` says
    so, where a line is worth a fraction that rounding of lines would cut off. Empty where nothing is near.
    """
    more = {"judgements": judgements, "benchmark": benchmark, "weights": weights}
    starts = [exact(grade.start).exact for grade in standard.grades if grade.start > 0]
    own = _totals(ind, standard, period, targets, more)
    near: dict[Any, float] = {}
    for key, (total, _) in own.items():
        gaps = [] if math.isnan(total) else [(abs(exact(total).exact - start), start) for start in starts]
        if gaps and min(gaps)[0] <= exact(within).exact:
            near[key] = float(min(gaps)[1])
    if not near:
        return _typed([])
    ind = ind[ind["area"].isin({key[1] for key in near})]
    too_fine = any(
        -int(line.points.normalize().as_tuple().exponent) > standard.rounding.digits for _, line in standard.lines
    )
    stated = standard.rounding
    conventions = [
        Rounding(stated.digits, mode, of, value_digits)
        for of, mode, value_digits in product(ROUND_OF, MODES, VALUE_DIGITS)
    ]
    conventions = [stated, *(one for one in conventions if one != stated)]
    rows: list[tuple[Any, ...]] = []
    for one in conventions:
        why = word("score.reason_too_fine", "en") if one.of == "line" and too_fine and one != stated else ""
        found = {} if why else _totals(ind, replace(standard, rounding=one), period, targets, more)
        for key, cutoff in near.items():
            total, grade = found.get(key, (math.nan, ""))
            digits = math.nan if one.value_digits is None else float(one.value_digits)
            rows.append((*key, cutoff, one.of, one.mode, digits, total, grade, "yes" if one == stated else "", why))
    order = {key: at for at, key in enumerate(near)}
    return _typed(sorted(rows, key=lambda row: order[row[:3]]))


def _totals(
    ind: pd.DataFrame, standard: Standard, period: str, targets: pd.DataFrame | None, more: dict[str, Any]
) -> dict[Any, tuple[float, str]]:
    points = score(ind, standard, targets, **more)
    sums = totals(points[points["period"] == period], standard, more["judgements"])
    sums = sums[sums["section"] == ""]
    keys = sums[KEY].itertuples(index=False, name=None)
    return dict(zip(keys, zip(sums["points"], sums["grade"], strict=True), strict=True))


def _typed(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    numbers = ["cutoff", "value_digits", "points"]
    texts = [name for name in COLUMNS if name not in numbers]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype(dict.fromkeys(texts, "str") | dict.fromkeys(numbers, "float64"))
