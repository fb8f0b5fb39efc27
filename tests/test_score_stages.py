"""Scores as reported, verified and final: from a small dataset with adjustments after each stage."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from builders import area, dataset, fact

import evaltools as ev
from evaltools import regions, score_reasons
from evaltools.score_page import ScorePage
from evaltools.score_stages import load_stages, moved, score_stages

pytestmark = pytest.mark.slow

STANDARD = """\
id: own
name_zh: 测试标准
name_en: Test
source: s
mark: general
total: 10
rounding: {digits: 2, mode: half_up, of: line}
missing: zero
not_applicable: exclude
grades:
  - {id: good, name_zh: 良好, name_en: Good, from: 8}
  - {id: poor, name_zh: 不合格, name_en: Poor, from: 0}
sections:
  - id: s1
    name_zh: 执行
    name_en: Work
    points: 10
    lines:
      - {id: "1", indicator: share, rule: proportional, points: 10, target: 100, source: s, mark: general}
"""
COUNTIES = ("01", "02")


def folder_of(folder: Path, **tables: list[dict[str, object]]) -> Path:
    facts = [fact("2024", code, name, value) for code in COUNTIES for name, value in (("a", 90), ("b", 100))]
    facts += [fact("2023", code, name, value) for code in COUNTIES for name, value in (("a", 80), ("b", 100))]
    places = [area("9"), *(area(code, parent="9") for code in COUNTIES)]
    (folder / "standards").mkdir(parents=True)
    (folder / "standards" / "own.yaml").write_text(STANDARD, encoding="utf-8")
    return dataset(folder, {"region": "9", "standard": "own"}, areas=places, facts=facts, **tables)


def changed(code: str, before: int, after: int, stage: str) -> dict[str, object]:
    return {
        "period": "2024", "area": code, "unit": "", "item": "a", "from": before, "to": after, "stage": stage,
        "reason": "核查", "evidence": "记录", "date": f"2025-0{1 + ('verified', 'appeal').index(stage)}-01",
    }  # fmt: skip


def page_of(folder: Path, code: str, audience: str = "internal") -> ScorePage:
    data = ev.load(str(folder), area=code)
    region = regions.compute(data, "year", audience)
    return ScorePage(data, region, region.admitted(ev.indicators(data)), code, "2024", "year", "zh")


def test_the_three_stages_stand_side_by_side(tmp_path: Path) -> None:
    """90 of 100 were reported, 70 found true, 81 granted on appeal: 9, 7 and 8.1 points of 10."""
    folder = folder_of(tmp_path / "d", adjustments=[changed("01", 90, 70, "verified"), changed("01", 70, 81, "appeal")])
    page = page_of(folder, "01")
    rows = page.stages.set_index("section")
    for section in ("s1", ""):
        assert rows.loc[section, ["reported", "verified", "final"]].tolist() == [9.0, 7.0, 8.1]
        assert rows.loc[section, ["verification", "appeal", "change"]].tolist() == [-2.0, 1.1, -0.9]
    assert rows.loc["", ["reported_grade", "verified_grade", "final_grade"]].tolist() == ["good", "poor", "good"]
    text = score_reasons.stages_text(page.stages, page.standard, "zh")
    assert text == "按上报数得9.00分（良好），核查后得7.00分（不合格），最终得8.10分（良好）。"


def test_each_stage_is_what_loading_it_gives(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "d", adjustments=[changed("01", 90, 70, "verified"), changed("01", 70, 81, "appeal")])
    for stage in ("reported", "verified", "final"):
        data = ev.load(str(folder), area="01", stage=stage)
        region = regions.compute(data)
        own = region.totals[region.totals["area"] == "01"].reset_index(drop=True)
        found = load_stages(data, "year", region.benchmark)[stage]
        pd.testing.assert_frame_equal(found.reset_index(drop=True), own)


def test_where_nothing_changed_there_is_nothing_to_show(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "d", adjustments=[changed("01", 90, 70, "verified")])
    assert page_of(folder, "02").stages.empty
    assert not page_of(folder, "01").stages.empty


def test_the_public_is_not_told_what_was_adjusted(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "d", adjustments=[changed("01", 90, 70, "verified")])
    assert page_of(folder, "01", "public").stages.empty


def test_a_stage_that_lacks_a_row_has_no_points() -> None:
    whole = pd.DataFrame({"period": "2024", "area": ["1", "2"], "unit": "", "section": "", "points": [5.3, 7.0]})
    whole = whole.assign(full=10.0, grade="a")
    stages = score_stages({"reported": whole.head(1), "verified": whole, "final": whole.assign(points=[5.4, 7.0])})
    assert stages["reported"].isna().tolist() == [False, True]
    assert stages["reported_grade"].tolist() == ["a", ""]
    assert stages["change"].tolist()[0] == 0.1 and moved(stages)
    assert not moved(stages[stages["area"] == "2"])
    with pytest.raises(ValueError, match="no totals of the stage verified"):
        score_stages({"reported": whole, "final": whole})


def test_there_must_be_a_standard(tmp_path: Path) -> None:
    data = ev.load(str(dataset(tmp_path / "d", facts=[fact("2024", "01", "a", 1), fact("2024", "01", "b", 2)])))
    with pytest.raises(ValueError, match="without a standard"):
        load_stages(data, "year", pd.DataFrame())
