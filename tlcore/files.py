"""Files that are either whole or absent, known by their content; and the room that they need."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tlcore.errors import StorageError

_CHUNK = 1 << 20


@contextmanager
def atomic_path(target: Path, *, lasting: bool = True) -> Iterator[Path]:
    """Give a temporary path beside `target`; after the block it is flushed to disk and renamed onto `target`.

    When the block raises, the temporary file is removed and `target` is as it was. What is not `lasting`, as its folder is
    temporary too or damage to it is found out and mended, need not outlive a power cut and is not flushed.
    Raises StorageError with path and reason when the disk refuses.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        if lasting:
            _flush(temporary)
        temporary.replace(target)
        if lasting:
            _flush(target.parent)
    except OSError as error:
        raise StorageError(
            f"Could not write {target}: {error.strerror or error}. Free some disk space and try again."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(target: Path, content: bytes, *, lasting: bool = True) -> None:
    """Write `content` to `target` whole or not at all; `lasting` as in `atomic_path`."""
    with atomic_path(target, lasting=lasting) as temporary:
        temporary.write_bytes(content)


def write_text(target: Path, text: str, *, lasting: bool = True) -> None:
    """Write `text` as UTF-8 to `target` whole or not at all; `lasting` as in `atomic_path`."""
    write_bytes(target, text.encode(), lasting=lasting)


@contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`, which is made where there is none; gone afterwards, whatever happens."""
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)


def check_room(folder: Path, needed: int) -> None:
    """Raise StorageError unless the disk of `folder` has `needed` bytes left for an import."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"{folder} has {free / 1e6:,.0f} MB left and this import may need {needed / 1e6:,.0f} MB. "
            "Free some disk space and try again."
        )


def stem(name: str) -> str:
    """A file's name without its ending, nor that of its packing: `reviews.csv.gz` → `reviews`."""
    return name.removesuffix(".gz").rsplit(".", 1)[0] or name


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's content in hex, read in bounded memory."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    """Force a file's content, or a folder's entries, onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
