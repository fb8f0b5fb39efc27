"""Why a score changed: against a calculation by hand, and as a sum that is exact whatever the numbers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import frame, line, missing, row, standard

from evaltools import scoring, wording
from evaltools.score_changes import EFFECTS, REST, score_changes
from evaltools.score_gates import behind_gates, without_gates
from evaltools.standards import Bonus, Penalties, RollUp, Rounding, Standard

BEFORE, NOW = "2023", "2024"


def both(*rows: dict) -> pd.DataFrame:
    """Rows of two years: those given are this year's unless they say otherwise."""
    return frame(*rows)


def last(*args: object, **more: object) -> dict:
    return row(*args, period=BEFORE, **more)  # type: ignore[arg-type]


def total(changes: pd.DataFrame, **at: str) -> pd.Series:
    (found,) = [one for _, one in changes[changes["line"] == ""].iterrows() if all(one[k] == v for k, v in at.items())]
    return found


def decimals(numbers: pd.Series) -> Decimal:
    """The sum of numbers as they are printed."""
    return sum((Decimal(repr(float(x))) for x in numbers), Decimal(0))


def check_sums(changes: pd.DataFrame) -> None:
    """Everything adds up to the last digit, for each area: lines to the total, effects to the change."""
    for _, own in changes.groupby(["area", "unit"]):
        whole, parts = own[own["line"] == ""].iloc[0], own[own["line"] != ""]
        if whole["reason"]:
            assert np.isnan(whole[list(EFFECTS)].to_numpy(dtype=float)).all()
            continue
        for effect in (*EFFECTS, "change"):
            assert decimals(parts[effect]) == decimals(pd.Series([whole[effect]])), effect
        assert decimals(whole[["previous_points", *EFFECTS]]) == decimals(pd.Series([whole["points"]]))
        assert decimals(whole[list(EFFECTS)]) == decimals(pd.Series([whole["change"]]))
        for _, one in parts.iterrows():
            assert decimals(one[list(EFFECTS)]) == decimals(pd.Series([one["change"]]))


def three_lines(**more: object) -> Standard:
    lines = [line(name, "proportional", "10", target="80", missing="exclude") for name in "abc"]
    return standard(lines, cuts=("25", "15"), **more)


def test_a_change_by_hand() -> None:
    """Last year a 40%, b missing, c 60%; this year a 48%, b 80%, c 60%, and the targets are 60 instead of 80."""
    old = three_lines()
    lines = [line(name, "proportional", "10", target="60", missing="exclude") for name in "abc"]
    new = standard(lines, cuts=("25", "15"))
    ind = both(
        last("a", 40, 100), missing("b", period=BEFORE), last("c", 60, 100),
        row("a", 48, 100), row("b", 48, 100), row("c", 60, 100),
    )  # fmt: skip
    found = score_changes(ind, new, NOW, old)
    check_sums(found)
    # before: a 5, c 7.5 of 20 → 12.5 × 30/20 = 18.75; new targets: a 6.67, c 10 → 16.67 × 1.5 = 25.01 (25.005 up)
    # b comes in with 48/60 × 10 = 8: 24.67; a rises to 8: 26
    whole = total(found)
    assert whole["previous_points"] == 18.75
    assert whole["standard"] == 6.26
    assert whole["missing"] == -0.34
    assert whole["performance"] == 1.33
    assert whole["points"] == 26.0
    parts = found.set_index("line")
    assert parts.loc["a", ["standard", "missing", "performance"]].tolist() == [1.67, 0, 1.33]
    assert parts.loc["c", ["standard", "missing", "performance"]].tolist() == [2.5, 0, 0]
    # b stood for the mean of the others, 16.67/20 of 10 = 8.335, and has 8
    assert parts.loc["b", ["standard", "missing", "performance"]].tolist() == pytest.approx([0, -0.335, 0], abs=0.0051)
    assert parts.loc["b", "reason"] == "nothing to score in the year before: not reported"
    # what rescaling by 30/20 adds to the gain of a and c under the new targets: (1.67 + 2.5)/2, in cents
    assert parts.loc[REST, "standard"] == pytest.approx(2.09)


def test_only_the_standard_differs() -> None:
    ind = both(last("a", 40, 100), last("b", 50, 100), last("c", 60, 100))
    ind = pd.concat([ind, ind.assign(period=NOW)], ignore_index=True)
    stricter = replace(
        three_lines(),
        id="other",
        sections=standard([line(n, "proportional", "10", target="90") for n in "abc"]).sections,
    )
    whole = total(score_changes(ind, stricter, NOW, three_lines()))
    assert whole["performance"] == 0 and whole["missing"] == 0
    assert whole["standard"] == whole["change"] < 0


def test_a_target_that_moved_is_no_performance() -> None:
    ind = both(last("a", 40, 100), row("a", 40, 100))
    open_target = standard([line("a", "proportional", "10")])
    targets = pd.DataFrame({"period": [BEFORE, NOW], "area": "*", "unit": "", "indicator": "a", "target": [50.0, 80.0]})
    whole = total(score_changes(ind, open_target, NOW, targets=targets))
    assert whole[["previous_points", *EFFECTS, "points"]].tolist() == [8.0, -3.0, 0.0, 0.0, 5.0]


def test_another_definition_is_no_performance() -> None:
    ind = both(last("a", 40, 100, definition="2017"), row("a", 60, 100, definition="2024"))
    found = score_changes(ind, standard([line("a", "proportional", "10", target="80")]), NOW)
    assert total(found)[list(EFFECTS)].tolist() == [2.5, 0.0, 0.0]
    assert "definition" in found.set_index("line").loc["a", "reason"]


def test_last_years_value_by_this_years_definition_is_compared() -> None:
    ind = both(
        last("a", 40, 100, definition="2017"), last("a", 50, 100, definition="2024"),
        row("a", 60, 100, definition="2024"),
    )  # fmt: skip
    whole = total(score_changes(ind, standard([line("a", "proportional", "10", target="80")]), NOW))
    assert whole[["previous_points", *EFFECTS]].tolist() == [6.25, 0.0, 0.0, 1.25]


def test_improvement_looks_at_the_year_before_the_last() -> None:
    ind = both(row("a", 40, 100, period="2022"), last("a", 50, 100), row("a", 70, 100))
    rising = standard([line("a", "improvement", "10", improve="20")])
    whole = total(score_changes(ind, rising, NOW))
    assert whole[["previous_points", *EFFECTS, "points"]].tolist() == [5.0, 0.0, 0.0, 5.0, 10.0]


def test_missing_counted_as_zero_is_told_from_performance() -> None:
    both_lines = standard([line(name, "proportional", "10", target="80") for name in "ab"])
    ind = both(last("a", 40, 100), last("b", 80, 100), row("a", 48, 100), missing("b"))
    found = score_changes(ind, both_lines, NOW)
    assert total(found)[list(EFFECTS)].tolist() == [0.0, -10.0, 1.0]
    assert found.set_index("line").loc["b", "reason"] == "nothing to score in this period: not reported"
    check_sums(found)


def test_without_a_year_before_nothing_is_split() -> None:
    found = score_changes(both(row("a", 40, 100)), standard([line("a", "proportional", "10", target="80")]), NOW)
    whole = total(found)
    assert whole["reason"] == "no total of the year before" and np.isnan(whole["change"])
    assert whole["points"] == 5


def test_what_cannot_be_scored_by_this_years_standard_is_said() -> None:
    ind = both(last("a", 40, 100), missing("b", period=BEFORE), row("a", 40, 100), row("b", 40, 100))
    one, other = (standard([line(n, "proportional", "10", target="80", missing="exclude")]) for n in "ab")
    kept = replace(
        one,
        sections=(replace(one.sections[0], lines=(line("b", "proportional", "10", target="80", missing="exclude"),)),),
    )
    old = standard([line("b", "proportional", "10", target="80")])
    whole = total(score_changes(ind, kept, NOW, old))
    assert whole["reason"].startswith("by the standard of this period") and whole["change"] == 5
    # a line that is new, without figures of last year, is what the standard did
    whole = total(score_changes(ind, other, NOW, one))
    assert whole[list(EFFECTS)].tolist() == [0.0, 0.0, 0.0]


def test_every_reason_can_be_said_in_chinese() -> None:
    ind = both(last("a", 40, 100, definition="1"), row("a", 60, 100, definition="2"), last("b", 1, 2), missing("b"))
    lines = standard([line(name, "proportional", "10", target="80") for name in "ab"])
    reasons = set(score_changes(ind, lines, NOW)["reason"]) | set(score_changes(ind, lines, BEFORE)["reason"])
    assert len(reasons) >= 4 and wording.untranslated(reasons) == []


def test_gates_bonus_and_penalties_are_in_the_sum() -> None:
    """A gate that opens brings the points of the line that waits for it."""
    plain = standard(
        [line("a", "proportional", "10", target="80"), line("b", "proportional", "10", target="80", gate=("a",))]
    )
    ruled = replace(
        plain,
        bonus=Bonus(Decimal(3), False, (line("c", "evidence", "5", required="10"),)),
        penalties=Penalties(None, (line("d", "per_case", "4", deduct="1"),)),
    )
    ind = both(
        last("a", 0, 100), last("b", 40, 100), last("c", 2), last("d", 1),
        row("a", 40, 100), row("b", 40, 100), row("c", 10), row("d", 2),
    )  # fmt: skip
    found = score_changes(ind, ruled, NOW)
    check_sums(found)
    parts = found.set_index("line")
    # last year 0 + 0 + 1 − 1; this year 5 + 5 + 3 (of 5, capped) − 2
    assert total(found)[["previous_points", "points"]].tolist() == [0.0, 11.0]
    assert parts.loc[["a", "b", "c", "d", REST], "performance"].tolist() == [5.0, 5.0, 4.0, -1.0, -2.0]


def test_gates_are_those_of_scoring() -> None:
    chained = standard(
        [
            line("a", "proportional", "10", target="80"),
            line("b", "proportional", "10", target="80", gate=("a",)),
            line("c", "proportional", "10", target="80", gate=("b",)),
        ]
    )
    ind = frame(
        *(row(name, 0 if name == area else 50, 100, area=area) for area in "abcd" for name in "abc"),
        missing("a", area="e"), row("b", 50, 100, area="e"), row("c", 50, 100, area="e"),
    )  # fmt: skip
    free, expected = scoring.score(ind, without_gates(chained)), scoring.score(ind, chained)
    for area, own in free.groupby("area"):
        points = dict(zip(own["line"], own["points"], strict=True))
        known = expected[expected["area"] == area]
        assert behind_gates(points, chained) == dict(zip(known["line"], known["points"], strict=True))


def test_institutions_are_split_and_rolled_up() -> None:
    of_units = standard(
        [line(name, "proportional", "10", target="100") for name in "ab"], objects="unit", roll_up=RollUp("equal")
    )
    ind = both(
        *(last(name, above, 100, unit=unit) for unit, above in (("1", 40), ("2", 60)) for name in "ab"),
        *(row(name, above, 100, unit=unit) for unit, above in (("1", 60), ("2", 60), ("3", 90)) for name in "ab"),
    )
    found = score_changes(ind, of_units, NOW)
    check_sums(found)
    whole = total(found, unit="")
    # 10 → a third institution with 18 beside 8 and 12: 12.67 → the first rises by 4 of three
    assert whole["previous_points"] == 10.0 and whole["points"] == 14.0
    assert whole[list(EFFECTS)].tolist() == pytest.approx([0.0, 2.66, 1.34])
    assert total(found, unit="1")[list(EFFECTS)].tolist() == [0.0, 0.0, 4.0]
    assert total(found, unit="3")["reason"] == "no total of the year before"


values = st.one_of(st.none(), st.integers(0, 120))
states = st.fixed_dictionaries({name: st.tuples(values, values) for name in "abcd"})


@st.composite
def standards(draw: st.DrawFn) -> Standard:
    rounding = Rounding(
        draw(st.integers(1, 3)),
        draw(st.sampled_from(["half_up", "half_even"])),
        draw(st.sampled_from(["line", "total"])),
    )
    policy = st.sampled_from(["zero", "exclude"])
    made = []
    for name in "abcd":
        target, full = str(draw(st.integers(30, 110))), str(draw(st.integers(1, 9)))
        rule = draw(st.sampled_from(["proportional", "per_point", "per_step"]))
        more = {
            "proportional": {},
            "per_point": {"deduct": "0.3"},
            "per_step": {"step": "7", "deduct": "0.7", "steps": "whole"},
        }
        made.append(
            line(name, rule, full, target=target, missing=draw(policy), not_applicable=draw(policy), **more[rule])
        )
    return standard(made[:2], made[2:], rounding=rounding, cuts=("1.5",))


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(states, states, standards(), standards())
def test_the_parts_always_add_up(first: dict, second: dict, new: Standard, old: Standard) -> None:
    rows = []
    for area, state in (("01", first), ("02", second)):
        for name, years in state.items():
            for period, value in zip((BEFORE, NOW), years, strict=True):
                given_row = (
                    missing(name, period=period, area=area)
                    if value is None
                    else row(name, value, 97, period=period, area=area)
                )
                rows.append(given_row)
    ind = frame(*rows)
    found = score_changes(ind, new, NOW, old)
    check_sums(found)
    # the ends are the scores themselves
    for period, own, column in ((NOW, new, "points"), (BEFORE, old, "previous_points")):
        sums = scoring.totals(scoring.score(ind, own), own)
        sums = sums[(sums["section"] == "") & (sums["period"] == period)].set_index("area")["points"]
        for area in ("01", "02"):
            np.testing.assert_equal(total(found, area=area)[column], sums[area])
    # one area's change has nothing to do with another's
    alone = score_changes(ind[ind["area"] == "02"], new, NOW, old)
    pd.testing.assert_frame_equal(alone, found[found["area"] == "02"].reset_index(drop=True))
    shuffled = score_changes(ind.sample(frac=1, random_state=1), new, NOW, old)
    key = ["area", "line"]
    pd.testing.assert_frame_equal(
        shuffled.sort_values(key, ignore_index=True), found.sort_values(key, ignore_index=True)
    )
