"""From a spec to its runs: dataset, locked split, labels, and one plan a run. Imports no torch."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING

import numpy as np

from tlcore.data.splits import Split, budget_order, draw_split, label_indices
from tlcore.data.store import DatasetStore
from tlcore.encoders.catalogue import encoder_card
from tlcore.errors import ChoiceError
from tlcore.evaluation.outcomes import IntArray
from tlcore.experiments.spec import MAX_RUNS, NO_ENCODER, ExperimentSpec, check_spec
from tlcore.records import DatasetCard, EncoderCard, Item, Record
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES, strategy_card
from tlcore.training.settings import TrainingSettings

if TYPE_CHECKING:
    import pandas as pd


class RunPlan(Record):
    """One run before it starts."""

    position: int
    """Place in the experiment's order, from 0."""
    strategy: str
    encoder: str
    """`none` for strategies that use no encoder."""
    budget: int
    seed: int
    settings: TrainingSettings


@dataclass(frozen=True)
class Prepared:
    """All that an experiment stands on, before anything trains."""

    dataset: DatasetCard
    store: DatasetStore
    table: "pd.DataFrame"
    """Every item of the dataset, in its order (`tlcore.data.items`)."""
    labels: IntArray
    """`(n,)` class index of every item; -1 for items without a label, which are in neither part."""
    split: Split
    plans: tuple[RunPlan, ...]

    def items(self, rows: IntArray) -> Sequence[Item]:
        """The texts or pictures at `rows` of the table."""
        return self.store.contents(self.dataset.id, self.table.iloc[rows])

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels in class order."""
        return tuple(self.dataset.classes)

    def drawn(self, plan: RunPlan) -> IntArray:
        """Positions in the dataset of the items a run may use: the first of its seed's order, so that budgets are nested."""
        order = budget_order(self.labels[self.split.train], plan.seed)
        return self.split.train[order[: plan.budget]]

    def encoded(self, plans: Sequence[RunPlan]) -> dict[str, IntArray]:
        """Encoder -> rising positions in the dataset of all items whose features some of `plans` read.

        A head alone reads those of the test too; a network that learns passes test items forward itself.
        """
        reading = [plan for plan in plans if strategy_card(plan.strategy).reads_features]
        found: dict[str, list[IntArray]] = defaultdict(list)
        # A seed's smaller budgets are part of its largest, so only that one is drawn.
        for plan in {(plan.encoder, plan.seed): plan for plan in sorted(reading, key=lambda plan: plan.budget)}.values():
            found[plan.encoder].append(self.drawn(plan))
        for encoder in {plan.encoder for plan in reading if not strategy_card(plan.strategy).trains_network}:
            found[encoder].append(self.split.test)
        return {encoder: np.unique(np.concatenate(rows)) for encoder, rows in found.items()}


def prepare(workspace: Workspace, spec: ExperimentSpec, split: Split | None = None) -> Prepared:
    """Check a spec against what is stored, draw its split (or take the one that was stored with it) and plan its runs.

    Raises ChoiceError, DataError, EncoderError or NotFoundError with one sentence for what cannot be run.
    """
    store = DatasetStore(workspace)
    dataset = store.card(spec.dataset)
    check_spec(spec, dataset, _encoder_cards(workspace, spec))
    frame: pd.DataFrame = store.items(spec.dataset)
    labels = label_indices(frame["label"], tuple(dataset.classes))
    if split is None:
        split = draw_split(frame, tuple(dataset.classes), test_share=spec.test_share, seed=spec.split_seed)
    plans = plan_runs(spec, len(split.train), len(dataset.classes))
    _check_classes(plans, labels[split.train], dataset)
    return Prepared(dataset, store, frame, labels, split, plans)


def budget_ladder(n_train: int, n_classes: int) -> tuple[int, ...]:
    """Up to six numbers of labels, evenly spaced on a log scale and rounded, the last one all `n_train`.

    The lowest is 50 where there are many, and never below four a class.
    """
    low = max(min(50.0, n_train / 8), 4.0 * n_classes, 10.0)
    steps = min(max(round(log2(n_train / low)), 0), 5) if n_train > 2 * low else 0
    rungs = {int(float(f"{low * (n_train / low) ** (step / steps):.1g}")) for step in range(steps)}
    return (*sorted(rung for rung in rungs if n_classes <= rung < n_train), n_train)


def plan_runs(spec: ExperimentSpec, n_train: int, n_classes: int = 2) -> tuple[RunPlan, ...]:
    """One plan for each strategy × encoder × budget × seed: seed by seed, so that an answer comes early, the quick ones first.

    `n_train` is the size of the training part. Raises ChoiceError for a budget larger than that.
    """
    words = {"all": (n_train,), "ladder": budget_ladder(n_train, n_classes)}
    budgets = sorted({rung for budget in spec.budgets for rung in (words[budget] if isinstance(budget, str) else (budget,))})
    if budgets[-1] > n_train:
        raise ChoiceError(
            f"A budget of {budgets[-1]:,} labels is more than the training part's {n_train:,}. Choose {n_train:,} or fewer."
        )
    chosen = [
        (strategy, encoder, budget, seed)
        for seed in range(spec.seeds)
        for budget in budgets
        for strategy in sorted(spec.strategies, key=lambda name: _effort(spec, name))
        for encoder in (spec.encoders if strategy_card(strategy).uses_encoder else (NO_ENCODER,))
    ]
    if len(chosen) > MAX_RUNS:
        raise ChoiceError(
            f"That makes {len(chosen):,} runs; at most {MAX_RUNS:,} go into one experiment. Choose fewer of something."
        )
    return tuple(
        RunPlan(
            position=place, strategy=strategy, encoder=encoder, budget=budget, seed=seed, settings=spec.settings_of(strategy)
        )
        for place, (strategy, encoder, budget, seed) in enumerate(chosen)
    )


def _effort(spec: ExperimentSpec, strategy: str) -> tuple[bool, bool, int, int]:
    """Orders strategies from quick to slow. Features are there before the first run, so a head on them comes first of all."""
    card = strategy_card(strategy)
    return card.trains_network, not card.uses_encoder, spec.settings_of(strategy).epochs, list(STRATEGIES).index(strategy)


def _encoder_cards(workspace: Workspace, spec: ExperimentSpec) -> list[EncoderCard]:
    """Cards of the encoders that the spec's strategies use."""
    if not any(strategy_card(strategy).uses_encoder for strategy in spec.strategies):
        return []
    return [encoder_card(encoder, workspace) for encoder in spec.encoders]


def _check_classes(plans: Sequence[RunPlan], train_labels: IntArray, dataset: DatasetCard) -> None:
    """Every class in the training part and, as `budget_order` takes one item of each first, room for all in each budget."""
    names = tuple(dataset.classes)
    missing = np.flatnonzero(np.bincount(train_labels, minlength=len(names)) == 0)
    if len(missing):
        raise ChoiceError(
            f"The training part has no item labelled “{names[missing[0]]}”."
            " Add some, or leave that label out when importing the data."
        )
    smallest = min(plan.budget for plan in plans)
    if smallest < len(names):
        raise ChoiceError(f"A budget of {smallest} labels cannot hold all {len(names)} labels. Choose {len(names)} or more.")
