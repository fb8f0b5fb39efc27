"""Totals near the bound of a grade: other conventions, worked out by hand and by scoring again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scored import frame, line, row, standard

from evaltools import scoring, wording
from evaltools.score_rounding import near_cutoffs
from evaltools.standards import Rounding

YEAR = "2024"


def found(near, **at):
    rows = near
    for name, value in at.items():
        rows = rows[rows[name].isna()] if value is None else rows[rows[name] == value]
    (only,) = rows.itertuples()
    return only.points, only.grade


def test_a_tie_at_the_bound_by_hand() -> None:
    """Two lines of 0.5 × 0.9 × ... : each is 4.505 and 4.505 points; together 9.01, and the bound is 9.01.

    Rounded up each line is 4.51, together 9.02; to even 4.50, together 9.00; only the total, 9.01 in both ways.
    """
    lines = [line(name, "proportional", "10", target="100") for name in "ab"]
    whole = standard(lines, cuts=("9.01",))
    near = near_cutoffs(frame(row("a", 901, 2000), row("b", 901, 2000)), whole, YEAR)
    assert found(near, of="line", mode="half_up", value_digits=None) == (9.02, "a")
    assert found(near, of="line", mode="half_even", value_digits=None) == (9.0, "b")
    assert found(near, of="total", mode="half_up", value_digits=None) == (9.01, "a")
    assert found(near, of="total", mode="half_even", value_digits=None) == (9.01, "a")
    # 45.05% is 45%, 45.1% (up) or 45.0% (to even), and 45.05% in no, one and two decimals
    assert found(near, of="line", mode="half_up", value_digits=0) == (9.0, "b")
    assert found(near, of="line", mode="half_up", value_digits=1) == (9.02, "a")
    assert found(near, of="total", mode="half_even", value_digits=1) == (9.0, "b")
    assert found(near, of="total", mode="half_even", value_digits=2) == (9.01, "a")
    assert len(near) == 16 and near["is_own"].tolist() == ["yes"] + [""] * 15
    assert near["cutoff"].eq(9.01).all()


@pytest.mark.parametrize(("above", "is_near"), [(894, False), (895, True), (900, True), (905, True), (906, False)])
def test_near_is_within_five_hundredths_ends_included(above: int, is_near: bool) -> None:
    whole = standard([line("a", "proportional", "10", target="100")], cuts=("9",))
    assert bool(len(near_cutoffs(frame(row("a", above, 1000)), whole, YEAR))) == is_near
    assert len(near_cutoffs(frame(row("a", above, 1000)), whole, YEAR, within=0.2))


def test_only_what_is_near_and_the_lowest_grade_has_no_bound() -> None:
    whole = standard([line("a", "proportional", "10", target="100")], cuts=("9", "5"))
    ind = frame(
        row("a", 0, 1000), row("a", 502, 1000, area="02"), row("a", 899, 1000, area="03"), row("a", 1, 3, area="04")
    )
    near = near_cutoffs(ind, whole, YEAR)
    assert near["area"].drop_duplicates().tolist() == ["02", "03"]
    assert near.drop_duplicates("area")["cutoff"].tolist() == [5, 9]


def test_each_convention_is_a_standard_of_its_own() -> None:
    whole = standard([line(name, "threshold", "10", lower="33", upper="97") for name in "abc"], cuts=("15.85",))
    ind = frame(row("a", 457, 613), row("b", 611, 907), row("c", 787, 1201))
    near = near_cutoffs(ind, whole, YEAR, within=5)
    for one in near.itertuples():
        digits = None if np.isnan(one.value_digits) else int(one.value_digits)
        own = replace(whole, rounding=Rounding(2, one.mode, one.of, digits))
        expected = scoring.totals(scoring.score(ind, own), own).iloc[-1]
        assert (one.points, one.grade) == (expected["points"], expected["grade"])


def test_lines_worth_finer_fractions_are_not_rounded() -> None:
    whole = standard(
        [line("a", "proportional", "2.25", target="100")], cuts=("2",), rounding=Rounding(1, "half_up", "total")
    )
    near = near_cutoffs(frame(row("a", 890, 1000)), whole, YEAR)
    rows = near[near["of"] == "line"]
    assert len(rows) == 8 and rows["points"].isna().all()
    assert set(rows["reason"]) == {"a line is worth more decimals than lines would be rounded to"}
    assert wording.untranslated(rows["reason"]) == []
    assert near.loc[near["of"] == "total", "points"].notna().all()
