"""What a file really is, told by its bytes and not by its name: many an .xls is a page, many an .et is an .xls."""

from __future__ import annotations

import codecs
import re

from evaltools.sheet_model import Unreadable

_STARTS = {
    b"%PDF": "PDF",
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
    b"GIF8": "GIF",
    b"II*\x00": "TIFF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
    b"MZ": "EXE",
    b"\x7fELF": "ELF",
    b"PAR1": "Parquet",
    b"{\\rtf": "RTF",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BARE_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_STREAMS = {"EncryptedPackage": "encrypted", "Workbook": "xls", "Book": "xls", "WordDocument": "doc"}


def kind_of(data: bytes) -> str:
    """Return zip, xls, html, xml2003 or text; raises Unreadable for what is none of these, saying what it is."""
    if not data.strip(b"\0 \r\n\t"):
        raise Unreadable("empty_file")
    for start, name in _STARTS.items():
        if data.startswith(start):
            raise Unreadable("other_format", found=name)
    if data.startswith(b"PK"):
        return "zip"
    if data.startswith(_OLE):
        return _ole(data)
    if data[:2] in _BARE_BIFF and data[2:4] in (b"\x04\x00", b"\x06\x00", b"\x08\x00", b"\x10\x00"):
        return "xls"
    head = data[:4096].replace(b"\0", b"").lower()
    if b"mime-version:" in head:
        raise Unreadable("web_archive")
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head and b"<html" not in head:
        return "xml2003"
    if re.search(rb"<(?:html|table|body|head|meta|!doctype html|style|div|tr)\b", head):
        return "html"
    return "text"


def _ole(data: bytes) -> str:
    # Names of streams are UTF-16 in the directory, each ended by NUL.
    for name, kind in _STREAMS.items():
        if data.find(f"{name}\0".encode("utf-16-le")) >= 0:
            if kind == "encrypted":
                raise Unreadable("encrypted")
            if kind == "doc":
                raise Unreadable("old_word")
            return kind
    raise Unreadable("damaged", reason="OLE")


def decode(data: bytes) -> str:
    """Return the text of a page or list: by its byte order mark, what it states, UTF-8, else GB18030.

    Raises Unreadable for what is no text in any of them.
    """
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _decoded(data, encoding)
    stated = re.search(rb"(?:charset|encoding)\s*=\s*[\"']?\s*(gb2312|gbk|gb18030|big5)", data[:4096].lower())
    # A page may state one encoding and be saved in another; UTF-8 is never right by accident.
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = _decoded(data, "big5" if stated and stated[1] == b"big5" else "gb18030")
    if "\0" in text:
        raise Unreadable("not_a_workbook")
    return text


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable("not_a_workbook") from None
