"""Some rows of a large table, to judge its columns by."""

from pathlib import Path

import numpy as np
import pandas as pd

from tlcore.data.csv.arrow import mapped_rows
from tlcore.data.csv.records import LINE_COLUMN

_SAMPLE_ROWS = 5_000
_BATCH_ROWS = 10_000


def sample_rows(rows: Path) -> pd.DataFrame:
    """Some 5,000 rows of a file that `load_csv` wrote, in their order, without the column of lines; all rows of a small one.

    They come from all parts of the file, as it may be sorted by label, and by chance, as labels may alternate. The same file
    gives the same rows.
    """
    table = mapped_rows(rows).drop_columns(LINE_COLUMN)
    share = min(1.0, _SAMPLE_ROWS / max(1, len(table)))
    rng = np.random.default_rng(0)
    parts = []
    for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
        kept = rng.choice(len(batch), int(np.ceil(share * len(batch))), replace=False)
        parts.append(batch.take(np.sort(kept)).to_pandas())
    return pd.concat(parts, ignore_index=True)
