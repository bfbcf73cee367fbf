"""A worker that is ready before it is needed: what it imports takes seconds, which pass while a person still chooses.

A page that leads to a race keeps one. It holds no experiment, no lease and no slot, and nothing depends on it: where there is
none, or it has just ended, a worker is started from nothing. It ends with the process that keeps it, and after ten minutes.
"""

import json
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import psutil

from tlcore.experiments.control import Control
from tlcore.experiments.processes import environment
from tlcore.experiments.spec import ExperimentSpec
from tlcore.settings import Workspace

WORKER = "tlcore.experiments.worker"
_ROOM = 3 * 2**30
"""Bytes of free memory below which nobody is kept waiting in it."""
_LOCK = threading.Lock()
_SPARES: dict[Path, "subprocess.Popen[str]"] = {}


def keep_ready(workspace: Workspace, spec: ExperimentSpec) -> None:
    """See that a worker waits that has read what `spec` needs; does nothing where one waits already. Returns at once."""
    with _LOCK:
        spare = _SPARES.get(workspace.root)
        if (spare and spare.poll() is None) or psutil.virtual_memory().available < _ROOM:
            return
        _SPARES[workspace.root] = spare = subprocess.Popen(
            [sys.executable, "-m", WORKER, "--spare"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(workspace),
            text=True,
            start_new_session=True,
        )
        with suppress(BrokenPipeError):
            _tell(spare, json.dumps(spec.model_dump(mode="json")))
    # Nobody else waits for it, and somebody has to take note of its end.
    threading.Thread(target=spare.wait, daemon=True).start()


def hand_over(control: Control) -> int | None:
    """Give an experiment to the worker that waits; its pid, or None where none does."""
    with _LOCK:
        spare = _SPARES.pop(control.workspace.root, None)
    if spare is None or spare.poll() is not None or spare.stdin is None:
        return None
    try:
        _tell(spare, control.id)
        spare.stdin.close()
    except BrokenPipeError:
        return None
    return spare.pid


def dismiss(workspace: Workspace) -> None:
    """Let the worker that waits go home."""
    with _LOCK:
        spare = _SPARES.pop(workspace.root, None)
    if spare:
        spare.kill()
        spare.wait()


def _tell(spare: "subprocess.Popen[str]", line: str) -> None:
    """Write a line to the worker that waits. Raises BrokenPipeError when it has ended."""
    if spare.stdin:
        spare.stdin.write(f"{line}\n")
        spare.stdin.flush()
