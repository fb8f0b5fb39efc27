"""Sampled registers (strata) and what they add up to: how many records are genuine, how many count, in what range."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.rates import Floats
from evaltools.sample_checks import KEY
from evaltools.sample_intervals import genuine_limits
from evaltools.wording import word

POOLED, AS_REPORTED = "pooled", "as_reported"
UNSAMPLED = (POOLED, AS_REPORTED)
"""What counts of the institutions of an area that were not sampled: the share of the others, or what they reported."""

STRATUM = ["period", "area", "indicator", "definition"]
DUST = 1e-9

_ENDS = ("low", "high")
_FIGURES = {"estimate": "", "counted": "counted_"}


def says(key: str, **values: object) -> str:
    """Return a reason in English."""
    return word(f"authenticity.reason_{key}", "en", **values)


def counted(genuine: Floats, size: Floats, tolerance: float) -> Floats:
    """Return what counts of `size` records of which `genuine` are so: all of them within the tolerance."""
    return np.where(size - genuine <= tolerance * size + DUST, size, genuine)


def sampled_strata(drawn: pd.DataFrame, rows: pd.DataFrame, confidence: float, tolerance: float) -> pd.DataFrame:
    """Return each sampled register: size, estimate and limits, what counts of them, and `why` it is not corrected.

    drawn: of `sample_checks.read_samples`; rows: the indicators, at whose places `at` the registers stand.
    """
    size = rows["numerator"].to_numpy(dtype=float)[drawn["at"]]
    nothing, unknown = (drawn["sampled"] == 0).to_numpy(), np.isnan(size)
    no_records = ~unknown & ((size < 0) | (size != np.floor(size)))
    why = np.select(
        [unknown, nothing, no_records], [says("no_number"), says("nothing_checked"), says("not_whole")], default=""
    )
    good = why == ""
    n, found = drawn["sampled"].to_numpy(dtype=float), drawn["genuine"].to_numpy(dtype=float)
    lowest, highest = genuine_limits(
        np.where(good, size, 0), np.where(good, n, 0), np.where(good, found, 0), confidence
    )
    # one product, one division: a whole sample that is genuine gives back the reported number itself
    genuine = np.divide(size * found, n, out=np.full(len(n), np.nan), where=good & (n > 0))
    figures = {"estimate": genuine, "low": lowest, "high": highest, "least": found, "most": size - (n - found)}
    return drawn[[*KEY, "at", "sampled", "genuine"]].assign(
        definition=rows["definition"].to_numpy()[drawn["at"]],
        size=size,
        base=size,
        **figures,
        counted=counted(genuine, size, tolerance),
        **{f"counted_{name}": counted(figures[name], size, tolerance) for name in (*_ENDS, "least", "most")},
        why=why,
        note="",
    )


def area_totals(strata: pd.DataFrame, rows: pd.DataFrame, unsampled: str, tolerance: float) -> pd.DataFrame:
    """Return the stratified figures of areas with sampled units; without a number of its own an area has size NaN.

    The base is the register that was sampled, the size that of the whole area. Distances from the estimates to the
    limits are squared and added (MOVER: Zou & Donner 2008, Statistics in Medicine 27: 1693–1702). That takes back too
    much where registers are small and few records are not genuine: of two registers of 40, each with one such record
    and 20 sampled, it holds the true total three times in four. With more than one register the limits are therefore
    taken one record further out, and the total kept within what is possible. Enumerated over pairs and triples of
    registers of 12 to 7,000 records, the range then holds the true total at least 94.6 times in 100 for a level of
    95%; of three registers of about ten records at least 92.5 times.
    """
    total = _added_up(_one_further_out(strata, tolerance))
    places = rows.loc[rows["unit"] == "", [*STRATUM, "numerator"]].rename(columns={"numerator": "size"})
    total = total.merge(places.reset_index(names="at"), on=STRATUM)
    reporting = rows[(rows["unit"] != "") & (rows["numerator"] > 0)].groupby(STRATUM, sort=False, as_index=False)
    total = total.merge(reporting.size().rename(columns={"size": "n_units"}), on=STRATUM, how="left")
    base, size = total["base"].to_numpy(), total["size"].to_numpy()
    rest = np.where(np.abs(size - base) <= DUST * np.maximum(size, 1), 0.0, size - base)
    scaled = (rest < 0) | ((rest > 0) & (unsampled == POOLED))
    factor = np.divide(size, base, out=np.ones(len(base)), where=scaled)
    added = np.where(scaled, 0.0, rest)
    # the share is that of what was sampled; what counts is of the whole area
    whole = {name: total[name] * factor + added for name in ("counted", "counted_low", "counted_high")}
    notes = [
        _area_note(a, b, of, unsampled) for a, b, of in zip(rest, total["n_sampled"], total["n_units"], strict=True)
    ]
    return total.assign(**whole, unit="", note=notes).drop(columns=["n_sampled", "n_units"])


def _one_further_out(strata: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """Return the strata with limits one record further from the estimate where an area has several."""
    several = strata.groupby(STRATUM, sort=False)["at"].transform("size") > 1
    low = strata["low"] - (several & (strata["low"] < strata["estimate"]))
    high = strata["high"] + (several & (strata["high"] > strata["estimate"]))
    size = strata["size"].to_numpy()
    of_counted = {
        f"counted_{end}": counted(x.to_numpy(), size, tolerance) for end, x in zip(_ENDS, (low, high), strict=True)
    }
    return strata.assign(low=low, high=high, **of_counted)


def _added_up(strata: pd.DataFrame) -> pd.DataFrame:
    """Return the sums by area: of sampled and genuine records, bases, estimates, and the limits combined."""
    sides = [(name, prefix, end) for name, prefix in _FIGURES.items() for end in _ENDS]
    squares = {f"{name}_{end}_far": (strata[name] - strata[f"{prefix}{end}"]) ** 2 for name, prefix, end in sides}
    bounds = [f"{prefix}{bound}" for prefix in _FIGURES.values() for bound in ("least", "most")]
    sums = strata.assign(**squares).groupby(STRATUM, sort=False, as_index=False)
    total = sums[["sampled", "genuine", "base", *_FIGURES, *bounds, *squares]].sum()
    total = total.merge(sums.size().rename(columns={"size": "n_sampled"}), on=STRATUM)
    limits = {}
    for name, prefix in _FIGURES.items():
        far = {end: np.sqrt(total[f"{name}_{end}_far"]) for end in _ENDS}
        limits[f"{prefix}low"] = np.maximum(total[name] - far["low"], total[f"{prefix}least"])
        limits[f"{prefix}high"] = np.minimum(total[name] + far["high"], total[f"{prefix}most"])
    return total.assign(**limits).drop(columns=[*bounds, *squares])


def _area_note(rest: float, some: float, of: float, unsampled: str) -> str:
    if rest < 0:
        return says("units_exceed")
    values = {"some": int(some), "total": int(max(of, some))}
    return says(f"rest_{unsampled}", **values) if rest > 0 else ""
