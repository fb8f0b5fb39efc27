"""Composite indices that a county can recompute by hand: the weighted sum and the 综合指数法."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaltools.decision_matrix import (
    DecisionMatrix,
    Directions,
    Flags,
    Floats,
    Matrix,
    Settings,
    Weights,
    checked_directions,
    checked_matrix,
    checked_weights,
    in_words,
    numbers_of,
    told,
    values_by_indicator,
)
from evaltools.normalisation import normalised

WITHIN = ("mean", "product")
_ONE_CLASS = "all"

Reference = str | ArrayLike | pd.Series | Mapping[object, float]
Groups = Sequence[Hashable] | pd.Series | Mapping[object, Hashable]


def weighted_sum(
    matrix: Matrix, directions: Directions, weights: Weights | None = None, normalisation: str = "minmax"
) -> pd.Series | Floats:
    """Return the sum of weight × normalised value of each object (Fishburn 1967); more is better.

    matrix: objects in rows, indicators in columns; directions: `up` or `down` an indicator; weights: one an indicator,
    scaled to a sum of 1, equal unless given; normalisation: a name of `normalisation.CONVENTIONS`. By `minmax` the
    result is between 0 and 1 and depends on who else is compared. An indicator of weight 0 takes no part. A DataFrame
    gives a Series with its index, the convention in its attrs; an array an array. Raises ValueError as `topsis` does;
    equal objects get equal sums.
    """
    checked = checked_matrix(matrix)
    low, share = checked_directions(directions, checked), checked_weights(weights, checked)
    none = share == 0
    total = (normalised(checked.without(none), low[~none], normalisation) * share[~none]).sum(axis=1)
    settings: Settings = {
        "method": "weighted_sum",
        "normalisation": normalisation,
        "weights": share.tolist(),
        "directions": np.where(low, "down", "up").tolist(),
    }
    convention = f"weighted sum, {normalisation} normalisation, {in_words(weights)}"
    return checked.by_object(total, "weighted_sum", convention, settings)


def composite_index(
    matrix: Matrix,
    directions: Directions,
    reference: Reference,
    groups: Groups | None = None,
    within: str = "mean",
    weights: Weights | None = None,
) -> pd.Series | Floats:
    """Return the composite index (综合指数法) of each object: the sum over classes of their `class_indices`.

    Arguments and errors: see `class_indices`. One object is enough, as it is compared with the reference. With one
    class and `mean` an object that meets every reference exactly has 1, with k classes k.
    """
    checked, parts, convention, settings = _indices(matrix, directions, reference, groups, within, weights)
    total = np.sum(list(parts.values()), axis=0)
    return checked.by_object(total, "composite_index", convention, settings)


def class_indices(
    matrix: Matrix,
    directions: Directions,
    reference: Reference,
    groups: Groups | None = None,
    within: str = "mean",
    weights: Weights | None = None,
) -> pd.DataFrame:
    """Return the index of each class of indicators, one row an object and one column a class in order of appearance.

    Each indicator counts as x / T where high is better and T / x where low is better, T its reference; within a class
    they are averaged or multiplied, and classes are added (the 综合指数法 of Chinese health statistics textbooks).

    reference: T of each indicator, above zero (target, plan, mean of the region or standard value), or the text `mean`
    for the mean of the objects given. groups: the class of each indicator; without it there is one, named `all`.
    within: `mean` or `product`. weights weigh the indicators of one class against each other: the mean becomes a
    weighted one, the product takes each index to the power of its weight over the class's mean weight, so that equal
    weights are the plain product. They do not weigh classes. reference, groups and weights are lists, or Series or
    dicts by the columns' names.

    Raises ValueError for a matrix, direction or weight that cannot be used, a reference that is not above zero, a value
    below zero, a value of zero where low is better (T / 0), a class without any weight, an unknown `within`.
    """
    checked, parts, convention, settings = _indices(matrix, directions, reference, groups, within, weights)
    return told(pd.DataFrame(parts, index=checked.index), convention, settings)


def _indices(
    matrix: Matrix,
    directions: Directions,
    reference: Reference,
    groups: Groups | None,
    within: str,
    weights: Weights | None,
) -> tuple[DecisionMatrix, dict[Hashable, Floats], str, Settings]:
    if within not in WITHIN:
        raise ValueError(f"within is one of {', '.join(WITHIN)}; found {within!r}")
    checked = checked_matrix(matrix, objects=1)
    low, share = checked_directions(directions, checked), checked_weights(weights, checked)
    target, origin = _references(reference, checked)
    checked.refuse(checked.values < 0, "the composite index needs values of zero or more")
    checked.refuse(low & (checked.values == 0), "low is better: reference / value needs a value above zero")
    ratio = np.where(low, target / np.where(low, checked.values, 1.0), checked.values / target)
    parts: dict[Hashable, Floats] = {}
    classes = _classes(groups, checked)
    for name, columns in classes.items():
        inner = share[columns]
        if not inner.sum() > 0:
            raise ValueError(f"the indicators of class {name!r} must not all have weight zero")
        if within == "mean":
            parts[name] = (ratio[:, columns] * inner).sum(axis=1) / inner.sum()
        else:
            parts[name] = np.prod(ratio[:, columns] ** (inner / inner.mean()), axis=1)
    convention = (
        f"composite index, high is better x / T, low is better T / x, T {origin}, {within} within a class, classes "
        f"added, {in_words(weights)}"
    )
    settings: Settings = {
        "method": "composite_index",
        "reference": target.tolist(),
        "within": within,
        "classes": {name: np.flatnonzero(columns).tolist() for name, columns in classes.items()},
        "weights": share.tolist(),
        "directions": np.where(low, "down", "up").tolist(),
    }
    return checked, parts, convention, settings


def _references(reference: Reference, matrix: DecisionMatrix) -> tuple[Floats, str]:
    if isinstance(reference, str):
        if reference != "mean":
            raise ValueError(f"reference is one number an indicator, or the text mean; found {reference!r}")
        target, origin = matrix.values.mean(axis=0), "the mean of the objects"
    else:
        target, origin = numbers_of(values_by_indicator(reference, matrix, "references"), "references"), "as given"
    matrix.refuse(~(target > 0), "a reference must be above zero")
    return target, origin


def _classes(groups: Groups | None, matrix: DecisionMatrix) -> dict[Hashable, Flags]:
    """Return which columns are in each class."""
    size = matrix.values.shape[1]
    names = [_ONE_CLASS] * size if groups is None else values_by_indicator(groups, matrix, "groups")
    for column, name in enumerate(names):
        if pd.isna(name):
            raise ValueError(f"every indicator needs a class; found none for {matrix.indicator_name(column)}")
    return {name: np.array([one == name for one in names]) for name in dict.fromkeys(names)}
