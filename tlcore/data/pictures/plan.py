"""Which files of a source are pictures, and what label and part each has: told from names and a table, nothing decoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tlcore.data.pictures.layout import Layout, check_apart, check_labelled, lay_out, sort_out, with_labels
from tlcore.data.pictures.names import shown
from tlcore.data.pictures.records import PictureChoices
from tlcore.data.pictures.sources import Files
from tlcore.data.pictures.table import ContradictionError, PictureTable, read_table
from tlcore.errors import DataError
from tlcore.settings import Settings

_MOST_TABLES = 20
_LARGEST_TABLE = 100 * 1024**2


@dataclass(frozen=True)
class Planned:
    """One picture to read."""

    position: int
    """In the source's files."""
    name: str
    label: str
    part: str
    """"" or train, validation, test as its folder or the table says."""
    line: int
    """Where it stands in the source or in the table, from 1."""


@dataclass(frozen=True)
class Plan:
    """All pictures to read."""

    pictures: tuple[Planned, ...]
    junk: int
    left_out: int
    """Pictures whose label is mapped to nothing."""
    layout: Layout
    table: PictureTable | None


def make_plan(files: Files, choices: PictureChoices, folder: Path, settings: Settings) -> Plan:
    """Understand a source; `folder` is for temporary files. Raises DataError when names and tables do not say the labels."""
    found = sort_out(files.names)
    _check_count(len(found.pictures), len(found.tables), files.shown, settings)
    names = [files.names[position] for position in found.pictures]
    layout = lay_out(names, files.shown)
    table = _table(files, found.tables, names, layout, folder, settings)
    lines = [position + 1 for position in found.pictures]
    if table:
        words = f"The labels come from the column “{shown(table.label_column)}” of {table.file}."
        layout, lines = with_labels(layout, table.labels, table.parts, words), table.lines
    else:
        check_labelled(layout, names, files.shown)
    mapping = choices.labels or {}
    check_apart(layout.folders, files.shown, mapping)
    planned = [
        Planned(position, name, mapping.get(place.label, place.label), place.part, line)
        for position, name, place, line in zip(found.pictures, names, layout.placed, lines, strict=True)
    ]
    kept = [one for one, place in zip(planned, layout.placed, strict=True) if one.label or not place.label]
    junk = found.junk + len(found.tables) - (table is not None)
    return Plan(tuple(kept), junk, len(planned) - len(kept), layout, table)


def _check_count(pictures: int, tables: int, file_name: str, settings: Settings) -> None:
    """Refuse a source without pictures, or with too many."""
    if not pictures:
        what = "only a table, and no pictures beside it" if tables else "no pictures"
        raise DataError(f"{file_name} has {what}. Give PNG, JPEG, WEBP, GIF or BMP files in a folder for each class.")
    if pictures > settings.max_pictures:
        raise DataError(
            f"{file_name} has {pictures:,} pictures; the limit is {settings.max_pictures:,}. Give fewer, or raise the limit "
            "with TLCORE_MAX_PICTURES."
        )


def _table(
    files: Files, tables: Sequence[int], names: Sequence[str], layout: Layout, folder: Path, settings: Settings
) -> PictureTable | None:
    """The one table that says the labels: any that names the pictures when folders do not, else one with a label column."""
    by_folder = layout.classes > 1
    found = []
    for position in tables[:_MOST_TABLES]:
        if files.sizes[position] > _LARGEST_TABLE:
            continue
        try:
            table = read_table(files.read(position), files.names[position], names, folder, settings)
        except DataError as error:
            if by_folder and not isinstance(error, ContradictionError):
                continue
            raise
        if table and (table.named_label or not by_folder):
            found.append(table)
    if len(found) > 1:
        raise DataError(
            f"{files.shown} has two tables that name the pictures, {found[0].file} and {found[1].file}. Keep the one with the "
            "labels."
        )
    return found[0] if found else None
