"""Which texts are copies or near copies of each other.

Two texts are near copies when the Jaccard similarity of their sets of five-character pieces is at least `SIMILARITY`.
Candidates come from MinHash signatures cut into bands (Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive
Datasets", ch. 3) and every candidate pair is then checked exactly, so a pair that is called near really is. A
pair at the very threshold is found with probability 0.999. Written on numpy because it is ten times as fast here as datasketch.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tlcore.data.signatures import PIECE, IntArray, Keys, Sketches, signatures
from tlcore.data.strings import by_block, fingerprints, lengths, taken

SIMILARITY = 0.8
MAX_CHARACTERS = 24_000_000
"""Near copies are looked for in texts that add up to this many characters (about 1.5 s), from all over the file."""
MAX_PAIRS = 300_000
"""Most candidate pairs compared exactly (about 10 s); templated data can have far more."""

_WINDOW = 4
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
    perhaps = _perhaps_copies(texts)
    hashes = np.array([hash(_single_spaced(text)) for some in _slices(perhaps) for text in taken(texts, some)], np.int64)
    first = np.arange(len(texts), dtype=np.int64)
    first[perhaps] = perhaps[_first_equal(hashes)]
    blank = perhaps[hashes == hash("")]
    first[blank] = blank
    # Equal hashes of different texts are next to impossible, but a copy that is none would be wrong.
    seen: dict[str, int] = {}
    copies = np.flatnonzero(first != np.arange(len(first)))
    for some in _slices(copies):
        pairs = zip(some.tolist(), taken(texts, some), taken(texts, first[some]), strict=True)
        for position, text, earlier in pairs:
            if _single_spaced(text) != _single_spaced(earlier):
                first[position] = seen.setdefault(_single_spaced(text), position)
    return first, lengths(texts) if isinstance(texts, pd.Series) else np.fromiter(map(len, texts), np.int64, len(texts))


def _perhaps_copies(texts: Sequence[str] | pd.Series) -> IntArray:
    """Positions of texts that may be copies: the others have a fingerprint that no other text has."""
    if not isinstance(texts, pd.Series):
        return np.arange(len(texts))
    return np.flatnonzero(pd.Series(by_block(texts, _fingerprints)).duplicated(keep=False))


def _fingerprints(block: pa.Array) -> npt.NDArray[np.uint64]:
    """`fingerprints` of texts spaced singly."""
    found = fingerprints(block)
    # Most texts are so already, which Arrow sees quickly.
    spaced = np.flatnonzero(pc.match_substring_regex(block, _SPACED))
    single = [_single_spaced(text) for text in block.take(pa.array(spaced)).to_pylist()]
    found[spaced] = fingerprints(pa.array(single, pa.string()))
    return found


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
    bands, sketches = signatures(keys)
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


def _pieces(key: str) -> frozenset[str]:
    """The set of a plain text's five-character pieces."""
    return frozenset(key[start : start + PIECE] for start in range(len(key) - PIECE + 1))


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
