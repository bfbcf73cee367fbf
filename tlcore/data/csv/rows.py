"""The grammar of a CSV file, row by row, exact about where a quote opens and on which line a row starts.

RFC 4180, read with care for what people really send: a quote inside an unquoted cell is an ordinary character, spaces around
a quoted cell do not count, and a quoted cell must be followed by a delimiter or the end of the row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tlcore.errors import ChoiceError

_EMPTY_LINES = re.compile(rb"(?:\r*+\n)++")
UNCLOSED = "opens a quote that never closes"


@dataclass(frozen=True)
class Dialect:
    """How a table is written as text."""

    delimiter: bytes
    quote: bytes
    """Empty when no character quotes."""
    newline: bytes
    r"""What ends a row: \n, \r\n (then a bare \n does too) or \r."""

    @property
    def line_break(self) -> bytes:
        """The byte that counts lines."""
        return b"\r" if self.newline == b"\r" else b"\n"

    @cached_property
    def cell(self) -> re.Pattern[bytes]:
        """An unquoted cell up to the sign that ends it, in group `delimiter` or `end`."""
        stop = re.escape(self.delimiter) + self.line_break
        return re.compile(rb"(?P<cell>[^" + stop + rb"]*+)" + self._stop)

    @cached_property
    def quoted(self) -> re.Pattern[bytes]:
        """A quoted cell up to the sign that ends it, in group `delimiter` or `end`."""
        return re.compile(self._body + re.escape(self.quote) + self._spaces + self._stop)

    @cached_property
    def opened(self) -> re.Pattern[bytes]:
        """A quoted cell without its closing quote."""
        return re.compile(self._body)

    @property
    def _spaces(self) -> bytes:
        return b"" if self.delimiter == b" " else b" *+"

    @property
    def _body(self) -> bytes:
        quote = re.escape(self.quote)
        return self._spaces + quote + rb"(?P<cell>(?:[^" + quote + rb"]++|" + quote + quote + rb")*+)"

    @property
    def _stop(self) -> bytes:
        end = rb"\r\n?" if self.newline == b"\r" else rb"\r*+\n"
        return rb"(?:(?P<delimiter>" + re.escape(self.delimiter) + rb")|(?P<end>" + end + rb")|\Z)"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the text, or the line on which one cannot be read."""

    line: int
    """Where it starts or, with a problem, where the quote at fault opens."""
    start: int
    end: int
    """Position after its line break; with a problem, after the line on which the quote opens."""
    cells: tuple[bytes, ...] = ()
    problem: str = ""
    blank: bool = False
    """One or more empty lines, which are no rows."""


def check_dialect(delimiter: str | None, quote: str | None) -> None:
    """Raise ChoiceError unless delimiter and quote can be told apart from each other and from the text's line breaks."""
    for what, sign in (("delimiter", delimiter), ("quote character", quote or None)):
        if sign is not None and (len(sign) != 1 or not sign.isascii() or sign in "\0\r\n"):
            raise ChoiceError(f"The {what} {sign!r} must be one plain character, such as a comma, a semicolon or a tab.")
    if delimiter == '"':
        raise ChoiceError("A double quote cannot be the delimiter. Choose a comma, a semicolon, a tab or another sign.")
    if delimiter is not None and delimiter == quote:
        raise ChoiceError(f"Delimiter and quote character are both {quote!r}. Choose two different ones.")


def read_rows(text: bytes, dialect: Dialect, *, line: int, final: bool) -> Iterator[Row]:
    """The rows of `text`, which starts a row on line `line`; without `final` the last, perhaps incomplete, is left out."""
    start = 0
    while row := read_row(text, start, dialect, line=line, final=final):
        yield row
        line += text.count(dialect.line_break, start, row.end)
        start = row.end


def read_row(text: bytes, start: int, dialect: Dialect, *, line: int, final: bool) -> Row | None:
    """The row at `start`; None at the end of `text`, or when the row may go on after it and `final` does not say it cannot."""
    if start >= len(text):
        return None
    return _unquoted_row(text, start, dialect, line, final) or _quoted_row(text, start, dialect, line, final)


def next_line(text: bytes, position: int, dialect: Dialect) -> int:
    """The start of the line after the one that holds `position`."""
    at = text.find(dialect.line_break, position)
    end = len(text) if at < 0 else at + 1
    return end + 1 if dialect.newline == b"\r" and text[end : end + 1] == b"\n" else end


def _unquoted_row(text: bytes, start: int, dialect: Dialect, line: int, final: bool) -> Row | None:
    """The row at `start` if it has no quote on its first line: the quick way."""
    end = next_line(text, start, dialect)
    if dialect.quote and text.find(dialect.quote, start, end) >= 0:
        return None
    if end == len(text) and not final and text[end - 1 :] != b"\n":
        return None
    content = text[start:end].removesuffix(b"\n").rstrip(b"\r")
    if not content and (run := _EMPTY_LINES.match(text, start)):
        end = run.end()
    return Row(line, start, end, tuple(content.split(dialect.delimiter)), blank=not content)


def _quoted_row(text: bytes, start: int, dialect: Dialect, line: int, final: bool) -> Row | None:
    """The row at `start`; None when `text` ends before it and is not `final`."""
    cells: list[bytes] = []
    at = start
    while True:
        opened = dialect.opened.match(text, at) if dialect.quote else None
        found = dialect.quoted.match(text, at) if opened else dialect.cell.match(text, at)
        if found and found.end() == len(text) and not final and found["end"] in {None, b"\r"}:
            return None
        if found is None:
            closing = opened.end() if opened else at
            return _stray(text, start, at, closing, dialect, line) if final or len(text) - closing > 2 else None
        cell = found["cell"]
        if opened:
            cell = cell.replace(dialect.quote * 2, dialect.quote)
        elif not found["delimiter"] and dialect.newline != b"\r":
            cell = cell.rstrip(b"\r")
        cells.append(cell)
        at = found.end()
        if not found["delimiter"]:
            return Row(line, start, at, tuple(cells))


def _stray(text: bytes, start: int, quote: int, closing: int, dialect: Dialect, line: int) -> Row:
    """The row at `start` whose quote at `quote` does not end its cell at `closing`."""
    opens = line + text.count(dialect.line_break, start, quote)
    closes = opens + text.count(dialect.line_break, quote, closing)
    where = "" if closes == opens else f" on line {closes:,}"
    problem = UNCLOSED if closing == len(text) else f"opens a quote that closes in the middle of a text{where}"
    return Row(opens, start, next_line(text, quote, dialect), problem=problem)
