"""A return filled in and saved by LibreOffice, as xlsx, ods and xls: what was written is what is read."""

from __future__ import annotations

import random
import subprocess
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import returned

import evaltools as ev
from evaltools.problems import ProblemList
from evaltools.sheets import read_sheets
from evaltools.template_content import forms
from evaltools.template_workbook import workbook

pytestmark = pytest.mark.slow

SEED = 20240607
AREA = "990101"
FORMATS = ("xlsx", "ods", "xls")
ORIENTATIONS = ("columns", "rows")
FAMILIES = ("population", "health_education", "hypertension", "medical_insurance")

VALID = {0: True, 5: True, 2.5: True, -1: False, "不适用": True, "无": True, "随便": False, "*": False, "?": False}
"""What may be typed into a cell that is asked, by the sentence that refuses the rest."""


def content(draw: random.Random) -> tuple[object, float | str]:
    """Return something that people write into a cell, and what it says."""
    number = draw.randrange(10**6)
    return draw.choice(
        [
            (number, float(number)),
            (number, float(number)),
            (number / 100, number / 100),
            (number * 10**6, number * 1e6),
            (0, 0.0),
            (None, "missing"),
            ("不适用", "not_applicable"),
            ("未发生", 0.0),
            (f"{number:,}", float(number)),
            (" 12 ", 12.0),
            ("３５", 35.0),
        ]
    )


@pytest.fixture(scope="module")
def example() -> ev.Data:
    return ev.load("example", area=AREA, stage="reported")


@pytest.fixture(scope="module")
def saved(
    example: ev.Data, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, dict[tuple[str, str], float | str]]]:
    """Fill in the example's own return both ways round, and save it with LibreOffice in every format."""
    folder = tmp_path_factory.mktemp("filled")
    written = {}
    (form,) = forms(example, [AREA], "2025", "zh")
    form = replace(form, items=form.items[form.items["family"].isin(FAMILIES)])
    names = dict(zip(example.items["name_zh"], example.items["item"], strict=True))
    units = example.units[example.units["area"] == AREA]
    places = {"望汐区合计": "", "望汐区": "", **dict(zip(units["name_zh"], units["unit"], strict=True))}
    for orientation in ORIENTATIONS:
        draw = random.Random(SEED)
        path = folder / f"{orientation}.xlsx"
        path.write_bytes(workbook(form, orientation == "rows"))
        book = openpyxl.load_workbook(path)
        values = written[orientation] = {}
        for sheet in book:
            for down, across, cell, last in returned.visible(sheet, {*names, *places}):
                if last or cell.protection.locked or cell.data_type == "f":
                    continue
                item, place = (across, down) if down in places else (down, across)
                cell.value, values[names[item], places[place]] = content(draw)
        probe(book)
        book.save(path)
    for suffix in FORMATS:
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        files = [str(folder / f"{orientation}.xlsx") for orientation in ORIENTATIONS]
        command = ["soffice", profile, "--headless", "--convert-to", suffix, "--outdir", str(folder / suffix), *files]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder, written


def probe(book: openpyxl.Workbook) -> None:
    """Put the rule of an asked cell beside values that may be typed, so that the program evaluates it."""
    source = book.worksheets[1]
    rule = next(rule for rule in source.data_validations.dataValidation if rule.type == "custom")
    first = str(rule.sqref).split(":")[0]
    sheet = book.create_sheet("probe")
    for row, value in enumerate(VALID, 1):
        sheet.cell(row, 1).value = value
        sheet.cell(row, 2).value = f"=IF({rule.formula1.replace(first, f'A{row}')},1,0)"


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("suffix", FORMATS)
def test_nothing_is_lost_on_the_way(
    example: ev.Data,
    saved: tuple[Path, dict[str, dict[tuple[str, str], float | str]]],
    suffix: str,
    orientation: str,
) -> None:
    folder, written = saved
    path = folder / suffix / f"{orientation}.{suffix}"
    found, said = returned.read(path, returned.known(example))
    figures = returned.figures(found.facts)
    assert len(figures) > 300 and len(set(map(str, figures.values()))) > 100
    assert figures == written[orientation]
    assert set(said["rule"]) - {"sheet_unread"} <= {"text_number"}
    assert not (said["level"] == "error").any()


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_totals_and_the_confirmation_are_computed_from_what_was_written(
    example: ev.Data, saved: tuple[Path, dict[str, dict[tuple[str, str], float | str]]], orientation: str
) -> None:
    folder, written = saved
    values = written[orientation]
    sheets = {
        sheet.name: sheet.rows
        for sheet in read_sheets(folder / "xlsx" / f"{orientation}.xlsx", "return", ProblemList())
    }
    listed = {str(row[1]): row for row in sheets["数据确认单"]}
    family = dict(zip(example.items["item"], example.items["family"], strict=True))
    wanted = [key for key in values if family[key[0]] == "hypertension"]
    assert len(wanted) == 4 * 12
    filled = sum(values[key] != "missing" for key in wanted)
    assert listed["高血压患者健康管理"][2:5] == [48, filled, 48 - filled]
    assert listed["合计"][2:4] == [len(values), sum(value != "missing" for value in values.values())]

    annex = sheets["确认单附表"]
    shown = {str(row[at]): row[at + 2] for row in annex for at in (1, 4) if row[at]}
    book = openpyxl.load_workbook(folder / "xlsx" / f"{orientation}.xlsx", data_only=True)
    sums = typed_numbers(book, example)
    names = dict(zip(example.items["item"], example.items["name_zh"], strict=True))
    complete = {
        item
        for item in {item for item, unit in values if unit}
        if all(values[item, unit] != "missing" for name, unit in values if name == item)
    }
    added = example.items.loc[example.items["over_units"] == "sum", "item"]
    assert complete.intersection(added)
    for item in set(added).intersection(item for item, unit in values if unit):
        assert shown[names[item]] == (pytest.approx(sums[item]) if item in complete else None)


def typed_numbers(book: openpyxl.Workbook, example: ev.Data) -> dict[str, float]:
    """item -> sum of the numbers, not of the texts, that stand in the cells of its units."""
    names = dict(zip(example.items["name_zh"], example.items["item"], strict=True))
    units = set(example.units.loc[example.units["area"] == AREA, "name_zh"])
    sums: dict[str, float] = {}
    for sheet in book:
        for down, across, cell, last in returned.visible(sheet, {*names, *units}):
            item = down if down in names else across
            if not last and {down, across} & units and item in names:
                number = float(cell.value) if isinstance(cell.value, int | float) else 0.0
                sums[names[item]] = sums.get(names[item], 0.0) + number
    return sums


def test_the_rule_of_a_cell_lets_in_numbers_and_words_of_the_table(
    saved: tuple[Path, dict[str, dict[tuple[str, str], float | str]]],
) -> None:
    folder, _ = saved
    sheets = read_sheets(folder / "xlsx" / "columns.xlsx", "return", ProblemList())
    rows = next(sheet.rows for sheet in sheets if sheet.name == "probe")
    assert {row[0]: bool(row[1]) for row in rows} == VALID
