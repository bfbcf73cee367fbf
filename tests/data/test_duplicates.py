"""Copies and near copies: found when they are, not invented when they are not."""

import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.data import duplicates, signatures
from tlcore.data.duplicates import SIMILARITY, find_copies, plain

REVIEW = "The kettle arrived on a Tuesday and has boiled water for eleven people every morning since then."


def words(rng, count):
    return " ".join("".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(count))


def similarity(left, right):
    """Jaccard similarity of the texts' five-character pieces, straight from its definition."""
    one, other = ({key[at : at + 5] for at in range(len(key) - 4)} for key in (plain(left), plain(right)))
    return len(one & other) / len(one | other)


def test_spaces_do_not_hide_an_exact_copy_and_other_words_do():
    copies = find_copies(["Great phone", " Great  phone\n", "great phone", "Great phones"])
    assert copies.exact.tolist() == [0, 0, 2, 3]


def test_case_punctuation_and_one_changed_word_make_a_near_copy():
    texts = [REVIEW, REVIEW.upper() + "!!!", REVIEW.replace("eleven", "twelve"), "Something else entirely, about a lamp."]
    assert find_copies(texts).near.tolist() == [0, 0, 0, 3]


def test_a_word_that_turns_a_short_text_round_makes_another_text():
    texts = ["I love this phone so much", "I hate this phone so much", "not good", "so good", "room 101", "room 102"]
    assert find_copies(texts).near.tolist() == list(range(6))


def test_pictures_are_part_of_the_text():
    assert find_copies(["love it 😀", "love it 😡", "love it"]).near.tolist() == [0, 1, 2]


def test_texts_without_words_are_copies_only_of_themselves():
    assert find_copies(["", "", " ", "!!!", "!!!", "???"]).near.tolist() == [0, 1, 2, 3, 3, 5]


def test_a_family_goes_through_a_text_in_the_middle():
    first = REVIEW
    middle = first.replace("Tuesday", "Thursday")
    last = middle.replace("boiled", "cooked")
    assert find_copies([first, last]).near.tolist() == [0, 1]
    assert find_copies([first, last, middle]).near.tolist() == [0, 0, 0]


def test_finds_what_comparing_every_pair_finds():
    rng = random.Random(5)
    texts = [words(rng, rng.randint(3, 40)) for _ in range(90)]
    for text in texts[:70]:
        changed = text.split()
        changed[rng.randrange(len(changed))] = words(rng, 1)
        texts.append(" ".join(changed))
    copies = find_copies(texts)
    similar = {pair for pair in combinations(range(len(texts)), 2) if similarity(texts[pair[0]], texts[pair[1]]) >= SIMILARITY}
    assert len(similar) > 20, "the texts must hold near copies"
    found = {pair for pair in combinations(range(len(texts)), 2) if copies.near[pair[0]] == copies.near[pair[1]]}
    assert found >= similar
    assert copies.complete
    assert copies.compared == len(texts)


def test_families_do_not_depend_on_where_chunks_of_work_end(monkeypatch):
    rng = random.Random(6)
    texts = [words(rng, 12) for _ in range(60)]
    texts += [text + "." for text in texts[::2]] + [text[:-1] for text in texts[::3]]
    whole = find_copies(texts).near
    monkeypatch.setattr(signatures, "_CHUNK_CHARACTERS", 200)
    assert (find_copies(texts).near == whole).all()


def test_says_when_there_was_too_much_text_to_compare(monkeypatch):
    monkeypatch.setattr(duplicates, "MAX_CHARACTERS", 250)
    rng = random.Random(7)
    texts = [words(rng, 15) for _ in range(10)] + [REVIEW, REVIEW, REVIEW.replace("eleven", "twelve")]
    copies = find_copies(texts)
    assert not copies.complete
    assert 0 < copies.compared < 10
    assert copies.exact[11] == 10, "exact copies are found all the same"
    assert copies.near[12] == 12


def test_says_when_there_were_too_many_pairs_to_compare(monkeypatch):
    monkeypatch.setattr(duplicates, "MAX_PAIRS", 3)
    texts = [f"{REVIEW} It was bought on day {day} of the year by somebody." for day in range(100, 140)]
    assert not find_copies(texts).complete


@pytest.mark.parametrize("texts", [[], ["one"], ["ab"], ["\ud800 half a character", "x" * 5000, "x" * 4000]])
def test_odd_lists_are_no_trouble(texts):
    copies = find_copies(texts)
    assert len(copies.exact) == len(copies.near) == len(texts)


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=30), max_size=25))
def test_a_family_is_named_by_its_first_member_and_holds_all_exact_copies(texts):
    copies = find_copies(texts)
    positions = np.arange(len(texts))
    assert (copies.near <= positions).all()
    assert (copies.near[copies.near] == copies.near).all()
    assert (copies.exact[copies.exact] == copies.exact).all()
    assert (copies.near[copies.exact] == copies.near).all()


def test_plain_text_keeps_letters_of_every_script():
    assert plain("Ça VA?  Очень—хорошо 良い!") == "ça va очень хорошо 良い"
