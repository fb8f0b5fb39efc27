"""The example's own pages in a real browser, as a county, a meeting and a person with a keyboard get them."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import matplotlib
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from evaltools import runs

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AREA = "990101"
PAGES = {
    "zh/04": f"zh/example/2024/{AREA}/index.html",
    "en/04": f"en/example/2024-en/{AREA}/index.html",
    "zh/03": f"zh/example/2024/{AREA}/03_performance.html",
    "zh/02": f"zh/example/2024/{AREA}/02_trends.html",
    "zh/05": "zh/example/2024/index.html",
}
LIMITS = {"zh/02": 420_000}
"""Bytes of a page; that of all trends lists more than a hundred indicators four times over."""

LANDMARKS = ("banner", "main", "contentinfo")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    notebooks = {"zh": ["02_trends", "03_performance", "04_county_report"], "en": ["04_county_report"]}
    for lang, names in notebooks.items():
        done = runs.run("example", areas=[AREA], notebooks=names, lang=lang, out=folder / lang, jobs=2)
        assert done.failures == ()
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("width", [360, 1920])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wrong(page: Page, folder: Path, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((folder / PAGES[name]).as_uri())
    found = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
    assert len(found.response["passes"]) > 15, "axe has looked"
    told = [(rule["id"], [node["html"][:160] for node in rule["nodes"][:3]]) for rule in found.response["violations"]]
    assert told == []


@pytest.mark.parametrize("way", ["file", "http"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_silent_and_asks_for_nothing_but_itself(
    page: Page, folder: Path, address: str, name: str, way: str
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    url = (folder / PAGES[name]).as_uri() if way == "file" else f"{address}/{PAGES[name]}"
    page.goto(url)
    page.wait_for_load_state("networkidle")
    assert said == []
    assert [one for one in asked if not one.startswith("data:")] == [url]


@pytest.mark.parametrize("name", PAGES)
def test_headings_and_landmarks(page: Page, folder: Path, name: str) -> None:
    page.goto((folder / PAGES[name]).as_uri())
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(one => +one.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert page.evaluate("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[name[:2]]
    assert [page.get_by_role(role).count() for role in LANDMARKS] == [1, 1, 1]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))
    assert page.locator("svg[role=img]:not([aria-label]), svg[role=img][aria-label='']").count() == 0


@pytest.mark.parametrize("width", [360, 640, 1920], ids=["phone", "200 per cent of 1280", "wide"])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways(page: Page, folder: Path, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((folder / PAGES[name]).as_uri())
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    # text is never smaller than 12 px, but in a chart on a phone, which can be moved under the finger
    sizes = page.evaluate(
        "[...document.querySelectorAll('body *')].filter(one => !one.closest('svg') && one.getClientRects().length"
        " && [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))"
        ".map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 12


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_with_nothing_cut(page: Page, folder: Path, name: str) -> None:
    page.goto((folder / PAGES[name]).as_uri())
    pdf = page.pdf(prefer_css_page_size=True)
    boxes = {tuple(float(x) for x in box.split()) for box in re.findall(rb"/MediaBox \[([\d. ]+)\]", pdf)}
    assert [box[2:] for box in boxes] == [pytest.approx((595.28, 841.89), abs=1)]
    assert 1 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 40
    width = int(180 / 25.4 * 96)  # between the margins of A4
    page.emulate_media(media="print")
    page.set_viewport_size({"width": width, "height": 1000})
    wide = page.evaluate(
        "width => [...document.querySelectorAll('main table, main svg, main p, main pre, footer code')]"
        ".filter(one => one.getBoundingClientRect().right > width + 1 || one.scrollWidth > one.clientWidth + 1"
        " && one.clientWidth).map(one => [one.closest('[id]').id, Math.round(one.getBoundingClientRect().right)])",
        width,
    )
    assert wide == []
    heads = page.evaluate("[...document.querySelectorAll('thead')].map(one => getComputedStyle(one).display)")
    assert set(heads) <= {"table-header-group"}


# --- the font inside ---


@pytest.fixture(scope="module")
def bare(launch: Callable[..., Browser], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser on a machine whose only font is DejaVu Sans, which has no Chinese."""
    folder = tmp_path_factory.mktemp("bare")
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    cache = f"<cachedir>{folder / 'cache'}</cachedir>"
    (folder / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig><dir>{fonts}</dir>{cache}</fontconfig>",
        encoding="utf-8",
    )
    environment = os.environ | {"FONTCONFIG_FILE": str(folder / "fonts.conf")}
    browser = launch(env=environment)
    yield browser
    browser.close()


def fonts_of(page: Page, selector: str) -> dict[tuple[str, bool], float]:
    """How many glyphs of which font Chromium draws in the elements of a selector; yes: a font of the page."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    counted: dict[tuple[str, bool], float] = {}
    for node in session.send("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"]:
        for font in session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]:
            key = font["familyName"], font["isCustomFont"]
            counted[key] = counted.get(key, 0) + font["glyphCount"]
    return counted


@pytest.mark.parametrize("name", ["zh/04", "en/04", "zh/03", "zh/05"])
def test_without_a_chinese_font_on_the_machine_every_character_is_drawn_by_the_pages_own(
    bare: Browser, folder: Path, name: str
) -> None:
    page = bare.new_page()
    page.goto((folder / PAGES[name]).as_uri())
    page.evaluate("document.fonts.ready")
    body = fonts_of(page, "h1, h2, h3, header *, main p, main li, main dl *, th, td, td span, caption, figcaption")
    assert list(body) == [("Noto Sans SC", True)] and sum(body.values()) > 300
    drawn = fonts_of(page, "figure svg text")
    assert list(drawn) == [("Noto Sans SC", True)] and sum(drawn.values()) > 20
    page.close()


def test_a_page_without_the_font_shows_that_the_test_sees_it(bare: Browser, folder: Path) -> None:
    page = bare.new_page()
    html = (folder / PAGES["zh/04"]).read_text(encoding="utf-8")
    page.set_content(re.sub(r"<style>[^<]*@font-face.*?</style>", "", html))
    assert ("Noto Sans SC", True) not in fonts_of(page, "h1, p")
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_weighs_little(folder: Path, name: str) -> None:
    content = (folder / PAGES[name]).read_bytes()
    assert content.count(b"@font-face") == 1
    assert len(content) < LIMITS.get(name, 400_000)


def test_the_footer_names_the_state_and_the_command_that_opens_it(page: Page, folder: Path) -> None:
    manifest = json.loads((folder / "zh/example/2024/manifest.json").read_text(encoding="utf-8"))
    commands = {
        "zh/04": f"evaltools lab --data example --period 2024 --area {AREA} --notebook 04_county_report",
        "en/04": f"evaltools lab --data example --period 2024 --area {AREA} --notebook 04_county_report --lang en",
        "zh/05": "evaltools lab --data example --period 2024 --notebook 05_region_report",
    }
    for name, command in commands.items():
        page.goto((folder / PAGES[name]).as_uri())
        notebook, parameters, version, told = page.locator("footer code").all_text_contents()
        assert told == command
        assert notebook == command.split("--notebook ")[1].split()[0]
        assert {"data=example", "period=2024", "stage=final"} <= set(parameters.split())
        assert version == manifest["data_version"]
