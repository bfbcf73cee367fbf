"""Pictures as ready pixels at a working resolution: decoded once, kept on disk, read as often as an epoch comes round."""

import hashlib
import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tlcore.encoders.base import IntArray, OnProgress
from tlcore.encoders.shards import Shelf, distinct
from tlcore.errors import StorageError
from tlcore.records import Picture
from tlcore.settings import Settings, Workspace

PixelArray = npt.NDArray[np.uint8]
_PICTURES_A_SHARD = 256
_ALGORITHM = "1"
"""Part of the name that ready pixels are kept under; raise it when the same picture gives other pixels."""


@dataclass(frozen=True)
class View:
    """How a picture becomes a square: the whole of it, pressed into shape, so that no edge is lost."""

    size: int
    """Pixels a side."""
    resample: str = "bicubic"
    """Pillow's name of the filter; each of those in use averages when it shrinks, so that nothing aliases."""

    @property
    def name(self) -> str:
        """Stands for everything that shapes pixels, and is fit to be part of a path."""
        return f"pixels-{self.size}-{self.resample}-{_ALGORITHM}"


class Pixels(Protocol):
    """`n` pictures as squares of one size."""

    def read(self, rows: IntArray) -> PixelArray:
        """Pixels `(b, s, s, 3)` uint8 of the pictures at `rows`, in memory of their own."""


class PixelSource(Protocol):
    """Where an image encoder gets pixels from."""

    def ready(self, pictures: Sequence[Picture], view: View, on_progress: OnProgress | None = None) -> Pixels:
        """Pixels of the pictures in the order given. Raises StorageError when a picture's file is damaged or missing."""


class DirectPixels:
    """A `PixelSource` that keeps nothing and decodes when it is read: for prediction and tests."""

    def ready(self, pictures: Sequence[Picture], view: View, on_progress: OnProgress | None = None) -> Pixels:
        """See `PixelSource`; nothing is decoded yet."""
        return _Decoded(pictures, view)


@dataclass(frozen=True)
class _Decoded:
    """Pictures that are decoded whenever they are read."""

    pictures: Sequence[Picture]
    view: View

    def read(self, rows: IntArray) -> PixelArray:
        """See `Pixels`."""
        return decode([self.pictures[row] for row in rows], self.view)


class PixelStore:
    """A `PixelSource` that decodes a picture once for each view and keeps it under `<workspace>/features/pixels-…/`.

    Pictures are known by their content, stored pixels are checked against their SHA-256 the first time they are used, and
    what is damaged is decoded again. Several processes and threads may use one workspace.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._shelves: dict[str, Shelf] = {}
        self._turn = Lock()

    def ready(self, pictures: Sequence[Picture], view: View, on_progress: OnProgress | None = None) -> Pixels:
        """See `PixelSource`; decodes what is not kept yet, in parallel, 256 pictures at a time.

        Progress counts distinct pictures. Stopped midway, all but the last 256 are kept.
        """
        keys, first, inverse = distinct(pictures)

        def compute(chunk: IntArray, report: OnProgress) -> PixelArray:
            return decode([pictures[first[position]] for position in chunk], view, report)

        with self._turn:
            shelf = self._shelf(view)
            places = shelf.find(keys)
            while not places.stored.all():  # a second time only when a shard was damaged in between
                shelf.complete(keys, _PICTURES_A_SHARD, compute, on_progress)
                places = shelf.find(keys)
            kept = [shard.vectors for shard in shelf.shards]
        if on_progress:
            on_progress(len(keys), len(keys))
        return _Kept(kept, places.shard[inverse], places.row[inverse], view.size)

    def _shelf(self, view: View) -> Shelf:
        if view.name not in self._shelves:
            self._shelves[view.name] = Shelf(self._workspace.features / view.name)
        self._shelves[view.name].refresh()
        return self._shelves[view.name]


@dataclass(frozen=True)
class _Kept:
    """Pictures whose pixels lie in memory-mapped files."""

    shards: Sequence[PixelArray]
    shard: IntArray
    row: IntArray
    size: int

    def read(self, rows: IntArray) -> PixelArray:
        """See `Pixels`; costs no more than copying them."""
        pixels = np.empty((len(rows), self.size, self.size, 3), dtype=np.uint8)
        for place, (shard, row) in enumerate(zip(self.shard[rows].tolist(), self.row[rows].tolist(), strict=True)):
            pixels[place] = self.shards[shard][row]
        return pixels


def decode(pictures: Sequence[Picture], view: View, on_progress: OnProgress | None = None) -> PixelArray:
    """Pixels `(n, s, s, 3)` uint8 of pictures, one thread a core.

    Raises StorageError naming a file that is damaged or missing.
    """
    pixels = np.empty((len(pictures), view.size, view.size, 3), dtype=np.uint8)
    with ThreadPoolExecutor(Settings().threads or os.cpu_count()) as pool:
        waiting = [pool.submit(_square, picture, view) for picture in pictures]
        try:
            for place, square in enumerate(waiting):
                pixels[place] = square.result()
                if on_progress:
                    on_progress(place + 1, len(pictures))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return pixels


def _square(picture: Picture, view: View) -> PixelArray:
    """One picture's pixels `(s, s, 3)` uint8."""
    from PIL import Image

    try:
        content = picture.path.read_bytes()
        if hashlib.sha256(content).hexdigest() != picture.key:
            raise StorageError(f"{picture.path} is damaged. Delete its dataset and import the pictures again.")
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            resample = Image.Resampling[view.resample.upper()]
            return np.asarray(image.convert("RGB").resize((view.size, view.size), resample))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise StorageError(
            f"{picture.path} cannot be read ({error}). Delete its dataset and import the pictures again."
        ) from error
