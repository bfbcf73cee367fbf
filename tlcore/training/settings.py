"""The choices every strategy offers. Imports no torch: pages show these as forms."""

from typing import Literal

from pydantic import Field

from tlcore.records import Record


class TrainingSettings(Record):
    """How a strategy trains. A field that a strategy has no use for is ignored by it; its form does not show it."""

    learning_rate: float = Field(default=1e-4, gt=0, le=1, description="step size of the encoder's top block")
    head_learning_rate: float = Field(default=1e-3, gt=0, le=1, description="step size of the head")
    layer_decay: float = Field(default=0.9, gt=0, le=1, description="each lower block's rate is this times the one above")
    epochs: int = Field(default=4, ge=1, le=500, description="passes over the training items, at most")
    batch_size: int = Field(default=16, ge=1, le=1024, description="items a step")
    weight_decay: float = Field(default=0.01, ge=0, le=1, description="pull of all weights towards zero (AdamW)")
    warmup: float = Field(default=0.1, ge=0, lt=1, description="share of all steps over which the rate rises from zero")
    label_smoothing: float = Field(default=0.0, ge=0, lt=1, description="share of certainty given to the other classes")
    class_weights: Literal["balanced", "none"] = Field(default="none", description="count rare classes more, or not")
    top_blocks: int = Field(default=2, ge=1, description="blocks trained by partial fine-tuning, from the top")
    early_stopping: bool = Field(default=False, description="stop when the validation loss no longer falls")
    patience: int = Field(default=3, ge=1, description="epochs without improvement before stopping")
    validation_share: float = Field(default=0.2, gt=0, lt=0.9, description="share of the budget spent on validation")
    max_length: int = Field(default=128, ge=8, le=512, description="tokens read of each text; the rest is cut")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="share of activations dropped while training")
    augmentation: Literal["none", "light", "strong"] = Field(
        default="none", description="how much each picture is varied every time it is learned from"
    )
    flip: float | None = Field(default=None, ge=0, le=1, description="chance that left and right swap")
    crop: float | None = Field(default=None, ge=0, le=0.9, description="share of the picture that a crop may leave out")
    rotation: float | None = Field(default=None, ge=0, le=180, description="degrees that it may turn either way")
    scale: float | None = Field(default=None, ge=0, le=0.9, description="share that it may grow or shrink by")
    colour: float | None = Field(default=None, ge=0, le=1, description="how far brightness, contrast and colours may move")
    erasing: float | None = Field(default=None, ge=0, le=1, description="chance that a patch of it is blanked out")
