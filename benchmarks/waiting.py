"""What waiting threads cost: steps of full fine-tuning with threads that sleep at once, spin for a while, or spin for long.

    python -m benchmarks.waiting [ROUNDS]

Prints JSON: milliseconds a step, median of rounds in turn (three, if nothing is said), on a quiet machine, with one core
taken by another program, and with all of them taken. Why `tlcore.runtime.WAITING_THREADS` is what it is.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from statistics import median

from tlcore.runtime import WAITING_THREADS

POLICIES: Mapping[str, Mapping[str, str]] = {
    "sleeps at once": {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"},
    "ours": WAITING_THREADS,
    "spins five times as long": {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "10000"},
    "the library's default": {},
}
STEPS = 16
BUSY = "while True: sum(range(100_000))"


def main() -> None:
    """Measure with ever more of the cores taken."""
    cores = os.cpu_count() or 1
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    found = {f"{taken} of {cores} cores taken": rounds(taken, count) for taken in dict.fromkeys((0, 1, cores))}
    print(json.dumps(found, indent=1))


def rounds(taken: int, count: int) -> dict[str, float]:
    """Median of the rounds for each policy."""
    times: dict[str, list[float]] = {name: [] for name in POLICIES}
    with ExitStack() as stack:
        for _ in range(taken):
            stack.enter_context(_busy())
        for _ in range(count):
            for name, policy in POLICIES.items():
                times[name].append(_measured(policy))
    return {name: round(median(found), 1) for name, found in times.items()}


@contextmanager
def _busy() -> Iterator[None]:
    """Another program that computes."""
    other = subprocess.Popen([sys.executable, "-c", BUSY])
    try:
        yield
    finally:
        other.kill()
        other.wait()


def _measured(policy: Mapping[str, str]) -> float:
    """Milliseconds a step in a process of that policy."""
    bare = {name: value for name, value in os.environ.items() if name not in WAITING_THREADS}
    # torch before `benchmarks`, which sets what is not set.
    command = [sys.executable, "-c", "import torch; from benchmarks import waiting; waiting.print_step()"]
    return float(subprocess.run(command, env={**bare, **policy}, capture_output=True, text=True, check=True).stdout)


def print_step() -> None:
    """Print the median milliseconds between two steps of full fine-tuning, in this process."""
    import numpy as np

    from benchmarks.scale_texts import labelled_texts
    from tlcore.encoders.catalogue import DEFAULT_ENCODER, load_encoder
    from tlcore.runtime import configure_threads
    from tlcore.settings import Workspace
    from tlcore.training.catalogue import STRATEGIES, strategy_class
    from tlcore.training.hooks import Hook
    from tlcore.training.strategies.base import FitContext, Labelled

    moments: list[float] = []

    class Watch(Hook):
        def on_step(self, share: float) -> None:
            moments.append(time.perf_counter())

    configure_threads()
    texts, labels = labelled_texts(16 * (STEPS + 2))
    name = "full_fine_tuning"
    with tempfile.TemporaryDirectory() as home:
        encoder = load_encoder(DEFAULT_ENCODER, Workspace(home))
        settings = STRATEGIES[name].defaults.model_copy(update={"epochs": 1, "early_stopping": False})
        strategy_class(name)(4, encoder, settings, 0).fit(Labelled(texts, np.array(labels)), FitContext(hook=Watch()))
    print(1000 * median(np.diff(moments)[-STEPS:]))


if __name__ == "__main__":
    main()
