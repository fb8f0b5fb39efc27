"""Exact limits of how many records of a finite register are genuine, from a random sample drawn without replacement."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln

from evaltools.rates import Floats

Counts = NDArray[np.int64]

_CELLS = 2_000_000
"""Probabilities that are worked out at a time, so that large samples do not fill the memory."""

_TIE = 1e-9
"""A tail that falls short of its level by rounding alone still counts as reaching it."""


def genuine_limits(
    size: ArrayLike, sampled: ArrayLike, genuine: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the lowest and the highest number of genuine records in each register.

    size: records in the register; sampled: how many of them were drawn, each as likely as any other, none twice;
    genuine: how many of those were. Whole numbers, arrays of one length. All numbers M between `genuine` and
    `size − (sampled − genuine)` for which neither a sample with so many genuine records nor one with so few has a
    probability below (1 − confidence)/2: the hypergeometric counterpart of the Clopper-Pearson interval (Konijn 1973,
    Statistical Theory of Sample Survey Design and Analysis; Buonaccorsi 1987, The American Statistician 41: 215–218).
    It holds the true number at least as often as it says, for every register. A sample of all records leaves one
    number. NaN where nothing was sampled. Raises ValueError for a confidence outside 0.9 to 1, for numbers that are not
    whole, and unless 0 <= genuine <= sampled <= size.
    """
    if not 0.9 <= confidence < 1:
        raise ValueError(f"confidence must be at least 0.9 and below 1, as in 0.95; got {confidence!r}")
    columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(x, dtype=float)) for x in (size, sampled, genuine)))
    numbers = np.stack(columns, axis=1)
    if not (np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all()):
        raise ValueError("size, sampled and genuine must be whole numbers")
    if not ((numbers[:, 2] >= 0) & (numbers[:, 2] <= numbers[:, 1]) & (numbers[:, 1] <= numbers[:, 0])).all():
        raise ValueError("0 <= genuine <= sampled <= size must hold")
    # institutions of like size are sampled alike: each case is worked out once
    cases, place = np.unique(numbers.astype(np.int64), axis=0, return_inverse=True)
    place = place.reshape(-1)
    n, drawn, found = cases.T
    tail = (1 - confidence) / 2
    lowest = _lowest(n, drawn, found, tail).astype(float)
    # what is highest for the genuine ones is lowest for the others
    highest = (n - _lowest(n, drawn, drawn - found, tail)).astype(float)
    checked = drawn > 0
    return np.where(checked, lowest, np.nan)[place], np.where(checked, highest, np.nan)[place]


def _lowest(n: Counts, drawn: Counts, found: Counts, tail: float) -> Counts:
    """Return the smallest M for which a sample with `found` or more of M has a probability of at least `tail`."""
    result = np.zeros(len(n), dtype=np.int64)
    for rows in _portions(found, drawn):
        size, sample, least = n[rows], drawn[rows], found[rows]
        # impossible with one record less than were found, certain with all that can be genuine
        below, reached = least - 1, size - sample + least
        while (reached - below > 1).any():
            middle = (below + reached) // 2
            enough = _at_least(size, sample, least, middle) >= tail * (1 - _TIE)
            wide = reached - below > 1
            reached = np.where(wide & enough, middle, reached)
            below = np.where(wide & ~enough, middle, below)
        result[rows] = reached
    return result


def _portions(found: Counts, drawn: Counts) -> Iterator[NDArray[np.intp]]:
    """Yield the rows that something was found in, those with as many terms to add up together."""
    terms = drawn - found + 1
    rows = np.flatnonzero(found > 0)
    rows = rows[np.argsort(terms[rows], kind="stable")]
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and (end + 1 - start) * terms[rows[end]] <= _CELLS:
            end += 1
        yield rows[start:end]
        start = end


def _at_least(size: Counts, sample: Counts, least: Counts, genuine: Counts) -> Floats:
    """Return the probability of `least` or more genuine records in a sample, `genuine` of the register being so."""
    hits = least[:, None] + np.arange(int((sample - least).max()) + 1)
    misses = sample[:, None] - hits
    others = (size - genuine)[:, None]
    possible = (hits <= genuine[:, None]) & (misses >= 0) & (misses <= others)
    logs = np.where(
        possible,
        _log_choose(genuine[:, None], np.where(possible, hits, 0))
        + _log_choose(others, np.where(possible, misses, 0))
        - _log_choose(size, sample)[:, None],
        -np.inf,
    )
    return np.asarray(np.exp(logs).sum(axis=1), dtype=float)


def _log_choose(n: Counts, k: Counts) -> Floats:
    """Return the logarithm of n over k; by the beta function, which keeps its digits where n is large."""
    return np.asarray(-betaln(k + 1.0, n - k + 1.0) - np.log(n + 1.0), dtype=float)
