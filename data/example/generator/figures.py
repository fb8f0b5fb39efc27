"""The figures of a county: every count is a share of another count, so that parts stay within their whole.

Only uniform draws, sums and products are used: the numbers are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from generator.places import FIRST_YEAR, YEARS, County
from generator.shares import BY_COUNTY, BY_UNIT, DEMOGRAPHY, Share

Counts = NDArray[np.int64]
"""One row a place, one column a year."""


def draw(rng: np.random.Generator, *shape: int) -> NDArray[np.float64]:
    """Return bell-shaped noise, mean 0, standard deviation 1, never beyond 3."""
    return 2.0 * (rng.random(shape) + rng.random(shape) + rng.random(shape) - 1.5)


def whole(number: NDArray[np.float64]) -> Counts:
    """Return the nearest whole numbers, halves up."""
    return np.floor(number + 0.5).astype(np.int64)


def add_shares(shares: Iterable[Share], known: dict[str, Counts], quality: float, rng: np.random.Generator) -> None:
    """Add the count of every share to `known`, in order: what a share is of must be known before it."""
    since = np.array(YEARS) - FIRST_YEAR
    for share in shares:
        base = known[share.of]
        of_county = share.county * (0.75 * quality + 0.5 * float(draw(rng)))
        of_unit = share.unit * draw(rng, len(base), 1)
        of_year = 0.2 * share.unit * draw(rng, *base.shape)
        level = share.start + share.gain * since - share.dip * (since == 1) + of_county + of_unit + of_year
        # what would pass the upper bound turns back below it, so that institutions do not pile up at the bound
        level = np.where(level > share.high, share.high - 0.4 * (level - share.high), level)
        level = np.maximum(level, share.low) * np.array(share.factors)
        count = whole(base * level)
        known[share.item] = np.minimum(count, base) if share.high <= 1.0 else count


def by_unit(county: County, rng: np.random.Generator) -> dict[str, Counts]:
    """Return the counts of every institution, one array an item."""
    weights = 1.0 + 0.32 * draw(rng, county.units, 1)
    weights = np.maximum(weights, 0.35) / np.maximum(weights, 0.35).sum()
    trend = np.cumprod(1.0 + county.growth + 0.002 * draw(rng, len(YEARS)))
    residents = whole(county.residents * weights * trend * (1.0 + 0.003 * draw(rng, county.units, len(YEARS))))
    known = {"residents": residents}
    ageing = county.elderly + 0.006 * (np.array(YEARS) - FIRST_YEAR) + 0.012 * draw(rng, county.units, 1)
    known["residents_65_over"] = whole(residents * ageing)
    poor = whole(residents[:, :1] * county.poor * (1.0 + 0.2 * draw(rng, county.units, 1)))
    known["registered_poor_residents"] = np.repeat(poor, len(YEARS), axis=1)
    known["residents_lifted_from_poverty"] = whole(known["registered_poor_residents"] * 0.99)
    add_shares(DEMOGRAPHY, known, county.quality, rng)
    villages = np.maximum(known.pop("villages")[:, :1], 4)
    known["villages"] = np.repeat(villages, len(YEARS), axis=1)
    known["bulletin_boards_due"] = 2 + known["villages"]
    known["bulletin_board_updates_due"] = 6 * known["bulletin_boards_due"]
    known["lectures_due"] = 12 + 6 * known["villages"]
    add_shares(BY_UNIT, known, county.quality, rng)
    known.pop("villages")
    known["residents_female"] = known["residents"] - known["residents_male"]
    known["infectious_cases_reported_class_c"] = (
        known["infectious_cases_reported"] - known["infectious_cases_reported_class_ab"]
    )
    _add_small_numbers(known, county, rng)
    return known


def _add_small_numbers(known: dict[str, Counts], county: County, rng: np.random.Generator) -> None:
    """Add what institutions have only a few of."""
    shape = known["residents"].shape

    def about(middle: float, spread: float, low: int) -> Counts:
        level = middle + spread * (0.4 * county.quality + draw(rng, shape[0], 1) + 0.4 * draw(rng, *shape))
        return np.maximum(whole(level), low)

    known["printed_material_kinds"] = about(14.0, 1.6, 8)
    known["av_material_kinds"] = about(7.2, 1.0, 4)
    known["consultations_due"] = np.full(shape, 9, dtype=np.int64)
    known["consultations_held"] = about(9.4, 1.0, 4)
    known["consultations_held"][:, 1] = np.maximum(known["consultations_held"][:, 1] - 3, 3)
    known["institution_poverty_beds"] = about(2.6, 0.8, 0)
    known["maternal_deaths"] = (rng.random(shape) < known["live_births"] * 0.00012).astype(np.int64)
    known["emergency_reports"] = whole(1.4 * rng.random(shape) * known["residents"] / known["residents"].mean())
    late = (rng.random(shape) < 0.06) & (known["emergency_reports"] > 0)
    known["emergency_reports_timely"] = known["emergency_reports"] - late
    for item in ("tb_notified", "tb_managed", "tb_treatment_completed"):
        known[item] = np.maximum(known[item], 1)


def by_county(
    county: County, units: dict[str, Counts], per_head: tuple[int, ...], rng: np.random.Generator
) -> dict[str, Counts]:
    """Return the counts that exist for the county as a whole; `per_head` are the yuan a resident, one a year."""
    known = {item: units[item].sum(axis=0, keepdims=True) for item in ("residents", "registered_poor_residents")}
    add_shares(BY_COUNTY, known, county.quality, rng)
    paid = sum(known[f"inpatient_{payer}_paid"] for payer in PAYERS)
    known["inpatient_personal_burden"] = known["inpatient_cost"] - paid
    known["inpatient_outside_policy_payment"] = whole(known["inpatient_personal_burden"] * 0.41)
    known["inpatient_within_policy_payment"] = (
        known["inpatient_personal_burden"] - known["inpatient_outside_policy_payment"]
    )
    kinds = [25, 30] + [30] * (len(YEARS) - 2)
    known["special_treatment_kinds"] = np.array([kinds], dtype=np.int64)
    due = known["residents"] * np.array(per_head)
    known["funds_received"] = whole(due * (0.985 + 0.012 * county.quality + 0.004 * draw(rng, 1, len(YEARS))))
    known["funds_spent"] = whole(known["funds_received"] * (0.93 + 0.02 * draw(rng, 1, len(YEARS))))
    return {item: counts for item, counts in known.items() if item not in units}


PAYERS = ("basic_insurance", "catastrophic_insurance", "supplementary_insurance", "medical_assistance")
