"""Plans of funds as they are written by hand: read, and what is wrong said at once, by line; the pages about them."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from builders import area, dataset, fact, item, unit

import evaltools as ev
from evaltools import wording
from evaltools.datasets import Data
from evaltools.funds_plan import load_plans
from evaltools.funds_results import objects_of, share_out, veto_factors, workloads
from evaltools.problems import InputError

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = {"en": "funds.md", "zh": "funds.zh-CN.md"}

PLAN = """\
plans:
  - id: counties
    name_zh: 方案
    name_en: Plan
    source: a test
    mark: general
    period: "2024"
    objects: area
    method: formula
    population: a
    population_year: previous
    parameter: rate
    shares: {central: 60, province: 40}
    shares_of: {"010102": {central: 80, province: 20}}
    coefficient: {from: stated, values: {"010101": 0.95, "010102": 1}}
    prepaid: {"010101": {central: 5, province: 7}, "010102": {central: 0, province: 0}}
    cap: {"010102": 2000}
  - id: units
    name_zh: 机构方案
    name_en: Units
    source: a test
    mark: general
    period: "2024"
    objects: unit
    area: "010101"
    method: workload
    measure: fen
    missing: leave_out
    quality: {"02": 0.5}
    prepaid: {"01": 900}
    items:
      - {id: visits, name_zh: 访视, name_en: Visits, budget: 1000, workload: b}
"""


def folder_of(folder: Path, plan: str = PLAN) -> Path:
    facts = [
        fact(year, code, "a", value) for year, value in (("2023", 1000), ("2024", 9)) for code in ("010101", "010102")
    ]
    facts += [fact("2024", "010101", "b", value, unit=code) for code, value in (("01", 30), ("02", 40))]
    rate = {"parameter": "rate", "valid_from": "2023", "valid_to": "2023", "area": "*", "value": 7}
    of_year = rate | {"valid_from": "2024", "valid_to": "2024", "value": 10}
    made = dataset(
        folder,
        {"region": "01"},
        areas=[
            area("01"),
            area("010101", parent="01"),
            area("010102", parent="01"),
            area("010103", parent="01", valid_to="2022"),
        ],
        units=[unit("010101", "01"), unit("010101", "02"), unit("010101", "03")],
        items=[item("a", over_time="last"), item("b")],
        parameters=[row | {"source": "a test", "mark": "general"} for row in (rate, of_year)],
        facts=facts,
    )
    (made / "funds.yaml").write_text(plan, encoding="utf-8")
    return made


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return ev.load(str(folder_of(tmp_path / "own")))


def test_a_plan_by_formula_takes_population_standard_and_statements_from_where_it_says(data: Data) -> None:
    plan, other = load_plans(data)
    assert [plan.id] == [found.id for found in load_plans(data, "2024")][:1] and load_plans(data, "2023") == []
    objects = objects_of(plan, data)
    # the county of before 2023 is none of 2024; people of the year before, money of the year itself
    assert list(objects["area"]) == ["010101", "010102"]
    assert list(objects["population"]) == [1000, 1000] and list(objects["per_head"]) == [10, 10]
    rows = share_out(plan, data, pd.DataFrame()).formula.rows  # type: ignore[union-attr]
    # 10,000 × 0.95 = 9,500, capped at 2,000: the rest goes to the other
    assert list(rows["due"]) == [17_500, 2000]
    assert list(rows["due_central"]) == [10_500, 1600]
    assert list(rows["settlement_central"]) == [10_495, 1600] and list(rows["prepaid"]) == [12, 0]
    assert other.rules.measure == "fen" and other.items[0].budget == Decimal(1000)


def test_a_plan_by_workload_counts_the_units_work(data: Data) -> None:
    _, plan = load_plans(data)
    rows = workloads(plan, data)
    assert list(rows["workload"].fillna(-1)) == [30, 40, -1] and list(rows["reason"]) == ["", "", "not reported"]
    found = share_out(plan, data, pd.DataFrame()).work
    assert found is not None
    assert list(found.rows["due"].fillna(-1)) == [600, 400, -1]
    assert list(found.rows["settlement"].fillna(-1)) == [-300, -1, -1]
    assert found.rows["reason"][1] == "no pre-payment stated, so no settlement"


def test_without_a_file_there_is_no_plan(tmp_path: Path) -> None:
    assert load_plans(ev.load(str(dataset(tmp_path / "x", facts=[fact("2024", "1", "a", 1)])))) == []


def problems_of(folder: Path, plan: str) -> pd.DataFrame:
    data = ev.load(str(folder_of(folder, plan)))
    with pytest.raises(InputError) as error:
        load_plans(data)
    return error.value.problems


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("id: units", "id: counties", "funds_repeated_id"),
        ("id: units", "id: of-units", "funds_bad_id"),
        ("method: formula", "method: lottery", "funds_not_allowed"),
        ("central: 60", "central: 50", "funds_shares_of_plan"),
        ("central: 80", "central: 90", "funds_shares_of_plan"),
        ("population: a", "population: people", "funds_unknown_item"),
        ("workload: b", "workload: c", "funds_unknown_item"),
        ("parameter: rate", "parameter: rates", "funds_unknown_parameter"),
        ("parameter: rate", "parameter: rate\n    per_head: 5", "funds_one_of_two"),
        ("population_year: previous", "population_year: last", "funds_not_a_year"),
        ('"010101": 0.95', '"010109": 0.95', "funds_unknown_area"),
        ('"010101": 0.95', '"010101": -0.95', "funds_out_of_range"),
        ('area: "010101"', 'area: "010199"', "funds_unknown_area"),
        ('quality: {"02"', 'quality: {"09"', "funds_unknown_unit"),
        ("budget: 1000", "budget: -1000", "funds_out_of_range"),
        ("budget: 1000", "budget: 1k", "funds_not_a_number"),
        ("from: stated, values", "from: grade, tiers", "funds_grades_without_standard"),
        ("{central: 5, province: 7}", "12", "funds_prepaid_mixed"),
        ('"2024"\n    objects: area', "then\n    objects: area", "funds_not_a_period"),
        ("cap:", "withheld: reward\n    cap:", "funds_no_reward_grades"),
        ("measure: fen", "shares: {central: 100}", "funds_not_for_method"),
        ("measure: fen", "mesure: fen", "funds_unknown_key"),
        (
            'source: a test\n    mark: general\n    period: "2024"\n    objects: unit',
            "objects: unit",
            "funds_missing_key",
        ),
        (PLAN, "plans: []", "funds_not_a_list"),
        (PLAN, "", "funds_empty"),
        (PLAN, "plans: [", "funds_not_readable"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_by_line(tmp_path: Path, old: str, new: str, rule: str) -> None:
    assert old in PLAN
    found = problems_of(tmp_path / "own", PLAN.replace(old, new, 1))
    assert rule in set(found["rule"])
    assert found["where"].str.fullmatch(r"funds\.yaml line \d+").all()
    at = int(found.loc[found["rule"] == rule, "where"].iloc[0].rsplit(" ", 1)[1])
    if rule not in (
        "funds_missing_key",
        "funds_one_of_two",
        "funds_no_reward_grades",
        "funds_prepaid_mixed",
        "funds_repeated_id",
    ):
        assert abs(at - 1 - PLAN[: PLAN.index(old)].count("\n")) <= 2


def test_everything_wrong_with_a_plan_is_said_at_once(tmp_path: Path) -> None:
    plan = PLAN.replace("central: 60", "central: 50").replace("population: a", "population: z")
    plan = plan.replace('"010101": 0.95', '"010199": 0.95').replace("budget: 1000", "budget: -1")
    rules = ["funds_shares_of_plan", "funds_unknown_item", "funds_unknown_area", "funds_out_of_range"]
    found = problems_of(tmp_path / "own", plan)
    assert sorted(found["rule"]) == sorted(rules)
    assert not found["sentence_zh"].str.contains("[{}]").any()


def test_the_strictest_veto_counts_and_one_without_effect_on_funds_does_not(tmp_path: Path) -> None:
    text = (ROOT / "data" / "standards" / "basic_public_health.yaml").read_text(encoding="utf-8")
    vetoes = "\n".join(
        f"  - {{id: {name}, name_zh: 一, name_en: One, source: s, mark: general, effect: bar_from_ranking{funds}}}"
        for name, funds in (("fraud", ", funds: 0.5"), ("waste", ", funds: 0.8"), ("late", ""))
    )
    path = tmp_path / "own.yaml"
    path.write_text(f"{text}\nvetoes:\n{vetoes}\n", encoding="utf-8")
    standard = ev.standards.load_standard(path)
    scores = pd.DataFrame({"area": ["a", "b", "c"], "unit": "", "vetoes": ["waste; fraud", "late", ""]})
    assert veto_factors(standard, scores) == {"a": Decimal("0.5")}
    assert veto_factors(None, scores) == {}


def test_no_reason_beside_money_lacks_its_chinese() -> None:
    texts = [text["en"] for key, text in wording.topic("funds").items() if key.startswith("reason_")]
    assert wording.untranslated(texts) == []


# --- the pages about it


def text(lang: str) -> str:
    return (DOCS / PAGES[lang]).read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", PAGES)
def test_the_plan_of_the_page_can_be_used(tmp_path: Path, lang: str) -> None:
    (plan,) = re.findall(r"^```yaml\n(.*?)^```$", text(lang), re.MULTILINE | re.DOTALL)
    data = replace(ev.load(str(ROOT / "data" / "example")), folder=tmp_path)
    (tmp_path / "funds.yaml").write_text(plan, encoding="utf-8")
    assert [found.method for found in load_plans(data)] == ["formula", "workload"]
