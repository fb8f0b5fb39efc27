"""Change from the same months of last year, against a slow and plain calculation and published values."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaltools import trends, wording
from evaltools.datasets import load
from evaltools.measures import indicators

HERE = Path(__file__).parent
NAN = float("nan")
Row = dict[str, Any]


def row(period: str, top: float = NAN, bottom: float = NAN, reason: str = "", **other: str) -> Row:
    """One row of an indicator frame, per 100."""
    names = {"area": "990101", "unit": "", "indicator": "managed", "definition": ""} | other
    value = 100 * top / bottom if bottom else NAN
    return {"period": period, **names, "numerator": top, "denominator": bottom, "value": value, "reason": reason}


def frame(*rows: Row) -> pd.DataFrame:
    numbers = ["numerator", "denominator", "value"]
    text = ["period", "area", "unit", "indicator", "definition", "reason"]
    result = pd.DataFrame(list(rows), columns=[*text[:5], *numbers, "reason"])
    return result.astype(dict.fromkeys(numbers, float) | dict.fromkeys(text, "str")).assign(lower=NAN, upper=NAN)


def breaks(start: str, end: str, kind: str = "definition", indicator: str = "*", area: str = "*") -> pd.DataFrame:
    cells = {"from": start, "to": end, "indicator": indicator, "area": area, "kind": kind}
    return pd.DataFrame([{**cells, "note_zh": "说明", "note_en": "note"}])


def only(ind: pd.DataFrame, table: pd.DataFrame | None = None) -> pd.Series:
    result = trends.year_on_year(ind, table)
    assert list(result.columns) == trends.COLUMNS
    assert len(result) == 1
    return result.iloc[0]


# --- one row at a time ---------------------------------------------------------------------------------------------


def test_points_and_relative_change() -> None:
    # 3051/3807 = 80.142 %, 2709/3612 = 75 %
    found = only(frame(row("2023", 2709, 3612), row("2024", 3051, 3807)))
    assert found["previous_period"] == "2023"
    assert (found["previous_numerator"], found["previous_denominator"]) == (2709, 3612)
    assert found["change_pp"] == pytest.approx(float(100 * (Fraction(3051, 3807) - Fraction(3, 4))), rel=1e-13)
    assert found["change_percent"] == pytest.approx(float(100 * (Fraction(3051, 3807) / Fraction(3, 4) - 1)), rel=1e-13)
    assert found["reason"] == ""


@pytest.mark.parametrize("scale", [1, 2, 3, 7, 11, 49, 997])
def test_equal_ratios_change_by_exactly_zero(scale: int) -> None:
    found = only(frame(row("2023", 2, 7), row("2024", 2 * scale, 7 * scale)))
    assert (found["change_pp"], found["change_percent"]) == (0, 0)


@pytest.mark.parametrize(
    ("period", "previous"),
    [
        ("2024", "2023"),
        ("2024-H1", "2023-H1"),
        ("2024-Q3", "2023-Q3"),
        ("2024-06", "2023-06"),
        ("2024-01/2024-10", "2023-01/2023-10"),
        ("2023-12/2024-11", "2022-12/2023-11"),
        ("2024-01/2024-06", "2023-H1"),
        ("2024-Q1", "2023-01/2023-03"),
    ],
)
def test_the_same_months_a_year_earlier(period: str, previous: str) -> None:
    found = only(frame(row(period, 3, 4), row(previous, 1, 4)))
    assert (found["period"], found["previous_period"], found["change_pp"]) == (period, previous, 50)


@pytest.mark.parametrize(
    ("period", "other"),
    [
        ("2024-01/2024-09", "2023"),
        ("2024", "2022"),
        ("2024-06", "2024-05"),
        ("unknown", "unknown"),
        ("2024", "unknown"),
        ("2024-H1", "2023-H2"),
    ],
)
def test_other_months_are_never_compared(period: str, other: str) -> None:
    ind = frame(row(period, 3, 4, area="a"), row(other, 1, 4, area="b"))
    assert trends.year_on_year(ind).empty


@pytest.mark.parametrize("half", ["-H1", "-01/{}-06"])
def test_the_exact_spelling_is_preferred(half: str) -> None:
    now, previous = (f"{year}{half.format(year)}" for year in (2024, 2023))
    found = only(frame(row("2023-01/2023-06", 1, 4), row("2023-H1", 2, 4), row(now, 3, 4)))
    assert (found["period"], found["previous_period"]) == (now, previous)


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (row("2023", reason="not reported"), row("2024", 3, 4), "previous period missing: not reported"),
        (
            row("2023", 1, 4),
            row("2024", reason="11 of 12 units reported"),
            "this period missing: 11 of 12 units reported",
        ),
        (
            row("2023", reason="not applicable"),
            row("2024", reason="not reported"),
            "this period missing: not reported; previous period missing: not applicable",
        ),
        (row("2023", 1, 4, area="other"), row("2024", 3, 4), "previous period missing: not in the data"),
        (row("2023"), row("2024", 3, 4), "previous period missing: no value"),
        (row("2023", 1, 4), row("2024", 3, 4, definition="2024"), "not comparable: definition changed"),
    ],
)
def test_no_change_without_both_sides(before: Row, now: Row, reason: str) -> None:
    found = only(frame(before, now))
    assert np.isnan(found["change_pp"])
    assert np.isnan(found["change_percent"])
    assert found["reason"] == reason


def test_a_bridging_year_is_compared_on_one_definition() -> None:
    ind = frame(
        row("2021", 50, 100),
        row("2022", 60, 100),
        row("2022", 40, 100, definition="2022"),
        row("2023", 45, 100, definition="2022"),
    )
    found = trends.year_on_year(ind).set_index(["period", "definition"])
    assert found["change_pp"].to_dict() == pytest.approx(
        {("2022", ""): 10, ("2022", "2022"): NAN, ("2023", "2022"): 5}, nan_ok=True
    )
    assert found.loc[("2022", "2022"), "reason"] == "not comparable: definition changed"
    assert np.isnan(found.loc[("2022", "2022"), "previous_value"])


def test_from_zero_there_is_no_relative_change() -> None:
    found = only(frame(row("2023", 0, 5), row("2024", 1, 4)))
    assert found["change_pp"] == 25
    assert np.isnan(found["change_percent"])
    assert found["reason"] == "previous value is zero"


def test_from_a_negative_amount_there_is_no_relative_change() -> None:
    found = only(frame(row("2023", -2, 100), row("2024", 1, 100)))
    assert found["change_pp"] == 3
    assert np.isnan(found["change_percent"])
    assert found["reason"] == "previous value is negative"


@pytest.mark.parametrize("now", [False, True])
def test_predecessors_are_a_comparable_basis(now: bool) -> None:
    summed = "sum of 2 predecessors"
    ind = frame(row("2022", 1, 4, "" if now else summed), row("2023", 2, 4, summed if now else ""))
    found = only(ind)
    assert (found["change_pp"], found["reason"]) == (25, "comparable basis: predecessors")


def test_one_row_each() -> None:
    with pytest.raises(ValueError, match="period=2024, area=990101, unit=, indicator=managed"):
        trends.year_on_year(frame(row("2023", 1, 4), row("2024", 1, 4), row("2024", 2, 4)))


def test_nothing_to_compare() -> None:
    for ind in (frame(), frame(row("2024", 1, 4))):
        result = trends.year_on_year(ind, breaks("2024", "2024"))
        assert list(result.columns) == trends.COLUMNS
        assert result.empty


# --- breaks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "barred"),
    [
        ("2022", "2022", ["2022"]),
        ("2021", "2022", ["2022"]),
        ("2021", "2023", ["2022", "2023"]),
        ("2022", "*", ["2022"]),
        ("*", "2022", ["2022"]),
        ("2022-07", "2022-07", ["2022", "2023"]),
        ("2020", "2020", []),
        ("2024", "2024", []),
        ("unknown", "unknown", ["2021", "2022", "2023"]),
    ],
)
@pytest.mark.parametrize("kind", ["definition", "boundary"])
def test_across_a_break_nothing_is_comparable(start: str, end: str, barred: list[str], kind: str) -> None:
    ind = frame(*(row(str(year), year - 2000, 100) for year in range(2020, 2024)))
    found = trends.year_on_year(ind, breaks(start, end, kind)).set_index("period")
    assert found.index[found["reason"] == f"not comparable: {kind} break"].tolist() == barred
    assert found.index[found["change_pp"].isna()].tolist() == barred
    assert found["previous_value"].notna().all()


def test_in_a_bridging_year_the_break_is_between_the_definitions() -> None:
    ind = frame(
        *(row(period, 1, 4, indicator=i) for period in ("2021", "2022") for i in "xy"),
        row("2022", 2, 4, indicator="x", definition="2022"),
        row("2023", 3, 4, indicator="x", definition="2022"),
        row("2023", 3, 4, indicator="y"),
    )
    found = trends.year_on_year(ind, breaks("2022", "2022")).set_index(["indicator", "period", "definition"])
    assert found["reason"].to_dict() == {
        ("x", "2022", ""): "",
        ("x", "2022", "2022"): "not comparable: definition changed",
        ("x", "2023", "2022"): "",
        # nothing but the break tells that this one changed
        ("y", "2022", ""): "not comparable: definition break",
        ("y", "2023", ""): "",
    }
    # a change of boundaries is not in the catalogue
    found = trends.year_on_year(ind, breaks("2022", "2022", "boundary")).set_index(["indicator", "period"])
    assert found.loc[("x", "2022"), "change_pp"].isna().all()


def test_a_break_is_of_its_indicator_and_area() -> None:
    ind = frame(*(row(period, 1, 4, area=a, indicator=i) for period in ("2023", "2024") for a in "ab" for i in "xy"))
    table = pd.concat([breaks("2024", "2024", "boundary", area="a"), breaks("2024", "2024", indicator="y")])
    found = trends.year_on_year(ind, table).set_index(["area", "indicator"])["reason"]
    assert found.to_dict() == {
        ("a", "x"): "not comparable: boundary break",
        ("a", "y"): "not comparable: definition break; not comparable: boundary break",
        ("b", "x"): "",
        ("b", "y"): "not comparable: definition break",
    }


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2020", "2020", ["2020", "2021"]),
        ("2020", "2021", ["2020", "2021", "2022"]),
        ("2020-02", "2020-04", ["2020", "2021"]),
        ("*", "2019", ["2019", "2020"]),
        ("2022", "*", ["2022"]),
        ("*", "*", ["2019", "2020", "2021", "2022"]),
    ],
)
def test_a_disturbance_is_told_and_compared(start: str, end: str, told: list[str]) -> None:
    ind = frame(*(row(str(year), year - 2000, 100) for year in range(2018, 2023)))
    found = trends.year_on_year(ind, breaks(start, end, "disturbance")).set_index("period")
    assert found.index[found["reason"] == "disturbed period"].tolist() == told
    assert found["change_pp"].tolist() == pytest.approx([1, 1, 1, 1])


# --- against a plain calculation -----------------------------------------------------------------------------------

PERIODS = ["2022", "2023", "2024", "2023-H1", "2024-H1", "2023-01/2023-06", "2023-03", "2024-03", "unknown"]
REASONS = ["", "not reported", "3 of 4 units reported"]
# zeros and repeats are what goes wrong
SIZES = st.integers(0, 6)


def months(period: str) -> list[tuple[int, int]]:
    """The months of the periods used here."""
    if period == "unknown":
        return []
    year = int(period[:4])
    first, last = {"": (1, 12), "-H1": (1, 6), "-03": (3, 3)}.get(period[4:], (1, 6))
    return [(year, month) for month in range(first, last + 1)]


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    keys = st.tuples(
        st.sampled_from(PERIODS),
        st.sampled_from("ab"),
        st.sampled_from(["", "t"]),
        st.sampled_from("xy"),
        st.sampled_from(["", "2023"]),
    )
    rows = []
    for period, area, unit, indicator, definition in draw(st.lists(keys, unique=True, max_size=25)):
        names = {"area": area, "unit": unit, "indicator": indicator, "definition": definition}
        if draw(st.booleans()):
            rows.append(row(period, draw(SIZES), draw(st.integers(1, 6)), **names))
        else:
            rows.append(row(period, reason=draw(st.sampled_from(REASONS)), **names))
    return frame(*rows)


def plainly(ind: pd.DataFrame) -> list[tuple[Any, ...]]:
    """What `year_on_year` says without breaks, by looking through all rows for each row, in exact fractions."""
    rows = ind.to_dict("records")
    found: list[tuple[Any, ...]] = []
    for now in rows:
        wanted = [(year - 1, month) for year, month in months(now["period"])]
        earlier = sorted({r["period"] for r in rows if months(r["period"]) == wanted and wanted})
        if not earlier:
            continue
        same = [name for name in earlier if name[4:] == now["period"][4:]]
        previous = same[0] if same else earlier[0]
        place = [
            r for r in rows if r["period"] == previous and all(r[n] == now[n] for n in ("area", "unit", "indicator"))
        ]
        match = [r for r in place if r["definition"] == now["definition"]]
        points = relative = None
        if not match and place:
            reason = "not comparable: definition changed"
            if np.isnan(now["value"]):
                reason += "; this period missing: " + (now["reason"] or "no value")
        else:
            sides = [("this", now), ("previous", match[0] if match else None)]
            missing = [
                f"{side} period missing: " + ("not in the data" if r is None else r["reason"] or "no value")
                for side, r in sides
                if r is None or np.isnan(r["value"])
            ]
            reason = "; ".join(missing)
            if not missing:
                new = Fraction(int(now["numerator"]), int(now["denominator"]))
                old = Fraction(int(match[0]["numerator"]), int(match[0]["denominator"]))
                points = float(100 * (new - old))
                relative = float(100 * (new / old - 1)) if old else None
                reason = "" if old else "previous value is zero"
        key = tuple(now[name] for name in trends.KEY)
        found.append((*key, previous, points, relative, reason))
    return found


def as_rows(result: pd.DataFrame) -> list[tuple[Any, ...]]:
    columns = [*trends.KEY, "previous_period", "change_pp", "change_percent", "reason"]
    return [
        tuple(None if isinstance(cell, float) and np.isnan(cell) else cell for cell in line)
        for line in result[columns].itertuples(index=False, name=None)
    ]


def assert_same(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    assert len(found) == len(expected)
    for ours, plain in zip(found, expected, strict=True):
        assert ours[:6] == plain[:6]
        assert ours[8] == plain[8]
        assert ours[6:8] == (pytest.approx(plain[6], abs=1e-11), pytest.approx(plain[7], abs=1e-11))


@settings(max_examples=80, deadline=None)
@given(frames())
def test_against_a_plain_calculation(ind: pd.DataFrame) -> None:
    assert_same(as_rows(trends.year_on_year(ind)), plainly(ind))


@settings(max_examples=30, deadline=None)
@given(frames(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_of_areas_change_nothing(ind: pd.DataFrame, random: Any) -> None:
    before = ind.copy(deep=True)
    expected = as_rows(trends.year_on_year(ind))
    order = list(range(len(ind)))
    random.shuffle(order)
    shuffled = as_rows(trends.year_on_year(ind.iloc[order]))
    assert sorted(shuffled, key=str) == sorted(expected, key=str)
    swapped = ind.assign(area=ind["area"].map({"a": "b", "b": "a"}).astype("str"))
    renamed = [(line[0], {"a": "b", "b": "a"}[line[1]], *line[2:]) for line in expected]
    assert as_rows(trends.year_on_year(swapped)) == renamed
    pd.testing.assert_frame_equal(ind, before)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["2023", "2023-H1", "2023-03"]),
    st.integers(2022 * 12, 2025 * 12),
    st.integers(0, 14),
    st.sampled_from(["definition", "disturbance"]),
)
def test_breaks_month_by_month(previous: str, start: int, length: int, kind: str) -> None:
    def name(month: int) -> str:
        return f"{month // 12:04d}-{month % 12 + 1:02d}"

    period = previous.replace("2023", "2024")
    ind = frame(row(previous, 1, 4), row(period, 3, 4))
    found = only(ind, breaks(name(start), name(start + length), kind))
    sides = [{12 * year + month - 1 for year, month in months(side)} for side in (previous, period)]
    if kind == "disturbance":
        touched = any(side & set(range(start, start + length + 1)) for side in sides)
        assert (found["reason"] == "disturbed period") == touched
        assert found["change_pp"] == 50
    else:
        # a month is on the old basis up to `from`, on the new one from `to`; when they are one month, it is new
        def basis(month: int) -> str:
            return "new" if month >= start + length else "old" if month <= start else "between"

        bases = {basis(month) for side in sides for month in side}
        assert np.isnan(found["change_pp"]) == (bases not in ({"old"}, {"new"}))


# --- published values ----------------------------------------------------------------------------------------------


def test_changes_of_published_values() -> None:
    published = pd.read_csv(
        HERE / "reference" / "england_published.csv", dtype=str, keep_default_na=False, encoding="utf-8"
    )
    # the rest is published with too few digits to tell a change
    published = published[published["value"].str.partition(".")[2].str.len() >= 5]
    values = published.assign(value=published["value"].astype(float)).set_index(["period", "area", "indicator"])
    found = trends.year_on_year(indicators(load("england")))
    found = found[found["change_pp"].notna()]
    now = values["value"].reindex(pd.MultiIndex.from_frame(found[["period", "area", "indicator"]])).to_numpy()
    earlier = pd.MultiIndex.from_frame(found[["previous_period", "area", "indicator"]])
    before = values["value"].reindex(earlier).to_numpy()
    told = ~np.isnan(now) & ~np.isnan(before) & (before > 1)
    assert told.sum() > 600
    np.testing.assert_allclose(found["change_pp"][told], (now - before)[told], rtol=0, atol=1.1e-5)
    np.testing.assert_allclose(found["change_percent"][told], (now / before - 1)[told] * 100, rtol=0, atol=2e-3)


def test_every_reason_has_words_in_both_languages() -> None:
    keys = [key for key in wording.topic("comparison") if key.startswith("reason_")]
    reasons = {key: wording.word(f"comparison.{key}", "en", reason="not reported") for key in keys}
    assert wording.untranslated(reasons.values()) == []
    for key, text in reasons.items():
        expected = wording.word(f"comparison.{key}", "zh", reason=wording.reason("not reported", "zh"))
        assert wording.reason(text, "zh") == expected
