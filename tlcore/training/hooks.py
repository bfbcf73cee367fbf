"""What happens around training without the loop knowing: progress, cancel, checkpoints, curves. All do nothing by default."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from tlcore.records import EpochRecord

Arrays = Mapping[str, np.ndarray[Any, Any]]


class Hook:
    """Override what you need. Any method may raise `Stopped` to end the run at once."""

    def on_phase(self, name: str, share: float) -> None:
        """A named step begins ("Encoding", "Training"…); `share` of the run's work lies behind it, 0-1."""

    def on_step(self, share: float) -> None:
        """A small unit of work is done; `share` of the run's work lies behind it, 0-1."""

    def on_epoch(self, record: EpochRecord) -> None:
        """An epoch is complete."""


class Hooks(Hook):
    """Several hooks as one, called in order."""

    def __init__(self, *hooks: Hook) -> None:
        self._hooks = hooks

    def on_phase(self, name: str, share: float) -> None:
        """Pass on."""
        for hook in self._hooks:
            hook.on_phase(name, share)

    def on_step(self, share: float) -> None:
        """Pass on."""
        for hook in self._hooks:
            hook.on_step(share)

    def on_epoch(self, record: EpochRecord) -> None:
        """Pass on."""
        for hook in self._hooks:
            hook.on_epoch(record)


class Part(Hook):
    """Shares of 0-1 inside one part of a run become shares `start`-`end` of the whole."""

    def __init__(self, whole: Hook, start: float, end: float) -> None:
        self._whole, self._start, self._width = whole, start, end - start

    def on_phase(self, name: str, share: float) -> None:
        """Pass on with the share of the whole."""
        self._whole.on_phase(name, self._start + self._width * share)

    def on_step(self, share: float) -> None:
        """Pass on with the share of the whole."""
        self._whole.on_step(self._start + self._width * share)

    def on_epoch(self, record: EpochRecord) -> None:
        """Pass on."""
        self._whole.on_epoch(record)

    def on_items(self, done: int, total: int) -> None:
        """An `OnProgress` for encoders: items done of all of them."""
        self.on_step(done / max(total, 1))


class Checkpoints(Protocol):
    """Where the loop keeps its state after each epoch; the newest complete one wins."""

    def save(self, arrays: Arrays, state: Mapping[str, Any]) -> None:
        """Keep arrays and a JSON-able state, whole or not at all, replacing the one before."""

    def load(self) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]] | None:
        """The last complete checkpoint, or None."""


class NoCheckpoints:
    """Keeps nothing."""

    def save(self, arrays: Arrays, state: Mapping[str, Any]) -> None:
        """Forget."""

    def load(self) -> None:
        """Nothing to go on from."""
