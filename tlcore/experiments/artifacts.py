"""The files that a run leaves: how they are written, and read so that damage is noticed and named."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from tlcore.data.splits import Split
from tlcore.errors import StorageError
from tlcore.evaluation.outcomes import IntArray
from tlcore.files import atomic_path, sha256_of, write_bytes
from tlcore.records import Record

if TYPE_CHECKING:
    import pyarrow as pa

AnyRecord = TypeVar("AnyRecord", bound=Record)

PREDICTIONS = "predictions.parquet"
SPLIT = "split.parquet"
SCORES = "scores.json"
RESULTS = "results.json"
SPEC = "spec.json"
BUNDLE = "bundle"
_SEAL = b', "sha256": "%s"}'


@dataclass(frozen=True)
class Predictions:
    """What a finished run says about the locked test."""

    items: IntArray
    """`(n,)` positions in the dataset, ascending."""
    labels: IntArray
    """`(n,)` true classes as positions in `classes`."""
    probabilities: npt.NDArray[np.float64]
    """`(n, k)` in class order."""
    classes: tuple[str, ...]


def write_predictions(path: Path, predictions: Predictions) -> str:
    """Write `item`, `label` and one `p_<label>` column a class; returns the file's SHA-256."""
    names = np.array(predictions.classes, dtype=object)
    columns = {f"p_{name}": predictions.probabilities[:, place] for place, name in enumerate(predictions.classes)}
    return _write_table(path, {"item": predictions.items, "label": names[predictions.labels], **columns})


def read_predictions(path: Path, sha256: str | None, run: str) -> Predictions:
    """Raises StorageError naming the run and the file when it is missing or not what was written."""
    table = _read_table(path, sha256, run)
    classes = tuple(name.removeprefix("p_") for name in table.column_names[2:])
    place = {name: index for index, name in enumerate(classes)}
    return Predictions(
        items=table.column("item").to_numpy(),
        labels=np.array([place[label] for label in table.column("label").to_pylist()], dtype=np.int64),
        probabilities=np.column_stack([column.to_numpy() for column in table.columns[2:]]),
        classes=classes,
    )


def write_split(path: Path, split: Split) -> str:
    """Write `item` and `part`; returns the file's SHA-256."""
    parts = np.repeat(np.array(["train", "test"], dtype=object), [len(split.train), len(split.test)])
    return _write_table(path, {"item": np.concatenate([split.train, split.test]), "part": parts}, {"how": split.how})


def read_split(path: Path, sha256: str | None, run: str) -> Split:
    """Raises StorageError naming the run and the file when it is missing or not what was written."""
    table = _read_table(path, sha256, run)
    items, tests = table.column("item").to_numpy(), np.array(table.column("part").to_pylist()) == "test"
    return Split(items[~tests], items[tests], table.schema.metadata[b"how"].decode())


def write_sealed(path: Path, record: Record) -> None:
    """Write a record as JSON whose last entry is the SHA-256 of all before it, so that renewing it is one step."""
    body = json.dumps(record.model_dump(mode="json"), ensure_ascii=False).encode()[:-1]
    write_bytes(path, body + _SEAL % hashlib.sha256(body).hexdigest().encode())


def read_sealed(path: Path, kind: type[AnyRecord], run: str) -> AnyRecord:
    """Raises StorageError naming the run and the file when it is missing or not what was written."""
    if not path.exists():
        raise _missing(path, run)
    content = path.read_bytes()
    body = content[: -len(_SEAL % bytes(64))]
    if content != body + _SEAL % hashlib.sha256(body).hexdigest().encode():
        raise _damaged(path, run)
    return kind.model_validate_json(body + b"}")


def _write_table(path: Path, columns: Mapping[str, npt.NDArray[Any]], facts: dict[str, str] | None = None) -> str:
    """Write a Parquet file, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: pa.array(values) for name, values in columns.items()}).replace_schema_metadata(facts)
    # Probabilities hardly repeat: a dictionary of them takes half the time of writing and reading, and saves nothing.
    repeating = [field.name for field in table.schema if pa.types.is_string(field.type)]
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, use_dictionary=repeating)
    return sha256_of(path)


def _read_table(path: Path, sha256: str | None, run: str) -> "pa.Table":
    """Read a Parquet file whose content is what it was when written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.exists():
        raise _missing(path, run)
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _damaged(path, run)
    return pq.ParquetFile(pa.BufferReader(content)).read()


def _missing(path: Path, run: str) -> StorageError:
    return StorageError(
        f"The file {path.name} of run {run} is missing from {path.parent}. Restore it from a backup, or run it again."
    )


def _damaged(path: Path, run: str) -> StorageError:
    return StorageError(
        f"The file {path.name} of run {run} is damaged: its content is not what was saved in {path.parent}."
        " Restore it from a backup, or run it again."
    )
