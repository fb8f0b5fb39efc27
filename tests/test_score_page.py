"""The page of a county's performance: vetoes, bonus and judgements are named, tables add up, no figure leaks."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit

import evaltools as ev
from evaltools import charts, regions, score_narrative, score_reasons, score_views
from evaltools.html_tables import table_html
from evaltools.score_charts import waterfall
from evaltools.score_gains import COLUMNS
from evaltools.score_page import ScorePage
from evaltools.wording import LANGUAGES

pytestmark = pytest.mark.slow

HEAD = """\
id: {name}
name_zh: 测试标准
name_en: Test standard
source: s
mark: general
total: 20
{more}
missing: zero
not_applicable: exclude
grades:
  - {{id: good, name_zh: 良好, name_en: Good, from: 16}}
  - {{id: pass, name_zh: 合格, name_en: Pass, from: 12}}
  - {{id: fail, name_zh: 不合格, name_en: Fail, from: 0}}
sections:
  - id: s1
    name_zh: 执行
    name_en: Work
    points: 20
    lines:
      - {{id: "1", indicator: share, rule: proportional, points: {first}, target: {target}, source: s, mark: general}}
      - {{id: "2", indicator: other, rule: proportional, points: {second}, target: 100, source: s, mark: general,
         gate: "1"}}
"""
EXTRA = """\
bonus:
  cap: 2
  above_total: "no"
  lines:
    - {id: b1, name_zh: 创新, name_en: Innovation, rule: manual, points: 3, source: s, mark: general}
penalties:
  lines:
    - {id: p1, name_zh: 事故, name_en: Accidents, rule: per_case, points: 4, deduct: 2, source: s, mark: general}
vetoes:
  - {id: fraud, name_zh: 弄虚作假, name_en: Falsified, source: s, mark: general, effect: set_grade, grade: fail}
  - {id: accident, name_zh: 重大事故, name_en: Accident, source: s, mark: general, effect: cap_grade, grade: pass}
  - {id: late, name_zh: 迟报, name_en: Late, source: s, mark: general, effect: drop_grade, grades: 1}
  - {id: barred, name_zh: 拒绝核查, name_en: Refused, source: s, mark: general, effect: bar_from_ranking}
"""
ROUNDING = "rounding: {digits: 2, mode: half_up, of: line}"
COUNTIES = ("01", "02", "03", "04")


def home_of(folder: Path, judgements: list[dict[str, object]] | None = None, **counts: tuple[int, int]) -> Path:
    """A dataset of three counties with two proportions of people, last year's standard and this one's."""
    facts = []
    for period, code in ((p, c) for p in ("2023", "2024") for c in COUNTIES):
        above = counts.get(f"a{code}_{period}", (80, 60))
        facts += [fact(period, code, name, x) for name, x in zip("acb", (*above, 100), strict=True)]
    places = [area("9"), *(area(code, parent="9") for code in COUNTIES)]
    (folder / "standards").mkdir(parents=True)
    now = HEAD.format(name="now", more=f"previous: before\n{ROUNDING}", first=10, second=10, target=100) + EXTRA
    before = HEAD.format(name="before", more=ROUNDING, first=12, second=8, target=80)
    for name, text in (("now", now), ("before", before)):
        (folder / "standards" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return dataset(
        folder,
        {"region": "9", "standard": "now"},
        areas=places,
        facts=facts,
        items=[item("a"), item("b"), item("c")],
        indicators=[indicator("share", "a", "b"), indicator("other", "c", "b")],
        judgements=judgements or [],
    )


def judgement(code: str, line: str, value: float, note: str = "") -> dict[str, object]:
    return {"period": "2024", "area": code, "unit": "", "line": line, "value": value, "scorer": "甲", "note": note}


def page_of(folder: Path, code: str = "01", lang: str = "zh", audience: str = "internal") -> ScorePage:
    data = ev.load(str(folder), area=code)
    region = regions.compute(data, "year", audience)
    return ScorePage(data, region, region.admitted(ev.indicators(data)), code, "2024", "year", lang)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> ScorePage:
    """A county of which nobody recorded anything."""
    return page_of(home_of(tmp_path_factory.mktemp("plain") / "d"))


@pytest.fixture(scope="module")
def vetoed(tmp_path_factory: pytest.TempPathFactory) -> tuple[ev.Data, regions.RegionFigures]:
    """A veto of each kind, one a county."""
    kinds = ("fraud", "accident", "late", "barred")
    given = [judgement(code, kind, 1, "举报查实") for code, kind in zip(COUNTIES, kinds, strict=True)]
    data = ev.load(str(home_of(tmp_path_factory.mktemp("vetoed") / "d", given)))
    return data, regions.compute(data)


@pytest.mark.parametrize(
    ("code", "zh", "en"),
    [
        ("01", "因弄虚作假（一票否决），等级定为不合格。依据：举报查实。", "the grade is set to Fail"),
        ("02", "因重大事故（一票否决），等级最高为合格。依据：举报查实。", "the grade is Pass at most"),
        ("03", "因迟报（一票否决），等级下降1档。依据：举报查实。", "drops by 1 step."),
        ("04", "因拒绝核查（一票否决），不参加排名。依据：举报查实。", "barred from the ranking"),
    ],
)
def test_a_veto_is_named_with_its_effect_and_ground(
    vetoed: tuple[ev.Data, regions.RegionFigures], code: str, zh: str, en: str
) -> None:
    data, region = vetoed
    about = (region.totals, data.standard, data.judgements, code, "2024")
    assert score_narrative.vetoes(*about, "zh") == zh
    assert en in score_narrative.vetoes(*about, "en")
    assert score_narrative.vetoes(*about[:-1], "2023", "zh") == ""


def test_a_county_barred_from_the_ranking_has_no_rank_but_says_so(
    vetoed: tuple[ev.Data, regions.RegionFigures],
) -> None:
    data, region = vetoed
    first, change = score_narrative.headline(region.league, data.standard, "04", "甲县", "2024", "zh")
    assert first == "甲县2024年得分14.00分，等级为合格，不参加排名。"
    assert change == "得分较上年持平。"
    figures = score_narrative.key_figures(region.league, data.standard, "04", "2024", "zh")
    assert ("排名", "不参加排名", "") in figures


def test_bonus_and_penalties_have_names_and_no_rank(tmp_path: Path) -> None:
    folder = home_of(tmp_path / "d", [judgement("01", "b1", 3), judgement("01", "p1", 1)])
    page = page_of(folder)
    rows = page.sections.set_index("section")
    assert rows["part"].to_dict() == {"s1": "执行", "bonus": "加分", "penalties": "倒扣分", "": "总分"}
    # 8 + 6, and 2 of the 3 since that is the cap, less 2
    assert rows["points"].to_dict() == {"s1": 14.0, "bonus": 2.0, "penalties": -2.0, "": 14.0}
    assert rows.loc[["bonus", "penalties"], "rank"].isna().all() and rows.loc[["s1", ""], "rank"].notna().all()
    lines = page.lines.set_index("line")
    assert lines.loc["p1", ["section_name", "name", "most"]].tolist() == ["倒扣分", "事故", 4]
    bars = score_views.lost_lines(page.lines, "zh").set_index("label")
    assert bars.loc["事故"].tolist() == [2.0, 4.0]
    charts.points_lost(score_views.lost_lines(page.lines, "zh"), "zh")


def test_what_scorers_gave_is_shown_with_their_reason(tmp_path: Path, plain: ScorePage) -> None:
    assert plain.judged.empty
    given = [
        judgement("01", "b1", 2.5, "试点，材料第3号"),
        judgement("01", "late", 1, "迟报"),
        judgement("02", "b1", 1),
    ]
    page = page_of(home_of(tmp_path / "d", given))
    assert page.judged[["name", "given", "note"]].to_numpy().tolist() == [
        ["迟报", 1.0, "迟报"],
        ["创新", 2.5, "试点，材料第3号"],
    ]


def test_the_change_uses_last_years_standard_and_the_page_adds_up(tmp_path: Path) -> None:
    """Last year 12 of 12 (80% of 80) and 8 × 60%; by this year's standard 8 and 6; this year 88% and 75%."""
    page = page_of(home_of(tmp_path / "d", a01_2024=(88, 75)))
    assert page.previous is not None and page.previous.id == "before"
    steps = page.steps
    assert steps["label"].tolist() == ["2023年得分", "标准变化", "数据缺失", "工作成效", "2024年得分"]
    # the bonus and the penalties that are new have nothing of last year, and nothing of this one
    assert steps["level"].tolist()[0] == 16.8 and steps["level"].tolist()[-1] == 16.3
    assert steps["amount"].tolist()[1:4] == [-2.8, 0.0, 2.3]
    # line 1: 12, 8, 8.8; line 2: 4.8, 6, 7.5
    assert score_reasons.change_text(page.changes, page.changed, "2023", "01", "zh", page.previous) == [
        "总分由2023年的16.80分降至16.30分，下降0.50分，"
        "其中：工作成效使得分增加2.30分，标准变化使得分减少2.80分，数据缺失没有影响。",
        "加分最多的条目：指标other（+2.70分）。",
        "减分最多的条目：指标share（−3.20分）。",
        "本节中上年的得分按上年的评分标准（测试标准）计算；其他各表中的上年得分按本期标准重新计算，以便比较。",
    ]
    alt = score_reasons.alt_waterfall(page.changes, "01", "zh")
    assert alt.startswith("由16.80分变为16.30分：") and "2.80分" in alt


def test_a_table_of_the_largest_changes_still_adds_up(plain: ScorePage) -> None:
    page = plain
    names = [f"l{n}" for n in range(9)]
    many = pd.DataFrame({"line": [*names, "rest", ""], "name": "x", "is_total": False, "reason": ""})
    many = many.assign(
        standard=0.1, missing=0.2, performance=-0.3, change=[*(float(n) for n in range(9, 0, -1)), 0.5, 45.5]
    )
    shown = score_views.most_changed(many, "zh", 4)
    assert shown["line"].tolist() == [*names[:4], "others", "rest", ""]
    assert shown["name"].tolist()[4] == "其余5个条目"
    assert shown["change"].iloc[:-1].sum() == 45.5
    assert score_views.most_changed(many, "zh", 8)["line"].tolist() == many["line"].tolist()
    assert len(score_views.most_changed(page.changed, "zh")) == len(page.changed)


def test_where_ten_more_people_earn_most_is_said(tmp_path: Path) -> None:
    """80 of 100 and 60 of 100: ten people are a point on either line."""
    page = page_of(home_of(tmp_path / "d", a01_2024=(95, 60)))
    texts = score_reasons.gains_text(page.gains, "zh")
    assert texts == ["项目c再增加10人，总分可增加1.00分。", "项目a再增加5人，总分可增加0.50分。"]
    assert score_reasons.gains_text(page.gains.head(0), "zh") == ["没有可以通过多服务几个人增加得分的条目。"]
    english = score_reasons.gains_text(page.gains, "en")
    assert english[0].endswith("would add 1.00 points to the total.")


def test_surveys_and_things_are_not_people_to_serve(plain: ScorePage) -> None:
    page = plain
    data = page.data
    found = page.gains
    assert found["line"].tolist() == ["1", "2"]
    raw = found[COLUMNS]
    survey = replace(data, catalogue=data.catalogue.assign(basis="survey"))
    things = replace(data, items=data.items.assign(people="no"))
    for other in (survey, things):
        assert score_views.gains_of(raw, page.standard, other, "01", "zh").empty


def test_a_total_near_a_bound_is_flagged_with_what_other_ways_give(tmp_path: Path) -> None:
    """88% and 72% of 10 points each are 16.00, which is the bound of a grade, whatever way they are rounded."""
    folder = home_of(tmp_path / "d", a01_2024=(88, 72))
    page = page_of(folder)
    assert page.region.totals.set_index(["period", "area", "section"]).loc[("2024", "01", ""), "points"] == 16.0
    assert len(page.near) == 16
    text = score_reasons.near_text(page.near, page.standard, "01", page.within, "zh")
    assert text == "总分16.00分，距良好分数线16分不超过0.05分；下表所列的其他修约方法均不改变等级。"
    others = page.near.assign(grade=["good", "pass", *["good"] * 13, "fail"])
    text = score_reasons.near_text(others, page.standard, "01", page.within, "zh")
    assert text.endswith("下表所列的其他修约方法中，有2种会得出不同等级。")
    table = score_views.rounding_table(page.near, page.standard, "01", "zh")
    assert table.shape == (4, 5) and (table.drop(columns="convention") != "").all(axis=None)
    assert sum("（本标准）" in text for text in table.to_numpy().ravel()) == 1
    assert score_reasons.near_text(page_of(folder, "02").near, page.standard, "02", 0.05, "zh") == ""


def test_notes_say_gates_bonus_penalties_and_values_rounded_first(plain: ScorePage) -> None:
    page = plain
    first = replace(page.standard, rounding=replace(page.standard.rounding, value_digits=1))
    for lang in LANGUAGES:
        text = " ".join(score_narrative.scoring_notes(first, page.lines, lang))
        assert not re.search(r"[{}]|nan", text)
    notes = score_narrative.scoring_notes(first, page.lines, "zh")
    assert "指标数值先按四舍五入保留1位小数，再按规则计分。" in notes
    assert any("指标other（前提：指标share）" in note for note in notes)
    assert "加分最多2分，总分不超过20分。" in notes
    assert "倒扣分从总分中扣除，最多扣4分，总分最低为0分。" in notes


def test_lines_that_nobody_judged_are_no_lines_left_out(plain: ScorePage) -> None:
    page = plain
    assert score_narrative.excluded(page.lines, "zh") == []


# --- institutions


@pytest.fixture(scope="module")
def of_units(tmp_path_factory: pytest.TempPathFactory) -> ScorePage:
    folder = tmp_path_factory.mktemp("units") / "d"
    units = {"01": {"1": (90, 200), "2": (50, 100), "3": (80, 100)}, "02": {"1": (70, 100)}}
    facts = [
        fact("2024", code, name, x, name_of)
        for code, known in units.items()
        for name_of, counts in known.items()
        for name, x in (("a", counts[0]), ("b", counts[1]))
        if (code, name_of, name) != ("01", "2", "a")
    ]
    (folder / "standards").mkdir(parents=True)
    more = f"objects: unit\nroll_up: {{by: item, item: b}}\n{ROUNDING}"
    text = HEAD.format(name="now", more=more, first=10, second=10, target=100)
    text = text.replace("indicator: other", "indicator: share").replace(',\n         gate: "1"', "")
    (folder / "standards" / "now.yaml").write_text(text, encoding="utf-8")
    dataset(
        folder,
        {"region": "9", "standard": "now"},
        areas=[area("9"), area("01", parent="9"), area("02", parent="9")],
        units=[unit(code, name) for code, known in units.items() for name in known],
        facts=facts,
    )
    return page_of(folder)


def test_institutions_stand_in_the_order_of_their_ranks(of_units: ScorePage) -> None:
    """16 and 9 points, and one that reported nothing; weights 100, 200 and 100: (16 + 2 × 9 + 0)/4."""
    rows = of_units.units
    assert rows["unit"].tolist() == ["3", "1", "2", ""]
    assert rows["points"].tolist() == [16.0, 9.0, 0.0, 8.5]
    assert rows["weight"].tolist()[:3] == [100, 200, 100] and np.isnan(rows["weight"].tolist()[3])
    assert rows["rank"].tolist()[:3] == [1, 2, 3]
    assert rows["grade_name"].tolist() == ["良好", "不合格", "不合格", "不合格"]
    assert rows["unit_name"].tolist() == ["机构3", "机构1", "机构2", "地区01"]


def test_what_institutions_did_not_report_is_said_first(of_units: ScorePage) -> None:
    text = score_narrative.warning(of_units.lines, "2024", "zh", of_units.unit_lines)
    assert text.startswith("下属机构有2处条目因缺数据计0分")
    # the mean of the institutions is no line without data
    assert score_views.without_data(of_units.lines).empty
    assert score_views.lost_lines(of_units.lines, "zh")["label"].tolist() == ["指标share", "指标share"]
    assert of_units.lines["points"].tolist() == [4.25, 4.25]


def test_of_each_line_the_institution_that_earns_most(of_units: ScorePage) -> None:
    best = score_views.best_gains(of_units.gains)
    assert best["unit"].tolist() == ["3", "3"] and best["gain"].tolist() == [1.0, 1.0]
    assert score_reasons.gains_text(of_units.gains, "zh")[0] == "机构3：项目a再增加10人，该机构总分可增加1.00分。"


def test_weights_are_named_in_the_notes(of_units: ScorePage) -> None:
    notes = score_narrative.scoring_notes(of_units.standard, of_units.lines, "zh", {"b": "常住人口数"})
    assert "评分对象为机构，县（市、区）各条目得分为所属机构得分按“常住人口数”加权的平均。" in notes


# --- the public


def test_numbers_withheld_leak_neither_through_gains_nor_through_the_change(tmp_path: Path) -> None:
    """Three people of a hundred are withheld: no row of gains, no points, and the change knows of no figure."""
    page = page_of(home_of(tmp_path / "d", a01_2024=(80, 3)), audience="public")
    raw = page_of(home_of(tmp_path / "e", a01_2024=(80, 3)))
    assert "2" in raw.gains["line"].tolist()
    assert page.gains["line"].tolist() == ["1"]
    told = page.changed.set_index("line")
    assert np.isnan(told.loc["2", "points"]) and told.loc["2", "reason"].endswith("withheld")
    for frame in (page.changes, page.gains):
        assert not (frame.select_dtypes("number") == 3).any(axis=None)
    own = page.lines.set_index("line")
    assert np.isnan(own.loc["2", "points"])


# --- the chart


@pytest.mark.parametrize("lang", LANGUAGES)
def test_bars_join_the_levels(lang: str) -> None:
    steps = pd.DataFrame(
        {
            "label": list("abcde"),
            "amount": [np.nan, 1.5, -2.25, 0.0, np.nan],
            "level": [80.0, np.nan, np.nan, np.nan, 79.25],
        }
    )
    axes = waterfall(steps, lang).axes[0]
    bars = [(bar.get_x(), bar.get_width()) for bar in axes.patches]
    assert bars == [(80.0, 1.5), (81.5, -2.25), (79.25, 0.0)]
    texts = [text.get_text() for text in axes.texts]
    assert texts[:5] == ["80.00", "+1.50", "-2.25", "0.00", "79.25"], "beside the bars, then the axes"
    assert texts[5:10] == list("abcde")
    assert axes.get_xlim()[0] < 79.25 and axes.get_xlim()[1] > 81.5
    ends = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D"]
    assert ends == [80.0, 79.25]


def test_nothing_to_join_is_said() -> None:
    empty = pd.DataFrame({"label": [], "amount": [], "level": []})
    assert charts.waterfall(empty, "zh").axes[0].texts
    with pytest.raises(ValueError, match="missing: level"):
        charts.waterfall(empty.drop(columns="level"), "zh")


def test_every_table_of_the_page_can_be_shown(tmp_path: Path) -> None:
    page = page_of(home_of(tmp_path / "d", [judgement("01", "late", 1)], a01_2024=(88, 72)), lang="en")
    tables = {
        "CHANGE": page.changed, "GAINS": page.gains, "JUDGED": page.judged,
        "ROUNDED": score_views.rounding_table(page.near, page.standard, "01", "en"),
    }  # fmt: skip
    for name, frame in tables.items():
        columns = score_views.present(frame, getattr(score_views, name))
        html = table_html(frame, score_views.headers(columns, "en"), "en", caption="c")
        assert "nan" not in html and html.count("<tr") == len(frame) + 1
    *parts, whole = (Decimal(repr(x)) for x in page.changed["change"].tolist())
    assert sum(parts) == whole
