"""Every trend of a country's counties at once, beside one statsmodels fit a series.

    python tests/bench/trends.py [--areas 3000] [--indicators 100] [--years 6]

Prints seconds and series a second: year on year, growth figures, and trends (markers, tests, annual change) of every
series on our side; `groupby().apply` of one statsmodels GLM a series on the other, timed on a sample. On that sample
slopes and the half widths of their limits are compared, and the largest differences are printed. The figures are
made up.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.special import stdtrit

from evaltools.changes import year_on_year
from evaltools.growth import growth
from evaltools.rates import poisson_limits, wilson_limits
from evaltools.trends import trend

PER = {"proportion": 100.0, "rate": 100_000.0, "ratio": 100.0}
SAMPLE = 400


def catalogue(indicators: int) -> pd.DataFrame:
    """Seven shares in ten, two event rates, one ratio of money."""
    kinds = ["proportion"] * 7 + ["rate"] * 2 + ["ratio"]
    names = [f"indicator_{at:03d}" for at in range(indicators)]
    rows = pd.DataFrame({"indicator": names, "valid_from": "", "kind": [kinds[at % 10] for at in range(indicators)]})
    return rows.assign(per=rows["kind"].map(PER), direction="up")


def frame(areas: int, known: pd.DataFrame, years: int) -> pd.DataFrame:
    """An indicator frame of that size: levels and slopes differ, counts scatter, one value in fifty is missing."""
    random = np.random.default_rng(20241231)
    shape = (areas, len(known), years)
    time_ = np.arange(years) - (years - 1) / 2
    events = (known["kind"] == "rate").to_numpy()[None, :, None]
    size = np.rint(np.exp(random.uniform(6, 12, shape[:2]))[:, :, None] * random.uniform(0.9, 1.1, shape))
    level = np.where(events, 0.001, random.uniform(0.05, 0.97, (*shape[:2], 1)))
    share = np.clip(level * np.exp(random.normal(0, 0.03, (*shape[:2], 1)) * time_), 0, 0.995)
    count = random.binomial(size.astype(np.int64), share).astype(float)
    count[random.random(shape) < 0.02] = np.nan
    per = known["per"].to_numpy()[None, :, None]
    limits = [
        np.where(events, poisson / size, wilson)
        for poisson, wilson in zip(poisson_limits(count), wilson_limits(count, size), strict=True)
    ]
    no_chance = (known["kind"] == "ratio").to_numpy()[None, :, None]
    numbers = {"numerator": count, "denominator": np.where(np.isnan(count), np.nan, size), "value": count / size * per}
    numbers |= {name: np.where(no_chance, np.nan, x * per) for name, x in zip(("lower", "upper"), limits, strict=True)}
    codes = [f"{100_000 + at}" for at in range(areas)]
    keys = pd.MultiIndex.from_product([codes, known["indicator"], [str(2019 + at) for at in range(years)]])
    result = keys.to_frame(index=False, name=["area", "indicator", "period"]).assign(unit="", definition="")
    result = result.assign(**{name: column.ravel() for name, column in numbers.items()})
    return result.assign(reason=np.where(result["value"].isna(), "not reported", "")).astype(
        dict.fromkeys(["area", "indicator", "period", "unit", "definition", "reason"], "str")
    )


def timed(work: Callable[[], pd.DataFrame]) -> tuple[float, pd.DataFrame]:
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def one_fit(rows: pd.DataFrame) -> pd.Series:
    """The slope of one series by statsmodels, as a share of events or people over the years."""
    rows = rows[rows["value"].notna()]
    kind, model = rows["kind"].iloc[0], rows["apc_model"].iloc[0]
    x, n = rows["numerator"].to_numpy(), rows["denominator"].to_numpy()
    years = sm.add_constant(rows["period"].astype(float).to_numpy() - 2021)
    if model == "log_value":
        fit = sm.OLS(np.log(rows["value"].to_numpy()), years).fit()
        return pd.Series({"slope": fit.params[1], "error": fit.bse[1]})
    if kind == "rate":
        glm = sm.GLM(x, years, family=sm.families.Poisson(), offset=np.log(n))
    else:
        link = sm.families.links.Logit() if model == "logit" else sm.families.links.Log()
        glm = sm.GLM(x / n, years, family=sm.families.Binomial(link=link), var_weights=n)
    fit = glm.fit(scale="X2", tol=1e-12, maxiter=200)
    return pd.Series({"slope": fit.params[1], "error": fit.bse[1] * np.sqrt(max(fit.scale, 1) / fit.scale)})


def main() -> None:
    """Make the frame and run both sides over it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, number in (("areas", 3000), ("indicators", 100), ("years", 6)):
        parser.add_argument(f"--{name}", type=int, default=number)
    options = parser.parse_args()
    known = catalogue(options.indicators)
    ind = frame(options.areas, known, options.years)
    series = options.areas * options.indicators
    print(f"{len(ind):,} rows, {series:,} series, {os.cpu_count()} processors")
    total = 0.0
    for name, work in (
        ("year on year", lambda: year_on_year(ind, None, known)),
        ("growth figures", lambda: growth(ind)),
        ("trends", lambda: trend(ind, None, known)),
    ):
        seconds, found = timed(work)
        total += seconds
        print(f"ours   {name:16} {seconds:8.2f} s {series / seconds:12,.0f} series a second")
    print(f"ours   {'together':16} {total:8.2f} s {series / total:12,.0f} series a second")
    key = ["area", "indicator"]
    sample = found[found["apc"].notna()].sample(min(SAMPLE, int(found["apc"].notna().sum())), random_state=1)
    rows = ind.merge(sample[[*key, "apc_model"]], on=key).merge(known[["indicator", "kind"]], on="indicator")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a logarithm is no customary link
        seconds, fits = timed(lambda: rows.groupby(key).apply(one_fit, include_groups=False))
    each = seconds / len(sample)
    print(
        f"theirs {'one GLM a series':16} {each * series:8.0f} s {1 / each:12,.0f} series a second, "
        f"by a sample of {len(sample)}"
    )
    print(f"ratio  {each * series / total:.0f} times")
    both = sample.set_index(key).join(fits)
    ours_slope = np.log1p(both["apc"] / 100)
    ours_half = (np.log1p(both["apc_upper"] / 100) - np.log1p(both["apc_lower"] / 100)) / 2
    theirs_half = both["error"] * stdtrit(both["years"] - 2, 0.975)
    print(f"largest difference of a slope {(ours_slope - both['slope']).abs().max():.1e}", end=", ")
    print(f"relative, of a half width {(ours_half / theirs_half - 1).abs().max():.1e}")


if __name__ == "__main__":
    main()
