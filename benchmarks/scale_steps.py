"""The steps whose cost benchmarks/scale.py measures against the size of their input."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Bench
from benchmarks.scale_texts import labelled_texts
from benchmarks.verdict_simulation import Simulation, outcomes_of, power_law
from tlcore.data.store import DatasetDraft, DatasetStore
from tlcore.encoders import shards
from tlcore.encoders.base import DirectFeatures, FeatureSource
from tlcore.encoders.catalogue import DEFAULT_ENCODER, load_encoder
from tlcore.encoders.features import FeatureStore
from tlcore.evaluation.alarms import Watch
from tlcore.evaluation.evidence import find_evidence
from tlcore.evaluation.summary import summarise
from tlcore.evaluation.verdict import give_verdict
from tlcore.experiments.plan import prepare
from tlcore.experiments.spec import ExperimentSpec
from tlcore.records import DatasetSource
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES, strategy_card, strategy_class
from tlcore.training.heads import HeadProblem, fit_on_features
from tlcore.training.strategies.base import FitContext, Labelled
from tlcore.training.strategies.feature_extraction import STRENGTHS

DIM = 384
"""Width of the bundled encoder's features."""
_CLASSES, _LABELS = 4, 10_000
_SEEDS = {5: (1, 1), 20: (2, 2), 60: (4, 3), 100: (4, 5), 200: (4, 10)}
"""Runs of five strategies -> budgets and seeds."""
Work = Callable[[], Any]


@dataclass(frozen=True)
class Step:
    """One step and the sizes to measure it at."""

    title: str
    """A few words, as a panel says it."""
    unit: str
    """What a size counts."""
    sizes: tuple[int, ...]
    ready: Callable[[int, Bench], Work]
    """Makes everything ready for a size; what it returns is timed, once or several times, each time from the beginning."""
    about: str
    """What is measured, one sentence."""
    facts: dict[str, Any] = field(default_factory=dict)


class RandomEncoder:
    """Stands in for an encoder where only what is stored counts: its features are random numbers."""

    def __init__(self, card: Any, fingerprint: str) -> None:
        self.card, self.fingerprint = card, fingerprint

    def load(self) -> None:
        """There is nothing to read."""

    def encode(self, items: Sequence[Any], on_progress: Any = None) -> np.ndarray:
        """`(n, d)` float32 of length about 1."""
        return np.random.default_rng(len(items)).normal(0, DIM**-0.5, (len(items), DIM)).astype(np.float32)


def dataset_of(workspace: Workspace, rows: int, classes: int = _CLASSES) -> str:
    """Store made-up texts as a dataset; its id."""
    import pandas as pd

    texts, labels = labelled_texts(rows, classes)
    source = DatasetSource(file_name="made up.csv", sha256="0" * 64, rows_read=rows, text_column="text", label_column="label")
    frame = pd.DataFrame({"text": texts, "label": [f"class {label}" for label in labels]})
    return DatasetStore(workspace).add(frame, DatasetDraft(name=f"{rows:,} texts", task="classification", source=source)).id


def _prepare(rows: int, bench: Bench) -> Work:
    workspace = bench.fresh()
    spec = ExperimentSpec(name="prepared", dataset=dataset_of(workspace, rows), strategies=("classic",), seeds=3)
    return lambda: prepare(workspace, spec)


def _encode(texts: int, bench: Bench) -> Work:
    items = labelled_texts(texts)[0]
    encoder = load_encoder(DEFAULT_ENCODER, bench.fresh())
    encoder.encode(items[:200])
    return lambda: FeatureStore(bench.fresh()).features(encoder, items)


def _read_features(texts: int, bench: Bench) -> Work:
    items, workspace = labelled_texts(texts)[0], bench.fresh()
    encoder = RandomEncoder(load_encoder(DEFAULT_ENCODER, workspace).card, "0" * 64)
    FeatureStore(workspace).store(encoder, items)

    def read() -> None:
        shards._distinct_few.cache_clear()  # a new process has looked at no texts yet
        FeatureStore(workspace).features(encoder, items)

    return read


def _head(labels: int, classes: int) -> Work:
    rng = np.random.default_rng(labels + classes)
    wanted = np.concatenate([np.arange(classes), rng.integers(0, classes, labels - classes)])
    centres = rng.normal(0, 1, (classes, DIM))
    features = (0.3 * centres[wanted] + rng.normal(0, 1, (labels, DIM))).astype(np.float32)
    problem = HeadProblem(features, wanted, np.ones(classes, dtype=np.float32))
    return lambda: fit_on_features(problem, STRENGTHS["text"], 0.1)


def _fit(strategy: str, labels: int, bench: Bench, warm: bool = False) -> Work:
    """A whole fit with the strategy's defaults for texts, of one epoch; `warm`: frozen features are stored already."""
    texts, classes = labelled_texts(labels)
    settings = strategy_card(strategy).defaults.model_copy(update={"epochs": 1})
    encoder = load_encoder(DEFAULT_ENCODER, bench.fresh()) if strategy_card(strategy).uses_encoder else None
    features: FeatureSource = FeatureStore(bench.fresh()) if warm else DirectFeatures()
    if warm:
        features.features(encoder, texts)
    data = Labelled(texts, np.array(classes))
    return lambda: strategy_class(strategy)(_CLASSES, encoder, settings).fit(data, FitContext(features))


def _judge(runs: int, items: int) -> Work:
    """Verdict, evidence and summary of runs of all five strategies, two classes."""
    budgets, seeds = _SEEDS[runs]
    labels = [100 * 2**step for step in range(budgets)]
    skills = dict(zip(STRATEGIES, (0.80, 0.72, 0.84, 0.87, 0.9), strict=True))
    curves = {name: power_law(labels, skill, 0.6, 0.4) for name, skill in skills.items()}
    outcomes = outcomes_of(Simulation(seeds, items).curves(curves), labels)
    watch = Watch(STRATEGIES, n_train=labels[-1])
    return lambda: (
        give_verdict(outcomes, STRATEGIES),
        find_evidence(outcomes, watch, ("no", "yes")),
        summarise(outcomes),
    )


STEPS: dict[str, Step] = {
    "prepare": Step(
        "Split and plan", "rows", (1_000, 10_000, 100_000, 1_000_000), _prepare,
        "reading a stored dataset, drawing the locked test and planning the runs of three seeds",
    ),
    "encode": Step(
        "Encode texts", "texts", (1_000, 4_000, 16_000), _encode,
        "the bundled encoder, nothing stored yet, from texts to stored features",
    ),
    "read_features": Step(
        "Read stored features", "texts", (1_000, 10_000, 100_000), _read_features,
        "as a new process reads them, checksums included; the stored vectors are random numbers, 384 a text",
    ),
    "head_labels": Step(
        "Head, by labels", "labels", (100, 1_000, 10_000, 100_000), lambda labels, _: _head(labels, _CLASSES),
        "a head with its strength chosen, four classes, 384 random features that tell the classes apart",
    ),
    "head_classes": Step(
        "Head, by classes", "classes", (2, 10, 50, 200, 500), lambda classes, _: _head(_LABELS, classes),
        "the same with 10,000 labels",
    ),
    "classic": Step(
        "Classic baseline", "labels", (100, 1_000, 10_000, 100_000), lambda labels, bench: _fit("classic", labels, bench),
        "the whole fit: counting terms and choosing the strength",
    ),
    "full_fine_tuning": Step(
        "Full fine-tuning", "labels", (64, 128, 256, 512),
        lambda labels, bench: _fit("full_fine_tuning", labels, bench, warm=True),
        "the whole fit with one epoch, frozen features stored before",
    ),
    "partial_fine_tuning": Step(
        "Partial fine-tuning", "labels", (64, 128, 256, 512), lambda labels, bench: _fit("partial_fine_tuning", labels, bench),
        "the whole fit with one epoch, the frozen blocks' pass over the texts included",
    ),
    "judge_runs": Step(
        "Verdict, by runs", "runs", tuple(_SEEDS), lambda runs, _: _judge(runs, 1_000),
        "verdict, evidence and summary; five strategies, one to four budgets, one to ten seeds, 1,000 test items",
    ),
    "judge_items": Step(
        "Verdict, by test items", "test items", (1_000, 10_000, 100_000), lambda items, _: _judge(20, items),
        "the same for 20 runs",
    ),
}  # fmt: skip
"""All but the import, which benchmarks/import_scale.py measures in processes of its own."""


def scratch_of(folder: Path, small: bool) -> Bench:
    """A bench that needs no public sets."""
    return Bench(Path(), folder, small)
