"""Docstrings show use: the examples of every public function are there, and print what they say."""

from __future__ import annotations

import doctest
import inspect
from functools import reduce

import pytest

import evaltools as ev

OF_A_DATASET = ("load", "indicators", "year_on_year", "trend", "benchmark", "score", "check", "suppress")
OF_NUMBERS = (
    *("rates.proportion", "rates.rate", "rates.standardised"),
    *("trends.trend_test", "trends.marker", "trends.mann_kendall"),
    *("scoring.threshold", "scoring.rule"),
    *("ranking.rsr", "ranking.topsis", "ranking.entropy_weights", "ranking.critic_weights", "ranking.ahp_weights"),
)


def tried(name: str) -> tuple[int, str]:
    """Run the examples of a public name; return how many there are, and what went wrong."""
    found = inspect.unwrap(reduce(getattr, name.split("."), ev))
    (test,) = doctest.DocTestFinder(recurse=False).find(found, name, globs={})
    said: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    return len(test.examples), "".join(said)


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_the_examples_of_a_function_of_numbers_print_what_they_say(name: str) -> None:
    examples, said = tried(name)
    assert examples > 1 and not said, said


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_A_DATASET)
def test_the_examples_of_a_function_of_a_dataset_print_what_they_say(name: str) -> None:
    examples, said = tried(name)
    assert examples > 1 and not said, said


def test_every_public_function_is_among_them() -> None:
    functions = {name for name in ev.__all__ if inspect.isfunction(inspect.unwrap(getattr(ev, name)))}
    assert functions - {"region_figures"} == set(OF_A_DATASET)


def test_completion_offers_what_there_is() -> None:
    assert dir(ev) == sorted(ev.__all__) == ev.__all__
    for name in dir(ev):
        assert inspect.getdoc(getattr(ev, name)), name
