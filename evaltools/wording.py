"""Reader-facing words and number formats, in Chinese and English.

The words are data: `words/<topic>.yaml` maps a key to its two texts, with the same `{named}` placeholders.
Numbers are rounded half-up on their decimal value, and only to be printed, never to be compared.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from functools import cache
from importlib.resources import files
from numbers import Integral, Rational, Real
from typing import cast

import yaml

from evaltools import periods

LANGUAGES = ("zh", "en")
MISSING = "—"
"""What stands where a number should be; the reason is given beside it, never instead of it."""

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_REASON = "reason_"
_DIGITS = {1: 2, 100: 2, 1000: 2, 10_000: 2, 100_000: 1}
_NUMBERS = ("count", "amount")
_SIGNIFICANT = 12


class WordError(LookupError):
    """A word that does not exist, or one that was not given everything it needs."""


@cache
def topic(name: str) -> dict[str, dict[str, str]]:
    """Return one words file as key -> language -> text; raises WordError."""
    path = files("evaltools") / "words" / f"{name}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WordError(f"no words file {name}.yaml; there are: {', '.join(topics())}") from None
    # The C loader reads a file ten times as fast; every run of every notebook waits for it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(text, Loader=loader)
    for key, texts in content.items():
        if not isinstance(texts, dict) or set(texts) != set(LANGUAGES):
            raise WordError(f"words/{name}.yaml: {key!r} must have exactly the texts zh and en")
    return cast("dict[str, dict[str, str]]", content)


@cache
def topics() -> tuple[str, ...]:
    """Return the names of all words files, sorted."""
    folder = files("evaltools") / "words"
    return tuple(sorted(path.name[:-5] for path in folder.iterdir() if path.name.endswith(".yaml")))


def placeholders(text: str) -> set[str]:
    """Return the names that a text leaves open."""
    return set(_PLACEHOLDER.findall(text))


def check_language(lang: str) -> None:
    """Raise WordError unless `lang` is one of `LANGUAGES`."""
    if lang not in LANGUAGES:
        raise WordError(f"no language {lang!r}; there are: {', '.join(LANGUAGES)}")


def word(key: str, lang: str, /, **values: object) -> str:
    """Return the text `topic.key` with its placeholders filled in.

    Values are texts or whole numbers; a number with decimals has to be formatted first (`number`, `percent`, …),
    since its format depends on the language. Raises WordError for an unknown key or language and a missing value.
    """
    check_language(lang)
    name, _, rest = key.partition(".")
    entry = topic(name).get(rest)
    if entry is None:
        raise WordError(f"no words {key!r} in words/{name}.yaml")

    def fill(match: re.Match[str]) -> str:
        placeholder = match.group(1)
        if placeholder not in values:
            raise WordError(f"words {key!r} need a value for {{{placeholder}}}")
        value = values[placeholder]
        if isinstance(value, Real) and not isinstance(value, Integral):
            raise WordError(f"words {key!r}: format {{{placeholder}}} = {value!r} first, as numbers differ by language")
        return str(value)

    return _PLACEHOLDER.sub(fill, entry[lang])


def counted(key: str, lang: str, /, n: int, **values: object) -> str:
    """Return the text `topic.key` about `n` of something; `key_one`, where there is such a word, says it of one."""
    name, _, rest = key.partition(".")
    one = n == 1 and f"{rest}_one" in topic(name)
    return word(f"{key}_one" if one else key, lang, n=integer(n, lang), **values)


def text_width(text: str) -> int:
    """Return the columns a text takes; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


# --- numbers ---


def is_missing(x: object) -> bool:
    """Whether `x` stands for no value: None, NaN or pandas' NA."""
    if x is None or type(x).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(x, (Real, Decimal)) and math.isnan(x)


def rounded(x: object, digits: int) -> Decimal:
    """Round a number half-up to `digits` decimals.

    A float is taken at the decimal it stands for: 2.675 gives 2.68, and so does a quotient that should be 2.675
    but came out as 2.6749999999999994 (12 significant digits decide).
    """
    if type(x) is bool or not isinstance(x, (Real, Decimal)):
        raise TypeError(f"not a number: {x!r}")
    with localcontext() as context:
        context.prec = 60
        unit = Decimal(1).scaleb(-digits)
        if isinstance(x, Decimal):
            exact = x
        elif isinstance(x, Rational):
            fraction = Fraction(int(x.numerator), int(x.denominator))
            # Scaled to the last digit kept, a tie is a half exactly; no quotient has to be cut off.
            scaled = abs(fraction) * 10**digits
            whole = Decimal(math.floor(scaled + Fraction(1, 2)))
            return (whole if fraction >= 0 else -whole) * unit + 0
        else:
            exact = Decimal(repr(float(x)))
            if exact.is_finite() and exact:
                last = min(exact.adjusted() - _SIGNIFICANT + 1, -digits - 3)
                exact = exact.quantize(Decimal(1).scaleb(last), rounding=ROUND_HALF_EVEN)
        if not exact.is_finite():
            raise ValueError(f"not a finite number: {x!r}")
        # Adding zero turns -0.00 into 0.00.
        return exact.quantize(unit, rounding=ROUND_HALF_UP) + 0


def number(x: object, digits: int, lang: str, *, signed: bool = False) -> str:
    """Return a number with thousands separators; `—` when it is missing."""
    check_language(lang)
    if is_missing(x):
        return MISSING
    value = rounded(x, digits)
    return f"{value:+,f}" if signed and value else f"{value:,f}"


def integer(x: object, lang: str) -> str:
    """Return a number without decimals, with thousands separators."""
    return number(x, 0, lang)


def percent(x: object, lang: str, digits: int = 2) -> str:
    """Return a percentage given per 100: 78.1 is 78.10%."""
    return rate(x, lang, 100, digits)


def rate(x: object, lang: str, per: int = 100, digits: int | None = None) -> str:
    """Return a rate with its measure: 78.10%, 4.59‰, 12.00/万, 23.5/10万 (12.00 per 10,000 in English)."""
    text = number(x, _digits(per) if digits is None else digits, lang)
    return text if text == MISSING else word(f"terms.rate_per_{per}", lang, x=text)


def _digits(per: int) -> int:
    if per not in _DIGITS:
        raise ValueError(f"per is one of {', '.join(map(str, _DIGITS))}; found {per!r}")
    return _DIGITS[per]


def value(x: object, lang: str, per: int = 100, kind: str = "proportion", digits: int | None = None) -> str:
    """Return the value of an indicator by its kind and measure.

    Whatever is given per 100 and more carries its sign; counts and amounts print decimals only if they have some.
    """
    if per != 1:
        return rate(x, lang, per, digits)
    if digits is None:
        digits = 0 if kind in _NUMBERS and _is_whole(x) else 2
    return number(x, digits, lang)


def target(x: object, lang: str, per: int = 100, kind: str = "proportion") -> str:
    """Return a target with its measure and as few decimals as it has, two at most: 90%, 2.1/万."""
    digits = 0 if is_missing(x) else next(d for d in (0, 1, 2) if d == 2 or rounded(x, d) == rounded(x, 2))
    return value(x, lang, per, kind, digits)


def quantity(x: object, lang: str) -> str:
    """Return a number of something, with two decimals if it has any: 5,118; 409.50."""
    return value(x, lang, 1, "count")


def measured(name: str, measure: str, lang: str) -> str:
    """Return a name with its measure: 印刷资料发放数量（份）; the name alone if it says so, or no word is known."""
    key = f"measure_{measure}"
    said = word(f"terms.{key}", lang) if key in topic("terms") else ""
    return name if said.lower() in name.lower() else word("terms.with_measure", lang, name=name, measure=said)


def _is_whole(x: object) -> bool:
    return not is_missing(x) and rounded(x, 6) == rounded(x, 0)


def points(x: object, lang: str, digits: int = 2) -> str:
    """Return points of a score, with `digits` decimals and no measure."""
    return number(x, digits, lang)


def change_points(x: object, lang: str, per: int = 100, digits: int | None = None) -> str:
    """Return a change of level in words: 提高3.90个百分点, up 3.90 percentage points; 千分点 for rates in ‰.

    `per` 1 is a number of something: 增加120, up 120.
    """
    if is_missing(x):
        return MISSING
    return _change(x, lang, change_digits(x, per) if digits is None else digits, f"per_{per}")


def change_digits(x: object, per: int) -> int:
    """Return the decimals a change is printed with."""
    return 0 if per == 1 and _is_whole(x) else _digits(per)


def change_percent(x: object, lang: str, digits: int = 2, kind: str = "proportion") -> str:
    """Return a relative change in words: 5.26 is 提高5.26%, up 5.26%; of counts and amounts 增加5.26%."""
    measure = "percent_number" if kind in _NUMBERS else "percent"
    return MISSING if is_missing(x) else _change(x, lang, digits, measure)


def _change(x: object, lang: str, digits: int, measure: str) -> str:
    change = rounded(x, digits)
    if not change:
        # A change that only rounding hides is not the same as none.
        return word("terms.change_almost_none" if x != 0 else "terms.change_none", lang)
    direction = "up" if change > 0 else "down"
    return word(f"terms.change_{direction}_{measure}", lang, x=number(abs(change), digits, lang))


def signed_points(x: object, lang: str, per: int = 100, digits: int | None = None) -> str:
    """Return a change for a table cell: +3.90 (percentage points, as the header says); others with measure."""
    text = number(x, change_digits(x, per) if digits is None else digits, lang, signed=True)
    return text if per in (1, 100) or text == MISSING else word(f"terms.cell_change_per_{per}", lang, x=text)


def signed_percent(x: object, lang: str, digits: int = 2) -> str:
    """Return a relative change for a table cell: +5.26%."""
    text = number(x, digits, lang, signed=True)
    return text if text == MISSING else f"{text}%"


def p_value(x: object, lang: str) -> str:
    """Return a p value with three decimals: 0.032, <0.001."""
    text = number(x, 3, lang)
    return "<0.001" if text == "0.000" else text


# --- terms ---


def period(text: str, lang: str) -> str:
    """Return a period in words: 2024年, 2024年6月, 2024年1—10月; 2024, June 2024, January–October 2024."""
    if text == periods.UNKNOWN:
        return word("terms.period_unknown", lang)
    span = periods.parse(text)
    year, month = divmod(span.first, 12)
    last_year, last_month = divmod(span.last, 12)
    if (part := re.search(r"-([HQ]\d)$", text)) is not None:
        return word(f"terms.period_{part.group(1).lower()}", lang, year=year)
    if len(text) == 4:
        return word("terms.period_year", lang, year=year)
    names = {"month": _month(month, lang), "last_month": _month(last_month, lang)}
    if span.length == 1:
        return word("terms.period_month", lang, year=year, **names)
    if year == last_year:
        return word("terms.period_months", lang, year=year, **names)
    return word("terms.period_across", lang, year=year, last_year=last_year, **names)


def _month(month: int, lang: str) -> str:
    return word(f"terms.month_{month + 1}", lang)


def compared_with(text: str, lang: str) -> str:
    """Return what a period is compared with: 较上年 for a whole year, 同比 for the same part of last year."""
    whole = periods.parse(text).length == 12
    return word("terms.than_last_year" if whole else "terms.than_same_period", lang)


def run(n: int, lang: str) -> str:
    """Return how often in a row something rose or fell, for a table cell: 连升4年, 4 rises; "" for 0."""
    return counted(f"terms.run_{'up' if n > 0 else 'down'}", lang, abs(n)) if n else ""


def times(n: int, lang: str) -> str:
    """Return how often in a row, from twice to ten times: 两, 三; second, third; beyond, the number."""
    key = f"times_{n}"
    return word(f"terms.{key}", lang) if key in topic("terms") else word("terms.times_more", lang, n=n)


def stage(name: str, lang: str) -> str:
    """Return how far numbers have been checked: reported, verified or final."""
    return word(f"terms.stage_{name}", lang)


# --- reasons ---


@cache
def _reasons() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns of the English reasons with the key of their words, the most literal first."""
    found = []
    for name in topics():
        for key, texts in topic(name).items():
            if key.startswith(_REASON):
                parts = _PLACEHOLDER.split(texts["en"])
                literal = sum(len(part) for part in parts[::2])
                pattern = "".join(
                    f"(?P<{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts)
                )
                found.append((literal, f"{name}.{key}", re.compile(pattern, re.DOTALL)))
    return tuple((pattern, key) for _, key, pattern in sorted(found, key=lambda entry: (-entry[0], entry[1])))


def _translated(text: str, lang: str) -> str | None:
    for pattern, key in _reasons():
        if (match := pattern.fullmatch(text)) is not None:
            values = match.groupdict()
            if "reason" in values:  # one reason inside another: this period missing: not reported
                values["reason"] = _translated(values["reason"], lang) or values["reason"]
            return word(key, lang, **values)
    return None


def reason(text: str, lang: str) -> str:
    """Return a reason of an indicator, comparison or score in the reader's language.

    The frames carry reasons in English, made from the `reason_…` words of any topic; several are joined by "; ".
    One that is not known is returned as it is.
    """
    check_language(lang)
    if lang == "en" or not text:
        return text
    translated = [_translated(part, lang) or part for part in text.split("; ")]
    return "；".join(translated)


def untranslated(texts: Iterable[str]) -> list[str]:
    """Return the reasons that have no words: each is a sentence a Chinese page would show in English."""
    parts = {part for text in texts for part in text.split("; ") if part}
    return sorted(part for part in parts if _translated(part, "zh") is None)
