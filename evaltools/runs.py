"""One run: what is reused, what is executed, what is published, and what is known of it afterwards."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from evaltools import datasets, page_documents, plans, returns_store
from evaltools.engine import Engine, PapermillEngine
from evaltools.manifests import Record
from evaltools.notebook_files import say
from evaltools.notebook_parameters import Value
from evaltools.page_documents import Documents
from evaltools.plans import Page, Plan
from evaltools.problems import LANGUAGE, ProblemList
from evaltools.site_folder import SiteFolder


class Progress(Protocol):
    """Who is told how a run goes on."""

    def planned(self, plan: Plan, total: int, reused: int) -> None:
        """Say that `total` pages will be executed and `reused` kept."""

    def finished(self, page: Page, record: Record) -> None:
        """Say that a page has been executed and published, or its failure has."""

    def close(self) -> None:
        """Say that nothing more comes."""


@dataclass(frozen=True)
class RunResult:
    """What a run left: the site, the records of its pages, and how many were executed, re-used and failed."""

    plan: Plan
    site: Path
    pages: tuple[Record, ...]
    executed: int
    seconds: float
    documents: Documents = field(default_factory=Documents)

    @property
    def failures(self) -> tuple[Record, ...]:
        """The pages that could not be made."""
        return tuple(record for record in self.pages if record.state != "ok")

    @property
    def reused(self) -> int:
        """How many pages were as they should be already."""
        return len(self.pages) - self.executed

    @property
    def index(self) -> Path:
        """Where a reader starts: the site's index.html, or the site's folder if it has none."""
        path = self.site / "index.html"
        return path if path.is_file() else self.site

    @property
    def exit_status(self) -> int:
        """0 when all was published, 1 when some page, or a file asked for beside one, could not be made."""
        return 1 if self.failures or self.documents.failed else 0


def run(
    data: str = "example",
    period: str | None = None,
    areas: Sequence[str] = (),
    notebooks: Sequence[str] = (),
    standard: str | None = None,
    stage: str = "final",
    lang: str | None = None,
    out: Path | str | None = None,
    jobs: int | None = None,
    force: bool = False,
    parameters: Mapping[str, Value] | None = None,
    audience: str = "internal",
    documents: Collection[str] = (),
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Evaluate areas with notebooks and publish the site.

    data: name or folder of a dataset. period: the latest year if None. areas, notebooks: all if empty; the index
    is made in any case. standard, lang: the dataset's own if None. out: the folder that holds the sites, `reports`
    in home if None. jobs: how many works at a time, one for each processor if None. force: rebuild every page, and
    replace a site of another stage, standard, audience or dataset. parameters: further parameters of notebooks.
    audience: `internal`, or `public` for a site without small numbers about people. documents: which files are made
    beside each page, of `page_documents.KINDS`.

    Raises InputError, before anything is written, with all that is wrong with what was asked for. An area that
    fails is a page that says so and a failure in the result. Stopped by KeyboardInterrupt it leaves whole pages,
    and the next run goes on from there.
    """
    own = dict(parameters or {})
    request = plans.Request(data, period, areas, notebooks, standard, stage, lang, out, own, audience)
    begun = time.perf_counter()
    plan = plans.make(request)
    problems = ProblemList()
    if jobs is not None and jobs < 1:
        say(problems, "jobs", where="--jobs", found=jobs)
    site = _site(plan, force, problems)
    todo = [page for page in plan.pages if page.name in plan.wanted and not site.has(page)]
    try:
        with tempfile.TemporaryDirectory(prefix="evaltools-", ignore_cleanup_errors=True) as scratch:
            # what the standard or the data do not allow is found here, before anything is written
            environment = surroundings(plan, Path(scratch), site) if todo else {}
            site.open()
            page_documents.drop_stale(site)
            if progress is not None:
                progress.planned(plan, len(todo), len(plan.wanted) - len(todo))
            if todo:
                if engine is None:
                    engine = PapermillEngine(plan.home, plan.home / "notebooks", environment)
                _execute(engine, todo, jobs or jobs_of_machine(), site, progress)
        site.settle()
        beside = page_documents.settle(site, documents, jobs or jobs_of_machine())
    finally:
        if progress is not None:
            progress.close()
    pages = [site.records[page.name] for page in plan.pages if page.name in plan.wanted]
    seconds = time.perf_counter() - begun
    site.close(pages, len(todo))
    return RunResult(plan, plan.site, tuple(pages), len(todo), seconds, beside)


def _site(plan: Plan, force: bool, problems: ProblemList) -> SiteFolder:
    """Return the site's folder, unless another site lies there or something that goes into this one cannot be read."""
    try:
        site = SiteFolder(plan, force)
    except OSError as error:
        where = Path(error.filename or plan.dataset).name
        problems.say("cannot_open", where=where, evidence=error.strerror or error)
        problems.raise_if_any()
        raise
    site.check(problems)
    problems.raise_if_any()
    return site


def jobs_of_machine() -> int:
    """Return how many works to run at a time when nothing is said: one for each processor we may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def surroundings(plan: Plan, scratch: Path, site: SiteFolder) -> dict[str, str]:
    """Compute what all counties share; return how notebooks find it, and by name what may lie anywhere."""
    from evaltools import regions  # with scipy, which a run that executes nothing need not wait for

    site.shared = regions.share(plan.data, plan.period, scratch / "shared", plan.audience)
    returns_store.keep(plan.data.sent, scratch / "shared")
    found = {
        "EVALTOOLS_HOME": str(plan.home),
        "EVALTOOLS_DATA": str(plan.dataset.parent),
        "EVALTOOLS_SHARED": str(scratch / "shared"),
        LANGUAGE: plan.lang,
    }
    if plan.standard is not None and plan.standard != datasets.standard_path(plan.standard.stem, plan.dataset):
        folder = scratch / "standards"
        folder.mkdir(parents=True)
        suffix = ".xlsx" if plan.standard.suffix.lower() == ".xlsx" else ".yaml"
        (folder / f"{plan.standard.stem}{suffix}").write_bytes(plan.standard.read_bytes())
        found["EVALTOOLS_STANDARDS"] = str(folder)
    return found


def _execute(engine: Engine, todo: Sequence[Page], jobs: int, site: SiteFolder, progress: Progress | None) -> None:
    by_name = {page.name: page for page in todo}
    with closing(engine.execute([page.work for page in todo], jobs)) as outcomes:
        for outcome in outcomes:
            page = by_name[outcome.work.area, outcome.work.notebook]
            record = site.publish(page, outcome)
            if progress is not None:
                progress.finished(page, record)
