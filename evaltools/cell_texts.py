"""The grammar of numbers as people write them in cells: ３．５万元, 98.5％以上, 不低于90%, 77余次, 十二."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

# Full-width forms to ASCII, and the many minus signs and dashes to one of each. Not Unicode's NFKC: it makes 1231
# of 123①, and three full stops of an ellipsis.
_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0xFFE5: 0xA5}
_MINUS = dict.fromkeys(map(ord, "\u2212\ufe63\u2010\u2011\u2012"), "-")
_DASHES = dict.fromkeys(map(ord, "\u2015\u2500\u2501\u30fc\ufe58"), "—")
_SAME = _WIDTH | _MINUS | _DASHES | {0x2267: "≥", 0x2266: "≤", 0x301C: "~", 0x223C: "~", 0xFE6A: "%"}

_UNIT_WORDS = (
    "人 人次 人份 人日 人天 名 位 户 户次 家 个 所 例 例次 份 份次 次 台 台次 张 床 床日 件 套 支 瓶 盒 元 角 分 "
    "元/人 元/次 元/人次 元/户 公里 千米 米 平方米 平方公里 ㎡ km 千克 公斤 克 吨 毫升 升 天 小时 学时 课时 分钟 "
    "场 场次 期 种 册 处 起 宗 条 项 篇 块 辆 组 对 只 头 粒 剂 剂次 针 针次 批 批次 版 间 部 架 县 乡镇 村 街道 社区 "
    "机构 个百分点 百分点 个千分点 千分点"
)
_UNITS = _UNIT_WORDS.split()
"""What may stand behind a number. Whatever else does makes it a text: 120急救, 2024年, 三甲."""

GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
"""A number with commas between its thousands."""

_TIMES = {"万亿": 12, "亿": 8, "千万": 7, "百万": 6, "十万": 5, "万": 4, "千": 3, "百": 2}
_BEFORE = {
    ">=": "不低于 不少于 不小于 不得低于 不得少于 大于等于 大于或等于 至少 最少 ≥ >= =>",
    "<=": "不高于 不超过 不多于 不大于 不得超过 小于等于 小于或等于 至多 最多 ≤ <= =<",
    ">": "大于 高于 超过 多于 超出 超 逾 >",
    "<": "小于 低于 少于 不足 不到 <",
    "about": "约为 大约 约 将近 接近 近 ≈ ~",
}
_BEHIND = {
    ">=": "及以上 以上 起 +",
    "<=": "及以下 以下 以内 之内",
    "about": "左右 上下 余 多 许",
}
_FIGURES = {
    figure: str(value)
    for value, figures in enumerate(("零〇", "一壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"))
    for figure in figures
}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_HAN = "".join(_FIGURES) + "".join(_TENS)


def _one_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _bounds(table: dict[str, str]) -> dict[str, str]:
    return {word: bound for bound, words in table.items() for word in words.split()}


_BOUND_BEFORE, _BOUND_BEHIND = _bounds(_BEFORE), _bounds(_BEHIND)
_DIGITS = r"[0-9]+(?:,[0-9]+)*(?:\.[0-9]+)?|\.[0-9]+|[0-9]{1,3}(?: [0-9]{3})+(?:\.[0-9]+)?"
_WHOLE = re.compile(
    rf"(?P<before>{_one_of(_BOUND_BEFORE)})?"
    rf"(?P<part>百分之|千分之)?(?P<currency>¥)?"
    rf"(?P<sign>[+\-])?(?:(?P<digits>{_DIGITS})(?:[eE](?P<power>[+\-]?[0-9]{{1,3}}))?|(?P<han>[{_HAN}]+(?:点[{_HAN}]+)?))"
    rf"(?P<more>[余多])?(?P<times>{_one_of(_TIMES)})??(?P<further>[余多])?"
    rf"(?P<percent>[%‰])?(?P<unit>{_one_of(_UNITS)})?"
    rf"(?:\(?含\)?)?(?P<behind>{_one_of(_BOUND_BEHIND)})?(?:\(含\))?"
    rf"(?P<mark>[*†‡①-⑳]|\[[0-9]{{1,2}}\])?"
)
_RANGE = re.compile(r"[0-9.,]+[%‰]?(?:-|~|–|—|至|到)+[0-9.,]+[%‰]?.{0,6}")
_FRACTION = re.compile(r"[0-9.,]+[/:÷][0-9.,]+")
_ERRORS = ("#DIV/0!", "#REF!", "#N/A", "#NAME?", "#VALUE!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
_DITTO = ("〃", "″", '"', "''", "同上", "同左", "”", "“")


class Written(NamedTuple):
    """A number as written: the power of ten of its last digit tells how exact it is."""

    number: Decimal
    exponent: int
    bound: str
    percent: str
    unit: str


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return a text in half-width characters, with one kind of minus and dash and no space but between two digits.

    What cannot be seen is left out, and so is the apostrophe by which a spreadsheet marks a text.
    """
    text = text.translate(_SAME)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc") or c.isspace())
    text = re.sub(r"(?<![0-9])\s+|\s+(?![0-9])", "", text)
    return re.sub(r"^['‘’](?=.)", "", re.sub(r"\s", " ", text))


def whole_of(text: str) -> tuple[str, Written | None]:
    """Return the number that the whole of a plain text is, with the note to make of it; or why it is none."""
    brackets = re.fullmatch(r"\(([^()]+)\)", text)
    match = _WHOLE.fullmatch(re.sub(r"^[–](?=[0-9.])", "-", brackets[1] if brackets else text))
    if match is None or (brackets and (match["sign"] or match["before"] or match["behind"])):
        return _no_number(text), None
    part = match.groupdict()
    if text == "一":
        return "one_or_dash", None
    if "," in (part["digits"] or "") and not GROUPED.fullmatch(part["digits"]):
        return "comma", None
    number = _chinese(part["han"]) if part["han"] else Decimal(re.sub("[, ]", "", part["digits"]))
    bound = _bound(part)
    if number is None or bound is None or (part["part"] and (part["percent"] or part["times"])):
        return "not_a_number", None
    if part["percent"] and part["times"]:
        return "not_a_number", None
    shift = int(part["power"] or 0) + _TIMES.get(part["times"] or "", 0)
    number = number.scaleb(shift)
    exponent = int(number.as_tuple().exponent)
    if part["sign"] == "-" or brackets:
        number = -number
    percent = part["percent"] or {"百分之": "%", "千分之": "‰"}.get(part["part"] or "", "")
    unit = part["unit"] or ("元" if part["currency"] else "")
    return _note(part, bound, bool(brackets), unit), Written(number, exponent, bound, percent, unit)


def _bound(part: dict[str, str | None]) -> str | None:
    """Return the bound that stands before or behind a number, None where they contradict each other."""
    about = "about" if part["more"] or part["further"] else ""
    said = {_BOUND_BEFORE.get(part["before"] or "", ""), _BOUND_BEHIND.get(part["behind"] or "", ""), about} - {""}
    return None if len(said) > 1 else next(iter(said), "")


def _note(part: dict[str, str | None], bound: str, brackets: bool, unit: str) -> str:
    """Return the gravest thing there is to say of a number that was read."""
    if bound:
        return "about" if bound == "about" else "bound"
    for name, note in (("power", "scientific"), ("han", "chinese_numeral"), ("mark", "footnote")):
        if part[name]:
            return note
    if brackets:
        return "negative_in_brackets"
    return "multiplied" if part["times"] else "" if unit else "text_number"


def _no_number(text: str) -> str:
    """Return why a text is no number."""
    if text.upper() in _ERRORS:
        return "error_value"
    if text in _DITTO:
        return "ditto"
    if _FRACTION.fullmatch(text):
        return "fraction"
    if _RANGE.fullmatch(text):
        return "range"
    return "comma" if re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)*,[0-9]+%?", text) else "not_a_number"


def _chinese(text: str) -> Decimal | None:
    """Return the number of 一百零五, 两千 or 九十八点五; None for what is none, such as 二〇二四 or 一千二."""
    whole, _, decimals = text.partition("点")
    if decimals and not all(figure in _FIGURES for figure in decimals):
        return None
    total, last, figure, zero = 0, 10_000, "", False
    for sign in whole:
        if sign in _TENS:
            # Tens come in falling order, and only ten itself may go without a figure before it: 十二.
            if _TENS[sign] >= last or (not figure and (total or zero)):
                return None
            last = _TENS[sign]
            total += int(figure or 1) * last
            figure, zero = "", False
        elif figure or (zero and _FIGURES[sign] == "0"):
            return None
        elif _FIGURES[sign] == "0":
            zero = True
        else:
            # 一百零五 needs its zero, and 一千二 would be another number to each reader.
            figure = _FIGURES[sign]
    if zero and not figure and whole not in ("零", "〇"):
        return None
    if figure and total and last > 10 and not zero:
        return None
    return Decimal(f"{total + int(figure or 0)}.{''.join(_FIGURES[f] for f in decimals)}".rstrip("."))
