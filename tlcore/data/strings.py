"""Long columns of text, looked at a block at a time, so that memory does not grow with them."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_BLOCK_ROWS = 8_192


def arrow_blocks(column: pd.Series) -> Iterator[pa.Array]:
    """The values of a column of text as Arrow arrays of some thousand rows, in order; missing values are null."""
    for chunk in _chunks(column):
        for start in range(0, len(chunk), _BLOCK_ROWS):
            yield chunk[start : start + _BLOCK_ROWS]


def text_blocks(texts: Sequence[str] | pd.Series) -> Iterator[list[str]]:
    """Lists of some thousand texts, in order."""
    if isinstance(texts, pd.Series):
        yield from (block.to_pylist() for block in arrow_blocks(texts))
    else:
        yield from (list(texts[start : start + _BLOCK_ROWS]) for start in range(0, len(texts), _BLOCK_ROWS))


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
    return list(found)


def _chunks(column: pd.Series) -> list[pa.Array]:
    """The pieces in which a column lies in memory."""
    values = pa.array(column, from_pandas=True)
    return list(values.chunks) if isinstance(values, pa.ChunkedArray) else [values]


def lengths(column: pd.Series) -> npt.NDArray[np.int64]:
    """`(n,)` characters of each text."""
    blocks = [pc.utf8_length(block).to_numpy(zero_copy_only=False) for block in arrow_blocks(column)]
    return np.concatenate([np.empty(0, np.int64), *blocks]).astype(np.int64)


def matches(column: pd.Series, pattern: str) -> npt.NDArray[np.bool_]:
    """`(n,)` whether a regular expression of RE2 is found in each text."""
    blocks = [pc.match_substring_regex(block, pattern).to_numpy(zero_copy_only=False) for block in arrow_blocks(column)]
    return np.concatenate([np.empty(0, np.bool_), *blocks]).astype(np.bool_)


def joined(values: pa.Array) -> bytes:
    """The texts of an array end to end, as UTF-8."""
    whole = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
    return bytes(pc.binary_join(whole, pa.scalar("", values.type))[0].as_buffer())
