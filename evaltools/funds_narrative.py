"""Sentences about funds. Every number in them stands in a published table too."""

from __future__ import annotations

import pandas as pd

from evaltools import wording
from evaltools.datasets import Data
from evaltools.fund_objects import name_of
from evaltools.funds_results import FundsResult, parameter_source, population_period
from evaltools.narrative import joined
from evaltools.score_views import grade_name
from evaltools.wording import counted, word


def money(amount: object, result: FundsResult, lang: str) -> str:
    """Return an amount with its measure: 1,200,000元, 1,200,000 yuan."""
    measure = word(f"funds.measure_{result.plan.rules.measure}", lang)
    return word("funds.amount", lang, x=wording.integer(amount, lang), measure=measure)


def plan_name(result: FundsResult, lang: str) -> str:
    """Return the name of a plan."""
    return str(getattr(result.plan, f"name_{lang}"))


def caption(name: str, result: FundsResult, lang: str) -> str:
    """Return the caption of a table: factors, levels, arithmetic, settlement, workload, work or uncertainty."""
    measure = word(f"funds.measure_{result.plan.rules.measure}", lang)
    return word(f"funds.caption_{name}", lang, plan=plan_name(result, lang), measure=measure)


def summary(result: FundsResult, table: pd.DataFrame, lang: str) -> list[str]:
    """Say what a plan comes to, who gets most and least, what is not paid and why. `table` is one of `funds_views`."""
    rows = table[~table["is_total"]]
    known = rows[rows["due"].notna()]
    name = plan_name(result, lang)
    if known.empty:
        return [word("funds.nobody", lang, plan=name)]
    key = f"funds.headline_{result.plan.objects}"
    texts = [counted(key, lang, len(known), plan=name, due=money(known["due"].sum(), result, lang))]
    if len(known) > 1:
        most, least = (known.iloc[at] for at in (int(known["due"].argmax()), int(known["due"].argmin())))
        ends = {"most": most["object"], "least": least["object"]}
        amounts = {f"{key}_due": money(row["due"], result, lang) for key, row in (("most", most), ("least", least))}
        texts.append(word("funds.ends", lang, **ends, **amounts))
    texts += _not_paid(result, lang)
    lacking = rows.loc[rows["due"].isna(), "object"]
    if len(lacking):
        texts.append(word("funds.left_out", lang, names=joined(lacking, lang)))
    return texts + _particular(result, rows, lang)


def _not_paid(result: FundsResult, lang: str) -> list[str]:
    """Say which part of the budget is not paid to anybody, and which levels pay what is."""
    shared = result.formula if result.formula is not None else result.work
    assert shared is not None
    amounts = dict(zip(shared.balance["part"], shared.balance["amount"], strict=True))
    texts = []
    if result.formula is not None and result.formula.levels:
        parts = [
            word("funds.part", lang, name=word(f"funds.level_{level}", lang), due=money(total, result, lang))
            for level in result.formula.levels
            for total in [result.formula.rows[f"due_{level}"].sum()]
        ]
        texts.append(word("funds.paid_by", lang, parts=word("report.list_separator_strong", lang).join(parts)))
    unpaid = [part for part in ("kept", "set_aside", "undistributed") if amounts.get(part)]
    texts += [word(f"funds.{part}", lang, amount=money(amounts[part], result, lang)) for part in unpaid]
    if result.work is not None and "village" in result.work.rows:
        percent = wording.quantity(result.plan.village_percent, lang)
        village = money(result.work.rows["village"].sum(), result, lang)
        texts.append(word("funds.villages", lang, village=village, percent=percent))
    return texts


def _particular(result: FundsResult, rows: pd.DataFrame, lang: str) -> list[str]:
    """Say who is held at a limit, and whom a veto has cost money."""
    texts = []
    if "bound" in rows and (rows["bound"] != "").any():
        texts.append(word("funds.bound", lang, names=joined(rows.loc[rows["bound"] != "", "object"], lang)))
    if "veto" in rows and (rows["veto"] < 1).any():
        texts.append(word("funds.vetoed", lang, names=joined(rows.loc[rows["veto"] < 1, "object"], lang)))
    return texts


def settlement(result: FundsResult, table: pd.DataFrame, lang: str) -> list[str]:
    """Say what was pre-paid and what the settlement comes to. `table` from `funds_views.settlement`."""
    rows = table[~table["is_total"] & table["settlement"].notna()]
    amounts = {
        "prepaid": rows["prepaid"].sum(),
        "settlement": rows["settlement"].sum(),
        "pay": rows.loc[rows["settlement"] > 0, "settlement"].sum(),
        "recover": -rows.loc[rows["settlement"] < 0, "settlement"].sum() + 0,
    }
    texts = [word("funds.settled", lang, **{key: money(amount, result, lang) for key, amount in amounts.items()})]
    back = rows[rows["settlement"] < 0]
    if len(back):
        names = [
            word("funds.recovered_item", lang, name=name, amount=money(-amount, result, lang))
            for name, amount in zip(back["object"], back["settlement"], strict=True)
        ]
        texts.append(word("funds.recovered", lang, names=word("report.list_separator_strong", lang).join(names)))
    return texts


def uncertainty(result: FundsResult, table: pd.DataFrame, lang: str) -> str:
    """Say how far money would move with other draws of the scores. `table` from `funds_views.uncertainty`."""
    rows = table[table["mean_move"].notna()]
    if not (rows["mean_move"] > 0.5).any():
        return word("funds.alone", lang)
    moved, due = rows["mean_move"].sum(), rows["due"].sum()
    most = rows.iloc[int(rows["mean_move"].argmax())]
    return word(
        "funds.moved",
        lang,
        amount=money(moved, result, lang),
        percent=wording.number(100 * moved / due, 2, lang),
        name=most["object"],
        move=money(most["mean_move"], result, lang),
    )


def notes(result: FundsResult, data: Data, lang: str, audience: str = "internal", drawn: bool = False) -> list[str]:
    """Say by which formula, which population, which standard and which rules the amounts came about."""
    plan = result.plan
    measure = word(f"funds.measure_{plan.rules.measure}", lang)
    texts = _of_formula(result, data, lang) if plan.method == "formula" else _of_work(result, lang, audience)
    if audience != "internal" and plan.coefficient.kind in ("score", "grade"):
        texts.append(word("funds.note_public_scores", lang))
    texts.append(word("funds.note_rounding", lang, measure=measure))
    if plan.prepaid:
        texts.append(word("funds.note_settlement", lang))
    if drawn:
        texts.append(word("funds.note_uncertainty", lang))
    return [*texts, word("funds.note_source", lang, source=plan.source)]


def _of_formula(result: FundsResult, data: Data, lang: str) -> list[str]:
    plan, rules = result.plan, result.plan.rules
    items = data.items.set_index("item")[f"name_{lang}"]
    source, mark = parameter_source(plan, data)
    texts = [
        word("funds.note_formula" if rules.shares else "funds.note_formula_whole", lang),
        word(
            "funds.note_population",
            lang,
            period=wording.period(population_period(plan), lang),
            item=str(items.get(plan.population, plan.population)),
        ),
        word("funds.note_per_head" if mark == "verified" else "funds.note_per_head_unverified", lang, source=source),
    ]
    if rules.budget is not None:
        texts.append(word("funds.note_budget", lang, amount=money(rules.budget, result, lang)))
    tiers = [
        word("funds.note_tier", lang, grade=_grade(data, grade, lang), x=wording.quantity(x, lang))
        for grade, x in plan.coefficient.tiers.items()
    ]
    texts.append(word(f"funds.note_coefficient_{plan.coefficient.kind}", lang, tiers=joined(tiers, lang)))
    if plan.coefficient.kind != "none" or (result.formula is not None and (result.formula.rows["veto"] < 1).any()):
        grades = joined([_grade(data, grade, lang) for grade in rules.reward_grades], lang)
        texts.append(word(f"funds.note_withheld_{rules.withheld}", lang, grades=grades))
    limited = plan.floors or plan.caps or rules.floor_percent is not None or rules.cap_percent is not None
    return [*texts, word("funds.note_limits", lang)] if limited else texts


def _of_work(result: FundsResult, lang: str, audience: str) -> list[str]:
    plan = result.plan
    texts = [word("funds.note_work", lang)]
    if result.work is not None and {name_of(plan.area, code) for code in plan.quality} < {
        name_of(*key) for key in result.work.rows[["area", "unit"]].itertuples(index=False, name=None)
    }:
        texts.append(word("funds.note_quality", lang))
    if plan.zero == "undistributed":
        texts.append(word("funds.note_zero_undistributed", lang))
    return texts if audience == "internal" else [*texts, word("funds.note_public", lang)]


def _grade(data: Data, grade: str, lang: str) -> str:
    return grade_name(data.standard, grade, lang) if data.standard is not None else grade
