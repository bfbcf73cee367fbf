"""The sample is natural text: valid in every column, free of copies, and no template filled in."""

import re
from collections import Counter
from datetime import date

import numpy as np
import pandas as pd
import pytest

from tlcore.data.duplicates import find_copies
from tlcore.data.samples import SAMPLES

_WORDS = """
a an the this that these those some any each every no not all both half such
i me my mine myself you your yours he him his she her hers it its itself we us our ours they them their theirs
who whom whose which what and or but so yet nor if then than as because while when where though although unless until
since before after of in on at to from for with without by into onto over under up down out off about between through
during against near like per is am are was were be been being do does did done have has had having will would can could
should may might must shall very too just only even still also again ever never always often already here there now how
why more most less least much many
"""
FUNCTION_WORDS = frozenset(_WORDS.split())


def skeleton(review):
    """The review with every run of content words and numbers as one slot; a review with hardly a function word as it is."""
    words = re.findall(r"\w+(?:['’]\w+)*", review.casefold())
    slots = ["_" if word not in FUNCTION_WORDS else word for word in words]
    kept = [slot for place, slot in enumerate(slots) if slot != "_" or slots[place - 1 : place] != ["_"]]
    return " ".join(kept) if len(kept) - kept.count("_") >= 3 else review.casefold().strip()


@pytest.fixture(scope="module")
def reviews():
    return pd.read_csv(SAMPLES["reviews"].path, dtype=str, keep_default_na=False)


def test_the_columns_hold_what_the_readme_says(reviews):
    assert list(reviews.columns) == ["review", "sentiment", "topic", "rating", "product", "date"]
    assert len(reviews) >= 600
    assert set(reviews["sentiment"]) == {"negative", "neutral", "positive"}
    assert set(reviews["rating"]) == set("12345")
    assert reviews["topic"].nunique() >= 5
    assert reviews.groupby("product")["topic"].nunique().eq(1).all()
    assert all(date.fromisoformat(day).year == 2025 for day in reviews["date"])
    assert (reviews == reviews.map(str.strip)).all(axis=None)
    assert reviews.ne("").all(axis=None)


def test_stars_and_words_agree_but_for_a_few_hard_cases(reviews):
    expected = reviews["rating"].map({"1": "negative", "2": "negative", "3": "neutral", "4": "positive", "5": "positive"})
    odd = (expected != reviews["sentiment"]).mean()
    assert 0 < odd < 0.05


def test_every_class_and_topic_has_enough_to_learn_from(reviews):
    assert reviews["sentiment"].value_counts().min() >= 100
    assert reviews["topic"].value_counts().min() >= 80


def test_reviews_are_short_and_long(reviews):
    lengths = reviews["review"].str.split().str.len()
    assert lengths.min() <= 4
    assert lengths.max() >= 100
    assert 15 <= lengths.median() <= 40


def test_no_two_reviews_share_a_skeleton(reviews):
    shared = {shape: count for shape, count in Counter(map(skeleton, reviews["review"])).items() if count > 1}
    assert shared == {}


@pytest.mark.parametrize(
    ("review", "other"),
    [
        ("I bought this kettle in March and it is already leaking.", "I bought this bike in 2024 and it is already torn."),
        ("My son loves the train, and so do I!", "my neighbour adores the cordless mower and so do I"),
        ("Great.", "great. "),
    ],
)
def test_a_template_filled_in_twice_has_one_skeleton(review, other):
    assert skeleton(review) == skeleton(other)


def test_reviews_written_apart_have_different_skeletons():
    assert skeleton("I bought this kettle in March and it is already leaking.") != skeleton(
        "It leaked after the first week in March."
    )


def test_no_review_is_a_near_copy_of_another(reviews):
    copies = find_copies(reviews["review"].tolist())
    assert (copies.near == np.arange(len(reviews))).all()


def test_hardly_any_phrase_is_used_twice(reviews):
    phrases = Counter()
    for review in reviews["review"]:
        words = re.findall(r"\w+", review.casefold())
        phrases.update({tuple(words[place : place + 6]) for place in range(len(words) - 5)})
    assert [" ".join(phrase) for phrase, count in phrases.items() if count > 1] == []


def test_reviews_begin_in_their_own_ways(reviews):
    beginnings = Counter(" ".join(review.casefold().split()[:2]) for review in reviews["review"])
    assert max(beginnings.values()) <= 6


def test_the_readme_counts_what_is_there(reviews):
    readme = SAMPLES["reviews"].path.with_name("README.md").read_text()
    counts = reviews["sentiment"].value_counts()
    assert f"holds {len(reviews)} short product reviews" in readme
    assert f"{counts['negative']} negative, {counts['neutral']} neutral and {counts['positive']} positive" in readme
    samples = [sample for sample in SAMPLES.values() if sample.modality == "text"]
    assert all(str(len(reviews)) in sample.about for sample in samples)
    assert all({sample.text, sample.label} <= set(reviews.columns) for sample in samples)
