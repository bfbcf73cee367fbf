"""The client of the helper process: what needs torch, MLflow or much memory while a person waits, done outside this process.

One helper a workspace, started by the first call, shared by all threads, one request at a time. `helper_process` is the other
end; requests, progress and answers are JSON, one a line.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tlcore import errors
from tlcore.errors import TransferLabError
from tlcore.experiments.processes import environment
from tlcore.settings import Workspace

_LOCK = threading.Lock()
_LINES: dict[Path, "_Line"] = {}


class Helper:
    """The helper of a workspace; any number of these share one process."""

    def __init__(self, workspace: Workspace) -> None:
        with _LOCK:
            self._line = _LINES.setdefault(workspace.root, _Line(workspace))

    def call(
        self, method: str, params: Mapping[str, Any] | None = None, on_progress: Callable[[int, int], None] | None = None
    ) -> Any:
        """The answer of one of `helper_process.METHODS`, as JSON values; waits while others are served.

        `on_progress` is called with (done, in all) on this thread; what it raises ends the request and reaches the caller.
        Raises the error of `tlcore.errors` that the method raised, TransferLabError when the helper broke down.
        """
        with self._line.lock:
            return self._line.ask(method, dict(params or {}), on_progress)

    def close(self) -> None:
        """End the process; the next call starts another."""
        with self._line.lock:
            self._line.end()


class _Line:
    """Pipes to one helper process. Used by one thread at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self.lock = threading.Lock()
        self._workspace = workspace
        self._process: subprocess.Popen[str] | None = None

    def ask(self, method: str, params: dict[str, Any], on_progress: Callable[[int, int], None] | None) -> Any:
        """Send a request and wait for its answer."""
        self._send({"method": method, "params": params})
        try:
            while "progress" in (message := self._receive()):
                if on_progress:
                    on_progress(*message["progress"])
        except BaseException:
            # The caller goes away in the middle: what is still to come must not meet the next request.
            self.end()
            raise
        if "error" in message:
            raise _error(**message["error"])
        return message["answer"]

    def end(self) -> None:
        """End the process if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _send(self, request: dict[str, Any]) -> None:
        """Hand a request to the helper, to a new one if the old one has ended in the meantime."""
        for _ in range(2):
            process = self._process = self._process or self._start()
            try:
                assert process.stdin is not None
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
                if self._receive() == {"accepted": True}:
                    return
            except (BrokenPipeError, TransferLabError):
                self.end()
        raise _broken_down()

    def _receive(self) -> dict[str, Any]:
        """The next message."""
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.end()
            raise _broken_down()
        return json.loads(line)

    def _start(self) -> "subprocess.Popen[str]":
        """A new helper; it ends itself when this process does."""
        with (self._workspace.root / "helper.log").open("w") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tlcore.experiments.helper_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(self._workspace),
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )


def _error(kind: str, sentence: str) -> TransferLabError:
    """The helper's error as one of this process."""
    known = {error.__name__: error for error in vars(errors).values() if isinstance(error, type)}
    return known.get(kind, TransferLabError)(sentence)


def _broken_down() -> TransferLabError:
    return TransferLabError(
        "The helper process ended unexpectedly, perhaps for want of memory. Try again, with less at a time."
    )
