"""The parts of somebody's .xlsx file (ECMA-376, part 2): what is not changed is written again byte for byte.

A library that loads a workbook and saves it writes only what it has a model for: the stored results of formulas, text
in several fonts, form controls, slicers, pictures of WPS cells and custom properties are gone. Here a part is parsed
only to be changed, and every other part passes through as it is.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

Element = Any
"""An element of lxml, which carries no types."""

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT = "http://schemas.openxmlformats.org/package/2006/content-types"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."

LARGEST = 200_000_000
"""Bytes that a workbook may unpack to; one that is larger is not copied."""

LARGEST_PART = 60_000_000
"""Bytes of a part that is parsed to be changed; a tree takes about ten times as much."""

_PLAIN = f"{SPREADSHEET}sheet.main+xml"
_MACROS = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_REFUSED = {"_xmlsignatures/": "signed", "xl/revisions/": "shared"}
_FIXED = (1980, 1, 1, 0, 0, 0)


class UnkeptError(ValueError):
    """A workbook that cannot be written again with everything it holds; `reason` is a key of the words `send_back`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Package:
    """The parts of a workbook by name; those asked for with `change` are written again as they are by then."""

    parts: dict[str, bytes]
    dates: dict[str, tuple[int, int, int, int, int, int]] = field(default_factory=dict)
    _parsed: dict[str, Element] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)

    def xml(self, name: str) -> Element:
        """Return the root of a part, to be read."""
        if name not in self._parsed:
            self._parsed[name] = parse(self.parts.get(name, b""))
        return self._parsed[name]

    def change(self, name: str) -> Element:
        """Return the root of a part, to be changed."""
        root = self.xml(name)
        self._changed.add(name)
        return root

    def bytes_of(self, name: str) -> bytes:
        """Return a part as it is by now."""
        return text_of(self._parsed[name]) if name in self._changed else self.parts[name]

    def add(self, name: str, root: Element, content_type: str) -> None:
        """Add a part."""
        self._new(name, root)
        etree.SubElement(
            self.change("[Content_Types].xml"), f"{{{CONTENT}}}Override", PartName=f"/{name}", ContentType=content_type
        )

    def _new(self, name: str, root: Element) -> None:
        self.parts[name], self._parsed[name] = b"", root
        self._changed.add(name)

    def free(self, pattern: str) -> str:
        """Return the first part name of a pattern such as `xl/comments{}.xml` that is not taken."""
        taken = {name.lower() for name in self.parts}
        return next(name for n in range(1, len(taken) + 2) if (name := pattern.format(n)).lower() not in taken)

    def related(self, name: str, kind: str) -> dict[str, str]:
        """Return the parts that a part is related to by a kind such as `comments`: identifier -> name."""
        rels = _relations_of(name)
        if rels not in self.parts:
            return {}
        folder = posixpath.dirname(name)
        return {
            relation.get("Id"): posixpath.normpath(posixpath.join("/", folder, relation.get("Target")))[1:]
            for relation in self.xml(rels)
            if relation.get("Type", "").rsplit("/", 1)[-1] == kind and relation.get("TargetMode") != "External"
        }

    def relate(self, name: str, kind: str, target: str) -> str:
        """Relate a part to another one and return the identifier of the relation."""
        rels = _relations_of(name)
        if rels not in self.parts:
            self._new(rels, etree.Element(f"{{{PACKAGE}}}Relationships", nsmap={None: PACKAGE}))
        root = self.change(rels)
        taken = {relation.get("Id") for relation in root}
        new = next(f"rId{n}" for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
        etree.SubElement(root, f"{{{PACKAGE}}}Relationship", Id=new, Type=f"{RELATION}/{kind}", Target=f"/{target}")
        return new

    @property
    def book(self) -> str:
        """The part that lists the sheets."""
        found = list(self.related("", "officeDocument").values())
        if len(found) != 1 or found[0] not in self.parts:
            raise UnkeptError("damaged")
        return found[0]

    def sheets(self) -> dict[str, str]:
        """Return the worksheets: name -> part."""
        targets = self.related(self.book, "worksheet")
        listed = self.xml(self.book).iterfind(f"{{{MAIN}}}sheets/{{{MAIN}}}sheet")
        found = {sheet.get("name"): targets.get(sheet.get(f"{{{RELATION}}}id"), "") for sheet in listed}
        return {name: part for name, part in found.items() if part in self.parts}

    def written(self) -> bytes:
        """Return the file: the parts in the order they came, those added at the end, the same bytes every time."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
            for name in self.parts:
                info = zipfile.ZipInfo(name, self.dates.get(name, _FIXED))
                info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 0, 0
                file.writestr(info, self.bytes_of(name))
        return buffer.getvalue()


def _relations_of(name: str) -> str:
    return posixpath.join(posixpath.dirname(name), "_rels", f"{posixpath.basename(name)}.rels")


def parse(data: bytes) -> Element:
    """Return the root of an XML part; nothing outside it is fetched. Raises UnkeptError for one that cannot be read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser) if len(data) <= LARGEST_PART else None
    except etree.XMLSyntaxError:
        raise UnkeptError("damaged") from None
    if root is None:
        raise UnkeptError("too_large")
    if root.getroottree().docinfo.doctype:
        raise UnkeptError("damaged")
    return root


def text_of(root: Element) -> bytes:
    """Return an XML part as bytes."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def read(path: Path, macros: bool = False) -> Package:
    """Return the parts of a workbook; raises UnkeptError when it could not be written again with all it holds.

    macros: whether what is written may hold them, which a file named .xlsx may not.
    """
    try:
        with zipfile.ZipFile(path) as file:
            infos = file.infolist()
            if any(info.flag_bits & 1 for info in infos):
                raise UnkeptError("encrypted")
            if sum(info.file_size for info in infos) > LARGEST:
                raise UnkeptError("too_large")
            package = Package(
                {info.filename: file.read(info) for info in infos}, {i.filename: i.date_time for i in infos}
            )
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError):
        raise UnkeptError("no_xlsx") from None
    if "[Content_Types].xml" not in package.parts:
        raise UnkeptError("other_kind")
    if len(package.parts) != len(infos):
        raise UnkeptError("damaged")
    for folder, reason in _REFUSED.items():
        if any(name.startswith(folder) for name in package.parts):
            raise UnkeptError(reason)
    kinds = {kind.get("PartName"): kind.get("ContentType") for kind in package.xml("[Content_Types].xml")}
    kind = kinds.get(f"/{package.book}")
    if kind == _MACROS and not macros:
        raise UnkeptError("macros")
    if kind not in (_PLAIN, _MACROS) or package.xml(package.book).tag != f"{{{MAIN}}}workbook":
        raise UnkeptError("other_kind")
    return package
