"""How a table is written - delimiter, quote, line breaks, header - from its first lines."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tlcore.data.csv.names import looks_like_header
from tlcore.data.csv.records import CsvOptions
from tlcore.data.csv.rows import Dialect, Row, check_dialect, read_rows

DELIMITERS = (b",", b";", b"\t", b"|")
"""What is tried, the likelier first."""
_HINT = re.compile(rb'"?sep=(?P<delimiter>[^\r\n"])"?(\r\n|\r|\n)', re.IGNORECASE)
_FEW = 3
_HEADER_ROWS = 200


@dataclass(frozen=True)
class Writing:
    """How a table is written."""

    dialect: Dialect
    header: bool
    first_line: int
    """Line on which the header, or else the first row, starts: 2 when line 1 is Excel's `sep=` hint."""
    first_byte: int
    """Where that line starts in the text."""


def find_writing(sample: bytes, options: CsvOptions, *, whole: bool) -> Writing:
    """How `sample`, the first lines of a table in UTF-8, is written; what `options` says is taken as said.

    Time is linear in the sample. Raises ChoiceError for options that contradict each other.
    """
    check_dialect(options.delimiter, options.quote)
    hint = _HINT.match(sample)
    body = sample[hint.end() :] if hint else sample
    delimiters: Sequence[bytes] = DELIMITERS
    if options.delimiter:
        delimiters = (options.delimiter.encode(),)
    elif hint and hint["delimiter"].isascii():
        delimiters = (hint["delimiter"],)
    quotes = _quotes(body) if options.quote is None else (options.quote.encode(),)
    trials = [Dialect(sign, quote, _newline(body, quote)) for quote in quotes for sign in delimiters if sign != quote]
    dialect = max(trials, key=lambda trial: _consistency(_rows(body, trial, 1, whole)))
    writing = Writing(dialect, True, 2 if hint else 1, hint.end() if hint else 0)
    header = options.header
    if header is None:
        cells = [row.cells for row in readable_rows(sample, writing, whole=whole)[:_HEADER_ROWS] if not row.problem]
        header = not cells or looks_like_header([tuple(cell.decode(errors="replace") for cell in row) for row in cells])
    return replace(writing, header=header)


def readable_rows(sample: bytes, writing: Writing, *, whole: bool) -> list[Row]:
    """The rows of the sample from the header on, empty lines left out."""
    return _rows(sample[writing.first_byte :], writing.dialect, writing.first_line, whole)


def _rows(text: bytes, dialect: Dialect, line: int, whole: bool) -> list[Row]:
    """The rows of `text` that are not empty lines; a quote that seems to swallow much of it is taken as never closed."""
    rows = list(read_rows(text, dialect, line=line, final=whole))
    if not whole and len(text) - (rows[-1].end if rows else 0) > len(text) // 4:
        rows = list(read_rows(text, dialect, line=line, final=True))[:-1]
    return [row for row in rows if not row.blank]


def _consistency(rows: Sequence[Row]) -> float:
    """How well a dialect fits, 0-1: most rows as wide as the first, and wider than one cell."""
    widths = [0 if row.problem else len(row.cells) for row in rows]
    usual = Counter(filter(None, widths)).most_common(1)
    if not usual:
        return 0.0
    width, count = usual[0]
    return count / len(rows) * (1.0 if width > 1 else 0.5) * (1.0 if widths[0] == width else 0.9)


def _quotes(body: bytes) -> tuple[bytes, ...]:
    """Quote characters worth a trial.

    "No quoting" is one only where several cells start with a quote that cannot be one, and none is quoted out of need: a single
    stray quote must be reported, not explained away.
    """
    starts = rb"(?:^|[\r\n,;\t|])"
    double = len(re.findall(starts + rb'"(?=[^,;\t|\r\n"])', body))
    closed = len(re.findall(starts + rb'"(?:[^"\r\n]|"")*+"(?=[,;\t|\r\n]|\Z)', body))
    single = len(re.findall(starts + rb"'(?:[^'\r\n]|'')*+'(?=[,;\t|\r\n]|\Z)", body))
    if not double and single >= _FEW:
        return (b"'", b'"') if single >= body.count(b"\n") else (b'"', b"'")
    if double - closed >= _FEW and closed * 10 <= double:
        return b'"', b""
    return (b'"',)


def _newline(body: bytes, quote: bytes) -> bytes:
    """What ends most rows; breaks inside quoted cells do not count."""
    sign = re.escape(quote)
    bare = re.sub(sign + rb"[^" + sign + rb"]*+" + sign, b"", body) if quote else body
    pairs = bare.count(b"\r\n")
    feeds, carriages = bare.count(b"\n") - pairs, bare.count(b"\r") - pairs
    if carriages > pairs + feeds:
        return b"\r"
    return b"\r\n" if pairs > feeds else b"\n"
