"""The calculation against a second one in plain Python (plain.py), row by row, on random data; what must not matter."""

from __future__ import annotations

import inspect
import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from plain import APART, EMPTY, MOVED, NOTHING, Plain, Span, Tables, span

import evaltools as ev
from evaltools.standards import Grade, Line, Rounding, Section, Standard

pytestmark = pytest.mark.slow

# Random data -----------------------------------------------------------------------------------------------------

ITEMS = [
    item("a"), item("b"), item("c", over_time="last"), item("d", over_units="none", over_time="mean"),
    item("e", over_time="none"), item("m", measure="yuan"),
]  # fmt: skip
INDICATORS = [
    indicator("share", "a", "b"),
    indicator("rate", "a", "prior(b)", kind="rate", per="1000"),
    indicator("fund", "parameter(head) * b - 2 * a + m", kind="amount", per="1"),
    indicator("cost", "m", "c", kind="mean", per="1", direction="down"),
    indicator("stock", "c", kind="count", per="1"),
    indicator("mean", "d", "b", kind="ratio", per="1"),
    indicator("exam", "e", "b", kind="ratio", per="100"),
    indicator("new", "a", "b + c", valid_to="2022"),
    indicator("new", "a + 0.1 * m", "b + c", kind="ratio", valid_from="2022"),
    indicator("meeting", "share >= 50", kind="units_meeting"),
    indicator("cheap", "cost <= parameter(bar)", kind="units_meeting"),
    indicator("low", "share", kind="worst_unit"),
    indicator("high", "cost", kind="worst_unit", per="1"),
    indicator("least", "stock", kind="worst_unit", per="1"),
]
PARAMETERS = [
    {"parameter": "head", "valid_from": "", "valid_to": "2021", "area": "*", "value": 1.1},
    {"parameter": "head", "valid_from": "2022", "valid_to": "", "area": "*", "value": 3},
    {"parameter": "head", "valid_from": "2022", "valid_to": "2022", "area": "2", "value": 0.3},
    {"parameter": "head", "valid_from": "2023", "valid_to": "", "area": "1", "value": 4},
    {"parameter": "bar", "valid_from": "2022", "valid_to": "", "area": "*", "value": 0.7},
]
PARAMETERS = [{**row, "source": "a test", "mark": "general"} for row in PARAMETERS]
ORIGINS = ["annual", "system"]
LONGER = {
    "year": ["{y}", "{y}-01/{y}-12"], "half": ["{y}-H1", "{y}-H2", "{y}-01/{y}-06"],
    "quarter": ["{y}-Q1", "{y}-Q2", "{y}-Q3", "{y}-Q4"],
    "month": [f"{{y}}-{m:02d}" for m in range(1, 13)],
    "2021-01/2021-09": ["{y}-01/{y}-09"], "2020-12/2021-11": ["{x}-12/{y}-11"], "2020-01/2021-12": ["{x}-01/{y}-12"],
}  # fmt: skip


def lifetimes(rng: random.Random, codes: list[str]) -> dict[str, dict[str, str]]:
    """Who becomes whom: nobody, two into a new one, one into another that stays, or a chain of both."""
    plain = {code: {"valid_from": "", "valid_to": "", "successor": ""} for code in codes}
    if len(codes) < 3 or rng.random() < 0.3:
        return plain
    one, two, three, *rest = codes
    year = rng.choice([2020, 2021, 2022])
    plain[one] |= {"valid_to": str(year), "successor": three}
    if rng.random() < 0.6:
        plain[three]["valid_from"] = str(year + 1)
    if rng.random() < 0.7:
        plain[two] |= {"valid_to": str(year + rng.choice([0, 0, -1, 1])), "successor": three}
    if rest and rng.random() < 0.6:
        plain[three] |= {"valid_to": str(year + 1), "successor": rest[0]}
        plain[rest[0]]["valid_from"] = str(year + 2) if rng.random() < 0.8 else ""
    return plain


def world(rng: random.Random) -> tuple[Tables, str]:
    """A random dataset that may be anything the data model allows, and a frequency."""
    codes = [str(n) for n in range(1, rng.choice([2, 4, 5]))]
    areas = [area("9")] if rng.random() < 0.8 else []
    areas += [area(c, parent="9" if areas else "", **life) for c, life in lifetimes(rng, codes).items()]
    areas = [{"valid_from": "", "valid_to": "", "successor": "", **row} for row in areas]
    units = []
    for code in codes:
        names = [f"{n:02d}" for n in range(1, rng.choice([1, 2, 3, 5]))]
        units += [unit(code, name, **life) for name, life in lifetimes(rng, names).items()]
        if names and rng.random() < 0.3:
            units += [unit(code, f"{names[0]}{letter}", parent=names[0]) for letter in "xy"]
    every = rng.choice(["year"] * 4 + list(LONGER))
    shorter = rng.choice([["month"], ["quarter"], ["half"], ["month", "half"]])
    finest = "year" if rng.random() < 0.5 else rng.choice(shorter)
    names = [*rng.sample("abcdem", rng.choice([2, 4, 6])), "a", "b"]
    facts = []
    for code, name in [(row["area"], "") for row in areas] + [(row["area"], row["unit"]) for row in units]:
        level = 0.25 if not name and any(u["area"] == code for u in units) else 0.95
        level = 0.1 if code == "9" else level
        for frequency in {every, finest} if rng.random() < 0.5 else {rng.choice([every, finest])}:
            if rng.random() > level + 0.1:
                continue
            density = rng.choice([1.0, 0.97, 0.9])
            for year in range(2020, 2024):
                for form in LONGER[frequency]:
                    period = form.format(y=year, x=year - 1)
                    for one in set(names):
                        facts += observed(rng, period, code, name, one, density)
    facts += [fact("unknown", "1", "a", 5)] * (rng.random() < 0.2)
    rng.shuffle(facts)
    kept = {(span(r["period"]) if r["period"] != "unknown" else 0, r["area"], r["unit"], r["item"], r["origin"]): r
            for r in [{"origin": "", **row} for row in facts]}  # fmt: skip
    parameters = [row for row in PARAMETERS if row["area"] in ("*", *codes)]
    tables = {"areas": areas, "units": units, "items": ITEMS, "indicators": INDICATORS, "parameters": parameters}
    tables["adjustments"] = ledger(rng, list(kept.values()))
    return {**tables, "facts": list(kept.values()) or [fact("2021", "1", "a", 1, origin="")]}, every


def ledger(rng: random.Random, facts: list[dict]) -> list[dict]:
    """Adjustments of a few numbers that only one return gives, in no particular order."""
    counts = Counter((row["period"], row["area"], row["unit"], row["item"]) for row in facts)
    alone = [row for row in facts if row["value"] != "" and row["origin"] == "annual"]
    alone = [row for row in alone if counts[row["period"], row["area"], row["unit"], row["item"]] == 1]
    rows = []
    for row in rng.sample(alone, min(len(alone), 4)):
        value = row["value"]
        for stage in rng.sample(["verified", "appeal", "correction"], rng.randint(1, 3)):
            change = {name: row[name] for name in ("period", "area", "unit", "item")}
            rows.append({**change, "from": value, "to": value, "stage": stage, "reason": "r"})
        value = row["value"]
        for change in sorted(rows, key=lambda one: ["verified", "appeal", "correction"].index(one["stage"])):
            if all(change[name] == row[name] for name in ("period", "area", "unit", "item")):
                change["from"], value = value, value + 1
                change["to"] = value
    return rng.sample(rows, len(rows))


def observed(rng: random.Random, period: str, code: str, name: str, one: str, density: float) -> list[dict]:
    """What one place says about one item in one period: usually one number, in one return."""
    if rng.random() > density:
        return [] if rng.random() < 0.5 else [fact(period, code, one, "", name, origin="annual")]
    if rng.random() < 0.04:
        return [fact(period, code, one, "", name, state="not_applicable", origin=rng.choice(["annual", "other"]))]
    value = rng.choice([0.1, 0.2, 0.3, 0.7, 1.15, 2.3]) if one == "m" else rng.choice([0, 1, 2, 3, 5, 8, 40])
    rows = [fact(period, code, one, value, name, origin="annual")]
    if rng.random() < 0.05:
        rows += [fact(period, code, one, value + 1, name, origin=origin) for origin in ("system", "zz", "aa")]
        rows = rng.sample(rows, 2)
    return rows


WORLDS = st.integers(0, 10**9).map(random.Random)
"""Seeds: a smaller one is no smaller world, so there is nothing to shrink."""


def tried(times: int) -> settings:
    return settings(max_examples=times, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


@pytest.fixture(scope="module", autouse=True)
def no_national_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is computed here is defined here."""
    home = tmp_path_factory.mktemp("home")
    (home / "data" / "catalogue").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALTOOLS_HOME", str(home))
        yield


def computed(tables: Tables, every: str, **load: str) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        return ev.indicators(ev.load(str(dataset(Path(folder), {"origins": ORIGINS}, **tables)), **load), every=every)


def close(ours: float, theirs: Fraction | None) -> bool:
    if theirs is None:
        return bool(np.isnan(ours))
    return bool(np.isclose(ours, float(theirs), rtol=1e-12, atol=0))


@tried(40)
@given(WORLDS)
def test_every_row_is_what_the_rules_say(rng: random.Random) -> None:
    tables, every = world(rng)
    stage = rng.choice(["reported", "verified", "final"])
    ind = computed(tables, every, stage=stage)
    expected = dict(Plain(tables, ORIGINS, stage).rows(every))
    ours = {(span(r.period), r.area, r.unit, r.indicator, r.definition): r for r in ind.itertuples()}
    assert len(ours) == len(ind)
    assert ours.keys() == expected.keys(), sorted(ours.keys() ^ expected.keys())[:5]
    for key, figures in expected.items():
        row = ours[key]
        for name in ("numerator", "denominator", "value"):
            assert close(getattr(row, name), figures[name]), (row, figures)
        assert row.reason == figures["reason"], (row, figures)


# What must not matter ---------------------------------------------------------------------------------------------


def assert_same(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(ours.reset_index(drop=True), theirs.reset_index(drop=True))


@tried(4)
@given(WORLDS)
def test_the_order_of_rows_changes_nothing(rng: random.Random) -> None:
    tables, every = world(rng)
    # rows of one definition stay in order: the catalogue's order is the order of the result
    other = {name: rng.sample(rows, len(rows)) for name, rows in tables.items() if name != "indicators"}
    assert_same(computed({**tables, **other}, every), computed(tables, every))


@tried(4)
@given(WORLDS)
def test_an_unrelated_area_changes_nothing(rng: random.Random) -> None:
    tables, every = world(rng)
    periods = {span(row["period"]): row["period"] for row in tables["facts"] if row["period"] != "unknown"}.values()
    stranger = [fact(period, "8", name, 7, origin="") for period in periods for name in "ab"]
    ours = computed(tables, every)
    both = computed({**tables, "areas": [*tables["areas"], area("8")], "facts": [*tables["facts"], *stranger]}, every)
    assert_same(both[both["area"] != "8"], ours)


@tried(4)
@given(WORLDS)
def test_an_area_alone_is_what_it_is_among_the_others(rng: random.Random) -> None:
    tables, every = world(rng)
    code = rng.choice([row["area"] for row in tables["areas"]])
    alone, whole = computed(tables, every, area=code), computed(tables, every)
    inside = whole[whole["area"].isin(alone["area"].unique())]
    known = pd.MultiIndex.from_frame(alone[KEY])
    assert_same(alone, inside[pd.MultiIndex.from_frame(inside[KEY]).isin(known)])
    # of a period in which only others reported there are rows in the whole, and nothing in them
    assert inside[~pd.MultiIndex.from_frame(inside[KEY]).isin(known)]["value"].isna().all()


@tried(4)
@given(WORLDS, st.integers(1, 39))
def test_an_area_does_not_change_when_a_unit_is_split(rng: random.Random, share: int) -> None:
    facts = [fact(y, "1", n, rng.randint(40, 99), u) for y in ("2023", "2024") for u in ("01", "02") for n in "abcm"]
    parts = []
    for row in facts:
        part = (
            [("03", share), ("04", int(row["value"]) - share)] if row["unit"] == "02" else [(row["unit"], row["value"])]
        )
        parts += [{**row, "unit": name, "value": value} for name, value in part]
    kept = [row for row in INDICATORS if "unit" not in str(row["kind"])]
    common = {"areas": [area("1"), area("2")], "items": ITEMS, "indicators": kept, "parameters": PARAMETERS}
    frames = [
        computed({**common, "units": [unit("1", name) for name in names], "facts": rows}, "year")
        for names, rows in ((["01", "02"], facts), (["01", "03", "04"], parts))
    ]
    ours, theirs = (frame[frame["unit"] == ""] for frame in frames)
    assert ours["value"].notna().any()
    assert_same(ours, theirs)


@tried(4)
@given(WORLDS, st.integers(2, 9))
def test_ratios_do_not_depend_on_the_scale_and_counts_do(rng: random.Random, times: int) -> None:
    tables, every = world(rng)
    tables["facts"] = [row for row in tables["facts"] if row["item"] != "m"]
    tables["adjustments"] = []
    larger = [{**row, "value": row["value"] and row["value"] * times} for row in tables["facts"]]
    ours, theirs = computed(tables, every), computed({**tables, "facts": larger}, every)
    assert_same(ours[[*KEY, "reason"]], theirs[[*KEY, "reason"]])
    factor = ours["indicator"].map({"stock": times, "least": times, "fund": times}).astype(float).fillna(1)
    np.testing.assert_allclose(ours["value"] * factor, theirs["value"], rtol=1e-12)


@tried(4)
@given(WORLDS)
def test_a_rate_lies_in_its_interval(rng: random.Random) -> None:
    ind = computed(*world(rng))
    kinds = {(row["indicator"], row["valid_from"]): row["kind"] for row in INDICATORS}
    kind = pd.Series([kinds[row.indicator, row.definition] for row in ind.itertuples()])
    beyond = ind["reason"].str.startswith("above 100%")
    sure = kind.isin(["proportion", "rate"]) & ind["value"].notna() & ~beyond
    assert ((ind["lower"] <= ind["value"]) & (ind["value"] <= ind["upper"]))[sure].all()
    assert ind.loc[~sure, ["lower", "upper"]].isna().all(axis=None)
    assert (ind["value"] > 100)[beyond].all()


# Sums of money, spellings of a period, what is refused ---------------------------------------------------------------


def test_money_adds_up_like_on_paper() -> None:
    rows = [indicator("share", "a", "b"), indicator("cost", "a", "b", kind="ratio", per="1")]
    rows += [
        indicator("full", "share >= 100", kind="units_meeting"),
        indicator("left", "a - b", kind="amount", per="1"),
    ]
    months = [fact(f"2024-{m:02d}", "1", "a", value, "01") for m, value in enumerate([0.1, 0.2] + [0] * 10, 1)]
    months += [fact(f"2024-{m:02d}", "1", "b", value, "01") for m, value in enumerate([0.3] + [0] * 11, 1)]
    tables = {"areas": [area("1")], "units": [unit("1", "01")], "items": [item("a"), item("b")], "facts": months}
    ind = computed({**tables, "indicators": rows}, "year").set_index(["unit", "indicator"])
    row = ind.loc["", "share"]
    assert (row["numerator"], row["denominator"], row["reason"]) == (0.3, 0.3, "")
    assert ind.loc[("", "full"), "value"] == 100
    assert ind.loc[("", "left"), "value"] == 0


def test_equal_sums_of_money_share_a_rank_and_do_not_change() -> None:
    cells = [("1", 0.1 + 0.2, 3.0), ("2", 0.3, 3.0), ("3", 0.1, 1.0), ("4", 0.2, 1.0)]
    rows = [
        {"period": period, "area": code, "unit": "", "indicator": "x", "definition": "", "reason": ""}
        | {"numerator": a, "denominator": b, "value": a * 100 / b}
        for period, order in (("2023", cells), ("2024", [cells[1], cells[0], *cells[2:]]))
        for (code, _, _), (_, a, b) in zip(cells, order, strict=True)
    ]
    ind = pd.DataFrame(rows)
    catalogue = pd.DataFrame([{"valid_from": "", **indicator("x", "a", "b", kind="ratio", direction="down")}])
    assert ev.benchmark(ind, catalogue)["rank"].tolist() == [1, 1, 1, 4] * 2
    assert ev.year_on_year(ind)["change_pp"].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("value", [5, 6])
def test_one_origin_cannot_give_the_same_months_twice_under_two_names(tmp_path: Path, value: int) -> None:
    facts = [fact("2024-H1", "1", "a", 5), fact("2024-01/2024-06", "1", "a", value), fact("2024-H1", "1", "b", 9)]
    with pytest.raises(ev.InputError) as error:
        ev.load(str(dataset(tmp_path, facts=facts)))
    (problem,) = error.value.problems.to_dict("records")
    assert (problem["rule"], problem["where"]) == ("duplicate_key", "facts.csv row 3")


def test_of_two_origins_the_trusted_one_counts_under_any_name_of_the_period(tmp_path: Path) -> None:
    facts = [fact("2024-01/2024-06", "1", "a", 7, origin="annual"), fact("2024-H1", "1", "a", 5, origin="system")]
    facts = [*facts, fact("2024-H1", "1", "b", 9)]
    data = ev.load(str(dataset(tmp_path, facts=facts, meta={"origins": ["annual", "system"]})))
    assert ev.indicators(data, "half")["numerator"].tolist() == [7]
    (row,) = ev.check(data).to_dict("records")
    assert (row["rule"], row["evidence"]) == ("origins_differ", "7 ≠ 5")


def test_a_name_may_be_an_item_and_an_indicator(tmp_path: Path) -> None:
    rows = [indicator("a", "a", "b"), indicator("b", "a >= 50", kind="units_meeting")]
    facts = [fact("2024", "1", name, value, "01") for name, value in (("a", 3), ("b", 4))]
    ind = ev.indicators(ev.load(str(dataset(tmp_path, facts=facts, indicators=rows, units=[unit("1", "01")]))))
    values = ind[ind["unit"] == ""].set_index("indicator")["value"]
    assert values.to_dict() == {"a": 75, "b": 100}


@pytest.mark.parametrize("every", ["year", "half", "quarter", "month", "2024-01/2024-09"])
def test_nothing_known_is_an_empty_frame_with_its_columns(tmp_path: Path, every: str) -> None:
    data = ev.load(str(dataset(tmp_path, facts=[fact("unknown", "1", "a", 1)])))
    ind = ev.indicators(data, every)
    assert ind.empty
    assert list(ind) == COLUMNS
    assert ev.year_on_year(ind).empty
    assert ev.benchmark(ind).empty
    assert ev.check(data).empty


# Change over time, with breaks, bridging definitions and mergers -----------------------------------------------------

KEY = ["period", "area", "unit", "indicator", "definition"]
COLUMNS = [*KEY, "numerator", "denominator", "value", "lower", "upper", "reason"]


def random_breaks(rng: random.Random) -> list[dict[str, str]]:
    ends = ["2021", "2022", "2023", "2021-06", "2021-H2", "2022-01", "unknown"]
    rows = []
    for _ in range(rng.choice([0, 1, 2])):
        start, end = sorted(rng.choices(ends, k=2))
        kind = rng.choice(["definition", "boundary", "disturbance"])
        where = {"indicator": rng.choice(["*", "share", "new"]), "area": rng.choice(["*", "1"])}
        rows.append({"from": start, "to": end, "kind": kind, **where, "note_zh": "注", "note_en": "note"})
    return rows


def bars(row: dict[str, str], sides: tuple[Span, Span]) -> bool:
    """Whether some month of the two periods is on another basis than the rest."""
    if "unknown" in (row["from"], row["to"]):
        return True
    new, old = span(row["to"])[0], min(span(row["from"])[1], span(row["to"])[0] - 1)
    months = [month for first, last in sides for month in range(first, last + 1)]
    return not (all(month <= old for month in months) or all(month >= new for month in months))


@tried(12)
@given(WORLDS)
def test_change_is_what_two_rows_give(rng: random.Random) -> None:
    tables, every = world(rng)
    breaks = random_breaks(rng)
    ind = computed(tables, every)
    yoy = ev.year_on_year(ind, pd.DataFrame(breaks) if breaks else None)
    rows = dict(Plain(tables, ORIGINS).rows(every))
    spans = {key[0] for key in rows}
    compared = {key for key in rows if (key[0][0] - 12, key[0][1] - 12) in spans}
    assert {(span(r.period), *(getattr(r, name) for name in KEY[1:])) for r in yoy.itertuples()} == compared
    defined = {(key[3], key[4]) for key in compared}
    for row in yoy.itertuples():
        now, before = span(row.period), span(row.previous_period)
        key = (row.area, row.unit, row.indicator, row.definition)
        this, last = rows[now, *key], rows.get((before, *key))
        barred = MOVED in this["reason"]
        for one in breaks:
            told = one["kind"] == "definition" and (row.indicator, one["to"][:4]) in defined
            here = one["indicator"] in ("*", row.indicator) and one["area"] in ("*", row.area)
            barred |= one["kind"] != "disturbance" and here and not told and bars(one, (now, before))
        if barred or last is None or this["value"] is None or last["value"] is None:
            assert np.isnan(row.change_pp) and np.isnan(row.change_percent)
            assert row.reason
            continue
        change = this["value"] - last["value"]
        assert np.isclose(row.change_pp, float(change), rtol=1e-9, atol=1e-11)
        assert (row.change_pp > 0, row.change_pp < 0) == (change > 0, change < 0), "its sign is exact"
        if last["value"] > 0:
            assert np.isclose(row.change_percent, float(change / last["value"] * 100), rtol=1e-9, atol=1e-9)
        else:
            assert np.isnan(row.change_percent)
        merged = any(re.search(r"sum of \d+ predecessors", side["reason"]) for side in (this, last))
        assert ("comparable basis: predecessors" in row.reason) == merged


# Points ---------------------------------------------------------------------------------------------------------------

RULE = {"proportional": {"target"}, "threshold": {"lower", "upper"}, "per_point": {"target", "deduct"}}


def random_standard(rng: random.Random) -> Standard:
    """A standard of up to three sections, any rule, direction and policy; grades that begin at round totals."""
    rounding = Rounding(rng.choice([0, 1, 2]), rng.choice(["half_up", "half_even"]), rng.choice(["line", "total"]))
    sections = []
    for at in range(rng.randint(1, 3)):
        lines = []
        for number in range(rng.randint(1, 3)):
            rule = rng.choice(sorted(RULE))
            given = {"target": rng.choice(["50", "62.5", "90"]), "deduct": rng.choice(["0.1", "1"])}
            given |= {"lower": rng.choice(["20", "33.3"]), "upper": rng.choice(["50", "80"])}
            lines.append(
                Line(
                    id=f"l{at}{number}", name_zh="", name_en="", indicator=f"x{rng.randint(0, 4)}", definition="",
                    direction=rng.choice(["up", "down"]), per=100, rule=rule, source="s", mark="general",
                    points=Decimal(rng.choice(["1", "2.5" if rounding.digits else "2", "10"])),
                    arguments={name: Decimal(given[name]) for name in RULE[rule]},
                    missing=rng.choice(["zero", "exclude"]), not_applicable=rng.choice(["exclude", "zero"]),
                )
            )  # fmt: skip
        sections.append(Section(f"s{at}", "", "", sum((line.points for line in lines), Decimal(0)), tuple(lines)))
    total = sum((section.points for section in sections), Decimal(0))
    cuts = sorted({Decimal(rng.randint(1, int(total))), Decimal(0)}, reverse=True)
    grades = tuple(Grade(f"from {cut}", "", "", cut) for cut in cuts)
    return Standard("t", "", "", total, "s", "general", tuple(sections), grades, rounding, "zero", "exclude")


def random_values(rng: random.Random, codes: list[str]) -> pd.DataFrame:
    rows = []
    for code in codes:
        for at in range(5):
            below = rng.choice([3, 6, 7, 8, 40, 200])
            above, why = rng.randint(0, below + 1), ""
            cells: tuple[float, float, float] = (above, below, above * 100 / below)
            if rng.random() < 0.2:
                why = rng.choice([NOTHING, "11 of 12 units reported", APART, EMPTY])
                cells = (0, 0, np.nan) if why == EMPTY else (np.nan, np.nan, np.nan)
            key = {"period": "2024", "area": code, "unit": "", "indicator": f"x{at}", "definition": ""}
            rows.append({**key, "reason": why, **dict(zip(("numerator", "denominator", "value"), cells, strict=True))})
    return pd.DataFrame(rows)


def in_fractions(line: Line, x: Fraction) -> Fraction:
    """The three rules, from their formulas."""
    number, full, down = {k: Fraction(v) for k, v in line.arguments.items()}, Fraction(line.points), line.direction
    if line.rule == "threshold":
        share = max(Fraction(0), min(Fraction(1), (x - number["lower"]) / (number["upper"] - number["lower"])))
        return full * (1 - share if down == "down" else share)
    target = number["target"]
    if (x <= target) if down == "down" else (x >= target):
        return full
    if line.rule == "proportional":
        return full * (target / x if down == "down" else x / target)
    return max(Fraction(0), full - number["deduct"] * abs(x - target))


def on_paper(number: Fraction, rounding: Rounding) -> Fraction:
    shifted = number * 10**rounding.digits
    below = shifted.numerator // shifted.denominator
    over = shifted - below
    up = over > Fraction(1, 2) or (over == Fraction(1, 2) and (rounding.mode == "half_up" or below % 2 == 1))
    return Fraction(below + up, 10**rounding.digits)


@settings(max_examples=150, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(WORLDS)
def test_every_line_section_and_total_is_what_fractions_give(rng: random.Random) -> None:
    standard, ind = random_standard(rng), random_values(rng, ["1", "2"])
    points = ev.score(ind, standard)
    sums = ev.scoring.totals(points, standard).set_index(["area", "section"])
    given = {(row.area, row.indicator): row for row in ind.itertuples()}
    scored = {(row.area, row.line): row for row in points.itertuples()}
    for code in ("1", "2"):
        whole: list[tuple[Fraction, Fraction]] = []
        for section in standard.sections:
            counted: list[tuple[Fraction, Fraction]] = []
            for line in section.lines:
                cell, row = given[code, line.indicator], scored[code, line.id]
                gained: Fraction | None = None
                if cell.reason == "":
                    gained = in_fractions(line, Fraction(int(cell.numerator) * 100, int(cell.denominator)))
                elif (line.not_applicable if cell.reason in (APART, EMPTY) else line.missing) == "zero":
                    gained = Fraction(0)
                if gained is not None and standard.rounding.of == "line":
                    gained = on_paper(gained, standard.rounding)
                assert close(row.points, gained), (row, gained)
                if gained is not None:
                    counted.append((gained, Fraction(line.points)))
            total = scaled(counted, section.points, standard, final=False)
            ours = sums.loc[(code, section.id), "points"]
            assert np.isnan(ours) if total is None else abs(ours - float(total)) < 1e-10
            whole += counted
        total = scaled(whole, standard.total, standard, final=True)
        assert close(sums.loc[(code, ""), "points"], total)
        grades = [grade.id for grade in standard.grades if total is not None and total >= grade.start]
        assert sums.loc[(code, ""), "grade"] == (grades[0] if grades else "")


def scaled(counted: list[tuple[Fraction, Fraction]], full: Decimal, standard: Standard, final: bool) -> Fraction | None:
    """Add up what was counted and take it to the full points; rounded where the standard rounds."""
    if not counted:
        return None
    total = sum(gained for gained, _ in counted) * Fraction(full) / sum(most for _, most in counted)
    rounds = final or standard.rounding.of == "line"
    return on_paper(total, standard.rounding) if rounds else total


def test_thirds_are_whole_again_when_only_the_total_is_rounded() -> None:
    lines = tuple(
        Line(f"l{n}", "", "", f"x{n}", "", "up", 100, "proportional", Decimal(30), {"target": Decimal(100)},
             "s", "general", "zero", "exclude")
        for n in range(3)
    )  # fmt: skip
    section = Section("s", "", "", Decimal(90), lines)
    grades = (Grade("good", "", "", Decimal(90)), Grade("poor", "", "", Decimal(0)))
    rounding = Rounding(0, "half_up", "total")
    standard = Standard("t", "", "", Decimal(90), "s", "general", (section,), grades, rounding, "zero", "exclude")
    rows = [
        {"period": "2024", "area": "1", "unit": "", "indicator": f"x{n}", "definition": "", "reason": ""}
        | {"numerator": 179, "denominator": 180, "value": 179 * 100 / 180}
        for n in range(3)
    ]
    # 3 × 30 × 179/180 is 89.5 exactly
    total = ev.scoring.totals(ev.score(pd.DataFrame(rows), standard), standard).iloc[-1]
    assert (total["points"], total["grade"]) == (90, "good")


@given(st.sampled_from(["threshold", "per_point"]), st.integers(0, 200))
def test_opposite_data_under_opposite_directions_score_the_same(rule: str, above: int) -> None:
    numbers = {"threshold": {"lower": 20, "upper": 65}, "per_point": {"target": 57, "deduct": Decimal("0.5")}}[rule]
    turned = {"threshold": {"lower": 35, "upper": 80}, "per_point": {"target": 43, "deduct": Decimal("0.5")}}[rule]
    gained = []
    for direction, count, arguments in (("up", above, numbers), ("down", 200 - above, turned)):
        arguments = {name: Decimal(number) for name, number in arguments.items()}
        line = Line("l", "", "", "x", "", direction, 100, rule, Decimal(7), arguments, "s", "general", "zero", "zero")
        section = Section("s", "", "", Decimal(7), (line,))
        grades = (Grade("any", "", "", Decimal(0)),)
        rounding = Rounding(2, "half_up", "line")
        standard = Standard("t", "", "", Decimal(7), "s", "general", (section,), grades, rounding, "zero", "zero")
        row = {"period": "2024", "area": "1", "unit": "", "indicator": "x", "definition": "", "reason": ""}
        row |= {"numerator": count, "denominator": 200, "value": count * 100 / 200}
        gained.append(ev.score(pd.DataFrame([row]), standard)["points"].iloc[0])
    assert gained[0] == gained[1]


# The contract ---------------------------------------------------------------------------------------------------------

SIGNATURES = {
    ev.load: "name area stage standard",
    ev.indicators: "data every",
    ev.year_on_year: "ind",
    ev.benchmark: "ind",
    ev.score: "ind standard targets judgements benchmark",
    ev.check: "data",
    ev.rates.proportion: "count n per confidence",
    ev.rates.rate: "count population per confidence",
    ev.rates.standardised: "count population standard_population per confidence",
    ev.scoring.threshold: "value lower upper points",
}
DEFAULTS: dict[tuple[Any, str], object] = {
    (ev.load, "area"): None,
    (ev.indicators, "every"): "year",
    (ev.score, "targets"): None,
    (ev.score, "judgements"): None,
    (ev.score, "benchmark"): None,
    (ev.rates.proportion, "per"): 1,
    (ev.rates.proportion, "confidence"): 0.95,
    (ev.rates.rate, "per"): 100_000,
    (ev.rates.rate, "confidence"): 0.95,
    (ev.rates.standardised, "per"): 100_000,
    (ev.rates.standardised, "confidence"): 0.95,
}


def test_functions_have_the_promised_arguments() -> None:
    for function, names in SIGNATURES.items():
        arguments = inspect.signature(function).parameters
        assert " ".join(arguments).startswith(names), function
        # what grew beside them may be left out
        assert all(one.default is not one.empty for one in list(arguments.values())[len(names.split()) :]), function
    for (function, name), default in DEFAULTS.items():
        assert inspect.signature(function).parameters[name].default == default


def test_frames_have_the_promised_columns(tmp_path: Path) -> None:
    facts = [fact("2024", "1", "a", 9), fact("2024", "1", "b", 8)]
    data = ev.load(str(dataset(tmp_path / "good", facts=facts)))
    promised = {"facts", "items", "catalogue", "areas", "units", "claims", "targets", "judgements", "breaks"}
    assert promised | {"standard", "meta", "region"} <= set(dir(data))
    ind = ev.indicators(data)
    assert " ".join(ind) == "period area unit indicator definition numerator denominator value lower upper reason"
    standard = random_standard(random.Random(1))
    points = "period area unit section line indicator value target points full lost because reason"
    assert " ".join(ev.score(random_values(random.Random(1), ["1"]), standard)) == points
    found = "level rule period area unit subject where evidence likely sentence_zh sentence_en"
    result = ev.check(data)
    assert " ".join(result) == found
    assert len(result) == 1
    with pytest.raises(ev.InputError) as error:
        ev.load(str(dataset(tmp_path / "bad", facts=[fact("2024/13", "1", "a", -1)])))
    assert " ".join(error.value.problems) == found
    for frame in (result, error.value.problems):
        assert frame.map(lambda cell: isinstance(cell, str)).all(axis=None)


@pytest.mark.parametrize("shape", [list, tuple, np.array, pd.Series, lambda xs: pd.Series(xs, index=["x", "y"])])
def test_plain_numbers_lists_arrays_and_series_are_all_taken(shape: Any) -> None:
    count, size = shape([12, 30]), shape([40, 60])
    for function in (ev.rates.proportion, ev.rates.rate):
        frame = function(count, size, per=100)
        assert list(frame) == ["value", "lower", "upper"]
        assert frame["value"].tolist() == [30, 50]
        single = function(12, 40, per=100)
        assert single.iloc[0].tolist() == frame.iloc[0].tolist()
        assert list(frame.index) == (list(count.index) if isinstance(count, pd.Series) else [0, 1])
    by_age = ev.rates.standardised(count, size, shape([1, 1]), per=100)
    assert by_age["value"].tolist() == [40]
    points = ev.scoring.threshold(shape([30.0, 50.0]), 20, 50, 6)
    assert list(points) == [2, 6]
    assert ev.scoring.threshold(30, 20, 50, 6) == 2
