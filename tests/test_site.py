from __future__ import annotations

import base64
import hashlib
import html as html_module
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode, v4

from evaltools import site
from evaltools.publishing import MIME
from evaltools.site import PageContext, PageError, render
from evaltools.tidying import clean, without_paths

CONTEXT = PageContext(
    lang="zh",
    title="甲县评价报告",
    subtitle="2024年",
    dataset_title="样例市（虚构）",
    notice="数据为虚构。",
    period_label="2024年",
    stage="final",
    standard_title="示例标准",
    source="合成数据",
    licence="CC0",
    links=(("../index.html", "全市", False), ("index.html", "本县", True)),
    notebook="04_county_report",
    notebook_href="04_county_report.ipynb",
    parameters="area=990101 period=2024",
    data_version="0a1b2c3d4e5f",
    command="evaltools lab --data example --period 2024 --area 990101 --notebook 04_county_report",
)

CODE = """
import sys, warnings
import pandas as pd
from matplotlib.figure import Figure
import evaltools as ev

publish = ev.Publish(lang=lang)
print("printed", sys.executable, object())
warnings.warn("beware")
publish.section("总体结果")
publish.text("得分86.76分。")
frame = pd.DataFrame({"area": ["990101", "990102", "990103"], "name": ["甲县", "乙县", "丙县"]})
frame["score"] = [1 / 3, 2, None]
publish.table(frame, "league", "排名", {"name": ("县", "text"), "score": ("得分", "points")}, link={"name": "area"})
publish.section("细节", level=3)
figure = Figure(figsize=(3, 2))
figure.add_subplot().plot([1, 3, 2])
publish.figure(figure, "line", "走势", "先升后降")
frame.style
"""


def notebook(*outputs: NotebookNode) -> NotebookNode:
    cell = v4.new_code_cell("pass", outputs=list(outputs), execution_count=1)
    return v4.new_notebook(cells=[cell])


def shown(kind: str, html: str = "<p>x</p>", **data: object) -> NotebookNode:
    bundle = {"text/html": f'<div class="ev">{html}</div>', MIME: {"kind": kind, **data}}
    return v4.new_output("display_data", data=bundle)


def table_output(name: str = "t", html: str = "<table></table>") -> NotebookNode:
    return shown("table", html, name=name, label="表1", caption="c", csv="a\n1\n", explore=False)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """A real notebook, run by papermill in a kernel with its parameters."""
    folder = tmp_path_factory.mktemp("first run")
    source = v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# note to the analyst"),
            v4.new_code_cell('lang = "en"', metadata={"tags": ["parameters"]}),
            v4.new_code_cell(CODE),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(source, folder / "in.ipynb")
    return papermill.execute_notebook(
        folder / "in.ipynb", folder / "out.ipynb", parameters={"lang": "zh"}, progress_bar=False
    )


# --- the page of a real run ---


def test_only_what_came_through_the_gate_is_published(executed: NotebookNode) -> None:
    page = render(executed, CONTEXT)
    soup = BeautifulSoup(page.html, "html.parser")
    main = soup.find("main")
    assert [part["class"][1] for part in main.find_all("div", class_="ev")] == [
        "ev-is-section",
        "ev-is-text",
        "ev-is-table",
        "ev-is-part",
        "ev-is-figure",
    ]
    for absent in ("note to the analyst", "printed", "beware", "import pandas", "T_"):
        assert absent not in page.html


def test_the_page_says_what_it_is(executed: NotebookNode) -> None:
    soup = BeautifulSoup(render(executed, CONTEXT).html, "html.parser")
    assert soup.html["lang"] == "zh-CN"
    assert soup.title.string == "甲县评价报告 · 样例市（虚构）"
    assert [h.get_text() for h in soup.find_all("h1")] == ["甲县评价报告"]
    assert [len(soup.find_all(tag)) for tag in ("header", "main", "footer")] == [1, 1, 1]
    assert soup.find("p", class_="notice").get_text() == "数据为虚构。"
    facts = {dt.get_text(): dt.find_next("dd").get_text() for dt in soup.find_all("dt")}
    assert facts["评价时期"] == "2024年"
    assert facts["数据口径"] == "最终"
    assert facts["评分标准"] == "示例标准"
    assert facts["使用范围"] == "内部"
    assert facts["数据来源"] == "合成数据"
    assert soup.find("a", href="04_county_report.ipynb") is not None
    said = [code.get_text() for code in soup.footer.find_all("code")]
    assert said == [CONTEXT.notebook, CONTEXT.parameters, CONTEXT.data_version, CONTEXT.command]
    assert [(a["href"], a.get("aria-current")) for a in soup.find("nav").find_all("a")] == [
        ("../index.html", None),
        ("index.html", "page"),
    ]
    assert soup.find("a", class_="skip")["href"] == "#" + soup.main["id"]


def test_headings_come_in_order_and_the_contents_lead_to_them(executed: NotebookNode) -> None:
    soup = BeautifulSoup(render(executed, CONTEXT).html, "html.parser")
    headings = soup.find_all(re.compile("^h[1-6]$"))
    assert [(h.name, h.get_text()) for h in headings] == [("h1", "甲县评价报告"), ("h2", "总体结果"), ("h3", "细节")]
    contents = soup.find("nav", class_="toc").find_all("a")
    assert [(a["href"], a.get_text()) for a in contents] == [(f"#{h['id']}", h.get_text()) for h in headings[1:]]


def test_tables_come_with_their_file(executed: NotebookNode) -> None:
    page = render(executed, CONTEXT)
    assert list(page.tables) == ["league"]
    read = pd.read_csv(io.StringIO(page.tables["league"]), dtype={"area": str})
    assert read["score"].tolist()[:2] == [1 / 3, 2.0]
    soup = BeautifulSoup(page.html, "html.parser")
    link = soup.find("p", class_="download").a
    assert (link["href"], link.get_text()) == ("tables/league.csv", "下载表1数据")
    elsewhere = render(executed, replace(CONTEXT, tables="../shared/")).html
    assert 'href="../shared/league.csv"' in elsewhere


def test_a_cleaned_notebook_runs_again_and_gives_the_same_page(executed: NotebookNode, tmp_path: Path) -> None:
    first = render(executed, CONTEXT)
    assert render(executed, CONTEXT).html == first.html
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "elsewhere" / "again.ipynb"
    path.write_text(nbformat.writes(first.notebook), encoding="utf-8")
    again = papermill.execute_notebook(path, tmp_path / "done.ipynb", progress_bar=False)
    second = render(again, CONTEXT)
    assert second.html == first.html
    assert second.tables == first.tables
    assert nbformat.writes(second.notebook) == nbformat.writes(first.notebook)


def test_a_cleaned_notebook_has_no_clock_path_or_random_id(executed: NotebookNode) -> None:
    text = nbformat.writes(clean(executed))
    nbformat.validate(json.loads(text))
    for trace in ("papermill", "start_time", "duration", "/tmp", "first run", str(Path.cwd()), "ipykernel_", "0x7f"):
        assert trace not in text
    assert re.fullmatch(r"printed python\S* <object object at 0x…>\n", clean(executed).cells[3].outputs[0]["text"])
    cells = json.loads(text)["cells"]
    assert [cell["id"] for cell in cells] == [f"cell-{number:03d}" for number in range(1, 5)]
    assert [cell["metadata"].get("tags") for cell in cells] == [None, ["parameters"], ["injected-parameters"], None]
    assert 'lang = "zh"' in "".join(cells[2]["source"])


def test_a_page_can_be_rendered_from_its_cleaned_notebook(executed: NotebookNode) -> None:
    page = render(executed, CONTEXT)
    stored = nbformat.reads(nbformat.writes(page.notebook), as_version=4)
    assert render(stored, CONTEXT).html == page.html


def test_rendering_does_not_change_the_notebook(executed: NotebookNode) -> None:
    before = nbformat.writes(executed)
    render(executed, CONTEXT, {"990101": "ok"})
    assert nbformat.writes(executed) == before


# --- nothing from elsewhere, nothing that runs ---


def test_the_policy_names_the_style_and_the_script_by_their_hashes(executed: NotebookNode) -> None:
    explored = notebook(table_output())
    explored.cells[0].outputs[0]["data"][MIME]["explore"] = True
    for page, scripts in ((render(executed, CONTEXT), 0), (render(explored, CONTEXT), 1)):
        soup = BeautifulSoup(page.html, "html.parser")
        policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules["default-src"] == "'none'"
        assert rules["img-src"] == rules["font-src"] == "data:"
        assert [len(soup.find_all(tag)) for tag in ("script", "style")] == [scripts, 2]
        for rule, tag in (("style-src", "style"), ("script-src", "script")):
            contents = [found.string.encode() for found in soup.find_all(tag)]
            hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'" for content in contents}
            assert set(rules.get(rule, "").split()) == hashes
        assert ("script-src" in rules) == bool(scripts)
        assert not soup.find_all(style=True), "a style attribute would need a hash of its own"
        assert not re.search(r"""(?:src|href)=["']?(?:https?:|//|/)|url\((?!data:font|#)|@import""", page.html)


def test_everything_around_the_content_is_escaped() -> None:
    wicked = "<script>alert(1)</script>\"'&"
    context = PageContext(
        lang="en",
        title=wicked,
        subtitle=wicked,
        dataset_title=wicked,
        notice=wicked,
        period_label=wicked,
        standard_title=wicked,
        source=wicked,
        licence=wicked,
        links=((wicked, wicked, False),),
        notebook=wicked,
        notebook_href=wicked,
        parameters=wicked,
        data_version=wicked,
        command=wicked,
    )
    section = shown("section", f"<h2>{html_module.escape(wicked)}</h2>", title=wicked, level=2)
    for page in (render(notebook(section), context).html, site.failure(context, wicked, 1, wicked, wicked)):
        soup = BeautifulSoup(page, "html.parser")
        assert soup.find_all("script") == []
        assert soup.h1.get_text() == wicked
        assert soup.h2.get_text() in (wicked, "This page could not be made")
        assert soup.find("nav").a["href"] == wicked
        assert [code.get_text() for code in soup.footer.find_all("code")] == [wicked] * 4
        assert "alert" not in soup.find_all("style")[1].string + soup.find("style").string.partition("@top-left")[0]


# --- links to areas ---


def test_links_follow_the_state_of_the_areas(executed: NotebookNode) -> None:
    states = {"990101": "ok", "990102": "failed"}
    soup = BeautifulSoup(render(executed, CONTEXT, states).html, "html.parser")
    rows = [row.th for row in soup.find("tbody").find_all("tr")]
    assert rows[0].a["href"] == "990101/index.html"
    assert rows[1].a["href"] == "990102/index.html"
    assert rows[1].get_text() == "乙县 未能生成"
    assert rows[2].a is None
    assert rows[2].span["data-area"] == "990103", "search by code still finds it"
    assert rows[2].get_text() == "丙县"


def test_links_lead_to_where_the_areas_are(executed: NotebookNode) -> None:
    soup = BeautifulSoup(render(executed, replace(CONTEXT, areas="../")).html, "html.parser")
    assert [a["href"] for a in soup.find("tbody").find_all("a")] == [
        f"../{area}/index.html" for area in ("990101", "990102", "990103")
    ]


# --- without ---


def test_without_a_standard_the_page_says_so() -> None:
    page = render(notebook(), replace(CONTEXT, standard_title="", notice="", subtitle="", source="")).html
    assert "无适用的评分标准" in page
    assert 'class="notice"' not in page
    english = render(notebook(), replace(CONTEXT, lang="en", standard_title="")).html
    assert "this page gives no scores" in english


def test_the_frame_of_an_english_page_has_no_chinese() -> None:
    context = PageContext(lang="en", title="t", dataset_title="d", stage="reported", notebook_href="x.ipynb")
    for page in (render(notebook(), context).html, site.failure(context, "n", 3, "x", "y")):
        body = page.partition("</style>")[2]
        assert not re.search(r"[　-鿿＀-￯]", body)


def test_the_frame_of_a_chinese_page_has_no_english() -> None:
    context = PageContext(lang="zh", title="甲", dataset_title="乙", stage="reported", notebook_href="丙")
    for page in (render(notebook(), context).html, site.failure(context, "丁", 3, "1", "2")):
        text = BeautifulSoup(page, "html.parser").body.get_text(" ")
        assert set(re.findall(r"[A-Za-z]+", text)) <= {"evaltools", "CSV"}


# --- what is refused ---


@pytest.mark.parametrize(
    "output",
    [table_output("same"), shown("figure", name="same", label="图1", caption="c", alt="a")],
)
def test_one_name_for_two_is_refused(output: NotebookNode) -> None:
    with pytest.raises(PageError, match="'same' is published twice"):
        render(notebook(output, output), CONTEXT)


def test_a_table_and_a_figure_may_share_a_name() -> None:
    render(notebook(table_output("a"), shown("figure", name="a", label="图1", caption="c", alt="a")), CONTEXT)


def test_a_part_before_the_first_section_is_refused() -> None:
    with pytest.raises(PageError, match="before the first section"):
        render(notebook(shown("section", "<h3>x</h3>", title="x", level=3)), CONTEXT)


# --- failures ---


def test_a_failure_says_which_cell_and_why() -> None:
    reason = "\x1b[31mInputError\x1b[0m: /home/somebody/evaltools/data/x/facts/990104.csv row 12: found 'abc'"
    soup = BeautifulSoup(site.failure(CONTEXT, "县报告", 7, "\nev.load(data)\n", reason), "html.parser")
    assert [h.get_text() for h in soup.find_all("h1")] == ["甲县评价报告"]
    section = soup.find("section", class_="failure")
    assert "“县报告”在第7个单元格停止" in section.p.get_text()
    assert [pre.get_text() for pre in section.find_all("pre")] == [
        "InputError: 990104.csv row 12: found 'abc'",
        "ev.load(data)",
    ]
    assert soup.find("a", href="../index.html") is not None
    unstarted = BeautifulSoup(site.failure(CONTEXT, "县报告", 0, "", "x"), "html.parser")
    assert "未能开始运行" in unstarted.get_text()
    assert len(unstarted.find_all("pre")) == 1


# --- tidying ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/li/evaltools/rates.py:12: Warning", "rates.py:12: Warning"),
        (r"C:\Users\Li Wei\evaltools\rates.py, line 3", "rates.py, line 3"),
        (r"D:\data\facts.csv", "facts.csv"),
        ("file:///home/li/a/b.csv", "b.csv"),
        ("/var/folders/x1/T/ipykernel_4242/1234567.py:3: UserWarning", "cell.py:3: UserWarning"),
        (r"C:\Users\li\AppData\Local\Temp\ipykernel_42\1234.py:3", "cell.py:3"),
        ("'/a/b/c.csv' and (/d/e)", "'c.csv' and (e)"),
        ("\x1b[0;31mred\x1b[0m", "red"),
        ("https://www.nhc.gov.cn/a/b", "https://www.nhc.gov.cn/a/b"),
        ("2 × 3224/3807/2 = 1.69", "2 × 3224/3807/2 = 1.69"),
        ("23.5/10万 与 4.59/千", "23.5/10万 与 4.59/千"),
        ("</td></tr><br/>", "</td></tr><br/>"),
        ("facts/990101.csv row 3", "facts/990101.csv row 3"),
    ],
)
def test_paths_are_reduced_to_names(text: str, expected: str) -> None:
    assert without_paths(text) == expected


def test_the_error_stream_is_dropped_and_the_other_joined() -> None:
    parts = [("stdout", "a\n"), ("stderr", "building the font cache\n"), ("stdout", "b\n")]
    streams = [v4.new_output("stream", name=name, text=text) for name, text in parts]
    later = v4.new_output("stream", name="stdout", text="c\n")
    outputs = clean(notebook(*streams, shown("text"), later)).cells[0].outputs
    assert [output.get("text") for output in outputs] == ["a\nb\n", None, "c\n"]


def test_errors_and_images_in_a_notebook() -> None:
    image = base64.b64encode(bytes(range(256)) * 8).decode() + "/aa/bb/cc"
    before = notebook(
        v4.new_output("error", ename="E", evalue="/a/b/c.py", traceback=["\x1b[31m/a/b/c.py\x1b[0m in f"]),
        v4.new_output("display_data", data={"image/png": image, "text/plain": "<Figure at 0x7f00aa11bb22>"}),
        v4.new_output("execute_result", data={"text/plain": "1"}, execution_count=17),
    )
    before.cells[0]["execution_count"] = 17
    error, picture, result = clean(before).cells[0].outputs
    assert (error["evalue"], error["traceback"]) == ("c.py", ["c.py in f"])
    assert picture["data"]["image/png"] == image
    assert picture["data"]["text/plain"] == "<Figure at 0x…>"
    assert result["execution_count"] == 1
    assert before.cells[0]["execution_count"] == 17, "the notebook given is not changed"
