"""The page on changes and trends, cell by cell, on data as counties send them: every gap is explained."""

from __future__ import annotations

import io
import json
import re
import warnings
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit

from evaltools import html_tables, publishing, wording

pytestmark = pytest.mark.slow

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "02_trends.ipynb"
YEARS = range(2018, 2025)
FLOWS = [item("a"), item("b", over_time="last"), item("c"), item("d")]
SHARES = [
    indicator("share", "a", "b"),
    indicator("visit", "c", "d"),
    indicator("deaths", "c", "b", kind="rate", per="100000", direction="down"),
    indicator("work", "a", kind="count", per="1"),
]


def page(monkeypatch: pytest.MonkeyPatch, folder: Path, **parameters: Any) -> dict[str, Any]:
    """Run the notebook's cells here, warnings as errors; return the sentences and the tables, in the order shown."""
    shown: dict[str, Any] = {"texts": [], "tables": {}, "sections": [], "figures": []}

    def show(self: object, html: str, data: dict[str, Any]) -> None:
        shown["texts"] += data.get("sentences", [])
        shown["sections"] += [data["title"]] if data["kind"] == "section" else []
        shown["figures"] += [data["name"]] if data["kind"] == "figure" else []
        if data["kind"] == "table":
            shown["tables"][data["name"]] = pd.read_csv(io.StringIO(data["csv"]), keep_default_na=False, dtype=str)
            shown["texts"].append(re.sub(r"<[^>]+>", " ", html))

    monkeypatch.setattr(publishing.Publish, "_show", show)
    cells = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", EncodingWarning)
        for at, cell in enumerate(cells):
            exec("".join(cell["source"]), names)
            if at == 0:
                names |= {"data": str(folder), "area": "1", "period": "2024", "lang": "zh"} | parameters
    said = " ".join(map(str, shown["texts"]))
    assert not re.search(r"\b(nan|NaN|inf)\b", said), said
    return shown


def yearly(values: Iterable[tuple[float, float] | None], code: str = "1", unit_: str = "") -> list[Any]:
    """Facts of a and b, one pair a year up to 2024; None is a year without any."""
    pairs = list(values)
    first = 2025 - len(pairs)
    return [
        fact(str(first + at), code, name, number, unit=unit_)
        for at, pair in enumerate(pairs)
        if pair
        for name, number in zip("ab", pair, strict=True)
    ]


def made(folder: Path, facts: list[Any], **tables: Any) -> Path:
    own = {"items": FLOWS, "indicators": SHARES, "areas": [area("1"), area("2")]}
    others = yearly([(50 + 2 * at, 100) for at in range(7)], "2")
    return dataset(folder / "data", facts=[*facts, *others], **(own | tables))


ODD = {
    "one_year": [(50, 100)],
    "two_years": [(50, 100), (60, 100)],
    "all_zero": [(0, 100)] * 7,
    "all_equal": [(50, 100)] * 7,
    "all_full": [(100, 100)] * 7,
    "no_denominator": [(5, 0)] * 7,
    "above": [(50 + 10 * at, 100) for at in range(7)],
    "gaps": [(50, 100), None, (52, 100), None, (54, 100), None, (56, 100)],
    "none_this_year": [*[(50, 100)] * 6, None],
    "scattered": [(50, 100), (9000, 10_000), (10, 100), (8000, 10_000), (20, 100), (1000, 10_000), (90, 100)],
    "tiny": [(0, 3), (1, 2), (0, 1), (1, 4), (0, 2), (1, 3), (2, 2)],
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_odd_years(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, lang: str) -> None:
    shown = page(monkeypatch, made(tmp_path, yearly(ODD[case])), lang=lang)
    table = shown["tables"].get("indicators")
    if table is None or "share" not in set(table["indicator"]):
        assert case == "none_this_year" or not len(table)
        return
    row = table.set_index("indicator").loc["share"]
    if row["marker"] == "Cannot be calculated":
        assert row["marker_reason"].startswith("not computed")
    else:
        assert case in ("all_zero", "all_equal", "scattered", "tiny")
        assert row["marker"] == "No significant change"
    for number, why in (("trend_p", "trend_reason"), ("mk_p", "mk_reason"), ("apc", "apc_reason")):
        assert (row[number] == "") == (row[why] != ""), (number, row[why])
    if row["value"] and not row["change_pp"]:
        assert row["reason"]
    assert wording.untranslated(table["reason"]) == []


@pytest.mark.parametrize("period", ["2024-H1", "2024-Q3", "2024-06", "2024-01/2024-09", "2023-12/2024-11"])
def test_parts_of_a_year_of_months(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, period: str) -> None:
    months = [f"{year}-{month:02d}" for year in (2022, 2023, 2024) for month in range(1, 13)]
    facts = [
        fact(name, code, what, number)
        for at, name in enumerate(months)
        for code in "12"
        for what, number in (("a", 5 + at % 3), ("b", 100), ("c", 40 + at % 5), ("d", 50))
    ]
    targets = [
        {"period": name, "area": "*", "unit": "", "indicator": "work", "target": 70, "kind": "absolute", "upper": ""}
        | {"source": "a test", "mark": "general"}
        for name in ("2024", "2023-12/2024-11")
    ]
    folder = dataset(tmp_path / "data", items=FLOWS, indicators=SHARES, facts=facts, targets=targets)
    shown = page(monkeypatch, folder, period=period)
    growth = shown["tables"]["growth"].set_index("indicator").loc["work"]
    # the base is the same months of the first year, as the caption says
    assert growth["base_period"] == growth["first_period"]
    assert growth["base_ratio"] == "" or float(growth["base_ratio"]) > 0
    whole = period == "2023-12/2024-11"
    assert ("progress" in shown["tables"]) == (not whole)
    if not whole:
        done = shown["tables"]["progress"].set_index("indicator").loc["work"]
        assert done["target"] == "70.0" and float(done["reached"]) > 0
    if period == "2024-06":
        assert not [name for name in shown["figures"] if name.startswith("control_")]


@pytest.mark.parametrize("ends", [("*", "2020"), ("2020", "*"), ("*", "*"), ("unknown", "unknown"), ("2020", "2021")])
@pytest.mark.parametrize("kind", ["definition", "boundary", "disturbance"])
def test_breaks_of_any_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: tuple[str, str], kind: str) -> None:
    row = {"from": ends[0], "to": ends[1], "indicator": "*", "area": "*", "kind": kind}
    told = {**row, "note_zh": "说明", "note_en": "note"}
    folder = made(tmp_path, yearly([(50 + at, 100) for at in range(7)]), breaks=[told])
    shown = page(monkeypatch, folder)
    assert any("说明" in text for text in shown["texts"])
    barred = kind != "disturbance" and ends in (("*", "*"), ("unknown", "unknown"))
    line = shown["tables"]["indicators"].set_index("indicator").loc["share"]
    assert (line["change_pp"] == "") == barred and ("not comparable" in line["reason"]) == barred


def test_two_definitions_of_one_month_series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    months = [f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13)]
    facts = [
        fact(name, "1", what, number)
        for at, name in enumerate(months)
        for what, number in (("c", 20 + at % 4 + 20 * (name == "2024-10")), ("d", 50), ("a", 30 + at % 3))
    ]
    two = [
        indicator("visit", "c", "d", valid_from="2020", valid_to="2023"),
        indicator("visit", "a", "d", valid_from="2023"),
    ]
    shown = page(monkeypatch, dataset(tmp_path / "data", items=FLOWS, indicators=two, facts=facts))
    assert not any("上限（67" in text for text in shown["texts"])


def test_what_a_page_says_of_a_comparison_it_says_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    units = [unit("1", "01", valid_to="2022", successor="03"), unit("1", "02", valid_to="2022", successor="03")]
    units += [unit("1", "03", valid_from="2023"), unit("1", "04")]
    living = {year: ("01", "02", "04") if year < 2023 else ("03", "04") for year in YEARS}
    facts = [
        fact(str(year), "1", what, number, unit=name)
        for year, names in living.items()
        for name in names
        for what, number in (("a", 3000 + 90 * (year - 2018)), ("b", 6000))
    ]
    folder = dataset(tmp_path / "data", items=FLOWS, indicators=SHARES, facts=facts, units=units)
    shown = page(monkeypatch, folder, period="2023")
    assert shown["tables"]["why_share"]["unit"].tolist()[-1] == ""
    zero = made(tmp_path / "zero", yearly([(0, 100), (4, 100)]))
    line = page(monkeypatch, zero)["tables"]["indicators"].set_index("indicator").loc["share"]
    assert "previous value is zero" in line["reason"]
    first = made(tmp_path / "first", yearly([(50, 100)]))
    shown = page(monkeypatch, first)
    line = shown["tables"]["indicators"].set_index("indicator").loc["share"]
    assert line["reason"] == "previous period missing: not in the data"
    assert "均不能与2023年比较，原因见“指标一览”。" in shown["texts"]


def test_units_that_were_split_are_no_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    units = [unit("1", "01", valid_to="2022", successor="02;03"), unit("1", "04")]
    units += [unit("1", name, valid_from="2023") for name in ("02", "03")]
    facts = [
        fact(str(year), "1", what, number, unit=name)
        for year in (2022, 2023)
        for name in (("01", "04") if year == 2022 else ("02", "03", "04"))
        for what, number in (("a", 1000 * (1 + (year == 2023))), ("b", 4000))
    ]
    folder = dataset(tmp_path / "data", items=FLOWS, indicators=SHARES, facts=facts, units=units)
    shown = page(monkeypatch, folder, period="2023")
    assert shown["tables"]["indicators"].set_index("indicator").loc["share", "change_pp"]
    assert "why_share" not in shown["tables"]


def test_every_status_a_page_can_show_has_a_sign_and_a_word() -> None:
    for status in ("better", "worse", "neutral", "small", "unclear", "untested", "same"):
        assert status in html_tables.STATUS_SIGNS
        assert wording.word(f"terms.status_{status}", "zh") and wording.word(f"report.count_{status}", "en", n=1)
