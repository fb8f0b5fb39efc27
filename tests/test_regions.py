"""What all counties share: stored by a run, read back as computed, and never taken for something else."""

import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, unit

import evaltools as ev
from evaltools import regions, returns_store
from evaltools.datasets import Data
from evaltools.regions import RegionFigures, region_figures, share

STANDARD = """\
id: small
name_zh: 小标准
name_en: Small standard
source: made for the tests
mark: general
total: 10
rounding: {digits: 1, mode: half_up, of: line}
missing: zero
not_applicable: exclude
grades:
  - {id: good, name_zh: 好, name_en: Good, from: 6}
  - {id: poor, name_zh: 差, name_en: Poor, from: 0}
sections:
  - id: only
    name_zh: 甲
    name_en: Only
    points: 10
    lines:
      - {id: share, indicator: share, rule: proportional, points: 8, target: 80, source: s, mark: general}
      - {id: meeting, indicator: meeting, rule: threshold, points: 2, lower: 0, upper: 100, source: s, mark: general}
"""
COUNTIES = ("1", "2", "3")


def region(folder: Path, scored: bool = True) -> Path:
    """Three counties of a region and one that was merged away, two years of months and of units."""
    codes = [*COUNTIES, "4"]
    facts = [
        fact(f"{year}-{month:02d}", code, name, value)
        for year in (2023, 2024)
        for month in range(1, 13)
        for at, code in enumerate(COUNTIES)
        for name, value in (("a", at + month + year - 2020), ("b", 40))
    ]
    for at, code in enumerate(COUNTIES):
        facts += [fact("2024", code, "a", 3 + at, "01"), fact("2024", code, "b", 8, "01")]
    facts += [fact("2023", "4", "a", 9), fact("2023", "4", "b", 3)]
    rows = [indicator("share", "a", "b"), indicator("meeting", "share >= 50", kind="units_meeting")]
    ledger = [{"period": "2024", "area": "1", "unit": "01", "item": "a", "from": 3, "to": 2, "stage": "verified"}]
    ledger = [{**row, "reason": "r"} for row in ledger]
    places = [area("9"), *(area(code, parent="9") for code in COUNTIES), area("4", parent="9", valid_to="2023")]
    places = [{"valid_to": "", "successor": "2" if row["area"] == "4" else "", **row} for row in places]
    meta = {"region": "9", "standard": "small" if scored else None}
    units = [unit(code, "01") for code in codes]
    tables = {"areas": places, "units": units, "indicators": rows, "facts": facts, "adjustments": ledger}
    dataset(folder, meta, **tables)
    (folder / "standards").mkdir()
    (folder / "standards" / "small.yaml").write_text(STANDARD, encoding="utf-8")
    return folder


def assert_same(first: RegionFigures, second: RegionFigures) -> None:
    for field in fields(RegionFigures):
        pd.testing.assert_frame_equal(getattr(first, field.name), getattr(second, field.name))


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return ev.load(str(region(tmp_path / "small")))


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shared"
    monkeypatch.setenv(returns_store.SHARED, str(folder))
    return folder


def mark(shared: Path) -> None:
    """Make what is stored differ from what is computed, so that it shows which one was taken."""
    path = shared / "totals.parquet"
    frame = pd.read_parquet(path)
    frame.assign(points=-1.0).to_parquet(path, index=False)


def was_read(figures: RegionFigures) -> bool:
    return bool((figures.totals["points"] == -1).all())


@pytest.mark.parametrize(("period", "every"), [("2024", "year"), ("2024-05", "month"), ("2024-01/2024-09", None)])
def test_what_is_stored_is_what_is_computed(data: Data, shared: Path, period: str, every: str | None) -> None:
    every = every or period
    computed = region_figures(data, every)
    assert not computed.indicators.empty
    assert not computed.league.empty
    hashes = share(data, period, shared)
    assert_same(region_figures(data, every), computed)
    for name, digest in hashes.items():
        assert hashlib.sha256((shared / name).read_bytes()).hexdigest() == digest
    # what only the public sees is stored for the public only
    assert set(hashes) == {f"{field.name}.parquet" for field in fields(RegionFigures) if field.name != "public"}
    mark(shared)
    assert was_read(region_figures(data, every))


def test_a_county_reads_the_figures_of_its_region(data: Data, shared: Path) -> None:
    computed = region_figures(data)
    alone = ev.load(str(data.folder), area="2")
    assert_same(region_figures(alone), computed)
    share(alone, "2024", shared)
    mark(shared)
    assert was_read(region_figures(alone))


@pytest.mark.parametrize("other", ["stage", "standard_name", "name", "every"])
def test_figures_of_something_else_are_computed_again(data: Data, shared: Path, other: str) -> None:
    share(data, "2024", shared)
    mark(shared)
    every = "month" if other == "every" else "year"
    changed = {
        "stage": lambda: ev.load(str(data.folder), stage="reported"),
        "standard_name": lambda: ev.load(str(data.folder), standard=str(data.folder / "standards" / "small.yaml")),
        "name": lambda: replace(data, meta=replace(data.meta, name="another")),
        "every": lambda: data,
    }[other]()
    figures = region_figures(changed, every)
    assert not was_read(figures)
    assert_same(figures, regions.compute(changed, every))
    if other == "stage":
        ind = figures.indicators.set_index(["period", "area", "indicator"])
        assert ind.loc[("2024", "1", "share"), "numerator"] == 3, "before verification"


@pytest.mark.parametrize("name", ["key.json", "league.parquet"])
@pytest.mark.parametrize("content", [None, b"", b"{"])
def test_a_folder_that_an_interrupted_run_left_is_no_obstacle(
    data: Data, shared: Path, name: str, content: bytes | None
) -> None:
    share(data, "2024", shared)
    computed = regions.compute(data)
    if content is None:
        (shared / name).unlink()
    else:
        (shared / name).write_bytes(content)
    assert_same(region_figures(data), computed)


def test_counties_are_compared_and_scored_and_the_region_is_their_sum(data: Data) -> None:
    figures = region_figures(data)
    sums = figures.totals[(figures.totals["section"] == "") & (figures.totals["period"] == "2024")]
    assert sorted(sums["area"]) == [*COUNTIES], "the merged county is gone, the region is no competitor"
    # 8 × (2/8 ÷ 80%), 8 × (4/8 ÷ 80%) + 2, 8 × (5/8 ÷ 80%) + 2
    assert sums.set_index("area")["points"].to_dict() == {"1": 2.5, "2": 7, "3": 8.3}
    league = figures.league[(figures.league["section"] == "") & (figures.league["period"] == "2024")]
    assert league.set_index("area")["rank"].to_dict() == {"3": 1, "2": 2, "1": 3}
    ind = figures.indicators.set_index(["period", "area", "indicator"])
    parts = [ind.loc[("2024", code, "share"), "numerator"] for code in COUNTIES]
    assert ind.loc[("2024", "9", "share"), "numerator"] == sum(parts)
    bench = figures.benchmark.set_index(["period", "area", "indicator"])
    assert bench.loc[("2024", "1", "share"), "total_numerator"] == sum(parts)
    assert bench.loc[("2024", "1", "share"), "reference_numerator"] == sum(parts)
    assert bench.loc[("2024", "1", "share"), "n_areas"] == 3


def test_without_a_standard_there_is_nothing_to_rank(tmp_path: Path, shared: Path) -> None:
    data = ev.load(str(region(tmp_path / "small", scored=False)))
    computed = region_figures(data)
    assert computed.points.empty
    assert computed.totals.empty
    assert computed.league.empty
    share(data, "2024", shared)
    assert json.loads((shared / "key.json").read_text(encoding="utf-8"))["standard"] == ""
    stored = region_figures(data)
    pd.testing.assert_frame_equal(stored.indicators, computed.indicators)
    assert stored.points.empty
    assert stored.totals.empty
    assert stored.league.empty
