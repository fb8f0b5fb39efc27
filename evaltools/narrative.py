"""Sentences made from numbers, in the reader's language. Every number in them stands in a published table too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from evaltools import views, wording
from evaltools.datasets import Data
from evaltools.regions import RegionFigures
from evaltools.standards import Standard
from evaltools.tables import each_row
from evaltools.wording import word


def joined(texts: Iterable[str], lang: str) -> str:
    """Return texts as a list in a sentence, the word for none if there are none."""
    return word("report.list_separator", lang).join(texts) or word("report.none", lang)


def sentence(text: str, lang: str) -> str:
    """Close a clause with the full stop of the language."""
    return word("report.sentence_end", lang, text=text)


def change(row: Any, period: str, lang: str) -> str:
    """Say how one row of an overview changed: from what to what, and by how many points."""
    shown = {
        "now": wording.value(row.value, lang, row.per, row.kind),
        "before": wording.value(row.previous_value, lang, row.per, row.kind),
    }
    if pd.isna(row.value):
        return sentence(word("report.no_value", lang, name=row.name, reason=wording.reason(row.reason, lang)), lang)
    if pd.isna(row.change_pp):
        text = word(
            "report.not_compared", lang, name=row.name, now=shown["now"], reason=wording.reason(row.reason, lang)
        )
    elif row.change_pp == 0:
        compared = wording.compared_with(period, lang)
        text = word("report.stayed", lang, name=row.name, now=shown["now"], compared=compared)
    else:
        key = "report.rose" if row.change_pp > 0 else "report.fell"
        moved = wording.change_points(row.change_pp, lang, row.per)
        text = word(key, lang, name=row.name, change=moved, **shown)
    return sentence(text, lang)


def changes(table: pd.DataFrame, period: str, lang: str) -> list[str]:
    """Say how each row of an overview changed."""
    return [change(row, period, lang) for row in each_row(table)]


def changes_summary(table: pd.DataFrame, area_name: str, period: str, lang: str) -> list[str]:
    """Count what an overview holds: better, worse, same; targets met; missing."""
    known = table[table["value"].notna()]
    counts = known["status"].value_counts()
    compared = int(known["change_pp"].notna().sum())
    kinds = [name for name in ("better", "worse", "same", "neutral") if counts.get(name, 0)]
    parts = joined((word(f"report.count_{name}", lang, n=int(counts[name])) for name in kinds), lang)
    about = {"area": area_name, "period": wording.period(period, lang), "known": len(known)}
    if compared:
        texts = [word("report.changes_summary", lang, compared_count=compared, parts=parts, **about)]
    else:
        texts = [word("report.changes_none", lang, **about)]
    if compared and compared < len(known):
        texts.append(word("report.not_comparable", lang, n=len(known) - compared))
    aims = known["target_status"].value_counts()
    met, not_met = int(aims.get("met", 0)), int(aims.get("not_met", 0))
    if met + not_met:
        texts.append(word("report.targets_summary", lang, all=met + not_met, met=met, not_met=not_met))
    if missing := len(table) - len(known):
        texts.append(word("report.missing_summary", lang, n=missing))
    return texts


def below_target(table: pd.DataFrame, lang: str, most: int = 5) -> list[str]:
    """Say which indicators miss their targets, the furthest relative to the target first."""
    rows = table[table["target_status"] == "not_met"]
    gap = ((rows["value"] - rows["target"]) / rows["target"]).abs()
    texts = []
    for row in each_row(rows.iloc[(-gap).argsort(kind="stable")].head(most)):
        key = "report.not_below" if row.direction == "down" else "report.not_reached"
        shown = wording.value(row.value, lang, row.per, row.kind)
        aim = wording.value(row.target, lang, row.per, row.kind)
        texts.append(sentence(word(key, lang, name=row.name, value=shown, target=aim), lang))
    return texts


def headline(league: pd.DataFrame, standard: Standard, area: str, area_name: str, period: str, lang: str) -> list[str]:
    """Say score, grade and rank of an area, and how they changed."""
    rows = league[(league["section"] == "") & (league["unit"] == "") & (league["period"] == period)]
    (row,) = each_row(rows[rows["area"] == area])
    label = wording.period(period, lang)
    if pd.isna(row.points):
        return [word("report.headline_unranked", lang, area=area_name, period=label)]
    first = word(
        "report.headline",
        lang,
        area=area_name,
        period=label,
        points=wording.points(row.points, lang),
        full=wording.number(float(standard.total), 0, lang),
        grade=views.grade_name(standard, row.grade, lang),
        rank=int(row.rank),
        n=int(row.n_ranked),
    )
    if pd.isna(row.change_points):
        return [first, word("report.score_first", lang)]
    return [first, _moved("score", row.change_points, lang, 2) + _moved("rank", row.change_rank, lang, 0)]


def _moved(what: str, change_: float, lang: str, digits: int) -> str:
    way = "up" if change_ > 1e-9 else "down" if change_ < -1e-9 else "same"
    values = {} if way == "same" else {"x": wording.number(abs(change_), digits, lang)}
    return word(f"report.{what}_{way}", lang, **values)


def lost_most(lines: pd.DataFrame, lang: str, most: int = 3) -> str:
    """Say which lines cost most points."""
    rows = lines[lines["lost"] > 0].sort_values("lost", ascending=False, kind="stable").head(most)
    if rows.empty:
        return word("report.lost_nothing", lang)
    names = [word("report.lost_item", lang, name=r.name, lost=wording.points(r.lost, lang)) for r in each_row(rows)]
    text = word("report.lost_most", lang, lines=joined(names, lang))
    missing = lines[(lines["lost"] > 0) & lines["value"].isna()]
    if missing.empty:
        return text
    lost = wording.points(missing["lost"].sum(), lang)
    return text + word("report.lost_missing", lang, n=len(missing), lost=lost)


def scoring_notes(standard: Standard, lines: pd.DataFrame, lang: str) -> list[str]:
    """Say by which rules the points came about."""
    rounding = standard.rounding
    notes = [
        word("report.arithmetic_note", lang),
        word(
            f"report.rounding_by_{rounding.on}",
            lang,
            digits=rounding.digits,
            mode=word(f"report.{rounding.mode}", lang),
        ),
        word(f"report.policy_missing_{standard.missing}", lang),
        word(f"report.policy_not_applicable_{standard.not_applicable}", lang),
    ]
    if excluded := int(lines["points"].isna().sum()):
        notes.append(word("report.excluded_lines", lang, n=excluded))
    name = getattr(standard, f"name_{lang}")
    return [*notes, word("report.standard_source", lang, name=name, source=standard.source)]


def quality_summary(found: pd.DataFrame, complete: pd.DataFrame, area_name: str, period: str, lang: str) -> list[str]:
    """Say how many findings there are and who did not report. `found` from `views.findings`."""
    counts = views.by_level(found)
    label = wording.period(period, lang)
    key = "report.quality_summary" if counts["error"] + counts["warning"] else "report.quality_clean"
    values = {"errors": counts["error"], "warnings": counts["warning"]} if key.endswith("summary") else {}
    texts = [word(key, lang, area=area_name, period=label, **values)]
    if len(complete):
        silent = complete.loc[complete["items_reported"] == 0, "unit_name"]
        reported = len(complete) - len(silent)
        texts.append(word("report.quality_units", lang, expected=len(complete), reported=reported))
        if len(silent):
            texts.append(word("report.quality_silent", lang, names=joined(silent, lang)))
    return texts


def method_notes(data: Data, period: str, lang: str) -> list[str]:
    """Say how figures came about, and what disturbs the comparison with the year before."""
    notes = [word(f"report.method_{name}", lang) for name in ("change", "missing", "interval")]
    rows = data.breaks[data.breaks["area"].isin(["*", data.area or "*"])]
    for row in rows.to_dict("records"):
        start, end = (wording.period(str(row[name]), lang) for name in ("from", "to"))
        notes.append(word("report.method_break", lang, **{"from": start, "to": end, "note": row[f"note_{lang}"]}))
    return notes


def compared_with(period: str, lang: str) -> str:
    """Return 较上年 for whole years, 同比 for parts of a year, and their English."""
    return wording.compared_with(period, lang)


def adjusted_summary(changed: pd.DataFrame, stage: str, lang: str) -> str:
    """Say how many values of the period were adjusted, and as of which stage this page stands."""
    if changed.empty:
        return word("report.quality_unadjusted", lang)
    return word("report.quality_adjusted", lang, n=len(changed), stage=wording.stage(stage, lang))


def quality_notes(
    data: Data, found: pd.DataFrame, shown: pd.DataFrame, region: RegionFigures, period: str, lang: str
) -> list[str]:
    """Say what is checked, what earlier periods hold, and which indicators nobody in the region reports."""
    notes = [word("report.quality_note", lang)]
    if earlier := len(found) - len(shown):
        notes.append(word("report.quality_earlier", lang, n=earlier))
    rows = region.benchmark[region.benchmark["period"] == period]
    known = set(rows.loc[rows["n_areas"] > 0, "indicator"])
    absent = rows.loc[~rows["indicator"].isin(known), "indicator"].unique()
    if len(absent):
        names = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")[f"name_{lang}"]
        notes.append(word("report.not_covered", lang, n=len(absent), names=joined(names[absent], lang)))
    return notes


def key_figures(
    league: pd.DataFrame, standard: Standard, area: str, period: str, lang: str
) -> list[tuple[str, str, str]]:
    """Return score, grade, rank and change of an area as `Publish.key_figures` wants them."""
    rows = league[(league["section"] == "") & (league["unit"] == "") & (league["period"] == period)]
    (row,) = each_row(rows[rows["area"] == area])
    full = word("report.key_full", lang, full=wording.number(float(standard.total), 0, lang))
    figures = [(word("report.key_score", lang), wording.points(row.points, lang), full)]
    if pd.isna(row.points):
        return figures
    figures.append((word("report.key_grade", lang), views.grade_name(standard, row.grade, lang), ""))
    of = word("report.key_of", lang, n=int(row.n_ranked))
    figures.append((word("report.key_rank", lang), str(int(row.rank)), of))
    if pd.notna(row.change_points):
        moved = wording.number(row.change_points, 2, lang, signed=True)
        before = word("report.key_before", lang, points=wording.points(row.previous_points, lang))
        figures.append((word("report.key_change", lang), moved, before))
    return figures


def unscored(data: Data, region: RegionFigures, area: str, area_name: str, period: str, lang: str) -> list[str]:
    """Say, where no standard applies, that there is no score and how many indicators stand where."""
    rows = region.benchmark
    rows = rows[(rows["period"] == period) & (rows["area"] == area)]
    judged = rows[rows["rank"].notna() & (rows["n_areas"] >= 4)]
    place = judged["rank"] / judged["n_areas"]
    texts = [word("report.no_standard", lang)]
    if len(judged):
        counts = {"judged": len(judged), "best": int((place <= 0.25).sum()), "last": int((place > 0.75).sum())}
        label = wording.period(period, lang)
        texts.append(word("report.county_compare", lang, area=area_name, period=label, **counts))
    return texts


def comparison_notes(data: Data, lang: str) -> list[str]:
    """Say what an area is compared with."""
    if views.reference_column(data) == "reference_value":
        return [word("report.reference_note", lang, reference=data.area_name(data.meta.region, lang))]
    return [word("report.method_rank", lang)]


def alt_lost(lines: pd.DataFrame, lang: str, most: int = 5) -> str:
    """Say in words what the chart of points lost shows."""
    rows = lines[lines["lost"] > 0].sort_values("lost", ascending=False, kind="stable")
    if rows.empty:
        return word("report.alt_lost_none", lang)
    total = wording.points(rows["lost"].sum(), lang)
    return word("report.alt_lost", lang, lost=total, names=joined(rows["name"].head(most), lang))


def problems(table: pd.DataFrame, period: str, lang: str, most: int = 3) -> list[str]:
    """Say what did not go well: targets missed, furthest first, then what declined most."""
    missed = below_target(table, lang, most)
    return missed + changes(views.movers(table, "worse", most), period, lang)


def first_findings(shown: pd.DataFrame, most: int = 3) -> list[str]:
    """Return the first sentences of the data check, errors first."""
    return list(shown["sentence"].head(most))
