"""The monthly returns of a county: the figures of a year spread over its months, adding up to the year exactly."""

from __future__ import annotations

import numpy as np

from generator.figures import Counts, draw

MONTHS = tuple(f"{month:02d}" for month in range(1, 13))

STOCKS = (
    "residents",
    "residents_65_over",
    "health_records_established",
    "electronic_records",
    "hypertension_patients",
    "managed_hypertension_patients",
    "diabetes_patients",
    "managed_diabetes_patients",
    "smd_registered",
    "smd_managed",
    "smd_at_home",
    "smd_at_home_managed",
    "contracted_residents",
    "key_group_residents",
    "contracted_key_group_residents",
    "supervised_sites",
)
"""Items of which the last month of a year is the year's figure."""

FLOWS: dict[str, str] = {
    "live_births": "",
    "mothers_delivered": "live_births",
    "newborns_visited": "live_births",
    "mothers_with_record": "mothers_delivered",
    "mothers_registered_early": "mothers_with_record",
    "mothers_systematic": "mothers_registered_early",
    "mothers_antenatal_examined": "mothers_delivered",
    "mothers_postnatal_visited": "mothers_delivered",
    "vaccination_certificates_due": "",
    "vaccination_certificates": "vaccination_certificates_due",
    **{
        item: of
        for vaccine in ("bcg", "hepb3", "polio3", "dtp3", "mmr1", "je1")
        for item, of in ((f"{vaccine}_due", ""), (f"{vaccine}_vaccinated", f"{vaccine}_due"))
    },
    "elderly_managed": "",
    "elderly_standardised_managed": "elderly_managed",
    "elderly_chinese_medicine": "",
    "tb_notified": "",
    "tb_managed": "tb_notified",
    "infectious_cases_registered": "",
    "infectious_cases_reported": "infectious_cases_registered",
    "infectious_cases_reported_timely": "infectious_cases_reported",
    "supervision_events_found": "",
    "supervision_events_reported": "supervision_events_found",
    "patrols_done": "",
}
"""Items whose months add up to the year, each with the item it can never exceed in a month."""

_SEASON = {
    "elderly_managed": (2, 2, 6, 10, 13, 14, 12, 10, 10, 9, 7, 5),
    "elderly_chinese_medicine": (2, 2, 6, 10, 13, 14, 12, 10, 10, 9, 7, 5),
    "infectious_cases_registered": (14, 9, 9, 8, 8, 7, 6, 5, 7, 8, 9, 10),
}
_EVEN = (8, 7, 8, 8, 9, 8, 9, 9, 8, 9, 8, 9)


def by_month(years: dict[str, Counts], at: int, rng: np.random.Generator) -> dict[str, Counts]:
    """Return the twelve months of one year (column `at` of the yearly figures of the whole county)."""
    # how far the year's change has come by the end of each month; the same for all stocks, so parts stay within wholes
    steps = 1.0 + 0.25 * draw(rng, 12)
    come = np.cumsum(steps) / steps.sum()
    come[-1] = 1.0
    months: dict[str, Counts] = {}
    for item in STOCKS:
        before, after = (int(years[item][0, column]) for column in (at - 1, at))
        months[item] = np.floor(before + (after - before) * come + 0.5).astype(np.int64)
    for item, of in FLOWS.items():
        total = int(years[item][0, at])
        weights = np.array(_SEASON.get(item, _EVEN), dtype=float) * (1.0 + 0.06 * draw(rng, 12))
        ceiling = months[of] if of else None
        months[item] = spread(total, weights if ceiling is None else ceiling.astype(float), ceiling)
    return months


def spread(total: int, weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]], ceiling: Counts | None) -> Counts:
    """Return whole numbers that add up to `total`, as near to the weights as can be, none above its ceiling."""
    exact = total * weights / max(float(weights.sum()), 1.0)
    months = np.floor(exact).astype(np.int64)
    order = sorted(range(len(months)), key=lambda month: (months[month] - exact[month], month))
    left = total - int(months.sum())
    while left > 0:
        for month in order:
            if left > 0 and (ceiling is None or months[month] < ceiling[month]):
                months[month] += 1
                left -= 1
    return months
