"""TOPSIS: how close each object is to the best value of every indicator, and how far from the worst."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.decision_matrix import (
    Directions,
    Floats,
    Matrix,
    Weights,
    checked_directions,
    checked_matrix,
    checked_weights,
    in_words,
)
from evaltools.normalisation import normalised


def topsis(
    matrix: Matrix, directions: Directions, weights: Weights | None = None, normalisation: str = "vector"
) -> pd.Series | Floats:
    """Return the closeness C = D- / (D+ + D-) of each object, between 0 and 1, more is better.

    Hwang & Yoon (1981): normalise, multiply by the weights, take the best and the worst value of each indicator by its
    direction, and the Euclidean distances D+ and D- to them. The weights act inside the matrix, so squared in the
    distance; writing them into the distance, or both, gives other figures. Low-is-better indicators are neither
    inverted (1/x) nor subtracted from 100 before.

    matrix: objects in rows, indicators in columns; directions: `up` or `down` an indicator; weights: one an indicator,
    scaled to a sum of 1, equal unless given; normalisation: a name of `normalisation.CONVENTIONS`. `vector` is Hwang &
    Yoon's; `minmax` and the others may rank otherwise, so state which. An indicator of weight 0 takes no part, a
    constant one changes nothing. A DataFrame gives a Series with its index, the convention in its attrs; an array an
    array.

    Raises ValueError for what `normalise` refuses, wrong weights, and objects that are all equal, which have no order.

    Examples:
    >>> import pandas as pd
    >>> import evaltools as ev
    >>> matrix = pd.DataFrame({"coverage": [90, 80, 70], "complaints": [3, 5, 9]}, index=["A", "B", "C"])
    >>> ev.ranking.topsis(matrix, ["up", "down"]).round(3).to_dict()
    {'A': 1.0, 'B': 0.655, 'C': 0.0}
    """
    checked = checked_matrix(matrix)
    low, share = checked_directions(directions, checked), checked_weights(weights, checked)
    none = share == 0
    weighted = normalised(checked.without(none), low[~none], normalisation) * share[~none]
    if checked.without(none | checked.constant()).values.shape[1] == 0:
        raise ValueError("all objects are equal in every indicator that has a weight: TOPSIS gives them no order")
    to_best = np.sqrt(((weighted.max(axis=0) - weighted) ** 2).sum(axis=1))
    to_worst = np.sqrt(((weighted - weighted.min(axis=0)) ** 2).sum(axis=1))
    convention = (
        f"TOPSIS (Hwang & Yoon 1981), {normalisation} normalisation, weights inside the normalised matrix, "
        f"{in_words(weights)}"
    )
    settings: dict[str, object] = {
        "method": "topsis",
        "normalisation": normalisation,
        "weighting": "inside the matrix",
        "weights": share.tolist(),
        "directions": np.where(low, "down", "up").tolist(),
    }
    return checked.by_object(to_worst / (to_best + to_worst), "closeness", convention, settings)
