"""What is said of progress, over a grid of figures, in both languages."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pandas as pd
import pytest
from builders import indicator

from evaltools import progress, progress_narrative, wording
from evaltools.datasets import Data, load
from evaltools.html_tables import table_html
from evaltools.measures import indicators

NAN = float("nan")
PART = "2024-01/2024-09"
CATALOGUE = pd.DataFrame(
    [
        indicator("patrols", "a", kind="count", per=1, measure="patrol", name_zh="监督协管巡查", name_en="Patrols"),
        indicator("exams", "a", "b", measure="percent", name_zh="老年人体检率", name_en="Examination rate"),
        indicator(
            "managed", "b", kind="count", per=1, measure="person", name_zh="在管人数", name_en="Patients managed"
        ),
        indicator(
            "deaths", "a", kind="count", per=1, direction="down", measure="case", name_zh="死亡数", name_en="Deaths"
        ),
        indicator("waiting", "b", "b", direction="down", measure="percent", name_zh="候诊率", name_en="Waiting rate"),
    ]
).assign(per=lambda rows: rows["per"].astype(str))


class Named:
    """As much of a dataset as sentences need."""

    catalogue = CATALOGUE


DATA: Data = Named()  # type: ignore[assignment]

FLOW = {
    "period": PART, "area": "1", "indicator": "patrols", "definition": "", "nature": "flow", "numerator": 1564.0,
    "denominator": NAN, "value": 1564.0, "target": 2000.0, "reached": 78.2, "calendar": 75.0, "ahead_calendar": 3.2,
    "season": 76.1, "season_done": 1522.0, "season_total": 2000.0, "ahead_season": 2.1, "projected": 2055.19,
    "projected_by": "season", "projected_lower": 2010.0, "projected_upper": 2100.0, "tested_by": "season",
    "chance": 0.95, "n_errors": 36, "n_years": 3, "errors_of": "indicator", "status": "ahead", "reason": "",
}  # fmt: skip
LEVEL = FLOW | {
    "indicator": "managed", "nature": "level", "value": 980.0, "target": 1100.0, "reached": 980 / 11, "calendar": NAN,
    "ahead_calendar": NAN, "season": 97.0, "ahead_season": 980 / 11 - 97, "projected": 1010.3, "chance": 0.05,
    "status": "behind",
}  # fmt: skip


def said(lang: str, row: dict[str, Any], **cells: Any) -> str:
    rows = progress_narrative.table(pd.DataFrame([row | cells])[progress.COLUMNS], DATA, lang)
    (text,) = progress_narrative.sentences(rows, lang)
    return text


@pytest.mark.parametrize(
    ("row", "cells", "zh", "en"),
    [
        (
            FLOW,
            {},
            "截至2024年9月，监督协管巡查完成全年目标的78.20%，序时进度为75.00%，超序时进度3.20个百分点；"
            "上年同期已完成全年的76.10%。按上年进度推算，全年可完成2,055次，预计能够完成目标。",
            "Patrols: 78.20% of the year's target by September 2024, against 75.00% of time-proportional progress, "
            "3.20 percentage points ahead; last year 76.10% of the year's work was done by then. At last year's pace "
            "the year would come to 2,055 patrols; the target is very likely to be met.",
        ),
        (
            FLOW,
            {"reached": 69.7, "ahead_calendar": -5.3, "status": "behind", "projected": 1831.8, "chance": 0.2},
            "截至2024年9月，监督协管巡查完成全年目标的69.70%，序时进度为75.00%，滞后序时进度5.30个百分点；"
            "上年同期已完成全年的76.10%。按上年进度推算，全年可完成1,832次，完成目标有较大难度。",
            "Patrols: 69.70% of the year's target by September 2024, against 75.00% of time-proportional progress, "
            "5.30 percentage points behind; last year 76.10% of the year's work was done by then. At last year's pace "
            "the year would come to 1,832 patrols; the target is unlikely to be met.",
        ),
        (
            FLOW,
            {
                "indicator": "exams",
                "value": 53.62,
                "target": 70.0,
                "reached": 76.6,
                "ahead_calendar": 0.6,
                "season": NAN,
                "ahead_season": NAN,
                "projected": 71.49,
                "projected_by": "calendar",
                "chance": NAN,
                "status": "on_time",
            },
            "截至2024年9月，老年人体检率为53.62%，完成全年目标的76.60%，序时进度为75.00%，与序时进度基本持平。"
            "按序时进度推算，全年可达到71.49%，照此可以完成目标。",
            "Examination rate: 53.62% by September 2024, 76.60% of the year's target, against 75.00% of "
            "time-proportional progress, on time. At an even pace the year would come to 71.49%; the target would be "
            "met.",
        ),
        (
            FLOW,
            {"reached": 101.0, "status": "reached", "projected": 2654.0, "chance": 1.0},
            "截至2024年9月，监督协管巡查完成全年目标的101.00%，序时进度为75.00%，已提前完成全年目标；"
            "上年同期已完成全年的76.10%。按上年进度推算，全年可完成2,654次。",
            "Patrols: 101.00% of the year's target by September 2024, against 75.00% of time-proportional progress, so "
            "the year's target is already met; last year 76.10% of the year's work was done by then. At last year's "
            "pace the year would come to 2,654 patrols.",
        ),
        (
            LEVEL,
            {},
            "截至2024年9月，在管人数达到全年目标的89.09%；上年同期为年末水平的97.00%，进度慢于上年同期7.91个百分点。"
            "按上年进度推算，年末可达到1,010人，预计难以完成目标。",
            "Patients managed: 89.09% of the year's target by September 2024; last year it was at 97.00% of its final "
            "level by then, which puts this year 7.91 percentage points behind. At last year's pace it would end the "
            "year at 1,010 persons; the target is very unlikely to be met.",
        ),
        (
            LEVEL,
            {"reached": 102.0, "value": 1122.0, "status": "reached", "projected": 1150.0, "chance": 0.93},
            "截至2024年9月，在管人数达到全年目标的102.00%，已达到全年目标；上年同期为年末水平的97.00%。按上年进度推算，"
            "年末可达到1,150人。",
            "Patients managed: 102.00% of the year's target by September 2024, so the year's target is met at present; "
            "last year it was at 97.00% of its final level by then. At last year's pace it would end the year at 1,150 "
            "persons.",
        ),
        (
            LEVEL,
            {"season": NAN, "ahead_season": NAN, "projected": 980.0, "projected_by": "unchanged", "status": "missing"},
            "截至2024年9月，在管人数达到全年目标的89.09%。按目前水平推算，年末可达到980人，预计难以完成目标。",
            "Patients managed: 89.09% of the year's target by September 2024. At its present level it would end the "
            "year at 980 persons; the target is very unlikely to be met.",
        ),
        (
            FLOW,
            {
                "indicator": "deaths",
                "value": 6.0,
                "target": 10.0,
                "reached": 60.0,
                "ahead_calendar": -15.0,
                "projected": 7.9,
                "chance": 0.8,
                "status": "slower",
            },
            "截至2024年9月，死亡数已用全年控制数的60.00%，序时进度为75.00%，低于序时进度15.00个百分点；"
            "上年同期已达全年的76.10%。按上年进度推算，全年将为8例，有望控制在目标以内。",
            "Deaths: 60.00% of the year's limit used up by September 2024, against 75.00% of time-proportional "
            "progress, 15.00 percentage points below; last year it was at 76.10% of the year's figure by then. At last "
            "year's pace the year would come to 8 cases; the limit is likely to be kept.",
        ),
        (
            FLOW,
            {
                "indicator": "deaths",
                "value": 11.0,
                "target": 10.0,
                "reached": 110.0,
                "ahead_calendar": 35.0,
                "projected": 14.45,
                "chance": 0.0,
                "status": "exceeded",
            },
            "截至2024年9月，死亡数已用全年控制数的110.00%，序时进度为75.00%，已超出全年控制数；"
            "上年同期已达全年的76.10%。按上年进度推算，全年将为14例。",
            "Deaths: 110.00% of the year's limit used up by September 2024, against 75.00% of time-proportional "
            "progress, so the year's limit is already exceeded; last year it was at 76.10% of the year's figure by "
            "then. At last year's pace the year would come to 14 cases.",
        ),
        (
            LEVEL,
            {
                "indicator": "waiting",
                "value": 12.5,
                "target": 10.0,
                "reached": 125.0,
                "season": 110.0,
                "ahead_season": 15.0,
                "projected": 11.36,
                "chance": 0.5,
                "status": "faster",
            },
            "截至2024年9月，候诊率为12.50%，为全年控制数的125.00%；上年同期为年末水平的110.00%，"
            "比上年同期高15.00个百分点。按上年进度推算，年末将为11.36%，能否控制在目标以内尚不确定。",
            "Waiting rate: 12.50% by September 2024, 125.00% of the year's limit; last year it was at 110.00% of its "
            "final level by then, which puts this year 15.00 percentage points above. At last year's pace it would end "
            "the year at 11.36%; it is open whether the limit will be kept.",
        ),
        (
            FLOW,
            {"reached": NAN, "projected": NAN, "status": "missing", "reason": "this period missing: not reported"},
            "监督协管巡查未计算进度（本期缺数据：未上报）。",
            "Patrols: no progress (this period missing: not reported).",
        ),
        (
            FLOW,
            {
                "reached": 0.0,
                "ahead_calendar": -75.0,
                "projected": NAN,
                "projected_by": "",
                "chance": NAN,
                "status": "behind",
            },
            "截至2024年9月，监督协管巡查完成全年目标的0.00%，序时进度为75.00%，滞后序时进度75.00个百分点；"
            "上年同期已完成全年的76.10%。",
            "Patrols: 0.00% of the year's target by September 2024, against 75.00% of time-proportional progress, "
            "75.00 percentage points behind; last year 76.10% of the year's work was done by then.",
        ),
    ],
)
def test_sentences(row: dict[str, Any], cells: dict[str, Any], zh: str, en: str) -> None:
    assert said("zh", row, **cells) == zh
    assert said("en", row, **cells) == en


def test_an_assessment_year_is_called_so() -> None:
    text = said("zh", FLOW, period="2023-12/2024-08")
    assert text.startswith("截至2024年8月，监督协管巡查完成考核年度目标的78.20%")
    assert "上年同期已完成考核年度的76.10%" in text
    assert "of the assessment year's target by August 2024" in said("en", FLOW, period="2023-12/2024-08")


@pytest.mark.parametrize(
    ("chance", "projected", "zh"),
    [
        (0.9, 2055, "预计能够完成目标"),
        (0.899, 2055, "有望完成目标"),
        (0.66, 2055, "有望完成目标"),
        (0.65, 2055, "能否完成目标尚不确定"),
        (0.34, 1900, "能否完成目标尚不确定"),
        (0.33, 1900, "完成目标有较大难度"),
        (0.1, 1900, "预计难以完成目标"),
        (0.2, 2055, "能否完成目标尚不确定"),
        (0.95, 1900, "能否完成目标尚不确定"),
        (NAN, 2055, "照此可以完成目标"),
        (NAN, 1900, "照此难以完成目标"),
    ],
)
def test_the_chance_in_words(chance: float, projected: float, zh: str) -> None:
    text = said("zh", FLOW, chance=chance, projected=projected)
    assert text.endswith(f"，{zh}。")
    # the number itself stands in the table
    assert "概率" not in text


def test_the_cuts_can_be_another_users() -> None:
    rows = progress_narrative.table(pd.DataFrame([FLOW]), DATA, "zh")
    assert progress_narrative.sentences(rows, "zh", (0.99, 0.7, 0.3, 0.01))[0].endswith("有望完成目标。")


@pytest.mark.parametrize(
    ("period", "reached", "cells", "spoken"),
    [
        ("2024-H1", 50.0, {}, True),
        ("2024-01/2024-06", 56.3, {}, True),
        ("2024-H1", 49.999, {"status": "on_time"}, False),
        ("2024-01/2024-05", 56.3, {}, False),
        ("2024-01/2024-07", 56.3, {}, False),
        ("2024-H1", 56.3, {"indicator": "deaths", "status": "faster"}, False),
        ("2024-H1", 56.3, {"indicator": "managed", "nature": "level"}, False),
    ],
)
def test_time_and_tasks_half_done_only_when_both_are(
    period: str, reached: float, cells: dict[str, Any], spoken: bool
) -> None:
    row = FLOW | {"period": period, "reached": reached} | cells
    assert ("时间过半、任务过半" in said("zh", row)) == spoken
    assert ("half the time is gone" in said("en", row)) == spoken


def test_what_falls_short_does_not_look_as_if_it_did_not() -> None:
    assert "完成全年目标的99.998%" in said("zh", FLOW, reached=99.998, status="ahead")
    assert "全年可完成1,999.7次，照此难以完成目标" in said("zh", FLOW, projected=1999.7, chance=NAN)
    assert "全年可完成2,000次，照此可以完成目标" in said("zh", FLOW, projected=2000.0, chance=NAN)


def table_of(*rows: dict[str, Any], lang: str = "zh") -> pd.DataFrame:
    return progress_narrative.table(pd.DataFrame(list(rows)), DATA, lang)


def test_summary_counts_and_names_those_in_doubt() -> None:
    rows = [
        FLOW,
        FLOW | {"indicator": "exams", "status": "behind", "chance": 0.05, "projected": 60.0, "target": 70.0},
        LEVEL,
    ]
    rows.append(FLOW | {"indicator": "deaths", "status": "not_applicable", "projected": NAN})
    zh, en = (progress_narrative.summary(table_of(*rows, lang=lang), "望汐区", lang) for lang in wording.LANGUAGES)
    assert zh == [
        "截至2024年9月，望汐区有全年目标的指标4项，可计算进度的3项：超进度1项、滞后2项。",
        "按推算，完成目标有困难的2项：老年人体检率、在管人数。",
    ]
    assert en == [
        "By September 2024, 望汐区 has 4 indicators with a target for the year; progress can be told of 3: 1 ahead, 2 "
        "behind.",
        "Going by the projection, 2 are unlikely to meet their target: Examination rate, Patients managed.",
    ]
    assert progress_narrative.summary(table_of(rows[-1]), "望汐区", "zh") == [
        "截至2024年9月，望汐区没有可计算进度的指标。"
    ]
    assert progress_narrative.summary(table_of(FLOW).iloc[:0], "望汐区", "zh") == []


def test_summary_of_half_a_year() -> None:
    half = FLOW | {"period": "2024-H1", "reached": 55.0}
    short = half | {"indicator": "exams", "reached": 45.0}
    limit = half | {"indicator": "deaths", "reached": 90.0, "status": "faster", "chance": 0.5}
    texts = progress_narrative.summary(table_of(half, limit), "望汐区", "zh")
    assert texts[1] == "逐月累计完成的1项工作实现“时间过半、任务过半”。"
    texts = progress_narrative.summary(table_of(half, short, limit), "望汐区", "zh")
    assert texts[1] == "时间已过半，逐月累计完成的2项工作中，任务过半的有1项。"
    assert not any("过半" in text for text in progress_narrative.summary(table_of(FLOW), "望汐区", "zh"))


def test_the_furthest_behind_comes_first() -> None:
    rows = table_of(
        FLOW,
        LEVEL,
        FLOW | {"indicator": "exams", "ahead_calendar": -20.0, "status": "behind"},
        FLOW | {"indicator": "deaths", "ahead_calendar": 10.0, "status": "faster"},
        FLOW | {"indicator": "waiting", "status": "not_applicable"},
    )
    assert progress_narrative.worst_first(rows)["indicator"].tolist() == ["exams", "deaths", "managed", "patrols"]


@pytest.fixture(scope="module")
def tested() -> pd.DataFrame:
    data = load("example")
    parts = [indicators(data, every=f"2024-01/2024-{month}", units=False) for month in ("03", "09")]
    tables = (indicators(data, "year", units=False), data.targets, data.catalogue, data.items)
    return progress.backtest(parts, *tables, before="2024")


@pytest.mark.parametrize("lang", wording.LANGUAGES)
def test_tables_can_be_shown(lang: str, tested: pd.DataFrame) -> None:
    rows = table_of(FLOW, LEVEL, FLOW | {"indicator": "deaths", "status": "exceeded"}, lang=lang)
    shown = progress_narrative.headers(progress_narrative.SHOWN, lang)
    html = table_html(rows, shown, lang, caption="进度")
    for text in ("78.20%", "+3.20", "2,055.19", "0.95"):
        assert text in html
    names = {
        "zh": ["超进度", "滞后", "超出控制数", "上年进度"],
        "en": ["ahead", "behind", "limit exceeded", "last year"],
    }
    assert all(name in html for name in names[lang])
    rows = progress_narrative.backtest_table(tested, lang)
    shown = progress_narrative.headers(progress_narrative.TESTED, lang)
    assert len(re.findall("<tr", table_html(rows, shown, lang, caption="检验"))) == len(tested) + 1 == 9


@pytest.mark.parametrize("lang", wording.LANGUAGES)
def test_method_notes_say_what_was_used(lang: str) -> None:
    text = "".join(progress_narrative.method_notes(lang, tolerance=1.5, confidence=0.9, fewest=20))
    for number in ("1.5", "20", "90%", "66%", "33%", "10%"):
        assert number in text


@pytest.mark.parametrize("lang", wording.LANGUAGES)
def test_a_grid_has_a_sentence_for_everything(lang: str) -> None:
    statuses = {
        "flow": ("reached", "ahead", "on_time", "behind"),
        "level": ("reached", "ahead", "on_time", "behind", "missing"),
    }
    limits = {"flow": ("slower", "on_time", "faster", "exceeded"), "level": ("slower", "on_time", "faster", "missing")}
    rows = []
    for name, nature, period, season, chance in product(
        ("patrols", "exams", "deaths", "waiting"),
        ("flow", "level"),
        ("2024-H1", PART),
        (76.1, NAN),
        (NAN, 0.01, 0.5, 0.99),
    ):
        down = name in ("deaths", "waiting")
        for status in (limits if down else statuses)[nature]:
            by = "season" if season == season else "calendar" if nature == "flow" else "unchanged"
            ahead = {"ahead_calendar": 3.2 if nature == "flow" else NAN, "ahead_season": season - 70}
            if nature == "level" and status != "reached" and (season != season) != (status == "missing"):
                continue  # a level without last year's cannot be ahead or behind
            cells = {"indicator": name, "nature": nature, "period": period, "season": season, "chance": chance}
            rows.append(FLOW | cells | ahead | {"status": status, "projected_by": by, "value": 50.0})
    texts = progress_narrative.sentences(table_of(*rows, lang=lang), lang)
    assert len(texts) == len(rows)
    for text in texts:
        assert "nan" not in text.lower()
        assert not re.search(r"[{}]", text)
        assert not (lang == "zh" and re.search(r"[A-Za-z]", text)), text
        assert text.endswith("。" if lang == "zh" else ".")
    assert len(set(texts)) > 250
