"""What all comparisons share: taking turns, timing, facts about the machine, the record of a target, and its command line.

A target is a module with a `TARGET`. Its contenders take turns in one process (A B A B), each on the same weights, data and
split; a ratio is taken within a round and never across rounds, since the speed of a machine drifts.
"""

import argparse
import gc
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tlcore import runtime
from tlcore.encoders.catalogue import DEFAULT_ENCODER, encoder_card
from tlcore.settings import Workspace

RESULTS = Path(__file__).parent / "results"
DATA_VARIABLE = "TLCORE_BENCH_DATA"
SKIPPED = 3
"""Exit status of a target whose data is not there."""
_PACKAGES = ("torch", "transformers", "sentence-transformers", "accelerate", "scikit-learn", "numpy", "pandas", "pyarrow")
_MODULES = {"sentence-transformers": "sentence_transformers", "scikit-learn": "sklearn"}
"""How those are imported that are not called what they are installed as."""
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Spent:
    """What something took."""

    seconds: float
    """By the clock on the wall: what counts."""
    processor_seconds: float | None = None
    """Of this process and of its children that ended meanwhile: hardly moves on a busy machine, so a check on the first.

    None where the work is done by processes that go on.
    """


@dataclass(frozen=True)
class Turn:
    """What a contender did in one round."""

    spent: Spent
    accuracy: float | None = None
    """Share of the test items that are right; None where this round was not judged."""
    facts: dict[str, float] = field(default_factory=dict)
    """What else was measured, by its name with its unit."""


Contender = Callable[[int], Turn]
"""Number of the round, from 0 → what was done. It times what counts itself; making ready and judging do not count."""


@dataclass(frozen=True)
class Bench:
    """What a target works with."""

    data: Path
    """The folder of public sets."""
    scratch: Path
    """An empty folder that is deleted in the end."""
    small: bool
    """True for a quick try whose figures mean nothing."""

    def fresh(self) -> Workspace:
        """A workspace that holds nothing."""
        return Workspace(tempfile.mkdtemp(dir=self.scratch))


@dataclass(frozen=True)
class Target:
    """One comparison."""

    name: str
    """Of the module and of the record."""
    title: str
    """What is done, as the table says it."""
    contenders: Callable[[Bench], Mapping[str, Contender]]
    """Makes everything ready; the names are shown, and they take their turns in this order."""
    ours: str = "tlcore"
    """Name of the contender that the others are compared with."""
    needs: tuple[str, ...] = ()
    """Files or folders of the data folder."""
    pairs: int = 5
    """Rounds when nobody says."""
    allowed: float = 0.0
    """Points of accuracy that ours may lie below a peer's."""
    notes: tuple[str, ...] = ()
    """What a reader must know beside the ratio, one sentence each."""


def timed(work: Callable[[], _Result]) -> tuple[Spent, _Result]:
    """What something takes, and what it returns."""
    own, started = _own_seconds(), time.perf_counter()
    result = work()
    return Spent(time.perf_counter() - started, _own_seconds() - own), result


def take_turns(contenders: Mapping[str, Contender], pairs: int) -> dict[str, list[Turn]]:
    """`pairs` rounds in which every contender has one turn."""
    turns: dict[str, list[Turn]] = {name: [] for name in contenders}
    for number in range(pairs):
        for name, contender in contenders.items():
            gc.collect()
            turn = contender(number)
            turns[name].append(turn)
            judged = "" if turn.accuracy is None else f", accuracy {turn.accuracy:.1%}"
            print(f"  round {number + 1} of {pairs}: {turn.spent.seconds:8.2f} s{judged}  {name}", file=sys.stderr, flush=True)
    return turns


def record(target: Target, turns: Mapping[str, list[Turn]], others: float, small: bool) -> dict[str, Any]:
    """Everything that was measured, as JSON values."""
    ours = turns[target.ours]
    peers = {name: compare(ours, theirs, target.allowed) for name, theirs in turns.items() if name != target.ours}
    return {
        "target": target.name,
        "title": target.title,
        "ours": target.ours,
        "pairs": len(ours),
        "peers": peers,
        "turns": {name: [asdict(turn) for turn in found] for name, found in turns.items()},
        "notes": target.notes,
        "small": small,
        "others_share": round(others, 3),
        "machine": machine(),
        "versions": {package: version(package) for package in _PACKAGES if find_spec(_MODULES.get(package, package))},
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def compare(ours: list[Turn], theirs: list[Turn], allowed: float) -> dict[str, Any]:
    """How many times as fast ours are, round by round, and how accuracies compare (None where nothing is judged)."""
    ratios = [their.spent.seconds / our.spent.seconds for our, their in zip(ours, theirs, strict=True)]
    mine, other = _mean_accuracy(ours), _mean_accuracy(theirs)
    return {
        "ratio": {"median": statistics.median(ratios), "low": min(ratios), "high": max(ratios), "all": ratios},
        "processor_ratio": _processor_ratio(ours, theirs),
        "accuracy": mine,
        "peer_accuracy": other,
        "as_accurate": None if mine is None or other is None else bool(mine >= other - allowed / 100 - 1e-9),
    }


def _processor_ratio(ours: list[Turn], theirs: list[Turn]) -> float | None:
    """Median ratio of processor seconds; None where they are not known."""
    pairs = [(our.spent.processor_seconds, their.spent.processor_seconds) for our, their in zip(ours, theirs, strict=True)]
    known = [their / our for our, their in pairs if our and their]
    return statistics.median(known) if known else None


def machine() -> dict[str, Any]:
    """What was measured on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "threads": runtime.configure_threads(),
        "device": str(runtime.device()),
        "precision": runtime.precision().name,
        "encoding": runtime.encoding_precision(encoder_card(DEFAULT_ENCODER, Workspace(tempfile.gettempdir())).agreement).name,
        "system": platform.system(),
        "python": platform.python_version(),
    }


class Others:
    """What share of the processors other programs used since this was made: how quiet the machine was."""

    def __init__(self) -> None:
        self._wall, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds()

    def share(self) -> float:
        """0-1; what detached processes of ours did counts as others' until they are over."""
        spent = _busy_seconds() - self._busy - (_own_seconds() - self._own)
        return max(spent, 0.0) / ((time.monotonic() - self._wall) * (os.cpu_count() or 1))


def main(target: Target) -> None:
    """Measure one target, print what came of it, and write its record."""
    parser = argparse.ArgumentParser(description=target.title)
    add_options(parser)
    chosen = parser.parse_args()
    missing = [name for name in target.needs if chosen.data is None or not (chosen.data / name).exists()]
    if missing:
        where = f"the folder of --data or {DATA_VARIABLE}"
        print(f"{target.name}: skipped, not measured. It needs {', '.join(missing)} in {where}.")
        sys.exit(SKIPPED)
    runtime.configure_threads()
    with tempfile.TemporaryDirectory() as scratch:
        contenders = target.contenders(Bench(chosen.data or Path(), Path(scratch), chosen.small))
        others = Others()
        turns = take_turns(contenders, chosen.pairs or target.pairs)
        found = record(target, turns, others.share(), chosen.small)
    keep(chosen.out, target.name, found)
    for name, peer in found["peers"].items():
        ratio = peer["ratio"]
        by_processor = peer["processor_ratio"]
        print(
            f"{target.name}: {ratio['median']:.2f} times as fast ({ratio['low']:.2f} to {ratio['high']:.2f}"
            f"{f'; by processor time {by_processor:.2f}' if by_processor else ''}) as {name}"
        )


def keep(folder: Path, name: str, found: Mapping[str, Any]) -> None:
    """Write what a benchmark found as its record, in a folder that is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def kept(folder: Path, name: str, part: str) -> dict[str, Any]:
    """A part of a record, for benchmarks that measure some of their cases and leave the others as they were."""
    record = folder / f"{name}.json"
    return dict(json.loads(record.read_text(encoding="utf-8"))[part]) if record.exists() else {}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that a target and the command for all of them share."""
    stated = os.environ.get(DATA_VARIABLE)
    parser.add_argument("--pairs", type=int, help="rounds; each target has its own default, five for most")
    parser.add_argument("--data", type=Path, default=Path(stated) if stated else None, help="folder of the public sets")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the records")
    parser.add_argument("--small", action="store_true", help="a quick try with little data; its figures mean nothing")


def _mean_accuracy(turns: list[Turn]) -> float | None:
    judged = [turn.accuracy for turn in turns if turn.accuracy is not None]
    return statistics.mean(judged) if judged else None


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0)


def _own_seconds() -> float:
    """Of this process, and of its children that are over."""
    return sum(os.times()[:4])


def _processor() -> str:
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
