"""Pages printed by the installed Chromium, and what is said where there is none."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pypdf
import pytest
from published import about, notebook

from evaltools import page_documents, pdf_page, site
from evaltools.page_documents import Documents, NotMade
from evaltools.pdf_page import BROWSER, PrintError, find_browser, print_page
from evaltools.wording import word


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_browser_is_found_by_name_on_the_path(tmp_path: Path) -> None:
    edge = program(tmp_path / "microsoft-edge")
    assert find_browser({"PATH": str(tmp_path)}, "linux") == edge
    chrome = program(tmp_path / "google-chrome")
    assert find_browser({"PATH": str(tmp_path)}, "linux") == chrome
    assert find_browser({"PATH": str(tmp_path / "nothing")}, "linux") is None


def test_a_browser_is_found_where_windows_keeps_it(tmp_path: Path) -> None:
    edge = program(tmp_path / "x86" / "Microsoft" / "Edge" / "Application" / "msedge.exe")
    places = {"PATH": "", "PROGRAMFILES": str(tmp_path / "none"), "PROGRAMFILES(X86)": str(tmp_path / "x86")}
    assert find_browser(places, "win32") == edge
    chrome = program(tmp_path / "local" / "Google" / "Chrome" / "Application" / "chrome.exe")
    assert find_browser(places | {"LOCALAPPDATA": str(tmp_path / "local")}, "win32") == chrome


def test_a_named_browser_comes_first_and_one_that_is_not_there_is_none(tmp_path: Path) -> None:
    program(tmp_path / "chromium")
    own = program(tmp_path / "own" / "browser")
    assert find_browser({"PATH": str(tmp_path), BROWSER: str(own)}, "linux") == own
    assert find_browser({"PATH": str(tmp_path), BROWSER: str(tmp_path / "gone")}, "linux") is None


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for the browser")
def test_a_browser_that_prints_nothing_is_told_with_what_it_said(tmp_path: Path) -> None:
    broken = program(tmp_path / "chromium")
    broken.write_text("#!/bin/sh\necho 'no display' >&2\nexit 3\n", encoding="utf-8")
    with pytest.raises(PrintError, match="no display"):
        print_page(broken, tmp_path / "page.html")


def test_files_that_could_not_be_made_are_told_by_reason_with_their_names() -> None:
    why = word("documents.no_browser", "en", variable=BROWSER)
    failed = tuple(NotMade(f"99010{n}/index.pdf", why) for n in range(12))
    headline, line = page_documents.told(Documents(failed=failed), "en")
    assert "12" in headline
    assert line.startswith("  990100/index.pdf, 990101/index.pdf") and line.endswith(why) and "2 more" in line


@pytest.mark.slow
@pytest.mark.browser
def test_a_page_prints_on_a4_with_page_numbers_and_repeated_headers_and_the_same_bytes(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(site.render(notebook(times=40), about(dataset_title="样例")).html, encoding="utf-8")
    browser = find_browser()
    assert browser is not None
    first, again = (print_page(browser, page) for _ in range(2))
    assert first == again
    reader = pypdf.PdfReader(io.BytesIO(first))
    texts = [each.extract_text() for each in reader.pages]
    assert len(texts) >= 3
    for number, (each, text) in enumerate(zip(reader.pages, texts, strict=True), start=1):
        assert (round(float(each.mediabox.width)), round(float(each.mediabox.height))) == (595, 842)
        assert f"{number} / {len(texts)}" in text
    assert sum(text.count("45,774") for text in texts) == 40
    of_table = [text for text in texts if "高血压患者规范管理率" in text]
    assert len(of_table) >= 2 and all("本期值" in text for text in of_table)


def test_nothing_but_the_one_variable_is_read_for_the_browser() -> None:
    assert pdf_page.BROWSER == "EVALTOOLS_BROWSER"
    assert find_browser() == find_browser(dict(os.environ), sys.platform)
