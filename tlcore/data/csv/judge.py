"""What is wrong with a row, in words, and where reading can go on after it."""

from dataclasses import dataclass, replace

from tlcore.data.csv.rows import Dialect, Row, next_line
from tlcore.data.csv.source import DAMAGE, Text
from tlcore.data.csv.swallow import SwallowCheck

UNDECODED = "cannot be decoded as"
_REACH = 100
"""Lines after a stray quote on which its other half is looked for."""


@dataclass(frozen=True)
class Rules:
    """What a good row is."""

    dialect: Dialect
    width: int
    """Cells in every row."""
    max_cell: int
    """Longest cell, in characters."""
    max_row: int
    """Longest row, in bytes."""
    swallowed: SwallowCheck

    def several_lines(self, raw: bytes) -> bool:
        """Whether a row goes over several lines."""
        return raw.count(self.dialect.line_break) > 1

    def is_empty(self, row: Row) -> bool:
        """Whether a row is an empty line, or one of nothing but spaces in a table of several columns."""
        return row.blank or (self.width > 1 and len(row.cells) == 1 and not row.problem and not row.cells[0].strip())


class Judge:
    """Looks at rows one after another; knows the last stray quote, whose closing quote may come some lines later."""

    def __init__(self, rules: Rules, text: Text) -> None:
        self._rules = rules
        self._text = text
        self._stray = -_REACH

    def look(self, block: bytes, row: Row, position: int) -> Row:
        """`row` of `block`, which starts at byte `position` of the text, with a problem if it has one.

        A row with a problem ends where the next row may start: a stray quote costs its own line and no other.
        """
        raw = block[row.start : row.end]
        if row.problem:
            self._stray = row.line
            return row
        if self._rules.several_lines(raw) and self._swallows(raw, len(row.cells)):
            end = next_line(block, row.start, self._rules.dialect)
            return replace(row, problem="opens a quote that swallows the rows below it", end=end)
        if DAMAGE in raw:
            return self._damaged(raw, row, position + row.start)
        if len(row.cells) != self._rules.width:
            fields = "field" if len(row.cells) == 1 else "fields"
            return replace(row, problem=f"has {len(row.cells):,} {fields} instead of {self._rules.width:,}")
        if len(raw) > self._rules.max_cell and (problem := self._overlong(row.cells)):
            return replace(row, problem=problem)
        if row.line - self._stray < _REACH and self._rules.dialect.quote in raw:
            return self._after_stray(raw, row)
        return row

    def pass_over(self, rows: bytes) -> None:
        """Take note of good rows that need no look: what comes after quoted ones is no half of an earlier stray quote."""
        if self._rules.dialect.quote in rows:
            self._stray = -_REACH

    def _swallows(self, raw: bytes, width: int) -> bool:
        """Whether the lines of a row are rows of their own; the last one need not be if the row is too wide or narrow."""
        if width != self._rules.width:
            raw = raw[: raw.rstrip(b"\r\n").rfind(self._rules.dialect.line_break) + 1]
        return self._rules.swallowed(raw)

    def _damaged(self, raw: bytes, row: Row, position: int) -> Row:
        """The row with the byte that cannot be decoded."""
        at = raw.find(DAMAGE)
        offset = self._text.damage.get(position + at)
        where = "" if offset is None else f" at byte {offset:,} of the file"
        line = row.line + raw.count(self._rules.dialect.line_break, 0, at)
        return replace(row, line=line, problem=f"{UNDECODED} {self._text.encoding.name}{where}")

    def _overlong(self, cells: tuple[bytes, ...]) -> str:
        """The problem of a row with a cell over the limit; "" for another."""
        longest = max(len(cell.decode()) for cell in cells)
        if longest <= self._rules.max_cell:
            return ""
        return f"has a cell of {longest:,} characters; the limit is {self._rules.max_cell:,}"

    def _after_stray(self, raw: bytes, row: Row) -> Row:
        """The first row with quotes after a stray one: if it has the other half of it, it is half a row itself."""
        opened, self._stray = self._stray, -_REACH
        quote = self._rules.dialect.quote
        if raw.count(quote) % 2 and any(cell.endswith(quote) for cell in row.cells):
            return replace(row, problem=f"closes the quote that line {opened:,} opens")
        return row
