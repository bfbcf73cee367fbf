"""Every row of a table judged before it is taken: nothing shifts, nothing is swallowed, every bad line has a number.

Blocks that are well-formed beyond doubt are judged with a few array operations, the others row by row.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tlcore.data.csv.fast import CleanRows, IntArray, clean_rows
from tlcore.data.csv.judge import Judge, Rules
from tlcore.data.csv.records import LISTED, BadRow
from tlcore.data.csv.rows import Dialect, Row, read_row
from tlcore.data.csv.sniff import Writing
from tlcore.data.csv.source import DAMAGE, Text


@dataclass(frozen=True)
class GoodRows:
    """Rows that any reader of CSV reads alike: each cell bare, or whole in quotes with those inside it doubled.

    Each row ends with a line feed, or with a carriage return and one; the line breaks in cells stay as they are.
    """

    text: bytes
    lines: IntArray
    """Line of the file on which each starts."""


class Audit:
    """Judges the rows of one text. Iterate once for the good rows; what has been counted so far stands in the attributes."""

    def __init__(self, text: Text, writing: Writing, rules: Rules) -> None:
        self.rows = 0
        self.skipped = 0
        self.bad: list[BadRow] = []
        """The first `LISTED` rows that were skipped."""
        self._text = text
        self._writing = writing
        self._rules = rules
        self._judge = Judge(rules, text)
        self._buffer = b""
        self._line = 1
        """Line on which `_buffer` starts."""
        self._position = 0
        """Byte of the text at which `_buffer` starts."""

    def __iter__(self) -> Iterator[GoodRows]:
        """Judge block after block."""
        blocks = iter(self._text)
        self._buffer = next(blocks, b"")
        self._drop(self._writing.first_byte, self._writing.first_line - 1)
        while self._writing.header and not self._drop_header():
            self._buffer += next(blocks)
        yield from self._take_block(final=False)
        for block in blocks:
            self._buffer += block
            yield from self._take_block(final=False)
        if self._buffer:
            self._buffer += self._rules.dialect.newline
            yield from self._take_block(final=True)

    def _drop(self, count: int, lines: int) -> None:
        """Forget the first `count` bytes of the buffer, which are `lines` whole lines that have been dealt with."""
        self._line += lines
        self._position += count
        self._buffer = self._buffer[count:]

    def _drop_header(self) -> bool:
        """Pass over the header; False when it goes on in the next block."""
        while row := read_row(self._buffer, 0, self._rules.dialect, line=self._line, final=self._text.source.whole):
            if DAMAGE in self._buffer[: row.end]:
                self._reject(self._judge.look(self._buffer, row, self._position))
            self._drop(row.end, self._buffer.count(self._rules.dialect.line_break, 0, row.end))
            if not row.blank:
                return True
        return False

    def _take_block(self, *, final: bool) -> Iterator[GoodRows]:
        """Judge the whole rows of the buffer and keep what may go on in the next block."""
        rows = None if self._rules.dialect.quote == b" " else clean_rows(self._buffer, self._rules)
        if rows is None:
            yield from self._take_each(final)
        elif rows.ends.size:
            yield self._take_all(rows)
        if final and self._buffer:
            yield from self._take_each(final)

    def _take_all(self, rows: CleanRows) -> GoodRows:
        """Take well-formed rows as they stand."""
        end = int(rows.ends[-1])
        good = GoodRows(self._buffer[:end], rows.lines + self._line)
        self.rows += len(rows.ends)
        self._judge.pass_over(good.text)
        self._drop(end, rows.breaks)
        return good

    def _take_each(self, final: bool) -> Iterator[GoodRows]:
        """Take row by row; one that is longer than a row may be cannot go on in the next block."""
        text, dialect = self._buffer, self._rules.dialect
        at, line, lines, good = 0, self._line, list[int](), list[bytes]()
        while found := read_row(text, at, dialect, line=line, final=final or len(text) - at > self._rules.max_row):
            row = found if self._rules.is_empty(found) else self._judge.look(text, found, self._position)
            if row.problem:
                self._reject(row)
            elif not self._rules.is_empty(row):
                good.append(_quoted(row.cells, dialect.delimiter, quote_of(dialect)))
                lines.append(line)
            line += text.count(dialect.line_break, at, row.end)
            at = row.end
        self.rows += len(good)
        self._drop(at, line - self._line)
        yield GoodRows(b"".join(good), np.array(lines, np.int64))

    def _reject(self, row: Row) -> None:
        """Count a bad row."""
        self.skipped += 1
        if len(self.bad) < LISTED:
            self.bad.append(BadRow(line=row.line, problem=row.problem))


def quote_of(dialect: Dialect) -> bytes:
    """What quotes cells in good rows: the sign of the file, unless it has none or a space, which readers of CSV trim."""
    return dialect.quote.strip(b" ") or b'"'


def _quoted(cells: tuple[bytes, ...], delimiter: bytes, quote: bytes) -> bytes:
    """A row with all cells quoted."""
    return delimiter.join(quote + cell.replace(quote, quote * 2) + quote for cell in cells) + b"\n"
