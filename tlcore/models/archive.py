"""Reads a small zip of known files without trusting it: judged from its directory alone, read in memory, never extracted."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

from tlcore.errors import BundleError

MAX_BYTES = 2 * 1024**3 - 1
"""Most bytes in all, packed or unpacked."""
_MAX_RATIO = 100
_SMALL = 1 << 20  # below this size a high ratio is harmless: a few labels repeated often pack very well
_MAX_DIRECTORY = 1 << 16
_END_SIZE = 22
_FAULTS = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, IndexError, ValueError, OSError,
)  # fmt: skip


def shown(name: str) -> str:
    """A name from outside, fit to stand in a sentence: one short line of printable characters."""
    printable = "".join(character if character.isprintable() else "�" for character in name)
    return printable if len(printable) <= 80 else f"{printable[:79]}…"


def read_archive(path: Path, known: Collection[str]) -> dict[str, bytes]:
    """Name → content of a zip that may hold the `known` files and nothing else.

    Raises BundleError naming the entry and what is wrong with it; nothing is written anywhere.
    """
    _check_end(path)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_entries(path, entries, known)
            return {entry.filename: _read(path, archive, entry) for entry in entries}
    except _FAULTS as error:
        raise BundleError(f"{path.name} is damaged: its list of files cannot be read. Download or copy it again.") from error


def write_archive(path: Path, files: dict[str, Path]) -> None:
    """Write files into a zip whose bytes depend on nothing but their names and content.

    Raises BundleError when they are too large for `read_archive`.
    """
    if sum(file.stat().st_size for file in files.values()) > MAX_BYTES:
        raise BundleError("This model is too large for a zip (over 2 GB). Copy its folder instead.")
    with zipfile.ZipFile(path, "w") as archive:
        for name, file in files.items():
            # A fixed date and no host attributes. Weights hardly shrink, and storing them as they are keeps saving quick.
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".safetensors") else zipfile.ZIP_DEFLATED
            entry.file_size = file.stat().st_size
            with file.open("rb") as source, archive.open(entry, "w") as target:
                while chunk := source.read(1 << 20):
                    target.write(chunk)


def _check_end(path: Path) -> None:
    """Judge the record at the end of a zip before anything parses its directory, which may list a million entries."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise BundleError(f"{path.name} is too large for a model: {size:,} bytes, at most {MAX_BYTES:,} are read.")
    with path.open("rb") as stream:
        stream.seek(max(0, size - _END_SIZE - 20))
        tail = stream.read()
    end = tail[-_END_SIZE:]
    if len(end) < _END_SIZE or not end.startswith(b"PK\x05\x06"):
        raise BundleError(f"{path.name} is not a complete zip file. Models come as a zip or a folder; copy or export it again.")
    count, directory = struct.unpack("<HI", end[10:16])
    if directory > _MAX_DIRECTORY or tail.startswith(b"PK\x06\x07"):
        raise BundleError(f"{path.name} holds far too many files for a model ({count:,} or more).")


def _check_entries(path: Path, entries: list[zipfile.ZipInfo], known: Collection[str]) -> None:
    """Refuse, by name, whatever a bundle does not hold, and sizes that cannot be honest."""
    seen: set[str] = set()
    for entry in entries:
        name = shown(entry.filename)
        if entry.filename not in known:
            raise BundleError(
                f"{path.name} holds “{name}”, which is no part of a model. Only {', '.join(known)} may be in it,"
                " without a folder around them."
            )
        if entry.filename in seen:
            raise BundleError(f"{path.name} holds {name} twice.")
        seen.add(entry.filename)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise BundleError(f"{path.name}: {name} is a link, not a file.")
        if entry.flag_bits & 1:
            raise BundleError(f"{path.name}: {name} is encrypted. Export the model again without a password.")
        if entry.file_size > _SMALL and entry.file_size > _MAX_RATIO * max(entry.compress_size, 1):
            raise BundleError(f"{path.name}: {name} claims to unpack to {entry.file_size:,} bytes, which no model does.")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_BYTES:
        raise BundleError(f"{path.name} claims to unpack to {total:,} bytes; at most {MAX_BYTES:,} are read.")


def _read(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One entry's content; `zipfile` never yields more than the declared size."""
    try:
        return archive.read(entry)
    except _FAULTS as error:
        raise BundleError(f"{path.name}: {entry.filename} is damaged. Download or copy it again.") from error
