"""Five million facts through load and every check, beside plain pandas with pandera.

    python tests/bench/size.py [--counties 3000]

Prints seconds, rows a second and the peak of memory of each side; each runs in a process of its own. The dataset is
synthetic: counties of 12 townships, 6 years, 23 counts of the national catalogue, without a contradiction. pandera
checks types, keys and that a part is no larger than its whole; `evaltools check` all that it knows.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

UNITS, YEARS = 12, range(2019, 2025)
SHARES = {
    "residents": ("", 1.0),
    "health_records_established": ("residents", 0.95),
    "electronic_records": ("health_records_established", 0.98),
    "standardised_electronic_records": ("electronic_records", 0.8),
    "residents_65_over": ("residents", 0.15),
    "elderly_managed": ("residents_65_over", 0.75),
    "elderly_standardised_managed": ("elderly_managed", 0.9),
    "elderly_chinese_medicine": ("residents_65_over", 0.72),
    "hypertension_patients": ("residents", 0.12),
    "managed_hypertension_patients": ("hypertension_patients", 0.85),
    "hypertension_standardised_managed": ("managed_hypertension_patients", 0.8),
    "hypertension_controlled": ("managed_hypertension_patients", 0.6),
    "diabetes_patients": ("residents", 0.05),
    "managed_diabetes_patients": ("diabetes_patients", 0.85),
    "diabetes_standardised_managed": ("managed_diabetes_patients", 0.8),
    "diabetes_controlled": ("managed_diabetes_patients", 0.6),
    "live_births": ("residents", 0.009),
    "newborns_visited": ("live_births", 0.96),
    "mothers_registered_early": ("live_births", 0.93),
    "mothers_postnatal_visited": ("live_births", 0.95),
    "children_0_6": ("residents", 0.07),
    "children_0_6_managed": ("children_0_6", 0.93),
    "contracted_residents": ("residents", 0.4),
}
"""Item: the item it is a part of, and about which part."""


def write_dataset(folder: Path, counties: int) -> int:
    """Write the dataset, a CSV file a county; return its number of facts."""
    random = np.random.default_rng(20241231)
    codes = [f"{100_000 + at}" for at in range(counties)]
    units = [f"{unit:02d}" for unit in range(1, UNITS + 1)]
    shape = (counties, UNITS, len(YEARS))
    growth = 1 + 0.002 * np.arange(len(YEARS)) + random.normal(0, 0.002, shape)
    values = {"residents": np.round(random.integers(8_000, 60_000, shape[:2])[:, :, None] * growth)}
    for item, (whole, share) in list(SHARES.items())[1:]:
        own = share * random.uniform(0.97, 1.01, (*shape[:2], 1)) * random.uniform(0.99, 1.01, shape)
        values[item] = np.floor(values[whole] * np.minimum(own, 1))
    (folder / "facts").mkdir(parents=True)
    package = {"name": "size", "title": "Synthetic: made by a benchmark", "evaltools": {"synthetic": True}}
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    areas = pd.DataFrame({"area": codes, "name_zh": codes})
    areas.to_csv(folder / "areas.csv", index=False, lineterminator="\n")
    pairs = pd.MultiIndex.from_product([codes, units], names=["area", "unit"]).to_frame(index=False)
    pairs.assign(name_zh=pairs["unit"]).to_csv(folder / "units.csv", index=False, lineterminator="\n")
    rows = pd.MultiIndex.from_product([units, YEARS, list(SHARES)], names=["unit", "period", "item"])
    frame = rows.to_frame(index=False)[["period", "unit", "item"]]
    for at, code in enumerate(codes):
        numbers = np.stack([values[item][at] for item in SHARES], axis=-1).ravel()
        facts = frame.assign(area=code, value=numbers.astype(int), origin="annual_return")
        facts = facts[["period", "area", "unit", "item", "value", "origin"]]
        facts.to_csv(folder / "facts" / f"{code}.csv", index=False, lineterminator="\n")
    return counties * len(frame)


def ours(folder: Path) -> dict[str, float]:
    """Load and check the dataset with evaltools."""
    import evaltools as ev

    begun = time.perf_counter()
    data = ev.load(str(folder))
    loaded = time.perf_counter()
    found = ev.check(data)
    levels = {f"findings, {level}": float((found["level"] == level).sum()) for level in ("error", "warning", "note")}
    return {"load": loaded - begun, "check": time.perf_counter() - loaded, **levels}


def plain(folder: Path) -> dict[str, float]:
    """Read the facts with pandas and check them with pandera, as one would without evaltools."""
    import pandera.pandas as pa

    begun = time.perf_counter()
    types = {"period": "str", "area": "str", "unit": "str", "item": "str", "origin": "str"}
    facts = pd.concat([pd.read_csv(path, dtype=types) for path in sorted((folder / "facts").glob("*.csv"))])
    loaded = time.perf_counter()
    known = [pa.Check.isin(set(SHARES))]
    long = pa.DataFrameSchema(
        {
            "period": pa.Column(str, pa.Check.str_matches(r"^\d{4}$")),
            "area": pa.Column(str, pa.Check.isin(set(pd.read_csv(folder / "areas.csv", dtype=str)["area"]))),
            "unit": pa.Column(str),
            "item": pa.Column(str, known),
            "value": pa.Column(int, pa.Check.ge(0)),
        },
        unique=["period", "area", "unit", "item", "origin"],
    )
    long.validate(facts, lazy=True)
    wide = facts.pivot(index=["period", "area", "unit"], columns="item", values="value")
    relations = [
        pa.Check(lambda frame, part=part, whole=whole: frame[part] <= frame[whole])
        for part, (whole, _) in SHARES.items()
        if whole
    ]
    pa.DataFrameSchema(checks=relations).validate(wide, lazy=True)
    return {"load": loaded - begun, "check": time.perf_counter() - loaded}


def peak_megabytes() -> float:
    """Return the most memory this process has had at once."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20


def main() -> None:
    """Write the dataset and run both sides over it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counties", type=int, default=3000)
    parser.add_argument("--side", choices=("ours", "plain"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help="a dataset written before (default: a new one, removed at the end)")
    options = parser.parse_args()
    if options.side:
        result = {"ours": ours, "plain": plain}[options.side](options.folder)
        print(json.dumps({**result, "peak MB": peak_megabytes()}))
        return
    with tempfile.TemporaryDirectory(prefix="evaltools-size-") as scratch:
        folder = options.folder or Path(scratch) / "size"
        facts = options.counties * UNITS * len(YEARS) * len(SHARES)
        if not folder.exists():
            write_dataset(folder, options.counties)
        print(f"{facts:,} facts of {options.counties:,} counties, {os.cpu_count()} processors")
        for side in ("ours", "plain"):
            command = [sys.executable, __file__, "--side", side, "--folder", str(folder)]
            result = json.loads(subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout)
            seconds = result["load"] + result["check"]
            print(f"{side:6} {seconds:7.1f} s {facts / seconds:12,.0f} rows a second", end="  ")
            print(", ".join(f"{name} {value:,.1f}" for name, value in result.items()))


if __name__ == "__main__":
    main()
