"""Sentences: opposite data say the opposite, every number stands in its table, measures and reasons are right."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scored
from hypothesis import given, settings
from hypothesis import strategies as st

from evaltools import change_views, changes, narrative, quality_narrative, region_narrative, score_narrative, wording
from evaltools.region_views import About
from evaltools.standards import Rounding, load_standard
from evaltools.wording import rounded

LANGUAGES = ("zh", "en")
NAMES = ["甲率", "乙率", "丙率", "丁率", "戊率", "己率"]
YEAR, PART = "2024", "2024-01/2024-06"
STANDARD = load_standard(Path(__file__).parents[1] / "data" / "standards" / "basic_public_health.yaml")


def row(name: str = "甲率", before: float = 90.0, now: float = 92.5, **values: object) -> dict[str, object]:
    """One row of an overview: a proportion that should be high and moved by far more than chance."""
    change = now - before
    own = {
        "indicator": name,
        "name": name,
        "kind": "proportion",
        "per": 100,
        "direction": "up",
        "value": now,
        "previous_value": before,
        "change_pp": change,
        "change_percent": change / before * 100 if before else np.nan,
        "change_lower": change - 0.05,
        "change_upper": change + 0.05,
        "meaningful": 0.01,
        "run": 0,
        "target": np.nan,
        "target_upper": np.nan,
        "target_kind": "",
        "target_status": "",
        "reason": "",
    }
    return own | values


def overview(*rows: dict[str, object]) -> pd.DataFrame:
    """An overview with the verdict that `changes` gives each row."""
    return judged(pd.DataFrame(rows))


def judged(table: pd.DataFrame) -> pd.DataFrame:
    """Chance explains a change whose interval holds zero, and plays no part where there is none."""
    holds_zero = (table["change_lower"] <= 0) & (table["change_upper"] >= 0)
    numbers = table.assign(p_adjusted=np.where(holds_zero, 0.5, 0.001))
    verdict = changes.verdicts(numbers, table["direction"], table["change_lower"].notna().to_numpy())
    return table.assign(status=pd.Series(verdict, table.index, dtype="str"))


def said(table: pd.DataFrame, period: str = YEAR, lang: str = "zh") -> str:
    (text,) = narrative.changes(table, period, lang)
    return text


def turned(table: pd.DataFrame) -> pd.DataFrame:
    """The same rows the other way round in time."""
    flipped = table.assign(
        value=table["previous_value"],
        previous_value=table["value"],
        change_pp=-table["change_pp"],
        change_lower=-table["change_upper"],
        change_upper=-table["change_lower"],
        run=-table["run"],
    )
    return judged(flipped)


# --- changes

WAYS = {
    "zh": (re.compile("升至|提高|增加"), re.compile("降至|下降|减少")),
    "en": (re.compile(r"\brose\b|\bup\b"), re.compile(r"\bfell\b|\bdown\b")),
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("per", [1, 100, 1000, 10_000, 100_000])
@pytest.mark.parametrize("period", [YEAR, PART])
def test_a_rise_and_a_fall_are_said_as_opposites(per: int, period: str, lang: str) -> None:
    rise = overview(row(before=40.0, now=47.5, per=per, kind="count" if per == 1 else "rate"))
    up, down = WAYS[lang]
    first, second = said(rise, period, lang), said(turned(rise), period, lang)
    assert up.search(first) and not down.search(first)
    assert down.search(second) and not up.search(second)
    unsigned = [re.sub(pattern, " ", text) for text, pattern in ((first, up), (second, down))]
    assert sorted(re.findall(r"[\d.]+", unsigned[0])) == sorted(re.findall(r"[\d.]+", unsigned[1]))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_change_is_neither(lang: str) -> None:
    for now in (90.0, 90.004):
        text = said(overview(row(before=90.0, now=now)), YEAR, lang)
        assert not any(pattern.search(text) for pattern in WAYS[lang])
        assert ("持平" if lang == "zh" else "unchanged") in text


def test_percentages_change_by_percentage_points_and_rates_per_mille_by_theirs() -> None:
    for per, kind, right, wrong in (
        (100, "proportion", "个百分点", "千分点"),
        (1000, "rate", "个千分点", "百分点"),
        (1, "count", "", "分点"),
        (1, "amount", "", "分点"),
        (1, "mean", "", "分点"),
        (10_000, "ratio", "/万", "分点"),
        (100_000, "rate", "/10万", "分点"),
    ):
        for before, now in ((4.0, 6.0), (6.0, 4.0)):
            text = said(overview(row(before=before, now=now, per=per, kind=kind)))
            assert right in text and wrong not in text, text
    assert "per-mille points" in said(overview(row(per=1000, kind="rate")), YEAR, "en")
    assert "percentage points" in said(overview(row()), YEAR, "en")
    assert "point" not in said(overview(row(per=1, kind="count")), YEAR, "en")


@pytest.mark.parametrize(
    ("period", "zh", "en"),
    [
        (YEAR, "较上年", "the previous year"),
        ("2023-12/2024-11", "较上年", "the previous year"),
        (PART, "同比", "the same period last year"),
        ("2024-Q2", "同比", "the same period last year"),
        ("2024-06", "同比", "the same period last year"),
    ],
)
def test_whole_years_and_parts_of_years_are_compared_in_their_own_words(period: str, zh: str, en: str) -> None:
    missed = overview(row(target=95.0, target_kind="absolute", target_status="not_met"))
    for texts in ([said(overview(row()), period)], narrative.problems(missed, period, "zh")):
        assert zh in texts[0] and ({"较上年", "同比"} - {zh}).pop() not in texts[0]
    assert en in said(overview(row()), period, "en")
    league = scores((80.0, 82.0), (3, 2), period)
    assert zh in score_narrative.development(league, "01", period, "zh")
    (*_, change) = score_narrative.key_figures(league, STANDARD, "01", period, "zh")
    assert change[0] == zh


# --- better and worse, targets


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("direction", ["up", "down"])
def test_what_improved_and_what_declined_change_places_with_the_data(direction: str, lang: str) -> None:
    table = overview(row("甲率", 50.0, 55.0, direction=direction))
    better = (direction == "up") == (table["change_pp"].iloc[0] > 0)
    for frame, improved in ((table, better), (turned(table), not better)):
        (_, good), (_, bad) = narrative.highlights(frame, YEAR, lang)
        assert any("甲率" in text for text in good) == improved
        assert any("甲率" in text for text in bad) != improved


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_change_within_chance_is_neither_a_success_nor_a_problem(lang: str) -> None:
    table = overview(
        row("甲率", 50.0, 55.0, change_lower=-1.0, change_upper=11.0),
        row("乙率", 55.0, 50.0, change_lower=-11.0, change_upper=1.0),
    )
    for _, texts in narrative.highlights(table, YEAR, lang):
        assert not any(name in text for text in texts for name in NAMES)
    count = wording.counted("report.count_unclear", lang, 2)
    assert count in narrative.changes_summary(table, "x", YEAR, lang)[0]


def test_what_misses_its_target_is_no_success_and_what_meets_it_no_problem() -> None:
    table = overview(
        row("甲率", 50.0, 55.0, target=60.0, target_kind="absolute", target_status="not_met"),
        row("乙率", 95.0, 93.0, target=90.0, target_kind="absolute", target_status="met"),
        row("丙率", 104.0, 108.0, kind="ratio"),
    )
    (_, good), (_, bad) = narrative.highlights(table, YEAR, "zh")
    assert good == [wording.word("report.no_strengths", "zh")]
    assert len(bad) == 1 and "甲率" in bad[0]


def test_an_indicator_that_misses_and_declines_is_named_once() -> None:
    table = overview(row("甲率", 95.0, 91.0, target=100.0, target_kind="absolute", target_status="not_met"))
    (text,) = narrative.problems(table, YEAR, "zh")
    assert text == "甲率为91.00%，未达到目标值100%（较上年下降4.00个百分点）。"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_reached_and_missed_targets_are_opposites(lang: str) -> None:
    for direction, value, target in (("up", 61.0, 62.0), ("down", 9.0, 8.0)):
        common = {"direction": direction, "target": target, "target_kind": "absolute"}
        missed = overview(row(before=value, now=value, target_status="not_met", **common))
        met = overview(row(before=value, now=value, target_status="met", **common))
        (text,) = narrative.problems(missed, YEAR, lang)
        assert ("高于" in text or "above" in text) == (direction == "down")
        assert narrative.problems(met, YEAR, lang) == []
        one, other = (narrative.changes_summary(frame, "x", YEAR, lang)[1] for frame in (missed, met))
        assert re.findall(r"\d", one) == ["1", "0", "1"] and re.findall(r"\d", other) == ["1", "1", "0"]


@settings(max_examples=60, deadline=None)
@given(st.integers(5000, 9999), st.integers(0, 6))
def test_a_missed_target_is_never_printed_as_reached(hundredths: int, zeros: int) -> None:
    target = hundredths / 100
    value = target - 4 * 10.0 ** -(zeros + 1)
    common = {"target": target, "target_kind": "absolute", "target_status": "not_met"}
    (text,) = narrative.problems(overview(row(before=np.nan, now=value, change_pp=np.nan, **common)), YEAR, "zh")
    shown, aim = re.findall(r"([\d.]+)%", text)
    assert Decimal(shown) < Decimal(aim)


def test_targets_that_are_a_range_or_an_improvement() -> None:
    between = {"target": 10.0, "target_upper": 20.0, "target_kind": "range", "target_status": "not_met"}
    assert narrative.problems(overview(row(before=25.0, now=25.0, **between)), YEAR, "zh") == [
        "甲率为25.00%，不在10%至20%的目标范围内（较上年持平）。"
    ]
    above = between | {"target": np.nan}
    assert narrative.problems(overview(row(before=25.0, now=25.0, **above)), YEAR, "zh") == [
        "甲率为25.00%，高于控制目标20%（较上年持平）。"
    ]
    improve = {"target_kind": "improve", "target_status": "not_met"}
    assert narrative.problems(overview(row(before=92.0, now=91.0, **improve)), YEAR, "zh") == [
        "甲率为91.00%，未实现改善目标（较上年下降1.00个百分点）。"
    ]


def test_the_furthest_from_its_target_comes_first_and_each_comes_once() -> None:
    missed = {"target_kind": "absolute", "target_status": "not_met"}
    table = overview(
        row("甲率", 91.0, 91.5, target_kind="improve", target_status="not_met"),
        row("乙率", 80.0, 81.0, target=90.0, **missed),
        row("丙率", 12.0, 9.0, target=6.0, direction="down", **missed),
        row("丁率", 91.0, 92.0, target_kind="improve", target_status="not_met"),
        row("戊率", 50.0, 51.0, target=60.0, **missed),
    )
    assert narrative.below_target(table)["name"].tolist() == ["丙率", "戊率", "乙率", "甲率", "丁率"]
    assert [text[:2] for text in narrative.problems(table, YEAR, "zh")] == ["丙率", "戊率", "乙率"]


# --- missing


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("reason", ["not reported", "11 of 12 units reported", "denominator is zero"])
def test_nothing_is_said_of_a_missing_value_without_its_reason(reason: str, lang: str) -> None:
    nothing = {"now": np.nan, "change_pp": np.nan, "reason": reason}
    gone = overview(row(**nothing))
    uncompared = overview(row(before=np.nan, change_pp=np.nan, reason=f"previous period missing: {reason}"))
    for table in (gone, uncompared):
        assert wording.reason(reason, lang) in said(table, YEAR, lang)
    known = overview(row("乙率"), row("甲率", **nothing), row("丙率", **nothing))
    texts = narrative.changes_summary(known, "x", YEAR, lang)
    assert wording.reason(reason, lang) in texts[-1] and "2" in texts[-1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_table_without_anything_known_says_so(lang: str) -> None:
    table = overview(row(now=np.nan, change_pp=np.nan, reason="not reported"))
    first, last = narrative.changes_summary(table, "甲县", YEAR, lang)
    assert "甲县" in first and wording.reason("not reported", lang) in last
    (_, moved), *_ = narrative.highlights(table, YEAR, lang)
    assert moved == [wording.word("report.no_clear_change", lang)]


# --- every number stands in the table; no placeholder is left


def numbers(text: str) -> list[str]:
    text = re.sub(r"/10?万|per 10,000|per 100,000", "", text)
    return [match.replace(",", "") for match in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def unexplained(text: str, known: list[object]) -> list[str]:
    """The numbers of a text that no known number rounds to, at the decimals that are printed."""
    values = [float(x) for x in known if isinstance(x, (int, float)) and np.isfinite(x)]

    def explained(shown: str) -> bool:
        digits = len(shown.partition(".")[2])
        return any(rounded(abs(x), digits) == Decimal(shown) for x in values)

    return [shown for shown in numbers(text) if not explained(shown)]


cells = st.floats(0, 100, allow_nan=False).map(lambda x: round(x, 6))


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    rows = []
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True)):
        per, kind = draw(
            st.sampled_from([(100, "proportion"), (100, "ratio"), (1000, "rate"), (1, "count"), (100_000, "rate")])
        )
        before, now, target = draw(cells), draw(cells), draw(cells)
        own = row(name, before, now, per=per, kind=kind, direction=draw(st.sampled_from(["up", "down", "none"])))
        if draw(st.booleans()):
            met = now <= target if own["direction"] == "down" else now >= target
            own |= {"target": target, "target_kind": "absolute", "target_status": "met" if met else "not_met"}
        fate = draw(st.sampled_from(["known", "known", "no value", "not compared"]))
        if fate == "no value":
            own |= {"value": np.nan, "change_pp": np.nan, "reason": "not reported", "target_status": ""}
        elif fate == "not compared":
            own |= {"change_pp": np.nan, "reason": "not comparable: definition changed"}
        if draw(st.booleans()):
            own |= {"change_lower": np.nan, "change_upper": np.nan}
        rows.append(own)
    return overview(*rows)


def sentences(table: pd.DataFrame, lang: str) -> list[str]:
    parts = [text for _, texts in narrative.highlights(table, YEAR, lang) for text in texts]
    largest = change_views.largest_changes(table)
    return [*narrative.changes(table, YEAR, lang), *parts, narrative.alt_changes(largest, lang)]


@settings(max_examples=60, deadline=None)
@given(tables(), st.sampled_from(LANGUAGES))
def test_every_number_of_a_sentence_stands_in_its_table(table: pd.DataFrame, lang: str) -> None:
    known = [*table[["value", "previous_value", "change_pp", "target"]].to_numpy().ravel(), len(table)]
    known += list(range(len(table) + 1))  # the alternative text counts its rows
    for text in sentences(table, lang):
        assert unexplained(text, known) == [], text


@settings(max_examples=60, deadline=None)
@given(tables(), st.sampled_from(LANGUAGES))
def test_nothing_unfinished_reaches_the_reader(table: pd.DataFrame, lang: str) -> None:
    texts = [*sentences(table, lang), *narrative.changes_summary(table, "甲县", YEAR, lang)]
    for text in texts:
        assert not re.search(r"[{}]|\bnan\b|None|—|。。|\.\.|  ", text), text
        assert text.endswith("。" if lang == "zh" else "."), text


@settings(max_examples=60, deadline=None)
@given(tables())
def test_the_summary_counts_what_the_table_holds(table: pd.DataFrame) -> None:
    text = "".join(narrative.changes_summary(table, "甲县", YEAR, "zh"))
    words = {"better": "改善", "worse": "变差", "unclear": "变化不明显", "same": "持平", "neutral": "有变化但不评优劣"}
    known = table[table["value"].notna()]
    for status, name in words.items():
        n = int((known["status"] == status).sum())
        assert (f"{n}项{name}" in text) == (n > 0), text
    met, not_met = ((known["target_status"] == status).sum() for status in ("met", "not_met"))
    assert (f"达标{met}项，未达标{not_met}项" in text) == bool(met + not_met)
    missing = len(table) - len(known)
    assert (f"另有{missing}项指标缺数据" in text) == bool(missing)


# --- scores


def scores(
    points: tuple[float, float], ranks: tuple[float, float], period: str = YEAR, area: str = "01"
) -> pd.DataFrame:
    """A league with one total: before and now."""
    return pd.DataFrame(
        {
            "period": [period],
            "area": [area],
            "unit": [""],
            "section": [""],
            "points": [points[1]],
            "full": [100.0],
            "grade": ["good"],
            "rank": [float(ranks[1])],
            "n_ranked": [12],
            "previous_points": [points[0]],
            "previous_rank": [float(ranks[0])],
            "change_points": [points[1] - points[0]],
            "change_rank": [ranks[0] - ranks[1]],
        }
    )


@pytest.mark.parametrize(
    ("points", "ranks", "zh", "en"),
    [
        ((80, 82), (5, 3), "得分较上年提高2.00分，名次由第5位升至第3位。", "up 2.00"),
        ((82, 80), (3, 5), "得分较上年下降2.00分，名次由第3位降至第5位。", "down 2.00"),
        ((80, 82), (3, 5), "得分较上年提高2.00分，但名次由第3位降至第5位。", ", but "),
        ((82, 80), (5, 3), "得分较上年下降2.00分，但名次由第5位升至第3位。", ", but "),
        ((80, 82), (3, 3), "得分较上年提高2.00分，名次不变。", "has not changed"),
        ((80, 80), (3, 3), "得分较上年持平，名次不变。", "unchanged"),
    ],
)
def test_score_and_rank_move_in_words_as_in_numbers(
    points: tuple[int, int], ranks: tuple[int, int], zh: str, en: str
) -> None:
    league = scores(points, ranks)
    assert score_narrative.development(league, "01", YEAR, "zh") == zh
    assert en in score_narrative.development(league, "01", YEAR, "en")


def test_the_key_figures_and_the_headline_are_those_of_the_league() -> None:
    league = scores((82.506, 83.391), (6, 8))
    assert score_narrative.key_figures(league, STANDARD, "01", YEAR, "zh") == [
        ("总分", "83.39", "满分100分"),
        ("等级", "良好", "90分以上为优秀"),
        ("排名", "8", "共12个县（市、区）"),
        ("较上年", "+0.89", "2023年为82.51分"),
    ]
    first, _ = score_narrative.headline(league, STANDARD, "01", "甲县", YEAR, "zh")
    assert first == "甲县2024年得分83.39分，等级为良好，在12个参评县（市、区）中列第8位。"


def test_the_best_grade_has_no_next_and_the_first_year_no_change() -> None:
    league = scores((np.nan, 95.0), (np.nan, 1)).assign(grade="excellent")
    figures = score_narrative.key_figures(league, STANDARD, "01", YEAR, "zh")
    assert [figure[0] for figure in figures] == ["总分", "等级", "排名"]
    assert figures[1] == ("等级", "优秀", "")
    assert score_narrative.development(league, "01", YEAR, "zh") == wording.word("report.score_first", "zh")
    nothing = scores((np.nan, np.nan), (np.nan, np.nan))
    assert len(score_narrative.key_figures(nothing, STANDARD, "01", YEAR, "zh")) == 1
    (text,) = score_narrative.headline(nothing, STANDARD, "01", "甲县", YEAR, "zh")
    assert "没有可计分的条目" in text


def lines(*rows: tuple[str, float, float, str]) -> pd.DataFrame:
    """Lines of a score: name, value, points lost, reason; each is worth 5 points."""
    table = pd.DataFrame(rows, columns=["name", "value", "lost", "reason"])
    return table.assign(full=5.0, points=5.0 - table["lost"])


SILENT = "11 of 12 units reported; counted as zero"


def test_points_lost_to_missing_data_are_not_called_poor_results() -> None:
    table = lines(
        ("甲率", np.nan, 5.0, SILENT), ("乙率", 70.0, 1.25, ""), ("丙率", 60.0, 2.5, ""), ("丁率", 99.0, 0.0, "")
    )
    assert score_narrative.lost_most(table, "zh") == "有数据的条目中，失分最多的：丙率（2.50分）、乙率（1.25分）。"
    note = score_narrative.warning(table, YEAR, "zh")
    assert "1个条目" in note and "5.00分" in note and "12个机构中11个已上报" in note
    assert score_narrative.warning(table.tail(3), YEAR, "zh") == ""
    assert "1 line counts" in score_narrative.warning(table, YEAR, "en")
    twice = lines(("甲率", np.nan, 5.0, SILENT), ("乙率", np.nan, 2.0, SILENT))
    assert "2 lines count" in score_narrative.warning(twice, YEAR, "en")
    assert "7.00" in score_narrative.warning(twice, YEAR, "en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_standard_for_whole_years_is_not_applied_to_less_without_a_word(lang: str) -> None:
    table = lines(("甲率", 90.0, 0.0, ""))
    assert score_narrative.warning(table, YEAR, lang) == ""
    assert wording.period(PART, lang) in score_narrative.warning(table, PART, lang)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), cells, cells), min_size=1, max_size=6, unique_by=lambda x: x[0]))
def test_the_costliest_lines_come_first_with_their_own_points(rows: list[tuple[str, float, float]]) -> None:
    table = lines(*[(name, value, lost, "") for name, value, lost in rows])
    text = score_narrative.lost_most(table, "zh")
    expected = sorted((row for row in rows if row[2] > 0), key=lambda row: -row[2])[:3]
    assert re.findall(r"(\w+)（([\d.]+)分）", text) == [(name, f"{rounded(lost, 2)}") for name, _, lost in expected]
    total = sum(lost for _, _, lost in rows)
    assert unexplained(score_narrative.alt_lost(table, "zh"), [total, *table["lost"]]) == []


# --- the data check


def findings(*levels: str) -> pd.DataFrame:
    rows = [(level, "above_100", f"第{at}句。") for at, level in enumerate(levels)]
    return pd.DataFrame(rows, columns=["level", "rule", "sentence"])


def completeness(*reported: int, expected: int = 112) -> pd.DataFrame:
    names = [f"{name}卫生院" for name in "甲乙丙丁"[: len(reported)]]
    table = pd.DataFrame({"unit_name": names, "items_reported": reported, "items_expected": expected})
    return table.assign(share=table["items_reported"] / expected * 100)


NOBODY = completeness()


@pytest.mark.parametrize(
    ("levels", "zh", "en"),
    [
        ((), "未发现问题", "No problem was found"),
        (("error",), "错误1处。", "1 error."),
        (("error", "error", "warning"), "错误2处、疑点1处。", "2 errors, 1 warning."),
        (("note", "note"), "提示2处。", "2 notes."),
    ],
)
def test_findings_are_counted_by_level_and_none_is_said_too(levels: tuple[str, ...], zh: str, en: str) -> None:
    for lang, expected in (("zh", zh), ("en", en)):
        (text,) = quality_narrative.quality_summary(findings(*levels), NOBODY, "甲县", YEAR, lang)
        assert expected in text and "甲县" in text


def test_who_reported_all_part_and_nothing() -> None:
    assert quality_narrative.completeness(completeness(112, 112), "zh") == ["应报机构2个，均已报齐112项数据。"]
    assert quality_narrative.is_complete(completeness(112, 112))
    some = completeness(112, 0, 111)
    assert not quality_narrative.is_complete(some)
    assert quality_narrative.completeness(some, "zh") == [
        "应报机构3个，已报2个。",
        "未报机构：乙卫生院。",
        "未报齐的机构：丙卫生院。",
    ]
    assert quality_narrative.completeness(NOBODY, "zh") == []


def test_a_silent_institution_is_named_once_and_questions_are_no_errors() -> None:
    rules = ["above_100", "silent_unit", "copied_units", "outlier"]
    found = findings("error", "warning", "warning", "warning").assign(rule=rules)
    assert quality_narrative.first_findings(found) == ["第0句。", "第3句。"]


def test_adjustments_are_counted_and_so_are_the_values_they_changed() -> None:
    changed = pd.DataFrame({"unit": ["1", "1", "2"], "item": ["a", "a", "a"]})
    text = quality_narrative.adjusted_summary(changed, "final", "zh")
    assert "调整3次" in text and "2个数据" in text
    assert quality_narrative.adjusted_summary(changed.head(0), "final", "zh") == wording.word(
        "report.quality_unadjusted", "zh"
    )


# --- a region


def league(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    """A league table: county, points, previous rank, rank."""
    table = pd.DataFrame(rows, columns=["county", "points", "previous_rank", "rank"])
    grade = pd.cut(table["points"], [-1, 59.99, 79.99, 89.99, 101], labels=["fail", "pass", "good", "excellent"])
    change = table["previous_rank"] - table["rank"]
    return table.assign(grade=grade.astype("str"), change_rank=change, missing_lines=np.nan, missing_lost=np.nan)


LEAGUE = league(("甲县", 91.0, 2, 1), ("乙县", 85.5, 1, 2), ("丙县", 70.25, 3, 3), ("丁县", 70.25, 4, 3))


def test_a_region_is_summed_up_by_its_table() -> None:
    texts = region_narrative.region_summary(LEAGUE, STANDARD, "样例市", YEAR, "zh")
    assert texts == [
        "样例市2024年共有4个县（市、区）参评，平均得分79.25分；最高为甲县（91.00分），最低为丙县、丁县（70.25分）。",
        "等级分布：优秀1个、良好1个、合格2个、不合格0个。",
        "名次上升最多：甲县（由第2位到第1位）、丁县（由第4位到第3位）。",
        "名次下降最多：乙县（由第1位到第2位）。",
    ]
    assert unexplained("".join(texts), [4, 79.25, 91, 70.25, 1, 2, 0, 3, 2024, 4]) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_gained_and_lost_places_change_with_the_ranks(lang: str) -> None:
    mirrored = LEAGUE.assign(previous_rank=LEAGUE["rank"], rank=LEAGUE["previous_rank"])
    mirrored["change_rank"] = -LEAGUE["change_rank"]
    up, down = (region_narrative.moves(table, lang) for table in (LEAGUE, mirrored))
    gained = [
        wording.word("report.region_up", lang, names="").rstrip("。."),
        wording.word("report.region_down", lang, names=""),
    ]
    assert up[0].startswith(gained[0]) and "甲县" in up[0] and "乙县" in up[1]
    assert "乙县" in down[0] and "甲县" in down[1]
    assert region_narrative.moves(LEAGUE.assign(change_rank=0.0), lang) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_region_warns_of_counties_without_data_before_it_ranks_them(lang: str) -> None:
    assert region_narrative.warning(LEAGUE, YEAR, lang) == ""
    table = LEAGUE.assign(missing_lines=[0.0, 1.0, 19.0, 0.0], missing_lost=[0.0, 2.0, 49.0, 0.0])
    text = region_narrative.warning(table, YEAR, lang)
    assert text.index("丙县") < text.index("乙县")
    assert unexplained(text, [19, 49, 1, 2, 0]) == []
    assert wording.period(PART, lang) in region_narrative.warning(LEAGUE, PART, lang)


def test_a_region_without_any_score_says_so() -> None:
    table = LEAGUE.assign(points=np.nan)
    assert len(region_narrative.region_summary(table, STANDARD, "样例市", YEAR, "zh")) == 1
    assert region_narrative.alt_bars(table, "zh") == "无"


ABOUT = About(name="访视率", base="活产数", kind="proportion", per=100)


def funnel(*rows: tuple[str, float, bool]) -> tuple[pd.DataFrame, pd.DataFrame]:
    values = pd.DataFrame(rows, columns=["label", "value", "outside"])
    return values, pd.DataFrame({"centre": [96.5]})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_funnel_says_on_which_side_who_lies(lang: str) -> None:
    values, limits = funnel(("甲县", 99.0, True), ("乙县", 94.0, True), ("丙县", 96.0, False))
    text = region_narrative.funnel(values, limits, ABOUT, lang)
    alt = region_narrative.alt_funnel(values, limits, lang)
    mirrored = region_narrative.funnel(values.assign(value=193 - values["value"]), limits, ABOUT, lang)
    assert text.index("甲县") < text.index("乙县") and mirrored.index("乙县") < mirrored.index("甲县")
    assert "丙县" not in text + alt
    assert "96.50%" in text
    inside = region_narrative.funnel(values.assign(outside=False), limits, ABOUT, lang)
    assert not any(name in inside for name in values["label"])
    everybody = region_narrative.funnel(values.head(2), limits, ABOUT, lang)
    assert ("其余" in text and "其余" not in everybody) if lang == "zh" else ("others" not in everybody)


# --- beside the others, lists, charts in words


def fake(kind: str = "") -> SimpleNamespace:
    areas = pd.DataFrame({"area": ["9"], "kind": [kind]})
    return SimpleNamespace(areas=areas, meta=SimpleNamespace(region="9"), area_name=lambda area, lang: "英格兰")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["above", "below", "near", ""]), min_size=1, max_size=9))
def test_an_area_without_a_standard_is_counted_against_the_reference(against: list[str]) -> None:
    table = pd.DataFrame({"against": against})
    (text,) = narrative.unscored(table, fake("reference"), "甲", YEAR, "zh")  # type: ignore[arg-type]
    counts = {name: against.count(name) for name in ("above", "below", "near")}
    if not sum(counts.values()):
        assert text == "甲2024年没有可与其他地区比较的指标。"
        assert narrative.comparison_notes(fake("reference"), table, "zh") == []  # type: ignore[arg-type]
    else:
        assert re.findall(r"\d+", text)[1:] == [str(n) for n in (sum(counts.values()), *counts.values())]
        assert "英格兰" in text
        assert len(narrative.comparison_notes(fake("reference"), table, "zh")) == 2  # type: ignore[arg-type]
        assert len(narrative.comparison_notes(fake(), table, "zh")) == 1  # type: ignore[arg-type]


def test_names_with_commas_are_kept_apart_by_semicolons() -> None:
    assert narrative.joined(["a", "b"], "en") == "a, b"
    assert narrative.joined(["Deaths, all ages", "b"], "en") == "Deaths, all ages; b"
    assert narrative.joined([], "zh") == "无"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(2015, 2024), st.one_of(cells, st.just(np.nan))), min_size=1, unique_by=lambda x: x[0]
    )
)
def test_line_charts_are_told_by_their_ends(points: list[tuple[int, float]]) -> None:
    frame = pd.DataFrame({"period": [str(year) for year, _ in points], "value": [value for _, value in points]})
    frame = frame.assign(label="甲率", per=100, kind="proportion")
    known = sorted((year, value) for year, value in points if not np.isnan(value))
    if not known:
        return
    text = narrative.alt_series(frame, "zh")
    ends = [known[0], known[-1]] if len(known) > 1 else [known[0]]
    assert re.findall(r"(\d{4})年([\d.]+)%", text) == [(str(y), f"{rounded(v, 2)}") for y, v in ends]
    years = sorted(year for year, _ in points)
    caption = narrative.caption_series(frame, "zh")
    assert str(years[0]) in caption and str(years[-1]) in caption


def breaks(**values: str) -> pd.DataFrame:
    own = {"from": "2022", "to": "2022", "indicator": "*", "area": "*", "kind": "definition"}
    return pd.DataFrame([own | {"note_zh": "口径有变", "note_en": "It changed"} | values])


def notes(table: pd.DataFrame, period: str = YEAR, lang: str = "zh") -> list[str]:
    catalogue = pd.DataFrame({"indicator": ["a"], "name_zh": ["甲率"], "name_en": ["Rate A"]})
    data = SimpleNamespace(breaks=table, area="01", catalogue=catalogue)
    return narrative.method_notes(data, period, lang)  # type: ignore[arg-type]


def test_breaks_are_told_with_what_they_concern_and_end_like_a_sentence() -> None:
    assert notes(breaks()) == ["口径变更（2022年）：口径有变。"]
    assert notes(breaks(indicator="a", note_zh="口径有变。")) == ["口径变更（甲率，2022年）：口径有变。"]
    assert notes(breaks(kind="disturbance", to="2023"), lang="en") == ["Disturbed period (2022 to 2023): It changed."]
    assert notes(breaks(area="02")) == []
    assert notes(breaks(), period="2021") == [], "what is still to come disturbs nothing"


def test_every_rule_of_a_standard_has_its_words() -> None:
    table = lines(("甲率", 90.0, 0.0, ""))
    for lang in LANGUAGES:
        for missing in ("zero", "exclude", "refuse"):
            for on in ("line", "total"):
                standard = dataclasses.replace(
                    scored.standard([scored.line("x", "manual", "1")]),
                    rounding=Rounding(2, "half_even", on),
                    missing=missing,
                    not_applicable=missing,
                    name_zh="标准",
                    name_en="Standard",
                    source="文件",
                )
                assert not any(re.search("[{}]", text) for text in score_narrative.scoring_notes(standard, table, lang))
