"""Batches to train on."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tlcore.training.batches import Chosen, training_batches


@given(st.lists(st.integers(1, 200), min_size=1, max_size=400), st.integers(1, 50), st.integers(0, 5))
def test_every_row_comes_once_in_as_few_batches_of_equal_size_as_can_be(lengths, size, epoch):
    batches = training_batches(np.array(lengths), size, 0, epoch)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert len(batches) == -(-len(lengths) // size)
    assert max(map(len, batches)) <= size
    assert max(map(len, batches)) - min(map(len, batches)) <= 1


def test_order_follows_seed_and_epoch_alone():
    lengths = np.arange(100) % 30 + 1

    def rows(seed, epoch):
        return np.concatenate(training_batches(lengths, 8, seed, epoch)).tolist()

    np.random.seed(1)  # noqa: NPY002 - must not matter
    first = rows(0, 1)
    assert rows(0, 1) == first
    assert rows(1, 1) != first
    assert rows(0, 2) != first


def test_like_lengths_share_a_batch_and_batches_stay_shuffled():
    lengths = np.random.default_rng(0).integers(5, 120, size=640)
    batches = training_batches(lengths, 16, 0, 1)
    padded = sum(len(batch) * lengths[batch].max() for batch in batches)
    random = sum(16 * lengths[rows].max() for rows in np.random.default_rng(1).permutation(640).reshape(-1, 16))
    assert padded < 1.15 * lengths.sum() < 0.8 * random
    means = [lengths[batch].mean() for batch in batches]
    assert means != sorted(means)


def test_without_lengths_the_shuffle_is_a_plain_one():
    firsts = {tuple(training_batches(np.ones(64, dtype=np.int64), 8, seed, 1)[0].tolist()) for seed in range(5)}
    assert len(firsts) == 5


def test_chosen_rows_are_those_of_the_whole(tiny_encoder):
    whole = tiny_encoder.prepare(["soup", "the old train", "a very good match today", "bread and cheese"])
    chosen = Chosen(whole, np.array([3, 1]))
    assert len(chosen) == 2
    assert chosen.lengths.tolist() == whole.lengths[[3, 1]].tolist()
    assert chosen.batch(np.array([1]))["ids"].tolist() == whole.batch(np.array([1]))["ids"].tolist()
