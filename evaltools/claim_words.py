"""How a sentence about a claim says its figures: as printed, with what makes them a bound, in both languages."""

from __future__ import annotations

from typing import Any

from evaltools.findings import number
from evaltools.rule_model import SIGNS
from evaltools.wording import LANGUAGES, word

_BOUNDS = {">=": "at_least", ">": "more_than", "<=": "at_most", "<": "less_than", "about": "about"}


def sign_of(row: Any) -> str:
    """Return the sign behind an indicator's value, that of percent behind a change."""
    return SIGNS[int(row.per)] if row.measure == "level" else "%"


def printed(row: Any) -> str:
    """Return a claimed figure as it is printed, with its sign: 98.50%."""
    return number(row.reported, int(row.digits)) + sign_of(row)


def said(row: Any) -> dict[str, str]:
    """Return a claimed figure with its unit in each language, a bound as one: 98.5%以上, 3.41个百分点."""
    shown = printed(row) if row.measure == "level" else number(row.reported, int(row.digits))
    return {lang: _bound(row, lang, word(f"findings.said_{row.measure}", lang, x=shown)) for lang in LANGUAGES}


def moved(row: Any) -> dict[str, str]:
    """Return a claimed change as a rise or a fall: 提高51.15%."""
    shown = number(abs(row.reported), int(row.digits))
    direction = "fell" if row.reported < 0 else "rose"
    texts = {lang: _bound(row, lang, word(f"findings.said_{row.measure}", lang, x=shown)) for lang in LANGUAGES}
    return {lang: word(f"quality_claims.{direction}", lang, x=text) for lang, text in texts.items()}


def in_points(row: Any) -> dict[str, str]:
    """Return a claimed change as one in percentage points, without its sign: 5个百分点."""
    shown = number(abs(row.reported), int(row.digits))
    return {lang: word("findings.said_change_pp", lang, x=shown) for lang in LANGUAGES}


def _bound(row: Any, lang: str, text: str) -> str:
    return word(f"quality_claims.said_{_BOUNDS[row.bound]}", lang, x=text) if row.bound in _BOUNDS else text


def span(first: float, last: float) -> dict[str, str]:
    """Return what a number must be: 为135, or 在7665至7869之间."""
    key = "must_be" if first == last else "must_be_between"
    return {lang: word(f"quality_claims.{key}", lang, first=number(first), last=number(last)) for lang in LANGUAGES}


def joined(texts: list[str]) -> dict[str, str]:
    """Return some figures one after the other."""
    return {"zh": "、".join(texts), "en": " and ".join(texts)}


def figure(value: float, per: float) -> str:
    """Return an exact value to two decimals: a whole count without any."""
    return number(value) if per == 1 and float(value).is_integer() else number(value, 2)
