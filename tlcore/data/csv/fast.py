"""Rows of a block that are well-formed beyond doubt, found with array operations instead of a loop."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tlcore.data.csv.judge import Rules
from tlcore.data.csv.rows import Dialect
from tlcore.data.csv.source import DAMAGE

IntArray = np.ndarray[Any, np.dtype[np.int64]]
ByteArray = np.ndarray[Any, np.dtype[np.uint8]]
_FEED, _CARRIAGE = 10, 13


@dataclass(frozen=True)
class CleanRows:
    """The whole rows of a block; what comes after the last of them belongs to the next block."""

    ends: IntArray
    """Position after each row's line break."""
    lines: IntArray
    """Line breaks before each row."""
    breaks: int
    """Line breaks up to the end of the last row."""
    longest: int
    """Bytes of the longest row."""


_NONE = CleanRows(np.zeros(0, np.int64), np.zeros(0, np.int64), 0, 0)


def clean_rows(block: bytes, rules: Rules) -> CleanRows | None:
    """The whole rows of `block`, which starts a row, or None when one of them needs a closer look.

    Not None means: every row has `width` cells, every quote opens or closes a whole cell or stands doubled inside one, every
    row ends as the dialect says, and nothing is longer than allowed. So every reader that knows RFC 4180 reads the same.
    """
    dialect = rules.dialect
    if not _plain(block, dialect):
        return None
    signs = np.frombuffer(block, np.uint8)
    feeds = np.flatnonzero(signs == _FEED)
    delimiters = np.flatnonzero(signs == dialect.delimiter[0])
    last, outside = feeds, delimiters
    if dialect.quote and dialect.quote in block:
        quotes = np.flatnonzero(signs == dialect.quote[0])
        last = _outside(feeds, quotes)
        quotes = quotes[: np.searchsorted(quotes, last[-1])] if last.size else quotes[:0]
        if not _well_quoted(signs, quotes, dialect.delimiter[0]):
            return None
        outside = _outside(delimiters, quotes)
    if not last.size:
        return _NONE if len(block) <= rules.max_row else None
    lengths = np.diff(last, prepend=-1)
    widths = np.diff(np.searchsorted(outside, last), prepend=0) + 1
    blank = lengths.min() <= len(dialect.newline)
    if blank or lengths.max() > rules.max_cell or (widths != rules.width).any():
        return None
    if dialect.newline == b"\r\n" and not _carriages_fit(signs, feeds, last):
        return None
    breaks = np.searchsorted(feeds, last) + 1
    rows = CleanRows(last + 1, np.concatenate([[0], breaks[:-1]]), int(breaks[-1]), int(lengths.max()))
    several = np.diff(breaks, prepend=0)
    crowded = np.diff(np.searchsorted(delimiters, last), prepend=0) >= (rules.width - 1) * several
    for at in np.flatnonzero((several > 1) & crowded):
        if rules.swallowed(block[last[at] + 1 - lengths[at] : last[at] + 1]):
            return None
    return rows


def _plain(block: bytes, dialect: Dialect) -> bool:
    """Whether a block has nothing in it that the array operations do not know."""
    if DAMAGE in block or dialect.newline == b"\r" or (not dialect.quote and b'"' in block):
        return False
    return dialect.newline == b"\r\n" or b"\r" not in block


def _carriages_fit(signs: ByteArray, feeds: IntArray, last: IntArray) -> bool:
    """Whether every row ends with a carriage return and a line feed, and no carriage return stands without a line feed."""
    paired = np.count_nonzero(signs[feeds[feeds > 0] - 1] == _CARRIAGE)
    return paired == np.count_nonzero(signs[: feeds[-1]] == _CARRIAGE) and bool((signs[last - 1] == _CARRIAGE).all())


def _outside(positions: IntArray, quotes: IntArray) -> IntArray:
    """Those of `positions` with an even number of quotes before them."""
    return positions[np.searchsorted(quotes, positions) % 2 == 0]


def _well_quoted(signs: ByteArray, quotes: IntArray, delimiter: int) -> bool:
    """Whether quotes, taken in turn as opening and closing, stand only where such quotes may."""
    if not quotes.size:
        return True
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening == 0, _FEED, signs[opening - 1])
    after = signs[closing + 1]
    doubled = closing[:-1] + 1 == opening[1:]
    opens = (before == delimiter) | (before == _FEED)
    closes = (after == delimiter) | (after == _FEED) | (after == _CARRIAGE)
    opens[1:] |= doubled
    closes[:-1] |= doubled
    return bool(opens.all() and closes.all())
