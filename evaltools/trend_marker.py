"""The recent trend marker of Fingertips, the English public-health profiles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.rates import Floats

POINTS = 5
"""The marker looks at the five most recent points."""

CHI_SQUARE = 9.5495
"""Beyond it a slope is taken for a trend: p < 0.002 of a chi-square with one degree of freedom."""

ZERO_SLOPE = 1e-9
"""A slope no larger than this, or than this part of the largest, has no sign that could break a trend's."""

CANNOT = "Cannot be calculated"
NO_CHANGE = "No significant change"
_WAYS = {1: "Increasing", -1: "Decreasing"}
_JUDGED = {True: "{way} and getting better", False: "{way} and getting worse"}
LABELS = (
    CANNOT,
    NO_CHANGE,
    *_WAYS.values(),
    *(_JUDGED[b].format(way=w) for w in _WAYS.values() for b in (True, False)),
)
"""Every label, exactly as Fingertips publishes it."""

REASONS = ("", "fewer_than_five", "full_in_some_year", "no_width")
"""Why there is no marker: fewer than five points with an interval, a count that equals its denominator (100%), or an
interval without width."""


def marker(
    value: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    direction: str = "none",
    count: ArrayLike | None = None,
    n: ArrayLike | None = None,
) -> str:
    """Return the recent trend of one series as Fingertips publishes it (OHID, current method).

    value, lower, upper: yearly values and their 95% limits, oldest first; points without all three are left out, and
    of the others the last five count, evenly spaced. direction: `up` if high is good, `down` if low is good, else no
    judgement. count, n: numerators and denominators, where known: any that are equal bar the calculation.

    Method: standard errors (upper − lower) / 3.92; slope of the regression weighted by 1 / se²; a trend if
    (slope / its se)² > 9.5495 and the slope keeps its sign whichever of the five points is left out. Returns one of
    `LABELS`. Raises ValueError for arrays of different lengths or a direction that is none of up, down, range, none.

    Examples:
    >>> import evaltools as ev
    >>> ev.trends.marker([60, 62, 65, 67, 70], [59, 61, 64, 66, 69], [61, 63, 66, 68, 71], direction="up")
    'Increasing and getting better'
    """
    if direction not in ("up", "down", "range", "none"):
        raise ValueError(f"direction is one of up, down, range, none; found {direction!r}")
    columns = [np.asarray(column, dtype=float) for column in (value, lower, upper)]
    columns += [np.asarray(np.full(len(columns[0]), np.nan) if c is None else c, dtype=float) for c in (count, n)]
    if len({column.shape for column in columns}) > 1 or columns[0].ndim != 1:
        raise ValueError(f"arrays of one length are wanted; found {[column.shape for column in columns]}")
    rows = [column[None, :] for column in columns]
    if count is not None and n is not None:
        known = ~np.isnan(rows[3]) & ~np.isnan(rows[4])
        rows[:3] = [np.where(known, row, np.nan) for row in rows[:3]]
    way, _ = markers(*rows)
    return str(labels(way, np.array([direction], dtype=object))[0])


def markers(
    value: Floats, lower: Floats, upper: Floats, count: Floats, n: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the markers of many series, one a row, oldest point first: 1 rising, −1 falling, 0 neither, −9 none.

    Then why there is none, as a place in `REASONS`. Method as in `marker`.
    """
    valid = np.isfinite(value) & np.isfinite(lower) & np.isfinite(upper)
    full = (valid & (count == n)).any(axis=1)
    enough = valid.sum(axis=1) >= POINTS
    # valid points to the right, in their order; of them the last five
    order = np.argsort(valid, axis=1, kind="stable")[:, -POINTS:]
    width = np.take_along_axis(upper - lower, order, axis=1)
    y = np.take_along_axis(value, order, axis=1)
    flat = enough & ~(width > 0).all(axis=1)
    usable = enough & ~full & ~flat
    way = np.full(len(value), -9)
    reason = np.select([~enough, full, flat], [1, 2, 3], 0)
    if usable.any():
        way[usable] = _ways(y[usable], (3.92 / width[usable]) ** 2)
    return way, reason


def _ways(y: Floats, weight: Floats) -> NDArray[np.int64]:
    x = np.arange(1.0, POINTS + 1)
    slope, spread = _slope(y, weight, x)
    left_out = []
    for point in range(POINTS):
        keep = np.arange(POINTS) != point
        left_out.append(_slope(y[:, keep], weight[:, keep], x[keep])[0])
    others = np.column_stack(left_out)
    sign = np.sign(slope).astype(np.int64)
    largest = np.maximum(np.abs(others).max(axis=1), np.abs(slope))[:, None]
    kept = ((np.sign(others) == sign[:, None]) | (np.abs(others) <= ZERO_SLOPE * np.maximum(largest, 1.0))).all(axis=1)
    return np.where(kept & (slope**2 * spread > CHI_SQUARE), sign, 0)


def _slope(y: Floats, weight: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Weighted slope of each row, and the inverse of its variance."""
    total = weight.sum(axis=1, keepdims=True)
    apart = x - (weight * x).sum(axis=1, keepdims=True) / total
    spread = (weight * apart**2).sum(axis=1)
    return (weight * apart * (y - (weight * y).sum(axis=1, keepdims=True) / total)).sum(axis=1) / spread, spread


def labels(way: NDArray[np.int64], direction: NDArray[Any]) -> NDArray[np.object_]:
    """Return the published label of each marker by the direction of its indicator."""
    good = way * np.select([direction == "up", direction == "down"], [1, -1], 0)
    names = [CANNOT, NO_CHANGE]
    conditions = [way == -9, way == 0]
    for sign, name in _WAYS.items():
        for better in (True, False):
            conditions.append((way == sign) & (good == (1 if better else -1)))
            names.append(_JUDGED[better].format(way=name))
        conditions.append((way == sign) & (good == 0))
        names.append(name)
    return np.select(conditions, names, CANNOT).astype(object)
