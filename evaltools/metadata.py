"""What a dataset's `datapackage.json` says about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from evaltools.problems import ProblemList, nearest
from evaltools.wording import LANGUAGES, word

FILE = "datapackage.json"


@dataclass(frozen=True)
class Meta:
    """What `datapackage.json` says about a dataset."""

    name: str
    title_zh: str
    title_en: str
    language: str = LANGUAGES[0]
    synthetic: bool = False
    notice_zh: str = ""
    notice_en: str = ""
    licence_zh: str = ""
    licence_en: str = ""
    source_zh: str = ""
    source_en: str = ""
    code_pattern: str = ""
    origins: tuple[str, ...] = ()
    standard: str = ""
    region: str = ""
    indicators: tuple[str, ...] = ()
    encoding: str = ""
    disclosure: str = ""


def read_meta(folder: Path, problems: ProblemList) -> Meta:
    """Read `datapackage.json`; what is wrong with it goes to `problems`, and defaults stand in."""
    package = _Properties(_content(folder, problems), "", problems)
    own = _Properties(package.mapping("evaltools"), "evaltools.", problems)
    allowed = {field.name for field in fields(Meta)} - {"name"}
    for key in sorted(set(own.content) - allowed):
        problems.say(
            "unknown_property",
            where=FILE,
            level="warning",
            column=f"evaltools.{key}",
            near=nearest(key, allowed) or "—",
        )
    title = package.text("title") or folder.name
    licence = "; ".join(entry.text("title") or entry.text("name") for entry in package.entries("licenses"))
    source = "; ".join(entry.text("title") for entry in package.entries("sources"))
    return Meta(
        name=package.text("name") or folder.name,
        title_zh=own.text("title_zh") or title,
        title_en=own.text("title_en") or title,
        language=_language(own),
        synthetic=own.flag("synthetic"),
        notice_zh=own.text("notice_zh"),
        notice_en=own.text("notice_en"),
        licence_zh=own.text("licence_zh") or licence,
        licence_en=own.text("licence_en") or licence,
        source_zh=own.text("source_zh") or source,
        source_en=own.text("source_en") or source,
        code_pattern=_pattern(own),
        origins=own.texts("origins"),
        standard=own.text("standard"),
        region=own.text("region"),
        indicators=own.texts("indicators"),
        encoding=_encoding(own),
        disclosure=own.text("disclosure"),
    )


def _content(folder: Path, problems: ProblemList) -> dict[str, Any]:
    """Return the file's object; {} after noting that there is none."""
    path = folder / FILE
    if path.exists() and not path.is_file():
        problems.say("not_a_file", where=FILE, found=FILE)
        return {}
    repeated: set[str] = set()

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        repeated.update(key for key in found if sum(name == key for name, _ in pairs) > 1)
        return found

    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"), object_pairs_hook=unique)
    except FileNotFoundError:
        problems.say("missing_file", where=f"{folder.name}/{FILE}", found=FILE)
        return {}
    except OSError as error:
        problems.say("cannot_open", where=FILE, evidence=error.strerror or error)
        return {}
    except UnicodeDecodeError as error:
        row = error.object.count(b"\n", 0, error.start) + 1
        problems.say("not_utf8", where=f"{FILE} line {row}")
        return {}
    except json.JSONDecodeError as error:
        problems.say("not_json", where=f"{FILE} line {error.lineno}", found=error.colno, evidence=error.msg)
        return {}
    except RecursionError:
        problems.say("not_json", where=f"{FILE} line 1", found=1, evidence="nested too deeply")
        return {}
    for key in sorted(repeated):
        problems.say("repeated_property", where=FILE, column=key)
    if isinstance(content, dict):
        return content
    problems.say("not_an_object", where=FILE)
    return {}


class _Properties:
    """An object of the file, read property by property; null is absent. A wrong type is noted and comes back empty."""

    def __init__(self, content: dict[str, Any], prefix: str, problems: ProblemList) -> None:
        self.content, self.prefix, self.problems = content, prefix, problems

    def refuse(self, key: str, allowed: str | tuple[str, ...]) -> None:
        found = json.dumps(self.content[key], ensure_ascii=False)
        self.problems.say("bad_property", where=FILE, column=self.prefix + key, found=found, allowed=allowed)

    def _get(self, key: str, kind: type, word_of_kind: str) -> Any:
        found = self.content.get(key)
        if found is None or isinstance(found, kind):
            return found
        self.refuse(key, _words(word_of_kind))
        return None

    def mapping(self, key: str) -> dict[str, Any]:
        return self._get(key, dict, "an_object") or {}

    def text(self, key: str) -> str:
        return str(self._get(key, str, "a_text") or "").strip()

    def flag(self, key: str) -> bool:
        return bool(self._get(key, bool, "a_flag"))

    def texts(self, key: str) -> tuple[str, ...]:
        found = self._get(key, list, "texts") or []
        if all(isinstance(entry, str) for entry in found):
            return tuple(found)
        self.refuse(key, _words("texts"))
        return ()

    def entries(self, key: str) -> Iterable[_Properties]:
        """Return the objects of a list."""
        found = self._get(key, list, "objects") or []
        if all(isinstance(entry, dict) for entry in found):
            return [_Properties(entry, f"{key}.", self.problems) for entry in found]
        self.refuse(key, _words("objects"))
        return []


def _words(key: str) -> tuple[str, ...]:
    return tuple(word(f"findings.{key}", lang) for lang in LANGUAGES)


def _language(own: _Properties) -> str:
    language = own.text("language")
    if language in LANGUAGES:
        return language
    if language:
        own.refuse("language", ", ".join(LANGUAGES))
    return LANGUAGES[0]


def _pattern(own: _Properties) -> str:
    pattern = own.text("code_pattern")
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        own.refuse("code_pattern", _words("a_pattern"))
        return ""
    return pattern


def _encoding(own: _Properties) -> str:
    encoding = own.text("encoding")
    try:
        b"text".decode(encoding or "utf-8")  # nothing to decode would be decoded by anything
    except UnicodeDecodeError:
        pass
    except (LookupError, ValueError):
        own.refuse("encoding", "utf-8, gb18030, gbk, big5, utf-16, cp1252, latin-1")
        return ""
    return encoding
