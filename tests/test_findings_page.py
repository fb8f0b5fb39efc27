"""The page to send back: everything found is on it, nothing of it runs or is fetched, and it fits phone and paper."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from builders import area, dataset, fact
from playwright.sync_api import Page, sync_playwright

from evaltools.cli import main
from evaltools.finding_kinds import KINDS, kind_of
from evaltools.findings_page import findings_html
from evaltools.problems import COLUMNS
from evaltools.wording import topic, word
from evaltools.wording import topics as topics_of_words

EVIL = "<script>alert(1)</script> & \"'"


def finding(level: str, rule: str, where: str, sentence: str, **more: str) -> dict[str, str]:
    values = {"level": level, "rule": rule, "where": where, "sentence_zh": sentence, "sentence_en": f"en {sentence}"}
    return dict.fromkeys(COLUMNS, "") | values | more


FOUND = pd.DataFrame(
    [
        finding(
            "error",
            "units_total",
            "a.xlsx!慢病!C4; a.xlsx!慢病!D4; a.xlsx!妇幼!B2",
            "合计不符。",
            area="01",
            period="2024",
        ),
        finding("error", "not_a_number", "乙县.xlsx!慢病!C9", f"不是数字：{EVIL}", evidence=EVIL),
        finding("warning", "outlier", "facts/01.csv row 7 column value", "相差五倍。", area="01", period="2023"),
        finding("warning", "silent_unit", "facts/03.csv", "没有上报。", area="03", period="2024"),
        finding("note", "own_check", "a.xlsx!慢病!C4", "请说明。", area="01", period="2024-06"),
    ],
    columns=COLUMNS,
    dtype=str,
)


def page(lang: str = "zh") -> BeautifulSoup:
    return BeautifulSoup(findings_html(FOUND, f"某市 {EVIL}", lang, {"01": "甲县"}), "lxml")


def test_every_finding_stands_once_under_its_county_and_kind() -> None:
    soup = page()
    rows = [
        [" ".join(cell.stripped_strings) for cell in row.find_all(["td", "th"])]
        for row in soup.select(".list tbody tr")
    ]
    assert sorted(row[3] for row in rows) == sorted(FOUND["sentence_zh"])
    by_number = {int(row[0]): row for row in rows}
    assert by_number[1][1:5] == ["错误", "慢病 C4、D4 妇幼 B2", "合计不符。", ""]
    assert by_number[2][4] == EVIL
    assert by_number[3][2] == "facts/01.csv 第7行 value列"
    groups = {section.h2.text: [h.text for h in section.find_all("h3")] for section in soup.select("section.group")}
    assert groups == {
        "甲县": ["合计与分项", "与往年或同类相差过大", "数据项之间的关系"],
        "乙县.xlsx": ["读取与格式"],
        "03": ["完整与及时"],
    }
    assert len(soup.select("section.group .sign")) == 3
    assert [int(n.text) for n in soup.select(".ev-key strong")] == [2, 2, 1]
    assert "2023—2024" in soup.select_one(".subtitle").text


def test_what_reading_found_stands_with_the_county_whose_file_it_is() -> None:
    where = "甲县.xlsx!慢病!C9"
    rows = [
        finding("error", "not_a_number", where, "一"),
        finding("note", "outlier", where, "二", area="01", period="2024"),
    ]
    found = pd.DataFrame(rows, columns=COLUMNS, dtype=str)
    soup = BeautifulSoup(findings_html(found, "表"), "lxml")
    assert [h.text for h in soup.select("section.group h2")] == ["甲县"]
    both = pd.concat([found, found.tail(1).assign(area="02")], ignore_index=True)
    soup = BeautifulSoup(findings_html(both, "表", "zh", {"01": "甲", "02": "乙"}), "lxml")
    assert [h.text for h in soup.select("section.group h2")] == ["甲县.xlsx", "甲", "乙"]


def test_the_first_to_mend_are_on_top_and_lead_to_their_rows() -> None:
    soup = page("en")
    first = soup.select("section.first li")
    assert [item.a["href"] for item in first] == ["#n1", "#n2", "#n3"]
    assert "en 合计不符。" in first[0].text and "Error" in first[0].text
    ids = [element["id"] for element in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    assert {link["href"][1:] for link in soup.find_all("a")} <= set(ids)


def test_nothing_runs_and_nothing_is_fetched() -> None:
    html = findings_html(FOUND, f"某市 {EVIL}", "zh", {"01": EVIL})
    soup = BeautifulSoup(html, "lxml")
    assert not soup.find_all(["script", "iframe", "form", "img", "object"])
    policy = soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    style = soup.find("style").string
    digest = b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"
    assert not re.search(r"https?:|url\(|@import", html)
    assert findings_html(FOUND, f"某市 {EVIL}", "zh", {"01": EVIL}) == html


def test_a_clean_return_is_said_to_be_clean() -> None:
    soup = BeautifulSoup(findings_html(FOUND.head(0), "甲县"), "lxml")
    assert "未发现问题。" in soup.text and not soup.select("table, .sign")


def test_every_kind_has_a_name() -> None:
    assert {word(f"quality.kind_{kind}", lang) for kind in KINDS for lang in ("zh", "en")}
    assert kind_of("units_total", "2024") == "totals"
    assert (
        kind_of("a_check_of_the_dataset", "2024") == "relations" and kind_of("whatever_reading_finds", "") == "reading"
    )


def test_every_rule_of_the_check_has_a_kind() -> None:
    topics = [name for name in topics_of_words() if name == "findings" or name.startswith("quality")]
    rules = {key for name in topics for key, texts in topic(name).items() if "{place}" in texts["zh"]}
    assert len(rules) > 15
    assert {rule for rule in rules if kind_of(rule, "2024") in ("relations", "reading")} == set()


@pytest.fixture
def page_of_browser() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_without_a_network(page_of_browser: Page, tmp_path: Path, width: int) -> None:
    path = tmp_path / "page.html"
    long = FOUND.assign(sentence_zh=FOUND["sentence_zh"] + "很长的说明" * 40, where="b" * 90 + ".xlsx!表!C4")
    path.write_text(findings_html(long, "某市"), encoding="utf-8")
    asked: list[str] = []
    page_of_browser.on("request", lambda request: asked.append(urlsplit(request.url).scheme))
    said: list[str] = []
    page_of_browser.on("console", lambda message: said.append(message.text))
    page_of_browser.set_viewport_size({"width": width, "height": 800})
    page_of_browser.goto(path.as_uri())
    assert page_of_browser.evaluate("document.documentElement.scrollWidth") <= width
    assert set(asked) <= {"file", "data"} and not said
    sentence = page_of_browser.locator(".se").first.bounding_box()
    assert sentence is not None and sentence["width"] > 200


def test_the_command_writes_both_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "data" / "catalogue").mkdir(parents=True)
    (home / "notebooks").mkdir()
    monkeypatch.setenv("EVALTOOLS_HOME", str(home))
    places = [area("9"), area("01", parent="9", name_zh="甲县")]
    facts = [fact("2024", "01", "a", 3), fact("2024", "01", "b", "NaN")]
    dataset(home / "data" / "small", {"region": "9", "title_zh": "小数据"}, areas=places, facts=facts)
    out, html = tmp_path / "退回" / "意见.xlsx", tmp_path / "退回" / "意见.html"
    assert main(["check", "small", "--format", "json", "--annotate", str(out), "--html", str(html)]) == 1
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert str(out) in captured.err and str(html) in captured.err
    sheet = openpyxl.load_workbook(out).active
    assert sheet is not None
    assert [row[5].value for row in sheet.iter_rows(min_row=5)] == [row["sentence_zh"] for row in found]
    assert found[0]["sentence_zh"] in html.read_text(encoding="utf-8")
    assert main(["check", "small", "--annotate", str(tmp_path / "a.txt")]) == 2
    assert ".xlsx" in capsys.readouterr().err
