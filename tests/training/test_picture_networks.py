"""What is particular to networks of pictures: batch norms, memory layout, slow kernels."""

import json

import numpy as np
import pytest
import torch
from fitting import Listener, MemoryCheckpoints, build, fit, labelled
from torch import nn

from tlcore.errors import OutOfMemoryError, Stopped
from tlcore.training.classifier import Classifier
from tlcore.training.convolutions import spare_slow_kernels
from tlcore.training.strategies.base import FitContext
from tlcore.training.strategies.network import NetworkStrategy

NETWORKS = ["scratch", "partial_fine_tuning", "full_fine_tuning"]
LONGER = {"epochs": 6, "learning_rate": 1e-2, "head_learning_rate": 1e-2}


def norms(network):
    return {name: module for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)}


def test_pre_trained_statistics_stay_and_scale_and_shift_learn(picture_toy):
    fitted = fit("full_fine_tuning", picture_toy.encoder, labelled(picture_toy), **LONGER)
    before, after = norms(picture_toy.encoder.network("pretrained")), norms(fitted.network.backbone)
    assert len(after) == 4
    for name, norm in after.items():
        assert torch.equal(norm.running_mean, before[name].running_mean)
        assert torch.equal(norm.running_var, before[name].running_var)
        assert norm.num_batches_tracked == before[name].num_batches_tracked
        assert not torch.allclose(norm.weight, before[name].weight, atol=1e-3)
        assert not torch.allclose(norm.bias, before[name].bias, atol=1e-3)


def test_from_scratch_statistics_are_gathered_and_scale_and_shift_learn(picture_toy):
    fitted = fit("scratch", picture_toy.encoder, labelled(picture_toy), **LONGER)
    for name, norm in norms(fitted.network.backbone).items():
        assert norm.num_batches_tracked == 6 * 4
        assert norm.running_mean.abs().max() > 0.01, name
        assert not torch.allclose(norm.weight, torch.ones(()), atol=1e-3)


def test_gathered_statistics_are_those_of_the_pictures(picture_toy):
    fitted = fit("scratch", picture_toy.encoder, labelled(picture_toy), **{**LONGER, "augmentation": "none"})
    network, batch = fitted.network, picture_toy.encoder.prepare(picture_toy.items).batch(np.arange(60))
    with torch.inference_mode():
        mean = network.backbone.stem[0](2 * batch["pixels"].float() / 255 - 1).mean((0, 2, 3))
    assert torch.allclose(network.backbone.stem[1].running_mean, mean, atol=0.1)


@pytest.mark.parametrize("top_blocks", [1, 2])
def test_frozen_blocks_of_pictures_move_in_nothing(top_blocks, picture_toy):
    fitted = fit("partial_fine_tuning", picture_toy.encoder, labelled(picture_toy), top_blocks=top_blocks, **LONGER)
    before, after = picture_toy.encoder.network("pretrained").state_dict(), fitted.network.backbone.state_dict()
    moved = {name.split(".")[1] for name in after if not torch.allclose(after[name].float(), before[name].float(), atol=1e-3)}
    assert moved == {str(2 - number) for number in range(top_blocks)}


def test_norms_work_as_when_predicting_wherever_statistics_are_known(picture_toy):
    known = build("full_fine_tuning", picture_toy.encoder)._build().train()
    assert not any(norm.training for norm in norms(known).values())
    assert known.backbone.blocks[0][3].training  # dropout drops
    unknown = build("scratch", picture_toy.encoder)._build().train()
    assert all(norm.training for norm in norms(unknown).values())
    assert not any(norm.training for norm in norms(unknown.eval()).values())


@pytest.mark.parametrize("strategy", NETWORKS)
def test_state_carries_statistics_as_they_are_and_weights_at_half_size(strategy, picture_toy):
    fitted = fit(strategy, picture_toy.encoder, labelled(picture_toy))
    arrays, weights = fitted.state().arrays, dict(fitted.network.named_parameters())
    assert any("running_mean" in name for name in arrays)
    for name, array in arrays.items():
        expected = "float16" if name in weights else "int64" if name.endswith("num_batches_tracked") else "float32"
        assert array.dtype == expected, name
        assert np.array_equal(array.astype(np.float64), fitted.network.learned()[name].detach().double().numpy())


def test_scratch_restored_elsewhere_brings_its_own_statistics(picture_toy, tiny_image_encoder):
    fitted = fit("scratch", picture_toy.encoder, labelled(picture_toy), **LONGER)
    restored = type(fitted).restore(fitted.state(), 3, tiny_image_encoder, fitted.settings)
    assert np.array_equal(restored.predict_proba(picture_toy.items), fitted.predict_proba(picture_toy.items))
    for name, norm in norms(restored.network).items():
        assert torch.equal(norm.running_var, norms(fitted.network)[name].running_var)


@pytest.mark.parametrize("strategy", NETWORKS)
def test_resumed_training_on_pictures_gives_the_very_same_model(strategy, picture_toy):
    data, changes = labelled(picture_toy), {"epochs": 5, "early_stopping": True, "patience": 9, "learning_rate": 2e-3}
    expected = fit(strategy, picture_toy.encoder, data, **changes)

    class Kill(Listener):
        def on_step(self, share):
            super().on_step(share)
            if len(self.epochs) == 3:
                raise Stopped("cancelled")

    kept = MemoryCheckpoints()
    with pytest.raises(Stopped):
        context = FitContext(hook=Kill(), checkpoints=kept, checkpoint_seconds=0)
        fit(strategy, picture_toy.encoder, data, context=context, **changes)
    arrays, facts = kept.saved[-1]
    assert all(array.dtype.kind in "fiu" for array in arrays.values())
    assert json.loads(json.dumps(facts))["epoch"] == 3
    kept.saved[-1] = ({name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}, facts)
    torch.manual_seed(77)
    second = Listener()
    resumed = fit(strategy, picture_toy.encoder, data, context=FitContext(hook=second, checkpoints=kept), **changes)
    assert [record.epoch for record in second.epochs] == [4, 5]
    assert np.array_equal(resumed.predict_proba(picture_toy.items), expected.predict_proba(picture_toy.items))


def test_only_depthwise_convolutions_with_slow_kernels_are_spared_and_nothing_else_changes():
    network = nn.Sequential(
        nn.Conv2d(4, 4, 3, padding=1, groups=4),
        nn.Conv2d(4, 4, 5, padding=2, groups=4),
        nn.Conv2d(4, 4, 3, 2, groups=4),
        nn.Conv2d(4, 4, 3),
    )
    before, pixels = network.state_dict(), torch.randn(2, 4, 16, 16)
    expected = network(pixels)
    spare_slow_kernels(network)
    assert [type(module) is not nn.Conv2d for module in network] == [False, True, True, False]
    assert torch.equal(network(pixels), expected)
    assert network.state_dict().keys() == before.keys()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = network(pixels)
        assert found.dtype == torch.bfloat16
        found.float().sum().backward()
    assert all(weights.grad.dtype == torch.float32 for weights in network.parameters())


def test_lack_of_memory_advises_a_lower_resolution(picture_toy, monkeypatch):
    def full(*_):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried ...")

    monkeypatch.setattr(NetworkStrategy, "_train", full)
    with pytest.raises(OutOfMemoryError, match="or a lower working resolution"):
        fit("full_fine_tuning", picture_toy.encoder, labelled(picture_toy))


def test_a_network_without_norms_is_left_alone(tiny_encoder):
    network = Classifier(tiny_encoder.network("pretrained"), 3, 0.1)
    assert not list(network.train()._norms())
    assert all(block.training for block in network.backbone.blocks)
