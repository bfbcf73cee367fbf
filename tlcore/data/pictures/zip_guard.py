"""A zip from a stranger: judged from its directory before a byte of content is read, refused whole when anything is wrong."""

import struct
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from tlcore.data.pictures.names import danger_of, is_archive, is_junk, shown
from tlcore.data.pictures.zip_directory import ZipEnd, ZipEntry, read_end, read_entries
from tlcore.errors import DataError
from tlcore.settings import Settings

__all__ = ["GuardedZip", "ZipEntry", "open_zip"]

_HEADER = b"PK\3\4"
_HEADER_BYTES = 30
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_FILE_TYPE, _LINK, _FOLDER, _FILE = 0o170000, 0o120000, 0o040000, 0o100000
_MOST_RATIO = 200
_BOMB_BYTES = 256 * 1024**2
_DEFLATE_RATIO = 1040
"""Deflate packs at most 1,032 bytes into one; more is a lie."""
_FILES_A_PICTURE = 3
"""Entries allowed for each picture: the picture, macOS's shadow of it, and folders."""


class GuardedZip:
    """An open zip whose directory was found sound; entries may be read from several threads. Close it, or use `with`."""

    def __init__(self, stream: BinaryIO, file_name: str, end: ZipEnd, entries: Iterable[ZipEntry]) -> None:
        self.file_name = file_name
        self.entries: tuple[ZipEntry, ...] = tuple(entries)
        """All files, in the directory's order; folders are left out."""
        self._stream = stream
        self._end = end
        self._lock = threading.Lock()

    def read(self, entry: ZipEntry) -> bytes:
        """An entry's content. Raises DataError naming the entry when it is not what the directory says."""
        packed = self._packed(entry)
        try:
            content = packed if entry.method == _STORED else _inflated(packed, entry.size)
        except zlib.error as error:
            raise self._fault(entry, "is damaged and cannot be unpacked") from error
        if len(content) != entry.size:
            raise self._fault(entry, "is not as large as the zip says")
        if zlib.crc32(content) != entry.crc:
            raise self._fault(entry, "is damaged: its checksum (CRC) is wrong")
        return content

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _packed(self, entry: ZipEntry) -> bytes:
        """An entry's bytes as they lie in the file, once its own header agrees with the directory."""
        with self._lock:
            self._stream.seek(entry.place)
            header = self._stream.read(_HEADER_BYTES)
            if len(header) < _HEADER_BYTES or header[:4] != _HEADER:
                raise self._fault(entry, "is missing: the zip has nothing at its place")
            name_bytes, extra_bytes = struct.unpack("<2H", header[26:30])
            if self._stream.read(name_bytes) != entry.raw_name:
                raise self._fault(entry, "has another name where its content lies")
            flags, method = struct.unpack("<2H", header[6:10])
            if method != entry.method or flags & _ENCRYPTED:
                raise self._fault(entry, "is packed in another way than the zip says")
            start = entry.place + _HEADER_BYTES + name_bytes + extra_bytes
            if start + entry.packed > self._end.start:
                raise self._fault(entry, "overlaps the list of contents")
            self._stream.seek(start)
            packed = self._stream.read(entry.packed)
        if len(packed) < entry.packed:
            raise self._fault(entry, "breaks off before its end")
        return packed

    def _fault(self, entry: ZipEntry, what: str) -> DataError:
        """The sentence for an entry that is not as it should be."""
        return DataError(f"{self.file_name}: {shown(entry.name)} {what}. Make the zip again from the pictures.")


def open_zip(path: Path, file_name: str, settings: Settings) -> GuardedZip:
    """Open a zip once its directory is found sound: names, links, count, sizes, ratio, overlap; content is not looked at.

    Raises DataError that names the zip and the entry at fault. Takes less than a second and little memory whatever is in it.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise DataError(f"{file_name} cannot be opened: {error.strerror or error}. Check the name and the folder.") from error
    try:
        end = read_end(stream, file_name)
        judge = _Judge(file_name, settings)
        entries = [entry for entry in read_entries(stream, end, file_name, judge.most) if judge.take(entry)]
        _check_overlap(entries, end, file_name)
        judge.check_totals()
        if not entries:
            raise DataError(f"{file_name} is an empty zip. Give a zip with a folder of pictures for each class.")
        return GuardedZip(stream, file_name, end, entries)
    except BaseException:
        stream.close()
        raise


class _Judge:
    """Judges entries one by one, and then all together."""

    def __init__(self, file_name: str, settings: Settings) -> None:
        self.most = _FILES_A_PICTURE * settings.max_pictures
        self._file_name = file_name
        self._settings = settings
        self._size = 0
        self._packed = 0

    def take(self, entry: ZipEntry) -> bool:
        """Whether an entry is a file; raises DataError when it is a danger to anybody who would unpack the zip."""
        danger = danger_of(entry.name) or self._kind_fault(entry) or self._size_fault(entry)
        if danger:
            cure = "Remove it and make the zip again"
            raise DataError(f"{self._file_name}: the entry {shown(entry.name)} {danger}. {cure}.")
        self._size += entry.size
        self._packed += entry.packed
        if self._size > self._settings.max_zip_bytes:
            raise DataError(
                f"{self._file_name} unpacks to more than {self._settings.max_zip_bytes / 1e9:,.1f} GB, which is the limit. "
                "Give smaller pictures, or raise the limit with TLCORE_MAX_ZIP_BYTES."
            )
        return not entry.name.endswith(("/", "\\"))

    def check_totals(self) -> None:
        """Refuse a zip that grows as no pictures do when it is unpacked."""
        if self._size > _BOMB_BYTES and self._size > _MOST_RATIO * self._packed:
            raise DataError(
                f"{self._file_name} unpacks to {self._size / 1e6:,.0f} MB from {self._packed / 1e6:,.2f} MB, as zip bombs do "
                "and pictures do not. Make a zip of the pictures alone."
            )

    def _kind_fault(self, entry: ZipEntry) -> str | None:
        """What an entry is that it must not be."""
        kind = entry.mode & _FILE_TYPE
        if kind == _LINK:
            return "is a link to another file, which is never followed"
        if kind not in {0, _FILE, _FOLDER}:
            return "is a device or pipe, not a file"
        if entry.flags & _ENCRYPTED:
            return "is encrypted"
        if entry.method not in {_STORED, _DEFLATED}:
            return f"is packed with method {entry.method}; only the usual ones (stored, deflated) are read"
        if is_archive(entry.name) and not is_junk(entry.name):
            return "is an archive within the zip; unpack it first"
        return None

    def _size_fault(self, entry: ZipEntry) -> str | None:
        """How an entry lies about its size, or what makes it a bomb."""
        if entry.method == _STORED and entry.size != entry.packed:
            return "is stored as it is, and yet has two sizes"
        if entry.size > _DEFLATE_RATIO * (entry.packed + 1):
            return f"claims {entry.size:,} bytes from {entry.packed:,}, which no packing does"
        if entry.size > self._settings.max_picture_bytes and entry.size > _MOST_RATIO * entry.packed:
            return f"unpacks to {entry.size / 1e6:,.0f} MB from {entry.packed / 1e6:,.2f} MB, as zip bombs do"
        return None


def _check_overlap(entries: Iterable[ZipEntry], end: ZipEnd, file_name: str) -> None:
    """Refuse a zip in which two entries share bytes, or one leaves the file."""
    free, before = 0, ""
    for entry in sorted(entries, key=lambda entry: entry.place):
        if entry.place < free:
            raise DataError(
                f"{file_name}: the entries {shown(before)} and {shown(entry.name)} overlap, as in a zip bomb. "
                "Make the zip again from the pictures."
            )
        free, before = entry.place + _HEADER_BYTES + len(entry.raw_name) + entry.packed, entry.name
    if free > end.start:
        raise DataError(f"{file_name}: the entry {shown(before)} breaks off. Copy or upload the zip again.")


def _inflated(packed: bytes, size: int) -> bytes:
    """Unpack, one byte more than `size` at most. Raises `zlib.error` for broken data."""
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    content = machine.decompress(packed, size + 1)
    if len(content) == size and not machine.eof:
        content += machine.decompress(machine.unconsumed_tail, 1)
    if not machine.eof and len(content) <= size:
        raise zlib.error("the packed data ends early")
    return content
