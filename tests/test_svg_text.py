from __future__ import annotations

import io
import re
from collections import defaultdict
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import matplotlib
import pytest
from chart_frames import CHARTS
from matplotlib.figure import Figure

from evaltools.chart_theme import settings, svg, theme
from evaltools.svg_text import compact

SVG = "{http://www.w3.org/2000/svg}"
INHERITED = {
    "fill": "#000000",
    "fill-opacity": "1",
    "stroke": "none",
    "stroke-opacity": "1",
    "stroke-width": "1",
    "stroke-linejoin": "round",
    "stroke-linecap": "butt",
    "stroke-dasharray": "none",
    "stroke-dashoffset": "0",
    "font-size": "16",
    "font-weight": "normal",
    "text-anchor": "start",
}
"""What SVG 1.1 and matplotlib's own style sheet say where a drawing says nothing."""


def matplotlibs(figure: Figure) -> str:
    with matplotlib.rc_context(settings()):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue().decode("utf-8")


def manner(element: Element, above: dict[str, str]) -> dict[str, str]:
    """What holds for an element: what those around it say, then its attributes, then its style."""
    own = dict(element.attrib)
    for part in filter(None, own.pop("style", "").split(";")):
        name, _, value = part.partition(":")
        own[name.strip()] = value.strip().removesuffix("px")
    own = {name: re.sub(r"#[\w-]+\)", "#)", value) for name, value in own.items()}
    return above | {name: value for name, value in own.items() if name in INHERITED}


def drawn(root: Element) -> dict[tuple[object, ...], list[tuple[float, float]]]:
    """Everything that is drawn: what it is and how it looks -> where each of its kind begins."""
    found: dict[tuple[object, ...], list[tuple[float, float]]] = defaultdict(list)

    def visit(element: Element, above: dict[str, str], clipped: int, faint: float) -> None:
        tag = element.tag.removeprefix(SVG)
        how = manner(element, above)
        clipped += "clip-path" in element.attrib
        style = element.attrib.get("style", "") + ";opacity:" + element.attrib.get("opacity", "1")
        for part in re.findall(r"(?<![-\w])opacity: ?([\d.]+)", style):
            faint *= float(part)
        if tag in ("clipPath", "metadata", "style"):
            return
        if tag == "text" or (tag == "path" and "d" in element.attrib) or tag == "use":
            numbers = [float(x) for x in re.findall(r"-?\d*\.?\d+", element.attrib.get("d", ""))[:2]]
            place = [float(element.attrib.get(name, "0")) for name in ("x", "y")] if tag != "path" else numbers
            turned = re.sub(r"rotate\(-?0 .*", "", element.attrib.get("transform", ""))[:10]
            text = re.sub(r"\s+", " ", element.text or "") if tag == "text" else ""
            found[tag, text, turned, clipped > 0, round(faint, 3), *how.values()].append((place[0], place[1]))
        for inner in element:
            visit(inner, how, clipped, faint)

    visit(root, dict(INHERITED), 0, 1.0)
    return found


@pytest.mark.parametrize("name", CHARTS)
def test_everything_is_drawn_as_matplotlib_said(name: str) -> None:
    make, draw = CHARTS[name]
    figure = draw(make(), "zh")
    svg(figure)  # the layout is settled
    raw = matplotlibs(figure)
    ours = compact(raw, name, "what it shows")
    expected = drawn(ElementTree.fromstring(raw.replace("px;", ";")))
    found = drawn(ElementTree.fromstring(ours))
    assert len(expected) > 4
    assert expected.keys() == found.keys()
    for key, places in expected.items():
        assert len(found[key]) == len(places)
        for x, y in places:
            nearest = min(found[key], key=lambda place: abs(place[0] - x) + abs(place[1] - y))
            assert nearest == pytest.approx((x, y), abs=0.051)
            found[key].remove(nearest)
    assert len(ours) < 0.5 * len(raw)


@pytest.mark.filterwarnings("ignore:Glyph")  # an emoji among the names
@pytest.mark.parametrize("name", CHARTS)
def test_a_drawing_fits_into_a_page(name: str) -> None:
    make, draw = CHARTS[name]
    drawing = svg(draw(make(hostile=True), "zh"), name, 'says "<script>" & \u202e')
    root = ElementTree.fromstring(drawing)
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", 'says "<script>" & \u202e')
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "g", "defs", "path", "use", "text", "clipPath", "rect", "title", "pattern"}
    assert not any(element.attrib.keys() & {"style", "class", "font-family"} for element in root.iter())
    assert not any(key.startswith("on") for element in root.iter() for key in element.attrib)
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids)) and all(one.startswith(f"svg-{name}-") for one in ids)
    named = {value for element in root.iter() for value in re.findall(r"#(svg[\w-]+)", str(element.attrib))}
    assert named == set(ids), "nothing is referred to that is not there, and nothing is there for nothing"
    assert any(element.tag == f"{SVG}text" for element in root.iter())


@pytest.mark.filterwarnings("ignore:Glyph")
def test_what_xml_forbids_is_dropped_and_spaces_stay() -> None:
    with theme():
        figure = Figure(figsize=(2, 1))
        figure.text(0, 0, "甲\x08乙  丙")
    drawing = svg(figure, "one", "甲\x08")
    root = ElementTree.fromstring(drawing)
    assert [one.text for one in root.iter(f"{SVG}text")] == ["甲乙 \u00a0丙"]
    assert root.attrib["aria-label"] == "甲"


def test_marks_that_shine_through_are_not_put_into_one() -> None:
    # two see-through marks upon one another are darker where they meet; a see-through group is not
    circle = '<path d="M 0 0 L 9 9 L 9 0 z" style="fill: #155e75; opacity: 0.5"/>'
    ours = compact(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="9pt" viewBox="0 0 9 9">{circle * 2}</svg>'
    )
    root = ElementTree.fromstring(ours)
    assert [one.attrib.get("opacity") for one in root.iter(f"{SVG}path")] == ["0.5", "0.5"]
    assert not [one for one in root.iter(f"{SVG}g") if "opacity" in one.attrib]
