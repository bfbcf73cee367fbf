"""Attention in 8-bit networks."""

import numpy as np
import pytest
import torch

from tlcore.encoders.quantised import raised_scores


def shares(queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    raised, sums = raised_scores(queries, keys)
    return raised / sums


def vectors(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("length", [1, 3, 16, 41])
@pytest.mark.parametrize("size", [1.0, 50.0, 1e4])
def test_shares_are_those_of_a_softmax_however_large_scores_are(length, size):
    queries, keys = size * vectors(5, length, 8), vectors(5, length, 8)
    expected = torch.softmax(queries @ keys.transpose(1, 2) * np.log(2), dim=2)
    assert torch.allclose(shares(queries, keys), expected, atol=1e-3)


@pytest.mark.parametrize("score", [300.0, -300.0])
def test_scores_that_are_all_high_or_all_low_still_count_alike(score):
    queries, keys = torch.full((2, 3, 1), score), torch.ones(2, 3, 1)
    assert torch.allclose(shares(queries, keys), torch.full((2, 3, 3), 1 / 3))


@pytest.mark.parametrize("length", [5, 9, 26])
def test_shares_do_not_depend_on_the_neighbours(length):
    queries, keys = vectors(7, length, 8), vectors(7, length, 8)
    queries[3] *= 1e4  # beyond what can be raised as it is
    together = shares(queries, keys)
    for place in range(7):
        assert torch.equal(shares(queries[[place]], keys[[place]])[0], together[place])
