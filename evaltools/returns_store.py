"""Returns read once a run: what was read of them, kept where the notebooks of the run find it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pandas as pd

from evaltools.problems import ProblemList
from evaltools.returns import Return

SHARED = "EVALTOOLS_SHARED"
"""Environment variable naming the folder in which a run keeps what its notebooks share."""

_TABLES = [field.name for field in fields(Return) if field.name not in ("expected", "notice", "digest")]


def once(files: list[Path], read: Callable[[ProblemList], Return], problems: ProblemList) -> Return:
    """Return what `read` gives of some files; in a notebook of a run, what the run has read of the same contents."""
    digest = _digest(files)
    folder = os.environ.get(SHARED)
    found = None if folder is None else _kept(Path(folder) / "returns", digest)
    if found is None:
        noted = ProblemList()
        found = read(noted)
        errors = noted.findings
        found = replace(found, remarks=noted.frame(), digest=digest)
    else:
        errors = set(found.remarks.loc[found.remarks["level"] == "error", "rule"])
    problems.extend(found.remarks)
    problems.findings.update(errors)
    return found


def keep(found: Return, folder: Path) -> None:
    """Write what was read for the notebooks of a run; nothing where nothing was read."""
    if not found.digest:
        return
    place = folder / "returns"
    place.mkdir(parents=True)
    for name in _TABLES:
        getattr(found, name).to_parquet(place / f"{name}.parquet")
    about = {"digest": found.digest, "expected": dict(found.expected), "notice": dict(found.notice)}
    (place / "about.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8", newline="\n")


def _kept(folder: Path, digest: str) -> Return | None:
    about = folder / "about.json"
    if not about.is_file():
        return None
    said = json.loads(about.read_text(encoding="utf-8"))
    if said["digest"] != digest:
        return None
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in _TABLES}
    return Return(**tables, expected=said["expected"], notice=said["notice"], digest=digest)


def _digest(files: list[Path]) -> str:
    """Return the hash of the names and contents of returns and of the mappings that lie among them."""
    found = hashlib.sha256()
    for path in files:
        found.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    return found.hexdigest()
