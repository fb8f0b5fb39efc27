"""The region's report: every number of its sentences is a cell of its tables, the same in both languages."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import region_page
from bs4 import BeautifulSoup

import evaltools as ev
from evaltools import bulletin_narrative, fair_views, league_views, region_views
from evaltools.area_labels import labels, listed
from evaltools.wording import LANGUAGES, word

pytestmark = pytest.mark.slow

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


@pytest.fixture(scope="module")
def shown() -> dict[str, region_page.Shown]:
    return {lang: region_page.run("example", "2024", lang) for lang in LANGUAGES}


def sections(page: region_page.Shown) -> list[tuple[str, list[str]]]:
    """Title of each section with its sentences, notes about method apart."""
    found: list[tuple[str, list[str]]] = []
    for part in page.parts:
        if part["kind"] == "section":
            found.append((part["title"], []))
        elif part["kind"] == "text":
            found[-1][1].extend(part["sentences"])
        elif part["kind"] == "key_figures":
            found[-1][1].extend(" ".join(figure) for figure in part["figures"])
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_number_of_a_sentence_is_a_cell_of_a_table(shown: dict[str, region_page.Shown], lang: str) -> None:
    page = shown[lang]
    soup = BeautifulSoup(page.html, "html.parser").main
    assert soup is not None
    known = {n for cell in soup.find_all(["td", "th"]) for n in NUMBER.findall(cell.get_text(" "))} | {"2024", "2023"}
    for title, sentences in sections(page):
        for sentence in sentences:
            # a name may hold a numeral of its own: type 2 diabetes, people aged 65
            for name in [*names_in_tables(soup)]:
                sentence = sentence.replace(name, "")
            strange = [number for number in NUMBER.findall(sentence) if number not in known]
            assert strange == [], (title, sentence)


def names_in_tables(soup: BeautifulSoup) -> list[str]:
    """Texts of cells that are no numbers, the longest first."""
    texts = {cell.get_text() for cell in soup.find_all(["td", "th"])}
    return sorted((text for text in texts if re.search(r"[^\W\d]{3}", text)), key=len, reverse=True)


def test_both_languages_say_the_same_numbers(shown: dict[str, region_page.Shown]) -> None:
    said = []
    for lang in LANGUAGES:
        counted: list[Counter[str]] = []
        for _, sentences in sections(shown[lang]):
            text = " ".join(sentences)
            for name in names_in_tables(BeautifulSoup(shown[lang].html, "html.parser")):
                text = text.replace(name, "")
            counted.append(Counter(NUMBER.findall(re.sub("annex 2|附件2", "", text))))
        said.append(counted)
    zh, en = said
    assert len(zh) == len(en)
    for first, second in zip(zh, en, strict=True):
        assert first == second
    tables = [
        [
            (part["name"], part["csv"].count("\n"), part["shown"]["numeric"])
            for part in page.parts
            if part["kind"] == "table"
        ]
        for page in shown.values()
    ]
    assert tables[0] == tables[1]


def test_it_has_the_sections_of_its_genre_in_their_order(shown: dict[str, region_page.Shown]) -> None:
    titles = [part["title"] for part in shown["zh"].parts if part["kind"] == "section" and part["level"] == 2]
    assert titles == [
        "一、评价组织与方法", "二、总体结果", "三、亮点", "四、存在问题", "五、整改要求",
        "附件1　各县（市、区）各部分得分",
        "附件2　各县（市、区）主要失分条目", "附件3　资金分配", "数据质量", "方法与说明",
    ]  # fmt: skip
    text = BeautifulSoup(shown["zh"].html, "html.parser").main.get_text()  # type: ignore[union-attr]
    assert "CI" not in text
    assert text.count("＿＿＿＿年＿＿月＿＿日前") == len(dict(sections(shown["zh"]))["五、整改要求"])


def test_sections_grades_and_lines_are_sums_of_the_points() -> None:
    data = ev.load("example")
    region = ev.region_figures(data)
    assert data.standard is not None
    points = region.points[(region.points["period"] == "2024") & (region.points["unit"] == "")]
    total = points.groupby("area")["points"].sum()
    table = league_views.section_table(region, data.standard, "2024", "zh").set_index("section")
    assert table.loc["", "mean"] == pytest.approx(total.mean())
    assert (table.loc["", "high"], table.loc["", "low"]) == pytest.approx((total.max(), total.min()))
    for section, own in points.groupby("section"):
        each = own.groupby("area")["points"].sum()
        assert table.loc[section, "mean"] == pytest.approx(each.mean())
        assert table.loc[section, "lines"] == own["line"].nunique()
        assert table.loc[section, "share"] == pytest.approx(100 * each.mean() / own.groupby("area")["full"].sum().max())
    league = region_views.league_table(data, region, data.standard, "2024", "zh")
    grades = league_views.grade_table(league, data.standard, "zh")
    bounds = [90, 80, 60, 0, 101]
    brute = [sum(bounds[at] <= round(x, 9) < bounds[at - 1] for x in total) for at in range(4)]
    assert grades["n"].tolist() == [*brute, len(total)]
    lines = league_views.line_table(region, data.standard, data, "2024", "zh").set_index("line")
    for line, own in points.groupby("line"):
        lost = own["full"] - own["points"]
        if (lost > 1e-9).any():
            assert lines.loc[line, "lost"] == pytest.approx(lost.sum())
            assert lines.loc[line, "n_lost"] == (lost > 1e-9).sum()
            assert lines.loc[line, "worst_lost"] == pytest.approx(lost.max())
        else:
            assert line not in lines.index
    most = league_views.deductions(league, region, data.standard, data, "2024", "zh")
    for area, own in most.groupby("area"):
        lost = points.loc[points["area"] == area, "full"] - points.loc[points["area"] == area, "points"]
        assert own["lost"].tolist() == pytest.approx(sorted(lost, reverse=True)[: len(own)])


def test_a_part_of_a_year_is_compared_with_the_same_months(tmp_path: Path) -> None:
    league = pd.DataFrame({"area": ["1", "2"], "county": ["甲", "乙"], "points": [90.0, 80], "rank": [1.0, 2],
                           "change_points": [2.0, -1], "grade": "g", "missing_lost": np.nan})  # fmt: skip
    parts = pd.DataFrame({"is_total": [True], "share": [85.0], "part": ["总分"]})
    quality = pd.DataFrame({"area": ["1"], "area_name": ["甲"], "errors": [0]})
    lines = pd.DataFrame({"name": []})
    for period, mark in (("2024", "较上年"), ("2024-01/2024-06", "同比")):
        good = bulletin_narrative.strengths(league, parts, [], period, "zh")
        bad = bulletin_narrative.problems(league, parts, lines, quality, period, "zh")
        assert any(mark in text and "甲（提高2.00分）" in text for text in good)
        assert any(mark in text and "乙（下降1.00分）" in text for text in bad)
    swapped = league.assign(change_points=-league["change_points"])
    assert any("乙（提高1.00分）" in text for text in bulletin_narrative.strengths(swapped, parts, [], "2024", "zh"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_region_without_a_standard_or_data_says_so(tmp_path: Path, lang: str) -> None:
    folder = region_page.region_of(
        tmp_path / "small", ["甲", "乙", "丙"], [2023, 2024], lambda at, year: (9, 10 + at, 5)
    )
    unscored = region_page.run(str(folder), "2022", lang)
    text = BeautifulSoup(unscored.html, "html.parser").get_text()
    assert "nan" not in text and word("report.section_method", lang) in text
    meta = (folder / "datapackage.json").read_text(encoding="utf-8").replace('"standard": "small"', '"standard": null')
    (folder / "datapackage.json").write_text(meta, encoding="utf-8")
    without = region_page.run(str(folder), "2024", lang)
    said = " ".join(sentence for _, sentences in sections(without) for sentence in sentences)
    period = "2024年" if lang == "zh" else "2024"
    assert word("region.no_standard", lang, period=period) in said
    titles = [part["title"] for part in without.parts if part["kind"] == "section"]
    assert not any(word("region.strengths", lang) in title for title in titles)


def test_names_are_told_apart_and_cannot_turn_a_sentence(tmp_path: Path) -> None:
    names = ["同名", "同名", "\u202e倒\u2067", "甲"]
    data = ev.load(str(region_page.region_of(tmp_path / "small", names, [2024], lambda at, year: (1, 2, 1))))
    assert [labels(data, "zh")[code] for code in data.counties()] == ["同名（0001）", "同名（0002）", "倒", "甲"]
    assert listed("abc", "zh", 3) == "a、b、c" and listed("abcd", "zh", 3) == "a、b、c等"


def test_what_a_large_region_cuts_is_said(tmp_path: Path) -> None:
    names = [f"县{at}" for at in range(450)]
    values = lambda at, year: (600 + at % 300, 1000, 500 + at // 2)  # noqa: E731
    folder = region_page.region_of(tmp_path / "large", names, [2023, 2024], values)
    page = region_page.run(str(folder), "2024", "zh")
    tables = {part["name"]: part for part in page.parts if part["kind"] == "table"}
    assert len(tables["counties"]["shown"]["rows"]) == 450, "the league is whole"
    assert len(tables["points"]["shown"]["rows"]) == league_views.MOST_ROWS
    assert tables["points"]["csv"].count("\n") == 451
    assert "共450行，此处列出前60行" in tables["points"]["caption"]
    captions = {part["name"]: part["caption"] for part in page.parts if part["kind"] == "figure"}
    assert "居前20个和居后20个" in captions["scores"]
    funnels = [name for name in captions if name.startswith("funnel")]
    assert funnels and all("450个地区中画出" in captions[name] for name in funnels)
    svg = next(part["svg"] for part in page.parts if part["kind"] == "figure" and part["name"] == funnels[0])
    assert svg.count("<use") <= fair_views.DRAWN + 20
    soup = BeautifulSoup(page.html, "html.parser")
    rows = soup.select("#table-counties tbody tr")
    assert len(rows) == 450 and len(soup.select("#table-counties tbody")) == 23
