"""Room for what a frozen prefix gives for all items: in memory while it is small, in a nameless file when it is large."""

import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tlcore.errors import StorageError
from tlcore.settings import Settings

MOST_IN_MEMORY = 500_000_000
"""Bytes; above, a tensor lies in a file."""


def room(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """An empty tensor of 2 or 4 bytes a number; a large one lies in a file whose pages the system may take back.

    The file has no name, so that it vanishes with the tensor or with the process, killed or not. It lies in the workspace
    of `TLCORE_HOME`, as a system's own folder for temporary files may lie in memory; without one, there.
    Raises StorageError when the disk has not as much room.
    """
    size = int(np.prod(shape)) * dtype.itemsize
    if size <= MOST_IN_MEMORY:
        return torch.empty(shape, dtype=dtype)
    home = Path(Settings().home).expanduser()
    raw = np.dtype(np.int16 if dtype.itemsize == 2 else np.int32)
    try:
        with tempfile.TemporaryFile(dir=home if home.is_dir() else None) as stream:
            _take(stream.fileno(), size)
            return torch.from_numpy(np.memmap(stream, raw, mode="r+", shape=shape)).view(dtype)
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
