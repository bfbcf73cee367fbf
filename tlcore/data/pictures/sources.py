"""Where pictures come from: a zip, a folder or dropped files, behind one list of names and one way to read."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tlcore.data.file_kind import GZIP
from tlcore.data.pictures.header import read_kind
from tlcore.data.pictures.names import as_text, danger_of, shown
from tlcore.data.pictures.records import Upload
from tlcore.data.pictures.zip_guard import open_zip
from tlcore.errors import DataError
from tlcore.files import sha256_of
from tlcore.settings import Settings

_ZIP = b"PK"
_FILES_A_PICTURE = 3


class UnreadableError(DataError):
    """One file that cannot be read, while the others can; the text is a sentence that names it."""


@dataclass(frozen=True)
class Files:
    """Files by name, in a stable order."""

    shown: str
    """What all of them together are called in messages."""
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    """Bytes of each."""
    read: Callable[[int], bytes]
    """Content at a position; raises UnreadableError for a file to leave out, DataError when nothing can be trusted any more."""
    digest: Callable[[Sequence[str]], str]
    """SHA-256 in hex of the source, given those of its files' contents ("" for files that were not read)."""


@contextmanager
def open_files(source: Path | Sequence[Upload], settings: Settings, file_name: str | None = None) -> Iterator[Files]:
    """The files of a zip, a folder, or a list of dropped files (one zip among them only alone).

    Raises DataError when there is nothing to read, or a zip is not sound.
    """
    if isinstance(source, Path):
        name = file_name or source.name or str(source)
        if source.is_dir():
            yield _folder(source, name, settings)
            return
        if not source.is_file():
            raise DataError(f"There is no file or folder {source}. Check the name and the folder.")
        source = [Upload(source.resolve(), name)]
    if len(source) == 1 and _is_zip(source[0]):
        with open_zip(source[0].path, shown(file_name or source[0].name), settings) as archive:
            entries, path = archive.entries, source[0].path
            yield Files(
                archive.file_name,
                tuple(entry.name for entry in entries),
                tuple(entry.size for entry in entries),
                lambda position: archive.read(entries[position]),
                lambda _: sha256_of(path),
            )
        return
    yield _dropped(source, file_name, settings)


def _is_zip(upload: Upload) -> bool:
    """Whether the only file given is a zip; whatever else is no picture either is refused by what it is."""
    with _opened(upload.path, upload.name) as stream:
        head = stream.read(512)
    if head.startswith(_ZIP):
        return True
    if head.startswith(GZIP) or (not read_kind(head) and upload.name.casefold().endswith(".zip")):
        raise DataError(f"{shown(upload.name)} is no zip file, whatever its name says. Give a zip, a folder, or the pictures.")
    return False


def _dropped(uploads: Sequence[Upload], file_name: str | None, settings: Settings) -> Files:
    """Files that were dropped one by one; their names are words of a stranger and no paths."""
    if not uploads:
        raise DataError("No files were given. Give a zip, or pictures and a CSV file with the columns filename and label.")
    for upload in uploads:
        if danger := danger_of(upload.name):
            raise DataError(f"The file {shown(upload.name)} {danger}. Rename it and drop the files again.")
    paths = [upload.path for upload in uploads]
    called = file_name or (uploads[0].name if len(uploads) == 1 else f"{len(uploads):,} files")
    return _of_paths(shown(called), paths, [as_text(upload.name) for upload in uploads], settings)


def _folder(root: Path, name: str, settings: Settings) -> Files:
    """All files below a folder in the order of their names; links are listed, and never followed."""
    paths: list[Path] = []
    for here, folders, files in os.walk(root, followlinks=False):
        folders.sort()
        linked = [folder for folder in folders if Path(here, folder).is_symlink()]
        paths += [Path(here, file) for file in (*files, *linked)]
        _check_count(len(paths), name, settings)
    paths.sort()
    return _of_paths(shown(name), paths, [as_text(path.relative_to(root).as_posix()) for path in paths], settings)


def _of_paths(called: str, paths: Sequence[Path], names: Sequence[str], settings: Settings) -> Files:
    """Files that lie in the file system."""
    _check_count(len(paths), called, settings)
    sizes = tuple(path.lstat().st_size if path.is_symlink() or path.exists() else 0 for path in paths)

    def read(position: int) -> bytes:
        with _opened(paths[position], names[position]) as stream:
            return stream.read(sizes[position] + 1)

    def digest(contents: Sequence[str]) -> str:
        lines = "".join(f"{content} {name}\n" for content, name in zip(contents, names, strict=True))
        return hashlib.sha256(lines.encode()).hexdigest()

    return Files(called, tuple(names), sizes, read, digest)


def _check_count(count: int, name: str, settings: Settings) -> None:
    """Refuse more files than pictures could need."""
    if count > _FILES_A_PICTURE * settings.max_pictures:
        raise DataError(
            f"{shown(name)} has over {_FILES_A_PICTURE * settings.max_pictures:,} files, which is the limit. Give fewer, or "
            "raise the limit with TLCORE_MAX_PICTURES."
        )


@contextmanager
def _opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """An ordinary file to read. Raises UnreadableError for a link, for what is no file, and what the system will not give."""
    try:
        if path.is_symlink():
            raise UnreadableError(f"{shown(name)} is a link to another file, which is never followed. Put a copy in its place.")
        # Without waiting, as opening a pipe would wait for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnreadableError(f"{shown(name)} is no ordinary file. Remove it.")
            yield stream
    except OSError as error:
        raise UnreadableError(f"{shown(name)} cannot be read: {error.strerror or error}. Check its permissions.") from error
