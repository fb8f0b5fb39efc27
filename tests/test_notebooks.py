"""The notebooks of the product: as they lie in the repository, and run by hand with what stands in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from bs4 import BeautifulSoup, Tag
from nbclient import NotebookClient

from evaltools.notebook_files import content_of, discover
from evaltools.problems import ProblemList
from evaltools.publishing import MIME

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
COUNTY = ["01_data_quality", "02_trends", "03_performance", "04_county_report"]
REGION = ["05_region_report", "06_ranking", "07_funds"]
NAMES = [*COUNTY, *REGION]
MOST_LINES = 12


def raw(name: str) -> str:
    return (NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8")


def code(name: str) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(raw(name))["cells"] if cell["cell_type"] == "code"]


# --- as they lie in the repository


def test_the_notebooks_are_found_in_their_order_without_a_problem() -> None:
    problems = ProblemList()
    found = discover(NOTEBOOKS, problems)
    assert list(found) == NAMES
    assert problems.frame().empty
    assert {name: file.scope for name, file in found.items()} == dict.fromkeys(COUNTY, "area") | dict.fromkeys(
        REGION, "region"
    )
    orders = [file.order for file in found.values()]
    assert orders == sorted(set(orders))
    for language in ("zh", "en"):
        titles = [file.titles[language] for file in found.values()]
        assert len(set(titles)) == len(titles) and all(titles)


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_stripped_and_ids_are_stable(name: str) -> None:
    for cell in code(name):
        assert cell["outputs"] == [] and cell["execution_count"] is None
    ids = [cell["id"] for cell in json.loads(raw(name))["cells"]]
    assert ids == [f"{name[:2]}-{at:02d}" for at in range(len(ids))]


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_written_as_the_repository_writes_it(name: str) -> None:
    content = json.loads(raw(name))
    assert raw(name) == json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    nbformat.validate(nbformat.from_dict(content))
    assert set(content["metadata"]) == {"evaltools", "kernelspec", "language_info"}
    assert set(content["metadata"]["evaltools"]) == {"scope", "order", "title_zh", "title_en"}


@pytest.mark.parametrize("name", NAMES)
def test_the_parameters_are_typed_and_tagged_and_say_what_they_are(name: str) -> None:
    tagged = [cell for cell in code(name) if "parameters" in cell["metadata"].get("tags", [])]
    assert tagged == code(name)[:1]
    problems = ProblemList()
    parameters = discover(NOTEBOOKS, problems)[name].parameters
    expected = ["data", "area", "period", "stage", "standard", "audience", "lang"]
    own = {"02_trends": ["without_disturbed"], "04_county_report": ["genre"]}
    assert list(parameters) == [one for one in expected if one != "area" or name in COUNTY] + own.get(name, [])
    for line in "".join(tagged[0]["source"]).splitlines():
        assert (": str = " in line or ": bool = " in line) and "  # " in line, line


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_thin_and_write_no_files(name: str) -> None:
    sources = ["".join(cell["source"]) for cell in code(name)]
    assert all(len(source.splitlines()) <= MOST_LINES for source in sources)
    text = "\n".join(sources)
    for forbidden in ("open(", "to_csv", "savefig", "write_text", "to_excel", "os.environ", "display("):
        assert forbidden not in text, forbidden
    first = json.loads(raw(name))["cells"][0]
    assert first["cell_type"] == "markdown" and "".join(first["source"]).startswith("# ")


# --- run


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand nobody asks for warnings about other libraries' default encodings; ours are asked for elsewhere."""
    monkeypatch.delenv("PYTHONWARNDEFAULTENCODING", raising=False)


def published(notebook: nbformat.NotebookNode) -> list[dict[str, Any]]:
    """What a reader gets, in order; a cell that warned or printed would have other outputs."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"display_data"}, [
        output for output in outputs if output.output_type != "display_data"
    ]
    return [{**output["data"][MIME], "html": output["data"]["text/html"]} for output in outputs]


def texts(shown: list[dict[str, Any]]) -> list[str]:
    """Every sentence, title, caption, alternative text and table cell."""
    found = []
    for part in shown:
        if part["kind"] == "table":
            soup = BeautifulSoup(part["html"], "html.parser")
            found += [cell.get_text() for cell in soup.find_all(["td", "th"])]
        found += [part.get(key, "") for key in ("title", "caption", "alt")]
        found += part.get("sentences", [])
        found += [text for figure in part.get("figures", []) for text in figure]
    return found


def described(cell: Tag) -> str:
    """What a cell without text says of the line it draws."""
    return str(cell.svg["aria-label"]) if cell.svg else ""


def check(shown: list[dict[str, Any]]) -> None:
    kinds = [part["kind"] for part in shown]
    assert kinds[:2] == ["style", "section"], "a page begins with a heading"
    said = texts(shown)
    assert not [text for text in said if text in ("nan", "None", "NaN") or "{" in text or "}" in text]
    for part in shown:
        if part["kind"] == "table":
            assert len(part["csv"].splitlines()) > 1, (part["name"], "a table without rows")
            rows = [row.find_all(["td", "th"]) for row in BeautifulSoup(part["html"], "html.parser").select("tr")]
            cells = [[cell.get_text() or described(cell) for cell in row] for row in rows if len(row) > 1]
            empty = [column[0] for column in zip(*cells, strict=True) if set(column[1:]) <= {"", "—"}]
            assert not empty, (part["name"], empty)
        if part["kind"] == "figure":
            assert len(part["alt"]) > 10


@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_by_hand_with_its_defaults(name: str) -> None:
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    check(published(notebook))


ENGLAND = {"data": "england", "area": "E06000009", "lang": "en"}
CASES = [
    ("02_trends", ENGLAND | {"period": "2023"}),
    ("03_performance", ENGLAND | {"period": "2023"}),
    ("04_county_report", ENGLAND | {"period": "2023-H1"}),  # of which there is nothing
    ("02_trends", {"period": "2024-01/2024-06"}),
    ("03_performance", {"period": "2024-01/2024-06"}),
]


@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_a_notebook_runs_with_other_data_and_parts_of_a_year(
    tmp_path: Path, name: str, parameters: dict[str, str]
) -> None:
    out = tmp_path / "run.ipynb"
    papermill.execute_notebook(
        NOTEBOOKS / f"{name}.ipynb", out, parameters, cwd=str(NOTEBOOKS), progress_bar=False, kernel_name="python3"
    )
    shown = published(nbformat.read(out, as_version=4))
    check(shown)
    if parameters.get("period") == "2024-01/2024-06":
        assert any("同比" in text for text in texts(shown)) and not any("较上年" in text for text in texts(shown))


def test_a_notebook_reads_the_same_from_its_file_as_the_runner_reads_it() -> None:
    for name in NAMES:
        ours = [cell["source"] for cell in content_of(NOTEBOOKS / f"{name}.ipynb")["cells"]]
        assert ours == ["".join(cell["source"]) for cell in json.loads(raw(name))["cells"]]
