"""What a finished model is, for programs (a record) and for people (the README of its bundle). Imports no torch."""

import math
import re

from tlcore.models.items import Writing
from tlcore.records import DatasetCard, EncoderCard, Modality, Record, Scores, Task
from tlcore.training.catalogue import STRATEGIES
from tlcore.training.settings import TrainingSettings

EXAMPLES: dict[Modality, str] = {
    "text": 'model.predict(["A text of your own."])[0]',
    "image": 'model.predict_files(["picture.jpg"])[0]',
}
"""How a loaded model is asked in Python."""
_SOURCES: dict[Modality, str] = {"text": "texts.csv", "image": "pictures.zip"}
_WEAK_F1 = 0.5


class DatasetReference(Record):
    """The dataset that a model learnt from, as far as its user needs to know it."""

    id: str
    name: str
    sha256: str
    """Of the file that was imported."""
    items: int
    text_column: str | None = None
    label_column: str | None = None

    @classmethod
    def of(cls, card: DatasetCard) -> "DatasetReference":
        """The reference to a stored dataset."""
        source = card.source
        return cls(
            id=card.id,
            name=card.name,
            sha256=source.sha256,
            items=card.items,
            text_column=source.text_column,
            label_column=source.label_column,
        )


class ModelCard(Record):
    """A finished model, readable without loading it."""

    id: str
    """Id of the run that trained it."""
    name: str
    strategy: str
    encoder: EncoderCard | None = None
    """None for strategies that use no encoder."""
    encoder_fingerprint: str | None = None
    classes: tuple[str, ...]
    """Labels in the order of the probabilities' columns."""
    modality: Modality
    task: Task
    dataset: DatasetReference
    settings: TrainingSettings
    image_size: int | None = None
    """Pixels a side that it sees of a picture; None for texts."""
    scores: Scores | None = None
    """On the locked test set of its experiment."""
    budget: int
    """Labels it was allowed to use in all."""
    seed: int
    n_train: int
    n_validation: int = 0
    n_test: int | None = None
    precision: str | None = None
    """Arithmetic it was trained in: `fp32` or `bf16`."""
    writing: Writing = Writing()
    """What its training texts were written in."""
    created_at: str

    @property
    def max_length(self) -> int | None:
        """Tokens it reads of a text, where there is such a limit."""
        if self.encoder is None or self.encoder.max_length is None:
            return None
        trained = STRATEGIES[self.strategy].trains_network
        return min(self.settings.max_length, self.encoder.max_length) if trained else self.encoder.max_length

    @property
    def limits(self) -> tuple[str, ...]:
        """What its user should know before trusting it, in plain sentences."""
        found = [
            f"It learnt from {self.n_train:,} items of “{self.dataset.name}”; items of another kind, time or language"
            " may be judged worse than the scores say.",
            f"It gives every item one of its {len(self.classes)} labels, even when none of them fits.",
        ]
        if self.max_length is not None:
            found.append(f"It reads the first {self.max_length} tokens (roughly {self.max_length * 3 // 4} words) of a text.")
        if self.image_size is not None:
            found.append(f"It sees every picture at {self.image_size} × {self.image_size} pixels; smaller details are lost.")
        if self.scores is not None and self.n_test:
            margin = 100 * _half_width(self.scores.accuracy, self.n_test)
            found.append(
                f"Its scores come from {self.n_test:,} test items, so its accuracy is only certain to about"
                f" ± {margin:.1f} points."
            )
            weak = [item.label for item in self.scores.per_class if item.f1 is None or item.f1 < _WEAK_F1]
            if weak:
                found.append(f"It is weak on {', '.join(f'“{label}”' for label in weak)} (F1 below {_WEAK_F1} or unknown).")
        return tuple(found)


def bundle_name(card: ModelCard) -> str:
    """File name of the model's download: carries the run id, so that no two models share a name."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", card.name).strip("-")[:60]
    return f"{words or 'model'}-{card.id}.zip"


def readme(card: ModelCard) -> str:
    """The model card as Markdown; names and labels from outside are escaped."""
    lines = [
        f"# {_plain(card.name)}",
        "",
        f"A {card.modality} classifier made with Transfer Lab on {card.created_at[:10]}"
        f" ({STRATEGIES[card.strategy].name}, run `{card.id}`).",
        "",
        "## Use it",
        "",
        "```python",
        "from tlcore import load_model",
        f'model = load_model("{bundle_name(card)}")',
        f"print({EXAMPLES[card.modality]})",
        "```",
        "",
        f"or `python -m tlcore predict {bundle_name(card)} --in {_SOURCES[card.modality]} --out predictions.csv`.",
        "",
        *_section("Data", _data_rows(card)),
        *_section("Settings", _setting_rows(card)),
        *_score_lines(card),
        "## Limits",
        "",
        *(f"- {_plain(sentence)}" for sentence in card.limits),
        "",
    ]
    return "\n".join(lines)


def _section(title: str, rows: dict[str, object]) -> list[str]:
    """A heading and a two-column table."""
    table = [f"| {name} | {_plain(str(value))} |" for name, value in rows.items() if value is not None]
    return [f"## {title}", "", "| | |", "|---|---|", *table, ""]


def _data_rows(card: ModelCard) -> dict[str, object]:
    """What it learnt from."""
    return {
        "Dataset": f"{card.dataset.name} ({card.dataset.items:,} items, id {card.dataset.id})",
        "SHA-256 of the file": card.dataset.sha256,
        "Text column": card.dataset.text_column,
        "Working resolution": card.image_size and f"{card.image_size} × {card.image_size} pixels",
        "Label column": card.dataset.label_column,
        "Labels": ", ".join(card.classes),
        "Labels it was allowed to use": card.budget,
        "Items it was fitted on": card.n_train,
        "Items for validation": card.n_validation,
        "Items in the locked test set": card.n_test,
    }


def _setting_rows(card: ModelCard) -> dict[str, object]:
    """How it was trained: the settings its strategy uses, and what it stands on."""
    used = card.settings.model_dump(include=set(STRATEGIES[card.strategy].fields_for(card.modality)))
    return {
        "Strategy": STRATEGIES[card.strategy].name,
        "Encoder": card.encoder and f"{card.encoder.name} ({card.encoder.licence})",
        "Encoder fingerprint": card.encoder_fingerprint,
        "Seed": card.seed,
        "Precision": card.precision,
    } | {name.replace("_", " ").capitalize(): value for name, value in used.items()}


def _score_lines(card: ModelCard) -> list[str]:
    """Scores in all and by class."""
    if card.scores is None:
        return []
    scores = card.scores
    lines = [
        "## Scores on the locked test set",
        "",
        f"Accuracy {scores.accuracy:.3f}, macro F1 {scores.macro_f1:.3f}, balanced accuracy {scores.balanced_accuracy:.3f},"
        f" log loss {scores.log_loss:.3f}.",
        "",
        "| label | precision | recall | F1 | test items |",
        "|---|---|---|---|---|",
    ]
    for item in scores.per_class:
        figures = " | ".join("–" if figure is None else f"{figure:.3f}" for figure in (item.precision, item.recall, item.f1))
        lines.append(f"| {_plain(item.label)} | {figures} | {item.support} |")
    return [*lines, ""]


def _half_width(share: float, n: int) -> float:
    """Half the 95 % score interval of a share from `n` items (E. B. Wilson, 1927)."""
    z = 1.96
    return z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>()#!|&~])", r"\\\1", " ".join(text.split()))
