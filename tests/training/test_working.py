"""The form that training computes with against the network itself."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from tlcore import runtime
from tlcore.training import packed as packing
from tlcore.training.classifier import Classifier
from tlcore.training.masks import Masks
from tlcore.training.optimizer import build_optimizer, set_rates
from tlcore.training.packed import Layout
from tlcore.training.settings import TrainingSettings
from tlcore.training.working import PackedForm, PlainForm, form_of

TEXTS = ["the old train", "a match", "soup and bread and cheese with a very good salad again today", "we saw the coach"]
LABELS = torch.tensor([0, 1, 2, 1])
SETTINGS = TrainingSettings(learning_rate=1e-3, head_learning_rate=1e-2, layer_decay=0.8, weight_decay=0.1)


def classifier(encoder, dropout=0.0, start=None):
    with runtime.seeded(0):
        return Classifier(encoder.network("pretrained"), 3, dropout, start).train()


def inputs_of(encoder, network, texts=TEXTS):
    inputs = encoder.prepare(texts)
    return network.backbone.below(inputs, network.start) if network.start else inputs


def logits(form, inputs):
    return form(form.batch(inputs, np.arange(len(inputs))))


class Exact(PlainForm):
    """The network itself in fp32."""

    def __call__(self, batch):
        return self._network(batch)


def packed(network, dtype=torch.float32):
    return PackedForm(network, Masks(network.dropout.p, 0, 1 << 16, dtype), dtype)


def gradients(network, form, inputs):
    """Of all weights by name, whatever they were computed with."""
    cross_entropy(logits(form, inputs), LABELS).backward()
    return {
        name: (form.copies[weight].gradient if weight in form.copies else weight.grad)
        for name, weight in network.named_parameters()
        if weight.requires_grad
    }


def close(first, second, tolerance):
    return all(torch.allclose(first[name].float(), second[name].float(), atol=tolerance) for name in second)


@pytest.mark.parametrize("start", [None, 0, 1, 2])
@pytest.mark.parametrize("texts", [TEXTS, ["soup", "bread", "cheese", "salad"]])
def test_packed_blocks_compute_and_learn_what_the_network_does(start, texts, tiny_encoder):
    network = classifier(tiny_encoder, start=start)
    inputs = inputs_of(tiny_encoder, network, texts)
    with torch.no_grad():
        assert torch.allclose(logits(packed(network), inputs), logits(Exact(network), inputs), atol=1e-5)
    plain = gradients(network, Exact(network), inputs)
    network.zero_grad()
    found = gradients(network, packed(network), inputs)
    assert found.keys() == plain.keys()
    assert close(found, plain, 1e-5)
    assert all(gradient.abs().max() > 0 for name, gradient in found.items() if "key.bias" not in name)


@pytest.mark.parametrize(("worth", "most"), [(1, 1 << 15), (1 << 13, 300)])
def test_items_in_several_groups_learn_as_in_one(worth, most, tiny_encoder, monkeypatch):
    network = classifier(tiny_encoder)
    inputs = inputs_of(tiny_encoder, network, [TEXTS[0], 3 * TEXTS[2], 2 * TEXTS[2], TEXTS[1]])
    one = gradients(network, packed(network), inputs)
    assert len(Layout.of(torch.from_numpy(inputs.lengths)).groups) == 1
    network.zero_grad()
    monkeypatch.setattr(packing, "_WORTH", worth)
    monkeypatch.setattr(packing, "_MOST", most)
    assert len(Layout.of(torch.from_numpy(inputs.lengths)).groups) > 1
    assert close(gradients(network, packed(network), inputs), one, 1e-5)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=40))
def test_groups_hold_every_item_once_and_no_more_scores_than_needed(lengths):
    groups = Layout.of(torch.tensor(lengths)).groups
    assert sum(group.items for group in groups) == len(lengths)
    assert [group.start for group in groups] == list(np.cumsum([0, *(len(group.places) for group in groups[:-1])]))
    assert sum(len(group.places) for group in groups) == sum(lengths)
    assert all(group.items == 1 or group.items * group.width**2 <= packing._MOST for group in groups)
    widest = -(-max(max(lengths), 16) // 4) * 4
    assert sum(group.items * group.width**2 for group in groups) <= len(lengths) * widest**2


def test_bf16_stays_near_fp32(tiny_encoder):
    network = classifier(tiny_encoder)
    inputs = inputs_of(tiny_encoder, network)
    exact = gradients(network, packed(network), inputs)
    norm = torch.linalg.vector_norm(torch.cat([gradient.flatten() for gradient in exact.values()]))
    network.zero_grad()
    rough = gradients(network, packed(network, torch.bfloat16), inputs)
    assert close(rough, exact, 0.02 * float(norm))


def test_a_text_gets_the_same_logits_alone_and_in_company(tiny_encoder):
    network = classifier(tiny_encoder)
    form = packed(network)
    together = logits(form, inputs_of(tiny_encoder, network))
    alone = torch.cat([logits(form, inputs_of(tiny_encoder, network, [text])) for text in TEXTS])
    assert torch.allclose(together, alone, atol=1e-5)


def test_dropping_is_drawn_anew_each_time_and_repeats_for_a_seed(tiny_encoder):
    network = classifier(tiny_encoder, dropout=0.3)
    form, inputs = packed(network), inputs_of(tiny_encoder, network)
    with runtime.seeded(1):
        first, second = logits(form, inputs), logits(form, inputs)
    with runtime.seeded(1):
        assert torch.equal(logits(packed(network), inputs), first)
    assert not torch.allclose(first, second, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_steps_move_the_weights_as_torchs_own_optimizer_does(dtype, tiny_encoder):
    network, reference = classifier(tiny_encoder), classifier(tiny_encoder)
    inputs = inputs_of(tiny_encoder, network)
    form = packed(network, dtype)
    own = build_optimizer(network, SETTINGS, form.copies)
    groups = build_optimizer(reference, SETTINGS, {}).param_groups
    other = torch.optim.AdamW([{key: group[key] for key in ("params", "peak", "weight_decay")} for group in groups])
    pairs = list(zip(network.parameters(), reference.parameters(), strict=True))
    for step in range(3):
        own.zero_grad()
        cross_entropy(logits(form, inputs), LABELS).backward()
        for weight, twin in pairs:
            gradient = form.copies[weight].gradient if weight in form.copies else weight.grad
            twin.grad = gradient.float().clone()
        torch.nn.utils.clip_grad_norm_(reference.parameters(), 1.0)
        set_rates(own, step, 3, 0.0)
        set_rates(other, step, 3, 0.0)
        own.step(own.norm())
        other.step()
        tolerance = 1e-6 if dtype == torch.float32 else 1e-4
        assert all(torch.allclose(weight, twin, atol=tolerance) for weight, twin in pairs)
        assert all(torch.equal(copy.values, weight.detach().to(dtype)) for weight, copy in form.copies.items())


def test_large_gradients_are_scaled_down_and_small_ones_are_not(tiny_encoder):
    network = classifier(tiny_encoder)
    inputs = inputs_of(tiny_encoder, network)
    moments = []
    for factor in (1e-3, 1e3, 1e6):
        form = packed(network)
        optimizer = build_optimizer(network, SETTINGS, form.copies)
        optimizer.zero_grad()
        (cross_entropy(logits(form, inputs), LABELS) * factor).backward()
        norm = optimizer.norm()
        optimizer.step(norm)
        squares = sum(state["exp_avg"].square().sum() for state in optimizer.state.values())
        moments.append((float(norm), 10 * float(squares) ** 0.5))
    assert moments[0][1] == pytest.approx(moments[0][0], rel=1e-3)
    assert [moment for _, moment in moments[1:]] == pytest.approx([1, 1], rel=1e-3)


def test_copies_follow_weights_that_were_set(tiny_encoder):
    network = classifier(tiny_encoder)
    form = packed(network)
    optimizer = build_optimizer(network, SETTINGS, form.copies)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(1.5)
    optimizer.refresh()
    inputs = inputs_of(tiny_encoder, network)
    assert torch.allclose(logits(form, inputs), logits(Exact(network), inputs), atol=1e-5)


def test_other_networks_are_trained_as_they_are(tiny_image_encoder):
    network = Classifier(tiny_image_encoder.network("pretrained"), 3, 0.1)
    assert isinstance(form_of(network, 4, 4, 0), PlainForm)


def test_packing_and_padding_undo_each_other():
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    values = torch.randn(2, 3, 5) * mask[:, :, None]
    layout = Layout.of(mask.sum(1))
    assert torch.equal(layout.mask, mask.bool())
    assert (layout.real, layout.packed(values).shape) == (5, (16, 5))
    assert torch.equal(layout.packed(values)[:5], values[mask.bool()])
    assert torch.equal(layout.filled(values[mask.bool()]), layout.packed(values))
    assert torch.equal(layout.padded(layout.packed(values))[:, :3], values)


class TestMasks:
    def test_drop_the_share_and_keep_the_mean(self):
        mask = Masks(0.25, 0, 10_000, torch.float32).like(torch.empty(100, 100))
        assert mask.unique().tolist() == pytest.approx([0, 4 / 3])
        assert float((mask == 0).float().mean()) == pytest.approx(0.25, abs=0.02)

    def test_large_ones_are_drawn_too(self, monkeypatch):
        monkeypatch.setattr("tlcore.training.masks._LARGEST", 100)
        masks, values = Masks(0.5, 0, 10_000, torch.float32), torch.ones(200, 50)
        first, second = masks.like(values), masks.like(values)
        assert float((first == 0).float().mean()) == pytest.approx(0.5, abs=0.05)
        assert not torch.equal(first, second)

    def test_nothing_is_dropped_without_a_share(self):
        values = torch.ones(3)
        assert Masks(0.0, 0, 10, torch.float32).dropped(values) is values
