"""The strategies there are: the literal dict that pages, plans and docs read. Imports no torch.

To add one: write a class that keeps `strategies.base.Strategy`, and add its card here. The contract tests pick it up.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from tlcore.errors import ChoiceError
from tlcore.records import Modality, Record
from tlcore.training.settings import TrainingSettings

if TYPE_CHECKING:
    from tlcore.training.strategies.base import Strategy


class StrategyCard(Record):
    """What a strategy is, readable without loading it."""

    id: str
    name: str
    about: str
    """One sentence for the analyst, about texts unless it holds for both."""
    image_about: str | None = None
    """The same about pictures, where `about` does not hold for them."""
    transfer: bool
    """True when it starts from pre-trained weights."""
    uses_encoder: bool
    """False when it works on the raw items; its runs carry the encoder id `none`."""
    reads_features: bool
    """True when it begins with frozen features of its labels, which an experiment computes once for all its runs."""
    trains_network: bool
    """True when it runs the epoch loop (and so has epochs, rates, checkpoints)."""
    implementation: str
    """`module:Class`."""
    defaults: TrainingSettings = TrainingSettings()
    """For texts."""
    image_defaults: TrainingSettings = TrainingSettings()
    """For pictures, chosen by measurement: see docs/image-settings.md."""
    fields: tuple[str, ...] = ()
    """The settings that it uses for texts, in the order a form shows them."""
    augments: bool = False
    """True when it learns from whole pictures, so that they can be varied; a stored prefix has seen each as it is."""

    def about_for(self, modality: Modality) -> str:
        """One sentence for the analyst."""
        return (self.image_about if modality == "image" else None) or self.about

    def defaults_for(self, modality: Modality) -> TrainingSettings:
        """The settings that nobody changed."""
        return self.image_defaults if modality == "image" else self.defaults

    def fields_for(self, modality: Modality) -> tuple[str, ...]:
        """The settings that it uses, in the order a form shows them."""
        if modality == "text":
            return self.fields
        return tuple(name for name in self.fields if name not in _TEXT_FIELDS) + (_IMAGE_FIELDS if self.augments else ())


_TEXT_FIELDS = ("max_length",)
_IMAGE_FIELDS = ("augmentation", "flip", "crop", "rotation", "scale", "colour", "erasing")
_NETWORK_FIELDS = (
    "learning_rate", "head_learning_rate", "epochs", "batch_size", "weight_decay", "warmup", "label_smoothing",
    "class_weights", "dropout", "max_length", "early_stopping", "patience", "validation_share",
)  # fmt: skip
_IMAGES = TrainingSettings(learning_rate=3e-4, layer_decay=0.9, epochs=8, augmentation="light")
"""What suits pictures where the whole of a pre-trained network learns; docs/image-settings.md says how it was chosen."""
_HERE = "tlcore.training.strategies"

STRATEGIES: dict[str, StrategyCard] = {
    "classic": StrategyCard(
        id="classic",
        name="Classic baseline",
        about="Word and character counts with logistic regression: no deep learning, the bar that everything else must clear.",
        image_about="Small pixels and colours with logistic regression: no deep learning, the bar that everything else must clear.",
        transfer=False,
        uses_encoder=False,
        reads_features=False,
        trains_network=False,
        implementation=f"{_HERE}.classic:Classic",
        fields=("class_weights",),
    ),
    "scratch": StrategyCard(
        id="scratch",
        name="From scratch",
        about="The same network with random weights: what your labels alone can teach it. The fair control.",
        transfer=False,
        uses_encoder=True,
        reads_features=False,
        trains_network=True,
        implementation=f"{_HERE}.scratch:Scratch",
        defaults=TrainingSettings(layer_decay=1.0, epochs=15, early_stopping=True),
        image_defaults=_IMAGES.model_copy(
            update={
                "learning_rate": 5e-4,
                "head_learning_rate": 1e-2,
                "layer_decay": 1.0,
                "epochs": 15,
                "early_stopping": True,
                "patience": 5,
            }
        ),
        fields=_NETWORK_FIELDS,
        augments=True,
    ),
    "feature_extraction": StrategyCard(
        id="feature_extraction",
        name="Frozen encoder",
        about="The pre-trained network stays as it is; only a small classifier on top learns. Fast, and often hard to beat.",
        transfer=True,
        uses_encoder=True,
        reads_features=True,
        trains_network=False,
        implementation=f"{_HERE}.feature_extraction:FeatureExtraction",
        fields=("class_weights",),
    ),
    "partial_fine_tuning": StrategyCard(
        id="partial_fine_tuning",
        name="Partial fine-tuning",
        about="The top blocks of the pre-trained network learn along; the lower ones are computed once and kept.",
        transfer=True,
        uses_encoder=True,
        reads_features=False,
        trains_network=True,
        implementation=f"{_HERE}.partial_fine_tuning:PartialFineTuning",
        image_defaults=_IMAGES.model_copy(update={"learning_rate": 5e-4, "top_blocks": 3, "epochs": 8, "augmentation": "none"}),
        fields=("top_blocks", *_NETWORK_FIELDS, "layer_decay"),
    ),
    "full_fine_tuning": StrategyCard(
        id="full_fine_tuning",
        name="Full fine-tuning",
        about="Every weight of the pre-trained network learns, the classifier first. Slowest, and usually the most accurate.",
        transfer=True,
        uses_encoder=True,
        reads_features=True,
        trains_network=True,
        implementation=f"{_HERE}.full_fine_tuning:FullFineTuning",
        image_defaults=_IMAGES,
        fields=(*_NETWORK_FIELDS, "layer_decay"),
        augments=True,
    ),
}


def strategy_card(strategy: str) -> StrategyCard:
    """The card of a strategy id. Raises ChoiceError naming the ids there are."""
    try:
        return STRATEGIES[strategy]
    except KeyError:
        raise ChoiceError(f'There is no strategy "{strategy}". Choose from: {", ".join(STRATEGIES)}.') from None


def strategy_class(strategy: str) -> "type[Strategy]":
    """The class behind a strategy id; this is where torch gets imported."""
    module, _, name = strategy_card(strategy).implementation.partition(":")
    return getattr(import_module(module), name)
