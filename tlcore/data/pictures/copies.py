"""Which pictures are copies or near copies of each other.

Exact copies have the same pixels. Near copies have perceptual hashes that differ in at most `DISTANCE` of 64 bits. The hash is
the DCT hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010): the picture as 32 x 32
greys, its lowest 8 x 8 frequencies, one bit each for above or below their median. Measured on 1,396 photographs: of 974,000
pairs none within 6 bits but two real copies; of their copies 99.8 % and more were found after JPEG at quality 30, a quarter of
the size, a fifth more light or a crop by 1 % a side, 96 % after a crop by 2 %. Gradient and mean hashes found fewer or made
false pairs. Pictures of one kind, such as scanned digits, are closer to each other by nature: there the distance shrinks.

Pairs are found without comparing all with all by multi-index hashing (Norouzi, Punjani, Fleet, "Fast Search in Hamming Space
with Multi-Index Hashing", 2012).
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import erfc, sqrt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tlcore.data.duplicates import Copies, first_positions, join
from tlcore.data.signatures import IntArray

if TYPE_CHECKING:
    from PIL import Image

Hashes = npt.NDArray[np.uint64]

DISTANCE = 6
"""Most bits of 64 in which the hashes of near copies may differ."""
MAX_PAIRS = 100_000_000
"""Most candidate pairs compared (about 3 s); only hashes that crowd together in a strange way have more."""

_SIDE, _KEPT = 32, 8
_BOX = 4  # PIL.Image.Resampling.BOX, without importing PIL for it
_FLAT = 2.0
_COLOUR_STEP = 8
_BANDS, _BITS = 4, 16
_CHUNK = 2_000_000
_SAMPLED = 500_000
_CHANCE = 1e-4
_FEWEST = 20
_COSINES = np.cos(np.pi / (2 * _SIDE) * np.outer(np.arange(_KEPT), 2 * np.arange(_SIDE) + 1)) * np.sqrt(2 / _SIDE)
_COSINES[0] *= np.sqrt(0.5)


def look_of(image: "Image.Image") -> str:
    """The perceptual hash of an RGB picture as 16 hex digits.

    A picture without a coarse shape (greys that deviate by less than 2 of 255 when 32 x 32) has nothing to hash: when it is
    flat throughout, its hash is drawn from its colour, so that white pages are alike and black ones are not like them; when it
    is a fine texture, from its pixels, so that it is like nothing else.
    """
    grey = image.convert("L")
    small = np.asarray(grey.resize((_SIDE, _SIDE), resample=_BOX), dtype=np.float64)
    if small.std() < _FLAT:
        flat = np.asarray(grey).std() < _FLAT
        colour = np.asarray(image.resize((1, 1), resample=_BOX), dtype=np.int64).ravel() // _COLOUR_STEP
        return hashlib.sha256(colour.tobytes() if flat else image.tobytes()).hexdigest()[:16]
    # Rounded, so that waves that a picture does not have are zero and not noise of the last digit.
    low = np.round(_COSINES @ small @ _COSINES.T, 3)
    return np.packbits(low > np.median(low)).tobytes().hex()


def find_picture_copies(pixels: Sequence[str], looks: Sequence[str]) -> Copies:
    """Group pictures into copies (equal `pixels`) and families of near copies (`looks`: hashes of `look_of`).

    A family is linked through its members, as with texts. When even equal hashes would pair pictures by chance, only exact
    copies are found and `compared` is 0. 100,000 pictures take 2 to 3 s.
    """
    exact = first_positions(pixels)
    hashes = np.fromiter((int(look, 16) for look in looks), dtype=np.uint64, count=len(looks))
    distance = _allowed(hashes)
    if distance < 0:
        return Copies(exact, exact, compared=0, complete=False)
    distinct, first, member = np.unique(hashes, return_index=True, return_inverse=True)
    family, complete = _families(distinct, distance)
    near = join(exact, np.stack([np.arange(len(looks)), first[family][member.ravel()]], axis=1))
    return Copies(exact, near, len(looks), complete)


def _allowed(hashes: Hashes) -> int:
    """How many bits near copies may differ by here: so many that chance makes hardly any pair; -1 when 0 is too many.

    Distances of unlike pictures are about normal; their tail at `DISTANCE` says how many pairs chance makes. Measured, it
    is up to twenty times too hopeful, hence the low bar of one expected pair in 10,000 pictures: photographs keep the whole
    distance up to 100,000 pictures and more, scikit-learn's 1,797 digits one bit, where 6 bits would pair 386 at random.
    """
    count = len(hashes)
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, max(1, count), (2, _SAMPLED)) if count > _FEWEST else np.empty((2, 0), dtype=np.int64)
    apart = np.bitwise_count(hashes[left] ^ hashes[right])
    # What may be copies says nothing about chance.
    apart = apart[apart > DISTANCE]
    if not len(apart):
        return DISTANCE
    mean, deviation, pairs = float(apart.mean()), max(0.5, float(apart.std())), count * (count - 1) / 2
    for distance in range(DISTANCE, -1, -1):
        if pairs * 0.5 * erfc((mean - distance - 0.5) / (deviation * sqrt(2))) <= _CHANCE * count:
            return distance
    return -1


def _families(hashes: Hashes, distance: int) -> tuple[IntArray, bool]:
    """`(n,)` a representative of each distinct hash's family, and whether all candidate pairs were compared."""
    family, compared = np.arange(len(hashes), dtype=np.int64), 0
    for pairs in _candidates(hashes, distance):
        compared += len(pairs)
        if compared > MAX_PAIRS:
            return family, False
        pairs = pairs[family[pairs[:, 0]] != family[pairs[:, 1]]]
        close = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]) <= distance
        if close.any():
            family = join(family, pairs[close])
    return family, True


def _candidates(hashes: Hashes, distance: int) -> Iterator[IntArray]:
    """Pairs `(m, 2)` that differ by at most one bit in one of four bands of 16 bits, some of them twice.

    Hashes that differ in at most 7 bits differ in at most one in some band, and in at most 3 bits in none in some band, so
    none within the distance is missed.
    """
    flips = (0, *(1 << bit for bit in range(_BITS))) if distance >= _BANDS else (0,)
    for band in range(_BANDS if distance > 0 else 0):
        keys = (hashes >> np.uint64(band * _BITS)).astype(np.uint16)
        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        for flip in flips:
            starts = np.searchsorted(ranked, ranked ^ np.uint16(flip), "left")
            ends = np.searchsorted(ranked, ranked ^ np.uint16(flip), "right")
            # Each pair once: with the later of the two ranks on the right.
            starts = np.maximum(starts, np.arange(len(ranked)) + 1)
            yield from _expanded(order, starts, np.maximum(ends, starts))


def _expanded(order: IntArray, starts: IntArray, ends: IntArray) -> Iterator[IntArray]:
    """Every rank with each rank from its start up to its end, as pairs `(m, 2)` of what `order` has there, in chunks."""
    counts = ends - starts
    total = np.cumsum(counts)
    cuts = np.searchsorted(total, np.arange(0, int(counts.sum()), _CHUNK), "right")
    for low, high in pairwise((*cuts.tolist(), len(order))):
        part = counts[low:high]
        left = np.repeat(np.arange(low, high), part)
        right = np.arange(len(left)) - np.repeat(np.cumsum(part) - part, part) + np.repeat(starts[low:high], part)
        yield np.stack([order[left], order[right]], axis=1)
