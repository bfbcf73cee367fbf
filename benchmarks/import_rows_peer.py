"""What a notebook does with a CSV file: `pandas.read_csv`, the exact checks, `to_parquet`. Prints what was found as JSON.

    python -m benchmarks.import_rows_peer FILE.csv TARGET.parquet [tuned]

Tuned: Arrow's reader, which reads in several threads, and Arrow's own strings.
"""

import json
import sys

import pandas as pd


def checked(rows: pd.DataFrame) -> dict[str, int]:
    """Exact copies, contradictions, empty texts and missing labels: as the importer counts them."""
    texts = rows["text"].map(lambda text: " ".join(text.split()))
    labels = rows["label"].str.strip()
    empty, known = texts == "", labels.where(labels != "")
    return {
        "duplicates": int((rows.assign(text=texts, label=labels).duplicated(["text", "label"]) & ~empty).sum()),
        "conflicting_labels": int(((known.groupby(texts).transform("nunique") > 1) & ~empty).sum()),
        "empty_texts": int(empty.sum()),
        "missing_labels": int((labels == "").sum()),
    }


def main(source: str, target: str, how: str = "") -> None:
    """Read, check, store, tell."""
    options = {"engine": "pyarrow", "dtype_backend": "pyarrow"} if how == "tuned" else {}
    rows = pd.read_csv(source, keep_default_na=False, dtype={"text": "str", "label": "str"} if not options else None, **options)
    rows = rows.fillna({"text": "", "label": ""})
    found = checked(rows)
    rows.to_parquet(target, index=False)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
