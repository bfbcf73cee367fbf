"""Waiting for what takes long, with a progress bar on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tlcore.cli.session import printable, say
from tlcore.settings import Workspace

_ACTIVE = ("queued", "running")
_POLL_SECONDS = 0.2
_SWEEP_SECONDS = 2.0
_SAY_SECONDS = 15.0
_CANCEL_SECONDS = 20.0

Report = Callable[[float, str], None]
"""Called with the share done (0-1) and what is being done."""


@contextmanager
def progress_bar() -> Iterator[Report]:
    """A bar where stderr is a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda share, what: bar.update(task, completed=share, description=printable(what))


@contextmanager
def counting_bar(noun: str) -> Iterator[Callable[[int, int], None]]:
    """The same for work that is told of as (done, in all): `12 of 72 pictures`."""
    with progress_bar() as report:
        yield lambda done, total: report(done / total, f"{done:,} of {total:,} {noun}")


def follow(workspace: Workspace, experiment: str) -> str:
    """Wait until an experiment is over and return its last state. Ctrl-C cancels it and keeps what is finished."""
    from tlcore.experiments import queue

    try:
        with progress_bar() as report:
            return _wait(workspace, experiment, report)
    except KeyboardInterrupt:
        say("Cancelling; finished runs are kept.")
        queue.cancel(workspace, experiment)
        return wait_over(workspace, experiment)


def wait_over(workspace: Workspace, experiment: str) -> str:
    """Wait, some seconds at most, until an experiment that was cancelled is over; returns its state."""
    from tlcore.experiments import queue

    limit = time.monotonic() + _CANCEL_SECONDS
    while (state := queue.state(workspace, experiment)) in _ACTIVE and time.monotonic() < limit:
        time.sleep(_POLL_SECONDS)
    return state


def _wait(workspace: Workspace, experiment: str, report: Report) -> str:
    """Poll until the experiment is over, and tidy up after a dead worker on the way."""
    from tlcore.experiments import queue

    swept = 0.0
    while True:
        if time.monotonic() - swept > _SWEEP_SECONDS:
            queue.sweep(workspace)
            swept = time.monotonic()
        state = queue.state(workspace, experiment)
        if state not in _ACTIVE:
            return state
        progress = queue.progress(workspace, experiment)
        if progress is not None:
            left = "" if progress.seconds_left is None else f", about {_duration(progress.seconds_left)} left"
            report(progress.done, progress.phase + left)
        time.sleep(_POLL_SECONDS)


def _duration(seconds: float) -> str:
    """Seconds or minutes, whichever reads better."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


class _Lines:
    """Says where things stand every now and then."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def __call__(self, share: float, what: str) -> None:
        if time.monotonic() - self._said > _SAY_SECONDS:
            self._said = time.monotonic()
            say(f"{share:.0%}  {what}")
