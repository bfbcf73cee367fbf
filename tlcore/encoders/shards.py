"""What was computed of items, on disk: immutable files, each known by its content, that two processes may share.

A shard is one `.npy` file with a single record of columns: item keys, seconds each item cost, and a row of features (or of
pixels) for each. Its name is the SHA-256 of its bytes. The index over all shards is rebuilt from them, so there is no second
truth that could disagree.
"""

import hashlib
import io
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from tlcore.encoders.base import FloatArray, IntArray, OnProgress
from tlcore.files import atomic_path, sha256_of
from tlcore.records import Item, Picture

Keys = npt.NDArray[np.bytes_]
"""`(n,)` of 32 hexadecimal digits that stand for an item's content."""
Compute = Callable[[IntArray, OnProgress], Any]
_POLL_SECONDS = 0.25
_log = logging.getLogger(__name__)
_FEW = 20_000
"""Items up to which an answer is kept, so that it keeps few of them in memory."""


def distinct(items: Sequence[Item]) -> tuple[Keys, IntArray, IntArray]:
    """Keys of the distinct items, the position of the first of each in `items`, and for each item the position of its key.

    Read-only: the last few answers are kept, as all runs of an experiment ask for the same test.
    """
    return _distinct_few(tuple(items)) if len(items) <= _FEW else _distinct(items)


@lru_cache(maxsize=4)
def _distinct_few(items: tuple[Item, ...]) -> tuple[Keys, IntArray, IntArray]:
    """Known by the items themselves, whose own hashes are at hand."""
    found = _distinct(items)
    for array in found:
        array.flags.writeable = False
    return found


def _distinct(items: Sequence[Item]) -> tuple[Keys, IntArray, IntArray]:
    keys = np.array([_key(item) for item in items], dtype="S32")
    return np.unique(keys, return_index=True, return_inverse=True)


def _key(item: Item) -> str:
    """32 hexadecimal digits that stand for an item's content."""
    if isinstance(item, Picture):
        return item.key[:32]
    return hashlib.sha256(item.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Shard:
    """One file, memory-mapped while it is read. Raises ValueError or OSError when it cannot even be opened.

    Nothing stays open: there may be more shards than files that a process may have open, often 1,024.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        columns = np.lib.format.open_memmap(path, mode="r")
        self._kind, self._start = columns.dtype, columns.offset
        self.keys: Keys = columns["keys"][0].copy()

    @property
    def _columns(self) -> Any:
        return np.asarray(np.memmap(self.path, self._kind, "r", self._start, shape=(1,)))

    @cached_property
    def sound(self) -> bool:
        """True when the file's content is what its name says; read once."""
        return self.path.is_file() and sha256_of(self.path) == self.path.stem

    @property
    def seconds(self) -> FloatArray:
        """`(n,)` what each item cost to compute."""
        return self._columns["seconds"][0]

    @property
    def vectors(self) -> Any:
        """`(n, …)` what is stored of each item: features `(n, d)` float32, or pixels `(n, s, s, 3)` uint8."""
        return self._columns["vectors"][0]


@dataclass(frozen=True)
class Places:
    """Where items are stored."""

    shard: IntArray
    """`(n,)` position in `Shelf.shards`; -1 = not stored."""
    row: IntArray
    """`(n,)` row within the shard."""

    @property
    def stored(self) -> npt.NDArray[np.bool_]:
        """`(n,)` True where the item is stored."""
        return self.shard >= 0


class Shelf:
    """All shards of one encoder, or of one way to prepare pictures, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = FileLock(folder / ".lock")
        self._known: set[str] = set()
        self.shards: list[Shard] = []
        self._index: tuple[Keys, IntArray, IntArray] | None = None

    def refresh(self) -> bool:
        """Take in shards that others wrote meanwhile, True when there were any, and let go of those that are gone."""
        present = {path.name for path in self._folder.glob("*.npy")}
        if self._known - present:
            self.shards = [shard for shard in self.shards if shard.path.name in present]
            self._known &= present
            self._index = None
        new = sorted(present - self._known)
        for name in new:
            self._take(self._folder / name)
        return bool(new)

    def find(self, keys: Keys) -> Places:
        """Where items are stored. A shard that is damaged is found out here, deleted, and its items are not stored."""
        while True:
            places = self._find(keys)
            damaged = [shard for shard in np.unique(places.shard[places.stored]) if not self.shards[shard].sound]
            if not damaged:
                return places
            for position in reversed(damaged):
                self._discard(self.shards.pop(position).path)

    def each(self, places: Places) -> Iterator[tuple[Shard, IntArray]]:
        """The shards that stored items lie in, each with the positions `(m,)` of its items in `places`."""
        order = np.argsort(places.shard, kind="stable")
        firsts = np.flatnonzero(np.diff(places.shard[order], prepend=-1))
        for position, rows in zip(places.shard[order[firsts]], np.split(order, firsts)[1:], strict=True):
            yield self.shards[position], rows

    def complete(self, keys: Keys, size: int, compute: Compute, on_progress: OnProgress | None = None) -> None:
        """Store all of `keys` that are not stored yet, `size` at a time, taking turns with other processes.

        `compute` gets positions in `keys` and a progress callback for them, and returns one row for each.
        """
        left = np.flatnonzero(~self.find(keys).stored)

        def report(done: int, _: int) -> None:
            if on_progress:
                on_progress(len(keys) - len(left) + done, len(keys))

        while len(left):
            with self.writing(while_waiting=lambda: report(0, 0)):
                if self.refresh():
                    left = left[~self.find(keys[left]).stored]
                chunk = left[:size]
                if len(chunk):
                    started = time.perf_counter()
                    vectors = compute(chunk, report)
                    self.append(keys[chunk], vectors, time.perf_counter() - started)
            left = left[len(chunk) :]

    def append(self, keys: Keys, vectors: Any, seconds: float) -> None:
        """Store rows `(n, …)`, `seconds` being what they cost together. Raises StorageError when the disk refuses."""
        parts = _file_of(keys, vectors, seconds)
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part)
        path = self._folder / f"{digest.hexdigest()}.npy"
        with atomic_path(path, lasting=False) as temporary, temporary.open("wb") as stream:
            stream.writelines(parts)
        self._take(path, sound=True)

    @contextmanager
    def writing(self, while_waiting: Callable[[], None]) -> Iterator[None]:
        """Be the only writer. While another process is, `while_waiting` is called a few times a second and may raise."""
        while True:
            try:
                self._lock.acquire(timeout=_POLL_SECONDS)
                break
            except Timeout:
                while_waiting()
        try:
            for left_over in self._folder.glob(".*.tmp"):  # of a writer that was killed
                left_over.unlink()
            yield
        finally:
            self._lock.release()

    def _find(self, keys: Keys) -> Places:
        stored, shard, row = self._sorted()
        if not len(stored):
            return Places(np.full(len(keys), -1), np.zeros(len(keys), np.int64))
        at = np.minimum(np.searchsorted(stored, keys), len(stored) - 1)
        return Places(np.where(stored[at] == keys, shard[at], -1), row[at])

    def _sorted(self) -> tuple[Keys, IntArray, IntArray]:
        """All keys in order, with the shard and row of each."""
        if self._index is None:
            sizes = [len(shard.keys) for shard in self.shards]
            keys = np.concatenate([np.empty(0, "S32"), *(shard.keys for shard in self.shards)])
            order = np.argsort(keys)
            shard = np.repeat(np.arange(len(sizes)), sizes)
            row = np.concatenate([np.empty(0, np.int64), *(np.arange(size) for size in sizes)])
            self._index = keys[order], shard[order], row[order]
        return self._index

    def _take(self, path: Path, sound: bool = False) -> None:
        """Take in a shard; `sound` when its content is known to be what its name says."""
        self._known.add(path.name)
        self._index = None
        try:
            shard = Shard(path)
            if sound:
                shard.sound = True
            self.shards.append(shard)
        except (OSError, ValueError, KeyError, IndexError):
            self._discard(path)

    def _discard(self, path: Path) -> None:
        """Delete a damaged shard: what it held is computed again."""
        _log.warning("Stored features in %s are damaged and will be computed again.", path)
        self._index = None
        self._known.discard(path.name)
        path.unlink(missing_ok=True)


def _file_of(keys: Keys, vectors: Any, seconds: float) -> list[bytes | memoryview]:
    """A shard's bytes in parts, so that vectors need not be copied."""
    rows, kind = len(vectors), vectors.dtype.newbyteorder("<")
    record = np.dtype([("keys", "S32", rows), ("seconds", "<f4", rows), ("vectors", kind, vectors.shape)])
    header = io.BytesIO()
    shape = {"descr": np.lib.format.dtype_to_descr(record), "fortran_order": False, "shape": (1,)}
    np.lib.format.write_array_header_1_0(header, shape)
    each = np.full(rows, seconds / rows, "<f4")
    return [header.getvalue(), keys.astype("S32").tobytes(), each.tobytes(), np.ascontiguousarray(vectors, kind).data]
