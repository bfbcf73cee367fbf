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
    values = pa.array(column, from_pandas=True)
    for chunk in values.chunks if isinstance(values, pa.ChunkedArray) else [values]:
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
    if isinstance(texts, pd.Series):
        return list(texts.take(positions).tolist())
    return [texts[position] for position in positions]


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
