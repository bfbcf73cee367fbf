"""Signatures of texts, by which near copies are looked for: MinHash of their five-character pieces, in one pass a text.

Each piece falls into one of 90 bins, and a bin keeps its smallest hash (Li, Owen, Zhang, "One Permutation Hashing", 2012); an
empty bin takes that of another (Shrivastava, "Optimal Densification for Fast and Accurate Minwise Hashing", 2017).
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint32]
Sketches = npt.NDArray[np.uint8]

PIECE = 5
"""Characters of a piece."""

_BANDS = 18
_ROWS = 5
_BINS = _BANDS * _ROWS
_DRAWS = 6
_EMPTY = np.uint32(2**32 - 1)
_CHUNK_CHARACTERS = 300_000


def signatures(keys: list[str]) -> tuple[Keys, Sketches]:
    """`(bands, n)` one number a band and text, texts that agree in a band are candidates; `(n, bins)` a byte of each bin."""
    found = [_signatures_of(chunk) for chunk in _chunks(keys)]
    bands = [np.empty((_BANDS, 0), dtype=np.uint32), *(bands for bands, _ in found)]
    sketches = [np.empty((0, _BINS), dtype=np.uint8), *(sketches for _, sketches in found)]
    return np.concatenate(bands, axis=1), np.concatenate(sketches)


def _chunks(keys: list[str]) -> Iterator[list[str]]:
    """Slices of about `_CHUNK_CHARACTERS`, so that memory stays flat."""
    start, size = 0, 0
    for position, key in enumerate(keys):
        size += len(key)
        if size >= _CHUNK_CHARACTERS:
            yield keys[start : position + 1]
            start, size = position + 1, 0
    if start < len(keys):
        yield keys[start:]


def _signatures_of(keys: list[str]) -> tuple[Keys, Sketches]:
    """`signatures` of one chunk. Texts shorter than a piece get numbers of their own, so they match nothing."""
    hashes, counts = _piece_hashes(keys)
    own = np.random.default_rng(len(keys)).integers(0, 2**32, size=(_BANDS, len(keys)), dtype=np.uint32)
    long = np.flatnonzero(counts)
    smallest = _filled(_smallest(hashes, counts[long]), hashes, counts[long])
    for band in range(_BANDS):
        key = np.zeros(len(long), dtype=np.uint32)
        for place in range(band * _ROWS, (band + 1) * _ROWS):
            key = _mixed(key * np.uint32(0x9E3779B1) + smallest[:, place])
        own[band, long] = key
    sketches = np.zeros((len(keys), _BINS), dtype=np.uint8)
    sketches[long] = smallest & np.uint32(0xFF)
    return own, sketches


def _smallest(hashes: Keys, counts: IntArray) -> Keys:
    """`(n, bins)` the smallest hash that falls into each of the bins of a text, `_EMPTY` where none does."""
    found = np.full(len(counts) * _BINS, _EMPTY, dtype=np.uint32)
    # The upper half of a product chooses the bin, the hash itself is compared: mixed again, so that the two are unrelated.
    bins = (hashes.astype(np.uint64) * np.uint64(_BINS) >> np.uint64(32)).astype(np.int64)
    bins += np.repeat(np.arange(len(counts)) * _BINS, counts)
    np.minimum.at(found, bins, np.minimum(_mixed(hashes * np.uint32(0x85EBCA6B)), _EMPTY - np.uint32(1)))
    return found.reshape(-1, _BINS)


def _filled(smallest: Keys, hashes: Keys, counts: IntArray) -> Keys:
    """The same with each empty bin filled from one drawn for it, or by a hash of its own; both are the same for all texts."""
    given, empty = smallest.copy(), smallest == _EMPTY
    rng = np.random.default_rng(0)
    for _ in range(_DRAWS):
        rows = np.flatnonzero(empty.any(axis=1))
        smallest[rows] = np.where(empty[rows], given[np.ix_(rows, rng.integers(0, _BINS, _BINS))], smallest[rows])
        empty[rows] = smallest[rows] == _EMPTY
    # A short text has few pieces, so that draws often fail and hashes of its own are cheap.
    rows = empty.any(axis=1)
    own, starts = hashes[np.repeat(rows, counts)], (np.cumsum(counts[rows]) - counts[rows])
    multipliers = rng.integers(0, 2**31, size=_BINS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    for place in np.flatnonzero(empty.any(axis=0)):
        found = np.minimum.reduceat(_mixed(own * multipliers[place]), starts)
        smallest[rows, place] = np.where(empty[rows, place], found, smallest[rows, place])
    return smallest


def _piece_hashes(keys: list[str]) -> tuple[Keys, IntArray]:
    """A 32-bit hash of every five-character piece, text after text, and `(n,)` how many pieces each text has."""
    codes = np.frombuffer("".join(keys).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter(map(len, keys), dtype=np.int64, count=len(keys))
    counts = np.maximum(lengths - PIECE + 1, 0)
    hashes = np.zeros(max(0, len(codes) - PIECE + 1), dtype=np.uint32)
    for offset in range(PIECE):
        hashes = hashes * np.uint32(0x9E3779B1) + codes[offset : offset + len(hashes)]
    hashes = _mixed(hashes)
    # Pieces that begin in the last characters of a text run into the next one.
    inside = np.ones(len(codes), dtype=bool)
    ends = np.cumsum(lengths)
    for back in range(1, PIECE):
        inside[(ends - back)[lengths >= back]] = False
    return hashes[inside[: len(hashes)]], counts


def _mixed(values: Keys) -> Keys:
    """Spread every input bit over the whole number (a multiply-xorshift finaliser)."""
    values ^= values >> np.uint32(15)
    values *= np.uint32(0x2C1B3C6D)
    values ^= values >> np.uint32(12)
    return values
