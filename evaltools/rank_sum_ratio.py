"""Rank-sum ratio (秩和比法, Tian Fengdiao 1988): ratios, their distribution, the probit regression and tiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc, ndtri

from evaltools.decision_matrix import (
    DecisionMatrix,
    Directions,
    Flags,
    Floats,
    Matrix,
    Settings,
    Weights,
    checked_directions,
    checked_matrix,
    checked_weights,
    in_words,
    numbers_of,
    tied_places,
    told,
)
from evaltools.normalisation import normalised
from evaltools.wording import word

CUT_OFFS = {3: (4.0, 6.0), 4: (3.5, 5.0, 6.5), 5: (3.2, 4.4, 5.6, 6.8)}
"""Probits at which each number of tiers begins a new one, as the method is taught (Tian Fengdiao)."""

RANKINGS = ("integer", "non_integer")
COLUMNS = ["rsr", "rank", "p", "probit", "fitted", "tier", "reason"]
"""Columns of `rsr`."""

DISTRIBUTION_COLUMNS = ["rsr", "objects", "f", "cumulative_f", "mean_rank", "p", "probit", "fitted"]
"""Columns of the table of `rsr_distribution`."""

SMALLEST_TIER = 2


@dataclass(frozen=True)
class Regression:
    """Least squares rsr = intercept + slope × probit over the rows of the distribution.

    r: correlation; f: F with 1 and rows - 2 degrees of freedom; p_value: its p. NaN with a reason; f is infinite if the
    rows lie on the line.
    """

    intercept: float
    slope: float
    r: float
    f: float
    p_value: float
    rows: int
    reason: str = ""


@dataclass(frozen=True)
class Distribution:
    """The distribution of rank-sum ratios: `table` with `DISTRIBUTION_COLUMNS`, and its regression."""

    table: pd.DataFrame
    regression: Regression


def rsr(
    matrix: Matrix,
    directions: Directions,
    weights: Weights | None = None,
    ranking: str = "integer",
    tiers: int | Sequence[float] = 3,
) -> pd.DataFrame:
    """Rank objects by their rank-sum ratio and sort them into tiers.

    matrix: n objects in rows, indicators in columns; directions: `up` or `down` an indicator; weights: one an
    indicator, scaled to a sum of 1 (weighted ratio, WRSR), equal unless given. ranking: `integer` ranks each indicator
    from 1, the worst, to n, ties by their average; `non_integer` places each value between 1 and n in proportion, 1 +
    (n - 1)(x - min) / (max - min), a constant column at (n + 1) / 2. Low-is-better indicators are ranked the other way
    round, never inverted first, which would change non-integer ranks. tiers: 3, 4 or 5 by `CUT_OFFS`, or probits that
    begin a new tier, ascending.

    One row an object, in the order and with the index given. rsr: sum of weight × rank / n, above 0 to 1. rank: 1 the
    best, ties 1, 1, 3. p, probit, fitted: of its row in the distribution (`rsr_distribution`). tier: 1 the lowest; a
    higher number is better; a tier begins at its cut-off. reason: why p, probit, fitted and tier are not there: all
    ratios equal. attrs: `convention`, `settings` and `regression`, a dict of `Regression`.

    Raises ValueError, naming row and column, for what `checked_matrix` refuses (one object; NaN), wrong directions
    or weights, an unknown ranking, other tiers.

    Examples:
    >>> import pandas as pd
    >>> import evaltools as ev
    >>> matrix = pd.DataFrame({"coverage": [90, 80, 70], "complaints": [3, 5, 9]}, index=["A", "B", "C"])
    >>> print(ev.ranking.rsr(matrix, ["up", "down"])[["rsr", "rank", "tier"]].round(3))
         rsr  rank  tier
    A  1.000     1     3
    B  0.667     2     2
    C  0.333     3     2
    """
    cuts = _cut_offs(tiers)
    checked = checked_matrix(matrix)
    low, share = checked_directions(directions, checked), checked_weights(weights, checked)
    ranks = _ranks(checked, low, ranking)
    # an equal mean of ranks is exact where the sum of thirds is not
    ratio = (ranks.mean(axis=1) if weights is None else ranks @ share) / len(ranks)
    index = pd.RangeIndex(len(ratio)) if checked.index is None else checked.index
    place, rows = _rows(ratio)
    regression, fitted = _regression(rows)
    tier = np.searchsorted(cuts, rows["probit"].to_numpy(), side="right") + 1.0
    tier[np.isnan(fitted)] = np.nan
    found = pd.DataFrame(
        {
            "rsr": ratio,
            "rank": len(ratio) - tied_places(ratio)[1],
            "p": rows["p"].to_numpy()[place],
            "probit": rows["probit"].to_numpy()[place],
            "fitted": fitted[place],
            "tier": tier[place],
            "reason": _one_ratio(rows),
        },
        index=index,
    ).astype({"tier": "Int64", "reason": "str"})
    convention = (
        f"rank-sum ratio (Tian Fengdiao 1988), {ranking} ranks, {in_words(weights)}, last p 1 - 1/(4n), tiers from "
        f"probits {', '.join(f'{cut:g}' for cut in cuts)}, a higher tier is better"
    )
    settings: Settings = {
        "method": "rsr",
        "ranking": ranking,
        "weights": share.tolist(),
        "directions": np.where(low, "down", "up").tolist(),
        "cut_offs": list(cuts),
    }
    told(found, convention, settings).attrs["regression"] = asdict(regression)
    return found


def rsr_distribution(ratios: ArrayLike | pd.Series | pd.DataFrame) -> Distribution:
    """Return the distribution table of rank-sum ratios and the regression of the ratio on its probit.

    ratios: one an object, or the frame of `rsr`. Table, one row a different ratio, ascending: rsr; objects, a tuple of
    their labels; f, how many; cumulative_f; mean_rank of the objects, that of ties shared; p = mean_rank / n, the last
    1 - 1/(4n); probit, the normal quantile of p, plus 5; fitted, intercept + slope × probit. With one ratio only p,
    probit, fitted and the regression are NaN, with two r and F are: `regression.reason` says so. Raises ValueError for
    fewer than two objects, or anything but finite numbers.
    """
    values = ratios["rsr"] if isinstance(ratios, pd.DataFrame) else ratios
    numbers = numbers_of(values, "rank-sum ratios")
    if len(numbers) < 2:
        raise ValueError(f"at least 2 objects are needed for a distribution; found {len(numbers)}")
    labels = values.index if isinstance(values, pd.Series) else pd.RangeIndex(len(numbers))
    place, rows = _rows(numbers)
    members: list[list[object]] = [[] for _ in range(len(rows))]
    for label, row in zip(labels, place, strict=True):
        members[row].append(label)
    regression, fitted = _regression(rows)
    table = rows.assign(objects=pd.Series([tuple(labels) for labels in members], dtype=object), fitted=fitted)
    return Distribution(table[DISTRIBUTION_COLUMNS], regression)


def tier_sizes(result: pd.DataFrame, smallest: int = SMALLEST_TIER) -> pd.DataFrame:
    """Return whether the tiers of a `rsr` frame hold, one row a tier: tier, n, lowest, highest, holds, note.

    lowest, highest: the ratios in it, NaN in an empty one. A tier with fewer than `smallest` objects does not hold
    (Tian Fengdiao asks for at least 2), and the note says so; fewer tiers, or other cut-offs, would. No rows if there
    are no tiers, as all ratios are equal. Raises ValueError for a frame not made by `rsr`.
    """
    settings = result.attrs.get("settings", {})
    if "cut_offs" not in settings:
        raise ValueError("a frame made by rsr is wanted, with its attrs")
    rows = []
    for tier in range(1, len(settings["cut_offs"]) + 2 if result["tier"].notna().any() else 1):
        inside = result.loc[(result["tier"] == tier).fillna(False).to_numpy(dtype=bool), "rsr"]
        note = word("ranking.reason_tier_small", "en", tier=tier, n=len(inside)) if len(inside) < smallest else ""
        rows.append((tier, len(inside), inside.min(), inside.max(), not note, note))
    columns = ["tier", "n", "lowest", "highest", "holds", "note"]
    return pd.DataFrame(rows, columns=columns).astype({"tier": int, "n": int, "holds": bool, "note": "str"})


def ranks(scores: ArrayLike | pd.Series) -> pd.Series | NDArray[np.int64]:
    """Return the official rank of each score: 1 the highest, ties 1, 1, 3.

    Scores that differ only by the dust of binary fractions are tied. A Series keeps its index. Raises ValueError for
    anything but finite numbers.
    """
    numbers = numbers_of(scores, "scores")
    found = len(numbers) - tied_places(numbers)[1] if len(numbers) else np.zeros(0, dtype=np.int64)
    return pd.Series(found, scores.index, name="rank") if isinstance(scores, pd.Series) else found


def _cut_offs(tiers: int | Sequence[float]) -> tuple[float, ...]:
    if isinstance(tiers, int):
        if tiers not in CUT_OFFS:
            raise ValueError(f"tiers is one of {', '.join(map(str, CUT_OFFS))}, or a list of probits; found {tiers!r}")
        return CUT_OFFS[tiers]
    cuts = numbers_of(tiers, "cut-offs")
    if not len(cuts) or (np.diff(cuts) <= 0).any():
        raise ValueError(f"cut-offs are probits in ascending order; found {cuts.tolist()}")
    return tuple(cuts.tolist())


def _ranks(matrix: DecisionMatrix, low: Flags, ranking: str) -> Floats:
    """Return the rank of each object in each indicator, n the best."""
    if ranking not in RANKINGS:
        raise ValueError(f"ranking is one of {', '.join(RANKINGS)}; found {ranking!r}")
    n = len(matrix.values)
    if ranking == "non_integer":
        return 1 + (n - 1) * normalised(matrix, low, "minmax")
    first, last = tied_places(np.where(low, -matrix.values, matrix.values))
    return (first + last) / 2 + 1


def _rows(ratio: Floats) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Return the row of the distribution each ratio is in, and the rows."""
    n = len(ratio)
    first, last = tied_places(ratio)
    starts, which, place = np.unique(first, return_index=True, return_inverse=True)
    ends = last[which]
    mean_rank = (starts + ends) / 2 + 1
    p = mean_rank / n
    p[-1] = 1 - 1 / (4 * n)
    if len(starts) == 1:
        p[:] = np.nan
    rows = pd.DataFrame(
        {
            "rsr": ratio[which],
            "f": ends - starts + 1,
            "cumulative_f": ends + 1,
            "mean_rank": mean_rank,
            "p": p,
            "probit": ndtri(p) + 5,
        }
    )
    return place, rows


def _one_ratio(rows: pd.DataFrame) -> str:
    return word("ranking.reason_one_ratio", "en") if len(rows) == 1 else ""


def _regression(rows: pd.DataFrame) -> tuple[Regression, Floats]:
    """Return the regression and the fitted ratio of each row."""
    y, x, k = rows["rsr"].to_numpy(), rows["probit"].to_numpy(), len(rows)
    if k == 1:
        return Regression(np.nan, np.nan, np.nan, np.nan, np.nan, 1, _one_ratio(rows)), np.full(1, np.nan)
    dx, dy = x - x.mean(), y - y.mean()
    slope = float((dx * dy).sum() / (dx**2).sum())
    intercept = float(y.mean() - slope * x.mean())
    fitted = intercept + slope * x
    if k == 2:  # a line through two points fits whatever they are
        reason = word("ranking.reason_too_few_ratios", "en")
        return Regression(intercept, slope, np.nan, np.nan, np.nan, k, reason), fitted
    explained, left = float(slope**2 * (dx**2).sum()), float(((y - fitted) ** 2).sum())
    r = float(np.sqrt(explained / (explained + left)))
    f = explained * (k - 2) / left if left > 0 else np.inf
    return Regression(intercept, slope, r, float(f), float(fdtrc(1, k - 2, f)), k), fitted
