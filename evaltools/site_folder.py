"""The folder of one site: which of its pages still hold, publishing a page, and the manifest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from evaltools import manifests, notebook_files, other_periods, reopen
from evaltools.engine import Outcome, plain
from evaltools.manifests import Record
from evaltools.notebook_files import say
from evaltools.plans import FRONT, Page, Plan
from evaltools.problems import InputError, ProblemList
from evaltools.wording import period as period_label
from evaltools.wording import word

if TYPE_CHECKING:
    from evaltools import site


class SiteFolder:
    """A site on disk. `records` are those of its pages by area and notebook; `shared` the region's figures."""

    def __init__(self, plan: Plan, force: bool = False) -> None:
        self.plan, self.force, self.path = plan, force, plan.site
        self.pages = {page.name: page for page in plan.pages}
        self.records = manifests.records(self.path)
        self.shared: dict[str, str] = {}
        self.inputs = manifests.inputs(plan.home, plan.dataset, plan.standard, plan.preset)
        self.data_version = manifests.digest(self.inputs)[:12]
        shared, written = manifests.apart(self.inputs, plan.dataset)
        base = manifests.digest([plan.identity, shared, manifests.package(), manifests.versions()])
        # The region's figures have no hash of their own in a key: they are computed from these same inputs by
        # this same package.
        self.keys = {
            page.name: manifests.digest(
                [
                    base,
                    page.notebook.digest,
                    dict(page.work.parameters),
                    written.get(page.work.area or plan.data.meta.region, ""),
                ]
            )
            for page in plan.pages
        }
        self._of_area: dict[str, list[Page]] = {}
        for page in plan.pages:
            self._of_area.setdefault(page.work.area, []).append(page)
        self._index: Outcome | None = None
        self._beside = other_periods.sites_beside(self.path, plan.identity)
        self._started = _now()

    # --- before ---

    @property
    def _other(self) -> dict[str, Any]:
        """What another site in this folder is, where it differs from this one."""
        found = manifests.read_manifest(self.path).get("site", {})
        return {name: value for name, value in found.items() if self.plan.identity.get(name) != value}

    def check(self, problems: ProblemList) -> None:
        """Refuse to mix two sites in one folder, unless this one is forced upon it."""
        other = self._other
        if other and not self.force:
            asked = ", ".join(f"{name} {self.plan.identity.get(name, '')}" for name in other)
            found = ", ".join(f"{name} {value}" for name, value in other.items())
            where = "/".join(self.path.parts[-3:])
            say(problems, "site_mixed", where=where, found=found, asked=asked)

    def open(self) -> None:
        """Make the folder ready: nothing half-written, nothing of another site, no page that is no more."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            manifests.sweep(self.path)
            replaced = bool(self._other)
            self._write_manifest("unfinished", [])
        except OSError as error:
            problems = ProblemList()
            say(problems, "site_unwritable", where=str(self.path), found=error.strerror or error)
            raise InputError(problems.frame()) from None
        for name, record in list(self.records.items()):
            if replaced or name not in self.pages:
                del self.records[name]
                manifests.forget(self.path, record, self.records.values())

    def has(self, page: Page) -> bool:
        """Whether a page is there, whole, and made from the same as it would be now."""
        return not self.force and self.is_current(page) and manifests.intact(self.path, self.records[page.name])

    def is_current(self, page: Page) -> bool:
        """Whether a page is there, made from the same as it would be now."""
        record = self.records.get(page.name)
        return record is not None and record.state == "ok" and record.key == self.keys[page.name]

    # --- publishing ---

    def publish(self, page: Page, outcome: Outcome) -> Record:
        """Put what became of a work into the site, and return its record.

        The index waits for `settle`, since it says of every area whether its report is there.
        """
        if page is self.plan.index and outcome.state == "ok":
            self._index = outcome
            return Record(page.work.area, page.work.notebook, "", "ok", seconds=outcome.seconds)
        return self._publish(page, outcome)

    def settle(self) -> None:
        """Publish the index, and pages again whose surroundings changed: links, titles, the areas' states."""
        pages = [page for page in self.plan.pages if page is not self.plan.index]
        for page in pages:
            self._render_again(page)
        index = self.plan.index
        if index is not None and self._index is not None:
            self._publish(index, self._index)
        elif index is not None:
            self._render_again(index)

    def close(self, pages: Iterable[Record], executed: int) -> None:
        """Write the manifest of a finished run."""
        pages = list(pages)
        self._write_manifest("complete", pages, executed=executed)

    def _render_again(self, page: Page) -> None:
        record = self.records.get(page.name)
        if record is None or not self.is_current(page) or record.context == self._context_digest(page):
            return
        if manifests.intact(self.path, record):
            text = (self.path / page.ipynb).read_text(encoding="utf-8")
            self._publish(page, Outcome(page.work, "ok", notebook=text, seconds=record.seconds))

    def _publish(self, page: Page, outcome: Outcome) -> Record:
        files: dict[str, bytes] = {}
        if outcome.state == "ok":
            try:
                files = self._rendered(page, outcome.notebook)
            except Exception as error:  # one page's fault must not stop the others
                reason = plain(f"{type(error).__name__}: {error}")
                outcome = replace(outcome, state="failed", cause="page", reason=reason)
        hashes: dict[str, str] = {}
        try:
            for name, content in files.items():
                hashes[name] = manifests.write(self.path / name, content)
        except OSError as error:  # a table open in Excel on Windows cannot be replaced
            told = plain(f"{name}: {error.strerror or error}")
            outcome = replace(outcome, state="failed", cause="write", reason=told)
        if outcome.state != "ok":
            hashes[page.html] = manifests.write(self.path / page.html, self._failure(page, outcome))
        record = Record(
            area=page.work.area,
            notebook=page.work.notebook,
            key=self.keys[page.name],
            context=self._context_digest(page),
            state=outcome.state,
            files=hashes,
            cause=outcome.cause,
            cell=outcome.cell,
            reason=outcome.reason,
            finished=_now(),
            seconds=round(outcome.seconds, 2),
        )
        before = self.records.get(page.name)
        self.records[page.name] = record
        manifests.save(self.path, record)
        if before is not None:
            named = {name for other in self._neighbours(page) for name in other.files} | set(hashes)
            manifests.remove(self.path, [name for name in before.files if name not in named])
        return record

    def _rendered(self, page: Page, text: str) -> dict[str, bytes]:
        """Return the files of a page; the page itself comes last, when all it links to is there."""
        states = self.area_states() if page is self.plan.index else None
        from evaltools import site  # with nbconvert, which a run that makes no page need not wait for

        rendered = site.render(notebook_files.from_text(text), self.about(page), states)
        files = {}
        published = {f"{name}.csv": b"\xef\xbb\xbf" + table.encode() for name, table in rendered.tables.items()}
        published |= {f"{name}.xlsx": content for name, content in rendered.workbooks.items()}
        for name, content in published.items():
            file = f"{page.folder}tables/{name}"
            files[file] = content
            self._check_taken(page, file, content)
        files[page.ipynb] = notebook_files.text_of(rendered.notebook).encode()
        files[page.html] = rendered.html.encode()
        return files

    def _check_taken(self, page: Page, file: str, content: bytes) -> None:
        for record in self._neighbours(page):
            current = self.keys[record.area, record.notebook] == record.key
            other = record.files.get(file) if current else None
            if other is not None and other != manifests.digest_of_bytes(content):
                raise ValueError(word("run.table_taken", self.plan.lang, other=record.notebook, file=file))

    def _neighbours(self, page: Page) -> list[Record]:
        """The records of the other pages in the same folder."""
        others = [other.name for other in self._of_area[page.work.area] if other is not page]
        return [self.records[name] for name in others if name in self.records]

    def _failure(self, page: Page, outcome: Outcome) -> bytes:
        from evaltools import site

        context = site.PageContext(**self._context(page) | {"notebook_href": ""})
        title = page.notebook.titles[self.plan.lang]
        told = reason(outcome.cause, outcome.reason, self.plan.lang)
        return site.failure(context, title, outcome.cell or 0, outcome.source, told).encode()

    # --- what surrounds a page ---

    def area_states(self) -> dict[str, str]:
        """Return of every area whether its report is there: ok, failed (some page of it), or absent."""
        states = {}
        for area in self.plan.areas:
            found = {
                page.work.notebook: record.state
                for page in self._of_area.get(area, [])
                if (record := self.records.get(page.name)) is not None and record.key == self.keys[page.name]
            }
            if FRONT["area"] not in found:
                states[area] = "absent"
            else:
                states[area] = "failed" if "failed" in found.values() else "ok"
        return states

    def about(self, page: Page) -> site.PageContext:
        """Return what a page says around its content."""
        from evaltools import site

        return site.PageContext(**self._context(page))

    def _context(self, page: Page) -> dict[str, Any]:
        """Return the fields of the page's `site.PageContext`."""
        plan, meta = self.plan, self.plan.data.meta
        lang, area = plan.lang, page.work.area
        place = plan.data.area_name(area or meta.region, lang) if area or meta.region else ""
        title = page.notebook.titles[lang]
        standard = plan.data.standard
        return {
            "lang": lang,
            "title": word("run.page_title", lang, area=place, title=title) if place else title,
            "dataset_title": getattr(meta, f"title_{lang}"),
            "notice": getattr(meta, f"notice_{lang}"),
            "period_label": period_label(plan.period, lang),
            "stage": plan.data.stage,
            "standard_title": getattr(standard, f"name_{lang}") if standard is not None else "",
            "audience": plan.audience,
            "source": getattr(meta, f"source_{lang}"),
            "licence": getattr(meta, f"licence_{lang}"),
            "links": tuple(self._links(page)),
            "years": tuple(
                (href, period_label(period, lang), current)
                for href, period, current in other_periods.pages_beside(self.path, page.html, self._beside)
            ),
            "notebook": page.work.notebook,
            "notebook_href": page.ipynb.removeprefix(page.folder),
            "parameters": " ".join(f"{name}={value}" for name, value in sorted(page.work.parameters.items()) if value),
            "data_version": self.data_version,
            "command": self._command(page),
        }

    def _command(self, page: Page) -> str:
        """Return what opens a page's notebook again: what is the dataset's own goes without saying."""
        plan, meta = self.plan, self.plan.data.meta
        own = {"data": plan.dataset.name, "period": plan.period, "area": page.work.area}
        asked: dict[str, object] = {**page.work.parameters, **own}
        if asked.get("standard") == meta.standard:
            asked["standard"] = ""
        if asked.get("lang") == meta.language:
            asked["lang"] = ""
        return reopen.command(asked, page.work.notebook)

    def _links(self, page: Page) -> Iterable[tuple[str, str, bool]]:
        """The index, the front page of the area, then its other pages, as far as they are there."""
        plan, front = self.plan, FRONT[page.notebook.scope]
        if plan.index is not None:
            up = "../" if page.folder else ""
            yield up + plan.index.html, plan.index.notebook.titles[plan.lang], page is plan.index
        for other in sorted(self._of_area[page.work.area], key=lambda other: other.work.notebook != front):
            if other is not plan.index and (other.name in plan.wanted or self.is_current(other)):
                text = other.notebook.titles[plan.lang]
                yield other.html.removeprefix(page.folder), text, other is page

    def _context_digest(self, page: Page) -> str:
        states = self.area_states() if page is self.plan.index else None
        return manifests.digest([self._context(page), states])

    def _write_manifest(self, state: str, pages: list[Record], **more: object) -> None:
        failed = [
            {"area": r.area, "notebook": r.notebook, "cause": r.cause, "cell": r.cell, "reason": r.reason}
            for r in pages
            if r.state != "ok"
        ]
        parameters = {page.work.notebook: dict(page.work.parameters) for page in self.plan.pages}
        content = {
            "site": self.plan.identity,
            "state": state,
            "started": self._started,
            "finished": _now() if state == "complete" else "",
            "data_version": self.data_version,
            "inputs": self.inputs,
            "notebooks": {name: file.digest for name, file in self.plan.notebooks.items()},
            "parameters": {
                name: {key: value for key, value in values.items() if key != "area"}
                for name, values in parameters.items()
            },
            "package": manifests.package(),
            "versions": manifests.versions(),
            "shared": self.shared,
            "areas": len(self.plan.areas),
            "pages": len(pages),
            "failures": failed,
            **more,
        }
        manifests.write_manifest(self.path, content)


def reason(cause: str, text: str, lang: str) -> str:
    """Return why a page could not be made, in the reader's language as far as it is ours to say."""
    return text if cause in ("", "cell") else word(f"run.cause_{cause}", lang, reason=text)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
