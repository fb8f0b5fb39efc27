"""What a control chart says and shows: sentences, alternative text and the figure."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from evaltools import periods, wording
from evaltools.chart_theme import svg
from evaltools.control_limits import control_chart_points
from evaltools.control_narrative import alt_control_chart, control_notes, control_summary
from evaltools.month_charts import control_chart
from evaltools.palette import PALETTE
from evaltools.wording import LANGUAGES, word

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("error")]
NAN = float("nan")
NAME = {"zh": "预防接种率", "en": "Vaccination coverage"}
QUIET = [94.0, 95.0, 94.5, 95.5, 94.2, 95.2] * 4


def points(values: list[float], lang: str = "zh", target: float | None = None, direction: str = "up", **options):
    start = periods.parse("2023-01").first
    names = [periods.name(periods.Span(start + at, start + at)) for at in range(len(values))]
    rows = pd.DataFrame({"period": names, "value": values}).astype({"value": float})
    return control_chart_points(rows, target, direction, **options).assign(label=NAME[lang])


def said(values: list[float], lang: str, **options) -> str:
    return "".join(control_summary(points(values, lang, **options), lang))


# --- sentences ----------------------------------------------------------------------------------------------------

FALL = [*[93.4, 95.0] * 7, 93.2, 93.4, 93.1, 93.3, 93.4, 93.2, 88.2]


def test_months_below_the_limit_and_a_run_below_the_mean() -> None:
    frame = points(FALL, target=95)
    mean, lower = (f"{frame[name].iloc[0]:.2f}%" for name in ("mean", "lower"))
    assert control_summary(frame, "zh") == [
        f"预防接种率2024年9月为88.20%，低于控制下限（{lower}）；2024年3月至2024年9月连续7个月低于平均水平（{mean}），"
        "提示流程可能发生了不利变化，需查明原因。",
        "按现有流程，目标95%不能稳定达到，各月能否达到带有偶然性。",
    ]
    assert control_summary(frame.assign(label=NAME["en"]), "en") == [
        f"Vaccination coverage: 88.20% in September 2024, below the lower limit of {lower}; 7 months in a row below "
        f"the mean of {mean} (March 2024 to September 2024). This suggests a change of the process for the worse: "
        "find out why.",
        "With the process as it is, the target of 95% is not met reliably: whether a month meets it is up to chance.",
    ]


def test_a_quiet_series_varies_by_chance() -> None:
    zh, en = (said(QUIET, lang) for lang in LANGUAGES)
    assert re.fullmatch(
        r"预防接种率2023年1月至2024年12月各月均在控制限（[\d.]+%至[\d.]+%）以内，未见异常波动，"
        r"月度之间的差别属偶然波动。",
        zh,
    )
    assert "vary only by chance (common cause)" in en


def test_a_trend_counts_its_rises_and_not_its_months() -> None:
    values = [*QUIET[:12], 93.0, 93.4, 93.8, 94.2, 94.6, 95.0, 95.6]
    texts = said(values, "zh")
    assert "由2024年1月的93.00%连续6个月上升，至2024年7月为95.60%，提示流程可能发生了有利变化" in texts
    assert "6 rises in a row, from 93.00% in January 2024 to 95.60% in July 2024." in said(values, "en")
    assert "连续6个月上升" in said(values, "zh", direction="down") and "不利变化" in said(
        values, "zh", direction="down"
    )
    assert "6 falls in a row, from" in said([-x + 190 for x in values], "en")


def test_two_rises_that_do_not_join_are_two_trends() -> None:
    rise = [92.0, 92.5, 93.0, 93.5, 94.0, 94.5, 95.0, 95.5]
    texts = said([*QUIET[:6], *rise, *rise, *QUIET[:5]], "zh", direction="none")
    assert texts.count("连续7个月上升") == 2
    peak = [92.0, 92.5, 93.0, 93.5, 94.0, 94.5, 95.0]
    texts = said([*QUIET[:6], 91.0, *peak, *peak[-2::-1], *QUIET[:5]], "zh", direction="none")
    assert "连续7个月上升，至2024年2月为95.00%" in texts
    assert "由2024年2月的95.00%连续6个月下降" in texts


def test_months_close_to_a_limit_are_named() -> None:
    values = [*QUIET[:10], 97.0, 95.5, 97.1, *QUIET[:10]]
    frame = points(values)
    assert frame["kind"].iloc[[10, 12]].tolist() == ["near_upper"] * 2
    assert "2023年11月（97.00%）、2024年1月（97.10%）先后接近控制上限" in "".join(control_summary(frame, "zh"))


def test_months_near_a_limit_within_a_long_run_are_not_told_twice() -> None:
    frame = points([*QUIET[:12], 96.2, 96.8, 96.9, 96.1, 96.2, 96.3, 96.0])
    assert "near_upper" in set(frame["kind"])
    text = "".join(control_summary(frame, "zh"))
    assert "连续7个月高于平均水平" in text and "接近" not in text


def test_a_lasting_change_is_judged_by_where_it_leads() -> None:
    texts = said([*QUIET[:12], *[x - 2 for x in QUIET[:12]]], "zh")
    assert texts.startswith("预防接种率2023年1月至2023年12月连续12个月高于平均水平")
    assert "2024年1月至2024年12月连续12个月低于平均水平" in texts
    assert "提示流程可能发生了不利变化" in texts


def test_a_single_month_beyond_is_no_change_of_the_process() -> None:
    values = [*QUIET[:12], 99.0, *QUIET[:12]]
    assert "难以用偶然波动解释，需查明原因。" in said(values, "zh")
    assert "流程可能" not in said(values, "zh")


def test_many_months_beyond_are_counted_and_the_latest_named() -> None:
    values = [*[89.0, 91.0] * 5, 99.0, 98.0, 99.5, 98.5, 99.0, *[89.0, 91.0] * 6]
    assert int((points(values)["beyond"] > 0).sum()) == 5
    zh = said(values, "zh")
    assert "；有5个月高于控制上限（" in zh
    assert "），最近的是2024年1月（99.50%）、2024年2月（98.50%）、2024年3月（99.00%）" in zh


def test_a_value_never_looks_like_the_limit_it_is_beyond() -> None:
    frame = points([*QUIET[:12], *QUIET[:11], 99.0])
    frame.loc[23, "value"] = frame["upper"].iloc[0] + 0.0004
    text = control_summary(frame, "zh")[0]
    value, limit = re.search(r"2024年12月为([\d.]+)%，高于控制上限（([\d.]+)%）", text).groups()
    assert float(value) > float(limit)


def test_signals_beyond_the_most_are_counted() -> None:
    values = [*QUIET[:3], 99.0, *QUIET[:7], 90.0, *[93.0, 93.4, 93.8, 94.2, 94.6, 95.0, 95.6], *[94.0] * 8]
    frame = points(values, direction="none")
    every = control_summary(frame, "zh", most=9)
    few = control_summary(frame, "zh", most=1)
    assert "另有" not in "".join(every)
    n = every[0].count("；")
    assert n >= 2
    assert few[1] == f"另有{n}处异常波动，见图。"
    assert few[0].count("；") == 0


@pytest.mark.parametrize(
    ("target", "direction", "zh"),
    [
        (90, "up", "按现有流程，目标90%可以稳定达到。"),
        (99.5, "up", "按现有流程，目标99.5%难以达到，须改进流程。"),
        (99.5, "down", "按现有流程，目标99.5%可以稳定达到。"),
        (90, "down", "按现有流程，目标90%难以达到，须改进流程。"),
        (95, "down", "按现有流程，目标95%不能稳定达到，各月能否达到带有偶然性。"),
    ],
)
def test_the_target_is_judged_by_the_limits(target: float, direction: str, zh: str) -> None:
    assert control_summary(points(QUIET, target=target, direction=direction), "zh")[1:] == [zh]


@pytest.mark.parametrize(("target", "direction"), [(None, "up"), (95, "none"), (95, "range")])
def test_without_target_or_direction_nothing_is_said_of_it(target: float | None, direction: str) -> None:
    assert len(control_summary(points(QUIET, target=target, direction=direction), "zh")) == 1


def test_earlier_segments_gaps_and_disturbed_months_are_told() -> None:
    values = [*QUIET[:6], 105.0, *QUIET[:11], *QUIET[:14]]
    values[9] = NAN
    frame = points(values, target=90, breaks=["2024-07"], disturbed=["2023-03", "2023-04"])
    assert control_summary(frame, "zh")[1:] == [
        "按现有流程，目标90%可以稳定达到。",
        "2023年1月至2024年6月属调整前，单独计算控制限，有1个月属异常波动。",
        "2023年10月无数据，前后月份不连续判断。",
        "2023年3月、2023年4月受特殊事件影响，只作展示，不参与计算。",
    ]
    assert "stand out" not in "".join(control_summary(frame, "en"))
    many = points([*QUIET[:12], *[NAN] * 5, *QUIET[:12]], disturbed=["2023-03/2023-07"])
    texts = control_summary(many, "zh")
    assert "其间有5个月无数据，前后月份不连续判断。" in texts
    assert "其间有5个月受特殊事件影响，只作展示，不参与计算。" in texts


def test_a_segment_too_short_says_so_and_the_earlier_one_is_told() -> None:
    texts = control_summary(points(QUIET[:16], target=90, breaks=["2024-01"]), "zh")
    assert texts == [
        "预防接种率2024年1月至2024年4月未计算控制限：有数据的不足12个月。",
        "2023年1月至2023年12月属调整前，单独计算控制限，未见异常波动。",
    ]
    early = control_summary(points(QUIET[:18], breaks=["2023-05"]), "zh")
    assert early[1] == "2023年1月至2023年4月属调整前，未计算控制限：有数据的不足12个月。"


@cache
def grid() -> list[tuple[pd.DataFrame, str]]:
    """Rises, falls, spikes, nothing, gaps, breaks, all equal, all missing, one month, none; both languages."""
    shapes = {
        "quiet": QUIET,
        "rise": [*QUIET[:12], 93.0, 93.4, 93.8, 94.2, 94.6, 95.0, 95.6, 96.0],
        "step": [*QUIET[:12], *[x - 5 for x in QUIET[:12]]],
        "spikes": [*QUIET[:6], 99.0, *QUIET[:6], 70.0, *QUIET],
        "gaps": [NAN, *QUIET[:9], NAN, NAN, *QUIET, NAN],
        "equal": [97.0] * 20,
        "full": [100.0] * 20,
        "single": [95.0],
        "missing": [NAN] * 15,
        "none": [],
    }
    breaks = ((), ("2024-02",))
    options = product(shapes.values(), LANGUAGES, ("up", "none"), (None, 95.0), breaks)
    return [
        (points(v, lang, target, way, breaks=cut, disturbed=["2023-05"], bounds=(0, 100)), lang)
        for v, lang, way, target, cut in options
    ]


def test_sentences_over_a_grid_are_whole_and_their_numbers_are_the_frames() -> None:
    for frame, lang in grid():
        texts = [*control_summary(frame, lang), alt_control_chart(frame, lang)]
        for text in texts:
            assert text.endswith("。" if lang == "zh" else "."), text
            assert not re.search(r"nan|显著|significant|[{}—]|；；|。。|, ,|  ", text, re.IGNORECASE), text
            assert not re.search(r"[A-Za-z]" if lang == "zh" else r"[⺀-鿿，。；：（）]", text), text
        columns = ["value", "mean", "lower", "upper", "target"]
        known = {f"{x:.2f}" for x in frame[columns].to_numpy(dtype=float).ravel() if x == x}
        rounded = {wording.value(x, lang)[:-1] for x in frame[columns].to_numpy(dtype=float).ravel() if x == x}
        aims = {wording.target(x, lang)[:-1] for x in frame["target"] if x == x}
        for number in re.findall(r"([\d.,]+)%", " ".join(texts)):
            assert number in known | rounded | aims, (number, texts)


def test_alternative_text() -> None:
    frame = points([*QUIET[:12], 99.0, *QUIET[:11], 90.0], target=95)
    level = {name: f"{frame[name].iloc[0]:.2f}%" for name in ("mean", "lower", "upper")}
    assert alt_control_chart(frame, "zh") == (
        f"预防接种率控制图，2023年1月至2025年1月：平均水平{level['mean']}，控制限{level['lower']}至{level['upper']}；"
        "目标95%；改善的异常波动1个月；变差的异常波动1个月；2025年1月为90.00%。"
    )
    assert alt_control_chart(points(QUIET), "zh").endswith("；未见异常波动；2024年12月为95.20%。")
    assert "未计算控制限：各月数值相同；" in alt_control_chart(points([97.0] * 20), "zh")


def test_counts_are_written_without_a_percent_sign() -> None:
    frame = points([1200.0, 1300.0, 1250.0, 1280.0] * 5, target=1100)
    texts = "".join(control_summary(frame, "zh", per=1, kind="count"))
    assert "%" not in texts and "目标1,100" in texts


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_notes_name_season_and_target(lang: str) -> None:
    notes = control_notes(lang, least=8)
    assert len(notes) == 4 and len(control_notes(lang, target=False)) == 3
    assert "8" in notes[0] and "2.66" in notes[0] and "3.267" in notes[0]
    assert {"zh": "季节", "en": "eason"}[lang] in notes[2]
    assert "显著" not in "".join(notes)


# --- chart --------------------------------------------------------------------------------------------------------


def texts_of(figure: matplotlib.figure.Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def lines(figure: matplotlib.figure.Figure, label: str) -> list[matplotlib.lines.Line2D]:
    return [line for line in figure.axes[0].lines if line.get_label() == label]


def broken(lang: str) -> pd.DataFrame:
    values = [*QUIET[:6], 105.0, *QUIET[:5], *[x - 4 for x in QUIET[:14]], 80.0]
    values[9] = NAN
    return points([*values, *QUIET[:4]], lang, 95, breaks=["2024-01", "2025-04"], disturbed=["2023-03"], least=10)


def test_each_segment_has_its_lines_and_the_target_runs_through() -> None:
    frame = broken("zh")
    figure = control_chart(frame, "zh")
    first = frame.drop_duplicates("segment")
    start = periods.parse("2023-01").first
    for name, columns in (("平均水平", ["mean"]), ("控制限", ["upper", "lower"])):
        drawn = [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in lines(figure, name)]
        ends = ([start - 0.5, start + 11.5], [start + 11.5, start + 26.5])
        wanted = [(x, [first[column].iloc[at]] * 2) for at, x in enumerate(ends) for column in columns]
        assert drawn == wanted, "the third segment is too short for limits"
    (target,) = lines(figure, "目标")
    assert target.get_xdata().tolist() == [start - 0.5, start + 30.5] and set(target.get_ydata()) == {95}
    assert [line.get_xdata()[0] for line in lines(figure, "调整时点，前后分别计算")] == [start + 11.5, start + 26.5]
    assert "2025年4月至2025年7月未计算控制限：有数据的不足10个月" in texts_of(figure)


def test_every_month_is_drawn_once_by_what_it_is() -> None:
    frame = broken("zh")
    figure = control_chart(frame, "zh")
    marks = {
        line.get_label(): line for line in figure.axes[0].lines if line.get_marker() in "o^vD" and line.get_marker()
    }
    start = periods.parse("2023-01").first
    places = {name: (line.get_xdata() - start).tolist() for name, line in marks.items()}
    special = {name: np.flatnonzero(frame["status"] == name).tolist() for name in ("better", "worse")}
    assert special["worse"] and special["better"]
    assert places["异常波动：改善"] == special["better"] and places["异常波动：变差"] == special["worse"]
    assert places["受特殊事件影响，不参与计算"] == [2]
    assert sorted(at for some in places.values() for at in some) == [at for at in range(31) if at != 9]
    looks = {
        name: (line.get_marker(), to_hex(line.get_color()), to_hex(line.get_mfc())) for name, line in marks.items()
    }
    assert looks["异常波动：改善"] == ("^", PALETTE["better"], PALETTE["better"])
    assert looks["异常波动：变差"] == ("v", PALETTE["worse"], PALETTE["worse"])
    assert looks["受特殊事件影响，不参与计算"] == ("o", PALETTE["accent"], PALETTE["paper"])
    neutral = control_chart(points([*QUIET, 99.0], direction="none"), "zh")
    (line,) = lines(neutral, word("control.neutral", "zh"))
    assert (line.get_marker(), to_hex(line.get_color())) == ("D", PALETTE["neutral"])


def test_the_line_has_a_gap_where_a_month_is_missing() -> None:
    drawn = [line.get_ydata() for line in control_chart(broken("zh"), "zh").axes[0].lines if line.get_alpha()]
    assert [len(part) for part in drawn] == [12, 15, 4]
    assert np.flatnonzero(np.isnan(drawn[0])).tolist() == [9]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_language_stands_in_the_other(lang: str) -> None:
    figures = [control_chart(broken(lang).assign(label="7"), lang), control_chart(points([], lang), lang)]
    shown = " ".join(text for figure in figures for text in texts_of(figure))
    assert len(shown) > 100
    assert not re.search(r"[A-Za-z]" if lang == "zh" else r"[　-鿿＀-￯]", shown)


def test_months_and_years_stand_on_the_axis_in_the_language() -> None:
    ticks = [text.get_text() for text in control_chart(points(QUIET), "zh").axes[0].get_xticklabels()]
    assert ticks[:3] == ["1月\n2023年", "3月", "5月"] and "1月\n2024年" in ticks
    ticks = [text.get_text() for text in control_chart(points(QUIET, "en"), "en").axes[0].get_xticklabels()]
    assert ticks[:2] == ["Jan\n2023", "Mar"]


@pytest.mark.parametrize("n", [1, 5, 13, 30, 60, 130, 400])
def test_no_text_covers_another(n: int) -> None:
    generator = np.random.default_rng(n)
    figure = control_chart(points(generator.normal(90, 1, n).tolist(), target=90.01), "zh")
    svg(figure)
    axes = figure.axes[0]
    boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
    assert not [1 for at, a in enumerate(boxes) for b in boxes[:at] if a.overlaps(b)], texts_of(figure)
    names = [text for text in axes.texts if re.match("平均|上限|下限|目标", text.get_text())]
    assert len(names) == (4 if n >= 12 else 1)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_chart_is_small_and_the_same_every_time(lang: str) -> None:
    drawing = svg(control_chart(broken(lang), lang))
    assert drawing == svg(control_chart(broken(lang), lang))
    assert len(drawing.encode()) < 60_000
    ElementTree.fromstring(drawing)


def test_charts_over_a_grid_bear_everything() -> None:
    for frame, lang in grid()[::9]:
        svg(control_chart(frame, lang))
    for value in (0.0, 1e-6, 1e12):
        svg(control_chart(points([value] * 13), "zh", per=1, kind="count"))


def test_a_chart_without_data_says_so() -> None:
    for frame in (points([]), points([NAN] * 14)):
        assert "没有可用的数据" in texts_of(control_chart(frame, "zh"))


def test_wrong_frames_are_refused_and_right_ones_not_changed() -> None:
    frame = broken("zh")
    with pytest.raises(ValueError, match="missing: label"):
        control_chart(frame.drop(columns="label"), "zh")
    with pytest.raises(ValueError, match="several labels"):
        control_chart(frame.assign(label=frame["period"]), "zh")
    before = frame.copy()
    control_chart(frame, "zh")
    control_summary(frame, "zh")
    alt_control_chart(frame, "zh")
    pd.testing.assert_frame_equal(frame, before)
