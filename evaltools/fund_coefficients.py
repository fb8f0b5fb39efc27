"""Coefficients that a score puts on money, and how far money would move if scores were drawn again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evaltools.allocation import KEY, Allocation
from evaltools.fund_limits import spread_many
from evaltools.fund_objects import Rules, name_of, one_of, refuse_repeated, say, text
from evaltools.largest_remainder import Number, exact
from evaltools.problems import ProblemList, nearest
from evaltools.wording import is_missing, word

KINDS = ("none", "score", "grade", "stated")


@dataclass(frozen=True)
class Coefficient:
    """Where an object's coefficient comes from.

    kind: `none` 1 for all; `score` points / full points; `grade` that of its grade in tiers; `stated` its own in
    values, by name: the area's code, or area and unit with a space between them.
    """

    kind: str = "none"
    tiers: Mapping[str, Number] = field(default_factory=dict)
    values: Mapping[str, Number] = field(default_factory=dict)


def with_coefficients(
    objects: pd.DataFrame,
    how: Coefficient,
    scores: pd.DataFrame | None = None,
    vetoes: Mapping[str, Number] | None = None,
) -> pd.DataFrame:
    """Return the objects with their coefficients, as `allocation.allocate` wants them.

    objects: area and unit, one row each; other columns stay. scores: area, unit, points, full, grade and reason, one
    row an object: the totals of one period (`scoring.totals`, section ""). vetoes: name -> factor 0 to 1, what a veto
    does to the money of an object.

    Adds points, full, grade, coefficient and veto; an object without a score has no coefficient, and its reason says
    why. Raises InputError with everything wrong: an unknown kind, a grade without coefficient, coefficients below 0,
    a factor of a veto outside 0 to 1, coefficients or vetoes of unknown objects, the same object twice.
    """
    problems = ProblemList()
    one_of(how.kind, "coefficient", KINDS, problems)
    refuse_repeated(objects, problems)
    names = [name_of(area, unit) for area, unit in zip(objects["area"], objects["unit"], strict=True)]
    for key, given in (("stated", how.values), ("veto", vetoes or {})):
        for name in [name for name in given if name not in set(names)]:
            say(problems, "unknown_name", key, subject=name, near=nearest(name, names) or "—")
    for name, number in [*how.tiers.items(), *how.values.items(), *(vetoes or {}).items()]:
        if exact(number) < 0:
            say(problems, "negative", "coefficient", subject=name, found=text(exact(number)))
    for name, number in (vetoes or {}).items():
        if exact(number) > 1:
            say(problems, "bad_veto", name, subject=name, found=text(exact(number)))
    rows = _scored(objects, scores)
    found: list[Fraction | None] = []
    for name, points, full, grade in zip(names, rows["points"], rows["full"], rows["grade"], strict=True):
        found.append(_coefficient(how, name, points, full, grade, problems))
    problems.raise_if_any()
    factors = [exact((vetoes or {}).get(name, 1)) for name in names]
    return rows.assign(
        coefficient=pd.Series(found, index=rows.index, dtype=object).where(pd.notna(found), np.nan),
        veto=pd.Series(factors, index=rows.index, dtype=object),
    )


def _scored(objects: pd.DataFrame, scores: pd.DataFrame | None) -> pd.DataFrame:
    """Add points, full, grade and the reason why there are none."""
    wanted = ["points", "full", "grade", "reason"]
    if scores is None or scores.empty:
        rows = objects.assign(points=np.nan, full=np.nan, grade="", of_score="")
    else:
        own = scores[[*KEY, *wanted]].rename(columns={"reason": "of_score"})
        rows = objects.merge(own, on=KEY, how="left", validate="one_to_one")
    rows = rows.assign(grade=rows["grade"].fillna(""), of_score=rows["of_score"].fillna(""))
    before = rows["reason"].fillna("") if "reason" in rows else pd.Series("", index=rows.index)
    why = rows["of_score"].where(rows["points"].isna(), "")
    both = before + np.where((before != "") & (why != ""), "; ", "") + why
    return rows.assign(reason=both).drop(columns="of_score")


def _coefficient(
    how: Coefficient, name: str, points: object, full: object, grade: str, problems: ProblemList
) -> Fraction | None:
    if how.kind == "none":
        return Fraction(1)
    if how.kind == "stated":
        return exact(how.values[name]) if name in how.values else None
    if is_missing(points):
        return None
    if how.kind == "score":
        return exact(points) / exact(full)  # type: ignore[arg-type]
    if grade not in how.tiers:
        say(problems, "unknown_grade", name, subject=name, found=grade or "—", allowed=", ".join(how.tiers))
        return None
    return exact(how.tiers[grade])


def money_uncertainty(
    allocation: Allocation,
    rules: Rules,
    how: Coefficient,
    drawn_scores: pd.DataFrame | ArrayLike,
    grades: Sequence[tuple[str, Number]] = (),
) -> pd.DataFrame:
    """Return how far each object's money would move if scores were drawn again within their uncertainty.

    allocation, rules, how: as the money was worked out. drawn_scores: simulations x objects, totals in points, in the
    order of the rows (of a frame, columns named like the objects in any order). grades: id and lowest points, for
    tiers and rewards. Every draw goes through the whole calculation, but for the rounding: what one gains others may
    lose. What a veto does stays as it is. A draw in which floors ask for more than there is pays the floors.

    One row an object: area, unit, due (as published), lower and upper (2.5% and 97.5% of the draws), mean_move
    (the mean of the absolute difference from what is due), mean_move_percent of it, reason. All in the measure
    of the allocation. NaN for an object without money or draws, with the reason.

    Raises ValueError if the draws have another number of objects, or coefficients do not come from scores.
    """
    if how.kind not in ("score", "grade"):
        raise ValueError(f"coefficients from {how.kind!r} do not depend on scores")
    rows = allocation.rows
    names = [name_of(area, unit) for area, unit in zip(rows["area"], rows["unit"], strict=True)]
    drawn = drawn_scores.reindex(columns=names) if isinstance(drawn_scores, pd.DataFrame) else drawn_scores
    points = np.asarray(drawn, dtype=float)
    if points.ndim != 2 or points.shape[1] != len(rows):
        raise ValueError(f"draws must be simulations x {len(rows)} objects; found {points.shape}")
    paid = rows["due"].notna().to_numpy()
    still = np.isnan(points).any(axis=0)
    amounts = _drawn_amounts(rows, rules, how, points, grades, paid & ~still)
    due = rows["due"].to_numpy(dtype=float)
    lower, upper = np.percentile(amounts, [2.5, 97.5], axis=0)
    move = np.abs(amounts - due).mean(axis=0)
    known = paid & ~still
    reason = np.where(paid, np.where(still, word("funds.reason_no_draws", "en"), ""), rows["reason"])
    return rows[KEY].assign(
        due=due,
        lower=np.where(known, lower, np.nan),
        upper=np.where(known, upper, np.nan),
        mean_move=np.where(known, move, np.nan),
        mean_move_percent=np.where(known & (due > 0), 100 * move / np.where(due > 0, due, 1), np.nan),
        reason=reason,
    )


def _drawn_amounts(
    rows: pd.DataFrame,
    rules: Rules,
    how: Coefficient,
    points: NDArray[np.float64],
    grades: Sequence[tuple[str, Number]],
    drawn: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the amounts of every draw, simulations x objects; 0 for who has none."""
    paid = rows["due"].notna().to_numpy()
    entitlement = np.where(paid, rows["entitlement"].to_numpy(dtype=float), 0.0)
    ids, starts = [grade for grade, _ in grades], np.array([float(start) for _, start in grades])
    reached = points[:, :, None] >= starts
    # the first grade whose lowest points are reached; points below all count as the last
    place = np.where(reached.any(axis=2), reached.argmax(axis=2), len(ids) - 1) if ids else np.zeros(points.shape, int)
    published = rows["coefficient"].astype(float).fillna(0).to_numpy()
    if how.kind == "score":
        found = points / rows["full"].to_numpy(dtype=float)
    else:
        found = np.array([float(how.tiers[grade]) for grade in ids])[place]
    earned = entitlement * np.where(drawn, found, published) * rows["veto"].astype(float).to_numpy()
    there, total = entitlement.sum(), earned.sum(axis=1, keepdims=True)
    amounts = earned
    if rules.withheld == "pool":
        amounts = earned * np.divide(there, total, out=np.ones_like(total), where=total > 0)
    elif rules.withheld == "reward":
        of_now = rows["grade"].isin(rules.reward_grades).to_numpy()
        best = np.where(np.where(drawn, np.isin(np.array([*ids, ""])[place], rules.reward_grades), of_now), earned, 0.0)
        base = best.sum(axis=1, keepdims=True)
        amounts = earned + best * np.divide(np.maximum(there - total, 0), base, out=np.zeros_like(base), where=base > 0)
    floors, caps = _limits(rows, rules, entitlement)
    return spread_many(np.asarray(amounts, dtype=float), floors, caps)


def _limits(
    rows: pd.DataFrame, rules: Rules, entitlement: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the floors and caps that `allocate` held the amounts to; 0 and infinity where there is none."""
    paid = rows["due"].notna().to_numpy()
    floors = rows["floor"].astype(float).fillna(0).to_numpy() if "floor" in rows else np.zeros(len(rows))
    caps = rows["cap"].astype(float).fillna(np.inf).to_numpy() if "cap" in rows else np.full(len(rows), np.inf)
    if rules.floor_percent is not None:
        floors = np.maximum(floors, entitlement * float(rules.floor_percent) / 100)
    if rules.cap_percent is not None:
        caps = np.minimum(caps, entitlement * float(rules.cap_percent) / 100)
    floors = np.where((rows["veto"].astype(float).to_numpy() >= 1) & paid, floors, 0.0)
    return np.asarray(floors, dtype=float), np.where(paid, caps, np.inf)
