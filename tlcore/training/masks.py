"""Dropout's masks, cut from draws made once: drawing afresh takes a CPU longer than the products around it."""

import torch
from torch import Tensor

_SPARE = 1 << 20
"""How many places a mask can begin at, at least."""
_LARGEST = 1 << 22
"""Numbers in a mask above which it is drawn when it is needed, to save memory."""


class Masks:
    """Masks that are 0 with the probability `share` and 1 / (1 - share) elsewhere (inverted dropout).

    Each is a window, at a place drawn from torch's global generator, into one long row of independent draws. Within a mask all
    numbers are independent, as ever; two masks of a run may share numbers, in another place of another layer or step.
    """

    def __init__(self, share: float, seed: int, largest: int, dtype: torch.dtype) -> None:
        """`largest` is the most numbers that a mask will have; `dtype` is that of hidden states."""
        self._share = share
        generator = torch.Generator().manual_seed(seed)
        count = _SPARE + min(largest, _LARGEST) if share else 0
        draws = torch.empty(count).bernoulli_(1 - share, generator=generator).div_(1 - share)
        self._draws = {dtype: draws.to(dtype), torch.float32: draws}

    def dropped(self, values: Tensor) -> Tensor:
        """The values with some of them dropped."""
        mask = self.like(values)
        return values if mask is None else values * mask

    def like(self, values: Tensor) -> Tensor | None:
        """A mask of the shape and type of `values`; None when nothing is to be dropped."""
        if not self._share:
            return None
        count = values.numel()
        draws = self._draws[values.dtype]
        if count > _LARGEST:
            return torch.empty_like(values).bernoulli_(1 - self._share).div_(1 - self._share)
        first = int(torch.randint(len(draws) - count + 1, ()))
        return draws[first : first + count].view(values.shape)
