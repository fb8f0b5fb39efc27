"""`evaltools new`: what it writes runs at once, is a page of the next run, and never takes the place of another."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import tiny
from bs4 import BeautifulSoup

from evaltools import cli, new_notebook
from evaltools.notebook_files import content_of, discover
from evaltools.problems import InputError, ProblemList

MOST_LINES = 12


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tiny.small_home(tmp_path / "home")
    monkeypatch.setenv("EVALTOOLS_HOME", str(home))
    tiny.notebook(home, "04_county_report", "area", 4, "print(area)")
    tiny.notebook(home, "05_region_report", "region", 50, "print(period)")
    return home


@pytest.mark.parametrize("scope", ["area", "region"])
def test_it_is_a_notebook_of_the_house(home: Path, scope: str) -> None:
    path = new_notebook.write("08-visits", scope, 'A "B" & C', "  Two\n words ")
    assert path == home / "notebooks" / "08-visits.ipynb"
    problems = ProblemList()
    found = discover(path.parent, problems)["08-visits"]
    assert problems.frame().empty
    assert (found.scope, found.order, found.titles) == (scope, 60, {"zh": 'A "B" & C', "en": "Two words"})
    expected = {"data", "area", "period", "stage", "standard", "audience", "lang"} - (
        {"area"} if scope != "area" else set()
    )
    assert set(found.parameters) == expected
    assert all(parameter.kinds == {"str"} for parameter in found.parameters.values())
    raw = path.read_text(encoding="utf-8")
    content = json.loads(raw)
    nbformat.validate(nbformat.from_dict(content))
    assert raw == json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    assert "TITLE" not in raw and "TABLE" not in raw
    cells = content_of(path)["cells"]
    assert cells[0]["source"].startswith("# Two words\n")
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        assert cell["cell_type"] == "markdown" or len(cell["source"].splitlines()) <= MOST_LINES


def test_titles_are_made_from_the_name(home: Path) -> None:
    new_notebook.write("08_village_visits")
    new_notebook.write("2024")
    found = discover(home / "notebooks", ProblemList())
    assert found["08_village_visits"].titles == {"zh": "Village visits", "en": "Village visits"}
    assert found["2024"].titles["en"] == "2024"
    assert list(found)[-2:] == ["08_village_visits", "2024"]


@pytest.mark.parametrize(
    "name",
    ["", "Visits", "访视", "a b", "a/b", "../a", "a.b", "_a", "-a", "index", "tables", "con", "lpt1", "a" * 41, "a:b"],
)
def test_a_name_that_no_file_or_page_should_have_is_refused(home: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        new_notebook.write(name)
    (sentence,) = caught.value.problems["sentence_en"]
    assert f"“{name}”" in sentence and "a-z" in sentence and "40" in sentence
    assert len(list((home / "notebooks").iterdir())) == 2


@pytest.mark.parametrize("name", ["04_county_report", "04_county_report.ipynb", "mine"])
def test_a_notebook_that_is_there_is_left_alone(home: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    own = home / "notebooks" / "Mine.ipynb"
    own.write_text("{}", encoding="utf-8")
    before = {path: path.read_bytes() for path in (home / "notebooks").iterdir()}
    assert cli.main(["new", name, "--lang", "en"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("No notebook was written.") and "already" in said.err
    assert {path: path.read_bytes() for path in (home / "notebooks").iterdir()} == before


def test_the_command_ends_with_the_path(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["new", "visits", "--scope", "region", "--title-zh", "访视", "--title-en", "Visits"]) == 0
    assert capsys.readouterr().out == f"{home / 'notebooks' / 'visits.ipynb'}\n"
    assert discover(home / "notebooks", ProblemList())["visits"].titles == {"zh": "访视", "en": "Visits"}


def pages_of(home: Path, out: Path, *arguments: str) -> dict[str, BeautifulSoup]:
    """Make a notebook of each scope, run them, and return their pages."""
    assert cli.main(["new", "own-area"]) == cli.main(["new", "own_region", "--scope", "region"]) == 0
    line = [*arguments, "--notebook", "own_region", "--notebook", "own-area", "--jobs", "1", "--out", str(out)]
    ran = tiny.evaltools(home, "run", *line)
    assert ran.returncode == 0, ran.stderr
    found = sorted(out.rglob("own*.html"))
    return {path.stem: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in found}


CASES = [
    ("qof", "P001", "2025", "--lang en"),
    ("qof", "P001", "2025", "--audience public"),
    ("england", "E06000009", "2023", "--lang zh"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("data", "area", "period", "more"), CASES)
def test_both_are_pages_of_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str, area: str, period: str, more: str
) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    (home / "data").symlink_to(Path(__file__).parents[1] / "data")
    monkeypatch.setenv("EVALTOOLS_HOME", str(home))
    pages = pages_of(home, out, "--data", data, "--area", area, "--period", period, *more.split())
    assert list(pages) == ["own-area", "own_region"]
    for page in pages.values():
        assert ("方法与说明" if "zh" in more else "Methods and notes") in page.main.get_text()
        assert page.select_one("figure svg") is not None and page.select_one("table") is not None
    (of_area,), (of_region,) = out.rglob("own_area_main.csv"), out.rglob("own_region_counties.csv")
    rows = pd.read_csv(of_region, dtype=str)
    assert rows["area"].nunique() == len(rows) == 24
    figures = pd.read_csv(of_area, dtype=str).set_index("indicator").loc[rows["indicator"].iloc[0]]
    assert figures["value"] == rows.set_index("area").loc[area, "value"]


@pytest.mark.slow
def test_where_no_indicator_has_a_value_both_pages_say_so(home: Path, tmp_path: Path) -> None:
    facts = home / "data" / "small" / "facts.csv"
    rows = pd.read_csv(facts, dtype=str, keep_default_na=False)
    rows[rows["item"] == "a"].to_csv(facts, index=False, lineterminator="\n")  # numerators without denominators
    pages = pages_of(home, tmp_path / "out", "--data", "small", "--area", "02", "--period", "2024")
    assert list(pages) == ["own-area", "own_region"]
    for page in pages.values():
        assert page.select_one("table") is None and "没有可用的数据" in page.main.get_text()
