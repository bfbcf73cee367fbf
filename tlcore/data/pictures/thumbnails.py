"""Small pictures to be put into a page as they are. Made by the helper process: pages decode nothing."""

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO

from tlcore.data.store import DatasetStore
from tlcore.errors import ChoiceError
from tlcore.records import Picture
from tlcore.settings import Workspace

MOST = 100
"""Thumbnails at a time."""
_SIDES = range(16, 257)
_QUALITY = 80


def thumbnails(workspace: Workspace, dataset: str, positions: Sequence[int], side: int) -> list[str | None]:
    """Pictures of a dataset as `data:` URIs of JPEGs, the longer side `side` pixels at most; None for one that is gone.

    Raises ChoiceError for a dataset of texts, a position that there is none of, and what is too much at a time.
    """
    store = DatasetStore(workspace)
    table = store.items(dataset)
    fitting = len(positions) <= MOST and side in _SIDES and all(0 <= position < len(table) for position in positions)
    if not fitting or store.card(dataset).modality != "image":
        raise ChoiceError(f"Choose up to {MOST} pictures of a dataset of pictures, {_SIDES[0]} to {_SIDES[-1]} pixels a side.")
    pictures = store.contents(dataset, table.iloc[list(positions)])
    return [_thumbnail(picture, side) for picture in pictures if isinstance(picture, Picture)]


def _thumbnail(picture: Picture, side: int) -> str | None:
    """One of them. Small ones stay as small as they are."""
    from PIL import Image

    try:
        with Image.open(picture.path, formats=("PNG", "JPEG")) as image:
            image.draft("RGB", (side, side))
            small = image.convert("RGB")
    except OSError:
        return None
    small.thumbnail((side, side))
    stream = BytesIO()
    small.save(stream, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + b64encode(stream.getvalue()).decode("ascii")
