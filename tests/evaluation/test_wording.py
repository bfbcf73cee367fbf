import pytest

from tlcore.evaluation.wording import in_sentence, listed, seconds_words, tenths, time_words


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (None, ""),
        (40.2, ", 40 times as fast"),
        (4.1, ", in about a quarter of the time"),
        (1.8, ", in about half of the time"),
        (1.5, ", in 67 % of the time"),
        (1.02, ", in about the same time"),
        (0.4, ", taking 2.5 times as long"),
        (0.02, ", taking 50 times as long"),
    ],
)
def test_time(ratio, words):
    assert time_words(ratio) == words


@pytest.mark.parametrize("step", range(1, 200))
def test_every_ratio_has_words(step):
    assert time_words(step / 10).startswith(", ")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (0.04, "under 0.1 s"),
        (0.06, "0.1 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (42.4, "42 s"),
        (150, "2 min"),
        (9000, "2.5 h"),
    ],
)
def test_seconds(seconds, words):
    assert seconds_words(seconds) == words


def test_there_is_no_minus_zero():
    assert tenths(-0.0001) == "0.0"


def test_lists_end():
    assert listed(["a"]) == "a" and listed("abc") == "a, b and c" and listed("abcdefg") == "a, b, c, d, e and 2 more"


def test_names_inside_a_sentence():
    assert in_sentence("Full fine-tuning") == "full fine-tuning"
