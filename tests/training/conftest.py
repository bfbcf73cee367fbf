"""Toy items of both modalities, with an encoder that reads them: what the contract tests run over."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from tiny_pictures import TinyImageEncoder, draw_pictures

from tlcore.records import Item, Picture

if TYPE_CHECKING:
    from tlcore.encoders.base import Encoder


class Toy(NamedTuple):
    """Sixty items of three classes that take turns."""

    items: Sequence[Item]
    labels: np.ndarray
    encoder: "Encoder"


@pytest.fixture(scope="session")
def toy_pictures(tmp_path_factory) -> list[Picture]:
    """Sixty small pictures of three classes."""
    return draw_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def tiny_image_encoder() -> TinyImageEncoder:
    """An encoder of pictures with batch norms, freshly made."""
    return TinyImageEncoder()


@pytest.fixture
def picture_toy(toy_pictures, tiny_image_encoder) -> Toy:
    """Pictures and their encoder."""
    return Toy(toy_pictures, np.arange(60) % 3, tiny_image_encoder)


@pytest.fixture(params=["text", "image"])
def toy(request) -> Toy:
    """Each modality's in turn."""
    if request.param == "image":
        return request.getfixturevalue("picture_toy")
    texts = request.getfixturevalue("toy_texts")
    return Toy(texts.texts, texts.labels, request.getfixturevalue("tiny_encoder"))
