"""Lines the size of a word and the other formats of the page on trends: read back, they are the numbers."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaltools import html_tables, trend_marker, wording
from evaltools.annual_change import MODELS
from evaltools.html_tables import Cell, cell_html, table_html
from evaltools.sparkline import HEIGHT, MARGIN, WIDTH, parse, sparkline
from evaltools.yearly_series import history, yearly_series

LANGUAGES = ("zh", "en")
CONTENT = Path(html_tables.__file__).parent / "templates" / "report" / "content.css"
values = st.one_of(st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 6)), st.integers(0, 100).map(float))
lines = st.lists(st.one_of(values, st.none()), min_size=1, max_size=12)


def written(known: list[float | None], first: int = 2015) -> str:
    """A history by the words of `yearly_series.history`: `2022=85.1; 2023=; 2024=86.4`, blank for a gap."""
    return "; ".join(f"{first + at}={'' if x is None else repr(x)}" for at, x in enumerate(known))


def drawn(svg: str) -> tuple[list[list[tuple[float, float]]], tuple[float, float], str]:
    """The strokes of a drawing, its dot and its label, read as a browser would."""
    root = ET.fromstring(svg)
    path, dot = root.findall("path")
    assert root.tag == "svg" and root.get("role") == "img"
    assert f".ev .ev-spark{{display:block;width:{WIDTH}px;height:{HEIGHT}px;" in CONTENT.read_text(encoding="utf-8")
    strokes: list[list[tuple[float, float]]] = []
    text = path.get("d", "")
    point = r"-?[\d.]+ -?[\d.]+"
    assert re.fullmatch(rf"(?:M{point}h0(?:L{point}(?: {point})*)?)+", text), text
    for stroke in text.split("M")[1:]:
        numbers = [float(x) for x in re.findall(r"-?[\d.]+", stroke.replace("h0", ""))]
        strokes.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    place = re.fullmatch(r"M(-?[\d.]+) (-?[\d.]+)h0", dot.get("d", ""))
    assert place is not None
    return strokes, (float(place[1]), float(place[2])), root.get("aria-label", "")


# --- drawings ------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(lines, st.integers(1990, 2030))
def test_a_history_is_read_as_it_was_written(known: list[float | None], first: int) -> None:
    years, found = parse(written(known, first))
    assert years == list(range(first, first + len(known)))
    assert [None if math.isnan(x) else x for x in found] == known


@settings(max_examples=150, deadline=None)
@given(lines)
def test_a_drawing_follows_the_numbers(known: list[float | None]) -> None:
    svg = sparkline(written(known), "x")
    there = [(at, x) for at, x in enumerate(known) if x is not None]
    if len(there) < 2:
        assert svg == ""
        return
    strokes, dot, _ = drawn(svg)
    points = [point for stroke in strokes for point in stroke]
    assert len(points) == len(there) and points[-1] == dot
    breaks = [later - earlier > 1 for (earlier, _), (later, _) in pairwise(there)]
    assert len(strokes) == 1 + sum(breaks), "the line is broken at gaps, and only there"
    ends = np.cumsum([len(stroke) for stroke in strokes])[:-1].tolist()
    assert ends == [at + 1 for at, gap in enumerate(breaks) if gap]
    # years lie evenly, from edge to edge where both ends are there
    span = len(known) - 1
    for (at, _), (x, y) in zip(there, points, strict=True):
        assert x == pytest.approx(MARGIN + (WIDTH - 2 * MARGIN) * at / span, abs=0.051)
        assert MARGIN <= y <= HEIGHT - MARGIN
    low, high = min(x for _, x in there), max(x for _, x in there)
    for (_, number), (_, y) in zip(there, points, strict=True):
        # the largest stands on top, the smallest at the bottom, the others by their distance; all equal: in the middle
        share = (number - low) / (high - low) if high > low else 0.5
        assert y == pytest.approx(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share, abs=0.051)
    for ((_, before), (_, y)), ((_, after), (_, next_y)) in pairwise(zip(there, points, strict=True)):
        assert (after - before) * (next_y - y) <= 0, "what rises is drawn upwards"


def test_years_that_are_not_there_leave_room() -> None:
    strokes, _, _ = drawn(sparkline("2019=1.0; 2021=2.0; 2022=3.0; 2024=4.0", "x"))
    (across,) = [[x for x, _ in stroke] for stroke in strokes]
    assert across == pytest.approx([MARGIN + (WIDTH - 2 * MARGIN) * at / 5 for at in (0, 2, 3, 5)], abs=0.051)


@pytest.mark.parametrize("text", ["", "2024=", "2024=5.0", "2022=; 2023=; 2024=", "2022=; 2023=80.0; 2024="])
def test_below_two_values_nothing_is_drawn(text: str) -> None:
    assert sparkline(text, "x") == ""


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20))
def test_any_label_is_escaped(label: str) -> None:
    svg = sparkline("2023=1.0; 2024=2.0", label)
    assert drawn(svg)[2] == label
    assert svg.count("<") == 4 and '"><script' not in svg


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.floats(0, 100, allow_nan=False), st.just(math.nan)), min_size=1, max_size=8))
def test_the_history_of_a_series_comes_back_from_its_text(numbers: list[float]) -> None:
    names = {"area": "01", "unit": "", "indicator": "share", "definition": "", "reason": ""}
    rows = pd.DataFrame([{**names, "period": str(2017 + at), "value": x} for at, x in enumerate(numbers)])
    (text,) = history(yearly_series(rows.sample(frac=1, random_state=1)))
    years, found = parse(text)
    known = [at for at, x in enumerate(numbers) if not math.isnan(x)]
    first = known[0] if known else len(numbers) - 1
    assert years == [2017 + at for at in range(first, len(numbers))]
    np.testing.assert_array_equal(found, numbers[first:])


# --- formats of cells ----------------------------------------------------------------------------------------------


def cell(x: object, name: str, lang: str = "zh", per: int = 100, kind: str = "proportion") -> str:
    return cell_html(Cell(x, lang, per, kind, None), name)


def seen(html: str) -> tuple[str, str, str]:
    """Class, sign and word of a cell that has a colour; the sign is not read aloud, the word is."""
    root = ET.fromstring(html)
    (sign,) = root
    assert root.tag == "span" and sign.tag == "span" and sign.get("aria-hidden") == "true"
    return root.get("class", ""), sign.text or "", (sign.tail or "").strip()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("label", trend_marker.LABELS)
def test_every_marker_has_a_word_beside_its_sign_and_colour(label: str, lang: str) -> None:
    colour, sign, text = seen(cell(label, "marker", lang))
    assert text and sign and not re.search(r"[a-z]" if lang == "zh" else r"[^\x00-\x7f]", text, re.IGNORECASE)
    if lang == "en":
        assert text == label.lower().replace(" and ", ", ")
    rises, falls = label.startswith("Increasing"), label.startswith("Decreasing")
    assert sign == ("↗" if rises else "↘" if falls else "→" if label == trend_marker.NO_CHANGE else "—")
    assert ("上升" in text if lang == "zh" else "increasing" in text) == rises
    assert ("下降" in text if lang == "zh" else "decreasing" in text) == falls
    good, bad = label.endswith("better"), label.endswith("worse")
    assert (colour == "ev-better", colour == "ev-worse") == (good, bad)
    if lang == "zh":
        assert ("向好" in text, "趋差" in text) == (good, bad)


def test_no_two_markers_read_alike_and_every_colour_has_a_rule() -> None:
    style = CONTENT.read_text(encoding="utf-8")
    for lang in LANGUAGES:
        cells = [seen(cell(label, "marker", lang)) for label in trend_marker.LABELS]
        assert len({text for _, _, text in cells}) == len(cells)
        for colour, _, _ in cells:
            assert re.search(rf"\.{colour}[,{{]", style), colour


@pytest.mark.parametrize("lang", LANGUAGES)
def test_statuses_have_words_and_signs_of_their_own(lang: str) -> None:
    style = CONTENT.read_text(encoding="utf-8")
    found = {name: seen(cell(name, "status", lang)) for name in html_tables.STATUS_SIGNS}
    assert found["small"] == ("ev-small", "∽", "变化很小" if lang == "zh" else "small change")
    judged = ("better", "worse", "neutral", "small", "unclear", "untested", "same", "missing")
    assert len({found[name][1] for name in judged}) == len(judged) == len({found[name][2] for name in judged})
    for name, (colour, _, text) in found.items():
        assert text and re.search(rf"\.{colour}[,{{]", style), name


@pytest.mark.parametrize("name", ["marker", "status"])
def test_an_unknown_word_is_no_silent_blank(name: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        cell("sideways", name)


@pytest.mark.parametrize(
    ("n", "zh", "en"),
    [
        (0, "", ""),
        (1, "上升", "rise"),
        (-1, "下降", "fall"),
        (2, "连升2年", "2 rises"),
        (-4, "连降4年", "4 falls"),
        (np.int64(5), "连升5年", "5 rises"),
        (12.0, "连升12年", "12 rises"),
        (math.nan, wording.MISSING, wording.MISSING),
    ],
)
def test_runs_in_a_cell(n: float, zh: str, en: str) -> None:
    assert (cell(n, "run", "zh"), cell(n, "run", "en")) == (zh, en)


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0, "&lt;0.001"),
        (1e-300, "&lt;0.001"),
        (0.000499, "&lt;0.001"),
        (0.0005, "0.001"),
        (0.0324, "0.032"),
        (0.05, "0.050"),
        (0.9996, "1.000"),
        (1.0, "1.000"),
        (math.nan, "—"),
    ],
)
def test_p_values_have_three_decimals_and_never_print_as_zero(p: float, text: str) -> None:
    assert [cell(p, "p_value", lang) for lang in LANGUAGES] == [text, text]


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 1))
def test_a_printed_p_is_near_its_own(p: float) -> None:
    text = cell(p, "p_value")
    assert (p < 0.0005) if text == "&lt;0.001" else abs(float(text) - p) <= 0.0005 + 1e-12


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_an_annual_change_is_of_has_a_word(lang: str) -> None:
    words = [cell(model, "model", lang) for model in MODELS]
    assert all(words) and words[MODELS.index("logit")] not in words[: MODELS.index("logit")]
    assert cell("", "model", lang) == "" and cell(math.nan, "model", lang) == "—"


def test_a_sparkline_in_a_table_is_told_by_its_ends_in_their_measure() -> None:
    rows = pd.DataFrame(
        [
            ("甲率", "2019=4.5; 2020=; 2021=4.1; 2022=", 1000, "rate"),
            ("乙率", "2021=85.123; 2022=86.4", 100, "proportion"),
            ("丙率", "2022=86.4", 100, "proportion"),
            ("丁<率>", "", 100, "proportion"),
            ("戊率", math.nan, 100, "proportion"),
        ],
        columns=["name", "history", "per", "kind"],
    )
    columns = {"name": ("指标", "text"), "history": ("走势", "sparkline")}
    for lang, ends in (("zh", "2019年4.50‰，2021年4.10‰"), ("en", "4.50‰ in 2019, 4.10‰ in 2021")):
        root = ET.fromstring(table_html(rows, columns, lang, caption="x"))
        cells = [line[1] for line in root.iter("tr") if line.find("td") is not None]
        found = [one.find("svg") for one in cells]
        assert [one is not None for one in found] == [True, True, False, False, False]
        assert found[0] is not None and found[0].get("aria-label") == ends
        assert [one.text for one in cells[2:]] == [None, None, "—"]


def test_the_formats_of_the_page_are_known() -> None:
    for name in ("marker", "sparkline", "run", "p_value", "model", "status"):
        assert html_tables.parse_format(name) == (name, None)
    assert html_tables.is_number("p_value") and not html_tables.is_number("run")
    for wrong in ("marker:1", "sparkline:2", "runs"):
        with pytest.raises(ValueError, match="unknown format"):
            html_tables.parse_format(wrong)
