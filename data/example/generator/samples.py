"""Records drawn on site after the year: how many were genuine, and how many of those were made by the rules."""

from __future__ import annotations

import numpy as np

from generator.defects import ANNUAL, SILENT, Facts
from generator.documents import ADJUSTMENTS, NOW
from generator.package import formulas
from generator.places import COUNTIES, MERGED_COUNTY, MERGED_INTO, MERGED_UNITS, County, unit_codes

Row = tuple[object, ...]

STREAM = 91
"""Sets the random stream of the samples apart from those of the facts: one can change without the other."""

INDICATORS = {
    "elderly_health_management_rate": (20, 0.95, 0.90, "体检记录中联系不上本人的", "现场核查并电话回访"),
    "hypertension_standardised_management_rate": (30, 0.96, 0.88, "随访时间与本人所述不符的", "现场核查并电话回访"),
    "diabetes_standardised_management_rate": (20, 0.95, 0.85, "没有空腹血糖检测原始记录的", "现场核查"),
    "fulfilment_rate": (15, 0.93, 0.92, "本人表示未接受签约服务的", "电话回访"),
}
"""Records drawn at an institution, usual share of genuine and of conforming ones, what was wrong, how it was seen."""

DRAWN = 3
"""Institutions drawn in a county."""

WHOLE_COUNTY, CALLED = "990112", 60
"""This county was telephoned as a whole, without regard to institutions: that many records an indicator."""

POOR = ("990106", "hypertension_standardised_management_rate", 0.55)
"""One institution of this county made up nearly half of what it reported."""

UNCHECKED = ("990110", "fulfilment_rate", "电话均未接通，未核查到档案")
"""Nobody was reached at the first institution drawn in this county."""


def samples(facts: Facts, seed: int) -> list[Row]:
    """Return the rows of samples.csv: for each county and indicator the institutions drawn, or the county."""
    rows: list[Row] = []
    for county in COUNTIES:
        rng = np.random.Generator(np.random.PCG64([seed, int(county.area), STREAM]))
        drawn = [""] if county.area == WHOLE_COUNTY else _drawn(county, rng)
        for indicator in INDICATORS:
            for at, unit in enumerate(drawn):
                rows.append(_row(county, unit, indicator, at, facts, rng))
    return rows


def _drawn(county: County, rng: np.random.Generator) -> list[str]:
    """Return institutions that reported and were not adjusted otherwise: that would correct their figures twice."""
    corrected = {entry.unit for entry in ADJUSTMENTS if entry.area == county.area}
    out = {SILENT[2]} if SILENT[1] == county.area else set()
    codes = unit_codes(county)
    if county.area == MERGED_COUNTY:
        codes = [*(code for code in codes if code not in MERGED_UNITS), MERGED_INTO]
    known = [code for code in codes if code not in corrected | out]
    return sorted(known[place] for place in rng.permutation(len(known))[:DRAWN])


def _row(county: County, unit: str, indicator: str, at: int, facts: Facts, rng: np.random.Generator) -> Row:
    n, true, conforming, found, how = INDICATORS[indicator]
    n = n if unit else CALLED
    if unit:
        (item,) = formulas()[indicator].numerator
        n = min(n, int(facts[NOW, county.area, unit, item, ANNUAL]))
    if (county.area, indicator) == POOR[:2] and at == 0:
        true = POOR[2]
    genuine = int(rng.binomial(n, true))
    right = int(rng.binomial(genuine, conforming))
    source = f"{county.name_zh}2024年度绩效评价{how}记录（虚构）"
    if (county.area, indicator) == UNCHECKED[:2] and at == 0:
        return (NOW, county.area, unit, indicator, 0, 0, "", source, UNCHECKED[2])
    note = f"{found}{n - genuine}份" if genuine < n else ""
    return (NOW, county.area, unit, indicator, n, genuine, right, source, note)
