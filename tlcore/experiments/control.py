"""The folder through which faces and worker talk about one experiment: what was asked, where it stands, what was said.

`<workspace>/queue/<id>/` holds spec.json, lease.json, progress.json, cancel, end.json and log.txt. It steers; the record of
what was found is the run store.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from tlcore.errors import NotFoundError, StorageError
from tlcore.experiments.plan import RunPlan
from tlcore.experiments.spec import ExperimentSpec
from tlcore.files import write_text
from tlcore.records import Record, RunStatus
from tlcore.settings import Workspace

_Kind = TypeVar("_Kind", bound=Record)
_ID = re.compile(r"[0-9a-f]{12}")

CANCELLED = "cancelled"
INTERRUPTED = "interrupted"


class Submission(Record):
    """What was asked for, and when."""

    id: str
    spec: ExperimentSpec
    dataset_name: str
    plans: tuple[RunPlan, ...]
    n_test: int
    submitted_at: str
    queued_at: str
    """Its place in the line: when it was submitted, or last resumed."""


class Progress(Record):
    """Where an experiment's worker stands; rewritten a few times a second at most."""

    phase: str
    """Plain words: "Encoding 300 of 675 texts", "Full fine-tuning, seed 2: epoch 3 of 6"."""
    done: float
    """Share of the whole experiment's work done, 0-1."""
    seconds_left: float | None = None
    run: str | None = None
    """Id of the run in hand."""
    updated_at: str


class Ending(Record):
    """How an experiment ended."""

    status: RunStatus
    reason: str = ""
    at: str


class Control:
    """One experiment's folder. Reading never waits; writing is whole or not at all."""

    def __init__(self, workspace: Workspace, experiment: str) -> None:
        if not _ID.fullmatch(experiment):
            raise NotFoundError(f"There is no experiment “{experiment[:80]}”.")
        self.workspace = workspace
        self.id = experiment
        self.folder = workspace.queue / experiment

    @property
    def exists(self) -> bool:
        """True once it was submitted and until it is deleted."""
        return (self.folder / "spec.json").exists()

    @property
    def lease_file(self) -> Path:
        """Names the process that works on it."""
        return self.folder / "lease.json"

    @property
    def lock_file(self) -> Path:
        """Held by that process; the operating system frees it however the process ends."""
        return self.folder / "lock"

    @property
    def log_file(self) -> Path:
        """What the worker says, in plain words."""
        return self.folder / "log.txt"

    @property
    def checkpoints(self) -> Path:
        """One folder a run that is not finished."""
        return self.folder / "checkpoints"

    def submission(self) -> Submission:
        """What was asked for. Raises NotFoundError when it was deleted."""
        found = _read(self.folder / "spec.json", Submission)
        if found is None:
            raise NotFoundError(f"There is no experiment “{self.id}” (any more).")
        return found

    def write_submission(self, submission: Submission) -> None:
        """Replace what was asked for."""
        write_text(self.folder / "spec.json", submission.model_dump_json())

    def progress(self) -> Progress | None:
        """Where the worker stands; None before it first said so."""
        return _read(self.folder / "progress.json", Progress)

    def write_progress(self, progress: Progress) -> None:
        """Say where the worker stands; after a power cut nobody works."""
        write_text(self.folder / "progress.json", progress.model_dump_json(), lasting=False)

    @property
    def cancel_asked(self) -> bool:
        """True when somebody wants it to stop."""
        return (self.folder / "cancel").exists()

    def ask_cancel(self) -> None:
        """Ask whoever works on it to stop."""
        (self.folder / "cancel").touch()

    def ending(self) -> Ending | None:
        """How it ended; None while it waits or runs."""
        return _read(self.folder / "end.json", Ending)

    @property
    def ended(self) -> bool:
        """True when it neither waits nor runs."""
        return (self.folder / "end.json").exists()

    def write_ending(self, status: RunStatus, reason: str = "") -> None:
        """Say how it ended. The last thing that happens to it."""
        write_text(self.folder / "end.json", Ending(status=status, reason=reason, at=now()).model_dump_json())

    def reopen(self) -> None:
        """Forget how it ended and who worked on it, so that it can be taken up again."""
        for name in ("cancel", "progress.json", "lease.json", "starts", "closing", "end.json"):
            (self.folder / name).unlink(missing_ok=True)

    def say(self, sentence: str) -> None:
        """Add a line to the log."""
        with self.log_file.open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now().astimezone():%H:%M:%S}  {sentence}\n")

    def log(self) -> str:
        """What the worker has said so far."""
        try:
            return self.log_file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""


def all_controls(workspace: Workspace) -> list[Control]:
    """Every experiment that was submitted in this workspace."""
    if not workspace.queue.exists():
        return []
    found = [Control(workspace, folder.name) for folder in workspace.queue.iterdir() if _ID.fullmatch(folder.name)]
    return [control for control in found if control.exists]


def now() -> str:
    """This instant, ISO 8601 in UTC, fine enough to order by."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _read(path: Path, kind: type[_Kind]) -> _Kind | None:
    """The record in a file, or None when there is none."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise StorageError(f"{path} is damaged. Restore it from a backup, or delete the experiment's folder.") from error
