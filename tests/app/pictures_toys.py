"""Datasets of pictures and a race on one, small enough for moments, with names that hurt where they are more than text."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from picture_toys import draw, encoded
from race_toys import run_to_end

from tlcore.data.pictures.importer import import_pictures
from tlcore.data.pictures.records import PictureChoices
from tlcore.experiments.spec import spec_for
from tlcore.records import DatasetCard
from tlcore.settings import Workspace

HOSTILE_CLASSES = ("<b>up ![x](data:x) :red[x]", "[side](javascript:alert(1)) $d$ **b**")
"""Folders whose names are links, pictures, colours, formulas… wherever they are taken for Markdown."""
HOSTILE_NAME = "![x](javascript:x) `c` $y$ <img src=x>"

Entries = list[tuple[str, bytes]]


def entries(classes: Sequence[str] = ("round", "square"), count: int = 14, parts: Sequence[str] = ("",)) -> Entries:
    """(name, content) of so many pictures of each class in each part, none a copy of another."""
    return [
        ("/".join(filter(None, (part, label, f"{label[:4]}{number}.png"))), encoded(draw(kind, 100 * start + number)))
        for start, part in enumerate(parts)
        for kind, label in enumerate(classes)
        for number in range(count)
    ]


def zipped(files: Entries) -> bytes:
    """Files as a zip."""
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()


def store_pictures(workspace: Workspace, files: Entries | None = None, name: str = "toys") -> DatasetCard:
    """A dataset of these pictures."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pictures.zip"
        path.write_bytes(zipped(files or entries()))
        return import_pictures(workspace, path, PictureChoices(name=name), file_name="pictures.zip")


def race(workspace: Workspace) -> None:
    """Race the classic baseline, twice, on pictures with hostile names."""
    files = [(f"{name[:-4]} {HOSTILE_NAME}.png", content) for name, content in entries(HOSTILE_CLASSES, 20)]
    card = store_pictures(workspace, files, HOSTILE_NAME)
    spec = spec_for(card, name=HOSTILE_NAME, strategies=("classic",), seeds=2, image_size=96, test_share=0.4)
    run_to_end(workspace, spec)
