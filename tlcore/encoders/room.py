"""Room for what a frozen prefix gives for all items: in memory while it is small, in a nameless file when it is large."""

import mmap
import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tlcore.errors import StorageError
from tlcore.settings import Settings

MOST_IN_MEMORY = 500_000_000
"""Bytes; above, rows lie in a file."""
MOST_MAPPED = 64_000_000
"""Bytes of rows that are touched before the pages they lie on are let go. Systems map up to 16 pages around each."""


class Room:
    """Rows `(n, …)` of 2 or 4 bytes a number, to be written and read by tensors of positions, or by slices.

    A large one lies in a file of which little is in memory at a time. The file has no name, so that it vanishes with the room
    or with the process, killed or not; it lies in the workspace of `TLCORE_HOME`, as a system's own folder for temporary files
    may lie in memory; without one, there. Raises StorageError when the disk has not as much room.
    """

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype) -> None:
        self.dtype = dtype
        self._touched = 0
        self._map: mmap.mmap | None = None
        size = int(np.prod(shape)) * dtype.itemsize
        if size <= MOST_IN_MEMORY:
            self._rows = torch.empty(shape, dtype=dtype)
            return
        self._map = _mapped(size)
        raw = np.dtype(np.int16 if dtype.itemsize == 2 else np.int32)
        self._rows = torch.from_numpy(np.frombuffer(self._map, raw).reshape(shape)).view(dtype)

    def __setitem__(self, rows: Tensor, values: Tensor) -> None:
        self._rows[rows] = values
        self._touch(values)

    def __getitem__(self, rows: Tensor | slice) -> Tensor:
        found = self._rows[rows]
        self._touch(found)
        return found

    def _touch(self, rows: Tensor) -> None:
        """Let go of mapped pages now and then: what they hold stays in the file, and in the system's cache while it can."""
        self._touched += rows.nbytes
        if self._map is not None and self._touched > MOST_MAPPED and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)
            self._touched = 0


def _mapped(size: int) -> mmap.mmap:
    """So many bytes of a new file, mapped."""
    home = Path(Settings().home).expanduser()
    try:
        with tempfile.TemporaryFile(dir=home if home.is_dir() else None) as stream:
            _take(stream.fileno(), size)
            return mmap.mmap(stream.fileno(), size)
    except OSError as error:
        raise StorageError(
            f"The frozen blocks' output takes {size / 1e6:,.0f} MB of disk, which cannot be had ({error.strerror or error}). "
            "Free some disk space, or choose a smaller budget."
        ) from error


def _take(descriptor: int, size: int) -> None:
    """Make an empty file so long, its room on the disk taken: a mapped page that finds none later ends the process."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    else:
        os.truncate(descriptor, size)
