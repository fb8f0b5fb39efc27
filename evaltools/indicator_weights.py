"""Weights of indicators: equal, from experts, by entropy, CRITIC, standard deviation or paired comparison (AHP)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaltools.decision_matrix import (
    DecisionMatrix,
    Directions,
    Floats,
    Matrix,
    Settings,
    checked_directions,
    checked_matrix,
    numbers_of,
    told,
)
from evaltools.normalisation import normalised
from evaltools.wording import word

EDGE = 0.002
"""`entropy_weights` by min-max: values are drawn in to [0.002, 0.998], as the R package mathmodels does."""

RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
"""Mean consistency index of random comparisons of 1, 2, … 15 criteria (Saaty 1980)."""

CONSISTENT = 0.1
"""Up to this consistency ratio judgements are taken as consistent (Saaty 1980)."""

_NO_CONFLICT = 1e-12


def equal_weights(matrix: Matrix | int) -> pd.Series | Floats:
    """Return 1 / m for each of m indicators. matrix: a matrix with m columns, or m itself."""
    if isinstance(matrix, int):
        if matrix < 1:
            raise ValueError(f"at least one indicator is needed; found {matrix}")
        return np.full(matrix, 1 / matrix)
    checked = checked_matrix(matrix, objects=0)
    m = checked.values.shape[1]
    return checked.by_indicator(np.full(m, 1 / m), "weight", "equal weights", {"method": "equal"})


def expert_weights(weights: ArrayLike | pd.Series | Mapping[object, float]) -> pd.Series | Floats:
    """Return weights that experts gave (points, per cent), scaled to a sum of 1.

    A Series or dict gives a Series. Raises ValueError for a NaN, an infinite or negative weight, named, and for weights
    that are all zero or none at all.
    """
    given = pd.Series(dict(weights)) if isinstance(weights, Mapping) else weights
    numbers = numbers_of(given, "weights")
    names = given.index if isinstance(given, pd.Series) else range(len(numbers))
    if wrong := [f"{number:g} for {name!r}" for name, number in zip(names, numbers, strict=True) if number < 0]:
        raise ValueError(f"weights must be zero or more; found {', '.join(wrong)}")
    if not (numbers > 0).any():
        raise ValueError("weights must not all be zero")
    share = np.asarray(numbers / numbers.max(), dtype=float)
    share /= share.sum()
    if not isinstance(given, pd.Series):
        return share
    return told(
        pd.Series(share, given.index, name="weight"), "expert weights, scaled to a sum of 1", {"method": "expert"}
    )


def entropy_weights(
    matrix: Matrix, directions: Directions | None = None, normalisation: str = "sum", edge: float = EDGE
) -> pd.Series | Floats:
    """Return entropy weights: the more an indicator's values differ between objects, the more it weighs.

    Shannon entropy e = -1/ln n × sum of q ln q over the n objects, q the shares of a column, 0 ln 0 = 0; weights are in
    proportion to 1 - e (Zeleny 1982). They tell how unevenly values are spread, not what matters to people.
    normalisation: `sum`, shares of the values as they are, which must be zero or more; directions play no part. Or
    `minmax`: values are first brought to 0 to 1, reversed where directions say `down`, and drawn in to [edge, 1 -
    edge]; edge 0 is the plain min-max. The two give different weights: state which.

    matrix: objects in rows; a DataFrame gives a Series by its columns, an array an array; sum 1. A constant column has
    weight 0. Raises ValueError for what `checked_matrix` refuses, negative values under `sum`, an edge outside 0 to
    0.5, an unknown normalisation, and if every column is constant.

    Examples:
    >>> import pandas as pd
    >>> import evaltools as ev
    >>> matrix = pd.DataFrame({"coverage": [90, 80, 70], "complaints": [3, 5, 9]})
    >>> ev.ranking.entropy_weights(matrix).round(3).to_dict()
    {'coverage': 0.052, 'complaints': 0.948}
    """
    checked = checked_matrix(matrix)
    low = (
        np.zeros(checked.values.shape[1], dtype=bool) if directions is None else checked_directions(directions, checked)
    )
    if not 0 <= edge < 0.5:
        raise ValueError(f"edge must be at least 0 and below 0.5; found {edge!r}")
    if normalisation == "sum":
        checked.refuse(checked.values < 0, "shares of a sum need values of zero or more; or choose minmax")
        values, how = checked.values, "shares of the values as they are"
    elif normalisation == "minmax":
        values = edge + (1 - 2 * edge) * normalised(checked, low, "minmax")
        how = f"min-max drawn in to {edge:g} to {1 - edge:g}, then shares"
    else:
        raise ValueError(f"normalisation is one of sum, minmax; found {normalisation!r}")
    constant = checked.constant()
    if constant.all():
        raise ValueError("every indicator is constant: entropy has nothing to weigh")
    values = np.where(constant, 1.0, values)
    shares = values / values.sum(axis=0)
    # 0 ln 0 is 0, its limit
    surprise = shares * np.log(np.where(shares > 0, shares, 1.0))
    differing = np.where(constant, 0.0, np.maximum(1 + surprise.sum(axis=0) / np.log(len(values)), 0.0))
    settings: Settings = {"method": "entropy", "normalisation": normalisation}
    if normalisation == "minmax":
        settings |= {"edge": edge, "directions": np.where(low, "down", "up").tolist()}
    return _scaled(checked, differing, f"entropy weights (Shannon), {how}, 0 ln 0 = 0, constant column 0", settings)


def critic_weights(matrix: Matrix, directions: Directions | None = None) -> pd.Series | Floats:
    """Return CRITIC weights: standard deviation × how little an indicator goes along with the others.

    C_j = s_j × sum over k of (1 - r_jk), s the standard deviation (n - 1) and r the correlation of the min-max values
    (Diakoulaki, Mavrotas & Papayannakis 1995); weights are in proportion to C. directions: all `up` unless given; a
    `down` turns the sign of r. A constant column has weight 0 and plays no part in the others'. A single indicator that
    differs has weight 1.

    matrix: objects in rows; a DataFrame gives a Series by its columns, an array an array; sum 1. Raises ValueError for
    what `checked_matrix` refuses, if every column is constant, and if all go together perfectly, as none then
    conflicts.

    Examples:
    >>> import pandas as pd
    >>> import evaltools as ev
    >>> matrix = pd.DataFrame({"coverage": [90, 80, 70], "complaints": [3, 5, 9], "visits": [4, 6, 5]})
    >>> ev.ranking.critic_weights(matrix, ["up", "down", "up"]).round(3).to_dict()
    {'coverage': 0.266, 'complaints': 0.24, 'visits': 0.495}
    """
    checked = checked_matrix(matrix)
    low = (
        np.zeros(checked.values.shape[1], dtype=bool) if directions is None else checked_directions(directions, checked)
    )
    constant = checked.constant()
    if constant.all():
        raise ValueError("every indicator is constant: CRITIC has nothing to weigh")
    values = normalised(checked, low, "minmax")[:, ~constant]
    spread = values.std(axis=0, ddof=1)
    standard = (values - values.mean(axis=0)) / spread
    alike = standard.T @ standard / (len(values) - 1)
    conflict = (1 - alike).sum(axis=0)
    if len(conflict) == 1:
        conflict = np.ones(1)
    elif (conflict < _NO_CONFLICT * len(conflict)).all():
        raise ValueError("all indicators rise and fall together perfectly: CRITIC finds no conflict to weigh by")
    weight = np.zeros(len(constant))
    weight[~constant] = np.maximum(spread * conflict, 0.0)
    convention = "CRITIC weights (Diakoulaki 1995), min-max, standard deviation with n - 1, constant column 0"
    settings: Settings = {
        "method": "critic",
        "normalisation": "minmax",
        "directions": np.where(low, "down", "up").tolist(),
    }
    return _scaled(checked, weight, convention, settings)


def standard_deviation_weights(matrix: Matrix) -> pd.Series | Floats:
    """Return weights in proportion to the standard deviation of each column as it is given.

    Columns in larger units weigh more, so bring them to one scale first (`normalise`). A constant column has weight 0.
    Raises ValueError for what `checked_matrix` refuses, and if every column is constant.
    """
    checked = checked_matrix(matrix)
    spread = np.where(checked.constant(), 0.0, checked.values.std(axis=0))
    if not spread.any():
        raise ValueError("every indicator is constant: the standard deviation has nothing to weigh")
    convention = "weights by standard deviation of the values as given"
    return _scaled(checked, spread, convention, {"method": "standard_deviation"})


@dataclass(frozen=True)
class Consistency:
    """How consistent paired comparisons are: lambda_max, index CI, ratio CR, and the least consistent judgement.

    first, second: the two criteria of that judgement; given: how much first was said to outweigh second; implied: how
    much it does by the weights. random_index: what the CI of random judgements is on average. consistent: CR is not
    above the limit.
    """

    lambda_max: float
    consistency_index: float
    random_index: float
    consistency_ratio: float
    consistent: bool
    first: object
    second: object
    given: float
    implied: float


def ahp_weights(
    pairwise: Matrix, limit: float = CONSISTENT, allow_inconsistent: bool = False, tolerance: float = 0.025
) -> pd.Series:
    """Return the weights of criteria that were compared in pairs: the principal eigenvector, scaled to a sum of 1.

    Analytic hierarchy process (Saaty 1980). pairwise: a square matrix, how much the row's criterion outweighs the
    column's; 1 to 15 criteria, values above zero, 1 on the diagonal, a[j, i] = 1 / a[i, j] within `tolerance`, which
    lets 0.14 stand for 1/7. limit: the consistency ratio that is allowed; it is a convention of Saaty's.

    A Series, one weight a criterion, by the names of a DataFrame's columns. attrs: `convention`; `settings`;
    `consistency`, the figures of `ahp_consistency` as a dict, lambda_max, consistency_index and consistency_ratio among
    them; `reason`, why the judgements are inconsistent, else "".

    Raises ValueError naming CR and the least consistent judgement if CR is above the limit, unless `allow_inconsistent`
    is set, when `reason` and `consistency["consistent"]` tell; and for a matrix that is not one of comparisons.

    Examples:
    >>> import pandas as pd
    >>> import evaltools as ev
    >>> pairwise = pd.DataFrame([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]], columns=["a", "b", "c"])
    >>> weights = ev.ranking.ahp_weights(pairwise)
    >>> weights.round(3).to_dict(), round(weights.attrs["consistency"]["consistency_ratio"], 3)
    ({'a': 0.637, 'b': 0.258, 'c': 0.105}, 0.033)
    """
    checked, weights, found = _compared(pairwise, limit, tolerance)
    reason = ""
    if not found.consistent:
        reason = word(
            "ranking.reason_inconsistent",
            "en",
            ratio=f"{found.consistency_ratio:.3f}",
            limit=f"{limit:g}",
            first=str(found.first),
            second=str(found.second),
            given=f"{found.given:.3g}",
            implied=f"{found.implied:.3g}",
        )
        if not allow_inconsistent:
            raise ValueError(f"{reason}. Judge again, or set allow_inconsistent to see the weights")
    index = pd.RangeIndex(len(weights)) if checked.columns is None else checked.columns
    result = pd.Series(weights, index, name="weight")
    told(
        result, f"AHP weights (Saaty 1980), principal eigenvector, CR {found.consistency_ratio:.3f}", {"method": "ahp"}
    )
    result.attrs["consistency"] = vars(found).copy()
    result.attrs["reason"] = reason
    return result


def ahp_consistency(pairwise: Matrix, limit: float = CONSISTENT, tolerance: float = 0.025) -> Consistency:
    """Return how consistent paired comparisons are, whatever the result; arguments and errors as in `ahp_weights`.

    CI = (lambda_max - n) / (n - 1), CR = CI / RI with Saaty's random index; two criteria are always consistent. The
    least consistent judgement is the one whose ratio to that of the weights is farthest from 1.
    """
    return _compared(pairwise, limit, tolerance)[2]


def _compared(pairwise: Matrix, limit: float, tolerance: float) -> tuple[DecisionMatrix, Floats, Consistency]:
    checked = checked_matrix(pairwise, objects=1)
    a = checked.values
    n = len(a)
    if a.shape != (n, n):
        raise ValueError(f"paired comparisons are a square matrix; found {a.shape[0]} rows and {a.shape[1]} columns")
    if n > len(RANDOM_INDEX):
        raise ValueError(
            f"at most {len(RANDOM_INDEX)} criteria can be compared, as there is no random index; found {n}"
        )
    if (
        checked.index is not None
        and checked.columns is not None
        and not _named_alike(checked.index, checked.columns, n)
    ):
        raise ValueError(
            f"rows and columns are the same criteria; found {list(checked.index)} and {list(checked.columns)}"
        )
    checked.refuse(a <= 0, "comparisons must be above zero")
    checked.refuse(np.eye(n, dtype=bool) & (a != 1), "a criterion compared with itself is 1")
    off = np.triu(np.abs(a * a.T - 1) > tolerance + 1e-9, 1)
    checked.refuse(off, "the comparison the other way round must be 1 divided by it; not so")
    values, vectors = np.linalg.eig(a)
    largest = int(values.real.argmax())
    weights = np.abs(vectors[:, largest].real)
    weights = weights / weights.sum()
    lambda_max = max(float(values[largest].real), float(n))
    index = (lambda_max - n) / (n - 1) if n > 2 else 0.0
    ratio = index / RANDOM_INDEX[n - 1] if n > 2 else 0.0
    implied = weights[:, None] / weights
    row, column = np.unravel_index(np.triu(np.abs(np.log(a / implied))).argmax(), a.shape)
    names = range(n) if checked.columns is None else checked.columns
    found = Consistency(
        lambda_max=lambda_max,
        consistency_index=index,
        random_index=RANDOM_INDEX[n - 1],
        consistency_ratio=ratio,
        consistent=ratio <= limit,
        first=names[row],
        second=names[column],
        given=float(a[row, column]),
        implied=float(implied[row, column]),
    )
    return checked, weights, found


def _named_alike(index: pd.Index, columns: pd.Index, n: int) -> bool:
    return index.equals(columns) or index.equals(pd.RangeIndex(n))


def _scaled(matrix: DecisionMatrix, weight: Floats, convention: str, settings: Settings) -> pd.Series | Floats:
    return matrix.by_indicator(weight / weight.sum(), "weight", convention, settings)
