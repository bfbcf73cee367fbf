"""What a file really is, by its first bytes: the name it carries proves nothing."""

import re

from tlcore.errors import DataError

GZIP = b"\x1f\x8b"
_OFFICE = {b"xl/": "an Excel workbook", b"word/": "a Word document", b"ppt/": "a PowerPoint presentation"}
_SAVE_AS = "Open it where it was made and save or export the table as CSV (UTF-8)"
_UNPACK = "Unpack it and give the CSV file inside"
_EXPORT = "Export the table as CSV (UTF-8)"
_NOT_TEXT = "Give a CSV file with a text and a label in every row"

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "a PDF document", "Export the table it shows as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file", _SAVE_AS),
    (b"{\\rtf", "a rich text document", _SAVE_AS),
    (b"PAR1", "a Parquet file", _EXPORT),
    (b"ARROW1", "an Arrow file", _EXPORT),
    (b"FEA1", "a Feather file", _EXPORT),
    (b"SQLite format 3\0", "an SQLite database", _EXPORT),
    (b"\x89HDF\r\n", "an HDF5 file", _EXPORT),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\0", "an xz archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"\x89PNG\r\n", "a PNG image", _NOT_TEXT),
    (b"\xff\xd8\xff", "a JPEG image", _NOT_TEXT),
    (b"GIF87a", "a GIF image", _NOT_TEXT),
    (b"GIF89a", "a GIF image", _NOT_TEXT),
    (b"II*\0", "a TIFF image", _NOT_TEXT),
    (b"MM\0*", "a TIFF image", _NOT_TEXT),
    (b"\x7fELF", "a program", _NOT_TEXT),
    (b"\x80\x04\x95", "a Python pickle, which is never opened here", _EXPORT),
)
_HTML = re.compile(rb"\s*+(?:(?><!--.*?-->)\s*+)*+<(!doctype\s+html|html|head|body|table)\b", re.IGNORECASE | re.DOTALL)
_XML = re.compile(rb"\s*<\?xml\b", re.IGNORECASE)
_JSON = re.compile(rb'\s*(\[\s*)?\{\s*"[^"\n]*"\s*:')
_BOM = b"\xef\xbb\xbf"


def refuse_other_kinds(head: bytes, name: str) -> None:
    """Raise DataError, naming what `head`, a file's first bytes, belongs to, unless it may be a table written as text."""
    found = _kind(head)
    if found:
        kind, cure = found
        raise DataError(f"{name} is {kind}, not a CSV file. {cure}.")


def _kind(head: bytes) -> tuple[str, str] | None:
    """Name and cure of a known kind of file that is not CSV."""
    if head.startswith(b"PK\x03\x04"):
        return next(((kind, _SAVE_AS) for folder, kind in _OFFICE.items() if folder in head), ("a zip archive", _UNPACK))
    for signature, kind, cure in _SIGNATURES:
        if head.startswith(signature):
            return kind, cure
    if head[:4] == b"RIFF" and head[8:12] in {b"WEBP", b"WAVE", b"AVI "}:
        return "an image, sound or film", _NOT_TEXT
    if head[257:262] == b"ustar":
        return "a tar archive", _UNPACK
    text = head.removeprefix(_BOM)[:4096]
    if _HTML.match(text):
        return "a web page (HTML)", _SAVE_AS
    if _XML.match(text):
        return "an XML file", _SAVE_AS
    return ("a JSON file", _EXPORT) if _JSON.match(text) else None
