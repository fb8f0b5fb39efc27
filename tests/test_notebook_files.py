"""Reading notebooks: metadata, typed parameters, and refusing what a notebook does not take."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from evaltools import notebook_files
from evaltools.notebook_files import NotebookFile, check_parameters
from evaltools.notebook_parameters import Value, describe, parameters_of, typed, with_values
from evaltools.problems import ProblemList

NEEDED = 'data: str = "example"\nperiod: str = "2024"\narea: str = "990101"\n'


def write(path: Path, parameters: str, scope: str = "area", order: float = 1, **metadata: object) -> Path:
    own = {"scope": scope, "order": order, "title_zh": "标题", "title_en": "Title", **metadata}
    cells = [
        new_markdown_cell("notes"),
        new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        new_code_cell("1 + 1"),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata={"evaltools": own}), path)
    return path


def discovered(folder: Path) -> tuple[dict[str, NotebookFile], list[tuple[str, str]]]:
    problems = ProblemList()
    found = notebook_files.discover(folder, problems)
    frame = problems.frame()
    return found, list(zip(frame["rule"], frame["where"], strict=True))


def refusals(source: str, **given_values: object) -> tuple[dict[str, object], list[str]]:
    notebook = NotebookFile("n", Path("n.ipynb"), "area", 1, {}, parameters_of(source))
    problems = ProblemList()
    accepted = check_parameters([notebook], given_values, problems)  # type: ignore[arg-type]
    return dict(accepted), list(problems.frame()["sentence_en"])


def test_notebooks_are_found_by_their_metadata_in_their_order(tmp_path: Path) -> None:
    write(tmp_path / "a_second.ipynb", NEEDED, order=2)
    write(tmp_path / "b_first.ipynb", NEEDED, order=1)
    write(tmp_path / "c_region.ipynb", 'data: str = "x"\nperiod: str = "2024"', scope="region", order=1.5)
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), tmp_path / "somebody_elses.ipynb")
    found, problems = discovered(tmp_path)
    assert list(found) == ["b_first", "c_region", "a_second"]
    assert found["c_region"].scope == "region"
    assert found["a_second"].titles == {"zh": "标题", "en": "Title"}
    assert problems == []


def test_everything_wrong_with_notebooks_is_said_at_once(tmp_path: Path) -> None:
    write(tmp_path / "scope.ipynb", NEEDED, scope="county")
    write(tmp_path / "order.ipynb", NEEDED, order="first")  # type: ignore[arg-type]
    write(tmp_path / "untitled.ipynb", NEEDED, title_zh="")
    write(tmp_path / "broken.ipynb", NEEDED + "x: int =")
    write(tmp_path / "number.ipynb", 'data: str = "x"\nperiod: str = "2024"\narea = 990101')
    (tmp_path / "cut.ipynb").write_text('{"cells": [', encoding="utf-8")
    (tmp_path / "old.ipynb").write_text('{"worksheets": []}', encoding="utf-8")
    (tmp_path / "bytes.ipynb").write_bytes(b"\xff\xfe")
    _, problems = discovered(tmp_path)
    assert sorted(problems) == [
        ("notebook_needs", "broken.ipynb"),
        ("notebook_needs", "broken.ipynb"),
        ("notebook_needs", "broken.ipynb"),
        ("notebook_needs", "number.ipynb"),
        ("notebook_order", "order.ipynb"),
        ("notebook_parameters", "broken.ipynb line 4"),
        ("notebook_scope", "scope.ipynb"),
        ("notebook_title", "untitled.ipynb"),
        ("notebook_unreadable", "bytes.ipynb"),
        ("notebook_unreadable", "cut.ipynb"),
        ("notebook_unreadable", "old.ipynb"),
    ]


def test_running_a_notebook_by_hand_does_not_change_its_digest_and_editing_does(tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", NEEDED)
    before = discovered(tmp_path)[0]["n"].digest
    content = json.loads(path.read_text(encoding="utf-8"))
    content["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "2"}]
    content["cells"][2]["execution_count"] = 7
    path.write_text(json.dumps(content), encoding="utf-8")
    assert discovered(tmp_path)[0]["n"].digest == before
    content["cells"][2]["source"] = "1 + 2"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert discovered(tmp_path)[0]["n"].digest != before


def test_cells_of_an_old_file_get_the_same_ids_every_time(tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", NEEDED)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["nbformat_minor"] = 4
    for cell in content["cells"]:
        del cell["id"]
    path.write_text(json.dumps(content), encoding="utf-8")
    assert [cell.id for cell in notebook_files.read(path).cells] == ["cell-1", "cell-2", "cell-3"]


def test_annotations_that_papermill_misses_are_read() -> None:
    found = parameters_of(
        "%matplotlib inline\n"
        "a: None | str = None\n"
        's = "a=b"\n'
        "n: 'int | None' = 3  # how many\n"
        "t: Optional[float] = None\n"
        "u: typing.Union[int, str] = 'x'\n"
        'lang: Literal["zh", "en"] = "zh"\n'
        "codes: list[str] = []\n"
        "b = c = True\n"
        "area: str\n"
        "when = date.today()\n"
        "table: dict = {}\n"
    )
    assert {name: describe(parameter) for name, parameter in found.items()} == {
        "a": "str | None",
        "s": "str",
        "n": "int | None",
        "t": "float | None",
        "u": "str | int",
        "lang": "'zh' | 'en'",
        "codes": "list[str]",
        "b": "bool",
        "c": "bool",
        "area": "str",
        "when": "str | None",
        "table": "—",
    }
    assert found["s"].default == "a=b"
    assert found["codes"].default == []


@pytest.mark.parametrize(
    ("annotation", "text", "expected"),
    [
        ("str", "010203", "010203"),
        ("str | int", "12", "12"),
        ("str | None", "", None),
        ("str", "", ""),
        ("int", "-3", -3),
        ("float", "1e-3", 0.001),
        ("float", "3", 3.0),
        ("int | float", "3.5", 3.5),
        ("bool", "False", False),
        ("Literal[1, 2]", "2", 2),
        ('Literal["a"] | None', "", None),
        ("list[str]", "010203, 010204，010205", ["010203", "010204", "010205"]),
    ],
)
def test_a_text_becomes_what_the_annotation_asks(annotation: str, text: str, expected: object) -> None:
    value = typed(parameters_of(f"x: {annotation} = None")["x"], text)
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("int", "010203"),
        ("int", "3.5"),
        ("int", ""),
        ("int", 3.0),
        ("int", True),
        ("int", None),
        ("float", "nan"),
        ("float", "inf"),
        ("float", float("nan")),
        ("bool", "yes"),
        ("bool", 1),
        ("str", 990101),
        ('Literal["zh", "en"]', "fr"),
        ("Literal[1, 2]", True),
        ("Literal[1, 2]", 3),
        ("list[str]", [1]),
        ("dict", "x"),
    ],
)
def test_what_does_not_fit_is_refused(annotation: str, value: Value) -> None:
    with pytest.raises(ValueError):
        typed(parameters_of(f"x: {annotation} = {{}}")["x"], value)


def test_a_whole_number_is_good_where_a_fraction_is_asked() -> None:
    value = typed(parameters_of("x: float = 0.5")["x"], 2)
    assert (value, type(value)) == (2.0, float)


def test_all_refusals_come_at_once_with_the_nearest_names() -> None:
    accepted, sentences = refusals(
        "minimum: int = 5\nshow_units: bool = True\nlabel: str = ''",
        minimun=3,
        minimum="many",
        show_units="perhaps",
        label="x",
    )
    assert accepted == {"label": "x"}
    assert len(sentences) == 3
    assert "“minimun”" in sentences[0] and sentences[0].endswith("valid names: minimum.")
    assert "“many”; allowed: int" in sentences[1]
    assert "“perhaps”; allowed: bool" in sentences[2]


def test_values_replace_the_defaults_and_nothing_else() -> None:
    source = (
        'area: str = "990101"  # 县区代码\n'
        'title = "一, 二"; period: str = "2024"  # 时期\n'
        'codes: list[str] = [\n    "1",\n    "2",\n]\n'
        "%matplotlib inline\n"
        "minimum: int | None = None"
    )
    values = {"area": '0"1', "period": "2023", "codes": ["a"], "minimum": 5, "not_there": 1}
    assert with_values(source, values) == (  # type: ignore[arg-type]
        'area: str = "0\\"1"  # 县区代码\n'
        'title = "一, 二"; period: str = "2023"  # 时期\n'
        'codes: list[str] = ["a"]\n'
        "%matplotlib inline\n"
        "minimum: int | None = 5"
    )


@given(st.one_of(st.text(), st.integers(), st.booleans(), st.none(), st.lists(st.text())))
def test_a_value_written_into_a_notebook_is_the_value_read_from_it(value: Value) -> None:
    source = with_values("前 = 1; x: object = 0; y = 2", {"x": value})
    namespace: dict[str, object] = {}
    exec(compile(ast.parse(source), "cell", "exec"), namespace)
    assert namespace["x"] == value and type(namespace["x"]) is type(value)
    assert (namespace["前"], namespace["y"]) == (1, 2)
