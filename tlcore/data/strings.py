"""Long columns of text, looked at a block at a time, so that memory does not grow with them."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tlcore.data.csv.arrow import hand_back_pages

_BLOCK_ROWS = 8_192
_WORD, _PLACES = 8, 5
_WHOLE, _ODD = np.uint64(2**64 - 1), np.uint64(0x9E3779B97F4A7C15)


def arrow_blocks(column: pd.Series) -> Iterator[pa.Array]:
    """The values of a column of text as Arrow arrays of some thousand rows, in order; missing values are null."""
    for chunk in _chunks(column):
        for start in range(0, len(chunk), _BLOCK_ROWS):
            yield chunk[start : start + _BLOCK_ROWS]
        hand_back_pages()


def taken(texts: Sequence[str] | pd.Series, positions: npt.NDArray[np.int64]) -> list[str]:
    """The texts at some positions."""
    if not isinstance(texts, pd.Series):
        return [texts[position] for position in positions]
    # Chunk by chunk: Arrow itself would first copy the whole column into one piece.
    chunks = _chunks(texts)
    starts = np.cumsum([0, *map(len, chunks)])
    chunk_of = np.searchsorted(starts, positions, side="right") - 1
    found = np.empty(len(positions), dtype=object)
    for place in np.unique(chunk_of):
        here = chunk_of == place
        found[here] = chunks[place].take(pa.array(positions[here] - starts[place])).to_pylist()
        hand_back_pages()
    return list(found)


def _chunks(column: pd.Series) -> list[pa.Array]:
    """The pieces in which a column lies in memory."""
    values = pa.array(column, from_pandas=True)
    return list(values.chunks) if isinstance(values, pa.ChunkedArray) else [values]


def lengths(column: pd.Series) -> npt.NDArray[np.int64]:
    """`(n,)` characters of each text."""
    return by_block(column, lambda block: pc.utf8_length(block).to_numpy(zero_copy_only=False)).astype(np.int64)


def matches(column: pd.Series, pattern: str) -> npt.NDArray[np.bool_]:
    """`(n,)` whether a regular expression of RE2 is found in each text."""
    found = by_block(column, lambda block: pc.match_substring_regex(block, pattern).to_numpy(zero_copy_only=False))
    return found.astype(np.bool_)


def by_block(column: pd.Series, look: Callable[[pa.Array], npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """`(n,)` what `look` makes of each block of a column, end to end; blocks are looked at in several threads."""

    def seen(block: pa.Array) -> npt.NDArray[Any]:
        found = look(block)
        hand_back_pages()
        return found

    with ThreadPoolExecutor(pa.cpu_count()) as pool:
        found = list(pool.map(seen, arrow_blocks(column)))
    return np.concatenate(found) if found else np.empty(0)


def written(numbers: npt.NDArray[np.int64]) -> bytes:
    """Numbers in decimals with commas between them."""
    digits = pa.array(numbers).cast(pa.large_string())
    whole = pa.LargeListArray.from_arrays(pa.array([0, len(digits)], pa.int64()), digits)
    return bytes(pc.binary_join(whole, pa.scalar(",", digits.type))[0].as_buffer())


def joined(values: pa.Array) -> memoryview:
    """The texts of an array, of which none is missing, end to end as UTF-8: no copy, but where they lie."""
    starts = _starts(values)
    return memoryview(values.buffers()[2] or b"")[starts[0] : starts[-1]]


def fingerprints(values: pa.Array) -> npt.NDArray[np.uint64]:
    """`(n,)` a number of each text, of which none is missing; texts with different numbers are different.

    It is made of the length and of eight bytes at each of some places, which cover a text of up to 40 bytes whole.
    """
    starts = _starts(values)
    signs = np.frombuffer(bytes(joined(values)) + bytes(_WORD), np.uint8)
    words = np.lib.stride_tricks.sliding_window_view(signs, _WORD)
    sizes = np.diff(starts)
    first, last = starts[:-1] - starts[0], np.maximum(sizes - _WORD, 0)
    # A shorter text's word goes on in the text behind it.
    own = _WHOLE >> (8 * np.maximum(_WORD - sizes, 0)).astype(np.uint64)
    own[sizes == 0] = 0
    found = sizes.astype(np.uint64)
    for place in range(_PLACES):
        word = words[first + last * place // (_PLACES - 1)].view("<u8")[:, 0]
        found = (found ^ (word & own)) * _ODD
        found ^= found >> np.uint64(29)
    return found


def _starts(values: pa.Array) -> npt.NDArray[np.int64]:
    """`(n + 1,)` where each text begins, and the last one ends, in the bytes that hold them all."""
    width = np.int64 if pa.types.is_large_string(values.type) else np.int32
    starts = np.frombuffer(values.buffers()[1] or bytes(8), width)
    return starts[values.offset : values.offset + len(values) + 1].astype(np.int64)
