"""A first look at a whole CSV file, so that its columns, labels and bad rows can be shown before anything is stored."""

from pathlib import Path

import pandas as pd
import pyarrow.compute as pc

from tlcore.data.columns import ColumnGuess, guess_columns
from tlcore.data.csv.arrow import mapped_rows
from tlcore.data.csv.load import CsvOptions, CsvReport, OnShare, load_csv
from tlcore.data.row_sample import sample_rows
from tlcore.files import temporary_folder
from tlcore.records import Record
from tlcore.settings import Workspace

_PREVIEW_ROWS = 20
_MAX_VALUES = 200
_MAX_COLUMNS = 100


class FileLook(Record):
    """What a file holds."""

    report: CsvReport
    guess: ColumnGuess
    preview: dict[str, tuple[str, ...]]
    """Column -> its first cells."""
    values: dict[str, dict[str, int]]
    """Column -> value -> rows, the most frequent first, for columns of up to 200 distinct values."""


def look_at(
    workspace: Workspace, path: Path, options: CsvOptions, file_name: str | None = None, on_progress: OnShare | None = None
) -> FileLook:
    """Read a file whole in bounded memory and say what it holds; bad rows are listed, never a reason to stop.

    Raises DataError for a file that is no table.
    """
    with temporary_folder(workspace.uploads) as folder:
        rows = folder / "rows.arrow"
        lenient = options.model_copy(update={"bad_rows": "skip"})
        report = load_csv(path, lenient, rows, workspace.settings, file_name, on_progress)
        head = mapped_rows(rows)[:_PREVIEW_ROWS].to_pandas()
        sample = sample_rows(rows)
        return FileLook(
            report=report,
            guess=guess_columns(sample, report.rows),
            preview={column: tuple(head[column]) for column in report.columns[:_MAX_COLUMNS]},
            values=_values(rows, sample, report.columns),
        )


def _values(rows: Path, sample: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """Distinct values with their counts, for columns that have few."""
    few = [column for column in columns[:_MAX_COLUMNS] if sample[column].nunique() <= _MAX_VALUES]
    found, table = {}, mapped_rows(rows)
    for column in few:
        counts = pc.value_counts(pc.utf8_trim_whitespace(table.column(column)))
        if len(counts) <= _MAX_VALUES:
            pairs = sorted(((entry["values"].as_py(), entry["counts"].as_py()) for entry in counts), key=lambda pair: -pair[1])
            found[column] = dict(pairs)
    return found
