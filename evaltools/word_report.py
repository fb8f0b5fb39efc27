"""A page as a Word file to edit, print and forward: real headings, tables, captions and pictures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from evaltools.page_parts import Figure, Heading, KeyFigures, Note, Part, Table, Text, Written
from evaltools.word_file import WordFile
from evaltools.word_styles import BY_HAND, BY_HAND_TITLE, NOTE, STRONG_NOTE, numbers_itself
from evaltools.wording import word

if TYPE_CHECKING:
    from evaltools.site import PageContext


def report(parts: Iterable[Part], about: PageContext) -> bytes:
    """Return a page as a .docx: its parts in their order, under its title and before what it was made from.

    Sections are Heading 1, parts of them Heading 2, numbered unless their titles bring numbers along. The same page
    gives the same bytes.
    """
    parts = list(parts)
    titles = [part.title for part in parts if isinstance(part, Heading)]
    file = WordFile(about.lang, about.title, numbered=not numbers_itself(titles))
    file.paragraph(about.title, "Title")
    file.paragraph("　".join(facts(about)) if about.lang == "zh" else "  ·  ".join(facts(about)), "Subtitle")
    if about.notice:
        file.paragraph(about.notice, STRONG_NOTE)
    for part in parts:
        add(file, part)
    file.heading(word("documents.about", about.lang), 1)
    for text in sources(about):
        file.paragraph(text, NOTE)
    return file.written()


def add(file: WordFile, part: Part) -> None:
    """Add one part of a page to a document."""
    lang = file.lang
    if isinstance(part, Heading):
        file.heading(part.title, part.level - 1)
    elif isinstance(part, Text):
        # a Chinese report sets its points as paragraphs
        style = "List Bullet" if lang == "en" and len(part.sentences) > 1 else "Normal"
        for sentence in part.sentences:
            file.paragraph(sentence, style)
    elif isinstance(part, Note):
        for sentence in part.sentences:
            file.paragraph(sentence, STRONG_NOTE if part.strong else NOTE)
    elif isinstance(part, KeyFigures):
        if part.figures:
            file.key_figures(part.figures)
    elif isinstance(part, Written):
        written(file, part)
    elif isinstance(part, Table):
        file.table(
            ("table", part.label, part.caption), part.head, part.numeric, part.rows, dict(part.groups), part.emphasis
        )
    elif isinstance(part, Figure):
        file.picture(part.svg, part.label, part.alt)
        file.caption("figure", part.label, part.caption, keep=False)


def written(file: WordFile, part: Written) -> None:
    """Add what a person wrote, marked as theirs."""
    file.paragraph(part.title, BY_HAND_TITLE)
    for block in part.blocks:
        if block.kind == "numbers":
            file.numbered(block.items, block.start, BY_HAND)
        for item in block.items if block.kind != "numbers" else ():
            file.paragraph(f"• {item}" if block.kind == "bullets" else item, BY_HAND)


def facts(about: PageContext) -> list[str]:
    """Return what a document is about, each as term and text: period, stage, standard, audience."""
    lang = about.lang
    stage = word(f"terms.stage_{about.stage}", lang) if about.stage else ""
    found = [
        ("period", about.period_label),
        ("stage", stage),
        ("standard", about.standard_title or word("page.no_standard", lang)),
        ("audience", word(f"terms.audience_{about.audience}", lang)),
    ]
    return [word("documents.fact", lang, term=word(f"page.{name}", lang), text=text) for name, text in found if text]


def sources(about: PageContext) -> list[str]:
    """Return where a document comes from: source, licence, notebook, version of the data, how to open it again."""
    named = ("source", "licence", "notebook", "parameters", "data_version")
    found = [(word(f"page.{name}", about.lang), getattr(about, name)) for name in named]
    if about.command:
        found.append((word("page.reopen", about.lang), about.command))
    told = [word("documents.fact", about.lang, term=term, text=text) for term, text in found if text]
    return [*told, word("documents.made_with", about.lang)]
