"""An own test file for a dataset that is stored already."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from tlcore.data.choices import map_labels, quoted
from tlcore.data.csv import LINE_COLUMN, CsvOptions, load_csv
from tlcore.data.store import DatasetDraft, DatasetStore
from tlcore.errors import ChoiceError, DataError
from tlcore.records import DatasetCard
from tlcore.settings import Workspace


def with_test_file(workspace: Workspace, dataset_id: str, path: Path) -> DatasetCard:
    """The dataset whose items train and whose test part is a file with the same columns; the same two give the same dataset.

    The dataset itself stays as it is. Raises DataError for a file that cannot be used, ChoiceError when the dataset has test
    items of its own.
    """
    store = DatasetStore(workspace)
    card = store.card(dataset_id)
    if card.own_split:
        raise ChoiceError(f"“{card.name}” has a test part of its own already, so it cannot be given another one.")
    if not path.is_file():
        raise DataError(f"There is no file {path}. Check the name and the folder.")
    test, sha256, skipped = _read(workspace, card, path)
    source = card.source.model_copy(
        update={
            "test_file_name": path.name,
            "test_sha256": sha256,
            "rows_read": card.source.rows_read + len(test),
            "rows_skipped": card.source.rows_skipped + skipped,
        }
    )
    frame = pd.concat([store.items(dataset_id).assign(part="train"), test.assign(part="test")], ignore_index=True)
    draft = DatasetDraft(name=f"{card.name}, tested on {path.name}", task=card.task, source=source, modality=card.modality)
    return store.add(frame, draft)


def _read(workspace: Workspace, card: DatasetCard, path: Path) -> tuple[pd.DataFrame, str, int]:
    """The file's text, label and line with labels as the dataset's, its SHA-256, and how many rows were skipped."""
    workspace.uploads.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=workspace.uploads) as folder:
        parquet = Path(folder) / "rows.parquet"
        report = load_csv(path, CsvOptions(), parquet, workspace.settings)
        text, label = card.source.text_column or "text", card.source.label_column or "label"
        for column in (text, label):
            if column not in report.columns:
                raise DataError(f"{path.name} has no column “{column}”, as the dataset's own file had. Rename its column.")
        table = pd.read_parquet(parquet, columns=[text, label, LINE_COLUMN])
    rows = pd.DataFrame({"text": table[text], "label": table[label].str.strip(), "group": "", "line": table[LINE_COLUMN]})
    rows = map_labels(rows, card.source.label_mapping)
    if unseen := sorted(set(rows["label"]) - set(card.classes) - {""}):
        raise DataError(f"{path.name} has the labels {quoted(unseen)}, which the dataset lacks. Remove or rename them.")
    return rows, report.sha256, report.skipped
