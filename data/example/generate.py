"""Write the example dataset: `python data/example/generate.py [--out FOLDER]`. Same seed, same bytes, everywhere.

Every place, name and figure is invented; README.md is the data card.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from generator import claims, documents, months, package, samples
from generator.defects import (
    AFTER_MONTHS,
    ANNUAL,
    BEFORE_MONTHS,
    COUNTY_TOTAL,
    MENTAL,
    MONTHLY,
    NO_TB,
    SILENT,
    TB_ITEMS,
    TWO_RETURNS,
    Facts,
    apply,
)
from generator.figures import Counts, by_county, by_unit
from generator.places import (
    COUNTIES,
    LAST_YEAR,
    MERGED_COUNTY,
    MERGED_IN,
    MERGED_INTO,
    MERGED_UNITS,
    YEARS,
    County,
    areas,
    unit_codes,
    units,
)
from generator.shares import REPORTED

SEED = 2024
NOT_ADDED = ("printed_material_kinds", "av_material_kinds")
"""Kinds of material: the institutions of a county share them, so they are never added up."""
MONTHLY_YEARS = (LAST_YEAR - 1, LAST_YEAR)
HERE = Path(__file__).resolve().parent


def county_facts(county: County, per_head: tuple[int, ...]) -> Facts:
    """Return every fact of a county, what is wrong on purpose included."""
    rng = np.random.Generator(np.random.PCG64([SEED, int(county.area)]))
    of_units = by_unit(county, rng)
    of_county = by_county(county, of_units, per_head, rng)
    facts = _yearly(county, of_units, of_county)
    apply(BEFORE_MONTHS, facts)
    if NO_TB[1] == county.area:
        facts.update({(*NO_TB, item, ANNUAL): 0 for item in TB_ITEMS})
    facts.update(_monthly(county, facts, rng))
    if NO_TB[1] == county.area:
        facts.update({(*NO_TB, item, ANNUAL): "not_applicable" for item in TB_ITEMS})
    facts = {key: value for key, value in facts.items() if key[:3] != SILENT}
    facts.update(_other_returns(county, facts))
    apply(AFTER_MONTHS, facts)
    return facts


def _yearly(county: County, of_units: dict[str, Counts], of_county: dict[str, Counts]) -> Facts:
    """Return the annual returns: institutions, then what only the county reports."""
    facts: Facts = {}
    codes = unit_codes(county)
    for at, year in enumerate(YEARS):
        period = str(year)
        merged = county.area == MERGED_COUNTY and year >= MERGED_IN
        for item, counts in of_units.items():
            if not _reported(item, year):
                continue
            values = {code: int(counts[row, at]) for row, code in enumerate(codes)}
            if merged:
                parts = [values.pop(code) for code in MERGED_UNITS]
                values[MERGED_INTO] = max(parts) if item in NOT_ADDED else sum(parts)
            facts.update({(period, county.area, code, item, ANNUAL): value for code, value in values.items()})
        for item, counts in of_county.items():
            if _reported(item, year):
                facts[period, county.area, "", item, ANNUAL] = int(counts[0, at])
    return facts


def _reported(item: str, year: int) -> bool:
    since, until = REPORTED.get(item, (YEARS[0], YEARS[-1]))
    return since <= year <= until


def total(facts: Facts, period: str, area: str, item: str) -> int:
    """Return what the institutions of a county reported, added up."""
    return sum(
        int(value)
        for (p, a, unit, i, origin), value in facts.items()
        if (p, a, i, origin) == (period, area, item, ANNUAL) and unit and not isinstance(value, str)
    )


def _monthly(county: County, facts: Facts, rng: np.random.Generator) -> Facts:
    """Return the county's monthly returns of the last years."""
    rows: Facts = {}
    items = (*months.STOCKS, *months.FLOWS)
    wanted = [str(year) for year in (MONTHLY_YEARS[0] - 1, *MONTHLY_YEARS)]
    sums = {(period, item): 0 for period in wanted for item in items}
    for (period, _, unit, item, _), value in facts.items():
        if unit and (period, item) in sums:
            sums[period, item] += int(value)
    years = {item: np.array([[sums[period, item] for period in wanted]], dtype=np.int64) for item in items}
    for at, year in enumerate(MONTHLY_YEARS, start=1):
        of_months = months.by_month(years, at, rng)
        for item, counts in of_months.items():
            for month, count in zip(months.MONTHS, counts, strict=True):
                rows[f"{year}-{month}", county.area, "", item, MONTHLY] = int(count)
    return rows


def _other_returns(county: County, facts: Facts) -> Facts:
    """Return what the county or another system reports of figures that the institutions report too."""
    rows: Facts = {}
    period, area, unit, item, difference = TWO_RETURNS
    for key, value in facts.items():
        if key[0] == period and key[2] and key[3] == item:
            shift = difference if key[1:3] == (area, unit) else 0
            rows[(*key[:4], MENTAL)] = int(value) + shift
    period, area, item, difference = COUNTY_TOTAL
    if area == county.area:
        rows[period, area, "", item, ANNUAL] = total(facts, period, area, item) + difference
    return rows


def _rows(facts: Facts) -> Iterable[tuple[object, ...]]:
    for key in sorted(facts, key=lambda key: (len(key[0]), *key)):
        value = facts[key]
        missing = isinstance(value, str)
        yield (*key[:4], "" if missing else value, value if missing else "", key[4])


def write(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a CSV file: UTF-8, line feeds on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Write every file of the dataset into the folder asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into (default: beside this file)")
    out: Path = parser.parse_args().out
    per_head = package.per_head()
    everything: Facts = {}
    for county in COUNTIES:
        facts = county_facts(county, per_head)
        write(out / "facts" / f"{county.area}.csv", package.COLUMNS["facts"], _rows(facts))
        everything.update(facts)
    tables: dict[str, Iterable[Iterable[object]]] = {
        "areas": areas(),
        "units": units(),
        "claims": claims.claims(everything),
        "targets": documents.targets(everything),
        "adjustments": documents.adjustments(everything),
        "breaks": documents.breaks(),
        "samples": samples.samples(everything, SEED),
    }
    for name, rows in tables.items():
        write(out / f"{name}.csv", package.COLUMNS[name], rows)
    package.write_description(out / "datapackage.json", everything)


if __name__ == "__main__":
    main()
