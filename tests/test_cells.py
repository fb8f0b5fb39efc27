"""What a cell says: every way of writing a number gives that number, and nothing else gives one."""

from __future__ import annotations

import csv
import math
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaltools import cell_texts
from evaltools.cells import LEVELS, Reading, read_cell, say
from evaltools.problems import ProblemList
from evaltools.wording import topic

CATALOGUE = Path(__file__).parents[1] / "data" / "catalogue"
FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
HAN = "零〇一二三四五六七八九两壹贰叁肆伍陆柒捌玖十拾百佰千仟"


def words() -> dict[str, tuple[str, bool]]:
    """The national table of words, as the file has it."""
    with (CATALOGUE / "cell_words.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["text"]: (row["meaning"], row["ambiguous"] == "yes") for row in csv.DictReader(file)}


WORDS = words()


def told(text: str) -> tuple[float, str, str, str]:
    found = read_cell(text, "", WORDS)
    return found.value, found.bound, found.percent, found.note


# --- every style of writing a number ---

decimals = st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False).map(lambda x: x.normalize() + 0)
"""Numbers that a float holds exactly enough to be told from the next one printed."""


@given(
    number=decimals,
    negative=st.booleans(),
    width=st.booleans(),
    grouped=st.booleans(),
    space=st.sampled_from(["", " ", "\u3000", "\u00a0", "\u200b", "\ufeff", "\t"]),
    minus=st.sampled_from("-−－﹣"),
)
def test_a_number_in_any_dress_is_that_number(
    number: Decimal, negative: bool, width: bool, grouped: bool, space: str, minus: str
) -> None:
    text = f"{number:,f}" if grouped else f"{number:f}"
    text = text.translate(FULL_WIDTH) if width else text
    found = read_cell(f"{space}{minus if negative else ''}{text}{space}", "", WORDS)
    assert found.value == float(-number if negative else number)
    assert (found.note, found.bound, found.percent, found.state) == ("text_number", "", "", "")
    assert found.tolerance == float(Decimal(5).scaleb(int(Decimal(f"{number:f}").as_tuple().exponent) - 1))


@given(
    number=st.decimals(min_value=0, max_value=9999, places=2).map(lambda x: x.normalize() + 0),
    times=st.sampled_from([("", 1), ("万", 10**4), ("亿", 10**8), ("百万", 10**6), ("千", 1000)]),
    unit=st.sampled_from(["", "人", "人次", "元", "份", "例", "家", "个"]),
    width=st.booleans(),
)
def test_units_are_told_apart_and_ten_thousands_multiplied(
    number: Decimal, times: tuple[str, int], unit: str, width: bool
) -> None:
    text = f"{number:f}"
    found = read_cell(f"{text.translate(FULL_WIDTH) if width else text}{times[0]}{unit}", "", WORDS)
    assert (found.value, found.unit) == (float(number * times[1]), unit)
    places = len(text.partition(".")[2])
    assert found.tolerance == float(Decimal(times[1]) / 2 / 10**places)


@given(
    number=st.decimals(min_value=0, max_value=200, places=2),
    sign=st.sampled_from("%％‰"),
    space=st.sampled_from(["", " "]),
)
def test_a_percentage_is_the_number_printed_before_its_sign(number: Decimal, sign: str, space: str) -> None:
    found = read_cell(f"{number}{space}{sign}", "", WORDS)
    assert (found.value, found.percent) == (float(number), "‰" if sign == "‰" else "%")
    assert found.tolerance == 0.005


@pytest.mark.parametrize(
    ("bound", "dresses"),
    [
        (
            ">=",
            ["不低于{}", "≥{}", ">={}", "至少{}", "{}以上", "{}及以上", "{}（含）以上", "不少于 {}", "{}+", "＞＝{}"],
        ),
        ("<=", ["不超过{}", "≤{}", "<={}", "{}以下", "{}以内", "至多{}"]),
        (">", [">{}", "＞{}", "超过{}", "高于{}", "大于{}"]),
        ("<", ["<{}", "＜{}", "低于{}", "不足{}", "少于{}"]),
        ("about", ["约{}", "近{}", "大约{}", "{}左右", "约{}左右", "≈{}"]),
    ],
)
@given(number=st.integers(0, 10**7), end=st.sampled_from(["", "%", "人", "万", "万元"]))
@settings(max_examples=40)
def test_a_bound_is_told_and_is_no_plain_value(bound: str, dresses: list[str], number: int, end: str) -> None:
    for dress in dresses:
        found = read_cell(dress.format(f"{number}{end}"), "", WORDS)
        assert found.bound == bound
        assert found.value == number * (10_000 if "万" in end else 1)
        assert found.note == ("about" if bound == "about" else "bound")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("77余次", 77),
        ("3000余", 3000),
        ("3000多人", 3000),
        ("3万余人", 30_000),
        ("3余万人", 30_000),
        ("三千余人", 3000),
    ],
)
def test_and_some_more_is_about(text: str, value: float) -> None:
    assert told(text) == (value, "about", "", "about")


@given(number=decimals.filter(lambda x: x < 10**6), places=st.integers(0, 4))
def test_a_stored_number_shown_as_a_percentage_is_what_is_shown(number: Decimal, places: int) -> None:
    stored = float(number / 100)
    found = read_cell(stored, f"0.{'0' * places}%" if places else "0%", WORDS)
    assert found.value == float(number)
    assert found.percent == "%"
    assert found.tolerance == pytest.approx(max(0.5 / 10**places, float(number) * 1e-12))
    # Where the sign is only written beside it, the number is already per hundred.
    assert read_cell(float(number), '0.00"%"', WORDS).value == float(number)


@given(st.floats(-1e14, 1e14, allow_nan=False))
def test_a_stored_number_is_itself_to_what_a_spreadsheet_keeps(number: float) -> None:
    found = read_cell(number, "", WORDS)
    assert found.value == float(f"{number:.15g}")
    assert (found.note, found.bound, found.state) == ("", "", "")


def chinese(number: int) -> str:
    """Write a number below 10,000 as a schoolbook does."""
    text, gap = "", False
    for place, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        figure = number // place % 10
        if figure:
            text += ("零" if gap and text else "") + "零一二三四五六七八九"[figure] + sign
        gap = not figure
    return (text[1:] if text.startswith("一十") else text) or "零"


def test_every_chinese_numeral_below_ten_thousand_is_that_number() -> None:
    for number in range(10_000):
        found = read_cell(f"{chinese(number)}次", "", WORDS)
        assert (found.value, found.unit, found.note) == (number, "次", "chinese_numeral"), chinese(number)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("十二万", 120_000),
        ("两次", 2),
        ("一百五十余人", 150),
        ("百分之九十八点五", 98.5),
        ("贰佰叁拾元", 230),
        ("二百一十", 210),
    ],
)
def test_other_chinese_numerals(text: str, value: float) -> None:
    assert told(text)[0] == value


# --- what is no number ---


@given(st.text(st.characters(exclude_characters=HAN, exclude_categories=["Nd", "Cs"]), max_size=12))
def test_a_text_that_holds_no_figure_never_gives_a_number(text: str) -> None:
    found = read_cell(text, "", {"": ("missing", False)})
    assert math.isnan(found.value)
    assert found.state == "missing"
    assert found.note in LEVELS or not cell_texts.plain(text)


@given(st.text("0123456789.,-+/%~:()()万亿人年月日号楼eE 以上约一二十百", min_size=1, max_size=9))
def test_no_text_breaks_the_reading_and_every_note_has_its_words(text: str) -> None:
    found = read_cell(text, "", WORDS)
    problems = ProblemList()
    say(found, text, "平安县.xlsx!慢病!C4", problems)
    assert problems.frame()["rule"].tolist() == ([found.note] if found.note else [])
    assert math.isnan(found.value) == (found.state != "")
    if math.isnan(found.value) and found.note != "ambiguous_word" and text.strip():
        assert problems.errors == 1


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("1,23", "comma"),
        ("1,2345", "comma"),
        ("1.234,5", "comma"),
        ("12,34,567", "comma"),
        ("０，５", "comma"),
        ("2-3", "range"),
        ("1~2", "range"),
        ("10—20", "range"),
        ("90%-95%", "range"),
        ("５至６人", "range"),
        ("31233/30891", "fraction"),
        ("1:1.25", "fraction"),
        ("１：２", "fraction"),
        ("〃", "ditto"),
        ("同上", "ditto"),
        ("#DIV/0!", "error_value"),
        ("#REF!", "error_value"),
        ("一", "one_or_dash"),
        ("12 34", "not_a_number"),
        ("3、4", "not_a_number"),
        ("甲12乙3", "not_a_number"),
        ("2024年", "not_a_number"),
        ("1月2日", "not_a_number"),
        ("3号楼", "not_a_number"),
        ("120急救", "not_a_number"),
        ("三甲", "not_a_number"),
        ("一般", "not_a_number"),
        ("二〇二四", "not_a_number"),
        ("一千二", "not_a_number"),
        ("三五次", "not_a_number"),
        ("1。5", "not_a_number"),
        ("1.2.3", "not_a_number"),
        ("O", "not_a_number"),
        ("1O", "not_a_number"),
        ("nan", "not_a_number"),
        ("inf", "not_a_number"),
        ("0x1F", "not_a_number"),
        ("1_000", "not_a_number"),
        ("٣", "not_a_number"),
        ("½", "not_a_number"),
        ("m²", "not_a_number"),
        ("3.5万%", "not_a_number"),
        ("不低于90%以下", "not_a_number"),
        ("=1+2", "not_a_number"),
        ("1e999", "not_a_number"),
        ("9" * 500, "not_a_number"),
        ("数据待核实", "not_a_number"),
    ],
)
def test_what_is_no_number_is_an_error_that_says_why(text: str, note: str) -> None:
    found = read_cell(text, "", WORDS)
    assert math.isnan(found.value)
    assert (found.state, found.note, LEVELS[found.note]) == ("missing", note, "error")


@pytest.mark.parametrize("raw", [datetime(2024, 1, 2), date(2024, 1, 2), time(1, 2), datetime(2024, 1, 2, 3, 4)])
def test_a_date_is_no_number(raw: datetime) -> None:
    assert read_cell(raw, "General", WORDS) == Reading(state="missing", note="date_made")


@pytest.mark.parametrize("shown", ['m"月"d"日"', "yyyy-mm-dd", "[$-804]yyyy年m月d日;@", "m/d", "h:mm"])
def test_a_number_shown_as_a_date_is_no_number(shown: str) -> None:
    assert read_cell(45_293.0, shown, WORDS) == Reading(state="missing", note="date_made")


@pytest.mark.parametrize(
    "shown",
    [
        "General",
        "0",
        '0"人"',
        "#,##0.00_ ;[Red]\\-#,##0.00\\ ",
        '_ ¥* #,##0.00_ ;_ ¥* "-"??_ ;_ @_ ',
        "@",
        "0.00E+00",
        "[DBNum1][$-804]General",
    ],
)
def test_other_formats_make_no_date_of_a_number(shown: str) -> None:
    assert read_cell(45_293.0, shown, WORDS).value == 45_293


def test_a_truth_value_and_numbers_that_are_none() -> None:
    assert read_cell(True, "", WORDS).note == "truth_value"
    assert read_cell(math.inf, "", WORDS).note == "not_a_number"
    assert read_cell(math.nan, "", WORDS).note == "not_a_number"


# --- what a reader should know ---


@pytest.mark.parametrize(
    ("raw", "value", "note"),
    [
        ("(123)", -123, "negative_in_brackets"),
        ("（１，２３４．５）", -1234.5, "negative_in_brackets"),
        ("1.2E5", 120_000, "scientific"),
        ("1.20E+05", 120_000, "scientific"),
        ("123①", 123, "footnote"),
        ("98.5%*", 98.5, "footnote"),
        ("12[3]", 12, "footnote"),
        ("'123", 123, "text_number"),
        ("1 234 567", 1_234_567, "text_number"),
        ("-0", 0, "text_number"),
        ("–5", -5, "text_number"),
        ("¥1,234", 1234, ""),
        ("12345678901234567", 12345678901234568, "too_long"),
        (1e15, 1e15, "too_long"),
        (999_999_999_999_999.0, 999_999_999_999_999, ""),
    ],
)
def test_what_is_read_with_a_note(raw: str | float, value: float, note: str) -> None:
    found = read_cell(raw, "", WORDS)
    assert (found.value, found.note) == (value, note)
    assert math.copysign(1, found.value) == math.copysign(1, value)


def test_how_exact_a_printed_number_is() -> None:
    exact = {"1": 0.5, "1.0": 0.05, "3.5万": 500, "1.41万人": 50, "2.3亿元": 5_000_000, "98.50%": 0.005, "1.2E5": 5000}
    assert {text: read_cell(text, "", WORDS).tolerance for text in exact} == exact
    assert read_cell(0.985, "0.00%", WORDS).tolerance == 0.005
    assert read_cell(98.51, "", WORDS).tolerance == 0.005
    assert read_cell(31_233 / 30_891, "0.00%", WORDS).tolerance == 0.005


def test_where_no_number_is_one_text_is_nothing_to_say() -> None:
    assert read_cell("1,234", "text", WORDS).note == ""
    assert read_cell("1,23", "text", WORDS).note == "comma"
    assert read_cell("3.5万", "text", WORDS).note == "multiplied"


# --- words ---


@pytest.mark.parametrize("text", sorted(WORDS))
def test_a_word_means_what_the_table_says_in_any_width(text: str) -> None:
    meaning, ambiguous = WORDS[text]
    for written in (text, f" {text}\u3000", text.translate(FULL_WIDTH), text.lower(), f"\u200b{text}\n"):
        found = read_cell(written, "", WORDS)
        assert (found.state or "zero") == meaning
        assert found.value == 0 if meaning == "zero" else math.isnan(found.value)
        assert found.note == ("ambiguous_word" if ambiguous else "")


@pytest.mark.parametrize(
    ("text", "like"), [("---", "-"), ("－－", "-"), ("―", "—"), ("─", "—"), ("……", "…"), ("//", "/")]
)
def test_a_sign_repeated_or_drawn_otherwise_is_that_sign(text: str, like: str) -> None:
    assert read_cell(text, "", WORDS) == read_cell(like, "", WORDS)


def test_the_table_of_the_dataset_decides_and_not_the_code() -> None:
    mine = {"无": ("missing", False), "十": ("not_applicable", False), "待定": ("zero", True)}
    assert read_cell("无", "", mine) == Reading(state="missing")
    assert read_cell("十", "", mine) == Reading(state="not_applicable")
    assert read_cell("待定", "", mine) == Reading(0.0, note="ambiguous_word")
    assert read_cell("—", "", mine).note == "not_a_number"
    for blank in (None, "", "  ", "\u3000", "\u200b"):
        assert read_cell(blank, "", mine) == Reading(state="missing")


def test_every_note_has_its_words_and_a_level() -> None:
    assert {*LEVELS, "read_missing", "read_not_applicable"} == set(topic("cells"))
    assert set(LEVELS.values()) == {"error", "warning", "note"}


@pytest.mark.parametrize(
    ("text", "zh", "en"), [("无", "读作0；", "read as 0:"), ("—", "读作不适用；", "read as not applicable:")]
)
def test_an_ambiguous_word_says_how_it_was_read(text: str, zh: str, en: str) -> None:
    words = {"无": ("zero", True), "—": ("not_applicable", True)}
    problems = ProblemList()
    say(read_cell(text, "", words), text, "平安县.xlsx!慢病!C4", problems)
    said = problems.frame().iloc[0]
    assert zh in said["sentence_zh"] and en in said["sentence_en"]


def test_a_note_is_said_at_its_cell_with_what_stands_there() -> None:
    problems = ProblemList()
    for raw in ("３．５万", 1234, "1,23", 0.5):
        say(read_cell(raw, "", WORDS), raw, "平安县.xlsx!慢病!C4", problems)
    said = problems.frame()
    assert said[["level", "rule", "where"]].values.tolist() == [
        ["note", "multiplied", "平安县.xlsx!慢病!C4"],
        ["error", "comma", "平安县.xlsx!慢病!C4"],
    ]
    assert said["sentence_zh"].iloc[0].startswith("“３．５万”已按 35000 读取")


@pytest.mark.parametrize(("raw", "shown"), [(datetime(2024, 1, 2), "“2024-01-02”"), (True, "“TRUE”")])
def test_a_cell_is_quoted_as_the_sender_sees_it(raw: datetime | bool, shown: str) -> None:
    problems = ProblemList()
    say(read_cell(raw, "General", WORDS), raw, "a.xls!S!B2", problems)
    assert problems.frame()["sentence_zh"].iloc[0].startswith(shown)
