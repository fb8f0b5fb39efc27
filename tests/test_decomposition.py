"""Decompositions against published tables and exact fractions; units, mergers and areas against datasets by hand."""

from __future__ import annotations

import math
import re
import tempfile
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit
from hypothesis import example, given, settings
from hypothesis import strategies as st

import evaltools as ev
from evaltools import decomposition_narrative as narrative
from evaltools import views, wording
from evaltools.audiences import public_figures, shown_to_public
from evaltools.contributions import area_difference, unit_contributions
from evaltools.decomposition import STRATA, Decomposition, kitagawa, numerator_denominator_effects
from evaltools.html_tables import table_html
from evaltools.wording import LANGUAGES

pytestmark = pytest.mark.slow

NAN = float("nan")
Pair = tuple[float, float]

# --- numerator and denominator -------------------------------------------------------------------------------------


def test_two_factors_as_das_gupta_prints_them() -> None:
    """Mean earnings of two groups, 1980: earnings an earner × earners a head (Das Gupta 1993, P23-186, example 2.1)."""
    found = numerator_denominator_effects(16591, 1 / 0.825974, 10930, 1 / 0.717892, per=1).iloc[0]
    assert found["numerator_effect"] == pytest.approx(4369.913, abs=5e-4)
    assert found["denominator_effect"] == pytest.approx(1487.262, abs=5e-4)
    assert found.sum() == pytest.approx(13703.73 - 7846.56, abs=0.01)


def shapley(n1: Fraction, d1: Fraction, n0: Fraction, d0: Fraction) -> tuple[Fraction, Fraction]:
    """Change one factor after the other, in both orders; each effect is the mean of what it did."""
    effects = {"n": Fraction(0), "d": Fraction(0)}
    for order in permutations("nd"):
        state = {"n": n0, "d": d0}
        for name in order:
            before = state["n"] / state["d"]
            state[name] = n1 if name == "n" else d1
            effects[name] += (state["n"] / state["d"] - before) / 2
    return effects["n"], effects["d"]


counts = st.integers(0, 10**7)
sizes = st.integers(1, 10**7)


@given(counts, sizes, counts, sizes, st.sampled_from([1, 100, 1000, 10_000, 100_000]))
@example(10**7, 10**7, 10**7, 10**7 - 1, 100)
def test_effects_are_the_mean_over_both_orders_and_add_up(n1: int, d1: int, n0: int, d0: int, per: int) -> None:
    found = numerator_denominator_effects(n1, d1, n0, d0, per).iloc[0]
    exact = [effect * per for effect in shapley(*map(Fraction, (n1, d1, n0, d0)))]
    assert sum(exact) == (Fraction(n1, d1) - Fraction(n0, d0)) * per
    for effect, right in zip(found, exact, strict=True):
        assert effect == pytest.approx(float(right), rel=1e-12, abs=0)
    change = n1 / d1 * per - n0 / d0 * per
    assert found.sum() == pytest.approx(change, rel=1e-9, abs=1e-14 * np.abs(found).max())


def test_what_cannot_be_split_is_nan_and_the_index_stays() -> None:
    cells = pd.DataFrame(
        [(1, 4, 1, 5), (1, 0, 1, 5), (1, 4, 1, 0), (NAN, 4, 1, 5), (1, 4, 1, NAN), (0, 4, 0, 5), (math.inf, 4, 1, 5)],
        columns=["n1", "d1", "n0", "d0"],
        index=list("abcdefg"),
        dtype=float,
    )
    per = np.array([100, 100, 100, 100, 100, 1000, 100])
    found = numerator_denominator_effects(*(cells[name] for name in cells), per)
    assert list(found.columns) == ["numerator_effect", "denominator_effect"]
    assert list(found.index) == list("abcdefg")
    assert found.loc["a"].tolist() == pytest.approx([0, 5])
    assert found.loc["f"].tolist() == [0, 0]
    assert found.drop(index=["a", "f"]).isna().all(axis=None)


def test_many_rows_at_once_are_as_one_by_one() -> None:
    draw = np.random.default_rng(5)
    d1, d0 = draw.integers(1, 10**6, (2, 1_500_000)).astype(float)
    n1, n0 = np.floor(d1 * draw.random(len(d1))), np.floor(d0 * draw.random(len(d0)))
    found = numerator_denominator_effects(n1, d1, n0, d0, 1000)
    change = (n1 / d1 - n0 / d0) * 1000
    apart = np.abs(found.sum(axis=1) - change)
    assert (apart < 1e-14 * np.abs(found).max(axis=1) + 1e-9 * np.abs(change)).all()
    for at in range(0, len(d1), 99_991):
        alone = numerator_denominator_effects(n1[at], d1[at], n0[at], d0[at], 1000)
        assert alone.iloc[0].tolist() == found.iloc[at].tolist()


# --- strata --------------------------------------------------------------------------------------------------------


def side(numbers: dict[str, Pair]) -> pd.DataFrame:
    rows = [(name, *pair) for name, pair in numbers.items()]
    return pd.DataFrame(rows, columns=["stratum", "numerator", "denominator"])


def split(before: dict[str, Pair], after: dict[str, Pair], per: float = 100) -> Decomposition:
    found = kitagawa(side(before), side(after), per)
    assert list(found.strata.columns) == STRATA
    assert not wording.untranslated([found.reason, *found.strata["reason"]])
    effects = found.strata[["rate_effect", "mix_effect", "total_effect"]]
    assert (effects.notna() if found.computed else effects.isna()).all(axis=None)
    assert found.computed or (found.reason and math.isnan(found.change) and math.isnan(found.mix_effect))
    gaps = found.strata[["value", "previous_value", "total_effect"]].isna().any(axis=1)
    assert (found.strata.loc[gaps, "reason"] != "").all()
    return found


def test_a_rate_and_a_structure_as_das_gupta_prints_them() -> None:
    """Household headship by age, United States 1970 and 1985 (Das Gupta 1993, P23-186, example 5.1)."""
    sizes = (
        [12.9, 10.9, 9.5, 8.0, 7.8, 8.4, 8.6, 7.8, 7.0, 5.9, 4.7, 3.6, 4.9],
        [10.1, 11.2, 11.6, 10.9, 9.4, 7.7, 6.3, 6.0, 6.3, 5.9, 5.1, 4.0, 5.5],
    )
    rates = (
        [1.9, 25.8, 45.7, 49.6, 51.2, 51.6, 51.8, 54.9, 58.7, 60.4, 62.8, 66.6, 66.8],
        [2.2, 24.3, 45.8, 52.5, 56.1, 55.6, 56.0, 57.4, 57.2, 61.2, 63.9, 68.6, 72.2],
    )
    years = [
        {str(age): (size * rate / 100, size) for age, (size, rate) in enumerate(zip(s, r, strict=True))}
        for s, r in zip(sizes, rates, strict=True)
    ]
    found = split(*years)
    printed = {"previous_value": 44.7268, "value": 47.6940, "rate_effect": 1.7403, "mix_effect": 1.2269}
    assert {name: getattr(found, name) for name in printed} == pytest.approx(printed, abs=5.1e-5)
    assert found.change == pytest.approx(2.9672, abs=5.1e-5)


def exactly(before: dict[str, Pair], after: dict[str, Pair]) -> dict[str, tuple[Fraction, Fraction]]:
    """Rate and mix effect of every stratum in fractions, written from the formulas."""
    whole = [sum(Fraction(d) for _, d in numbers.values()) for numbers in (before, after)]
    overall = [sum(Fraction(n) for n, _ in x.values()) / w for x, w in zip((before, after), whole, strict=True)]
    result = {}
    for name in {**before, **after}:
        pairs = [numbers.get(name, (0, 0)) for numbers in (before, after)]
        shares = [Fraction(d) / w for (_, d), w in zip(pairs, whole, strict=True)]
        rates = [Fraction(n) / Fraction(d) for n, d in pairs if d]
        rate = (rates[1] - rates[0]) * sum(shares) / 2 if len(rates) == 2 else Fraction(0)
        own = sum(rates) / len(rates) if rates else Fraction(0)
        mix = (shares[1] - shares[0]) * (own - sum(overall) / 2) if rates else Fraction(0)
        result[name] = (rate, mix)
    assert sum(rate + mix for rate, mix in result.values()) == overall[1] - overall[0]
    return result


def stratum() -> st.SearchStrategy[Pair]:
    some = st.integers(1, 10**6).flatmap(lambda d: st.tuples(st.integers(0, d + d // 2), st.just(d)))
    return st.one_of(some, some, some, st.just((0, 0)))


strata = st.dictionaries(st.sampled_from(list("abcdefgh")), stratum(), min_size=1).filter(
    lambda numbers: any(d for _, d in numbers.values())
)


@settings(max_examples=40, deadline=None)
@given(strata, strata)
def test_every_effect_is_exact_and_they_add_up(before: dict[str, Pair], after: dict[str, Pair]) -> None:
    found = split(before, after, per=1)
    right = exactly(before, after)
    rows = found.strata.set_index("stratum")
    assert set(rows.index) == set(right)
    for name, (rate, mix) in right.items():
        assert rows.loc[name, "rate_effect"] == pytest.approx(float(rate), rel=1e-11, abs=1e-14)
        assert rows.loc[name, "mix_effect"] == pytest.approx(float(mix), rel=1e-11, abs=1e-14)
    difference = sum(rate + mix for rate, mix in right.values())
    assert found.change == pytest.approx(float(difference), abs=1e-12)
    assert rows["total_effect"].sum() == pytest.approx(float(difference), abs=1e-12)
    assert found.rate_effect + found.mix_effect == pytest.approx(float(difference), abs=1e-12)
    # the classical composition effect is the sum of the centred ones
    if not (rows["value"].isna() ^ rows["previous_value"].isna()).any():
        own = rows[["value", "previous_value"]].mean(axis=1)
        classical = ((rows["share"] - rows["previous_share"]) * own).sum()
        assert found.mix_effect == pytest.approx(classical, abs=1e-12)


@settings(max_examples=10, deadline=None)
@given(strata, strata)
def test_the_other_way_round_every_effect_changes_its_sign(before: dict[str, Pair], after: dict[str, Pair]) -> None:
    there, back = split(before, after), split(after, before)
    effects = ["stratum", "rate_effect", "mix_effect", "total_effect"]
    turned = back.strata[effects].set_index("stratum") * -1
    pd.testing.assert_frame_equal(there.strata[effects].set_index("stratum"), turned.loc[there.strata["stratum"]])


def test_one_stratum_has_no_mix() -> None:
    found = split({"a": (3, 4)}, {"a": (9, 10)})
    assert (found.mix_effect, found.change) == (0, pytest.approx(15))
    assert found.strata["mix_effect"].tolist() == [0]


def test_a_large_stratum_with_a_low_rate_lowers_the_whole_by_growing() -> None:
    found = split({"low": (10, 100), "high": (90, 100)}, {"low": (30, 300), "high": (90, 100)})
    rows = found.strata.set_index("stratum")
    assert (found.previous_value, found.value, found.rate_effect) == (50, 30, 0)
    # share 1/2 to 3/4 times 10 − 40, and 1/2 to 1/4 times 90 − 40
    assert rows["mix_effect"].to_dict() == pytest.approx({"low": -7.5, "high": -12.5})


def test_a_new_stratum_is_all_mix() -> None:
    found = split({"a": (50, 100)}, {"a": (50, 100), "b": (90, 100)})
    rows = found.strata.set_index("stratum")
    assert found.change == pytest.approx(20)
    assert rows.loc["b", ["rate_effect", "mix_effect"]].tolist() == pytest.approx([0, 0.5 * (90 - 60)])
    assert rows.loc["a", ["rate_effect", "mix_effect"]].tolist() == pytest.approx([0, -0.5 * (50 - 60)])
    assert rows.loc["b", "reason"] == "a denominator on one side only: all its effect is mix"
    assert found.reason == "a denominator on one side only, all effect is mix: 1"
    # one that has nobody is as one that is not there
    same = split({"a": (50, 100), "b": (0, 0)}, {"a": (50, 100), "b": (90, 100)})
    assert same.strata["total_effect"].tolist() == found.strata["total_effect"].tolist()


def test_a_stratum_with_nobody_on_both_sides_does_nothing() -> None:
    found = split({"a": (1, 4), "z": (0, 0)}, {"a": (2, 4), "z": (0, 0)})
    last = found.strata.iloc[1]
    assert (last["total_effect"], last["reason"], found.reason) == (0, "denominator is zero", "")


def test_a_numerator_above_its_denominator_counts_and_is_told() -> None:
    found = split({"a": (1, 4), "b": (1, 4)}, {"a": (5, 4), "b": (1, 4)})
    assert found.change == pytest.approx(50)
    assert found.strata["reason"].tolist() == ["numerator above denominator", ""]
    assert found.reason == "numerator above denominator: 1"


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({}, {}, "no strata"),
        ({"a": (1, 4)}, {}, "after: no strata"),
        ({"a": (1, 4), "b": (NAN, 4)}, {"a": (1, 4), "b": (2, 4)}, "before: only 1 of 2 strata have both numbers"),
        ({"a": (1, 4)}, {"a": (1, NAN), "b": (1, 4)}, "after: only 1 of 2 strata have both numbers"),
        ({"a": (1, 4)}, {"a": (1, math.inf)}, "after: only 0 of 1 strata have both numbers"),
        ({"a": (1, 0), "b": (1, 4)}, {"a": (1, 4)}, "before: numerator over a denominator of zero: 1"),
        ({"a": (1, -4), "b": (1, 9)}, {"a": (1, 4)}, "before: denominator below zero: 1"),
        ({"a": (0, 0)}, {"a": (1, 4)}, "before: denominator is zero"),
        ({"a": (0, 0)}, {"a": (0, 0), "b": (0, 0)}, "denominator is zero"),
        (
            {"a": (NAN, 4)},
            {"a": (0, 0)},
            "before: only 0 of 1 strata have both numbers; after: denominator is zero",
        ),
    ],
)
def test_nothing_is_computed_from_what_is_missing(before: dict[str, Pair], after: dict[str, Pair], reason: str) -> None:
    found = split(before, after)
    assert not found.computed
    assert found.reason == reason
    assert set(wording.reason(reason, "zh")) & set("abcdefghijklmnopqrstuvwxyz") == set()


def test_a_missing_stratum_says_why() -> None:
    before = side({"a": (1, 4), "b": (NAN, NAN)}).assign(reason=["", "not reported"])
    found = kitagawa(before, side({"a": (1, 4), "b": (1, 4)}))
    assert found.reason == "before: only 1 of 2 strata have both numbers (not reported)"
    assert wording.reason(found.reason, "zh") == "前一方：2层中仅1层分子、分母齐全（未上报）"
    assert found.strata["reason"].tolist() == [found.reason, "before: not reported"]
    assert (found.value, math.isnan(found.previous_value)) == (25, True)


def test_strata_may_be_numbered() -> None:
    numbered = [side(x).assign(stratum=[65, 70]) for x in ({"a": (1, 4), "b": (2, 4)}, {"a": (3, 4), "b": (2, 4)})]
    assert kitagawa(*numbered).strata["stratum"].tolist() == ["65", "70"]
    assert kitagawa(*numbered).change == 25


def test_a_stratum_stands_on_one_row() -> None:
    rows = pd.concat([side({"a": (1, 4)})] * 2)
    with pytest.raises(ValueError, match="more than one row for stratum a"):
        kitagawa(rows, side({"a": (1, 4)}))


# --- units of an area ----------------------------------------------------------------------------------------------

Figures = dict[str, dict[str, Pair]]
"""Period -> unit -> numerator and denominator; unit "" is the area itself, NaN a blank."""


@cache
def by_itself() -> ev.Data:
    """A dataset without the national catalogue, read once: reading takes longer than what is done with it."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        home = Path(name, "home")
        (home / "data" / "catalogue").mkdir(parents=True)
        patch.setenv("EVALTOOLS_HOME", str(home))
        return ev.load(str(dataset(Path(name), facts=[fact("2024", "1", "a", 1)], units=[unit("1", "01")])))


def with_tables(**tables: list[Any]) -> ev.Data:
    """That dataset with other rows in some of its tables, of which only what matters is said."""
    base = by_itself()
    frames = {}
    for name, rows in tables.items():
        known = getattr(base, name)
        frame = pd.DataFrame(rows, columns=known.columns).astype(known.dtypes)
        frames[name] = frame.fillna(dict.fromkeys(frame.select_dtypes("str"), ""))
    return replace(base, **frames)


def facts_of(period: str, code: str, rows: dict[str, Pair]) -> list[Any]:
    return [
        fact(period, code, name, x, place) for place, pair in rows.items() for name, x in zip("ab", pair, strict=True)
    ]


def small(figures: Figures, units: list[Any], **tables: Any) -> ev.Data:
    facts = [each for period, rows in figures.items() for each in facts_of(period, "1", rows)]
    return with_tables(facts=facts, units=units, **tables)


def contributions(data: ev.Data, *about: str, every: str = "year", ind: pd.DataFrame | None = None) -> Decomposition:
    ind = ev.indicators(data, every) if ind is None else ind
    found = unit_contributions(data, ind, *(about or ("1", "share", "2024")))
    assert not wording.untranslated([found.reason, *found.strata["reason"]])
    assert found.computed or found.reason
    if found.computed:
        assert found.strata["total_effect"].sum() == pytest.approx(found.change, abs=1e-12 * found.per)
    return found


def by_stratum(found: Decomposition) -> dict[str, tuple[Any, ...]]:
    columns = ["previous_numerator", "previous_denominator", "numerator", "denominator"]
    numbers = found.strata.set_index("stratum")[columns].astype(object)
    return {
        name: tuple(None if pd.isna(x) else x for x in row)
        for name, row in zip(numbers.index, numbers.values, strict=True)
    }


TWO = [unit("1", "01"), unit("1", "02")]
GROWN: Figures = {"2023": {"01": (10, 20), "02": (30, 40)}, "2024": {"01": (12, 20), "02": (50, 60)}}


def test_units_stand_beside_each_other() -> None:
    found = contributions(small(GROWN, TWO))
    assert by_stratum(found) == {"01": (10, 20, 12, 20), "02": (30, 40, 50, 60)}
    assert (found.previous_value, found.value) == (pytest.approx(200 / 3), 77.5)
    assert (found.area, found.indicator, found.period, found.previous_period) == ("1", "share", "2024", "2023")
    right = exactly(*({name: (Fraction(n), Fraction(d)) for name, (n, d) in GROWN[y].items()} for y in GROWN))
    for row in found.strata.itertuples():
        assert (row.rate_effect / 100, row.mix_effect / 100) == pytest.approx(tuple(map(float, right[row.stratum])))


def test_parts_of_units_are_not_counted_beside_them() -> None:
    inside = {"03": (1, 2), "04": (9, 18)}
    units = [*TWO, unit("1", "03", parent="01"), unit("1", "04", parent="01")]
    found = contributions(small({"2023": GROWN["2023"] | inside, "2024": GROWN["2024"] | inside}, units))
    assert list(by_stratum(found)) == ["01", "02"]


def test_merged_units_stand_under_the_new_one_on_both_sides() -> None:
    units = [
        unit("1", "01", valid_to="2023", successor="03"),
        unit("1", "02", valid_to="2023", successor="03"),
        unit("1", "03", valid_from="2024"),
        unit("1", "04"),
    ]
    figures = {
        "2023": {"01": (10, 20), "02": (30, 40), "04": (5, 10)},
        "2024": {"03": (50, 70), "04": (6, 10)},
    }
    found = contributions(small(figures, units))
    assert by_stratum(found) == {"03": (40, 60, 50, 70), "04": (5, 10, 6, 10)}
    assert found.strata["reason"].tolist() == ["previous period: sum of its predecessors, 2", ""]
    assert (found.previous_value, found.reason) == (pytest.approx(4500 / 70), "")


def test_a_unit_that_joined_another_counts_with_it_before() -> None:
    units = [unit("1", "01", valid_to="2023", successor="02"), unit("1", "02")]
    figures = {"2023": GROWN["2023"], "2024": {"02": (62, 80)}}
    found = contributions(small(figures, units))
    assert by_stratum(found) == {"02": (40, 60, 62, 80)}
    assert found.mix_effect == 0
    assert found.strata["reason"].tolist() == ["previous period: with those that joined it since, 1"]


def test_over_years_a_chain_of_mergers_leads_to_the_last_one() -> None:
    units = [
        unit("1", "01", valid_to="2022", successor="02"),
        unit("1", "02", valid_from="2023", valid_to="2023", successor="03"),
        unit("1", "03"),
        unit("1", "04", parent="03"),
    ]
    figures = {"2022": {"01": (1, 2), "03": (3, 4)}, "2023": {"02": (1, 3), "03": (3, 4)}, "2024": {"03": (9, 10)}}
    found = contributions(small(figures, units), "1", "share", "2024", "2022")
    assert by_stratum(found) == {"03": (4, 6, 9, 10)}


def test_a_unit_merged_into_a_part_counts_with_the_whole() -> None:
    units = [unit("1", "01", valid_to="2023", successor="03"), unit("1", "02"), unit("1", "03", parent="02")]
    found = contributions(small({"2023": GROWN["2023"], "2024": {"02": (62, 80)}}, units))
    assert by_stratum(found) == {"02": (40, 60, 62, 80)}


def test_in_its_last_year_a_unit_may_be_counted_by_its_successor() -> None:
    units = [unit("1", "01", valid_to="2024", successor="02"), unit("1", "02")]
    whole = {"": (62, 80)}
    found = contributions(small({"2023": GROWN["2023"], "2024": {"02": (62, 80)} | whole}, units))
    assert by_stratum(found) == {"02": (40, 60, 62, 80)}
    later = {"2024": {"02": (62, 80)} | whole, "2025": {"02": (64, 80)}}
    found = contributions(small(later, units), "1", "share", "2025")
    assert by_stratum(found) == {"02": (62, 80, 64, 80)}
    # one that sent figures of its own stands for itself
    found = contributions(small(GROWN, units))
    assert list(by_stratum(found)) == ["01", "02"]


def test_a_successors_own_account_of_its_past_stands_in_for_missing_predecessors() -> None:
    units = [
        unit("1", "01", valid_to="2023", successor="03"),
        unit("1", "02", valid_to="2023", successor="03"),
        unit("1", "03", valid_from="2024"),
    ]
    figures = {"2023": {"": (40, 60), "01": (10, 20), "03": (40, 60)}, "2024": {"03": (50, 70)}}
    found = contributions(small(figures, units))
    assert by_stratum(found) == {"03": (40, 60, 50, 70)}
    del figures["2023"]["03"]
    found = contributions(small(figures, units))
    assert found.reason == "previous period: only 0 of 1 units have both numbers (not reported)"


def test_units_that_begin_and_end_without_another_are_mix() -> None:
    units = [unit("1", "01", valid_to="2023"), unit("1", "02"), unit("1", "03", valid_from="2024")]
    figures = {"2023": GROWN["2023"], "2024": {"02": (50, 60), "03": (12, 20)}}
    found = contributions(small(figures, units))
    assert found.strata["stratum"].tolist() == ["02", "03", "01"]
    rows = found.strata.set_index("stratum")
    assert rows.loc[["01", "03"], "rate_effect"].tolist() == [0, 0]
    middle = (found.value + found.previous_value) / 2
    assert rows.loc["03", "mix_effect"] == pytest.approx(20 / 80 * (60 - middle))
    assert rows.loc["01", "mix_effect"] == pytest.approx(-20 / 60 * (50 - middle))
    assert found.reason == "a denominator on one side only, all effect is mix: 2"


def test_a_unit_to_which_it_does_not_apply_is_no_stratum() -> None:
    # it is to be merged one day: what it does today is its own
    units = [unit("1", "01"), unit("1", "02", valid_to="2030", successor="01")]
    none = [fact("2024", "1", name, NAN, "02", state="not_applicable") for name in "ab"]
    facts = [*facts_of("2023", "1", GROWN["2023"]), *facts_of("2024", "1", {"01": (12, 20)}), *none]
    found = contributions(with_tables(facts=facts, units=units))
    assert by_stratum(found) == {"01": (10, 20, 12, 20), "02": (30, 40, None, None)}
    assert (found.value, found.reason) == (60, "a denominator on one side only, all effect is mix: 1")


def test_units_that_point_at_each_other_end_somewhere() -> None:
    units = [unit("1", "01", valid_to="2023", successor="03"), unit("1", "02"), unit("1", "03", parent="01")]
    found = contributions(small({"2023": GROWN["2023"], "2024": {"02": (50, 60)}}, units))
    assert by_stratum(found) == {"02": (30, 40, 50, 60), "01": (10, 20, None, None)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"2024": {"02": (NAN, 60)}},
            "this period: only 1 of 2 units have both numbers (not reported)",
        ),
        (
            {"2023": {"": (40, 61)}},
            "previous period: units do not add up to the area's own figure: denominator 60 against 61",
        ),
        (
            {"2024": {"": (1062, 80)}},
            "this period: units do not add up to the area's own figure: numerator 62 against 1,062",
        ),
        ({"2023": {"01": (0, 0), "02": (0, 0)}}, "previous period: denominator is zero"),
        ({"2023": {"01": (1, 0)}}, "previous period: numerator over a denominator of zero: 1"),
    ],
)
def test_nothing_is_computed_from_figures_that_do_not_hold(change: Figures, reason: str) -> None:
    figures = {period: rows | change.get(period, {}) for period, rows in GROWN.items()}
    found = contributions(small(figures, TWO))
    assert not found.computed
    assert found.reason == reason
    assert found.strata["total_effect"].isna().all()
    assert len(found.strata) == 2


def test_money_that_adds_up_on_paper_adds_up_here() -> None:
    figures = {"2023": {"": (0.3, 1)}, "2024": {"": (0.6, 1)}}
    figures["2023"] |= {"01": (0.1, 0.7), "02": (0.2, 0.3)}
    figures["2024"] |= {"01": (0.4, 0.7), "02": (0.2, 0.3)}
    assert contributions(small(figures, TWO)).change == pytest.approx(30)


def test_an_area_without_figures_by_unit() -> None:
    figures: Figures = {"2023": {"": (1, 2)}, "2024": {"": (1, 2)}}
    assert contributions(small(figures, TWO)).reason == "no figures by unit"
    assert contributions(small({"2024": GROWN["2024"]}, TWO)).reason == "previous period: not in the data"


def test_only_the_same_months_of_an_earlier_year() -> None:
    data = small(GROWN, TWO)
    for other in ("2024", "2025", "2023-H1", "2023-07/2024-06"):
        with pytest.raises(ValueError, match="not the same months"):
            contributions(data, "1", "share", "2024", other)
    with pytest.raises(ValueError, match="no such indicator in the catalogue: 'nothing'"):
        contributions(data, "1", "nothing", "2024")
    halves = {f"{year}-H1": rows for year, rows in GROWN.items()}
    found = contributions(small(halves, TWO), "1", "share", "2024-01/2024-06", every="half")
    assert (found.computed, found.period, found.previous_period) == (True, "2024-H1", "2023-H1")


def test_one_row_a_unit() -> None:
    data = small(GROWN, TWO)
    ind = ev.indicators(data)
    with pytest.raises(ValueError, match="more than one row"):
        unit_contributions(data, pd.concat([ind, ind.tail(1)]), "1", "share", "2024")


def test_both_sides_have_one_definition() -> None:
    old = indicator("share", "a", "b", valid_to="2025")
    figures = GROWN | {"2025": GROWN["2024"], "2026": GROWN["2024"]}
    new = indicator("share", "2 * a", "b", valid_from="2024")
    data = small(figures, TWO, catalogue=[old, new])
    assert contributions(data).definition == ""
    assert contributions(data, "1", "share", "2025").definition == "2024"
    assert contributions(data, "1", "share", "2025").value == 155
    across = contributions(data, "1", "share", "2026", "2023")
    assert (across.reason, across.strata.empty) == ("not comparable: definition changed", True)


@pytest.mark.parametrize("kind", ["definition", "boundary", "disturbance"])
def test_breaks_bar_a_comparison_and_disturbances_are_told(kind: str) -> None:
    row = {"from": "2024", "to": "2024", "indicator": "*", "area": "*", "kind": kind, "note_zh": "注", "note_en": "n"}
    found = contributions(small(GROWN, TWO, breaks=[row]))
    barred = {"definition": "not comparable: definition break", "boundary": "not comparable: boundary break"}
    assert found.reason == barred.get(kind, "disturbed period")
    assert found.computed == (kind == "disturbance")


def test_what_joined_the_area_bars_the_comparison_across_it() -> None:
    areas = [area("1"), area("2", valid_to="2023", successor="1")]
    figures = GROWN | {"2025": GROWN["2024"], "2022": GROWN["2023"]}
    data = small(figures, TWO, areas=areas)
    assert contributions(data).reason == "not comparable: boundary break"
    assert contributions(data, "1", "share", "2025", "2022").reason == "not comparable: boundary break"
    assert contributions(data, "1", "share", "2025").computed
    assert contributions(data, "1", "share", "2023").computed


def test_plans_may_be_more_than_fulfilled() -> None:
    more = {"2023": GROWN["2023"], "2024": {"01": (22, 20), "02": (50, 60)}}
    assert contributions(small(more, TWO)).reason == "numerator above denominator: 1"
    rows = [indicator("share", "a", "b", kind="ratio")]
    assert contributions(small(more, TWO, catalogue=rows)).reason == ""


def test_only_ratios_of_two_sums() -> None:
    rows = [
        indicator("share", "a", "b"),
        indicator("number", "a", kind="count", per="1"),
        indicator("reached", "share >= 60", kind="units_meeting"),
        indicator("lowest", "share", kind="worst_unit"),
        indicator("mean", "a", "b", kind="mean", per="1"),
        indicator("extra", "a - b", "2 * b", kind="rate", per="100000"),
    ]
    data = small(GROWN, TWO, catalogue=rows)
    ind = ev.indicators(data)
    for name in ("number", "reached", "lowest"):
        assert contributions(data, "1", name, "2024", ind=ind).reason == "not the ratio of two sums over units"
    assert contributions(data, "1", "mean", "2024", ind=ind).change == pytest.approx(62 / 80 - 40 / 60)
    assert contributions(data, "1", "extra", "2024", ind=ind).change == pytest.approx((-18 / 160 + 20 / 120) * 1e5)


# --- the example ---------------------------------------------------------------------------------------------------

STANDARDISED = "hypertension_standardised_management_rate"
County = tuple[ev.Data, pd.DataFrame]


@pytest.fixture(scope="module")
def region() -> County:
    data = ev.load("example")
    return data, ev.indicators(data)


@pytest.fixture(scope="module")
def county(region: County) -> Any:
    """The data and the indicators of one county."""
    return lambda code: (region[0], region[1][region[1]["area"] == code])


def test_merged_units_of_the_example(county: Any) -> None:
    data, ind = county("990104")
    found = unit_contributions(data, ind, "990104", STANDARDISED, "2023")
    rows = ind[(ind["indicator"] == STANDARDISED) & (ind["period"] == "2022")].set_index("unit")
    merged = rows.loc[["05", "06"], ["numerator", "denominator"]].sum()
    new = found.strata.set_index("stratum").loc["13"]
    assert (new["previous_numerator"], new["previous_denominator"]) == tuple(merged)
    assert not {"05", "06"} & set(found.strata["stratum"])
    assert len(found.strata) == 11
    # what the page says of the new unit's past is the same
    assert new["previous_value"] == pytest.approx(rows.loc["13", "value"])
    assert found.strata["previous_denominator"].sum() == rows.loc["", "denominator"]
    # before the merger and after it there is nothing to join
    for period, units in (("2022", {"05", "06"}), ("2024", {"13"})):
        found = unit_contributions(data, ind, "990104", STANDARDISED, period)
        assert set(found.strata["stratum"]) & {"05", "06", "13"} == units
        assert (found.strata["reason"] == "").all()


def test_a_silent_unit_of_the_example(county: Any) -> None:
    data, ind = county("990107")
    found = unit_contributions(data, ind, "990107", STANDARDISED, "2024")
    assert found.reason == "this period: only 11 of 12 units have both numbers (not reported)"
    table = narrative.unit_table(found, data, "zh").set_index("unit")
    assert table.loc["09", "reason"] == "this period: not reported"
    # its denominators are known, and still nothing is said of the others
    assert table["rate_effect"].isna().all()
    assert unit_contributions(data, ind, "990107", STANDARDISED, "2023").computed


@pytest.mark.parametrize("code", ["990103", "990104", "990107"])
def test_units_add_up_to_the_change_that_the_page_shows(code: str, county: Any) -> None:
    data, ind = county(code)
    own = ind[(ind["unit"] == "") & (ind["definition"] != "")]
    computed = 0
    for name in sorted(data.catalogue.loc[data.catalogue["kind"] == "proportion", "indicator"].unique())[::10]:
        for period in ("2022", "2023"):
            found = unit_contributions(data, ind, code, name, period)
            assert not wording.untranslated([found.reason, *found.strata["reason"]])
            if not found.computed:
                assert found.reason and found.strata["total_effect"].isna().all()
                continue
            computed += 1
            rows = own[(own["indicator"] == name) & (own["definition"] == found.definition)].set_index("period")
            values = [rows.loc[each, "value"] for each in (found.previous_period, period) if each in rows.index]
            if len(values) == 2:
                assert found.strata["total_effect"].sum() == pytest.approx(values[1] - values[0], abs=1e-11 * found.per)
    assert computed > 8


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_does_not_matter(seed: int, county: Any) -> None:
    data, ind = county("990104")
    rows = ind[ind["indicator"] == STANDARDISED]
    shuffled = rows.sample(frac=1, random_state=seed)
    found = [unit_contributions(data, each, "990104", STANDARDISED, "2023").strata for each in (rows, shuffled)]
    pd.testing.assert_frame_equal(*found)


# --- two areas -----------------------------------------------------------------------------------------------------

KINDS = [unit("1", "01", kind="x"), unit("1", "02", kind="x"), unit("1", "03", kind="y"), unit("2", "01", kind="x")]
KINDS += [unit("2", "02", kind="y"), unit("2", "03", kind="z")]
BESIDE = {
    "1": {"01": (10, 20), "02": (30, 40), "03": (5, 40)},
    "2": {"01": (50, 60), "02": (5, 20), "03": (7, 10)},
}


def two(figures: dict[str, dict[str, Pair]], units: list[Any]) -> County:
    facts = [each for code, rows in figures.items() for each in facts_of("2024", code, rows)]
    data = with_tables(facts=facts, units=units, areas=[area("1"), area("2")])
    return data, ev.indicators(data)


def test_two_areas_by_the_kinds_of_their_units() -> None:
    data, ind = two(BESIDE, KINDS)
    found = area_difference(data, ind, "1", "2", "share", "2024")
    assert by_stratum(found) == {"x": (50, 60, 40, 60), "y": (5, 20, 5, 40), "z": (7, 10, None, None)}
    assert (found.value, found.previous_value) == (45, pytest.approx(6200 / 90))
    sides = {"x": (50, 60), "y": (5, 20), "z": (7, 10)}, {"x": (40, 60), "y": (5, 40)}
    right = exactly(*sides)
    for row in found.strata.itertuples():
        assert (row.rate_effect / 100, row.mix_effect / 100) == pytest.approx(tuple(map(float, right[row.stratum])))
    assert found.strata["total_effect"].sum() == pytest.approx(found.change, abs=1e-12)
    assert found.reason == "a denominator on one side only, all effect is mix: 1"
    back = area_difference(data, ind, "2", "1", "share", "2024")
    assert back.change == -found.change
    assert (back.area, back.other) == ("2", "1")


@pytest.mark.parametrize(
    ("figures", "units", "reason"),
    [
        (
            {"2": {"01": (NAN, 60)}},
            KINDS,
            "other area: only 2 of 3 units have both numbers (not reported)",
        ),
        ({}, [*KINDS[:2], unit("1", "03"), *KINDS[3:]], "this area: units without a kind: 1 of 3"),
        (
            {"1": {"": (46, 100)}},
            KINDS,
            "this area: units do not add up to the area's own figure: numerator 45 against 46",
        ),
        ({"1": {"": (45, 100)}}, KINDS[3:], "this area: no figures by unit"),
    ],
)
def test_two_areas_that_cannot_be_set_beside_each_other(
    figures: dict[str, dict[str, Pair]], units: list[Any], reason: str
) -> None:
    beside = {code: rows | figures.get(code, {}) for code, rows in BESIDE.items()}
    known = {(row["area"], row["unit"]) for row in units}
    beside = {code: {u: x for u, x in rows.items() if not u or (code, u) in known} for code, rows in beside.items()}
    found = area_difference(*two(beside, units), "1", "2", "share", "2024")
    assert not found.computed
    assert found.reason == reason
    assert not wording.untranslated([reason, *found.strata["reason"]])


def test_an_area_is_compared_with_another() -> None:
    data, ind = two(BESIDE, KINDS)
    with pytest.raises(ValueError, match="not compared with itself"):
        area_difference(data, ind, "1", "1", "share", "2024")
    assert area_difference(data, ind, "1", "3", "share", "2024").reason == "other area: not in the data"


# --- tables and sentences ------------------------------------------------------------------------------------------

WAYS = {
    "zh": (re.compile("提高|贡献|拉高"), re.compile("下降|拉低")),
    "en": (re.compile(r"\bup\b|contributed"), re.compile(r"\bdown\b")),
}
NUMBER = re.compile(r"[+-]?\d[\d,]*\.\d+")


def shown_in(table: pd.DataFrame, lang: str, columns: list[str]) -> str:
    """The text of a table as its page shows it, without its tags."""
    html = table_html(table, narrative.columns(columns, lang), lang, caption="", emphasis="is_total")
    return re.sub(r"<[^>]+>", " ", html)


def unsigned(text: str) -> set[str]:
    return {number.lstrip("+-") for number in NUMBER.findall(text)}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", [STANDARDISED, "smd_reported_prevalence", "maternal_mortality_ratio", "renewal_rate"])
def test_every_number_of_a_sentence_about_units_stands_in_its_table(name: str, lang: str, county: Any) -> None:
    data, ind = county("990104")
    for period, previous in (("2023", ""), ("2024", "2021")):
        found = unit_contributions(data, ind, "990104", name, period, previous)
        table = narrative.unit_table(found, data, lang)
        text = narrative.units(found, data, lang)
        assert unsigned(text) <= unsigned(shown_in(table, lang, narrative.UNIT_COLUMNS)), text
        assert "nan" not in text.lower() and "  " not in text
        before = {"": {"zh": "较上年", "en": "on the previous year"}, "2021": {"zh": "较2021年", "en": "on 2021"}}
        assert before[previous][lang] in text
        assert lang == "en" or not re.search("[A-Za-z]", text), text


def test_a_unit_table_has_the_largest_first_and_the_whole_last(county: Any) -> None:
    data, ind = county("990104")
    found = unit_contributions(data, ind, "990104", STANDARDISED, "2023")
    for lang, label in (("zh", "楝畔镇卫生院"), ("en", "Lianpan Township Health Centre")):
        table = narrative.unit_table(found, data, lang)
        assert all(re.fullmatch("[a-z_]+", name) for name in table)
        units, whole = table.iloc[:-1], table.iloc[-1]
        assert units["total_effect"].abs().is_monotonic_decreasing
        assert table["is_total"].tolist() == [False] * 11 + [True]
        assert table.loc[table["unit"] == "13", "unit_name"].tolist() == [label]
        sums = ["numerator", "denominator", "previous_numerator", "previous_denominator", "denominator_share"]
        sums += ["rate_effect", "mix_effect", "total_effect", "share_of_change", "previous_denominator_share"]
        for name in sums:
            assert whole[name] == pytest.approx(units[name].sum()), name
        assert whole["value"] == pytest.approx(100 * whole["numerator"] / whole["denominator"])
        assert set(narrative.UNIT_COLUMNS) <= set(table)
        every = narrative.columns([name for name in table if f"column_{name}" in wording.topic("decomposition")], lang)
        assert len(every) == 8
        assert "2" in shown_in(table, lang, narrative.UNIT_COLUMNS)


def of_one(change: float, rate: float, totals: list[float], per: int = 100, period: str = "2024") -> Decomposition:
    """A decomposition over units 01, 02, … of the dataset `GROWN`, with given effects."""
    rows = pd.DataFrame({name: [50.0] * len(totals) for name in STRATA})
    names = [f"{at:02d}" for at in range(1, len(totals) + 1)]
    rows = rows.assign(stratum=names, total_effect=totals, reason="")
    before = ev.periods.shift(period, -1)
    values = {"previous_value": 50.0, "value": 50 + change, "change": change, "rate_effect": rate}
    values["mix_effect"] = change - rate
    about = {"indicator": "share", "area": "1", "period": period, "previous_period": before, "other": "2"}
    return Decomposition(rows, per=per, **values, **about)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def plain() -> ev.Data:
    units = [*TWO, unit("1", "03"), unit("2", "01")]
    figures = {"2023": GROWN["2023"], "2024": GROWN["2024"]}
    return small(figures, units, areas=[area("1"), area("2")])


@pytest.mark.parametrize("period", ["2024", "2024-H1"])
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("per", [1, 100, 1000, 10_000, 100_000])
def test_a_rise_and_a_fall_are_said_as_opposites(per: int, lang: str, period: str, plain: ev.Data) -> None:
    rise = narrative.units(of_one(1.35, 1.25, [1.05, 0.3], per, period), plain, lang)
    fall = narrative.units(of_one(-1.35, -1.25, [-1.05, -0.3], per, period), plain, lang)
    up, down = (WAYS[lang][at] for at in (0, 1))
    if per == 1 and lang == "zh":
        up, down = re.compile("增加|贡献"), re.compile("减少|拉低")
    assert up.search(rise) and not down.search(rise)
    assert down.search(fall) and not up.search(fall)
    assert unsigned(rise) == unsigned(fall)
    measure = {1: "", 100: "百分点", 1000: "千分点", 10_000: "/万", 100_000: "/10万"}[per]
    assert lang == "en" or rise.count(measure) == 4 or per == 1
    assert ("同比" in rise) == (lang == "zh" and period != "2024")


def test_sentences_read_as_a_report_does(plain: ev.Data) -> None:
    text = narrative.units(of_one(1.32, 1.44, [1.42, -0.15]), plain, "zh")
    assert text == (
        "指标share较上年提高1.32个百分点，其中各机构自身水平变化使其提高1.44个百分点，机构间服务人数构成变化使其下降0.12个百分点。"
        "贡献最大的是机构01（+1.42个百分点），作用相反的主要是机构02（-0.15个百分点）。"
    )
    text = narrative.units(of_one(-0.5, -0.5, [-0.55, 0.05]), plain, "en")
    assert text == (
        "Indicator share is down 0.50 percentage points on the previous year: the institutions' own levels moved it "
        "down 0.50 percentage points, and changes in how the people concerned are spread among them made almost no "
        "difference. Unit 01 pulled it down most (-0.55 percentage points)."
    )


def test_money_and_plans_are_no_people() -> None:
    money = small(GROWN, TWO, items=[item("a", people="no"), item("b", people="no")])
    text = narrative.units(of_one(1.32, 1.2, [1.2, 0.12]), money, "zh")
    assert "机构间分母构成变化使其提高0.12个百分点" in text


def test_no_change_may_hide_what_cancels_out(plain: ev.Data) -> None:
    assert narrative.units(of_one(0, 0, [0, 0]), plain, "zh") == (
        "指标share较上年持平，各机构自身水平变化和机构间服务人数构成变化的影响都很小。"
    )
    text = narrative.units(of_one(0.001, 0.3, [0.4, -0.399]), plain, "zh")
    assert (
        "较上年基本持平，其中各机构自身水平变化使其提高0.30个百分点，机构间服务人数构成变化使其下降0.30个百分点。"
        in text
    )
    assert text.endswith("拉高最多的是机构01（+0.40个百分点），拉低最多的是机构02（-0.40个百分点）。")
    table = narrative.unit_table(of_one(0.001, 0.3, [0.4, -0.399]), plain, "en")
    assert table["share_of_change"].isna().all()
    assert (table["reason"] == "no shares of a change that is almost zero").all()
    # each by itself too little to be printed
    assert "贡献最大" not in narrative.units(of_one(0.01, 0.01, [0.0045, 0.0045, 0.001]), plain, "zh")


def test_who_is_the_only_one_or_new_is_said(plain: ev.Data) -> None:
    assert narrative.units(of_one(1.2, 1.2, [1.2]), plain, "zh") == (
        "指标share较上年提高1.20个百分点；仅有机构01一个机构，变化即为其自身水平的变化。"
    )
    found = of_one(1.2, 1.0, [1.0, 0.2])
    found.strata.loc[1, "previous_value"] = NAN
    assert narrative.units(found, plain, "en").endswith(
        "1 institution has a denominator in one period only (new, closed, or nobody concerned); its whole effect "
        "counts as mix."
    )


def test_what_is_not_computed_says_why(county: Any) -> None:
    data, ind = county("990107")
    found = unit_contributions(data, ind, "990107", STANDARDISED, "2024")
    assert narrative.units(found, data, "zh") == (
        "高血压患者规范管理率：未计算各机构的影响（本期：12个机构中仅11个分子、分母齐全（未上报））。"
    )
    none = unit_contributions(data, ind, "990107", "elderly_health_management_rate", "2023", "2021")
    table = narrative.unit_table(none, data, "zh")
    assert none.reason == "not comparable: definition changed"
    assert (len(table), table["reason"].iloc[0]) == (1, none.reason)
    assert "不可比：指标口径已变更" in shown_in(table, "zh", narrative.UNIT_COLUMNS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_two_areas_are_said_as_opposites(lang: str, region: County) -> None:
    data, ind = region
    higher, lower = {"zh": ("高", "低"), "en": ("higher", "lower")}[lang]
    for name in (STANDARDISED, "smd_reported_prevalence", "renewal_rate", "emergency_report_rate"):
        found = [
            area_difference(data, ind, *pair, name, "2024") for pair in (("990103", "990104"), ("990104", "990103"))
        ]
        texts = [narrative.areas(each, data, lang) for each in found]
        label = views.names_of(data, lang)[name]
        assert all(label in text for text in texts)
        bare = [text.replace(label, "") for text in texts]
        swapped = bare[0].replace(higher, "#").replace(lower, higher).replace("#", lower)
        assert sorted(re.findall(f"{higher}|{lower}", swapped)) == sorted(re.findall(f"{higher}|{lower}", bare[1]))
        assert unsigned(bare[0]) == unsigned(bare[1])
        for each, text in zip(found, bare, strict=True):
            table = narrative.kind_table(each, data, lang)
            assert unsigned(text) <= unsigned(shown_in(table, lang, narrative.KIND_COLUMNS)), text
            assert table["unit_kind"].iloc[-1] in ("本地区合计", "Whole area")
            assert lang == "en" or not re.search("[A-Za-z]", text)
    silent = area_difference(data, ind, "990107", "990104", STANDARDISED, "2024")
    assert wording.reason(silent.reason, lang) in narrative.areas(silent, data, lang)


def test_areas_of_one_kind_and_kinds_without_a_name(plain: ev.Data, region: County) -> None:
    found = of_one(2.0, 2.0, [2.0])
    found.strata["stratum"] = "village_clinic"
    assert narrative.areas(found, plain, "zh") == (
        "地区12024年指标share为52.00%，比地区2（50.00%）高2.00个百分点。两地机构均为村卫生室，差异即为同类机构的水平差异。"
    )
    assert narrative.kind_name("army_hospital", "en") == "army hospital"
    for kind in region[0].units["kind"].unique():
        assert not re.search("[A-Za-z]", narrative.kind_name(kind, "zh"))


def change(**values: Any) -> Any:
    """One row of a table of changes: 3051/3807 after 2709/3612, per 100."""
    row = {"name": "规范管理率", "indicator": "share", "definition": "", "per": 100, "reason": ""}
    row |= {"numerator": 3051.0, "denominator": 3807.0, "previous_numerator": 2709.0, "previous_denominator": 3612.0}
    row |= values
    sides = [row[name] for name in ("numerator", "denominator", "previous_numerator", "previous_denominator")]
    effects = numerator_denominator_effects(*sides, row["per"]).iloc[0]
    row = {"change_pp": effects.sum(), **effects, **row}
    return next(pd.DataFrame([row]).itertuples())


def test_numerator_and_denominator_are_said_with_what_they_count(plain: ev.Data) -> None:
    # 342 × (1/3807 + 1/3612) / 2 and 5760 × (1/3807 − 1/3612) / 2
    assert narrative.parts(change(), plain, "2024", "zh") == (
        "规范管理率较上年提高5.14个百分点，其中分子（项目a）增加使其提高9.23个百分点，分母（项目b）增加使其下降4.08个百分点。"
    )
    turned = change(numerator=2709.0, denominator=3612.0, previous_numerator=3051.0, previous_denominator=3807.0)
    assert narrative.parts(turned, plain, "2024-H1", "en") == (
        "规范管理率 is down 5.14 percentage points on the same period last year: a smaller numerator (Item a) moved it "
        "down 9.23 percentage points, and a smaller denominator (Item b) moved it up 4.08 percentage points."
    )
    still = change(denominator=3612.0, per=1000)
    assert narrative.parts(still, plain, "2024", "zh") == (
        "规范管理率较上年提高94.68个千分点，其中分子（项目a）增加使其提高94.68个千分点，分母（项目b）没有变化。"
    )


def test_the_sides_of_a_formula_have_names_only_where_they_have_one() -> None:
    rows = [indicator("share", "a + c", "prior(b)"), indicator("twice", "2 * a", "b")]
    items = [item("a"), item("b"), item("c")]
    data = small(GROWN, TWO, catalogue=rows, items=items)
    assert "其中分子增加使其提高9.23个百分点，分母（上年项目b）增加" in narrative.parts(change(), data, "2024", "zh")
    assert "其中分子增加" in narrative.parts(change(indicator="twice"), data, "2024", "zh")


def test_a_change_that_is_not_split_says_why(plain: ev.Data) -> None:
    count = change(denominator=NAN, previous_denominator=NAN, change_pp=342.0)
    assert narrative.parts(count, plain, "2024", "zh") == "规范管理率：未拆分分子、分母的影响（该指标没有分母）。"
    gap = change(numerator=NAN, change_pp=NAN, reason="this period missing: not reported")
    assert narrative.parts(gap, plain, "2024", "zh").endswith("（本期缺数据：未上报）。")
    zero = change(denominator=0.0, change_pp=NAN)
    assert narrative.parts(zero, plain, "2024", "zh").endswith("（分母为零）。")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_notes_say_how_and_that_rounding_shows(lang: str) -> None:
    notes = narrative.method_notes(lang, "parts", "units", "areas")
    assert len(notes) == 4
    assert ("1955" in notes[1]) and ("1993" in notes[0])
    assert ("四舍五入" if lang == "zh" else "rounded") in notes[-1]


def test_the_public_learns_nothing_of_single_units() -> None:
    data = small(GROWN, TWO)
    shown = shown_to_public(ev.indicators(data), public_figures(data, "year"))
    found = contributions(data, ind=shown)
    assert wording.reason(found.reason, "zh") == "2个机构中仅0个分子、分母齐全（已按规定隐去）"
    numbers = narrative.unit_table(found, data, "zh").drop(columns=["per"]).select_dtypes("number")
    assert numbers.isna().all(axis=None)
