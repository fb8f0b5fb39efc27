"""Sentences of a county's report and of the summary it writes of itself; every number stands in a table beside them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evaltools import (
    change_views,
    narrative,
    quality_narrative,
    score_narrative,
    score_reasons,
    score_views,
    views,
    wording,
)
from evaltools.catalogue import valid_in
from evaltools.county_page import CountyPage
from evaltools.county_views import COMPLETIONS, MOSTLY_DONE
from evaltools.narrative import joined, joined_clauses, sentence
from evaltools.periods import parse
from evaltools.remarks import FOLDER, SUFFIX, name_of
from evaltools.tables import each_row
from evaltools.wording import counted, word

NAMED = 3
"""Lines whose share of all points lost is told."""


def warnings(page: CountyPage) -> list[str]:
    """Say what has to be known before any number: why a score cannot be taken at its face, and vetoes."""
    if page.score is None:
        return []
    score = page.score
    texts = [
        score_narrative.warning(page.lines, page.period, page.lang, score.unit_lines),
        score_narrative.vetoes(
            page.region.totals, score.standard, page.data.judgements, page.area, page.period, page.lang
        ),
    ]
    return [text for text in texts if text]


def key_figures(page: CountyPage) -> list[tuple[str, str, str]]:
    """Return score, grade, rank and change; nothing where nothing is scored."""
    if page.score is None:
        return []
    return score_narrative.key_figures(page.region.league, page.score.standard, page.area, page.period, page.lang)


def first(page: CountyPage) -> list[str]:
    """Say how good, better or worse, what cost most points and what to do next; without a score, how it compares."""
    if page.score is None:
        texts = [word("county.no_score", page.lang, area=page.name, period=page.label)] if page.data.standard else []
        compared = narrative.unscored(page.compared, page.data, page.name, page.period, page.lang)
        return [*texts, *compared, _next(page)]
    texts = score_narrative.headline(
        page.region.league, page.score.standard, page.area, page.name, page.period, page.lang
    )
    return [*texts, score_narrative.lost_most(page.lines, page.lang), _next(page), *_few_more(page)]


def _next(page: CountyPage) -> str:
    if page.actions.empty:
        known = page.table["value"].notna().any()
        return word("county.next_none" if known else "county.next_no_data", page.lang)
    row = next(each_row(page.actions))
    return word("county.next_step", page.lang, text=action(row, page))


def _few_more(page: CountyPage) -> list[str]:
    """Say where a few more people would earn most, if they earn anything."""
    texts = []
    for row in each_row(page.gains.head(1)):
        key = "county.gain_first_unit" if row.unit else "county.gain_first"
        about = {"n": int(row.more), "item": row.item_name, "points": wording.points(row.total_gain, page.lang)}
        texts.append(word(key, page.lang, unit=row.unit_name, **about))
    return texts


def basics(page: CountyPage) -> list[str]:
    """Say who the county is, which institutions reported, what was evaluated and by which standard."""
    lang, facts = page.lang, page.basics
    people = facts[facts["fact"] == "population"]
    parts = [
        word("county.population_item", lang, name=row.name, n=wording.integer(row.value, lang), measure=row.measure)
        for row in each_row(people)
    ]
    about = {"area": page.name, "period": page.label}
    if parts:
        texts = [word("county.population", lang, parts=joined_clauses(parts, lang), **about)]
    else:
        texts = [word("county.population_none", lang, **about)]
    known = dict(zip(facts["fact"], facts["value"], strict=True))
    units = int(known.get("units", 0))
    texts.append(counted("county.units_active", lang, units) if units else word("county.units_none", lang))
    texts += quality_narrative.completeness(page.complete, lang)
    n, value = int(known["indicators"]), wording.integer(known["with_value"], lang)
    texts.append(counted("county.evaluated", lang, n, known=value, stage=wording.stage(page.data.stage, lang)))
    standard = page.data.standard
    if standard is None:
        return [*texts, word("county.no_standard", lang)]
    name = getattr(standard, f"name_{lang}") or standard.id
    total = wording.quantity(known["total"], lang)
    return [*texts, counted("county.by_standard", lang, int(known["standard"]), name=name, total=total)]


def score(page: CountyPage) -> list[str]:
    """Say how many points were lost and on how many lines; in the county's own summary its score first."""
    if page.score is None:
        return narrative.unscored(page.compared, page.data, page.name, page.period, page.lang)
    own = [_own_score(page)] if page.genre == "self" else []
    return [*own, *_lost(page), *goals(page)]


def _own_score(page: CountyPage) -> str:
    assert page.score is not None
    standard, lang = page.score.standard, page.lang
    row = score_narrative.total_of(page.region.league, page.area, page.period)
    if pd.isna(row.points):
        return word("county.no_score", lang, area=page.name, period=page.label)
    about = {"name": getattr(standard, f"name_{lang}") or standard.id, "area": page.name, "period": page.label}
    grade = score_views.grade_name(standard, row.grade, lang)
    key = "county.own_score" if grade else "county.own_score_no_grade"
    return word(key, lang, grade=grade, points=wording.points(row.points, lang), **about)


def _lost(page: CountyPage) -> list[str]:
    lost = page.lines[page.lines["lost"] > 0].sort_values("lost", ascending=False, kind="stable")
    if lost.empty:
        return [score_narrative.lost_most(page.lines, page.lang)]
    whole = wording.points(lost["lost"].sum(), page.lang)
    if len(lost) <= NAMED:
        return [counted("county.lost_whole_few", page.lang, len(lost), lost=whole)]
    share = wording.percent(lost["running_share"].iloc[NAMED - 1], page.lang)
    about = {"lost": whole, "n": len(lost), "most": NAMED, "share": share}
    return [word("county.lost_whole", page.lang, **about)]


def goals(page: CountyPage) -> list[str]:
    """Count the targets that are reached, almost reached and not reached: 完成, 基本完成, 未完成."""
    found = page.table["completion"].value_counts()
    numbers = {name: int(found.get(name, 0)) for name in COMPLETIONS}
    if not any(numbers.values()):
        return [word("county.goals_none", page.lang)]
    parts = [
        word("county.goals_item", page.lang, completion=word(f"county.completion_{name}", page.lang), n=n)
        for name, n in numbers.items()
        if n
    ]
    return [counted("county.goals", page.lang, sum(numbers.values()), parts=joined(parts, page.lang))]


def change(page: CountyPage) -> list[str]:
    """Say how many indicators changed which way, and what the change of the score is made of."""
    texts = narrative.changes_summary(page.table, page.name, page.period, page.lang, targets=False)
    if page.score is None:
        moved = change_views.movers(page.table, "neutral", NAMED)
        return [*texts, *narrative.changes(moved, page.period, page.lang)]
    if page.score.changes.empty:
        return texts
    score = page.score
    more = score_reasons.change_text(score.changes, score.changed, page.before, page.area, page.lang, score.previous)
    if page.genre == "self":  # which lines moved is told by what was done
        more = more[:1]
    return [*texts, *more]


def strengths(page: CountyPage) -> list[str]:
    """Say what clearly improved and where the county is first, with the target that is met."""
    rows = page.strengths
    return [_strength(row, page) for row in each_row(rows)] or [_nothing(page, "report.no_strengths")]


def _nothing(page: CountyPage, key: str) -> str:
    """Say that there is nothing to tell: for want of data, for want of anything to judge by, or with these words."""
    if not page.table["value"].notna().any():
        return word("county.no_data", page.lang)
    judged = page.table["status"].isin(["better", "worse"]) | (page.table["target_status"] != "")
    return word(key if page.score is not None or judged.any() else "county.not_judged", page.lang)


def _strength(row: Any, page: CountyPage) -> str:
    lang = page.lang
    if row.why == "better":
        return narrative.change(row, page.period, lang, [_met(row, lang)])
    about = {"name": row.name, "value": wording.value(row.value, lang, row.per, row.kind)}
    key = "county.is_first_tied" if row.tied else "county.is_first"
    text = word(key, lang, n=int(row.n_areas), rank=int(row.rank), **about)
    return sentence(joined_clauses([text, _met(row, lang)], lang), lang)


def _met(row: Any, lang: str) -> str:
    if row.target_status != "met" or pd.isna(row.target):
        return ""
    key = "county.keeps" if row.direction == "down" else "county.meets"
    return word(key, lang, target=wording.target(row.target, lang, row.per, row.kind))


def problems(page: CountyPage) -> list[str]:
    """Name each problem with its counts, what was to be reached, its change and rank, and doubts about its data."""
    return [problem(row, page) for row in each_row(page.problems)] or [_nothing(page, "county.no_problems")]


def problem(row: Any, page: CountyPage) -> str:
    """Say one row of `CountyPage.problems`."""
    lang = page.lang
    value, before = (wording.value(x, lang, row.per, row.kind) for x in (row.value, row.previous_value))
    aim, counts = wording.target(row.aim, lang, row.per, row.kind), _counts(row, lang)
    about = {"name": row.name, "counts": counts, "aim": aim, "lost": wording.points(row.lost, lang)}
    if row.why == "missing":
        key = "county.problem_missing_many" if row.names else "county.problem_missing"
        text = word(key, lang, reason=wording.reason(row.reason, lang), names=row.names, **about)
    elif row.why == "points":
        key = "_plain" if pd.isna(row.value) else "_valued" if pd.isna(row.aim) else ""
        text = word(f"county.problem_points{key}", lang, value=narrative.apart(row, row.aim, lang), **about)
    elif row.why == "declined":
        way = word(f"county.way_{'up' if row.change_pp > 0 else 'down'}", lang)
        text = word("county.problem_declined", lang, value=value, before=before, way=way, **about)
    else:
        kind = "improve" if pd.isna(row.aim) else "limit" if row.value > row.aim else "target"
        about["completion"] = word(f"county.completion_{row.completion}", lang)
        about["attained"] = wording.percent(row.attained, lang)
        text = word(f"county.problem_{kind}", lang, value=narrative.apart(row, row.aim, lang), **about)
    moved = narrative.moved(row, page.period, lang) if pd.notna(row.change_pp) and row.why != "missing" else ""
    rank = "" if pd.isna(row.rank) or page.genre == "self" or row.why == "missing" else _rank(row, lang)
    lost = word("county.lost_too", lang, lost=about["lost"]) if row.why == "target" and pd.notna(row.lost) else ""
    said = sentence(joined_clauses([text, lost, moved, rank], lang), lang)
    doubt = word("county.data_doubt", lang, finding=row.finding) if row.finding else ""
    return narrative.paragraph([said, doubt], lang)


def _counts(row: Any, lang: str) -> str:
    if pd.isna(row.numerator) or pd.isna(row.denominator):
        return ""
    numbers = {name: wording.quantity(getattr(row, name), lang) for name in ("numerator", "denominator")}
    return word("county.counts", lang, **numbers)


def _rank(row: Any, lang: str) -> str:
    return word("county.rank_of", lang, n=int(row.n_areas), rank=int(row.rank))


def actions(page: CountyPage) -> list[str]:
    """Say for each problem what to reach, by how many more that is, and the points that it brings."""
    return [action(row, page) for row in each_row(page.actions)] or [_nothing(page, "county.no_actions")]


def action(row: Any, page: CountyPage) -> str:
    """Say one row of `CountyPage.actions`."""
    lang, name = page.lang, row.name
    value = wording.value(row.value, lang, row.per, row.kind)
    points = wording.points(row.points, lang)
    gain = "" if pd.isna(row.points) else word("county.action_points", lang, points=points)
    if row.why == "missing":
        first = word("county.action_send_many" if row.names else "county.action_send", lang, name=name)
        gain = word("county.action_most", lang, points=points)
    elif pd.isna(row.aim) and row.why == "target":
        first = word("county.action_improve", lang, name=name, value=value)
    elif pd.isna(row.aim) or pd.isna(row.value):
        first = word("county.action_rule", lang, name=name)
        gain = "" if pd.isna(row.points) else word("county.action_most", lang, points=points)
    else:
        key = "county.action_reach_own" if page.genre == "self" else "county.action_reach"
        way = word(f"county.{'raise' if row.aim > row.value else 'lower'}", lang)
        aim = wording.target(row.aim, lang, row.per, row.kind)
        first = word(key, lang, name=name, value=narrative.apart(row, row.aim, lang), way=way, aim=aim)
    return sentence(joined_clauses([first, _more(row, lang), gain], lang), lang)


def _more(row: Any, lang: str) -> str:
    if pd.isna(row.more) or not row.more:
        return ""
    key = "county.action_more" if row.more > 0 else "county.action_fewer"
    amount = word("county.amount", lang, n=wording.quantity(abs(row.more), lang), measure=row.measure).strip()
    return word(key, lang, item=row.item_name, amount=amount)


def to_add(page: CountyPage, slot: str) -> str:
    """Say what only people know of a slot, and where to write it."""
    file = f"{FOLDER}/{page.area}{SUFFIX}"
    return word(f"county.to_add_{slot}", page.lang, file=file, slot=name_of(slot, page.lang))


def quality(page: CountyPage) -> list[str]:
    """Say how many findings there are, and what the first say that are not told beside a problem."""
    counts = quality_narrative.quality_summary(page.findings, page.complete.head(0), page.name, page.period, page.lang)
    beside = page.findings["sentence"].isin(page.problems["finding"])
    return [*counts, *dict.fromkeys(quality_narrative.first_findings(page.findings[~beside]))]


def methods(page: CountyPage) -> list[str]:
    """Say how the figures of the page came about, what they are not, and where the standard comes from."""
    scored = page.score is not None
    names = ["unclear", "missing", "interval", *(["full_at", "rank"] if scored else [])]
    notes = narrative.method_notes(page.data, page.period, page.lang, *names)
    if page.table["completion"].ne("").any():
        notes.append(_goals_note(page))
    if page.score is None:
        return [*notes, *narrative.comparison_notes(page.data, page.compared, page.lang)]
    split = [word("score.method_change", page.lang)] if len(page.score.steps) else []
    excluded = score_narrative.excluded(page.lines, page.lang)
    return [*notes, *split, *excluded, score_narrative.standard_source(page.score.standard, page.lang)]


def _goals_note(page: CountyPage) -> str:
    """Say from what on a target is almost reached, and where that is laid down."""
    rows = page.data.parameters
    rows = rows[(rows["parameter"] == MOSTLY_DONE) & rows["area"].isin(["*", page.area])]
    rows = rows[valid_in(rows, parse(page.period).year)].sort_values("area", kind="stable")
    source = ""
    if len(rows):
        source = word("county.method_goals_source", page.lang, source=str(rows["source"].iloc[-1]).rstrip("。."))
    bar = wording.target(float(rows["value"].iloc[-1]) if len(rows) else 95.0, page.lang)
    return word("county.method_goals", page.lang, bar=bar, source=source).rstrip()


def reference(page: CountyPage) -> str:
    """Return the name of what the county is compared with."""
    return views.reference_name(page.data, page.lang)
