"""The heat map: what is written in its cells, how it tells what is met, what it leaves out and says of it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from chart_frames import cells
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_hex
from test_charts import contrast

from evaltools import charts
from evaltools.chart_theme import svg
from evaltools.heat_map import _GROUNDS, _INKS, alt_heat_map
from evaltools.palette import PALETTE
from evaltools.wording import LANGUAGES


def written(frame: pd.DataFrame, lang: str = "zh", **options: int) -> list[str]:
    figure = charts.heat_map(frame, lang, **options)
    return [text.get_text() for text in figure.findobj(lambda one: hasattr(one, "get_text")) if text.get_text()]


def test_every_cell_has_its_value_and_the_sign_of_its_target() -> None:
    frame = cells()
    expected = sorted(
        "—" if np.isnan(x) else {"met": "✓", "not_met": "×", "": ""}[status] + f"{x:.1f}%"
        for x, status in zip(frame["value"], frame["status"], strict=True)
    )
    assert sorted(text for text in written(frame) if re.fullmatch(r"[✓×]?[\d.]+%|—", text)) == expected


def test_cells_are_told_apart_by_their_ground_and_missing_ones_are_hatched() -> None:
    frame = cells()
    (axes,) = charts.heat_map(frame, "zh").axes
    fields = {
        one.get_label(): (len(one.get_paths()), to_hex(one.get_facecolor()[0]), one.get_hatch())
        for one in axes.collections
        if isinstance(one, PatchCollection)
    }
    counts = {"met": "✓ 达到目标", "not_met": "× 未达到目标"}
    for status, label in counts.items():
        assert fields[label] == (int((frame["status"] == status).sum()), PALETTE[_GROUNDS[status]], None)
    assert fields["— 没有可用的数值"][0] == int(frame["value"].isna().sum())
    assert fields["— 没有可用的数值"][2]


@pytest.mark.parametrize("state", _GROUNDS)
def test_values_stand_out_from_the_ground_of_their_cell(state: str) -> None:
    assert contrast(PALETTE[_INKS[state]], PALETTE[_GROUNDS[state]]) >= 4.5


def test_a_pair_without_a_row_is_missing_too() -> None:
    frame = pd.DataFrame({"label": ["甲", "乙"], "column": ["a", "b"], "value": [1.0, 2.0], "status": ""})
    assert written(frame).count("—") == 2


@pytest.mark.parametrize("lang", LANGUAGES)
def test_of_two_hundred_units_those_that_miss_most_are_shown_and_the_rest_is_told(lang: str) -> None:
    frame = cells(n=200).assign(value=80.0, status="met")
    late = frame["label"].isin(frame["label"].unique()[150:160])
    frame.loc[late | (frame["column"] == "卡介苗") & frame["label"].isin(frame["label"].unique()[:50]), "status"] = (
        "not_met"
    )
    texts = written(frame, lang)
    shown = [name for name in frame["label"].unique() if name in texts]
    assert len(shown) == 40
    assert shown[-10:] == frame["label"].unique()[150:160].tolist(), "in the order given"
    foot = next(text for text in texts if "200" in text)
    assert [int(n) for n in re.findall(r"\d+", foot)] == ([200, 40, 160, 20] if lang == "zh" else [200, 40, 20, 160])
    assert charts.heat_map(frame, lang).get_figheight() < 14
    assert len(svg(charts.heat_map(frame, lang)).encode()) < 80_000


def test_columns_that_do_not_fit_are_told() -> None:
    assert any("另有3列" in text for text in written(cells(), most_columns=5))


def test_the_alternative_text_counts_cells_and_names_the_row_that_misses_most() -> None:
    frame = pd.DataFrame(
        {
            "label": ["甲", "甲", "乙", "乙", "丙"],
            "column": ["a", "b", "a", "b", "a"],
            "value": [90.0, 80.0, 70.0, 60.0, np.nan],
            "status": ["met", "not_met", "not_met", "not_met", ""],
        }
    )
    assert alt_heat_map(frame, "zh") == (
        "3行2列：4个数值中，有目标的4个，达到1个，未达到3个；缺2个。未达标最多的是乙（2项）。"
    )
    assert alt_heat_map(frame.assign(value=np.nan), "en") == "No usable data."


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(ValueError, match="found 'good'"):
        charts.heat_map(cells().assign(status="good"), "zh")
