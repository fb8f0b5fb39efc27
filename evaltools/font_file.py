"""Where the Chinese font lies that comes with the package zhplot (Noto Sans SC, SIL Open Font License 1.1)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def bundled_font() -> Path | None:
    """Return the font file that the package zhplot carries, or None.

    zhplot is looked up, not imported: importing it would change matplotlib's settings for everybody.
    """
    try:
        spec = find_spec("zhplot")
    except ValueError:
        return None
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "fonts" / "NotoSansSC-Regular.ttf"
        if path.is_file():
            return path
    return None
