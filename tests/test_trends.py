"""Trends of whole frames: every series as its functions have it one by one, and nothing across a break."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evaltools as ev
from evaltools import trends, wording
from evaltools.rates import wilson_limits
from evaltools.trend_marker import CANNOT
from evaltools.yearly_series import runs

HERE = Path(__file__).parent
NAN = float("nan")
CATALOGUE = pd.DataFrame(
    [
        {"indicator": name, "valid_from": "", "kind": kind, "per": per, "direction": direction}
        for name, kind, per, direction in (
            ("managed", "proportion", 100, "up"),
            ("anaemia", "proportion", 100, "down"),
            ("deaths", "rate", 100_000, "down"),
            ("spent", "ratio", 100, "none"),
            ("visits", "count", 1, "up"),
        )
    ]
    + [{"indicator": "managed", "valid_from": "2022", "kind": "proportion", "per": 100, "direction": "up"}]
)
KINDS = CATALOGUE.drop_duplicates("indicator").set_index("indicator")


def row(period: str, top: float = NAN, bottom: float = NAN, reason: str = "", **other: str) -> dict[str, Any]:
    names = {"area": "01", "unit": "", "indicator": "managed", "definition": ""} | other
    about = KINDS.loc[names["indicator"]]
    value = about["per"] * top / bottom if bottom else NAN
    lower = upper = NAN
    if about["kind"] == "count":
        value = top
    if about["kind"] == "proportion":
        low, high = wilson_limits(top, bottom)
        lower, upper = float(low) * 100, float(high) * 100
    if about["kind"] == "rate" and bottom > 0:
        low, high = ev.rates.poisson_limits(top)
        lower, upper = float(low) / bottom * about["per"], float(high) / bottom * about["per"]
    numbers = {"numerator": top, "denominator": bottom, "value": value, "lower": lower, "upper": upper}
    return {"period": period, **names, **numbers, "reason": reason}


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    text = ["period", "area", "unit", "indicator", "definition", "reason"]
    numbers = ["numerator", "denominator", "value", "lower", "upper"]
    result = pd.DataFrame(list(rows), columns=[*text[:5], *numbers, "reason"])
    return result.astype(dict.fromkeys(text, "str") | dict.fromkeys(numbers, float))


def breaks(start: str, end: str, kind: str, indicator: str = "*", area: str = "*") -> pd.DataFrame:
    cells = {"from": start, "to": end, "indicator": indicator, "area": area, "kind": kind}
    return pd.DataFrame([{**cells, "note_zh": "说明", "note_en": "note"}])


def rising(first: int = 2019, last: int = 2024, **other: str) -> list[dict[str, Any]]:
    return [row(str(year), 5000 + 100 * (year - first), 10_000, **other) for year in range(first, last + 1)]


def only(ind: pd.DataFrame, table: pd.DataFrame | None = None, **options: Any) -> pd.Series:
    found = ev.trend(ind, table, CATALOGUE, **options)
    assert list(found.columns) == trends.COLUMNS
    assert len(found) == 1
    return found.iloc[0]


# --- every series as the functions for one have it -------------------------------------------------------------------

cells = st.one_of(st.none(), st.tuples(st.integers(0, 60), st.sampled_from([0, 40, 60, 1000])))


@st.composite
def series(draw: st.DrawFn) -> pd.DataFrame:
    rows = []
    for area in draw(st.sampled_from([["01"], ["02", "01"]])):
        for name in draw(st.lists(st.sampled_from(sorted(KINDS.index)), min_size=1, max_size=3, unique=True)):
            for year in range(2019, draw(st.integers(2019, 2025))):
                cell = draw(cells)
                why = "" if cell else "not reported"
                rows.append(row(str(year), *(cell or ()), reason=why, area=area, indicator=name))
    return frame(*draw(st.permutations(rows)))


def one_by_one(rows: pd.DataFrame) -> dict[str, Any]:
    rows = rows.sort_values("period")
    kind, direction = KINDS.loc[rows["indicator"].iloc[0], ["kind", "direction"]]
    value = rows["value"].to_numpy()
    beyond = kind == "proportion" and rows["numerator"].iloc[-1] > rows["denominator"].iloc[-1] > 0
    if beyond:
        kendall = ev.trends.mann_kendall(value).p if (~np.isnan(value)).sum() >= 3 else NAN
        return {"marker": CANNOT, "mk_p": kendall, "trend_p": NAN}
    if np.isnan(value[-1]):
        return {"marker": CANNOT, "mk_p": NAN, "trend_p": NAN}
    known = rows[rows["value"].notna()]
    counted = kind in ("proportion", "rate")
    marker = ev.trends.marker(
        *(known[name] for name in ("value", "lower", "upper")),
        direction=direction,
        **({"count": known["numerator"], "n": known["denominator"]} if counted else {}),
    )
    test, kendall = NAN, NAN
    if len(known) >= 3:
        kendall = ev.trends.mann_kendall(value).p
        sound = known[known["numerator"] <= known["denominator"]]
        years = sound["period"].astype(float)
        if kind == "proportion" and len(sound) >= 3:
            test = ev.trends.trend_test(sound["numerator"], sound["denominator"], years).p
    return {"marker": marker, "mk_p": kendall, "trend_p": test}


@settings(max_examples=80, deadline=None)
@given(series())
def test_every_series_is_what_the_functions_say_of_it_alone(ind: pd.DataFrame) -> None:
    before = ind.copy(deep=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ev.trend(ind, None, CATALOGUE)
    pd.testing.assert_frame_equal(ind, before)
    assert len(found) == ind.groupby(["area", "indicator"]).ngroups
    for _, line in found.iterrows():
        own = ind[(ind["area"] == line["area"]) & (ind["indicator"] == line["indicator"])]
        expected = one_by_one(own)
        assert line["marker"] == expected["marker"]
        assert [line["mk_p"], line["trend_p"]] == pytest.approx([expected["mk_p"], expected["trend_p"]], nan_ok=True)
        assert line["years"] == own["value"].notna().sum()
        # no number without itself or its reason
        for number, why in (("mk_p", "mk_reason"), ("trend_p", "trend_reason"), ("apc", "apc_reason")):
            assert math.isnan(line[number]) == bool(line[why]), (number, line[why])
        assert (line["marker"] == CANNOT) == bool(line["marker_reason"])
        texts = [line[name] for name in ("marker_reason", "trend_reason", "mk_reason", "apc_reason", "reason")]
        assert wording.untranslated(texts) == []


def test_without_the_catalogue_nothing_is_judged() -> None:
    found = ev.trend(frame(*rising())).iloc[0]
    assert (found["marker"], found["apc_model"]) == ("Increasing", "log_share")
    assert only(frame(*rising()))["marker"] == "Increasing and getting better"


def test_the_real_series_of_england_have_the_published_trends() -> None:
    """Counts and populations in, published words out. Fingertips' own series begin before 2018, where ours do."""
    data = ev.load("england")
    ind = ev.indicators(data, every="year", units=False)
    published = pd.read_csv(HERE / "reference" / "england_trends.csv", dtype=str, encoding="utf-8")
    earlier_years_decide = [("hepatitis_b_vaccination_2_years", area) for area in ("E08000002", "E08000006")]
    compared = 0
    for period, rows in published.groupby("period"):
        found = ev.trend(ind[ind["period"] <= period], None, data.catalogue, data.parameters)
        rows = rows.merge(found, on=["period", "area", "indicator"])
        assert wording.untranslated(found[[c for c in found if c.endswith("reason")]].to_numpy().ravel()) == []
        for line in rows.itertuples():
            if (line.indicator, line.area) in earlier_years_decide or line.indicator == "acute_hepatitis_b_incidence":
                continue
            assert line.marker == line.published_trend, (line.indicator, line.area)
            compared += 1
    assert compared == 190


# --- runs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "run"),
    [
        ([1, 2, 3, 4, 5], 4),  # four rises take five points
        ([5, 4, 3, 2, 1], -4),
        ([5, 1, 2, 3], 2),
        ([1, 2, 2, 3], 1),
        ([1, 2, 2], 0),
        ([1, 2, NAN, 3, 4], 1),
        ([1, 2, 3, NAN], 0),
        ([1.001, 1.002, 1.003], 0),  # a rise that is not to be seen in print
        ([-1.5, -1.4, -1.2], 2),
        ([7], 0),
    ],
)
def test_rises_and_falls_in_a_row(values: list[float], run: int) -> None:
    assert runs(np.array([values], dtype=float), np.array([2])).tolist() == [run]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 3), st.just(NAN)), min_size=2, max_size=8))
def test_runs_step_by_step(values: list[float]) -> None:
    expected = 0
    for before, now in zip(values[-2::-1], values[:0:-1], strict=True):
        step = 0 if math.isnan(now - before) else (now > before) - (now < before)
        if not step or expected * step < 0:
            break
        expected += step
    assert runs(np.array([values], dtype=float), np.array([2])).tolist() == [expected]


# --- comparability ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["definition", "boundary"])
def test_nothing_crosses_a_break(kind: str) -> None:
    found = only(frame(*rising()), breaks("2020", "2021", kind))
    assert (found["first_period"], found["years"], found["run"]) == ("2021", 4, 3)
    assert found["marker"] == CANNOT and found["marker_reason"].startswith("not computed: fewer than five")
    assert found["reason"] == f"years before the {kind} changed are left out"
    alone = only(frame(*rising()[2:]))
    same = ["mk_s", "sen_slope", "trend_p", "apc", "apc_lower", "run"]
    assert found[same].tolist() == pytest.approx(alone[same].tolist())
    # one that lies before the series, after it, or elsewhere says nothing
    for table in (
        breaks("2019", "2019", kind),
        breaks("2025", "2025", kind),
        breaks("2021", "2022", kind, indicator="deaths"),
        breaks("2021", "2022", kind, area="02"),
    ):
        assert only(frame(*rising()), table)[["years", "reason"]].tolist() == [6, ""]


def test_a_value_that_no_count_can_have_takes_no_part_in_a_fit() -> None:
    """Falling to the year before, and then above 100%: a marker without that year would point the wrong way."""
    falling = [row(str(2019 + at), x, 1000) for at, x in enumerate((990, 980, 960, 940, 900))]
    found = only(frame(*falling, row("2024", 1050, 1000)))
    assert (found["run"], found["marker"]) == (1, CANNOT)
    for name in ("marker_reason", "trend_reason", "apc_reason"):
        assert found[name] == "not computed: the last value is above 100%"
    middle = only(frame(*falling[:3], row("2022", 1050, 1000), *rising(2023, 2024)))
    assert middle["reason"] == "years above 100% left out of tests and fits: 2022"


def test_each_definition_is_a_series_of_its_own() -> None:
    ind = frame(*rising(2019, 2022), *rising(2022, 2024, definition="2022"))
    found = ev.trend(ind, breaks("2022", "2022", "definition"), CATALOGUE).set_index("definition")
    assert found["period"].to_dict() == {"": "2022", "2022": "2024"}
    assert found["years"].to_dict() == {"": 4, "2022": 3}
    assert found["run"].to_dict() == {"": 3, "2022": 2}
    assert found["reason"].to_dict() == {"": "", "2022": "years before the definition changed are left out"}
    # what is said of a definition does not hang on which other rows stand in the frame
    alone = ev.trend(ind[ind["definition"] == ""], breaks("2022", "2022", "definition"), CATALOGUE).iloc[0]
    assert alone["years"] == 4


def test_a_place_that_absorbed_another_starts_anew() -> None:
    rows = rising()
    rows[4]["reason"] = "boundary changed"
    found = only(frame(*rows))
    assert (found["first_period"], found["years"], found["run"]) == ("2023", 2, 1)
    assert found["reason"] == "years before the boundary changed are left out"
    # a successor's past, added up from its predecessors, is on a comparable basis
    rows = rising()
    rows[0]["reason"] = rows[1]["reason"] = "sum of 2 predecessors"
    assert only(frame(*rows))["years"] == 6


def test_disturbed_years_can_be_left_out_and_the_reason_says_so() -> None:
    rows = rising()
    rows[1] = row("2020", 900, 10_000)
    table = breaks("2020", "2020", "disturbance")
    kept, left = only(frame(*rows), table), only(frame(*rows), table, without_disturbed=True)
    assert (kept["years"], kept["reason"]) == (6, "")
    assert (left["years"], left["reason"]) == (5, "disturbed years left out: 2020")
    assert left["run"] == 3
    without = only(frame(*(line for line in rows if line["period"] != "2020")))
    same = ["mk_s", "sen_slope", "apc", "apc_lower", "trend_p", "marker", "run"]
    assert left[same].tolist() == without[same].tolist()


def test_the_same_months_of_each_year() -> None:
    rows = [row(f"{year}-{half}", 40 + year - 2019, 100) for year in range(2019, 2025) for half in ("H1", "H2")]
    found = ev.trend(frame(*rows), None, CATALOGUE)
    assert found["period"].tolist() == ["2024-H1", "2024-H2"]
    assert found["years"].tolist() == [6, 6] and found["run"].tolist() == [5, 5]
    with pytest.raises(ValueError, match="two rows for the same months: period=2024-H1, area=01"):
        ev.trend(frame(*rows, row("2024-01/2024-06", 1, 2)), None, CATALOGUE)


def test_a_last_year_without_a_value_has_no_trend() -> None:
    found = only(frame(*rising(2019, 2023), row("2024", reason="11 of 12 units reported")))
    assert found["reason"] == "not computed: no usable value in the last period"
    assert found["marker"] == CANNOT and np.isnan(found[["mk_p", "trend_p", "apc"]].astype(float)).all()


def test_nothing_at_all() -> None:
    found = ev.trend(frame(row("unknown", 1, 2)), None, CATALOGUE)
    assert list(found.columns) == trends.COLUMNS and found.empty
    assert ev.trend(frame()).empty
