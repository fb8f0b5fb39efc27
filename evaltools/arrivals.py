"""Which returns have come into a folder: who has not sent yet, and which files there are none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evaltools.problems import ProblemList
from evaltools.returns import Return
from evaltools.wording import LANGUAGES
from evaltools.wording import period as period_label

_BESIDE = (".yaml", ".yml", ".md")
"""How the names of files end that may lie among returns: mappings, and what somebody noted."""

_OWN = ("catalogue", "standards")
"""Folders that hold what a folder of returns says of itself."""


def note_absent(parts: Sequence[Return], where: str, problems: ProblemList) -> None:
    """Say of every period that was asked which of the areas that were asked have sent nothing for it."""
    expected: dict[str, dict[str, str]] = {}
    sent: dict[str, set[str]] = {}
    for part in parts:
        for period, areas in part.facts.groupby("period")["area"].unique().items():
            expected.setdefault(str(period), {}).update(part.expected)
            sent.setdefault(str(period), set()).update(areas)
    for period, areas in expected.items():
        for code, name in areas.items():
            if code not in sent[period]:
                said = {"area": code, "found": name, "period": period}
                of = tuple(period_label(period, lang) for lang in LANGUAGES)
                problems.say("not_sent", where=where, level="warning", topic="intake", of=of, **said)


def note_unread(folder: Path, root: Path, read: set[Path], allowed: Sequence[str], problems: ProblemList) -> None:
    """Name the files among returns that nobody reads: an archive, a scan, a document of an old program."""
    for path in sorted(folder.rglob("*")):
        shown = path.relative_to(folder)
        hidden = any(part.startswith((".", "~", "_")) for part in shown.parts)
        if path in read or hidden or shown.parts[0] in _OWN or path.suffix.lower() in _BESIDE or not path.is_file():
            continue
        where = path.relative_to(root).as_posix()
        said = {"found": shown.as_posix(), "allowed": ", ".join(allowed)}
        problems.say("file_unread", where=where, level="warning", topic="intake", **said)
