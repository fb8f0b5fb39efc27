"""A page in a real browser: what a reader sees, finds, prints, and what the page asks of the network."""

from __future__ import annotations

import io
import re
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat import NotebookNode, v4
from PIL import Image
from playwright.sync_api import Browser, Page

from evaltools import charts, site
from evaltools.chart_theme import settings
from evaltools.page_font import FAMILY, characters, font_face
from evaltools.publishing import Publish
from evaltools.svg_text import compact
from evaltools.wording import LANGUAGES, word

pytestmark = pytest.mark.browser

WICKED = "<script>document.title='x'</script><img src=x onerror=alert(1)> \"引\" ' & " + "县" * 60
NAMES = {
    "zh": ["高血压患者规范管理率", "65岁及以上老年人城乡社区规范健康管理服务率", "肺结核患者管理率"],
    "en": ["Hypertension patients managed", "People aged 65 and over under health management", "TB patients managed"],
}


def scores() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rank": range(1, 13),
            "area": [f"9901{number:02d}" for number in range(1, 13)],
            "name": [f"样例{c}县" for c in "甲乙丙丁戊己庚辛壬癸子"] + [WICKED],
            "score": np.linspace(95, 60, 12),
            "status": ["better", "worse", "same", "neutral"] * 3,
            "value": np.linspace(99, 3, 12),
            "numerator": np.arange(12) * 12345,
            "denominator": np.arange(1, 13) * 23456,
            "reason": ["", "11 of 12 units reported", ""] * 4,
        }
    )


COLUMNS = {
    "rank": ("1", "integer"),
    "name": ("2", "text"),
    "numerator": ("3", "integer"),
    "denominator": ("4", "integer"),
    "value": ("5", "value"),
    "score": ("6", "points"),
    "status": ("7", "status"),
    "reason": ("8", "reason"),
}


def content(lang: str) -> NotebookNode:
    """A page with everything on it, as a notebook's outputs."""
    publish = Publish(lang=lang)
    changes = pd.DataFrame({"label": NAMES[lang], "change": [3.9, -2.1, 0.2], "status": ["better", "worse", "neutral"]})
    with capture_output() as captured:
        publish.section("一" if lang == "zh" else "One")
        publish.key_figures([(NAMES[lang][1], "86.76", NAMES[lang][1]), ("x", NAMES[lang][1], ""), ("y", "3", "z")])
        publish.text([NAMES[lang][1], WICKED])
        publish.table(
            scores(),
            "league",
            NAMES[lang][1],
            COLUMNS,
            row_header="name",
            link={"name": "area"},
            explore=True,
            emphasis="",
        )
        publish.section(WICKED, level=3)
        publish.figure(charts.change_intervals(changes, lang), "changes", NAMES[lang][0], NAMES[lang][1])
        publish.figure(charts.points_lost(changes.assign(lost=[3, 2, 1], points=5), lang), "lost", WICKED, WICKED)
        publish.section("二" if lang == "zh" else "Two")
        publish.note(NAMES[lang][0])
    outputs = [v4.new_output("display_data", data=dict(shown.data)) for shown in captured.outputs]
    return v4.new_notebook(cells=[v4.new_code_cell("pass", outputs=outputs)])


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    InteractiveShell.instance()
    folder = tmp_path_factory.mktemp("site 样例")
    paths = {}
    for lang in LANGUAGES:
        context = site.PageContext(
            lang=lang,
            title=NAMES[lang][1],
            dataset_title=WICKED,
            notice=WICKED,
            period_label="2024",
            stage="final",
            standard_title=WICKED,
            links=tuple((f"{number}.html", NAMES[lang][1], number == 1) for number in range(5)),
            notebook_href="a.ipynb",
        )
        states = {"990101": "ok", "990102": "failed"}
        paths[lang] = folder / f"{lang}.html"
        paths[lang].write_text(site.render(content(lang), context, states).html, encoding="utf-8")
        paths[f"failure-{lang}"] = folder / f"failure-{lang}.html"
        paths[f"failure-{lang}"].write_text(
            site.failure(context, "04_county_report", 3, "x" * 300, WICKED), encoding="utf-8"
        )
    InteractiveShell.clear_instance()
    return paths


@pytest.mark.parametrize("name", ["zh", "en", "failure-zh", "failure-en"])
def test_a_page_asks_for_nothing_but_itself_and_is_silent(page: Page, pages: dict[str, Path], name: str) -> None:
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages[name].as_uri())
    page.wait_for_load_state("networkidle")
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [pages[name].as_uri()]
    assert page.locator("h1").count() == 1
    assert page.title().startswith(NAMES[name[-2:]][1])
    assert page.locator("img[onerror], main script").count() == 0
    drawn = page.evaluate("[...document.querySelectorAll('svg[role=img]')].map(one => one.getBBox().width > 100)")
    assert drawn == ([] if name.startswith("failure") else [True, True])


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
@pytest.mark.parametrize("name", ["zh", "en", "failure-zh"])
def test_a_page_never_scrolls_sideways(page: Page, pages: dict[str, Path], name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(pages[name].as_uri())
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    # Whatever is wider than its place scrolls inside a region that the keyboard can reach.
    loose = page.evaluate(
        """[...document.querySelectorAll("main *, header *, footer *")].filter(element => {
            const box = element.getBoundingClientRect();
            return box.right > innerWidth + 1 && !element.closest(".ev-scroll, .bar nav, .toc, pre");
        }).map(element => element.outerHTML.slice(0, 80))"""
    )
    assert loose == []


def test_wide_tables_scroll_in_a_region_with_a_name(page: Page, pages: dict[str, Path]) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(pages["zh"].as_uri())
    region = page.get_by_role("region", name="表1，可左右滚动")
    assert region.evaluate("element => element.scrollWidth > element.clientWidth")
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("element => element.scrollLeft > 0", arg=region.element_handle())


def test_landmarks_and_the_way_past_them(page: Page, pages: dict[str, Path]) -> None:
    page.goto(pages["en"].as_uri())
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    assert page.get_by_role("navigation", name="Contents").get_by_role("link").count() == 3
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    assert page.get_by_role("table").get_by_role("rowheader").count() == 12
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(heading => +heading.tagName[1])")
    assert levels == [1, 2, 3, 2]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_search_filters_the_league_by_name_and_code(page: Page, pages: dict[str, Path], lang: str) -> None:
    page.goto(pages[lang].as_uri())
    rows = page.locator("#table-league tbody tr")
    box = page.get_by_role("searchbox", name=word("explore.search", lang))
    said = page.locator(".ev-tools output").first
    visible = "rows => rows.filter(row => row.offsetParent).map(row => row.querySelector('th').textContent)"
    box.fill("丙")
    assert rows.evaluate_all(visible) == ["样例丙县"]
    assert said.text_content() == f"{word('explore.count', lang)} 1"
    box.fill("990102")
    assert [name[:4] for name in rows.evaluate_all(visible)] == ["样例乙县"]
    box.fill("<SCRIPT>")
    assert rows.evaluate_all(visible) == [WICKED]
    box.fill("95.00")
    assert rows.evaluate_all(visible) == [], "numbers are not names"
    assert said.text_content() == word("explore.none", lang)
    box.fill("")
    assert len(rows.evaluate_all(visible)) == 12
    assert said.text_content() == ""


def test_without_scripts_everything_is_there_to_read(browser: Browser, pages: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["zh"].as_uri())
    assert page.locator("#table-league tbody tr").filter(visible=True).count() == 12
    assert page.locator(".ev-tools").is_hidden()
    context.close()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_prints_on_a4_with_nothing_cut(page: Page, pages: dict[str, Path], lang: str) -> None:
    page.goto(pages[lang].as_uri())
    pdf = page.pdf(prefer_css_page_size=True)
    width, height = (float(size) for size in re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups())
    assert (width, height) == pytest.approx((595.28, 841.89), abs=1)
    assert 2 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 6
    # What leaves the sheet would be cut: 180 mm lie between the margins.
    page.emulate_media(media="print")
    page.set_viewport_size({"width": int(180 / 25.4 * 96), "height": 1000})
    assert page.evaluate("document.scrollingElement.scrollWidth") <= int(180 / 25.4 * 96)
    edges = page.evaluate("[...document.querySelectorAll('table, svg')].map(one => one.getBoundingClientRect().right)")
    assert max(edges) <= int(180 / 25.4 * 96)
    assert page.locator("nav, .ev-tools, .skip, .download").filter(visible=True).count() == 0
    assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"


def test_compact_drawings_look_like_matplotlibs_own(page: Page) -> None:
    changes = pd.DataFrame({"label": NAMES["zh"], "change": [3.9, -2.1, 0.2], "status": ["better", "worse", "neutral"]})
    figure = charts.change_intervals(changes.assign(lower=changes["change"] - 1, upper=changes["change"] + 1), "zh")
    charts.svg(figure)
    with matplotlib.rc_context(settings()):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg")
    own = buffer.getvalue().decode("utf-8")
    own = own[own.index("<svg") :].replace('pt"', '"').replace("<svg ", '<svg id="it" ', 1)
    size = re.search(r'width="\d+" height="\d+"', compact(buffer.getvalue().decode("utf-8")))
    own = re.sub(r'width="[\d.]+" height="[\d.]+"', size.group(), own, count=1)
    ours = compact(buffer.getvalue().decode("utf-8"), "one", "x").replace("<svg ", '<svg id="it" ', 1)
    style = font_face(characters(own)).replace(FAMILY, "Noto Sans SC")
    seen = []
    for drawing in (own, ours):
        page.set_content(f"<style>{style} body{{font-family:'Noto Sans SC'}}</style>{drawing}")
        page.evaluate("document.fonts.ready")
        picture = page.locator("#it").screenshot()
        seen.append(np.asarray(Image.open(io.BytesIO(picture)).convert("L"), dtype=float))
    assert seen[0].shape == seen[1].shape
    assert (seen[0] < 128).mean() > 0.01, "there is ink on the picture"
    assert np.abs(seen[0] - seen[1]).mean() < 0.5, "of 255"


def test_texts_of_a_chart_are_as_wide_as_they_were_measured(page: Page, pages: dict[str, Path]) -> None:
    changes = pd.DataFrame({"label": NAMES["zh"], "change": [3.9, -2.1, 0.2], "status": ["better", "worse", "neutral"]})
    figure = charts.change_intervals(changes, "zh")
    drawing = charts.svg(figure, "one", "x")
    # what stands at an axis is drawn as it was laid out, and kept once more as it was before
    texts = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text().strip()]
    measured: dict[str, float] = {}
    for text in texts:
        if "\n" not in text.get_text():
            measured.setdefault(text.get_text(), text.get_window_extent(dpi=72).width)
    page.set_content(f"<style>{font_face(characters(drawing))} body{{font-family:'{FAMILY}'}}</style>{drawing}")
    page.evaluate("document.fonts.ready")
    found = dict(
        page.evaluate("[...document.querySelectorAll('text')].map(one => [one.textContent, one.getBBox().width])")
    )
    both = measured.keys() & found.keys()
    assert len(both) >= 8
    expected = {text: measured[text] for text in both}
    assert {text: found[text] for text in both} == pytest.approx(expected, rel=0.03, abs=1)
