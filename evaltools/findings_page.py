"""The page of findings to send back: one file, opened without a network, printed on A4 and signed."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import pandas as pd
from jinja2 import Environment

from evaltools import periods, wording
from evaltools.cell_marks import addresses
from evaltools.finding_kinds import kinds_of
from evaltools.problems import LEVELS, file_of, where_in
from evaltools.publishing import content_css
from evaltools.tables import each_row
from evaltools.wording import check_language, word

FIRST = 3
"""Findings that are named on top, as those to mend first."""

_WORDS = (
    "page_title", "internal", "of_periods", "nothing", "how_page", "first", "overview", "group", "number", "level",
    "place", "sentence", "evidence", "answer", "likely", "colon", "sign", "page_footer",
)  # fmt: skip
_SIGNATURES = ("sign_unit", "sign_filler", "sign_reviewer", "sign_head", "sign_phone", "sign_date")


def findings_html(
    found: pd.DataFrame, title: str, lang: str = "zh", names: Mapping[str, str] | None = None, notice: str = ""
) -> str:
    """Return findings (columns of `problems.COLUMNS`, the one to mend first on top) as a page.

    title: what was checked. names: areas by code, where known; others go by the file that their findings lie in.
    notice: what must be known first, such as that the data are synthetic. The same findings give the same page.
    """
    check_language(lang)
    lines = [
        _line(number, row, kind, lang)
        for number, (row, kind) in enumerate(zip(each_row(found), kinds_of(found), strict=True), 1)
    ]
    style = content_css() + _part("report/page.css") + _part("findings/page.css")
    digest = b64encode(sha256(style.encode("utf-8")).digest()).decode("ascii")
    environment = Environment(autoescape=True, trim_blocks=False)
    return environment.from_string(_part("findings/page.html.j2")).render(
        html_lang={"zh": "zh-CN", "en": "en"}[lang],
        title=title,
        notice=notice,
        periods=_periods(found["period"], lang),
        words={name: word(f"send_back.{name}", lang) for name in _WORDS},
        signatures=[word(f"send_back.{name}", lang) for name in _SIGNATURES],
        counts=_counts(lines, lang),
        first=[line for line in lines if line["level"] != "note"][:FIRST] if len(lines) > FIRST else [],
        groups=_groups(lines, names or {}, lang),
        style=style,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:",
    )


@cache
def _part(name: str) -> str:
    folder, _, file = name.partition("/")
    return (files("evaltools") / "templates" / folder / file).read_text(encoding="utf-8")


def _line(number: int, row: Any, kind: str, lang: str) -> dict[str, Any]:
    named = addresses(row.where)
    sheets: dict[str, list[str]] = {}
    for _, sheet, cell in named:
        sheets.setdefault(sheet, []).append(cell)
    among = word("send_back.among", lang)
    places = [f"{sheet} {among.join(dict.fromkeys(cells))}" for sheet, cells in sheets.items()]
    return {
        "number": number,
        "level": row.level,
        "level_name": word(f"report.level_{row.level}", lang),
        "kind": kind,
        "area": row.area,
        "files": list(dict.fromkeys(file for file, _, _ in named)),
        "source": where_in(file_of(row.where), lang),
        "places": places or [where_in(part, lang) for part in row.where.split("; ")],
        "sentence": getattr(row, f"sentence_{lang}"),
        "evidence": row.evidence,
        "likely": wording.reason(row.likely, lang),
        "link": word("send_back.see_number", lang, n=number),
    }


def _counts(lines: list[dict[str, Any]], lang: str) -> list[dict[str, Any]]:
    counts = Counter(line["level"] for line in lines)
    return [
        {
            "id": level,
            "name": word(f"report.level_{level}", lang),
            "n": wording.integer(counts[level], lang),
            "meaning": word(f"send_back.meaning_{level}", lang),
        }
        for level in LEVELS
    ]


def _groups(lines: list[dict[str, Any]], names: Mapping[str, str], lang: str) -> list[dict[str, Any]]:
    """Return the findings by county, or by file where they name none; within, by kind, errors first."""
    owners: dict[str, set[str]] = {}
    for line in lines:
        for file in line["files"]:
            owners.setdefault(file, set()).update(filter(None, [line["area"]]))
    gathered: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        # what reading found names no county; the other findings about the file tell whose it is
        sent_by = owners.get(line["files"][0] if line["files"] else line["source"], set())
        whose = line["area"] or (next(iter(sent_by)) if len(sent_by) == 1 else line["source"])
        gathered.setdefault(whose, []).append(line)
    groups = []
    for key, members in gathered.items():
        within = Counter(file for line in members for file in line["files"])
        name = names.get(key) or (
            next(iter(within)).rsplit(".", 1)[0] if within and any(line["area"] == key for line in members) else key
        )
        kinds = dict.fromkeys(line["kind"] for line in members)  # that of the first to mend comes first
        groups.append(
            {
                "name": name,
                "detail": word("send_back.of_files", lang, files=word("send_back.among", lang).join(within))
                if within
                else "",
                "counts": [sum(line["level"] == level for line in members) for level in LEVELS],
                "kinds": [
                    {
                        "name": word(f"quality.kind_{kind}", lang),
                        "lines": [line for line in members if line["kind"] == kind],
                    }
                    for kind in kinds
                ],
            }
        )
    return groups


def _periods(column: pd.Series, lang: str) -> str:
    """Return the first and the last year that findings are about, or the one period."""
    known = [period for period in column.unique() if period and period not in ("*", periods.UNKNOWN)]
    if len(known) == 1:
        return wording.period(known[0], lang)
    years = sorted({str(periods.parse(period).last // 12) for period in known})
    return wording.period(years[0], lang) if len(years) == 1 else "—".join(years[:1] + years[-1:]) if years else ""
