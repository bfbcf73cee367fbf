"""What an analyst asks for: one dataset, some ways of training, some seeds. Imports no torch."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from tlcore.encoders.catalogue import DEFAULT_ENCODER, DEFAULT_ENCODERS
from tlcore.errors import ChoiceError
from tlcore.records import IMAGE_SIZES, NOUNS, Budget, DatasetCard, EncoderCard, Modality, Record, Severity
from tlcore.training.catalogue import STRATEGIES, strategy_card
from tlcore.training.settings import TrainingSettings

DEFAULT_IMAGE_SIZE = 128
"""Chosen by measurement: see docs/image-settings.md."""
MAX_NAME = 120
MAX_SEEDS = 50
MAX_RUNS = 2_000
NO_ENCODER = "none"
"""What the runs of strategies without an encoder carry in its place."""


class ExperimentSpec(Record):
    """The choices that make an experiment; the same spec on the same dataset gives the same numbers."""

    name: str
    dataset: str
    """Id of a stored dataset."""
    modality: Modality = "text"
    """Its items'."""
    encoders: tuple[str, ...] = (DEFAULT_ENCODER,)
    strategies: tuple[str, ...] = tuple(STRATEGIES)
    budgets: tuple[Budget, ...] = ("all",)
    """Labels a run may use in all; `all` is the whole training part, `ladder` several numbers up to that."""
    seeds: int = 3
    """How many; they are 0, 1, 2…"""
    settings: dict[str, TrainingSettings] = Field(default={})
    """Strategy id -> settings that replace its defaults."""
    test_share: float = 0.2
    """Share of the items that is drawn for the locked test, where the dataset brings no parts of its own."""
    split_seed: int = 0
    band: float = 0.01
    """Differences in accuracy inside ±band do not matter in practice."""
    image_size: int | None = None
    """Pixels a side that every strategy sees of a picture, one of `IMAGE_SIZES`; None for texts."""

    def settings_of(self, strategy: str) -> TrainingSettings:
        """The settings a strategy's runs get."""
        return self.settings.get(strategy) or strategy_card(strategy).defaults_for(self.modality)


def spec_for(dataset: DatasetCard, **choices: Any) -> ExperimentSpec:
    """The default experiment on a dataset, with `choices` (fields of the spec) in place of its defaults."""
    size = DEFAULT_IMAGE_SIZE if dataset.modality == "image" else None
    usual = {"encoders": (DEFAULT_ENCODERS[dataset.modality],), "image_size": size, "name": dataset.name[:MAX_NAME]}
    return ExperimentSpec(**{**usual, **choices, "dataset": dataset.id, "modality": dataset.modality})


def check_spec(spec: ExperimentSpec, dataset: DatasetCard, encoders: Sequence[EncoderCard] = ()) -> None:
    """Raise ChoiceError, with one sentence that names the choice and the cure, for what cannot be run.

    `encoders` are the cards of the encoders chosen. Budgets are checked against the split by `plan.prepare`.
    """
    check_name(spec.name)
    _check_lists(spec)
    _check_numbers(spec)
    _check_dataset(dataset)
    _check_modality(spec, dataset)
    _check_encoders(spec, dataset.modality, encoders)


def check_name(name: str) -> None:
    """Raise ChoiceError for a name that is blank or too long for an experiment."""
    if not name.strip() or len(name) > MAX_NAME:
        raise ChoiceError(f"Give the experiment a name of 1 to {MAX_NAME} characters.")


def _check_lists(spec: ExperimentSpec) -> None:
    """At least one of everything, nothing twice, nothing unknown."""
    for chosen, what in ((spec.strategies, "strategy"), (spec.budgets, "budget")):
        if not chosen:
            raise ChoiceError(f"Choose at least one {what}.")
        if len(set(chosen)) < len(chosen):
            raise ChoiceError(f"A {what} is chosen twice. Name each one once.")
    for strategy in (*spec.strategies, *spec.settings):
        strategy_card(strategy)
    for budget in spec.budgets:
        if isinstance(budget, int) and budget < 1:
            raise ChoiceError(f'A budget of {budget} labels is too small. Give a positive number, "all" or "ladder".')


def _check_numbers(spec: ExperimentSpec) -> None:
    """Counts and shares inside their ranges."""
    if not 1 <= spec.seeds <= MAX_SEEDS:
        raise ChoiceError(f"{spec.seeds} seeds cannot be run. Choose 1 to {MAX_SEEDS}; 3 or more make a verdict possible.")
    if not 0.05 <= spec.test_share <= 0.9:
        raise ChoiceError(f"A test share of {spec.test_share:g} leaves too little to test or to train on. Choose 0.05 to 0.9.")
    if spec.split_seed < 0:
        raise ChoiceError("The seed of the split cannot be negative. Choose 0 or more.")
    if not 0 <= spec.band <= 0.5:
        raise ChoiceError(f"A practical band of {spec.band:g} makes no sense. Choose 0 to 0.5, e.g. 0.01 for one point.")


def _check_dataset(dataset: DatasetCard) -> None:
    """Nothing in the dataset that must be cured first."""
    stop = next((finding for finding in dataset.findings if finding.severity is Severity.STOP), None)
    if stop is not None:
        raise ChoiceError(f"“{dataset.name}” cannot be trained on yet: {stop.message}")
    if len(dataset.classes) < 2:
        raise ChoiceError(f"“{dataset.name}” has {len(dataset.classes)} label; a classifier needs at least two.")


def _check_modality(spec: ExperimentSpec, dataset: DatasetCard) -> None:
    """Items of the kind the spec was made for, and a working resolution for pictures alone."""
    if spec.modality != dataset.modality:
        raise ChoiceError(f"“{dataset.name}” holds {NOUNS[dataset.modality][1]}, so it needs an experiment on those.")
    if spec.modality == "image" and spec.image_size not in IMAGE_SIZES:
        sizes = ", ".join(map(str, IMAGE_SIZES))
        raise ChoiceError(f"A working resolution of {spec.image_size} pixels cannot be chosen. Choose one of {sizes}.")
    if spec.modality == "text" and spec.image_size is not None:
        raise ChoiceError("Texts have no working resolution. Leave the image size out.")


def _check_encoders(spec: ExperimentSpec, modality: Modality, encoders: Sequence[EncoderCard]) -> None:
    """Encoders that exist, are here, fit the items, and have the blocks that are to be trained."""
    if not any(strategy_card(strategy).uses_encoder for strategy in spec.strategies):
        return
    if not spec.encoders:
        raise ChoiceError("Choose at least one encoder.")
    if len(set(spec.encoders)) < len(spec.encoders):
        raise ChoiceError("An encoder is chosen twice. Name each one once.")
    for card in encoders:
        if not card.ready:
            raise ChoiceError(f"The encoder “{card.name}” is not downloaded. Choose one that is ready.")
        if card.modality != modality:
            raise ChoiceError(
                f"The encoder “{card.name}” reads {NOUNS[card.modality][1]}, and the dataset holds {NOUNS[modality][1]}."
                " Choose another one."
            )
        for strategy in spec.strategies:
            top, blocks = spec.settings_of(strategy).top_blocks, len(card.blocks)
            if "top_blocks" in strategy_card(strategy).fields and top > blocks:
                raise ChoiceError(
                    f"“{card.name}” has {blocks} blocks, so the top {top} cannot be trained. Choose {blocks} or fewer."
                )
