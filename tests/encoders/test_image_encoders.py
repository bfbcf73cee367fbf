"""What holds for encoders of pictures beside the contract of all encoders."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from image_toys import write_image_network, write_pictures

from tlcore.encoders.backbone import batches
from tlcore.encoders.base import Encoder
from tlcore.encoders.catalogue import _BUNDLED, add_encoder, load_encoder
from tlcore.encoders.image import ImageEncoder
from tlcore.records import IMAGE_SIZES
from tlcore.runtime import Precision
from tlcore.settings import Workspace

SIZE = 96


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module", params=[*(card.id for card in _BUNDLED if card.modality == "image"), "resnet", "vit"])
def encoder(request, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encoder]:
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    if request.param in ("resnet", "vit"):
        folder = write_image_network(tmp_path_factory.mktemp("encoder"), request.param)
        add_encoder(workspace, folder, name=request.param)
    return load_encoder(request.param, workspace, SIZE)


@pytest.fixture(scope="module", params=["fp32", "bf16"])
def in_both(request, encoder) -> ImageEncoder:
    """The encoder in both kinds of arithmetic."""
    return ImageEncoder(encoder._source, encoder.card, SIZE, arithmetic=Precision(request.param, "asked for by the test"))


def test_in_either_arithmetic_a_picture_alone_gives_the_same_as_among_others(in_both, pictures):
    together = in_both.encode(pictures * 25)
    for position, picture in enumerate(pictures):
        assert np.array_equal(in_both.encode([picture])[0], together[position])
        assert np.array_equal(together[position], together[position + 24 * len(pictures)])


def test_no_more_than_one_batch_is_filled_up(encoder, pictures):
    many = pictures * 20
    sizes = [len(batch["pixels"]) for _, batch in batches(encoder.prepare(many), torch.device("cpu"))]
    assert len(set(sizes)) == 1
    assert sum(sizes) - len(many) < sizes[0] < len(many)


def test_both_kinds_of_arithmetic_agree(encoder, in_both, pictures):
    assert (encoder.encode(pictures) * in_both.encode(pictures)).sum(1).min() > 0.997
    assert in_both.fingerprint == encoder.fingerprint_in(in_both.precision.name)


def test_a_batch_is_pixels_and_lengths_are_those_of_the_resolution(encoder, pictures):
    inputs = encoder.prepare(pictures)
    pixels = inputs.batch(np.array([4, 0]))["pixels"]
    assert pixels.shape == (2, 3, SIZE, SIZE)
    assert pixels.dtype == torch.uint8
    assert pixels.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(pixels[1], all_of(inputs)["pixels"][0])
    assert inputs.lengths.tolist() == [36] * len(pictures)


def test_pixels_as_bytes_and_as_fractions_are_the_same(encoder, pictures):
    network, pixels = encoder.network("pretrained").eval(), all_of(encoder.prepare(pictures))["pixels"]
    with torch.no_grad():
        assert torch.allclose(network({"pixels": pixels}), network({"pixels": pixels / 255}), atol=1e-5)


def test_a_fresh_network_is_fp32_channels_last_and_all_outside_pooling_lies_in_stem_and_blocks(encoder):
    network = encoder.network("pretrained")
    assert all(weight.requires_grad and weight.dtype == torch.float32 for weight in network.parameters())
    assert {name.split(".")[0] for name in network.state_dict()} == {"stem", "blocks"}
    maps = [weight for weight in network.parameters() if weight.ndim == 4 and min(weight.shape[1:3]) > 1]
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in maps)


@pytest.mark.parametrize("size", IMAGE_SIZES)
def test_every_working_resolution_works_and_has_a_fingerprint_of_its_own(encoder, pictures, size):
    sized = ImageEncoder(encoder._source, encoder.card, size)
    assert sized.encode(pictures[:2]).shape == (2, encoder.card.dim)
    assert (sized.fingerprint == encoder.fingerprint) == (size == SIZE)


def all_of(inputs):
    return inputs.batch(np.arange(len(inputs)))
