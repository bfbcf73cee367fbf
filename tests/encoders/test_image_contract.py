"""What every image encoder of the catalogue, and one added from a folder, must keep: the contract of text encoders."""

import random
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from image_toys import write_image_network, write_pictures

from tlcore.encoders.base import Encoder
from tlcore.encoders.catalogue import _BUNDLED, add_encoder, load_encoder
from tlcore.encoders.image import ImageEncoder
from tlcore.errors import EncoderError, Stopped
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


def test_features_are_float32_rows_of_the_stated_width_and_length_one(encoder, pictures):
    features = encoder.encode(pictures)
    assert features.shape == (len(pictures), encoder.card.dim)
    assert features.dtype == np.float32
    assert np.allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)


def test_rows_come_in_the_order_of_the_items(encoder, pictures):
    features = encoder.encode(pictures)
    assert np.array_equal(encoder.encode(pictures[::-1]), features[::-1])
    assert np.array_equal(features[1], features[-1])
    assert len(np.unique(features.round(4), axis=0)) == len(pictures) - 1


def test_a_picture_alone_gives_the_same_as_among_others(in_both, pictures):
    together = in_both.encode(pictures * 25)
    for position, picture in enumerate(pictures):
        assert np.array_equal(in_both.encode([picture])[0], together[position])
        assert np.array_equal(together[position], together[position + 24 * len(pictures)])


def test_both_kinds_of_arithmetic_agree(encoder, in_both, pictures):
    assert (encoder.encode(pictures) * in_both.encode(pictures)).sum(1).min() > 0.997
    assert in_both.fingerprint == encoder.fingerprint_in(in_both.precision.name)


def test_encoding_leaves_the_callers_state_alone(encoder, pictures):
    torch.manual_seed(1)
    before = global_state()
    encoder.encode(pictures)
    encoder.network("random", seed=3)
    encoder.network("pretrained")
    assert global_state() == before


def test_nothing_encodes_to_no_rows(encoder):
    assert encoder.encode([]).shape == (0, encoder.card.dim)
    assert len(encoder.prepare([])) == 0


def test_a_text_is_refused(encoder, pictures):
    with pytest.raises(EncoderError, match="image encoder cannot read texts"):
        encoder.encode([pictures[0], "a goal"])
    with pytest.raises(EncoderError, match="text encoder cannot read pictures"):
        load_encoder("minilm", Workspace()).encode(pictures)


def test_progress_counts_up_to_all_items_and_may_stop(encoder, pictures):
    seen = []
    encoder.encode(pictures * 30, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(pictures) * 30,) * 2
    assert seen == sorted(set(seen))
    assert len(seen) > 1

    def stop(done: int, total: int) -> None:
        raise Stopped("stopped")

    with pytest.raises(Stopped):
        encoder.encode(pictures, stop)
    with pytest.raises(Stopped):
        encoder.network("pretrained").below(encoder.prepare(pictures), 1, stop)


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


def test_the_network_gives_the_encoders_features(encoder, pictures):
    network = encoder.network("pretrained").eval()
    with torch.no_grad():
        features = network(all_of(encoder.prepare(pictures))).numpy()
    assert (features * encoder.encode(pictures)).sum(1).min() > 0.998


def test_blocks_are_named_and_the_top_ones_train_alone(encoder, pictures):
    network = encoder.network("pretrained")
    assert network.dim == encoder.card.dim
    assert len(network.blocks) == len(set(encoder.card.blocks)) == len(encoder.card.blocks)
    for top in (1, len(network.blocks) - 1):
        network.requires_grad_(False)
        network.zero_grad(set_to_none=True)
        network.blocks[-top:].requires_grad_(True)
        network(all_of(encoder.prepare(pictures))).sum().backward()
        moved = {name for name, weight in network.named_parameters() if weight.grad is not None and weight.grad.any()}
        assert all(name.startswith("blocks.") for name in moved)
        numbers = {name.split(".")[1] for name in moved}
        assert numbers == {str(position) for position in range(len(network.blocks) - top, len(network.blocks))}


def test_a_fresh_network_is_fp32_channels_last_and_all_outside_pooling_lies_in_stem_and_blocks(encoder):
    network = encoder.network("pretrained")
    assert all(weight.requires_grad and weight.dtype == torch.float32 for weight in network.parameters())
    assert {name.split(".")[0] for name in network.state_dict()} == {"stem", "blocks"}
    maps = [weight for weight in network.parameters() if weight.ndim == 4 and min(weight.shape[1:3]) > 1]
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in maps)


def test_training_a_network_changes_neither_the_encoder_nor_other_networks(encoder, pictures):
    before, fingerprint = encoder.encode(pictures), encoder.fingerprint
    network = encoder.network("pretrained").train()
    network(all_of(encoder.prepare(pictures)))
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(1.0)
    assert np.array_equal(encoder.encode(pictures), before)
    assert encoder.fingerprint == fingerprint
    fresh = encoder.network("pretrained").state_dict()
    assert any(not torch.equal(tensor, fresh[name]) for name, tensor in network.state_dict().items())


def test_random_weights_depend_on_the_seed_alone(encoder):
    torch.manual_seed(5)
    one = encoder.network("random", seed=1).state_dict()
    torch.manual_seed(6)
    again, other, trained = (encoder.network(*how).state_dict() for how in (("random", 1), ("random", 2), ("pretrained", 0)))
    assert all(torch.equal(tensor, again[name]) for name, tensor in one.items())
    drawn = [name for name, tensor in one.items() if tensor.ndim > 1 and tensor.is_floating_point() and tensor.std() > 0]
    assert drawn
    assert not any(torch.equal(one[name], other[name]) or torch.equal(one[name], trained[name]) for name in drawn)
    assert {name: tensor.shape for name, tensor in one.items()} == {name: tensor.shape for name, tensor in trained.items()}


def test_a_stored_prefix_gives_the_same_as_the_whole_network(encoder, pictures):
    network, inputs = encoder.network("pretrained").eval(), encoder.prepare(pictures)
    with torch.no_grad():
        whole = network(all_of(inputs))
        for start in range(len(network.blocks)):
            stored = network.below(inputs, start)
            assert np.array_equal(stored.lengths, inputs.lengths)
            assert torch.allclose(network(all_of(stored), start), whole, atol=1e-5)


def test_a_prefix_stored_under_autocast_takes_half_the_room_and_is_close(encoder, pictures):
    network, inputs = encoder.network("pretrained").eval(), encoder.prepare(pictures)
    start = len(network.blocks) - 1
    with torch.no_grad():
        whole = network(all_of(inputs))
        with torch.autocast("cpu", torch.bfloat16):
            batch = all_of(network.below(inputs, start))
            assert (network(batch, start) * whole).sum(1).min() > 0.995
    assert batch["hidden"].dtype == torch.float32
    assert torch.equal(batch["hidden"], batch["hidden"].bfloat16().float())


def test_a_large_prefix_lies_in_a_file_and_is_the_same(encoder, pictures, monkeypatch):
    from tlcore.encoders import image_backbone

    network, inputs = encoder.network("pretrained"), encoder.prepare(pictures)
    small = all_of(network.below(inputs, 1))["hidden"]
    monkeypatch.setattr(image_backbone, "_MOST_IN_MEMORY", 10)
    with torch.autocast("cpu", torch.bfloat16):
        halved = all_of(network.below(inputs, 1))["hidden"]
    assert torch.equal(all_of(network.below(inputs, 1))["hidden"], small)
    assert torch.allclose(halved, small, rtol=0.1, atol=0.3)


def test_storing_a_prefix_keeps_mode_gradients_and_statistics(encoder, pictures):
    network, inputs = encoder.network("pretrained").train(), encoder.prepare(pictures)
    network.set_dropout(0.5)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    first, second = (all_of(network.below(inputs, 1))["hidden"] for _ in range(2))
    assert torch.equal(first, second)
    assert network.training
    assert all(weight.requires_grad for weight in network.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_the_bundled_one_drops_branches_as_it_is_told(encoder, pictures):
    network, batch = encoder.network("pretrained").train(), all_of(encoder.prepare(pictures))
    network.set_dropout(0.0)
    assert torch.equal(network(batch), network(batch))
    if encoder.card.id != "resnet":  # which drops nothing
        network.set_dropout(0.3)
        assert not torch.equal(network(batch), network(batch))


@pytest.mark.parametrize("size", IMAGE_SIZES)
def test_every_working_resolution_works_and_has_a_fingerprint_of_its_own(encoder, pictures, size):
    sized = ImageEncoder(encoder._source, encoder.card, size)
    assert sized.encode(pictures[:2]).shape == (2, encoder.card.dim)
    assert (sized.fingerprint == encoder.fingerprint) == (size == SIZE)


def all_of(inputs):
    return inputs.batch(np.arange(len(inputs)))


def global_state() -> tuple:
    numpy_state = np.random.get_state()[1].tolist()  # noqa: NPY002 - the legacy generator is what others may rely on
    return torch.get_rng_state().tolist(), random.getstate(), numpy_state, torch.is_grad_enabled()
