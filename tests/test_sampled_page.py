"""What the page of a county says of sampled records, over the example: with a standard that corrects, and without."""

from functools import cache

import pytest

import evaltools as ev
from evaltools.sampled_page import SampledPage, sampled_page

pytestmark = pytest.mark.slow

AREA, PERIOD = "990101", "2024"


@cache
def page(standard: str, lang: str, area: str = AREA) -> tuple[SampledPage | None, ev.Data]:
    data = ev.load("example", area=area, standard=standard)
    region = ev.region_figures(data)
    return sampled_page(data, region, ev.indicators(data), area, PERIOD, "year", lang), data


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_correction_the_page_says_so_and_shows_no_points(lang):
    found, data = page("", lang)
    assert found is not None
    assert found.table["points"].isna().all()
    drawn = data.samples[(data.samples["area"] == AREA) & (data.samples["period"] == PERIOD)]
    of_units = found.table[found.table["unit"] != ""]
    assert of_units["sampled"].sum() == drawn["sampled"].sum()
    assert of_units["genuine"].sum() == drawn["genuine"].sum()
    one = of_units.iloc[0]
    assert one["numerator"] == pytest.approx(one["reported_numerator"] * one["genuine"] / one["sampled"])
    assert found.texts[-1].startswith(("本标准不按抽查结果校正得分", "This standard does not correct"))


def test_with_correction_the_official_total_is_the_corrected_one_and_lies_in_its_range():
    found, data = page("township_1000", "zh")
    assert found is not None
    league = ev.region_figures(data).league
    row = league[
        (league["area"] == AREA) & (league["period"] == PERIOD) & (league["section"] == "") & (league["unit"] == "")
    ]
    official = float(row["points"].iloc[0])
    assert f"变为{official:.2f}" in found.texts[-1]
    low, high = found.texts[-1].rsplit("总分在", 1)[1].split("之间")[0].split("—")
    assert float(low) <= official <= float(high)
    assert found.table["points"].notna().any()


def test_a_county_without_samples_says_nothing():
    data = ev.load("example", area=AREA)
    without = ev.Data(**vars(data) | {"samples": data.samples.iloc[:0]})
    assert sampled_page(without, ev.region_figures(data), ev.indicators(data), AREA, PERIOD, "year", "zh") is None
