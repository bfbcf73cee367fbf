"""Which texts are copies or near copies of each other.

Two texts are near copies when the Jaccard similarity of their sets of five-character pieces is at least `SIMILARITY`.
Candidates come from MinHash signatures cut into bands (Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive
Datasets", ch. 3) and every candidate pair is then checked exactly, so a pair that is called near really is. A signature takes
one pass: each piece falls into one of 90 bins, a bin keeps its smallest (Li, Owen, Zhang, "One Permutation Hashing", 2012), and
an empty bin takes that of another (Shrivastava, "Optimal Densification for Fast and Accurate Minwise Hashing", 2017). A
pair at the very threshold is found with probability 0.999. Written on numpy because it is ten times as fast here as datasketch.
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

from tlcore.data.strings import matches, taken, text_blocks

IntArray = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint32]
Sketches = npt.NDArray[np.uint8]

SIMILARITY = 0.8
MAX_CHARACTERS = 24_000_000
"""Near copies are looked for in texts that add up to this many characters (about 1.5 s), from all over the file."""
MAX_PAIRS = 300_000
"""Most candidate pairs compared exactly (about 10 s); templated data can have far more."""

_PIECE = 5
_BANDS = 18
_ROWS = 5
_BINS = _BANDS * _ROWS
_DRAWS = 6
_EMPTY = np.uint32(2**32 - 1)
_WINDOW = 4
_CHUNK_CHARACTERS = 1_000_000
_RUN = 1_000
_AT_A_TIME = 4_096
_WORTH_A_LOOK = 0.5
# Letters, digits, and the pictures that carry a mood; punctuation, case and spacing do not make another text.
_KEPT = re.compile(r"[\w\u2600-\u27bf\U0001f000-\U0001faff]+")
_SPACED = r"^ | $|  |[\t-\r\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
"""Whatever `str.split` takes for a space, but for single blanks inside a text."""
_PLAIN_ASCII = {code: sign.lower() if _KEPT.match(sign) else " " for code, sign in enumerate(map(chr, range(128)))}
"""The same for ASCII alone, which is quicker to translate."""


@dataclass(frozen=True)
class Copies:
    """What `find_copies` found; positions count from 0 in the order of the texts given."""

    exact: IntArray
    """`(n,)` position of the first text that is the same but for surrounding or repeated spaces."""
    near: IntArray
    """`(n,)` position of the first text of the family: texts linked, also through others, by being copies or near copies."""
    compared: int
    """How many texts were looked at for near copies, copies of them included; fewer than n beyond `MAX_CHARACTERS`."""
    complete: bool
    """False when either limit cut the search short."""


def find_copies(texts: Sequence[str] | pd.Series) -> Copies:
    """Group texts into copies and families of near copies; a text without visible characters is a copy of nothing.

    100,000 texts of 200 characters take about 1 s of one processor; beyond `MAX_CHARACTERS` only exact copies add to it,
    about 0.1 s for 100,000 texts.
    """
    exact, characters = _exact_copies(texts)
    first = exact == np.arange(len(texts))
    looked_at = _looked_at(np.flatnonzero(first), characters)
    family, complete = _families([plain(text) for some in _slices(looked_at) for text in taken(texts, some)])
    near = np.arange(len(texts), dtype=np.int64)
    near[looked_at] = looked_at[family]
    known = np.zeros(len(texts), dtype=bool)
    known[looked_at] = True
    compared = int(known[exact].sum())
    return Copies(exact, near[exact], compared, complete and compared == len(texts))


def _exact_copies(texts: Sequence[str] | pd.Series) -> tuple[IntArray, IntArray]:
    """`(n,)` position of the first text that is the same but for spaces, and `(n,)` characters of each text."""
    hashes, characters = np.empty(len(texts), dtype=np.int64), np.empty(len(texts), dtype=np.int64)
    # Most texts are spaced singly already, which Arrow sees quickly.
    spaced = matches(texts, _SPACED) if isinstance(texts, pd.Series) else np.ones(len(texts), dtype=np.bool_)
    start = 0
    for block in text_blocks(texts):
        part = slice(start, start := start + len(block))
        single = (_single_spaced(text) if wide else text for text, wide in zip(block, spaced[part].tolist(), strict=True))
        hashes[part] = list(map(hash, single))
        characters[part] = list(map(len, block))
    first = _first_equal(hashes)
    first[hashes == hash("")] = np.flatnonzero(hashes == hash(""))
    # Equal hashes of different texts are next to impossible, but a copy that is none would be wrong.
    seen: dict[str, int] = {}
    copies = np.flatnonzero(first != np.arange(len(first)))
    for some in _slices(copies):
        pairs = zip(some.tolist(), taken(texts, some), taken(texts, first[some]), strict=True)
        for position, text, earlier in pairs:
            if _single_spaced(text) != _single_spaced(earlier):
                first[position] = seen.setdefault(_single_spaced(text), position)
    return first, characters


def _single_spaced(text: str) -> str:
    """The text without spaces around it and with single ones inside."""
    return " ".join(text.split())


def _slices(numbers: IntArray) -> list[IntArray]:
    """Some thousand at a time, at least one slice."""
    return np.array_split(numbers, len(numbers) // _AT_A_TIME + 1)


def _looked_at(distinct: IntArray, characters: IntArray) -> IntArray:
    """Those of the distinct texts that are compared for near copies: all, or runs of neighbours from all over the file."""
    sizes = characters[distinct]
    total = int(sizes.sum())
    if total > MAX_CHARACTERS:
        chosen = distinct % _RUN < max(1, _RUN * MAX_CHARACTERS // total)
        distinct, sizes = distinct[chosen], sizes[chosen]
    return distinct[np.cumsum(sizes) <= MAX_CHARACTERS]


def _families(keys: list[str]) -> tuple[IntArray, bool]:
    """`(n,)` place of the first plain text of each one's family, and whether all candidate pairs were checked."""
    family = first_positions(keys)
    distinct = np.flatnonzero(family == np.arange(len(keys)))
    links, complete = _similar_pairs([keys[place] for place in distinct])
    return join(family, distinct[links]), complete


def _first_equal(codes: npt.NDArray[np.int64]) -> IntArray:
    """`(n,)` position of the first equal number."""
    groups, distinct = pd.factorize(codes)
    first = np.empty(len(distinct), dtype=np.int64)
    # Written backwards, so that the first of each group is what stays.
    first[groups[::-1]] = np.arange(len(codes))[::-1]
    return first[groups]


def plain(text: str) -> str:
    """The text in lower case with single spaces and without punctuation: what near copies are compared by."""
    if text.isascii():
        return " ".join(text.translate(_PLAIN_ASCII).split())
    return " ".join(_KEPT.findall(unicodedata.normalize("NFKC", text).casefold()))


def first_positions(keys: Sequence[str]) -> IntArray:
    """`(n,)` position of the first equal key; an empty key equals nothing."""
    first = _first_equal(pd.factorize(np.array(keys, dtype=object))[0])
    blank = np.fromiter((not key for key in keys), dtype=bool, count=len(keys))
    return np.where(blank, np.arange(len(keys)), first)


def _similar_pairs(keys: list[str]) -> tuple[IntArray, bool]:
    """Pairs `(m, 2)` of similar texts among distinct plain texts, enough to link every family; and whether all were checked."""
    bands, sketches = _signatures(keys)
    pairs = _alike(_candidates(bands), sketches)
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
        others = np.flatnonzero(firsts != np.arange(len(order)))
        found.append(np.stack([order[firsts[others]], order[others]], axis=1))
    pairs = np.concatenate(found) if found else np.empty((0, 2), dtype=np.int64)
    # One number a pair sorts far faster than rows of two.
    numbers = np.unique(pairs[:, 0] * bands.shape[1] + pairs[:, 1])
    return np.stack(np.divmod(numbers, max(1, bands.shape[1])), axis=1)


def _alike(pairs: IntArray, sketches: Sketches) -> IntArray:
    """The pairs worth an exact look: their signatures agree in half their numbers; similar texts hardly ever fail to."""
    agree = [(sketches[some[:, 0]] == sketches[some[:, 1]]).mean(axis=1) >= _WORTH_A_LOOK for some in _slices(pairs)]
    return pairs[np.concatenate(agree)]


def _signatures(keys: list[str]) -> tuple[Keys, Sketches]:
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
    """`_signatures` of one chunk. Texts shorter than a piece get numbers of their own, so they match nothing."""
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
    counts = np.maximum(lengths - _PIECE + 1, 0)
    hashes = np.zeros(max(0, len(codes) - _PIECE + 1), dtype=np.uint32)
    for offset in range(_PIECE):
        hashes = hashes * np.uint32(0x9E3779B1) + codes[offset : offset + len(hashes)]
    hashes = _mixed(hashes)
    # Pieces that begin in the last characters of a text run into the next one.
    inside = np.ones(len(codes), dtype=bool)
    ends = np.cumsum(lengths)
    for back in range(1, _PIECE):
        inside[(ends - back)[lengths >= back]] = False
    return hashes[inside[: len(hashes)]], counts


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
