"""The workbook that is handed out to a county: instructions, a sheet a family, and a page to sign and stamp."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook

from evaltools import template_cells as cells
from evaltools.datasets import Data
from evaltools.template_content import Form, forms
from evaltools.template_lines import family_name
from evaltools.template_pages import HIDDEN, write_annex, write_confirmation, write_guide, write_hidden
from evaltools.template_sheets import DataSheet
from evaltools.wording import check_language, word


def write_template(data: Data, area: str, period: str, path: Path, lang: str, units_in_rows: bool = False) -> None:
    """Write the workbook in which an area reports a period.

    data: from `ev.load`, best of the whole dataset. period: any of the data model; a cumulative return of January to
    June is the period `2024-01/2024-06`. units_in_rows: institutions in rows and items in columns, not the reverse.
    Raises InputError for an unknown area or period, or if nothing is asked.
    """
    check_language(lang)
    for form in forms(data, [area], period, lang):
        cells.write(path, workbook(form, units_in_rows))


def workbook(form: Form, units_in_rows: bool = False) -> bytes:
    """Return the file of a return that is handed out; the same form gives the same bytes."""
    book = Workbook()
    guide = book.worksheets[0]
    lang = form.lang
    wanted = [word("template.guide", lang), *(family_name(family, lang) for family in form.families)]
    wanted += [word(f"template.{key}", lang) for key in ("confirmation", "annex")]
    guide.title, *titles, confirmation, annex = cells.sheet_names(wanted, [HIDDEN])
    names = dict(zip(form.families, titles, strict=True))
    placed = {
        family: DataSheet(book.create_sheet(name), form, family, units_in_rows).write()
        for family, name in names.items()
    }
    write_guide(guide, form, names, [confirmation, annex])
    write_confirmation(book.create_sheet(confirmation), form, placed, annex)
    write_annex(book.create_sheet(annex), form, placed)
    write_hidden(book.create_sheet(HIDDEN), form)
    book.active = 0
    # a workbook without stored results shows its totals only if they are computed when it is opened
    book.calculation.fullCalcOnLoad = True
    book.properties.title = cells.clean(word("template.title", lang, area=form.name, period=form.period))
    book.properties.creator = "evaltools"
    return cells.save(book)
