"""What MLflow keeps of a run, and what it means here. Reads a local MLflow database without importing MLflow.

Importing MLflow costs a second and 160 MB, and the web process only ever reads. `tests/experiments/test_run_store.py` proves
that this reader and MLflow's own client see the same.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tlcore.errors import StorageError
from tlcore.experiments.control import Submission
from tlcore.records import EpochRecord, Record, RunRecord, RunStatus

MLFLOW_EXPERIMENT = "Transfer Lab"
TAG = "transferlab."
"""Leads every tag of ours; `transferlab.experiment` is on parent and children alike."""
CURVE = ("train_loss", "validation_loss", "validation_accuracy", "epoch_seconds")
"""Metrics logged per epoch; their step is the epoch."""
BUSY_SECONDS = 20.0
"""How long a reader or writer waits for others before it says so; MLflow's own client waits as long."""


@dataclass(frozen=True)
class Row:
    """One MLflow run."""

    id: str
    name: str
    status: RunStatus
    started: int | None
    """Milliseconds since 1970."""
    ended: int | None
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    """The newest value of each."""
    history: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    """Metric -> step -> value, for the metrics in CURVE."""

    @property
    def parent(self) -> str | None:
        """Id of the MLflow run of its experiment; None for that run itself."""
        return self.tags.get("mlflow.parentRunId")

    def tag(self, name: str) -> str | None:
        """A tag of ours."""
        return self.tags.get(TAG + name)


class ExperimentRecord(Record):
    """One experiment as lists show it."""

    id: str
    name: str
    dataset: str
    """Id of its dataset."""
    dataset_name: str
    status: RunStatus
    reason: str = ""
    runs: int
    """Runs planned."""
    finished: int = 0
    verdict: str | None = None
    """The sentence it has earned so far."""
    created_at: str
    ended_at: str | None = None
    parent: str | None = None
    """Id of its MLflow run; None before its worker began."""


def read_sqlite(path: Path, experiment: str | None = None, run: str | None = None) -> list[Row]:
    """Rows of a local MLflow database: of one experiment, parent and children, or one run, with histories; or all, without.

    Raises StorageError when the file stays locked or is no run store.
    """
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as database:
            # One transaction, so that a run and its metrics are of the same moment.
            database.execute("BEGIN")
            return _rows(database, experiment, run)
    except sqlite3.DatabaseError as error:
        if str(error).startswith(("no such table", "no such column")):
            return []  # MLflow is only just making it, table by table: nothing is recorded yet
        raise storage_error(str(path), error) from error


def prefixed(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags of ours as MLflow knows them."""
    return {TAG + key: value for key, value in tags.items()}


def client_row(run: Any, history: Mapping[str, Mapping[int, float]]) -> Row:
    """A run as MLflow's client gives it (`mlflow.entities.Run`)."""
    info, data = run.info, run.data
    status = RunStatus(info.status)
    return Row(
        info.run_id, info.run_name, status, info.start_time, info.end_time, data.params, data.tags, data.metrics, history
    )


def storage_error(place: str, error: Exception) -> StorageError:
    """What went wrong with the run store, in one sentence."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return StorageError(
            f"The run store {place} has been locked by another program for {BUSY_SECONDS:.0f} seconds."
            " Close that program and try again."
        )
    return StorageError(f"The run store {place} cannot be used: {text.splitlines()[0][:300]}. Restore it from a backup.")


def _rows(database: sqlite3.Connection, experiment: str | None, only: str | None) -> list[Row]:
    """Rows with what belongs to them, by one query a table."""
    chosen = (
        "SELECT r.run_uuid FROM runs r JOIN experiments e USING (experiment_id) JOIN tags t ON t.run_uuid = r.run_uuid"
        " WHERE e.name = ?1 AND r.lifecycle_stage = 'active' AND t.key = ?2 AND (?3 IS NULL OR t.value = ?3)"
    )
    keys: tuple[str | None, ...] = (MLFLOW_EXPERIMENT, TAG + "experiment", experiment)
    if only is not None:
        chosen, keys = f"{chosen} AND r.run_uuid = ?4", (*keys, only)
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for table in ("params", "tags"):
        for run, key, value in database.execute(f"SELECT run_uuid, key, value FROM {table} WHERE run_uuid IN ({chosen})", keys):
            found[run][table][key] = value
    query = f"SELECT run_uuid, key, value, is_nan FROM latest_metrics WHERE run_uuid IN ({chosen})"
    for run, key, value, is_nan in database.execute(query, keys):
        found[run]["metrics"][key] = float("nan") if is_nan else value
    if experiment is not None or only is not None:
        # In the order of writing: the newest value of a step stays.
        query = f"SELECT run_uuid, key, step, value, is_nan FROM metrics WHERE run_uuid IN ({chosen}) ORDER BY timestamp"
        for run, key, step, value, is_nan in database.execute(query, keys):
            if key in CURVE:
                found[run]["history"].setdefault(key, {})[step] = float("nan") if is_nan else value
    runs = database.execute(f"SELECT run_uuid, name, status, start_time, end_time FROM runs WHERE run_uuid IN ({chosen})", keys)
    return [Row(run, name or "", RunStatus(status), start, end, **_parts(found[run])) for run, name, status, start, end in runs]


def _parts(found: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a Row, empty where nothing was found."""
    return {name: dict(found.get(name, {})) for name in ("params", "tags", "metrics", "history")}


def run_record(row: Row) -> RunRecord:
    """A child row as a record."""
    metrics = row.metrics
    return RunRecord(
        id=row.id,
        experiment=row.tag("experiment") or "",
        strategy=row.params["strategy"],
        encoder=row.params["encoder"],
        budget=int(row.params["budget"]),
        seed=int(row.params["seed"]),
        status=row.status,
        reason=row.tag("reason") or "",
        accuracy=metrics.get("accuracy"),
        macro_f1=metrics.get("macro_f1"),
        curve=_curve(row.history),
        n_train=_count(metrics, "n_train"),
        n_validation=_count(metrics, "n_validation"),
        n_test=_count(metrics, "n_test"),
        train_seconds=metrics.get("train_seconds"),
        encode_seconds=metrics.get("encode_seconds"),
        features_reused=row.tag("features_reused") == "true",
        precision=row.tag("precision"),
        versions=json.loads(row.tag("versions") or "{}"),
        chosen=json.loads(row.tag("chosen") or "{}"),
        temperature=metrics.get("temperature"),
        started_at=row.tag("started_at"),
        ended_at=_instant(row.ended) if row.status not in (RunStatus.SCHEDULED, RunStatus.RUNNING) else None,
    )


def experiment_record(parent: Row, children: Sequence[Row]) -> ExperimentRecord:
    """A parent row as a record."""
    return ExperimentRecord(
        id=parent.tag("experiment") or "",
        name=parent.name,
        dataset=parent.params.get("dataset", ""),
        dataset_name=parent.tag("dataset_name") or "",
        status=parent.status,
        reason=parent.tag("reason") or "",
        runs=len(children),
        finished=sum(child.status is RunStatus.FINISHED for child in children),
        verdict=parent.tag("verdict"),
        created_at=parent.tag("submitted_at") or _instant(parent.started) or "",
        ended_at=_instant(parent.ended) if parent.status not in (RunStatus.SCHEDULED, RunStatus.RUNNING) else None,
        parent=parent.id,
    )


def submitted_record(submission: Submission) -> ExperimentRecord:
    """An experiment whose worker has not begun."""
    return ExperimentRecord(
        id=submission.id,
        name=submission.spec.name,
        dataset=submission.spec.dataset,
        dataset_name=submission.dataset_name,
        status=RunStatus.SCHEDULED,
        runs=len(submission.plans),
        created_at=submission.submitted_at,
    )


def planned_records(submission: Submission, status: RunStatus, reason: str) -> list[RunRecord]:
    """The runs of an experiment whose worker has not begun; their ids are provisional."""
    return [
        RunRecord(
            id=f"{submission.id}-{plan.position}",
            experiment=submission.id,
            strategy=plan.strategy,
            encoder=plan.encoder,
            budget=plan.budget,
            seed=plan.seed,
            status=status,
            reason=reason,
        )
        for plan in submission.plans
    ]


def _curve(history: Mapping[str, Mapping[int, float]]) -> tuple[EpochRecord, ...]:
    """Epochs in order, from their metrics."""
    losses = history.get("train_loss", {})
    return tuple(
        EpochRecord(
            epoch=step,
            train_loss=losses[step],
            validation_loss=history.get("validation_loss", {}).get(step),
            validation_accuracy=history.get("validation_accuracy", {}).get(step),
            seconds=history.get("epoch_seconds", {}).get(step, 0.0),
        )
        for step in sorted(losses)
    )


def _count(metrics: Mapping[str, float], name: str) -> int | None:
    """A whole number, or None when unknown."""
    return int(metrics[name]) if name in metrics else None


def _instant(milliseconds: int | None) -> str | None:
    """ISO 8601 in UTC."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
