"""Money shared out: published cases, plain arithmetic beside ours, and budgets of which nothing may get lost."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaltools import wording
from evaltools.allocation import allocate
from evaltools.fund_coefficients import Coefficient, money_uncertainty, with_coefficients
from evaltools.fund_limits import spread, spread_many
from evaltools.fund_objects import Rules, text
from evaltools.problems import InputError
from evaltools.workload_allocation import allocate_by_workload

FOUR = {"central": 60, "province": 20, "city": 10, "county": 10}


def frame(**columns: list[Any]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    own = {"area": [f"99010{at}" for at in range(1, n + 1)], "unit": [""] * n}
    return pd.DataFrame(own | {"per_head": [94] * n, "coefficient": [1] * n} | columns)


def parts(found: Any) -> dict[str, int]:
    return dict(zip(found.balance["part"], found.balance["amount"], strict=True))


def refused(objects: pd.DataFrame, rules: Rules) -> list[str]:
    with pytest.raises(InputError) as error:
        allocate(objects, rules)
    return sorted(error.value.problems["rule"])


# --- published cases


def test_zongyang_2023_pre_payment_and_settlement() -> None:
    # 预拨3608万元（中央2855、省级753），年终考核后清算120万元，合计3728万元
    objects = pd.DataFrame({"area": ["340722"], "population": [3728], "per_head": [10_000], "coefficient": [1]})
    shares = {"central": Fraction(2855 * 100, 3608), "province": Fraction(753 * 100, 3608)}
    found = allocate(
        objects.assign(prepaid_central=2855, prepaid_province=753), Rules(shares=shares, measure="ten_thousand_yuan")
    )
    (row,) = found.rows.to_dict("records")
    assert (row["due"], row["prepaid"], row["settlement"]) == (3728, 3608, 120)
    assert row["settlement_central"] + row["settlement_province"] == 120
    # 3728 × 2855 ÷ 3608 = 2949.96…
    assert (row["due_central"], row["due_province"]) == (2950, 778)


def test_pinglu_2022_has_a_digit_too_many_in_print() -> None:
    # printed: 73899人×5=3369495元; 26911×5=134555, 7055×5=35275
    found = allocate(frame(population=[73_899, 26_911, 7_055], per_head=[5, 5, 5]), Rules())
    assert list(found.rows["due"]) == [369_495, 134_555, 35_275]
    assert found.rows["because"][0] == "73,899 × 5 × 1 = 369,495"


def test_the_example_of_a_formula_with_all_its_factors() -> None:
    found = allocate(frame(population=[1_200_000], coefficient=[Decimal("0.95")]), Rules(shares=FOUR))
    assert found.by_level["because"][0] == "1,200,000 × 94 × 60% × 0.95 = 64,296,000"
    assert found.rows["because"][0] == "1,200,000 × 94 × 0.95 = 107,160,000"
    assert parts(found) == {"budget": 112_800_000, "due": 107_160_000, "kept": 5_640_000, "set_aside": 0}


def test_measures() -> None:
    objects = frame(population=[73_899], per_head=[Decimal("8.3")])
    assert allocate(objects, Rules(measure="fen")).rows["due"][0] == 61_336_170
    in_tens = allocate(objects, Rules(measure="ten_thousand_yuan")).rows
    assert in_tens["due"][0] == 61 and in_tens["because"][0] == "73,899 × 8.3 × 1 ÷ 10,000 ≈ 61"


# --- where withheld money goes


TWO = frame(population=[100, 300], per_head=[10, 10], coefficient=[1, Fraction(1, 2)], grade=["excellent", "pass"])


def test_withheld_money_goes_where_the_rule_says() -> None:
    kept = allocate(TWO, Rules())
    assert list(kept.rows["due"]) == [1000, 1500] and parts(kept)["kept"] == 1500
    pool = allocate(TWO, Rules(withheld="pool"))
    assert list(pool.rows["due"]) == [1600, 2400] and parts(pool)["kept"] == 0
    assert pool.rows["because"][1] == "300 × 10 × 0.5 = 1,500; 1,500 × 4,000/2,500 = 2,400"
    reward = allocate(TWO, Rules(withheld="reward", reward_grades=("excellent",)))
    assert list(reward.rows["due"]) == [2500, 1500]
    assert reward.rows["because"][0] == "100 × 10 × 1 = 1,000; 1,000 + 1,000 × 1,500/1,000 = 2,500"
    nobody = allocate(TWO, Rules(withheld="reward", reward_grades=("outstanding",)))
    assert list(nobody.rows["due"]) == [1000, 1500] and parts(nobody)["kept"] == 1500


def test_a_budget_is_shared_out_in_proportion_to_the_formula() -> None:
    found = allocate(TWO, Rules(budget=8000))
    assert list(found.rows["due"]) == [2000, 3000] and parts(found)["kept"] == 3000
    assert found.rows["because"][1] == "300 × 10 × 0.5 × 8,000/4,000 = 3,000"


def test_a_veto_takes_its_part_and_no_floor_gives_it_back() -> None:
    objects = TWO.assign(coefficient=1, veto=[1, Fraction(1, 5)], floor=[np.nan, 2000])
    found = allocate(objects, Rules())
    assert list(found.rows["due"]) == [1000, 600]
    assert found.rows["because"][1] == "300 × 10 × 1 × 0.2 = 600"
    assert list(allocate(objects.assign(veto=1), Rules()).rows["due"]) == [1000, 3000]


def test_coefficients_above_one_cost_no_more_than_there_is() -> None:
    objects = TWO.assign(coefficient=[Fraction(11, 10), 1])
    assert refused(objects, Rules()) == ["funds_above_budget"]
    pool = allocate(objects, Rules(withheld="pool"))
    assert pool.rows["due"].sum() == 4000 and pool.rows["due"][0] > 1000


# --- floors and caps


def by_turns(amounts: list[Fraction], floors: list[Fraction], caps: list[Fraction]) -> list[Fraction]:
    """Water-filling as it is done by hand: hold who is outside, share out the rest over the others, look again.

    Of floors and caps those are held in a turn that the sum of what is given or taken asks for.
    """
    total, held = sum(amounts), dict[int, Fraction]()
    while True:
        free = [at for at in range(len(amounts)) if at not in held]
        left, base = total - sum(held.values(), Fraction(0)), sum(amounts[at] for at in free)
        now = {at: amounts[at] * left / base if base else Fraction(0) for at in free}
        low = {at: floors[at] for at in free if now[at] < floors[at]}
        high = {at: caps[at] for at in free if now[at] > caps[at]}
        if not low and not high:
            return [held.get(at, now.get(at, Fraction(0))) for at in range(len(amounts))]
        given_more = sum(floors[at] - now[at] for at in low) - sum(now[at] - caps[at] for at in high)
        held |= low if given_more > 0 else high if given_more < 0 else low | high


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=7))
def test_spreading_is_water_filling_by_turns(given_: list[tuple[int, int, int]]) -> None:
    amounts = [Fraction(amount) for amount, _, _ in given_]
    floors = [Fraction(low) for _, low, _ in given_]
    caps = [Fraction(low + more) for _, low, more in given_]
    assume(sum(floors) <= sum(amounts) <= sum(caps))
    found = spread(amounts, floors, caps)
    assert found.gap == 0 and sum(found.amounts) == sum(amounts)
    assert all(low <= x <= high for x, low, high in zip(found.amounts, floors, caps, strict=True))
    assert found.amounts == by_turns(amounts, floors, caps)
    many = spread_many(*(np.array([[float(x) for x in row]]) for row in (amounts, floors, caps)))
    assert np.allclose(many[0], [float(x) for x in found.amounts], atol=1e-6)


def test_limits_on_the_page() -> None:
    found = allocate(frame(population=[100, 200, 700], per_head=[1] * 3, cap=[np.nan, np.nan, 400]), Rules())
    # 300 too many go to the first two, one to two
    assert list(found.rows["due"]) == [200, 400, 400] and list(found.rows["bound"]) == ["", "", "cap"]
    assert found.rows["because"][2].endswith("> 400 → 400") and found.rows["because"][0].endswith("100 × 2 = 200")
    floor = allocate(TWO.assign(coefficient=[1, Fraction(1, 4)]), Rules(floor_percent=40))
    # 1,750 to share: 1,200 for the second, 550 are left for the first
    assert list(floor.rows["due"]) == [550, 1200]


def test_limits_that_cannot_all_hold_say_by_how_much() -> None:
    with pytest.raises(InputError, match=r"ask for 1,000 more than the 4,000"):
        allocate(TWO.assign(coefficient=1, floor=[2000, 3000]), Rules())
    with pytest.raises(InputError, match=r"500 of 4,000 are left over"):
        allocate(TWO.assign(coefficient=1, cap=[1500, 2000]), Rules())
    assert refused(TWO.assign(floor=[20, 30], cap=[10, 20]), Rules()) == ["funds_cap_below_floor"] * 2
    assert refused(TWO, Rules(floor_percent=90, cap_percent=80)) == ["funds_cap_below_floor"] * 2
    # 99.999% of 4,000 lack 0.04, which whole units would not show
    with pytest.raises(InputError, match=r"0\.04 of 4,000 are left over"):
        allocate(TWO, Rules(withheld="pool", cap_percent=Decimal("99.999")))


COUNTS = st.lists(st.integers(1, 5000), min_size=1, max_size=6)
PER_HEAD = st.sampled_from([Decimal("94.35"), Decimal("0.37"), Decimal(5)])
OF_MEASURE = {"yuan": Fraction(1), "ten_thousand_yuan": Fraction(1, 10_000), "fen": Fraction(100)}


@settings(max_examples=30, deadline=None)
@given(COUNTS, PER_HEAD, st.sampled_from(sorted(OF_MEASURE)), st.one_of(st.none(), st.integers(1, 10**6)))
def test_limits_of_a_hundred_per_cent_change_nothing_at_full_coefficients(
    population: list[int], per_head: Decimal, measure: str, budget: int | None
) -> None:
    objects = frame(population=population, per_head=[per_head] * len(population))
    rules = Rules(shares=FOUR, measure=measure, budget=budget)
    free = allocate(objects, rules)
    for name in ("floor_percent", "cap_percent"):
        held = allocate(objects, replace(rules, **{name: 100}))
        for kind in ("rows", "by_level", "balance"):
            pd.testing.assert_frame_equal(getattr(held, kind), getattr(free, kind))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 100)), min_size=1, max_size=6),
    PER_HEAD,
    st.sampled_from(sorted(OF_MEASURE)),
    st.sampled_from(["kept", "pool"]),
    st.integers(0, 100),
    st.integers(0, 60),
)
def test_limits_in_per_cent_are_exact_and_only_what_is_paid_is_rounded(
    given_: list[tuple[int, int]], per_head: Decimal, measure: str, withheld: str, least: int, beyond: int
) -> None:
    full = [people * Fraction(per_head) * OF_MEASURE[measure] for people, _ in given_]
    earned = [claim * Fraction(per_cent, 100) for claim, (_, per_cent) in zip(full, given_, strict=True)]
    shared = [one * (sum(full) / sum(earned) if withheld == "pool" else 1) for one in earned]
    floors, caps = ([claim * Fraction(part, 100) for claim in full] for part in (least, least + beyond))
    objects = frame(
        population=[people for people, _ in given_],
        per_head=[per_head] * len(given_),
        coefficient=[Decimal(per_cent) / 100 for _, per_cent in given_],
    )
    rules = Rules(
        shares=FOUR, measure=measure, withheld=withheld, floor_percent=least, cap_percent=Decimal(least + beyond)
    )
    if not sum(floors) <= sum(shared) <= sum(caps):
        key = "floors_above_budget" if sum(floors) > sum(shared) else "caps_below_budget"
        assert refused(objects, rules) == [f"funds_{key}"]
        return
    rows = allocate(objects, rules).rows
    expected = by_turns(shared, floors, caps)
    assert list(rows["amount"]) == [float(amount) for amount in expected]
    for due, low, high in zip(rows["due"], floors, caps, strict=True):
        assert low - 1 < Fraction(due) < high + 1
    assert abs(Fraction(rows["due"].sum()) - sum(shared)) < 1


def test_the_working_of_a_limit_in_per_cent() -> None:
    """70% of 3 × 11 is 23.1; 33.3% of 33 × 2.01 is 22.08789, which has more decimals than are printed."""
    objects = frame(population=[3, 100], per_head=[11, 10], coefficient=[Decimal("0.5"), 1])
    rows = allocate(objects, Rules(floor_percent=70)).rows
    assert rows["bound"][0] == "floor" and rows["due"][0] == 23
    steps = rows["because"][0].split("; ")
    assert steps[-2:] == ["33 × 70% = 23.1", "16.39 < 23.1 → 23.1 ≈ 23"]
    objects = frame(population=[33, 1000], per_head=[Decimal("2.01"), 1], coefficient=[1, Decimal("0.2")])
    rows = allocate(objects, Rules(cap_percent=Decimal("33.3"))).rows
    assert rows["because"][0].split("; ")[-2] == "66.33 × 33.3% ≈ 22.09"
    assert rows["because"][0].endswith(" > 22.09 → 22.09 ≈ 22")
    # an amount that is stated is no share of anything
    stated = allocate(frame(population=[30, 1000], per_head=[1, 1], cap=[10, np.nan]), Rules(cap_percent=150)).rows
    assert stated["because"][0].endswith("> 10 → 10") and "%" not in stated["because"][0]


# --- nothing gets lost


money = st.integers(0, 10**7)


@st.composite
def situations(draw: st.DrawFn) -> tuple[pd.DataFrame, Rules]:
    n = draw(st.integers(1, 6))
    whole = st.one_of(st.none(), st.integers(0, 10**6))
    some = st.one_of(st.none(), st.decimals(0, 1, places=4))
    objects = frame(
        population=draw(st.lists(whole, min_size=n, max_size=n)),
        per_head=[Decimal("94.35")] * n,
        coefficient=draw(st.lists(some, min_size=n, max_size=n)),
        veto=draw(st.lists(st.sampled_from([1, Decimal("0.5"), 0]), min_size=n, max_size=n)),
        grade=draw(st.lists(st.sampled_from(["excellent", "pass"]), min_size=n, max_size=n)),
        cap=draw(st.lists(st.one_of(st.none(), st.integers(10**8, 10**9)), min_size=n, max_size=n)),
    )
    for level in FOUR:
        objects[f"prepaid_{level}"] = draw(st.lists(money, min_size=n, max_size=n))
    rules = Rules(
        shares=FOUR,
        measure=draw(st.sampled_from(["yuan", "fen", "ten_thousand_yuan"])),
        budget=draw(st.one_of(st.none(), money)),
        withheld=draw(st.sampled_from(["kept", "pool", "reward"])),
        reward_grades=("excellent",),
        missing="leave_out",
        floor_percent=draw(st.sampled_from([None, 30, 80])),
    )
    return objects, rules


@settings(max_examples=100, deadline=None)
@given(situations())
def test_every_yuan_of_a_budget_is_somewhere(situation: tuple[pd.DataFrame, Rules]) -> None:
    objects, rules = situation
    try:
        found = allocate(objects, rules)
    except InputError as error:
        # a budget and nobody to claim it, or limits that cannot all hold
        assert set(error.problems["rule"]) <= {
            *("funds_nothing_to_share_by", "funds_floors_above_budget", "funds_caps_below_budget"),
            *("funds_cap_below_floor",),
        }
        return
    amounts = parts(found)
    assert amounts["budget"] == amounts["due"] + amounts["kept"] + amounts["set_aside"]
    if rules.budget is not None:
        assert amounts["budget"] == rules.budget
    rows = found.rows
    levels = rows[[f"due_{level}" for level in FOUR]]
    assert (levels.sum(axis=1, skipna=False).fillna(-1) == rows["due"].fillna(-1)).all()
    assert rows["due"].sum() == amounts["due"] == levels.to_numpy()[rows["due"].notna()].sum()
    assert found.by_level["due"].sum() == amounts["due"]
    # each level pays its share of the total, to the unit of money
    for level, share in FOUR.items():
        total = sum(exact * Fraction(share, 100) for exact in map(Fraction, rows["amount"].dropna()))
        assert abs(Fraction(rows[f"due_{level}"].sum()) - total) < Fraction(1001, 1000)
    # a settlement may be negative and still adds up
    settled = rows[[f"settlement_{level}" for level in FOUR]].sum(axis=1, skipna=False)
    assert (settled - rows["settlement"]).abs().fillna(0).max() == 0
    assert (rows["settlement"] - (rows["due"] - rows["prepaid"])).abs().fillna(0).max() == 0
    assert ((rows["reason"] != "") == rows["due"].isna()).all()
    assert wording.untranslated(rows["reason"]) == []


def test_renaming_and_reordering_counties_changes_nobodys_money() -> None:
    draw = np.random.default_rng(3)
    objects = frame(
        population=list(draw.integers(10_000, 900_000, 9)), coefficient=list(draw.integers(70, 100, 9) / 100)
    )
    found = allocate(objects, Rules(shares=FOUR, withheld="pool")).rows
    other = objects.sample(frac=1, random_state=1).assign(area=[f"x{at}" for at in range(9)])
    turned = allocate(other, Rules(shares=FOUR, withheld="pool")).rows.set_index("population")
    assert (turned.loc[found["population"], "due"].to_numpy() == found["due"].to_numpy()).all()


@given(st.fractions(-(10**9), 10**9), st.integers(0, 8))
def test_numbers_of_the_arithmetic_are_printed_as_all_others_are(number: Fraction, digits: int) -> None:
    printed = text(number, digits)
    decimals = len(printed.partition(".")[2])
    assert printed == wording.number(number, decimals, "en")
    assert decimals == digits or Fraction(printed.replace(",", "")) == number


def test_three_thousand_counties_close_to_the_yuan() -> None:
    draw = np.random.default_rng(4)
    n = 3000
    objects = pd.DataFrame(
        {"area": [f"{at:06d}" for at in range(n)], "population": draw.integers(10_000, 2_000_000, n), "per_head": 94}
    ).assign(coefficient=draw.integers(6000, 10_000, n) / 10_000)
    found = allocate(objects, Rules(shares=FOUR, withheld="pool", floor_percent=90))
    assert parts(found)["budget"] == found.rows["due"].sum() == (objects["population"] * 94).sum()


# --- what is missing or wrong


def test_what_is_missing_is_listed_with_its_reason_and_never_zero() -> None:
    objects = frame(population=[100, np.nan, 300], per_head=[10] * 3, coefficient=[1, 1, np.nan])
    objects["reason"] = ["", "11 of 12 units reported", ""]
    found = allocate(objects, Rules(missing="leave_out", budget=800))
    assert list(found.rows["due"])[:1] == [200] and found.rows["due"][1:].isna().all()
    assert list(found.rows["reason"]) == [
        "",
        "no population; 11 of 12 units reported; left out of the allocation",
        "no coefficient; its amount before the coefficient is set aside",
    ]
    assert parts(found) == {"budget": 800, "due": 200, "kept": 0, "set_aside": 600}
    with pytest.raises(InputError) as error:
        allocate(objects, Rules())
    assert list(error.value.problems["rule"]) == ["funds_refused"] * 2
    assert "缺常住人口数；12个机构中11个已上报" in error.value.problems["sentence_zh"][0]


def test_everything_wrong_is_said_at_once() -> None:
    objects = frame(population=[-5, 10, 10], per_head=[10, -1, 10], coefficient=[1, 1, Fraction(-1, 2)])
    objects["area"] = ["990101", "990102", "990102"]
    objects["prepaid"] = [Fraction(1, 2), -3, 0]
    objects["floor"], objects["cap"] = [5, 5, 5], [4, 6, 6]
    assert refused(objects, Rules()) == sorted(
        ["funds_negative"] * 4 + ["funds_not_whole", "funds_cap_below_floor", "funds_repeated_object"]
    )
    assert refused(objects, Rules(budget=-1)) == ["funds_negative"]
    assert refused(TWO, Rules(measure="dollar", withheld="lost", missing="zero")) == ["funds_bad_choice"] * 3
    assert refused(TWO, Rules(shares={"central": 60, "province": 30})) == ["funds_shares_not_100"] * 2
    assert refused(TWO, Rules(withheld="reward")) == ["funds_no_reward_grades"]
    assert refused(TWO.assign(population=0), Rules(budget=10)) == ["funds_nothing_to_share_by"]
    assert refused(TWO.assign(share_central=[50, np.nan]), Rules(shares=FOUR))[0] == "funds_share_missing"
    assert refused(TWO.assign(population=10**15), Rules()) == ["funds_too_large"]


def test_an_object_may_have_shares_of_its_own() -> None:
    objects = TWO.assign(coefficient=1, share_central=[80, np.nan], share_province=[20, np.nan])
    found = allocate(objects, Rules(shares={"central": 60, "province": 40})).rows
    assert list(found["due_central"]) == [800, 1800] and list(found["due_province"]) == [200, 1200]


# --- coefficients


SCORES = pd.DataFrame(
    {
        "area": ["990101", "990102"],
        "unit": "",
        "points": [93.46, np.nan],
        "full": 100.0,
        "grade": ["excellent", ""],
        "reason": ["", "no line could be scored"],
    }
)


def test_coefficients_from_scores_grades_and_statements() -> None:
    objects = TWO[["area", "unit", "population", "per_head"]]
    found = with_coefficients(objects, Coefficient("score"), SCORES, {"990101": Decimal("0.5")})
    assert found["coefficient"][0] == Fraction(9346, 10_000) and found["veto"][0] == Fraction(1, 2)
    assert pd.isna(found["coefficient"][1]) and found["reason"][1] == "no line could be scored"
    tiers = Coefficient("grade", {"excellent": Decimal("1.05")})
    assert with_coefficients(objects, tiers, SCORES)["coefficient"][0] == Fraction(105, 100)
    stated = with_coefficients(objects, Coefficient("stated", values={"990102": Decimal("0.9")}), SCORES)
    assert pd.isna(stated["coefficient"][0]) and stated["coefficient"][1] == Fraction(9, 10)
    assert list(with_coefficients(objects, Coefficient())["coefficient"]) == [1, 1]


def test_coefficients_of_what_is_not_there_are_refused() -> None:
    objects = TWO[["area", "unit", "population", "per_head"]]
    wrong = Coefficient("stated", values={"990109": 1, "990101": -1})
    with pytest.raises(InputError) as error:
        with_coefficients(objects, wrong, SCORES, {"990199": 1, "990102": 2})
    assert sorted(error.value.problems["rule"]) == [
        *("funds_bad_veto", "funds_negative", "funds_unknown_name", "funds_unknown_name")
    ]
    with pytest.raises(InputError, match="excellent"):
        with_coefficients(objects, Coefficient("grade", {"good": 1}), SCORES)
    with pytest.raises(InputError, match="none, score, grade, stated"):
        with_coefficients(objects, Coefficient("rank"), SCORES)


# --- how far money would move


def drawn_case() -> tuple[pd.DataFrame, np.ndarray]:
    draw = np.random.default_rng(8)
    points = np.array([91.0, 85.0, 70.0])
    grades = ["excellent", "good", "pass"]
    objects = frame(population=[100_000, 250_000, 400_000]).drop(columns="coefficient")
    scores = objects[["area", "unit"]].assign(points=points, full=100.0, grade=grades, reason="")
    return objects.merge(scores, on=["area", "unit"]), points + draw.normal(0, 4, (60, 3))


GRADES = [("excellent", 90), ("good", 80), ("pass", 0)]
TIERS = Coefficient("grade", {"excellent": 1, "good": Decimal("0.9"), "pass": Decimal("0.7")})


@pytest.mark.parametrize("how", [Coefficient("score"), TIERS], ids=["score", "grade"])
@pytest.mark.parametrize(
    "own",
    [
        {"withheld": "kept"},
        {"withheld": "kept", "cap_percent": 90},
        {"withheld": "pool"},
        {"withheld": "pool", "floor_percent": 85, "cap_percent": 140},
        {"withheld": "reward"},
        {"withheld": "reward", "floor_percent": 68},
    ],
    ids=str,
)
def test_money_drawn_again_is_money_allocated_again(how: Coefficient, own: dict[str, Any]) -> None:
    objects, drawn = drawn_case()
    rules = Rules(shares=FOUR, reward_grades=("excellent",), **own)
    scores = objects[["area", "unit", "points", "full", "grade"]].assign(reason="")
    base = objects[["area", "unit", "population", "per_head"]]
    found = money_uncertainty(allocate(with_coefficients(base, how, scores), rules), rules, how, drawn, GRADES)
    again = []
    for points in drawn:
        grades = [next(grade for grade, start in GRADES if x >= start) for x in points]
        redrawn = scores.assign(points=points, grade=grades)
        again.append(allocate(with_coefficients(base, how, redrawn), rules).rows["amount"].to_numpy())
    amounts = np.array(again)
    assert np.allclose(found["lower"], np.percentile(amounts, 2.5, axis=0), rtol=1e-9)
    assert np.allclose(found["upper"], np.percentile(amounts, 97.5, axis=0), rtol=1e-9)
    moves = np.abs(amounts - found["due"].to_numpy()).mean(axis=0)
    assert np.allclose(found["mean_move"], moves, rtol=1e-9)


def test_money_without_scores_or_draws_has_a_reason() -> None:
    objects, drawn = drawn_case()
    scores = objects[["area", "unit", "points", "full", "grade"]].assign(reason="")
    scores.loc[2, "points"] = np.nan
    how, rules = Coefficient("score"), Rules(missing="leave_out")
    base = allocate(with_coefficients(objects[["area", "unit", "population", "per_head"]], how, scores), rules)
    named = pd.DataFrame(drawn[:, :1], columns=["990101"])
    found = money_uncertainty(base, rules, how, named, GRADES)
    assert list(found["mean_move"].notna()) == [True, False, False]
    assert found["reason"][1] == "no scores drawn" and "no coefficient" in found["reason"][2]
    with pytest.raises(ValueError, match="simulations x 3"):
        money_uncertainty(base, rules, how, drawn[:, :2], GRADES)
    with pytest.raises(ValueError, match="do not depend"):
        money_uncertainty(base, rules, Coefficient(), drawn, GRADES)


# --- by workload


WORK = pd.DataFrame(
    [("a", "01", "x", 100, 1.0), ("a", "02", "x", 300, 0.5), ("a", "01", "y", 0, 1.0), ("a", "02", "y", 0, 1.0)],
    columns=["area", "unit", "item", "workload", "quality"],
)


def test_work_is_paid_by_the_corrected_count() -> None:
    found = allocate_by_workload(WORK.iloc[:2], {"x": 1000}, village_percent=40)
    assert list(found.rows["due"]) == [400, 600]
    assert list(found.rows["own"]) == [240, 360] and list(found.rows["village"]) == [160, 240]
    assert found.cells["because"][1] == "1,000 × (300 × 0.5)/250 = 600"
    paid = pd.DataFrame({"area": ["a", "a"], "unit": ["01", "02"], "amount": [500, 0]})
    settled = allocate_by_workload(WORK.iloc[:2], {"x": 1000}, prepaid=paid).rows
    assert list(settled["settlement"]) == [-100, 600]


def test_work_that_nobody_did_is_an_error_or_stays_undistributed() -> None:
    with pytest.raises(InputError, match="nobody did any of it"):
        allocate_by_workload(WORK, {"x": 1000, "y": 70})
    found = allocate_by_workload(WORK, {"x": 1000, "y": 70}, zero="undistributed")
    assert parts(found) == {"budget": 1070, "due": 1000, "undistributed": 70}
    assert list(found.rows["due_y"]) == [0, 0]
    assert "undistributed" in found.cells["reason"][2] and wording.untranslated(found.cells["reason"]) == []


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 500), min_size=3, max_size=3), min_size=1, max_size=8),
    st.lists(st.integers(0, 10_000), min_size=3, max_size=3),
    st.integers(0, 100),
)
def test_units_items_and_village_clinics_add_up(work: list[list[int]], budgets: list[int], percent: int) -> None:
    rows = [("a", f"{i:02d}", f"i{j}", x) for i, own in enumerate(work) for j, x in enumerate(own)]
    table = pd.DataFrame(rows, columns=["area", "unit", "item", "workload"])
    money_of = {f"i{j}": budget for j, budget in enumerate(budgets)}
    found = allocate_by_workload(table, money_of, zero="undistributed", village_percent=percent)
    for j, (item, budget) in enumerate(money_of.items()):
        assert found.rows[f"due_{item}"].sum() == (budget if sum(own[j] for own in work) else 0)
    assert (found.rows[[f"due_{item}" for item in money_of]].sum(axis=1) == found.rows["due"]).all()
    assert (found.rows["own"] + found.rows["village"] == found.rows["due"]).all()
    assert abs(found.rows["village"].sum() - found.rows["due"].sum() * percent / 100) < 1
    amounts = parts(found)
    assert amounts["budget"] == sum(budgets) == amounts["due"] + amounts["undistributed"]


def test_work_that_is_missing_or_wrong() -> None:
    table = WORK.iloc[:2].assign(workload=[100, np.nan], reason=["", "not reported"])
    found = allocate_by_workload(table, {"x": 1000}, missing="leave_out")
    assert found.rows["due"][0] == 1000 and np.isnan(found.rows["due"][1])
    assert found.rows["reason"][1] == "no workload; not reported; left out of the allocation"
    with pytest.raises(InputError) as error:
        allocate_by_workload(table, {"x": 1000})
    assert list(error.value.problems["rule"]) == ["funds_refused_workload"]
    wrong = pd.concat([WORK.assign(workload=-1, quality=1.5), WORK.iloc[:1]])
    paid = pd.DataFrame({"area": ["a", "b"], "unit": ["01", "01"], "amount": [1, 1]})
    with pytest.raises(InputError) as error:
        allocate_by_workload(wrong, {"x": Fraction(1, 2), "z": -1}, village_percent=140, prepaid=paid)
    assert set(error.value.problems["rule"]) == {
        *("funds_negative", "funds_bad_quality", "funds_repeated_workload", "funds_no_budget", "funds_not_whole"),
        *("funds_not_percent", "funds_unknown_object"),
    }


def test_nobody_to_share_out_to_is_an_empty_table() -> None:
    found = allocate(TWO.iloc[:0].astype({"population": float}), Rules(shares=FOUR))
    assert found.rows.empty and found.by_level.empty and parts(found)["budget"] == 0
