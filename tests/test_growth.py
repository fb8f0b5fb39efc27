"""Growth figures, against published ones, pandas and scipy, and a slow and plain calculation."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gmean

from evaltools import growth, wording
from evaltools.datasets import load
from evaltools.html_tables import table_html
from evaltools.measures import indicators

NAN = float("nan")
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def row(period: str, value: float = NAN, reason: str = "", **other: str) -> Row:
    names = {"area": "990101", "unit": "", "indicator": "patrols", "definition": ""} | other
    return {"period": period, **names, "numerator": value, "denominator": NAN, "value": value, "reason": reason}


def frame(*rows: Row) -> pd.DataFrame:
    text = ["period", "area", "unit", "indicator", "definition", "reason"]
    numbers = ["numerator", "denominator", "value"]
    result = pd.DataFrame(list(rows), columns=[*text[:5], *numbers, "reason"])
    return result.astype(dict.fromkeys(numbers, float) | dict.fromkeys(text, "str"))


def monthly(values: list[float], first_year: int = 2022) -> pd.DataFrame:
    names = [f"{first_year + at // 12}-{at % 12 + 1:02d}" for at in range(len(values))]
    return frame(*(row(name, value) for name, value in zip(names, values, strict=True)))


def breaks(start: str, end: str, kind: str = "definition", indicator: str = "*", area: str = "*") -> pd.DataFrame:
    cells = {"from": start, "to": end, "indicator": indicator, "area": area, "kind": kind}
    return pd.DataFrame([{**cells, "note_zh": "说明", "note_en": "note"}])


def found(ind: pd.DataFrame, period: str, **arguments: Any) -> pd.Series:
    result = growth.growth(ind, **arguments)
    assert list(result.columns) == growth.COLUMNS
    assert result["period"].tolist() == ind["period"].tolist()
    (only,) = result[result["period"] == period].to_dict("records")
    return pd.Series(only)


# --- published figures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "before", "now", "growth_printed", "average_printed"),
    [
        # communiqués of the sixth and the seventh national population census, mainland residents
        ("2000", "2010", 1265825048, 1339724852, "5.84", "0.57"),
        ("2010", "2020", 1339724852, 1411778724, "5.38", "0.53"),
        # Beijing, communiqué of the sixth census: 1961.2, up by 604.3 (10,000 residents)
        ("2000", "2010", 1961.2 - 604.3, 1961.2, "44.5", "3.8"),
        # national maternal mortality ratio, per 100,000: down by 77.1%, 5.3% a year
        ("1991", "2018", 80.0, 18.3, "-77.1", "-5.3"),
    ],
)
def test_published_growth_and_average_growth(
    first: str, last: str, before: float, now: float, growth_printed: str, average_printed: str
) -> None:
    ind = frame(row(first, before), row(last, now))
    digits = len(growth_printed.partition(".")[2])
    assert str(wording.rounded(found(ind, last, base=first)["base_growth"], digits)) == growth_printed
    for average in (growth.average_growth([before, now], [first, last]), growth.average_growth_of(ind)):
        assert average["intervals"].item() == int(last) - int(first)
        digits = len(average_printed.partition(".")[2])
        assert str(wording.rounded(average["average_growth"].item(), digits)) == average_printed
        assert average["reason"].item() == ""


# --- against pandas and scipy --------------------------------------------------------------------------------------


def test_months_against_pandas() -> None:
    values = np.random.default_rng(7).integers(50, 400, 36).astype(float)
    result = growth.growth(monthly(values.tolist()))
    plain = pd.Series(values)
    for name, expected in {
        "year": plain.pct_change(12),
        "previous": plain.pct_change(1),
        "base": plain / plain[0] - 1,
    }.items():
        np.testing.assert_allclose(result[f"{name}_growth"], expected * 100, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(result[f"{name}_ratio"], (expected + 1) * 100, rtol=1e-12)
        assert (result[f"{name}_reason"] == "").tolist() == expected.notna().tolist()


def test_the_average_ratio_is_the_geometric_mean_of_the_chain() -> None:
    values = np.random.default_rng(8).uniform(10, 90, (40, 7))
    years = [str(year) for year in range(2018, 2025)]
    result = growth.average_growth(values, years)
    np.testing.assert_allclose(result["average_ratio"], gmean(values[:, 1:] / values[:, :-1], axis=1) * 100, rtol=1e-12)
    np.testing.assert_allclose(result["average_growth"], result["average_ratio"] - 100, atol=1e-12)
    assert result["intervals"].unique().tolist() == [6]


def test_many_series_at_once() -> None:
    n, years = 100_000, [str(year) for year in range(2019, 2025)]
    values = np.random.default_rng(9).uniform(1, 100, (len(years), n))
    names = {
        "period": np.repeat(years, n),
        "area": np.tile(np.repeat([f"{code:06d}" for code in range(1000)], 100), len(years)),
        "unit": "",
        "indicator": np.tile([f"i{at}" for at in range(100)], 1000 * len(years)),
        "definition": "",
        "reason": "",
    }
    ind = pd.DataFrame(names).astype("str").assign(numerator=values.ravel(), denominator=NAN, value=values.ravel())
    result = growth.growth(ind)
    np.testing.assert_allclose(result["year_growth"][n:], (values[1:] / values[:-1] - 1).ravel() * 100, atol=1e-9)
    np.testing.assert_allclose(result["base_ratio"], (values / values[0]).ravel() * 100, rtol=1e-12)
    assert result["year_reason"][:n].unique().tolist() == ["compared period missing: not in the data"]


# --- which periods are compared ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "year", "previous"),
    [
        ("2024-06", "2023-06", "2024-05"),
        ("2024-01", "2023-01", "2023-12"),
        ("2024-Q1", "2023-Q1", "2023-Q4"),
        ("2024-H2", "2023-H2", "2024-H1"),
        ("2024", "2023", "2023"),
        ("2023-12/2024-11", "2022-12/2023-11", "2022-12/2023-11"),
        ("2024-01/2024-09", "2023-01/2023-09", ""),
        ("2023-12/2024-08", "2022-12/2023-08", ""),
        ("2024-07/2024-09", "2023-07/2023-09", "2024-Q2"),
    ],
)
def test_months_are_aligned(period: str, year: str, previous: str) -> None:
    others = [name for name in dict.fromkeys((year, previous)) if name]
    ind = frame(row(period, 30), *(row(name, 10 + at) for at, name in enumerate(others)))
    one = found(ind, period, base=year)
    assert (one["year_period"], one["previous_period"]) == (year, previous)
    assert one["year_ratio"] == pytest.approx(300)
    assert one["base_ratio"] == pytest.approx(300)
    if previous:
        assert one["previous_ratio"] == pytest.approx(300 if previous == year else 3000 / 11)
    else:
        assert np.isnan(one["previous_ratio"])
        assert one["previous_reason"] == "a cumulative span has no period right before it"


@pytest.mark.parametrize("spelt", ["2023-H1", "2023-01/2023-06"])
def test_a_period_is_found_under_either_name(spelt: str) -> None:
    ind = frame(row("2023-H2", 30), row(spelt, 20), row("2024-H1", 10))
    one = found(ind, "2024-H1", base="2023-H1" if "/" in spelt else "2023-01/2023-06")
    assert (one["year_period"], one["previous_period"], one["base_period"]) == (spelt, "2023-H2", spelt)
    assert found(ind, "2023-H2")["previous_period"] == spelt


def test_the_base_may_lie_later_and_is_its_own_100() -> None:
    ind = frame(row("2022", 50), row("2023", 100), row("2024", 120))
    result = growth.growth(ind, base="2023")
    assert result["base_ratio"].tolist() == [50, 100, 120]
    assert result["base_reason"].tolist() == ["", "", ""]
    assert growth.growth(ind)["base_ratio"].tolist() == [100, 200, 240]


@pytest.mark.parametrize("base", ["2021", "soon"])
def test_a_base_that_is_not_there(base: str) -> None:
    with pytest.raises(ValueError, match=base):
        growth.growth(frame(row("2023", 1)), base=base)


def test_one_row_each() -> None:
    with pytest.raises(ValueError, match="period=2024, area=990101, unit=, indicator=patrols"):
        growth.growth(frame(row("2023", 1), row("2024", 1), row("2024", 2)))


# --- why there is no figure ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (row("2023", 0), row("2024", 3), "compared value is zero"),
        (row("2023", -2), row("2024", 3), "compared value is negative"),
        (row("2023", 2), row("2024", -3), "this value is negative"),
        (row("2023", -2), row("2024", -3), "compared value is negative; this value is negative"),
        (row("2023", reason="not reported"), row("2024", 3), "compared period missing: not reported"),
        (row("2023", 2), row("2024", reason="not reported"), "this period missing: not reported"),
        (row("2023"), row("2024"), "this period missing: no value; compared period missing: no value"),
        (row("2022", 2), row("2024", 3), "compared period missing: not in the data"),
        (row("unknown", 2), row("2024", 3), "compared period missing: not in the data"),
        (row("2023", 2), row("2024", 3, definition="2024"), "not comparable: definition changed"),
        (row("2023", 2, area="other"), row("2024", 3), "compared period missing: not in the data"),
    ],
)
def test_no_figure_without_two_positive_sides(before: Row, now: Row, reason: str) -> None:
    one = found(frame(before, now), "2024")
    for name in ("year", "previous"):
        assert np.isnan(one[f"{name}_ratio"])
        assert np.isnan(one[f"{name}_growth"])
        assert one[f"{name}_reason"] == reason


def test_a_fall_to_zero_is_a_fall_by_all() -> None:
    one = found(frame(row("2023", 5), row("2024", 0)), "2024")
    assert (one["year_ratio"], one["year_growth"], one["year_reason"]) == (0, -100, "")


def test_one_point_and_an_unknown_period() -> None:
    one = found(frame(row("2024", 5)), "2024")
    assert one["year_reason"] == one["previous_reason"] == "compared period missing: not in the data"
    assert (one["base_ratio"], one["base_reason"]) == (100, "")
    one = found(frame(row("2024", 5), row("unknown", 5)), "unknown")
    assert {one[f"{name}_reason"] for name in growth.AGAINST} == {"the period is not stated"}
    assert {one[f"{name}_period"] for name in growth.AGAINST} == {""}


def test_nothing_in_nothing_out() -> None:
    assert growth.growth(frame()).empty
    assert list(growth.growth(frame()).columns) == growth.COLUMNS
    assert growth.average_growth_of(frame()).empty


def test_the_base_of_another_length() -> None:
    one = found(frame(row("2023", 12), row("2024-06", 1)), "2024-06", base="2023")
    assert np.isnan(one["base_ratio"])
    assert one["base_reason"] == "the base period is of another length"


@pytest.mark.parametrize("scale", [1, 3, 7, 49, 997])
def test_equal_ratios_grow_by_exactly_zero(scale: int) -> None:
    ind = frame(row("2023", 100 * 2 / 7), row("2024", 100 * 2 * scale / (7 * scale)))
    assert found(ind, "2024")["year_growth"] == 0
    # 0.1 of 1.1 and 1 of 11, which floats divide to different numbers
    ind = frame(row("2023", 100 * 0.1 / 1.1), row("2024", 100 * 1 / 11))
    assert ind["value"].nunique() == 2
    assert found(ind, "2024")["year_growth"] == 0


@pytest.mark.parametrize("kind", ["definition", "boundary"])
def test_nothing_is_compared_across_a_break(kind: str) -> None:
    ind = frame(*(row(str(year), year - 2000) for year in range(2020, 2025)))
    result = growth.growth(ind, "2023", breaks("2022", "2022", kind)).set_index("period")
    barred = f"not comparable: {kind} break"
    assert result.index[result["year_reason"] == barred].tolist() == ["2022"]
    # whichever side of the break the base is on
    assert result.index[result["base_reason"] == barred].tolist() == ["2020", "2021"]
    assert result.index[result["base_ratio"].isna()].tolist() == ["2020", "2021"]
    result = growth.average_growth_of(ind, breaks=breaks("2022", "2022", kind))
    assert np.isnan(result["average_growth"].item())
    assert result["reason"].item() == barred


def test_a_disturbance_is_told() -> None:
    ind = frame(*(row(str(year), year - 2000) for year in range(2019, 2023)))
    result = growth.growth(ind, "2020", breaks("2020", "2020", "disturbance")).set_index("period")
    assert result.index[result["year_reason"] == "disturbed period"].tolist() == ["2020", "2021"]
    assert result["base_reason"].tolist() == ["disturbed period", "", "disturbed period", "disturbed period"]
    assert result["base_ratio"].notna().all()


def test_a_place_that_absorbed_another_is_not_what_it_was(tmp_path: Any) -> None:
    years = [str(year) for year in range(2020, 2025)]
    units = [unit("1", "01"), unit("1", "02", valid_to="2021", successor="01")]
    facts = [fact(year, "1", "a", 10 * at + 5, "01") for at, year in enumerate(years)]
    facts += [fact(f"{year}-{month:02d}", "1", "a", 7, "01") for year in years for month in (1, 2)]
    facts += [fact(year, "1", "a", 3, "02") for year in years[:2]]
    folder = dataset(
        tmp_path / "joined",
        areas=[area("1")],
        units=units,
        facts=facts,
        items=[item("a")],
        indicators=[indicator("count", "a", kind="count", per=1)],
    )
    data = load(str(folder))
    result = growth.growth(indicators(data), "2020").query("unit == '01'").set_index("period")
    barred = "not comparable: boundary break"
    assert result.index[result["year_reason"] == barred].tolist() == ["2022"]
    # two years after the one in which it changed there is no mark on the row, and it is still another place
    assert result.index[result["base_reason"] == barred].tolist() == ["2022", "2023", "2024"]
    result = growth.growth(indicators(data, "month"), "2022-01").query("unit == '01'").set_index("period")
    assert result["previous_ratio"].dropna().index.tolist() == [f"{year}-02" for year in years]
    assert result.index[result["base_reason"] == barred].tolist() == ["2020-01", "2020-02", "2021-01", "2021-02"]


# --- against a plain calculation -----------------------------------------------------------------------------------

MONTHS = [f"{year}-{month:02d}" for year in (2022, 2023) for month in (1, 2, 11, 12)]
VALUES = st.one_of(st.none(), st.integers(-1, 4))


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    keys = st.tuples(st.sampled_from(MONTHS), st.sampled_from("ab"), st.sampled_from(["", "2023"]))
    rows = []
    for period, place, definition in draw(st.lists(keys, unique=True, min_size=1, max_size=16)):
        value = draw(VALUES)
        names = {"area": place, "definition": definition}
        reason = "not reported" if value is None else ""
        rows.append(row(period, NAN if value is None else value, reason, **names))
    return frame(*rows)


def plainly(ind: pd.DataFrame, now: Row, other: str) -> tuple[float | None, str]:
    """Growth of one row against one period, by looking through all rows, in exact fractions."""
    place = [
        r for r in ind.to_dict("records") if r["period"] == other and all(r[n] == now[n] for n in ("area", "indicator"))
    ]
    match = [r for r in place if r["definition"] == now["definition"]]
    notes = ["not comparable: definition changed"] if place and not match else []
    if np.isnan(now["value"]):
        notes.append("this period missing: not reported")
    if match and np.isnan(match[0]["value"]):
        notes.append("compared period missing: not reported")
    if not place:
        notes.append("compared period missing: not in the data")
    if match and match[0]["value"] == 0:
        notes.append("compared value is zero")
    if match and match[0]["value"] < 0:
        notes.append("compared value is negative")
    if now["value"] < 0:
        notes.append("this value is negative")
    if notes:
        return None, "; ".join(notes)
    return float(100 * (Fraction(now["value"]) / Fraction(match[0]["value"]) - 1)), ""


@settings(max_examples=60, deadline=None)
@given(frames())
def test_against_a_plain_calculation(ind: pd.DataFrame) -> None:
    before = ind.copy(deep=True)
    base = min(ind["period"])
    result = growth.growth(ind)
    for now, ours in zip(ind.to_dict("records"), result.to_dict("records"), strict=True):
        year, month = now["period"].split("-")
        previous = f"{year}-{int(month) - 1:02d}" if month != "01" else f"{int(year) - 1}-12"
        for name, other in (("year", f"{int(year) - 1}-{month}"), ("previous", previous), ("base", base)):
            expected, reason = plainly(ind, now, other)
            assert ours[f"{name}_period"] == other
            assert ours[f"{name}_reason"] == reason
            assert ours[f"{name}_growth"] == pytest.approx(NAN if expected is None else expected, nan_ok=True)
    pd.testing.assert_frame_equal(ind, before)


# --- average growth ------------------------------------------------------------------------------------------------


def test_only_the_ends_count() -> None:
    years = [2019, 2020, 2022, 2024]
    full, gap = ([80.0, 81.0, 85.0, 88.0], [80.0, NAN, NAN, 88.0])
    result = growth.average_growth(pd.DataFrame([full, gap], columns=years, index=["full", "gap"]))
    assert list(result.columns) == growth.AVERAGES
    assert result.index.tolist() == ["full", "gap"]
    expected = (88 / 80) ** (1 / 5) * 100
    assert result["average_ratio"].tolist() == pytest.approx([expected, expected])
    assert result["reason"].tolist() == ["", ""]
    assert (result["first_period"] + result["last_period"]).tolist() == ["20192024"] * 2


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([NAN, 2, 3], "no first value (2022): no value"),
        ([1, 2, NAN], "no last value (2024): no value"),
        ([0, 2, 3], "first value (2022) is zero or negative"),
        ([1, 2, 0], "last value (2024) is zero or negative"),
        ([-1, 2, -3], "first value (2022) is zero or negative; last value (2024) is zero or negative"),
        ([NAN, 2, 0], "no first value (2022): no value; last value (2024) is zero or negative"),
    ],
)
def test_no_average_without_two_positive_ends(values: list[float], reason: str) -> None:
    result = growth.average_growth(values, ["2022", "2023", "2024"])
    assert np.isnan(result[["average_ratio", "average_growth"]].to_numpy()).all()
    assert result["reason"].item() == reason
    # another base, stated by whoever asks, may do
    other = growth.average_growth([1, *values[1:]], ["2022", "2023", "2024"], base="2023")
    assert other["intervals"].item() == 1


def test_one_period_has_no_average() -> None:
    result = growth.average_growth([[3.0], [NAN]], ["2024"])
    assert result["average_growth"].isna().all()
    assert result["reason"].iloc[0] == "only one period"


def test_the_same_months_of_every_year() -> None:
    years = ["2021-12/2022-11", "2022-12/2023-11", "2023-12/2024-11"]
    result = growth.average_growth([100, NAN, 121], years)
    assert result["intervals"].item() == 2
    assert result["average_growth"].item() == pytest.approx(10)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (([1, 2], ["2023", "2024-06"]), "same months"),
        (([1, 2], ["2023"]), "2 columns"),
        (([1, 2], ["2023", "soon"]), "soon"),
        (([1, 2], ["2023", "2024"], "2020"), "no such period: '2020'"),
        (([1, 2], ["2023", "2024"], "2024", "2023"), "must come first"),
    ],
)
def test_ends_that_cannot_be(arguments: tuple[Any, ...], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        growth.average_growth(*arguments)


def test_series_of_a_frame() -> None:
    ind = frame(
        *(row(year, value) for year, value in (("2020", 50), ("2022", 60), ("2024", 70))),
        row("2020", 5, area="b"),
        row("2024", reason="3 of 4 units reported", area="b"),
        row("2020", 5, area="c"),
        row("2024", 6, area="c", definition="2024"),
        row("2020", reason="not reported", area="d"),
        row("2024", 6, area="d"),
        row("2020", 5, area="e"),
    )
    result = growth.average_growth_of(ind).set_index("area")
    assert result.loc["990101", "average_growth"] == pytest.approx(100 * (70 / 50) ** 0.25 - 100)
    assert result["reason"].to_dict() == {
        "990101": "",
        "b": "no last value (2024): 3 of 4 units reported",
        "c": "not comparable: definition changed",
        "d": "no first value (2020): not reported",
    }
    assert result["average_growth"].notna().sum() == 1


# --- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "zh", "en"),
    [
        (
            [80.0, 18.3],
            "1991年至2018年，孕产妇死亡率由80.0/10万降至18.3/10万，平均发展速度为94.68%，平均增长速度为-5.32%。",
            "From 1991 to 2018, 孕产妇死亡率 fell from 80.0 per 100,000 to 18.3 per 100,000: average ratio 94.68%, "
            "average growth -5.32% a year.",
        ),
        (
            [18.3, 80.0],
            "1991年至2018年，孕产妇死亡率由18.3/10万升至80.0/10万，平均发展速度为105.62%，平均增长速度为5.62%。",
            "From 1991 to 2018, 孕产妇死亡率 rose from 18.3 per 100,000 to 80.0 per 100,000: average ratio 105.62%, "
            "average growth 5.62% a year.",
        ),
        (
            [20.0, 20.0],
            "1991年与2018年，孕产妇死亡率均为20.0/10万，平均增长速度为0.00%。",
            "In 1991 and in 2018, 孕产妇死亡率 was 20.0 per 100,000: average growth 0.00% a year.",
        ),
        (
            [0.0, 18.3],
            "孕产妇死亡率未计算平均增长速度（最初水平（1991）为零或负，不计算平均速度）。",
            "孕产妇死亡率: no average growth (first value (1991) is zero or negative).",
        ),
    ],
)
def test_the_sentence(values: list[float], zh: str, en: str) -> None:
    (one,) = growth.average_growth(values, ["1991", "2018"]).itertuples()
    for lang, expected in (("zh", zh), ("en", en)):
        assert growth.average_sentence(one, "孕产妇死亡率", lang, 100_000, "rate") == expected


@pytest.mark.parametrize("lang", wording.LANGUAGES)
def test_figures_can_be_shown(lang: str) -> None:
    shown = growth.headers(
        [f"{name}_{part}" for name in growth.AGAINST for part in ("ratio", "growth", "reason")], lang
    )
    html = table_html(growth.growth(frame(row("2023", 80), row("2024", 100))), shown, lang, caption="增长")
    assert html.count("125.00%") == 3
    assert html.count("+25.00%") == 3
    assert {"zh": "对比期缺数据：数据中没有记录", "en": "compared period missing: not in the data"}[lang] in html
    averages = growth.headers(["intervals", "average_ratio", "average_growth"], lang)
    assert "+25.00%" in table_html(growth.average_growth([80, 100], ["2023", "2024"]), averages, lang, caption="增长")
    assert {"zh": "开方", "en": "nth root"}[lang] in growth.method_note(lang)


def test_every_reason_is_translated() -> None:
    ind = frame(row("2022", 0), row("2023", -1), row("2024", reason="not reported"), row("unknown", 3))
    ind = pd.concat([ind, frame(row("2024-01/2024-09", 3), row("2024-06", 3, definition="x"), row("2023-06", 3))])
    result = growth.growth(ind)
    reasons = {text for name in growth.AGAINST for text in result[f"{name}_reason"]}
    reasons |= set(growth.average_growth([[0, -1], [NAN, NAN]], ["2023", "2024"])["reason"])
    reasons |= set(growth.average_growth([1], ["2023"])["reason"])
    assert len(reasons) > 10
    assert wording.untranslated(reasons) == []
