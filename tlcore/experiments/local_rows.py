"""Writing to a local MLflow database what its client writes in several calls a run: here all of it is one transaction.

Somebody waits for these rows: an experiment of two hundred runs would spend seconds on them before its first. New rows are
copies of one that the client made, so what MLflow keeps in columns that mean nothing to us is as it wants it.
`tests/experiments/test_run_store.py` proves that the client sees no difference.
"""

import math
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tlcore.experiments.rows import BUSY_SECONDS, prefixed, storage_error
from tlcore.records import RunStatus

_PARENT, _NAME = "mlflow.parentRunId", "mlflow.runName"
_TAG = "INSERT OR REPLACE INTO tags (run_uuid, key, value) VALUES (?, ?, ?)"
_PARAM = "INSERT INTO params (run_uuid, key, value) VALUES (?, ?, ?)"


@dataclass(frozen=True)
class Draft:
    """A run to be recorded."""

    name: str
    params: Mapping[str, object]
    tags: Mapping[str, str]
    """Without their prefix."""


def create(path: Path, parent: str, drafts: Sequence[Draft]) -> list[str]:
    """Record runs below `parent`, SCHEDULED, all or none; returns their ids.

    Raises StorageError when the file stays locked or is no run store.
    """
    ids = [uuid4().hex for _ in drafts]
    with _writing(path) as database:
        model = dict(database.execute("SELECT * FROM runs WHERE run_uuid = ?", (parent,)).fetchone())
        kept = "SELECT key, value FROM tags WHERE run_uuid = ? AND key IN ('mlflow.source.name', 'mlflow.user')"
        theirs = {**dict(tuple(row) for row in database.execute(kept, (parent,))), _PARENT: parent}
        changes = {"status": RunStatus.SCHEDULED.value, "start_time": _now(), "end_time": None}
        insert = f"INSERT INTO runs ({', '.join(model)}) VALUES ({', '.join(f':{column}' for column in model)})"
        for run, draft in zip(ids, drafts, strict=True):
            own = {"run_uuid": run, "name": draft.name, "artifact_uri": model["artifact_uri"].replace(parent, run)}
            database.execute(insert, {**model, **changes, **own})
            _describe(database, run, draft.params, {**theirs, _NAME: draft.name, **prefixed(draft.tags)})
    return ids


def complete(path: Path, run: str, draft: Draft) -> None:
    """Give a run that the client has just made its parameters and tags, and make it SCHEDULED.

    Raises StorageError when the file stays locked or is no run store.
    """
    with _writing(path) as database:
        database.execute("UPDATE runs SET status = ? WHERE run_uuid = ?", (RunStatus.SCHEDULED.value, run))
        _describe(database, run, draft.params, prefixed(draft.tags))


def begin(path: Path, run: str, tags: Mapping[str, str]) -> None:
    """A run is RUNNING as of now; MLflow itself lets nobody move a start.

    Raises StorageError when the file stays locked or is no run store.
    """
    with _writing(path) as database:
        database.execute(
            "UPDATE runs SET status = ?, start_time = ?, end_time = NULL WHERE run_uuid = ?",
            (RunStatus.RUNNING.value, _now(), run),
        )
        _describe(database, run, {}, prefixed(tags))


def finish(path: Path, run: str, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
    """A run is FINISHED as of now, with these numbers, which have no step.

    Raises StorageError when the file stays locked or is no run store.
    """
    at = _now()
    values = [(run, key, *_stored(value), at) for key, value in metrics.items()]
    with _writing(path) as database:
        for table in ("metrics", "latest_metrics"):
            database.executemany(
                f"INSERT OR REPLACE INTO {table} (run_uuid, key, value, is_nan, timestamp, step) VALUES (?, ?, ?, ?, ?, 0)",
                values,
            )
        database.execute("UPDATE runs SET status = ?, end_time = ? WHERE run_uuid = ?", (RunStatus.FINISHED.value, at, run))
        _describe(database, run, {}, prefixed(tags))


def _stored(value: float) -> tuple[float, bool]:
    """A number as MLflow keeps it, and whether it is none: SQL has no room for what is not finite."""
    if math.isnan(value):
        return 0.0, True
    return min(max(float(value), -sys.float_info.max), sys.float_info.max), False


def _describe(database: sqlite3.Connection, run: str, params: Mapping[str, object], tags: Mapping[str, str]) -> None:
    """Parameters and tags of a run."""
    database.executemany(_TAG, [(run, *tag) for tag in tags.items()])
    database.executemany(_PARAM, [(run, key, str(value)) for key, value in params.items()])


def _now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as database, database:
            database.row_factory = sqlite3.Row
            database.execute("BEGIN IMMEDIATE")
            yield database
    except sqlite3.DatabaseError as error:
        raise storage_error(str(path), error) from error
