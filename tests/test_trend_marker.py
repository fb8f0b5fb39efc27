"""Recent trends against what Fingertips published, and against a plain weighted regression."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

import evaltools as ev
from evaltools import trend_marker
from evaltools.html_tables import MARKERS
from evaltools.trend_marker import CANNOT, NO_CHANGE

REFERENCE = Path(__file__).parent / "reference"
DIRECTION = {"No judgement": "none", "Low is good": "down", "High is good": "up"}
LISTS = ("years", "count", "denominator", "value", "lower95", "upper95")


def published() -> list[dict[str, Any]]:
    rows = pd.read_csv(REFERENCE / "published_trends.csv", dtype=str, keep_default_na=False, encoding="utf-8")
    return [row | {name: json.loads(row[name]) for name in LISTS} for row in rows.to_dict("records")]


def test_all_published_trends_agree() -> None:
    rows = published()
    assert len(rows) == 503
    for counted in (False, True):
        wrong = [
            (row["indicator_id"], row["area"])
            for row in rows
            if ev.trends.marker(
                *(row[name] for name in ("value", "lower95", "upper95")),
                direction=DIRECTION[row["polarity"]],
                **({"count": row["count"], "n": row["denominator"]} if counted else {}),
            )
            != row["published_trend"]
        ]
        assert wrong == []


def test_the_published_labels_are_ours() -> None:
    assert {row["published_trend"] for row in published()} <= set(trend_marker.LABELS) == set(MARKERS)


def test_the_tests_of_fingertips_itself() -> None:
    cases = json.loads((REFERENCE / "trends.json").read_text(encoding="utf-8"))
    cases = [case for case in cases if case["method"] == "fingertips_trend_ci_weighted"]
    assert len(cases) == 4
    for case in cases:
        found = ev.trends.marker(*(case["inputs"][name] for name in ("value", "lower", "upper")))
        assert found == {"No change": NO_CHANGE}.get(case["expected"]["marker"], case["expected"]["marker"])


def plainly(value: list[float], lower: list[float], upper: list[float]) -> str:
    """The published method with another library's weighted regression."""
    y, weight = np.array(value), (3.92 / (np.array(upper) - np.array(lower))) ** 2

    def slope(keep: list[int]) -> tuple[float, float]:
        fit = sm.WLS(y[keep], sm.add_constant(np.arange(5.0)[keep]), weights=weight[keep]).fit(cov_type="fixed scale")
        return fit.params[1], fit.tvalues[1] ** 2

    whole, chi2 = slope(list(range(5)))
    others = [slope([at for at in range(5) if at != out])[0] for out in range(5)]
    if chi2 > 9.5495 and (all(b > -1e-9 for b in others) or all(b < 1e-9 for b in others)):
        return "Increasing" if whole > 0 else "Decreasing"
    return NO_CHANGE


levels = st.lists(st.integers(0, 40).map(lambda x: 50 + x / 4), min_size=5, max_size=5)
halves = st.lists(st.integers(1, 12).map(lambda x: x / 4), min_size=5, max_size=5)


@settings(max_examples=80, deadline=None)
@given(levels, halves)
def test_as_a_plain_regression_has_it(value: list[float], half: list[float]) -> None:
    lower, upper = ([x + sign * h for x, h in zip(value, half, strict=True)] for sign in (-1, 1))
    found = ev.trends.marker(value, lower, upper)
    assert found == plainly(value, lower, upper)
    turned = ev.trends.marker(value[::-1], lower[::-1], upper[::-1])
    assert turned == {"Increasing": "Decreasing", "Decreasing": "Increasing"}.get(found, found)
    # the scale of the values is not the trend's business
    scaled = [[1000 * x for x in column] for column in (value, lower, upper)]
    assert ev.trends.marker(*scaled) == found


def test_a_slope_of_zero_breaks_no_trend() -> None:
    # without its last point this series is flat
    value = [50.0, 50.0, 50.0, 50.0, 90.0]
    for sign, label in ((1, "Increasing"), (-1, "Decreasing")):
        y = [sign * x for x in value]
        assert ev.trends.marker(y, [x - 1 for x in y], [x + 1 for x in y]) == label


RISE = [50.0, 52.0, 54.0, 56.0, 58.0]
LOW, HIGH = [x - 1 for x in RISE], [x + 1 for x in RISE]


@pytest.mark.parametrize(
    ("direction", "label"),
    [
        ("up", "Increasing and getting better"),
        ("down", "Increasing and getting worse"),
        ("none", "Increasing"),
        ("range", "Increasing"),
    ],
)
def test_direction_decides_the_judgement(direction: str, label: str) -> None:
    assert ev.trends.marker(RISE, LOW, HIGH, direction) == label


def test_what_cannot_be_calculated() -> None:
    nan = float("nan")
    assert ev.trends.marker(RISE[:4], LOW[:4], HIGH[:4]) == CANNOT
    assert ev.trends.marker([*RISE[:4], nan], LOW, HIGH) == CANNOT
    assert ev.trends.marker(RISE, RISE, RISE) == CANNOT
    full = [100.0, 100.0, 100.0, 100.0, 100.0]
    assert ev.trends.marker(RISE, LOW, HIGH, count=[50, 52, 54, 56, 100], n=full) == CANNOT
    assert ev.trends.marker(RISE, LOW, HIGH, count=[50, 52, 54, nan, 58], n=full) == CANNOT
    assert ev.trends.marker([], [], []) == CANNOT
    with pytest.raises(ValueError, match="direction is one of"):
        ev.trends.marker(RISE, LOW, HIGH, "High is good")
    with pytest.raises(ValueError, match="arrays of one length"):
        ev.trends.marker(RISE, LOW, HIGH[:4])


def test_a_longer_series_counts_by_its_last_five_points() -> None:
    nan = float("nan")
    before = [90.0, 10.0]
    assert ev.trends.marker([*before, *RISE], [9.0, 9.0, *LOW], [91.0, 91.0, *HIGH]) == "Increasing"
    gap = [RISE[0], nan, *RISE[1:]]
    assert ev.trends.marker(gap, [LOW[0], nan, *LOW[1:]], [HIGH[0], nan, *HIGH[1:]]) == "Increasing"
