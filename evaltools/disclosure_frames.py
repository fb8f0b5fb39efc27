"""What an indicator frame tells by itself: which areas are parts of which, and the counts behind a bare rate."""

from __future__ import annotations

import numpy as np
import pandas as pd


def likely_areas(ind: pd.DataFrame) -> pd.DataFrame:
    """Return area, parent and level ("") of the areas of a frame whose dataset is not given.

    A parent is the area with the longest code that the code begins with, pairs of final zeros left off (990100 for
    990101, GB/T 2260); else, of areas without parent, one whose counts are the sums of all the others'. Taken to be a
    parent wrongly does no harm: what the figures do not bear out is not used.
    """
    areas = sorted(ind["area"].astype(str).unique())
    stems = {area: _stem(area) for area in areas}
    parent = {}
    for area in areas:
        above = [one for one in areas if one != area and area.startswith(stems[one]) and stems[one] != stems[area]]
        parent[area] = max(above, key=lambda one: len(stems[one]), default="")
    roots = [area for area in areas if not parent[area]]
    whole = _whole_of(ind[ind["area"].isin(roots) & (ind["unit"] == "")]) if len(roots) > 2 else ""
    parent |= {area: whole for area in roots if whole and area != whole}
    found = {"area": areas, "parent": [parent[area] for area in areas], "level": [""] * len(areas)}
    return pd.DataFrame(found).astype("str")


def _stem(code: str) -> str:
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code


def _whole_of(ind: pd.DataFrame) -> str:
    """Return the area whose numerators are most often the sums of all the others', "" if none is in half of all."""
    wide = ind.pivot_table(
        index=["period", "indicator", "definition"], columns="area", values="numerator", aggfunc="first", observed=True
    ).dropna()
    if wide.empty:
        return ""
    rest = -wide.sub(wide.sum(axis=1), axis=0)
    share = (np.isclose(wide, rest) & (wide > 0)).mean()
    return str(share.idxmax()) if share.max() >= 0.5 else ""


def with_counts(ind: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the counts that a reader works out where a rate stands beside only one or none of them.

    The missing side is worked out from the other one, a denominator also from another row with the same one; a share
    of an indicator that is not in the catalogue is in per cent.
    """
    bare = ind["value"].notna() & (ind["numerator"].isna() | ind["denominator"].isna())
    if not bare.any():
        return ind
    about = catalogue.set_index(["indicator", "valid_from"])
    keys = pd.MultiIndex.from_frame(ind[["indicator", "definition"]])
    per = about["per"].reindex(keys).astype(float).fillna(100.0).to_numpy()
    kind = about["kind"].reindex(keys).to_numpy()
    named = about["denominator"].reindex(keys).fillna("").to_numpy()
    top, bottom = (ind[side].to_numpy(dtype=float).copy() for side in ("numerator", "denominator"))
    value = ind["value"].to_numpy(dtype=float)
    place = ind[["period", "area", "unit"]].assign(of=named, bottom=bottom)
    other = place.groupby(["period", "area", "unit", "of"], dropna=False)["bottom"].transform("max").to_numpy()
    alone = kind == "count"
    with np.errstate(all="ignore"):
        bottom = np.where(np.isnan(bottom) & np.isnan(top) & ~alone & (named != ""), other, bottom)
        top = np.where(np.isnan(top), np.where(alone, value / per, np.rint(value * bottom / per)), top)
        worked = np.rint(top * per / value)
        bottom = np.where(np.isnan(bottom) & ~alone & np.isfinite(worked) & (named != ""), worked, bottom)
    is_bare = bare.to_numpy()
    return ind.assign(
        numerator=np.where(is_bare, top, ind["numerator"]), denominator=np.where(is_bare, bottom, ind["denominator"])
    )
