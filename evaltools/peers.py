"""Areas beside areas like them: groups by kind (urban, rural) and by size, and each area's place in its group."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.wording import word

GROUPINGS = ("kind", "size")

PEERS = ["grouping", "area", "group", "n", "reason"]
"""Columns of `peers`."""

COMPARISON = [
    "grouping",
    "area",
    "value",
    "rank",
    "n_ranked",
    "group",
    "group_n",
    "group_rank",
    "group_median",
    "group_difference",
    "reason",
]
"""Columns of `peer_comparison`."""


def peers(
    areas: pd.DataFrame, population: pd.Series | None = None, *, size_groups: int = 3, fewest: int = 9
) -> pd.DataFrame:
    """Put areas into groups of areas alike, by kind and by size.

    areas: the columns area and kind, one row for each area to be compared (the counties). population: the size of
    each area, indexed by area; residents or any other denominator. size_groups: how many groups of about the same
    number of areas; fewest: number of areas with a size from which on they are grouped by it, three a group by
    default, as a middle of fewer says little.

    Returns `PEERS`, for each of `GROUPINGS` one row an area, in the order of `areas`: group is the kind as it is
    given, or "1" (the smallest) to "3" (the largest); areas of one size are in one group, the lower one where a bound
    runs through them. n: areas in the group, itself included. group is "" and n 0 where `reason` says why.
    Raises ValueError for an area on two rows, negative sizes, or fewer than two groups.
    """
    if areas["area"].duplicated().any():
        raise ValueError(f"more than one row for area {areas.loc[areas['area'].duplicated(), 'area'].iloc[0]!r}")
    if size_groups < 2:
        raise ValueError(f"size_groups must be at least 2; found {size_groups}")
    codes = areas["area"].astype("str").to_numpy()
    kind = areas["kind"].fillna("").astype("str").to_numpy()
    no_kind = np.where(kind == "", word("peers.reason_no_kind", "en"), "")
    sizes = np.full(len(codes), np.nan)
    if population is not None:
        sizes = population.reindex(areas["area"]).to_numpy(dtype=float, na_value=np.nan)
    if (sizes < 0).any() or np.isinf(sizes).any():
        raise ValueError("sizes must be zero or more and finite")
    thirds, no_size = _by_size(sizes, size_groups, fewest)
    parts = []
    for grouping, group, reason in (("kind", kind, no_kind), ("size", thirds, no_size)):
        part = pd.DataFrame({"grouping": grouping, "area": codes, "group": group, "reason": reason}, dtype="str")
        part["n"] = part.groupby("group")["area"].transform("size").where(part["group"] != "", 0).astype(int)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)[PEERS]


def peer_comparison(
    values: pd.DataFrame, groups: pd.DataFrame, *, high_is_better: bool = True, fewest_peers: int = 2
) -> pd.DataFrame:
    """Set each area beside the areas of its group.

    values: the columns area and value (points, an indicator), one row an area; NaN where there is none. groups: from
    `peers`. high_is_better: whether the highest value has rank 1. fewest_peers: how many others of the group must
    have a value.

    Returns `COMPARISON`, one row for each row of `groups`:

    rank, n_ranked: competition rank (1, 1, 3) among all areas with a value, and how many those are.
    group_n: areas of the group with a value, itself included. group_rank: competition rank among them.
    group_median: their median, itself included, so that it is the same for the whole group. group_difference: value −
        group_median, in the unit of the values.

    Values that differ after the ninth decimal only are equal, as in `benchmarks.league`. An area without a value,
    group or enough peers has no rank in a group, no median, no difference, and says why in `reason`.
    Raises ValueError for an area on two rows of `values`, or infinite values.
    """
    if values["area"].duplicated().any():
        raise ValueError(f"more than one row for area {values.loc[values['area'].duplicated(), 'area'].iloc[0]!r}")
    given = values.set_index(values["area"].astype("str"))["value"].astype(float)
    if np.isinf(given).any():
        raise ValueError("values must be finite")
    rows = groups.reset_index(drop=True)
    rows = rows.assign(value=rows["area"].map(given).astype(float))
    compared = rows["value"].round(9)
    by_grouping = compared.groupby(rows["grouping"])
    in_group = compared.groupby([rows["grouping"], rows["group"]])
    rows = rows.assign(
        rank=by_grouping.rank(method="min", ascending=not high_is_better),
        n_ranked=by_grouping.transform("count"),
        group_n=in_group.transform("count").where(rows["group"] != "", 0),
        group_rank=in_group.rank(method="min", ascending=not high_is_better),
        group_median=rows["value"].groupby([rows["grouping"], rows["group"]]).transform("median"),
    )
    alone = [word("peers.reason_few_peers", "en", n=max(int(n) - 1, 0), fewest=fewest_peers) for n in rows["group_n"]]
    # the weightiest reason: without a value there is nothing to compare, whatever the group
    reason = rows["reason"].where(rows["group"] == "", "")
    reason = reason.mask((reason == "") & (rows["group_n"] - 1 < fewest_peers), pd.Series(alone, index=rows.index))
    reason = reason.mask(rows["value"].isna(), word("peers.reason_no_value", "en"))
    nothing = reason != ""
    rows["group_difference"] = rows["value"] - rows["group_median"]
    for name in ("group_rank", "group_median", "group_difference"):
        rows[name] = rows[name].mask(nothing)
    return rows.assign(reason=reason.astype("str"))[COMPARISON]


def _by_size(sizes: np.ndarray, size_groups: int, fewest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each area's group by size, "" where there is none, and why."""
    known = ~np.isnan(sizes)
    number = int(known.sum())
    group = np.full(len(sizes), "", dtype=object)
    reason = np.where(known, "", word("peers.reason_no_size", "en")).astype(object)
    if 0 < number < fewest:
        reason[known] = word("peers.reason_few_areas", "en", n=number, fewest=fewest)
    elif number and len(np.unique(sizes[known])) < size_groups:
        reason[known] = word("peers.reason_same_size", "en")
    elif number:
        rank = pd.Series(sizes[known]).rank(method="min").to_numpy()
        group[known] = (np.floor((rank - 1) * size_groups / number).astype(int) + 1).astype(str)
    return group, reason
