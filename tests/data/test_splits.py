"""The locked test part, nested budgets and held-out labels."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.data.items import complete_items
from tlcore.data.splits import budget_order, draw_split, hold_out, label_indices
from tlcore.errors import DataError

LABELS = st.lists(st.integers(0, 5), min_size=1, max_size=120).map(lambda values: np.unique(values, return_inverse=True)[1])


def table(labels, texts=None, **columns):
    texts = texts or [f"{number * 7919:x} {number * 104729:x} {number}" for number in range(len(labels))]
    return complete_items(pd.DataFrame({"text": texts, "label": list(labels), **columns}))[0]


def names(sizes):
    return [name for name, size in sizes.items() for _ in range(size)]


def counts(items, positions):
    return items["label"].iloc[positions].value_counts().to_dict()


def test_each_class_gives_its_share_to_the_test():
    items = table(names({"a": 200, "b": 50, "c": 10}))
    split = draw_split(items, ["a", "b", "c"], test_share=0.2, seed=1)
    assert counts(items, split.test) == {"a": 40, "b": 10, "c": 2}
    assert sorted([*split.train, *split.test]) == list(range(260))


def test_a_seed_gives_one_split_and_another_seed_another():
    items = table(names({"a": 40, "b": 40}))
    first, again, other = (draw_split(items, ["a", "b"], seed=seed).test for seed in (3, 3, 4))
    assert first.tolist() == again.tolist() != other.tolist()


def test_small_classes_are_in_both_parts_and_a_lone_item_trains():
    items = table(names({"a": 50, "b": 2, "c": 1}))
    split = draw_split(items, ["a", "b", "c"], test_share=0.2)
    assert counts(items, split.test) == {"a": 10, "b": 1}
    assert counts(items, split.train) == {"a": 40, "b": 1, "c": 1}


def test_items_without_a_label_are_in_neither_part():
    items = table([*names({"a": 20, "b": 20}), "", ""])
    split = draw_split(items, ["a", "b"])
    assert {40, 41}.isdisjoint([*split.train, *split.test])


def test_groups_never_straddle():
    rng = np.random.default_rng(0)
    groups = [f"user {number}" for number in rng.integers(0, 40, size=300)]
    items = table(rng.choice(["a", "b"], size=300), group=groups)
    split = draw_split(items, ["a", "b"], test_share=0.25)
    assert set(items["group"][split.train]).isdisjoint(items["group"][split.test])
    assert 0.2 < len(split.test) / 300 < 0.3
    assert "group" in split.how


def test_copies_and_near_copies_never_straddle():
    texts = [f"{number * 7919:x} {number * 104729:x} {number}" for number in range(60)]
    texts += [f"{text}, {text}!" for text in texts]
    texts += [text.replace(",", " ") for text in texts[60:]]
    items = table(["a", "b"] * 90, texts=texts)
    assert items["family"].nunique() < 180
    for seed in range(5):
        split = draw_split(items, ["a", "b"], seed=seed)
        assert set(items["family"][split.train]).isdisjoint(items["family"][split.test])
        assert len(split.test) == 36


def test_a_group_and_a_copy_link_items_together():
    texts = ["alpha beta gamma delta", "one two three four five", "one two three four five", "unrelated words over here"]
    texts += [f"{number * 7919:x} {number * 104729:x} {number}" for number in range(40)]
    items = table(["a", "b"] * 22, texts=texts, group=["x", "x", "y", "y", *[""] * 40])
    for seed in range(20):
        split = draw_split(items, ["a", "b"], test_share=0.5, seed=seed)
        assert len({0, 1, 2, 3} & set(split.test.tolist())) in (0, 4), "x and y share a text, so all four belong together"


def test_copies_take_only_their_share_of_the_test():
    texts = [f"{number * 7919:x} {number * 104729:x} {number}" for number in range(200)]
    texts += texts[:50]
    items = table(["a"] * 125 + ["b"] * 125, texts=texts)
    copied = [
        np.isin(draw_split(items, ["a", "b"], seed=seed).test, [*range(50), *range(200, 250)]).mean() for seed in range(20)
    ]
    assert 0.3 < np.mean(copied) < 0.5, "100 of 250 items are copied: about 40 % of the test, not more"


def test_when_all_are_near_copies_only_exact_ones_are_kept_together():
    texts = [
        f"Dear customer, your order with the long number {number:03d} has left our warehouse this morning."
        for number in range(60)
    ]
    items = table(["a", "b"] * 35, texts=texts + texts[:10])
    assert items["family"].nunique() == 1
    split = draw_split(items, ["a", "b"])
    assert len(split.test) == 14
    assert set(items["copy"][split.train]).isdisjoint(items["copy"][split.test])
    assert "exact copies" in split.how


def test_one_group_for_all_cannot_be_split():
    items = table(names({"a": 10, "b": 10}), group=["same"] * 20)
    with pytest.raises(DataError, match="one group"):
        draw_split(items, ["a", "b"])


def test_the_users_own_parts_are_respected():
    items = table(["a", "b", "a", "b", ""], part=["train", "train", "test", "test", "test"])
    split = draw_split(items, ["a", "b"], test_share=0.9, seed=9)
    assert (split.train.tolist(), split.test.tolist()) == ([0, 1], [2, 3])
    assert "own" in split.how


def test_an_own_part_without_labels_is_refused():
    items = table(["a", "b", ""], part=["train", "train", "test"])
    with pytest.raises(DataError, match="test part"):
        draw_split(items, ["a", "b"])


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "g", "h", "i", "j"])), min_size=2, max_size=60),
    st.floats(0.05, 0.8),
    st.integers(0, 5),
)
def test_every_class_trains_whatever_the_groups(rows, share, seed):
    items = table([label for label, _ in rows], group=[group for _, group in rows])
    try:
        split = draw_split(items, ["a", "b", "c"], test_share=share, seed=seed)
    except DataError:
        return
    assert set(items["label"][split.train]) == set(items["label"])
    assert len(split.test) > 0
    assert set(split.train).isdisjoint(split.test)
    straddling = set(items["group"][split.train]) & set(items["group"][split.test])
    assert straddling <= {""}


@given(LABELS, st.integers(0, 100))
def test_a_budget_order_holds_every_item_once(labels, seed):
    assert sorted(budget_order(labels, seed)) == list(range(len(labels)))


@given(LABELS, st.integers(0, 100), st.data())
def test_a_smaller_budget_is_part_of_a_larger_one_and_like_the_whole(labels, seed, data):
    larger = data.draw(st.integers(1, len(labels)))
    smaller = data.draw(st.integers(1, larger))
    order = budget_order(labels, seed)
    assert set(order[:smaller]) <= set(budget_order(labels, seed)[:larger])
    sizes = np.bincount(labels)
    taken = np.bincount(labels[order[:smaller]], minlength=len(sizes))
    if smaller >= len(sizes):
        assert (taken > 0).all()
        # A class is above its share by less than one item it is owed first and half by rounding, so below by as many a class.
        assert np.abs(taken - sizes * smaller / len(labels)).max() <= len(sizes)


def test_a_half_of_the_labels_has_half_of_each_class():
    labels = np.repeat([0, 1, 2], [100, 40, 20])
    assert np.bincount(labels[budget_order(labels, 8)[:80]]).tolist() == [50, 20, 10]


def test_seeds_draw_different_items_from_the_same_shares():
    labels = np.repeat([0, 1], [60, 60])
    first, second = budget_order(labels, 0)[:20], budget_order(labels, 1)[:20]
    assert set(first) != set(second)
    assert np.bincount(labels[first]).tolist() == np.bincount(labels[second]).tolist() == [10, 10]


@given(LABELS, st.floats(0, 0.6), st.integers(0, 100))
def test_holding_out_never_takes_a_class_away(labels, share, seed):
    fit, validation = hold_out(labels, share, seed)
    assert sorted([*fit, *validation]) == list(range(len(labels)))
    assert set(labels[fit]) == set(labels)
    assert len(validation) <= round(share * len(labels))


def test_what_is_held_out_is_stratified_and_as_much_as_asked():
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    _, validation = hold_out(labels, 0.2, seed=5)
    assert np.bincount(labels[validation]).tolist() == [10, 6, 4]
    assert not np.array_equal(validation, hold_out(labels, 0.2, seed=6)[1])


def test_two_labels_are_too_few_to_hold_any_out():
    assert hold_out(np.array([0, 1]), 0.5, seed=0)[1].tolist() == []


def test_labels_become_indices_in_class_order():
    assert label_indices(pd.Series(["b", "", "a", "x"]), ["b", "a"]).tolist() == [0, -1, 1, -1]
