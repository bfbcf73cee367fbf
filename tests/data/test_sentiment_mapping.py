import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.data.sentiment import SENTIMENTS, suggest_mapping


def meanings(*labels: str, column: str = "") -> str | None:
    """The meanings of the labels in their order, as initials; `-` for "leave out"."""
    mapping = suggest_mapping(labels, column)
    if mapping is None:
        return None
    assert list(mapping) == list(dict.fromkeys(labels))
    return "".join({"negative": "n", "neutral": "0", "positive": "p", "": "-"}[mapping[label]] for label in labels)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["negative", "neutral", "positive"], "n0p"),
        (["pos", "negative ", " NEU", "Positive!", '"neg"'], "pn0pn"),
        (["Very Positive", "somewhat_negative", "very-negative"], "pnn"),
        (["positive sentiment", "negative sentiment"], "pn"),
        (["+", "-"], "pn"),
        (["👍", "👎"], "pn"),
        (["Recommended", "Not Recommended"], "pn"),
        (["good", "bad", "mixed"], "pn0"),
        (["P", "N", "NEU"], "pn0"),
    ],
)
def test_common_spellings(labels, expected):
    assert meanings(*labels) == expected


@pytest.mark.parametrize(
    "labels",
    [
        ["négatif", "neutre", "positif"],
        ["negativ", "neutral", "positiv"],
        ["negativo", "neutro", "positivo"],
        ["negatief", "neutraal", "positief"],
        ["negatywny", "neutralny", "pozytywny"],
        ["отрицательный", "нейтральный", "положительный"],
        ["αρνητικό", "ουδέτερο", "θετικό"],
        ["olumsuz", "nötr", "olumlu"],
        ["سلبي", "محايد", "إيجابي"],
        ["नकारात्मक", "तटस्थ", "सकारात्मक"],
        ["负面", "中性", "正面"],
        ["ネガティブ", "ニュートラル", "ポジティブ"],
        ["부정", "중립", "긍정"],
    ],
)
def test_words_of_several_languages(labels):
    assert meanings(*labels) == "n0p"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["1", "2", "3", "4", "5"], "nn0pp"),
        (["4.0", " 1.0", "5.0 ", "2,0"], "pnpn"),
        (["1 star", "3 stars", "5 stars"], "n0p"),
        (["one star", "five stars"], "np"),
        (["★", "★★★", "★★★★", "★★★★★☆"], "n0pp"),
        (["★☆☆☆☆", "★★★☆☆", "⭐⭐⭐⭐⭐"], "n0p"),
        (["1/5", "3 / 5", "4 out of 5"], "n0p"),
        (["2/10", "5/10", "9/10"], "n0p"),
        (["1.5", "2.5", "1", "5", "3.5"], "nnnpp"),
        (["1 étoile", "5 étoiles"], "np"),
        (["2 Sterne", "4 Sterne"], "np"),
        (["1つ星", "5つ星"], "np"),
        (["１", "２", "３", "４", "５"], "nn0pp"),
        (["-1", "0", "1"], "n0p"),
        (["-1", "1"], "np"),
    ],
)
def test_ratings_and_signs(labels, expected):
    assert meanings(*labels) == expected


@pytest.mark.parametrize(
    "labels",
    [
        ["0", "1"],
        ["0", "1", "2"],
        ["1", "2", "3", "4"],
        ["0", "1", "2", "3", "4", "5", "6"],
        ["spam", "ham"],
        ["joy", "anger", "sadness", "optimism"],
        ["yes", "no"],
        ["positive", "negative", "sports"],
        ["positive"],
        ["positive", "Positive "],
        ["hate", "not hate"],
        ["2021", "2022"],
        ["1e5", "nan"],
        ["", " "],
        [],
    ],
)
def test_what_is_no_sentiment_or_not_surely_one_is_left_alone(labels):
    assert suggest_mapping(labels) is None


@pytest.mark.parametrize(
    ("labels", "column", "expected"),
    [
        (["0", "1"], "sentiment", "np"),
        (["0", "2", "4"], "polarity", "n0p"),
        (["2", "3", "4"], "Rating", "n0p"),
        (["1", "2"], "sentiment_label", "np"),
        ([str(at) for at in range(1, 11)], "rating", "nnnn00pppp"),
    ],
)
def test_the_name_of_the_column_settles_what_numbers_mean(labels, column, expected):
    assert meanings(*labels, column=column) == expected


def test_unknown_and_missing_labels_are_proposed_to_be_left_out():
    assert meanings("positive", "negative", "", "n/a", "unknown", "None") == "pn----"


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_labels_get_a_whole_mapping_or_none(labels):
    mapping = suggest_mapping(labels)
    assert mapping is None or (mapping.keys() == set(labels) and set(mapping.values()) <= {*SENTIMENTS, ""})
