"""Why a number is not there, or what to know about one that is: the reasons of a calculation, and their order."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NOT_REPORTED = "not reported"
NOT_APPLICABLE = "not applicable"
BOUNDARY_CHANGED = "boundary changed"
ZERO_DENOMINATOR = "denominator is zero"
ABOVE_ALL = "above 100%"
QUALIFYING = r"sum of \d+ predecessors|boundary changed"
"""Pattern of the reasons that stand beside a value and qualify it."""

_RANK_VALUE, _RANK_REMARK, _RANK_MISSING, _RANK_ABSENT = range(4)


class Reasons:
    """The reasons of a calculation as small whole numbers: 0 is none. Arrays of them are compared, not texts."""

    def __init__(self) -> None:
        self.texts: list[str] = [""]
        self._codes = {"": 0}

    def code(self, text: str) -> int:
        """Return the number of a reason, a new one if it is new."""
        if text not in self._codes:
            self._codes[text] = len(self.texts)
            self.texts.append(text)
        return self._codes[text]

    def codes(self, texts: pd.Series) -> NDArray[np.int32]:
        """Return the number of each text."""
        places, distinct = pd.factorize(texts)
        return np.array([self.code(str(text)) for text in distinct], dtype=np.int32)[places]

    def joined(self, text: str, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the codes of `text` with each reason after it, as in "above 100%; sum of 2 predecessors"."""
        known = {code: self.code(f"{text}; {self.texts[code]}" if code else text) for code in np.unique(codes)}
        return np.array([known[code] for code in codes], dtype=np.int32)

    def weightier(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return of two reasons the one that decides: not applicable, then missing, then a remark; first of equals."""
        rank = np.array([self._rank(text) for text in self.texts])
        return np.where(rank[second] > rank[first], second, first)

    @staticmethod
    def _rank(text: str) -> int:
        if not text:
            return _RANK_VALUE
        if re.fullmatch(QUALIFYING, text):
            return _RANK_REMARK
        return _RANK_ABSENT if text == NOT_APPLICABLE else _RANK_MISSING


def so_many(some: pd.Series, total: pd.Series, noun: str) -> pd.Series:
    """Return texts such as "11 of 12 units reported"."""
    pairs = zip(some, total, strict=True)
    return pd.Series([f"{a:.0f} of {b:.0f} {noun}" for a, b in pairs], index=some.index, dtype="str")
