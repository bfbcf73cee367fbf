"""From a CSV file and the user's choices to a stored dataset, or to one plain sentence and nothing stored."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from tlcore.data.checks import CountTokens
from tlcore.data.choices import SHOWN, Columns, ImportChoices, choose_columns, choose_task, map_labels, map_parts, quoted
from tlcore.data.columns import ColumnGuess, guess_columns
from tlcore.data.csv.arrow import mapped_rows
from tlcore.data.csv.load import load_csv
from tlcore.data.csv.records import LINE_COLUMN, CsvOptions, CsvReport
from tlcore.data.languages import identifier
from tlcore.data.pictures.importer import PictureChoices, import_pictures
from tlcore.data.row_sample import sample_rows
from tlcore.data.samples import SAMPLES, make_sample
from tlcore.data.store import DatasetDraft, DatasetStore
from tlcore.errors import ChoiceError, DataError
from tlcore.files import check_room, stem, temporary_folder
from tlcore.records import DatasetCard, DatasetSource
from tlcore.settings import Settings, Workspace

__all__ = ["ImportChoices", "OnProgress", "add_sample", "import_csv"]

OnProgress = Callable[[int, int], None]
"""Called with (steps done, steps in all) while a file is read and checked; may raise `Stopped`."""

_STEPS = 100
_READ_STEPS = 60
"""Steps that reading takes of all; the checks take the rest."""
_SPACE_FACTOR = 5
"""Bytes on the disk for one of the file: cells of one character take several in the Arrow file."""
_UNPACKED_FACTOR = 10
_SPACE_FLOOR = 64 * 1024**2


@dataclass(frozen=True)
class _File:
    """A CSV file once it is read: every column as text in an Arrow file of its own."""

    shown: str
    stored: Path
    report: CsvReport

    def guess(self) -> ColumnGuess:
        """What the columns look like."""
        return guess_columns(sample_rows(self.stored), self.report.rows)

    def rows(self, columns: Columns) -> pd.DataFrame:
        """Text, label, part (as it stands in the file), group and line of every row; labels lose surrounding spaces."""
        named = {"text": columns.text, "label": columns.label, "part": columns.split, "group": columns.group}
        wanted = {part: column for part, column in named.items() if column is not None}
        for part, column in wanted.items():
            if column not in self.report.columns:
                there = ", ".join(self.report.columns[:SHOWN])
                raise ChoiceError(f"{self.shown} has no column “{column}” for the {part}. Its columns are {there}.")
        table = mapped_rows(self.stored, [*dict.fromkeys(wanted.values()), LINE_COLUMN]).to_pandas()
        rows = pd.DataFrame({part: table[column] for part, column in wanted.items()}).assign(line=table[LINE_COLUMN])
        return rows.assign(label=rows["label"].str.strip())


@dataclass(frozen=True)
class _Loader:
    """Reads CSV files into a folder, the first of `files` files and then the others."""

    folder: Path
    settings: Settings
    options: CsvOptions
    files: int
    on_progress: OnProgress | None

    def load(self, path: Path, shown: str) -> _File:
        """Read the next file, called `shown` in messages."""
        place = sum(1 for _ in self.folder.iterdir())
        stored = self.folder / f"{place}.arrow"

        def tell(share: float) -> None:
            if self.on_progress:
                self.on_progress(int(_READ_STEPS * (place + share) / self.files), _STEPS)

        report = load_csv(path, self.options, stored, self.settings, file_name=shown, on_progress=tell)
        return _File(shown, stored, report)


def import_csv(
    workspace: Workspace,
    path: Path,
    choices: ImportChoices | None = None,
    *,
    test: Path | None = None,
    file_name: str | None = None,
    count_tokens: CountTokens | None = None,
    on_progress: OnProgress | None = None,
) -> DatasetCard:
    """Read, check and store a CSV file; `test` is an own test file with the same columns, `file_name` what `path` is called.

    Raises DataError for a file that cannot be used, ChoiceError for a choice that does not fit it, StorageError when the disk
    is too full. Whatever is raised, nothing is stored. 100,000 rows take some two seconds.
    """
    choices = choices or ImportChoices()
    if test is not None and choices.split is not None:
        raise ChoiceError("Give a split column or an own test file, not both.")
    _check_files(workspace, [path, test] if test else [path])
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps what was freed: a tenth of the peak
    # The checks need it at the end, when memory is fullest; while the file is read there is plenty.
    threading.Thread(target=identifier, daemon=True).start()
    with temporary_folder(workspace.uploads) as folder:
        loader = _Loader(folder, workspace.settings, choices.csv, 2 if test else 1, on_progress)
        train = loader.load(path, file_name or path.name)
        own_test = loader.load(test, test.name) if test else None
        columns = choose_columns(train.guess(), choices, train.shown, with_split=own_test is None)
        rows = train.rows(columns)
        if own_test:
            rows = pd.concat([rows.assign(part="train"), own_test.rows(columns).assign(part="test")], ignore_index=True)
    rows, validation = map_parts(rows, columns.split, chosen=choices.split is not None)
    task, mapping = choose_task(rows["label"], columns, choices)
    kept = map_labels(rows, mapping)
    if own_test:
        _check_labels_known(kept, own_test.shown)
    counts = {"rows_read": len(rows), "rows_left_out": len(rows) - len(kept), "rows_validation": validation}
    split = columns.split if (kept["part"] != "").any() else None
    source = _source(train, own_test, columns, mapping).model_copy(update={**counts, "split_column": split})
    draft = DatasetDraft(name=choices.name or stem(train.shown), task=task, source=source)
    card = DatasetStore(workspace, count_tokens).add(kept, draft)
    if on_progress:
        on_progress(_STEPS, _STEPS)
    return card


def add_sample(
    workspace: Workspace, name: str, count_tokens: CountTokens | None = None, on_progress: OnProgress | None = None
) -> DatasetCard:
    """Store an entry of `SAMPLES` as a dataset; the steps of one of pictures are its pictures.

    Raises ChoiceError for a name that is none.
    """
    if name not in SAMPLES:
        raise ChoiceError(f"There is no sample “{name}”. The samples are {', '.join(SAMPLES)}.")
    sample = SAMPLES[name]
    if sample.modality == "image":
        with temporary_folder(workspace.uploads) as folder:
            pictures = make_sample(name, folder)
            return import_pictures(
                workspace, pictures, PictureChoices(name=sample.name), file_name=name, on_progress=on_progress
            )
    choices = ImportChoices(name=sample.name, text=sample.text, label=sample.label, task=sample.task)
    return import_csv(workspace, sample.path, choices, count_tokens=count_tokens, on_progress=on_progress)


def _check_files(workspace: Workspace, paths: Sequence[Path]) -> None:
    """Refuse files that are not there, and those that the disk has no room for (packed ones may grow tenfold)."""
    needed = _SPACE_FLOOR
    for path in paths:
        if not path.is_file():
            raise DataError(f"There is no file {path}. Check the name and the folder.")
        needed += _SPACE_FACTOR * path.stat().st_size * (_UNPACKED_FACTOR if path.suffix == ".gz" else 1)
    check_room(workspace.root, needed)


def _source(train: _File, own_test: _File | None, columns: Columns, mapping: dict[str, str] | None) -> DatasetSource:
    """Where the rows came from; counts and split are filled in by the caller."""
    return DatasetSource(
        file_name=train.shown,
        sha256=train.report.sha256,
        encoding=train.report.encoding,
        delimiter=train.report.delimiter,
        rows_read=train.report.rows,
        rows_skipped=train.report.skipped + (own_test.report.skipped if own_test else 0),
        test_file_name=own_test.shown if own_test else None,
        test_sha256=own_test.report.sha256 if own_test else None,
        text_column=columns.text,
        label_column=columns.label,
        group_column=columns.group,
        label_mapping=mapping,
    )


def _check_labels_known(rows: pd.DataFrame, shown: str) -> None:
    """Refuse a test file with labels that training never sees."""
    train = set(rows["label"][rows["part"] == "train"])
    if unseen := sorted(set(rows["label"][rows["part"] == "test"]) - train - {""}):
        raise DataError(f"{shown} has the labels {quoted(unseen)}, which the training file lacks. Remove or rename them.")
