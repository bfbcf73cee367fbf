"""What every encoder must keep, of texts and of pictures, of the catalogue and added from a folder."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from image_toys import write_image_network, write_pictures

from tlcore.encoders import room
from tlcore.encoders.backbone import features_of
from tlcore.encoders.base import Backbone, Batch, Encoder, Inputs
from tlcore.encoders.catalogue import _BUNDLED, add_encoder, load_encoder
from tlcore.errors import EncoderError, Stopped
from tlcore.records import Item
from tlcore.settings import Workspace
from tlcore.training.batches import Chosen

TEXTS = ["we had soup today", "a goal", "the old hotel near the harbour was very good", "bread", "train! ticket?", "a goal"]
SIZE = 96
ADDED = ("tiny", "resnet", "vit")


CLOSE = {"fp32": 0.9999, "bf16": 0.998, "int8": 0.98}
"""Cosine with the plain network that features keep in each arithmetic."""


@pytest.fixture(scope="module", params=[*(card.id for card in _BUNDLED), *ADDED])
def encoder(request, tmp_path_factory: pytest.TempPathFactory, tiny_encoder_folder: Path) -> Iterator[Encoder]:
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    if request.param == "tiny":
        add_encoder(workspace, tiny_encoder_folder, name="tiny")
    elif request.param in ADDED:
        add_encoder(workspace, write_image_network(tmp_path_factory.mktemp("encoder"), request.param), name=request.param)
    return load_encoder(request.param, workspace, SIZE)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Item]:
    return write_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def items(encoder: Encoder, pictures: Sequence[Item]) -> Sequence[Item]:
    """Different items, but for the last one, which is the second again."""
    return TEXTS if encoder.card.modality == "text" else pictures


def test_features_are_float32_rows_of_the_stated_width_and_length_one(encoder, items):
    features = encoder.encode(items)
    assert features.shape == (len(items), encoder.card.dim)
    assert features.dtype == np.float32
    assert np.allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)


def test_rows_come_in_the_order_of_the_items(encoder, items):
    features = encoder.encode(items)
    assert np.array_equal(encoder.encode(items[::-1]), features[::-1])
    assert np.array_equal(features[1], features[-1])
    assert len(np.unique(features.round(4), axis=0)) == len(items) - 1


def test_an_item_alone_gives_the_same_as_among_others(encoder, items):
    together = encoder.encode([*items] * 25)
    for position, item in enumerate(items):
        assert np.array_equal(encoder.encode([item])[0], together[position])
        assert np.array_equal(together[position], together[position + 24 * len(items)])


def test_items_of_the_other_kind_are_refused(encoder, items, pictures):
    others = pictures if items is TEXTS else TEXTS
    with pytest.raises(EncoderError, match="cannot read"):
        encoder.encode([items[0], others[0]])


def test_encoding_leaves_the_callers_state_alone(encoder, items):
    given = list(items)
    torch.manual_seed(1)
    before = global_state()
    encoder.encode(given)
    encoder.network("random", seed=3)
    encoder.network("pretrained")
    assert global_state() == before
    assert given == list(items)


def test_nothing_encodes_to_no_rows(encoder):
    assert encoder.encode([]).shape == (0, encoder.card.dim)
    assert len(encoder.prepare([])) == 0


def test_progress_counts_up_to_all_items_and_may_stop(encoder, items):
    seen: list[tuple[int, int]] = []
    many = [*items] * 30
    encoder.encode(many, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(many), len(many))
    assert seen == sorted(set(seen))
    assert len(seen) > 1

    def stop(done: int, total: int) -> None:
        raise Stopped("stopped")

    with pytest.raises(Stopped):
        encoder.encode(items, stop)
    with pytest.raises(Stopped):
        encoder.network("pretrained").below(encoder.prepare(items), 1, stop)


def test_the_network_gives_the_encoders_features(encoder, items):
    network = encoder.network("pretrained").eval()
    with torch.no_grad():
        features = network(all_of(encoder.prepare(items))).numpy()
    assert (features * encoder.encode(items)).sum(1).min() > CLOSE[encoder.precision.name]


def test_blocks_are_named_and_the_top_ones_train_alone(encoder, items):
    network = encoder.network("pretrained")
    assert network.dim == encoder.card.dim
    assert len(network.blocks) == len(set(encoder.card.blocks)) == len(encoder.card.blocks)
    for top in (1, len(network.blocks) - 1):
        network.requires_grad_(False)
        network.zero_grad(set_to_none=True)
        network.blocks[-top:].requires_grad_(True)
        features = network(all_of(encoder.prepare(items)))
        (features * torch.linspace(1, 2, network.dim)).sum().backward()
        moved = {name for name, weight in network.named_parameters() if weight.grad is not None and weight.grad.any()}
        assert all(name.startswith("blocks.") for name in moved)
        numbers = {name.split(".")[1] for name in moved}
        assert numbers == {str(position) for position in range(len(network.blocks) - top, len(network.blocks))}


def test_every_weight_of_a_fresh_network_can_learn_and_lives_once(encoder):
    network = encoder.network("pretrained")
    assert all(weight.requires_grad and weight.dtype == torch.float32 for weight in network.parameters())
    names = [name for name, _ in network.named_parameters(remove_duplicate=False)]
    assert len(names) == len(list(network.parameters()))
    assert set(names) <= set(network.state_dict())


def test_training_a_network_changes_neither_the_encoder_nor_other_networks(encoder, items):
    before, fingerprint = encoder.encode(items), encoder.fingerprint
    network = encoder.network("pretrained").train()
    network(all_of(encoder.prepare(items)))
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(1.0)
    assert np.array_equal(encoder.encode(items), before)
    assert encoder.fingerprint == fingerprint
    assert not torch.equal(first_weight(encoder.network("pretrained")), first_weight(network))


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


def test_a_stored_prefix_gives_the_same_as_the_whole_network(encoder, items):
    network, inputs = encoder.network("pretrained").eval(), encoder.prepare(items)
    with torch.no_grad():
        whole = network(all_of(inputs))
        for start in range(len(network.blocks)):
            stored = network.below(inputs, start)
            assert np.array_equal(stored.lengths, inputs.lengths)
            assert torch.allclose(network(all_of(stored), start), whole, atol=1e-5)


@torch.inference_mode()
def passed(network: Backbone, inputs: Inputs, start: int = 0, bf16: bool = False) -> torch.Tensor:
    """Features of all inputs, as trained networks predict with."""
    found = torch.empty(len(inputs), network.dim)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        for rows, features in features_of(network, inputs, start):
            found[torch.from_numpy(rows)] = features
    return found


def test_passes_without_gradients_give_the_networks_features(encoder, items):
    network, inputs, start = encoder.network("pretrained").eval(), encoder.prepare(items), 1
    with torch.no_grad():
        whole = network(all_of(inputs))
    assert torch.allclose(passed(network, inputs), whole, atol=1e-5)
    some = np.array([4, 0, 3])
    assert torch.allclose(passed(network, Chosen(network.below(inputs, start), some), start), whole[some], atol=1e-5)
    assert (passed(network, inputs, bf16=True) * whole).sum(1).min() > 0.995


@pytest.mark.parametrize("bf16", [False, True])
def test_what_passes_does_not_depend_on_its_neighbours(encoder, items, bf16):
    network = encoder.network("pretrained").eval()
    together = passed(network, encoder.prepare([*items] * 15), bf16=bf16)
    for position, item in enumerate(items):
        assert torch.equal(passed(network, encoder.prepare([item]), bf16=bf16)[0], together[position])


def test_only_texts_lie_end_to_end(encoder, items):
    inputs = encoder.prepare(items)
    if encoder.card.modality == "text":
        assert len(inputs.end_to_end(np.array([1, 0]))["ids"]) == inputs.lengths[:2].sum()
    else:
        with pytest.raises(TypeError, match="no texts"):
            inputs.end_to_end(np.array([1, 0]))


def test_a_prefix_stored_under_autocast_takes_half_the_room_and_is_close(encoder, items):
    network, inputs = encoder.network("pretrained").eval(), encoder.prepare(items)
    start = len(network.blocks) - 1
    with torch.no_grad():
        whole, exact = network(all_of(inputs)), all_of(network.below(inputs, start))["hidden"]
        with torch.autocast("cpu", torch.bfloat16):
            batch = all_of(network.below(inputs, start))
            assert (network(batch, start) * whole).sum(1).min() > 0.995
    assert batch["hidden"].dtype == torch.float32
    assert torch.equal(batch["hidden"], batch["hidden"].bfloat16().float())
    assert not torch.equal(exact, exact.bfloat16().float())


def test_a_large_prefix_lies_in_a_file_and_is_the_same(encoder, items, monkeypatch):
    network, inputs = encoder.network("pretrained"), encoder.prepare(items)
    small = all_of(network.below(inputs, 1))["hidden"]
    monkeypatch.setattr(room, "MOST_IN_MEMORY", 10)
    with torch.autocast("cpu", torch.bfloat16):
        halved = all_of(network.below(inputs, 1))["hidden"]
    assert torch.equal(all_of(network.below(inputs, 1))["hidden"], small)
    assert torch.allclose(halved, small, rtol=0.1, atol=0.3)


def test_storing_a_prefix_ignores_dropout_and_keeps_mode_gradients_and_statistics(encoder, items):
    network, inputs = encoder.network("pretrained").train(), encoder.prepare(items)
    network.set_dropout(0.5)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    first, second = (all_of(network.below(inputs, 1))["hidden"] for _ in range(2))
    assert torch.equal(first, second)
    assert network.training
    assert all(weight.requires_grad for weight in network.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_dropout_follows_its_setting(encoder, items):
    network, batch = encoder.network("pretrained").train(), all_of(encoder.prepare(items))
    network.set_dropout(0.0)
    assert torch.equal(network(batch), network(batch))
    if encoder.card.id != "resnet":  # whose architecture drops nothing
        network.set_dropout(0.3)
        assert not torch.equal(network(batch), network(batch))


def all_of(inputs: Inputs) -> Batch:
    return inputs.batch(np.arange(len(inputs)))


def first_weight(network: Backbone) -> torch.Tensor:
    return next(weight for weight in network.blocks[0].parameters() if weight.ndim > 1)


def global_state() -> tuple:
    numpy_state = np.random.get_state()[1].tolist()  # noqa: NPY002 - the legacy generator is what others may rely on
    return torch.get_rng_state().tolist(), random.getstate(), numpy_state, torch.is_grad_enabled()
