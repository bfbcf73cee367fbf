"""A file as blocks of UTF-8, in bounded memory, whatever its encoding and whether it is compressed."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from tlcore.data.csv.encoding import Encoding, bom_length, chosen_encoding, detect_encoding
from tlcore.data.csv.records import SAMPLE_BYTES
from tlcore.data.file_kind import GZIP, refuse_other_kinds
from tlcore.errors import DataError

DAMAGE = b"\xff"
"""Stands in a block for the first byte of a line that could not be decoded; UTF-8 never contains it."""
_BLOCK = 1 << 18
_REMEMBERED = 10_000


@dataclass(frozen=True)
class Limits:
    """Bounds of one read."""

    file_bytes: int
    """Largest file after decompression."""
    line_bytes: int
    """Longest line."""


@dataclass(frozen=True)
class Source:
    """A file that may be a table, and what it is called in messages."""

    path: Path
    name: str
    packed: bool
    """Compressed with gzip."""
    head: bytes
    """Its first bytes after decompression, at most `SAMPLE_BYTES`."""
    whole: bool
    """Nothing comes after `head`."""

    def encoding(self, chosen: str | None) -> Encoding:
        """The encoding a user chose, or else the likely one.

        Raises ChoiceError for an unknown name, DataError when the file is no text.
        """
        if chosen:
            return chosen_encoding(chosen, self.head)
        return detect_encoding(self.head, whole=self.whole, name=self.name)

    def encoding_of_all(self, limits: Limits) -> Encoding:
        """The likely encoding, also when the first byte beyond ASCII comes late in the file."""
        guess = self.encoding(None)
        if self.whole or guess.name != "utf-8" or not self.head.isascii():
            return guess
        for block, _ in self.blocks(limits):
            if not block.isascii():
                start = next(at for at in range(0, len(block), 4096) if not block[at : at + 4096].isascii())
                return detect_encoding(block[start : start + SAMPLE_BYTES], whole=False, name=self.name)
        return guess

    def blocks(self, limits: Limits) -> Iterator[tuple[bytes, float]]:
        """The bytes of the file after decompression, and what share of the file has been read with each.

        Raises DataError for a file over the limit, and for damaged compression.
        """
        total, size = 0, self.path.stat().st_size
        with _reading(self.path, self.name, self.packed) as (stream, file):
            while block := stream.read(_BLOCK):
                total += len(block)
                if total > limits.file_bytes:
                    raise DataError(too_large(self.name, None, limits.file_bytes))
                yield block, min(1.0, file.tell() / size)


@dataclass
class Text:
    """A source in UTF-8: iterate once for blocks that end at the end of a line, except perhaps the last.

    NUL characters are left out; every other character stays. A line that cannot be decoded holds `DAMAGE`.
    """

    source: Source
    encoding: Encoding
    limits: Limits
    share: float = 0.0
    """How much of the file has been read, 0-1."""
    damage: dict[int, int] = field(default_factory=dict)
    """Where a `DAMAGE` stands, counted over all blocks -> which byte of the file could not be decoded."""

    def __iter__(self) -> Iterator[bytes]:
        """The blocks. Raises DataError for a file or a line over the limit, or damaged compression."""
        read = written = 0
        for raw in self._whole_lines():
            mark = 0 if read else bom_length(raw, self.encoding.name)
            block = self._decoded(raw[mark:], read + mark, written)
            read += len(raw)
            written += len(block)
            yield block

    def sample(self) -> bytes:
        """The first lines alone, in UTF-8: whole ones, but for a file of one line. Iterate over another `Text` afterwards."""
        head = self.source.head
        if not self.source.whole:
            head = head[: _end_of_last_line(head, self.encoding) or len(head) // self.encoding.unit * self.encoding.unit]
        mark = bom_length(head, self.encoding.name)
        return self._decoded(head[mark:], mark, 0)

    def _whole_lines(self) -> Iterator[bytes]:
        """The raw blocks, cut after the last line break that is in them."""
        rest = b""
        for block, share in self.source.blocks(self.limits):
            self.share = share
            rest += block
            end = _end_of_last_line(rest, self.encoding)
            if end:
                yield rest[:end]
                rest = rest[end:]
            if len(rest) > self.limits.line_bytes:
                raise DataError(
                    f"{self.source.name} has a line longer than {self.limits.line_bytes:,} bytes. "
                    "Check that it is a table with one row a line, and shorten the line."
                )
        if rest:
            yield rest

    def _decoded(self, raw: bytes, start: int, written: int) -> bytes:
        """`raw`, which starts at byte `start` of the file, as UTF-8 that follows `written` bytes of it."""
        try:
            if self.encoding.name == "utf-8":
                utf8 = raw
                _ = raw.isascii() or raw.decode()
            else:
                utf8 = raw.decode(self.encoding.codec).encode()
        except UnicodeDecodeError:
            utf8 = self._decoded_by_line(raw, start, written)
        if 0 in utf8 and DAMAGE not in utf8:
            utf8 = utf8.replace(b"\0", b"")
        return utf8

    def _decoded_by_line(self, raw: bytes, start: int, written: int) -> bytes:
        """`raw` as UTF-8, each line that cannot be decoded with `DAMAGE` at the first bad byte."""
        parts = []
        for line in _lines(raw, self.encoding):
            try:
                part = line.decode(self.encoding.codec).replace("\0", "").encode()
            except UnicodeDecodeError as error:
                before = line[: error.start].decode(self.encoding.codec).replace("\0", "").encode()
                after = line[error.end :].decode(self.encoding.codec, errors="replace").replace("\0", "").encode()
                if len(self.damage) < _REMEMBERED:
                    self.damage[written + len(before)] = start + error.start
                part = before + DAMAGE + after
            parts.append(part)
            start += len(line)
            written += len(part)
        return b"".join(parts)


def open_source(path: Path, file_name: str | None, max_bytes: int | None = None) -> Source:
    """Look at a file's kind, size and first bytes.

    Raises DataError when it is missing, empty, too large, damaged or of another kind than CSV.
    """
    name = file_name or path.name
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise DataError(f"{name} is not a file. Give a CSV file.")
        if max_bytes is not None and size > max_bytes:
            raise DataError(too_large(name, size, max_bytes))
        with path.open("rb") as stream:
            packed = stream.read(2) == GZIP
    except OSError as error:
        raise DataError(f"{name} cannot be opened: {error.strerror}. Check the path and that you may read it.") from error
    if packed and not name.casefold().endswith(".gz"):
        raise DataError(f"{name} is compressed with gzip. Unpack it, or rename it to {name}.gz, and try again.")
    with _reading(path, name, packed) as (stream, _):
        head = stream.read(SAMPLE_BYTES)
        whole = not stream.read(1)
    refuse_other_kinds(head, name)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\0\r\n\t "):
        raise DataError(f"{name} has no data rows: it is empty. Give a file with a header line and one row for each text.")
    return Source(path, name, packed, head, whole)


def too_large(name: str, size: int | None, limit: int) -> str:
    """The sentence for a file over the limit; `size` is unknown while it is being unpacked."""
    found = f"has {size:,} bytes" if size else "has more bytes once unpacked than allowed"
    return f"{name} {found}; the limit is {limit:,}. Split the file, or raise the limit with TLCORE_MAX_FILE_BYTES."


@contextmanager
def _reading(path: Path, name: str, packed: bool) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The file after decompression and as it lies on the disk, with every way in which reading can fail made a sentence."""
    try:
        with path.open("rb") as file:
            yield (cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file), file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{name} is a damaged or incomplete gzip file. Copy or download it again.") from error
    except OSError as error:
        raise DataError(
            f"{name} cannot be read: {error.strerror or error}. Check the disk and that you may read it."
        ) from error


def _line_breaks(encoding: Encoding) -> tuple[bytes, ...]:
    """Line feed and carriage return, as this encoding writes them."""
    codec = encoding.codec
    return "\n".encode(codec), "\r".encode(codec)


def _end_of_last_line(block: bytes, encoding: Encoding) -> int:
    """Where the last line in `block` that surely is whole ends; 0 when there is none."""
    feed, carriage = _line_breaks(encoding)
    for sign, end in ((feed, len(block)), (carriage, len(block) - encoding.unit)):
        while (at := block.rfind(sign, 0, end)) >= 0:
            if at % encoding.unit == 0:
                return at + encoding.unit
            end = at + encoding.unit - 1
    return 0


def _lines(block: bytes, encoding: Encoding) -> Iterator[bytes]:
    """The lines of `block` with their breaks; a lone carriage return ends one only where no line feed does."""
    feed, carriage = _line_breaks(encoding)
    sign = feed if feed in block else carriage
    start = at = 0
    while (at := block.find(sign, at)) >= 0:
        if at % encoding.unit:
            at += 1
            continue
        at += encoding.unit
        yield block[start:at]
        start = at
    if start < len(block):
        yield block[start:]
