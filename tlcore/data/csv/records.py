"""What a reader of CSV files is told, and what it tells."""

from typing import Literal

from tlcore.records import Record

SAMPLE_BYTES = 65_536
"""How much of a file, after decompression, is looked at to find out how it is written."""
LISTED = 1_000
"""Bad rows that are listed; more are only counted."""
LINE_COLUMN = "__line"
"""Column that `load_csv` adds: the line of the file, counted from 1, on which the row starts."""


class CsvOptions(Record):
    """How to read a CSV file; `None` means "find out"."""

    encoding: str | None = None
    """A key of `tlcore.data.csv.encoding.ENCODINGS` or a usual alias of one."""
    delimiter: str | None = None
    """One ASCII character."""
    quote: str | None = None
    """One ASCII character, or "" when no character quotes."""
    header: bool | None = None
    """Whether the first row names the columns."""
    bad_rows: Literal["stop", "skip"] = "stop"
    """Refuse a file with rows that cannot be read, or leave those rows out and list them."""


class BadRow(Record):
    """A row that cannot be read."""

    line: int
    """Line of the file, counted from 1, on which the trouble begins."""
    problem: str
    """The rest of a sentence that starts with "line N": "has 2 fields instead of 3"."""

    def __str__(self) -> str:
        return f"line {self.line} {self.problem}"


class CsvGuess(Record):
    """How a file seems to be written, from its first 64 KB."""

    encoding: str
    encoding_reason: str
    """Why this encoding, in plain words."""
    delimiter: str
    quote: str
    header: bool
    columns: tuple[str, ...]
    renamed: dict[str, str]
    """Column name -> what the file calls it, where they differ."""
    preview: tuple[tuple[str, ...], ...]
    """The first 20 rows that can be read."""
    problems: tuple[BadRow, ...]
    """Rows of the sample that cannot be read, up to 1,000."""


class CsvReport(Record):
    """How a file was read."""

    columns: tuple[str, ...]
    rows: int
    """Data rows read, header and skipped rows not counted."""
    skipped: int
    """Bad rows left out."""
    bad_rows: tuple[BadRow, ...]
    """The first 1,000 of them."""
    encoding: str
    delimiter: str
    quote: str
    header: bool
    renamed: dict[str, str]
    """Column name -> what the file calls it, where they differ."""
    sha256: str
    """Of the file as it lies on the disk."""
