"""What the catalogue says of the indicators of a frame: kind, per and direction; and what can be told without it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.rates import poisson_limits, wilson_limits

OF_CHANCE = ("proportion", "rate")
"""Kinds whose figures chance can move: people or events counted. Money and plans have no interval."""


def kinds_of(ind: pd.DataFrame, catalogue: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return kind, per and direction of each row of an indicator frame, with its index.

    With `catalogue` (`data.catalogue`) they are those of the row's definition. Without, and for a definition that it
    does not have, direction is `none`, per is what the values are of numerator over denominator, and kind is what the
    intervals show: `proportion` for Wilson's, `rate` for Poisson limits, "" where there are none.
    """
    codes, pairs = pair_codes(ind)
    if catalogue is None:
        kind, per = _shown_by(ind, codes, len(pairs))
        direction = np.full(len(pairs), "none", dtype=object)
    else:
        known = catalogue.drop_duplicates(["indicator", "valid_from"], keep="last")
        found = known.set_index(["indicator", "valid_from"])[["kind", "per", "direction"]].reindex(pairs)
        # a definition that the catalogue does not have: nothing but what its numbers show is known of it
        kind, per = found["kind"].to_numpy(dtype=object), found["per"].to_numpy(dtype=float)
        if found["kind"].isna().any():
            shown = _shown_by(ind, codes, len(pairs))
            kind, per = (
                np.where(found["kind"].isna(), own, known) for own, known in zip(shown, (kind, per), strict=True)
            )
        direction = found["direction"].fillna("none").to_numpy(dtype=object)
    columns = {"kind": kind[codes], "per": per[codes], "direction": direction[codes]}
    return pd.DataFrame(columns, index=ind.index).astype({"kind": "str", "direction": "str", "per": float})


def pair_codes(ind: pd.DataFrame) -> tuple[NDArray[np.int64], pd.MultiIndex]:
    """Return for each row the number of its indicator and definition, and those pairs in order."""
    names, indicators = pd.factorize(ind["indicator"])
    versions, definitions = pd.factorize(ind["definition"])
    joint, inverse = np.unique(names * max(len(definitions), 1) + versions, return_inverse=True)
    width = max(len(definitions), 1)
    return inverse.astype(np.int64), pd.MultiIndex.from_arrays(
        [indicators[joint // width], definitions[joint % width]], names=["indicator", "valid_from"]
    )


def _shown_by(ind: pd.DataFrame, codes: NDArray[np.int64], n: int) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    numerator, denominator, value, lower, upper = (
        ind[name].to_numpy(dtype=float) if name in ind else np.full(len(ind), np.nan)
        for name in ("numerator", "denominator", "value", "lower", "upper")
    )
    told = (numerator != 0) & (np.isnan(denominator) | (denominator != 0)) & (value != 0) & np.isfinite(value)
    told &= np.isfinite(numerator)
    below = np.where(np.isnan(denominator), 1.0, denominator)
    scale = np.divide(value * below, numerator, out=np.full(len(ind), np.nan), where=told)
    per = np.ones(n)
    first = pd.Series(scale).groupby(codes).median().dropna()
    per[first.index] = 10.0 ** np.rint(np.log10(first.abs()))
    own = per[codes]
    with np.errstate(divide="ignore", invalid="ignore"):
        wilson = np.isclose(wilson_limits(numerator, denominator)[0] * own, lower, rtol=1e-6, atol=1e-9)
        wilson &= np.isclose(wilson_limits(numerator, denominator)[1] * own, upper, rtol=1e-6, atol=1e-9)
        poisson = np.isclose(poisson_limits(numerator)[1] / denominator * own, upper, rtol=1e-6, atol=1e-9)
    kind = np.full(n, "", dtype=object)
    for name, shown in (("rate", poisson), ("proportion", wilson)):
        kind[np.unique(codes[shown])] = name
    return kind, per
