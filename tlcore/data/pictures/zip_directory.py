"""The central directory of a zip, read in bounded memory and time, and believed in nothing: a stranger wrote it.

Written for PKWARE's APPNOTE.TXT 6.3.10. The standard library's reader is not used as it reads a directory whole, however many
entries that has, accepts entries that overlap (CVE-2024-0450 in older versions), and fails in many ways on broken ones.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from tlcore.errors import DataError

_END, _END64, _LOCATOR64, _ENTRY = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2"
_END_BYTES, _LOCATOR64_BYTES, _END64_BYTES, _ENTRY_BYTES = 22, 20, 56, 46
_LONGEST_COMMENT = 65_535
_LARGEST_DIRECTORY = 128 * 1024**2
_ALL16, _ALL32 = 0xFFFF, 0xFFFFFFFF
_CHUNK = 1 << 20
_UTF8 = 0x800
_HEAD = struct.Struct("<8x2H4x3L4H2xLL")
"""Flags, method, checksum, packed and unpacked size, lengths of name, extra field and note, disk, attributes, place."""


class ZipEntry(NamedTuple):
    """What the directory says of one entry."""

    name: str
    size: int
    """Bytes once unpacked."""
    packed: int
    method: int
    flags: int
    crc: int
    place: int
    """Where its header starts, in bytes from the start of the file."""
    mode: int
    """Unix file type and permissions; 0 when unknown."""
    raw_name: bytes


class ZipEnd(NamedTuple):
    """What the end of a zip says of its directory."""

    entries: int
    size: int
    """Bytes of the directory."""
    start: int
    """Where the directory starts in the file."""
    shift: int
    """Bytes before the zip's own beginning, such as a program that unpacks it."""
    exact: bool
    """Whether `entries` is the number itself; without zip64 it may be the number modulo 65,536."""


def read_end(stream: BinaryIO, file_name: str) -> ZipEnd:
    """Find the end of a zip. Raises DataError for a file that is no zip, is cut off, or is one part of several."""
    stream.seek(0, 2)
    length = stream.tell()
    tail_start = max(0, length - _END_BYTES - _LONGEST_COMMENT)
    stream.seek(tail_start)
    tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or at + _END_BYTES > len(tail):
        stream.seek(0)
        if stream.read(4) in {b"PK\3\4", b"PK\7\x08"}:
            raise DataError(f"{file_name} is cut off: the list of contents at its end is missing. Copy or upload it again.")
        raise DataError(f"{file_name} is no zip file. Give a zip or a folder with a folder of pictures for each class.")
    disk, first_disk, here, entries, size, start = struct.unpack("<4H2L", tail[at + 4 : at + 20])
    end, exact = tail_start + at, False
    if here == _ALL16 or entries == _ALL16 or size == _ALL32 or start == _ALL32:
        wide = _read_end64(stream, end)
        if wide:
            disk, first_disk, here, entries, size, start, end = wide
            exact = True
    if disk or first_disk or here != entries:
        raise DataError(f"{file_name} is one part of a zip in several files. Give the zip in one file.")
    shift = end - size - start
    if shift < 0:
        raise DataError(f"{file_name} is damaged: the list of its contents is not where it should be. Make the zip again.")
    return ZipEnd(entries, size, start + shift, shift, exact)


def _read_end64(stream: BinaryIO, end: int) -> tuple[int, int, int, int, int, int, int] | None:
    """The wide form of the end, and where that starts; None when there is none."""
    place = end - _LOCATOR64_BYTES - _END64_BYTES
    if place < 0:
        return None
    stream.seek(place)
    wide, locator = stream.read(_END64_BYTES), stream.read(_LOCATOR64_BYTES)
    if wide[:4] != _END64 or locator[:4] != _LOCATOR64:
        return None
    disk, first_disk, here, entries, size, start = struct.unpack("<2L4Q", wide[16:])
    return disk, first_disk, here, entries, size, start, place


def read_entries(stream: BinaryIO, end: ZipEnd, file_name: str, most: int) -> Iterator[ZipEntry]:
    """The entries in their order. Raises DataError when there are more than `most`, or other than the end says."""
    limit = f"the limit is {most:,}. Give fewer files, or raise the limit with TLCORE_MAX_PICTURES"
    if end.entries > most:
        raise DataError(f"{file_name} has {end.entries:,} entries; {limit}.")
    if end.size > _LARGEST_DIRECTORY:
        raise DataError(
            f"{file_name} has a list of contents of {end.size / 1e6:,.0f} MB; the limit is 134 MB. Give fewer files."
        )
    # Counted as bytes first, as that takes no time: a lie about the number of entries is not followed entry by entry.
    stream.seek(end.start)
    found, left = 0, end.size
    while left and (chunk := stream.read(min(left, _CHUNK))):
        found, left = found + chunk.count(_ENTRY), left - len(chunk)
    if found > most:
        raise DataError(f"{file_name} has over {most:,} entries, more than it says; {limit}.")
    stream.seek(end.start)
    data, place, met = stream.read(min(end.size, _CHUNK)), 0, 0
    left = end.size - len(data)
    while place < len(data) or left:
        if len(data) - place < _ENTRY_BYTES + 3 * _ALL16 and left:
            more = stream.read(min(left, _CHUNK))
            data, place, left = data[place:] + more, 0, left - len(more) if more else 0
        met += 1
        entry, place = _read_entry(data, place, end, file_name)
        yield entry
    if met != end.entries if end.exact else (met - end.entries) % (_ALL16 + 1):
        raise DataError(f"{file_name} says that it has {end.entries:,} entries and has {met:,}. Make the zip again.")


def _read_entry(data: bytes, place: int, end: ZipEnd, file_name: str) -> tuple[ZipEntry, int]:
    """The entry at a place, and where the next one is."""
    if len(data) - place < _ENTRY_BYTES or not data.startswith(_ENTRY, place):
        raise DataError(f"{file_name} is damaged: the list of its contents breaks off. Make the zip again.")
    flags, method, crc, packed, size, name_bytes, extra_bytes, note_bytes, disk, attributes, header = _HEAD.unpack_from(
        data, place
    )
    rest = place + _ENTRY_BYTES
    raw = data[rest : rest + name_bytes]
    extra = data[rest + name_bytes : rest + name_bytes + extra_bytes]
    after = rest + name_bytes + extra_bytes + note_bytes
    if after > len(data) or disk not in {0, _ALL16}:
        raise DataError(f"{file_name} is damaged: the list of its contents breaks off. Make the zip again.")
    if _ALL32 in (size, packed, header):
        size, packed, header = _wide(extra, size, packed, header)
    entry = ZipEntry(_decoded(raw, flags), size, packed, method, flags, crc, header + end.shift, attributes >> 16, raw)
    return entry, after


def _wide(extra: bytes, size: int, packed: int, header: int) -> tuple[int, int, int]:
    """Sizes and place with those that do not fit 32 bits taken from the extra field."""
    values = [size, packed, header]
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack("<2H", extra[place : place + 4])
        if kind == 1:
            field = extra[place + 4 : place + 4 + length]
            for index, value in enumerate(values):
                if value == _ALL32 and len(field) >= 8:
                    values[index] = struct.unpack("<Q", field[:8])[0]
                    field = field[8:]
        place += 4 + length
    return values[0], values[1], values[2]


def _decoded(raw: bytes, flags: int) -> str:
    """A name as text: UTF-8 where that fits (many programs write it without saying so), else the old code page 437."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace") if flags & _UTF8 else raw.decode("cp437")
