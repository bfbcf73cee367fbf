"""Rows in canonical CSV into a Parquet file, segment by segment, so that memory depends on no file's size.

DuckDB reads the rows, all of it as text and with nothing guessed, but only rows that an `Audit` has let through. Left alone
with a file, version 2.0 refuses, or silently joins, rows that end with CR LF and hold LF in a cell, which is what Excel writes;
lets an unclosed quote swallow the rows below it; and keeps 2,048 rows in memory at a time however long they are. Here every
quote closes, every row ends with a plain line feed, and a segment is small.
"""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from tlcore.data.csv.audit import quote_of
from tlcore.data.csv.fast import IntArray
from tlcore.data.csv.records import LINE_COLUMN
from tlcore.data.csv.rows import Dialect

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SEGMENT = 8 << 20
"""Bytes of CSV that are read at once and become one row group."""
_MARK = b"\xef\xbb\xbf"
"""Leads every segment: DuckDB drops one byte-order mark, which would otherwise be that of a first cell."""


class ParquetRows:
    """A Parquet file with every column as text and the line of each row; close it, or use it in a `with` statement."""

    def __init__(self, target: Path, columns: tuple[str, ...], dialect: Dialect) -> None:
        self._names = [str(number) for number in range(len(columns))]
        self._schema = pa.schema([*((name, pa.string()) for name in columns), (LINE_COLUMN, pa.int64())])
        self._delimiter, self._quote = dialect.delimiter.decode(), quote_of(dialect).decode()
        self._open = ExitStack()
        # Beside the target, so that what a killed process leaves is removed with it.
        self._path = Path(self._open.enter_context(TemporaryDirectory(dir=target.parent, prefix="segment-"))) / "rows.csv"
        self._database = self._open.enter_context(_connect())
        self._writer = self._open.enter_context(pyarrow.parquet.ParquetWriter(target, self._schema, write_statistics=False))
        self._texts: list[bytes] = []
        self._lines: list[IntArray] = []
        self._bytes = 0

    def add(self, text: bytes, lines: IntArray) -> None:
        """Store the rows of `text`, which start on `lines` of the file they come from."""
        self._texts.append(text)
        self._lines.append(lines)
        self._bytes += len(text)
        if self._bytes >= _SEGMENT:
            self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._open:
            if error is None:
                self._flush()

    def _flush(self) -> None:
        """Write what has been added as one row group."""
        if not self._bytes:
            return
        with self._path.open("wb") as file:
            file.writelines([_MARK, *self._texts])
        columns = [column.combine_chunks() for column in self._read(len(_MARK) + self._bytes).columns]
        # Raises when DuckDB has found other rows than the audit.
        self._writer.write_table(pa.table([*columns, np.concatenate(self._lines)], schema=self._schema))
        self._texts, self._lines, self._bytes = [], [], 0

    def _read(self, size: int) -> pa.Table:
        """The rows of the segment, which has `size` bytes and is read in one piece."""
        import duckdb

        return self._database.read_csv(
            self._path,
            columns=dict.fromkeys(self._names, "VARCHAR"),
            force_not_null=self._names,
            delimiter=self._delimiter,
            quotechar=self._quote,
            escapechar=self._quote,
            lineterminator=duckdb.CSVLineTerminator.LINE_FEED,
            header=False,
            auto_detect=False,
            strict_mode=True,
            parallel=False,
            compression="none",
            max_line_size=size,
            buffer_size=size + 1,
        ).to_arrow_table()


def _connect() -> "DuckDBPyConnection":
    """A database in memory, of one thread; loaded here, as few processes read CSV."""
    import duckdb

    # One path holds segment after segment, so nothing read may be remembered.
    return duckdb.connect(
        config={"threads": 1, "memory_limit": "512MB", "temp_directory": "", "enable_external_file_cache": False}
    )
