"""What the error of sampled records leaves of points, totals and grades: scoring again at both ends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from evaltools.authenticity import ADDED

Scoring = Callable[[pd.DataFrame], pd.DataFrame]

ENDS = ("reported", "lowest", "highest")
_NUMBERS = {
    "reported": ("reported_numerator", "reported_value"),
    "lowest": ("lowest_numerator", "value_lowest"),
    "highest": ("highest_numerator", "value_highest"),
}
_KEY = ["period", "area", "unit", "section"]


def score_ranges(corrected: pd.DataFrame, score: Scoring) -> pd.DataFrame:
    """Return the points of a corrected indicator frame with what they were as reported and how far they are certain.

    corrected: of `authenticity.corrected`. score: takes an indicator frame and gives points, as
    `lambda ind: ev.score(ind, standard, targets)`; called four times, with the corrected numbers, those reported, and
    all sampled numbers at their lowest, then at their highest.

    Columns of `score`, points_reported, points_lowest and points_highest: the least and the most of the points at both
    ends and in the middle, so that a direction of "down" needs no care. NaN where a line has no points. For a rule that
    is highest between the ends (over-target reduction) the range may be wider than shown. Raises ValueError if `score`
    gives other lines for other numbers.
    """
    plain = corrected.drop(columns=ADDED)
    points = score(plain)
    key = [*_KEY, "line"]
    found = {}
    for end in ENDS:
        numerator, value = _NUMBERS[end]
        again = score(plain.assign(numerator=corrected[numerator], value=corrected[value]))
        if not again[key].reset_index(drop=True).equals(points[key].reset_index(drop=True)):
            raise ValueError("score must give the same lines for the reported and for the corrected numbers")
        found[end] = again["points"].to_numpy(dtype=float)
    return _ranged(points, found, "points")


def total_ranges(ranges: pd.DataFrame, totals: Scoring) -> pd.DataFrame:
    """Return section totals and totals of points with ranges.

    ranges: of `score_ranges`. totals: takes points and gives totals, as
    `lambda points: scoring.totals(points, standard)`.

    Columns of `totals`, points_reported, points_lowest, points_highest, grade_reported, grade_lowest, grade_highest.
    All lines at their low ends together, then all at their high ends: an outer range that holds whatever the samples
    have in common, wider than chance alone would make it.
    """
    plain = ranges.drop(columns=[f"points_{end}" for end in ENDS])
    middle = totals(plain)
    found, grades = {}, {}
    for end in ENDS:
        points = ranges[f"points_{end}"]
        again = totals(plain.assign(points=points, lost=plain["lost"] + plain["points"] - points))
        if not again[_KEY].reset_index(drop=True).equals(middle[_KEY].reset_index(drop=True)):
            raise ValueError("totals must give the same sections whatever the points")
        found[end] = again["points"].to_numpy(dtype=float)
        grades[f"grade_{end}"] = again["grade"].to_numpy()
    return _ranged(middle, found, "points").assign(**grades)


def _ranged(frame: pd.DataFrame, found: dict[str, np.ndarray], name: str) -> pd.DataFrame:
    middle = frame[name].to_numpy(dtype=float)
    ends = [middle, found["lowest"], found["highest"]]
    columns = {"reported": found["reported"], "lowest": np.minimum.reduce(ends), "highest": np.maximum.reduce(ends)}
    return frame.assign(**{f"{name}_{end}": column for end, column in columns.items()})
