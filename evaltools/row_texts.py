"""A text for each of many rows, such as the reason why it has no value: made once for each that is different."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.wording import word

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = tuple[Codes, list[str]]
"""The number of each row's text, and the texts."""


def coded(column: pd.Series) -> Texts:
    """Return a column of texts as numbers and texts; a missing one is ""."""
    codes, distinct = pd.factorize(column.fillna(""))
    return codes.astype(np.int64), [str(text) for text in distinct]


def because(texts: Texts, key: str, **values: str) -> Texts:
    """Return reasons inside another one: the words `key` with each for {reason}; "" is that there is no value."""
    absent = word("comparison.reason_no_value", "en")
    return texts[0], [word(key, "en", reason=text or absent, **values) for text in texts[1]]


def column(texts: Texts) -> pd.Series:
    """Return the texts of all rows."""
    return pd.Series(pd.array(texts[1], dtype="str").take(texts[0]))


def joined(notes: Sequence[tuple[Flags, str | Texts]], n: int) -> pd.Series:
    """Join by "; " the notes that hold for each of `n` rows."""
    codes, made = np.zeros(n, dtype=np.int64), [""]
    for mask, text in notes:
        if not mask.any():
            continue
        which, texts = (np.zeros(n, dtype=np.int64), [text]) if isinstance(text, str) else text
        width = len(texts) + 1
        pairs, distinct = pd.factorize(codes * width + np.where(mask, which + 1, 0))
        codes = pairs.astype(np.int64)
        made = ["; ".join(filter(None, (made[pair // width], ["", *texts][pair % width]))) for pair in distinct]
    return column((codes, made))
