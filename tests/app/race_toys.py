"""A real experiment, small enough to finish in seconds, with names that hurt wherever they are taken for more than text."""

import time
from pathlib import Path

from datasets_toys import HOSTILE, HOSTILE_LABELS, store_dataset
from tiny_networks import TOPICS

from tlcore.encoders.catalogue import add_encoder
from tlcore.experiments import queue
from tlcore.experiments.control import Control
from tlcore.experiments.lease import alive
from tlcore.experiments.spec import ExperimentSpec
from tlcore.settings import Workspace
from tlcore.training.settings import TrainingSettings

NAME = HOSTILE[:120]
QUICK = TrainingSettings(epochs=2, batch_size=16, max_length=16, learning_rate=1e-3)
STRATEGIES = ("classic", "scratch", "feature_extraction")
SEEDS = 2
LABEL_OF = dict(zip(TOPICS, HOSTILE_LABELS, strict=True))
"""Topic of the toy texts -> its hostile label."""


def race(workspace: Workspace, encoder: Path, texts: list[str], topics: list[str]) -> None:
    """Race three strategies, twice each, on these texts."""
    add_encoder(workspace, encoder, name="tiny")
    dataset = store_dataset(workspace, texts, [LABEL_OF[topic] for topic in topics], HOSTILE)
    spec = ExperimentSpec(
        name=NAME,
        dataset=dataset.id,
        encoders=("tiny",),
        strategies=STRATEGIES,
        seeds=SEEDS,
        test_share=0.4,
        settings={"scratch": QUICK},
    )
    run_to_end(workspace, spec)


def run_to_end(workspace: Workspace, spec: ExperimentSpec) -> None:
    """Run an experiment in a worker as the app starts it, and wait until it has finished without a fault."""
    control = Control(workspace, queue.submit(workspace, spec))
    while not control.ended or alive(control):
        time.sleep(0.05)
    ending = control.ending()
    assert ending is not None
    assert (ending.status, ending.reason) == ("FINISHED", ""), control.log()
