"""Experiments in line: submit, follow, cancel, resume. Every call is quick and imports neither torch nor MLflow.

Each submitted experiment gets its process at once; it waits, light, for a slot (`lease.slot`). Nothing here is needed for it to
go on: the web server may stop and start as it likes.
"""

import hashlib
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal
from uuid import uuid4

import psutil
from filelock import FileLock, Timeout

from tlcore.data.store import DatasetStore
from tlcore.errors import ChoiceError
from tlcore.experiments.control import INTERRUPTED, Control, Progress, Submission, all_controls, now
from tlcore.experiments.lease import alive, read_lease, standing, write_lease
from tlcore.experiments.plan import prepare
from tlcore.experiments.processes import start_detached
from tlcore.experiments.spare import WORKER, hand_over
from tlcore.experiments.spec import ExperimentSpec
from tlcore.experiments.store import RunStore
from tlcore.files import write_text
from tlcore.records import RunStatus
from tlcore.settings import Workspace

State = Literal["queued", "running", "finished", "failed", "cancelled", "interrupted"]

_MAX_STARTS = 3
_CLOSER_SECONDS = 15.0
_OVERDUE_SECONDS = 10.0


def submit(workspace: Workspace, spec: ExperimentSpec, key: str | None = None) -> str:
    """Check a spec, put it in line and start its process; returns the experiment's id.

    The same `key` gives the same experiment, exactly one, however often and from however many processes it comes. Raises a
    UserError with one sentence for what cannot be run; then nothing is stored.
    """
    experiment = hashlib.sha256(key.encode()).hexdigest()[:12] if key else uuid4().hex[:12]
    control = Control(workspace, experiment)
    if control.exists:
        return experiment
    prepared = prepare(workspace, spec)
    at = now()
    submission = Submission(
        id=experiment,
        spec=spec.model_copy(update={"name": spec.name.strip()}),
        dataset_name=prepared.dataset.name,
        plans=prepared.plans,
        n_test=len(prepared.split.test),
        submitted_at=at,
        queued_at=at,
    )
    if _claim(control, submission):
        _start(control)
    return experiment


def cancel(workspace: Workspace, experiment: str) -> None:
    """Stop an experiment within two seconds; what is finished stays. Does nothing to one that is over."""
    control = Control(workspace, experiment)
    control.submission()
    if not control.ended:
        control.ask_cancel()
        _close(control)


def resume(workspace: Workspace, experiment: str) -> None:
    """Take up every run that is not finished; an interrupted one goes on from its last checkpoint.

    Does nothing to an experiment that waits or runs. Raises ChoiceError when nothing is left to do, NotFoundError when the
    experiment or its dataset was deleted.
    """
    control = Control(workspace, experiment)
    submission = control.submission()
    DatasetStore(workspace).card(submission.spec.dataset)
    if not control.ended and alive(control):
        return
    if all(run.status is RunStatus.FINISHED for run in RunStore(workspace).runs(experiment)):
        raise ChoiceError(f"All runs of “{submission.spec.name}” are finished; there is nothing to resume.")
    try:
        with FileLock(control.lock_file, timeout=_CLOSER_SECONDS):
            control.write_submission(submission.model_copy(update={"queued_at": now()}))
            control.reopen()
    except Timeout:
        return  # somebody else was quicker
    _start(control)


def state(workspace: Workspace, experiment: str) -> State:
    """Where an experiment stands, in one word. Raises NotFoundError."""
    control = Control(workspace, experiment)
    if control.exists:
        status, reason = standing(control)
    else:
        record = RunStore(workspace).experiment(experiment)
        status, reason = record.status, record.reason
    if status is RunStatus.KILLED:
        return "interrupted" if reason == INTERRUPTED else "cancelled"
    words: dict[RunStatus, State] = {
        RunStatus.SCHEDULED: "queued",
        RunStatus.RUNNING: "running",
        RunStatus.FINISHED: "finished",
    }
    return words.get(status, "failed")


def progress(workspace: Workspace, experiment: str) -> Progress | None:
    """How far an experiment is; None before its process first said so."""
    return Control(workspace, experiment).progress()


def log(workspace: Workspace, experiment: str) -> str:
    """What an experiment's process said, in plain words."""
    return Control(workspace, experiment).log()


def sweep(workspace: Workspace) -> None:
    """Put right what dead processes left: what they had begun becomes interrupted, what still waited is started again.

    Cheap enough for every poll; when two sweep at once, one does nothing.
    """
    workspace.queue.mkdir(exist_ok=True)
    try:
        with FileLock(workspace.queue / "sweep.lock", timeout=0):
            for control in all_controls(workspace):
                if not control.ended:
                    _sweep_one(control)
    except Timeout:
        return


def _sweep_one(control: Control) -> None:
    """Restart or close an experiment whose process is dead, or will not stop."""
    lease = read_lease(control)
    if alive(control):
        if control.cancel_asked and _age(control.folder / "cancel") > _OVERDUE_SECONDS:
            _close(control)
    elif control.cancel_asked or (lease and lease.slot is not None) or _starts(control) >= _MAX_STARTS:
        _close(control)
    else:
        control.lease_file.unlink(missing_ok=True)
        _start(control)


def _claim(control: Control, submission: Submission) -> bool:
    """Make the experiment's folder, whole, unless somebody else just did. A rename decides who was first."""
    draft = control.workspace.queue / f".new-{uuid4().hex}"
    write_text(draft / "spec.json", submission.model_dump_json())
    try:
        draft.rename(control.folder)
    except OSError:
        shutil.rmtree(draft)
        if control.exists:
            return False
        raise
    return True


def _start(control: Control) -> None:
    """Start the worker of an experiment."""
    write_text(control.folder / "starts", str(_starts(control) + 1))
    pid = hand_over(control) or start_detached(control.workspace, WORKER, control.id, control.log_file)
    if not control.lease_file.exists():
        with suppress(psutil.NoSuchProcess):
            write_lease(control, pid)


def _close(control: Control) -> None:
    """Start the process that sees an experiment to its end, unless one is at it."""
    marker = control.folder / "closing"
    if _age(marker) > _CLOSER_SECONDS:
        marker.touch()
        start_detached(control.workspace, "tlcore.experiments.closer", control.id, control.log_file)


def _starts(control: Control) -> int:
    """How often a process was started without getting as far as waiting for a slot."""
    try:
        return int((control.folder / "starts").read_text())
    except FileNotFoundError:
        return 0


def _age(path: Path) -> float:
    """Seconds since a file was touched; endless when there is none."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
