from __future__ import annotations

import re
import subprocess
import sys
import warnings
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from chart_frames import CHARTS
from matplotlib import font_manager
from matplotlib.colors import to_hex, to_rgb

from evaltools import charts
from evaltools.chart_theme import BUNDLED, FontError, bundled_font, choose_font, settings, svg, text_width, wrap
from evaltools.palette import PALETTE
from evaltools.wording import LANGUAGES

HARD = "鄠邑 瀍河 硚口 盱眙 亳州 猇亭 浉河"
"""County names with characters that many Chinese fonts lack."""

pytestmark = pytest.mark.filterwarnings("error:.*Glyph.*missing")


def trend() -> pd.DataFrame:
    years = [str(year) for year in range(2019, 2025)]
    rows = []
    for label, start, per in ((f"规范管理率{HARD}（%）", 70.0, 100), ("孕产妇死亡率 <b> & $x$ $y$", 9.0, 100_000)):
        for step, year in enumerate(years):
            value = start + step
            rows.append(
                (label, year, value, value - 1, value - 2, value + 1, start + 8, per, "2022" if step > 2 else "")
            )
    columns = ["label", "period", "value", "median", "q1", "q3", "target", "per", "definition"]
    return pd.DataFrame(rows, columns=columns)


def changes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": ["甲率", "乙率", "丙率", "丁率"],
            "change": [3.9, -2.1, 0.2, np.nan],
            "lower": [2.0, -4.0, -1.0, np.nan],
            "upper": [5.8, -0.2, 1.4, np.nan],
            "status": ["better", "worse", "neutral", "neutral"],
        }
    )


def lost() -> pd.DataFrame:
    return pd.DataFrame({"label": ["甲", "乙", "丙", "丁"], "lost": [1.0, 2.5, 0.0, np.nan], "points": [5, 5, 5, 5]})


def areas() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": [f"{name}县" for name in "甲乙丙丁"],
            "denominator": [1000, 5000, 20_000, 40_000],
            "value": [71.0, 80.0, 72.5, np.nan],
            "outside": [False, True, False, False],
            "score": [81.5, 92.25, np.nan, 60.0],
            "grade": ["良好", "优秀", "", "合格"],
            "before": [2, 1, 3, np.nan],
            "after": [1, 2, 3, 4],
        }
    )


def limits() -> pd.DataFrame:
    size = np.array([500.0, 5000.0, 50_000.0])
    spread = 4500 / size**0.5 / 10
    names = {"lower_95": -1.96, "upper_95": 1.96, "lower_998": -3.09, "upper_998": 3.09}
    return pd.DataFrame({"denominator": size, "centre": 72.0} | {name: 72 + z * spread for name, z in names.items()})


def texts(figure: matplotlib.figure.Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


# --- font and files ---


def test_the_font_has_the_hard_characters() -> None:
    path = bundled_font()
    assert path is not None
    known = font_manager.get_font(path).get_charmap()
    assert {char for char in HARD if char != " " and ord(char) not in known} == set()


def test_a_missing_glyph_is_an_error_in_these_tests() -> None:
    with charts.theme():
        figure = matplotlib.figure.Figure()
        figure.text(0, 0, "\U00020000")
    with pytest.raises(UserWarning, match="Glyph"):
        svg(figure)


def test_zhplot_lends_its_font_only() -> None:
    code = (
        "import sys, evaltools.charts as c, pandas as p\n"
        "c.svg(c.points_lost(p.DataFrame({'label': ['甲'], 'lost': [1], 'points': [2]}), 'zh'))\n"
        "import matplotlib\n"
        "assert matplotlib.rcParams['font.family'] == ['sans-serif']\n"
        "print([name for name in ('zhplot', 'seaborn', 'matplotlib.pyplot') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


def test_without_the_bundled_font_one_of_the_system_is_taken(tmp_path: Path) -> None:
    manager = font_manager.FontManager()
    manager.ttflist = [font_manager.FontEntry(name=name) for name in ("DejaVu Sans", "SimHei", "PingFang SC")]
    assert choose_font(None, manager) == "PingFang SC"
    manager.ttflist = manager.ttflist[:1]
    with pytest.raises(FontError, match="pip install zhplot"):
        choose_font(None, manager)


def test_the_theme_is_seaborns_ticks_style_with_our_changes() -> None:
    import seaborn

    with matplotlib.rc_context():
        charts.use()
        assert matplotlib.rcParams["font.family"] == [BUNDLED, "DejaVu Sans"]
        assert matplotlib.rcParams["axes.unicode_minus"] is False
        ours = dict(matplotlib.rcParams)
    theirs = seaborn.axes_style("ticks")
    same = {key for key in theirs if key in ours and ours[key] == theirs[key]}
    assert {"axes.axisbelow", "xtick.direction", "axes.grid", "image.cmap"} <= same
    assert all(ours[key] == value or np.all(np.equal(ours[key], value)) for key, value in settings().items())


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_small_and_the_same_every_time(name: str, lang: str) -> None:
    make, draw = CHARTS[name]
    figure = draw(make(), lang)
    drawing = svg(figure)
    assert drawing == svg(figure) == svg(draw(make(), lang))
    assert len(drawing.encode()) < 30_000
    ElementTree.fromstring(drawing)
    assert not re.search(r"<image|date|\d{4}-\d\d-\d\d|https?://(?!www\.w3\.org)", drawing)


def test_every_chart_is_among_those_that_are_tested() -> None:
    assert set(CHARTS) == set(charts.__all__) - {"svg", "theme", "use"}


def test_a_chart_with_many_long_labels_stays_small() -> None:
    names = [
        "0—6岁儿童眼保健和视力检查覆盖率",
        "孕产妇系统管理率",
        "老年人中医药健康管理率",
        "严重精神障碍患者面访率",
        "结核菌素筛查率",
    ]
    frame = pd.concat([trend().head(6).assign(label=name) for name in [*names, *(f"{n}（续）" for n in names[:4])]])
    assert len(svg(charts.trend_lines(frame, "zh")).encode()) < 60_000


# --- what the charts show ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_language_stands_in_the_other(lang: str) -> None:
    plain = {"label": "7", "grade": "8"}
    figures = [
        charts.trend_lines(trend().assign(label="7"), lang),
        charts.change_intervals(changes().assign(label="7"), lang),
        charts.points_lost(lost().assign(label="7"), lang),
        charts.funnel(areas().assign(**plain), limits(), lang, measure="7"),
        charts.rank_change(areas().assign(**plain), lang, before="7", after="8"),
        charts.league_bars(areas().assign(**plain), lang),
        charts.league_bars(areas().head(0), lang),
    ]
    shown = " ".join(text for figure in figures for text in texts(figure))
    assert len(shown) > 100
    assert not re.search(r"[A-Za-z]" if lang == "zh" else r"[　-鿿＀-￯]", shown)


def test_trend_lines_draw_the_values_given_and_break_at_a_new_definition() -> None:
    frame = trend()
    figure = charts.trend_lines(frame, "zh")
    for axes, (_, panel) in zip(figure.axes, frame.groupby("label", sort=False), strict=True):
        ours = [line for line in axes.lines if line.get_marker() == "o"]
        assert [len(line.get_ydata()) for line in ours] == [3, 3]
        assert np.concatenate([line.get_ydata() for line in ours]).tolist() == panel["value"].tolist()
    assert "75.00%" in texts(figure)
    assert "14.0/10万" in texts(figure)


def test_trend_lines_leave_a_gap_where_a_value_is_missing() -> None:
    frame = trend().head(6).assign(definition="")
    frame.loc[2, "value"] = np.nan
    line = next(line for line in charts.trend_lines(frame, "en").axes[0].lines if line.get_marker() == "o")
    assert np.isnan(line.get_ydata()).tolist() == [False, False, True, False, False, False]


def test_changes_are_marked_by_sign_and_colour() -> None:
    figure = charts.change_intervals(changes(), "zh")
    points = {line.get_label(): line for line in figure.axes[0].lines if line.get_marker() in "^vo"}
    assert {name: (line.get_marker(), line.get_xdata().tolist()[:1]) for name, line in points.items()} == {
        "改善": ("^", [3.9]),
        "变差": ("v", [-2.1]),
        "不评优劣或变化不明显": ("o", [0.2]),
    }
    assert len({to_hex(line.get_color()) for line in points.values()}) == 3
    assert [text for text in texts(figure) if re.fullmatch(r"[+-]\d\.\d\d|—", text)] == ["+3.90", "-2.10", "+0.20", "—"]


def test_points_lost_come_in_order_with_the_running_share() -> None:
    figure = charts.points_lost(lost(), "zh")
    assert [bar.get_width() for bar in figure.axes[0].patches] == [2.5, 1.0]
    assert [text for text in texts(figure) if " / 5" in text] == ["2.50 / 5  (71%)", "1.00 / 5  (100%)"]
    assert len(charts.points_lost(lost(), "zh", most=1).axes[0].patches) == 1


def test_the_funnel_names_what_is_outside_and_what_is_asked_for() -> None:
    assert [name for name in texts(charts.funnel(areas(), limits(), "zh", measure="x")) if name.endswith("县")] == [
        "乙县"
    ]
    asked = areas().assign(highlight=[True, False, False, True])
    names = [name for name in texts(charts.funnel(asked, limits(), "zh", measure="x")) if name.endswith("县")]
    assert names == ["甲县", "乙县"]


def test_names_in_a_funnel_do_not_cover_one_another() -> None:
    frame = pd.DataFrame({"label": [f"样例{c}县" for c in "甲乙丙丁戊己"], "denominator": 20_000, "outside": True})
    frame["value"] = [80.0, 80.1, 80.2, 80.3, 65.0, 65.1]
    figure = charts.funnel(frame, limits(), "zh", measure="x")
    svg(figure)
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text().endswith("县")]
    assert len(boxes) == 6
    overlaps = [a.overlaps(b) for index, a in enumerate(boxes) for b in boxes[:index]]
    assert sum(overlaps) == 0


def test_rank_change_tells_who_rose_by_line_style_too() -> None:
    figure = charts.rank_change(areas(), "zh", before="2023年", after="2024年")
    lines = {tuple(line.get_ydata()): line for line in figure.axes[0].lines}
    assert lines[2, 1].get_linestyle() == "-"
    assert lines[1, 2].get_linestyle() == "--"
    assert lines[2, 1].get_color() == PALETTE["better"]
    low, high = figure.axes[0].get_ylim()
    assert low > high, "rank 1 is at the top"


def test_areas_that_share_a_rank_are_named_together() -> None:
    frame = pd.DataFrame({"label": ["甲", "乙", "丙"], "before": [1, 2, 3], "after": [1, 1, 3]})
    assert "1  甲、乙" in [
        " ".join(text.split("\n")) for text in texts(charts.rank_change(frame, "zh", before="a", after="b"))
    ]


def test_league_bars_start_at_zero_and_order_by_score() -> None:
    figure = charts.league_bars(areas().assign(highlight=[True, False, False, False]), "zh", cutoffs=[("优秀", 90)])
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars] == [92.25, 81.5, 60.0, 0.0]
    assert {bar.get_x() for bar in bars} == {0}
    assert [to_hex(bar.get_facecolor()) == PALETTE["accent"] for bar in bars] == [False, True, False, False]
    assert {"92.25  优秀", "—", "优秀 ≥90"} <= set(texts(figure))


def test_charts_without_data_say_so() -> None:
    empty = [
        charts.trend_lines(trend().head(0), "zh"),
        charts.trend_lines(trend().assign(value=np.nan), "zh"),
        charts.change_intervals(changes().assign(change=np.nan), "zh"),
        charts.points_lost(lost().assign(lost=0.0), "zh"),
        charts.funnel(areas().assign(value=np.nan), limits(), "zh", measure="x"),
        charts.rank_change(areas().head(0), "zh", before="a", after="b"),
        charts.league_bars(areas().head(0), "zh"),
    ]
    for figure in empty:
        assert "没有可用的数据" in texts(figure)
        svg(figure)


@pytest.mark.parametrize("value", [0.0, 1e-6, 1e12])
def test_charts_bear_extreme_values(value: float) -> None:
    for figure in (
        charts.trend_lines(trend().head(1).assign(value=value), "zh"),
        charts.change_intervals(changes().assign(change=value), "zh"),
        charts.points_lost(lost().assign(lost=value), "zh"),
        charts.funnel(areas().assign(value=value), limits(), "zh", measure="x"),
    ):
        svg(figure)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="missing: status"):
        charts.change_intervals(changes().drop(columns="status"), "zh")
    with pytest.raises(ValueError, match="found 'good'"):
        charts.change_intervals(changes().assign(status="good"), "zh")


def test_frames_are_not_changed() -> None:
    frames = [trend(), changes(), lost(), areas(), limits()]
    before = [frame.copy() for frame in frames]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        charts.trend_lines(frames[0], "zh")
        charts.change_intervals(frames[1], "zh")
        charts.points_lost(frames[2], "zh")
        charts.funnel(frames[3], frames[4], "zh", measure="x")
        charts.rank_change(frames[3], "zh", before="a", after="b")
        charts.league_bars(frames[3], "zh")
    for old, new in zip(before, frames, strict=True):
        pd.testing.assert_frame_equal(old, new)


# --- labels ---


@pytest.mark.parametrize("width", [6, 10, 21, 40])
@pytest.mark.parametrize(
    "text", ["65岁及以上老年人城乡社区规范健康管理服务率（%）", "Type 2 diabetes patients managed to standard (%)"]
)
def test_wrapping_keeps_every_character_and_the_width(text: str, width: int) -> None:
    lines = wrap(text, width).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    longest_word = max(text_width(word) for word in re.findall(r"[A-Za-z]+|.", text))
    # A closing mark may hang over, as it must not begin a line.
    assert max(map(text_width, lines)) <= max(width, longest_word) + 3
    assert not any(line.startswith(("）", "%", ")")) for line in lines)
    assert text_width(lines[-1]) >= max(map(text_width, lines)) / 3 or len(lines) == 1, "nothing is left over"
    if text.isascii():
        assert set(re.findall(r"[A-Za-z]+", " ".join(lines))) == set(re.findall(r"[A-Za-z]+", text))


# --- colours ---


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["ink", "muted", "accent", "better", "worse", "neutral", "target"])
def test_colours_of_text_stand_out_from_their_grounds(name: str) -> None:
    grounds = ["paper", "wash", "accent-wash"] if name in ("ink", "muted", "accent") else ["paper"]
    assert all(contrast(PALETTE[name], PALETTE[ground]) >= 4.5 for ground in grounds)


def test_ink_stands_out_from_the_notice() -> None:
    assert contrast(PALETTE["ink"], PALETTE["notice"]) >= 7


# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
DEFICIENCIES = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_better_and_worse_differ_for_the_colour_blind(deficiency: str) -> None:
    def seen(name: str) -> np.ndarray:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(PALETTE[name])]
        mixed = np.clip(np.array(DEFICIENCIES[deficiency]) @ linear, 0, 1)
        return np.where(mixed <= 0.0031308, 12.92 * mixed, 1.055 * mixed ** (1 / 2.4) - 0.055)

    assert np.linalg.norm(seen("better") - seen("worse")) > 0.3
