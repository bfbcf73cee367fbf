"""Telling a cell of several lines from a stray quote that found a later quote and swallowed the rows between."""

import re
from collections.abc import Sequence

from tlcore.data.csv.rows import Dialect, Row

_ENOUGH = 4
_LOOKED_AT = 50
"""Lines of a cell that are looked at, besides the last."""
_LETTERS = re.compile(rb"[^\W\d_]+|[\x80-\xff]+")
_DIGITS = re.compile(rb"\d+")


class SwallowCheck:
    """Knows from a sample what the cells of each column look like.

    Formally both are the same text, so the judgement is by evidence: every line of the cell would be a whole row by itself,
    with one of the few values that the most repetitive column holds elsewhere or, where no column repeats itself, with words
    of the shapes that the other rows have.
    """

    def __init__(self, rows: Sequence[Row], dialect: Dialect, width: int) -> None:
        self._dialect = dialect
        self._width = width
        plain = [row.cells for row in rows if not row.problem and len(row.cells) == width]
        columns = list(zip(*plain, strict=True)) if width > 1 and len(plain) > 1 else []
        repeating = [(at, values) for at, cells in enumerate(columns) if (values := _repeating(cells))]
        shapes = [(at, shapes) for at, cells in enumerate(columns) if (shapes := _alike(cells))]
        self._plain = bool(repeating)
        self._known = dict([min(repeating, key=lambda column: len(column[1]))] if repeating else shapes)
        """Column -> its values, or their shapes."""

    def __call__(self, raw: bytes) -> bool:
        """Whether the lines of `raw`, a row of several lines or its first lines, are rows of their own."""
        if not self._known:
            return False
        lines = raw.removesuffix(b"\n").removesuffix(b"\r").split(self._dialect.line_break, _LOOKED_AT)
        lines.append(lines.pop().rpartition(self._dialect.line_break)[2])
        return all(self._is_row(line.strip(b"\r\n")) for line in reversed(lines))

    def _is_row(self, line: bytes) -> bool:
        """Whether `line` by itself, its quotes taken as ordinary characters, is a row like the others."""
        cells = line.split(self._dialect.delimiter)
        if len(cells) != self._width:
            return False
        told = [at for at in self._known if self._dialect.quote not in cells[at]]
        return bool(told) and all((cells[at] if self._plain else _shape(cells[at])) in self._known[at] for at in told)


def _repeating(cells: Sequence[bytes]) -> frozenset[bytes] | None:
    """The values of a column that repeats few of them; None for another column."""
    values = frozenset(cells)
    return values if len(cells) >= _ENOUGH and len(values) * 2 <= len(cells) else None


def _alike(cells: Sequence[bytes]) -> frozenset[bytes] | None:
    """The shapes of a column of single words, numbers or dates; None for another column."""
    shapes = frozenset(map(_shape, cells))
    return shapes if len(shapes) <= 2 and all(re.fullmatch(rb"\S+", shape) for shape in shapes) else None


def _shape(cell: bytes) -> bytes:
    """A cell with letters as `a` and digits as `9`: `2024-01-31` and `1999-12-01` have one shape."""
    return _DIGITS.sub(b"9", _LETTERS.sub(b"a", cell))
