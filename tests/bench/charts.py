"""CPU time of the charts of a county page: drawing and writing as SVG, after imports.

    python tests/bench/charts.py [--times 5] [--lang zh]

Prints milliseconds a chart, as medians of several runs, and their sum, which is to stay under a second: the twelve
kinds of chart on made-up data, with nine small multiples, twelve townships by eight vaccines and two years of months.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from chart_frames import CHARTS

from evaltools.chart_theme import svg

BUDGET = 1000.0
"""Milliseconds of CPU that all charts of a page may take."""


def milliseconds(name: str, lang: str, times: int) -> tuple[float, int]:
    """Return the median CPU time of a chart, and the bytes of its SVG."""
    make, draw = CHARTS[name]
    frame = make()
    spent = []
    for _ in range(times):
        begun = time.process_time()
        drawing = svg(draw(frame, lang))
        spent.append(1000 * (time.process_time() - begun))
    return statistics.median(spent), len(drawing.encode())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--lang", default="zh")
    asked = parser.parse_args()
    total, size = 0.0, 0
    for name in CHARTS:
        spent, length = milliseconds(name, asked.lang, asked.times)
        total, size = total + spent, size + length
        print(f"{name:18} {spent:7.1f} ms {length:8,} bytes")
    print(f"{'total':18} {total:7.1f} ms {size:8,} bytes (to stay under {BUDGET:.0f} ms)")
    return 0 if total < BUDGET else 1


if __name__ == "__main__":
    sys.exit(main())
