"""Some rows of a large table, to judge its columns by."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from tlcore.data.csv.records import LINE_COLUMN

_SAMPLE_ROWS = 5_000
_BATCH_ROWS = 10_000


def sample_rows(parquet: Path) -> pd.DataFrame:
    """Some 5,000 rows of a file that `load_csv` wrote, in their order, without the column of lines; all rows of a small one.

    They come from all parts of the file, as it may be sorted by label, and by chance, as labels may alternate. The same file
    gives the same rows.
    """
    with pq.ParquetFile(parquet) as file:
        share = min(1.0, _SAMPLE_ROWS / max(1, file.metadata.num_rows))
        rng = np.random.default_rng(0)
        parts = []
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            kept = rng.choice(batch.num_rows, int(np.ceil(share * batch.num_rows)), replace=False)
            parts.append(batch.take(np.sort(kept)).to_pandas())
    return pd.concat(parts, ignore_index=True).drop(columns=LINE_COLUMN)
