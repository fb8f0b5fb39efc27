"""Making matplotlib's SVG fit to stand inside a page: small, the same every time, with text that is text.

A page allows no style but its own (Content-Security-Policy), so what matplotlib writes as style becomes presentation
attributes; and a page has many drawings, so ids get the drawing's name in front.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_SVG = "http://www.w3.org/2000/svg"
_HREF = "{http://www.w3.org/1999/xlink}href"
_LONG = re.compile(r"-?\d+\.\d{2,}")
_NUMBERS = ("d", "points", "transform", "x", "y", "cx", "cy", "r", "width", "height", "viewBox")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # in XML, whatever a name may hold
_STEP = re.compile(r"([MLHVCQz])([^MLHVCQz]*)")
_DEFAULTS = {"stroke-dashoffset": "0", "text-anchor": "start", "stroke-width": "1", "fill-opacity": "1"}
_GROUPABLE = frozenset(
    (
        *("fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-linejoin", "stroke-linecap"),
        *("stroke-dasharray", "font-size", "font-weight", "text-anchor", "clip-path"),
    )
)
"""Attributes that may move to a group around the elements that share them."""

MARKS = "marks:"
"""How the id of a group begins that says whose marks it holds: then JSON, [[code of the area, text], …]."""


def compact(svg: str, name: str = "chart", alt: str = "") -> str:
    """Return an SVG of matplotlib, drawn with `svg.fonttype` "none", as an element for a page.

    name: what stands before its ids, which no other drawing of the page may have. alt: what is to be seen, in words.
    Its type comes from the page around it; everything else it brings along.
    """
    root = ElementTree.fromstring(_FORBIDDEN.sub("", svg))
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
        _plain(element)
    for element in list(root.iter()):
        _own(element)
    _tidy(root)
    _rename(root, f"svg-{name}-")
    _gather(root)
    width, height = (float(root.attrib[side].removesuffix("pt")) * 4 / 3 for side in ("width", "height"))
    head = {"xmlns": _SVG, "role": "img", "aria-label": _FORBIDDEN.sub("", alt)} if alt else {"xmlns": _SVG}
    size = {"width": f"{width:.0f}", "height": f"{height:.0f}", "viewBox": root.attrib["viewBox"]}
    root.attrib = head | size | {"stroke-linejoin": "round"}
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True).replace(" />", "/>")


def _plain(element: Element) -> None:
    """Turn styles into attributes, drop what is the default, and shorten numbers."""
    given = element.attrib
    if _HREF in given:
        given["href"] = given.pop(_HREF)
    for part in filter(None, (part.strip() for part in given.pop("style", "").split(";"))):
        name, _, value = (piece.strip() for piece in part.partition(":"))
        if name != "font-family" and _DEFAULTS.get(name) != value:
            given[name] = value.removesuffix("px") if name == "font-size" else value
    if re.match(r"rotate\(-?0 ", given.get("transform", "")):
        del given["transform"]
    for name in _NUMBERS:
        if name in given:
            given[name] = _LONG.sub(_short, " ".join(given[name].split()))
    if "d" in given:
        given["d"] = _shorter(given["d"])
    if element.tag == "text":
        # spaces that follow one another count in a label; in SVG only those that do not break do
        element.text = (element.text or "").replace("  ", " \u00a0")
    else:
        element.text = None
    element.tail = None


def _short(match: re.Match[str]) -> str:
    # A twentieth of a point is finer than print; what is small is the shape of a mark or a factor, and keeps more.
    x = float(match.group())
    text = f"{x:.{1 if abs(x) >= 10 else 2 if abs(x) >= 1 else 4}f}".rstrip("0").rstrip(".")
    return re.sub(r"^(-?)0\.", r"\1.", text)


def _shorter(path: str) -> str:
    """Write level and upright lines with one number, and no letter for a line that follows a line."""
    out: list[str] = []
    at: list[str] = []
    for command, text in _STEP.findall(path):
        numbers = text.split()
        if command == "L" and numbers[0] == at[0]:
            step = f"V{numbers[1]}"
        elif command == "L" and numbers[1] == at[1]:
            step = f"H{numbers[0]}"
        elif command == "L" and out and out[-1][0] in "ML ":
            step = " " + " ".join(numbers)
        else:
            step = command + " ".join(numbers)
        at = numbers[-2:] or at
        out.append(step)
    return "".join(out).replace(" -", "-")


def _own(element: Element) -> None:
    """Say of marks whose they are (`data-area`), and what shows when a pointer rests on them (`<title>`)."""
    if not element.attrib.get("id", "").startswith(MARKS):
        return
    owners = json.loads(element.attrib.pop("id").removeprefix(MARKS))
    marks = [element] if len(owners) == 1 else [inner for inner in element.iter() if inner.tag == "use"]
    for mark, (area, text) in zip(marks, owners, strict=True):
        mark.attrib["data-area"] = area
        if text:
            title = Element("title")
            title.text = text
            mark.insert(0, title)


def _tidy(parent: Element) -> None:
    """Drop what draws nothing, and groups that say nothing."""
    kept: list[Element] = []
    for child in parent:
        _tidy(child)
        if child.tag in ("metadata", "style") or (child.tag in ("g", "defs") and not len(child)):
            continue
        if child.tag == "path" and "d" not in child.attrib:
            continue
        if child.tag == "g" and not child.attrib.keys() - {"id"}:
            kept.extend(child)
        else:
            kept.append(child)
    if parent.attrib.get("id", "").startswith("matplotlib.axis"):
        # lines of a grid and their labels never lie upon one another; side by side they are alike
        kept.sort(key=lambda child: child.tag == "text")
    parent[:] = kept


def _rename(root: Element, prefix: str) -> None:
    """Give every id that something refers to a short name by order of appearance, and drop the others."""
    used = {match for element in root.iter() for match in _references(element)}
    found = [element.attrib["id"] for element in root.iter() if element.attrib.get("id") in used]
    names = {old: f"{prefix}{number}" for number, old in enumerate(found)}
    for element in root.iter():
        given = element.attrib
        if "id" in given:
            old = given.pop("id")
            element.attrib = ({"id": names[old]} if old in names else {}) | given
        for name, value in element.attrib.items():
            if "#" in value and name != "id":
                element.attrib[name] = re.sub(r"#([^)]+)", lambda match: f"#{names.get(match[1], match[1])}", value)


def _references(element: Element) -> Iterator[str]:
    for name in ("href", "clip-path", "fill", "mask"):
        value = element.attrib.get(name, "")
        if match := re.search(r"^#(.+)$|url\(#([^)]+)\)", value):
            yield match[1] or match[2]


def _gather(parent: Element) -> None:
    """Put neighbours that are drawn alike into one group, which says so once."""
    for child in parent:
        _gather(child)
    out: list[Element] = []
    for shared, run in groupby(parent, key=_manner):
        members = list(run)
        if shared and len(members) > 1:
            group = Element("g", dict(shared))
            for member in members:
                member.attrib = {name: value for name, value in member.attrib.items() if name not in group.attrib}
            group.extend(members)
            out.append(group)
        else:
            out.extend(members)
    if len(out) == 1 and parent.tag == out[0].tag == "g" and not _at_odds(parent.attrib, out[0].attrib):
        parent.attrib |= out[0].attrib
        out = list(out[0])
    parent[:] = out


def _at_odds(outer: dict[str, str], inner: dict[str, str]) -> bool:
    """Whether two groups cannot be one: both say the same thing, or the inner turns what the outer clips."""
    return bool(outer.keys() & inner.keys()) or ("transform" in inner and "clip-path" in outer)


def _manner(element: Element) -> tuple[tuple[str, str], ...]:
    # a clipping path lies in the element's own system of coordinates, which a turned one does not share
    if element.tag not in ("path", "text", "use", "g", "rect") or "transform" in element.attrib:
        return ()
    return tuple(sorted((name, value) for name, value in element.attrib.items() if name in _GROUPABLE))
