"""The county's report and the summary it writes of itself: their order, their sentences, where each number stands."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import evaltools as ev
from evaltools import county_views, periods, regions, wording
from evaltools.county_page import CountyPage
from evaltools.line_values import exact
from evaltools.publishing import MIME
from evaltools.target_views import targets_of
from evaltools.views import names_of

pytestmark = pytest.mark.slow

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "04_county_report.ipynb"
COUNTIES = ("990101", "990103", "990105")
LANGUAGES = ("zh", "en")
PAGES = [*((county, "report") for county in COUNTIES), ("990105", "self")]
PERIOD = "2024"

Shown = list[dict[str, Any]]
Run = Callable[..., Shown]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run the notebook with parameters and return what a reader gets; the region is computed once."""
    folder = tmp_path_factory.mktemp("shared")
    regions.share(ev.load("example"), PERIOD, folder)
    shell = InteractiveShell.instance()
    cells = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]

    @cache
    def execute(**parameters: str) -> Shown:
        shell.reset(new_session=False)  # type: ignore[no-untyped-call]
        values = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
        shown: Shown = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("EVALTOOLS_SHARED", str(folder))
            for at, cell in enumerate(cells):
                source = "".join(cell["source"]) + ("\n" + values if at == 0 else "")
                with capture_output() as captured:
                    shell.run_cell(source).raise_error()  # type: ignore[no-untyped-call]
                assert captured.stdout == captured.stderr == ""
                shown += [{**one.data[MIME], "html": one.data["text/html"]} for one in captured.outputs]
        return [part for part in shown if part["kind"] != "style"]

    yield execute
    InteractiveShell.clear_instance()


# --- the order of the two genres

TITLES = {
    ("report", "zh"): "总体情况 基本情况 得分与失分 较上年变化 亮点 存在问题 整改建议 方法与说明",
    ("self", "zh"): "基本情况 主要做法与成效 存在问题 下一步打算 附：数据与方法说明",
}


@pytest.mark.parametrize(("genre", "lang"), TITLES)
def test_sections_stand_in_the_order_of_the_genre(run: Run, genre: str, lang: str) -> None:
    shown = run(area="990105", lang=lang, genre=genre)
    titles = [part["title"] for part in shown if part["kind"] == "section" and part["level"] == 2]
    assert titles == TITLES[genre, lang].split()
    english = [part["kind"] for part in run(area="990105", lang="en", genre=genre)]
    assert [part["kind"] for part in shown] == english


def test_the_first_screen_says_how_good_whether_better_what_cost_most_and_what_to_do(run: Run) -> None:
    shown = run(area="990103", lang="zh", genre="report")
    first = shown[: [part.get("title") for part in shown].index("基本情况")]
    kinds = [part["kind"] for part in first]
    assert kinds == ["section", "key_figures", "text"]
    assert [label for label, _, _ in first[1]["figures"]] == ["总分", "等级", "排名", "较上年"]
    score, better, lost, todo, more = first[2]["sentences"]
    assert re.search(r"得分.*等级.*第\d+位", score)
    assert "较上年" in better
    assert lost.startswith("失分最多的条目：")
    assert todo.startswith("下一步：") and "提高到" in todo
    assert "再增加10人" in more


@pytest.mark.parametrize("genre", ["report", "self"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_interval_stands_in_the_body(run: Run, genre: str, lang: str) -> None:
    shown = run(area="990105", lang=lang, genre=genre)
    ends = {"方法与说明", "Methods and notes", "附：数据与方法说明", "Annex: data and methods"}
    titles = [part.get("title") for part in shown]
    body = shown[: next(at for at, title in enumerate(titles) if title in ends)]
    assert not re.search(r"置信|95\s*%\s*(?:CI|区间|interval)|\bCI\b|\binterval", " ".join(spoken(body)), re.IGNORECASE)
    assert any("95%" in text for part in shown[len(body) :] for text in part.get("sentences", []))


def test_what_people_wrote_stands_in_its_section_and_what_they_have_to_is_marked(run: Run) -> None:
    def by_section(shown: Shown, kind: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        title = ""
        for part in shown:
            title = part["title"] if part["kind"] == "section" else title
            if part["kind"] == kind:
                found.setdefault(title, []).extend(part["sentences"])
        return found

    written = by_section(run(area="990101", lang="zh", genre="report"), "written")
    assert set(written) == {"亮点", "存在问题", "整改建议"}
    assert all("虚构" in text for texts in written.values() for text in texts)
    own = run(area="990101", lang="zh", genre="self")
    assert set(by_section(own, "written")) == {"主要做法与成效", "存在问题", "下一步打算"}
    assert not [text for texts in by_section(own, "note").values() for text in texts if "【待补充】" in text]
    notes = by_section(run(area="990105", lang="zh", genre="self"), "note")
    marked = {title for title, texts in notes.items() if any("【待补充】" in text for text in texts)}
    assert marked == {"主要做法与成效", "存在问题", "下一步打算"}


def test_the_county_does_not_quote_ranks_in_its_own_summary(run: Run) -> None:
    shown = run(area="990105", lang="zh", genre="self")
    assert not re.search(r"第\d+位|排名", " ".join(spoken(shown)))
    assert not [part for part in shown if part["kind"] == "table" and "排名" in part["shown"]["head"]]


def test_a_genre_that_does_not_exist_is_refused() -> None:
    data = ev.load("example", area="990103")
    empty = pd.DataFrame()
    with pytest.raises(ValueError, match=r"no genre 'letter'; there are: report, self"):
        CountyPage(data, regions.RegionFigures(*[empty] * 5), empty, empty, "990103", PERIOD, "zh", "letter")


# --- numbers

NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")


def spoken(shown: Shown) -> list[str]:
    """Every sentence a reader takes for a result: texts, key figures, what stands before them, alternative texts."""
    found: list[str] = []
    for part in shown:
        if part["kind"] == "text" or (part["kind"] == "note" and "ev-strong" in part["html"]):
            found += part["sentences"]
        elif part["kind"] == "key_figures":
            found += [" ".join(figure) for figure in part["figures"]]
        elif part["kind"] == "figure":
            found.append(part["alt"])
    return found


@cache
def names(lang: str) -> re.Pattern[str]:
    """Names with numbers of their own, periods, and the measure 10,000: no numbers that anybody found."""
    data = ev.load("example")
    assert data.standard is not None
    known = {*names_of(data, lang), *data.items[f"name_{lang}"], *data.units[f"name_{lang}"]}
    known |= {getattr(line, f"name_{lang}") for _, line in data.standard.lines}
    known |= {wording.period(f"{year}", lang) for year in range(2018, 2026)}
    known |= {"per 10,000", "/万", "remarks/990101.md", "remarks/990103.md", "remarks/990105.md"}
    return re.compile("|".join(re.escape(name) for name in sorted(known - {""}, key=len, reverse=True)))


def numbers(text: str, lang: str) -> list[str]:
    return NUMBER.findall(names(lang).sub("#", text))


def in_tables(shown: Shown, lang: str) -> tuple[set[str], list[Decimal]]:
    """The numbers that cells show, and the numbers of the published files."""
    texts: set[str] = set()
    values: list[Decimal] = []
    for part in shown:
        if part["kind"] != "table":
            continue
        for row in part["shown"]["rows"]:
            texts |= {number for cell in row for number in numbers(cell, lang)}
        for row in csv.DictReader(io.StringIO(part["csv"])):
            for name, cell in row.items():
                parts = re.split(r"[;=:, ]", cell) if name == "history" else [cell]
                values += [abs(Decimal(one)) for one in parts if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", one)]
    return texts, values


def stands(number: str, texts: set[str], values: list[Decimal]) -> bool:
    plain = Decimal(number.replace(",", ""))
    digits = -int(plain.as_tuple().exponent)
    unit = Decimal(1).scaleb(-digits)
    if number in texts:
        return True
    if not digits:
        return plain in values
    # as a reader of the file would round it; what differs after the twelfth digit is how a computer divides
    return any(Decimal(f"{value:.12g}").quantize(unit, ROUND_HALF_UP) == plain for value in values)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("county", "genre"), PAGES)
def test_each_number_of_a_sentence_stands_in_a_table(run: Run, county: str, lang: str, genre: str) -> None:
    shown = run(area=county, lang=lang, genre=genre)
    texts, values = in_tables(shown, lang)
    said = [(number, text) for text in spoken(shown) for number in numbers(text, lang)]
    assert len(said) > 60
    assert not [(number, text) for number, text in said if not stands(number, texts, values)]


@pytest.mark.parametrize(("county", "genre"), PAGES)
def test_both_languages_say_the_same_numbers(run: Run, county: str, genre: str) -> None:
    zh, en = (run(area=county, lang=lang, genre=genre) for lang in LANGUAGES)
    for ours, theirs in zip(zh, en, strict=True):
        if ours["kind"] in ("text", "note", "key_figures", "figure"):
            pairs = list(zip(spoken([ours]), spoken([theirs]), strict=True))
            for chinese, english in pairs:
                assert Counter(numbers(chinese, "zh")) == Counter(numbers(english, "en")), (chinese, english)
        elif ours["kind"] == "table":
            assert rows_of(ours, True) == rows_of(theirs, True), ours["name"]


def rows_of(part: dict[str, Any], numeric: bool = False) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(part["csv"])))
    is_number = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")
    return [{n: c for n, c in row.items() if is_number.fullmatch(c)} for row in rows] if numeric else rows


# --- targets: 完成, 基本完成, 未完成


@pytest.mark.parametrize("county", COUNTIES)
def test_targets_are_counted_as_a_plain_count_gives(run: Run, county: str) -> None:
    data = ev.load("example", area=county)
    ind = ev.indicators(data, every="year", units=False)
    now, before = (
        ind[(ind["area"] == county) & (ind["period"] == year)]
        .sort_values("definition")
        .drop_duplicates("indicator", keep="last")
        .set_index("indicator")["value"]
        for year in (PERIOD, "2023")
    )
    direction = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")["direction"]
    found: Counter[str] = Counter()
    for row in targets_of(data, county, PERIOD).itertuples():
        value, down = now.get(str(row.Index), np.nan), direction.get(str(row.Index)) == "down"
        if pd.isna(value):
            continue
        if row.kind == "improve":
            met, near = (value < before[str(row.Index)]) if down else (value > before[str(row.Index)]), False
        elif row.kind == "absolute":
            met = value <= row.target if down else value >= row.target
            near = (row.target / value if down else value / row.target) >= 0.95
        else:
            raise AssertionError(row.kind)
        found["完成" if met else "基本完成" if near else "未完成"] += 1
    (table,) = [part for part in run(area=county, lang="zh", genre="report") if part.get("name") == "counts"]
    told = {row["name"]: int(float(row["n"])) for row in rows_of(table) if row["group_id"] == "targets"}
    assert {name: told.get(name, 0) for name in ("完成", "基本完成", "未完成")} == {
        name: found[name] for name in ("完成", "基本完成", "未完成")
    }
    assert told["有目标值且有数据"] == found.total()


COMPLETIONS = [
    # value, target, upper, kind, direction, met: attained, completion
    (90.0, 90.0, np.nan, "absolute", "up", "met", 100.0, "done"),
    (85.5, 90.0, np.nan, "absolute", "up", "not_met", 95.0, "nearly"),
    (85.4, 90.0, np.nan, "absolute", "up", "not_met", 94.888889, "not"),
    (20.0, 19.0, np.nan, "absolute", "down", "not_met", 95.0, "nearly"),
    (40.0, 19.0, np.nan, "absolute", "down", "not_met", 47.5, "not"),
    (0.0, 90.0, np.nan, "absolute", "up", "not_met", 0.0, "not"),
    (5.0, 0.0, np.nan, "absolute", "down", "not_met", 0.0, "not"),
    (58.0, 60.0, 80.0, "range", "up", "not_met", 96.666667, "nearly"),
    (100.0, 60.0, 80.0, "range", "up", "not_met", 80.0, "not"),
    (50.0, np.nan, np.nan, "improve", "up", "not_met", np.nan, "not"),
    (np.nan, 90.0, np.nan, "absolute", "up", "", np.nan, ""),
]


def test_completion_by_hand() -> None:
    columns = ["value", "target", "target_upper", "target_kind", "direction", "target_status", "attained", "completion"]
    frame = pd.DataFrame(COMPLETIONS, columns=columns)
    data = ev.load("example", area="990103")
    found = county_views.with_completion(frame.drop(columns=["attained", "completion"]), data, "990103", PERIOD)
    np.testing.assert_allclose(found["attained"], frame["attained"], rtol=1e-6)
    assert list(found["completion"]) == list(frame["completion"])


# --- what to do


@pytest.mark.parametrize("county", COUNTIES)
def test_so_many_more_reach_the_aim_and_one_fewer_does_not(run: Run, county: str) -> None:
    shown = {
        part["name"]: rows_of(part) for part in run(area=county, lang="zh", genre="report") if part["kind"] == "table"
    }
    counts = {row["indicator"]: row for row in shown["problems"]}
    checked = 0
    for row in shown["actions"]:
        if not row["more"]:
            continue
        proof, more = counts[row["indicator"]], int(float(row["more"]))
        above, below = (Fraction(proof[name]) for name in ("numerator", "denominator"))
        aim = Fraction(row["aim"]) * below / int(row["per"])
        assert above + more >= aim > above + more - 1, row
        checked += 1
    assert checked >= 4


@pytest.mark.parametrize("county", COUNTIES)
def test_the_points_it_brings_are_what_scoring_again_gives(run: Run, county: str) -> None:
    (table,) = [part for part in run(area=county, lang="zh", genre="report") if part.get("name") == "actions"]
    data = ev.load("example", area=county)
    assert data.standard is not None
    ind = ev.indicators(data, every="year", units=True)
    ind = ind[ind["period"].isin(["2023", PERIOD])]
    now = ev.score(ind, data.standard, data.targets).set_index(["period", "area", "unit", "line"])["points"]
    for row in rows_of(table):
        if not (row["points"] and row["more"] and row["line"]):
            continue
        own = (ind["area"] == county) & (ind["unit"] == "") & (ind["period"] == PERIOD)
        at = ind.index[own & (ind["indicator"] == row["indicator"])]
        better = ind.copy()
        better.loc[at, "numerator"] += float(row["more"])
        better.loc[at, "value"] = better.loc[at, "numerator"] / better.loc[at, "denominator"] * float(row["per"])
        then = ev.score(better, data.standard, data.targets).set_index(["period", "area", "unit", "line"])["points"]
        key = (PERIOD, county, "", row["line"])
        assert exact(then[key]).exact - exact(now[key]).exact == exact(float(row["points"])).exact, row["name"]


# --- other data

WICKED = '<script>alert(1)</script> & "引号" \u202e倒\u202c😀'


def small(folder: Path, years: tuple[str, ...], **more: Any) -> Path:
    """One county with a wicked name and two indicators, without a standard and without targets."""
    places = [area("9"), area("01", parent="9", name_zh=WICKED, name_en=WICKED)]
    values = {"a": 1e-6, "b": 1e12, "c": 0}
    facts = [fact(year, "01", name, value) for year in years for name, value in values.items()]
    own = {"region": "9", "title_zh": "小", "title_en": "Small"}
    catalogue = {
        "items": [item(name) for name in values],
        "indicators": [indicator("tiny", "a", "b"), indicator("none", "c", "b"), indicator("zero", "a", "c")],
    }
    dataset(folder, own, areas=places, facts=facts, **catalogue, **more)
    return folder


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("genre", ["report", "self"])
@pytest.mark.parametrize("years", [("2024",), ("2023",)])
def test_little_data_leaves_a_page_that_says_what_is_missing(
    run: Run, tmp_path: Path, years: tuple[str, ...], genre: str, lang: str
) -> None:
    path = small(tmp_path / "d", years)
    shown = run(data=str(path), area="01", period=PERIOD, lang=lang, genre=genre)
    text = " ".join(text for part in shown for text in part.get("sentences", []))
    assert ("没有适用的评分标准" if lang == "zh" else "No standard applies") in text
    if years != (PERIOD,):
        assert ("没有可用的数据" if lang == "zh" else "no usable figures") in text
    assert not re.search(r"\bnan\b|NaN|None|\{|\}", text)
    assert all("<script>" not in part["html"] for part in shown)
    assert all(len(rows_of(part)) for part in shown if part["kind"] == "table")


@pytest.mark.parametrize("county", ["990103"])
def test_half_a_year_is_compared_with_the_same_months_only(run: Run, county: str) -> None:
    shown = run(area=county, period="2024-H1", lang="zh", genre="report")
    text = " ".join(spoken(shown))
    assert "同比" in text and "较上年" not in text and "序时进度" in text
    titles = [part["title"] for part in shown if part["kind"] == "section"]
    assert "同比变化" in titles and "较上年变化" not in titles
    missing = [part for part in shown if part["kind"] == "note" and "ev-strong" in part["html"]]
    assert missing and periods.is_period("2024-H1")


def test_the_public_sees_no_words_of_people(run: Run) -> None:
    shown = run(area="990101", lang="zh", genre="report", audience="public")
    assert "written" not in {part["kind"] for part in shown}
    assert sum("不予展示" in text for part in shown for text in part.get("sentences", [])) == 3
    assert os.environ.get("EVALTOOLS_SHARED") is None
