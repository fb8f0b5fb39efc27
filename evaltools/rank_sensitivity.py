"""What would change the order: another weight of one line or section, or a county that leaves the comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd

from evaltools.benchmarks import benchmark
from evaltools.rank_draws import scaled
from evaltools.rank_uncertainty import Official, full_points, official_points
from evaltools.rule_arrays import rounded
from evaltools.rules import RULES
from evaltools.sampling_draws import Floats
from evaltools.scoring import score
from evaltools.standards import BONUS, PENALTIES, Line, Section, Standard
from evaltools.wording import word

SWAP_COLUMNS = ["area", "next_area", "difference", "part", "weight", "needed", "change", "reason"]
"""Columns of `weight_swaps`."""

DROP_COLUMNS = ["dropped", "area", "other_area"]
"""Columns of `reversals` and `drop_counties`."""

_DIGITS = 9


def weight_swaps(
    points: pd.DataFrame,
    standard: Standard,
    period: str,
    judgements: pd.DataFrame | None = None,
    by: str = "line",
) -> pd.DataFrame:
    """Return for each area and the next one in rank the smallest change of one weight that makes them equal.

    points: of `ev.score`. by: `line` or `section`, whose full points are the weight; all lines of a section change in
    proportion. The other weights are scaled so that the total stays; every line keeps the share it earned of its
    points, and bonus and penalties what they changed in the total. Beyond the change the two have swapped places.

    One row an area that has a rank, but the last, best first; columns `SWAP_COLUMNS`. difference: points between the
    two. part: the line or section; weight: its points; needed: those that make them equal; change: 100 × (needed /
    weight − 1). NaN and "" with a reason: equal already, or no change of one weight alone makes them equal.
    Raises ValueError for another `by`, and as `scoring.totals` does.
    """
    if by not in ("line", "section"):
        raise ValueError(f"by is line or section; found {by!r}")
    official = official_points(points, standard, period, judgements)
    names, member = _parts(standard, by)
    order = np.lexsort((np.array(official.areas, dtype=object), -official.totals))
    order = order[official.ranked[order]]
    first, second = order[:-1], order[1:]
    change, needed, weight = _changes(official, standard, member, first, second)
    best = np.nanargmin(np.where(np.isnan(change), np.inf, np.abs(change)), axis=1) if len(first) else first
    pair = np.arange(len(first))
    found = pd.DataFrame(
        {
            "area": np.array(official.areas, dtype=object)[first],
            "next_area": np.array(official.areas, dtype=object)[second],
            "difference": np.round(official.totals[first] - official.totals[second], _DIGITS),
            "part": np.array(names, dtype=object)[best],
            "weight": weight[best],
            "needed": needed[pair, best],
            "change": 100 * change[pair, best],
        }
    )
    tied = found["difference"] == 0
    reason = np.where(tied, word("ranks.reason_tied", "en"), word("ranks.reason_no_weight", "en"))
    none = tied | found["change"].isna()
    found["reason"] = np.where(none, reason, "")
    found.loc[none, ["weight", "needed", "change"]] = np.nan
    found.loc[none, "part"] = ""
    return found.astype(dict.fromkeys(("area", "next_area", "part", "reason"), "str"))[SWAP_COLUMNS]


def _parts(standard: Standard, by: str) -> tuple[list[str], Floats]:
    """Return the names of lines or sections, and which lines belong to each: lines × parts; no bonus or penalties."""
    ids = [section.id if by == "section" else line.id for section, line in standard.lines]
    own = [
        "" if section.id in (BONUS, PENALTIES) else ident
        for ident, (section, _) in zip(ids, standard.lines, strict=True)
    ]
    names = list(dict.fromkeys(name for name in own if name))
    return names, np.array([[float(name == one) for one in names] for name in own]).reshape(len(own), len(names))


def _changes(
    official: Official, standard: Standard, member: Floats, first: np.ndarray, second: np.ndarray
) -> tuple[Floats, Floats, Floats]:
    """Return for pairs × parts the relative change of the weight and the weight needed, and the weight of each part.

    A part's weight times f, the others as they are, gives the order that any scaling gives. With N = f G + P points of
    C = f H + Q that count, N_a / C_a + e_a = N_b / C_b + e_b is quadratic in f.
    """
    full = full_points(standard)
    weight = full @ member
    whole = weight.sum()
    counted = ~np.isnan(official.points)
    gained = np.where(counted, official.points, 0.0)
    g, h = gained @ member, (counted * full) @ member
    p, q = g.sum(axis=1, keepdims=True) - g, h.sum(axis=1, keepdims=True) - h
    (ga, ha, pa, qa), (gb, hb, pb, qb) = ([part[rows] for part in (g, h, p, q)] for rows in (first, second))
    e = ((official.extra[first] - official.extra[second]) / float(standard.total))[:, None]
    two = ga * hb - gb * ha + e * ha * hb
    one = ga * qb + pa * hb - gb * qa - pb * ha + e * (ha * qb + qa * hb)
    none = pa * qb - pb * qa + e * qa * qb
    change = np.full(two.shape, np.nan)
    with np.errstate(all="ignore"):
        root = np.sqrt(one**2 - 4 * two * none)
        middle = -(one + np.where(one < 0, -root, root)) / 2
        for f in (middle / two, none / middle):
            possible = np.isfinite(f) & (f >= -1e-12) & (f * ha + qa > 1e-12) & (f * hb + qb > 1e-12)
            f = np.maximum(f, 0)
            moved = f * whole / (f * weight + whole - weight) - 1
            nearer = possible & (np.isnan(change) | (np.abs(moved) < np.abs(change)))
            change = np.where(nearer, moved, change)
    return change, weight * (1 + change), weight


def regional_lines(standard: Standard) -> tuple[Line, ...]:
    """Return the lines whose points depend on the other areas: a mean of the region, a position in it."""
    rules = {line.id: RULES[line.rule] for _, line in standard.lines}
    return tuple(
        line for _, line in standard.lines if rules[line.id].of == "percentile" or "mean" in rules[line.id].inputs
    )


def drop_counties(
    ind: pd.DataFrame,
    standard: Standard,
    points: pd.DataFrame,
    catalogue: pd.DataFrame,
    period: str,
    targets: pd.DataFrame | None = None,
    judgements: pd.DataFrame | None = None,
    items: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return which areas change their order when another leaves the comparison, each in turn; columns `DROP_COLUMNS`.

    No rows for a standard without `regional_lines`: points that depend on an area's own figures only stay as they are,
    whoever is compared. Otherwise those lines, and what is behind or before a gate with them, are scored again by
    `ev.score` against the benchmark of the remaining areas. ind: rows of the areas compared, no others; points: of
    `ev.score` of them all; the rest as `ev.score` and `ev.benchmark` take it. The total keeps what bonus and penalties
    changed in it.
    """
    lines = _with_gates(standard, {line.id for line in regional_lines(standard)})
    official = official_points(points, standard, period, judgements)
    if not lines:
        return pd.DataFrame(columns=DROP_COLUMNS, dtype="str")
    total = sum((line.points for line in lines), Decimal(0))
    small = replace(
        standard, total=total, sections=(Section("s", "", "", total, lines),), bonus=None, penalties=None, vetoes=()
    )
    columns = [at for at, (_, line) in enumerate(standard.lines) if line in lines]
    names = [line.id for _, line in standard.lines if line in lines]
    of_section = np.array([section.id not in (BONUS, PENALTIES) for section, _ in standard.lines], dtype=bool)
    full = full_points(standard)[of_section]

    def rescored(dropped: int) -> Floats:
        rest = ind[ind["area"] != official.areas[dropped]]
        again = score(rest, small, targets, judgements, benchmark(rest, catalogue, items=items))
        again = again[(again["period"] == period) & (again["unit"] == "")]
        wide = again.pivot(index="area", columns="line", values="points").reindex(official.areas)[names]
        matrix = official.points.copy()
        matrix[:, columns] = wide.to_numpy(dtype=float)
        own = matrix[:, of_section]
        sums = scaled(np.nansum(own, axis=1), (~np.isnan(own) * full).sum(axis=1), standard)
        return rounded(np.maximum(sums + official.extra, 0), standard.rounding.digits, standard.rounding.mode)

    return reversals(official.areas, np.where(official.ranked, official.totals, np.nan), rescored)


def _with_gates(standard: Standard, chosen: set[str]) -> tuple[Line, ...]:
    """Return lines with all that their gates touch: lines they shut, and then the gates of every one of them."""
    lines = [line for _, line in standard.lines]
    while more := {line.id for line in lines if chosen & set(line.gate)} - chosen:
        chosen |= more
    while more := {gate for line in lines if line.id in chosen for gate in line.gate} - chosen:
        chosen |= more
    return tuple(line for line in lines if line.id in chosen)


def reversals(areas: Sequence[str], scores: Floats, rescored: Callable[[int], Floats]) -> pd.DataFrame:
    """Return which pairs change their order when one object leaves, each in turn.

    scores: more is better, NaN for who is not compared. rescored: the scores of all without the object at a place, in
    the same order; what stands at that place is not used. Columns `DROP_COLUMNS`: dropped; area, that was ahead of
    other_area and is behind it now. Equal scores, before or after, are no change of order.
    """
    names = np.array(areas, dtype=object)
    before = _order(scores)
    rows: list[tuple[str, str, str]] = []
    compared = np.flatnonzero(~np.isnan(scores))
    for dropped in compared if len(compared) > 2 else []:  # of two, one remains
        after = rescored(int(dropped)).copy()
        after[dropped] = np.nan
        turned = (before > 0) & (_order(after) < 0)
        rows += [(names[dropped], names[a], names[b]) for a, b in np.argwhere(turned)]
    return pd.DataFrame(rows, columns=DROP_COLUMNS).astype("str")


def _order(scores: Floats) -> Floats:
    """Return for each pair 1 where the first is ahead, −1 where it is behind, else 0."""
    apart = np.round(scores[:, None] - scores[None, :], _DIGITS)
    return np.asarray(np.sign(np.where(np.isnan(apart), 0.0, apart)), dtype=float)
