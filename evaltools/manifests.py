"""What a site was made from: content hashes, one record a page, one manifest, and writing that never shows a half.

Times stand here and nowhere else in a site.
"""

from __future__ import annotations

import hashlib
import json
import platform
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from evaltools import remarks
from evaltools.intake import WORKBOOKS

MANIFEST = "manifest.json"
RECORDS = "manifest.d"
UNFINISHED = ".evaltools-"
"""How the names of files begin that are being written."""

SHAPING = (
    "fonttools",
    "ipykernel",
    "jinja2",
    "matplotlib",
    "nbconvert",
    "nbformat",
    "numpy",
    "pandas",
    "papermill",
    "pyarrow",
    "scipy",
    "seaborn",
    "statsmodels",
    "zhplot",
)
"""Packages whose version can change what a page shows."""

_DATA_FILES = (".csv", ".parquet", ".json", ".yaml", ".yml", *WORKBOOKS)


@dataclass(frozen=True)
class Record:
    """One page: the hash of everything it was made from, its files with their hashes, and what became of it.

    `key` covers what the notebook was executed with, `context` what the page says around it (links, titles).
    `files` are paths inside the site with `/`. `area` is "" for a page about the region.
    """

    area: str
    notebook: str
    key: str
    state: str
    context: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    cause: str = ""
    cell: int | None = None
    reason: str = ""
    finished: str = ""
    seconds: float = 0.0


def digest(value: object) -> str:
    """Return the SHA-256 of a value that JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_of_bytes(content: bytes) -> str:
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def write(path: Path, content: str | bytes) -> str:
    """Put a file in its place whole, or not at all; return its SHA-256.

    It is written beside its place and renamed, so that a reader sees the old file or the new one.
    """
    raw = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.parent / f"{UNFINISHED}{secrets.token_hex(4)}"
    try:
        aside.write_bytes(raw)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return digest_of_bytes(raw)


def sweep(site: Path) -> None:
    """Remove what a killed run left half-written."""
    for path in site.rglob(f"{UNFINISHED}*"):
        path.unlink(missing_ok=True)


# --- what goes in ------------------------------------------------------------------------------------------------


def inputs(home: Path, dataset: Path, standard: Path | None, preset: str = "") -> dict[str, str]:
    """Return the hashes of the data that pages are made from, by a name without any folder of this machine."""
    found = {}
    for path in _files(dataset):
        found[path.relative_to(dataset.parent).as_posix()] = digest_of(path)
    for path in _files(home / "data" / "catalogue"):
        found[f"catalogue/{path.name}"] = digest_of(path)
    if standard is not None:
        found[f"standard/{standard.name}"] = digest_of(standard)
    rule = home / "data" / "disclosure" / f"{preset}.yaml"
    if preset and rule.is_file():
        found[f"disclosure/{rule.name}"] = digest_of(rule)
    return found


def apart(found: Mapping[str, str], dataset: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return `inputs` without what people wrote, and area -> hash of that: it stands on no other area's pages."""
    folder = f"{dataset.name}/{remarks.FOLDER}/"
    shared = {name: value for name, value in found.items() if not name.startswith(folder)}
    return shared, {Path(name).stem: value for name, value in found.items() if name.startswith(folder)}


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_file():
        # a return that is all there is, and the mapping that says how to read it
        beside = (f"{folder.stem}.map.yaml", "mapping.yaml")
        yield from (path for path in (folder, *map(folder.with_name, beside)) if path.is_file())
        return
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith((".", "_")) for part in parts)
        written = len(parts) == 2 and parts[0] == remarks.FOLDER and path.suffix.lower() == remarks.SUFFIX
        if (path.suffix in _DATA_FILES or written) and path.is_file() and not hidden:
            yield path


@cache
def package() -> str:
    """Return the hash of this package's own sources, words and templates."""
    root = Path(__file__).parent
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return digest([[path.relative_to(root).as_posix(), digest_of(path)] for path in paths])


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that shape a page."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in SHAPING}


# --- records and manifest ----------------------------------------------------------------------------------------


def record_path(site: Path, area: str, notebook: str) -> Path:
    """Return where the record of a page lies."""
    return site / RECORDS / area / f"{notebook}.json"


def save(site: Path, record: Record) -> None:
    """Write a page's record."""
    write(record_path(site, record.area, record.notebook), _json(asdict(record)))


def records(site: Path) -> dict[tuple[str, str], Record]:
    """Return all records of a site by area and notebook; one that cannot be read is as if it were not there."""
    found = {}
    for path in sorted((site / RECORDS).rglob("*.json")):
        try:
            record = Record(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError):
            continue
        found[record.area, record.notebook] = record
    return found


def intact(site: Path, record: Record) -> bool:
    """Whether every file of a page is there and as it was written."""
    paths = [(site / name, expected) for name, expected in record.files.items()]
    return all(path.is_file() and digest_of(path) == expected for path, expected in paths)


def remove(site: Path, names: Iterable[str]) -> None:
    """Remove files of a site, and folders that become empty."""
    for name in names:
        path = site / name
        if not path.resolve().is_relative_to(site.resolve()):
            continue  # no page of ours lies outside
        path.unlink(missing_ok=True)
        for folder in (path.parent, path.parent.parent):
            if folder != site and folder.is_relative_to(site) and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def forget(site: Path, record: Record, others: Iterable[Record] = ()) -> None:
    """Remove a page's files, unless one of the other records names them too, and its record."""
    shared = {name for other in others for name in other.files}
    remove(site, [name for name in record.files if name not in shared])
    remove(site, [record_path(site, record.area, record.notebook).relative_to(site).as_posix()])


def read_manifest(site: Path) -> dict[str, Any]:
    """Return a site's manifest, empty when there is none that can be read."""
    try:
        content = json.loads((site / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_manifest(site: Path, content: Mapping[str, Any]) -> None:
    """Write a site's manifest."""
    write(site / MANIFEST, _json(content))


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
