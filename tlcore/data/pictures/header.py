"""What a file is and how large a picture it holds, from its bytes alone: nothing is decoded, no name is believed."""

import struct
from typing import NamedTuple

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""Formats that are read."""
_SAVE_AS = "Save it as PNG or JPEG"
_OTHERS: tuple[tuple[bytes, int, str], ...] = (
    (b"II*\0", 0, "a TIFF picture"),
    (b"MM\0*", 0, "a TIFF picture"),
    (b"%!PS", 0, "a PostScript file (EPS)"),
    (b"\xc5\xd0\xd3\xc6", 0, "a PostScript file (EPS)"),
    (b"%PDF", 0, "a PDF document"),
    (b"8BPS", 0, "a Photoshop file"),
    (b"\0\0\1\0", 0, "an icon (ICO)"),
    (b"ftypheic", 4, "a HEIC picture"),
    (b"ftypheix", 4, "a HEIC picture"),
    (b"ftypmif1", 4, "a HEIC picture"),
    (b"ftypavif", 4, "an AVIF picture"),
    (b"ftyp", 4, "a film"),
    (b"\0\0\0\x0cjP  ", 0, "a JPEG 2000 picture"),
    (b"\xff\x0a", 0, "a JPEG XL picture"),
    (b"PK\x03\x04", 0, "a zip archive"),
    (b"DICM", 128, "a DICOM file"),
    (b"SIMPLE  =", 0, "a FITS file"),
    (b"\x93NUMPY", 0, "a NumPy array"),
    (b"\x7fELF", 0, "a program"),
    (b"MZ", 0, "a program"),
    (b"#!", 0, "a script"),
)
_MARKS_OF_TEXT = ((b"<svg", "an SVG drawing"), (b"<html", "a web page (HTML)"), (b"<!doctype html", "a web page (HTML)"),
                  (b"<script", "a web page (HTML)"), (b"<?xml", "an XML file"))  # fmt: skip
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG's frame headers, which hold its size."""
_ORIENTATION, _SHORT = 0x0112, 3


class Header(NamedTuple):
    """A picture's format, one of `FORMATS`, and its size in pixels as the file's first bytes say."""

    format: str
    width: int
    height: int


def read_header(content: bytes) -> Header | None:
    """Format and size of a picture, None for what is none or too short to say."""
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
            return Header("PNG", *struct.unpack(">II", content[16:24]))
        if content.startswith(b"\xff\xd8\xff"):
            return _jpeg(content)
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _webp(content)
        if content[:6] in {b"GIF87a", b"GIF89a"}:
            return Header("GIF", *struct.unpack("<HH", content[6:10]))
        if content[:2] == b"BM":
            return _bmp(content)
    except (struct.error, IndexError):
        pass
    return None


def what_it_is(content: bytes) -> str:
    """What a file that is no picture of ours seems to be, and what to do, as the rest of a sentence."""
    if not content:
        return "is empty"
    for mark, place, kind in _OTHERS:
        if content[place : place + len(mark)] == mark:
            return f"is {kind}, not a picture of a kind that is read here. {_SAVE_AS}"
    if read_kind(content):
        return "is damaged: it ends or breaks off within its first bytes"
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, kind in _MARKS_OF_TEXT:
        if start.startswith(mark) or (mark == b"<svg" and b"<svg" in start and start.startswith(b"<")):
            return f"is {kind}, not a picture of a kind that is read here. {_SAVE_AS}"
    return "is no PNG, JPEG, WEBP, GIF or BMP picture, whatever its name says"


def read_kind(content: bytes) -> str | None:
    """The format that the very first bytes promise."""
    if content.startswith(b"\x89PNG"):
        return "PNG"
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content.startswith(b"GIF8"):
        return "GIF"
    return "BMP" if content.startswith(b"BM") else None


def orientation_of(exif: object) -> int:
    """How a camera was held, 1-8, from Exif data (tag 0x0112 of the first directory); 1 for none and for broken data.

    Read here as Pillow's reader takes a stranger's offsets and counts through all the kinds of TIFF, and warns aloud.
    """
    if not isinstance(exif, bytes):
        return 1
    data = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    try:
        if order is None:
            return 1
        start = struct.unpack(order + "I", data[4:8])[0]
        count = struct.unpack(order + "H", data[start : start + 2])[0]
        for place in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, values, value = struct.unpack(order + "HHIH", data[place : place + 10])
            if tag == _ORIENTATION:
                return value if (kind, values) == (_SHORT, 1) and 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _jpeg(content: bytes) -> Header | None:
    """Walk the segments to the frame header."""
    place = 2
    while place + 9 <= len(content):
        if content[place] != 0xFF:
            place += 1
            continue
        marker = content[place + 1]
        if marker in _JPEG_SIZES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return Header("JPEG", width, height)
        if marker == 0xDA:
            return None
        alone = marker in {0x00, 0x01, 0xFF} or 0xD0 <= marker <= 0xD9
        place += (1 if marker == 0xFF else 2) if alone else 2 + struct.unpack(">H", content[place + 2 : place + 4])[0]
    return None


def _webp(content: bytes) -> Header | None:
    """The canvas of an extended file, or the size of the one picture in a simple one."""
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
        return Header("WEBP", width, height)
    if kind == b"VP8L":
        bits = struct.unpack("<I", content[21:25])[0]
        return Header("WEBP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return Header("WEBP", width & 0x3FFF, height & 0x3FFF)
    return None


def _bmp(content: bytes) -> Header | None:
    """Sizes are 16 bit in the oldest kind; a negative height means that rows go down."""
    if struct.unpack("<I", content[14:18])[0] == 12:
        return Header("BMP", *struct.unpack("<HH", content[18:22]))
    width, height = struct.unpack("<ii", content[18:26])
    return Header("BMP", width, abs(height)) if width > 0 else None
