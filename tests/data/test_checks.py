"""Findings before anything trains, and the cures that go with them."""

import numpy as np
import pandas as pd
import pytest

from tlcore.data.checks import TOKEN_LIMIT, Checked
from tlcore.data.checkup import check_items
from tlcore.data.cures import CURES
from tlcore.data.items import complete_items
from tlcore.data.languages import languages_of, script_of
from tlcore.records import DatasetSource, Severity

ANIMALS = ("otter", "heron", "badger", "lynx", "falcon", "marten", "vole", "osprey", "stoat", "plover", "weasel", "curlew")


def texts(count):
    return [f"{ANIMALS[number % 12]} {number * 7919:x} by the {number * 104729:x} river" for number in range(count)]


def rows(count=40, labels=("a", "b")):
    return pd.DataFrame({"text": texts(count), "label": [labels[number % len(labels)] for number in range(count)]})


def checked(frame, **options):
    items, copies = complete_items(frame)
    return Checked(items, copies, options.pop("max_classes", 500), **options)


def find(frame, code, **options):
    found = [finding for finding in check_items(checked(frame, **options)) if finding.code == code]
    assert len(found) <= 1
    return found[0] if found else None


def cure(frame, finding):
    """The rows a cure leaves, after making sure that it leaves out as many as the finding counts and answers it."""
    items, _ = complete_items(frame)
    left = CURES[finding.cure.action](items)
    assert len(left) == len(items) - finding.count
    assert left.index.tolist() == list(range(len(left)))
    assert finding.code not in {found.code for found in check_items(checked(left))}
    return left


def test_a_sound_dataset_has_no_findings():
    assert check_items(checked(rows())) == ()


def test_empty_texts_are_found_invisible_ones_too():
    frame = rows()
    frame.loc[[3, 5, 7], "text"] = ["", " \n", "\u200b\u200b"]
    frame.loc[9, "text"] = "..."
    finding = find(frame, "empty_texts")
    assert (finding.count, finding.items, finding.severity) == (3, (3, 5, 7), Severity.WARNING)
    assert finding.message == "3 texts are empty."
    assert cure(frame, finding)["line"].tolist()[:5] == [1, 2, 3, 5, 7]


def test_a_missing_label_stops_until_it_is_removed():
    frame = rows()
    frame.loc[[0, 1], "label"] = ""
    finding = find(frame, "missing_labels")
    assert (finding.severity, finding.count) == (Severity.STOP, 2)
    assert finding.examples[0].startswith('row 1: "otter')
    assert finding.cure.label == "Remove 2 items"
    assert "" not in set(cure(frame, finding)["label"])


def test_copies_are_counted_without_the_first():
    frame = pd.concat([rows(), rows().iloc[[4, 4, 6]]])
    finding = find(frame, "duplicates")
    assert finding.items == (40, 41, 42)
    assert len(cure(frame, finding)) == 40


def test_a_copy_with_another_label_is_a_conflict_and_no_plain_copy():
    frame = pd.concat([rows(), rows().iloc[[4, 6]].assign(label=["b", ""])])
    finding = find(frame, "conflicting_labels")
    assert finding.items == (4, 40)
    assert finding.message == "1 text occurs with more than one label, in 2 items."
    assert find(frame, "duplicates") is None
    assert finding.examples[0].split('"')[1] not in set(cure(frame, finding)["text"])


def test_near_copies_are_found_and_one_of_each_stays():
    frame = rows()
    near = frame.iloc[[2, 3]].assign(text=lambda table: table["text"].str.upper() + "!")
    frame = pd.concat([frame, near, frame.iloc[[2]]])
    finding = find(frame, "near_duplicates")
    assert finding.items == (40, 41, 42)
    assert "2 differ a little" in finding.message
    assert cure(frame, finding)["text"].tolist() == rows()["text"].tolist()


def test_a_search_that_was_cut_short_says_so(monkeypatch):
    monkeypatch.setattr("tlcore.data.duplicates.MAX_CHARACTERS", 300)
    finding = find(rows(), "near_duplicates_limited")
    assert finding.severity == Severity.INFO
    assert "of 40 texts" in finding.message


def test_an_id_column_as_label_is_stopped_with_a_question():
    frame = rows(6_000, [str(number) for number in range(5_000)])
    finding = find(frame, "label_is_id")
    assert finding.severity == Severity.STOP
    assert "5,000 values" in finding.message
    assert "is it an id?" in finding.message
    assert {found.code for found in check_items(checked(frame))} == {"label_is_id"}


def test_many_honest_classes_are_no_id():
    assert find(rows(200, [f"intent {number}" for number in range(50)]), "label_is_id") is None


def test_more_classes_than_allowed_are_stopped():
    assert find(rows(90, list("abcdefghi")), "too_many_classes", max_classes=8).severity == Severity.STOP
    assert find(rows(90, list("abcdefghi")), "too_many_classes", max_classes=9) is None


@pytest.mark.parametrize(("labels", "word"), [(["a"], "“a”"), ([""], "No item")])
def test_one_class_or_none_is_stopped(labels, word):
    finding = find(rows(20, labels), "one_class")
    assert finding.severity == Severity.STOP
    assert word in finding.message


def test_a_class_with_one_item_is_stopped_and_one_with_nine_is_warned_about():
    frame = pd.concat([rows(), rows(10).assign(label=["lone", *["few"] * 9], text=texts(60)[50:])])
    lone, few = find(frame, "lone_classes"), find(frame, "small_classes")
    assert (lone.severity, lone.items) == (Severity.STOP, (40,))
    assert (few.severity, few.examples) == (Severity.WARNING, ("few (9)",))
    assert "lone" not in set(cure(frame, lone)["label"])


@pytest.mark.parametrize(
    ("lone", "words"),
    [
        (["lone"], "1 class has a single item: “lone”. It needs two,"),
        (["y", "x"], "2 classes have a single item: “y”, “x”. Each needs two,"),
        (list("cdefghi"), "7 classes have a single item: “c”, “d”, “e”, “f”, “g” and 2 more. Each needs two,"),
        (["long " * 40], "1 class has a single item: “" + "long " * 15 + "long…”. It needs two,"),
    ],
)
def test_classes_with_one_item_are_named(lone, words):
    more = rows(40 + len(lone)).iloc[40:].assign(label=lone)
    assert find(pd.concat([rows(), more]), "lone_classes").message == f"{words} one to train on and one to test on."


def test_a_class_with_ten_items_is_large_enough():
    assert find(rows(20), "small_classes") is None


def test_ten_times_as_many_items_are_called_an_imbalance():
    many, few = rows(100, ["many"]), rows(110, ["few"]).iloc[100:]
    finding = find(pd.concat([many, few]), "imbalance")
    assert "“many” has 10 times as many" in finding.message
    assert find(pd.concat([many.iloc[1:], few]), "imbalance") is None


def test_texts_that_will_be_cut_are_counted_by_the_encoders_own_tokens():
    frame = rows()
    frame.loc[8, "text"] = "word " * (TOKEN_LIMIT + 1)
    frame.loc[9, "text"] = "word " * TOKEN_LIMIT
    asked = []

    def count_tokens(texts):
        asked.extend(texts)
        return np.array([len(text.split()) for text in texts])

    finding = find(frame, "long_texts", count_tokens=count_tokens)
    assert (finding.items, finding.severity) == ((8,), Severity.INFO)
    assert finding.examples[0].endswith('…"')
    assert len(asked) == 2, "short texts cannot be cut and need no counting"
    assert find(frame, "long_texts") is None


def test_when_many_texts_are_cut_it_is_a_warning():
    frame = rows().assign(text=lambda table: table["text"] * 20)
    assert find(frame, "long_texts", count_tokens=lambda texts: np.full(len(texts), 999)).severity == Severity.WARNING


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Good morning", "Latin"),
        ("Ça déjà vu", "Latin"),
        ("Очень хорошо, OK", "Cyrillic"),
        ("とても良いです", "Chinese or Japanese"),
        ("非常好", "Chinese or Japanese"),
        ("좋아요", "Hangul"),
        ("123 👍 !!", ""),
        ("", ""),
    ],
)
def test_a_texts_script_is_that_of_most_of_its_letters(text, script):
    assert script_of(text) == script


def test_texts_in_another_script_are_listed():
    frame = rows()
    frame.loc[[5, 6], "text"] = ["Очень хорошо и быстро", "Товар пришёл вовремя"]
    finding = find(frame, "mixed_scripts")
    assert finding.items == (5, 6)
    assert finding.message == "Most texts are in Latin (38), others in Cyrillic (2)."


def test_languages_are_told_apart_only_when_a_text_is_long_and_the_guess_sure():
    english = "The battery lasts two days and the screen is bright enough to read in the sun, which I had not expected."
    french = "La batterie ne tient pas la charge et le support client ne répond jamais à mes messages, quelle honte."
    assert languages_of([english, french, "ok merci", "x" * 70]) == {0: "English", 1: "French"}


def test_mixed_languages_are_found_among_longer_texts():
    sentences = ("the parcel came {} days late and nobody in the shop could tell me why it had taken so very long",) * 30
    frame = rows(31).assign(text=[*(text.format(number) for number, text in enumerate(sentences)), ""])
    frame.loc[30, "text"] = "das Paket kam drei Tage zu spät und niemand im Laden konnte mir sagen, warum es so lange dauert"
    finding = find(frame, "mixed_languages")
    assert finding.items == (30,)
    assert finding.message == "Of 31 longer texts looked at, most are in English (30), others in German (1)."


def with_parts(frame, test_positions):
    part = np.full(len(frame), "train", dtype=object)
    part[test_positions] = "test"
    return frame.assign(part=part)


def test_leaks_between_own_parts_are_counted_and_leave_the_train_part():
    frame = pd.concat([rows(), rows().iloc[[0, 1]], rows().iloc[[2]].assign(text=lambda table: table["text"].str.upper())])
    frame = with_parts(frame, [40, 41, 42, 20])
    finding = find(frame, "leakage")
    assert (finding.items, finding.severity) == ((0, 1, 2), Severity.WARNING)
    assert "(2 exact, 1 near)" in finding.message
    assert finding.examples[0].startswith("train row 1:")
    left = cure(frame, finding)
    assert (left["part"] == "test").sum() == 4
    assert find(frame, "duplicates") is None, "copies in different parts are leaks, not duplicates"


def test_groups_in_both_own_parts_are_counted():
    frame = with_parts(rows().assign(group=["g1", "", "", "g2"] * 10), [0, 1])
    finding = find(frame, "group_leakage")
    assert finding.count == 9
    assert set(cure(frame, finding)["group"]) == {"g1", "", "g2"}


def test_a_test_label_that_never_trains_is_stopped():
    frame = with_parts(rows().assign(label=lambda table: table["label"].where(table.index != 7, "new")), [7, 8])
    finding = find(frame, "unseen_labels")
    assert (finding.severity, finding.items) == (Severity.STOP, (7,))
    assert "new" not in set(cure(frame, finding)["label"])


def test_with_own_parts_a_lone_train_item_is_no_stop():
    frame = with_parts(rows().assign(label=lambda table: table["label"].where(table.index != 7, "new")), [8, 9])
    assert find(frame, "lone_classes") is None
    assert find(frame, "small_classes").examples == ("new (1)",)


def test_what_happened_while_reading_is_told():
    source = DatasetSource(file_name="x.csv", sha256="", rows_read=9, rows_skipped=1, rows_left_out=2, rows_validation=3)
    found = {finding.code: finding for finding in check_items(checked(rows(), source=source))}
    assert {code: found[code].count for code in found} == {"rows_skipped": 1, "rows_left_out": 2, "validation_joined": 3}
    assert found["rows_skipped"].message == "1 row is unreadable in the file and left out."


def test_findings_that_stop_come_first():
    frame = rows()
    frame.loc[3, "text"] = ""
    frame.loc[4, "label"] = ""
    assert [finding.code for finding in check_items(checked(frame))] == ["missing_labels", "empty_texts"]


def test_examples_stay_few_short_and_in_one_line():
    frame = rows(30).assign(text=[f"<b>{number}</b>\n" + "long " * 200 for number in range(30)], label="")
    finding = find(frame, "missing_labels")
    assert len(finding.examples) == 5
    assert all(len(example) < 100 and "\n" not in example for example in finding.examples)


def test_positions_are_capped_and_the_count_is_not():
    finding = find(rows(2_500, ["a", "b", ""]), "missing_labels")
    assert (finding.count, len(finding.items)) == (833, 833)
    finding = find(rows(2_500, ["a", "", ""]), "missing_labels")
    assert (finding.count, len(finding.items)) == (1_666, 1_000)
