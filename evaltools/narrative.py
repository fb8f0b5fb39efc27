"""Sentences made from numbers, in the reader's language. Every number in them stands in a published table too.

Sentences about scores are in `score_narrative`, about the data check in `quality_narrative`, about a whole region
in `region_narrative`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from evaltools import change_views, periods, views, wording
from evaltools.datasets import Data
from evaltools.tables import each_row
from evaltools.wording import counted, word

STATUSES = ("better", "worse", "neutral", "small", "unclear", "untested", "same")


def joined(texts: Iterable[str], lang: str) -> str:
    """Return texts as a list in a sentence, the word for none if there are none."""
    given = list(texts)
    # A name with a comma of its own needs another mark between names.
    mark = "report.list_separator_strong" if any("," in text for text in given) else "report.list_separator"
    return word(mark, lang).join(given) or word("report.none", lang)


def sentence(text: str, lang: str) -> str:
    """Close a clause with the full stop of the language."""
    return word("report.sentence_end", lang, text=text)


def paragraph(sentences: Iterable[str], lang: str) -> str:
    """Return sentences one after the other; Chinese has no space between them."""
    return ("" if lang == "zh" else " ").join(filter(None, sentences))


def moved(row: Any, period: str, lang: str) -> str:
    """Say by how much a row of an overview changed: 较上年提高3.90个百分点, 同比减少120."""
    change = wording.change_points(row.change_pp, lang, row.per)
    return word("report.moved", lang, change=change, compared=wording.compared_with(period, lang))


def change(row: Any, period: str, lang: str, more: Iterable[str] = ()) -> str:
    """Say how one row of an overview changed: from what to what, and by how many points; `more` are further clauses."""
    if pd.isna(row.value):
        text = word("report.no_value", lang, name=row.name, reason=wording.reason(row.reason, lang))
        return sentence(text, lang)
    now, before = (wording.value(x, lang, row.per, row.kind) for x in (row.value, row.previous_value))
    if pd.isna(row.change_pp):
        reason = wording.reason(row.reason, lang)
        return sentence(word("report.not_compared", lang, name=row.name, now=now, reason=reason), lang)
    text = moved(row, period, lang)
    if now == before or not wording.rounded(row.change_pp, wording.change_digits(row.change_pp, row.per)):
        text = word("report.stayed", lang, name=row.name, now=now, change=text)
        return sentence(joined_clauses([text, *more], lang), lang)
    key = "report.rose" if row.change_pp > 0 else "report.fell"
    text = word(key, lang, name=row.name, before=before, now=now, change=text)
    return sentence(joined_clauses([text, caution(row, lang), in_a_row(row, period, lang), *more], lang), lang)


def joined_clauses(texts: Iterable[str], lang: str) -> str:
    """Join the clauses of a sentence, leaving out those that say nothing."""
    return word("report.clause_separator", lang).join(filter(None, texts))


def in_a_row(row: Any, period: str, lang: str) -> str:
    """Say that a row of an overview rose or fell again: 连续四年上升 is four rises, five points."""
    if not abs(row.run) >= 2 or (row.run > 0) != (row.change_pp > 0):
        return ""
    whole = periods.parse(period).length == 12
    key = f"report.run_{'up' if row.run > 0 else 'down'}_{'years' if whole else 'parts'}"
    return word(key, lang, times=wording.times(abs(int(row.run)), lang))


def caution(row: Any, lang: str) -> str:
    """Say of a change that it is too small to matter, or may be chance."""
    return word(f"report.caution_{row.status}", lang) if row.status in ("small", "unclear", "untested") else ""


def changes(table: pd.DataFrame, period: str, lang: str) -> list[str]:
    """Say how each row of an overview changed."""
    return [change(row, period, lang) for row in each_row(table)]


def changes_summary(table: pd.DataFrame, area_name: str, period: str, lang: str, targets: bool = True) -> list[str]:
    """Count what an overview holds: better, worse, same; targets met unless told elsewhere; missing, and mostly why."""
    known = table[table["value"].notna()]
    counts = known["status"].value_counts()
    compared = int(known["change_pp"].notna().sum())
    parts = joined(
        (counted(f"report.count_{name}", lang, int(counts[name])) for name in STATUSES if counts.get(name, 0)), lang
    )
    about = {
        "area": area_name,
        "period": wording.period(period, lang),
        "before": wording.period(periods.shift(period, -1), lang),
    }
    if not len(known):
        texts = [word("report.changes_empty", lang, **about)]
    elif not compared:
        texts = [counted("report.changes_none", lang, len(known), **about)]
    elif compared == len(known):
        texts = [counted("report.changes_all", lang, compared, parts=parts, **about)]
    else:
        texts = [counted("report.changes_some", lang, len(known), compared_count=compared, parts=parts, **about)]
        texts.append(counted("report.not_comparable", lang, len(known) - compared, **about))
    aims = known["target_status"].value_counts()
    met, not_met = int(aims.get("met", 0)), int(aims.get("not_met", 0))
    if targets and met + not_met:
        texts.append(counted("report.targets_summary", lang, met + not_met, met=met, not_met=not_met))
    missing = table.loc[table["value"].isna(), "reason"]
    if len(missing):
        why = wording.reason(str(missing.mode().iloc[0]), lang)
        key = "report.missing_all" if missing.nunique() == 1 else "report.missing_summary"
        texts.append(counted(key, lang, len(missing), reason=why))
    return texts


def missed(row: Any, period: str, lang: str) -> str:
    """Say that one row of an overview misses its target, and which way it is going."""
    key, aim = _shortfall(row)
    values = {"name": row.name, "value": apart(row, aim, lang)}
    for name, x in (("target", aim), ("upper", row.target_upper)):
        values[name] = wording.target(x, lang, row.per, row.kind)
    text = word(key, lang, **values)
    if pd.notna(row.change_pp):
        text = word("report.with_change", lang, text=text, change=moved(row, period, lang))
    return sentence(text, lang)


def _shortfall(row: Any) -> tuple[str, float]:
    """Return the words for a missed target, and the level that was to be reached or kept."""
    if row.target_kind == "improve":
        return "report.not_improved", row.target
    if row.target_kind == "range" and pd.notna(row.target) and pd.notna(row.target_upper):
        return "report.not_in_range", row.target
    if row.target_kind == "range":
        below = pd.notna(row.target)
        return ("report.not_reached", row.target) if below else ("report.not_below", row.target_upper)
    return "report.not_below" if row.direction == "down" else "report.not_reached", row.target


def apart(row: Any, aim: float, lang: str) -> str:
    """Return the value with as many decimals as it takes not to look like the target it has not reached."""
    for digits in (None, *range(3, 9)):
        shown, other = (wording.value(x, lang, row.per, row.kind, digits) for x in (row.value, aim))
        if shown != other:
            return shown
    return shown


def below_target(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of an overview that miss their targets, the furthest relative to the target first."""
    rows = table[table["target_status"] == "not_met"]
    gap = ((rows["value"] - rows["target"]) / rows["target"]).abs()
    return rows.loc[gap.sort_values(ascending=False, kind="stable", na_position="last").index]


def highlights(table: pd.DataFrame, period: str, lang: str, most: int = 3) -> list[tuple[str, list[str]]]:
    """Return headings with their sentences: what improved and what falls short; where nothing is judged, what moved.

    Better is what clearly improved and does not miss its target; a plan more than fulfilled is no news. Short falls
    what misses its target, then what clearly declined.
    """
    if not table["status"].isin(["better", "worse"]).any() and not (table["target_status"] != "").any():
        rows = change_views.movers(table, "neutral", 2 * most)
        texts = changes(rows, period, lang) or [word("report.no_clear_change", lang)]
        return [(word("report.section_movers", lang), texts)]
    sound = table[(table["target_status"] != "not_met") & ~((table["per"] == 100) & (table["value"] > 100))]
    good = changes(change_views.movers(sound, "better", most), period, lang)
    bad = problems(table, period, lang, most)
    return [
        (word("report.section_strengths", lang), good or [word("report.no_strengths", lang)]),
        (word("report.section_problems", lang), bad or [word("report.no_problems", lang)]),
    ]


def problems(table: pd.DataFrame, period: str, lang: str, most: int = 3) -> list[str]:
    """Say what did not go well: targets missed, furthest first, then what declined most; each indicator once.

    What declined but still meets its target is no problem.
    """
    far = below_target(table).head(most)
    declined = table[(table["target_status"] != "met") & ~table["indicator"].isin(far["indicator"])]
    declined = change_views.movers(declined, "worse", most)
    rows = [*each_row(far), *each_row(declined)]
    return [(missed if row.target_status == "not_met" else change)(row, period, lang) for row in rows]


def unscored(table: pd.DataFrame, data: Data, area_name: str, period: str, lang: str) -> list[str]:
    """Say, where no standard applies, how an area stands beside the reference. `table` from `views.comparison`."""
    counts = table["against"].value_counts()
    known = {name: int(counts.get(name, 0)) for name in ("above", "below", "near")}
    if not sum(known.values()):
        return [word("report.nothing_compared", lang, area=area_name, period=wording.period(period, lang))]
    about = {"area": area_name, "period": wording.period(period, lang), "reference": views.reference_name(data, lang)}
    return [counted("report.compared", lang, sum(known.values()), **about, **known)]


def method_notes(data: Data, period: str, lang: str, *names: str) -> list[str]:
    """Say how figures came about (`report.method_<name>`), and what disturbs the comparison over the years."""
    notes = [word(f"report.method_{name}", lang) for name in names]
    rows = data.breaks[data.breaks["area"].isin(["*", data.area or "*"])]
    known = views.names_of(data, lang)
    for row in rows.to_dict("records"):
        begin = str(row["from"]) if row["from"] != "*" or row["kind"] == "disturbance" else str(row["to"])
        if begin in ("*", periods.UNKNOWN) or periods.parse(begin).first <= periods.parse(period).last:
            about = [str(known.get(row["indicator"], "")), _span(str(row["from"]), str(row["to"]), lang)]
            values = {
                "kind": word(f"report.break_{row['kind']}", lang),
                "about": word("report.break_separator", lang).join(filter(None, about)),
                "note": _closed(str(row[f"note_{lang}"]), lang),
            }
            notes.append(word("report.method_break", lang, **values))
    return notes


def _span(first: str, last: str, lang: str) -> str:
    if "*" in (first, last):
        known = [name for name in (first, last) if name != "*"]
        key = "always" if not known else "since" if last == "*" else "until"
        return word(f"report.{key}", lang, period=wording.period(known[0], lang) if known else "")
    names = [wording.period(name, lang) for name in (first, last)]
    return names[0] if first == last else word("report.years", lang, first=names[0], last=names[1])


def _closed(text: str, lang: str) -> str:
    return text if text.endswith(("。", ".", "！", "!")) else sentence(text, lang)


def comparison_notes(data: Data, table: pd.DataFrame, lang: str) -> list[str]:
    """Say what areas are compared with, and when they are called above or below; nothing if nothing is compared.

    `table` from `views.comparison` or `region_views.counties_overview`.
    """
    column = table["against"].replace("", None) if "against" in table else table["near"]
    if not column.notna().any():
        return []
    reference = views.reference_name(data, lang)
    notes = [word("report.method_against", lang, reference=reference)]
    if views.reference_column(data) == "reference_value":
        notes.append(word("report.reference_note", lang, reference=reference))
    return notes


def alt_changes(moved_rows: pd.DataFrame, lang: str) -> str:
    """Say in words what the chart of the largest changes shows. `moved_rows` from `change_views.largest_changes`."""
    if moved_rows.empty:
        return word("report.alt_movers_none", lang)
    parts = [
        word("report.alt_change", lang, name=row.label, change=wording.change_points(row.change, lang))
        for row in each_row(moved_rows)
    ]
    return counted("report.alt_movers", lang, len(parts), names=_listed(parts, lang))


def alt_series(lines: pd.DataFrame, lang: str) -> str:
    """Say in words what line charts show: where each line begins and ends."""
    parts = []
    for label, rows in lines.groupby("label", sort=False):
        known = rows[rows["value"].notna()].sort_values("period", key=lambda p: p.map(lambda x: periods.parse(x).first))
        ends = [known.iloc[0], known.iloc[-1]]
        values = [wording.value(row["value"], lang, row["per"], row["kind"]) for row in ends]
        years = [wording.period(row["period"], lang) for row in ends]
        key = "report.alt_line" if len(known) > 1 else "report.alt_point"
        text = word(key, lang, name=label, first=years[0], before=values[0], last=years[1], now=values[1])
        parts.append(text)
    return counted("report.alt_series", lang, len(parts), names=_listed(parts, lang))


def _listed(parts: list[str], lang: str) -> str:
    return word("report.list_separator_strong", lang).join(parts)


def caption_series(lines: pd.DataFrame, lang: str) -> str:
    """Return the caption of line charts: from when to when."""
    if lines.empty:
        return word("report.section_series", lang)
    ends = sorted(lines["period"].unique(), key=lambda p: periods.parse(p).first)
    return word("report.caption_series", lang, span=_span(ends[0], ends[-1], lang))
