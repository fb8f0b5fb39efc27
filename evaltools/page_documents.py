"""The files beside a page, made from what it published: Word, workbook, PDF, and the letter to a county.

What a person edited is never written over and never removed: a file is ours only while its content is what we wrote.
What is ours and no longer says what its page says is removed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaltools import manifests, notebook_files
from evaltools.engine import plain
from evaltools.plans import FRONT, Page
from evaltools.problems import SHOWN
from evaltools.wording import word

if TYPE_CHECKING:
    from evaltools.manifests import Record
    from evaltools.site_folder import SiteFolder

KINDS = ("docx", "xlsx", "pdf")
LETTER = "feedback_letter.docx"
"""The letter to a county, beside its report; there is none for the public, nor of what a county says of itself."""

_RECORD = ".documents.json"
_SHAPING = ("openpyxl", "python-docx", "resvg-py")

Make = Callable[[], bytes | None]


@dataclass(frozen=True)
class NotMade:
    """A file that was asked for and not made, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Documents:
    """What became of the files beside the pages; kept are edited ones whose page now says something else."""

    made: tuple[str, ...] = ()
    failed: tuple[NotMade, ...] = ()
    kept: tuple[str, ...] = ()


def settle(site: SiteFolder, kinds: Collection[str], jobs: int) -> Documents:
    """Make the files asked for beside the pages of a run, those that are not there yet, `jobs` at a time."""
    kept = drop_stale(site)
    made, failed = [], []
    todo = [
        (page, file, make)
        for page in site.plan.pages
        if page.name in site.plan.wanted and site.is_current(page)
        for file, make in _wanted(site, page, kinds)
        if not _has(site, page, file)
    ]
    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        for (page, file, _), outcome in zip(todo, pool.map(_attempt, [make for *_, make in todo]), strict=True):
            content = outcome if isinstance(outcome, bytes) else None
            reason = _reason(outcome, site.plan.lang) if isinstance(outcome, Exception) else ""
            if content is not None and not reason:
                reason = _write(site, page, file, content)
            if reason:
                failed.append(NotMade(file, reason))
            elif content is not None:
                made.append(file)
    finally:
        pool.shutdown(cancel_futures=True)
    refused = {entry.file for entry in failed}
    return Documents(tuple(made), tuple(failed), tuple(file for file in kept if file not in refused))


def drop_stale(site: SiteFolder) -> list[str]:
    """Remove our files whose page is no more or says something else by now; return those that a person edited."""
    kept = []
    for path in sorted((site.path / manifests.RECORDS).rglob(f"*{_RECORD}")):
        area = path.parent.relative_to(site.path / manifests.RECORDS).as_posix().removeprefix(".")
        page = site.pages.get((area, path.name.removesuffix(_RECORD)))
        entries = _entries(path)
        stale = [file for file, entry in entries.items() if page is None or entry["key"] != _key(site, page, file)]
        for file in stale:
            if _is_ours(site.path / file, entries[file]):
                manifests.remove(site.path, [file])
            elif (site.path / file).exists():
                kept.append(file)
        left = {file: entry for file, entry in entries.items() if file not in stale}
        if not left:
            manifests.remove(site.path, [path.relative_to(site.path).as_posix()])
        elif stale:
            manifests.write(path, _json(left))
    return kept


def told(documents: Documents, lang: str) -> list[str]:
    """Return what is to be said of the files: how many were made, which were not and why, which were kept."""
    texts = []
    if documents.made:
        texts.append(word("documents.made", lang, n=len(documents.made)))
    if documents.failed:
        texts.append(word("documents.not_made", lang, n=len(documents.failed)))
        reasons: dict[str, list[str]] = {}
        for entry in documents.failed:
            reasons.setdefault(entry.reason, []).append(entry.file)
        for reason, files in reasons.items():
            texts.append("  " + word("documents.not_made_file", lang, file=_named(files, lang), reason=reason))
    if documents.kept:
        texts.append(word("documents.kept", lang, files=_named(documents.kept, lang)))
    return texts


def _named(files: Collection[str], lang: str) -> str:
    shown = ("、" if lang == "zh" else ", ").join(list(files)[:SHOWN])
    return shown if len(files) <= SHOWN else word("documents.and_more", lang, files=shown, n=len(files) - SHOWN)


# --- what is made ---


def _wanted(site: SiteFolder, page: Page, kinds: Collection[str]) -> Iterator[tuple[str, Make]]:
    stem = f"{page.folder}{page.work.notebook}"
    if "docx" in kinds:
        yield f"{stem}.docx", lambda: _report(site, page)
        own = page.work.parameters.get("genre", "report") != "report"
        if page.work.notebook == FRONT["area"] and site.plan.audience == "internal" and not own:
            yield f"{page.folder}{LETTER}", lambda: _letter(site, page)
    if "xlsx" in kinds:
        yield f"{stem}.xlsx", lambda: _workbook(site, page)
    if "pdf" in kinds:
        yield f"{stem}.pdf", lambda: _pdf(site, page)


def _parts(site: SiteFolder, page: Page) -> Any:
    from evaltools import page_parts

    return page_parts.read(notebook_files.from_text((site.path / page.ipynb).read_text(encoding="utf-8")))


def _report(site: SiteFolder, page: Page) -> bytes:
    from evaltools import word_report

    return word_report.report(_parts(site, page), site.about(page))


def _letter(site: SiteFolder, page: Page) -> bytes:
    from evaltools import feedback_letter

    plan = site.plan
    return feedback_letter.letter(_parts(site, page), site.about(page), plan.data.area_name(page.work.area, plan.lang))


def _workbook(site: SiteFolder, page: Page) -> bytes | None:
    from evaltools import page_workbook

    return page_workbook.page_workbook(_parts(site, page), site.about(page))


def _pdf(site: SiteFolder, page: Page) -> bytes:
    from evaltools import pdf_page

    browser = pdf_page.find_browser()
    if browser is None:
        raise LookupError
    return pdf_page.print_page(browser, site.path / page.html)


def _attempt(make: Make) -> bytes | Exception | None:
    try:
        return make()
    except Exception as error:  # one file's fault must not stop the others
        return error


def _reason(error: Exception, lang: str) -> str:
    from evaltools.pdf_page import BROWSER, PrintError

    if isinstance(error, PrintError):
        return word("documents.browser_failed", lang, reason=plain(str(error)))
    if type(error) is LookupError:
        return word("documents.no_browser", lang, variable=BROWSER)
    return word("documents.failed", lang, reason=plain(f"{type(error).__name__}: {error}"))


# --- which files are ours ---


@cache
def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in _SHAPING}


def _key(site: SiteFolder, page: Page, file: str) -> str:
    """Return the hash of all that a file is made from, "" where its page is not there."""
    record: Record | None = site.records.get(page.name)
    if record is None or not site.is_current(page):
        return ""
    if file.endswith(".pdf"):
        made_from = [record.files.get(page.html)]
    else:  # links to other pages and other years are not in them
        about = replace(site.about(page), links=(), years=(), notebook_href="")
        made_from = [record.files.get(page.ipynb), repr(about)]
    return manifests.digest([file, made_from, manifests.package(), _versions()])


def _record_path(site: SiteFolder, page: Page) -> Path:
    return site.path / manifests.RECORDS / page.work.area / f"{page.work.notebook}{_RECORD}"


def _entries(path: Path) -> dict[str, dict[str, Any]]:
    """Return file -> key and hashes of what we wrote; a record that cannot be read is as if it were not there."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {str(file): {"key": entry["key"], "hashes": list(entry["hashes"])} for file, entry in content.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _is_ours(path: Path, entry: Mapping[str, Any]) -> bool:
    return path.is_file() and manifests.digest_of(path) in entry["hashes"]


def _has(site: SiteFolder, page: Page, file: str) -> bool:
    """Whether a file is there that belongs to the page as it is, edited or not."""
    entry = _entries(_record_path(site, page)).get(file)
    return entry is not None and entry["key"] == _key(site, page, file) and (site.path / file).is_file()


def _write(site: SiteFolder, page: Page, file: str, content: bytes) -> str:
    """Put a file in its place, and return why it could not be, "" if it was."""
    lang, path, record = site.plan.lang, site.path / file, _record_path(site, page)
    entries = _entries(record)
    if path.exists() and not (file in entries and _is_ours(path, entries[file])):
        return word("documents.edited", lang)
    new = {"key": _key(site, page, file), "hashes": [manifests.digest_of_bytes(content)]}
    try:
        # the record comes first, so that a file of ours is never taken for somebody's own
        manifests.write(record, _json(entries | {file: new}))
        manifests.write(path, content)
    except OSError as error:
        return word("documents.unwritable", lang, reason=plain(error.strerror or str(error)))
    return ""


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
