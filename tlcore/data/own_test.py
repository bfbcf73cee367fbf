"""An own test set for a dataset that is stored already."""

import shutil
from pathlib import Path

import pandas as pd

from tlcore.data.choices import map_labels, quoted
from tlcore.data.csv.arrow import mapped_rows
from tlcore.data.csv.load import LINE_COLUMN, CsvOptions, load_csv
from tlcore.data.pictures.importer import PictureChoices, gather_pictures
from tlcore.data.pictures.sources import open_files
from tlcore.data.store import DatasetDraft, DatasetStore
from tlcore.errors import ChoiceError, DataError
from tlcore.files import temporary_folder
from tlcore.records import DatasetCard, Picture
from tlcore.settings import Workspace


def with_test_file(workspace: Workspace, dataset_id: str, path: Path) -> DatasetCard:
    """The dataset whose items train and whose test part is a file with the same columns, or a zip or folder of pictures.

    The same two give the same dataset, and the dataset itself stays as it is. Raises DataError for a file that cannot be
    used, ChoiceError when the dataset has test items of its own.
    """
    store = DatasetStore(workspace)
    card = store.card(dataset_id)
    if card.own_split:
        raise ChoiceError(f"“{card.name}” has a test part of its own already, so it cannot be given another one.")
    if card.modality == "image":
        return _with_test_pictures(workspace, store, card, path)
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


def _with_test_pictures(workspace: Workspace, store: DatasetStore, card: DatasetCard, path: Path) -> DatasetCard:
    """The same for pictures."""
    with open_files(path, workspace.settings) as files, temporary_folder(workspace.uploads) as folder:
        test, origin = gather_pictures(files, PictureChoices(use_split=False), folder, workspace)
        _check_labels(path.name, set(test["label"]), card)
        for picture in store.contents(card.id):
            if isinstance(picture, Picture):
                shutil.copyfile(picture.path, folder / picture.path.name)
        source = card.source.model_copy(
            update={
                "test_file_name": path.name,
                "test_sha256": origin.sha256,
                "rows_read": card.source.rows_read + origin.rows_read,
                "rows_skipped": card.source.rows_skipped + origin.rows_skipped,
                "unreadable": (*card.source.unreadable, *origin.unreadable),
            }
        )
        frame = pd.concat([store.items(card.id).assign(part="train"), test.assign(part="test")], ignore_index=True)
        draft = DatasetDraft(name=f"{card.name}, tested on {path.name}", task=card.task, source=source, modality="image")
        return store.add(frame, draft, folder)


def _check_labels(name: str, labels: set[str], card: DatasetCard) -> None:
    """Refuse a test set with labels that the dataset lacks."""
    if unseen := sorted(labels - set(card.classes) - {""}):
        raise DataError(f"{name} has the labels {quoted(unseen)}, which the dataset lacks. Remove or rename them.")


def _read(workspace: Workspace, card: DatasetCard, path: Path) -> tuple[pd.DataFrame, str, int]:
    """The file's text, label and line with labels as the dataset's, its SHA-256, and how many rows were skipped."""
    with temporary_folder(workspace.uploads) as folder:
        stored = folder / "rows.arrow"
        report = load_csv(path, CsvOptions(), stored, workspace.settings)
        text, label = card.source.text_column or "text", card.source.label_column or "label"
        for column in (text, label):
            if column not in report.columns:
                raise DataError(f"{path.name} has no column “{column}”, as the dataset's own file had. Rename its column.")
        table = mapped_rows(stored, [text, label, LINE_COLUMN]).to_pandas()
    rows = pd.DataFrame({"text": table[text], "label": table[label].str.strip(), "group": "", "line": table[LINE_COLUMN]})
    rows = map_labels(rows, card.source.label_mapping)
    _check_labels(path.name, set(rows["label"]), card)
    return rows, report.sha256, report.skipped
