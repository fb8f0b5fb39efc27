"""`evaltools template`: one workbook, or one a county in a folder; never over a filled one."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import returned
from builders import area, fact

from evaltools import cli

pytestmark = pytest.mark.slow

CODES = ("010203", "010204", "010205")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    areas = [
        area("01"),
        *(area(code, parent="01", name_zh=f"{name}县") for code, name in zip(CODES, "甲乙丙", strict=True)),
    ]
    areas.append(area("010206", parent="01", valid_to="2023", successor="010205"))
    facts = [fact("2023", code, name, 5) for code in CODES for name in returned.ITEMS]
    return returned.small(tmp_path / "small", areas=areas, units=[], facts=facts, meta={"region": "01"})


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str], str]:
    """Run the command: exit status, printed lines, what was said on the way."""
    status = cli.main(["template", *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out.splitlines(), printed.err


def asked(path: Path) -> dict[str, str]:
    rows = openpyxl.load_workbook(path)["evaltools"].iter_rows(min_row=3, max_row=8, values_only=True)
    return {row[0]: row[1] for row in rows}


def test_one_county_in_a_file_for_the_year_after_the_latest(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "to send" / "甲县.xlsx"
    status, printed, _ = run(capsys, "--data", folder, "--area", "010203", "--out", out)
    assert (status, printed) == (0, [str(out)])
    found = asked(out)
    assert (found["area"], found["period"], found["lang"]) == ("010203", "2024", "zh")


def test_every_county_in_a_folder(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    options = ("--data", folder, "--out", out, "--period", "2024-01/2024-06", "--lang", "en", "--units-in-rows")
    status, printed, _ = run(capsys, *options)
    assert status == 0
    assert [Path(line).name for line in printed] == [f"{code}_Area {code}_2024-01_2024-06.xlsx" for code in CODES]
    assert [asked(Path(line))["area"] for line in printed] == list(CODES)
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert run(capsys, *options)[0] == 0  # what is there already is what would be written
    assert set(before) == set(out.iterdir())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--out", "all.xlsx"], "3 areas"),
        (["--out", "one.xls", "--area", "010203"], "one.xls"),
        (["--out", "one.xlsx", "--area", "10203"], "nearest"),
        (["--out", "one.xlsx", "--area", "010203", "--period", "24"], "not a period"),
        (["--out", "one.xlsx", "--area", "010203", "--period", "unknown"], "not a period"),
    ],
)
def test_what_cannot_be_written_is_said_and_nothing_is(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    status, printed, error = run(capsys, "--data", folder, "--lang", "en", *options)
    assert (status, printed) == (2, []) and said in error
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_a_filled_return_is_never_lost(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "one.xlsx"
    options = ("--data", folder, "--lang", "en", "--area", "010203", "--out", out)
    assert run(capsys, *options)[0] == 0
    book = openpyxl.load_workbook(out)
    book["alpha"]["D6"] = 7
    book.save(out)
    filled = out.read_bytes()
    status, _, error = run(capsys, *options)
    assert status == 2 and "not overwritten" in error and out.read_bytes() == filled


def test_an_openpyxl_filled_return_is_loaded_and_checked(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Formulas of ours without a stored result are no errors of the sender."""
    data = returned.small(tmp_path / "units")
    out = tmp_path / "sent" / "one.xlsx"
    assert run(capsys, "--data", data, "--period", "2024", "--area", returned.AREA, "--out", out)[0] == 0
    book = openpyxl.load_workbook(out)
    for letter in "FHJ":
        book["alpha"][f"{letter}6"] = 30
        book["alpha"][f"{letter}7"] = 3
    book.save(out)
    assert cli.main(["check", str(out.parent), "--format", "csv"]) in (0, 1)
    listed = capsys.readouterr().out
    assert "uncached" not in listed
