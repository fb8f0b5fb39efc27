"""Where more people would earn most: against scoring a changed frame, number of people by number of people."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import frame, line, missing, row, standard

from evaltools import scoring
from evaltools.score_gains import score_gains
from evaltools.standards import Bonus, Penalties, RollUp, Rounding, Standard

YEAR = "2024"
BANDS = [
    {"to": "60", "points": "0"},
    {"from": "60", "to": "70", "points": "4"},
    {"from": "70", "to": "90", "points": "3"},
    {"from": "90", "points": "10"},
]
RULES = {
    "proportional": {"target": "90"},
    "threshold": {"lower": "30", "upper": "90"},
    "per_point": {"target": "90", "deduct": "0.3"},
    "per_step": {"target": "90", "step": "5", "deduct": "1", "steps": "whole"},
    "per_gap": {"target": "90", "step": "5", "deduct": "1", "steps": "started"},
    "bands": {"bands": BANDS},
    "improvement": {"improve": "20", "ceiling": "95"},
    "per_defect": {"deduct": "0.2"},
}


def rescored(ind: pd.DataFrame, whole: Standard, indicator: str, people: int) -> tuple[float, float]:
    """Points of the line and the total, if so many people more had been served: everything scored again."""
    changed = ind.copy()
    at = (changed["indicator"] == indicator) & (changed["period"] == YEAR)
    changed.loc[at, "numerator"] += people
    changed.loc[at, "value"] = changed.loc[at, "numerator"] / changed.loc[at, "denominator"] * 100
    points = scoring.score(changed, whole)
    points = points[points["period"] == YEAR]
    sums = scoring.totals(points, whole)
    return float(points.set_index("line").loc[indicator, "points"]), float(sums.iloc[-1]["points"])


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(RULES)),
    st.integers(1, 30).flatmap(lambda below: st.tuples(st.integers(0, below), st.just(below))),
    st.sampled_from([None, 0, 1]),
    st.sampled_from(["line", "total"]),
    st.integers(1, 12),
)
def test_gains_are_those_of_scoring_again(
    rule: str, counts: tuple[int, int], digits: int | None, of: str, more: int
) -> None:
    other = line("y", "proportional", "10", target="80", missing="exclude")
    out = line("z", "proportional", "5", target="80", missing="exclude")
    whole = standard(
        [line("x", rule, "10", **RULES[rule]), other, out], rounding=Rounding(2, "half_up", of, digits), cuts=("20",)
    )
    ind = frame(row("x", 11, 30, period="2023"), row("x", *counts), row("y", 40, 100), missing("z"))
    found = score_gains(ind, whole, YEAR, more=more)
    now, total = rescored(ind, whole, "x", 0)
    room = counts[1] - counts[0]
    own = found[found["line"] == "x"]
    if now >= 10 or not room:
        assert own.empty
        return
    added = min(more, room)
    then, total_then = rescored(ind, whole, "x", added)
    steps = [people for people in range(1, room + 1) if rescored(ind, whole, "x", people)[0] > now + 1e-12]
    moves = abs(then - now) > 1e-12 or abs(total_then - total) > 1e-12
    if moves:
        improves = then > now and total_then > total
    else:
        improves = bool(steps) and rescored(ind, whole, "x", steps[0])[1] > total
    assert len(own) == improves
    if not improves:
        return
    (gain,) = own.itertuples()
    assert (gain.more, gain.points, gain.full) == (added, pytest.approx(now), 10)
    assert gain.gain == pytest.approx(then - now, abs=1e-9)
    assert gain.total_gain == pytest.approx(total_then - total, abs=1e-9)
    assert gain.next_more == steps[0]
    assert gain.next_gain == pytest.approx(rescored(ind, whole, "x", steps[0])[0] - now, abs=1e-9)


def test_the_most_is_earned_first_and_by_hand() -> None:
    """10 of 100 people are 10 points of a hundred: 10 × 10/100 = 1; of 1000 they are 0.1; a step needs 30."""
    lines = [
        line("large", "proportional", "10", target="100"),
        line("small", "proportional", "10", target="100"),
        line("steps", "per_step", "10", target="90", step="5", deduct="1", steps="started"),
    ]
    ind = frame(row("large", 500, 1000), row("small", 50, 100), row("steps", 820, 1000))
    found = score_gains(ind, standard(lines), YEAR).set_index("line")
    assert found.index.tolist() == ["small", "large", "steps"]
    assert found["gain"].tolist() == [1.0, 0.1, 0.0]
    # 82% is 8 points short, two steps begun; at 85% it is one: 30 people more
    assert found.loc["steps", ["next_more", "next_gain"]].tolist() == [30, 1.0]


def test_what_people_cannot_earn_is_not_among_the_rows() -> None:
    lines = [
        line("full", "proportional", "10", target="80"),
        line("down", "proportional", "10", "down", target="5"),
        line("count", "proportional", "10", target="80"),
        line("units", "units_meeting", "10", bar="80"),
        line("judged", "manual", "10"),
        line("none", "proportional", "10", target="80"),
        line("at_its_end", "proportional", "10", target="120"),
        line("far", "proportional", "10"),
    ]
    ind = frame(
        row("full", 90, 100), row("down", 9, 100), row("count", 40), row("units", 50, 100), missing("none"),
        row("at_its_end", 100, 100), row("far", 5, 10),
    )  # fmt: skip
    assert score_gains(ind, standard(lines), YEAR).empty


@pytest.mark.parametrize(("digits", "people"), [(None, 12), (1, 12), (0, 7)])
def test_a_value_rounded_first_enters_a_band_earlier(digits: int | None, people: int) -> None:
    """588 of 1000 enter the band from 60% at 600; in whole per cent 59.5% counts as 60%, and 595 will do."""
    whole = standard([line("x", "bands", "10", bands=BANDS)], rounding=Rounding(2, "half_up", "line", digits))
    found = score_gains(frame(row("x", 588, 1000)), whole, YEAR)
    assert found[["next_more", "next_gain", "gain"]].to_numpy().tolist() == [[people, 4.0, 0.0 if people > 10 else 4.0]]
    # from 60% the band from 70% earns less: the next gain is at 90%
    found = score_gains(frame(row("x", 650, 1000)), whole, YEAR)
    assert found["next_more"].tolist() == [{None: 250, 1: 250, 0: 245}[digits]]


def test_an_open_gate_counts_for_the_total() -> None:
    gated = standard(
        [
            line("a", "per_step", "10", target="90", step="10", deduct="5", steps="started"),
            line("b", "proportional", "10", target="80", gate=("a",)),
        ]
    )
    ind = frame(row("a", 78, 100), row("b", 40, 100))
    found = score_gains(ind, gated, YEAR, more=2).set_index("line")
    assert found.loc["a", ["points", "gain", "total_gain"]].tolist() == [0.0, 5.0, 10.0]
    # nobody earns anything on a line whose gate is shut
    assert found.index.tolist() == ["a"]
    opened = score_gains(frame(row("a", 80, 100), row("b", 40, 100)), gated, YEAR, more=2).set_index("line")
    assert opened.loc["b", ["gain", "total_gain"]].tolist() == [0.25, 0.25]


def test_what_would_lower_a_total_is_not_listed_and_changes_no_other_row() -> None:
    """65% is worth 4 points and 71% is worth 3; a gate that opens costs 8 points of penalties for 5 that it earns."""
    falling = line("x", "bands", "10", bands=BANDS)
    ind = frame(row("x", 65, 100), row("y", 40, 100))
    other = line("y", "proportional", "10", target="80")
    found = score_gains(ind, standard([falling, other]), YEAR, more=6)
    assert rescored(ind, standard([falling, other]), "x", 6) == (3.0, 8.0)
    assert found["line"].tolist() == ["y"]
    pd.testing.assert_frame_equal(found, score_gains(ind[1:], standard([other]), YEAR, more=6))
    # the same line, where the next band that earns more is reached
    (last,) = score_gains(ind, standard([falling, other]), YEAR, more=25).query("line == 'x'").itertuples()
    assert (last.gain, last.total_gain, last.next_more) == (6.0, 6.0, 25)
    gate = line("a", "per_step", "10", target="90", step="10", deduct="5", steps="started")
    behind = Penalties(None, (line("p", "per_case", "8", deduct="1", gate=("a",)),))
    costly = replace(standard([gate, other]), penalties=behind)
    ind = frame(row("a", 78, 100), row("y", 40, 100), row("p", 8))
    assert rescored(ind, costly, "a", 0)[1] - rescored(ind, costly, "a", 2)[1] == 3
    assert score_gains(ind, costly, YEAR, more=2)["line"].tolist() == ["y"]


def test_a_bonus_at_its_cap_earns_nothing_more() -> None:
    full = replace(
        standard([line("y", "proportional", "10", target="80")]),
        bonus=Bonus(Decimal(3), False, (line("b", "proportional", "5", target="80"),)),
    )
    ind = frame(row("y", 40, 100), row("b", 60, 100))
    assert score_gains(ind, full, YEAR)["line"].tolist() == ["y"]
    assert set(score_gains(frame(row("y", 40, 100), row("b", 40, 100)), full, YEAR)["line"]) == {"y", "b"}


def test_institutions_have_rows_of_their_own() -> None:
    of_units = replace(
        standard([line("a", "proportional", "10", target="100")]), objects="unit", roll_up=RollUp("equal")
    )
    ind = frame(row("a", 50, 100, unit="1"), row("a", 50, 200, unit="2"), row("a", 100, 300))
    found = score_gains(ind, of_units, YEAR)
    assert found["unit"].tolist() == ["1", "2"]
    assert found["total_gain"].tolist() == [1.0, 0.5]


def test_other_years_stay_out() -> None:
    ind = frame(row("a", 50, 100), row("a", 10, 100, period="2023"))
    found = score_gains(ind, standard([line("a", "proportional", "10", target="100")]), YEAR)
    assert found["period"].tolist() == [YEAR] and found["numerator"].tolist() == [50]
