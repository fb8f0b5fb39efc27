"""What the command line shows: problems in aligned lines, one bar or plain lines for a run, and its failures."""

from __future__ import annotations

import math
import sys
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from evaltools.problems import where_in
from evaltools.wording import period as period_label
from evaltools.wording import word

if TYPE_CHECKING:
    import pandas as pd
    from tqdm import tqdm

    from evaltools.manifests import Record
    from evaltools.plans import Page, Plan
    from evaltools.runs import RunResult

WIDEST = 48
"""Columns after which the place of a problem is no longer padded."""


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line to the terminal (standard error unless told otherwise)."""
    print(text, file=stream or sys.stderr, flush=True)


def width(text: str) -> int:
    """Return the columns a text takes on a terminal, where a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def aligned(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return lines `where  sentence` with the sentences below each other."""
    pairs = list(pairs)
    edge = max((width(where) for where, _ in pairs if width(where) <= WIDEST), default=0)
    return [f"  {where}{' ' * max(edge - width(where), 0)}  {sentence}" for where, sentence in pairs]


def problem_lines(problems: pd.DataFrame, lang: str) -> list[str]:
    """Return a frame of problems as aligned lines, in a language."""
    places = [where_in(place, lang) for place in problems["where"]]
    return aligned(zip(places, problems[f"sentence_{lang}"], strict=True))


def progress(lang: str) -> Bar | Lines:
    """Return who reports a run: one bar on a terminal, plain lines into a pipe or a file."""
    return Bar(lang) if sys.stderr.isatty() else Lines(lang)


class _Reporter:
    def __init__(self, lang: str) -> None:
        self.lang, self.total, self.done, self.failed = lang, 0, 0, 0

    def planned(self, plan: Plan, total: int, reused: int) -> None:
        """Say what is going to be done."""
        title = getattr(plan.data.meta, f"title_{self.lang}")
        areas = len({area for area, _ in plan.wanted if area})
        label = period_label(plan.period, self.lang)
        pages = total + reused
        say(word("run.planned", self.lang, title=title, period=label, areas=areas, pages=pages, reused=reused))
        self.start(total)

    def finished(self, page: Page, record: Record) -> None:
        """Say what became of a page."""
        self.moved(record)

    def start(self, total: int) -> None:
        self.total = total

    def moved(self, record: Record) -> None:
        self.done += 1
        self.failed += record.state != "ok"

    def close(self) -> None:
        """Nothing more comes."""


class Lines(_Reporter):
    """One plain line for each page."""

    def moved(self, record: Record) -> None:
        """Say what became of a page."""
        super().moved(record)
        key = "run.page_ok" if record.state == "ok" else "run.page_failed"
        area = record.area or word("run.region", self.lang)
        seconds = f"{record.seconds:.1f}"
        counts = {"done": self.done, "total": self.total}
        say(word(key, self.lang, area=area, notebook=record.notebook, seconds=seconds, **counts))


class Bar(_Reporter):
    """One bar for the whole run, with the time left and the failures so far."""

    bar: tqdm[Any] | None = None

    def start(self, total: int) -> None:
        """Show the bar."""
        from tqdm import tqdm

        super().start(total)
        if total:
            shape = "{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
            self.bar = tqdm(
                total=total,
                desc=word("run.bar", self.lang),
                bar_format=shape,
                dynamic_ncols=True,
                file=sys.stderr,
                smoothing=0.05,
            )

    def moved(self, record: Record) -> None:
        """Move the bar."""
        super().moved(record)
        if self.bar is not None:
            if self.failed:
                self.bar.set_postfix_str(word("run.bar_failed", self.lang, n=self.failed), refresh=False)
            self.bar.update()

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.refresh()
            self.bar.close()
            self.bar = None


def told(result: RunResult, lang: str) -> None:
    """Say how a run ended: its failures with cell and reason, and what was published."""
    from evaltools import page_documents
    from evaltools.site_folder import reason

    failures = result.failures
    if failures:
        say(word("run.failures", lang, n=len(failures)))
        for record in failures:
            key = "run.failure" if record.cell else "run.failure_no_cell"
            text = reason(record.cause, record.reason, lang)
            area = record.area or word("run.region", lang)
            values = {"area": area, "notebook": record.notebook, "reason": text, "cell": record.cell or 0}
            say("  " + word(key, lang, **values).replace("\n", "\n    "))
    seconds = math.ceil(result.seconds)
    say(word("run.published", lang, ok=len(result.pages) - len(failures), seconds=seconds))
    for text in page_documents.told(result.documents, lang):
        say(text)
