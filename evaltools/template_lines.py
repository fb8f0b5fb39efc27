"""The rows and columns of a sheet of data: what each is about, by its hidden code and as its reader sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evaltools.tables import each_row
from evaltools.template_content import Form
from evaltools.wording import topic, word

_LONGEST_NOTE = 4


@dataclass(frozen=True)
class Line:
    """A row or a column of figures: what it is about, as its hidden code and as its reader sees it."""

    kind: str
    code: str
    name: str
    measure: str = ""
    note: str = ""
    adds: bool = True
    """Whether the figures of institutions add up."""


def sides(one: Line, other: Line) -> tuple[Line, Line]:
    """Return the line of the item, then that of the unit."""
    return (other, one) if one.kind == "unit" else (one, other)


def asked(item: Line, unit: Line) -> str:
    """Return what is wanted in a cell: "unit" or "area" a figure, "total" the sum of the units, "" nothing."""
    if unit.code:
        return "unit" if item.kind in ("item", "both") else ""
    return "area" if item.kind in ("area", "both") else "total" if item.adds else ""


def lines_of(form: Form, family: str) -> tuple[list[Line], list[Line]]:
    """Return the items of a family and the places they are asked of, the area first."""
    rows = form.items[form.items["family"] == family]
    items = [
        Line(
            row.level,
            row.item,
            getattr(row, f"name_{form.lang}"),
            measure_of(row.measure, form.lang),
            note(form, row),
            row.over_units == "sum",
        )
        for row in each_row(rows)
    ]
    split = bool((rows["level"] != "area").any())
    whole = word("template.head_total", form.lang, area=form.name) if split else form.name
    units = [Line("unit", "", whole)]
    if split:
        named = ((row.unit, getattr(row, f"name_{form.lang}") or row.name_zh) for row in each_row(form.units))
        units += [Line("unit", code, name) for code, name in named]
    return items, units


def measure_of(measure: str, lang: str) -> str:
    """Return a measure as a word of the language; itself where there is none."""
    for name in ("template", "terms"):
        if f"measure_{measure}" in topic(name):
            return word(f"{name}.measure_{measure}", lang)
    return measure


def note(form: Form, row: Any) -> str:
    """Return what explains an item: its other names, what kind of number it is, and the indicators it serves."""
    lang, said = form.lang, []
    if names := [name for name in row.synonyms.split(";") if name]:
        said.append(word("template.note_synonyms", lang, names=word("template.comma", lang).join(names)))
    if row.over_time != "none":
        said.append(word(f"template.note_over_time_{row.over_time}", lang))
    if row.over_units == "none":
        said.append(word("template.note_over_units_none", lang))
    used = form.uses.get(row.item, [])
    for indicator, part, definition in used[:_LONGEST_NOTE]:
        said.append(word(f"template.note_used_{part}", lang, indicator=indicator) + f" {definition}".rstrip())
    if len(used) > _LONGEST_NOTE:
        said.append(word("template.note_more", lang, n=len(used) - _LONGEST_NOTE))
    return "\n".join(said)


def family_name(family: str, lang: str) -> str:
    """Return the name of a family; its identifier where there is no word for it."""
    return word(f"families.{family}", lang) if family in topic("families") else family
