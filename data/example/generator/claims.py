"""What the counties' reports claim for the last year: most of it right, some of it wrong on purpose."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from generator.counties import County
from generator.defects import Facts
from generator.documents import target_of
from generator.package import Formula, formulas
from generator.places import COUNTIES, LAST_YEAR

Row = tuple[object, ...]
NOW, BEFORE = str(LAST_YEAR), str(LAST_YEAR - 1)

LEVELS = (
    "health_record_coverage",
    "child_health_management_rate",
    "newborn_visit_rate",
    "maternal_systematic_management_rate",
    "elderly_health_management_rate",
    "hypertension_standardised_management_rate",
    "diabetes_standardised_management_rate",
    "smd_standardised_management_rate",
    "nip_coverage",
    "infectious_disease_report_rate",
    "contract_coverage",
    "fulfilment_rate",
)
CHANGES = {
    "elderly_health_management_rate": "change_pp",
    "hypertension_standardised_management_rate": "change_pp",
    "contract_coverage": "change_pp",
    "managed_hypertension_count": "change_percent",
    "managed_diabetes_count": "change_percent",
}
ATTAINED = ("elderly_health_management_rate", "child_health_management_rate", "under_3_systematic_management_rate")


def printed(value: Fraction, digits: int = 2) -> str:
    """Return a number rounded half up, as a report prints it."""
    scaled = math.floor(abs(value) * 10**digits + Fraction(1, 2))
    sign = "-" if value < 0 and scaled else ""
    whole, rest = divmod(scaled, 10**digits)
    return f"{sign}{whole}" + (f".{rest:0{digits}d}" if digits else "")


def claims(facts: Facts) -> list[Row]:
    """Return what the counties' reports claim for the last year; `_wrong` says which claims are wrong and how."""
    rows: list[Row] = []
    catalogue = formulas()
    for place in COUNTIES:
        county = County(place.area, facts)
        for at, row in enumerate(_claims(county, catalogue), start=1):
            indicator, measure, numerator, denominator, reported, bound = _wrong(county, catalogue, row)
            text = _sentence(catalogue[indicator].name_zh, measure, reported, bound)
            source = f"{NOW}年度工作总结第{at}段"
            places = (NOW, place.area, "", indicator, measure)
            rows.append((*places, numerator, denominator, reported, bound, source, text))
    return rows


Claim = tuple[str, str, object, object, str, str]
"""indicator, measure, numerator, denominator, reported, bound"""


def _claims(county: County, catalogue: dict[str, Formula]) -> Iterator[Claim]:
    for indicator in LEVELS:
        pair = county.fraction(catalogue[indicator], NOW)
        if pair:
            yield indicator, "level", *pair, printed(Fraction(*pair) * 100), ""
    for indicator, measure in CHANGES.items():
        now, before = (county.value(catalogue[indicator], year) for year in (NOW, BEFORE))
        if now is not None and before is not None:
            change = now - before if measure == "change_pp" else (now / before - 1) * 100
            yield indicator, measure, "", "", printed(change), ""
    for indicator in ATTAINED:
        now = county.value(catalogue[indicator], NOW)
        if now is not None:
            yield indicator, "attainment", "", "", printed(now / target_of(indicator) * 100), ""
    if county.area == "990108":
        # 98.56% of so few tasks is no whole number of tasks
        due = county.count("endemic_tasks_due", NOW)
        yield "endemic_task_completion_rate", "level", "", due or "", "98.56", ""


def _wrong(county: County, catalogue: dict[str, Formula], claim: Claim) -> Claim:
    """Return a claim as the county printed it: most are right, some are bounds, some are wrong."""
    indicator, measure, numerator, denominator, reported, bound = claim
    formula = catalogue[indicator]

    def change(since: str) -> str:
        now, before = county.value(formula, NOW), county.value(formula, since)
        assert now is not None and before is not None
        return printed(now - before)

    match county.area, indicator, measure:
        case "990102", "nip_coverage", "level":
            return indicator, measure, "", "", "95", ">="
        case "990109", "contract_coverage", "level":
            return indicator, measure, "", "", printed(Fraction(reported), 0), "about"
        case "990111", "nip_coverage", "level":
            return indicator, measure, "", "", "99.5", ">="
        case "990103", "health_record_coverage", "level":
            return indicator, measure, numerator, denominator, printed(Fraction(reported) + Fraction("1.93")), bound
        case "990105", "fulfilment_rate", "level":
            more = int(str(numerator)) + 5200
            return indicator, measure, more, denominator, printed(Fraction(more, int(str(denominator))) * 100), bound
        case "990107", "infectious_disease_report_rate", "level":
            return indicator, measure, numerator, denominator, "89" + reported[2:], bound
        case "990112", "elderly_health_management_rate", "level":
            managed = county.count("elderly_managed", NOW)
            assert managed is not None
            value = Fraction(int(str(numerator)), managed) * 100
            return indicator, measure, numerator, managed, printed(value), bound
        case ("990103", "elderly_health_management_rate", "change_pp") | (
            "990110",
            "hypertension_standardised_management_rate",
            "change_pp",
        ):
            return indicator, "change_percent", numerator, denominator, change(BEFORE), bound
        case "990104", "contract_coverage", "change_pp":
            return indicator, measure, numerator, denominator, change(str(LAST_YEAR - 2)), bound
        case "990109", "child_health_management_rate", "attainment":
            return indicator, measure, numerator, denominator, printed(Fraction(reported) + Fraction("1.6")), bound
    return claim


def _sentence(name: str, measure: str, reported: str, bound: str) -> str:
    """Return a claim as a sentence of a Chinese report."""
    size = reported.removeprefix("-")
    moved = "下降" if reported.startswith("-") else "增长" if name.endswith("人数") else "提高"
    if measure == "change_pp":
        return f"{name}较上年{moved}{size}个百分点。"
    if measure == "change_percent":
        return f"{name}较上年{moved}{size}%。"
    if measure == "attainment":
        return f"{name}完成目标任务的{reported}%。"
    return f"{name}{'约' if bound == 'about' else '达'}{reported}%{'以上' if bound == '>=' else ''}。"
