"""What readers see of fair comparison: funnels that allow for over-dispersion, and counties beside counties alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaltools import formulas, wording
from evaltools.area_labels import listed
from evaltools.datasets import Data
from evaltools.narrative import joined
from evaltools.overdispersion import Dispersion, adjusted_limits, overdispersion
from evaltools.peers import GROUPINGS, peer_comparison, peers
from evaltools.region_views import About, about, funnel_indicators, funnel_input
from evaltools.regions import RegionFigures
from evaltools.tables import each_row
from evaltools.views import newest, present
from evaltools.wording import topic, word

POPULATION = "residents"
"""The item that says how large an area is."""

_SHOWN = {"points": "points", "rank": "integer", "kind_difference": "change:2", "size_difference": "change:2"}


def adjusted_funnel(
    values: pd.DataFrame, limits: pd.DataFrame, about: About
) -> tuple[pd.DataFrame, pd.DataFrame, Dispersion]:
    """Add to the values and limits of a funnel what over-dispersion makes of them.

    values, limits: from `region_views.funnel_input`. Returns the values with outside_adjusted (beyond the exact and
    the adjusted 99.8% limits), the limits with lower_998_adjusted and upper_998_adjusted, NaN where nothing is
    adjusted, and the over-dispersion itself. Winsorised, additive; see `overdispersion`.
    """
    average = float(limits["centre"].iloc[0]) / about.per
    found = overdispersion(values["numerator"], values["denominator"], about.kind, average=average)
    if not found.adjusted:
        nothing = {"lower_998_adjusted": float("nan"), "upper_998_adjusted": float("nan")}
        return values.assign(outside_adjusted=values["outside"]), limits.assign(**nothing), found
    curve = adjusted_limits(limits["denominator"], average, found, about.per, [0.998])
    own = adjusted_limits(values["denominator"], average, found, about.per, [0.998])
    beyond = (values["value"] < own["lower_99_8"]) | (values["value"] > own["upper_99_8"])
    lines = {f"{side}_998_adjusted": curve[f"{side}_99_8"].to_numpy() for side in ("lower", "upper")}
    return values.assign(outside_adjusted=beyond & values["outside"]), limits.assign(**lines), found


@dataclass(frozen=True)
class Funnel:
    """A funnel as a page shows it: see `adjusted_funnel` for values, limits and spread."""

    indicator: str
    about: About
    values: pd.DataFrame
    limits: pd.DataFrame
    spread: Dispersion


DRAWN = 400
"""Points of a funnel: of more areas a part is drawn, which the caption says."""

FUNNELS = {
    "name": "columns.name text",
    "average": "region.column_average value",
    "n": "region.column_areas integer",
    "above": "region.column_above integer",
    "below": "region.column_below integer",
    "outside": "region.column_outside integer",
    "phi": "region.column_phi number:2",
    "threshold": "region.column_threshold number:2",
    "after": "region.column_after integer",
    "not_adjusted": "region.column_not_adjusted reason",
}
FUNNEL = {
    "area_name": "columns.area_name text",
    "numerator": "columns.numerator quantity",
    "denominator": "columns.denominator quantity",
    "value": "columns.value value",
    "place": "region.column_place text",
}
"""Columns of the tables of funnels and of one funnel, for `score_views.headers`."""


def funnels(data: Data, region: RegionFigures, period: str, lang: str) -> list[Funnel]:
    """Return the funnels of a region's report (`region_views.funnel_indicators`)."""
    found = []
    for indicator in funnel_indicators(data, region, period):
        values, limits = funnel_input(data, region, indicator, period, lang)
        named = about(data, indicator, lang)
        found.append(Funnel(indicator, named, *adjusted_funnel(values, limits, named)))
    return found


def drawn(one: Funnel) -> pd.DataFrame:
    """Return the areas that a funnel has room for: all, or of more than `DRAWN` half of them outside the limits (the
    furthest out) and half inside, evenly by their size."""
    if len(one.values) <= DRAWN:
        return one.values
    centre = float(one.limits["centre"].iloc[0])
    outside = one.values[one.values["outside"]]
    far = ((outside["value"] - centre).abs() * outside["denominator"] ** 0.5).rank(method="first", ascending=False)
    inside = one.values[~one.values["outside"]].sort_values("denominator", kind="stable")
    kept = outside[(far <= DRAWN // 2) | outside["named"]]
    step = max(1, -(-len(inside) // max(DRAWN - len(kept), 1)))
    return pd.concat([kept, inside.iloc[::step]])


def caption(one: Funnel, period: str, lang: str) -> str:
    """Return the caption of a funnel; where not all areas are drawn, with how many are."""
    text = word("report.caption_funnel", lang, name=one.about.name, period=wording.period(period, lang))
    shown, n = len(drawn(one)), len(one.values)
    return text if shown == n else word("region.caption_drawn", lang, caption=text, shown=shown, n=n)


def funnel_table(found: list[Funnel]) -> pd.DataFrame:
    """Return what funnels come to, one row each.

    average: the joint level, in units of `per`. n: areas; above, below, outside: how many lie beyond the exact 99.8%
    limits; after: beyond the adjusted ones too, NaN where nothing is adjusted. not_adjusted: why phi is not known.
    """
    rows = []
    for one in found:
        centre = float(one.limits["centre"].iloc[0])
        outside = one.values[one.values["outside"]]
        rows.append(
            {
                "indicator": one.indicator,
                "name": one.about.name,
                "average": centre,
                "n": len(one.values),
                "above": int((outside["value"] > centre).sum()),
                "below": int((outside["value"] < centre).sum()),
                "outside": len(outside),
                "phi": one.spread.phi,
                "threshold": one.spread.threshold,
                "after": int(one.values["outside_adjusted"].sum()) if one.spread.adjusted else np.nan,
                "not_adjusted": one.spread.reason,
                "per": one.about.per,
                "kind": one.about.kind,
            }
        )
    return pd.DataFrame(rows)


def funnel_values(one: Funnel, lang: str) -> pd.DataFrame:
    """Return the areas of a funnel as a table, those outside the limits first, the highest value first.

    place: where an area lies beside the exact 99.8% limits, in words.
    """
    rows = one.values.rename(columns={"label": "area_name"}).drop(columns=["named", "hover"])
    above = rows["value"] > float(one.limits["centre"].iloc[0])
    side = np.where(rows["outside"], np.where(above, "above", "below"), "inside")
    rows["place"] = [word(f"region.place_{name}", lang) for name in side]
    return rows.sort_values(["outside", "value"], ascending=False, kind="stable", ignore_index=True)


def sizes(data: Data, region: RegionFigures, period: str, item: str = POPULATION) -> pd.Series:
    """Return the size of each area in a period, indexed by area: what the indicators per head are divided by.

    Taken from the indicators whose denominator is that item alone, so that it is what the audience may see. Empty
    where there is none.
    """
    by_it = [bool(text) and formulas.parse(text) == (formulas.Term(item),) for text in data.catalogue["denominator"]]
    names = set(data.catalogue.loc[by_it, "indicator"])
    rows = region.benchmark
    rows = rows[(rows["period"] == period) & rows["indicator"].isin(names) & rows["denominator"].notna()]
    return newest(rows.assign(unit="")).groupby("area")["denominator"].max().astype(float)


def peer_groups(data: Data, region: RegionFigures, period: str) -> pd.DataFrame:
    """Return the groups of the counties alike in a period: `peers` by kind and by population."""
    areas = data.areas[data.areas["area"].isin(data.counties())]
    return peers(areas, sizes(data, region, period))


def peer_table(table: pd.DataFrame, groups: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return one row a county with its score and its place among the counties alike, in the order of the league.

    table: from `region_views.league_table`. groups: from `peer_groups`. Columns area, county, points, rank, and for
    each of kind and size: _group (code), _name, _n (counties of the group with a score), _rank, _place (the rank in
    words), _median, _difference (points), _reason. A grouping that puts all counties into one group says nothing
    new: its columns are empty.
    """
    compared = peer_comparison(table[["area", "points"]].rename(columns={"points": "value"}), groups)
    result = table[["area", "county", "points", "rank"]].reset_index(drop=True)
    for grouping in GROUPINGS:
        rows = compared[compared["grouping"] == grouping].set_index("area").reindex(result["area"])
        one = rows["group"].nunique() == 1 and (rows["group"] != "").all()
        found = pd.DataFrame(
            {
                "group": rows["group"].fillna(""),
                "name": ["" if one else group_name(grouping, str(group), lang) for group in rows["group"].fillna("")],
                "n": rows["group_n"],
                "rank": rows["group_rank"],
                "place": ["" if one else _place(row, lang) for row in each_row(rows)],
                "median": rows["group_median"],
                "difference": rows["group_difference"],
                "reason": rows["reason"].fillna(""),
            }
        )
        if one:
            found[["rank", "median", "difference"]] = float("nan")
        if (rows["group"] == "").all():  # a grouping that there is not at all has no columns, but a sentence
            found[["name", "place"]] = ""
        result = pd.concat([result, found.add_prefix(f"{grouping}_").reset_index(drop=True)], axis=1)
    return result


def _place(row: Any, lang: str) -> str:
    if pd.isna(row.group_rank):
        return word("peers.no_place", lang)
    return word("peers.place", lang, rank=int(row.group_rank), n=int(row.group_n))


def group_name(grouping: str, group: str, lang: str) -> str:
    """Return a group's name in words; a kind of area without words of its own as it is given."""
    key = f"{grouping}_{group}" if group else "no_group"
    return word(f"peers.{key}", lang) if key in topic("peers") else group


def peer_columns(table: pd.DataFrame, lang: str) -> dict[str, tuple[str, str]]:
    """Return the columns to show of a `peer_table`, without those that say nothing."""
    names = ["county", "points", "rank"]
    names += [f"{grouping}_{part}" for grouping in GROUPINGS for part in ("name", "place", "difference")]
    shown = present(table, names)
    return {name: (word(f"peers.column_{name}", lang), _SHOWN.get(name, "text")) for name in shown}


def has_groups(table: pd.DataFrame) -> bool:
    """Whether a `peer_table` compares anybody."""
    return bool(table[["kind_rank", "size_rank"]].notna().to_numpy().any())


def peer_text(table: pd.DataFrame, lang: str) -> list[str]:
    """Say how the counties were grouped, who is first in each group, and who is not compared and why."""
    counts = {grouping: _counts(table, grouping, lang) for grouping in GROUPINGS}
    kinds, by_size = (joined(counts[grouping], lang) for grouping in GROUPINGS)
    key = "both" if all(counts.values()) else "kind" if counts["kind"] else "size"
    texts = [word(f"peers.groups_{key}", lang, kinds=kinds, sizes=by_size)] if any(counts.values()) else []
    firsts = []
    for grouping in GROUPINGS:
        best = table[table[f"{grouping}_rank"] == 1]
        for group, rows in best.groupby(f"{grouping}_group"):
            name = group_name(grouping, str(group), lang)
            firsts.append(word("peers.first_item", lang, group=name, names=listed(rows["county"], lang)))
    if firsts:
        texts.append(word("peers.first_in_group", lang, names=joined(firsts, lang)))
    for grouping in GROUPINGS:
        texts += _not_compared(table, grouping, lang)
    return texts


def _counts(table: pd.DataFrame, grouping: str, lang: str) -> list[str]:
    """Return how many counties each group has, with or without a score; nothing where there are no groups."""
    rows = table[(table[f"{grouping}_group"] != "") & (table[f"{grouping}_name"] != "")]
    number = rows.groupby(f"{grouping}_group").size()
    return [
        word("peers.group_count", lang, group=group_name(grouping, str(group), lang), n=int(n))
        for group, n in number.items()
    ]


def _not_compared(table: pd.DataFrame, grouping: str, lang: str) -> list[str]:
    """Say of groups too small and of counties without a group why there is no comparison."""
    group, name, reason = (f"{grouping}_{part}" for part in ("group", "name", "reason"))
    scored = table[table["points"].notna()]
    title = word(f"peers.grouping_{grouping}", lang)
    texts = []
    small = scored[(scored[name] != "") & (scored[group] != "") & (scored[reason] != "")]
    for (label, why), _ in small.groupby([name, reason], sort=False):
        texts.append(word("peers.not_compared", lang, group=label, reason=wording.reason(str(why), lang)))
    for why, rows in scored[scored[group] == ""].groupby(reason, sort=False):
        about = {"grouping": title, "reason": wording.reason(str(why), lang)}
        key = "not_grouped_any" if len(rows) == len(scored) else "not_grouped"
        texts.append(word(f"peers.{key}", lang, names=listed(rows["county"], lang), **about))
    return texts


def own_places(table: pd.DataFrame, area: str, lang: str) -> str:
    """Say where one county stands among counties alike, or why not; "" where there is no group or no score.

    table: from `peer_table`.
    """
    row = next(each_row(table[table["area"] == area]), None)
    if row is None or pd.isna(row.points):
        return ""
    parts = []
    for grouping in GROUPINGS:
        name, rank, reason = (getattr(row, f"{grouping}_{part}") for part in ("name", "rank", "reason"))
        if pd.notna(rank):
            difference = getattr(row, f"{grouping}_difference")
            shown = wording.rounded(difference, 2)
            key = "above_median" if shown > 0 else "below_median" if shown < 0 else "at_median"
            far = word(f"peers.{key}", lang, points=wording.points(abs(difference), lang))
            about = {"group": name, "n": int(getattr(row, f"{grouping}_n")), "rank": int(rank)}
            parts.append(word("peers.own_place", lang, difference=far, **about))
        elif reason and name:
            parts.append(word("peers.own_not", lang, group=name, reason=wording.reason(reason, lang)))
    places = word("report.list_separator_strong", lang).join(parts)
    return word("peers.own_places", lang, name=row.county, places=places) if parts else ""
