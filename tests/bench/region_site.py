"""The page of a region of many counties in Chromium: how soon it can be read and used, and how smoothly it scrolls.

    python tests/bench/region_site.py [--counties 3000]

Runs the notebook of the region's report on a synthetic region, writes its page and opens it from disk, five times with
a new browser context. Prints medians in milliseconds since navigation: first paint, load, first reaction to a letter
typed into the search box, sorting; long tasks (over 50 ms) and the longest wait for a frame while the page is scrolled
from top to end. Needs Chromium and Playwright.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import region_page
from playwright.sync_api import Browser, sync_playwright

WATCH = """
window.long = [];
new PerformanceObserver((list) => { for (const one of list.getEntries()) long.push([one.startTime, one.duration]); })
  .observe({type: "longtask", buffered: true});
"""
SCROLL = """
async () => {
  const frames = [], begun = performance.now();
  let last = begun;
  for (let y = 0; y < document.scrollingElement.scrollHeight; y += 400) {
    scrollTo(0, y);
    await new Promise(requestAnimationFrame);
    frames.push(performance.now() - last);
    last = performance.now();
  }
  return {frames, long: long.filter(([start]) => start >= begun).map(([, spent]) => spent)};
}
"""
SPENT = """
(act) => new Promise((done) => {
  const begun = performance.now();
  if (act === "type") {
    const box = document.querySelector(".ev-tools input");
    box.value = "0012";
    box.dispatchEvent(new Event("input"));
  } else if (act === "sort") document.querySelector("thead button").click();
  else document.querySelector(".ev-pickable tbody td").click();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
})
"""


def write_page(folder: Path, counties: int) -> Path:
    """Write the page of a region of `counties`, six years."""
    random = np.random.default_rng(20241231)
    sizes = random.integers(2_000, 60_000, counties)
    good = random.normal(0, 0.05, (2, counties))

    def values(at: int, year: int) -> tuple[int, int, int]:
        size = int(sizes[at])
        shares = [min(max(0.6 + x + 0.01 * (year - 2019) + random.normal(0, 0.005), 0), 1) for x in good[:, at]]
        return int(size * shares[0]), size, int(size * shares[1])

    names = [f"第{at}样例县" for at in range(counties)]
    data = region_page.region_of(folder / "large", names, range(2019, 2025), values)
    begun = time.perf_counter()
    shown = region_page.run(str(data), "2024", "zh", dict.fromkeys((f"{at:04d}" for at in range(1, 10**4)), "ok"))
    print(f"the notebook and its page took {time.perf_counter() - begun:.1f} s")
    path = folder / "index.html"
    path.write_text(shown.html, encoding="utf-8")
    return path


def visit(browser: Browser, path: Path) -> dict[str, float]:
    """Open the page in a new context and use it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(path.as_uri(), wait_until="load")
    load = page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    ready = page.evaluate("() => new Promise((done) => setTimeout(() => done(performance.now())))")
    spent = {act: page.evaluate(SPENT, act) for act in ("type",)}
    page.locator(".ev-tools input").first.fill("")
    spent |= {act: page.evaluate(SPENT, act) for act in ("sort", "pick")}
    scrolled = page.evaluate(SCROLL)
    frames = sorted(scrolled["frames"])
    context.close()
    return {
        "first paint": paint,
        "load": load,
        "interactive": ready,
        "search": spent["type"],
        "sort": spent["sort"],
        "pick": spent["pick"],
        "frames": len(frames),
        "median frame": statistics.median(frames),
        "95% frame": frames[int(0.95 * len(frames))],
        "longest frame": frames[-1],
        "long tasks": len(scrolled["long"]),
        "longest task": max(scrolled["long"], default=0.0),
    }


def main() -> None:
    """Print the medians of five visits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counties", type=int, default=3000)
    parser.add_argument("--keep", type=Path, help="where to leave the page")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = write_page(Path(name), asked.counties)
        print(f"{path.stat().st_size / 1e6:.2f} MB")
        if asked.keep:
            shutil.copy(path, asked.keep)
        with sync_playwright() as playwright:
            options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
            seen = [visit(browser, path) for _ in range(5)]
            browser.close()
    for key in seen[0]:
        values = [one[key] for one in seen]
        print(f"{key:>14}  {statistics.median(values):8.1f}  ({min(values):.1f} to {max(values):.1f})")


if __name__ == "__main__":
    main()
