"""How far two proportions are apart, and how far chance alone could put them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.rates import wilson_limits


def difference(
    count: pd.Series, n: pd.Series, earlier_count: pd.Series, earlier_n: pd.Series, per: float = 1
) -> pd.DataFrame:
    """`count / n − earlier_count / earlier_n`, times `per`, with its 95% interval.

    Newcombe (1998, Statistics in Medicine 17: 873–890), method 10: the Wilson limits of both proportions, squared
    and added. Both are taken as independent; of one register in two years, whose people are largely the same, the
    interval is on the wide side. Columns value, lower, upper, in units of `per`, with the index of `count`; NaN in
    or an impossible proportion (above 1, a denominator of zero), NaN limits out.
    """
    numbers = [np.asarray(column, dtype=float) for column in (count, n, earlier_count, earlier_n)]
    with np.errstate(divide="ignore", invalid="ignore"):
        now, before = numbers[0] / numbers[1], numbers[2] / numbers[3]
    lower, upper = wilson_limits(numbers[0], numbers[1], 0.95)
    earlier_lower, earlier_upper = wilson_limits(numbers[2], numbers[3], 0.95)
    apart = now - before
    return pd.DataFrame(
        {
            "value": apart * per,
            "lower": (apart - np.hypot(now - lower, earlier_upper - before)) * per,
            "upper": (apart + np.hypot(upper - now, before - earlier_lower)) * per,
        },
        index=count.index,
    )
