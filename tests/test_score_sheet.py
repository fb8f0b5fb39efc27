"""The score sheet recalculated by LibreOffice gives the points, sections, totals and grades of `ev.score`."""

from __future__ import annotations

import io
import random
import subprocess
from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scored import frame, line, missing, row, standard

import evaltools as ev
from evaltools import scoring
from evaltools.line_values import KEY
from evaltools.rules import RULES
from evaltools.score_lines_sheet import COLUMNS
from evaltools.score_sheet import ScoreSheet, score_sheet
from evaltools.score_side_sheets import plain
from evaltools.score_workbook import region_workbook, workbook
from evaltools.standards import Bonus, Line, Penalties, RollUp, Rounding, Standard, Veto
from evaltools.wording import LANGUAGES, word

pytestmark = pytest.mark.slow

SEED = 20241124
AREAS = ("01", "02", "03", "04", "05")
EXAMPLE = ("990101", "990103")
ROUNDINGS = {
    "half_up": Rounding(2, "half_up", "line"),
    "half_even": Rounding(1, "half_even", "line", value_digits=1),
    "of_total": Rounding(1, "half_even", "total"),
    "whole_numbers": Rounding(0, "half_up", "total", value_digits=0),
}
WICKED = "=1+1"

# --- a standard of every rule -----------------------------------------------------------------------------------------


def judged(name: str, rule: str, points: str, **more: object) -> Line:
    return replace(line(name, rule, points, **more), indicator="")


def bands(*cuts: tuple[str, str]) -> tuple[dict[str, str], ...]:
    """Bands that give so many points from a cut on, none below the first."""
    ends = [cut for cut, _ in cuts[1:]] + [""]
    made = [{"to": cuts[0][0], "points": "0"}]
    made += [{"from": cut, "to": end, "points": won} for (cut, won), end in zip(cuts, ends, strict=True)]
    return tuple({key: text for key, text in entry.items() if text} for entry in made)


FIRST = [
    line("a1", "proportional", "4", target="90"),
    line("a2", "proportional", "3", "down", target="12.5"),
    line("a3", "threshold", "5", lower="40", upper="80", missing="exclude"),
    line("a4", "threshold", "5", "down", lower="10", upper="60", gate=("a1", "c1")),
    line("a5", "per_point", "6", target="95", deduct="0.3"),
    line("a6", "per_point", "6", "down", target="5", deduct="0.1"),
    *(line(f"a7{way}", "per_step", "4", target="95", step="5", deduct="0.5", steps=way) for way in
      ("whole", "started", "part")),
    *(line(f"a8{way}", "per_gap", "4", target="95", step="5", deduct="0.5", steps=way, not_applicable="zero") for way in
      ("whole", "started", "part")),
    line("a9", "per_gap", "3", "down", target="20", step="10", deduct="0.25", steps="whole"),
]  # fmt: skip
SECOND = [
    line("b1", "bands", "5", bands=bands(("60", "2"), ("75", "3.5"), ("90", "5"))),
    line("b2", "boolean", "2", full_when="yes"),
    line("b3", "improvement", "3", improve="2.5", ceiling="90"),
    line("b4", "improvement", "3", "down", improve="0"),
    line("b5", "regional_mean", "3", mean="unweighted", own="without"),
    line("b6", "regional_mean", "3", "down", mean="pooled", own="with", share="95"),
    line("b7", "percentile", "3", lower="10", upper="80"),
    line("b8", "units_meeting", "3", bar="60", target="90"),
    line(
        "b9", "ladder", "4", per=1, tiers=({"from": "0", "to": "30", "each": "0.05"}, {"from": "30", "each": "0.025"})
    ),
    line("b10", "over_target", "3", per=1, target="40", allowance="10"),
    line("b11", "per_defect", "3", per=1, deduct="0.05"),
    line("b12", "proportional", "3"),
]
THIRD = [
    judged("c1", "manual", "5"),
    judged("c2", "manual", "5", scorers="trimmed"),
    judged("c3", "evidence", "3", required="7", missing="exclude"),
    judged("c4", "boolean", "2", full_when="no"),
    judged("c5", "per_defect", "4", deduct="0.5"),
]
EXTRA = {
    "bonus": Bonus(Decimal("2.5"), False, (line("d1", "proportional", "3", target="90"), judged("d2", "manual", "2"))),
    "penalties": Penalties(
        Decimal(6), (judged("e1", "per_case", "5", deduct="1.5"), judged("e2", "per_case", "4", deduct="1"))
    ),
    "vetoes": (
        Veto("v1", "", "", "s", "general", "cap_grade", "b"),
        Veto("v2", "", "", "s", "general", "drop_grade", grades=2),
        Veto("v3", "", "", "s", "general", "set_grade", "d"),
        Veto("v4", "", "", "s", "general", "bar_from_ranking"),
    ),
}  # fmt: skip
COUNTED = {"b9", "b10", "b11"}


def every_rule(rounding: Rounding) -> Standard:
    return standard(FIRST, SECOND, THIRD, rounding=rounding, cuts=("75", "60", "45", "30"), **EXTRA)


class Case(NamedTuple):
    """What one sheet is made of, and the points and totals it must come to."""

    standard: Standard
    key: tuple[str, str, str]
    points: pd.DataFrame
    totals: pd.DataFrame
    sheet: ScoreSheet


def figures(draw: random.Random) -> pd.DataFrame:
    """Two years of every indicator for every area, some missing, some of nobody; and units for one line."""
    rows = []
    of = [part for part in (*FIRST, *SECOND, *EXTRA["bonus"].lines) if part.indicator]
    for period in ("2023", "2024"):
        for area in AREAS:
            for part in of:
                more = {"area": area, "period": period}
                chance = draw.random()
                below = draw.choice([8, 40, 200, 317, 4001])
                if area != "01" and chance < 0.08:
                    rows.append(missing(part.id, **more))
                elif area != "01" and chance < 0.14:
                    rows.append(row(part.id, 0, 0, reason="denominator is zero", **more))
                elif part.id == "b2":
                    rows.append(row(part.id, draw.randrange(2), **more))
                elif part.id in COUNTED:
                    rows.append(row(part.id, draw.choice([0, 25, 40, 43, 44, 61, 100]), **more))
                else:
                    rows.append(
                        row(
                            part.id,
                            draw.randrange(below // 2 if part.direction == "up" else 0, below + 1),
                            below,
                            **more,
                        )
                    )
            rows += [row("b8", draw.randrange(9), 8, area=area, period=period, unit=unit) for unit in "pqrs"]
    return frame(*rows)


def judgements(draw: random.Random) -> pd.DataFrame:
    rows = []
    for area in AREAS:
        given = {
            "c1": [draw.choice([0, 2.5, 4.75]) for _ in range(3)],
            "c2": [draw.choice([1, 3, 4.5]) for _ in range(5)],
        }
        given |= {"c3": [draw.randrange(9)], "c4": [draw.randrange(2)], "c5": [draw.randrange(10)]}
        given |= {"d2": [draw.choice([0.5, 1.25])], "e1": [draw.randrange(4)], "e2": [draw.randrange(3)]}
        given |= {name: [1] for name in draw.sample(["v1", "v2", "v3", "v4"], AREAS.index(area) % 3)}
        if area == "03":
            del given["c1"], given["c3"]
        rows += [(area, name, score) for name, scores in given.items() for score in scores]
    made = pd.DataFrame(rows, columns=["area", "line", "value"])
    return made.assign(period="2024", unit="", scorer="", note="")


TARGETS = pd.DataFrame(
    [("2024", area, "b12", 80.0) for area in AREAS[:-1]], columns=["period", "area", "indicator", "target"]
)


SHEETS = {"half_up": ("02", "03"), "half_even": ("01", "04"), "of_total": ("03", "05"), "whole_numbers": ("04",)}
"""The areas whose sheets are made, by rounding: each takes time to recalculate."""


def of_areas(name: str, ind: pd.DataFrame, given: pd.DataFrame) -> dict[str, Case]:
    """Sheets of areas by the standard of every rule, in one rounding."""
    made = every_rule(ROUNDINGS[name])
    indicators = ind["indicator"].unique()
    catalogue = pd.DataFrame([{"indicator": code, "valid_from": "", "kind": "proportion"} for code in indicators])
    bench = ev.benchmark(ind, catalogue.assign(direction="up", numerator="a", denominator="b", definition=""))
    points = scoring.score(ind, made, TARGETS, given, bench)
    totals = scoring.totals(points, made, given)
    found, more = {}, {"name": WICKED, "names": {"a1": WICKED}, "judgements": given, "benchmark": bench}
    for area in SHEETS[name]:
        key = ("2024", area, "")
        sheet = score_sheet(points, totals, made, key, "zh", ind, **more)
        found[f"{name}_{area}"] = Case(made, key, points, totals, sheet)
    return found


def of_units(by: str) -> Case:
    """An area whose points are the mean of its units."""
    draw = random.Random(SEED)
    lines = [line("x", "proportional", "10", target="90"), line("y", "per_point", "10", target="95", deduct="0.7")]
    made = standard(
        lines,
        rounding=ROUNDINGS["half_even"],
        cuts=("15", "9"),
        objects="unit",
        roll_up=RollUp(by, "residents" if by == "item" else ""),
    )
    units = [f"{n:02d}" for n in range(7)]
    rows = [row(name, draw.randrange(41), 40, unit=unit) for name in "xy" for unit in units]
    rows[3] = row("x", 0, 0, unit="03", reason="not applicable")
    weights = pd.DataFrame(
        {"period": "2024", "area": "01", "unit": units, "weight": [300, 1250, 77, 41, 900, np.nan, 5]}
    )
    points = scoring.score(frame(*rows), made, weights=weights)
    totals = scoring.totals(points, made)
    key = ("2024", "01", "")
    sheet = score_sheet(points, totals, made, key, "en", frame(*rows), weights=weights, unit_names={"02": "+cmd"})
    return Case(made, key, points, totals, sheet)


def with_bonus(above_total: bool) -> Case:
    """Full points and a bonus, which lifts the total beyond its own or not."""
    extra = Bonus(Decimal(3), above_total, (line("y", "proportional", "4", target="80"),))
    made = standard([line("x", "proportional", "10", target="90")], cuts=("9", "6"), bonus=extra)
    ind = frame(row("x", 95, 100), row("y", 79, 100))
    points = scoring.score(ind, made)
    totals = scoring.totals(points, made)
    key = ("2024", "01", "")
    assert totals["points"].iloc[-1] == (13 if above_total else 10)
    return Case(made, key, points, totals, score_sheet(points, totals, made, key, "en", ind))


def unchanged(direction: str, rounding: Rounding) -> Case:
    """Values that are the same thirds as last year, or those of the region: no worse, so full points."""
    below = {"third": 3, "sixth": 600, "seventh": 7000, "tie": 8192, "thousand": 9999}
    made = standard(
        [line(name, "improvement", "3", direction, improve="0", per=100) for name in below],
        [line("region", "regional_mean", "3", direction, mean="pooled", own="with", per=100)],
        [line("ceiling", "improvement", "3", direction, improve="5", ceiling="60", per=100)],
        rounding=rounding,
        cuts=("15", "9"),
    )
    years = [(name, number, period) for name, number in below.items() for period in ("2023", "2024")]
    ind = frame(
        *(row(name, 2 if number == 3 else number // 7, number, period=period) for name, number, period in years),
        *(row("region", 2, 3, area=area) for area in ("01", "02")),
        row("ceiling", 3, 5),
    )
    known = [{"indicator": name, "valid_from": "", "kind": "proportion"} for name in (*below, "region", "ceiling")]
    catalogue = pd.DataFrame(known).assign(direction=direction, numerator="a", denominator="b", definition="")
    bench = ev.benchmark(ind, catalogue)
    points = scoring.score(ind, made, benchmark=bench)
    totals = scoring.totals(points, made)
    key = ("2024", "01", "")
    assert of(totals, key)["points"].iloc[-1] == 21
    return Case(made, key, points, totals, score_sheet(points, totals, made, key, "zh", ind, benchmark=bench))


ROUNDED_ONCE = {
    # counts of x and y, hundredths of a bonus, cases, the total; all but the last differ if the sum is rounded first
    "sum_of_total": (Rounding(1, "half_up", "total"), (8445, 0), 45, 0, 84.9),
    "both_extras": (Rounding(1, "half_up", "total"), (9949, 0), 256, 1, 101.9),
    "even": (Rounding(1, "half_even", "total"), (8435, 0), 10, 0, 84.4),
    "rescaled": (Rounding(1, "half_even", "line"), (2500, None), 10, 0, 31.4),
    "rescaled_of_total": (Rounding(1, "half_up", "total"), (2004, None), 10, 1, 25.0),
    "nothing_left": (Rounding(0, "half_even", "total"), (5, 0), 0, 1, 0.0),
}


def rounded_once(name: str) -> Case:
    """A sum, a bonus and a penalty that must not be rounded in between."""
    rounding, (x, y), hundredths, cases, expected = ROUNDED_ONCE[name]
    made = standard(
        [line("x", "proportional", "100", target="100", missing="exclude")],
        [line("y", "proportional", "25", target="100", missing="exclude")],
        rounding=rounding,
        cuts=("84.9", "30"),
        bonus=Bonus(Decimal("2.55"), False, (line("bonus", "proportional", "100", target="100"),)),
        penalties=Penalties(Decimal("0.14"), (line("case", "per_case", "5", deduct="1"),)),
    )
    ind = frame(
        row("x", x, 10000),
        missing("y") if y is None else row("y", y, 10000),
        row("bonus", hundredths, 10000),
        row("case", cases),
    )
    points = scoring.score(ind, made)
    totals = scoring.totals(points, made)
    assert totals["points"].iloc[-1] == expected
    key = ("2024", "01", "")
    return Case(made, key, points, totals, score_sheet(points, totals, made, key, "en", ind))


VETO_ORDERS = list(permutations(EXTRA["vetoes"][:3]))


def with_vetoes(order: tuple[Veto, ...]) -> Case:
    """The best grade, two steps lower and capped at the second: the third, whatever comes first in the standard."""
    made = standard([line("x", "proportional", "100", target="90")], cuts=("90", "80", "70", "60"), vetoes=order)
    ind = frame(row("x", 95, 100))
    given = pd.DataFrame([("2024", "01", "", name, 1.0) for name in ("v1", "v2")], columns=[*KEY, "line", "value"])
    points = scoring.score(ind, made, judgements=given)
    totals = scoring.totals(points, made, given)
    key = ("2024", "01", "")
    assert totals["grade"].iloc[-1] == "c"
    return Case(made, key, points, totals, score_sheet(points, totals, made, key, "en", ind, judgements=given))


# --- recalculating ----------------------------------------------------------------------------------------------------


class Recalculated(NamedTuple):
    """What a program made of a sheet: cells by line (or label) and column, and all the values of the other sheets."""

    cells: dict[str, dict[str, object]]
    last: str

    def points(self, name: str) -> float:
        found = self.cells[name]["points"]
        return np.nan if found in ("", None) else float(found)


def recalculated(path: Path, lang: str) -> Recalculated:
    sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    cells = {}
    for values in sheet.iter_rows(min_row=6, values_only=True):
        found = dict(zip(COLUMNS, values, strict=True))
        cells[str(found["line"] or found["name"])] = found
    return Recalculated(cells, str(cells[word("score_sheet.all_checks", lang)]["check"]))


@pytest.fixture(scope="module")
def data() -> ev.Data:
    return ev.load("example", area=EXAMPLE[0], stage="final")


@pytest.fixture(scope="module")
def region(data: ev.Data) -> ev.regions.RegionFigures:
    return ev.region_figures(data)


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    draw = random.Random(SEED)
    ind, given = figures(draw), judgements(draw)
    made: dict[str, Case] = {}
    for name in ROUNDINGS:
        made |= of_areas(name, ind, given)
    made |= {f"units_{by}": of_units(by) for by in ("equal", "item")}
    made |= {f"bonus_{above}": with_bonus(above) for above in (True, False)}
    for first in (None, 1):
        rounding = Rounding(2, "half_up", "line", value_digits=first)
        made |= {f"unchanged_{way}_{first}": unchanged(way, rounding) for way in ("up", "down")}
    made |= {name: rounded_once(name) for name in ROUNDED_ONCE}
    return made | {f"vetoes_{at}": with_vetoes(order) for at, order in enumerate(VETO_ORDERS)}


CHANGED = {"3.13": (70000, 74631), "2.2": (20000000, 38393843), "4.6": (535, 535), "3.24": (0, 0), "4.5": (None, 438)}
"""Counts that somebody types into the sheet of a county: better, worse, full, of nobody, not known."""


def changed(book: bytes, counts: dict[str, tuple[float | None, float]]) -> bytes:
    """A workbook in which somebody typed other counts."""
    loaded = openpyxl.load_workbook(io.BytesIO(book))
    for cells in loaded.worksheets[0].iter_rows(min_row=6):
        if cells[0].value in counts:
            for cell, count in zip(cells[2:4], counts[cells[0].value], strict=True):
                assert not cell.protection.locked
                cell.value = count
    made = io.BytesIO()
    loaded.save(made)
    return made.getvalue()


@pytest.fixture(scope="module")
def sheets(
    cases: dict[str, Case], data: ev.Data, region: ev.regions.RegionFigures, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Recalculated]:
    """Every sheet, recalculated by LibreOffice in one go."""
    folder = tmp_path_factory.mktemp("sheets")
    books = {name: (workbook(made.sheet), made.sheet.lang) for name, made in cases.items()}
    for area in EXAMPLE:
        books[area] = (region_workbook(region, data, area, "2024", "zh"), "zh")
    books["changed"] = (changed(books[EXAMPLE[1]][0], CHANGED), "zh")
    for name, (content, _) in books.items():
        (folder / f"{name}.xlsx").write_bytes(content)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    files = [str(folder / f"{name}.xlsx") for name in books]
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "out"), *files]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return {name: recalculated(folder / "out" / f"{name}.xlsx", lang) for name, (_, lang) in books.items()}


def agrees(found: Recalculated, points: pd.DataFrame, totals: pd.DataFrame, made: Standard, lang: str) -> None:
    """The sheet comes to what `ev.score` and `ev.totals` gave one area."""
    for scored in points.itertuples():
        assert found.points(scored.line) == pytest.approx(scored.points, abs=1e-9, nan_ok=True), scored.line
        lost = found.cells[scored.line]["lost"]
        if not np.isnan(scored.points):
            assert float(lost) == pytest.approx(scored.lost, abs=1e-9), scored.line
    names = {"bonus": "bonus_sum", "penalties": "penalties_sum", "": "total"}
    for row_ in totals.itertuples():
        if row_.section in names:
            cap = {part.id: plain(part.points) for part in made.extras}.get(row_.section, "")
            label = word(f"score_sheet.{names[row_.section]}", lang, **({"cap": cap} if cap else {}))
        else:
            name = next(getattr(part, f"name_{lang}") or part.id for part in made.sections if part.id == row_.section)
            label = word("score_sheet.subtotal", lang, name=name)
        assert found.points(label) == pytest.approx(row_.points, abs=1e-9, nan_ok=True), label
    grade = next((g for g in made.grades if g.id == totals["grade"].iloc[-1]), None)
    said = found.cells[word(f"score_sheet.{'grade_after' if made.vetoes else 'grade'}", lang)]["points"]
    assert (said or "") == ("" if grade is None else getattr(grade, f"name_{lang}") or grade.id)


def of(table: pd.DataFrame, key: tuple[str, str, str]) -> pd.DataFrame:
    return table[(table["period"] == key[0]) & (table["area"] == key[1]) & (table["unit"] == key[2])]


def test_a_standard_of_every_rule_comes_to_the_same_points(
    cases: dict[str, Case], sheets: dict[str, Recalculated]
) -> None:
    used = {part.rule for _, part in every_rule(ROUNDINGS["half_up"]).lines}
    assert used == set(RULES)
    grades, left_out, shut = set(), 0, 0
    for name, made in cases.items():
        own, sums = of(made.points, made.key), of(made.totals, made.key)
        agrees(sheets[name], own, sums, made.standard, made.sheet.lang)
        assert sheets[name].last == word("score_sheet.same", made.sheet.lang), name
        grades |= set(sums["grade"])
        left_out += int(own["points"].isna().sum())
        shut += int(own["reason"].str.startswith("its gate").sum())
    assert len(grades) > 4 and left_out > 10 and shut > 1


@pytest.mark.parametrize("area", EXAMPLE)
def test_counties_of_the_example_come_to_the_same_total(
    data: ev.Data, region: ev.regions.RegionFigures, sheets: dict[str, Recalculated], area: str
) -> None:
    key = ("2024", area, "")
    agrees(sheets[area], of(region.points, key), of(region.totals, key), data.standard, "zh")
    assert sheets[area].last == "一致"


def test_another_numerator_gives_what_scoring_it_gives(
    data: ev.Data, region: ev.regions.RegionFigures, sheets: dict[str, Recalculated]
) -> None:
    key = ("2024", EXAMPLE[1], "")
    lines = {part.id: part for _, part in data.standard.lines}
    ind = region.indicators.copy()
    for name, (above, below) in CHANGED.items():
        hit = (ind["period"] == "2024") & (ind["area"] == key[1]) & (ind["indicator"] == lines[name].indicator)
        assert hit.sum() == 1
        above = np.nan if above is None else above
        ind.loc[hit, ["numerator", "denominator", "value"]] = (above, below, above / below * 100 if below else np.nan)
        ind.loc[hit, "reason"] = "" if below and above == above else "not reported"
    points = scoring.score(ind, data.standard, data.targets, data.judgements, region.benchmark)
    totals = scoring.totals(points, data.standard, data.judgements)
    assert of(totals, key)["points"].iloc[-1] != of(region.totals, key)["points"].iloc[-1]
    agrees(sheets["changed"], of(points, key), of(totals, key), data.standard, "zh")
    assert sheets["changed"].last == "不一致"
    told = {name: sheets["changed"].cells[name]["check"] for name in lines}
    assert {name for name, said in told.items() if said == "不一致"} == set(CHANGED)


# --- the file ---------------------------------------------------------------------------------------------------------


def test_the_same_score_gives_the_same_bytes_and_no_text_is_a_formula(cases: dict[str, Case]) -> None:
    made = cases["half_up_02"].sheet
    assert workbook(made) == workbook(made)
    named = replace(
        made, names={name: f"{sign}HYPERLINK(1)" for name, sign in zip(made.names, "=+-@" * 9, strict=False)}
    )
    book = openpyxl.load_workbook(io.BytesIO(workbook(named)))
    texts = [cell for sheet in book for cells in sheet.iter_rows() for cell in cells if "HYPERLINK" in str(cell.value)]
    assert len(texts) == len(made.names) + 6 + 2  # lines, those that people judge again
    assert {cell.data_type for cell in texts} == {"s"}
    assert all(cell.quotePrefix for cell in texts)


def test_formulas_keep_the_limits_of_excel_and_inputs_are_open(cases: dict[str, Case]) -> None:
    kinds = set()
    for name in ("half_even_04", "units_item"):
        for sheet in openpyxl.load_workbook(io.BytesIO(workbook(cases[name].sheet))):
            assert sheet.protection.sheet and sheet.protection.password is None
            for cells in sheet.iter_rows():
                for cell in cells:
                    if cell.data_type == "f":
                        assert len(cell.value) < 8192 and depth(cell.value) <= 64
                        assert cell.protection.locked
                    kinds.add((cell.data_type, cell.protection.locked))
    assert ("n", False) in kinds


def depth(text: str) -> int:
    deepest = now = 0
    for sign in text:
        now += (sign == "(") - (sign == ")")
        deepest = max(deepest, now)
    return deepest


def test_a_line_of_very_many_bands_stays_within_the_limits() -> None:
    many = bands(*((str(cut), str(cut / 50)) for cut in range(1, 251)))
    made = standard([line("x", "bands", "5", bands=many)])
    ind = frame(row("x", 77, 100))
    points = scoring.score(ind, made)
    sheet = score_sheet(points, scoring.totals(points, made), made, ("2024", "01", ""), "zh", ind)
    book = openpyxl.load_workbook(io.BytesIO(workbook(sheet)))
    cell = next(cells for cells in book.worksheets[0].iter_rows(min_row=6) if cells[0].value == "x")
    assert cell[COLUMNS.index("raw")].value == points["points"].iloc[0]
    assert "公式过长" in cell[COLUMNS.index("reason")].value


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_is_said_in_the_readers_language(cases: dict[str, Case], lang: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(replace(cases["half_up_03"].sheet, lang=lang))))
    assert [sheet.title for sheet in book] == [
        word(f"score_sheet.sheet_{name}", lang) for name in ("lines", "judged", "grades", "vetoes")
    ]
    texts = " ".join(str(cell.value) for sheet in book for cells in sheet.iter_rows() for cell in cells if cell.value)
    assert ("no points" in texts) == (lang == "en")
    assert ("评审人未评分" in texts) == (lang == "zh")


def test_what_cannot_be_made_is_said(cases: dict[str, Case], data: ev.Data, region: ev.regions.RegionFigures) -> None:
    made = cases["half_even_01"]
    with pytest.raises(ValueError, match="no points of 2022 01"):
        score_sheet(made.points, made.totals, made.standard, ("2022", "01", ""), "zh", frame(row("a1", 1, 2)))
    with pytest.raises(ValueError, match="benchmark"):
        score_sheet(made.points, made.totals, made.standard, made.key, "zh", frame(row("b5", 1, 2)))
    unscored = replace(data, standard=None)
    with pytest.raises(ValueError, match="without a standard"):
        region_workbook(region, unscored, EXAMPLE[0], "2024", "zh")
