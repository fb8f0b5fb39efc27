"""Why a rate changed: what its numerator and its denominator did, and what each unit did by its own rate and its size.

Nothing here is a cause: a decomposition is arithmetic that says where to look.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evaltools.reasons import ZERO_DENOMINATOR
from evaltools.wording import word

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = ArrayLike | pd.Series

NAN = float("nan")

STRATA = [
    "stratum",
    "previous_numerator",
    "previous_denominator",
    "previous_value",
    "previous_share",
    "numerator",
    "denominator",
    "value",
    "share",
    "rate_effect",
    "mix_effect",
    "total_effect",
    "reason",
]
"""Columns of `Decomposition.strata`."""

NUMBERS = ["numerator", "denominator"]
SIDE = [*NUMBERS, "reason"]
"""Columns of one side of a difference, by stratum: how `faults` and `decomposed` want it."""

NO_VALUE = word("comparison.reason_no_value", "en")


@dataclass(frozen=True)
class Decomposition:
    """The difference of two overall rates, `value` − `previous_value`, over strata.

    strata: one row a stratum, columns `STRATA`: both numerators and denominators, own rates (`value`, in units of
        `per`), shares of the denominator (0 to 1) and effects; `reason` says what is missing or to be known of it.
    change, rate_effect, mix_effect: the difference and the sums of the effects of all strata, NaN where nothing was
        computed. `reason` then says why; else what to know. Several are joined by "; ".
    indicator, definition, area, period, previous_period, other: what it is about, as far as the caller said. Where two
        areas are compared `other` is the one on the side called previous, and both sides are of one period.
    """

    strata: pd.DataFrame
    previous_value: float = NAN
    value: float = NAN
    change: float = NAN
    rate_effect: float = NAN
    mix_effect: float = NAN
    reason: str = ""
    per: float = 100
    indicator: str = ""
    definition: str = ""
    area: str = ""
    period: str = ""
    previous_period: str = ""
    other: str = ""

    @property
    def computed(self) -> bool:
        """Whether there are effects; `reason` says why not."""
        return not np.isnan(self.rate_effect)


# --- numerator and denominator -------------------------------------------------------------------------------------


def numerator_denominator_effects(
    numerator: Numbers,
    denominator: Numbers,
    previous_numerator: Numbers,
    previous_denominator: Numbers,
    per: Numbers = 100,
) -> pd.DataFrame:
    """Split the change of `numerator / denominator × per` into what the numerator did and what the denominator did.

    A rate is the product of two factors, the numerator and one over the denominator; each changes while the other is
    kept at the mean of its two values (Das Gupta 1993, Standardization and decomposition of rates, chapter 2; with two
    factors the same as the Shapley value). So the two effects add up to the change, and neither comes first.

    Arrays or Series of one length (the index of `numerator` is kept), `per` one number or one a row. Columns
    numerator_effect and denominator_effect, in units of `per`. NaN in and a zero denominator, NaN out; the caller knows
    the reason.
    """
    index = numerator.index if isinstance(numerator, pd.Series) else None
    n1, d1, n0, d0 = (
        np.asarray(column, dtype=float) for column in (numerator, denominator, previous_numerator, previous_denominator)
    )
    # a difference of two large counts is exact, one of their quotients is not
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        half = np.asarray(per, dtype=float) / 2
        effects = {
            "numerator_effect": (n1 - n0) * (1 / d0 + 1 / d1) * half,
            "denominator_effect": (n0 + n1) * ((d0 - d1) / d0 / d1) * half,
        }
    known = np.isfinite(effects["numerator_effect"]) & np.isfinite(effects["denominator_effect"])
    return pd.DataFrame({name: np.where(known, np.atleast_1d(cells), np.nan) for name, cells in effects.items()}, index)


# --- strata --------------------------------------------------------------------------------------------------------


def kitagawa(before: pd.DataFrame, after: pd.DataFrame, per: float = 100) -> Decomposition:
    """Split the difference of two overall rates into the strata's own rates and their mix (Kitagawa 1955).

    before, after: stratum, numerator, denominator (and reason, if a number is missing), one row a stratum; a stratum
    without a row on one side does not exist there, a missing number is unknown. With r the own rate, s the share of the
    denominator and R the overall rate of a side (0 before, 1 after):

    rate_effect = (r1 − r0) × (s0 + s1) / 2
    mix_effect = (s1 − s0) × ((r0 + r1) / 2 − (R0 + R1) / 2)
    total_effect = rate_effect + mix_effect

    The effects of all strata add up to R1 − R0. Kitagawa's composition effect is the sum of (s1 − s0) × (r0 + r1) / 2;
    taking off the mean overall rate does not change the sum, since the shares add up to 1 on both sides, and makes that
    of one stratum mean something: a stratum with a high rate that grows raises the overall rate, one with a low rate
    that grows lowers it. A stratum with a denominator on one side only has no other rate to compare its own with:
    all of its effect is mix, s1 × (r1 − (R0 + R1) / 2) for a new one. One that has 0 of 0 on a side is not there.

    Nothing is computed, and `reason` says why, where a number of any stratum is missing, a numerator stands over a
    denominator of zero, a denominator is below zero, all of a side are zero, or there are no strata. A numerator above
    its denominator is allowed, and told. Raises ValueError if a stratum stands on more than one row of a side.
    """
    old, new = _side(before), _side(after)
    names = ("before", "after")
    return decomposed(old, new, per, names, on_sides(names, faults_of(old, "strata"), faults_of(new, "strata")))


def _side(frame: pd.DataFrame) -> pd.DataFrame:
    """Return numerator, denominator and reason by stratum."""
    repeated = frame["stratum"].duplicated()
    if repeated.any():
        raise ValueError(f"more than one row for stratum {frame.loc[repeated, 'stratum'].iloc[0]}")
    given = frame if "reason" in frame else frame.assign(reason="")
    side = given.assign(stratum=given["stratum"].astype("str")).set_index("stratum")[SIDE]
    numbers = side[NUMBERS].astype(float).replace([np.inf, -np.inf], np.nan)
    return numbers.assign(reason=side["reason"].fillna("").astype("str"))


def on_sides(names: tuple[str, str], before: list[str], after: list[str]) -> list[str]:
    """Return what is said of two sides, each text once: of which side it is, unless it is of both."""
    texts = [text if text in after else says(names[0], reason=text) for text in before]
    return texts + [says(names[1], reason=text) for text in after if text not in before]


def faults_of(side: pd.DataFrame, parts: str) -> list[str]:
    """Return why one side of a difference has no overall rate or no effects; `parts` are strata or units."""
    n, d = side["numerator"], side["denominator"]
    given = n.notna() & d.notna()
    lone, negative = int((given & (d == 0) & (n != 0)).sum()), int((given & (d < 0)).sum())
    found = []
    if side.empty:
        found = [says(f"no_{parts}")]
    elif not given.all():
        why = [text for text in side.loc[~given, "reason"].unique() if text]
        values = {"given": str(given.sum()), "total": str(len(side))}
        # a reason that is several cannot stand inside another
        same = len(why) == 1 and "; " not in why[0]
        key = f"{parts}_incomplete"
        found = [says(f"{key}_why", reason=why[0], **values) if same else says(key, **values)]
    elif lone or negative:
        found = [says(key, n=str(n)) for key, n in (("lone", lone), ("negative", negative)) if n]
    elif d.sum() == 0:
        found = [ZERO_DENOMINATOR]
    return found


@dataclass(frozen=True)
class _Spread:
    """One side over all strata: NaN where a stratum has no number. `there`: it has a denominator above zero."""

    numerator: Floats
    denominator: Floats
    there: Flags
    rate: Floats
    share: Floats
    overall: float

    @classmethod
    def of(cls, side: pd.DataFrame, strata: list[str]) -> _Spread:
        n, d = (side[name].reindex(strata).to_numpy(dtype=float) for name in NUMBERS)
        known = bool(side[NUMBERS].notna().all(axis=None))
        above, below = (float(side[name].sum()) if known else NAN for name in NUMBERS)
        there = d > 0
        rate = np.divide(n, d, out=np.full(len(strata), np.nan), where=there)
        share = np.where(np.isnan(d), 0.0, d) / (below if below > 0 else NAN)
        return cls(n, d, there, rate, share, above / below if below > 0 else NAN)


def decomposed(
    before: pd.DataFrame,
    after: pd.DataFrame,
    per: float,
    names: tuple[str, str],
    faults: list[str],
    of_people: bool = True,
) -> Decomposition:
    """Decompose two sides (`SIDE`, by stratum); where there are faults, only put them beside each other.

    names: what the words call the two sides. of_people: whether a numerator counts some of its denominator, so that one
    above it is worth telling.
    """
    strata = list(dict.fromkeys([*after.index, *before.index]))
    old, new = _Spread.of(before, strata), _Spread.of(after, strata)
    both = old.there & new.there
    mean = np.where(both, (old.rate + new.rate) / 2, np.where(new.there, new.rate, old.rate))
    rate = np.where(both, (new.rate - old.rate) * (old.share + new.share) / 2, 0.0)
    mix = np.where(old.there | new.there, (new.share - old.share) * (mean - (old.overall + new.overall) / 2), 0.0)
    if faults:
        rate, mix = np.full(len(strata), np.nan), np.full(len(strata), np.nan)
    above = (old.there & (old.numerator > old.denominator)) | (new.there & (new.numerator > new.denominator))
    remarks = {} if faults else {"one_side": old.there ^ new.there, "above": above & of_people}
    missing = [_missing(side, strata, name) for side, name in zip((before, after), names, strict=True)]
    columns = {
        "stratum": pd.Series(strata, dtype="str"),
        "previous_numerator": old.numerator,
        "previous_denominator": old.denominator,
        "previous_value": old.rate * per,
        "previous_share": old.share,
        "numerator": new.numerator,
        "denominator": new.denominator,
        "value": new.rate * per,
        "share": new.share,
        "rate_effect": rate * per,
        "mix_effect": mix * per,
        "total_effect": (rate + mix) * per,
        "reason": pd.Series(_of_strata(missing, remarks, old.there | new.there, faults), dtype="str"),
    }
    return Decomposition(
        strata=pd.DataFrame(columns)[STRATA],
        previous_value=old.overall * per,
        value=new.overall * per,
        change=NAN if faults else (new.overall - old.overall) * per,
        rate_effect=NAN if faults else float(rate.sum()) * per,
        mix_effect=NAN if faults else float(mix.sum()) * per,
        reason="; ".join(
            faults or [says(f"{key}_count", n=str(rows.sum())) for key, rows in remarks.items() if rows.any()]
        ),
        per=per,
    )


def _missing(side: pd.DataFrame, strata: list[str], name: str) -> list[str]:
    """Return for each stratum what its side says of it, and of which side that is where a number is missing."""
    lacks = side[NUMBERS].isna().any(axis=1)
    texts = {
        at: says(name, reason=text or NO_VALUE) if lack and "; " not in text else text
        for at, text, lack in zip(side.index, side["reason"], lacks, strict=True)
    }
    return [texts.get(at, "") for at in strata]


def _of_strata(texts: list[list[str]], remarks: dict[str, Flags], there: Flags, faults: list[str]) -> list[str]:
    """Return what is to be said of each stratum; where there are faults, every row says why it has no effects."""
    result = []
    for at, pair in enumerate(zip(*texts, strict=True)):
        own = [text for text in pair if text] + [says(key) for key, rows in remarks.items() if rows[at]]
        own += [] if own or there[at] else [ZERO_DENOMINATOR]
        result.append("; ".join(own or faults))
    return result


def says(key: str, **values: str) -> str:
    """Return the English reason of that name; pages translate it."""
    return word(f"decomposition.reason_{key}", "en", **values)
