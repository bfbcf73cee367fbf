"""The network that is trained: a backbone under a linear head. How it is frozen, computes, predicts and is stored."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from tlcore import runtime
from tlcore.encoders.backbone import features_of
from tlcore.encoders.base import Backbone, Batch, FloatArray, Inputs, OnProgress, counted
from tlcore.training.convolutions import spare_slow_kernels
from tlcore.training.heads import LinearHead

_MOMENTUM = 0.1
"""How fast running statistics follow when they are learned from nothing: with the slower pace that large pre-trainings use,
a few hundred steps would end with statistics that are still mostly those of the first moment."""


class Classifier(nn.Module):
    """Batch in, logits `(b, k)` fp32 out. All that lies below block `start` is frozen; None lets everything learn.

    Batch norms normalise by the running statistics that they bring along, when training as when predicting: those come from
    millions of items and a batch of a few would only blur them; their scale and shift learn like any other weight where they
    are not frozen. `learn_statistics` is for networks that bring none.
    """

    def __init__(self, backbone: Backbone, n_classes: int, dropout: float, start: int | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(backbone.dim, n_classes)
        self.start = start
        self.statistics_learn = False
        backbone.set_dropout(dropout)
        spare_slow_kernels(backbone)
        for module in self._frozen():
            module.requires_grad_(False)

    def forward(self, batch: Batch) -> Tensor:
        """Logits of whole items, or of items that `Backbone.below` has brought to block `start`."""
        features = self.features(batch)
        with torch.autocast(features.device.type, enabled=False):
            return self.head(self.dropout(features))

    def features(self, batch: Batch) -> Tensor:
        """Features `(b, d)` fp32 of the same."""
        return self.backbone(batch, self.start or 0).float()

    def learn_statistics(self) -> None:
        """Let batch norms normalise by each batch while training, and gather their running statistics from nothing."""
        self.statistics_learn = True
        for norm in self._norms():
            norm.momentum = _MOMENTUM

    def train(self, mode: bool = True) -> Self:
        """Set the learning part to training; what is frozen, and known statistics, always work as when predicting."""
        super().train(mode)
        for module in [*self._frozen(), *([] if self.statistics_learn else self._norms())]:
            module.eval()
        return self

    def start_from(self, head: LinearHead) -> None:
        """Begin with this head instead of a random one."""
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(head.weight))
            self.head.bias.copy_(torch.from_numpy(head.bias))

    def learned(self) -> dict[str, Tensor]:
        """Weights that learn, and all running statistics, by name; they share memory with the network."""
        frozen = {id(parameter) for parameter in self.parameters() if not parameter.requires_grad}
        return {name: tensor for name, tensor in self.state_dict(keep_vars=True).items() if id(tensor) not in frozen}

    def _norms(self) -> list[_BatchNorm]:
        """All batch norms."""
        return [module for module in self.modules() if isinstance(module, _BatchNorm)]

    def _frozen(self) -> list[nn.Module]:
        """Parts that do not learn."""
        if self.start is None:
            return []
        around = [module for name, module in self.backbone.named_children() if name != "blocks"]
        return [*around, *list(self.backbone.blocks)[: self.start]]


def autocast() -> torch.autocast:
    """The context that networks compute in: bf16 products over fp32 weights where `runtime` chose bf16."""
    arithmetic = runtime.precision()
    return torch.autocast(runtime.device().type, dtype=torch.bfloat16, enabled=arithmetic.name == "bf16")


def predict_logits(network: Classifier, inputs: Inputs, on_progress: OnProgress | None = None) -> FloatArray:
    """Logits `(n, k)` of all inputs in the order given, nothing dropped. Leaves the network in eval mode."""
    return _predict(network, network.head, network.head.out_features, inputs, on_progress)


def predict_features(network: Classifier, inputs: Inputs, on_progress: OnProgress | None = None) -> FloatArray:
    """What the head sees `(n, d)` of all inputs in the order given, nothing dropped. Leaves the network in eval mode."""
    return _predict(network, nn.Identity(), network.backbone.dim, inputs, on_progress)


@torch.inference_mode()
def _predict(network: Classifier, finish: nn.Module, width: int, inputs: Inputs, on_progress: OnProgress | None) -> FloatArray:
    """What `finish` makes `(n, width)` of each input's features."""
    found = np.empty((len(inputs), width), dtype=np.float32)
    network.eval()
    with autocast():
        for rows, features in counted(features_of(network.backbone, inputs, network.start or 0), len(inputs), on_progress):
            with torch.autocast(features.device.type, enabled=False):
                found[rows] = finish(features).cpu().numpy()
    return found


@torch.no_grad()
def round_weights(network: Classifier) -> None:
    """Round what was learned to float16, so that the half-size model on disk is exactly the model that gets scored."""
    for tensor in network.learned().values():
        if isinstance(tensor, nn.Parameter):
            tensor.copy_(tensor.half())


def weights_to_store(network: Classifier) -> dict[str, npt.NDArray[Any]]:
    """Copies of what was learned: weights as float16, running statistics as they are."""
    return {
        name: (tensor.detach().half() if isinstance(tensor, nn.Parameter) else tensor.detach()).cpu().numpy().copy()
        for name, tensor in network.learned().items()
    }


@torch.no_grad()
def load_weights(network: Classifier, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Put stored arrays back; the frozen rest stays as the encoder made it. Raises KeyError when one is missing."""
    for name, tensor in network.learned().items():
        tensor.copy_(torch.from_numpy(arrays[name]))
