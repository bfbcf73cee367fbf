"""Who learns how fast."""

import pytest
import torch

from tlcore.training.classifier import Classifier
from tlcore.training.optimizer import build_optimizer, set_rates
from tlcore.training.settings import TrainingSettings

SETTINGS = TrainingSettings(learning_rate=0.01, head_learning_rate=0.5, layer_decay=0.5, weight_decay=0.1)


@pytest.fixture
def network(tiny_encoder):
    return Classifier(tiny_encoder.network("pretrained"), 3, 0.1)


def groups_by_name(network, optimizer):
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    return {names[id(parameter)]: group for group in optimizer.param_groups for parameter in group["params"]}


def test_lower_blocks_learn_at_lower_rates_and_the_head_at_its_own(network):
    groups = groups_by_name(network, build_optimizer(network, SETTINGS, {}))
    assert set(groups) == {name for name, _ in network.named_parameters()}
    expected = {"blocks.2.": 0.01, "blocks.1.": 0.005, "blocks.0.": 0.0025, "embeddings.": 0.00125}
    for part, rate in expected.items():
        assert {group["peak"] for name, group in groups.items() if part in name} == {rate}
    assert groups["head.weight"]["peak"] == groups["head.bias"]["peak"] == 0.5


def test_biases_and_norms_are_not_decayed(network):
    groups = groups_by_name(network, build_optimizer(network, SETTINGS, {}))
    for name, parameter in network.named_parameters():
        assert groups[name]["weight_decay"] == (0.1 if parameter.ndim == 2 else 0.0)


def test_frozen_weights_are_left_out(tiny_encoder):
    network = Classifier(tiny_encoder.network("pretrained"), 3, 0.1, start=1)
    groups = groups_by_name(network, build_optimizer(network, SETTINGS, {}))
    assert {name.split(".layer")[0] for name in groups} >= {"head.weight"}
    assert not any("embeddings" in name or "blocks.0." in name for name in groups)
    assert any("blocks.1." in name for name in groups)


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("steps", [1, 2, 3, 40])
def test_rates_rise_to_the_peak_once_and_fall_towards_zero(steps, warmup):
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1, requires_grad=True)], "peak": 2.0}], lr=0.0)
    rates = []
    for step in range(steps):
        set_rates(optimizer, step, steps, warmup)
        rates.append(optimizer.param_groups[0]["lr"])
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(2.0)
    assert top == max(round(warmup * steps), 1) - 1
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert min(rates) > 0
    assert rates[-1] <= 2.0 / max(steps - top - 1, 1) + 1e-9
