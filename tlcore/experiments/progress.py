"""How far an experiment is, in plain words and in time; and the way a request to stop reaches the training."""

import time
from collections.abc import Sequence

from tlcore.errors import Stopped
from tlcore.experiments.control import Control, Progress, now
from tlcore.records import EpochRecord
from tlcore.training.hooks import Hook

_WRITE_SECONDS = 0.4
_SILENT_SECONDS = 3.0
"""Time left is not said earlier."""
_TRUST_SECONDS = 20.0
"""The estimate counts as much as so many seconds of the pace seen."""


class Board:
    """Where an experiment stands. Its parts (encoding, then run after run) weigh the seconds they are estimated to cost."""

    def __init__(self, control: Control, costs: Sequence[float]) -> None:
        self._control = control
        self._costs = costs
        self._part = 0
        self._share = 0.0
        self._phase = "Starting"
        self._run: str | None = None
        self._behind = 0.0
        self._began = time.monotonic()
        self._written = 0.0

    def start(self) -> None:
        """Work begins now: from here on the pace is taken. What was finished in an earlier attempt does not count."""
        self._behind, self._began = self.done, time.monotonic()

    def enter(self, part: int, phase: str, run: str | None = None) -> None:
        """Part number `part` begins."""
        self._part, self._share, self._phase, self._run = part, 0.0, phase, run
        self._write()

    def at(self, share: float, phase: str | None = None) -> None:
        """`share` (0-1) of the part is done. Raises Stopped when the experiment is to stop."""
        if self._control.cancel_asked:
            raise Stopped("cancelled")
        self._share = min(max(share, 0.0), 1.0)
        changed = phase is not None and phase != self._phase
        self._phase = phase or self._phase
        if changed or time.monotonic() - self._written > _WRITE_SECONDS:
            self._write()

    @property
    def done(self) -> float:
        """Share of the whole that is done, 0-1."""
        behind = sum(self._costs[: self._part]) + self._share * self._costs[self._part]
        return behind / sum(self._costs)

    @property
    def seconds_left(self) -> float | None:
        """What is left by the estimate, at the pace seen so far; None while that says too little."""
        elapsed, total = time.monotonic() - self._began, sum(self._costs)
        gained = (self.done - self._behind) * total
        if elapsed < _SILENT_SECONDS or gained == 0:
            return None
        return (elapsed + _TRUST_SECONDS) / (gained + _TRUST_SECONDS) * (1 - self.done) * total

    def _write(self) -> None:
        self._written = time.monotonic()
        progress = Progress(phase=self._phase, done=self.done, seconds_left=self.seconds_left, run=self._run, updated_at=now())
        self._control.write_progress(progress)


class RunProgress(Hook):
    """Tells the board about one run, e.g. "Full fine-tuning, seed 2 of 3: epoch 3 of 6"."""

    def __init__(self, board: Board, name: str, epochs: int | None) -> None:
        self._board = board
        self._name = name
        self._epochs = epochs
        self._epoch = 0
        self._phase = "starting"

    def on_phase(self, name: str, share: float) -> None:
        """Show the phase."""
        self._phase = name[:1].lower() + name[1:]
        self.on_step(share)

    def on_step(self, share: float) -> None:
        """Show how far it is."""
        self._board.at(share, f"{self._name}: {self._words}")

    def on_epoch(self, record: EpochRecord) -> None:
        """Count epochs."""
        self._epoch = record.epoch

    @property
    def _words(self) -> str:
        """The epoch in hand while it trains, else the phase."""
        if self._epochs is None or not self._phase.startswith("training"):
            return self._phase
        return f"epoch {min(self._epoch + 1, self._epochs)} of {self._epochs}"
