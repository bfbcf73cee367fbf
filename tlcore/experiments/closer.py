"""`python -m tlcore.experiments.closer ID`: see an experiment to its end when its own worker cannot or will not.

Started by whoever cancels, and by the sweep that finds a dead worker. Imports MLflow only when there is something to write.
"""

import sys
import time

import psutil
from filelock import FileLock, Timeout

from tlcore.experiments.control import CANCELLED, INTERRUPTED, Control
from tlcore.experiments.lease import alive, process_of
from tlcore.experiments.store import RunStore
from tlcore.records import RunStatus
from tlcore.settings import Workspace

GRACE_SECONDS = 1.2
"""A worker that was asked to stop gets so long to do it itself, and as long again after SIGTERM."""
_OPEN = (RunStatus.SCHEDULED, RunStatus.RUNNING)
_NEVER_BEGAN = "its process could not be started; the log says more"


def main(experiment: str) -> None:
    """End a process that was asked to stop, and record how the experiment ended if nobody else did."""
    control = Control(Workspace(), experiment)
    if control.cancel_asked:
        _end_process(control)
    try:
        # The lock is free only when no worker is left, whatever the lease says; and a new one may be on its way.
        with FileLock(control.lock_file, timeout=5):
            if not control.ended and not alive(control):
                close(control)
    except Timeout:
        return


def close(control: Control) -> None:
    """Record an experiment that has no worker any more as cancelled, interrupted or failed."""
    store = RunStore(control.workspace)
    recorded = store.recorded(control.id)
    status, reason = RunStatus.KILLED, CANCELLED if control.cancel_asked else INTERRUPTED
    if not recorded and not control.cancel_asked:
        status, reason = RunStatus.FAILED, _NEVER_BEGAN
    for row in sorted(recorded, key=lambda row: row.parent is None):  # the parent last
        if row.status in _OPEN:
            store.end(row.id, status, reason)
    control.write_ending(status, reason)
    control.say(f"Ended: {reason}.")


def _end_process(control: Control) -> None:
    """Wait for a worker that was asked to stop; end one that does not listen."""
    for stop in (None, psutil.Process.terminate, psutil.Process.kill):
        process = process_of(control)
        if process is None or control.ended:
            return
        if stop is not None:
            stop(process)
        _wait(control, process)


def _wait(control: Control, process: psutil.Process) -> None:
    """Give it a moment."""
    over = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < over and process.is_running() and not control.ended:
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1])
