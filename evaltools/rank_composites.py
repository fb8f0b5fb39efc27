"""Composite rankings beside the official one: the same indicators, ranked without the standard's rules and weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evaltools.composite_indices import weighted_sum
from evaltools.decision_matrix import tied_places
from evaltools.indicator_weights import critic_weights, entropy_weights
from evaltools.rank_sensitivity import DROP_COLUMNS, reversals
from evaltools.rank_sum_ratio import rsr
from evaltools.sampling_draws import Floats
from evaltools.standards import Standard
from evaltools.topsis_method import topsis
from evaltools.wording import word

FEWEST = 0.5
"""An area that has values for a smaller share of the indicators is left out."""

LEAST = 2
"""Of fewer indicators there is no composite: one alone has a rank of its own."""

AGREEMENT_COLUMNS = ["method", "n", "tau", "spearman", "largest", "area", "reason"]
"""Columns of `agreement`."""


def _entropy(matrix: Floats, directions: Sequence[str]) -> object:
    return entropy_weights(matrix, directions, "minmax")


METHODS: Mapping[str, Callable[[Floats, Sequence[str]], Floats]] = {
    "rsr": lambda x, to: rsr(x, to)["rsr"].to_numpy(dtype=float),
    "topsis": lambda x, to: np.asarray(topsis(x, to), dtype=float),
    "topsis_entropy": lambda x, to: np.asarray(topsis(x, to, _entropy(x, to)), dtype=float),  # type: ignore[arg-type]
    "sum": lambda x, to: np.asarray(weighted_sum(x, to), dtype=float),
    "sum_critic": lambda x, to: np.asarray(weighted_sum(x, to, critic_weights(x, to)), dtype=float),
}
"""The composite methods shown: rank-sum ratio, TOPSIS (vector) and weighted sum (min-max) with equal weights, TOPSIS
with entropy weights (min-max), weighted sum with CRITIC weights. Values × directions -> scores, more is better."""


@dataclass(frozen=True)
class Compared:
    """What composites are made of: `matrix`, areas × indicators without a gap, and the direction of each indicator.

    without: area -> why it is not in the matrix. dropped: indicators that one of the areas does not have.
    """

    matrix: pd.DataFrame
    directions: tuple[str, ...]
    without: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()


def compared(
    values: pd.DataFrame, directions: Mapping[str, str], fewest: float = FEWEST, least: int = LEAST
) -> Compared:
    """Return the areas and indicators that can be compared without filling in a value.

    values: areas × indicators, NaN where there is none; directions: `up` or `down` by indicator. Areas that have values
    for less than `fewest` of the indicators that any area has are left out first, then indicators that one of the
    remaining areas lacks. If fewer than `least` remain, the matrix has no column.
    """
    wide = values.loc[:, values.notna().any()]
    share = wide.notna().mean(axis=1) if wide.shape[1] else pd.Series(0.0, index=wide.index)
    reason = word("ranks.reason_few_values", "en")
    without = {str(area): reason for area in wide.index[share < fewest]}
    kept = wide[share >= fewest]
    gaps = kept.columns[kept.isna().any()]
    kept = kept.drop(columns=gaps)
    kept = kept if kept.shape[1] >= least else kept.iloc[:, :0]
    return Compared(kept, tuple(directions[name] for name in kept.columns), without, tuple(map(str, gaps)))


def standard_values(points: pd.DataFrame, standard: Standard, period: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the values of a standard's indicators, areas × indicators, and their directions.

    points: of `ev.score`. Each indicator once, however many lines score it; a line that states no direction counts high
    as good. Judgements, and what bonus and penalties score, take no part.
    """
    lines = [line for section in standard.sections for line in section.lines if line.indicator]
    chosen = {line.indicator: line for line in reversed(lines)}
    chosen = {line.indicator: chosen[line.indicator] for line in lines}
    rows = points[(points["period"] == period) & (points["unit"] == "")]
    wide = rows.pivot(index="area", columns="line", values="value").reindex(rows["area"].unique())
    wide = wide.reindex(columns=[line.id for line in chosen.values()]).set_axis(list(chosen), axis=1)
    return wide, {name: "down" if line.direction == "down" else "up" for name, line in chosen.items()}


def composite_ranks(given: Compared) -> pd.DataFrame:
    """Return scores and ranks by `METHODS`: one row an area of the matrix, in its order.

    Columns: area, and for each method its score (more is better) and <method>_rank (1, 1, 3). NaN where a method gives
    no order: fewer than two areas, no indicator that all have, or indicators that do not differ.
    """
    found = pd.DataFrame({"area": given.matrix.index.astype(str)})
    for name in METHODS:
        scores = _scores(name, given.matrix.to_numpy(dtype=float), given.directions)
        found[name] = scores
        found[f"{name}_rank"] = len(scores) - tied_places(scores)[1] if not np.isnan(scores).any() else np.nan
    return found.astype({f"{name}_rank": "float64" for name in METHODS})


def _scores(name: str, matrix: Floats, directions: Sequence[str]) -> Floats:
    try:
        return METHODS[name](matrix, directions)
    except ValueError:  # a matrix the method has no order for; what that can be is said where it is shown
        return np.full(len(matrix), np.nan)


def agreement(ranks: pd.DataFrame, official: Mapping[str, float]) -> pd.DataFrame:
    """Return how far each composite ranking agrees with the official one, over the areas that both rank.

    ranks: of `composite_ranks`; official: rank by area. Columns `AGREEMENT_COLUMNS`: n, areas that both rank; tau,
    Kendall's tau-b (1945); spearman, the correlation of average ranks; largest, the most places an area has moved,
    among these areas only, and `area`, the first of those it holds for. NaN with a reason: fewer than two areas, or a
    ranking in which all are equal.
    """
    rows = []
    place = ranks["area"].map(dict(official)).to_numpy(dtype=float)
    for name in METHODS:
        own = ranks[f"{name}_rank"].to_numpy(dtype=float)
        both = ~np.isnan(own) & ~np.isnan(place)
        n, a, b = int(both.sum()), own[both], place[both]
        if n < 2 or (a == a[0]).all() or (b == b[0]).all():
            key = "one_area" if len(ranks) < 2 else "no_order"
            rows.append((name, n, np.nan, np.nan, np.nan, "", word(f"ranks.reason_{key}", "en")))
            continue
        # among these areas only: a gap in the official ranks moves nobody
        moved = np.abs(tied_places(a)[0] - tied_places(b)[0])
        furthest = int(np.argmax(moved))
        rows.append((name, n, _tau(a, b), _spearman(a, b), moved[furthest], ranks["area"][both].iloc[furthest], ""))
    return pd.DataFrame(rows, columns=AGREEMENT_COLUMNS)


def _tau(a: Floats, b: Floats) -> float:
    first, second = (np.sign(x[:, None] - x[None, :]) for x in (a, b))
    return float((first * second).sum() / np.sqrt(np.abs(first).sum() * np.abs(second).sum()))


def _spearman(a: Floats, b: Floats) -> float:
    first, second = (sum(tied_places(x)) / 2.0 for x in (a, b))
    return float(np.corrcoef(first, second)[0, 1])


def drop_from_composites(given: Compared) -> pd.DataFrame:
    """Return which areas change their order by each method when another leaves, each in turn.

    Columns method and `DROP_COLUMNS`; weights that come from the values are worked out again.
    """
    areas, matrix = list(map(str, given.matrix.index)), given.matrix.to_numpy(dtype=float)
    parts = []
    for name in METHODS:

        def rescored(dropped: int, name: str = name) -> Floats:
            found = _scores(name, np.delete(matrix, dropped, axis=0), given.directions)
            return np.insert(found, dropped, np.nan)

        parts.append(reversals(areas, _scores(name, matrix, given.directions), rescored).assign(method=name))
    return pd.concat(parts, ignore_index=True)[["method", *DROP_COLUMNS]].astype("str")
