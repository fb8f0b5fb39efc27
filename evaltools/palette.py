"""The named colours of charts and pages: one place, so that both say the same thing with the same colour.

`better` and `worse` are blue and a dark vermilion (after Okabe and Ito, 2008), which stay apart in the common
forms of colour blindness; everywhere they are used a sign or a word says the same. Colours of text reach a contrast
of 4.5 to 1 on white (WCAG 2.2, level AA).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

PALETTE: Final = MappingProxyType(
    {
        "ink": "#1c2430",
        "muted": "#566270",
        "line": "#d6dce3",
        "wash": "#f3f6f8",
        "accent": "#155e75",
        "accent-wash": "#e6f0f3",
        "better": "#0063a6",
        "worse": "#b3400f",
        "neutral": "#6b7480",
        "target": "#8a5a00",
        "band": "#cfdde3",
        "notice": "#fdf4e3",
        "paper": "#ffffff",
    }
)
"""Name -> colour; in CSS the same name after `--ev-`."""


def css() -> str:
    """Return the colours as custom properties of a stylesheet."""
    return ":root{" + "".join(f"--ev-{name}:{colour};" for name, colour in PALETTE.items()) + "}"
