"""`python -m tlcore.experiments.worker ID`: one experiment's process. It waits for a slot, works, records, and ends.

It needs nobody: not the web server that started it, not a terminal. Killed at any moment, it leaves a record that the sweep
closes and a resumed worker completes.
"""

import faulthandler
import logging
import os
import select
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import psutil

from tlcore.errors import Stopped, TransferLabError
from tlcore.experiments.control import CANCELLED, Control, Progress, now
from tlcore.experiments.lease import held, slot
from tlcore.records import RunStatus
from tlcore.settings import Workspace

_NICENESS = 10
_PATIENCE = 600.0
"""Seconds that a spare worker waits for something to do."""
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")  # holds a number in a container with a limit
_log = logging.getLogger(__name__)


def main(experiment: str) -> None:
    """Work on an experiment unless another process does."""
    control = Control(Workspace(), experiment)
    _settle_in()
    with held(control) as mine:
        if mine and not control.ended:
            status, reason = _work(control)
            control.say(f"Ended: {reason or status.value.lower()}.")
            control.write_ending(status, reason)


def spare() -> None:
    """Get ready for the experiment that is in the making, then wait to be told one; end when nobody is left to tell it.

    Reads the spec as it is now, then an experiment's id, one line each.
    """
    _settle_in()
    likely = sys.stdin.readline()
    with suppress(TransferLabError):  # half ready is still quicker than from nothing
        from tlcore.experiments.rehearsal import rehearse
        from tlcore.experiments.spec import ExperimentSpec

        rehearse(Workspace(), ExperimentSpec.model_validate_json(likely))
    # Whoever tells the id closes the pipe behind it, so it is ready even where the id was read along with the spec.
    ready, _, _ = select.select([sys.stdin], [], [], _PATIENCE)
    if ready and (experiment := sys.stdin.readline().strip()):
        log = os.open(Control(Workspace(), experiment).log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        for stream in (1, 2):
            os.dup2(log, stream)
        main(experiment)


def _work(control: Control) -> tuple[RunStatus, str]:
    """Wait for a slot and race in it; returns how it ended."""
    try:
        with slot(control, control.workspace.settings.slots, lambda ahead: _wait(control, ahead)):
            return _race(control)
    except Stopped:
        return RunStatus.KILLED, CANCELLED


def _race(control: Control) -> tuple[RunStatus, str]:
    """Race and close the record. What only the whole experiment can fail of becomes its reason."""
    from tlcore import runtime
    from tlcore.experiments.race import Race
    from tlcore.experiments.store import RunStore

    _tell(control, "Starting")
    control.say("Started.")
    runtime.configure_threads()
    if runtime.device().type == "cpu":
        _limit_memory()
    race = Race(control, RunStore(control.workspace))
    try:
        status, reason = race.run()
    except Stopped:
        status, reason = RunStatus.KILLED, CANCELLED
    except TransferLabError as error:
        status, reason = RunStatus.FAILED, str(error)
    except Exception as error:
        _log.exception("experiment %s failed", control.id)
        status, reason = (
            RunStatus.FAILED,
            f"It broke off for a reason nobody foresaw ({type(error).__name__}); the log has the details.",
        )
    with suppress(TransferLabError):  # a store that cannot be written to is the reason already
        race.recorder.close(status, reason)
    return status, reason


def _wait(control: Control, ahead: int) -> None:
    """Say how many come first."""
    (control.folder / "starts").unlink(missing_ok=True)
    _tell(control, f"Waiting for {ahead} earlier experiment{'s' * (ahead > 1)}" if ahead else "Waiting for a free place")


def _tell(control: Control, phase: str) -> None:
    """Say where it stands before there is anything to measure."""
    before = control.progress()
    if before is None or before.phase != phase:
        control.write_progress(Progress(phase=phase, done=0.0, updated_at=now()))


def _settle_in() -> None:
    """Put nothing but errors into the log, and yield to other programs: in processor time, and when memory runs out."""
    faulthandler.enable()
    warnings.simplefilter("ignore")
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format="%(message)s")
    if hasattr(os, "SCHED_IDLE"):
        # A click on a page is then answered at once; niceness alone lets training finish its turn first.
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(_NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")


def _limit_memory() -> None:
    """Let an allocation beyond this machine's memory fail here, where one run ends with advice, not the whole process."""
    import resource

    sizes = [psutil.virtual_memory().available + psutil.Process().memory_info().rss]
    with suppress(OSError, ValueError):
        sizes.append(int(_CGROUP_LIMIT.read_text()))
    resource.setrlimit(resource.RLIMIT_DATA, (min(sizes), resource.RLIM_INFINITY))


if __name__ == "__main__":
    if sys.argv[1] == "--spare":
        spare()
    else:
        main(sys.argv[1])
