"""Slope charts: ends of the lines, names, what is left out, and the words about them; the views of units behind."""

from __future__ import annotations

from pathlib import Path

import builders
import numpy as np
import pandas as pd
import pytest
from chart_frames import slopes

import evaltools as ev
from evaltools import charts
from evaltools.slope_charts import alt_slopes
from evaltools.unit_views import unit_cells, unit_changes


def test_lines_end_at_the_values_and_differ_by_style_too() -> None:
    frame = slopes()
    (axes,) = charts.slope_chart(frame, "zh", before="2023年", after="2024年").axes
    drawn = sorted(tuple(line.get_ydata()) for line in axes.lines)
    assert drawn == sorted(zip(frame["before"], frame["after"], strict=True))
    styles = {line.get_color(): (line.get_linestyle(), line.get_linewidth()) for line in axes.lines}
    assert len(styles) == len(set(styles.values())) == 3


def test_those_that_changed_most_are_shown_and_the_rest_is_told() -> None:
    frame = slopes()
    figure = charts.slope_chart(frame, "en", before="2023", after="2024", most=4)
    assert len(figure.axes[0].lines) == 4
    moved = (frame["after"] - frame["before"]).abs().sort_values(ascending=False)
    assert sorted(abs(np.diff(line.get_ydata())[0]) for line in figure.axes[0].lines) == sorted(moved[:4])
    assert any("8 more" in text.get_text() for text in figure.findobj(lambda one: hasattr(one, "get_text")))


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(ValueError, match="found 'good'"):
        charts.slope_chart(slopes().assign(status="good"), "zh", before="a", after="b")


def test_the_alternative_text_counts_and_names_the_largest_changes() -> None:
    frame = pd.DataFrame(
        {
            "label": ["甲", "乙", "丙"],
            "before": [50.0, 60.0, np.nan],
            "after": [55.5, 58.0, 70.0],
            "status": ["better", "worse", "neutral"],
        }
    )
    expected = "2个中，改善1个，变差1个。变化最大的是甲（50.00%→55.50%）、乙（60.00%→58.00%）。"
    assert alt_slopes(frame, "zh") == expected
    assert alt_slopes(frame.head(0), "en") == "None has a value in both periods."


# --- the institutions behind it ---


@pytest.fixture
def data(tmp_path: Path) -> ev.Data:
    units = [builders.unit("990101", code) for code in ("02", "01")]
    values = {("02", "2023"): 4, ("02", "2024"): 6, ("01", "2024"): 2}
    facts = [
        builders.fact(period, "990101", item, x if item == "a" else 10, unit)
        for (unit, period), x in values.items()
        for item in ("a", "b")
    ]
    about = {"kind": "absolute", "source": "a test", "mark": "general"}
    targets = [{"period": "2024", "area": "990101", "indicator": "share", "target": 50, **about}]
    return ev.load(builders.dataset(tmp_path / "small", units=units, facts=facts, targets=targets))


def test_cells_of_units_have_value_target_and_reason(data: ev.Data) -> None:
    ind = ev.indicators(data, every="year")
    cells = unit_cells(data, ind, "990101", "2024", ["share"], "zh").set_index("unit")
    assert cells.loc["02", ["value", "target", "status"]].tolist() == [60, 50, "met"]
    assert cells.loc["01", ["value", "target", "status"]].tolist() == [20, 50, "not_met"]
    earlier = unit_cells(data, ind, "990101", "2023", ["share"], "zh").set_index("unit")
    assert earlier["value"].isna().tolist() == [unit == "01" for unit in earlier.index]
    assert (earlier["status"] == "").all()
    assert unit_cells(data, ind, "990101", "2022", ["share"], "zh").empty


def test_changes_of_units_are_judged_by_the_direction(data: ev.Data) -> None:
    ind = ev.indicators(data, every="year")
    moved = unit_changes(data, ind, "990101", "2024", "share", "en").set_index("unit")
    assert moved.loc["02", ["before", "after", "status"]].tolist() == [40, 60, "better"]
    assert moved.loc["01", "status"] == "neutral"
    assert np.isnan(moved.loc["01", "before"])
