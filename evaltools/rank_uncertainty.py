"""How certain a rank is: totals drawn again within the sampling error of the indicators, or with other weights.

Only one rank is official; this is what its method annex says about it. What is drawn, and what is not:

- Each proportion and each rate of events is drawn from what its count leaves uncertain (`sampling_draws.Sampler`): the
  county's people are seen as a sample of those it might have served. Counts, amounts, ratios of money, shares of units,
  judgements and values above 100% have no such error and stay as they are.
- An indicator is drawn once, however many lines score it. Indicators are drawn independently of each other, and
  denominators stay as they are.
- Drawn values get unrounded points by the rule of their line; a mean of the region or a position in it is worked out
  from the values drawn, last year's value is drawn too. Totals are those of `scoring.totals`, rounded as it rounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.comparability import previous_periods
from evaltools.decision_matrix import tied_places
from evaltools.rank_draws import Plan, lines_told, scaled, with_extras
from evaltools.rule_arrays import rounded
from evaltools.sampling_draws import Flags, Floats
from evaltools.scoring import score, totals
from evaltools.standards import BONUS, PENALTIES, Standard
from evaltools.wording import word

SEED = 20241231
SIMULATIONS = 1000
SPREAD = 0.25
"""How far a weight may move either way, as a share of itself: the noise factor COINr uses in its example."""

COLUMNS = [
    *("area", "points", "rank", "n_ranked", "rank_lower", "rank_median", "rank_upper", "mean_rank"),
    *("first", "top_quarter", "bottom_quarter", "next_area", "ahead", "reason"),
]
"""Columns of `rank_intervals`."""

_NOBODY = -1e9


@dataclass(frozen=True)
class Official:
    """What was scored in a period: points, areas × lines (NaN: left out), and the printed totals; one entry an area.

    reasons: why an area has no rank, "" where it has one. extra: what bonus and penalties changed in the total, before
    it is rounded; 0 where there are none.
    """

    period: str
    areas: tuple[str, ...]
    points: Floats
    totals: Floats
    extra: Floats
    reasons: tuple[str, ...]

    @property
    def ranked(self) -> Flags:
        """Which areas have a rank."""
        return np.array([not reason for reason in self.reasons], dtype=bool)


@dataclass(frozen=True)
class Draws:
    """Totals drawn again: `totals`, simulations × areas, beside the official ones.

    lines: section, line, drawn (how many areas have points that vary), kept (areas with points that do not).
    """

    official: Official
    totals: Floats
    lines: pd.DataFrame
    seed: int

    @property
    def by_area(self) -> pd.DataFrame:
        """The drawn totals, one row a simulation and one column an area, named by its code."""
        return pd.DataFrame(self.totals, columns=list(self.official.areas))


def official_points(
    points: pd.DataFrame, standard: Standard, period: str, judgements: pd.DataFrame | None = None
) -> Official:
    """Return the points of the areas of a period, from what `ev.score` gave, and their totals.

    Raises ValueError as `scoring.totals` does.
    """
    rows = points[(points["period"] == period) & (points["unit"] == "")]
    sums = totals(rows, standard, judgements)
    sums = sums[sums["section"] == ""]
    areas, lines = tuple(sums["area"]), standard.lines
    matrix = np.full((len(areas), len(lines)), np.nan)
    place = rows["area"].map({area: at for at, area in enumerate(areas)}).to_numpy(dtype=int)
    order = {line.id: at for at, (_, line) in enumerate(lines)}
    matrix[place, rows["line"].map(order).to_numpy(dtype=int)] = rows["points"].to_numpy(dtype=float)
    whole = sums["points"].to_numpy(dtype=float)
    no_score, barred = word("ranks.reason_no_score", "en"), word("ranks.reason_barred", "en")
    reasons = tuple(
        no_score if np.isnan(total) else barred if bar == "yes" else ""
        for total, bar in zip(whole, sums["barred"], strict=True)
    )
    of_section = np.array([section.id not in (BONUS, PENALTIES) for section, _ in lines], dtype=bool)
    full = full_points(standard)
    base = scaled(
        np.nansum(matrix[:, of_section], axis=1), (~np.isnan(matrix) * full)[:, of_section].sum(axis=1), standard
    )
    gained = {
        part.id: np.nansum(matrix[:, [section.id == part.id for section, _ in lines]], axis=1)
        for part in standard.extras
    }
    changed = np.any([points != 0 for points in gained.values()], axis=0)
    extra = np.where(changed, with_extras(base, gained, standard) - base, 0.0)
    return Official(period, areas, matrix, whole, np.broadcast_to(extra, whole.shape), reasons)


def full_points(standard: Standard) -> Floats:
    """Return the full points of every line, in the order of the standard."""
    return np.array([float(line.points) for _, line in standard.lines])


def simulate(
    ind: pd.DataFrame,
    standard: Standard,
    catalogue: pd.DataFrame,
    targets: pd.DataFrame | None = None,
    judgements: pd.DataFrame | None = None,
    benchmark: pd.DataFrame | None = None,
    *,
    period: str,
    simulations: int = SIMULATIONS,
    seed: int = SEED,
    points: pd.DataFrame | None = None,
    weights: pd.DataFrame | None = None,
) -> Draws:
    """Draw the total of every area of `ind` in a period again, within the sampling error of its indicators.

    ind, standard, targets, judgements, benchmark, weights: as `ev.score` takes them; catalogue: kind and per of each
    indicator. ind must hold the areas to be ranked and no others. points: of `ev.score`, if they are there already. The
    module says what is drawn and how. A standard that scores units has their points drawn and rolled up.

    The same arguments give the same draws. Raises ValueError for fewer than one simulation, and as `ev.score` does.
    """
    if simulations < 1:
        raise ValueError(f"at least one simulation is needed; found {simulations}")
    earlier = previous_periods([*ind["period"].unique(), period]).get(period)
    ind = ind[ind["period"].isin([period, earlier])]
    if points is None:
        points = score(ind, standard, targets, judgements, benchmark, weights=weights)
    official = official_points(points, standard, period, judgements)
    of_units = standard.objects == "unit"
    scored = points[(points["period"] == period) & ((points["unit"] != "") == of_units)]
    plan = Plan(ind, scored, standard, catalogue, official.areas, period, weights)
    found = plan.totals(np.random.default_rng(seed), simulations)
    found[:, np.isnan(official.totals)] = np.nan
    return Draws(official, found, plan.told(), seed)


def simulate_weights(
    points: pd.DataFrame,
    standard: Standard,
    period: str,
    judgements: pd.DataFrame | None = None,
    *,
    spread: float = SPREAD,
    concentration: float | None = None,
    simulations: int = SIMULATIONS,
    seed: int = SEED,
) -> Draws:
    """Draw the weights of the lines again, their full points, and let every line keep the share it earned of them.

    points: of `ev.score`. Each weight is multiplied by a number drawn evenly from 1 − spread to 1 + spread; or, with a
    `concentration`, all are drawn from the Dirichlet distribution concentration × weight / sum of weights (the higher,
    the closer to the official ones). The total is scaled to the standard's again; what bonus and penalties changed in
    it stays. Raises ValueError for a spread outside 0 to 1, a concentration of 0 or less, fewer than one simulation.
    """
    if not 0 <= spread <= 1 or (concentration is not None and not concentration > 0) or simulations < 1:
        raise ValueError(
            f"spread is 0 to 1, concentration above 0, and at least one simulation is made; found {spread!r}, "
            f"{concentration!r}, {simulations!r}"
        )
    official = official_points(points, standard, period, judgements)
    full = full_points(standard)
    of_section = np.array([section.id not in (BONUS, PENALTIES) for section, _ in standard.lines], dtype=bool)
    weight, gained = full[of_section], official.points[:, of_section]
    random = np.random.default_rng(seed)
    if concentration is None:
        drawn = weight * random.uniform(1 - spread, 1 + spread, (simulations, len(weight)))
    else:
        drawn = random.dirichlet(concentration * weight / weight.sum(), simulations)
    counted = ~np.isnan(gained)
    found = scaled(drawn @ np.where(counted, gained / weight, 0.0).T, drawn @ counted.T.astype(float), standard)
    rounding = standard.rounding
    found = rounded(np.maximum(found + official.extra, 0), rounding.digits, rounding.mode)
    vary = counted.sum(axis=0)
    lines = lines_told(standard, np.where(of_section, len(official.areas), 0), np.zeros(len(full), dtype=int))
    lines.loc[of_section, "drawn"] = vary
    return Draws(official, found, lines, seed)


def rank_intervals(draws: Draws, confidence: float = 0.95, quarter: float = 0.25) -> pd.DataFrame:
    """Return what the draws say of each rank, best first; areas without a rank last, with the reason.

    Ranks are competition ranks by the printed total (1, 1, 3). Columns `COLUMNS`: points, rank, n_ranked: official.
    rank_lower, rank_median, rank_upper: quantiles of the drawn ranks, themselves ranks; mean_rank. Shares of the draws:
    first (rank 1, shared or not); top_quarter, bottom_quarter (rank / n_ranked at most `quarter`, counted from the top
    or from the bottom); ahead, the area has more points than `next_area`, which follows it (equal points count half).
    NaN, with a reason: no quarters of fewer areas than make one up, no order between neighbours with equal points.
    """
    official, ranked = draws.official, draws.official.ranked
    n = int(ranked.sum())
    areas, points = np.array(official.areas, dtype=object)[ranked], official.totals[ranked]
    drawn = np.where(np.isnan(draws.totals[:, ranked]), _NOBODY, draws.totals[:, ranked])
    lowest, highest = tied_places(drawn.T)
    rank, from_bottom = n - highest, lowest + 1
    tail = (1 - confidence) / 2
    found = pd.DataFrame({"area": areas.astype(str), "points": points, "rank": n - tied_places(points)[1]})
    found["n_ranked"] = n
    for name, share in (("rank_lower", tail), ("rank_median", 0.5), ("rank_upper", 1 - tail)):
        found[name] = np.quantile(rank, share, axis=1, method="inverted_cdf") if n else np.nan
    found["mean_rank"] = rank.mean(axis=1)
    found["first"] = (rank == 1).mean(axis=1)
    too_few = n * quarter < 1
    for name, place in (("top_quarter", rank), ("bottom_quarter", from_bottom)):
        found[name] = np.nan if too_few else (place <= n * quarter).mean(axis=1)
    order = np.lexsort((areas, found["rank"].to_numpy()))
    found, drawn = found.iloc[order].reset_index(drop=True), drawn[:, order]
    found["next_area"] = found["area"].shift(-1).fillna("")
    ahead = (drawn[:, :-1] > drawn[:, 1:]).mean(axis=0) + (drawn[:, :-1] == drawn[:, 1:]).mean(axis=0) / 2
    tied = (found["rank"] == found["rank"].shift(-1)).to_numpy()
    found["ahead"] = np.where(tied, np.nan, np.append(ahead, np.nan)[:n])
    why = [word("ranks.reason_one_area", "en") if n == 1 else word("ranks.reason_no_quarter", "en")] if too_few else []
    tie = word("ranks.reason_tied", "en")
    found["reason"] = ["; ".join(why + [tie] * bool(equal)) for equal in tied]
    rest = pd.DataFrame(
        {
            "area": [area for area, reason in zip(official.areas, official.reasons, strict=True) if reason],
            "points": official.totals[~ranked],
            "reason": [reason for reason in official.reasons if reason],
            "next_area": "",
        }
    )
    result = pd.concat([found, rest], ignore_index=True) if len(rest) else found
    texts = dict.fromkeys(("area", "next_area", "reason"), "str")
    return result[COLUMNS].astype({name: "float64" for name in COLUMNS if name not in texts} | texts)
