import pandas as pd
import pytest

from tlcore.data.columns import guess_columns

TEXTS = [f"this phone is number {at} and it works as well as one can hope for" for at in range(60)]


def frame(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name: [cells[at % len(cells)] for at in range(60)] for name, cells in columns.items()}, dtype="str")


FULL = frame(
    review=TEXTS,
    sentiment=["positive", "negative", "neutral"],
    topic=["battery", "screen", "price", "sound", "service"],
    rating=["1", "2", "3", "4", "5"],
    product=["Phone A", "Phone B", "Radio C"],
    date=[f"2024-03-{at % 28 + 1:02}" for at in range(60)],
)


@pytest.mark.parametrize("order", [list(FULL.columns), list(FULL.columns)[::-1], sorted(FULL.columns)])
def test_of_a_full_table_of_reviews_the_text_and_its_sentiment_are_guessed(order):
    guess = guess_columns(FULL[order], len(FULL))
    assert (guess.text, guess.label, guess.task) == ("review", "sentiment", "sentiment")
    assert (guess.split, guess.group) == (None, None)


def test_reasons_are_plain_and_hold_the_numbers():
    guess = guess_columns(FULL, len(FULL))
    assert guess.text_reason == (
        "“review” holds the longest texts: 15 words on average, 100% of them different, and its name says so"
    )
    assert guess.label_reason == "“sentiment” has 3 different values in 60 rows, and its name says so"


def test_a_rating_alone_makes_a_sentiment_task():
    guess = guess_columns(FULL[["date", "rating", "review"]], 60)
    assert (guess.text, guess.label, guess.task) == ("review", "rating", "sentiment")


def test_topics_make_a_classification_task():
    guess = guess_columns(FULL[["topic", "review"]], 60)
    assert (guess.text, guess.label, guess.task) == ("review", "topic", "classification")


def test_names_that_say_nothing_leave_it_to_the_content():
    table = frame(a=[str(at) for at in range(60)], b=["x1", "x2"], c=TEXTS)
    guess = guess_columns(table, 60)
    assert (guess.text, guess.label) == ("c", "b")
    assert "its name says so" not in guess.text_reason + guess.label_reason


@pytest.mark.parametrize("cells", [[str(at) for at in range(60)], [f"id-{at}" for at in range(60)], TEXTS])
def test_an_id_is_no_label_whatever_it_is_called(cells):
    guess = guess_columns(frame(text=[f"{text} and so on" for text in TEXTS], label=cells), 5_000)
    assert guess.label is None
    assert guess.label_reason == "“label” has 60 different values in 60 rows: no label repeats so little"


def test_an_id_that_repeats_loses_against_a_label():
    guess = guess_columns(frame(user_id=["17", "18", "19"], kind=["a", "b", "c", "d"], body=TEXTS), 60)
    assert (guess.text, guess.label, guess.group) == ("body", "kind", "user_id")


def test_a_column_of_parts_is_the_split_and_not_the_label():
    guess = guess_columns(frame(text=TEXTS, intent=["a", "b"], split=["train", "train", "Test "]), 60)
    assert (guess.label, guess.split) == ("intent", "split")
    assert guess_columns(frame(text=TEXTS, set=["a", "b"]), 60).split is None


def test_a_group_must_hold_several_items():
    assert guess_columns(frame(text=TEXTS, label=["a", "b"], author=["Ann", "Bob", "Cem"]), 60).group == "author"
    assert guess_columns(frame(text=TEXTS, label=["a", "b"], author=[f"user {at}" for at in range(60)]), 60).group is None


def test_the_longer_of_two_text_columns_is_the_text():
    guess = guess_columns(frame(title=[f"phone {at}" for at in range(60)], body=TEXTS, label=["a", "b"]), 60)
    assert guess.text == "body"


@pytest.mark.parametrize("name", ["opinion", "comment", "text", "user_feedback", "title"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_name_does_not_make_a_text_of_a_label_beside_real_texts(name, order):
    table = pd.DataFrame({"xyz": [f"good phone number {at}" for at in range(40)], name: ["pos", "neg"] * 20}, dtype="str")
    guess = guess_columns(table[list(table)[::order]], 40)
    assert (guess.text, guess.label, guess.task) == ("xyz", name, "sentiment")


@pytest.mark.parametrize("other", ["{at:032x}", "user-{at}-of-the-shop", "2024-03-01 10:00:{at:02}"])
def test_short_texts_that_repeat_win_by_their_name_against_ids_and_times(other):
    table = frame(text=["so good", "too bad", "it works"], key=[other.format(at=at) for at in range(60)], label=["a", "b"])
    assert guess_columns(table, 60).text == "text"


def test_a_sample_with_one_label_only_still_shows_the_label_column():
    assert guess_columns(frame(text=TEXTS, label=["a"]), 60_000).label == "label"


def test_a_single_column_is_the_text():
    guess = guess_columns(frame(anything=TEXTS), 60)
    assert (guess.text, guess.text_reason, guess.label) == ("anything", "“anything” is the only column", None)
    assert guess.label_reason == "No column repeats a few values, as labels do"


def test_blank_cells_and_the_column_of_lines_do_not_matter():
    table = frame(text=[*TEXTS[:30], "", "  "], label=["a", "", "b"]).assign(__line=range(60))
    guess = guess_columns(table, 60)
    assert (guess.text, guess.label) == ("text", "label")
    assert guess_columns(frame(a=[""], b=[""]), 60).label is None
