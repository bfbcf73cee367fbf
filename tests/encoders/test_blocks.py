"""Items that lie end to end."""

import numpy as np
import torch

from tlcore.encoders.backbone import RaggedInputs
from tlcore.encoders.blocks import end_to_end, runs_of


def test_runs_are_equally_long_neighbours():
    assert [(run.start, run.items, run.length) for run in runs_of([4, 4, 2, 1, 1, 1])] == [(0, 2, 4), (8, 1, 2), (10, 3, 1)]
    assert runs_of([]) == []


def test_batches_hold_every_item_once_end_to_end():
    lengths = np.array([3, 700, 2, 400, 2, 300, 1, 3])
    numbers = torch.arange(int(lengths.sum()))
    inputs, starts, seen = RaggedInputs("ids", numbers, lengths), np.cumsum(lengths) - lengths, []
    for rows, batch in end_to_end(inputs):
        assert len(rows) == 1 or len(batch["ids"]) <= 512
        assert batch["lengths"].tolist() == lengths[rows].tolist()
        assert batch["ids"].tolist() == [number for row in rows for number in range(starts[row], starts[row] + lengths[row])]
        seen += rows.tolist()
    assert sorted(seen) == list(range(len(lengths)))
    assert list(end_to_end(RaggedInputs("ids", numbers[:0], lengths[:0]))) == []
