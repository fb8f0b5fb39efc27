"""What every composite method is given: a matrix of objects and indicators, directions and weights, checked here.

Almost all of this is validation. Whatever is wrong with a matrix is told with the row and the column it is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evaltools.decimals import NEAR

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Matrix = ArrayLike | pd.DataFrame
Weights = ArrayLike | pd.Series | Mapping[object, float]
Directions = Sequence[str] | pd.Series | Mapping[object, str]
Settings = dict[str, object]
Told = TypeVar("Told", pd.Series, pd.DataFrame)

DIRECTIONS = ("up", "down")
_SHOWN = 5


@dataclass(frozen=True)
class DecisionMatrix:
    """Objects in rows, indicators in columns, all finite; `index` and `columns` are None for a plain array."""

    values: Floats
    index: pd.Index | None
    columns: pd.Index | None

    def object_name(self, row: int) -> str:
        """Return how an error names a row."""
        return f"row {row}" if self.index is None else f"row {self.index[row]!r}"

    def indicator_name(self, column: int) -> str:
        """Return how an error names a column."""
        return f"column {column}" if self.columns is None else f"column {self.columns[column]!r}"

    def by_object(self, values: Floats, name: str, convention: str, settings: Settings) -> pd.Series | Floats:
        """Return one value an object: a Series for a DataFrame, with the convention in its attrs, else an array."""
        return values if self.index is None else told(pd.Series(values, self.index, name=name), convention, settings)

    def by_indicator(self, values: Floats, name: str, convention: str, settings: Settings) -> pd.Series | Floats:
        """Return one value an indicator, in the same way."""
        if self.columns is None:
            return values
        return told(pd.Series(values, self.columns, name=name), convention, settings)

    def by_cell(self, values: Floats, convention: str, settings: Settings) -> pd.DataFrame | Floats:
        """Return one value a cell: a DataFrame for a DataFrame, else an array."""
        if self.index is None:
            return values
        return told(pd.DataFrame(values, self.index, self.columns), convention, settings)

    def refuse(self, wrong: Flags, allowed: str) -> None:
        """Raise ValueError naming the cells (or, of a flag a column, the columns) that break `allowed`."""
        if not wrong.any():
            return
        if wrong.ndim == 1:
            found = [self.indicator_name(column) for column in np.flatnonzero(wrong).tolist()]
        else:
            found = [
                f"{self.values[row, column]:g} at {self.object_name(row)}, {self.indicator_name(column)}"
                for row, column in np.argwhere(wrong).tolist()
            ]
        raise ValueError(f"{allowed}; found {_listed(found)}")

    def constant(self) -> Flags:
        """Return which columns have one value only, but for the dust of binary fractions."""
        lowest, highest = self.values.min(axis=0), self.values.max(axis=0)
        return np.asarray(highest - lowest <= NEAR * np.maximum(np.abs(lowest), np.abs(highest)), dtype=bool)

    def without(self, left_out: Flags) -> DecisionMatrix:
        """Return the matrix without some columns."""
        columns = None if self.columns is None else self.columns[~left_out]
        return DecisionMatrix(self.values[:, ~left_out], self.index, columns)


def told(result: Told, convention: str, settings: Settings) -> Told:
    """Write into a result how it was made: `attrs["convention"]` is a sentence, `attrs["settings"]` a dict."""
    result.attrs.update(convention=convention, settings=settings)
    return result


def checked_matrix(matrix: Matrix, objects: int = 2) -> DecisionMatrix:
    """Return the matrix as numbers. Raises ValueError for anything but two dimensions of finite numbers.

    objects: how many rows there must be at least. Errors name the row and the column.
    """
    index, columns = (matrix.index, matrix.columns) if isinstance(matrix, pd.DataFrame) else (None, None)
    cells = np.asarray(matrix)
    if cells.dtype.kind not in "fiu":  # text, blanks and flags: each is looked at
        cells = np.asarray(matrix.astype(object) if isinstance(matrix, pd.DataFrame) else matrix, dtype=object)
    if cells.ndim != 2:
        raise ValueError(
            f"a matrix of objects (rows) and indicators (columns) is wanted; found {cells.ndim} dimensions"
        )
    if len(cells) < objects:
        raise ValueError(f"at least {objects} objects (rows) are needed to compare; found {len(cells)}")
    if not cells.shape[1]:
        raise ValueError("at least one indicator (column) is needed; found none")
    numbers = cells if cells.dtype.kind != "O" else np.array([[_number(cell) for cell in row] for row in cells])
    checked = DecisionMatrix(np.array(numbers, dtype=float), index, columns)
    wrong = [
        f"{_shown(cells[row, column])} at {checked.object_name(row)}, {checked.indicator_name(column)}"
        for row, column in np.argwhere(~np.isfinite(checked.values)).tolist()
    ]
    if wrong:
        raise ValueError(
            f"every object needs a finite number in every indicator; found {_listed(wrong)}. Leave the object or the "
            f"indicator out, or state a value: nothing is filled in"
        )
    return checked


def _shown(cell: object) -> str:
    if cell is None or cell is pd.NA:
        return "nothing"
    return repr(cell) if isinstance(cell, str | bytes | bool | np.bool_) else str(cell)


def _number(cell: object) -> float | None:
    """Return a number, None for what is none. Text is none, also where it looks like a number."""
    if isinstance(cell, str | bytes | bool | np.bool_) or cell is None or cell is pd.NA:
        return None
    try:
        return float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def checked_directions(directions: Directions, matrix: DecisionMatrix) -> Flags:
    """Return which indicators are better when low. Raises ValueError for a wrong number or an unknown direction.

    directions: `up` or `down` an indicator; a list, or a Series or dict by the columns' names.
    """
    texts = values_by_indicator(directions, matrix, "directions")
    for column, text in enumerate(texts):
        if not isinstance(text, str) or text not in DIRECTIONS:
            where = matrix.indicator_name(column)
            raise ValueError(f"a direction is one of {', '.join(DIRECTIONS)}; found {text!r} for {where}")
    return np.array([text == "down" for text in texts], dtype=bool)


def checked_weights(weights: Weights | None, matrix: DecisionMatrix) -> Floats:
    """Return the weights scaled to a sum of 1; None gives equal ones.

    weights: one an indicator; a list or array, or a Series or dict by the columns' names. Raises ValueError for a wrong
    number of weights, a negative or infinite one or a NaN, and for weights that are all zero.
    """
    size = matrix.values.shape[1]
    if weights is None:
        return np.full(size, 1 / size)
    found = np.array([_number(one) for one in values_by_indicator(weights, matrix, "weights")], dtype=float)
    wrong = ~(np.isfinite(found) & (found >= 0))
    if wrong.any():
        texts = [f"{found[column]:g} for {matrix.indicator_name(column)}" for column in np.flatnonzero(wrong).tolist()]
        raise ValueError(f"weights must be finite and zero or more; found {_listed(texts)}")
    if not (found > 0).any():
        raise ValueError("weights must not all be zero")
    found = found / found.max()
    return np.asarray(found / found.sum(), dtype=float)


def in_words(weights: Weights | None) -> str:
    """Return how a convention speaks of the weights."""
    return "equal weights" if weights is None else "weights given, scaled to a sum of 1"


def values_by_indicator(
    values: ArrayLike | Sequence[Any] | Mapping[Any, Any], matrix: DecisionMatrix, what: str
) -> Any:
    """Return a list of one value a column, by the columns' names where both sides have them, else in the order given.

    Raises ValueError for a wrong number of values and for names that are not those of the columns.
    """
    if isinstance(values, Mapping):
        named: pd.Series | None = pd.Series(dict(values), dtype=object)
    elif isinstance(values, pd.Series) and matrix.columns is not None:
        named = None if values.index.equals(pd.RangeIndex(len(values))) else values
    else:
        named = None
    size = matrix.values.shape[1]
    if named is not None:
        columns = list(range(size) if matrix.columns is None else matrix.columns)
        if named.index.has_duplicates or len(named) != size or set(named.index) != set(columns):
            raise ValueError(f"{what} are for {list(named.index)}; the indicators are {columns}")
        return named[columns].tolist()
    if isinstance(values, str) or np.ndim(values) == 0:  # type: ignore[arg-type]
        raise ValueError(f"{what} are a list, one an indicator; found {values!r}")
    given = list(values)  # type: ignore[arg-type]
    if len(given) != size:
        raise ValueError(f"{what}: one an indicator is wanted, {size}; found {len(given)}")
    return given


def numbers_of(values: ArrayLike | pd.Series, what: str, missing: bool = False) -> Floats:
    """Return a list of numbers as floats. Raises ValueError for what is not; NaN is allowed if `missing` is."""
    array = np.asarray(values.astype(object) if isinstance(values, pd.Series) else values, dtype=object)
    if array.ndim != 1:
        raise ValueError(f"{what} must have one dimension; found {array.ndim}")
    blank = [cell is None or cell is pd.NA for cell in array]
    found = [np.nan if missing and none else _number(cell) for cell, none in zip(array, blank, strict=True)]
    for row, number in enumerate(found):
        if number is None or np.isinf(number) or (np.isnan(number) and not missing):
            raise ValueError(f"{what} must be finite numbers; found {array[row]!r} at position {row}")
    return np.array(found, dtype=float)


def tied_places(values: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return of each value of each column the first and the last place it shares, from 0 in ascending order.

    Values that differ by the dust of binary fractions are tied: 0.1 + 0.2 and 0.3 share a place.
    """
    size = len(values)
    order = np.argsort(values, axis=0, kind="stable")
    ascending = np.take_along_axis(values, order, axis=0)
    apart = np.ones(values.shape, dtype=bool)
    nearest = NEAR * np.maximum(np.abs(ascending[1:]), np.abs(ascending[:-1]))
    apart[1:] = ascending[1:] - ascending[:-1] > nearest
    places = np.arange(size).reshape(-1, *[1] * (values.ndim - 1))
    first = np.maximum.accumulate(np.where(apart, places, 0), axis=0)
    ends = np.ones(values.shape, dtype=bool)
    ends[:-1] = apart[1:]
    last = np.minimum.accumulate(np.where(ends, places, size - 1)[::-1], axis=0)[::-1]
    found = np.empty_like(first), np.empty_like(last)
    for target, source in zip(found, (first, last), strict=True):
        np.put_along_axis(target, order, source, axis=0)
    return found


def _listed(found: Iterable[object]) -> str:
    texts = [str(one) for one in found]
    rest = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + rest
