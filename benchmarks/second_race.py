"""A second race on the same data against the first: from Start to the frozen encoder's score in the record.

    python -m benchmarks.second_race

Both go through the queue, as a click on Start does, and both find the worker that the Experiment page keeps ready while a
person chooses, for twenty seconds here. The first race finds an empty workspace, the second what the first left.
"""

import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from benchmarks.measure import Bench, Contender, Spent, Target, Turn, main
from benchmarks.text_sets import files_of
from tlcore.data.importer import ImportChoices, import_csv
from tlcore.experiments import queue, spare
from tlcore.experiments.spec import spec_for
from tlcore.experiments.store import RunStore
from tlcore.records import DatasetCard, RunRecord, RunStatus
from tlcore.settings import Workspace

DATA = "tweeteval_emotion"
_POLL_SECONDS = 0.02
_CHOOSING_SECONDS = 20.0


def contenders(bench: Bench) -> Mapping[str, Contender]:
    """The first race makes a workspace that the second goes on with."""
    train, test = (bench.data / file for file in files_of(DATA))
    used: list[tuple[Workspace, DatasetCard]] = []

    def first(number: int) -> Turn:
        used.append(imported(bench.fresh(), train, test))
        return race(*used[-1])

    return {"a first race, in an empty workspace": first, "tlcore": lambda number: race(*used[-1])}


def imported(workspace: Workspace, train: Path, test: Path) -> tuple[Workspace, DatasetCard]:
    """A workspace with the set and its own test in it."""
    choices = ImportChoices(text="text", label="label", task="classification")
    return workspace, import_csv(workspace, train, choices, test=test)


def race(workspace: Workspace, card: DatasetCard) -> Turn:
    """Start the default experiment, wait for the first frozen run, and cancel what is left."""
    spec = spec_for(card)
    spare.keep_ready(workspace, spec)
    time.sleep(_CHOOSING_SECONDS)
    started = time.perf_counter()
    experiment = queue.submit(workspace, spec)
    run = first_score(workspace, experiment)
    seconds = time.perf_counter() - started
    queue.cancel(workspace, experiment)
    while queue.state(workspace, experiment) in ("queued", "running"):
        time.sleep(_POLL_SECONDS)
    psutil.wait_procs(psutil.Process().children(), timeout=60)  # who closes it writes to a folder that is about to go
    return Turn(Spent(seconds), run.accuracy)


def first_score(workspace: Workspace, experiment: str) -> RunRecord:
    """The first frozen run that is in the record with its score. Raises RuntimeError when the experiment ends without."""
    store = RunStore(workspace)
    while True:
        for run in store.runs(experiment):
            if run.strategy == "feature_extraction" and run.status is RunStatus.FINISHED:
                return run
        if queue.state(workspace, experiment) not in ("queued", "running"):
            raise RuntimeError(f"The race ended without a score. Its log says: {queue.log(workspace, experiment)}")
        time.sleep(_POLL_SECONDS)


TARGET = Target(
    name="second_race",
    title="a second race on the same data (emotion, all labels): from Start to the frozen encoder's score",
    contenders=contenders,
    needs=files_of(DATA),
)

if __name__ == "__main__":
    main(TARGET)
