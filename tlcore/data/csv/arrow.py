"""Rows in canonical CSV into an Arrow file, segment by segment, so that memory depends on no file's size; and back.

Arrow reads the rows, all of it as text and with nothing guessed, but only rows that an `Audit` has let through: left alone with
a file it takes a carriage return in a bare cell for the end of a row. Its file is no larger than the text, and is mapped, not
decoded: the columns that somebody looks at are the only ones that are ever in memory, and the system may take them back.
"""

import mmap
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakSet

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from tlcore.data.csv.audit import quote_of
from tlcore.data.csv.fast import IntArray
from tlcore.data.csv.records import LINE_COLUMN
from tlcore.data.csv.rows import Dialect

_SEGMENT = 8 << 20
"""Bytes of CSV that are read at once and become one batch of rows."""
_MARK = b"\xef\xbb\xbf"
"""Leads every segment: Arrow drops one byte-order mark, which would otherwise be that of a first cell."""
_MAPPED: WeakSet[mmap.mmap] = WeakSet()
"""Files that tables lie in, each as long as one of its tables lives."""


class ArrowRows:
    """An Arrow file with every column as text and the line of each row; close it, or use it in a `with` statement.

    A thread reads one segment while the next one is gathered.
    """

    def __init__(self, target: Path, columns: tuple[str, ...], dialect: Dialect) -> None:
        self._names = [str(number) for number in range(len(columns))]
        self._schema = pa.schema([*((name, pa.string()) for name in columns), (LINE_COLUMN, pa.int64())])
        self._writing = pc.ParseOptions(
            delimiter=dialect.delimiter.decode(), quote_char=quote_of(dialect).decode(), newlines_in_values=True
        )
        self._as_text = pc.ConvertOptions(column_types=dict.fromkeys(self._names, pa.string()), strings_can_be_null=False)
        self._open = ExitStack()
        self._writer = self._open.enter_context(
            pa.ipc.new_file(self._open.enter_context(pa.OSFile(str(target), "wb")), self._schema)
        )
        self._pool = self._open.enter_context(ThreadPoolExecutor(1))
        self._before: Future[None] | None = None
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
                self._wait()

    def _flush(self) -> None:
        """Have what has been added written as one batch of rows, as soon as the one before is."""
        self._wait()
        if self._bytes:
            self._before = self._pool.submit(self._write, b"".join([_MARK, *self._texts]), np.concatenate(self._lines))
        self._texts, self._lines, self._bytes = [], [], 0

    def _wait(self) -> None:
        """Wait for the segment before; raises what went wrong with it."""
        if self._before is not None:
            self._before.result()
            self._before = None

    def _write(self, text: bytes, lines: IntArray) -> None:
        """Read the rows of a segment, all in one piece, and write them."""
        reading = pc.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=self._names)
        table = pc.read_csv(pa.BufferReader(text), reading, self._writing, self._as_text)
        # Raises when Arrow has found other rows than the audit.
        self._writer.write_table(pa.table([*table.columns, lines], schema=self._schema))


def mapped_rows(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Columns of a file that `load_csv` wrote, all of them and `LINE_COLUMN` when None, mapped into memory.

    The texts lie in the file: it takes memory only for what is looked at, and the file may be deleted meanwhile.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    _MAPPED.add(mapped)
    table = pa.ipc.open_file(pa.py_buffer(mapped)).read_all()
    return table if columns is None else table.select(list(columns))


def hand_back_pages() -> None:
    """Let the system have the memory of all mapped rows: what is looked at again comes from its cache, or from the file."""
    for mapped in list(_MAPPED):
        if hasattr(mmap, "MADV_DONTNEED"):
            mapped.madvise(mmap.MADV_DONTNEED)


def row_batches(path: Path, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
    """The same by and by, at most `rows` rows at a time, in bounded memory."""
    with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
        for place in range(reader.num_record_batches):
            batch = reader.get_batch(place).select(list(columns))
            yield from (batch[start : start + rows] for start in range(0, len(batch), rows))
