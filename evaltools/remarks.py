"""What people write beside the numbers: `remarks/<area>.md` of a dataset, one `##` heading a slot of a page.

A slot is a section of a page, named in either language (words/remarks.yaml). Texts are paragraphs, bullet lists and
numbered lists, and nothing else: no markup of theirs means anything. What stands under a heading `# 2024` is about
that period only. The files are read and never written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from evaltools import periods
from evaltools.problems import ProblemList, nearest
from evaltools.wording import LANGUAGES, word

if TYPE_CHECKING:
    from evaltools.datasets import Data

FOLDER = "remarks"
SUFFIX = ".md"

COUNTY = (
    *("summary", "basics", "score", "change", "strengths", "problems", "actions", "method"),
    *("practice", "plans"),
)
"""Slots of a county's report; the last two are of its own summary (genre `self`), which has basics and problems too."""

REGION = ("organisation", "results", "strengths", "problems", "requirements", "method")
"""Slots of the region's report."""

_BULLET = re.compile(r"\s*[-*+•·]\s+(.*)")
_NUMBER = re.compile(r"\s*[(（]?(\d{1,3})(?:[)）、]\s*|\.\s+)(.*)")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_NUMBERING = re.compile(r"^(?:[(（]?[一二三四五六七八九十]+[)）]?[、.．]?|\d+[、.．)）])\s*(?=\S)")


@dataclass(frozen=True)
class Remark:
    """What one heading holds: its slot, the period it is about ("" for any), the text, the line of the heading."""

    slot: str
    period: str
    text: str
    line: int


@dataclass(frozen=True)
class Block:
    """A `paragraph` of one item, or the items of a list of `bullets` or `numbers`; `start`: its first number."""

    kind: str
    items: tuple[str, ...]
    start: int = 1


def read(
    folder: Path, areas: Iterable[str], region: str, problems: ProblemList, whole: bool = True
) -> dict[str, tuple[Remark, ...]]:
    """Return the remarks of some areas by their code; warnings for what cannot be set into a page.

    folder: of the dataset. region: the area whose slots are those of the region's report. whole: whether `areas` are
    all there are, so that a file of another name is of nobody.
    """
    place, known = folder / FOLDER, set(areas)
    if not place.is_dir():
        return {}
    found = {}
    for path in sorted(place.iterdir()):
        if path.suffix.lower() != SUFFIX or path.name.startswith(".") or not path.is_file():
            continue
        where = f"{FOLDER}/{path.name}"
        if path.stem not in known:
            if whole:
                near = nearest(path.stem, sorted(known)) or ", ".join(sorted(known)[:3])
                _say(problems, "unknown_area", where, found=path.stem, near=near)
            continue
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except (UnicodeDecodeError, OSError):
            problems.say("not_utf8", where=where, level="warning")
            continue
        found[path.stem] = tuple(parse(text, REGION if path.stem == region else COUNTY, where, problems))
    return found


def parse(text: str, slots: tuple[str, ...], where: str, problems: ProblemList) -> list[Remark]:
    """Return what a file says, a remark a heading, in its order; empty ones are left out."""
    found: list[Remark] = []
    slot, period, begun = "", "", 0
    lines: list[str] = []
    lost = False  # whether text stands where no heading says what it belongs to

    def close() -> None:
        body = "\n".join(lines).strip("\n")
        if slot and body.strip():
            found.append(Remark(slot, period, body, begun))

    for number, line in enumerate(text.splitlines(), start=1):
        heading = _HEADING.match(line)
        if heading is None:
            if slot:
                lines.append(line)
            elif line.strip() and not lost:
                lost = True
                _say(problems, "no_heading", f"{where} line {number}", allowed=_allowed(slots))
            continue
        depth, title = len(heading[1]), heading[2]
        if depth > 2 and slot:  # a heading inside a text is a line of its own
            lines += ["", title, ""]
            continue
        close()
        slot, lines, begun, lost = "", [], number, True
        if depth == 1:
            period = _period(title)
            if not period:
                _say(problems, "not_a_period", f"{where} line {number}", found=title)
        elif not (slot := slot_of(title, slots)):
            near = nearest(title, list(_names(slots)))
            _say(problems, "unknown_slot", f"{where} line {number}", found=title, near=near or _allowed(slots))
    close()
    return found


def slot_of(title: str, slots: Iterable[str]) -> str:
    """Return the slot that a heading names, "" for none; numbers before it (一、, 2.) and the case do not matter."""
    bare = _NUMBERING.sub("", title.strip()).strip(" 　:：").casefold()
    names = {name.casefold(): slot for name, slot in _names(slots).items()}
    return names.get(bare, "")


def name_of(slot: str, lang: str) -> str:
    """Return what a slot is called."""
    return word(f"remarks.slot_{slot}", lang)


def of(data: Data, area: str, period: str) -> dict[str, str]:
    """Return slot -> what was written about an area for a period: first what is said of any period, then of this."""
    texts: dict[str, list[str]] = {}
    for remark in sorted(data.written.get(area, ()), key=lambda remark: remark.period != ""):
        if not remark.period or periods.parse(remark.period) == periods.parse(period):
            texts.setdefault(remark.slot, []).append(remark.text)
    return {slot: "\n\n".join(parts) for slot, parts in texts.items()}


def blocks(text: str) -> list[Block]:
    """Return paragraphs and lists of a text; a line that goes on belongs to the paragraph or the item before it."""
    found: list[tuple[str, list[str], int]] = []
    fresh = True
    for line in text.splitlines():
        if not line.strip():
            fresh = True
            continue
        kind, item, start = _item(line)
        listed = kind != "paragraph"
        same = bool(found) and found[-1][0] == kind
        if listed and same and (kind == "bullets" or start != 1):
            found[-1][1].append(item)
        elif not listed and found and not fresh:
            found[-1][1][-1] = _joined(found[-1][1][-1], item)
        else:
            found.append((kind, [item], start))
        fresh = False
    return [Block(kind, tuple(items), start) for kind, items, start in found]


def html(parts: Iterable[Block]) -> str:
    """Return blocks as HTML, everything escaped; the direction of the script is left to each text."""
    return "".join(_block(part) for part in parts)


def _block(part: Block) -> str:
    if part.kind == "paragraph":
        return f'<p dir="auto">{escape(part.items[0])}</p>'
    inside = "".join(f'<li dir="auto">{escape(item)}</li>' for item in part.items)
    start = f' start="{part.start}"' if part.kind == "numbers" and part.start != 1 else ""
    tag = "ol" if part.kind == "numbers" else "ul"
    return f"<{tag}{start}>{inside}</{tag}>"


def _item(line: str) -> tuple[str, str, int]:
    if (match := _BULLET.match(line)) is not None:
        return "bullets", match[1].strip(), 1
    if (match := _NUMBER.match(line)) is not None and match[2].strip():
        return "numbers", match[2].strip(), int(match[1])
    return "paragraph", line.strip(), 1


def _joined(before: str, after: str) -> str:
    """Join two lines of one text: Chinese has no space between them."""
    return before + ("" if before[-1:] > "⺀" or after[:1] > "⺀" else " ") + after


def _period(title: str) -> str:
    text = title.strip().removesuffix("年")
    usable = text.isascii() and periods.is_period(text) and text != periods.UNKNOWN
    return periods.name(periods.parse(text)) if usable else ""


def _names(slots: Iterable[str]) -> dict[str, str]:
    """Return name -> slot, of both languages, and other names that people use."""
    found = {}
    for slot in slots:
        for lang in LANGUAGES:
            names = [name_of(slot, lang), *word(f"remarks.also_{slot}", lang).split("|")]
            found.update({name: slot for name in names if name})
    return found


def _allowed(slots: Iterable[str]) -> tuple[str, str]:
    zh, en = (", ".join(f"## {name_of(slot, lang)}" for slot in slots) for lang in LANGUAGES)
    return zh, en


def _say(problems: ProblemList, key: str, where: str, **values: object) -> None:
    problems.say(key, rule=f"remarks_{key}", where=where, level="warning", topic="remarks", **values)
