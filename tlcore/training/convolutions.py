"""Keeps a CPU from training the convolutions that it has no fast bf16 kernel for in bf16."""

import torch
from torch import Tensor, nn


class _Fp32Depthwise(nn.Conv2d):
    """A depthwise convolution that computes in fp32 when gradients are wanted, whatever autocast says."""

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Gives what it was given: bf16 for bf16. Where nothing is learned bf16 is as fast, and stays."""
        if input.device.type != "cpu" or not torch.is_grad_enabled():
            return super()._conv_forward(input, weight, bias)
        with torch.autocast("cpu", enabled=False):
            return super()._conv_forward(input.float(), weight, bias).to(input.dtype)


def spare_slow_kernels(network: nn.Module) -> None:
    """Let depthwise convolutions that stride or look further than 3 pixels learn in fp32 on a CPU; weights stay the same.

    Measured: their gradient in bf16 takes 3-8 times as long as in fp32, which was half of a whole step of EfficientNet-Lite0.
    All other convolutions gain from bf16.
    """
    for module in (found for found in network.modules() if isinstance(found, nn.Conv2d)):
        depthwise = module.groups == module.in_channels > 1
        if depthwise and type(module) is nn.Conv2d and (max(module.stride) > 1 or max(module.kernel_size) > 3):
            module.__class__ = _Fp32Depthwise
