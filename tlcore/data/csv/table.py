"""A first look at a table: how it is written, what its columns are called, and the rules that every row must follow."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from tlcore.data.csv.encoding import Encoding
from tlcore.data.csv.judge import Judge, Rules
from tlcore.data.csv.names import numbered_names, tidy_names
from tlcore.data.csv.records import LISTED, SAMPLE_BYTES, BadRow, CsvGuess, CsvOptions
from tlcore.data.csv.rows import UNCLOSED, Row
from tlcore.data.csv.sniff import Writing, find_writing, readable_rows
from tlcore.data.csv.source import Limits, Source, Text
from tlcore.data.csv.swallow import SwallowCheck
from tlcore.errors import DataError
from tlcore.settings import Settings

_PREVIEW = 20
_LEAST_ROW_LIMIT = 1 << 20


@dataclass(frozen=True)
class Table:
    """A file whose first lines have been looked at."""

    source: Source
    encoding: Encoding
    writing: Writing
    rules: Rules
    guess: CsvGuess


def limits_of(settings: Settings) -> Limits:
    """Bounds of one read; a character of a cell takes up to four bytes, and a row has several cells."""
    return Limits(settings.max_file_bytes, max(_LEAST_ROW_LIMIT, 8 * settings.max_cell_characters))


def examine(source: Source, encoding: Encoding, options: CsvOptions, settings: Settings) -> Table:
    """Look at the first lines of a file.

    Raises DataError when they hold no rows, too many columns or an unreadable header, ChoiceError when an option cannot be.
    """
    limits = limits_of(settings)
    text = Text(source, encoding, limits)
    sample = text.sample()
    writing = find_writing(sample, options, whole=source.whole)
    rows = readable_rows(sample, writing, whole=source.whole)
    width = _width(rows, writing, source, sample)
    if width > settings.max_columns:
        raise DataError(
            f"{source.name} has {width:,} columns; the limit is {settings.max_columns:,}. Keep only the columns you need, "
            "or raise the limit with TLCORE_MAX_COLUMNS."
        )
    columns, renamed = tidy_names(_texts(rows[0])) if writing.header else (numbered_names(width), {})
    data = rows[1:] if writing.header else rows
    surely = takewhile(lambda row: row.problem != UNCLOSED, data)
    swallowed = SwallowCheck(list(surely), writing.dialect, width)
    rules = Rules(writing.dialect, width, settings.max_cell_characters, limits.line_bytes, swallowed)
    data = [row for row in data if not rules.is_empty(row)]
    if not data and source.whole:
        raise no_data_rows(source.name, "it has only a header line" if writing.header else "it is empty")
    judge = Judge(rules, text)
    body = sample[writing.first_byte :]
    judged = [judge.look(body, row, writing.first_byte) for row in data]
    guess = CsvGuess(
        encoding=encoding.name,
        encoding_reason=encoding.reason,
        delimiter=writing.dialect.delimiter.decode(),
        quote=writing.dialect.quote.decode(),
        header=writing.header,
        columns=columns,
        renamed=renamed,
        preview=tuple(_texts(row) for row in judged if not row.problem)[:_PREVIEW],
        problems=_problems(judged, source.whole),
    )
    return Table(source, encoding, writing, rules, guess)


def no_data_rows(name: str, why: str) -> DataError:
    """The error for a file without a row to use."""
    return DataError(f"{name} has no data rows: {why}. Give a file with a header line and one row for each text.")


def _width(rows: Sequence[Row], writing: Writing, source: Source, sample: bytes) -> int:
    """How many columns the table has: those of its header, or else those that most rows have."""
    if not rows:
        if source.whole:
            raise no_data_rows(source.name, "it is empty")
        fields = sample.count(writing.dialect.delimiter) + 1
        raise DataError(
            f"{source.name} has a first line longer than {SAMPLE_BYTES:,} bytes, with at least {fields:,} "
            f"field{'s' * (fields > 1)}. Check that it is a table, and put a header line with short names first."
        )
    if writing.header and rows[0].problem:
        raise DataError(f"{source.name}: the header, line {rows[0].line}, {rows[0].problem}. Mend that line and try again.")
    widths = [len(row.cells) for row in (rows[:1] if writing.header else rows) if not row.problem]
    return Counter(widths).most_common(1)[0][0] if widths else 1


def _texts(row: Row) -> tuple[str, ...]:
    """The cells of a row."""
    return tuple(cell.decode(errors="replace") for cell in row.cells)


def _problems(judged: Sequence[Row], whole: bool) -> tuple[BadRow, ...]:
    """The bad rows of the sample; a quote that is still open where the sample ends may yet close."""
    bad = [row for row in judged if row.problem and (whole or row.problem != UNCLOSED)]
    return tuple(BadRow(line=row.line, problem=row.problem) for row in bad[:LISTED])
