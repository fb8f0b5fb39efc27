"""An attack on what `suppress` leaves: everything a reader knows as one integer programme, solved by scipy's HiGHS.

Written apart from the package's own search: the programme is put together from the published frame and the rules of
the toy catalogue below, and every hidden cell's least and largest possible value is computed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

import evaltools as ev
from evaltools.datasets import Data

pytestmark = pytest.mark.slow

UNITS = {"91": ("a", "b", "c"), "92": ("d", "e")}
PLACES = [("9", ""), *((place, "") for place in UNITS), *((place, code) for place in UNITS for code in UNITS[place])]
PERIODS = ("2024-H1", "2024-H2", "2024")
NAMES = ("people", "men", "women", "tested", "positive")
SENSITIVE = ("positive",)
FORMULAS = {  # numerator and denominator as weights of items
    "testing": ({"tested": 1}, {"people": 1}),
    "positivity": ({"positive": 1}, {"tested": 1}),
    "share_of_men": ({"men": 1}, {"people": 1}),
    "per_woman": ({"positive": 1}, {"women": 1}),
    "both": ({"tested": 1, "positive": 1}, {"people": 1}),
}
CHECKS = [
    {"check": "sexes", "expression": "men + women == people", "level": "error"},
    {"check": "positive_within", "expression": "positive <= tested", "level": "error"},
    {"check": "tested_within", "expression": "tested <= people", "level": "error"},
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    folder = dataset(
        tmp_path_factory.mktemp("data") / "small",
        meta={"region": "9"},
        areas=[area("9"), area("91", parent="9"), area("92", parent="9")],
        units=[unit(place, code) for place in UNITS for code in UNITS[place]],
        items=[item(name, sensitive="yes" if name in SENSITIVE else "no") for name in NAMES],
        indicators=[
            indicator("testing", "tested", "people"),
            indicator("positivity", "positive", "tested"),
            indicator("share_of_men", "men", "people"),
            indicator("per_woman", "positive", "women", kind="ratio"),
            indicator("both", "tested + positive", "people", kind="ratio"),
        ],
        checks=[{**row, "sentence_zh": "甲", "sentence_en": "A"} for row in CHECKS],
        facts=[fact("2024", "91", "people", 400, "a")],
    )
    return ev.load(str(folder))


def frame_of(data: Data, numbers: dict[tuple[str, str], tuple[int, int, int, int]]) -> pd.DataFrame:
    """Indicators of units whose (men, women, share tested, share positive in eighths) are given by half-year."""
    rows = []
    for (code, period), (men, women, tested, positive) in numbers.items():
        place = next(name for name in UNITS if code in UNITS[name])
        served = (men + women) * tested // 8
        values = {
            "people": men + women,
            "men": men,
            "women": women,
            "tested": served,
            "positive": served * positive // 8,
        }
        for name, value in values.items():
            rows.append(fact(period, place, name, float(value), code, state="", origin="", source="s"))
    own = replace(data, facts=pd.DataFrame(rows)[list(data.facts.columns)])
    return pd.concat([ev.indicators(own, every=every) for every in ("half", "year")], ignore_index=True)


class Reader:
    """What a reader of the published frame knows, as an integer programme over all cells."""

    def __init__(self, raw: pd.DataFrame, shown: pd.DataFrame, preset: str) -> None:
        self.rule = ev.disclosure.load_preset(preset)
        self.cells = {key: at for at, key in enumerate(product(PERIODS, PLACES, NAMES))}
        self.low, self.high = np.zeros(len(self.cells)), np.full(len(self.cells), np.inf)
        self.rows: list[dict[int, float]] = []
        self.ends: list[tuple[float, float]] = []
        self.hidden: set[int] = set()
        for period, place in product(PERIODS, PLACES):
            self.catalogue(period, place)
        for (_, before), (_, after) in zip(raw.iterrows(), shown.iterrows(), strict=True):
            place = (before["period"], (before["area"], before["unit"]))
            for side, name in enumerate(("numerator", "denominator")):
                formula = FORMULAS[before["indicator"]][side]
                if np.isnan(before[name]):
                    continue
                if np.isnan(after[name]):
                    if len(formula) == 1:
                        other = FORMULAS[before["indicator"]][1 - side]
                        both = np.isnan(after[("denominator", "numerator")[side]])
                        # of two hidden figures in a row the reader cannot tell which one its code is about
                        code = "" if both or len(other) > 1 else after.get("suppressed", "primary")
                        self.hide((*place, *formula), before[name], code)
                else:
                    self.publish({(*place, key): weight for key, weight in formula.items()}, after[name])
                    if not np.isnan(after["value"]):
                        assert not np.isnan(after["numerator"]) and not np.isnan(after["denominator"])
        self.sums()

    def add(self, weights: dict[tuple, float], low: float, high: float) -> None:
        self.rows.append({self.cells[key]: weight for key, weight in weights.items()})
        self.ends.append((low, high))

    def catalogue(self, period: str, place: tuple[str, str]) -> None:
        self.add({(period, place, "men"): 1, (period, place, "women"): 1, (period, place, "people"): -1}, 0, 0)
        for inner, outer in (("positive", "tested"), ("tested", "people")):
            self.add({(period, place, inner): 1, (period, place, outer): -1}, -np.inf, 0)

    def sums(self) -> None:
        for period, name in product(PERIODS, NAMES):
            for place, codes in UNITS.items():
                parts = {(period, (place, code), name): 1.0 for code in codes}
                self.add({**parts, (period, (place, ""), name): -1}, 0, 0)
            parts = {(period, (place, ""), name): 1.0 for place in UNITS}
            self.add({**parts, (period, ("9", ""), name): -1}, 0, 0)
        for place, name in product(PLACES, NAMES):
            halves = {(period, place, name): 1.0 for period in PERIODS[:2]}
            self.add({**halves, ("2024", place, name): -1}, 0, 0)

    def publish(self, formula: dict[tuple, float], number: float) -> None:
        """A figure is known exactly, or to lie where it is printed alike; found by trying, not by the package."""
        if not self.rule.brackets:
            self.add(formula, number, number)
            return
        around = np.arange(max(0, number - 600), number + 600)
        alike = [
            x for x, out in zip(around, ev.disclosure.round_counts(around, self.rule), strict=True) if out == number
        ]
        self.add(formula, min(alike), max(alike))

    def hide(self, key: tuple, true: float, code: str) -> None:
        """A hidden cell; the code of its row tells whether it is small, or hidden for the sake of others."""
        at = self.cells[key]
        self.hidden.add(at)
        first, last = self.rule.hide_sensitive if key[-1] in SENSITIVE else self.rule.hide
        if code == "primary" and first <= true <= last:
            self.low[at], self.high[at] = first, last
        if code == "secondary":
            self.low[at] = last + 1

    def solve(self, at: int, sign: float) -> NDArray[np.float64]:
        """Return whole numbers for all cells that agree with all that is known, one of them at its end."""
        aim = np.zeros(len(self.cells))
        aim[at] = sign
        whole, limits = np.ones(len(aim)), Bounds(self.low, np.minimum(self.high, 10_000))
        found = milp(aim, integrality=whole, bounds=limits, constraints=self.known)
        assert found.x is not None, "the truth itself must be possible"
        return np.round(found.x)

    @cached_property
    def known(self) -> LinearConstraint:
        entries = [(w, row, column) for row, ws in enumerate(self.rows) for column, w in ws.items()]
        weights, rows, columns = (list(part) for part in zip(*entries, strict=True))
        low, high = np.array(self.ends).T
        return LinearConstraint(coo_array((weights, (rows, columns))).tocsr(), low, high)


def attack(raw: pd.DataFrame, shown: pd.DataFrame, preset: str) -> int:
    """Fail if any hidden cell is bounded to fewer than three values; return how many were hidden."""
    reader = Reader(raw, shown, preset)
    names = list(reader.cells)
    least = np.full(len(names), np.inf)
    most = -least
    for at in sorted(reader.hidden):
        for sign in (1.0, -1.0):
            if most[at] - least[at] < 2:
                # a solution found for one cell is one for all
                solution = reader.solve(at, sign)
                least, most = np.minimum(least, solution), np.maximum(most, solution)
        assert most[at] - least[at] >= 2, f"{names[at]} lies between {least[at]:.0f} and {most[at]:.0f}"
    return len(reader.hidden)


people = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 8), st.integers(0, 8))
tables = st.fixed_dictionaries(
    {(code, period): people for codes in UNITS.values() for code in codes for period in PERIODS[:2]}
)


@given(numbers=tables, preset=st.sampled_from(["general", "ons_srs", "nhs_hes_before_2018", "qof_phs"]))
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_hidden_cell_can_be_worked_out(data: Data, numbers: dict, preset: str) -> None:
    raw = frame_of(data, numbers)
    attack(raw, ev.suppress(raw, preset, data), preset)


@given(numbers=tables, preset=st.sampled_from(["nhs_hes_2018", "us_census_drb", "opensafely"]))
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_nor_where_the_others_are_rounded(data: Data, numbers: dict, preset: str) -> None:
    raw = frame_of(data, numbers)
    attack(raw, ev.suppress(raw, preset, data), preset)


def sample() -> dict[tuple[str, str], tuple[int, int, int, int]]:
    codes = [code for names in UNITS.values() for code in names]
    return {(code, period): (40, 50, 6, 4) for code in codes for period in PERIODS[:2]}


def test_the_attack_finds_a_cell_that_only_was_hidden_itself(data: Data) -> None:
    """Without secondary suppression the same attack succeeds, so that it can tell."""
    raw = frame_of(data, sample() | {("a", "2024-H1"): (40, 50, 6, 1)})  # 67 tested, 8 positive
    first, _ = ev.disclosure.load_preset("general").hide_sensitive
    assert first == 1
    small = (raw["indicator"].isin(["positivity", "per_woman", "both"])) & raw["unit"].eq("a")
    small &= raw["period"].eq("2024-H1")
    naive = raw.copy()
    naive.loc[small, ["numerator", "value", "lower", "upper"]] = np.nan
    with pytest.raises(AssertionError, match="lies between 8 and 8"):
        attack(raw, naive, "general")
    assert attack(raw, ev.suppress(raw, "general", data), "general") >= 2


def test_what_is_hidden_is_a_small_part(data: Data) -> None:
    """One small count costs a few more, not the table."""
    raw = frame_of(data, sample() | {("a", "2024-H1"): (40, 50, 6, 1)})
    shown = ev.suppress(raw, "general", data)
    hidden = shown["suppressed"].isin(["primary", "secondary"])
    assert 0 < hidden.mean() < 0.25
    assert (shown.loc[~hidden, "numerator"] == raw.loc[~hidden, "numerator"]).all()
