"""What readers see of how firm a ranking is: each function returns one frame, ready for `Publish.table`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.datasets import Data
from evaltools.measures import indicators
from evaltools.narrative import joined
from evaltools.rank_composites import (
    METHODS,
    Compared,
    agreement,
    compared,
    composite_ranks,
    drop_from_composites,
    standard_values,
)
from evaltools.rank_sensitivity import drop_counties, weight_swaps
from evaltools.rank_uncertainty import Draws, rank_intervals, simulate, simulate_weights
from evaltools.regions import RegionFigures
from evaltools.scored_figures import as_scored
from evaltools.standards import Standard
from evaltools.unit_weights import needs_units, unit_weights
from evaltools.views import SHARES, described, names_of, newest, present
from evaltools.wording import reason, word

FORMATS = {
    "rank": "integer",
    "points": "points",
    "first": "percent:1",
    "top_quarter": "percent:1",
    "bottom_quarter": "percent:1",
    "reason": "reason",
    "difference": "points",
    "ahead": "percent:1",
    "weight": "quantity",
    "needed": "points",
    "change": "change_percent:1",
    "n": "integer",
    "tau": "number:2",
    "spearman": "number:2",
    "largest": "integer",
    **dict.fromkeys((f"{name}_rank" for name in METHODS), "integer"),
}

RANKS = [f"{name}_rank" for name in METHODS]
"""Columns of a `composite_table` that hold ranks."""


@dataclass(frozen=True)
class RankFigures:
    """What is known of a ranking: intervals by sampling error and by weights, swaps, and who turns whom by leaving."""

    draws: Draws
    by_sampling: pd.DataFrame
    by_weights: pd.DataFrame
    swaps: pd.DataFrame
    dropped: pd.DataFrame


def rank_figures(data: Data, region: RegionFigures, period: str, every: str) -> RankFigures | None:
    """Return the figures of a ranking of the counties in a period; None without a standard."""
    standard, whole = data.standard, data.region
    if standard is None:
        return None
    ind, weights = region.indicators, None
    if needs_units(standard):
        ind = as_scored(whole, standard, region.admitted(indicators(whole, every)))
        weights = unit_weights(whole, standard, every)
    ind = ind[ind["area"].isin(whole.counties())]
    draws = simulate(
        ind,
        standard,
        whole.catalogue,
        judgements=whole.judgements,
        period=period,
        points=region.points,
        weights=weights,
    )
    moved = simulate_weights(region.points, standard, period, whole.judgements)
    return RankFigures(
        draws,
        rank_intervals(draws),
        rank_intervals(moved),
        weight_swaps(region.points, standard, period, whole.judgements),
        drop_counties(
            *(ind, standard, region.points, whole.catalogue, period, whole.targets, whole.judgements, whole.items)
        ),
    )


def rank_table(figures: RankFigures, data: Data, lang: str) -> pd.DataFrame:
    """Return one row a county, best first: official rank, its intervals and chances in percent.

    rank_lower, rank_upper by sampling error, weight_lower, weight_upper by weights; interval and weight_interval are
    the two as text, "" where there is no rank.
    """
    table = figures.by_sampling
    other = figures.by_weights.set_index("area").reindex(table["area"])
    table = table.assign(
        county=[data.area_name(area, lang) for area in table["area"]],
        weight_lower=other["rank_lower"].to_numpy(),
        weight_upper=other["rank_upper"].to_numpy(),
    )
    for name in ("first", "top_quarter", "bottom_quarter", "ahead"):
        table[name] = 100 * table[name]
    for name, of in (("interval", "rank"), ("weight_interval", "weight")):
        ends = zip(table[f"{of}_lower"], table[f"{of}_upper"], strict=True)
        table[name] = [interval(low, high, lang) for low, high in ends]
    # that neighbours are level is told in the table of neighbours
    tie = word("ranks.reason_tied", "en")
    table["reason"] = ["; ".join(part for part in text.split("; ") if part != tie) for text in table["reason"]]
    kept = ["area", "county", "rank", "points", "interval", "weight_interval", "first", "top_quarter", "bottom_quarter"]
    numbers = ["n_ranked", "rank_lower", "rank_median", "rank_upper", "mean_rank", "weight_lower", "weight_upper"]
    return table[[*kept, *numbers, "reason"]]


def interval(low: float, high: float, lang: str) -> str:
    """Return two ranks as an interval, one rank if they are equal, "" if there is none."""
    if np.isnan(low):
        return ""
    return str(int(low)) if low == high else word("ranks.interval", lang, low=int(low), high=int(high))


def neighbour_table(figures: RankFigures, data: Data, lang: str) -> pd.DataFrame:
    """Return one row a pair of neighbours in rank: how sure their order is, in percent, and what would swap them."""
    assert data.standard is not None
    swaps = figures.swaps
    ahead = figures.by_sampling.set_index("area")["ahead"]
    known = line_names(data.standard, data, lang)
    county, next_county = ([data.area_name(area, lang) for area in swaps[name]] for name in ("area", "next_area"))
    return swaps.assign(
        county=county,
        next_county=next_county,
        ahead=100 * ahead.reindex(swaps["area"]).to_numpy(dtype=float),
        part_name=[known.get(part, part) for part in swaps["part"]],
    )


def line_names(standard: Standard, data: Data, lang: str) -> dict[str, str]:
    """Return the name of each line of a standard: its own, else that of its indicator."""
    known = names_of(data, lang)
    return {
        line.id: str(getattr(line, f"name_{lang}") or known.get(line.indicator, line.id)) for _, line in standard.lines
    }


def compared_counties(data: Data, region: RegionFigures, period: str) -> Compared:
    """Return what composites of the counties are made of: the standard's indicators, or all with a direction."""
    if data.standard is not None:
        return compared(*standard_values(region.points, data.standard, period))
    rows = region.indicators
    rows = rows[(rows["period"] == period) & rows["area"].isin(data.counties())]
    rows = described(newest(rows), data, "en")
    rows = rows[rows["kind"].isin(SHARES) & rows["direction"].isin(["up", "down"])]
    wide = rows.pivot(index="area", columns="indicator", values="value").reindex(data.counties())
    return compared(wide, dict(zip(rows["indicator"], rows["direction"], strict=True)))


def composite_table(given: Compared, figures: RankFigures | None, data: Data, lang: str) -> pd.DataFrame:
    """Return one row a county: the official rank, where there is one, and the ranks of the composite methods."""
    found = composite_ranks(given)
    left = pd.DataFrame({"area": list(given.without), "reason": list(given.without.values())})
    table = pd.concat([found, left], ignore_index=True) if len(left) else found.assign(reason="")
    official = {} if figures is None else figures.by_sampling.set_index("area")["rank"].to_dict()
    table = table.assign(
        rank=table["area"].map(official).astype(float),
        county=[data.area_name(area, lang) for area in table["area"]],
        reason=table["reason"].fillna(""),
    )
    return table.sort_values(["rank", "rsr_rank", "area"], kind="stable", ignore_index=True)


def agreement_table(table: pd.DataFrame, data: Data, lang: str) -> pd.DataFrame:
    """Return how far each method of a `composite_table` agrees with the official rank: tau, rho, the largest move."""
    official = dict(zip(table["area"], table["rank"], strict=True))
    found = agreement(table[table["reason"] == ""].reset_index(drop=True), official)
    return found.assign(
        method_name=[word(f"ranks.method_{name}", lang) for name in found["method"]],
        moved=[data.area_name(area, lang) if area else "" for area in found["area"]],
    )


def drop_table(given: Compared, figures: RankFigures | None, data: Data, lang: str) -> pd.DataFrame:
    """Return for each method and county that leaves which pairs turn; no rows where none does.

    method: `official` or a composite; area: who leaves; n: how many pairs; pairs: the counties, at most three pairs.
    """
    parts = [drop_from_composites(given)]
    if figures is not None:
        parts.insert(0, figures.dropped.assign(method="official"))
    rows = pd.concat(parts, ignore_index=True)
    found = []
    for (method, dropped), own in rows.groupby(["method", "dropped"], sort=False):
        pairs = [
            word("ranks.pair", lang, first=data.area_name(first, lang), second=data.area_name(second, lang))
            for first, second in own[["area", "other_area"]].itertuples(index=False, name=None)
        ]
        key = "ranks.column_official" if method == "official" else f"ranks.method_{method}"
        text = joined(pairs[:3], lang) + ("…" if len(pairs) > 3 else "")
        found.append((method, word(key, lang), dropped, data.area_name(str(dropped), lang), len(pairs), text))
    columns = ["method", "method_name", "area", "dropped_county", "n", "pairs"]
    return pd.DataFrame(found, columns=columns)


def columns(table: pd.DataFrame, names: Iterable[str], lang: str) -> dict[str, tuple[str, str]]:
    """Return the columns to show, as `Publish.table` wants them, without those that say nothing."""
    found = {}
    for name in present(table, names):
        method = name.removesuffix("_rank")
        key = f"method_{method}" if method in METHODS else f"column_{name}"
        found[name] = (word(f"ranks.{key}", lang), FORMATS.get(name, "text"))
    return found


def why_not(table: pd.DataFrame, lang: str) -> str:
    """Return the reasons of a table's rows, each once, in the reader's language."""
    return joined((reason(text, lang) for text in dict.fromkeys(table["reason"]) if text), lang)
