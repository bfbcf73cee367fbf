"""A run's newest state on disk, so that an interruption costs little. A kill at any moment leaves a complete one, or none."""

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.files import atomic_path, sha256_of, write_text

if TYPE_CHECKING:
    import numpy as np

    from tlcore.training.hooks import Arrays

_STATE = "checkpoint.json"


class FolderCheckpoints:
    """Keeps `training.hooks.Checkpoints` in a folder: arrays as safetensors, and checkpoint.json, which names and seals them.

    The JSON is renamed into place last; what it does not name does not count. `spent` is the time that the run has taken up
    to its checkpoint, earlier attempts included.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spent = 0.0
        self._since = time.monotonic()

    def save(self, arrays: "Arrays", state: Mapping[str, Any]) -> None:
        """Keep arrays and a JSON-able state, whole or not at all, replacing the one before."""
        from safetensors.numpy import save_file

        self.folder.mkdir(parents=True, exist_ok=True)
        number = max((int(path.stem) for path in self.folder.glob("[0-9]*.safetensors")), default=0) + 1
        path = self.folder / f"{number}.safetensors"
        with atomic_path(path) as temporary:
            save_file(dict(arrays), temporary)
        facts = {"file": path.name, "sha256": sha256_of(path), "seconds": self.seconds, "state": dict(state)}
        write_text(self.folder / _STATE, json.dumps(facts))
        for other in (*self.folder.glob("*.safetensors"), *self.folder.glob(".*.tmp")):
            if other != path:
                other.unlink()

    def load(self) -> "tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]] | None":
        """The last complete checkpoint, or None."""
        from safetensors.numpy import load_file

        try:
            facts = json.loads((self.folder / _STATE).read_text())
            path = self.folder / facts["file"]
            if sha256_of(path) != facts["sha256"]:
                return None
        except FileNotFoundError:
            return None
        self.spent, self._since = facts["seconds"], time.monotonic()
        return load_file(path), facts["state"]

    @property
    def seconds(self) -> float:
        """What the run has taken so far, the attempts before its last checkpoint included."""
        return self.spent + time.monotonic() - self._since

    def remove(self) -> None:
        """Forget the run."""
        shutil.rmtree(self.folder, ignore_errors=True)
