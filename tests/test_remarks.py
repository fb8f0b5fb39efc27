"""What people write beside the numbers: read as it stands, shown as it stands, never lost in silence, never touched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import mistune
import pytest
import tiny
from bs4 import BeautifulSoup
from builders import area, dataset, fact
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import evaltools as ev
from evaltools import manifests, plans, remarks
from evaltools.problems import ProblemList
from evaltools.publishing import MIME, Publish
from evaltools.site_folder import SiteFolder
from evaltools.wording import LANGUAGES

HOSTILE = '<script>alert(1)</script> & "quoted" <img src=x onerror=alert(2)> [a](javascript:alert(3))'


def folder(root: Path, **texts: str) -> Path:
    """A dataset of region 9 with counties 01 and 02, and files of remarks by their names."""
    places = [area("9"), area("01", parent="9"), area("02", parent="9")]
    facts = [fact("2024", code, name, value) for code in ("01", "02") for name, value in (("a", 3), ("b", 7))]
    dataset(root, {"region": "9"}, areas=places, facts=facts)
    (root / "remarks").mkdir()
    for name, text in texts.items():
        (root / "remarks" / f"{name.removeprefix('_')}.md").write_text(text, encoding="utf-8")
    return root


def parsed(text: str, slots: tuple[str, ...] = remarks.COUNTY) -> tuple[list[remarks.Remark], list[tuple[str, str]]]:
    problems = ProblemList()
    found = remarks.parse(text, slots, "remarks/02.md", problems)
    rows = problems.frame()
    return found, list(zip(rows["where"], rows["rule"], strict=True))


# --- which heading is which slot


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("slot", remarks.COUNTY)
def test_a_heading_in_either_language_with_or_without_a_number_names_its_slot(slot: str, lang: str) -> None:
    name = remarks.name_of(slot, lang)
    for title in (name, f"一、{name}", f"（二）{name}", f"3. {name}", f"{name}：", name.upper()):
        (found,), told = parsed(f"## {title}\ntext\n")
        assert (found.slot, found.text, told) == (slot, "text", [])


@pytest.mark.parametrize("slots", [remarks.COUNTY, remarks.REGION])
def test_no_name_means_two_slots_of_one_report(slots: tuple[str, ...]) -> None:
    for slot in slots:
        for lang in LANGUAGES:
            assert remarks.slot_of(remarks.name_of(slot, lang), slots) == slot


def test_an_unknown_heading_is_told_with_its_line_and_what_is_near_it() -> None:
    problems = ProblemList()
    found = remarks.parse(
        "## 亮点\n好\n\n## 存在问體\n坏\n\n## Strenghts\nx\n", remarks.COUNTY, "remarks/02.md", problems
    )
    assert [(remark.slot, remark.text) for remark in found] == [("strengths", "好")]
    rows = problems.frame()
    assert list(rows["where"]) == ["remarks/02.md line 4", "remarks/02.md line 7"]
    assert set(rows["level"]) == {"warning"}
    assert "存在问题" in rows["sentence_zh"].iloc[0] and "存在问體" in rows["sentence_zh"].iloc[0]
    assert "Strengths" in rows["sentence_en"].iloc[1]


def test_text_without_a_heading_is_told_once() -> None:
    found, told = parsed("one\ntwo\n\n## 亮点\nthree\n")
    assert [remark.text for remark in found] == ["three"]
    assert told == [("remarks/02.md line 1", "remarks_no_heading")]


def test_a_heading_inside_a_text_stays_in_it_as_a_line_of_its_own() -> None:
    (found,), told = parsed("## 亮点\none\n### A part\ntwo\n")
    assert [block.items for block in remarks.blocks(found.text)] == [("one",), ("A part",), ("two",)] and told == []


def test_what_stands_under_a_period_is_for_that_period_only(tmp_path: Path) -> None:
    text = (
        "## 亮点\nalways\n# 2024\n## 亮点\nthis year\n# 2023年\n## 亮点\nlast year\n# 2024-01/2024-06\n## 亮点\nhalf\n"
    )
    data = ev.load(str(folder(tmp_path / "d", _02=text)), area="02")
    assert remarks.of(data, "02", "2024") == {"strengths": "always\n\nthis year"}
    assert remarks.of(data, "02", "2023") == {"strengths": "always\n\nlast year"}
    assert remarks.of(data, "02", "2024-H1") == {"strengths": "always\n\nhalf"}
    assert remarks.of(data, "02", "2022") == {"strengths": "always"}
    assert remarks.of(data, "01", "2024") == {}


def test_a_title_that_is_no_period_is_told() -> None:
    found, told = parsed("# 某县自评\n## 亮点\nx\n")
    assert [(remark.period, remark.text) for remark in found] == [("", "x")]
    assert told == [("remarks/02.md line 1", "remarks_not_a_period")]


# --- files


def test_an_area_reads_its_own_file_and_the_whole_dataset_all_of_them(tmp_path: Path) -> None:
    root = folder(tmp_path / "d", _02="## 亮点\nx\n", _9="## 总体结果\ny\n", _77="## 亮点\nz\n")
    (root / "remarks" / "01.md").write_bytes("## 亮点\n好".encode("gbk"))
    (root / "remarks" / "notes.txt").write_text("left alone", encoding="utf-8")
    own = ev.load(str(root), area="02")
    assert set(own.written) == {"02"} and own.remarks["where"].str.startswith("remarks/").sum() == 0
    whole = ev.load(str(root))
    assert {code: [remark.slot for remark in found] for code, found in whole.written.items()} == {
        "02": ["strengths"],
        "9": ["results"],
    }
    told = whole.remarks[whole.remarks["where"].str.startswith("remarks/")]
    assert dict(zip(told["where"], told["rule"], strict=True)) == {
        "remarks/01.md": "not_utf8",
        "remarks/77.md": "remarks_unknown_area",
    }
    assert set(told["level"]) == {"warning"}


def test_a_misspelt_heading_reaches_the_findings_of_its_county(tmp_path: Path) -> None:
    found = ev.check(ev.load(str(folder(tmp_path / "d", _02="## 亮店\nx\n")), area="02"))
    (row,) = found[found["rule"] == "remarks_unknown_slot"].to_dict("records")
    assert row["where"] == "remarks/02.md line 1" and "亮点" in row["sentence_zh"]


def test_only_the_pages_of_an_area_are_made_again_when_its_remarks_change(tmp_path: Path) -> None:
    home = tiny.small_home(tmp_path)
    tiny.notebook(home, "01_county", "area", 1, "1")
    tiny.notebook(home, "05_region_report", "region", 2, "1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALTOOLS_HOME", str(home))

        def keys() -> dict[tuple[str, str], str]:
            return dict(SiteFolder(plans.make(plans.Request("small", out=tmp_path / "out"))).keys)

        place = home / "data" / "small" / "remarks"
        place.mkdir()
        states = [keys()]
        for name, text in (("02", "## 亮点\na\n"), ("02", "## 亮点\nb\n"), ("9", "## 亮点\nc\n"), ("notes", "x")):
            (place / f"{name}.md").write_text(text, encoding="utf-8")
            states.append(keys())
    changed = [{page for page in after if after[page] != before[page]} for before, after in pairwise(states)]
    assert changed == [{("02", "01_county")}, {("02", "01_county")}, {("", "05_region_report")}, set()]


def test_a_remark_is_among_what_a_site_was_made_from(tmp_path: Path) -> None:
    root = folder(tmp_path / "d", _02="## 亮点\nx\n")
    expected = hashlib.sha256((root / "remarks" / "02.md").read_bytes()).hexdigest()
    assert manifests.inputs(tmp_path, root, None)["d/remarks/02.md"] == expected


# --- paragraphs and lists

MARKDOWN = """First paragraph,
second line of it.

- one
- two goes
  on here

Between.

1. first
2. second

* star
"""


def test_blocks_are_those_of_markdown() -> None:
    soup = BeautifulSoup(str(mistune.html(MARKDOWN)), "html.parser")
    theirs = []
    for tag in soup.find_all(["p", "ul", "ol"], recursive=False):
        kind = {"p": "paragraph", "ul": "bullets", "ol": "numbers"}[tag.name]
        items = [tag] if kind == "paragraph" else tag.find_all("li")
        theirs.append((kind, [" ".join(item.get_text().split()) for item in items]))
    assert [(block.kind, list(block.items)) for block in remarks.blocks(MARKDOWN)] == theirs


def test_chinese_lists_are_lists_and_lines_of_chinese_are_joined_without_a_space() -> None:
    found = remarks.blocks(
        "1、第一\n2、第二\n\n（1）甲\n（2）乙\n\n· 点\n\n一行\n又一行\n\n1.5倍的增长\n2024年的工作\n"
    )
    assert [(block.kind, block.items) for block in found] == [
        ("numbers", ("第一", "第二")),
        ("numbers", ("甲", "乙")),
        ("bullets", ("点",)),
        ("paragraph", ("一行又一行",)),
        ("paragraph", ("1.5倍的增长2024年的工作",)),
    ]


def test_a_list_that_goes_on_keeps_its_number() -> None:
    found = remarks.blocks("1. one\n\nbetween\n\n2. two\n3. three\n")
    assert [(block.kind, block.start) for block in found] == [("numbers", 1), ("paragraph", 1), ("numbers", 2)]
    soup = BeautifulSoup(remarks.html(found), "html.parser")
    assert soup.find_all("ol")[1]["start"] == "2"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_whatever_is_written_is_shown_as_text_and_nothing_of_it_is_lost(text: str) -> None:
    shown = BeautifulSoup(remarks.html(remarks.blocks(text)), "html.parser")
    assert {tag.name for tag in shown.find_all(True)} <= {"p", "ul", "ol", "li"}
    assert all(set(tag.attrs) <= {"dir", "start"} for tag in shown.find_all(True))
    letters = [char for char in text if char.isalpha()]
    assert [char for char in shown.get_text() if char.isalpha()] == letters


# --- at the gate


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_a_person_wrote_is_marked_and_escaped(lang: str) -> None:
    publish = Publish(lang)
    with capture_output() as captured:
        publish.written(f"{HOSTILE}\n\n- {HOSTILE}\n", "strengths")
        publish.written("  \n", "problems")
    (shown,) = [output.data for output in captured.outputs if output.data[MIME]["kind"] != "style"]
    data = shown[MIME]
    assert (data["kind"], data["slot"], data["sentences"]) == ("written", "strengths", [HOSTILE, HOSTILE])
    soup = BeautifulSoup(shown["text/html"], "html.parser")
    assert not soup.find_all(["script", "img", "a"])
    assert soup.get_text().count(HOSTILE) == 2
    mark = {"zh": "亮点（人工填写）", "en": "Strengths, in the words of those responsible"}[lang]
    assert soup.find(class_="ev-by").get_text() == data["title"] == mark  # type: ignore[union-attr]


@pytest.mark.usefixtures("shell")
def test_the_public_is_told_that_there_is_something_and_sees_none_of_it() -> None:
    publish = Publish("zh", "public", ev.load("example", area="990101"))
    with capture_output() as captured:
        publish.written("秘密", "strengths")
    shown = [output.data for output in captured.outputs if output.data[MIME]["kind"] != "style"]
    assert [data[MIME]["kind"] for data in shown] == ["note"]
    assert "秘密" not in str(shown) and "亮点" in shown[0][MIME]["sentences"][0]


def test_the_example_says_of_itself_that_it_is_invented() -> None:
    written = ev.load("example", area="990101").written["990101"]
    assert {remark.slot for remark in written} <= set(remarks.COUNTY)
    assert all("虚构" in block for remark in written for block in remark.text.split("\n\n"))
