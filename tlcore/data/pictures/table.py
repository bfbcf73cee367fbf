"""A CSV file that names pictures and says their labels: which columns, and which picture each row means."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tlcore.data.choices import PARTS
from tlcore.data.columns import ColumnGuess, guess_columns
from tlcore.data.csv.arrow import mapped_rows
from tlcore.data.csv.load import load_csv
from tlcore.data.csv.records import LINE_COLUMN, CsvOptions
from tlcore.data.pictures.names import shown
from tlcore.errors import DataError
from tlcore.settings import Settings

_LENIENT = CsvOptions(bad_rows="skip")
_LABEL_NAMES = frozenset({"label", "labels", "class", "classes", "category", "target", "species", "breed", "diagnosis"})
_ENOUGH = 0.5
_LOOKED_AT = 2_000


class ContradictionError(DataError):
    """A table that was made to say labels says two things of a picture."""


@dataclass(frozen=True)
class PictureTable:
    """What a table says of pictures, in the order of the pictures; a picture without a row has "" throughout and line 0."""

    file: str
    file_column: str
    label_column: str
    split_column: str | None
    labels: list[str]
    parts: list[str]
    """Train, validation or test; "" throughout without a split column."""
    lines: list[int]
    absent: tuple[str, ...]
    """Names in the table that no picture has."""
    named_label: bool
    """Whether the label column is called so, rather than guessed from what it holds."""


def read_table(content: bytes, name: str, pictures: Sequence[str], folder: Path, settings: Settings) -> PictureTable | None:
    """What a CSV file says of the pictures with these names; None when no column of it names them.

    Raises DataError for a file that cannot be read as a table, and for a table that contradicts itself.
    """
    (folder / "table.csv").write_bytes(content)
    report = load_csv(folder / "table.csv", _LENIENT, folder / "table.arrow", settings, file_name=shown(name))
    rows = mapped_rows(folder / "table.arrow").to_pandas()
    lines = rows.pop(LINE_COLUMN).tolist()
    index = _Index(pictures)
    column = _column_of_names(rows, index, len(pictures))
    if column is None or len(rows.columns) < 2:
        return None
    guess = guess_columns(rows, report.rows)
    label, named = _label_column(rows, column, guess, shown(name))
    split = guess.split if guess.split not in {column, label} else None
    table = PictureTable(
        shown(name), column, label, split, [""] * len(pictures), [""] * len(pictures), [0] * len(pictures), (), named
    )
    return _filled(table, rows, lines, index)


class _Index:
    """Finds a picture by whatever a table may call it: its path, the end of its path, its name with or without ending."""

    def __init__(self, names: Sequence[str]) -> None:
        self._places: dict[str, list[int]] = {}
        self._exact: dict[str, tuple[str, ...]] = {}
        self._folded: dict[str, tuple[str, ...]] = {}
        for position, name in enumerate(names):
            self._places.setdefault(name, []).append(position)
        for name in self._places:
            for key in _keys(name):
                _add(self._exact, key, name)
                _add(self._folded, key.casefold(), name)

    def find(self, cell: str) -> tuple[str, ...]:
        """The pictures that a cell may mean: none, one, or two of several."""
        key = _plain(cell)
        return self._exact.get(key) or self._folded.get(key.casefold(), ()) if key else ()

    def places(self, name: str) -> Sequence[int]:
        """Positions of the pictures with a name: in a zip there may be several."""
        return self._places[name]


def _add(names: dict[str, tuple[str, ...]], key: str, name: str) -> None:
    """Put a name to a key, two at most: that is enough to know that the key is no name of one picture."""
    there = names.get(key, ())
    if len(there) < 2 and name not in there:
        names[key] = (*there, name)


def _keys(name: str) -> set[str]:
    """What a picture may be called."""
    parts = _plain(name).split("/")
    ends = {"/".join(parts[start:]) for start in range(len(parts))}
    return ends | {end.rsplit(".", 1)[0] for end in ends if "." in end.rsplit("/", 1)[-1][1:]}


def _plain(name: str) -> str:
    """A path with slashes, without what leads to the folder it starts from."""
    path = unicodedata.normalize("NFC", name.strip().replace("\\", "/"))
    return path.removeprefix("./").lstrip("/")


def _column_of_names(rows: pd.DataFrame, index: _Index, pictures: int) -> str | None:
    """The column most of whose cells, or enough of whose cells to cover most of the pictures, name a picture."""
    best, most = None, 0
    for column in rows.columns:
        cells = rows[column]
        some = cells.head(_LOOKED_AT)
        if sum(bool(index.find(cell)) for cell in some) * 20 < len(some):
            continue
        found = int(cells.map(lambda cell: bool(index.find(cell))).sum())
        if found >= _ENOUGH * min(len(cells), pictures) and found > most:
            best, most = str(column), found
    return best


def _label_column(rows: pd.DataFrame, column: str, guess: ColumnGuess, name: str) -> tuple[str, bool]:
    """The column of labels, and whether its name says so. Raises DataError when none looks like one."""
    rest = [str(other) for other in rows.columns if other not in {column, guess.split}]
    named = [other for other in rest if other.strip().casefold() in _LABEL_NAMES]
    if named:
        return named[0], True
    if len(rest) == 1:
        return rest[0], False
    if guess.label in rest:
        return str(guess.label), False
    raise DataError(
        f"{name} names the pictures in its column “{column}”, and no other column looks like a label. Call the column of "
        "labels “label”."
    )


def _filled(table: PictureTable, rows: pd.DataFrame, lines: Sequence[int], index: _Index) -> PictureTable:
    """The table with what each row says put to its picture."""
    cells, labels = rows[table.file_column].tolist(), rows[table.label_column].str.strip().tolist()
    parts = _parts(rows, table.split_column)
    fault = ContradictionError if table.named_label else DataError
    absent = []
    for cell, label, part, line in zip(cells, labels, parts, lines, strict=True):
        found = index.find(cell)
        if not found:
            absent.append(shown(cell))
            continue
        if len(found) > 1:
            one, other = map(shown, found)
            raise fault(f"{table.file}, line {line}: “{shown(cell)}” may mean {one} or {other}. Write the folder too.")
        for position in index.places(found[0]):
            if table.lines[position] and (table.labels[position], table.parts[position]) != (label, part):
                raise fault(
                    f"{table.file} says two things of {shown(cell)}, in line {table.lines[position]} and in line {line}. "
                    "Leave one of the rows."
                )
            table.labels[position], table.parts[position] = label, part
            table.lines[position] = table.lines[position] or line
    return PictureTable(**{**vars(table), "absent": tuple(absent)})


def _parts(rows: pd.DataFrame, column: str | None) -> list[str]:
    """The part that each row says."""
    if column is None:
        return [""] * len(rows)
    return rows[column].str.strip().str.casefold().map(PARTS).fillna("").tolist()
