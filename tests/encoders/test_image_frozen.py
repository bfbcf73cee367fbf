"""What only encodes gives what the network gives."""

import pytest
import torch
from torch import nn

from tlcore.encoders.image_frozen import OneDnnConvolution, Parts, frozen

CPU = torch.device("cpu")


@pytest.mark.parametrize("groups", [1, 8], ids=["dense", "depthwise"])
@pytest.mark.parametrize("padding", [(0, 1, 0, 1), (1, 2, 1, 2), (2, 0, 1, 1), (0, 0, 0, 3), (1, 1, 1, 1)])
@pytest.mark.parametrize("size", [14, 15])
def test_uneven_padding_before_a_convolution(groups: int, padding: tuple[int, int, int, int], size: int) -> None:
    network = toy([nn.ZeroPad2d(padding), nn.Conv2d(8, 8, 3, stride=2, groups=groups, bias=False)], size)
    pixels = torch.randn(2, 3, size, size)
    with torch.inference_mode():
        expected, found = network(pixels), frozen(network, torch.float32, CPU)(pixels)
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, atol=1e-5)


def test_padding_that_two_convolutions_read_stays() -> None:
    class Fork(nn.Module):
        """Two convolutions of one padded map."""

        def __init__(self) -> None:
            super().__init__()
            self.pad = nn.ZeroPad2d((0, 1, 0, 1))
            self.one, self.other = (nn.Conv2d(8, 8, 3, groups=8) for _ in range(2))

        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            padded = self.pad(hidden)
            return self.one(padded) + self.other(padded)

    network = toy([Fork()], 14)
    pixels = torch.randn(2, 3, 14, 14)
    with torch.inference_mode():
        assert torch.allclose(frozen(network, torch.float32, CPU)(pixels), network(pixels), atol=1e-5)


def test_bf16_begins_above_the_blocks_that_are_exact() -> None:
    blocks = [nn.Conv2d(8, 8, 1) for _ in range(3)]
    network = frozen(Parts(nn.Conv2d(3, 8, 1), blocks, 8, exact=1), torch.bfloat16, CPU)
    kinds = [module.weight.dtype for module in network.modules() if isinstance(module, OneDnnConvolution)]
    assert kinds == [torch.float32, torch.float32, torch.bfloat16, torch.bfloat16]


def toy(block: list[nn.Module], size: int) -> Parts:
    """A stem, and one block that ends in a norm and a ReLU6."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Parts(nn.Conv2d(3, 8, 1), [nn.Sequential(*block, nn.BatchNorm2d(8), nn.ReLU6())], size).eval()
