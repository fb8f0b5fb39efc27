"""The page of a region in a real browser: searching, sorting, highlighting, printing, wicked names."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import region_page
from playwright.sync_api import Browser, Page

from evaltools.wording import LANGUAGES, word

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SCRIPT = "<script>document.title='x'</script>县"
LONG = "长" * 60
NAMES = [
    "甲县", "乙县", "同名县", "同名县", SCRIPT, "“引'号\" & 县", "\u202e倒县\u200f", LONG, "😀县", "无数据县",
    "子县", "丑县",
]  # fmt: skip
NOTHING = NAMES.index("无数据县")


def values(at: int, year: int) -> tuple[int, int, int] | None:
    """Counties from good to bad, each year a little better; one sends nothing."""
    return None if at == NOTHING else (960 - 40 * at + 3 * (year - 2020), 1000, 790 - 30 * at + year % 5)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("region 样例")
    data = str(region_page.region_of(folder / "small", NAMES, range(2021, 2025), values))
    paths = {}
    for lang in LANGUAGES:
        paths[lang] = folder / f"{lang}.html"
        states = {"0001": "ok", "0002": "failed"}
        paths[lang].write_text(region_page.run(data, "2024", lang, states).html, encoding="utf-8")
    return paths


@pytest.fixture(scope="module")
def served(pages: dict[str, Path]) -> Iterator[str]:
    """The same folder over http://."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(pages["zh"].parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


def names(page: Page) -> list[str]:
    """The visible counties of the league, in their order."""
    return page.locator("#table-counties tbody tr").evaluate_all(
        "rows => rows.filter(row => row.offsetParent).map(row => row.querySelector('[data-area]').dataset.area)"
    )


def column(page: Page, number: int) -> list[str]:
    cells = page.locator(f"#table-counties tbody tr > :nth-child({number})").all_text_contents()
    return [text.strip() for text in cells]


def head(page: Page, text: str) -> int:
    """The number of a column from 1."""
    return 1 + page.locator("#table-counties thead th").all_text_contents().index(text)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("over", ["file", "http"])
def test_the_page_is_silent_and_asks_for_nothing(
    page: Page, pages: dict[str, Path], served: str, lang: str, over: str
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    url = pages[lang].as_uri() if over == "file" else f"{served}/{lang}.html"
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.get_by_role("searchbox").fill("0001")
    assert names(page) == ["0001"]
    assert said == []
    assert [one for one in asked if not one.startswith("data:")] == [url]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_of_any_kind_are_shown_and_do_nothing(page: Page, pages: dict[str, Path], lang: str) -> None:
    page.goto(pages[lang].as_uri())
    assert page.title() != "x"
    assert page.locator("main script").count() == 0
    at = head(page, word("columns.county", lang))
    shown = [text.removesuffix(word("page.area_failed", lang)).strip() for text in column(page, at)]
    both = {word("region.with_code", lang, name="同名县", code=code) for code in ("0003", "0004")}
    plain = [name for name in NAMES if name != "同名县"]
    plain[plain.index("\u202e倒县\u200f")] = "倒县"
    assert sorted(shown) == sorted([*plain, *both])
    assert not re.search("[\u202a-\u202e]", page.locator("main").text_content() or "")
    assert "无数据县" in page.locator("main li").filter(has_text="2024").all_text_contents().__str__()


def test_a_county_without_data_is_said_to_have_no_score(page: Page, pages: dict[str, Path]) -> None:
    page.goto(pages["zh"].as_uri())
    lists = " ".join(page.locator("main li, main .ev-note").all_text_contents())
    assert re.search("(没有得分|缺数据计0分|补报数据)[^。]*无数据县|无数据县[^。]*缺数据", lists)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_column_sorts_by_its_numbers_or_its_order(page: Page, pages: dict[str, Path], lang: str) -> None:
    page.goto(pages[lang].as_uri())
    heads = page.locator("#table-counties thead th")
    buttons = page.locator("#table-counties thead button")
    assert buttons.count() == heads.count() - 1, "all but the drawing"
    number = head(page, word("columns.points", lang))
    button = heads.nth(number - 1).get_by_role("button")
    for way in ("ascending", "descending"):
        button.click()
        assert heads.nth(number - 1).get_attribute("aria-sort") == way
        points = [float(text) for text in column(page, number) if text != "—"]
        assert points == sorted(points, reverse=way == "descending")
    assert page.locator("#table-counties th[aria-sort]").count() == 1
    grade = head(page, word("columns.grade_name", lang))
    heads.nth(grade - 1).get_by_role("button").click()
    seen = list(dict.fromkeys(text for text in column(page, grade) if text))
    assert seen == [
        ("优秀", "Excellent")[lang == "en"],
        ("良好", "Fair")[lang == "en"],
        ("不合格", "Poor")[lang == "en"],
    ]
    change = head(page, word("columns.change_rank", lang))
    heads.nth(change - 1).get_by_role("button").click()
    moved = [float(text) for text in column(page, change) if text != "—"]
    assert moved == sorted(moved)
    assert len(names(page)) == len(NAMES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_search_and_the_choice_of_a_grade_work_together(page: Page, pages: dict[str, Path], lang: str) -> None:
    page.goto(pages[lang].as_uri())
    everybody = names(page)
    grade = head(page, word("columns.grade_name", lang))
    wanted = ("良好", "Fair")[lang == "en"]
    of_grade = [area for area, text in zip(everybody, column(page, grade), strict=True) if text == wanted]
    page.get_by_role("combobox").select_option(wanted)
    assert names(page) == of_grade and 0 < len(of_grade) < len(everybody)
    page.get_by_role("searchbox").fill(of_grade[0])
    assert names(page) == of_grade[:1]
    assert f"{word('explore.count', lang)} 1" in page.locator(".ev-tools output").all_text_contents()
    page.get_by_role("searchbox").fill("95.00")
    assert names(page) == [], "numbers are not names"
    assert word("explore.none", lang) in page.locator(".ev-tools output").all_text_contents()
    page.get_by_role("searchbox").fill("")
    page.get_by_role("combobox").select_option("")
    assert names(page) == everybody


PICKED = """
[...document.querySelectorAll(".ev-picked")]
  .map(one => one.dataset.area || one.querySelector("[data-area]").dataset.area)
"""


def picked(page: Page) -> set[str]:
    return set(page.evaluate(PICKED))


def test_a_click_picks_a_county_in_every_table_and_chart(page: Page, pages: dict[str, Path]) -> None:
    page.goto(pages["zh"].as_uri())
    row = page.locator("#table-counties tr:has([data-area='0002'])")
    row.locator("td").last.click()
    assert picked(page) == {"0002"}
    tables = page.evaluate("[...document.querySelectorAll('tr.ev-picked')].map(row => row.closest('.ev-table').id)")
    assert {"table-counties", "table-points", "table-deductions"} <= set(tables)
    charts = page.evaluate("[...document.querySelectorAll('svg .ev-picked')].map(one => one.closest('figure').id)")
    assert {"figure-scores", "figure-rank_change"} <= set(charts)
    faded = "[...document.querySelectorAll('#figure-scores [data-area]')].map(one => getComputedStyle(one).opacity)"
    assert len(set(page.evaluate(faded))) == 2
    mark = page.locator("#figure-scores [data-area='0001']:has(path)")
    mark.click()
    assert picked(page) == {"0001", "0002"}
    mark.click()
    row.locator("td").last.click()
    assert picked(page) == set() and set(page.evaluate(faded)) == {"1"}


def test_a_mark_says_its_numbers(page: Page, pages: dict[str, Path]) -> None:
    page.goto(pages["zh"].as_uri())
    points = column(page, head(page, word("columns.points", "zh")))[0]
    area = names(page)[0]
    title = page.locator(f"#figure-scores [data-area='{area}'] > title").text_content()
    assert title and points in title
    marks = page.locator("#figure-scores [data-area]:has(> title)")
    assert marks.count() == len(
        [text for text in column(page, head(page, word("columns.points", "zh"))) if text != "—"]
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_keyboard_alone_searches_sorts_and_picks(page: Page, pages: dict[str, Path], lang: str) -> None:
    page.goto(pages[lang].as_uri())
    focused = "document.activeElement.matches('.ev-tools input')"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(focused):
            break
    assert page.evaluate(focused)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.type("0002")
    page.keyboard.press("Enter")
    assert picked(page) == {"0002"}
    said = page.locator(".ev-tools output").last.text_content() or ""
    assert said.startswith(word("explore.picked", lang)) and "乙县" in said
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    assert len(names(page)) == len(NAMES)
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('th') !== null"):
            break
    first = page.evaluate("document.activeElement.textContent")
    assert first == word("columns.rank", lang)
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    ranks = [int(text) for text in column(page, 1) if text != "—"]
    assert ranks == sorted(ranks, reverse=True)
    page.get_by_role("button", name=word("explore.unpick", lang)).press("Enter")
    assert picked(page) == set()


def test_without_scripts_everything_is_there_to_read(browser: Browser, pages: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["zh"].as_uri())
    assert page.locator("#table-counties tbody tr").filter(visible=True).count() == len(NAMES)
    assert page.locator(".ev-tools, thead button").filter(visible=True).count() == 0
    assert page.locator("#figure-scores [data-area] > title").count() > 0
    context.close()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_prints_on_a4_with_nothing_cut(page: Page, pages: dict[str, Path], lang: str) -> None:
    page.goto(pages[lang].as_uri())
    pdf = page.pdf(prefer_css_page_size=True)
    assert 3 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 14
    page.emulate_media(media="print")
    width = int(180 / 25.4 * 96)
    page.set_viewport_size({"width": width, "height": 1000})
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    edges = page.evaluate(
        "[...document.querySelectorAll('table, main svg')].map(el => el.getBoundingClientRect().right)"
    )
    assert max(edges) <= width + 1
    assert page.locator(".ev-tools, .toc, nav").filter(visible=True).count() == 0


@pytest.mark.parametrize("width", [360, 768, 1920])
def test_it_never_scrolls_sideways(page: Page, pages: dict[str, Path], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(pages["zh"].as_uri())
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
