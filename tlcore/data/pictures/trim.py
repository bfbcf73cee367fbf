"""Leaves out of a picture's file what no pixel needs, so that no decoder spends time or memory on what a stranger put there.

Decoders walk metadata in Python, piece by piece; a file of 50 MB can hold millions of pieces, or pieces that are joined one
by one at quadratic cost. What is cut away here is never looked at again.
"""

from tlcore.errors import DataError

_MAX_PIECES = 100_000
_MAX_PROFILE = 4 * 1024**2
_MAX_WORK = 1_000_000_000
_USUAL_SCANS = 20
_MAX_RUN_LENGTH_PIXELS = 4_000_000
_GIF_IMAGE, _GIF_EXTENSION, _GIF_END = 0x2C, 0x21, 0x3B
_GIF_CONTROL = 0xF9
_PNG_FRAMES = frozenset({b"acTL", b"fcTL", b"fdAT"})


class TooMuchError(DataError):
    """The file is built to keep a decoder busy; the text is the rest of a sentence."""


def trim_gif(content: bytes) -> tuple[bytes, int]:
    """A GIF of the first frame alone, and how many frames there are (those that were found within 100,000 pieces).

    Raises TooMuchError for a file whose first frame does not come within as many pieces.
    """
    start = _after_colours(content, 10, 13)
    place, control, first, frames, pieces = start, b"", b"", 0, 0
    while place < len(content) and content[place] != _GIF_END and pieces < _MAX_PIECES:
        begin, kind = place, content[place]
        if kind == _GIF_IMAGE:
            place = _after_colours(content, place + 9, place + 10) + 1
        elif kind == _GIF_EXTENSION:
            place += 2
        else:
            place, pieces = place + 1, pieces + 1
            continue
        place, met = _after_blocks(content, place)
        pieces += met
        if kind == _GIF_IMAGE:
            frames += 1
            first = first or content[:start] + control + content[begin:place]
        elif content[begin + 1 : begin + 2] == bytes([_GIF_CONTROL]):
            control = content[begin:place]
    if not first and pieces >= _MAX_PIECES:
        raise TooMuchError("has no picture within its first 100,000 pieces")
    return (first + b";" if first else content[:start]), max(1, frames)


def trim_jpeg(content: bytes, pixels: int) -> tuple[bytes, bytes]:
    """A JPEG without comments and most application data (colour profile and Adobe's mark stay), and its Exif data.

    Raises TooMuchError for a file of far more pieces or passes over its `pixels` than any camera or program writes.
    """
    scans = content.count(b"\xff\xda")
    if scans > _USUAL_SCANS and scans * pixels > _MAX_WORK:
        raise TooMuchError(f"is built from {scans:,} passes over {pixels / 1e6:,.0f} megapixels, which would take too long")
    kept, place, pieces, profile, exif = [content[:2]], 2, 0, 0, b""
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xDA:
            break
        if marker == 0xFF or marker in {0x00, 0x01} or 0xD0 <= marker <= 0xD9:
            place, pieces = place + (1 if marker == 0xFF else 2), pieces + 1
            continue
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        head = content[place + 4 : place + 16]
        wanted = not (0xE0 <= marker <= 0xEF or marker == 0xFE) or marker in {0xE0, 0xEE}
        if marker == 0xE1 and head.startswith(b"Exif\0\0") and not exif:
            exif = content[place + 4 : end]
        if marker == 0xE2 and head.startswith(b"ICC_PROFILE\0"):
            profile += end - place
            wanted = profile <= _MAX_PROFILE
        if wanted:
            kept.append(content[place:end])
        place, pieces = end, pieces + 1
        if pieces > _MAX_PIECES:
            raise TooMuchError("has more than 100,000 pieces before its picture")
    return b"".join([*kept, content[place:]]), exif


def trim_png(content: bytes) -> tuple[bytes, int]:
    """A PNG without what makes it move, and how many frames it says to have.

    Raises TooMuchError for a file of more pieces than any program writes.
    """
    kept, place, pieces, frames = [content[:8]], 8, 0, 1
    while place + 8 <= len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4], "big")
        kind = content[place + 4 : place + 8]
        if kind == b"acTL":
            frames = int.from_bytes(content[place + 8 : place + 12], "big")
        if kind not in _PNG_FRAMES:
            kept.append(content[place:end])
        place, pieces = end, pieces + 1
        if pieces > _MAX_PIECES:
            raise TooMuchError("has more than 100,000 pieces")
    return b"".join(kept), max(1, frames)


def check_bmp(content: bytes, pixels: int) -> None:
    """Raise TooMuchError for a large run-length coded BMP, which is decoded slowly."""
    coded = int.from_bytes(content[14:18], "little") >= 40 and int.from_bytes(content[30:34], "little") in {1, 2}
    if coded and pixels > _MAX_RUN_LENGTH_PIXELS:
        raise TooMuchError("is a run-length coded BMP of more than 4 megapixels, which would take too long")


def is_lossy_webp(content: bytes) -> bool:
    """Whether the first picture in a WebP file is kept as JPEG keeps it, with losses."""
    lossy, lossless = content.find(b"VP8 ", 12), content.find(b"VP8L", 12)
    return lossy >= 0 and (lossless < 0 or lossy < lossless)


def _after_colours(content: bytes, flags: int, place: int) -> int:
    """Where a GIF goes on after the table of colours that the byte at `flags` announces."""
    table = content[flags] if flags < len(content) else 0
    return place + (3 << (table & 7) + 1 if table & 0x80 else 0)


def _after_blocks(content: bytes, place: int) -> tuple[int, int]:
    """Where a GIF goes on after a chain of blocks, and how many there were."""
    met = 1
    while place < len(content) and content[place] and met < _MAX_PIECES:
        place += 1 + content[place]
        met += 1
    return place + 1, met
