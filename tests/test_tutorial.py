"""The tutorial: it runs by itself, without the network, and what it says of its results is so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from bs4 import BeautifulSoup

from evaltools.notebook_files import content_of, discover
from evaltools.problems import ProblemList

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
TUTORIAL = NOTEBOOKS / "tutorial.ipynb"
MOST_LINES = 12

OFFLINE = """import socket


def refuse(self, address):
    if self.family not in (socket.AF_UNIX,) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise AssertionError(f"the tutorial called {address}")
    return connect(self, address)


connect, socket.socket.connect = socket.socket.connect, refuse
"""
"""Put first: no connection leaves the machine (kernels talk to each other on loopback)."""


def test_it_is_no_page_of_a_run() -> None:
    assert "tutorial" not in discover(NOTEBOOKS, ProblemList())


def test_it_lies_as_the_other_notebooks_do() -> None:
    raw = TUTORIAL.read_text(encoding="utf-8")
    content = json.loads(raw)
    assert raw == json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    nbformat.validate(nbformat.from_dict(content))
    cells = content_of(TUTORIAL)["cells"]
    assert [cell["id"] for cell in cells] == [f"tutorial-{at:02d}" for at in range(len(cells))]
    for cell in cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
            assert len(cell["source"].splitlines()) <= MOST_LINES
    assert cells[0]["source"].startswith("# Tutorial")


def frame(notebook: nbformat.NotebookNode, first: str) -> list[dict[str, str]]:
    """Return the rows of the table that the cell with a line beginning so shows, by their headers."""
    (cell,) = (cell for cell in notebook.cells if f"\n{first}" in f"\n{cell.source}")
    table = BeautifulSoup(cell.outputs[-1]["data"]["text/html"], "html.parser").select("table")[-1]
    head, *rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.slow
def test_it_runs_to_a_page_in_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONWARNDEFAULTENCODING", raising=False)
    for name in ("EVALTOOLS_HOME", "EVALTOOLS_DATA"):
        monkeypatch.delenv(name, raising=False)
    before = sorted(path.name for path in NOTEBOOKS.iterdir())
    guarded, ran, home = tmp_path / "guarded.ipynb", tmp_path / "ran.ipynb", tmp_path / "home"
    notebook: Any = nbformat.read(TUTORIAL, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(OFFLINE))
    nbformat.write(notebook, guarded)
    given = {"work": str(home)}
    papermill.execute_notebook(guarded, ran, given, cwd=str(NOTEBOOKS), progress_bar=False, kernel_name="python3")
    done = nbformat.read(ran, as_version=4)

    values = {(row["period"], row["indicator"]): row["value"] for row in frame(done, "ind[[")}
    assert float(values["2025", "home_visits_per_elder"]) == pytest.approx(95600 / 43100)
    points = {(row["period"], row["line"]): row for row in frame(done, "points[[")}
    assert float(points["2025", "2"]["points"]) == round(5 * (95600 / 43100 / 2.5) ** 2, 2)
    assert float(points["2025", "1"]["points"]) == round(5 * (31200 / 43100 - 0.5) / 0.3, 2)
    tables = {row["attribute"]: row["rows"] for row in frame(done, "data = ev.load")}
    assert (tables["facts"], tables["catalogue"]) == ("9", "3")  # one has two definitions

    for folder, title, name in (
        ("2025", "上门随访", "老年人人均上门随访次数"),
        ("2025-en", "Home visits", "Home visits per resident 65 and over"),
    ):
        site = home / "reports" / "mydata" / folder / "990201"
        page = BeautifulSoup((site / "home_visits.html").read_text(encoding="utf-8"), "html.parser")
        assert title in page.h1.get_text() and name in page.get_text()
        assert "3.94" in page.select_one("#table-visit_points").get_text()
        assert page.select_one("#figure-visits svg") is not None
    # nothing is written but into the folder
    assert sorted(path.name for path in NOTEBOOKS.iterdir()) == before
