"""The page on funds: what it says of the example, in both languages, and that it says nothing without a plan."""

from __future__ import annotations

import io
import json
import re
import warnings
from contextlib import redirect_stdout
from fractions import Fraction
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from builders import area, dataset, fact
from nbclient import NotebookClient

import evaltools as ev
from evaltools import funds_narrative, funds_page, publishing, wording
from evaltools.datasets import Data
from evaltools.funds_plan import load_plans
from evaltools.funds_results import FundsResult, share_out

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "07_funds.ipynb"


@pytest.fixture(scope="module")
def data() -> Data:
    return ev.load("example")


@pytest.fixture(scope="module")
def scores(data: Data) -> pd.DataFrame:
    """Scores as they could be: the page must not depend on those of the example's standard."""
    points = [92.5, 84.25, 83.4, 83.5, 84, 78.1, 39.4, 74.2, 84.1, 79.2, 86.4, None]
    grades = ["excellent", *["good"] * 4, "pass", "fail", "pass", "good", "pass", "good", ""]
    rows = pd.DataFrame({"area": data.counties(), "points": points, "grade": grades})
    reasons = rows["points"].isna().map({True: "no line could be scored", False: ""})
    return rows.assign(period="2024", unit="", section="", full=100.0, reason=reasons, vetoes="")


@pytest.fixture(scope="module")
def results(data: Data, scores: pd.DataFrame) -> list[FundsResult]:
    return [share_out(plan, data, scores) for plan in load_plans(data, "2024")]


def number(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))


def test_the_arithmetic_of_every_county_can_be_redone_from_the_page(results: list[FundsResult], data: Data) -> None:
    found = results[0].formula
    assert found is not None
    population = data.facts[(data.facts["item"] == "residents") & (data.facts["period"] == "2023")]
    people = population[population["unit"] != ""].groupby("area")["value"].sum()
    rows = found.rows[found.rows["due"].notna()].set_index("area")
    for code, row in rows.iterrows():
        if code in people.index:
            assert row["population"] == people[code]
        steps = str(row["because"]).split("; ")
        a, b, c = (number(part) for part in re.split(" [=≈] ", steps[0])[0].split(" × "))
        assert (a, b) == (row["population"], 94) and float(a * b * c) == pytest.approx(row["earned"], abs=1e-6)
        assert number(re.split(" [=≈→] ", steps[-1])[-1]) == row["due"]
    balance = dict(zip(found.balance["part"], found.balance["amount"], strict=True))
    # the county without a score is listed, and its money is nobody else's
    assert balance["set_aside"] == found.rows["population"].iloc[-1] * 94
    assert balance["budget"] == (found.rows["population"] * 94).sum()
    assert balance["due"] + balance["set_aside"] == balance["budget"] and balance["kept"] == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_table_adds_up_and_every_sentence_is_in_its_language(
    results: list[FundsResult], data: Data, scores: pd.DataFrame, lang: str
) -> None:
    drawn = pd.DataFrame([scores["points"].to_numpy() + shift for shift in (-2, 0, 3)], columns=scores["area"])
    for result in results:
        parts = funds_page.parts(result, data, lang, drawn_scores=drawn)
        names = [part.name.removeprefix(f"{result.plan.id}_") for part in parts]
        expected = ["factors", "levels", "arithmetic", "settlement", "uncertainty"]
        assert names == (expected if result.formula is not None else ["workload", "work"])
        for part in parts:
            if part.emphasis:
                own, total = part.frame[~part.frame["is_total"]], part.frame[part.frame["is_total"]]
                for column in (name for name in part.columns if name.startswith(("due", "prepaid", "settlement"))):
                    assert own[column].sum() == total[column].iloc[0], column
            assert list(part.frame["object"]) and not part.frame["object"].isna().any()
        said = [text for part in parts for text in part.texts] + [part.caption for part in parts]
        said += funds_narrative.notes(result, data, lang, drawn=True)
        said += [header for part in parts for header, _ in part.columns.values()]
        assert not [text for text in said if re.search(r"nan|None|[{}]", text)]
        if lang == "zh":
            assert not [text for text in said if re.search(r"[a-z]{3}", text)]


def test_what_the_sentences_say_of_the_settlement_is_in_the_table(results: list[FundsResult], data: Data) -> None:
    parts = {part.name: part for part in funds_page.parts(results[0], data, "zh")}
    table, said = parts["counties_2024_settlement"].frame, parts["counties_2024_settlement"].texts
    rows = table[~table["is_total"] & (table["settlement"] < 0)]
    assert len(rows) and set(rows["to_do"]) == {"应收回"}
    assert all(
        f"{name}{-amount:,.0f}元" in said[1] for name, amount in zip(rows["object"], rows["settlement"], strict=True)
    )
    silent = table[table["settlement"].isna()]
    assert list(silent["reason"] != "") == [True] * len(silent)
    assert wording.untranslated(table["reason"]) == []


def test_the_public_is_not_shown_how_many_people_an_institution_serves(results: list[FundsResult], data: Data) -> None:
    shown = [part for result in results for part in funds_page.parts(result, data, "zh", "public")]
    assert not any("workload" in part.frame or "points" in part.columns for part in shown)
    assert any(part.name == "units_990101_2024_workload" for part in shown)
    assert "公开版不列出各机构的工作量。" in funds_narrative.notes(results[1], data, "zh", "public")


def page(monkeypatch: pytest.MonkeyPatch, **parameters: str) -> list[dict[str, Any]]:
    """Run the notebook's cells here, warnings as errors."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(publishing.Publish, "_show", lambda self, html, data: shown.append(data))
    cells = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", EncodingWarning)
        for at, cell in enumerate(cells):
            exec("".join(cell["source"]), names)
            names |= parameters if at == 0 else {}
    return shown


def test_without_a_plan_there_is_a_sentence_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = dataset(
        tmp_path / "x", {"region": "1"}, areas=[area("1"), area("2", parent="1")], facts=[fact("2024", "2", "a", 1)]
    )
    shown = page(monkeypatch, data=str(folder))
    assert [part["kind"] for part in shown] == ["section", "text"]
    assert shown[1]["sentences"] == ["该数据集没有2024年的资金分配方案。"]


@pytest.mark.slow
@pytest.mark.parametrize("audience", ["internal", "public"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_of_the_example(monkeypatch: pytest.MonkeyPatch, lang: str, audience: str) -> None:
    shown = page(monkeypatch, lang=lang, audience=audience)
    tables = [part["name"] for part in shown if part["kind"] == "table"]
    assert tables[:5] == [
        f"counties_2024_{name}" for name in ("factors", "levels", "arithmetic", "settlement", "uncertainty")
    ]
    assert (
        tables[5:] == [f"units_990101_2024_{name}" for name in ("workload", "work")][: 1 if audience == "public" else 2]
    )
    sums = pd.read_csv(io.StringIO(next(part["csv"] for part in shown if part.get("name") == "counties_2024_levels")))
    assert (
        sums[[f"due_{level}" for level in ("central", "province", "city", "county")]].sum(axis=1) == sums["due"]
    ).all()


@pytest.mark.slow
def test_the_notebook_runs_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONWARNDEFAULTENCODING", raising=False)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert len(outputs) > 10 and {output.output_type for output in outputs} == {"display_data"}
