"""Which texts are copies or near copies of each other.

Two texts are near copies when the Jaccard similarity of their sets of five-character pieces is at least `SIMILARITY`.
Candidates come from MinHash signatures cut into bands (Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive
Datasets", ch. 3) and every candidate pair is then checked exactly, so a pair that is called near really is. A pair at the
very threshold is found with probability 0.999. Written on numpy because it is ten times as fast here as datasketch.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np
import numpy.typing as npt
import pandas as pd

IntArray = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint32]

SIMILARITY = 0.8
MAX_CHARACTERS = 100_000_000
"""Near copies are looked for in the first texts that add up to this many characters (about 15 s)."""
MAX_PAIRS = 300_000
"""Most candidate pairs compared exactly (about 10 s); templated data can have far more."""

_PIECE = 5
_BANDS = 18
_ROWS = 5
_WINDOW = 4
_CHUNK_CHARACTERS = 4_000_000
# Letters, digits, and the pictures that carry a mood; punctuation, case and spacing do not make another text.
_KEPT = re.compile(r"[\w\u2600-\u27bf\U0001f000-\U0001faff]+")


@dataclass(frozen=True)
class Copies:
    """What `find_copies` found; positions count from 0 in the order of the texts given."""

    exact: IntArray
    """`(n,)` position of the first text that is the same but for surrounding or repeated spaces."""
    near: IntArray
    """`(n,)` position of the first text of the family: texts linked, also through others, by being copies or near copies."""
    compared: int
    """How many texts were looked at for near copies; fewer than n when `MAX_CHARACTERS` was reached."""
    complete: bool
    """False when either limit cut the search short."""


def find_copies(texts: Sequence[str]) -> Copies:
    """Group texts into copies and families of near copies; a text without visible characters is a copy of nothing.

    5,000 texts of 170 characters take about 0.3 s, 100,000 about 4 s; time grows with the characters up to `MAX_CHARACTERS`.
    """
    exact = first_positions([" ".join(text.split()) for text in texts])
    keys = [plain(text) for text in texts]
    near = first_positions([key or text.strip() for key, text in zip(keys, texts, strict=True)])
    distinct = np.flatnonzero(near == np.arange(len(texts)))
    compared = _within_limit(distinct, keys)
    distinct = distinct[: np.searchsorted(distinct, compared)]
    links, complete = _similar_pairs([keys[position] for position in distinct])
    near = join(near, distinct[links])
    return Copies(exact, near, compared, complete and compared == len(texts))


def plain(text: str) -> str:
    """The text in lower case with single spaces and without punctuation: what near copies are compared by."""
    return " ".join(_KEPT.findall(unicodedata.normalize("NFKC", text).casefold()))


def first_positions(keys: Sequence[str]) -> IntArray:
    """`(n,)` position of the first equal key; an empty key equals nothing."""
    codes, _ = pd.factorize(np.array(keys, dtype=object))
    first = pd.Series(np.arange(len(keys))).groupby(codes).transform("min").to_numpy(dtype=np.int64)
    blank = np.fromiter((not key for key in keys), dtype=bool, count=len(keys))
    return np.where(blank, np.arange(len(keys)), first)


def _within_limit(distinct: IntArray, keys: list[str]) -> int:
    """How many leading texts may be compared before their distinct ones exceed `MAX_CHARACTERS`."""
    total = np.cumsum(np.fromiter((len(keys[position]) for position in distinct), dtype=np.int64, count=len(distinct)))
    allowed = int(np.searchsorted(total, MAX_CHARACTERS, side="right"))
    return len(keys) if allowed == len(distinct) else int(distinct[allowed])


def _similar_pairs(keys: list[str]) -> tuple[IntArray, bool]:
    """Pairs `(m, 2)` of similar texts among distinct plain texts, enough to link every family; and whether all were checked."""
    pairs = _candidates(_band_keys(keys))
    family = list(range(len(keys)))
    links = []
    for left, group in groupby(pairs[:MAX_PAIRS].tolist(), key=itemgetter(0)):
        pieces = _pieces(keys[left])
        for _, right in group:
            if _root(family, left) != _root(family, right) and _jaccard(pieces, _pieces(keys[right])) >= SIMILARITY:
                family[_root(family, right)] = _root(family, left)
                links.append((left, right))
    return np.array(links, dtype=np.int64).reshape(-1, 2), len(pairs) <= MAX_PAIRS


def _candidates(bands: Keys) -> IntArray:
    """Pairs `(m, 2)`, left before right, that share a band, in the order of the texts.

    Inside a bucket each text is paired with the first and with its next few neighbours, so that cost stays linear.
    """
    found = []
    for keys in bands:
        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        for step in range(1, min(_WINDOW, len(order) - 1) + 1):
            same = np.flatnonzero(ranked[step:] == ranked[:-step])
            found.append(np.stack([order[same], order[same + step]], axis=1))
        starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
        firsts = np.repeat(starts, np.diff(np.r_[starts, len(order)]))
        found.append(np.stack([order[firsts], order], axis=1))
    pairs = np.concatenate(found) if found else np.empty((0, 2), dtype=np.int64)
    # One number a pair sorts far faster than rows of two.
    numbers = np.unique(pairs[:, 0] * bands.shape[1] + pairs[:, 1])
    pairs = np.stack(np.divmod(numbers, max(1, bands.shape[1])), axis=1)
    return pairs[pairs[:, 0] != pairs[:, 1]]


def _band_keys(keys: list[str]) -> Keys:
    """`(bands, n)` one number a band and text; texts that agree in a band are candidates."""
    if not keys:
        return np.empty((0, 0), dtype=np.uint32)
    return np.concatenate([_bands_of(chunk) for chunk in _chunks(keys)], axis=1)


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


def _bands_of(keys: list[str]) -> Keys:
    """`_band_keys` of one chunk. Texts shorter than a piece get numbers of their own, so they match nothing."""
    hashes, counts = _piece_hashes(keys)
    own = np.random.default_rng(len(keys)).integers(0, 2**32, size=(_BANDS, len(keys)), dtype=np.uint32)
    long = np.flatnonzero(counts)
    if not len(long):
        return own
    starts = (np.cumsum(counts) - counts)[long]
    rng = np.random.default_rng(0)
    multipliers = rng.integers(0, 2**31, size=(_BANDS, _ROWS), dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    for band in range(_BANDS):
        key = np.zeros(len(long), dtype=np.uint32)
        for multiplier in multipliers[band]:
            smallest = np.minimum.reduceat(_mixed(hashes * multiplier), starts)
            key = _mixed(key * np.uint32(0x9E3779B1) + smallest)
        own[band, long] = key
    return own


def _piece_hashes(keys: list[str]) -> tuple[Keys, IntArray]:
    """A 32-bit hash of every five-character piece, text after text, and `(n,)` how many pieces each text has."""
    codes = np.frombuffer("".join(keys).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter(map(len, keys), dtype=np.int64, count=len(keys))
    counts = np.maximum(lengths - _PIECE + 1, 0)
    inside = np.arange(counts.sum()) + np.repeat(np.cumsum(lengths) - lengths - np.cumsum(counts) + counts, counts)
    hashes = np.zeros(len(inside), dtype=np.uint32)
    for offset in range(_PIECE):
        hashes = _mixed(hashes * np.uint32(0x01000193) ^ codes[inside + offset])
    return hashes, counts


def _mixed(values: Keys) -> Keys:
    """Spread every input bit over the whole number (a multiply-xorshift finaliser)."""
    values ^= values >> np.uint32(15)
    values *= np.uint32(0x2C1B3C6D)
    values ^= values >> np.uint32(12)
    return values


def _pieces(key: str) -> frozenset[str]:
    """The set of a plain text's five-character pieces."""
    return frozenset(key[start : start + _PIECE] for start in range(len(key) - _PIECE + 1))


def _jaccard(pieces: frozenset[str], others: frozenset[str]) -> float:
    """Shared members over all members; 0 for two empty sets."""
    shared = len(pieces & others)
    return shared / max(1, len(pieces) + len(others) - shared)


def join(near: IntArray, links: IntArray) -> IntArray:
    """Merge families along `links` `(m, 2)`; each family keeps the position of its first text."""
    parents = near.tolist()
    for left, right in links.tolist():
        low, high = sorted((_root(parents, left), _root(parents, right)))
        parents[high] = low
    return np.array([_root(parents, position) for position in range(len(parents))], dtype=np.int64)


def _root(parents: list[int], position: int) -> int:
    """The representative of a position's family, shortening the way there (union-find with path halving)."""
    while parents[position] != position:
        parents[position] = parents[parents[position]]
        position = parents[position]
    return position
