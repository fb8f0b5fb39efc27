"""What kinds of finding there are: so that many rules can be read as a few groups, and questions stand apart."""

from __future__ import annotations

import pandas as pd

KINDS = (
    "reading", "structure", "completeness", "relations", "totals", "two_values", "rates", "claims", "outliers",
    "questions",
)  # fmt: skip
"""Kinds in the order they are read; their names are the words `quality.kind_…`."""

_RULES = {
    "structure": ("outside_lifetime",),
    "completeness": ("silent_unit", "missing_items", "not_sent"),
    "totals": ("units_total", "children_total", "months_total"),
    "two_values": ("origins_differ", "origins_rounded"),
    "rates": ("above_100",),
    "claims": ("claim_arithmetic", "claim_level", "claim_points", "claim_change", "claim_attainment"),
    "outliers": ("outlier",),
}
_KIND = {rule: kind for kind, rules in _RULES.items() for rule in rules}


def kind_of(rule: str, period: str) -> str:
    """Return the kind of a finding by its rule.

    A rule that is not known here is a relation of the catalogue if it is about a period; what reading finds is about
    a place in a file.
    """
    return _KIND.get(rule, "relations" if period else "reading")


def kinds_of(found: pd.DataFrame) -> pd.Series:
    """Return the kind of every finding."""
    kinds = [kind_of(rule, period) for rule, period in zip(found["rule"], found["period"], strict=True)]
    return pd.Series(kinds, index=found.index, dtype="str")
