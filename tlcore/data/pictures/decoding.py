"""Many pictures, decoded side by side with few of them in memory at a time."""

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tlcore.data.pictures.names import shown
from tlcore.data.pictures.picture import keep_picture, look_of, read_picture
from tlcore.data.pictures.plan import Planned
from tlcore.data.pictures.records import OnProgress, PictureFacts, PictureLimits
from tlcore.data.pictures.sources import Files, UnreadableError
from tlcore.errors import DataError
from tlcore.settings import Settings

_AHEAD = 2
"""Pictures that wait, for each that is decoded."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture that was stored, or why it was not."""

    planned: Planned
    content: str
    """SHA-256 in hex of the source's bytes; "" when they could not be read."""
    file: str = ""
    """Name of the stored file."""
    facts: PictureFacts | None = None
    pixels: str = ""
    look: str = ""
    problem: str = ""
    """ "name: reason" for a picture that was left out."""


def decode_all(
    files: Files, planned: Sequence[Planned], folder: Path, settings: Settings, on_progress: OnProgress | None = None
) -> list[Decoded]:
    """Read, check and store pictures into a folder; those that cannot be read say why.

    `on_progress` may raise `Stopped`. Raises DataError when the source cannot be trusted any more, StorageError when the disk
    refuses. Memory: a few pictures, however many there are.
    """
    threads = settings.threads or os.cpu_count() or 1
    done = []
    pool = ThreadPoolExecutor(threads)
    try:
        for decoded in _in_order(pool, files, planned, folder, settings, threads * (1 + _AHEAD)):
            done.append(decoded)
            if on_progress:
                on_progress(len(done), len(planned))
    finally:
        pool.shutdown(cancel_futures=True)
    return done


def _in_order(
    pool: ThreadPoolExecutor, files: Files, planned: Sequence[Planned], folder: Path, settings: Settings, ahead: int
) -> Iterator[Decoded]:
    """Pictures in their order, at most `ahead` of them under way."""
    limits = PictureLimits.of(settings)
    waiting: deque[Future[Decoded]] = deque()
    for one in planned:
        waiting.append(pool.submit(_decode, files, one, folder, limits))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _decode(files: Files, planned: Planned, folder: Path, limits: PictureLimits) -> Decoded:
    """Read, check and store one picture."""
    name = shown(planned.name)
    size = files.sizes[planned.position]
    if size > limits.max_bytes:
        # Not even read: what is over the limit may be far over it.
        problem = f"{name}: has {size / 1e6:,.0f} MB; the limit for a picture is {limits.max_bytes / 1e6:,.0f} MB."
        return Decoded(planned, "", problem=problem)
    try:
        content = files.read(planned.position)
    except UnreadableError as error:
        return Decoded(planned, "", problem=_problem(name, error))
    digest = hashlib.sha256(content).hexdigest()
    try:
        read = read_picture(content, planned.name, limits)
    except DataError as error:
        return Decoded(planned, digest, problem=_problem(name, error))
    return Decoded(planned, digest, keep_picture(read, folder), read.facts, read.pixels, look_of(read.image))


def _problem(name: str, error: DataError) -> str:
    """A sentence about a file as "name: reason"."""
    return f"{name}: {str(error).removeprefix(name).strip()}"
