"""What a reader of pictures is told and what it tells: records that need no imaging library."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tlcore.records import Record
from tlcore.settings import Settings

OnProgress = Callable[[int, int], None]
"""Called with (pictures done, pictures in all); may raise `Stopped`."""


class PictureLimits(Record):
    """How large a picture may be; judged from its first bytes, before it is decoded."""

    max_bytes: int = 50 * 1024**2
    """Of the file."""
    max_pixels: int = 50_000_000
    """Width times height."""
    max_side: int = 20_000
    """Pixels along the longer side."""

    @classmethod
    def of(cls, settings: Settings) -> "PictureLimits":
        """The limits in force for a workspace."""
        return cls(
            max_bytes=settings.max_picture_bytes, max_pixels=settings.max_picture_pixels, max_side=settings.max_picture_side
        )


class PictureFacts(Record):
    """What a picture's file was like before we wrote it anew."""

    width: int
    height: int
    """In pixels, after the picture was turned upright."""
    mode: str
    """How its pixels were kept, in the terms of Pillow: RGB, L, P, CMYK, I;16, 1, RGBA, LA …"""
    format: str
    """JPEG, PNG, WEBP, GIF or BMP."""
    bytes: int
    frames: int = 1
    """Above 1 for a moving picture; the first frame was taken."""


class Upload(NamedTuple):
    """A file that was dropped: where it is kept, and what it was called (text from a stranger, never a path)."""

    path: Path
    name: str


class PictureChoices(Record):
    """What the user chose for an import of pictures."""

    name: str | None = None
    """Of the dataset; None = that of the file or folder."""
    labels: dict[str, str] | None = None
    """Label found -> label to use; two that become one are merged, "" leaves a class out."""
    use_split: bool = True
    """Whether folders or a column that say train and test decide the split."""


class PictureLook(Record):
    """What an import would find, told from names alone: nothing is decoded."""

    pictures: int
    classes: dict[str, int]
    """Label -> files, in alphabetical order; "" for files without a label."""
    parts: dict[str, int]
    """Part ("train", "test") -> files; empty when there is no split."""
    validation: int = 0
    """Files of a validation part, which join the train part."""
    junk: int = 0
    """Files that are none of the data, such as `.DS_Store` or a README."""
    layout: str
    """One or two plain sentences: how the names are understood."""
    names: tuple[str, ...] = ()
    """The first ten pictures."""
