"""The score sheet as a workbook with live formulas: a county changes a figure, and its score is worked out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from openpyxl import Workbook

from evaltools import periods
from evaltools import template_cells as cells
from evaltools.score_lines_sheet import LinesSheet
from evaltools.score_sheet import ScoreSheet, score_sheet
from evaltools.unit_weights import unit_weights
from evaltools.views import names_of

if TYPE_CHECKING:
    from evaltools.datasets import Data
    from evaltools.regions import RegionFigures


def region_workbook(region: RegionFigures, data: Data, area: str, period: str, lang: str) -> bytes:
    """Return the score sheet of an area, of a dataset with a standard and the figures of its region."""
    if data.standard is None:
        raise ValueError("there is no score sheet without a standard")
    return score_workbook(
        region.points,
        region.totals,
        data,
        area,
        period,
        lang,
        region.indicators,
        benchmark=region.benchmark,
        weights=unit_weights(data, data.standard, periods.every(period)),
    )


def score_workbook(
    points: pd.DataFrame,
    totals: pd.DataFrame,
    data: Data,
    area: str,
    period: str,
    lang: str,
    ind: pd.DataFrame,
    *,
    benchmark: pd.DataFrame | None = None,
    weights: pd.DataFrame | None = None,
    unit: str = "",
) -> bytes:
    """Return the score sheet of an area, or of one of its units, as the bytes of an xlsx file.

    points and totals: of `ev.score` and `ev.totals` with the dataset's standard; ind, benchmark, weights: what was
    scored. See `score_sheet.score_sheet`. The same input gives the same bytes.
    """
    if data.standard is None:
        raise ValueError("there is no score sheet without a standard")
    own = data.units[data.units["area"] == area]
    units = dict(zip(own["unit"], own[f"name_{lang}"], strict=True))
    name = units.get(unit, unit) if unit else data.area_name(area, lang)
    sheet = score_sheet(
        points,
        totals,
        data.standard,
        (period, area, unit),
        lang,
        ind,
        name=name,
        names=dict(names_of(data, lang)),
        unit_names=units,
        judgements=data.judgements,
        benchmark=benchmark,
        weights=weights,
    )
    return workbook(sheet)


def workbook(sheet: ScoreSheet) -> bytes:
    """Return the file of a score sheet."""
    book = Workbook()
    LinesSheet(book, sheet).write()
    book.properties.title = cells.clean(sheet.name)
    book.properties.creator = "evaltools"
    return cells.save(book)
