"""Records as the JSON documents of the command line; docs/command-line.md describes them."""

from typing import Any

from tlcore.records import DatasetCard, EncoderCard, RunRecord

_RUN_FIELDS = {
    "id", "strategy", "encoder", "budget", "seed", "status", "reason", "accuracy", "macro_f1", "n_train", "n_validation",
    "n_test", "train_seconds", "encode_seconds", "features_reused", "precision",
}  # fmt: skip


def dataset_document(card: DatasetCard) -> dict[str, Any]:
    """A dataset; findings without the positions of all items they concern."""
    return card.model_dump(mode="json", exclude={"findings": {"__all__": {"items"}}})


def encoder_document(card: EncoderCard) -> dict[str, Any]:
    """An encoder."""
    return card.model_dump(mode="json")


def run_document(run: RunRecord) -> dict[str, Any]:
    """A run without its curve and its scores by class."""
    return run.model_dump(mode="json", include=_RUN_FIELDS)


def model_document(run: RunRecord) -> dict[str, Any]:
    """A finished run as the model it left; its id is the run's."""
    document = run.model_dump(mode="json", include=_RUN_FIELDS - {"status", "reason"})
    return {"id": run.id, "run": run.id, "experiment": run.experiment, **document, "created_at": run.ended_at}
