from __future__ import annotations

import random
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaltools import wording
from evaltools.wording import LANGUAGES, WordError, placeholders, rounded, word

MESSAGES = {
    "cells",
    "documents",
    "findings",
    "intake",
    "mapping",
    "new_notebook",
    "presets",
    "run",
    "scoring",
    "send_back",
    "sheets",
    "standard_sheets",
    "standards",
    "template",
}
"""Topics said to whoever runs the program: they name files, options and fields as these are spelled."""
ALLOWED = {"evaltools", "CSV", "Fingertips", "logit", "t", "P", "N"}
ALLOWED |= {"Wilson", "Byar", "Mann", "Kendall", "Sen", "Cochran", "Armitage", "Benjamini", "Hochberg"}
ALLOWED |= {"TOPSIS", "CRITIC", "Spearman"}
"""Names that stand in Chinese pages as they are."""

CHINESE = re.compile(r"[⺀-鿿豈-﫿＀-￯　-〿]")
LATIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def without_placeholders(text: str) -> str:
    return re.sub(r"\{[a-z_0-9]+\}", " ", text)


# --- words ---


@pytest.mark.parametrize("topic", wording.topics())
def test_every_word_has_both_languages_and_the_same_placeholders(topic: str) -> None:
    for key, texts in wording.topic(topic).items():
        assert set(texts) == set(LANGUAGES), key
        assert all(isinstance(text, str) and text.strip() for text in texts.values()), key
        assert placeholders(texts["zh"]) == placeholders(texts["en"]), key
        # Whatever else is in braces would reach the reader as it is.
        assert not re.search(r"[{}]", without_placeholders(texts["zh"] + texts["en"])), key


@pytest.mark.parametrize("topic", wording.topics())
def test_no_language_stands_in_the_other(topic: str) -> None:
    for key, texts in wording.topic(topic).items():
        zh, en = (without_placeholders(texts[lang]) for lang in LANGUAGES)
        assert not CHINESE.search(en), key
        latin = set(LATIN.findall(zh)) - ALLOWED
        assert not (latin - set(LATIN.findall(en)) if topic in MESSAGES else latin), key


def test_word_fills_in_and_says_what_is_wrong() -> None:
    assert word("page.table", "zh", n=3) == "表3"
    assert word("page.table", "en", n="3", unused="x") == "Table 3"
    with pytest.raises(WordError, match=r"'page\.nothing'"):
        word("page.nothing", "zh")
    with pytest.raises(WordError, match=r"no words file nothing\.yaml; there are: .*page"):
        word("nothing.at_all", "zh")
    with pytest.raises(WordError, match=r"'page\.table' need a value for \{n\}"):
        word("page.table", "zh")
    with pytest.raises(WordError, match="no language 'fr'; there are: zh, en"):
        word("page.table", "fr", n=1)
    with pytest.raises(WordError, match="format"):
        word("page.table", "zh", n=0.1)


def test_a_value_is_not_searched_for_placeholders() -> None:
    assert word("page.table", "en", n="{n} {0.__class__} $x") == "Table {n} {0.__class__} $x"


# --- rounding ---


@pytest.mark.parametrize(
    ("x", "digits", "expected"),
    [
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (0.125, 2, "0.13"),
        (-0.125, 2, "-0.13"),
        (2.5, 0, "3"),
        (-0.004, 2, "0.00"),
        (-0.0, 1, "0.0"),
        (Fraction(-1, 1000), 2, "0.00"),
        (1e12 + 0.125, 2, "1000000000000.13"),
        (1e-6, 2, "0.00"),
        (Decimal("0.005"), 2, "0.01"),
        (7, 2, "7.00"),
        (np.int64(12), 1, "12.0"),
        (np.float64(78.1), 2, "78.10"),
    ],
)
def test_rounding_is_half_up_on_the_decimal(x: float, digits: int, expected: str) -> None:
    assert f"{rounded(x, digits):f}" == expected


@given(st.integers(-(10**7), 10**7), st.integers(1, 10**6), st.integers(0, 4))
def test_rounding_a_fraction_takes_the_nearest_and_of_two_the_farther_from_zero(a: int, b: int, digits: int) -> None:
    x = Fraction(a, b)
    result = Fraction(rounded(x, digits))
    step = Fraction(1, 10**digits)
    assert (result / step).denominator == 1
    assert abs(result - x) <= step / 2
    if abs(result - x) == step / 2:
        assert abs(result) > abs(x)


def test_a_rate_computed_in_floats_is_printed_as_the_exact_rate_is() -> None:
    draw = random.Random(20240601)
    ties = wrong = 0
    for _ in range(20_000):
        # Denominators like 800 or 1,250 make exact halves, which floats miss on either side.
        b = draw.choice([8, 16, 40, 80, 125, 160, 400, 800, 1250, 1600, 2000, 4000, draw.randint(1, 10**6)])
        a = draw.randint(0, b)
        exact = 100 * Fraction(a, b)
        ties += (exact * 100 % 1) == Fraction(1, 2)
        for x in (100 * a / b, a / b * 100, 100 * (a / b)):
            wrong += rounded(x, 2) != rounded(exact, 2)
    assert ties > 1000
    assert wrong == 0


def test_a_difference_of_two_rates_is_rounded_as_the_exact_one() -> None:
    assert wording.number(99.995 - 99.99, 2, "en") == "0.01"
    assert wording.number(78.1 - 74.205, 2, "en") == "3.90"


@pytest.mark.parametrize("x", ["12", True, None])
def test_what_is_not_a_number_is_not_rounded(x: object) -> None:
    with pytest.raises(TypeError):
        rounded(x, 2)


def test_infinity_is_not_printed() -> None:
    with pytest.raises(ValueError, match="finite"):
        wording.number(float("inf"), 2, "zh")


# --- formats ---


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, np.float64("nan"), pd.NaT, Decimal("nan")])
def test_missing_is_a_dash_in_every_format(missing: object) -> None:
    formats = [
        wording.integer,
        wording.percent,
        wording.rate,
        wording.value,
        wording.points,
        wording.change_points,
        wording.change_percent,
        wording.signed_points,
        wording.signed_percent,
    ]
    for lang in LANGUAGES:
        assert {show(missing, lang) for show in formats} == {"—"}
        assert wording.number(missing, 2, lang) == "—"


@pytest.mark.parametrize(
    ("per", "zh", "en"),
    [
        (100, "4.59%", "4.59%"),
        (1000, "4.59‰", "4.59‰"),
        (10_000, "4.59/万", "4.59 per 10,000"),
        (100_000, "4.6/10万", "4.6 per 100,000"),
    ],
)
def test_a_rate_carries_its_measure(per: int, zh: str, en: str) -> None:
    assert wording.rate(4.59, "zh", per) == zh
    assert wording.rate(4.59, "en", per) == en
    assert wording.value(4.59, "en", per, "rate") == en


def test_values_by_kind() -> None:
    assert wording.percent(78.1, "zh") == "78.10%"
    assert wording.percent(78.15, "en", 1) == "78.2%"
    assert wording.value(1234567.0, "en", 1, "count") == "1,234,567"
    assert wording.value(1234.5, "zh", 1, "amount") == "1,234.50"
    assert wording.value(0.8, "zh", 1, "index") == "0.80"
    with pytest.raises(ValueError, match="per is one of"):
        wording.rate(1, "zh", 7)


@pytest.mark.parametrize(
    ("x", "per", "zh", "en"),
    [
        (3.9, 100, "提高3.90个百分点", "up 3.90 percentage points"),
        (-3.9, 100, "下降3.90个百分点", "down 3.90 percentage points"),
        (0.12, 1000, "提高0.12个千分点", "up 0.12 per-mille points"),
        (-1.25, 100_000, "下降1.3/10万", "down 1.3 per 100,000"),
        (120, 1, "增加120", "up 120"),
        (0, 100, "持平", "unchanged"),
        (0.004, 100, "基本持平", "almost unchanged"),
    ],
)
def test_a_change_of_level_in_words(x: float, per: int, zh: str, en: str) -> None:
    assert wording.change_points(x, "zh", per) == zh
    assert wording.change_points(x, "en", per) == en


def test_a_relative_change_is_never_called_points() -> None:
    assert wording.change_percent(5.26, "zh") == "提高5.26%"
    assert wording.change_percent(-5.26, "en") == "down 5.26%"
    assert wording.change_percent(5.26, "zh", kind="count") == "增加5.26%"
    for lang in LANGUAGES:
        assert not re.search("点|point", wording.change_percent(5.26, lang))
        assert re.search("点|point", wording.change_points(5.26, lang))


def test_changes_in_a_table_have_a_sign_unless_they_are_none() -> None:
    assert [wording.signed_points(x, "zh") for x in (3.9, -3.9, 0, 0.001)] == ["+3.90", "-3.90", "0.00", "0.00"]
    assert wording.signed_points(0.12, "zh", 1000) == "+0.12千分点"
    assert wording.signed_percent(-5.255, "en") == "-5.26%"


@given(st.floats(-1e9, 1e9, allow_nan=False), st.sampled_from(LANGUAGES))
def test_opposite_changes_have_opposite_words(x: float, lang: str) -> None:
    up, down = wording.change_points(abs(x), lang), wording.change_points(-abs(x), lang)
    swapped = up.replace("提高", "下降").replace("up ", "down ")
    assert down == swapped


@given(st.floats(-1e12, 1e12, allow_nan=False), st.integers(0, 4))
def test_a_printed_number_reads_back_as_the_rounded_one(x: float, digits: int) -> None:
    text = wording.number(x, digits, "en")
    assert Decimal(text.replace(",", "")) == rounded(x, digits)
    assert not re.fullmatch(r"-[0.,]*", text)


# --- periods and terms ---


@pytest.mark.parametrize(
    ("period", "zh", "en", "compared"),
    [
        ("2024", "2024年", "2024", "较上年"),
        ("2024-06", "2024年6月", "June 2024", "同比"),
        ("2024-H1", "2024年上半年", "first half of 2024", "同比"),
        ("2024-Q3", "2024年第三季度", "third quarter of 2024", "同比"),
        ("2024-01/2024-10", "2024年1—10月", "January–October 2024", "同比"),
        ("2023-12/2024-11", "2023年12月—2024年11月", "December 2023–November 2024", "较上年"),
    ],
)
def test_periods_and_what_they_are_compared_with(period: str, zh: str, en: str, compared: str) -> None:
    assert wording.period(period, "zh") == zh
    assert wording.period(period, "en") == en
    assert wording.compared_with(period, "zh") == compared


def test_periods_that_are_none() -> None:
    assert wording.period("unknown", "zh") == "时期不明"
    with pytest.raises(ValueError, match="2024/13"):
        wording.period("2024/13", "zh")


def test_stages() -> None:
    assert [wording.stage(name, "zh") for name in ("reported", "verified", "final")] == ["上报", "核查后", "最终"]


# --- reasons ---


def test_reasons_are_translated_by_their_templates() -> None:
    units = wording.topic("terms")["reason_units_reported"]["zh"]
    assert wording.reason("11 of 12 units reported", "zh") == units.replace("{total}", "12").replace("{reported}", "11")
    assert wording.reason("11 of 12 units reported", "en") == "11 of 12 units reported"
    assert re.fullmatch(r"超过100%；[^A-Za-z]*2[^A-Za-z]*", wording.reason("above 100%; sum of 2 predecessors", "zh"))
    assert wording.reason("", "zh") == ""


def test_a_reason_inside_a_reason_is_translated_too() -> None:
    inner = wording.topic("terms")["reason_not_reported"]
    outer = wording.topic("comparison")["reason_this_missing"]
    english = outer["en"].replace("{reason}", inner["en"])
    assert wording.reason(english, "zh") == outer["zh"].replace("{reason}", inner["zh"])


def test_an_unknown_reason_is_shown_as_it_is_and_found_by_the_helper() -> None:
    assert wording.reason("struck by lightning", "zh") == "struck by lightning"
    assert wording.untranslated(["not reported", "struck by lightning; above 100%", ""]) == ["struck by lightning"]


def test_every_reason_is_found_by_what_it_says() -> None:
    reasons = [
        texts for topic in wording.topics() for key, texts in wording.topic(topic).items() if key.startswith("reason_")
    ]
    assert len(reasons) > 5
    for texts in reasons:
        values = {name: str(number) for number, name in enumerate(sorted(placeholders(texts["en"])), start=11)}
        assert wording.reason(texts["en"].format(**values), "zh") == texts["zh"].format(**values)
