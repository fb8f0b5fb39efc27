"""How wide the columns of a table on paper are: numbers are never broken, sentences get what is left."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evaltools.wording import text_width

SIZES = (9.0, 8.0, 7.5)
"""Points of a table's type, the first that fits."""

_PADDING = 130
"""Twips of a column that are no text: the cell's margins."""

_DIGIT, _LETTER = 12.4, 10.6
"""Twips that a digit, and half a Chinese character, takes for each point of its size: where Times New Roman is absent,
what stands in for it has wider digits, and they are not to be broken."""

_WORD = re.compile(r"[^\W⺀-鿿가-힣＀-￯]+(?:[.,%‰]+[^\W⺀-鿿가-힣＀-￯]+)*[%‰]?")
_LONGEST_WORD = 24
_SENTENCE, _ROOM, _ROOM_SENTENCE = 40, 14, 20

Columns = list[tuple[str, bool, list[str]]]


def fitting(
    head: Sequence[str], numeric: Sequence[bool], rows: Sequence[Sequence[str]], widths: Sequence[int]
) -> tuple[int, float]:
    """Return the width in twips and the size in points of a table; widths: narrowest first."""
    columns = _columns(head, numeric, rows)
    for width in widths:
        for points in SIZES:
            if sum(_twips(_least(*column), column[1], points) for column in columns) <= width:
                return width, points
    return widths[-1], SIZES[-1]


def column_widths(
    head: Sequence[str], numeric: Sequence[bool], rows: Sequence[Sequence[str]], width: int, points: float
) -> list[int]:
    """Return the width of each column in twips; they add up to `width`."""
    columns = _columns(head, numeric, rows)
    least = [_twips(_least(*column), column[1], points) for column in columns]
    natural = [
        max(_twips(_natural(*column), column[1], points), low) for column, low in zip(columns, least, strict=True)
    ]
    spare, wish = width - sum(least), sum(natural) - sum(least)
    if spare <= 0:
        found = [low * width / sum(least) for low in least]
    elif wish >= spare:
        found = [low + spare * (most - low) / wish for low, most in zip(least, natural, strict=True)]
    else:
        found = [most * width / sum(natural) for most in natural]
    whole = [int(size) for size in found]
    whole[0] += width - sum(whole)
    return whole


def _twips(units: int, number: bool, points: float) -> float:
    return units * (_DIGIT if number else _LETTER) * points + _PADDING


def _columns(head: Sequence[str], numeric: Sequence[bool], rows: Sequence[Sequence[str]]) -> Columns:
    return [
        (title, number, [row[n] for row in rows]) for n, (title, number) in enumerate(zip(head, numeric, strict=True))
    ]


def _natural(title: str, number: bool, texts: list[str]) -> int:
    longest = max((text_width(line) for text in texts for line in text.split("\n")), default=0)
    return max(longest, _head_word(title), -(-text_width(title) // 2))


def _least(title: str, number: bool, texts: list[str]) -> int:
    header = max(_head_word(title), -(-text_width(title) // 4), 4)
    longest = max(map(text_width, texts), default=0)
    if number:  # its measure may stand below it
        return max(header, *(_number_width(piece) for text in texts for piece in text.split()), 0)
    room = _ROOM_SENTENCE if longest > _SENTENCE else _ROOM
    return max(header, min(longest, room), min(max(map(_word, texts), default=0), _LONGEST_WORD))


def _number_width(text: str) -> int:
    """Return the width of a number; its signs are nearly as wide as a Chinese character."""
    return text_width(text) + sum(text.count(sign) for sign in "%‰+-")


def _head_word(title: str) -> int:
    """Return the width of a header's longest word, which is bold."""
    return -(-_word(title) * 6 // 5)


def _word(text: str) -> int:
    """Return the width of the longest piece that should not be broken: a Latin word or a number."""
    return max(map(len, _WORD.findall(text)), default=0)
