"""Every chart on a page: nothing is cut off, names do not touch, whatever the names and the figures are."""

from __future__ import annotations

import re
from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd
import pytest
from chart_frames import CHARTS, HOSTILE, numeric
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from scipy.optimize import isotonic_regression

from evaltools import charts
from evaltools.chart_layout import spread
from evaltools.chart_text import fitted, text_width_inches
from evaltools.chart_theme import svg
from evaltools.wording import LANGUAGES

# Emoji are not in the font of the page; a browser takes them from the system.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Glyph")]

FIGURES = {"none": np.nan, "zero": 0.0, "tiny": 1e-6, "huge": 1e12}


def boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """Draw a figure and return its texts with the place each takes, in pixels."""
    with charts.theme(), matplotlib.rc_context({"text.hinting": "none"}):  # as in SVG: letters as wide as they are
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
        # what has been drawn only: axes that are switched off keep the names they would show
        return [
            (text.get_text(), text.get_window_extent(renderer))
            for artist in [figure, *figure.axes]
            for text in artist.get_children()
            if isinstance(text, Text) and text.get_text().strip()
        ]


def cut_off(figure: Figure) -> list[str]:
    wide, high = figure.bbox.width, figure.bbox.height
    return [
        text
        for text, box in boxes(figure)
        if box.x0 < -1.5 or box.y0 < -1.5 or box.x1 > wide + 1.5 or box.y1 > high + 1.5
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("hostile", [False, True])
@pytest.mark.parametrize("name", CHARTS)
def test_no_text_of_a_chart_is_cut_off(name: str, hostile: bool, lang: str) -> None:
    make, draw = CHARTS[name]
    assert cut_off(draw(make(hostile), lang)) == []


@pytest.mark.parametrize("figures", FIGURES)
@pytest.mark.parametrize("name", CHARTS)
def test_charts_bear_figures_of_any_size(name: str, figures: str) -> None:
    make, draw = CHARTS[name]
    frame = make()
    frame = frame.assign(**dict.fromkeys(numeric(frame), FIGURES[figures]))
    figure = draw(frame, "zh")
    assert cut_off(figure) == []
    if figures == "none" and name not in ("rank_change", "rank_intervals", "league_bars"):  # ranks are no floats
        assert "没有可用的数据" in [text for text, _ in boxes(figure)]
    assert not re.search(r"\de[+-]?\d", " ".join(text for text, _ in boxes(figure))), "no exponents for readers"


@pytest.mark.parametrize("name", CHARTS)
def test_one_period_or_one_row_is_enough(name: str) -> None:
    make, draw = CHARTS[name]
    frame = make()
    if "period" in frame.columns:
        frame = frame[frame["period"] == frame["period"].max()]
    for few in (frame, frame.head(1), frame.head(0)):
        assert cut_off(draw(few, "zh")) == []


@pytest.mark.parametrize("name", ["change_intervals", "points_lost", "heat_map", "league_bars", "rank_intervals"])
def test_names_of_rows_do_not_touch(name: str) -> None:
    make, draw = CHARTS[name]
    frame = make(True)
    wanted = {re.sub(r"\W", "", str(label)) for label in frame["label"]}
    found = [box for text, box in boxes(draw(frame, "zh")) if re.sub(r"\W", "", text) in wanted]
    rows = sorted(
        (box for box in found if box.x0 < 0.3 * 7 * 100 and box.height < box.width * 3), key=lambda box: -box.y0
    )
    assert all(
        upper.y0 >= lower.y1 - 1 for upper, lower in pairwise(rows) if upper.x1 == pytest.approx(lower.x1, abs=2)
    )


def test_marks_that_turn_writing_do_not_reach_the_figures() -> None:
    make, draw = CHARTS["slope_chart"]
    drawing = svg(draw(make(True), "en"))
    assert "\u202e" in HOSTILE[3]
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", drawing)


# --- measuring and placing ---


@pytest.mark.parametrize("text", ["规范管理率（%）", "Blood-pressure control rate", "1,234.50%", "two\nlines of text"])
def test_widths_are_those_that_matplotlib_measures(text: str) -> None:
    with charts.theme():
        figure = Figure()
        drawn = figure.text(0, 0, text, fontsize=40)
        box = drawn.get_window_extent(FigureCanvasAgg(figure).get_renderer())
        ours = text_width_inches(text, 40)
    assert ours == pytest.approx(box.width / figure.dpi, rel=0.04)


@given(st.text(alphabet="甲乙丙丁 abcdefgh，。%0123", min_size=1, max_size=60), st.floats(0.6, 3))
def test_fitted_texts_are_as_wide_as_allowed_and_whole(text: str, width: float) -> None:
    with matplotlib.rc_context({"font.family": ["DejaVu Sans"]}):
        broken = fitted(text, width, 9)
        longest = max((text_width_inches(part, 9) for part in re.findall(r"[a-z]+|.", text)), default=0)
        marks = text_width_inches("，。，。" * 4, 9)  # closing marks may hang over, as they must not begin a line
        assert text_width_inches(broken, 9) <= max(width, longest) + (marks if re.search("[，。%]", text) else 0.15)
    assert broken.replace("\n", "").replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 9)), min_size=1, max_size=12))
def test_spreading_is_isotonic_regression(things: list[tuple[float, float]]) -> None:
    """Shifted by the sizes before them, places that must not overlap are values that must not fall."""
    wanted, sizes = [place for place, _ in things], [size for _, size in things]
    order = sorted(range(len(things)), key=lambda at: wanted[at])
    steps = [0.0, *((sizes[a] + sizes[b]) / 2 for a, b in pairwise(order))]
    shift = np.cumsum(steps)
    best = isotonic_regression(np.array([wanted[at] for at in order]) - shift).x + shift
    found = spread(wanted, sizes)
    assert [found[at] for at in order] == pytest.approx(best)


def test_spreading_keeps_within_bounds_where_there_is_room() -> None:
    assert spread([0, 0, 10], [2, 2, 2], 0, 10) == pytest.approx([1, 3, 9])
    assert spread([10, 10], [2, 2], 0, 10) == pytest.approx([7, 9])
    assert spread([], [], 0, 10) == []


@pytest.mark.parametrize(
    ("values", "lang", "expected"),
    [
        ([0, 25, 50], "zh", ["0", "25", "50"]),
        ([0, 2.5, 5], "zh", ["0.0", "2.5", "5.0"]),
        ([0, 5e-7, 1e-6], "en", ["0.0000000", "0.0000005", "0.0000010"]),
        ([0, 5e11, 1e12], "zh", ["0亿", "5,000亿", "10,000亿"]),
        ([0, 5e7], "en", ["0 million", "50 million"]),
        ([], "en", []),
    ],
)
def test_numbers_of_an_axis_have_the_decimals_that_tell_them_apart(
    values: list[float], lang: str, expected: list[str]
) -> None:
    from evaltools.chart_parts import number_axis

    axis = Figure().add_subplot().xaxis
    number_axis(axis, 5, lang)
    assert axis.get_major_formatter().format_ticks(values) == expected


def test_a_single_period_is_drawn_as_strokes_that_can_be_seen() -> None:
    make, draw = CHARTS["decile_chart"]
    frame = make()
    figure = draw(frame[frame["period"] == "2024"], "zh")
    lines = [line for axes in figure.axes for line in axes.collections if len(line.get_segments()) == 8]
    assert len(lines) == 2
    assert all(np.ptp(stroke[:, 0]) == 0.5 for line in lines for stroke in line.get_segments())


def test_frames_are_left_as_they_were() -> None:
    for make, draw in CHARTS.values():
        frame = make()
        before = frame.copy()
        draw(frame, "zh")
        pd.testing.assert_frame_equal(frame, before)
