"""The page on how firm a ranking is: its tables and sentences, against the figures they are made of."""

import dataclasses
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item
from hypothesis import given, settings
from hypothesis import strategies as st

import evaltools as ev
from evaltools import rank_charts, rank_narrative, rank_views, wording
from evaltools.rank_composites import METHODS
from evaltools.standards import load_standard

LANGUAGES = ("zh", "en")
STANDARD = """\
id: small
name_zh: 小标准
name_en: Small standard
source: made for the tests
mark: general
total: 20
rounding: {digits: 2, mode: half_up, of: line}
missing: zero
not_applicable: exclude
grades: [{id: all, name_zh: 全部, name_en: All, from: 0}]
sections:
  - id: only
    name_zh: 甲
    name_en: Only
    points: 20
    lines:
      - {id: s1, indicator: share, rule: proportional, points: 8, target: 100, source: s, mark: general}
      - {id: s2, indicator: deaths, rule: threshold, points: 6, lower: 1, upper: 9, source: s, mark: general}
      - {id: s3, indicator: money, rule: THIRD, points: 6, source: s, mark: general}
"""
ABSOLUTE = "proportional, target: 100"
REGIONAL = "regional_mean, mean: unweighted, own: with"
NUMBERS = {
    "a": [70, 64, 90, 20, 61],
    "n": [100] * 5,
    "d": [3, 4, 2, 6, 5],
    "p": [1000] * 5,
    "m": [9, 8, 7, 6, 5],
    "k": [10] * 5,
}


def data(folder, counties=5, third=ABSOLUTE, scored=True, numbers=None, lacking=()):
    codes = [str(at + 1) for at in range(counties)]
    facts = [
        fact("2024", code, name, values[at])
        for name, values in (numbers or NUMBERS).items()
        for at, code in enumerate(codes)
        if (code, name) not in lacking
    ]
    rows = [
        indicator("share", "a", "n"),
        indicator("deaths", "d", "p", kind="rate", per="1000", direction="down"),
        indicator("money", "m", "k", kind="ratio"),
    ]
    tables = {
        "areas": [area("9"), *(area(code, parent="9") for code in codes)],
        "items": [item(name) for name in NUMBERS],
        "indicators": rows,
        "facts": facts,
    }
    dataset(folder, {"region": "9", "standard": "small" if scored else None}, **tables)
    (folder / "standards").mkdir()
    (folder / "standards" / "small.yaml").write_text(STANDARD.replace("THIRD", third), encoding="utf-8")
    return ev.load(str(folder))


class Page:
    """All that the page shows of a dataset."""

    def __init__(self, dataset, lang="zh"):
        region = ev.region_figures(dataset, "year")
        self.data, self.region, self.lang = dataset, region, lang
        self.figures = rank_views.rank_figures(dataset, region, "2024", "year")
        self.given = rank_views.compared_counties(dataset, region, "2024")
        self.composites = rank_views.composite_table(self.given, self.figures, dataset, lang)
        self.dropped = rank_views.drop_table(self.given, self.figures, dataset, lang)
        self.agreed = None
        said = rank_narrative.dropping(self.dropped, self.given, dataset, lang)
        if self.figures is not None:
            self.ranks = rank_views.rank_table(self.figures, dataset, lang)
            self.neighbours = rank_views.neighbour_table(self.figures, dataset, lang)
            self.agreed = rank_views.agreement_table(self.composites, dataset, lang)
            said += rank_narrative.summary(self.ranks, self.neighbours, "2024", lang)
            said += rank_narrative.weights(self.ranks, self.neighbours, lang)
            rank_charts.rank_intervals(self.ranks.assign(label=self.ranks["county"]), lang)
            rank_narrative.alt_chart(self.ranks, lang)
        said += rank_narrative.composites(self.given, dataset, lang, self.agreed)
        said += rank_narrative.notes(self.figures.draws if self.figures else None, lang)
        self.said = said

    @property
    def tables(self):
        return [self.ranks, self.neighbours, self.composites, self.agreed]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return Page(data(tmp_path_factory.mktemp("five") / "small", third=REGIONAL))


def test_the_official_rank_is_that_of_the_league(page):
    league = page.region.league
    league = league[(league["section"] == "") & (league["area"] != "9")].set_index("area")
    shown = page.ranks.set_index("area")
    for name in ("rank", "points", "n_ranked"):
        pd.testing.assert_series_equal(shown[name].sort_index(), league[name].sort_index(), check_dtype=False)
    pd.testing.assert_series_equal(
        page.composites.set_index("area")["rank"].sort_index(), league["rank"].sort_index(), check_dtype=False
    )


def test_the_ranks_in_words_are_those_in_numbers(page):
    for row in page.ranks.itertuples():
        ends = [int(text) for text in re.findall(r"\d+", row.interval)]
        assert (ends[0], ends[-1]) == (row.rank_lower, row.rank_upper)
        ends = [int(text) for text in re.findall(r"\d+", row.weight_interval)]
        assert (ends[0], ends[-1]) == (row.weight_lower, row.weight_upper)
        assert row.rank_lower <= row.rank_median <= row.rank_upper
    assert (page.ranks["rank_upper"] > page.ranks["rank_lower"]).any()
    assert page.ranks["first"].sum() == pytest.approx(100, abs=0.5), "shares are percent"


def test_neighbours_follow_each_other_and_what_swaps_them_has_a_name(page):
    order = page.ranks["county"].tolist()
    shown = zip(page.neighbours["county"], page.neighbours["next_county"], strict=True)
    assert list(shown) == list(pairwise(order))
    assert set(page.neighbours["part_name"]) <= {"指标share", "指标deaths", "指标money", ""}
    ahead = page.neighbours["ahead"]
    assert ahead.between(0, 100).all()
    assert ahead.min() < 80 < ahead.max()
    said = f"有4对，其中{(ahead >= 95).sum()}对次序可靠（可能性不低于95%），{(ahead < 80).sum()}对难分先后"
    assert any(said in text for text in page.said)


def test_the_sentence_of_the_nearest_swap_is_a_row_of_the_table(page):
    nearest = page.neighbours.loc[page.neighbours["change"].abs().idxmin()]
    said = next(text for text in page.said if text.startswith("最容易互换"))
    assert f"{nearest['county']}与{nearest['next_county']}" in said
    assert wording.signed_percent(nearest["change"], "zh", 1) in said
    assert f"由{int(nearest['weight'])}改为{nearest['needed']:.2f}" in said


def test_pairs_that_turn_are_counted_by_who_leaves(page):
    assert set(page.dropped["method"]) <= {"official", *METHODS}
    raw = page.figures.dropped
    own = page.dropped[page.dropped["method"] == "official"]
    assert own["n"].sum() == len(raw)
    said = " ".join(page.said)
    assert "本评分标准有1个条目与其他地区比较" in said


def test_a_standard_of_absolute_rules_says_why_nothing_can_change(tmp_path):
    page = Page(data(tmp_path / "small"))
    assert page.figures.dropped.empty
    assert any("去掉任何一个地区，其余地区的得分和次序都不变" in text for text in page.said)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_and_header_is_said_in_both_languages(tmp_path, lang):
    page = Page(data(tmp_path / "small", lacking={("4", "a"), ("4", "d"), ("4", "n")}), lang)
    for table in page.tables:
        assert wording.untranslated(table["reason"]) == []
        headers = rank_views.columns(table, [name for name in table if has_word(name)], lang)
        assert all(header for header, _ in headers.values())
    text = " ".join(page.said)
    assert "{" not in text and "nan" not in text
    if lang == "zh":
        assert not re.search(r"[a-z]{5,}", re.sub(r"Kendall|TOPSIS|CRITIC|Gamma|share|deaths|money", "", text)), text
    else:
        assert not re.search(r"[\u4e00-\u9fff]", text), text


def has_word(name):
    return f"column_{name}" in wording.topic("ranks") or name in rank_views.RANKS


def test_without_a_standard_the_composites_stand_alone(tmp_path):
    page = Page(data(tmp_path / "small", scored=False))
    assert page.figures is None
    assert page.composites["rank"].isna().all()
    assert page.composites["rsr_rank"].tolist()[0] == 1
    directions = dict(zip(page.given.matrix.columns, page.given.directions, strict=True))
    assert directions == {"share": "up", "deaths": "down", "money": "up"}
    assert list(rank_views.columns(page.composites, ["county", "rank", *rank_views.RANKS], "zh")) == [
        "county",
        *rank_views.RANKS,
    ]
    assert len(rank_narrative.notes(None, "zh")) == 1


@pytest.mark.parametrize("counties", [1, 2])
def test_one_county_and_two(tmp_path, counties):
    page = Page(data(tmp_path / "small", counties=counties, third=REGIONAL))
    assert page.ranks["rank"].tolist() == [1, 2][:counties]
    assert page.ranks["top_quarter"].isna().all()
    assert len(page.neighbours) == counties - 1
    if counties == 1:
        assert any("只有地区1一个地区参加排名" in text for text in page.said)
        assert page.agreed["tau"].isna().all()
        assert any(text == "未能比较：只有一个地区，无从比较。" for text in page.said)


def test_ties_everywhere(tmp_path):
    numbers = {name: [values[1]] * 5 for name, values in NUMBERS.items()}
    page = Page(data(tmp_path / "small", numbers=numbers))
    assert set(page.ranks["rank"]) == {1}
    assert page.neighbours["ahead"].isna().all()
    assert set(page.neighbours["reason"]) == {"as many points as the next one"}
    assert any(text.endswith("并列首位。") for text in page.said)
    first = page.ranks["first"]
    assert first.sum() == pytest.approx(100, abs=2)
    assert first.max() - first.min() < 10, "equals are first equally often"


def test_nothing_reported(tmp_path):
    folder = tmp_path / "small"
    lacking = {(str(at + 1), name) for at in range(5) for name in NUMBERS if name not in "nk"}
    made = data(folder, lacking=lacking)
    (folder / "standards" / "small.yaml").write_text(
        STANDARD.replace("THIRD", ABSOLUTE).replace("missing: zero", "missing: exclude"), encoding="utf-8"
    )
    page = Page(ev.load(str(folder)))
    assert page.ranks["rank"].isna().all()
    assert set(page.ranks["reason"]) == {"no total, so no rank"}
    assert page.ranks["interval"].tolist() == [""] * 5
    assert "2024年没有可排名的地区。" in page.said
    assert "各地区都有数据的指标不足2项，不作综合评价。" in page.said
    assert made.standard is not None


@settings(max_examples=25, deadline=None)
@given(rank=st.lists(st.integers(1, 6), min_size=1, max_size=6), wide=st.integers(0, 3))
def test_the_chart_shows_every_ranked_county_within_its_axis(rank, wide):
    low = np.maximum(1, np.array(rank) - wide)
    frame = pd.DataFrame({"label": [f"c{at}" for at in range(len(rank))], "rank": rank, "rank_lower": low})
    frame = frame.assign(rank_upper=np.array(rank) + wide, weight_lower=np.nan, weight_upper=np.nan)
    frame.loc[0, ["rank", "rank_lower", "rank_upper"]] = np.nan
    figure = rank_charts.rank_intervals(frame, "en")
    if len(rank) == 1:
        assert "no usable data" in figure.axes[0].texts[0].get_text()
        return
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts if text.get_text().startswith("c")] == frame["label"].tolist()[1:]
    (marks,) = (line for line in axes.get_lines() if line.get_marker() == "D")
    assert list(marks.get_xdata()) == rank[1:]
    strokes = axes.collections[0]  # then come the lines of the axis
    ends = np.array([path.vertices[:, 0] for path in strokes.get_paths()])
    np.testing.assert_allclose(ends.mean(axis=1), (frame["rank_lower"] + frame["rank_upper"])[1:] / 2)
    left, right = axes.get_xlim()
    assert left < ends.min() and ends.max() < right


def test_the_words_of_the_page_hold_for_the_standard_shipped():
    catalogue = Path(__file__).parents[1] / "data" / "standards" / "basic_public_health.yaml"
    names = rank_views.line_names(load_standard(catalogue), ev.load("example"), "zh")
    assert len(names) > 30
    assert all(names.values())


@pytest.mark.slow
def test_what_samples_correct_is_corrected_in_the_draws_too():
    example = ev.load("example", standard="township_1000")
    shifts = []
    for one in (example, dataclasses.replace(example, samples=example.samples.head(0))):
        region = ev.region_figures(one)
        draws = rank_views.rank_figures(one, region, "2024", "year").draws
        shifts.append((draws.official.totals, draws.totals.mean(axis=0)))
    (official, drawn), (official_before, drawn_before) = shifts
    assert np.abs(official - official_before).max() > 1
    np.testing.assert_allclose(drawn - drawn_before, official - official_before, atol=0.25)
