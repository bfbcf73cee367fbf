"""Who works on an experiment, whether that process still lives, and whose turn it is.

A lease names a process by host, pid and start time, because pids are used again; the file's own time is its heartbeat. Truth
about ownership is the lock that the process holds: the operating system frees it however the process ends.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
from filelock import FileLock, Timeout
from pydantic import ValidationError

from tlcore.errors import Stopped
from tlcore.experiments.control import CANCELLED, INTERRUPTED, Control, all_controls
from tlcore.files import write_text
from tlcore.records import Record, RunStatus

HEARTBEAT_SECONDS = 2.0
STALE_SECONDS = 30.0
"""A process on another host without a heartbeat for so long counts as dead."""
STARTING_SECONDS = 15.0
"""A process just started may take so long to take its lease."""
_CLOCK_SLACK = 3.0
_POLL_SECONDS = 0.2


class Lease(Record):
    """The process that works on an experiment."""

    host: str
    pid: int
    started: float
    """Its start, seconds since 1970; tells it from a later process with the same pid."""
    slot: int | None = None
    """The slot it trains in; None while it waits."""


def read_lease(control: Control) -> Lease | None:
    """The lease of an experiment; None when no process took it."""
    try:
        return Lease.model_validate_json(control.lease_file.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def write_lease(control: Control, pid: int, slot: int | None = None) -> None:
    """Name process `pid` of this host as the one that works on the experiment."""
    lease = Lease(host=socket.gethostname(), pid=pid, started=psutil.Process(pid).create_time(), slot=slot)
    write_text(control.lease_file, lease.model_dump_json())


def process_of(control: Control) -> psutil.Process | None:
    """The living process of this host that works on an experiment, or None."""
    lease = read_lease(control)
    if lease is None or lease.host != socket.gethostname():
        return None
    try:
        process = psutil.Process(lease.pid)
        # Start times shift when the clock is set, e.g. after a laptop slept; its command line still tells a worker.
        same = abs(process.create_time() - lease.started) < _CLOCK_SLACK or control.id in process.cmdline()
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def alive(control: Control) -> bool:
    """True while the process that an experiment's lease names lives, or one may still be about to take it."""
    lease = read_lease(control)
    if lease is None:
        return _age(control, "spec.json") < STARTING_SECONDS
    if lease.host != socket.gethostname():
        return _age(control, "lease.json") < STALE_SECONDS
    return process_of(control) is not None


@contextmanager
def held(control: Control) -> Iterator[bool]:
    """Own an experiment for a block and keep its lease fresh. Yields False when another process owns it."""
    lock = FileLock(control.lock_file)
    try:
        lock.acquire(timeout=1)  # whoever tidies up after a dead worker holds it for a moment
    except Timeout:
        yield False
        return
    over = threading.Event()
    try:
        write_lease(control, os.getpid())
        threading.Thread(target=_beat, args=(control, over), daemon=True).start()
        yield True
    finally:
        over.set()
        lock.release()


@contextmanager
def slot(control: Control, slots: int, on_wait: Callable[[int], None]) -> Iterator[None]:
    """Wait, first come first served, for one of `slots` places to train in, and keep it for the block.

    `on_wait` gets the number of experiments ahead. Raises Stopped when the experiment is cancelled while it waits.
    """
    while True:
        if control.cancel_asked:
            raise Stopped("cancelled while waiting")
        ahead = _ahead(control)
        lock = _free_slot(control, slots) if not ahead else None
        if lock is not None:
            break
        on_wait(ahead)
        time.sleep(_POLL_SECONDS)
    number, place = lock
    try:
        write_lease(control, os.getpid(), number)
        yield
    finally:
        place.release()


def _free_slot(control: Control, slots: int) -> tuple[int, FileLock] | None:
    """A slot nobody holds, now held by this process."""
    for number in range(slots):
        lock = FileLock(control.workspace.queue / f"slot-{number}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return number, lock
    return None


def _ahead(control: Control) -> int:
    """Experiments that wait for a slot and came earlier."""
    mine = (control.submission().queued_at, control.id)
    others = (other for other in all_controls(control.workspace) if other.id != control.id and not other.ended)
    return sum(_waits(other) and (other.submission().queued_at, other.id) < mine for other in others)


def _waits(control: Control) -> bool:
    """True while a living process waits for a slot to train an experiment in."""
    lease = read_lease(control)
    return (lease is None or lease.slot is None) and alive(control)


def _beat(control: Control, over: threading.Event) -> None:
    """Touch the lease until told to stop."""
    while not over.wait(HEARTBEAT_SECONDS):
        with suppress(FileNotFoundError):
            os.utime(control.lease_file)


def _age(control: Control, name: str) -> float:
    """Seconds since a file of the experiment was last touched."""
    try:
        return time.time() - (control.folder / name).stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def standing(control: Control) -> tuple[RunStatus, str]:
    """Status and reason of an experiment as its folder tells them, however its process fared."""
    ending = control.ending()
    if ending is not None:
        return ending.status, ending.reason
    lease = read_lease(control)
    if lease is None or lease.slot is None:
        return RunStatus.SCHEDULED, ""
    if alive(control):
        return RunStatus.RUNNING, ""
    return RunStatus.KILLED, CANCELLED if control.cancel_asked else INTERRUPTED
