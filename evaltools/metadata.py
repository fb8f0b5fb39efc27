"""What a dataset's `datapackage.json` says about it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaltools.problems import ProblemList


@dataclass(frozen=True)
class Meta:
    """What `datapackage.json` says about a dataset."""

    name: str
    title_zh: str
    title_en: str
    language: str
    synthetic: bool
    notice_zh: str
    notice_en: str
    licence_zh: str
    licence_en: str
    source_zh: str
    source_en: str
    code_pattern: str
    origins: tuple[str, ...]
    standard: str
    region: str
    indicators: tuple[str, ...]
    encoding: str


def read_meta(folder: Path, problems: ProblemList) -> Meta:
    """Read `datapackage.json`; what is wrong with it goes to `problems`, and defaults stand in."""
    path = folder / "datapackage.json"
    content: dict[str, Any] = {}
    if not path.is_file():
        problems.say("missing_file", where=f"{folder.name}/datapackage.json", found="datapackage.json")
    else:
        try:
            content = json.loads(path.read_text(encoding="utf-8-sig"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            problems.say("not_json", where="datapackage.json", found=error)
    own = content.get("evaltools", {})
    language = own.get("language", "zh")
    if language not in ("zh", "en"):
        problems.say(
            "bad_property",
            where="datapackage.json",
            column="evaltools.language",
            found=language,
            allowed="zh, en",
        )
    pattern = own.get("code_pattern", "")
    try:
        re.compile(pattern)
    except re.error as error:
        problems.say(
            "bad_property",
            where="datapackage.json",
            column="evaltools.code_pattern",
            found=pattern,
            allowed=f"a regular expression ({error})",
        )
        pattern = ""
    title = content.get("title", folder.name)
    licence = "; ".join(entry.get("title") or entry.get("name", "") for entry in content.get("licenses", []))
    source = "; ".join(entry.get("title", "") for entry in content.get("sources", []))
    return Meta(
        name=content.get("name", folder.name),
        title_zh=own.get("title_zh", title),
        title_en=own.get("title_en", title),
        language=language,
        synthetic=bool(own.get("synthetic", False)),
        notice_zh=own.get("notice_zh", ""),
        notice_en=own.get("notice_en", ""),
        licence_zh=own.get("licence_zh", licence),
        licence_en=own.get("licence_en", licence),
        source_zh=own.get("source_zh", source),
        source_en=own.get("source_en", source),
        code_pattern=pattern,
        origins=tuple(own.get("origins", ())),
        standard=own.get("standard") or "",
        region=own.get("region", ""),
        indicators=tuple(own.get("indicators", ())),
        encoding=own.get("encoding", ""),
    )
