"""Bringing indicators to one scale before they are added up, each method with its convention spelled out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaltools.decision_matrix import (
    DecisionMatrix,
    Directions,
    Flags,
    Floats,
    Matrix,
    Weights,
    checked_directions,
    checked_matrix,
    checked_weights,
    numbers_of,
)

CONVENTIONS = {
    "minmax": "(x - min) / (max - min); low is better: (max - x) / (max - min); 0.5 for a constant column",
    "vector": "x / sqrt(sum of squares); low is better: 1 - that",
    "max": "x / max; low is better: 1 - x / max",
    "linear": "x / max; low is better: min / x",
    "sum": "x / sum; low is better: (1 / x) / sum of 1 / x",
    "zscore": "(x - mean) / standard deviation (n - 1); low is better: the opposite; 0 for a constant column",
    "none": "x as it is; low is better: -x",
}
"""What `normalise` does by each name: x of one column, all objects."""


def normalise(matrix: Matrix, directions: Directions, method: str = "minmax") -> pd.DataFrame | Floats:
    """Return the matrix on a common scale, in which more is better in every column.

    matrix: objects in rows, indicators in columns; directions: `up` or `down` an indicator; method: a name of
    `CONVENTIONS`, which gives the formulas (Jahan & Edwards 2015, Materials & Design 65: 335-342). A DataFrame gives a
    DataFrame with `attrs["convention"]`, an array an array.

    Constant columns tell nobody apart: 0.5 by `minmax`, 0 by `zscore`. Raises ValueError, naming row and column, for
    what `checked_matrix` refuses, an unknown method, and a denominator that is not above zero: an all-zero column under
    `vector`, a largest value or sum of zero under `max`, `linear`, `sum`, a value of zero where low is better under
    `linear` and `sum`, negative values under `sum`.
    """
    checked = checked_matrix(matrix)
    low = checked_directions(directions, checked)
    values = normalised(checked, low, method)
    convention = f"{method} normalisation: {CONVENTIONS[method]}"
    return checked.by_cell(values, convention, {"normalisation": method, "low_is_better": low.tolist()})


def normalised(matrix: DecisionMatrix, low: Flags, method: str) -> Floats:
    """Return the values of `normalise`; low: which columns are better when low."""
    if method not in CONVENTIONS:
        raise ValueError(f"normalisation is one of {', '.join(CONVENTIONS)}; found {method!r}")
    x = matrix.values
    top, bottom = x.max(axis=0), x.min(axis=0)
    if method == "minmax":
        constant = matrix.constant()
        width = np.where(constant, 1.0, top - bottom)
        return np.where(constant, 0.5, np.where(low, top - x, x - bottom) / width)
    if method == "zscore":
        constant = matrix.constant()
        score = np.where(constant, 0.0, x - x.mean(axis=0)) / np.where(constant, 1.0, x.std(axis=0, ddof=1))
        return np.where(low, -score, score)
    if method == "none":
        return np.where(low, -x, x)
    if method == "vector":
        largest = np.abs(x).max(axis=0)
        matrix.refuse(
            largest == 0, "vector normalisation has no length of an all-zero column: leave it out, or weigh it 0"
        )
        # by its largest value first: squares of very large or small numbers have no place in a float
        share = x / largest
        share = share / np.sqrt((share**2).sum(axis=0))
        return np.asarray(np.where(low, 1 - share, share), dtype=float)
    if method == "max":
        matrix.refuse(top <= 0, "max normalisation needs a largest value above zero")
        return np.asarray(np.where(low, 1 - x / top, x / top), dtype=float)
    matrix.refuse(low & (x <= 0), f"{method} normalisation divides by x where low is better: only values above zero")
    if method == "linear":
        matrix.refuse(~low & (top <= 0), "linear normalisation needs a largest value above zero")
        return np.where(low, bottom / np.where(low, x, 1.0), x / np.where(low, 1.0, top))
    matrix.refuse(x < 0, "sum normalisation needs values of zero or more")
    matrix.refuse(x.sum(axis=0) <= 0, "sum normalisation needs a sum above zero")
    share = np.where(low, 1 / np.where(low, x, 1.0), x)
    return np.asarray(share / share.sum(axis=0), dtype=float)


def minmax(values: ArrayLike | pd.Series, lower: float = 0, upper: float = 1) -> pd.Series | Floats:
    """Return numbers rescaled so that their lowest is `lower` and their highest `upper` (COINr's n_minmax).

    NaN stays. Numbers that are all equal become the middle. Raises ValueError for text or infinite numbers, or if
    `upper` is not above `lower`.
    """
    if not upper > lower:
        raise ValueError(f"upper must be above lower; found {lower!r} to {upper!r}")
    x = numbers_of(values, "values", missing=True)
    known = x[~np.isnan(x)]
    width = np.ptp(known) if len(known) else 0.0
    share = (x - known.min()) / width if width > 0 else x * 0 + 0.5
    return _like(values, lower + (upper - lower) * share)


def goalposts(
    values: ArrayLike | pd.Series, lower: float, upper: float, scale: float = 1, direction: str = "up", cut: bool = True
) -> pd.Series | Floats:
    """Return how far numbers are on the way from the post `lower` to the post `upper`, times `scale`.

    Fixed posts, as in the Human Development Index (UNDP) and COINr's n_goalposts, make years comparable. direction
    `down`: from `upper` to `lower`. cut: beyond a post is at the post. NaN stays. Raises ValueError if `upper` is not
    above `lower`, for an unknown direction, text or infinite numbers.
    """
    if not upper > lower:
        raise ValueError(f"the upper goalpost must be above the lower; found {lower!r} and {upper!r}")
    if direction not in ("up", "down"):
        raise ValueError(f"a direction is one of up, down; found {direction!r}")
    x = numbers_of(values, "values", missing=True)
    share = (upper - x if direction == "down" else x - lower) / (upper - lower)
    return _like(values, scale * (np.clip(share, 0, 1) if cut else share))


def winsorise(
    values: ArrayLike | pd.Series, most: int | None = 5, skewness: float = 2, kurtosis: float = 3.5
) -> pd.Series | Floats:
    """Return numbers whose outliers are moved to the next value, one step at a time (COINr's winsorise).

    As long as both |skewness| and excess kurtosis (both as Excel has them, type 2 of Joanes & Gill 1998) are above
    their limits and fewer than `most` points were moved, the points at the end that the skewness points to take the
    value next to them. Points that are tied move together, so that a few more than `most` may move; None sets no limit.
    NaN stays. Raises ValueError for fewer than four numbers, text or infinite numbers.
    """
    x = numbers_of(values, "values", missing=True)
    known = np.flatnonzero(~np.isnan(x))
    if len(known) < 4:
        raise ValueError(f"at least four numbers are needed for their kurtosis; found {len(known)}")
    high: set[int] = set()
    low: set[int] = set()
    while most is None or len(high) + len(low) < most:
        some = x[known]
        skew, kurt = _shape(some)
        if not (abs(skew) > skewness and kurt > kurtosis):
            break
        end, moved = (some.max(), high) if skew >= 0 else (some.min(), low)
        rest = some[some != end]
        places = known[some == end]
        x[places] = rest.max() if skew >= 0 else rest.min()
        moved.update(places.tolist())
    return _like(values, x)


def _shape(x: Floats) -> tuple[float, float]:
    """Return skewness and excess kurtosis, corrected for the size of the sample; 0 and 0 if all are equal."""
    n = len(x)
    centred = x - x.mean()
    spread = np.abs(centred).max()
    if spread == 0:
        return 0.0, 0.0
    centred = centred / spread
    second, third, fourth = ((centred**power).mean() for power in (2, 3, 4))
    skew = third / second**1.5 * np.sqrt(n * (n - 1)) / (n - 2)
    kurt = ((n + 1) * (fourth / second**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    return float(skew), float(kurt)


@dataclass(frozen=True)
class Outranking:
    """By what share of the weights one object (row) beats another (column), and how many pairs are clear-cut.

    matrix: shares, a DataFrame for a DataFrame, 0 on the diagonal. dominant: pairs in which one object beats the other
    on all weights, whatever the weights are; dominant_share: of all pairs.
    """

    matrix: pd.DataFrame | Floats
    dominant: int
    dominant_share: float


def outranking(matrix: Matrix, directions: Directions | None = None, weights: Weights | None = None) -> Outranking:
    """Compare every object with every other, by the weights of the indicators in which it is better (Munda 2008).

    Equal values give half their weight to each (COINr's outrankMatrix). directions: all `up` unless given; weights:
    equal unless given. The share of dominant pairs tells how much of a ranking any weights would confirm. Raises
    ValueError as `normalise` does.
    """
    checked = checked_matrix(matrix)
    low = (
        np.zeros(checked.values.shape[1], dtype=bool) if directions is None else checked_directions(directions, checked)
    )
    share = checked_weights(weights, checked)
    x = np.where(low, -checked.values, checked.values)
    n = len(x)
    found = np.zeros((n, n))
    dominant = 0
    for row in range(n):
        better, equal = x[row] > x, x[row] == x
        found[row] = (better * share + 0.5 * equal * share).sum(axis=1)
        found[row, row] = 0
        dominant += int((better | (share == 0)).all(axis=1).sum())
    table = found if checked.index is None else pd.DataFrame(found, checked.index, checked.index)
    return Outranking(table, dominant, dominant / (n * (n - 1) / 2))


def _like(values: ArrayLike | pd.Series, numbers: Floats) -> pd.Series | Floats:
    return pd.Series(numbers, values.index, name=values.name) if isinstance(values, pd.Series) else numbers
