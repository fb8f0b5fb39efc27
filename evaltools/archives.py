"""Reading zip archives that somebody sent (.xlsx, .docx, .ods) without trusting the sizes they state.

What is read is counted as it is unpacked; libraries are then given a clean copy that holds only what was counted.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType

from evaltools.sheet_model import Unreadable

MOST_FILE = 100_000_000
"""Bytes of a file that is opened at all."""

MOST_UNPACKED = 600_000_000
"""Bytes that the parts of one archive may unpack to, together; a workbook of twenty sheets has two million."""

MOST_KEPT = 60_000_000
"""Bytes of them that may remain once cells without content are left out."""

MOST_PARTS = 10_000

_CHUNK = 1 << 20

Shrink = Callable[[Iterator[bytes]], Iterator[bytes]]


class Archive:
    """An archive being read: counts what it unpacks. Raises Unreadable where it is damaged, locked or too large."""

    def __init__(self, data: bytes) -> None:
        self._unpacked = self._kept = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
            raise Unreadable("truncated") from None
        members = self._zip.infolist()
        if len(members) > MOST_PARTS:
            raise Unreadable("too_large", allowed=f"{MOST_UNPACKED // 1_000_000} MB")
        self._members = {info.filename.replace("\\", "/").lstrip("/").lower(): info for info in members}

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._members

    @property
    def names(self) -> list[str]:
        """The parts, in lower case."""
        return list(self._members)

    def read(self, name: str, shrink: Shrink | None = None) -> bytes:
        """Return a part, or b"" if there is none; `shrink` leaves out what need not be kept."""
        info = self._members.get(name.lower())
        if info is None:
            return b""
        if info.flag_bits & 1:
            raise Unreadable("encrypted")
        if info.file_size + self._unpacked > MOST_UNPACKED:
            raise Unreadable("too_large", allowed=f"{MOST_UNPACKED // 1_000_000} MB")
        kept = bytearray()
        try:
            chunks = self._chunks(info)
            for chunk in shrink(chunks) if shrink else chunks:
                kept += chunk
                if self._kept + len(kept) > MOST_KEPT:
                    raise Unreadable("too_large", allowed=f"{MOST_KEPT // 1_000_000} MB")
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError):
            raise Unreadable("truncated") from None
        self._kept += len(kept)
        if re.search(rb"<!(?:DOCTYPE|ENTITY)", kept[:_CHUNK]):
            raise Unreadable("entities")
        return bytes(kept)

    def _chunks(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        with self._zip.open(info) as file:
            while chunk := file.read(_CHUNK):
                self._unpacked += len(chunk)
                if self._unpacked > MOST_UNPACKED:
                    raise Unreadable("too_large", allowed=f"{MOST_UNPACKED // 1_000_000} MB")
                yield chunk


def repacked(parts: Mapping[str, bytes]) -> io.BytesIO:
    """Return an archive of the parts, not compressed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    file.seek(0)
    return file
