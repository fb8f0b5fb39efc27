"""One row an indicator for the page on changes: statuses, trends, families, and nothing later than the page."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item
from hypothesis import given, settings
from hypothesis import strategies as st

import evaltools as ev
from evaltools import change_views, views, wording
from evaltools.datasets import Data
from evaltools.regions import RegionFigures
from evaltools.sparkline import parse

pytestmark = pytest.mark.slow

LANGUAGES = ("zh", "en")
YEARS = ("2018", "2019", "2020", "2021", "2022", "2023", "2024")
COUNTY, OTHER = "990101", "990102"
N = 20_000

# per mille of N people, by year; None where nothing was reported
LEVELS: dict[str, list[int | None]] = {
    "rises": [600, 630, 660, 690, 720, 750, 790],
    "falls": [790, 750, 720, 690, 660, 630, 600],
    "rise_of_what_should_fall": [60, 66, 70, 75, 81, 90, 105],
    "not_judged": [600, 630, 660, 690, 720, 750, 790],
    "small": [780, 781, 782, 780, 781, 780, 781],
    "same": [500, 500, 500, 500, 500, 500, 500],
    "this_missing": [600, 630, 660, 690, 720, 750, None],
    "previous_missing": [600, 630, 660, 690, 720, None, 790],
    "broken": [600, 630, 660, 690, 720, 750, 790],
    "since_2022": [900, 910, 660, 690, 720, 750, 790],
    "disturbed": [600, 630, 400, 690, 720, 750, 790],
}
VALUES: dict[str, dict[str, object]] = {
    "falls": {"family": "数据 二"},
    "rise_of_what_should_fall": {"direction": "down", "family": "Chronic/Disease"},
    "not_judged": {"direction": "none", "family": "chronic"},
    "same": {"family": "数据 二"},
    "unclear": {"family": "chronic"},
    "visits": {"kind": "count", "per": "1"},
    "nobody": {},
}
STATUS = {
    "rises": "better",
    "falls": "worse",
    "rise_of_what_should_fall": "worse",
    "not_judged": "neutral",
    "small": "small",
    "same": "same",
    "this_missing": "missing",
    "previous_missing": "",
    "broken": "",
    "since_2022": "better",
    "disturbed": "better",
    "unclear": "unclear",
    "visits": "better",
}


def breaks(kind: str, year: str, name: str) -> dict[str, str]:
    return {"from": year, "to": year, "indicator": name, "area": "*", "kind": kind, "note_zh": "注", "note_en": "n"}


def facts() -> list[dict]:
    """What both counties reported."""
    rows = []
    for code, shift in ((COUNTY, 0), (OTHER, 7)):
        for at, year in enumerate(YEARS):
            for name, levels in LEVELS.items():
                level = levels[at] if code == COUNTY else (levels[at] or 700)
                if level is not None:
                    rows.append(fact(year, code, f"{name}_n", level * N // 1000 + shift))
            rows.append(fact(year, code, "unclear_n", 250 + 4 * at))
            rows.append(fact(year, code, "visits_n", 1000 + 100 * at))
            rows += [fact(year, code, "b", N), fact(year, code, "few", 500)]
    return rows


def build(folder: Path) -> Data:
    shares = [indicator(name, f"{name}_n", "b", **VALUES.get(name, {})) for name in LEVELS]
    shares.append(indicator("unclear", "unclear_n", "few", **VALUES["unclear"]))
    shares.append(indicator("visits", "visits_n", **VALUES["visits"]))
    shares.append(indicator("nobody", "nobody_n", "b"))
    path = dataset(
        folder,
        {"region": "99"},
        areas=[area("99"), area(COUNTY, parent="99"), area(OTHER, parent="99")],
        items=[item(name) for name in ("b", "few", *(f"{row['indicator']}_n" for row in shares))],
        indicators=shares,
        facts=facts(),
        breaks=[
            breaks("definition", "2024", "broken"),
            breaks("definition", "2022", "since_2022"),
            breaks("disturbance", "2020", "disturbed"),
        ],
        targets=[
            {"period": period, "area": "*", "unit": "", "indicator": "rises", "target": target, "upper": ""}
            | {"kind": "absolute", "source": "s", "mark": "general"}
            for period, target in (("2023", 80), ("2024", 75))
        ],
    )
    return ev.load(str(path))


class Made:
    """A dataset and what the page computes from it."""

    def __init__(self, data: Data) -> None:
        self.data, self.ind = data, ev.indicators(data)
        self.region: RegionFigures = ev.region_figures(data)

    def overview(self, period: str = "2024", lang: str = "zh", without_disturbed: bool = False) -> pd.DataFrame:
        return change_views.overview(self.data, self.ind, self.region, COUNTY, period, lang, without_disturbed)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(build(tmp_path_factory.mktemp("change") / "change"))


@pytest.fixture(scope="module")
def table(made: Made) -> pd.DataFrame:
    return made.overview()


# --- rows and statuses ---------------------------------------------------------------------------------------------


def test_each_status_comes_from_its_data(table: pd.DataFrame) -> None:
    assert table.set_index("indicator")["status"].to_dict() == STATUS
    assert table["indicator"].tolist() == [*LEVELS, "unclear", "visits"], "in the order of the catalogue, once each"
    assert "nobody" not in set(table["indicator"])


def test_what_cannot_be_compared_says_why(table: pd.DataFrame) -> None:
    reason = table.set_index("indicator")["reason"]
    assert reason["this_missing"] == "not reported"
    assert reason["previous_missing"] == "previous period missing: not reported"
    assert reason["broken"] == "not comparable: definition break"
    assert not reason[["rises", "falls", "same", "unclear"]].any()
    none = table[table["change_pp"].isna()]
    assert len(none) == 3 and (none["reason"] != "").all()
    assert not any(wording.untranslated([text]) for text in reason)


def test_what_to_know_of_a_comparison_stands_beside_it(made: Made) -> None:
    """A year that something disturbed is compared, and the note says so: in that year and in the one after."""
    for year, noted in (("2019", False), ("2020", True), ("2021", True), ("2022", False)):
        rows = made.overview(year).set_index("indicator")
        assert rows.loc["disturbed", "change_pp"] == rows.loc["disturbed", "change_pp"]
        assert ("disturbed period" in rows.loc["disturbed", "reason"]) == noted
        assert "disturbed" not in rows.loc["rises", "reason"]


def test_changes_of_the_overview_are_those_of_the_facts(table: pd.DataFrame) -> None:
    rows = table.set_index("indicator")
    for name, levels in LEVELS.items():
        now, before = levels[-1], levels[-2]
        if now is not None:
            assert rows.loc[name, ["numerator", "denominator", "value"]].tolist() == [now * N // 1000, N, now / 10]
        if now is not None and before is not None and name != "broken":
            assert rows.loc[name, "previous_value"] == before / 10
            assert rows.loc[name, "change_pp"] == pytest.approx((now - before) / 10)
            assert rows.loc[name, "change_percent"] == pytest.approx(100 * (now / before - 1))
            assert rows.loc[name, "change_lower"] <= rows.loc[name, "change_pp"] <= rows.loc[name, "change_upper"]
    assert rows.loc["rises", ["target", "target_status"]].tolist() == [75, "met"]
    assert rows.loc["rises", "n_areas"] == 2
    assert set(change_views.CHANGE) - {"verdict"} <= set(table.columns) and "verdict" not in table


def test_trends_of_the_overview_are_those_of_the_series(made: Made, table: pd.DataFrame) -> None:
    """Each trend is computed once more from the rows of its own indicator alone, with its definition's points."""
    rows = table.set_index("indicator")
    for name in rows.index:
        own = made.ind[(made.ind["area"] == COUNTY) & (made.ind["unit"] == "") & (made.ind["indicator"] == name)]
        (alone,) = ev.trends.trend(own, made.data.breaks, made.data.catalogue, made.data.parameters).to_dict("records")
        for column in set(change_views.TREND) - {"history", "series_reason"}:
            found = rows.loc[name, column]
            if isinstance(found, str):
                assert found == alone[column], (name, column)
            else:
                assert found == pytest.approx(alone[column], rel=1e-9, abs=1e-9, nan_ok=True), (name, column)
        assert rows.loc[name, "series_reason"] == alone["reason"]
    assert rows.loc[["rises", "falls"], "run"].tolist() == [6, -6]
    assert rows.loc["rises", "marker"] == "Increasing and getting better"
    assert rows.loc["rise_of_what_should_fall", "marker"] == "Increasing and getting worse"
    assert rows.loc["not_judged", "marker"] == "Increasing"


def test_the_history_is_the_comparable_part_of_the_series(made: Made, table: pd.DataFrame) -> None:
    found = {name: parse(text) for name, text in table.set_index("indicator")["history"].items()}
    first = {"broken": 6, "since_2022": 4}
    for name, levels in LEVELS.items():
        years, values = found[name]
        wanted = levels[first.get(name, 0) :]
        assert years == list(range(int(YEARS[-len(wanted)]), 2025)), name
        np.testing.assert_allclose(values, [math.nan if x is None else x / 10 for x in wanted])
    left = made.overview(without_disturbed=True).set_index("indicator")
    years, values = parse(left.loc["disturbed", "history"])
    assert [year for year, x in zip(years, values, strict=True) if math.isnan(x)] == [2020]
    assert left.loc["disturbed", "years"] == 6 and "2020" in left.loc["disturbed", "series_reason"]
    others = left.index != "disturbed"
    columns = [name for name in left.columns if name != "name"]
    pd.testing.assert_frame_equal(left.loc[others, columns], table.set_index("indicator").loc[others, columns])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_tables_of_the_page_have_their_columns_and_headers(made: Made, table: pd.DataFrame, lang: str) -> None:
    for names in (change_views.GLANCE, change_views.OF_FAMILY):
        headers = views.columns(views.present(table, names), lang)
        assert list(headers) == [name for name in names if name in headers]
        assert len({header for header, _ in headers.values()}) == len(headers), "no two headers alike"
    glance = views.columns(views.present(table, change_views.GLANCE), lang)
    assert list(glance) == change_views.GLANCE, "sparkline, last value, change, marker, target: all there"
    details = change_views.trend_details(table)
    assert set(views.present(details, change_views.OF_TRENDS)) >= {"name", "sen_slope", "apc", "not_computed"}


def test_what_is_not_computed_is_said_once_and_not_what_goes_without_saying(table: pd.DataFrame) -> None:
    details = change_views.trend_details(table).set_index("indicator")
    assert "this_missing" not in details.index, "without a value there is no trend to show"
    assert "fewer than three comparable years" in details.loc["broken", "not_computed"], "one year is no trend"
    assert details.loc["rises", "not_computed"] == ""
    assert details.loc["visits", "not_computed"] == "", "that a count has no interval goes without saying"
    said = details.loc["since_2022", "not_computed"].split("; ")
    assert "years before the definition changed are left out" in said and len(set(said)) == len(said)
    assert any("fewer than five years" in part for part in said)
    assert "all values are equal" in details.loc["same", "not_computed"]
    for text in details["not_computed"]:
        assert wording.untranslated([text]) == []
    for name in ("mk_p", "apc"):
        lacking = details[details[name].isna()]
        assert (lacking["not_computed"] != "").all(), "every dash has its reason"


# --- families, what is notable -------------------------------------------------------------------------------------


def test_families_have_plain_file_names_and_every_value_once(made: Made, table: pd.DataFrame) -> None:
    found = change_views.families(made.data, table)
    slugs = [slug for slug, _, _ in found]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", slug) for slug in slugs) and len(set(slugs)) == len(slugs)
    assert "test" in slugs and "chronic" in slugs, "a plain name stays as it is"
    assert {name for _, name, _ in found} == {"test", "数据 二", "Chronic/Disease", "chronic"}
    members = [name for _, _, rows in found for name in rows["indicator"]]
    assert sorted(members) == sorted(table.loc[table["value"].notna(), "indicator"])
    for _, name, rows in found:
        assert (rows["family"] == name).all()
    assert change_views.families(made.data, table.head(0)) == []


statuses = st.sampled_from(["better", "worse", "neutral", "small", "unclear", "same", "missing", ""])
rows_of = st.lists(
    st.tuples(st.floats(-20, 20, allow_nan=False), st.sampled_from([0.1, 1.0, 5.0]), statuses), max_size=12
)


@settings(max_examples=100, deadline=None)
@given(rows_of, st.integers(1, 5))
def test_notable_is_what_is_clear_and_largest_for_its_kind(rows: list[tuple[float, float, str]], most: int) -> None:
    table = pd.DataFrame(rows, columns=["change_pp", "meaningful", "status"]).assign(at=range(len(rows)))
    clear = [
        (at, abs(x / least)) for at, (x, least, status) in enumerate(rows) if status in ("better", "worse", "neutral")
    ]
    expected = sorted(clear, key=lambda pair: -pair[1])[:most]
    assert change_views.notable(table, most)["at"].tolist() == [at for at, _ in expected]


# --- nothing later than the page's period --------------------------------------------------------------------------

NAMES = ["2019", "2023", "2024", "2024-H1", "2024-H2", "2024-Q4", "2024-06", "2024-12", "2023-12/2024-11", "unknown"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(NAMES)), st.sampled_from(NAMES[:-1]))
def test_up_to_keeps_what_has_ended_by_then(names: list[str], period: str) -> None:
    ends = {"2019": 201912, "2023": 202312, "2024": 202412, "2024-H1": 202406, "2024-H2": 202412, "2024-Q4": 202412}
    ends |= {"2024-06": 202406, "2024-12": 202412, "2023-12/2024-11": 202411}
    rows = pd.DataFrame({"period": pd.Series(names, dtype="str")})
    kept = change_views.up_to(rows, period)["period"].tolist()
    assert kept == [name for name in names if name != "unknown" and ends[name] <= ends[period]]


@pytest.mark.parametrize("period", ["2021", "2023"])
def test_the_overview_of_a_year_knows_nothing_of_later_ones(made: Made, period: str) -> None:
    """Later figures are changed, then taken away altogether; an earlier one that changes does show."""
    table = made.overview(period)
    rows = made.data.facts
    served = rows["item"].str.endswith("_n")

    def with_facts(other: pd.DataFrame) -> pd.DataFrame:
        return Made(replace(made.data, facts=other)).overview(period)

    changed = rows.assign(value=rows["value"].mask(served & (rows["period"] > period), rows["value"] / 2))
    for other in (changed, rows[rows["period"] <= period]):
        assert not other.equals(rows)
        pd.testing.assert_frame_equal(with_facts(other), table)
    assert not table.empty and (table["previous_period"] == str(int(period) - 1)).all()
    earlier = rows.assign(value=rows["value"].mask(served & (rows["period"] < period), rows["value"] / 2))
    assert (with_facts(earlier)["change_pp"].dropna() > table["change_pp"].dropna()).all()


def test_the_built_in_example_by_year_without_what_came_later() -> None:
    data = ev.load("example")
    region = ev.region_figures(data)
    ind, period = region.indicators, "2022"
    table = change_views.overview(data, ind, region, "990103", period, "zh")
    past = ind[[ev.periods.parse(name).last <= ev.periods.parse(period).last for name in ind["period"]]]
    assert len(past) < len(ind)
    pd.testing.assert_frame_equal(change_views.overview(data, past, region, "990103", period, "zh"), table)
    assert len(table) > 90 and table["indicator"].is_unique
    assert set(table["status"]) <= {"better", "worse", "neutral", "small", "unclear", "same", "missing", ""}
    # whatever is missing has its reason, and every text is in Chinese too
    assert (table.loc[table["value"].isna() | table["change_pp"].isna(), "reason"] != "").all()
    assert (table.loc[table["marker"] == "Cannot be calculated", "marker_reason"] != "").all()
    texts = [text for name in ("reason", "series_reason", "marker_reason", "trend_reason", "mk_reason", "apc_reason")
             for text in table[name].fillna("").unique()]  # fmt: skip
    assert wording.untranslated(texts) == []
    codes = dict(zip(data.catalogue["indicator"], data.catalogue["family"], strict=True))
    for slug, _, rows in change_views.families(data, table):
        assert {codes[name] for name in rows["indicator"]} == {slug}


# --- parts of a year, nothing at all -------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["2024-Q2", "2023-12/2024-11"])
def test_parts_of_a_year_are_set_beside_the_same_months(tmp_path: Path, period: str) -> None:
    """Another quarter of the same year is neither compared with nor part of the series."""
    shares = {-2: 700, -1: 720, 0: 750}
    rows = [
        fact(ev.periods.shift(period, back), code, name, number)
        for back, share in shares.items()
        for code in (COUNTY, OTHER)
        for name, number in (("a", share), ("b", 1000))
    ]
    if period == "2024-Q2":
        rows += [fact("2024-Q1", code, name, x) for code in (COUNTY, OTHER) for name, x in (("a", 100), ("b", 1000))]
    data = ev.load(str(dataset(tmp_path / "d", facts=rows)))
    every = ev.periods.every(period)
    ind, region = ev.indicators(data, every), ev.region_figures(data, every)
    (row,) = change_views.overview(data, ind, region, COUNTY, period, "zh").to_dict("records")
    assert (row["previous_period"], row["previous_value"], row["value"]) == (ev.periods.shift(period, -1), 72, 75)
    assert row["first_period"] == ev.periods.shift(period, -2) and (row["years"], row["run"]) == (3, 2)
    assert parse(row["history"])[1] == [70, 72, 75]


def test_nothing_reported_is_an_empty_table_with_all_columns(made: Made) -> None:
    nothing = made.overview("2031")
    assert nothing.empty and set(nothing.columns) == set(made.overview().columns)
    assert change_views.trend_details(nothing).empty and change_views.notable(nothing).empty
    assert views.present(nothing, change_views.GLANCE) == ["name"]
    first = made.overview("2018")
    assert first["value"].notna().all() and first["change_pp"].isna().all() and (first["status"] == "").all()
    assert (first["reason"] == "previous period missing: not in the data").all()
    assert (first["run"] == 0).all() and (first["years"] == 1).all()
