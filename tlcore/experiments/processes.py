"""Processes of our own: each starts with this very code, this workspace, no network, and outlives whoever started it."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import tlcore
from tlcore.runtime import WAITING_THREADS
from tlcore.settings import Workspace

_CODE = Path(tlcore.__file__).parent.parent
_OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}


def environment(workspace: Workspace) -> dict[str, str]:
    """Environment variables of a process that works on `workspace`."""
    path = os.pathsep.join([str(_CODE), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {
        **WAITING_THREADS,
        **os.environ,
        **_OFFLINE,
        "TLCORE_HOME": str(workspace.root),
        "PYTHONPATH": path,
        "PYTHONUNBUFFERED": "1",
    }


def start_detached(workspace: Workspace, module: str, argument: str, log: Path) -> int:
    """Run `python -m module argument` in a session of its own, its output added to `log`; returns its pid."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, argument],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment(workspace),
            start_new_session=True,
        )
    # Nobody waits for it, but somebody has to take note of its end, or it stays in the process table.
    threading.Thread(target=process.wait, daemon=True).start()
    return process.pid
