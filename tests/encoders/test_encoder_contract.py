"""What every encoder of the catalogue, and one added from a folder, must keep."""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tlcore.encoders.base import Backbone, Encoder
from tlcore.encoders.catalogue import _BUNDLED, add_encoder, load_encoder
from tlcore.errors import Stopped
from tlcore.settings import Workspace

TEXTS = ["we had soup today", "a goal", "the old hotel near the harbour was very good", "a goal", "bread", "train! ticket?"]


@pytest.fixture(scope="module", params=[*(card.id for card in _BUNDLED if card.modality == "text"), "tiny"])
def encoder(request, tmp_path_factory: pytest.TempPathFactory, tiny_encoder_folder: Path) -> Iterator[Encoder]:
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    add_encoder(workspace, tiny_encoder_folder, name="tiny")
    return load_encoder(request.param, workspace)


def test_features_are_float32_rows_of_the_stated_width_and_length_one(encoder):
    features = encoder.encode(TEXTS)
    assert features.shape == (len(TEXTS), encoder.card.dim)
    assert features.dtype == np.float32
    assert np.allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)


def test_rows_come_in_the_order_of_the_items(encoder):
    features = encoder.encode(TEXTS)
    assert np.array_equal(encoder.encode(TEXTS[::-1]), features[::-1])
    assert np.array_equal(features[1], features[3])
    assert len(np.unique(features.round(4), axis=0)) == len(set(TEXTS))


def test_a_text_alone_gives_the_same_as_among_others(encoder):
    together = encoder.encode(TEXTS * 30)
    for position, text in enumerate(TEXTS):
        assert np.array_equal(encoder.encode([text])[0], together[position])


def test_encoding_leaves_the_callers_state_alone(encoder):
    texts = list(TEXTS)
    torch.manual_seed(1)
    before = global_state()
    encoder.encode(texts)
    encoder.network("random", seed=3)
    assert global_state() == before
    assert texts == TEXTS


def test_nothing_encodes_to_no_rows(encoder):
    assert encoder.encode([]).shape == (0, encoder.card.dim)
    assert len(encoder.prepare([])) == 0


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


def test_progress_counts_up_to_all_items_and_may_stop(encoder):
    seen = []
    encoder.encode(TEXTS, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(TEXTS), len(TEXTS))
    assert seen == sorted(set(seen))

    def stop(done: int, total: int) -> None:
        raise Stopped("stopped")

    with pytest.raises(Stopped):
        encoder.encode(TEXTS, stop)
    with pytest.raises(Stopped):
        encoder.network("pretrained").below(encoder.prepare(TEXTS), 1, stop)


def test_the_network_gives_the_encoders_features(encoder):
    network = encoder.network("pretrained").eval()
    with torch.no_grad():
        features = network(all_of(encoder.prepare(TEXTS))).numpy()
    assert (features * encoder.encode(TEXTS)).sum(1).min() > 0.999


def test_blocks_are_named_and_the_top_ones_train_alone(encoder):
    network = encoder.network("pretrained")
    assert network.dim == encoder.card.dim
    assert len(network.blocks) == len(set(encoder.card.blocks)) == len(encoder.card.blocks)
    for top in (1, len(network.blocks) - 1):
        network.requires_grad_(False)
        network.zero_grad(set_to_none=True)
        network.blocks[-top:].requires_grad_(True)
        features = network(all_of(encoder.prepare(TEXTS)))
        features[:, 0].sum().backward()
        moved = {name for name, weight in network.named_parameters() if weight.grad is not None and weight.grad.any()}
        trained = {name.split(".")[1] for name in moved}
        assert all(name.startswith("blocks.") for name in moved)
        assert trained == {str(position) for position in range(len(network.blocks) - top, len(network.blocks))}


def test_every_weight_of_a_fresh_network_can_learn_and_lives_once(encoder):
    network = encoder.network("pretrained")
    assert all(weight.requires_grad and weight.dtype == torch.float32 for weight in network.parameters())
    assert len(network.state_dict()) == len(dict(network.named_parameters()))


def test_training_a_network_changes_neither_the_encoder_nor_other_networks(encoder):
    before, fingerprint = encoder.encode(TEXTS), encoder.fingerprint
    network = encoder.network("pretrained")
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(1.0)
    assert np.array_equal(encoder.encode(TEXTS), before)
    assert encoder.fingerprint == fingerprint
    assert not torch.equal(first_weight(encoder.network("pretrained")), first_weight(network))


def test_random_weights_depend_on_the_seed_alone(encoder):
    torch.manual_seed(5)
    one = first_weight(encoder.network("random", seed=1))
    torch.manual_seed(6)
    assert torch.equal(one, first_weight(encoder.network("random", seed=1)))
    assert not torch.equal(one, first_weight(encoder.network("random", seed=2)))
    assert not torch.equal(one, first_weight(encoder.network("pretrained")))
    shapes = [weight.shape for weight in encoder.network("pretrained").state_dict().values()]
    assert [weight.shape for weight in encoder.network("random").state_dict().values()] == shapes


def test_a_stored_prefix_gives_the_same_as_the_whole_network(encoder):
    network, inputs = encoder.network("pretrained").eval(), encoder.prepare(TEXTS)
    with torch.no_grad():
        whole = network(all_of(inputs))
        for start in range(len(network.blocks)):
            stored = network.below(inputs, start)
            assert np.array_equal(stored.lengths, inputs.lengths)
            assert torch.allclose(network(all_of(stored), start), whole, atol=1e-5)


def test_a_prefix_stored_under_autocast_takes_half_the_room_and_is_close(encoder):
    network, inputs = encoder.network("pretrained").eval(), encoder.prepare(TEXTS)
    with torch.no_grad():
        exact = all_of(network.below(inputs, 1))["hidden"]
        with torch.autocast("cpu", torch.bfloat16):
            batch = all_of(network.below(inputs, 1))
            assert torch.allclose(network(batch, 1), network(all_of(inputs)), atol=1e-2)
    assert batch["hidden"].dtype == torch.float32
    assert torch.equal(batch["hidden"], batch["hidden"].bfloat16().float())
    assert torch.allclose(batch["hidden"], exact, atol=0.2)
    assert not torch.equal(exact, exact.bfloat16().float())


def test_storing_a_prefix_ignores_dropout_and_keeps_mode_and_gradients(encoder):
    network, inputs = encoder.network("pretrained"), encoder.prepare(TEXTS)
    network.set_dropout(0.5)
    first, second = (all_of(network.below(inputs, 1))["hidden"] for _ in range(2))
    assert torch.equal(first, second)
    assert network.training
    assert all(weight.requires_grad for weight in network.parameters())


def test_dropout_follows_its_setting(encoder):
    network, batch = encoder.network("pretrained").train(), all_of(encoder.prepare(TEXTS))
    network.set_dropout(0.0)
    assert torch.equal(network(batch), network(batch))
    network.set_dropout(0.3)
    assert not torch.equal(network(batch), network(batch))


def all_of(inputs):
    return inputs.batch(np.arange(len(inputs)))


def first_weight(network: Backbone) -> torch.Tensor:
    return next(weight for weight in network.blocks[0].parameters() if weight.ndim == 2)


def global_state() -> tuple:
    numpy_state = np.random.get_state()[1].tolist()  # noqa: NPY002 - the legacy generator is what others may rely on
    return torch.get_rng_state().tolist(), random.getstate(), numpy_state, torch.is_grad_enabled()
