"""Rows in canonical CSV into a Parquet file, segment by segment, so that memory depends on no file's size.

Arrow reads the rows, not DuckDB: version 2.0 of that refuses, or told the line break silently joins, rows that end with CR LF
and hold LF in a cell, which is what Excel writes; and it keeps 2,048 rows in memory at a time however long they are.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tlcore.data.csv_fast import IntArray
from tlcore.data.csv_records import LINE_COLUMN
from tlcore.data.csv_rows import Dialect

_SEGMENT = 8 << 20
"""Bytes of CSV that are read at once and become one row group."""


class ParquetRows:
    """A Parquet file with every column as text and the line of each row; close it, or use it in a `with` statement."""

    def __init__(self, target: Path, columns: tuple[str, ...], dialect: Dialect) -> None:
        names = [str(number) for number in range(len(columns))]
        self._schema = pa.schema([*((name, pa.string()) for name in columns), (LINE_COLUMN, pa.int64())])
        self._reading = pyarrow.csv.ReadOptions(column_names=names, block_size=2**31 - 1)
        self._parsing = pyarrow.csv.ParseOptions(
            delimiter=dialect.delimiter.decode(), quote_char=dialect.quote.decode() or '"', newlines_in_values=True
        )
        self._converting = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), check_utf8=False)
        self._writer = pyarrow.parquet.ParquetWriter(target, self._schema, write_statistics=False)
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
        if error is None:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        """Write what has been added as one row group."""
        if not self._bytes:
            return
        # Led by an empty line, which is no row: Arrow would take a cell's byte-order mark for the file's.
        text = pa.py_buffer(b"\n" + b"".join(self._texts))
        table = pyarrow.csv.read_csv(pa.BufferReader(text), self._reading, self._parsing, self._converting)
        columns = [column.combine_chunks() for column in table.columns]
        self._writer.write_table(pa.table([*columns, np.concatenate(self._lines)], schema=self._schema))
        self._texts, self._lines, self._bytes = [], [], 0
