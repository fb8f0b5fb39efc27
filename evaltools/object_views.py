"""What a dataset, a standard or a region's figures show of themselves in JupyterLab and at the prompt.

Columns and rows are called as in Python, so that what is read can be typed: a dataset lists `data.facts` and the
others with their size, a standard its lines.
"""

from __future__ import annotations

from dataclasses import fields
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from evaltools.datasets import Data
    from evaltools.regions import RegionFigures
    from evaltools.standards import Standard


def data_text(data: Data) -> str:
    """Return a dataset in a line: which part of it, at which stage, how much."""
    return f"<Data {_of_data(data)}; {len(data.facts)} facts>"


def data_html(data: Data) -> str:
    """Return a dataset as its title and a table of its tables: name, rows, columns."""
    lang = data.meta.language
    title = getattr(data.meta, f"title_{lang}") or data.meta.name
    place = f" · {data.area_name(data.area, lang)}" if data.area else ""
    return _head(f"{title}{place}", _of_data(data)) + _table(_frames(data))


def standard_text(standard: Standard) -> str:
    """Return a standard in a line."""
    return f"<Standard {_of_standard(standard)}>"


def standard_html(standard: Standard) -> str:
    """Return a standard as its names and a table of its lines."""
    rows = [
        {
            "section": section.id,
            "line": line.id,
            "name_zh": line.name_zh,
            "name_en": line.name_en,
            "indicator": line.indicator,
            "rule": line.rule,
            "points": str(line.points),
        }
        for section, line in standard.lines
    ]
    return _head(f"{standard.name_zh} · {standard.name_en}", _of_standard(standard)) + _table(pd.DataFrame(rows))


def figures_text(figures: RegionFigures) -> str:
    """Return a region's figures in a line: the size of each table."""
    sizes = (f"{name} {rows}" for name, rows in _frames(figures)[["attribute", "rows"]].to_numpy())
    return f"<RegionFigures {', '.join(sizes)}>"


def figures_html(figures: RegionFigures) -> str:
    """Return a region's figures as a table of its tables."""
    return _table(_frames(figures))


def _of_data(data: Data) -> str:
    parts = [data.meta.name, f"area {data.area}" if data.area else "all areas", f"stage {data.stage}"]
    if data.standard is not None:
        parts.append(f"standard {data.standard.id}")
    return ", ".join(parts)


def _of_standard(standard: Standard) -> str:
    grades = ", ".join(f"{grade.id} from {grade.start}" for grade in standard.grades)
    lines = f"{standard.id}: {len(standard.sections)} sections, {len(standard.lines)} lines, {standard.total} points"
    return f"{lines}; {grades}" if grades else lines


def _frames(of: Any) -> pd.DataFrame:
    """Return attribute, rows and columns of every table an object has."""
    frames = {field.name: getattr(of, field.name) for field in fields(of)}
    rows = [
        {"attribute": name, "rows": len(frame), "columns": ", ".join(map(str, frame.columns))}
        for name, frame in frames.items()
        if isinstance(frame, pd.DataFrame)
    ]
    return pd.DataFrame(rows, columns=["attribute", "rows", "columns"])


def _head(title: str, about: str) -> str:
    return f"<p><strong>{escape(title)}</strong><br>{escape(about)}</p>"


def _table(frame: pd.DataFrame) -> str:
    """Return a table as pandas shows one in JupyterLab, whole: nothing of a standard is left out."""
    with pd.option_context("display.max_colwidth", None):
        return str(frame.to_html(index=False, border=0, max_rows=None))
