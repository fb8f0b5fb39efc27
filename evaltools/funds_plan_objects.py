"""What a plan of funds states, as `funds_plan` reads it: which money of which period goes to whom, by which rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from evaltools.fund_coefficients import Coefficient
from evaltools.fund_objects import Rules


@dataclass(frozen=True)
class Item:
    """An item of the work: its budget, and the item of the catalogue that counts the work."""

    id: str
    name_zh: str
    name_en: str
    budget: Decimal
    workload: str


@dataclass(frozen=True)
class Plan:
    """One plan: which money of which period goes to whom, by which rule.

    objects: `area` (the counties) or `unit` (the units of `area`). method: `formula` uses population to coefficient,
    `workload` items to village_percent. population_year: `same`, `previous` or a year. shares_of, floors, caps,
    prepaid and quality are by the code of the object; prepaid by level of government (``""`` for all together).
    """

    id: str
    name_zh: str
    name_en: str
    source: str
    mark: str
    period: str
    objects: str
    area: str
    method: str
    rules: Rules
    population: str = ""
    population_year: str = "same"
    parameter: str = ""
    per_head: Decimal | None = None
    coefficient: Coefficient = field(default_factory=Coefficient)
    shares_of: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    floors: Mapping[str, Decimal] = field(default_factory=dict)
    caps: Mapping[str, Decimal] = field(default_factory=dict)
    prepaid: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    quality: Mapping[str, Decimal] = field(default_factory=dict)
    zero: str = "refuse"
    village_percent: Decimal | None = None
