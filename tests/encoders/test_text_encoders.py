"""What holds for encoders of texts beside the contract of all encoders."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tlcore.encoders.base import Encoder
from tlcore.encoders.catalogue import _BUNDLED, add_encoder, load_encoder
from tlcore.settings import Workspace


@pytest.fixture(scope="module", params=[*(card.id for card in _BUNDLED if card.modality == "text"), "tiny"])
def encoder(request, tmp_path_factory: pytest.TempPathFactory, tiny_encoder_folder: Path) -> Iterator[Encoder]:
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    add_encoder(workspace, tiny_encoder_folder, name="tiny")
    return load_encoder(request.param, workspace)


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\x00", "a\x00b", "😀👩‍👩‍👧", "\ud800 lone", "الله 漢字", "word " * 20_000, "x" * 100_000]
)
def test_any_text_encodes_to_finite_numbers(encoder, text):
    assert np.isfinite(encoder.encode([text, "a goal"])).all()
    assert encoder.prepare([text]).lengths[0] <= encoder.card.max_length


def test_a_long_text_is_cut_at_the_limit(encoder):
    long = "goal " * encoder.card.max_length
    assert np.array_equal(*encoder.encode([long, long + "soup " * 50]))
    assert encoder.prepare([long], max_length=9).lengths[0] == 9
    assert encoder.prepare([long], max_length=100_000).lengths[0] == encoder.card.max_length
