from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.figure
import numpy as np
import openpyxl
import pandas as pd
import pytest
import tiny
from bs4 import BeautifulSoup
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output
from nbformat import v4

import evaltools as ev
from evaltools import charts, notebook_files, plans
from evaltools.engine import Outcome
from evaltools.html_tables import STATUS_SIGNS, parse_format, table_html
from evaltools.publishing import MIME, Publish, admitted
from evaltools.site import PageContext, PageError, render
from evaltools.site_folder import SiteFolder
from evaltools.wording import LANGUAGES

WICKED = "<script>alert(1)</script> \"双引号\" 'single' & ‮ 😀 " + "长" * 60
VOID = {"br", "img", "input", "meta", "link"}


class Nesting(HTMLParser):
    """Fails when an element is closed that is not the innermost open one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag


def well_nested(html: str) -> bool:
    parser = Nesting()
    parser.feed(html)
    parser.close()
    return not parser.open


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """IPython in this process: what a notebook's kernel runs."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def bundles(captured: CapturedIO) -> list[dict[str, object]]:
    """What was displayed, without the style sheet that comes first."""
    shown = [dict(output.data) for output in captured.outputs]
    assert shown[0][MIME] == {"kind": "style"}
    return shown[1:]


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "area": ["990101", "007", "990103"],
            "name": ["甲县", WICKED, "丙县"],
            "section": ["一", "一", "二"],
            "numerator": [2, 1234, pd.NA],
            "value": [200 / 3, np.nan, 0.0],
            "change": [3.896, -3.904, np.nan],
            "status": ["better", "worse", "missing"],
            "own": [False, True, False],
        }
    ).astype({"numerator": "Int64"})


COLUMNS = {
    "name": ("名称 <b>", "text"),
    "numerator": ("分子", "integer"),
    "value": ("实际值", "percent"),
    "change": ("变化", "change_pp"),
    "status": ("情况", "status"),
}


# --- the gate ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_call_shows_one_output_in_two_forms(shell: InteractiveShell, lang: str) -> None:
    publish = Publish(lang=lang)
    with capture_output() as captured:
        publish.section("1 < 2")
        publish.section("3", level=3)
        publish.text("a & b")
        publish.text(["a", "b"])
        publish.note("c")
        publish.key_figures([("d", "86.76", "e"), ("f", "2", "")])
        publish.table(frame(), "lines", "caption", COLUMNS)
        publish.figure(matplotlib.figure.Figure(figsize=(2, 1)), "drawing", "caption", "says what")
    shown = bundles(captured)
    kinds = ["section", "section", "text", "text", "note", "key_figures", "table", "figure"]
    assert [bundle[MIME]["kind"] for bundle in shown] == kinds
    for bundle in shown:
        assert set(bundle) == {"text/html", MIME}
        assert well_nested(bundle["text/html"])
    texts = [BeautifulSoup(bundle["text/html"], "html.parser") for bundle in shown]
    assert texts[0].h2.string == "1 < 2"
    assert texts[2].p.string == "a & b"
    assert [item.string for item in texts[3].find_all("li")] == ["a", "b"]
    assert shown[3][MIME]["sentences"] == ["a", "b"]
    assert [part.get_text() for part in texts[5].find_all("dd")] == ["86.76e", "2"]


def test_the_style_comes_once_and_touches_nothing_else_in_jupyterlab(shell: InteractiveShell) -> None:
    publish = Publish()
    with capture_output() as captured:
        publish.text("a")
        publish.text("b")
    assert [output.data[MIME]["kind"] for output in captured.outputs] == ["style", "text", "text"]
    css = captured.outputs[0].data["text/html"].removeprefix("<style>").removesuffix("</style>")
    rules = re.findall(r"([^{}]+)\{[^{}]*\}", css)
    assert len(rules) > 30
    selectors = [part.strip() for rule in rules[1:] for part in re.split(r",(?![^(]*\))", rule)]
    assert rules[0] == ":root"
    assert {selector for selector in selectors if not selector.startswith(":is(.ev,#ev)")} == set()


def test_outside_a_notebook_it_says_what_it_would_show(capsys: pytest.CaptureFixture[str]) -> None:
    Publish().text("一句话")
    assert capsys.readouterr().out == "[text] ['一句话']\n"


def test_the_audience_internal_sees_everything_and_no_unknown_one_is_let_through() -> None:
    assert admitted(frame(), "internal", None) is not None
    pd.testing.assert_frame_equal(admitted(frame(), "internal", None), frame())
    with pytest.raises(ValueError, match="'everybody'"):
        Publish(audience="everybody")
    with pytest.raises(ValueError, match="'public' the dataset must be given"):
        Publish(audience="public")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: p.section(" "), "title must not be empty"),
        (lambda p: p.section("x", level=1), "level is 2 or 3; found 1"),
        (lambda p: p.table(frame(), "Täble", "c", COLUMNS), "the name of a table is a-z"),
        (lambda p: p.table(frame(), "../up", "c", COLUMNS), "the name of a table is a-z"),
        (lambda p: p.table(frame(), "t", "", COLUMNS), "caption must not be empty"),
        (lambda p: p.table(frame(), "t", "c", {"nothing": ("h", "text")}), "no such columns: nothing"),
        (lambda p: p.table(frame(), "t", "c", COLUMNS, group="nothing"), "no such columns: nothing"),
        (lambda p: p.table(frame(), "t", "c", {"name": ("h", "dollars")}), "unknown format 'dollars'"),
        (lambda p: p.table(frame().rename(columns={"area": "地区"}), "t", "c", COLUMNS), "found: 地区"),
        (lambda p: p.figure(matplotlib.figure.Figure(), "f", "c", "  "), "alt must not be empty"),
        (lambda p: p.workbook(xlsx(), "得分表", "c"), "the name of a workbook is a-z"),
        (lambda p: p.workbook(xlsx(), "../up", "c"), "the name of a workbook is a-z"),
        (lambda p: p.workbook(xlsx(), "w", " "), "caption must not be empty"),
        (lambda p: p.workbook(b"a,b\n", "w", "c"), "no content of an xlsx file"),
    ],
)
def test_what_cannot_be_published_is_refused(shell: InteractiveShell, call: object, message: str) -> None:
    with capture_output() as captured, pytest.raises(ValueError, match=message):
        call(Publish())
    assert captured.outputs == []


def test_tables_and_figures_are_numbered_and_keep_their_number(shell: InteractiveShell) -> None:
    publish = Publish(lang="zh")
    with capture_output() as captured:
        for name in ("first", "second", "first"):
            publish.table(frame(), name, "标题", COLUMNS)
        publish.figure(matplotlib.figure.Figure(figsize=(1, 1)), "first", "标题", "图意")
    shown = bundles(captured)
    assert [bundle[MIME]["label"] for bundle in shown] == ["表1", "表2", "表1", "图1"]
    assert BeautifulSoup(shown[1]["text/html"], "html.parser").caption.get_text() == "表2　标题"


# --- tables ---


def table(**options: object) -> BeautifulSoup:
    html = table_html(frame(), COLUMNS, "zh", caption="c", **options)
    assert well_nested(html)
    return BeautifulSoup(html, "html.parser")


def test_a_table_has_headers_with_scope_and_numbers_at_the_right() -> None:
    soup = table()
    assert [(th["scope"], th.get_text()) for th in soup.thead.find_all("th")] == [
        ("col", header) for header, _ in COLUMNS.values()
    ]
    assert [th["scope"] for th in soup.tbody.find_all("th")] == ["row"] * 3
    first = soup.tbody.find_all("tr")[0]
    assert [cell.get_text() for cell in first.find_all(["th", "td"])] == ["甲县", "2", "66.67%", "+3.90", "▲ 改善"]
    assert ["ev-num" in cell.get("class", []) for cell in soup.thead.find_all("th")] == [False, True, True, True, False]
    assert soup.table["class"] == ["l1", "n2", "n3", "n4", "s5"], "of each column what it holds; of every cell, nothing"


def test_missing_is_a_dash_and_zero_is_zero() -> None:
    rows = [[cell.get_text() for cell in row.find_all("td")] for row in table().tbody.find_all("tr")]
    assert rows[1][1] == "—"
    assert rows[2][:3] == ["—", "0.00%", "—"]


def test_everything_is_escaped() -> None:
    soup = table(group="name", link={"name": "area"})
    assert soup.find("script") is None
    assert soup.thead.th.get_text() == "名称 <b>"
    assert soup.find_all("th", scope="row")[1].get_text() == WICKED
    assert soup.find_all("th", scope="rowgroup")[1].get_text() == WICKED


def test_links_groups_emphasis_and_another_row_header() -> None:
    soup = table(link={"name": "area"}, group="section", emphasis="own", row_header="numerator")
    links = [(a["data-area"], a["href"]) for a in soup.find_all("a")]
    assert links == [(area, f"{area}/index.html") for area in ("990101", "007", "990103")]
    assert [th.get_text() for th in soup.find_all("th", scope="rowgroup")] == ["一", "二"]
    assert all(th["colspan"] == str(len(COLUMNS)) for th in soup.find_all("th", scope="rowgroup"))
    assert len(soup.find_all("tbody")) == 2
    assert [row.find("th").get_text() for row in soup.find_all("tr", class_="ev-emphasis")] == ["1,234"]


def test_values_take_their_measure_from_the_row() -> None:
    rows = pd.DataFrame({"x": [4.59, 23.5, 12.0], "per": [1000, 100_000, 1], "kind": ["rate", "rate", "count"]})
    soup = BeautifulSoup(table_html(rows, {"x": ("x", "value")}, "en", caption="c"), "html.parser")
    assert [th.get_text() for th in soup.find_all("th", scope="row")] == ["4.59‰", "23.5 per 100,000", "12"]
    changes = table_html(rows, {"x": ("x", "change_pp")}, "zh", caption="c")
    cells = BeautifulSoup(changes, "html.parser").find_all("th", scope="row")
    assert [th.get_text() for th in cells] == ["+4.59千分点", "+23.5/10万", "+12"]


@pytest.mark.parametrize(
    ("form", "x", "zh", "en"),
    [
        ("integer", 1234.5, "1,235", "1,235"),
        ("number:1", 0.25, "0.3", "0.3"),
        ("points", 86.755, "86.76", "86.76"),
        ("points:0", 5, "5", "5"),
        ("percent:1", 99.95, "100.0%", "100.0%"),
        ("change", -3, "-3", "-3"),
        ("change:2", 0.305, "+0.31", "+0.31"),
        ("change_percent", 5.26, "+5.26%", "+5.26%"),
        ("period", "2024-06", "2024年6月", "June 2024"),
        ("stage", "verified", "核查后", "verified"),
        ("reason", "not reported", "未上报", "not reported"),
        ("reason", "", "", ""),
        ("text", "a\nb", "ab", "ab"),
    ],
)
def test_formats(form: str, x: object, zh: str, en: str) -> None:
    for lang, expected in (("zh", zh), ("en", en)):
        html = table_html(pd.DataFrame({"x": [x]}), {"x": ("h", form)}, lang, caption="c")
        assert BeautifulSoup(html, "html.parser").find("th", scope="row").get_text() == expected


def test_every_status_has_a_sign_and_a_word_of_its_own() -> None:
    rows = pd.DataFrame({"x": list(STATUS_SIGNS)})
    for lang in LANGUAGES:
        soup = BeautifulSoup(table_html(rows, {"x": ("h", "status")}, lang, caption="c"), "html.parser")
        said = [th.get_text() for th in soup.find_all("th", scope="row")]
        assert len({text.split()[0] for text in said}) == len({text.split(None, 1)[1] for text in said}) == len(rows)
    with pytest.raises(ValueError, match="unknown status 'fine'"):
        table_html(pd.DataFrame({"x": ["fine"]}), {"x": ("h", "status")}, "zh", caption="c")


@pytest.mark.parametrize("text", ["text:2", "percent:", "percent:12", "nothing", ""])
def test_unknown_formats_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="unknown format"):
        parse_format(text)


def test_the_file_of_a_table_is_the_whole_frame_unrounded_and_the_same_in_both_languages(
    shell: InteractiveShell,
) -> None:
    files = []
    for lang in LANGUAGES:
        with capture_output() as captured:
            Publish(lang=lang).table(frame(), "lines", "caption", COLUMNS, emphasis="own", link={"name": "area"})
        files.append(bundles(captured)[0][MIME]["csv"])
    assert files[0] == files[1]
    read = pd.read_csv(io.StringIO(files[0]), dtype={"area": str, "numerator": "Int64"})
    expected = frame().drop(columns="own")
    assert read.columns.tolist() == expected.columns.tolist()
    assert read["area"].tolist() == ["990101", "007", "990103"]
    assert read["value"].tolist()[0] == 200 / 3, "every digit survives"
    assert read["name"].tolist() == expected["name"].tolist()
    assert read["numerator"].isna().tolist() == [False, False, True]
    assert "\r" not in files[0]


def test_a_table_with_no_rows_is_still_a_table(shell: InteractiveShell) -> None:
    with capture_output() as captured:
        Publish().table(frame().head(0), "none", "无", COLUMNS, group="section")
    bundle = bundles(captured)[0]
    assert well_nested(bundle["text/html"])
    assert bundle[MIME]["csv"].count("\n") == 1


# --- workbooks ---


def xlsx() -> bytes:
    book = openpyxl.Workbook()
    book.active["A1"] = "=1+1"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_a_workbook_travels_whole_and_is_offered_on_the_page(shell: InteractiveShell) -> None:
    content = xlsx()
    with capture_output() as captured:
        Publish().workbook(content, "score_sheet", "得分表 <b>")
    (bundle,) = bundles(captured)
    assert well_nested(bundle["text/html"])
    assert BeautifulSoup(bundle["text/html"], "html.parser").p.get_text() == "得分表 <b>"
    output = v4.new_output("display_data", data=bundle)
    notebook = v4.new_notebook(cells=[v4.new_code_cell("pass", outputs=[output], execution_count=1)])
    page = render(notebook, PageContext(lang="zh", title="t"))
    assert page.workbooks == {"score_sheet": content}
    assert page.tables == {}
    link = BeautifulSoup(page.html, "html.parser").find("p", class_="download").a
    assert (link["href"], link.get_text()) == ("tables/score_sheet.xlsx", "下载：得分表 <b>")
    assert render(page.notebook, PageContext(lang="zh", title="t")).workbooks == page.workbooks
    again = v4.new_code_cell("pass", outputs=[output], execution_count=2)
    twice = v4.new_notebook(cells=[*notebook.cells, again])
    with pytest.raises(PageError, match="the workbook 'score_sheet' is published twice"):
        render(twice, PageContext(lang="zh", title="t"))


@pytest.mark.parametrize(("lang", "said"), [("zh", "公开版不提供"), ("en", "not part of the public edition")])
def test_the_public_gets_no_workbook_and_is_told_so(shell: InteractiveShell, lang: str, said: str) -> None:
    with capture_output() as captured:
        Publish(lang=lang, audience="public", data=ev.load("example", area="990101")).workbook(xlsx(), "w", "得分表")
    (bundle,) = bundles(captured)
    assert bundle[MIME]["kind"] == "note"
    assert said in bundle["text/html"]
    assert base64.b64encode(xlsx()[:30]).decode() not in str(bundle)


def test_a_site_holds_the_workbook_and_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tiny.small_home(tmp_path / "home")
    monkeypatch.setenv("EVALTOOLS_HOME", str(home))
    tiny.notebook(home, "04_county_report", "area", 4, "print(area)")
    plan = plans.make(plans.Request("small", areas=["02"]))
    site = SiteFolder(plan)
    site.open()
    page = next(page for page in plan.pages if page.work.area == "02")
    content = xlsx()
    part = {"kind": "workbook", "name": "score_sheet", "caption": "c", "xlsx": base64.b64encode(content).decode()}
    output = v4.new_output("display_data", {MIME: part, "text/html": '<div class="ev"></div>'})
    notebook = v4.new_notebook(cells=[v4.new_code_cell("1", outputs=[output])])
    record = site.publish(page, Outcome(page.work, "ok", notebook=notebook_files.text_of(notebook)))
    assert record.state == "ok"
    assert (plan.site / "02" / "tables" / "score_sheet.xlsx").read_bytes() == content
    assert record.files["02/tables/score_sheet.xlsx"] == hashlib.sha256(content).hexdigest()


# --- figures ---


def test_a_figure_is_a_drawing_with_alternative_text_and_texts_that_are_texts(shell: InteractiveShell) -> None:
    alt = 'says "what" <now> & \u202e 😀'
    with capture_output() as captured, charts.theme():
        figure = matplotlib.figure.Figure(figsize=(3, 2))
        axes = figure.add_subplot()
        axes.plot([1, 2], marker="o")
        axes.set_title("<script>alert(1)</script>  走势")
        Publish().figure(figure, "line", "走势 <i>", alt)
    (bundle,) = bundles(captured)
    soup = BeautifulSoup(bundle["text/html"], "html.parser")
    (drawing,) = soup.figure.find_all("svg")
    assert (drawing["role"], drawing["aria-label"]) == ("img", alt)
    assert (drawing["width"], drawing["height"]) == ("288", "192")
    assert soup.figure.figcaption.get_text() == "图1　走势 <i>"
    assert bundle[MIME]["svg"] in bundle["text/html"]
    root = ElementTree.fromstring(bundle[MIME]["svg"])
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.attrib["aria-label"] == alt
    assert "<script>alert(1)</script> \u00a0走势" in [
        text.text for text in root.iter("{http://www.w3.org/2000/svg}text")
    ]
    assert not soup.find_all(["script", "style", "img"]) and not soup.find_all(style=True)


def test_drawings_of_one_page_share_no_id(shell: InteractiveShell) -> None:
    publish = Publish()
    with capture_output() as captured:
        for name in ("one", "other"):
            figure = matplotlib.figure.Figure(figsize=(3, 2))
            figure.add_subplot().plot([1, 2, 3], marker="o")
            publish.figure(figure, name, "标题", "图意")
    soup = BeautifulSoup("".join(str(bundle["text/html"]) for bundle in bundles(captured)), "html.parser")
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids)) >= 6
    for drawing, name in zip(soup.find_all("svg"), ("one", "other"), strict=True):
        own = {tag["id"] for tag in drawing.find_all(id=True)}
        used = set(re.findall(r"#([\w-]+)", " ".join(re.findall(r'(?:href|clip-path)="([^"]*)"', str(drawing)))))
        assert own == used and all(ident.startswith(f"svg-{name}-") for ident in own)


# --- what paper and workbooks are made of ---


def test_a_table_tells_in_plain_text_what_its_page_shows(shell: InteractiveShell) -> None:
    rows = frame().assign(history="2022=80; 2023=; 2024=86.4", marker="Increasing and getting better")
    columns = COLUMNS | {"history": ("历年", "sparkline"), "marker": ("趋势", "marker")}
    for lang in LANGUAGES:
        with capture_output() as captured:
            Publish(lang=lang).table(rows, "t", "c", columns, group="section", emphasis="own", link={"name": "area"})
        (bundle,) = bundles(captured)
        soup = BeautifulSoup(bundle["text/html"], "html.parser")
        shown = bundle[MIME]["shown"]
        assert shown["head"] == [th.get_text() for th in soup.thead.find_all("th")]
        assert shown["numeric"] == ["ev-num" in th.get("class", []) for th in soup.thead.find_all("th")]
        lines = [line for line in soup.find_all("tr") if line.find("th", scope="row")]
        said = [
            [cell.svg["aria-label"] if cell.svg else cell.get_text() for cell in line.find_all(["th", "td"])]
            for line in lines
        ]
        assert shown["rows"] == said
        assert shown["groups"] == {"0": "一", "2": "二"}
        assert (
            shown["emphasis"] == [at for at, line in enumerate(lines) if "ev-emphasis" in line.get("class", [])] == [1]
        )
        assert bundle[MIME]["columns"] == [[column, *told] for column, told in columns.items()]
