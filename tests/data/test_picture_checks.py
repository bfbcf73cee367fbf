"""Findings about pictures before anything trains."""

import numpy as np
import pandas as pd
import pytest

from tlcore.data.checks import Checked
from tlcore.data.checkup import check_items
from tlcore.data.cures import CURES
from tlcore.data.items import complete_items
from tlcore.data.pictures.facts import facts_give_away
from tlcore.records import DatasetSource, Severity


def pictures(count=60, labels=("cat", "dog"), seed=0):
    """A table of pictures whose facts say nothing of their labels."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "file": [f"{number:064x}.jpg" for number in range(count)],
            "label": [labels[number % len(labels)] for number in range(count)],
            "name": [f"{labels[number % len(labels)]}/{number}.jpg" for number in range(count)],
            "mode": rng.choice(["RGB", "L"], count),
            "format": rng.choice(["JPEG", "PNG"], count),
            "pixels": [f"p{number}" for number in range(count)],
            "look": [f"{look:016x}" for look in rng.integers(0, 2**64, count, dtype=np.uint64).tolist()],
            "width": rng.integers(200, 800, count),
            "height": rng.integers(200, 800, count),
            "bytes": rng.integers(20_000, 90_000, count),
        }
    )


def find(frame, code, **source):
    given = DatasetSource(file_name="a.zip", sha256="", rows_read=len(frame), **source)
    items, copies = complete_items(frame, "image")
    checked = Checked(items, copies, max_classes=500, source=given, modality="image")
    found = [finding for finding in check_items(checked) if finding.code == code]
    assert len(found) <= 1
    return found[0] if found else None


def cure(frame, finding):
    items, _ = complete_items(frame, "image")
    left = CURES[finding.cure.action](items)
    assert len(left) == len(items) - finding.count
    assert find(left, finding.code) is None
    return left


def test_a_sound_dataset_has_no_findings():
    items, copies = complete_items(pictures(), "image")
    assert check_items(Checked(items, copies, 500, modality="image")) == ()


def test_what_could_not_be_read_is_counted_and_named():
    finding = find(pictures(), "unreadable", rows_skipped=3, unreadable=("a.jpg: is empty", "b.png: is damaged", "c: a film"))
    assert (finding.count, finding.severity) == (3, Severity.WARNING)
    assert finding.message == "3 files could not be read as pictures and were left out."
    assert finding.examples == ("a.jpg: is empty", "b.png: is damaged", "c: a film")


@pytest.mark.parametrize(
    ("code", "source", "message"),
    [
        ("animated", {"animated": 1}, "1 picture moves; its first frame was taken."),
        ("junk", {"junk": 2}, "2 other files beside the pictures were passed over."),
        ("validation_joined", {"rows_validation": 4}, "4 pictures are from your validation part; they train,"),
        ("rows_left_out", {"rows_left_out": 1}, "1 picture was left out because its label is mapped to nothing."),
    ],
)
def test_what_reading_did_is_said(code, source, message):
    finding = find(pictures(), code, **source)
    assert finding.severity is Severity.INFO
    assert finding.message.startswith(message)
    assert find(pictures(), code) is None


def test_copies_and_near_copies_are_found_and_cured():
    frame = pictures()
    frame.loc[10, ["pixels", "look"]] = frame.loc[4, ["pixels", "look"]]
    frame.loc[12, "look"] = f"{int(frame.loc[6, 'look'], 16) ^ 0b111:016x}"
    exact, near = find(frame, "duplicates"), find(frame, "near_duplicates")
    assert (exact.count, exact.items, near.count, near.items) == (1, (10,), 2, (10, 12))
    assert near.message == "2 pictures are copies or near copies of an earlier one; 1 differ a little."
    assert near.examples == ("cat/10.jpg", "cat/12.jpg")
    assert len(cure(frame, near)) == 58


def test_the_same_picture_with_two_labels_is_a_conflict():
    frame = pictures()
    frame.loc[11, ["pixels", "look"]] = frame.loc[4, ["pixels", "look"]]
    finding = find(frame, "conflicting_labels")
    assert (finding.items, finding.severity) == ((4, 11), Severity.WARNING)
    assert finding.message == "1 picture occurs with more than one label, in 2 items."
    assert find(frame, "near_conflicts") is None
    cure(frame, finding)


def test_near_copies_with_two_labels_are_named():
    frame = pictures()
    frame.loc[11, "look"] = frame.loc[4, "look"]
    finding = find(frame, "near_conflicts")
    assert (finding.items, finding.examples) == ((4, 11), ("cat/4.jpg", "dog/11.jpg"))
    assert find(frame, "conflicting_labels") is None


def test_copies_across_the_users_split_are_leaks():
    frame = pictures().assign(part=["train"] * 40 + ["test"] * 20)
    frame.loc[50, ["pixels", "look"]] = frame.loc[4, ["pixels", "look"]]
    frame.loc[52, "look"] = f"{int(frame.loc[6, 'look'], 16) ^ 1:016x}"
    finding = find(frame, "leakage")
    assert finding.items == (4, 6)
    assert "(1 exact, 1 near)" in finding.message
    cure(frame, finding)


def test_pictures_too_alike_to_search_are_said_to_be():
    rng = np.random.default_rng(0)
    frame = pictures(3_000)
    flips = (rng.random((3_000, 64)) < 0.08).astype(np.uint64) << np.arange(64, dtype=np.uint64)
    frame["look"] = [f"{look:016x}" for look in np.bitwise_or.reduce(flips, axis=1).tolist()]
    finding = find(frame, "near_duplicates_limited")
    assert finding.message.startswith("These pictures look so much alike")
    assert find(frame, "near_duplicates") is None


@pytest.mark.parametrize(("tiny", "severity"), [(1, Severity.INFO), (30, Severity.WARNING)])
def test_tiny_pictures_are_counted(tiny, severity):
    frame = pictures()
    frame.loc[: tiny - 1, "height"] = 31
    frame.loc[tiny:, "height"] = 32
    finding = find(frame, "tiny_pictures")
    assert (finding.count, finding.severity, finding.cure) == (tiny, severity, None)


def test_what_holds_for_texts_holds_for_pictures():
    frame = pictures(40)
    frame.loc[3, "label"] = ""
    assert find(frame, "missing_labels").severity is Severity.STOP
    assert find(pictures(40, ("cat",)), "one_class").severity is Severity.STOP
    assert find(pictures(9, ("cat", "dog")), "small_classes").severity is Severity.WARNING
    assert find(pictures(60).assign(label=["cat"] * 50 + ["dog"] * 10), "imbalance") is None
    assert find(pictures(60).assign(label=["cat"] * 57 + ["dog"] * 3), "imbalance") is not None
    parts = pictures(40).assign(part=["train"] * 30 + ["test"] * 10)
    parts.loc[35, "label"] = "bird"
    assert find(parts, "unseen_labels").items == (35,)


@pytest.mark.parametrize(
    ("fact", "values", "words"),
    [
        ("mode", ("L", "RGB"), "colour mode"),
        ("format", ("JPEG", "PNG"), "file format"),
        ("width", (640, 1024), "width"),
    ],
)
def test_facts_that_tell_the_label_are_a_warning(fact, values, words):
    frame = pictures(80)
    frame[fact] = [values[label == "dog"] for label in frame["label"]]
    finding = find(frame, "giveaway")
    assert finding.severity is Severity.WARNING
    assert finding.message == (
        f"File facts alone ({words} most of all) tell the label right for 100% of pictures, where guessing gives 50%: "
        "a model may learn the camera instead of the content."
    )
    assert finding.count == 80
    assert len(finding.examples) == 2
    assert all(str(values[place]) in " ".join(sorted(finding.examples)) for place in (0, 1))


def test_a_rare_class_with_its_own_camera_is_found_too():
    frame = pictures(300).assign(label=["well"] * 280 + ["ill"] * 20, format=["JPEG"] * 280 + ["PNG"] * 20)
    assert find(frame, "giveaway").message.startswith("File facts alone (file format most of all)")


def test_facts_that_tell_most_labels_are_enough():
    rng = np.random.default_rng(3)
    frame = pictures(200)
    frame["width"] = np.where((frame["label"] == "dog") ^ (rng.random(200) < 0.1), 640, 480)
    told = facts_give_away(complete_items(frame, "image")[0])
    assert 0.8 < told.accuracy < 0.97
    assert told.chance == 0.5


@pytest.mark.parametrize("count", [20, 120])
@pytest.mark.parametrize("labels", [("a", "b"), ("a", "b", "c", "d", "e")], ids=["two", "five"])
def test_shuffled_labels_are_never_given_away(count, labels):
    frame = complete_items(pictures(count, labels), "image")[0]
    frame["width"] = [640 if label == "a" else 480 for label in frame["label"]]
    rng = np.random.default_rng(count)
    shuffled = (frame.assign(label=rng.permutation(frame["label"])) for _ in range(20))
    assert [told for told in map(facts_give_away, shuffled) if told] == []


def test_few_pictures_are_not_judged():
    frame = pictures(18).assign(width=[640, 480] * 9)
    assert find(frame, "giveaway") is None


def test_copies_of_one_picture_do_not_vouch_for_its_facts():
    frame = pictures(12)
    copies = pd.concat([frame] * 10, ignore_index=True)
    assert find(copies, "giveaway") is None


def test_pictures_of_one_group_do_not_vouch_for_each_other():
    frame = pictures(200)
    person = np.arange(200) // 20
    frame = frame.assign(group=[f"p{number}" for number in person], width=300 + 17 * person, height=400, bytes=50_000)
    frame["label"] = np.where(np.random.default_rng(0).permutation(10)[person] < 5, "ill", "well")
    frame = frame.assign(mode="RGB", format="JPEG")
    assert find(frame, "giveaway") is None
    assert find(frame.assign(group=""), "giveaway") is not None
