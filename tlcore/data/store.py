"""Datasets in the workspace: stored once, immutable, found by what they contain."""

import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from tlcore.data.checks import Checked, CountTokens
from tlcore.data.checkup import check_items
from tlcore.data.csv.arrow import hand_back_pages
from tlcore.data.cures import CURES
from tlcore.data.items import COLUMNS, CONTENT, class_counts, content_hash, given_items, with_copies
from tlcore.errors import ChoiceError, DataError, NotFoundError, StorageError
from tlcore.files import atomic_path, sha256_of, write_text
from tlcore.records import DatasetCard, DatasetSource, Item, Modality, Picture, Record, Task
from tlcore.settings import Workspace

_DATA: dict[Modality, str] = {"text": "data.parquet", "image": "index.parquet"}
_PICTURES, _CARD = "images", "card.json"
_ID_LENGTH = 12
_ID = re.compile(r"[0-9a-f]{12}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DAY = 86_400.0
_LONGEST_NAME = 300
_GROUP_ROWS = 50_000


class DatasetDraft(Record):
    """What is said about items when they become a dataset."""

    name: str
    task: Task
    source: DatasetSource
    modality: Modality = "text"
    notes: str = ""


class DatasetStore:
    """One folder a dataset, `<workspace>/datasets/<id>/`: items as Parquet, pictures as files, and `card.json`, written last.

    A folder without its card is no dataset: it is what a killed write left, and the next write of the same items mends it.
    """

    def __init__(self, workspace: Workspace, count_tokens: CountTokens | None = None) -> None:
        self.root = workspace.datasets
        self.settings = workspace.settings
        self.count_tokens = count_tokens

    def add(self, frame: pd.DataFrame, draft: DatasetDraft, pictures: Path | None = None) -> DatasetCard:
        """Check and store items and return the card; items that are stored already give the card they have.

        `frame` has the items and their labels, and may have part, group and line (see `tlcore.data.items`); `pictures` is
        the folder that holds the files it names. A name that is taken gets a number. Raises DataError for items that are no
        dataset, StorageError when the disk refuses.
        """
        if not len(frame):
            raise DataError(f"{draft.source.file_name} has no data rows. Choose a file with items and labels.")
        # Hashing and writing run beside what looks at the items.
        with ThreadPoolExecutor(1) as beside:
            given = given_items(frame, draft.modality)
            hashing = beside.submit(content_hash, given, draft.modality, draft.task)
            items, copies = with_copies(given, draft.modality)
            dataset_id = hashing.result()[:_ID_LENGTH]
            if (self.root / dataset_id / _CARD).exists():
                return self.card(dataset_id)
            self._sweep()
            checked = Checked(items, copies, self.settings.max_classes, self.count_tokens, draft.source, draft.modality)
            if pictures:
                self._keep_pictures(dataset_id, items["file"], pictures)
            writing = beside.submit(self._write_items, dataset_id, items, draft.modality)
            findings, data_sha256 = check_items(checked), writing.result()
        card = DatasetCard(
            id=dataset_id,
            name=self._free_name(_clean_name(draft.name)),
            modality=draft.modality,
            task=draft.task,
            items=len(items),
            classes=class_counts(items["label"], draft.task),
            own_split=bool((items["part"] != "").any()),
            grouped=bool((items["group"] != "").any()),
            findings=findings,
            source=draft.source,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            notes=draft.notes,
            data_sha256=data_sha256,
        )
        return self._write_card(card)

    def list(self) -> list[DatasetCard]:
        """Cards of all datasets, newest first; those that cannot be read are left out, `damaged` names them."""
        cards = [card for path in self._card_paths() if (card := _card_at(path))]
        return sorted(cards, key=lambda card: (card.created_at, card.id), reverse=True)

    def damaged(self) -> Sequence[str]:
        """Ids of datasets whose card cannot be read."""
        return [path.parent.name for path in self._card_paths() if not _card_at(path)]

    def card(self, dataset_id: str) -> DatasetCard:
        """One dataset's card. Raises NotFoundError for an unknown id, StorageError for a damaged card."""
        path = self._folder(dataset_id) / _CARD
        card = _card_at(path)
        if card is None:
            raise StorageError(f"{path} is damaged. Delete the dataset {dataset_id} and import its file again.")
        return card

    def items(self, dataset_id: str) -> pd.DataFrame:
        """The table of a dataset's items in their order, with `tlcore.data.items.COLUMNS`.

        Raises NotFoundError for an unknown id, StorageError when the file is not what was stored.
        """
        card = self.card(dataset_id)
        path = self._folder(dataset_id) / _DATA[card.modality]
        if not path.exists() or sha256_of(path) != card.data_sha256:
            raise StorageError(f"{path} is damaged or missing. Delete the dataset {card.name} and import its file again.")
        return pd.read_parquet(path, columns=list(COLUMNS[card.modality]))

    def contents(self, dataset_id: str, table: pd.DataFrame | None = None) -> Sequence[Item]:
        """What there is to learn from: the texts or pictures of a dataset, or of rows of its table, in order."""
        card = self.card(dataset_id)
        rows = (self.items(dataset_id) if table is None else table)[CONTENT[card.modality]].tolist()
        folder = self._folder(dataset_id) / _PICTURES
        return rows if card.modality == "text" else [Picture(folder / name, name.split(".")[0]) for name in rows]

    def rename(self, dataset_id: str, name: str) -> DatasetCard:
        """Give a dataset another name. Raises ChoiceError when it is empty or another dataset has it."""
        card, name = self.card(dataset_id), _clean_name(name)
        if any(other.name == name and other.id != dataset_id for other in self.list()):
            raise ChoiceError(f"Another dataset is called “{name}” already. Choose another name.")
        return self._write_card(card.model_copy(update={"name": name}))

    def annotate(self, dataset_id: str, notes: str) -> DatasetCard:
        """Replace a dataset's notes."""
        return self._write_card(self.card(dataset_id).model_copy(update={"notes": _valid(notes)}))

    def delete(self, dataset_id: str) -> None:
        """Remove a dataset; its card goes first, so that a half removed one is no dataset."""
        folder = self._folder(dataset_id)
        try:
            (folder / _CARD).unlink()
            shutil.rmtree(folder)
        except OSError as error:
            raise StorageError(f"Could not remove {folder}: {error.strerror or error}.") from error

    def apply_cure(self, dataset_id: str, action: str) -> DatasetCard:
        """Store what an entry of `CURES` leaves of a dataset as a new dataset; the old one stays as it is.

        Raises ChoiceError when the dataset has no finding with that cure, or the cure would leave nothing.
        """
        card = self.card(dataset_id)
        finding = next((found for found in card.findings if found.cure and found.cure.action == action), None)
        if finding is None or finding.cure is None:
            raise ChoiceError(f"Nothing in the dataset “{card.name}” needs the cure “{action}”.")
        cured = CURES[action](self.items(dataset_id))
        if not len(cured):
            raise ChoiceError(f"This would leave no item of “{card.name}”. Import another file or choose another column.")
        done = f"{finding.cure.label}: {finding.code.replace('_', ' ')}"
        source = card.source.model_copy(update={"cures": (*card.source.cures, done)})
        name = card.name if card.source.cures else f"{card.name} (cured)"
        draft = DatasetDraft(name=name, task=card.task, modality=card.modality, source=source, notes=card.notes)
        return self.add(cured, draft, self._folder(dataset_id) / _PICTURES if card.modality == "image" else None)

    def resolve(self, text: str) -> str:
        """The id of the dataset meant by an id, an exact name, or the unique beginning of an id.

        Raises NotFoundError when none is meant, ChoiceError when several are.
        """
        cards = self.list()
        for meant in (
            [card for card in cards if card.id == text],
            [card for card in cards if card.name == text],
            [card for card in cards if text and card.id.startswith(text)],
        ):
            if len(meant) == 1:
                return meant[0].id
            if meant:
                listed = ", ".join(card.id for card in meant)
                raise ChoiceError(f"“{text}” may mean any of the datasets {listed}. Give the id in full.")
        raise NotFoundError(f"There is no dataset “{text}”. List the datasets to see what there is.")

    def _folder(self, dataset_id: str) -> Path:
        """A dataset's folder; what does not look like an id is refused, so that none leads out of the workspace."""
        folder = self.root / dataset_id if _ID.fullmatch(dataset_id) else None
        if folder is None or not (folder / _CARD).exists():
            raise NotFoundError(f"There is no dataset “{dataset_id}” (any more). List the datasets to see what there is.")
        return folder

    def _card_paths(self) -> Iterator[Path]:
        """Where the cards are."""
        return self.root.glob(f"*/{_CARD}")

    def _sweep(self) -> None:
        """Remove what killed writes left more than a day ago."""
        for path in (*self.root.glob("*/.*.tmp"), *self.root.glob("*/")):
            complete = (path / _CARD).exists()
            if not complete and path.exists() and time.time() - path.stat().st_mtime > _DAY:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def _free_name(self, name: str) -> str:
        """The name, or the name with the first number that makes it a new one."""
        taken = {card.name for card in self.list()}
        names = [name, *(f"{name} {number}" for number in range(2, len(taken) + 3))]
        return next(candidate for candidate in names if candidate not in taken)

    def _keep_pictures(self, dataset_id: str, names: pd.Series, source: Path) -> None:
        """Bring the named files into a dataset's folder; on one disk they are shared, not copied: nobody ever changes them."""
        target = self.root / dataset_id / _PICTURES
        target.mkdir(parents=True, exist_ok=True)
        for name in names.unique():
            try:
                os.link(source / name, target / name)
            except FileExistsError:
                continue
            except OSError:
                with atomic_path(target / name) as temporary:
                    shutil.copyfile(source / name, temporary)

    def _write_items(self, dataset_id: str, items: pd.DataFrame, modality: Modality) -> str:
        """Store the items and return the file's SHA-256."""
        target = self.root / dataset_id / _DATA[modality]
        with atomic_path(target) as temporary:
            # Small groups of rows keep memory flat; texts that hardly repeat gain nothing from a dictionary.
            items.to_parquet(temporary, index=False, row_group_size=_GROUP_ROWS, use_dictionary=["label", "part", "group"])
            hand_back_pages()
            return sha256_of(temporary)

    def _write_card(self, card: DatasetCard) -> DatasetCard:
        """Store the card and return it."""
        write_text(self.root / card.id / _CARD, card.model_dump_json(indent=1))
        _read_card.cache_clear()  # two writes within one tick of the file system's clock look alike
        return card


def _card_at(path: Path) -> DatasetCard | None:
    """The card in a file, None when it is damaged or gone."""
    try:
        return _read_card(path, path.stat().st_mtime_ns)
    except (OSError, ValidationError):
        return None


@lru_cache(maxsize=1_000)
def _read_card(path: Path, _changed: int) -> DatasetCard:
    """The card in a file, read once per change (`st_mtime_ns`)."""
    return DatasetCard.model_validate_json(path.read_bytes())


def _clean_name(name: str) -> str:
    """A name in one line of at most 300 characters. Raises ChoiceError when nothing is left."""
    line = " ".join(_CONTROLS.sub(" ", _valid(name)).split())[:_LONGEST_NAME]
    if not line:
        raise ChoiceError("A dataset needs a name. Type at least one character.")
    return line


def _valid(text: str) -> str:
    """The text with half characters replaced, so that it can be stored."""
    return text.encode("utf-8", "replace").decode()
