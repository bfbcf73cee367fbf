"""An image network that only encodes: batch norms, activations and padding in the convolutions, and bf16 close to fp32.

Plain bf16 moves EfficientNet-Lite0's features to a cosine of 0.997 with those of fp32; what is done here keeps their mean above
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

Chains = dict[nn.Module, list[nn.Module]]
"""Each convolution and each padding with the modules behind it that read, one after another, what it wrote."""
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
        rounded = _rounded(copied) if dtype == torch.bfloat16 else set()
        if place.type == "cpu" and torch.backends.mkldnn.is_available():
            _hand_over(copied, chains, rounded)
        if dtype == torch.bfloat16:
            _go_on_in_bf16(copied)
    return copied.to(place)


def _rounded(network: Parts) -> set[nn.Conv2d]:
    """The convolutions that compute in bf16, all but those of the stem and of the first blocks that are `exact`.

    Their depthwise filters are rounded here.
    """
    modules = (module for block in network.blocks[network.exact :] for module in block.modules())
    convolutions = {module for module in modules if isinstance(module, nn.Conv2d)}
    for convolution in filter(_depthwise, convolutions):
        convolution.weight.copy_(rounded_together(convolution.weight))
    return convolutions


def _depthwise(convolution: nn.Conv2d) -> bool:
    """True when every channel has a filter of its own."""
    return convolution.groups == convolution.in_channels > 1


def _go_on_in_bf16(network: Parts) -> None:
    """Let what is above the blocks that are `exact` compute in bf16."""
    for block in network.blocks[network.exact :]:
        block.to(torch.bfloat16)
    last = network.blocks[network.exact - 1] if network.exact else network.stem
    _replace(network, last, nn.Sequential(last, Rounded()))


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
    """A convolution with the padding before it and the activation behind it; the operator is the one torch.compile calls.

    In bf16 its bias stays fp32, which torch's own convolution refuses.
    """

    def __init__(self, plain: nn.Conv2d, dtype: torch.dtype, before: nn.ZeroPad2d | None, after: nn.Module | None) -> None:
        super().__init__()
        self.after = _FUSED[type(after)] if after else ("none", [])
        weight, padding = (plain.weight.detach(), _padding(plain)) if before is None else _padded(plain.weight.detach(), before)
        self.weight = weight.to(dtype).contiguous(memory_format=torch.channels_last)
        self.bias = None if plain.bias is None else plain.bias.detach().clone()  # no parameter, so that nothing rounds it
        self.kernel_size, self.stride, self.dilation = (
            plain.kernel_size,
            plain.stride,
            plain.dilation,
        )  # MobileNet asks for them
        self.geometry: tuple[Any, ...] = (padding, list(plain.stride), list(plain.dilation), plain.groups)

    def forward(self, hidden: Tensor) -> Tensor:
        """A map `(b, c, h, w)` → `(b, c', h', w')` of the same precision."""
        hidden = hidden.contiguous(memory_format=torch.channels_last)
        return torch.ops.mkldnn._convolution_pointwise(hidden, self.weight, self.bias, *self.geometry, *self.after, "")


def _chains(network: Parts) -> Chains:
    """The chain of each convolution and padding, found by sending one blank picture through.

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

    return {module: behind(module) for module in network.modules() if isinstance(module, (nn.Conv2d, nn.ZeroPad2d))}


def _fold(network: Parts, chains: Chains) -> None:
    """Put every batch norm behind a convolution into that convolution, and take it out of its chain."""
    for convolution, behind in chains.items():
        norm = behind[0] if behind else None
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            del behind[0]
            folded = fuse_conv_bn_eval(convolution, norm)
            convolution.weight, convolution.bias = folded.weight, folded.bias
            _replace(network, norm, nn.Identity())


def _hand_over(network: Parts, chains: Chains, rounded: set[nn.Conv2d]) -> None:
    """Let oneDNN compute every convolution, those `rounded` in bf16, with the activation behind it and padding if it can."""
    pads = {behind[0]: pad for pad, behind in chains.items() if isinstance(pad, nn.ZeroPad2d) and behind}
    for convolution, behind in chains.items():
        if isinstance(convolution, nn.Conv2d):
            before = pads.get(convolution) if _takes_padding(convolution) else None
            after = behind[0] if behind and type(behind[0]) in _FUSED else None
            dtype = torch.bfloat16 if convolution in rounded else torch.float32
            _replace(network, convolution, OneDnnConvolution(convolution, dtype, before, after))
            for spare in filter(None, (before, after)):
                _replace(network, spare, nn.Identity())


def _takes_padding(plain: nn.Conv2d) -> bool:
    """True when a filter may grow instead of its map: where each channel has its own, which costs little to compute."""
    return _depthwise(plain) and not any(_padding(plain)) and set(plain.dilation) == {1}


def _padding(plain: nn.Conv2d) -> list[int]:
    """Rows and columns of zeros on each side."""
    if plain.padding == "same":
        return [size // 2 for size in plain.kernel_size]
    return [0, 0] if plain.padding == "valid" else [int(size) for size in plain.padding]


def _padded(weight: Tensor, pad: nn.ZeroPad2d) -> tuple[Tensor, list[int]]:
    """A filter and an even padding that together do what uneven padding and `weight` do.

    Where fewer zeros are wanted before the picture than behind it, the filter itself begins with zeros: to write a map
    anew with a border costs more than to multiply by these.
    """
    left, right, top, bottom = pad.padding
    even = [max(top, bottom), max(left, right)]
    extra = (max(right - left, 0), max(left - right, 0), max(bottom - top, 0), max(top - bottom, 0))
    return nn.functional.pad(weight, extra), even


def _replace(network: nn.Module, old: nn.Module, new: nn.Module) -> None:
    """Put a module in the place of another."""
    for owner in list(network.modules()):  # before the new one, which may hold the old one, joins them
        for name, child in owner.named_children():
            if child is old:
                setattr(owner, name, new)
