"""Making matplotlib's SVG small and the same every time, without a change to the eye.

Two thirds of a chart with Chinese labels are outlines of characters. Written with relative whole numbers of a
five-hundredth of the type size they take a third of the room.
"""

from __future__ import annotations

import re
from collections import Counter

_GLYPH = re.compile(r'<path id="(?P<id>[^"]+)" d="(?P<d>[^"]+)" transform="scale\(0\.015625\)"/>')
_GLYPH_UNIT = 0.015625 * 5  # matplotlib: 6400 to the type size; ours: 500
_COMMAND = re.compile(r"([MLQCz])([^MLQCz]*)")
_LONG = re.compile(r"-?\d+\.\d{3,}")
_DATA = re.compile(r' (d|points|transform|x|y|width|height|viewBox)="([^"]*)"')


def compact(svg: str) -> str:
    """Return an SVG of matplotlib without comments, metadata, unused ids and needless decimals."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r">\s+<", "><", svg)
    svg = _GLYPH.sub(lambda match: f'<path id="{match["id"]}" d="{_relative(match["d"])}" transform="scale(.2)"/>', svg)
    svg = _DATA.sub(lambda match: f' {match[1]}="{_shorter(match[2])}"', svg)
    svg = re.sub(r"(?<=[:;]) ", "", svg)
    svg = re.sub(r'(<use [^>]*)transform="translate\(([-\d.]+) ([-\d.]+)\)"', r'\1x="\2" y="\3"', svg)
    svg = svg.replace(' y="0"/>', "/>").replace("<g/>", "").replace("xlink:href", "href")
    svg = svg.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    return _with_classes(_without_bare_groups(_named(svg))).strip() + "\n"


def _shorter(data: str) -> str:
    data = _LONG.sub(_short, " ".join(data.split()))
    # After a point, further points of a line need no letter.
    return data if re.search("[QC]", data) else data.replace(" L ", " ")


def _short(match: re.Match[str]) -> str:
    # A twentieth of a point is finer than print; what is small is the shape of a mark or a factor, and keeps more.
    x = float(match.group())
    text = f"{x:.{1 if abs(x) >= 10 else 2 if abs(x) >= 1 else 4}f}"
    return text.rstrip("0").rstrip(".")


def _relative(path: str) -> str:
    """Return a path of absolute M, L, Q, C, z as relative whole numbers, every point rounded by itself.

    A quadratic curve that goes on where the one before pointed needs no control point of its own.
    """
    at = start = control = (0, 0)
    out = []
    for command, text in _COMMAND.findall(path):
        numbers = [round(float(part) * _GLYPH_UNIT) for part in text.split()]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        moves = [value for x, y in pairs for value in (x - at[0], y - at[1])]
        mirrored = (2 * at[0] - control[0], 2 * at[1] - control[1])
        if command == "L" and moves[1] == 0:
            out.append(f"h{moves[0]}")
        elif command == "L" and moves[0] == 0:
            out.append(f"v{moves[1]}")
        elif command == "Q" and max(abs(mirrored[0] - pairs[0][0]), abs(mirrored[1] - pairs[0][1])) <= 1:
            control = mirrored
            out.append(_joined("t", moves[2:]))
        else:
            control = pairs[0] if pairs else at
            out.append(_joined(command.lower(), moves))
        at = pairs[-1] if pairs else start
        if command == "M":
            start = at
        if command != "Q":
            control = at  # only a quadratic curve has one to mirror
    return "".join(out)


def _joined(command: str, moves: list[int]) -> str:
    return command + " ".join(map(str, moves)).replace(" -", "-")


def _with_classes(svg: str) -> str:
    """Write every style that comes more than twice once, as a class."""
    count = Counter(re.findall(r' style="([^"]+)"', svg))
    classes = {style: f"s{at}" for at, style in enumerate(style for style, times in count.items() if times > 2)}
    for style, name in classes.items():
        svg = svg.replace(f' style="{style}"', f' class="{name}"')
    rules = "".join(f".{name}{{{style}}}" for style, name in classes.items())
    return svg.replace("</style>", f"{rules}</style>", 1)


def _without_bare_groups(svg: str) -> str:
    bare: list[bool] = []

    def keep(match: re.Match[str]) -> str:
        tag = match.group()
        if tag == "</g>":
            return "" if bare.pop() else tag
        bare.append(tag == "<g>")
        return "" if bare[-1] else tag

    return re.sub(r"</g>|<g(?: [^>]*)?(?<!/)>", keep, svg)


def _named(svg: str) -> str:
    """Give every id that something refers to a short name by order of appearance, and drop the others."""
    used = set(re.findall(r"#([^\")]+)[\")]", svg))
    names: dict[str, str] = {}

    def define(match: re.Match[str]) -> str:
        if match[1] not in used:
            return ""
        names.setdefault(match[1], f"i{len(names)}")
        return f' id="{names[match[1]]}"'

    svg = re.sub(r' id="([^"]+)"', define, svg)
    return re.sub(r"#([^\")]+)(?=[\")])", lambda match: f"#{names.get(match[1], match[1])}", svg)
