"""How every chart looks: font, colours, sizes; and its way into a file that is the same byte for byte.

Figures are drawn without `pyplot`, so nothing is global and nothing is shown twice in JupyterLab.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure

from evaltools.font_file import bundled_font
from evaltools.palette import PALETTE
from evaltools.svg_text import compact
from evaltools.wording import text_width

WIDTH = 7.0
"""Width of a full chart in inches, as wide as the text of an A4 page."""

BUNDLED = "Noto Sans SC"
SYSTEM_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "SimHei",
)
"""Chinese fonts of common systems, tried in this order when the bundled one is absent."""

P = ParamSpec("P")


class FontError(RuntimeError):
    """There is no font that has Chinese characters."""


@cache
def font_family() -> str:
    """Make the Chinese font for charts known to matplotlib and return its name; raises FontError."""
    return choose_font(bundled_font(), font_manager.fontManager)


def choose_font(bundled: Path | None, manager: font_manager.FontManager) -> str:
    """Return the bundled font if there is one, else the first of `SYSTEM_FONTS`; raises FontError."""
    if bundled is not None:
        manager.addfont(bundled)
        return BUNDLED
    installed = {font.name for font in manager.ttflist}
    for name in SYSTEM_FONTS:
        if name in installed:
            return name
    raise FontError(
        "No Chinese font for the charts: the package zhplot, which carries Noto Sans SC, is not installed, "
        f"and the system has none of {', '.join(SYSTEM_FONTS)}. Install one of them, or run: "
        "python -m pip install zhplot"
    )


def settings() -> Any:
    """Return matplotlib's settings for a chart: seaborn's `ticks` style with our sizes, colours and font.

    Spelled out rather than asked of seaborn, whose import takes longer than all charts of a page.
    """
    return {
        "font.family": [font_family(), "DejaVu Sans"],
        "axes.unicode_minus": False,
        "font.size": 9.5,
        "axes.titlesize": 9.5,
        "axes.titleweight": "normal",
        "axes.titlelocation": "left",
        "axes.labelsize": 9,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "legend.fontsize": 8.5,
        "legend.frameon": False,
        "figure.facecolor": PALETTE["paper"],
        "axes.facecolor": PALETTE["paper"],
        "text.color": PALETTE["ink"],
        "axes.labelcolor": PALETTE["muted"],
        "xtick.color": PALETTE["muted"],
        "ytick.color": PALETTE["muted"],
        "axes.edgecolor": PALETTE["line"],
        "grid.color": PALETTE["line"],
        "axes.linewidth": 0.8,
        "grid.linewidth": 0.6,
        "lines.linewidth": 1.6,
        "lines.markersize": 4.8,
        "lines.solid_capstyle": "round",
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "text.parse_math": False,  # a name with two dollar signs is not a formula
        "svg.fonttype": "none",  # text stays text; the page brings the font along in which it was measured
        "svg.hashsalt": "evaltools",
    }


def theme() -> AbstractContextManager[None]:
    """Return a context in which matplotlib draws by the theme."""
    return matplotlib.rc_context(settings())


def use() -> None:
    """Set the theme for the whole session, for charts made by hand with seaborn or pyplot in JupyterLab."""
    import seaborn  # slow to import, and only wanted at the keyboard

    seaborn.set_theme(context="paper", style="ticks", rc=settings())


def themed(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Make a function draw its figure by the theme."""

    @wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with theme():
            return draw(*args, **kwargs)

    return inside


def svg(figure: Figure, name: str = "chart", alt: str = "") -> str:
    """Return a figure as an <svg> for a page, the same text for the same figure: no date, no random id.

    name and alt: as for `svg_text.compact`.
    """
    with theme():
        buffer = io.BytesIO()
        nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(buffer, format="svg", metadata=nothing)
        # The automatic layout moves a little each time it runs; once drawn, a figure stays as it is.
        figure.set_layout_engine("none")
    return compact(buffer.getvalue().decode("utf-8"), name, alt)


def wrap(text: str, width: int) -> str:
    """Break a label into lines of at most `width` columns, nearly equal ones; a Chinese character takes two.

    Latin words stay whole as far as they fit a line.
    """
    lines = _lines(text, width)
    # As narrow as the same number of lines allows, so that no two characters are left over on the last.
    for narrower in range(-(-text_width(text) // len(lines)), width):
        if len(balanced := _lines(text, narrower)) == len(lines):
            return "\n".join(balanced)
    return "\n".join(lines)


def _lines(text: str, width: int) -> list[str]:
    lines, line, used = [], "", 0
    for part in re.findall(r"[^\W\d_⺀-鿿가-힣]+[^\S\n]?|\d[\d.,%‰–-]*|.", text):
        size = text_width(part)
        # A closing mark never begins a line.
        if line and used + size > width and part not in "，。、；：）”》%‰),.;:!?":
            lines.append(line.rstrip())
            line, used = "", 0
        if line or part.strip():
            line, used = line + part, used + size
    return [*lines, line.rstrip()]
