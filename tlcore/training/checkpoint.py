"""The loop's whole state as arrays + JSON, so that resumed training gives the very same weights as uninterrupted."""

import hashlib
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tlcore.training.classifier import Classifier
from tlcore.training.hooks import Checkpoints

_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


@dataclass(frozen=True)
class Standing:
    """How far training has come."""

    epoch: int = 0
    """Epochs complete."""
    best_epoch: int = 0
    """The epoch with the lowest validation loss; 0 before there is one."""
    best_loss: float | None = None


@dataclass
class Snapshot:
    """All that the next epoch depends on."""

    network: Classifier
    optimizer: torch.optim.Optimizer
    standing: Standing = Standing()
    best: dict[str, Tensor] = field(default_factory=dict)
    """Copies of the weights of the best epoch, by name; empty without validation."""


class Keeper:
    """Saves snapshots, at most one every `seconds`, and brings back the last one of the same `job`."""

    def __init__(self, checkpoints: Checkpoints, seconds: float, job: str) -> None:
        self._checkpoints, self._seconds = checkpoints, seconds
        self._job = hashlib.sha256(job.encode()).hexdigest()
        self._saved_at = time.monotonic()

    def save_if_due(self, snapshot: Snapshot) -> None:
        """Save unless the last time is too recent."""
        if time.monotonic() - self._saved_at >= self._seconds:
            self._checkpoints.save(_arrays(snapshot), {"job": self._job, **asdict(snapshot.standing)})
            self._saved_at = time.monotonic()

    def bring_back(self, snapshot: Snapshot) -> None:
        """Set `snapshot` and the random generators to the last checkpoint; a checkpoint of another job is left alone."""
        found = self._checkpoints.load()
        if found is None or found[1].get("job") != self._job:
            return
        arrays, state = found
        _put_back(snapshot, arrays)
        snapshot.standing = Standing(**{name: value for name, value in state.items() if name != "job"})


def _arrays(snapshot: Snapshot) -> dict[str, npt.NDArray[Any]]:
    """Weights, best weights, the optimizer's moments and the random generators' states, by name."""
    named = snapshot.network.learned()
    tensors = {f"now/{name}": tensor for name, tensor in named.items()}
    tensors |= {f"best/{name}": tensor for name, tensor in snapshot.best.items()}
    for name, tensor in named.items():
        tensors |= {f"{moment}/{name}": value for moment, value in snapshot.optimizer.state.get(tensor, {}).items()}
    tensors["random/cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random/cuda"] = torch.cuda.get_rng_state()
    return {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}


@torch.no_grad()
def _put_back(snapshot: Snapshot, arrays: dict[str, npt.NDArray[Any]]) -> None:
    """The reverse of `_arrays`, in place."""
    for name, tensor in snapshot.network.learned().items():
        tensor.copy_(_tensor(arrays[f"now/{name}"]))
        if f"best/{name}" in arrays:
            snapshot.best[name] = _tensor(arrays[f"best/{name}"]).to(tensor.device)
        moments = {moment: _tensor(arrays[f"{moment}/{name}"]) for moment in _MOMENTS if f"{moment}/{name}" in arrays}
        if moments:
            snapshot.optimizer.state[tensor] = {moment: _laid_out(value, tensor) for moment, value in moments.items()}
    torch.set_rng_state(_tensor(arrays["random/cpu"]))
    if "random/cuda" in arrays and torch.cuda.is_available():
        torch.cuda.set_rng_state(_tensor(arrays["random/cuda"]))


def _laid_out(value: Tensor, like: Tensor) -> Tensor:
    """The same numbers in the memory layout of the weight they belong to: the fused optimizer walks both side by side."""
    return torch.empty_like(like).copy_(value) if value.shape == like.shape else value.to(like.device)


def _tensor(array: npt.NDArray[Any]) -> Tensor:
    """A tensor of its own memory, whatever the array's."""
    return torch.from_numpy(np.array(array))
