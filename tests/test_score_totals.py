"""Totals are rounded once and vetoes have no order: against fractions added up plainly, and the working redone."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import permutations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import line, standard

from evaltools import scoring
from evaltools.score_totals import grade_after
from evaltools.standards import Bonus, Line, Penalties, Rounding, Standard, Veto

PYTHON = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


def on_paper(points: Fraction, digits: int, mode: str) -> Fraction:
    """Round as Python's decimals do; ties are ties, and thirds stay thirds."""
    scaled = points * 10**digits
    twice = Fraction(math.floor(2 * scaled), 2)  # the half below it: a tie only if it is the number itself
    near = Decimal(twice.numerator) / twice.denominator + (Decimal("0.1") if twice != scaled else 0)
    return Fraction(near.quantize(Decimal(1), rounding=PYTHON[mode])) / 10**digits


def made_of(
    fulls: list[list[str]],
    rounding: Rounding,
    bonus: Bonus | None = None,
    penalties: Penalties | None = None,
    vetoes: tuple[Veto, ...] = (),
) -> Standard:
    sections = [
        [line(f"s{s}l{n}", "proportional", full, target="90") for n, full in enumerate(section)]
        for s, section in enumerate(fulls)
    ]
    return standard(*sections, rounding=rounding, cuts=("60", "20"), bonus=bonus, penalties=penalties, vetoes=vetoes)


def rows_of(made: Standard, points: list[Fraction | None]) -> pd.DataFrame:
    """What `ev.score` gives, as far as totals look at it."""
    rows = [
        ("2024", "01", "", known.id, math.nan if gained is None else float(gained))
        for (_, known), gained in zip(made.lines, points, strict=True)
    ]
    return pd.DataFrame(rows, columns=["period", "area", "unit", "line", "points"])


def total_of(made: Standard, points: list[Fraction | None]) -> pd.Series:
    return scoring.totals(rows_of(made, points), made).iloc[-1]


BONUS_LINES: tuple[Line, ...] = tuple(line(f"b{n}", "proportional", "9", target="90") for n in range(2))
TAKEN_LINES: tuple[Line, ...] = tuple(line(f"p{n}", "per_case", "9", deduct="1") for n in range(2))

# --- against fractions ------------------------------------------------------------------------------------------------

shares = st.sampled_from(
    sorted({Fraction(above, below) for below in (1, 2, 3, 4, 6, 7, 8, 9, 16, 24) for above in range(below + 1)})
)
sections = st.lists(st.lists(st.tuples(st.integers(1, 40), st.none() | shares), min_size=1, max_size=3), min_size=1)


@settings(max_examples=150, deadline=None)
@given(
    sections,
    st.builds(Rounding, st.integers(0, 3), st.sampled_from(sorted(PYTHON)), st.sampled_from(["line", "total"])),
    st.lists(shares, min_size=2, max_size=2),
    st.lists(shares, min_size=2, max_size=2),
    st.tuples(st.sampled_from(["2", "3.5", "6.25", "18"]), st.booleans()),
    st.none() | st.sampled_from(["1", "4.5", "7.125"]),
)
def test_a_total_is_rounded_once(
    sections: list[list[tuple[int, Fraction | None]]],
    rounding: Rounding,
    lifted: list[Fraction],
    taken: list[Fraction],
    bonus: tuple[str, bool],
    cap: str | None,
) -> None:
    made = made_of(
        [[str(full) for full, _ in section] for section in sections],
        rounding,
        Bonus(Decimal(bonus[0]), bonus[1], BONUS_LINES),
        Penalties(None if cap is None else Decimal(cap), TAKEN_LINES),
    )

    def printed(points: Fraction) -> Fraction:
        return on_paper(points, rounding.digits, rounding.mode) if rounding.of == "line" else points

    flat = [(full, share) for section in sections for full, share in section]
    gained = [None if share is None else printed(full * share) for full, share in flat]
    of_bonus = [printed(9 * share) for share in lifted]
    of_penalties = [-printed(9 * share) for share in taken]
    found = total_of(made, [*gained, *of_bonus, *of_penalties])
    counted = sum(full for full, share in flat if share is not None)
    if not counted:
        assert math.isnan(found["points"]) and found["grade"] == "" and found["because"] == ""
        return
    # plainly: the sum, rescaled; what is added; what is taken; rounded
    whole = sum(full for full, _ in flat)
    total = sum(points for points in gained if points is not None) * Fraction(whole, counted)
    added = min(Fraction(bonus[0]), sum(of_bonus))
    if added:
        total = total + added if bonus[1] else min(Fraction(whole), total + added)
    most = Fraction(18) if cap is None else Fraction(cap)
    total = max(Fraction(0), total - min(most, -sum(of_penalties)))
    expected = on_paper(total, rounding.digits, rounding.mode)
    assert found["points"] == float(expected)
    assert found["grade"] == ("a" if expected >= 60 else "b" if expected >= 20 else "c")
    redo(found["because"], expected, rounding, Fraction(whole))


def redo(because: str, expected: Fraction, rounding: Rounding, whole: Fraction) -> None:
    """Follow the working with a pocket calculator, from what is written alone."""
    steps = because.split("; ")
    hundredth, start = Fraction(1, 10 ** (rounding.digits + 2)), ""
    for at, step in enumerate(steps):
        working, *rest = re.split(r" ([=≈→]) ", step)
        assert not at or working.startswith(f"{start} "), because
        value, results = calculated(working), list(zip(rest[::2], rest[1::2], strict=True))
        if not at and len(steps) == 1 and rounding.of == "line":
            results, value = [], on_paper(value, rounding.digits, rounding.mode)
            assert not rest or (rest[0], Fraction(rest[-1])) == ("=", value), because
        for sign, text in results[:1]:
            if sign == "→":
                assert value < 0 or value > whole, because
                value = min(whole, max(Fraction(0), value))
            # numbers that are not whole in their decimals are written with two more, each off by half of the last
            terms = 2 if at else len(re.findall(r" \+ ", working)) + 1
            scale = calculated(working) / (calculated(working[1:].split(")/")[0]) or 1) if ")/" in working else 1
            room = 0 if sign == "=" else (terms * scale + 1) * hundredth / 2
            assert abs(Fraction(text) - value) <= room, because
            value = Fraction(text)
        for sign, text in results[1:]:
            assert (step, sign) == (steps[-1], "≈"), because
            value = on_paper(value, rounding.digits, rounding.mode)
            assert Fraction(text) == value, because
        start = (rest or [working])[-1]
    assert value == expected, because


def calculated(working: str) -> Fraction:
    """Work out `(a + b)/c × d`, `a + b` or `a − b`."""
    if scaled := re.fullmatch(r"\((.*)\)/(\S+) × (\S+)", working):
        return calculated(scaled[1]) / Fraction(scaled[2]) * Fraction(scaled[3])
    first, *others = re.split(r" ([+−]) ", working)
    total = Fraction(first)
    for sign, text in zip(others[::2], others[1::2], strict=True):
        total += Fraction(text) if sign == "+" else -Fraction(text)
    return total


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_bonus_is_added_to_the_sum_as_it_is() -> None:
    """84.45 + 0.45 = 84.90; rounded in between it would be 84.5 + 0.45 = 84.95, and 85.0."""
    made = made_of([["90"]], Rounding(1, "half_up", "total"), Bonus(Decimal(3), False, BONUS_LINES[:1]))
    total = total_of(made, [Fraction("84.45"), Fraction("0.45")])
    assert total["points"] == 84.9
    assert total["because"] == "84.450; 84.450 + 0.45 = 84.9"


def test_what_rescaling_gives_is_not_rounded_before_a_bonus() -> None:
    """5 of 20 are 6.25 of 25. Rounded to even before the bonus it would be 6.2 + 0.1 = 6.3; 6.35 is 6.4."""
    made = made_of([["20"], ["5"]], Rounding(1, "half_even", "line"), Bonus(Decimal(3), False, BONUS_LINES[:1]))
    plain = total_of(made, [Fraction(5), None, Fraction(0)])
    assert (plain["points"], plain["because"]) == (6.2, "(5.0)/20 × 25 = 6.2")
    total = total_of(made, [Fraction(5), None, Fraction("0.1")])
    assert total["points"] == 6.4
    assert total["because"] == "(5.0)/20 × 25 = 6.250; 6.250 + 0.1 = 6.350 ≈ 6.4"


def test_a_bonus_is_bound_before_penalties_take() -> None:
    made = made_of(
        [["10"]],
        Rounding(1, "half_up", "total"),
        Bonus(Decimal(3), False, BONUS_LINES),
        Penalties(None, TAKEN_LINES[:1]),
    )
    total = total_of(made, [Fraction("9.25"), Fraction("1.125"), Fraction("0.25"), Fraction("-0.07")])
    # 10.625 is bound to 10; and then 9.93
    assert (total["points"], total["lost"]) == (9.9, 0.1)
    assert total["because"] == "9.250; 9.250 + 1.375 → 10.0; 10.0 − 0.07 = 9.930 ≈ 9.9"
    bonus = scoring.totals(rows_of(made, [Fraction(9), Fraction("1.125"), Fraction("0.25"), Fraction(0)]), made)
    assert bonus["because"].iloc[1] == "1.125 + 0.250 = 1.375"


def test_as_many_decimals_are_written_as_the_result_needs() -> None:
    """8.4499996 shown as 8.450 would be rounded to 8.5."""
    made = made_of([["10"]], Rounding(1, "half_up", "total"))
    total = total_of(made, [Fraction("8.4499996")])
    assert total["points"] == 8.4
    assert total["because"] == "8.450 ≈ 8.4499996 ≈ 8.4"


# --- vetoes -----------------------------------------------------------------------------------------------------------

VETOES = (
    Veto("one", "", "", "s", "general", "drop_grade", grades=1),
    Veto("two", "", "", "s", "general", "drop_grade", grades=2),
    Veto("cap", "", "", "s", "general", "cap_grade", "b"),
    Veto("set", "", "", "s", "general", "set_grade", "d"),
    Veto("bar", "", "", "s", "general", "bar_from_ranking"),
)


def test_vetoes_give_the_same_grade_in_every_order() -> None:
    letters = "abcdef"
    made = standard([line("x", "proportional", "100", target="90")], cuts=("90", "80", "70", "60", "50"))
    for order in permutations(VETOES):
        ordered = replace(made, vetoes=order)
        for size in range(len(order) + 1):
            recorded = {veto.id for veto in order[:size]}
            dropped = ("one" in recorded) * 1 + ("two" in recorded) * 2
            for at, grade in enumerate(letters):
                place = min(at + dropped, 5)
                if "cap" in recorded:
                    place = max(place, letters.index("b"))
                if "set" in recorded:
                    place = max(place, letters.index("d"))
                assert grade_after(grade, sorted(recorded), ordered) == letters[place], (grade, recorded)


@pytest.mark.parametrize("vetoes", [VETOES[1:3], VETOES[2:0:-1]])
def test_a_grade_drops_before_it_is_capped(vetoes: tuple[Veto, ...]) -> None:
    """From the best grade two steps down is c, which a cap at b leaves; capped first it would be d."""
    made = replace(standard([line("x", "proportional", "100", target="90")], cuts=("90", "80", "60")), vetoes=vetoes)
    given_ = pd.DataFrame(
        [("2024", "01", "", veto.id, 1.0) for veto in vetoes], columns=["period", "area", "unit", "line", "value"]
    )
    total = scoring.totals(rows_of(made, [Fraction(95)]), made, given_).iloc[-1]
    assert (total["points"], total["grade"]) == (95, "c")
