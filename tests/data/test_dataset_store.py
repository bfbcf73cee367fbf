"""Datasets: stored once, whole or not at all, never changed, found again by id or name."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from tlcore.data.store import DatasetDraft, DatasetStore
from tlcore.errors import ChoiceError, DataError, NotFoundError, StorageError
from tlcore.records import DatasetSource
from tlcore.settings import Workspace

HOSTILE = (
    "../../etc/passwd",
    "/tmp/x",
    "C:\\evil",
    "..",
    "<script>alert(1)</script>",
    "![x](http://a.b/c.png)",
    "=HYPERLINK(1)",
    "n" * 300,
    "a\x00b",
    "名前 🐢",
)


def rows(count=30, start=0):
    texts = [f"{number * 7919:x} {number * 104729:x} {number}" for number in range(start, start + count)]
    return pd.DataFrame({"text": texts, "label": ["negative", "positive"] * (count // 2)})


def draft(name="reviews", task="sentiment", **options):
    return DatasetDraft(
        name=name, task=task, source=DatasetSource(file_name="reviews.csv", sha256="ab", rows_read=30), **options
    )


@pytest.fixture
def store(workspace):
    return DatasetStore(workspace)


def tree(workspace):
    return sorted(str(path.relative_to(workspace.root)) for path in workspace.root.rglob("*") if path.is_file())


def test_what_was_added_comes_back(store):
    frame = rows().assign(part=["train"] * 20 + ["test"] * 10, group=["g", ""] * 15, line=range(2, 32))
    card = store.add(frame, draft(notes="mine"))
    assert (card.items, card.classes, card.own_split, card.grouped) == (30, {"negative": 15, "positive": 15}, True, True)
    assert (card.name, card.notes) == ("reviews", "mine")
    assert store.list() == [card] == [store.card(card.id)]
    items = store.items(card.id)
    for name in ("text", "label", "part", "group", "line"):
        assert items[name].tolist() == list(frame[name])


def test_labels_stay_exactly_what_they_were(store):
    labels = ["NA", "null", "007", "7", "1.0", "TRUE", "None", "nan", " x", "1"] * 3
    card = store.add(rows().assign(label=labels), draft(task="classification"))
    assert store.items(card.id)["label"].tolist() == labels
    assert set(card.classes) == set(labels)


def test_sentiments_are_ordered_from_bad_to_good_and_topics_by_name(store):
    frame = rows().assign(label=["positive", "neutral", "negative"] * 10)
    assert list(store.add(frame, draft()).classes) == ["negative", "neutral", "positive"]
    assert list(store.add(frame.assign(label=["b", "a", "C"] * 10), draft(task="classification")).classes) == ["C", "a", "b"]


def test_the_same_content_is_the_same_dataset_and_other_content_another(store):
    first = store.add(rows(), draft())
    assert store.add(rows(), draft("another name")) == first
    changes = {
        "text": rows().assign(text=lambda table: table["text"].where(table.index != 3, "changed")),
        "label": rows().assign(label=lambda table: table["label"].where(table.index != 3, "negative")),
        "part": rows().assign(part=["train", "test"] * 15),
        "group": rows().assign(group="g"),
        "order": rows().iloc[::-1],
        "moved": rows().assign(text=["a", "aa", *rows()["text"][2:]]),
        "moved back": rows().assign(text=["aa", "a", *rows()["text"][2:]]),
    }
    ids = {store.add(frame, draft()).id for frame in changes.values()}
    ids.add(store.add(rows(), draft(task="classification")).id)
    assert len(ids | {first.id}) == len(changes) + 2
    assert store.add(rows().assign(line=range(100, 130)), draft()) == first


def test_findings_are_on_the_card_long_texts_only_with_a_counter(workspace):
    frame = rows().assign(text=lambda table: table["text"] + " word" * 100)
    frame.loc[0, "text"] = ""
    without = DatasetStore(workspace).add(frame, draft())
    assert {finding.code for finding in without.findings} >= {"empty_texts"}
    counting = DatasetStore(workspace, count_tokens=lambda texts: np.full(len(texts), 300))
    assert "long_texts" in {finding.code for finding in counting.add(frame.iloc[:20], draft()).findings}


def test_a_cure_makes_a_new_dataset_and_leaves_the_old(store):
    old = store.add(pd.concat([rows(), rows().iloc[:2]]), draft(notes="keep me"))
    new = store.apply_cure(old.id, "remove_duplicates")
    assert (new.items, new.name, new.notes) == (30, "reviews (cured)", "keep me")
    assert new.source.cures == ("Remove 2 items: duplicates",)
    assert new.source.model_copy(update={"cures": ()}) == old.source
    assert store.card(old.id) == old
    assert len(store.items(old.id)) == 32


def test_cures_can_follow_each_other(store):
    frame = pd.concat([rows(), rows().iloc[:2]])
    frame.iloc[5, 0] = ""
    once = store.apply_cure(store.add(frame, draft()).id, "remove_duplicates")
    twice = store.apply_cure(once.id, "remove_empty_texts")
    assert (twice.items, len(twice.source.cures)) == (29, 2)
    assert twice.name == "reviews (cured) 2"
    assert twice.findings == ()


def test_a_cure_for_nothing_or_of_everything_is_refused(store):
    sound = store.add(rows(), draft())
    for action in ("remove_duplicates", "no such cure"):
        with pytest.raises(ChoiceError, match="Nothing"):
            store.apply_cure(sound.id, action)
    empty = store.add(rows().assign(label=""), draft())
    with pytest.raises(ChoiceError, match="no item"):
        store.apply_cure(empty.id, "remove_unlabelled")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_and_never_paths(store, workspace, name):
    card = store.add(rows(), draft(name))
    assert card.name == " ".join(name.replace("\0", " ").split())
    assert store.resolve(card.name) == card.id
    assert store.rename(card.id, f"again {name[:290]}").name == f"again {card.name[:290]}"
    assert tree(workspace) == [f"datasets/{card.id}/card.json", f"datasets/{card.id}/data.parquet"]


def test_a_name_is_one_line_of_bounded_length(store):
    assert store.add(rows(), draft("two\nlines \ud800" + "n" * 999)).name == "two lines ?" + "n" * 289


@pytest.mark.parametrize("dataset_id", ["", ".", "..", "../..", "0123456789ab", "*", "/etc", "a" * 12 + "\n", "x\x00"])
def test_what_is_no_id_names_nothing(store, workspace, dataset_id):
    store.add(rows(), draft())
    before = tree(workspace)
    for action in (store.card, store.items, store.delete, lambda text: store.rename(text, "x"), store.resolve):
        with pytest.raises(NotFoundError):
            action(dataset_id)
    assert tree(workspace) == before


def test_a_taken_name_gets_a_number_when_added_and_is_refused_when_renamed(store):
    first, second = store.add(rows(), draft()), store.add(rows(start=50), draft())
    assert (first.name, second.name) == ("reviews", "reviews 2")
    with pytest.raises(ChoiceError, match="Another"):
        store.rename(second.id, "reviews")
    assert store.rename(first.id, "reviews").name == "reviews"


@pytest.mark.parametrize("name", ["", "  \n"])
def test_a_dataset_needs_a_name(store, name):
    with pytest.raises(ChoiceError, match="name"):
        store.rename(store.add(rows(), draft()).id, name)


def test_names_and_notes_change_and_nothing_else(store):
    card = store.add(rows(), draft())
    store.rename(card.id, "better")
    changed = store.annotate(card.id, "from the shop's export\n<b>2025</b>")
    assert changed == card.model_copy(update={"name": "better", "notes": "from the shop's export\n<b>2025</b>"})
    assert store.card(card.id) == changed


def test_a_dataset_is_meant_by_id_name_or_beginning(store):
    first, second = store.add(rows(), draft("one")), store.add(rows(start=50), draft("two"))
    assert store.resolve(first.id) == store.resolve("one") == store.resolve(first.id[:10]) == first.id
    store.rename(second.id, first.id[:6])
    assert store.resolve(first.id[:6]) == second.id, "a name goes before the beginning of an id"
    with pytest.raises(NotFoundError):
        store.resolve("three")


def test_an_ambiguous_beginning_names_the_candidates(store):
    cards = [store.add(rows(start=number), draft()) for number in range(0, 400, 20)]
    beginnings = [card.id[:1] for card in cards]
    twice = next(letter for letter in beginnings if beginnings.count(letter) > 1)
    with pytest.raises(ChoiceError) as caught:
        store.resolve(twice)
    assert all(card.id in str(caught.value) for card in cards if card.id.startswith(twice))


def test_deleting_leaves_nothing_and_the_same_content_can_come_back(store, workspace):
    card = store.add(rows(), draft())
    store.delete(card.id)
    assert store.list() == []
    assert tree(workspace) == []
    assert store.add(rows(), draft()).id == card.id


def test_a_flipped_byte_is_refused_by_name(store, workspace):
    card = store.add(rows(), draft())
    path = workspace.datasets / card.id / "data.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"data\.parquet is damaged"):
        store.items(card.id)
    path.unlink()
    with pytest.raises(StorageError, match=r"data\.parquet is damaged or missing"):
        store.items(card.id)
    assert store.card(card.id) == card


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"id": 1}', b"\xff\x00"])
def test_a_damaged_card_hides_no_other_dataset(store, workspace, content):
    good, bad = store.add(rows(), draft("good")), store.add(rows(start=50), draft("bad"))
    (workspace.datasets / bad.id / "card.json").write_bytes(content)
    assert store.list() == [good]
    assert list(store.damaged()) == [bad.id]
    with pytest.raises(StorageError, match=r"card\.json is damaged"):
        store.card(bad.id)
    store.delete(bad.id)
    assert list(store.damaged()) == []


KILLED = """
import os, signal, sys
import pandas as pd
from pathlib import Path
from tlcore.data.store import DatasetStore, DatasetDraft
from tlcore.records import DatasetSource
from tlcore.settings import Workspace

replace, seen = Path.replace, []
def die(self, target):
    seen.append(target)
    if len(seen) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
Path.replace = die
store = DatasetStore(Workspace(sys.argv[1]))
frame = pd.DataFrame({"text": [f"text {n}" for n in range(20)], "label": ["a", "b"] * 10})
source = DatasetSource(file_name="x", sha256="", rows_read=20)
card = store.add(frame, DatasetDraft(name="x", task="classification", source=source))
store.rename(card.id, "renamed")
"""


def add_and_rename(root, killed_at):
    """Exit status of a process that adds and renames a dataset and kills itself at that rename of a file (0 = never)."""
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(root), str(killed_at)], env={**os.environ, "PYTHONPATH": "."}
    ).returncode


@pytest.mark.parametrize(("killed_at", "name"), [(1, None), (2, None), (3, "x")])
def test_a_kill_between_writing_and_renaming_leaves_the_old_or_the_new(tmp_path, killed_at, name):
    assert add_and_rename(tmp_path, killed_at) == -signal.SIGKILL
    store = DatasetStore(Workspace(tmp_path))
    assert [card.name for card in store.list()] == ([name] if name else [])
    assert add_and_rename(tmp_path, 0) == 0
    assert len(store.items(store.resolve("renamed"))) == 20


def test_leftovers_are_swept_after_a_day_and_not_before(store, workspace):
    kept = store.add(rows(), draft())
    half = workspace.datasets / "0123456789ab"
    half.mkdir()
    (half / "data.parquet").write_bytes(b"half")
    temporary = workspace.datasets / kept.id / ".data.parquet.x.tmp"
    temporary.write_bytes(b"half")
    store.add(rows(start=50), draft())
    assert half.exists()
    assert temporary.exists()
    for path in (half, temporary):
        os.utime(path, (time.time() - 90_000,) * 2)
    store.add(rows(start=100), draft())
    assert not half.exists()
    assert not temporary.exists()
    assert len(store.items(kept.id)) == 30


def test_a_full_disk_is_said_with_the_path_and_stores_nothing(store, workspace, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(StorageError, match=r"data\.parquet: No space left"):
        store.add(rows(), draft())
    assert store.list() == []
    assert tree(workspace) == []


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (rows().iloc[:0], "no data rows"),
        (rows().drop(columns="label"), "label"),
        (rows().assign(part="holdout"), "holdout"),
        (rows().assign(text=lambda table: table["text"].astype(object).where(table.index != 4, "\ud800")), "row 5"),
    ],
)
def test_what_is_no_dataset_is_refused_and_leaves_nothing(store, workspace, frame, words):
    with pytest.raises(DataError, match=words):
        store.add(frame, draft())
    assert tree(workspace) == []


def test_the_list_shows_the_newest_first_and_reads_each_card_once(store, monkeypatch):
    cards = [store.add(rows(start=number), draft()) for number in range(0, 100, 20)]
    assert {card.id for card in store.list()} == {card.id for card in cards}
    stamps = [card.created_at for card in store.list()]
    assert stamps == sorted(stamps, reverse=True)
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda path: pytest.fail(f"{path} was read again"))
    assert len(store.list()) == 5
