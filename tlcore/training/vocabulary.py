"""Training the rows of a vocabulary that the items use, instead of carrying all of it through every step."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tlcore.encoders.base import Backbone, Inputs

_ITEMS_AT_ONCE = 1024


@contextmanager
def only_used_rows(backbone: Backbone, inputs: Inputs) -> Iterator[None]:
    """Inside the block the backbone's vocabulary holds only the rows that `inputs` look up.

    A row that nobody looks up gets no gradient, so nothing is lost; but moments, clipping and checkpoints of half a small
    network's weights, and of most of a multilingual one's, are saved. Afterwards the table is whole again.
    """
    table = backbone.vocabulary
    if table is None or not table.weight.requires_grad:
        yield
        return
    whole, padding = table.weight, table.padding_idx
    used = _used_ids(inputs)
    place = torch.zeros(len(whole), dtype=torch.int64, device=whole.device)
    place[used] = torch.arange(len(used), device=whole.device)

    def translate(_: nn.Module, arguments: tuple[Any, ...]) -> Tensor:
        return place[arguments[0].long()]

    table.weight, table.padding_idx = nn.Parameter(whole.detach()[used]), None
    hook = table.register_forward_pre_hook(translate)
    try:
        yield
    finally:
        hook.remove()
        with torch.no_grad():
            whole[used] = table.weight
        table.weight, table.padding_idx = whole, padding


def _used_ids(inputs: Inputs) -> Tensor:
    """All ids that occur, ascending, padding's 0 among them."""
    found = [torch.zeros(1, dtype=torch.int64)]
    for rows in np.array_split(np.arange(len(inputs)), -(-len(inputs) // _ITEMS_AT_ONCE)):
        found.append(torch.unique(inputs.batch(rows)["ids"]).long())
    return torch.unique(torch.cat(found))
