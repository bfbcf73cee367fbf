"""One case of benchmarks/memory.py in a process of its own: does the work in the workspace of TLCORE_HOME, prints its peak.

A worker's case is the worker's own code from a stored dataset to the recorded answer, one run, and only computing time is
saved: the epoch ends after 20 steps; frozen features come from a store that was filled with random vectors; and while nothing
is trained (the frozen part's pass over the texts, predictions), blocks compute for the first 200 batches, the longest texts
among them, and then pass on what they get. Memory does not depend on what the numbers are.

Encoding is `FeatureStore.store` with the bundled encoder for the first 2,048 texts and random vectors after these; every text
is tokenised and every vector stored.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from benchmarks.full_workspace import submission_of
from benchmarks.scale_steps import RandomEncoder, dataset_of
from benchmarks.scale_texts import labelled_texts
from tlcore.encoders.catalogue import DEFAULT_ENCODER, load_encoder
from tlcore.encoders.features import FeatureStore
from tlcore.experiments.control import Control
from tlcore.experiments.estimate import REFERENCE, keep_calibration
from tlcore.experiments.plan import prepare
from tlcore.experiments.spec import spec_for
from tlcore.records import RunStatus
from tlcore.settings import Workspace

WORKER = ("classic", "feature_extraction", "partial_fine_tuning", "full_fine_tuning", "scratch")
ENCODING = "encode"
READY = "ready"
"""Makes dataset and stored features in a process whose memory nobody asks about."""
_STEPS, _COMPUTED = 20, 200
_LOOK_SECONDS = 0.01
_DATASET = "memory.txt"


class Watch(threading.Thread):
    """The most anonymous memory this process was seen to have, in bytes; looked at a hundred times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.anonymous = 0
        self.start()

    def run(self) -> None:
        """Look."""
        while True:
            self.anonymous = max(self.anonymous, status("RssAnon"))
            time.sleep(_LOOK_SECONDS)


class QuickEncoder(RandomEncoder):
    """The real encoder for the first shard, then all but its network."""

    def __init__(self, real: Any) -> None:
        super().__init__(real.card, "1" * 64)
        self._real, self._begun = real, False

    def encode(self, items: Sequence[Any], on_progress: Any = None) -> np.ndarray:
        """Tokens of all texts; vectors from the network or at random."""
        if not self._begun:
            self._begun = True
            return self._real.encode(items, on_progress)
        self._real.prepare(items)
        return super().encode(items, on_progress)


def status(field: str) -> int:
    """A field of this process's status in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith(f"{field}:")))


def ready(workspace: Workspace, rows: int) -> str:
    """Id of the dataset; all its texts have stored features."""
    kept = workspace.root / _DATASET
    if not kept.exists():
        keep_calibration(workspace, DEFAULT_ENCODER, REFERENCE)
        dataset = dataset_of(workspace, rows)
        real = load_encoder(DEFAULT_ENCODER, workspace)
        FeatureStore(workspace).store(RandomEncoder(real.card, real.fingerprint), labelled_texts(rows)[0])
        kept.write_text(dataset, encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def work(workspace: Workspace, strategy: str) -> int:
    """One run of a strategy on all labels, as its worker does it; the number of labels."""
    from tlcore import runtime
    from tlcore.data.store import DatasetStore
    from tlcore.experiments.race import Race
    from tlcore.experiments.store import RunStore

    runtime.configure_threads()
    dataset = (workspace.root / _DATASET).read_text(encoding="utf-8")
    card = DatasetStore(workspace).card(dataset)
    spec = spec_for(card, name=strategy, strategies=(strategy,), seeds=1)
    spec = spec.model_copy(update={"settings": {strategy: spec.settings_of(strategy).model_copy(update={"epochs": 1})}})
    control = Control(workspace, uuid4().hex[:12])
    control.write_submission(submission_of(control, spec, prepare(workspace, spec)))
    _save_time()
    ended, reason = Race(control, RunStore(workspace)).run()
    if ended is not RunStatus.FINISHED or reason:
        raise RuntimeError(f"{strategy} ended {ended.value}: {reason}")
    return control.submission().plans[0].budget


def _save_time() -> None:
    """Shorten epochs, and let blocks that only predict pass on what they get after a while."""
    from tlcore.encoders.blocks import FrozenBlocks
    from tlcore.training import loop

    batches, compute, calls = loop.training_batches, FrozenBlocks.__call__, [0]

    def some(*arguments: Any) -> list[Any]:
        return batches(*arguments)[:_STEPS]

    def frozen(self: FrozenBlocks, hidden: Any, *arguments: Any) -> Any:
        calls[0] += 1
        return compute(self, hidden, *arguments) if calls[0] <= _COMPUTED else hidden

    loop.training_batches = some
    FrozenBlocks.__call__ = frozen


def encode(workspace: Workspace, texts: int) -> int:
    """Store features of so many texts."""
    items = labelled_texts(texts)[0]
    FeatureStore(workspace).store(QuickEncoder(load_encoder(DEFAULT_ENCODER, workspace)), items)
    return texts


def main() -> None:
    """Do it, and print what it took as one line of JSON."""
    kind, size, workspace = sys.argv[1], int(sys.argv[2]), Workspace()
    works: dict[str, Callable[[], Any]] = {ENCODING: lambda: encode(workspace, size), READY: lambda: ready(workspace, size)}
    watch, started = Watch(), time.perf_counter()
    items = works.get(kind, lambda: work(workspace, kind))()
    found = {"items": items, "peak_mb": status("VmHWM") / 2**20, "anonymous_mb": watch.anonymous / 2**20}
    print(json.dumps({**found, "seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
