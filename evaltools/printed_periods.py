"""Periods as titles, sheets and files print them (`2024年1-9月`), and patterns that say where in a text they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from evaltools import periods
from evaltools.header_names import normal, spelled

PERIOD_FIELDS = ("period", "year", "month", "first", "last", "quarter")
FIELDS = (*PERIOD_FIELDS, "area", "unit", "item")
"""What a pattern may name in braces; `*` stands for anything."""

_DIGITS = {c: at for at, c in enumerate("零一二三四五六七八九")} | {"〇": 0}
_COUNT = r"1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]"
_FORMS: Mapping[str, str] = {
    "year": r"\d{4}",
    **dict.fromkeys(("month", "first", "last"), _COUNT),
    "quarter": r"[1-4一二三四]",
}
_YEAR = r"(?P<year>(?:19|20)\d{2})"
_PRINTED = re.compile(
    r"(?P<date>(?:19|20)\d{2}[年./-]\d{1,2}[月./-]\d{1,2}[日号]?(?!\d|月))"
    rf"|{_YEAR}(?:年|[./-])?(?P<first>{_COUNT})月?[-至到](?:(?P<until>(?:19|20)\d{{2}})[年./-])?(?P<last>{_COUNT})月"
    rf"|(?P<half_year>(?:19|20)\d{{2}})年?(?P<half>[上下])半年"
    rf"|(?P<quarter_year>(?:19|20)\d{{2}})年?(?P<up_to>前)?第?(?P<quarter>[1-4一二三四])个?季度"
    rf"|(?P<month_year>(?:19|20)\d{{2}})(?:年(?P<month>{_COUNT})月|[./-](?P<number>1[0-2]|0?[1-9])(?!\d))"
    rf"|(?P<whole>(?:19|20)\d{{2}})(?:年度?(?!\d)|$)"
)


def count(text: str) -> int:
    """Return a small number in digits or Chinese: 九, 十二, 09."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + (_DIGITS[ones] if ones else 0)


def period_in(text: str) -> str:
    """Return the one period that a text names, in the form of the data model; "" for none, or for two that differ.

    A whole date is no period: 2024年12月31日 under a table says when it was filled in.
    """
    if periods.is_period(text.strip()):
        return text.strip()
    whole = re.sub(r"[零〇一二三四五六七八九]{4}(?=年)", lambda m: "".join(str(_DIGITS[c]) for c in m[0]), normal(text))
    found = {_named(match) for match in _PRINTED.finditer(whole) if match["date"] is None}
    return found.pop() if len(found) == 1 else ""


def _named(match: re.Match[str]) -> str:
    if match["first"]:
        return span(match["year"], count(match["first"]), count(match["last"]), match["until"] or match["year"])
    if match["half"]:
        return f"{match['half_year']}-H{1 if match['half'] == '上' else 2}"
    if match["quarter"]:
        last = count(match["quarter"]) * 3
        return span(match["quarter_year"], 1 if match["up_to"] else last - 2, last)
    if match["month_year"]:
        month = count(match["month"] or match["number"])
        return span(match["month_year"], month, month)
    return match["whole"]


def span(year: str, first: int, last: int, until: str = "") -> str:
    """Return the shortest name of the months of a year; "" if they end before they begin."""
    months = periods.Span(int(year) * 12 + first - 1, int(until or year) * 12 + last - 1)
    return periods.name(months) if months.length > 0 else ""


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> re.Pattern[str]:
    named: set[str] = set()
    parts = []
    for part in re.split(r"(\{[^{}]*\}|\*)", pattern):
        name = part[1:-1]
        if part == "*":
            parts.append(".*?")
        elif part.startswith("{") and name in FIELDS:
            # the second time a name stands there, it is the same text
            parts.append(f"(?P={name})" if name in named else f"(?P<{name}>{_FORMS.get(name, '.+?')})")
            named.add(name)
        else:
            parts.append(re.escape(spelled(part)))
    return re.compile("".join(parts))


def names_in(pattern: str) -> list[str]:
    """Return what a pattern names in braces, known or not."""
    return re.findall(r"\{([^{}]*)\}", pattern)


def matched(pattern: str, text: str) -> dict[str, str] | None:
    """Return the parts of a text that a pattern names, in the normal form of names; None if the text is another.

    `{area}{year}年*` finds the area and the year in `平安县2024年基本公共卫生服务报表`.
    """
    match = _compiled(pattern).fullmatch(spelled(text))
    return None if match is None else {name: found for name, found in match.groupdict().items() if found}


def period_of(parts: Mapping[str, str], year: str) -> str:
    """Return the period that the parts of a pattern give, with the year stated elsewhere; "" if they give none."""
    if "period" in parts:
        return period_in(parts["period"])
    year = parts.get("year", year)
    if not year:
        return ""
    if "first" in parts and "last" in parts:
        return span(year, count(parts["first"]), count(parts["last"]))
    if "month" in parts or "last" in parts:
        month = count(parts.get("month") or parts["last"])
        return span(year, 1 if "last" in parts else month, month)
    if "quarter" in parts:
        return span(year, count(parts["quarter"]) * 3 - 2, count(parts["quarter"]) * 3)
    return year if "year" in parts else ""
