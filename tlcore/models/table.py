"""A table in, the same table with predictions out: read, judged and written in chunks, so that memory stays bounded.

Shared by the command line and the Predict page. Importing it loads no torch.
"""

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from tlcore.data.columns import guess_columns
from tlcore.data.csv.arrow import row_batches
from tlcore.data.csv.load import CsvOptions, CsvReport, load_csv
from tlcore.errors import ChoiceError
from tlcore.files import atomic_path, temporary_folder
from tlcore.models.cells import safe_cell
from tlcore.models.items import remarks
from tlcore.models.summary import TableSummary, Tally
from tlcore.records import Record
from tlcore.settings import Workspace

if TYPE_CHECKING:
    from tlcore.models.model import Model

_CHUNK = 2_048
_SAMPLE = 1_000

OnRows = Callable[[int, int], None]
"""Called with (rows done, rows in all); may raise `Stopped`."""
Columns = dict[str, list[str | None]]


class TableChoices(Record):
    """How to read the table; everything can be left to be found out."""

    text: str | None = None
    """Column to judge; None = the one the model learnt from, else a guess."""
    csv: CsvOptions = CsvOptions()
    file_name: str | None = None
    """What to call the file in messages, when its path is a temporary one."""


class TableReport(Record):
    """What came of a table."""

    rows: int
    predicted: int
    not_predicted: int
    """Rows whose text was blank or missing; `reason` says so in the output."""
    remarked: int
    """Rows with a `reason`, those predicted with a caution included."""
    text_column: str
    text_reason: str
    """Why that column."""
    renamed: dict[str, str]
    """Column of the input -> its name in the output, where they differ."""
    source: CsvReport
    """How the input was read, and which rows of it were left out."""
    summary: TableSummary

    @property
    def skipped(self) -> int:
        """Malformed rows of the input that were left out on request."""
        return self.source.skipped


def predict_table(
    model: "Model",
    source: Path,
    target: Path,
    choices: TableChoices,
    workspace: Workspace,
    on_progress: OnRows | None = None,
) -> TableReport:
    """Write `source`'s columns plus `prediction`, `confidence`, one `p_<label>` a class, and `reason` if a row has one.

    The output is UTF-8 with commas, whole or absent. Cells that a spreadsheet would run as a formula are led by a quote sign.

    Raises DataError for a file that is no table, ChoiceError when there is no column to judge or the model reads pictures.
    """
    if model.card.modality != "text":
        raise ChoiceError(f"The model “{model.card.name}” reads pictures, not texts. Give it a zip or folder of pictures.")
    with temporary_folder(workspace.uploads) as folder:
        rows = folder / "rows.arrow"
        report = load_csv(source, choices.csv, rows, workspace.settings, file_name=choices.file_name)
        text, why = _text_column(model, report, rows, choices.text, choices.file_name or source.name)
        reasons = [reason for chunk in _chunks(rows, [text]) for reason in remarks(chunk[text], model.card.writing)]
        output = _Output(model, report.columns, text, reasons)
        with atomic_path(target) as temporary:
            output.write(rows, temporary, on_progress)
    predicted = sum(output.summary.by_class.values())
    return TableReport(
        rows=len(reasons),
        predicted=predicted,
        not_predicted=len(reasons) - predicted,
        remarked=sum(map(bool, reasons)),
        text_column=text,
        text_reason=why,
        renamed=output.renamed,
        source=report,
        summary=output.summary,
    )


class _Output:
    """The table on its way out."""

    def __init__(self, model: "Model", columns: Sequence[str], text: str, reasons: Sequence[str]) -> None:
        self._model, self._columns, self._text, self._reasons = model, columns, text, reasons
        self._added = ["prediction", "confidence", *(f"p_{label}" for label in model.card.classes)]
        if any(reasons):
            self._added.append("reason")
        self.renamed = _renamed(columns, self._added)
        self._tally = Tally([column for column in columns if column != text], model.card.classes)

    @property
    def summary(self) -> TableSummary:
        """Counts of what was written."""
        return self._tally.summary()

    def write(self, rows: Path, target: Path, on_progress: OnRows | None) -> None:
        """Judge the rows chunk by chunk and write them."""
        done = 0
        with target.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(
                [safe_cell(name) for name in (*(self.renamed.get(name, name) for name in self._columns), *self._added)]
            )
            for chunk in _chunks(rows, self._columns):
                writer.writerows(self._lines(chunk, done))
                done += len(chunk[self._text])
                if on_progress:
                    on_progress(done, len(self._reasons))

    def _lines(self, chunk: Columns, start: int) -> Iterator[list[str]]:
        """A chunk's rows as cells; figures with six decimals, empty where nothing was predicted."""
        classes = self._model.card.classes
        table = self._model.predict_proba(chunk[self._text])
        labels = [None if math.isnan(row[0]) else classes[row.argmax()] for row in table]
        self._tally.add(chunk, labels)
        for position, (label, row) in enumerate(zip(labels, table, strict=True)):
            cells = [safe_cell(chunk[column][position] or "") for column in self._columns]
            figures = ["" if label is None else f"{figure:.6f}" for figure in (row.max(), *row)]
            cells += [safe_cell(label or ""), *figures]
            yield [*cells, self._reasons[start + position]] if self._added[-1] == "reason" else cells


def _text_column(model: "Model", report: CsvReport, rows: Path, wanted: str | None, name: str) -> tuple[str, str]:
    """The column to judge, and why that one."""
    if wanted is not None:
        column = report.renamed.get(wanted, wanted)
        if column not in report.columns:
            raise ChoiceError(f"{name} has no column “{wanted}”. Its columns are: {', '.join(report.columns[:30])}.")
        return column, "chosen"
    learnt = model.card.dataset.text_column
    if learnt is not None and learnt in report.columns:
        return learnt, "the column of that name is what the model learnt from"
    if len(report.columns) == 1:
        return report.columns[0], "the only column"
    sample = pd.DataFrame(next(_chunks(rows, report.columns))).head(_SAMPLE)
    guess = guess_columns(sample, report.rows)
    return guess.text, f"there is no column “{learnt}”; {guess.text_reason}" if learnt else guess.text_reason


def _renamed(columns: Sequence[str], added: Sequence[str]) -> dict[str, str]:
    """New names for the input's columns that have the name of an added one, e.g. in a table that is predicted again."""
    names: dict[str, str] = {}
    for column in columns:
        if column in added:
            taken = {*columns, *added, *names.values()}
            names[column] = next(name for count in range(1, len(taken) + 2) if (name := f"{column}_{count}") not in taken)
    return names


def _chunks(rows: Path, columns: Sequence[str]) -> Iterator[Columns]:
    """The table by and by, column by column."""
    return (batch.to_pydict() for batch in row_batches(rows, columns, _CHUNK))
