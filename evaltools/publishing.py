"""The one gate through which a notebook shows anything to a reader.

Every call displays one output with two forms: an HTML fragment, and the same as data (`MIME`) by which the page is
made: only outputs that carry it are published.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaltools import palette
from evaltools.html_tables import column_css, table_forms
from evaltools.wording import check_language, text_width, word

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from nbformat import NotebookNode

    from evaltools.datasets import Data

MIME = "application/vnd.evaltools.v1+json"
AUDIENCES = ("internal", "public")
_NAME = re.compile(r"[a-z0-9_]+")
_ZIP = b"PK\x03\x04"


def admitted(frame: pd.DataFrame, audience: str, data: Data | None) -> pd.DataFrame:
    """Return what an audience may see of a table: the place where its rules apply.

    `internal` sees everything. `public` sees figures after disclosure control (`audiences`), which is done before;
    what still holds a small count of people is refused here. Raises ValueError for that, for an audience without
    rules, and for `public` without the dataset, lest something slips through.
    """
    if audience not in AUDIENCES:
        raise ValueError(f"no rules for the audience {audience!r}; there are: {', '.join(AUDIENCES)}")
    if audience == "public":
        if data is None:
            raise ValueError("for the audience 'public' the dataset must be given: Publish(lang, audience, data)")
        from evaltools.audiences import refuse_small

        refuse_small(frame, data)
    return frame


@cache
def content_css() -> str:
    """Return the style of the fragments, the same in JupyterLab and on a page."""
    path = files("evaltools") / "templates" / "report" / "content.css"
    return palette.css() + path.read_text(encoding="utf-8") + column_css()


def shown_parts(notebook: NotebookNode) -> list[dict[str, Any]]:
    """Return the data of all that an executed notebook showed through the gate, in its order."""
    return [
        output["data"][MIME]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "display_data" and MIME in output["data"]
    ]


class Publish:
    """Shows titles, sentences, key figures, tables, figures and workbooks in the reader's language.

    `data` gives the rules of an audience what they need to know about the items. Tables and figures are numbered in
    the order they are first shown; a name shown again keeps its number, so a cell can be run again in JupyterLab.
    """

    def __init__(self, lang: str = "zh", audience: str = "internal", data: Data | None = None) -> None:
        check_language(lang)
        admitted(pd.DataFrame(), audience, data)
        self.lang = lang
        self.audience = audience
        self.data = data
        self._numbers: dict[str, list[str]] = {"table": [], "figure": []}
        self._styled = False
        self._told = audience == "internal"

    def findings(self, found: pd.DataFrame) -> pd.DataFrame:
        """Return findings of `ev.check` as the audience may read them: the public no raw figures about people."""
        if self.audience == "internal" or self.data is None:
            return found
        from evaltools.audiences import public_findings

        return public_findings(found, self.data)

    def adjustments(self, changed: pd.DataFrame) -> pd.DataFrame:
        """Return rows of `quality_views.adjusted` as the audience may read them."""
        if self.audience == "internal" or self.data is None:
            return changed
        from evaltools.audiences import public_adjustments

        return public_adjustments(changed, self.data, self.lang)

    def section(self, title: str, level: int = 2) -> None:
        """Show a heading: level 2 for a section, 3 for a part of one; both go into the table of contents."""
        if level not in (2, 3):
            raise ValueError(f"level is 2 or 3; found {level!r}")
        html = f"<h{level}>{escape(_given(title, 'title'))}</h{level}>"
        self._show(html, {"kind": "section", "title": title, "level": level})
        if not self._told and self.data is not None:
            from evaltools.audiences import notice

            self._told = True
            self.note(notice(self.data, self.lang))

    def text(self, content: str | Iterable[str]) -> None:
        """Show a sentence or more: a text as a paragraph, a list of texts as a bullet list."""
        sentences = _sentences(content)
        self._show(_prose(content, sentences), {"kind": "text", "sentences": sentences})

    def note(self, content: str | Iterable[str], *, strong: bool = False) -> None:
        """Show a note about method or limits; `strong` for what has to be known before any number is read."""
        sentences = _sentences(content)
        kind = "ev-note ev-strong" if strong else "ev-note"
        html = f'<div class="{kind}" role="note">{_prose(content, sentences)}</div>'
        self._show(html, {"kind": "note", "sentences": sentences, "strong": strong})

    def written(self, text: str, slot: str) -> None:
        """Show what a person wrote for a slot (`remarks`), marked as theirs; nothing where nothing was written.

        Nobody has looked through it for numbers about few people: the public is told that there is something and
        sees none of it. Raises WordError for a slot that does not exist.
        """
        from evaltools import remarks

        name, parts = remarks.name_of(slot, self.lang), remarks.blocks(text)
        if not parts:
            return
        if self.audience == "public":
            self.note(word("remarks.withheld", self.lang, slot=name))
            return
        title = word("remarks.by_hand", self.lang, slot=name)
        html = f'<div class="ev-written"><p class="ev-by">{escape(title)}</p>{remarks.html(parts)}</div>'
        blocks = [{"kind": part.kind, "items": list(part.items), "start": part.start} for part in parts]
        sentences = [item for part in parts for item in part.items]
        data = {"kind": "written", "slot": slot, "title": title, "sentences": sentences, "blocks": blocks}
        self._show(html, data)

    def key_figures(self, figures: Iterable[tuple[str, str, str]]) -> None:
        """Show the few figures that matter, each as (label, value, detail), already in the reader's format."""
        rows = [[str(part) for part in figure] for figure in figures]
        html = "".join(
            f"<div><dt>{escape(label)}</dt><dd>{_large(value)}"
            + (f"<span>{escape(detail)}</span>" if detail else "")
            + "</dd></div>"
            for label, value, detail in rows
        )
        self._show(f'<dl class="ev-key">{html}</dl>', {"kind": "key_figures", "figures": rows})

    def table(
        self,
        frame: pd.DataFrame,
        name: str,
        caption: str,
        columns: Mapping[str, tuple[str, str]],
        *,
        group: str = "",
        row_header: str = "",
        link: Mapping[str, str] | None = None,
        emphasis: str = "",
        explore: bool = False,
        choose: str = "",
        most: int = 0,
    ) -> None:
        """Show a table, and publish the whole frame, unrounded, as the file `tables/<name>.csv`.

        `columns` maps the columns to show to (header, format); formats are those of `html_tables.FORMATS`. The file
        has every column of the frame (but not `emphasis`), so numerator and denominator travel with a rate. Column
        names are ASCII and the same in every language. `group`, `row_header`, `link` and `emphasis` are explained at
        `html_tables.table_forms`; `explore` lets readers search, sort and pick rows, `choose` is a column of few values
        among which they may choose too. Of more than `most` rows (0: all) only the first are shown, which the caption
        says; the file has them all. Raises ValueError for a name, column or format that cannot be used.
        """
        label = self._label("table", name, caption)
        if explore and group:
            raise ValueError(f"table {name!r}: rows that stand in groups cannot be sorted; leave out group or explore")
        needed = {*columns, *filter(None, (group, row_header, emphasis, choose)), *(link or {}).values()}
        if unknown := sorted(needed - set(frame.columns)):
            raise ValueError(f"table {name!r}: no such columns: {', '.join(unknown)}")
        file = admitted(frame, self.audience, self.data)
        if most and len(file) > most:
            caption = word("page.cut", self.lang, caption=caption, n=len(file), most=most)
        markup, shown = table_forms(
            file.head(most) if most else file,
            columns,
            self.lang,
            caption=_caption(label, caption, self.lang),
            group=group,
            row_header=row_header,
            link=link,
            emphasis=emphasis,
        )
        file = file.drop(columns=[emphasis] if emphasis else [])
        if bad := [str(column) for column in file.columns if not _NAME.fullmatch(str(column))]:
            raise ValueError(f"table {name!r}: column names are a-z, 0-9 and _; found: {', '.join(bad)}")
        box = self._tools(list(columns).index(choose) if choose else -1) if explore else ""
        html = f'<div class="ev-table" id="table-{name}">{box}{self._scroll(label, markup)}</div>'
        csv = file.to_csv(index=False, lineterminator="\n")
        data = {"kind": "table", "name": name, "label": label, "caption": caption, "csv": csv, "explore": explore}
        asked = [[column, header, form] for column, (header, form) in columns.items()]
        self._show(html, data | {"shown": shown, "columns": asked})

    def figure(self, figure: Figure, name: str, caption: str, alt: str) -> None:
        """Show a matplotlib figure; `alt` says in words what is to be seen in it."""
        from evaltools.chart_theme import svg  # matplotlib is slow to import

        label = self._label("figure", name, caption)
        _given(alt, f"figure {name!r}: alt")
        drawing = svg(figure, name, alt)
        html = (
            f'<figure class="ev-figure" id="figure-{name}">{self._scroll(label, drawing)}'
            f"<figcaption>{_caption(label, caption, self.lang)}</figcaption></figure>"
        )
        data = {"kind": "figure", "name": name, "label": label, "caption": caption, "alt": alt, "svg": drawing}
        self._show(html, data)

    def workbook(self, content: bytes, name: str, caption: str) -> None:
        """Offer an Excel workbook, published as the file `tables/<name>.xlsx`; `caption` says what it is.

        A workbook holds counts, which no disclosure control has seen: the public is told so and gets none. Raises
        ValueError for a name that cannot be used, and for what is no xlsx file.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"the name of a workbook is a-z, 0-9 and _; found {name!r}")
        _given(caption, f"workbook {name!r}: caption")
        if not content.startswith(_ZIP):
            raise ValueError(f"workbook {name!r}: no content of an xlsx file")
        if self.audience == "public":
            self.note(word("page.workbook_withheld", self.lang, caption=caption))
            return
        html = f'<p id="workbook-{name}">{escape(caption)}</p>'
        xlsx = b64encode(content).decode("ascii")
        self._show(html, {"kind": "workbook", "name": name, "caption": caption, "xlsx": xlsx})

    def _label(self, kind: str, name: str, caption: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(f"the name of a {kind} is a-z, 0-9 and _; found {name!r}")
        _given(caption, f"{kind} {name!r}: caption")
        names = self._numbers[kind]
        if name not in names:
            names.append(name)
        return word(f"page.{kind}", self.lang, n=names.index(name) + 1)

    def _scroll(self, label: str, inside: str) -> str:
        title = escape(word("page.scroll", self.lang, label=label))
        return f'<div class="ev-scroll" role="region" aria-label="{title}" tabindex="0">{inside}</div>'

    def _tools(self, choose: int) -> str:
        """Return the tools above a table, which the page's script fills and shows; `choose`: number of a column."""
        names = ("search", "none", "count", "all", "sort", "hint", "pick", "picked", "unpick")
        texts = "".join(f' data-{name}="{escape(word(f"explore.{name}", self.lang))}"' for name in names)
        return f'<div class="ev-tools" role="search" data-choose="{choose}"{texts} hidden></div>'

    def _show(self, html: str, data: dict[str, Any]) -> None:
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is None:
            # Outside a notebook nobody can see HTML; say at least what would be shown.
            print(f"[{data['kind']}] {data.get('title') or data.get('caption') or data.get('sentences') or ''}")
            return
        if not self._styled:
            # JupyterLab styles tables and lists of its own; an id in the selector outweighs it.
            css = re.sub(r"\.ev(?=[ {])", ":is(.ev,#ev)", content_css())
            style = {"text/html": f"<style>{css}</style>", MIME: {"kind": "style"}}
            display(style, raw=True)  # type: ignore[no-untyped-call]
            self._styled = True
        html = f'<div class="ev">{html}</div>'
        display({"text/html": html, MIME: data}, raw=True)  # type: ignore[no-untyped-call]


def _large(value: str) -> str:
    # A name where a number is expected is set smaller, so that it does not fill the page.
    size = ' class="ev-name"' if text_width(value) > 12 else ""
    return f"<strong{size}>{escape(value)}</strong>"


def _given(text: str, what: str) -> str:
    if not text.strip():
        raise ValueError(f"{what} must not be empty")
    return text


def _sentences(content: str | Iterable[str]) -> list[str]:
    return [content] if isinstance(content, str) else [str(sentence) for sentence in content]


def _prose(content: str | Iterable[str], sentences: list[str]) -> str:
    if isinstance(content, str):
        return f"<p>{escape(content)}</p>"
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"


def _caption(label: str, caption: str, lang: str) -> str:
    return f"<span>{escape(word('page.caption', lang, label=label, text=caption))}</span>"
