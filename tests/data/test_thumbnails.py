"""Small pictures for pages: small indeed, in order, and none for what is gone."""

import base64
from io import BytesIO

import pytest
from picture_toys import folder_of_classes
from PIL import Image

from tlcore.data.pictures.importer import import_pictures
from tlcore.data.pictures.thumbnails import thumbnails
from tlcore.data.store import DatasetStore
from tlcore.errors import ChoiceError
from tlcore.settings import Workspace


@pytest.fixture
def dataset(workspace: Workspace, tmp_path) -> str:
    return import_pictures(workspace, folder_of_classes(tmp_path / "toys", {"a": 3, "b": 3}, (300, 200))).id


def opened(uri: str) -> Image.Image:
    kind, _, content = uri.partition(",")
    assert kind == "data:image/jpeg;base64"
    return Image.open(BytesIO(base64.b64decode(content)))


def test_they_are_small_and_in_the_order_asked_for(workspace, dataset):
    first, second = thumbnails(workspace, dataset, [5, 0], 64)
    assert opened(first).size == opened(second).size == (64, 43)
    assert thumbnails(workspace, dataset, [0, 5], 64) == [second, first]


def test_a_picture_that_is_gone_is_none(workspace, dataset):
    store = DatasetStore(workspace)
    first, second = store.contents(dataset, store.items(dataset).iloc[:2])
    first.path.unlink()
    second.path.write_bytes(b"nothing")
    found = thumbnails(workspace, dataset, [0, 1, 2], 64)
    assert found[:2] == [None, None] and found[2]


@pytest.mark.parametrize(("positions", "side"), [([6], 64), ([-1], 64), ([0], 5_000), ([0], 1), ([0] * 101, 64)])
def test_what_is_too_much_or_not_there_is_refused(workspace, dataset, positions, side):
    with pytest.raises(ChoiceError):
        thumbnails(workspace, dataset, positions, side)
