"""From an executed notebook to its page, its tables and a notebook to run again; pure, and the same byte for byte."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import as_file, files
from typing import Any

from nbconvert import HTMLExporter, TemplateExporter
from nbformat import NotebookNode, v4

from evaltools.page_font import characters, font_face
from evaltools.publishing import MIME, content_css, shown_parts
from evaltools.tidying import clean, without_paths
from evaltools.wording import check_language, word

__all__ = ["PageContext", "PageError", "RenderedPage", "clean", "failure", "render"]

_LINK = re.compile(r'<a data-area="([^"]*)" href="([^"]*)">(.*?)</a>', re.DOTALL)
_HTML_LANG = {"zh": "zh-CN", "en": "en"}
_WORDS = (
    "skip", "pages", "years", "contents", "source", "licence", "notebook", "notebook_link", "parameters",
    "data_version", "reopen", "made_with",
    "failure_title", "failure_reason", "failure_cell", "failure_next",
)  # fmt: skip


class PageError(ValueError):
    """What a notebook published cannot be made into a page."""


@dataclass(frozen=True)
class PageContext:
    """What a page says around its content. Links are relative to the page, so it opens from a folder or a stick.

    `links` are (href, text, whether it is this page), `years` the same of this page for other periods; `tables` and
    `areas` are the folders, ending in a slash or empty, where the page finds its CSV files and workbooks and the areas'
    reports. `notebook`, `parameters` (as NAME=VALUE), `data_version` and `command` name the state that the page shows,
    and how to open it again.
    """

    lang: str
    title: str
    subtitle: str = ""
    dataset_title: str = ""
    notice: str = ""
    period_label: str = ""
    stage: str = ""
    standard_title: str = ""
    audience: str = "internal"
    source: str = ""
    licence: str = ""
    links: tuple[tuple[str, str, bool], ...] = ()
    years: tuple[tuple[str, str, bool], ...] = ()
    notebook: str = ""
    notebook_href: str = ""
    parameters: str = ""
    data_version: str = ""
    command: str = ""
    tables: str = "tables/"
    areas: str = ""


@dataclass(frozen=True)
class RenderedPage:
    """A page, the CSV text of its tables by name (no byte order mark), the notebook behind it, cleaned, and its
    workbooks by name."""

    html: str
    tables: dict[str, str]
    notebook: NotebookNode
    workbooks: dict[str, bytes] = field(default_factory=dict)


def render(notebook: NotebookNode, context: PageContext, area_states: Mapping[str, str] | None = None) -> RenderedPage:
    """Return the page of an executed notebook: only what came through the gate, in its order.

    `area_states` says of each area whether its report is there: a link to an area is kept when `ok`, marked when
    `failed`, and plain text when `absent` or not listed; without `area_states` links stay as they are. Raises
    PageError when two tables, figures or workbooks have one name or a part stands before the first section.
    """
    published = shown_parts(notebook)
    tables: dict[str, str] = {}
    workbooks: dict[str, bytes] = {}
    figures: set[str] = set()
    known = {"table": tables, "figure": figures, "workbook": workbooks}
    for data in published:
        if data["kind"] in known:
            if data["name"] in known[data["kind"]]:
                raise PageError(f"the {data['kind']} {data['name']!r} is published twice; give one another name")
            if data["kind"] == "table":
                tables[data["name"]] = data["csv"]
            elif data["kind"] == "workbook":
                workbooks[data["name"]] = b64decode(data["xlsx"])
            else:
                figures.add(data["name"])
    explored = any(data.get("explore") for data in published)
    page = _page(context, contents=_contents(published), explored=explored)
    sections = iter(range(1, len(published) + 1))

    def fragment(data: Mapping[str, Any]) -> str:
        if MIME not in data or data[MIME]["kind"] == "style":
            return ""
        kind, html = data[MIME]["kind"], str(data["text/html"])
        if kind == "section":
            level = data[MIME]["level"]
            name = "part" if level == 3 else "section"
            html = html.replace(f"<h{level}>", f'<h{level} id="s{next(sections)}">', 1)
        else:
            name = kind
        if kind == "table":
            html = _with_areas(html, context, area_states) + _download(data[MIME], context)
        if kind == "workbook":
            html += _download_workbook(data[MIME], context)
        return html.replace('<div class="ev">', f'<div class="ev ev-is-{name}">', 1) + "\n"

    html = _convert(notebook, page | {"fragment": fragment})
    return RenderedPage(html, tables, clean(notebook), workbooks)


def failure(context: PageContext, notebook_title: str, cell_number: int, cell_source: str, reason: str) -> str:
    """Return the page that stands in for one that could not be made: which cell stopped, and why.

    `cell_number` counts from 1; 0 says that the notebook could not be started at all.
    """
    key = "page.failure_intro" if cell_number else "page.failure_before"
    intro = word(key, context.lang, notebook=notebook_title, cell=cell_number)
    empty = v4.new_notebook()  # type: ignore[no-untyped-call]
    told = {"intro": intro, "source": cell_source.strip("\n"), "reason": without_paths(reason).strip()}
    return _convert(empty, _page(context) | {"failure": told, "fragment": lambda data: ""})


def _contents(published: list[Any]) -> list[dict[str, Any]]:
    sections: list[dict[str, Any]] = []
    headings = [data for data in published if data["kind"] == "section"]
    for number, data in enumerate(headings, start=1):
        entry = {"id": f"s{number}", "title": data["title"], "parts": []}
        if data["level"] == 2:
            sections.append(entry)
        elif sections:
            sections[-1]["parts"].append(entry)
        else:
            raise PageError(f"the part {data['title']!r} (level 3) stands before the first section (level 2)")
    return sections


def _with_areas(html: str, context: PageContext, states: Mapping[str, str] | None) -> str:
    def link(match: re.Match[str]) -> str:
        area, href, inside = match.groups()
        state = "ok" if states is None else states.get(area, "absent")
        href = escape(context.areas) + href
        if state == "ok":
            return f'<a data-area="{area}" href="{href}">{inside}</a>'
        if state == "failed":
            mark = escape(word("page.area_failed", context.lang))
            return f'<a data-area="{area}" href="{href}">{inside}</a> <span class="ev-failed">{mark}</span>'
        return f'<span data-area="{area}">{inside}</span>'

    return _LINK.sub(link, html)


def _download(data: Mapping[str, Any], context: PageContext) -> str:
    text = escape(word("page.download", context.lang, label=data["label"]))
    kind = escape(word("page.file_kind", context.lang))
    href = escape(f"{context.tables}{data['name']}.csv")
    return f'<p class="download"><a href="{href}">{text}</a> ({kind})</p>'


def _download_workbook(data: Mapping[str, Any], context: PageContext) -> str:
    text = escape(word("page.download_workbook", context.lang, caption=data["caption"]))
    kind = escape(word("page.workbook_kind", context.lang))
    href = escape(f"{context.tables}{data['name']}.xlsx")
    return f'<p class="download"><a href="{href}">{text}</a> ({kind})</p>'


def _page(context: PageContext, contents: list[dict[str, Any]] | None = None, explored: bool = False) -> dict[str, Any]:
    check_language(context.lang)
    lang = context.lang
    standard = context.standard_title or word("page.no_standard", lang)
    facts = [
        (word("page.period", lang), context.period_label),
        (word("page.stage", lang), word(f"terms.stage_{context.stage}", lang) if context.stage else ""),
        (word("page.standard", lang), standard),
        (word("page.audience", lang), word(f"terms.audience_{context.audience}", lang)),
    ]
    style = content_css() + _part("page.css") + f"@page{{@top-left{{content:{_css_text(context.title)}}}}}"
    script = _part("table.js") if explored else ""
    policy = f"default-src 'none'; style-src '{_hash(style)}'; img-src data:; font-src data:"
    return {
        **{name: getattr(context, name) for name in (
            "title", "subtitle", "dataset_title", "notice", "source", "licence", "links", "years", "notebook",
            "notebook_href",
            "parameters", "data_version", "command",
        )},
        "html_lang": _HTML_LANG[lang],
        "facts": [(term, text) for term, text in facts if text],
        "words": {name: word(f"page.{name}", lang) for name in _WORDS},
        "contents": contents or [],
        "style": style,
        "script": script,
        "policy": policy + (f"; script-src '{_hash(script)}'" if script else ""),
        "failure": None,
    }  # fmt: skip


def _css_text(text: str) -> str:
    """Return a text as a string of a stylesheet, in which nothing but letters and digits stands as it is."""
    return '"' + "".join(char if char.isalnum() else f"\\{ord(char):06x}" for char in text) + '"'


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}"


@cache
def _part(name: str) -> str:
    return (files("evaltools") / "templates" / "report" / name).read_text(encoding="utf-8")


class _Exporter(HTMLExporter):
    """nbconvert's, without its last step, which reads the whole page again to add what ours has."""

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and what belongs to it."""
        html, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kw)
        return str(html), resources


@cache
def _exporter() -> _Exporter:
    with as_file(files("evaltools") / "templates") as folder:
        return _Exporter(  # type: ignore[no-untyped-call]
            template_name="report", extra_template_basedirs=[str(folder)]
        )


def _convert(notebook: NotebookNode, page: dict[str, Any]) -> str:
    html, _ = _exporter().from_notebook_node(notebook, resources={"evaltools": page})
    return _with_font(html)


def _with_font(html: str) -> str:
    """Embed the characters of a page, as a second style that the policy allows; both stand before any content."""
    face = font_face(characters(html))
    if not face:
        return html
    html = html.replace("style-src '", f"style-src '{_hash(face)}' '", 1)
    return html.replace("</style>", f"</style>\n<style>{face}</style>", 1)
