"""What kinds of finding there are: so that many rules can be read as a few groups, and questions stand apart."""

from __future__ import annotations

import pandas as pd

from evaltools.wording import topic

KINDS = (
    "reading", "structure", "completeness", "relations", "totals", "two_values", "rates", "claims", "outliers",
    "questions",
)  # fmt: skip
"""Kinds in the order they are read; their names are the words `quality.kind_…`."""

QUESTIONS = "questions"
"""Signs that may have a good reason: put as questions, and never counted as errors."""

_RULES = {
    "structure": (
        "outside_lifetime", "missing_years", "code_prefix", "adjusted_early", "future_period",
    ),
    "completeness": ("silent_unit", "missing_items", "not_sent"),
    "totals": (
        "units_total",
        "children_total",
        "months_total",
        "part_above_whole",
        "printed_total",
    ),
    "two_values": ("origins_differ", "origins_rounded", "claims_differ", "denominators_differ"),
    "rates": (
        "above_100", "claim_arithmetic", "claim_above_100", "claim_impossible", "claim_impossible_split",
        "claim_no_denominator", "claim_denominator", "claim_numerator_implied", "claim_denominator_implied",
    ),
    "outliers": ("outlier", "month_outlier", "year_against_mean", "pair_differs"),
    QUESTIONS: ("all_at_100", "same_for_years", "copied", "last_digits", "verified_below"),
}  # fmt: skip
_BEGINNINGS = {
    "claims": ("claim_", "change_", "part_of_year", "target_", "below_target", "attainment_"),
    QUESTIONS: ("copied_",),
}
_KIND = {rule: kind for kind, rules in _RULES.items() for rule in rules}


_READING = ("sheets", "cells", "mapping", "template", "intake")
"""Words of what finds something while it reads; their keys are its rules."""


def kind_of(rule: str, period: str) -> str:
    """Return the kind of a finding by its rule.

    A rule that is not known here is a relation of the catalogue if it is about a period; what reading finds is about
    a place in a file.
    """
    if rule in _KIND:
        return _KIND[rule]
    begins = (kind for kind, beginnings in _BEGINNINGS.items() if rule.startswith(beginnings))
    read = any(rule in topic(name) for name in _READING)
    return next(begins, "relations" if period and not read else "reading")


def kinds_of(found: pd.DataFrame) -> pd.Series:
    """Return the kind of every finding."""
    kinds = [kind_of(rule, period) for rule, period in zip(found["rule"], found["period"], strict=True)]
    return pd.Series(kinds, index=found.index, dtype="str")
