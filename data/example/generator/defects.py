"""What real returns hold and a check should find, put into the figures on purpose. README.md lists every one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ANNUAL, MONTHLY, MENTAL = "annual_return", "monthly_return", "mental_health_system"
ORIGINS = (ANNUAL, MONTHLY, MENTAL)
"""Returns and systems, the most trusted first."""

Key = tuple[str, str, str, str, str]
"""period, area, unit, item, origin"""
Facts = dict[Key, int | str]
"""A value, or the state of a value that is not there."""


@dataclass(frozen=True)
class Change:
    """One figure that is replaced: by what, computed from the place's other figures of that period."""

    period: str
    area: str
    unit: str
    item: str
    value: Callable[[Callable[[str], int]], int | str]


BEFORE_MONTHS = (
    # above 100%
    Change("2024", "990103", "04", "health_records_established", lambda of: of("residents") * 1011 // 1000),
    Change("2023", "990108", "02", "dtp3_vaccinated", lambda of: of("dtp3_due") * 1064 // 1000),
)
"""Changes that the county's monthly returns share."""

NO_TB = ("2024", "990110", "05")
"""A year and a township without any tuberculosis patient."""
TB_ITEMS = ("tb_notified", "tb_managed", "tb_treatment_completed", "tb_regularly_medicated", "contracted_tb_patients")

SILENT = ("2024", "990107", "09")
"""A township that sent no annual return."""

AFTER_MONTHS = (
    # parts that do not sum to their total
    Change("2024", "990105", "07", "residents_male", lambda of: of("residents_male") + 300),
    Change(
        "2024",
        "990109",
        "",
        "inpatient_medical_assistance_paid",
        lambda of: of("inpatient_medical_assistance_paid") // 10,
    ),
    # a digit too many
    Change("2024", "990112", "08", "printed_material_copies", lambda of: of("printed_material_copies") * 10),
    # a year that its months do not add up to
    Change("2023-09", "990106", "", "patrols_done", lambda of: of("patrols_done") + 100),
    # one figure left blank
    Change("2024", "990111", "02", "smd_regularly_medicated", lambda of: "missing"),
)

COUNTY_TOTAL = ("2024", "990102", "paid_contracted_residents", 1000)
"""A total that the county reports beside its institutions' figures, and by how much it is above their sum."""

TWO_RETURNS = ("2024", "990106", "03", "smd_registered", -13)
"""A denominator that the mental-health system counts differently, and by how much."""


def apply(changes: tuple[Change, ...], facts: Facts) -> None:
    """Replace the figures that `changes` name, where they are of an area in `facts`."""
    for change in changes:
        origin = MONTHLY if "-" in change.period else ANNUAL
        key = (change.period, change.area, change.unit, change.item, origin)
        if key in facts:

            def figure(item: str, key: Key = key) -> int:
                return int(facts[(*key[:3], item, key[4])])

            facts[key] = change.value(figure)
