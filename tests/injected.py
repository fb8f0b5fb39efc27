"""A clean random region of counties, and defects put at random cells of it: one kind a county."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from builders import Row, area, fact, indicator, item, unit

YEARS = [str(year) for year in range(2019, 2025)]
UNITS = [f"{n:02d}" for n in range(1, 10)]
PAIRS = {"managed": "elderly", "standardised": "managed", "visited": "births"}
ITEMS = [item(name, family="population") for name in ("residents", "male", "female", "elderly", "births")]
ITEMS += [item(name) for name in ("managed", "standardised", "visited", "done", "due")]
INDICATORS = [indicator(f"{part}_rate", part, whole) for part, whole in PAIRS.items()]
INDICATORS += [
    indicator("managed_count", "managed", kind="count", per="1"),
    indicator("done_rate", "done", "due"),
]
SENTENCES = {"level": "error", "sentence_zh": "{left}、{right}不符", "sentence_en": "{left}, {right}"}
CHECKS = [{"check": "by_sex", "expression": "male + female == residents", **SENTENCES}]
CHECKS += [
    {"check": f"{part}_within", "expression": f"{part} <= {whole}", **SENTENCES} for part, whole in PAIRS.items()
]
TARGETS = [
    {"period": "2024", "area": "*", "indicator": "managed_rate", "target": 60, "kind": "absolute"}
    | {"source": "s", "mark": "general"}
]
SHARES = {"male": 0.51, "elderly": 0.16, "births": 0.04, "managed": 0.7, "standardised": 0.8, "visited": 0.9}

Expected = tuple[set[str], str]
"""The rules of which one must find it, and the cell that the finding must name."""


@dataclass
class Region:
    """Facts and claims of the counties, and what was done to them: kind of defect -> area, rules, cell."""

    rng: np.random.Generator
    facts: list[dict[str, object]] = field(default_factory=list)
    claims: list[dict[str, object]] = field(default_factory=list)
    done: dict[str, tuple[str, set[str], str]] = field(default_factory=dict)

    def county(self, code: str) -> None:
        """Add a county whose numbers all agree, smooth over the years, and claims that they bear out."""
        size = self.rng.integers(6_000, 40_000, len(UNITS))
        share = {name: middle * self.rng.uniform(0.95, 1.05, len(UNITS)) for name, middle in SHARES.items()}
        totals: dict[str, dict[str, int]] = {}
        for year in YEARS:
            total: dict[str, int] = {}
            for at, unit_ in enumerate(UNITS):
                numbers = {"residents": int(size[at] * self.rng.uniform(0.97, 1.03))}
                of = {"male": "residents", "elderly": "residents", "births": "residents", **PAIRS}
                for name, whole in of.items():
                    numbers[name] = int(numbers[whole] * share[name][at] * self.rng.uniform(0.985, 1.015))
                numbers["female"] = numbers["residents"] - numbers["male"]
                for name, value in numbers.items():
                    self.facts.append(dict(fact(year, code, name, value, unit_, origin="annual")))
                    total[name] = total.get(name, 0) + value
            self.facts += [dict(fact(year, code, name, value, origin="annual")) for name, value in total.items()]
            totals[year] = total
        now, before = totals["2024"], totals["2023"]
        for part, whole in PAIRS.items():
            rates = [sums[part] / sums[whole] * 100 for sums in (now, before)]
            self.claim(code, f"{part}_rate", "level", rates[0], numerator=now[part], denominator=now[whole])
            self.claim(code, f"{part}_rate", "change_pp", rates[0] - rates[1])
        self.claim(code, "managed_count", "change_percent", (now["managed"] / before["managed"] - 1) * 100)
        self.claim(code, "managed_rate", "attainment", now["managed"] / now["elderly"] * 100 / 60 * 100)

    def claim(self, code: str, indicator_: str, measure: str, reported: float, **counts: int) -> None:
        text = f"{reported:.2f}"
        row = {"period": "2024", "area": code, "indicator": indicator_, "measure": measure, "reported": text}
        self.claims.append({**row, **counts, "text": f"为{text}%"})

    def pick(self, code: str, names: tuple[str, ...], units: bool = True, years: tuple[str, ...] = ()) -> int:
        """Return the place of a random fact of a county."""
        cells = [
            at
            for at, row in enumerate(self.facts)
            if row["area"] == code and row["item"] in names and bool(row["unit"]) == units
            if not years or row["period"] in years
        ]
        return int(self.rng.choice(cells))

    def of(self, at: int, name: str, period: str = "", unit_: str | None = None) -> int:
        """Return the place of another fact of the same unit (or another) and year (or another)."""
        row = self.facts[at]
        wanted = (period or row["period"], row["area"], row["unit"] if unit_ is None else unit_, name)
        keys = [(f["period"], f["area"], f["unit"], f["item"]) for f in self.facts]
        return keys.index(wanted)

    def claimed(self, code: str, measure: str) -> int:
        """Return the place of a random claim of a county."""
        cells = [at for at, row in enumerate(self.claims) if row["area"] == code and row["measure"] == measure]
        return int(self.rng.choice(cells))

    def value(self, at: int) -> int:
        return int(str(self.facts[at]["value"]))


def cell(at: int) -> str:
    return f"facts.csv row {at + 2}"


def claim_cell(at: int) -> str:
    return f"claims.csv row {at + 2}"


ANY = ("residents", "elderly", "births", "managed", "standardised", "visited")


def digit_too_many(region: Region, code: str) -> Expected:
    at = region.pick(code, ANY)
    region.facts[at]["value"] = f"{region.value(at)}{region.rng.integers(10)}"
    return {"outlier"}, cell(at)


def ten_thousand_times(region: Region, code: str) -> Expected:
    at = region.pick(code, ANY)
    region.facts[at]["value"] = region.value(at) * 10_000
    return {"outlier"}, cell(at)


def digit_lost(region: Region, code: str) -> Expected:
    at = region.pick(code, ANY)
    region.facts[at]["value"] = str(region.value(at))[:-1]
    return {"outlier"}, cell(at)


def swapped(region: Region, code: str) -> Expected:
    at = region.pick(code, tuple(PAIRS))
    other = region.of(at, PAIRS[str(region.facts[at]["item"])])
    region.facts[at]["value"], region.facts[other]["value"] = region.value(other), region.value(at)
    return {"above_100"}, cell(at)


def above_100(region: Region, code: str) -> Expected:
    at = region.pick(code, tuple(PAIRS))
    whole = region.of(at, PAIRS[str(region.facts[at]["item"])])
    region.facts[at]["value"] = region.value(whole) + int(region.rng.integers(1, 5))
    return {"above_100"}, cell(whole)


def total_changed(region: Region, code: str) -> Expected:
    at = region.pick(code, ANY, units=False)
    region.facts[at]["value"] = region.value(at) + int(region.rng.choice([-100, -1, 1, 30]))
    return {"units_total"}, cell(at)


def unit_changed(region: Region, code: str) -> Expected:
    at = region.pick(code, ANY)
    region.facts[at]["value"] = region.value(at) - int(region.rng.integers(1, 9))
    return {"units_total"}, cell(region.of(at, str(region.facts[at]["item"]), unit_=""))


def transposed(region: Region, code: str) -> Expected:
    while True:
        at = region.pick(code, ANY)
        digits = list(str(region.value(at)))
        if digits[-1] != digits[-2]:
            digits[-2:] = digits[:-3:-1]
            region.facts[at]["value"] = "".join(digits)
            return {"units_total"}, cell(region.of(at, str(region.facts[at]["item"]), unit_=""))


def sexes(region: Region, code: str) -> Expected:
    at = region.pick(code, ("male", "female"))
    region.facts[at]["value"] = region.value(at) + int(region.rng.integers(1, 300))
    return {"by_sex"}, cell(at)


def unit_lost(region: Region, code: str) -> Expected:
    at = region.pick(code, ("residents",), years=("2023", "2024"))
    for row in region.facts:
        if all(row[name] == region.facts[at][name] for name in ("period", "area", "unit")):
            row["value"] = ""
    return {"silent_unit"}, f"facts/{code}.csv"


def cell_lost(region: Region, code: str) -> Expected:
    at = region.pick(code, ANY)
    region.facts[at]["value"] = ""
    return {"missing_items"}, cell(at)


def year_copied(region: Region, code: str) -> Expected:
    at = region.pick(code, ("residents",), years=tuple(YEARS[1:]))
    row = region.facts[at]
    for other in region.facts:
        if all(other[name] == row[name] for name in ("period", "area", "unit")):
            before = region.of(at, str(other["item"]), period=str(int(str(row["period"])) - 1))
            other["value"] = region.facts[before]["value"]
    return {"copied_year"}, cell(at)


def unit_copied(region: Region, code: str) -> Expected:
    at = region.pick(code, ("residents",))
    row = region.facts[at]
    source = str(region.rng.choice([name for name in UNITS if name != row["unit"]]))
    for other in region.facts:
        if all(other[name] == row[name] for name in ("period", "area", "unit")):
            other["value"] = region.facts[region.of(at, str(other["item"]), unit_=source)]["value"]
    later = max(str(row["unit"]), source)
    return {"copied_unit"}, cell(region.of(at, "residents", unit_=later))


def other_return(region: Region, code: str) -> Expected:
    at = region.pick(code, ANY)
    region.facts.append({**region.facts[at], "value": region.value(at) + 1, "origin": "monthly"})
    return {"origins_differ"}, cell(at)


def last_digit_of_claim(region: Region, code: str) -> Expected:
    at = region.claimed(code, "level")
    wrong = f"{float(str(region.claims[at]['reported'])) + region.rng.choice([-0.02, 0.02]):.2f}"
    region.claims[at] |= {"reported": wrong, "text": f"为{wrong}%"}
    return {"claim_arithmetic"}, claim_cell(at)


def trailing_zero(region: Region, code: str) -> Expected:
    at = region.claimed(code, "level")
    exact = float(str(region.claims[at]["numerator"])) / float(str(region.claims[at]["denominator"])) * 100
    wrong = f"{round(exact, 1):.2f}"
    if abs(float(wrong) - exact) < 0.006:
        wrong = f"{round(exact, 1) + 0.1:.2f}"
    region.claims[at] |= {"reported": wrong.rstrip("0"), "text": f"为{wrong}%"}
    return {"claim_arithmetic"}, claim_cell(at)


def points_as_percent(region: Region, code: str) -> Expected:
    at = region.claimed(code, "change_pp")
    size = 0.4 + region.rng.random()
    name = str(region.claims[at]["indicator"]).removesuffix("_rate")
    # a change large enough for the two readings to differ in print
    for row in region.facts:
        if row["area"] == code and row["period"] == "2023" and row["item"] == name:
            row["value"] = int(int(str(row["value"])) * (0.85 - size / 100))
    sums = {}
    for row in region.facts:
        if row["area"] == code and not row["unit"]:
            units = [f for f in region.facts if f["area"] == code and f["unit"] and f["period"] == row["period"]]
            row["value"] = sum(int(str(f["value"])) for f in units if f["item"] == row["item"])
            sums[row["period"], row["item"]] = int(row["value"])
    rates = [sums[year, name] / sums[year, PAIRS[name]] * 100 for year in ("2024", "2023")]
    text = f"{rates[0] - rates[1]:.2f}"
    region.claims[at] |= {"measure": "change_percent", "reported": text, "text": f"提高{text}%"}
    if name == "managed":  # the count grew with it
        grown = f"{(sums['2024', 'managed'] / sums['2023', 'managed'] - 1) * 100:.2f}"
        (count,) = (c for c in region.claims if c["area"] == code and c["indicator"] == "managed_count")
        count |= {"reported": grown, "text": f"增长{grown}%"}
    if name in PAIRS.values():  # so did what is divided by it
        for claim in region.claims:
            part = str(claim["indicator"]).removesuffix("_rate")
            if claim["area"] == code and claim["measure"] == "change_pp" and PAIRS.get(part) == name:
                ends = [sums[year, part] / sums[year, name] * 100 for year in ("2024", "2023")]
                claim |= {"reported": f"{ends[0] - ends[1]:.2f}", "text": ""}
    return {"claim_points"}, claim_cell(at)


def claim_above_100(region: Region, code: str) -> Expected:
    at = region.claimed(code, "level")
    wrong = f"{100 + region.rng.integers(1, 999) / 100:.2f}"
    region.claims[at] |= {"reported": wrong, "text": f"为{wrong}%"}
    return {"claim_above_100"}, claim_cell(at)


def wrong_attainment(region: Region, code: str) -> Expected:
    at = region.claimed(code, "attainment")
    wrong = f"{float(str(region.claims[at]['reported'])) + 0.05:.2f}"
    region.claims[at] |= {"reported": wrong, "text": f"完成{wrong}%"}
    return {"claim_attainment"}, claim_cell(at)


def impossible_rate(region: Region, code: str) -> Expected:
    due = int(region.rng.integers(20, 150))
    possible = {f"{n / due * 100:.2f}" for n in range(due + 1)}
    wrong = next(text for text in iter(lambda: f"{region.rng.uniform(60, 99):.2f}", "") if not near(text, possible))
    region.claims.append({"period": "2024", "area": code, "indicator": "done_rate", "measure": "level"})
    region.claims[-1] |= {"denominator": due, "reported": wrong, "text": f"完工率为{wrong}%"}
    return {"claim_impossible"}, claim_cell(len(region.claims) - 1)


def near(text: str, possible: set[str]) -> bool:
    return any(abs(float(text) - float(other)) < 0.015 for other in possible)


def two_claims(region: Region, code: str) -> Expected:
    at = region.claimed(code, "level")
    other = f"{float(str(region.claims[at]['reported'])) - 1:.2f}"
    region.claims.append({**region.claims[at], "numerator": "", "denominator": "", "reported": other, "text": other})
    return {"claims_differ"}, claim_cell(at)


DEFECTS: list[Callable[[Region, str], Expected]] = [
    digit_too_many,
    ten_thousand_times,
    digit_lost,
    swapped,
    above_100,
    total_changed,
    unit_changed,
    transposed,
    sexes,
    unit_lost,
    cell_lost,
    year_copied,
    unit_copied,
    other_return,
    last_digit_of_claim,
    trailing_zero,
    points_as_percent,
    claim_above_100,
    wrong_attainment,
    impossible_rate,
    two_claims,
]
CLEAN = 4
"""Counties without a defect."""
COUNTIES = [f"1101{n:02d}" for n in range(1, len(DEFECTS) + CLEAN + 1)]


def region(seed: int, defects: bool) -> Region:
    """Return a region, clean or with one defect of every kind, each in a county and at a cell chosen by the seed."""
    made = Region(np.random.default_rng(seed))
    for code in COUNTIES:
        made.county(code)
    if defects:
        order = made.rng.permutation(COUNTIES)
        for defect, code in zip(DEFECTS, order, strict=False):
            rules, where = defect(made, str(code))
            made.done[defect.__name__] = (str(code), rules, where)
    return made


def tables(made: Region) -> dict[str, list[Row]]:
    """Return what `builders.dataset` writes."""
    return {
        "areas": [area("110100", level="prefecture"), *(area(code, parent="110100") for code in COUNTIES)],
        "units": [unit(code, name) for code in COUNTIES for name in UNITS],
        "items": ITEMS,
        "indicators": INDICATORS,
        "checks": CHECKS,
        "targets": TARGETS,
        "facts": list(made.facts),
        "claims": list(made.claims),
    }
