"""Sentences of a region's report to its counties: how it was evaluated, what went well, what did not, what to do.

Every number in them is a cell of a table on the same page. Who is named is decided by numbers alone: the first and
the last of the ranking, the largest changes, the lines that cost most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from evaltools import periods, wording
from evaltools.area_labels import listed
from evaltools.datasets import Data
from evaltools.narrative import joined
from evaltools.standards import Standard
from evaltools.tables import each_row
from evaltools.wording import counted, word

NAMED, LINES = 3, 5
"""Counties named at either end of a ranking, and lines named of those that cost most."""

_NUMERALS = "一二三四五六七八九十"


def title(key: str, number: int, lang: str) -> str:
    """Return the heading of a numbered section: 三、亮点; 3. Strengths. key: a word of the topic `region`."""
    mark = _NUMERALS[number - 1] if lang == "zh" else str(number)
    return word("region.numbered", lang, number=mark, title=word(f"region.{key}", lang))


def annex(key: str, number: int, lang: str) -> str:
    """Return the heading of an annex: 附件1　各部分得分."""
    return word("region.annex", lang, number=number, title=word(f"region.{key}", lang))


def organisation(
    data: Data, grades: pd.DataFrame, sections: pd.DataFrame, region_name: str, period: str, lang: str
) -> list[str]:
    """Say by which standard and on which data who was evaluated.

    grades, sections: from `league_views.grade_table` and `section_table`; without a standard they are not looked at.
    """
    label, standard = wording.period(period, lang), data.standard
    used = word("region.data_used", lang, stage=wording.stage(data.stage, lang))
    if standard is None:
        return [word("region.no_standard", lang, period=label), used]
    n = int(grades["n"].iloc[-1])
    about = {"standard": getattr(standard, f"name_{lang}"), "region": region_name, "period": label}
    texts = [counted("region.evaluated", lang, n, **about)]
    total = sections[sections["is_total"]]
    if len(total) and pd.notna(total["full"].iloc[0]):
        parts = joined(sections.loc[~sections["is_total"], "part"], lang)
        full, lines = wording.quantity(total["full"].iloc[0], lang), int(total["lines"].iloc[0])
        texts.append(word("region.scale", lang, parts=parts, lines=lines, full=full))
    ranked = grades[~grades["is_total"]].sort_values("start", ascending=False, kind="stable")
    steps = [
        word("region.grade_from", lang, grade=row.grade_name, start=wording.quantity(row.start, lang))
        for row in each_row(ranked[ranked["start"] > 0])
    ]
    rest = ranked.loc[ranked["start"] <= 0, "grade_name"]
    if steps and len(rest):
        texts.append(word("region.grades_are", lang, steps=joined(steps, lang), rest=joined(rest, lang)))
    return [*texts, used]


def key_figures(
    table: pd.DataFrame, grades: pd.DataFrame, sections: pd.DataFrame, lang: str
) -> list[tuple[str, str, str]]:
    """Return the few figures that a region's report begins with, as `Publish.key_figures` wants them."""
    known = table[table["points"].notna()]
    if known.empty:
        return []
    total = sections[sections["is_total"]].iloc[0]
    full = word("report.key_full", lang, full=wording.quantity(total["full"], lang))
    figures = [(word("region.key_mean", lang), wording.points(total["mean"], lang), full)]
    for name, rows in (("high", known[known["points"] == known["points"].max()]),
                       ("low", known[known["points"] == known["points"].min()])):  # fmt: skip
        figures.append(
            (word(f"region.key_{name}", lang), wording.points(total[name], lang), listed(rows["county"], lang, 2))
        )
    best = next(row for row in each_row(grades) if row.n and not row.is_total)
    share = word("region.key_share", lang, share=wording.percent(best.share, lang, 1), n=int(grades["n"].iloc[-1]))
    return [*figures, (word("region.key_grade", lang, grade=best.grade_name), str(best.n), share)]


def results(sections: pd.DataFrame, lang: str) -> list[str]:
    """Say which share of their points the counties have of each section. sections: of `section_table`."""
    rows = sections[sections["share"].notna() & ~sections["is_total"]].sort_values(
        "share", ascending=False, kind="stable"
    )
    parts = [
        word("region.share_item", lang, part=row.part, share=wording.percent(row.share, lang, 1))
        for row in each_row(rows)
    ]
    return [word("region.shares", lang, parts=joined(parts, lang))] if parts else []


def caption_bars(table: pd.DataFrame, shown: pd.DataFrame, period: str, lang: str) -> str:
    """Return the caption of the chart of scores; with what it leaves out (`league_views.ends`)."""
    caption = word("report.caption_bars", lang, period=wording.period(period, lang))
    if len(shown) == table["points"].notna().sum():
        return caption
    first = len(shown) // 2
    return word("region.caption_bars_cut", lang, caption=caption, first=first, last=len(shown) - first)


def strengths(
    table: pd.DataFrame, sections: pd.DataFrame, faultless: Iterable[str], period: str, lang: str
) -> list[str]:
    """Say who leads, who gained most, which section and which lines went well."""
    known = table[table["points"].notna()]
    texts = _named("leading", known.head(_ends(len(known))), _standing, lang)
    up = known[known["change_points"] >= 0.005].sort_values("change_points", ascending=False, kind="stable")
    texts += _named(f"gained{_part(period)}", up.head(NAMED), _gain, lang)
    part = _extreme(sections, best=True)
    if part is not None:
        texts.append(word("region.best_part", lang, **_share(part, lang)))
    if names := list(faultless):
        texts.append(word("region.faultless", lang, names=listed(names, lang, 8)))
    return texts or [word("region.no_strengths", lang)]


def problems(
    table: pd.DataFrame, sections: pd.DataFrame, lines: pd.DataFrame, quality: pd.DataFrame, period: str, lang: str
) -> list[str]:
    """Say who is behind, who lost most, what cost most points and to whom, and whose data hold errors.

    lines: from `league_views.line_table`. quality: from `region_views.quality_by_area`.
    """
    known = table[table["points"].notna()]
    texts = _named("behind", known.tail(_ends(len(known))).iloc[::-1], _standing, lang)
    down = known[known["change_points"] <= -0.005].sort_values("change_points", kind="stable")
    texts += _named(f"declined{_part(period)}", down.head(NAMED), _loss, lang)
    part = _extreme(sections, best=False)
    if part is not None:
        texts.append(word("region.worst_part", lang, **_share(part, lang)))
    for row in each_row(lines.head(LINES)):
        about = {
            "name": row.name,
            "lost": wording.points(row.lost, lang),
            "worst": row.worst,
            "worst_lost": wording.points(row.worst_lost, lang),
        }
        full = word("region.full_item", lang, full=wording.quantity(row.full, lang)) if pd.notna(row.full) else ""
        texts.append(counted("region.line", lang, int(row.n_lost), full=full, **about))
    wrong = quality[quality["errors"] > 0].sort_values("errors", ascending=False, kind="stable")
    texts += _named("errors", wrong.rename(columns={"area_name": "county"}), _errors, lang)
    return texts or [word("region.no_problems", lang)]


def requirements(
    table: pd.DataFrame, standard: Standard, lines: pd.DataFrame, quality: pd.DataFrame, lang: str
) -> list[str]:
    """Say what has to be put right and by whom, with dates to be filled in by those who send the report out."""
    known = table[table["points"].notna()]
    lowest = min(standard.grades, key=lambda grade: grade.start).id if standard.grades else ""
    last = known.tail(_ends(len(known))).iloc[::-1]
    behind = pd.concat([last, known[(known["grade"] == lowest) & ~known["area"].isin(last["area"])]])
    texts = []
    if len(behind) and len(lines):
        texts.append(word("region.do_plan", lang, names=listed(behind["county"], lang)))
    if len(lines):
        names = joined((word("region.quoted", lang, text=name) for name in lines["name"].head(LINES)), lang)
        texts.append(word("region.do_lines", lang, lines=names))
    missing = table.loc[table["missing_lost"] > 0, "county"]
    if len(missing):
        texts.append(word("region.do_missing", lang, names=listed(missing, lang)))
    wrong = quality.loc[quality["errors"] > 0, "area_name"]
    if len(wrong):
        texts.append(word("region.do_errors", lang, names=listed(wrong, lang)))
    return texts or [word("region.do_nothing", lang)]


def without_score(table: pd.DataFrame, period: str, lang: str) -> list[str]:
    """Name the counties that have no score. table: from `region_views.league_table`, which lists them last."""
    names = table.loc[table["points"].isna(), "county"]
    label = wording.period(period, lang)
    return [word("region.without_score", lang, period=label, names=listed(names, lang))] if len(names) else []


def _part(period: str) -> str:
    return "" if periods.parse(period).length == 12 else "_part"


def _ends(n: int) -> int:
    """Return how many are named at either end of a ranking of `n`: nobody is both ahead and behind."""
    return NAMED if n >= 2 * NAMED else 1 if n > 1 else 0


def _named(key: str, rows: pd.DataFrame, say: Callable[[Any, str], str], lang: str) -> list[str]:
    names = [say(row, lang) for row in each_row(rows)]
    return [word(f"region.{key}", lang, names=listed(names, lang))] if names else []


def _standing(row: Any, lang: str) -> str:
    about = {"name": row.county, "points": wording.points(row.points, lang)}
    if pd.isna(row.rank):
        return word("region.item_points", lang, **about)
    return word("region.item_standing", lang, rank=int(row.rank), **about)


def _gain(row: Any, lang: str) -> str:
    return word("region.item_gain", lang, name=row.county, x=wording.number(row.change_points, 2, lang))


def _loss(row: Any, lang: str) -> str:
    return word("region.item_loss", lang, name=row.county, x=wording.number(-row.change_points, 2, lang))


def _errors(row: Any, lang: str) -> str:
    return counted("region.item_errors", lang, int(row.errors), name=row.county)


def _extreme(sections: pd.DataFrame, best: bool) -> Any:
    """Return the section with the largest or the smallest share of its points; None where they are not apart."""
    rows = sections[~sections["is_total"] & sections["share"].notna()]
    if len(rows) < 2 or wording.rounded(rows["share"].max(), 1) == wording.rounded(rows["share"].min(), 1):
        return None
    share = rows["share"].to_numpy(dtype=float)
    return rows.iloc[int(share.argmax() if best else share.argmin())]


def _share(row: Any, lang: str) -> dict[str, str]:
    return {
        "part": str(row["part"]),
        "mean": wording.points(row["mean"], lang),
        "full": wording.quantity(row["full"], lang),
        "share": wording.percent(row["share"], lang, 1),
    }


def method(lang: str) -> list[str]:
    """Say by which rule counties and lines are named, and what a share of points is."""
    named = word("region.method_named", lang, n=NAMED, least=2 * NAMED, lines=LINES)
    return [named, word("region.method_share", lang)]
