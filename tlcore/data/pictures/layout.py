"""From the names of files to labels and parts: a folder for each class, folders for the split above or below them.

The rule: what an operating system left behind is junk; a file with the ending of a text, table or program goes with the
pictures and is no data; every other file is taken for a picture until its content says otherwise, and is then listed as
unreadable.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from tlcore.data.choices import PARTS
from tlcore.data.pictures.names import as_label, is_beside, is_junk, is_table, look_alike, shown
from tlcore.errors import DataError

EXPECTED = """
    pictures.zip
    ├── cats
    │   ├── 1.jpg
    │   └── 2.jpg
    └── dogs
        ├── 3.jpg
        └── 4.jpg"""
"""The tree that a layout error draws."""

Path = tuple[str, ...]


class Sorted(NamedTuple):
    """Positions, in the list of names, of what may be a picture and what may be a table of labels; all else is counted."""

    pictures: tuple[int, ...]
    tables: tuple[int, ...]
    junk: int


class Placed(NamedTuple):
    """A picture's label ("" = none) and part ("", train, validation or test)."""

    label: str
    part: str


@dataclass(frozen=True)
class Layout:
    """How the names of pictures are understood, one `Placed` for each."""

    placed: tuple[Placed, ...]
    classes: int
    """Class folders; 0 when no folder says a class."""
    words: tuple[str, ...]
    """Plain sentences about it."""
    folders: tuple[str, ...] = ()
    """Names of the class folders as they are written."""


def sort_out(names: Sequence[str]) -> Sorted:
    """Tell pictures and tables from what is none of the data."""
    kept = [position for position, name in enumerate(names) if not is_junk(name)]
    pictures = tuple(position for position in kept if not is_beside(names[position]))
    tables = tuple(position for position in kept if is_table(names[position]))
    return Sorted(pictures, tables, len(names) - len(pictures) - len(tables))


def lay_out(names: Sequence[str], file_name: str) -> Layout:
    """Labels and parts that the folders of pictures say. Raises DataError for folders that can be understood in two ways."""
    paths, root = _without_root([_path(name) for name in names])
    words = [f"Everything lies in the folder “{shown('/'.join(root))}”."] if root else []
    level = _part_level(paths, file_name)
    parts = [PARTS[path[level].casefold()] if level is not None and len(path) > level + 1 else "" for path in paths]
    class_level = 1 if level == 0 else 0
    folders = [path[class_level] if len(path) > class_level + 1 else "" for path in paths]
    placed = tuple(Placed(as_label(folder), part) for folder, part in zip(folders, parts, strict=True))
    there = sorted(set(folders) - {""})
    if there:
        words.append(f"Each of {len(there):,} folders is a class." if len(there) > 1 else "One folder is the only class.")
    if level is not None:
        where = "Folders above" if level == 0 else "Folders within"
        words.append(
            f"{where} the classes say the split: {', '.join(sorted({path[level] for path in paths if len(path) > level + 1}))}."
        )
    usual = class_level + 2 + (level == 1)
    if deeper := sum(len(path) > usual for path in paths):
        words.append(f"{deeper:,} pictures lie in deeper folders; they belong to the class above.")
    return Layout(placed, len({place.label for place in placed} - {""}), tuple(words), tuple(there))


def check_labelled(layout: Layout, names: Sequence[str], file_name: str) -> None:
    """Refuse pictures most of which no folder labels, drawing the tree that is needed."""
    bare = sum(not place.label for place in layout.placed)
    if 2 * bare > len(layout.placed):
        first = next(name for name, place in zip(names, layout.placed, strict=True) if not place.label)
        raise DataError(
            f"{file_name} has {bare:,} pictures in no class folder, such as {shown(first)}. Put the pictures of each class in "
            f"a folder named after it, or add a CSV file with the columns filename and label:\n{EXPECTED}"
        )


def check_apart(folders: Collection[str], file_name: str, mapped: Mapping[str, str]) -> None:
    """Refuse class folders that would become one class, or differ only in case, unless the user mapped each of them."""
    for _, group in groupby(
        sorted(set(folders), key=lambda folder: (look_alike(as_label(folder)), folder)),
        lambda folder: look_alike(as_label(folder)),
    ):
        alike = list(group)
        if len(alike) > 1 and not {as_label(folder) for folder in alike} <= mapped.keys():
            how = (
                "only in capital letters"
                if len({as_label(folder) for folder in alike}) > 1
                else "only in characters that look the same"
            )
            raise DataError(
                f"{file_name} has the class folders “{shown(alike[0])}” and “{shown(alike[1])}”, which differ {how}. "
                "Put their pictures in one folder, or give one of them another name."
            )


class Parts(NamedTuple):
    """The parts to store ("" or train and test), how many were validation, and a sentence when there is something to say."""

    parts: list[str]
    validation: int
    words: str | None = None


def settle_parts(parts: Sequence[str], use_split: bool = True) -> Parts:
    """What becomes of train, validation and test: validation joins train, or is the test part when there is no other.

    Without two parts, or with pictures that belong to none, there is no split of the user's own.
    """
    there = Counter(parts)
    if not use_split or there[""] or len(there) < 2:
        return Parts([""] * len(parts), 0)
    if "test" in there:
        return Parts(["train" if part == "validation" else part for part in parts], there["validation"])
    words = "There is no test part, so the validation part is the test part."
    return Parts(["test" if part == "validation" else part for part in parts], 0, words)


def with_labels(layout: Layout, labels: Sequence[str], parts: Sequence[str], words: str) -> Layout:
    """The layout with what a table says in place of the class folders; its parts count where it says any."""
    placed = tuple(Placed(label, part or place.part) for place, label, part in zip(layout.placed, labels, parts, strict=True))
    return replace(layout, placed=placed, classes=len({*labels} - {""}), words=(words,), folders=())


def _path(name: str) -> Path:
    """Folders and file of an entry; backslashes separate too, as some Windows programs write them."""
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in {"", "."})


def _without_root(paths: list[Path]) -> tuple[list[Path], list[str]]:
    """Paths without the folders that everything lies in, as long as most files are in folders below those."""
    root = []
    while len({path[0] for path in paths if path}) == 1 and 2 * sum(len(path) > 2 for path in paths) > len(paths):
        root.append(paths[0][0])
        paths = [path[1:] for path in paths]
    return paths, root


def _part_level(paths: Sequence[Path], file_name: str) -> int | None:
    """Which folder says the part: 0 above the classes, 1 below them, None when none does."""
    deep = 2 * sum(len(path) > 2 for path in paths) > len(paths)
    for level in (0, 1):
        folders = {path[level] for path in paths if len(path) > level + 1}
        parts = {PARTS[folder.casefold()] for folder in folders if folder.casefold() in PARTS}
        others = sorted(folder for folder in folders if folder.casefold() not in PARTS)
        if len(parts) < 2 or (others and not deep):
            continue
        if not others and (deep or level == 0):
            return level
        if level == 0:
            raise DataError(
                f"{file_name} has the folder “{shown(others[0])}” beside folders that say train and test. Put it into one of "
                "them, or remove it."
            )
    return None
