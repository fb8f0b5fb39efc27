"""The letter to a county: what was evaluated, the result, the main problems, what to put right and by when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from evaltools.page_parts import Figure, Heading, KeyFigures, Note, Part, Table, Text
from evaltools.word_file import WordFile
from evaltools.word_report import add
from evaltools.word_styles import ADDRESS, SIGNATURE, STRONG_NOTE
from evaltools.wording import word

if TYPE_CHECKING:
    from evaltools.site import PageContext

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "scope": ("county.section_basics",),
    "results": ("report.section_summary",),
    "problems": ("county.section_problems",),
    "requirements": ("county.section_actions",),
}
"""Parts of the letter, and the sections of the county's report that each is made of."""

ANNEXES = ("sections", "score_lines", "problems")
"""Tables of the report that go with the letter."""

IN_TEXT = ("actions",)
"""Tables that stand in the letter itself."""


def letter(parts: Iterable[Part], about: PageContext, place: str) -> bytes:
    """Return the letter to a county as a .docx, made from the parts of its report.

    place: the county's name. What only the evaluating body knows (number, dates, seal) is left to be filled in. The
    same report gives the same bytes.
    """
    parts, lang = list(parts), about.lang
    sections = _by_section(parts)
    period = about.period_label
    title = word("documents.letter_title", lang, area=place, period=period)
    file = WordFile(lang, title)
    file.paragraph(title, "Title")
    file.paragraph(word("documents.letter_number", lang), "Subtitle")
    if about.notice:
        file.paragraph(about.notice, STRONG_NOTE)
    file.paragraph(word("documents.letter_to", lang, area=place), ADDRESS)
    key = "documents.letter_open" if about.standard_title else "documents.letter_open_unscored"
    stage = word(f"terms.stage_{about.stage}", lang)
    file.paragraph(word(key, lang, area=place, period=period, stage=stage, standard=about.standard_title))
    number = 0
    for name, titles in SECTIONS.items():
        found = [part for title in titles for part in sections.get(word(title, lang), [])]
        if not found:
            continue
        file.heading(word(f"documents.letter_{name}", lang), 1)
        for part in found:
            if isinstance(part, Table):
                number += 1
                part = replace(part, label=word("page.table", lang, n=number))
            add(file, part)
        if name == "requirements":
            file.paragraph(word("documents.letter_deadline", lang))
            file.paragraph(word("documents.letter_appeal", lang))
    tables = {part.name: part for part in parts if isinstance(part, Table)}
    annexes = [tables[name] for name in ANNEXES if name in tables]
    if annexes:
        _list(file, annexes)
    for line in ("letter_sign", "letter_date"):
        file.paragraph(word(f"documents.{line}", lang), SIGNATURE)
    for position, table in enumerate(annexes, start=1):
        heading = word("documents.letter_annex", lang, n=position, caption=table.caption)
        groups = dict(table.groups)
        file.table(None, table.head, table.numeric, table.rows, groups, table.emphasis, annex=heading)
    return file.written()


def _by_section(parts: list[Part]) -> dict[str, list[Part]]:
    """Return what stands in each section, without charts, other tables and remarks on method."""
    found: dict[str, list[Part]] = {}
    title = ""
    for part in parts:
        if isinstance(part, Heading):
            title = part.title if part.level == 2 else ""
        elif isinstance(part, Figure) or (isinstance(part, Table) and part.name not in IN_TEXT):
            continue
        elif isinstance(part, (Text, KeyFigures, Table)) or not isinstance(part, Note) or part.strong:
            found.setdefault(title, []).append(part)
    return found


def _list(file: WordFile, annexes: list[Table]) -> None:
    lang = file.lang
    names = [
        word("documents.letter_annex_name", lang, n=number, caption=table.caption)
        for number, table in enumerate(annexes, start=1)
    ]
    joint = "；" if lang == "zh" else "; "
    file.paragraph(word("documents.letter_annexes", lang, names=joint.join(names)))
