"""An image network that only encodes: batch norms folded into convolutions, and bf16 that stays close to fp32.

Plain bf16 moves EfficientNet-Lite0's features to a cosine of 0.997 with those of fp32; what is done here keeps them above
0.999. Three roundings do the damage. That of depthwise filters: pixels near each other are alike, so what matters of a filter
is its sum, and rounding its nine weights one by one moves the sum. That of biases, which adds the same error to every pixel.
And that of what the first layers give for an even background, which is the same in every one of its pixels.
"""

import copy
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Chains = dict[nn.Conv2d, list[nn.Module]]
"""Each convolution with the modules behind it that read, one after another, what it wrote."""
_FUSED: dict[type[nn.Module], tuple[str, list[float]]] = {nn.ReLU: ("relu", []), nn.ReLU6: ("hardtanh", [0.0, 6.0])}
"""What oneDNN computes along with a convolution, and how it calls it."""


class Parts(nn.Module):
    """An image network as a chain of pieces that each take and give one tensor."""

    def __init__(self, stem: nn.Module, blocks: Sequence[nn.Module], size: int, exact: int = 0) -> None:
        super().__init__()
        self.stem = stem
        """Normalised pixels `(b, 3, s, s)` → what the first block takes."""
        self.blocks = nn.ModuleList(blocks)
        """The last one ends in what the network has after its blocks: head convolution, norm or projection."""
        self.size = size
        """Pixels a side."""
        self.exact = exact
        """Blocks, from the bottom, that are frozen in fp32 where the others compute in bf16; the stem always is."""

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalised pixels `(b, 3, s, s)` → the last block's output."""
        hidden = self.stem(pixels)
        for block in self.blocks:
            hidden = block(hidden)
        return hidden


def frozen(network: Parts, dtype: torch.dtype, place: torch.device) -> Parts:
    """A copy of a network in eval mode on `place`, that gives the same up to rounding (in bf16, if so) and learns nothing."""
    copied = copy.deepcopy(network).cpu().float().eval().requires_grad_(False)
    with torch.inference_mode(False), torch.no_grad(), torch.autocast("cpu", enabled=False):
        chains = _chains(copied)
        _fold(copied, chains)
        if dtype == torch.bfloat16:
            _round(copied, chains, place)
    return copied.to(place)


def _round(network: Parts, chains: Chains, place: torch.device) -> None:
    """Let all but the stem and the first blocks that are `exact` compute in bf16."""
    fine = [network.stem, *network.blocks[: network.exact]]
    spared = {module for part in fine for module in part.modules()}
    rounded = {convolution: behind for convolution, behind in chains.items() if convolution not in spared}
    for convolution in rounded:
        if convolution.groups == convolution.in_channels > 1:
            convolution.weight.copy_(rounded_together(convolution.weight))
    if place.type == "cpu" and torch.backends.mkldnn.is_available():
        _hand_over(network, rounded)
    for block in network.blocks[network.exact :]:
        block.to(torch.bfloat16)
    _replace(network, fine[-1], nn.Sequential(fine[-1], Rounded()))


def rounded_together(weight: Tensor) -> Tensor:
    """Filters `(c, …)` float32 rounded to what bf16 can hold, such that the sum of each filter stays what it was.

    Each weight takes over the rounding error of those before it, the largest weight coming first: the error that is left
    is that of the smallest.
    """
    flat = weight.reshape(len(weight), -1)
    order = flat.abs().argsort(dim=1, descending=True)
    result, carried = torch.empty_like(flat), torch.zeros(len(flat), 1)
    for place in range(flat.shape[1]):
        at = order[:, place : place + 1]
        wanted = flat.gather(1, at) + carried
        taken = wanted.bfloat16().float()
        carried = wanted - taken
        result.scatter_(1, at, taken)
    return result.reshape(weight.shape)


class Rounded(nn.Module):
    """Goes on in bf16."""

    def forward(self, hidden: Tensor) -> Tensor:
        """The same in bf16."""
        return hidden.bfloat16()


class OneDnnConvolution(nn.Module):
    """A convolution in bf16 whose bias stays fp32, which torch's own refuses; the operator is the one torch.compile calls."""

    def __init__(self, plain: nn.Conv2d, after: nn.Module | None) -> None:
        super().__init__()
        self.after = _FUSED[type(after)] if after else ("none", [])
        self.weight = plain.weight.detach().bfloat16().contiguous(memory_format=torch.channels_last)
        self.bias = None if plain.bias is None else plain.bias.detach().clone()  # no parameter, so that nothing rounds it
        self.kernel_size, self.stride, self.dilation = (
            plain.kernel_size,
            plain.stride,
            plain.dilation,
        )  # MobileNet asks for them
        self.geometry: tuple[Any, ...] = (_padding(plain), list(plain.stride), list(plain.dilation), plain.groups)

    def forward(self, hidden: Tensor) -> Tensor:
        """A map `(b, c, h, w)` bf16 → `(b, c', h', w')` bf16."""
        hidden = hidden.contiguous(memory_format=torch.channels_last)
        return torch.ops.mkldnn._convolution_pointwise(hidden, self.weight, self.bias, *self.geometry, *self.after, "")


def _chains(network: Parts) -> Chains:
    """The chain of each convolution, found by sending one blank picture through.

    A chain ends where two modules read the same, or one module works twice.
    """
    written: dict[int, nn.Module] = {}
    outputs: list[Tensor] = []  # kept, so that no two of them can have the same id
    readers: dict[nn.Module, list[nn.Module]] = {}
    calls: Counter[nn.Module] = Counter()

    def note(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        calls[module] += 1
        if inputs and id(inputs[0]) in written:
            readers.setdefault(written[id(inputs[0])], []).append(module)
        if isinstance(output, Tensor):
            written[id(output)] = module
            outputs.append(output)

    hooks = [leaf.register_forward_hook(note) for leaf in network.modules() if not next(leaf.children(), None)]
    network(torch.zeros(1, 3, network.size, network.size))
    for hook in hooks:
        hook.remove()

    def behind(module: nn.Module) -> list[nn.Module]:
        next_ones = readers.get(module, [])
        alone = len(next_ones) == 1 and calls[module] == calls[next_ones[0]] == 1
        return [next_ones[0], *behind(next_ones[0])] if alone else []

    return {module: behind(module) for module in network.modules() if isinstance(module, nn.Conv2d)}


def _fold(network: Parts, chains: Chains) -> None:
    """Put every batch norm behind a convolution into that convolution, and take it out of its chain."""
    for convolution, behind in chains.items():
        norm = behind[0] if behind else None
        if isinstance(norm, nn.BatchNorm2d):
            del behind[0]
            folded = fuse_conv_bn_eval(convolution, norm)
            convolution.weight, convolution.bias = folded.weight, folded.bias
            _replace(network, norm, nn.Identity())


def _hand_over(network: Parts, chains: Chains) -> None:
    """Let oneDNN compute every convolution along with the activation behind it."""
    for convolution, behind in chains.items():
        after = behind[0] if behind and type(behind[0]) in _FUSED else None
        _replace(network, convolution, OneDnnConvolution(convolution, after))
        if after is not None:
            _replace(network, after, nn.Identity())


def _padding(plain: nn.Conv2d) -> list[int]:
    """Rows and columns of zeros on each side."""
    if plain.padding == "same":
        return [size // 2 for size in plain.kernel_size]
    return [0, 0] if plain.padding == "valid" else [int(size) for size in plain.padding]


def _replace(network: nn.Module, old: nn.Module, new: nn.Module) -> None:
    """Put a module in the place of another."""
    for owner in list(network.modules()):  # before the new one, which may hold the old one, joins them
        for name, child in owner.named_children():
            if child is old:
                setattr(owner, name, new)
