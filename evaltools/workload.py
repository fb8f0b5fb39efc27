"""Quality coefficients and corrected workload (质量系数、校正工作量), by which work done is counted by its quality."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.standards import BONUS, PENALTIES
from evaltools.wording import word

QUALITY = ["period", "area", "unit", "section", "line", "points", "full", "quality", "reason"]
"""Columns of `quality_coefficients`; `line` and `section` only as asked for."""

BY = {"line": ["section", "line"], "section": ["section"], "all": []}
"""What one assessment item is: a line, a section, or the whole standard."""

_PLACE = ["period", "area", "unit"]


def quality_coefficients(points: pd.DataFrame, by: str = "section") -> pd.DataFrame:
    """Return the quality coefficient of each assessment item and institution: `Σ points / Σ full`, 0 to 1.

    points: of `ev.score`. by: one of `BY`. Lines that are left out (no points) are in neither sum, lines of bonus and
    penalties neither. One row a period, area, unit and item in order of appearance: columns of `QUALITY`. NaN, and the
    reason, where nothing was scored or the full points are zero. Source: the scoring of Anhui's primary-care
    assessment system (质量系数 = Σ得分 / Σ满分 per item). Raises ValueError for another `by`.
    """
    if by not in BY:
        raise ValueError(f"by is one of {', '.join(BY)}; got {by!r}")
    key = [*_PLACE, *BY[by]]
    rows = points[~points["section"].isin([BONUS, PENALTIES])]
    scored = rows["points"].notna()
    rows = rows.assign(n=scored, full=rows["full"].where(scored, 0.0), points=rows["points"].fillna(0.0))
    sums = rows.groupby(key, sort=False, as_index=False)[["points", "full", "n"]].sum()
    nothing, zero = sums["n"] == 0, sums["full"] <= 0
    quality = np.divide(sums["points"], sums["full"].where(~zero))
    reason = np.select([nothing, zero], [_says("nothing_scored"), _says("zero_full")], default="")
    result = sums.assign(quality=quality, reason=pd.Series(reason, sums.index, dtype="str"))
    result[["points", "full"]] = result[["points", "full"]].mask(nothing)
    return result[[name for name in QUALITY if name in result]]


def corrected_workload(workload: pd.DataFrame, quality: pd.DataFrame) -> pd.DataFrame:
    """Return workload × quality coefficient, item by item and institution by institution.

    workload: period, area, unit, section and line as `quality` has them, workload (工分, visits, any quantity; zero or
    more). quality: of `quality_coefficients`. Returns the rows of `workload` with quality, corrected_workload and
    reason; NaN, and the reason, where there is no workload or no coefficient: not zero, which would take money away.
    Raises ValueError for negative workload and for a coefficient on two rows.
    """
    key = [name for name in (*_PLACE, "section", "line") if name in quality]
    if (workload["workload"] < 0).any():
        raise ValueError("workload must be zero or more")
    if quality.duplicated(key).any():
        raise ValueError("more than one quality coefficient for one item and institution")
    known = quality[[*key, "quality", "reason"]].rename(columns={"reason": "why"})
    rows = workload.merge(known, on=key, how="left").set_axis(workload.index)
    why = rows["why"].fillna(_says("no_quality"))
    reason = why.where(rows["workload"].notna(), _says("no_workload"))
    return rows.assign(corrected_workload=rows["workload"] * rows["quality"], reason=reason.astype("str")).drop(
        columns="why"
    )


def corrected_counts(samples: pd.DataFrame, reported: pd.Series) -> pd.DataFrame:
    """Return `reported × genuine share × conforming share` (校正数 = 上报数 × 真实率 × 规范率).

    samples: sampled, genuine and, if there, conforming: how many of the genuine records were made by the rules; blank
    or absent: not looked at. reported: the number to be corrected, with the index of `samples`. genuine share =
    genuine/sampled, conforming share = conforming/genuine, so that no record counts against an institution twice.
    Columns genuine_share, conforming_share (1 where not looked at), corrected, reason; NaN, and the reason, where
    nothing was checked or reported. No genuine record corrects to 0. Raises ValueError unless
    0 <= conforming <= genuine <= sampled and reported >= 0, and for another index.
    """
    if not reported.index.equals(samples.index):
        raise ValueError("reported must have the index of samples")
    sampled, genuine = (samples[name].astype(float) for name in ("sampled", "genuine"))
    looked = samples["conforming"].astype(float) if "conforming" in samples else pd.Series(np.nan, samples.index)
    conforming = looked.fillna(genuine)
    if ((conforming < 0) | (conforming > genuine) | (genuine > sampled)).any() or (reported < 0).any():
        raise ValueError("0 <= conforming <= genuine <= sampled and reported >= 0 must hold")
    nothing = ~(sampled > 0)
    share = genuine / sampled.mask(nothing)
    conforms = (conforming / genuine.mask(genuine == 0)).where(looked.notna(), 1.0)
    corrected = reported * conforming / sampled.mask(nothing)
    reason = np.select(
        [reported.isna(), nothing, looked.notna() & (genuine == 0)],
        [_says("no_number"), _says("nothing_checked"), _says("no_conforming")],
        default="",
    )
    return pd.DataFrame(
        {
            "genuine_share": share,
            "conforming_share": conforms.mask(nothing),
            "corrected": corrected,
            "reason": pd.Series(reason, samples.index, dtype="str"),
        }
    )


def _says(key: str) -> str:
    return word(f"authenticity.reason_{key}", "en")
