"""What the two comparisons of fine-tuning share: one of our strategies against the Trainer, same labels, epochs and batches."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.measure import Bench, Contender, Turn, timed
from benchmarks.peers import Finetuned, Recipe
from benchmarks.text_sets import Part, TextSet, some_a_class, text_set
from tlcore.encoders.catalogue import DEFAULT_ENCODER, load_encoder
from tlcore.encoders.features import FeatureStore
from tlcore.training.catalogue import STRATEGIES, strategy_class
from tlcore.training.strategies.base import FitContext

PER_CLASS = 200
EPOCHS = 3
BATCH = 16


@dataclass(frozen=True)
class Duel:
    """Which strategy, on which public set, against how much of the network frozen."""

    strategy: str
    data: str
    frozen_blocks: int


def duel_contenders(bench: Bench, duel: Duel) -> Mapping[str, Contender]:
    """The strategy and the Trainer twice; round k draws other labels and trains from seed k, the same for all."""
    found = text_set(bench.data, duel.data, 200 if bench.small else None)
    per_class, epochs = (10, 1) if bench.small else (PER_CLASS, EPOCHS)

    def peer(tuned: bool) -> Contender:
        def turn(number: int) -> Turn:
            part = some_a_class(found.train, per_class, number)
            recipe = Recipe(len(found.classes), epochs, number, tuned, BATCH, duel.frozen_blocks)
            spent, model = timed(lambda: Finetuned(part, recipe))
            return Turn(spent, model.accuracy(found.test))

        return turn

    everybody = {
        "tlcore": _ours(bench, duel.strategy, found, (per_class, epochs)),
        "HF Trainer, defaults": peer(tuned=False),
        "HF Trainer, tuned": peer(tuned=True),
    }
    _warm_up(bench, duel, found)
    return everybody


def _ours(bench: Bench, strategy: str, found: TextSet, sizes: tuple[int, int]) -> Contender:
    """The strategy's own fit with its default settings but for the epochs; nothing is stored beforehand."""
    encoder = load_encoder(DEFAULT_ENCODER, bench.fresh())
    per_class, epochs = sizes
    settings = STRATEGIES[strategy].defaults.model_copy(update={"epochs": epochs, "batch_size": BATCH})

    def turn(number: int) -> Turn:
        part = some_a_class(found.train, per_class, number)
        model = strategy_class(strategy)(len(found.classes), encoder, settings, number)
        context = FitContext(features=FeatureStore(bench.fresh()))
        spent, _ = timed(lambda: model.fit(part.labelled, context))
        right = model.predict_proba(found.test.texts).argmax(axis=1) == found.test.labels
        return Turn(spent, float(np.mean(right)))

    return turn


def _warm_up(bench: Bench, duel: Duel, found: TextSet) -> None:
    """What a process does once, in its first fit, belongs to no round."""
    tiny: Part = some_a_class(found.train, 4, 0)
    _ours(bench, duel.strategy, TextSet(found.train, tiny, found.classes), (4, 1))(0)
    for tuned in (False, True):
        Finetuned(tiny, Recipe(len(found.classes), 1, 0, tuned, BATCH, duel.frozen_blocks))
