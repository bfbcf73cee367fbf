import subprocess
import sys
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
import psutil
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlcore.encoders import features as module
from tlcore.encoders import shards as shards_module
from tlcore.encoders.base import FloatArray, OnProgress
from tlcore.encoders.features import FeatureStore
from tlcore.encoders.shards import distinct
from tlcore.errors import Stopped, StorageError
from tlcore.records import EncoderCard


class CountingEncoder:
    """Features that are a plain function of the text, and a note of every text that was encoded."""

    def __init__(self, fingerprint: str = "f" * 64) -> None:
        self.card = EncoderCard(id="fake", name="Fake", modality="text", dim=3, blocks=("a",), licence="none", about="Fake.")
        self.fingerprint = fingerprint
        self.encoded: list[str] = []

    def load(self) -> None:
        """It is ready."""

    def encode(self, items: Sequence[str], on_progress: OnProgress | None = None) -> FloatArray:
        for done in range(len(items)):
            if on_progress:
                on_progress(done + 1, len(items))
        self.encoded += items
        return expected(items)


def expected(items: Sequence[str]) -> FloatArray:
    return np.array([[len(item), sum(map(ord, item)) % 9973, 0.5] for item in items], dtype=np.float32).reshape(-1, 3)


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(module, "ITEMS_A_SHARD", {"text": 4})


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


def shards(workspace) -> list[Path]:
    return sorted(workspace.features.rglob("*.npy"))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=st.lists(st.lists(st.text(max_size=3), max_size=12), min_size=1, max_size=4))
def test_whatever_is_asked_for_comes_in_order_and_is_computed_once(workspace, requests):
    encoder = CountingEncoder(fingerprint=uuid4().hex)
    for items in requests:
        assert np.array_equal(FeatureStore(workspace).features(encoder, items), expected(items))
    assert len(encoder.encoded) == len(set(encoder.encoded))
    assert set(encoder.encoded) == {item for items in requests for item in items}


def test_equal_texts_are_stored_once_whichever_list_they_are_in(workspace, encoder):
    store = FeatureStore(workspace)
    store.features(encoder, ["a", "b", "a"])
    store.features(encoder, ["c", "b"])
    assert sorted(encoder.encoded) == ["a", "b", "c"]
    assert store.lookup(encoder, ["a", "a", "x", "c"]) == 3


WORKER = """
import sys, time, numpy as np
from tlcore.settings import Workspace
from tlcore.encoders import features
features.ITEMS_A_SHARD = {"text": 4}
class Encoder:
    fingerprint = "f" * 64
    class card: dim, modality = 3, "text"
    def load(self):
        pass

    def encode(self, items, on_progress):
        time.sleep(0.05)
        print(*items, sep="\\n")
        return np.array([[len(item), 1, 2] for item in items], dtype=np.float32)
features.FeatureStore(Workspace(sys.argv[1])).features(Encoder(), sys.argv[2:])
"""


def test_two_processes_share_the_work_and_a_third_finds_it(workspace, encoder, toy_texts):
    command = [sys.executable, "-c", WORKER, str(workspace.root)]
    lists = toy_texts.texts[:50], toy_texts.texts[10:]
    both = [subprocess.Popen([*command, *items], stdout=subprocess.PIPE, text=True) for items in lists]
    encoded = [line for process in both for line in process.communicate()[0].splitlines()]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(encoded) == sorted(set(toy_texts.texts))
    store = FeatureStore(workspace)
    assert store.lookup(encoder, toy_texts.texts) == 60
    assert store.features(encoder, toy_texts.texts)[:, 0].tolist() == list(map(len, toy_texts.texts))
    assert encoder.encoded == []


def test_what_is_given_is_the_callers_own(workspace, encoder):
    store, seen = FeatureStore(workspace), []
    store.features(encoder, ["a", "b", "a"])[:] = 7
    again = store.features(encoder, ["a", "b", "a"], lambda done, total: seen.append((done, total)))
    again[:] = 8
    assert np.array_equal(store.features(encoder, ["a", "b", "a"]), expected(["a", "b", "a"]))
    assert np.array_equal(store.features(encoder, ["b", "a", "a"]), expected(["b", "a", "a"]))
    assert (seen, sorted(encoder.encoded)) == ([(2, 2)], ["a", "b"])


def test_encoders_do_not_mix(workspace, encoder):
    other = CountingEncoder(fingerprint="e" * 64)
    store = FeatureStore(workspace)
    store.features(encoder, ["a"])
    store.features(other, ["a"])
    assert other.encoded == ["a"]


def test_a_stopped_encode_goes_on_where_it_was(workspace, encoder, toy_texts):
    def stop_at_ten(done: int, total: int) -> None:
        if done > 10:
            raise Stopped("stopped")

    with pytest.raises(Stopped):
        FeatureStore(workspace).features(encoder, toy_texts.texts, stop_at_ten)
    assert len(encoder.encoded) == 8  # two whole shards
    assert np.array_equal(FeatureStore(workspace).features(encoder, toy_texts.texts), expected(toy_texts.texts))
    assert len(encoder.encoded) == len(set(toy_texts.texts))


def test_progress_never_falls_and_ends_at_all(workspace, encoder, toy_texts):
    store, seen = FeatureStore(workspace), []
    store.features(encoder, toy_texts.texts[:30])
    store.features(encoder, toy_texts.texts, lambda done, total: seen.append((done, total)))
    everything = len(set(toy_texts.texts))
    assert seen == sorted(seen)
    assert seen[0][0] > len(set(toy_texts.texts[:30])) - 1
    assert seen[-1] == (everything, everything)


@pytest.mark.parametrize("place", ["keys", "vectors", "header", "truncated", "empty", "zip"])
def test_a_damaged_shard_is_computed_again_and_not_trusted(workspace, encoder, toy_texts, place):
    FeatureStore(workspace).features(encoder, toy_texts.texts)
    before, victim = len(encoder.encoded), shards(workspace)[1]
    content = bytearray(victim.read_bytes())
    columns = np.load(victim)
    at = {"keys": len(content) - columns.nbytes + 5, "vectors": len(content) - 3, "header": 3}
    if place in at:
        content[at[place]] ^= 1
    victim.write_bytes({"truncated": content[:100], "empty": b"", "zip": b"PK\x03\x04" + content}.get(place, content))
    assert np.array_equal(FeatureStore(workspace).features(encoder, toy_texts.texts), expected(toy_texts.texts))
    assert 0 < len(encoder.encoded) - before <= 4
    assert np.array_equal(FeatureStore(workspace).features(encoder, toy_texts.texts), expected(toy_texts.texts))
    assert len(encoder.encoded) - before <= 4


def test_damage_found_by_a_lookup_does_not_count_as_stored(workspace, encoder):
    FeatureStore(workspace).features(encoder, ["a", "b"])
    content = bytearray(shards(workspace)[0].read_bytes())
    content[-1] ^= 1
    shards(workspace)[0].write_bytes(content)
    store = FeatureStore(workspace)
    assert store.lookup(encoder, ["a", "b"]) == 0
    assert store.seconds_cold(encoder, ["a"]) is None


def test_a_pickle_in_the_store_is_never_opened(workspace, encoder, tmp_path):
    FeatureStore(workspace).features(encoder, ["a"])
    marker = tmp_path / "marker"

    class Trap:
        def __reduce__(self) -> tuple:
            return Path.touch, (marker,)

    np.save(shards(workspace)[0], np.array([Trap()], dtype=object), allow_pickle=True)
    assert np.array_equal(FeatureStore(workspace).features(encoder, ["a"]), expected(["a"]))
    assert not marker.exists()


def test_seconds_are_those_of_the_first_time(workspace, encoder, monkeypatch):
    clock = iter(range(0, 1000, 8))
    monkeypatch.setattr(shards_module.time, "perf_counter", lambda: next(clock))
    store = FeatureStore(workspace)
    store.features(encoder, ["a", "b", "c", "d"])  # one shard of four, eight seconds
    store.features(encoder, ["a", "b", "e"])  # one more, eight seconds for one item
    assert store.seconds_cold(encoder, ["a", "b", "b"]) == pytest.approx(4)
    assert store.seconds_cold(encoder, ["e", "a"]) == pytest.approx(10)
    assert store.seconds_cold(encoder, ["a", "never seen"]) is None
    assert store.seconds_cold(encoder, []) == 0


def test_waiting_for_another_writer_can_be_stopped_and_loses_nothing(workspace, encoder):
    store = FeatureStore(workspace)
    store.features(encoder, ["a"])
    lock = FileLock(shards(workspace)[0].parent / ".lock")

    def stop(done: int, total: int) -> None:
        raise Stopped("stopped")

    with lock, pytest.raises(Stopped):
        store.features(encoder, ["a", "b"], stop)
    assert encoder.encoded == ["a"]
    assert np.array_equal(store.features(encoder, ["a", "b"]), expected(["a", "b"]))


def test_what_another_writer_stored_meanwhile_is_not_computed_again(workspace, encoder):
    ours, theirs = FeatureStore(workspace), CountingEncoder()
    items = [f"text {number}" for number in range(12)]

    def another_writes(done: int, total: int) -> None:
        if not theirs.encoded:
            FeatureStore(workspace)._shelf(theirs).append(distinct(items)[0], expected(items)[distinct(items)[1]], 1.0)
            theirs.encoded = items

    assert np.array_equal(ours.features(encoder, items, another_writes), expected(items))
    assert len(encoder.encoded) == 4  # the shard in hand; the rest was there


def test_left_overs_of_a_killed_writer_are_swept(workspace, encoder):
    store = FeatureStore(workspace)
    store.features(encoder, ["a"])
    left_over = shards(workspace)[0].parent / ".x.npy.abc.tmp"
    left_over.write_bytes(b"half")
    store.features(encoder, ["b"])
    assert not left_over.exists()


def test_a_full_disk_is_said_and_stores_nothing(workspace, encoder, monkeypatch):
    import errno
    import os

    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(StorageError, match="No space left"):
        FeatureStore(workspace).features(encoder, ["a"])
    assert [path.name for path in workspace.features.rglob("*") if path.is_file()] == [".lock"]


class WideEncoder(CountingEncoder):
    """A thousand numbers a text."""

    def encode(self, items, on_progress=None):
        return np.repeat(super().encode(items, on_progress)[:, :1], 1000, axis=1)


def test_storing_takes_memory_for_a_shard_and_not_for_all_features(workspace, monkeypatch):
    monkeypatch.setattr(module, "ITEMS_A_SHARD", {"text": 50})
    store, texts = FeatureStore(workspace), [f"text {number}" for number in range(1000)]
    tracemalloc.start()
    try:
        store.store(WideEncoder(), texts)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000 < 4 * 1000 * 1000  # a shard is 0.2 MB
    assert store.lookup(WideEncoder(), texts) == 1000


def test_no_file_stays_open_however_many_shards_are_read(workspace, encoder, toy_texts):
    FeatureStore(workspace).features(encoder, toy_texts.texts)
    store, before = FeatureStore(workspace), psutil.Process().num_fds()
    store.features(encoder, toy_texts.texts)
    assert len(shards(workspace)) > 5
    assert psutil.Process().num_fds() <= before


def test_what_somebody_deleted_is_computed_again(workspace, encoder):
    store = FeatureStore(workspace)
    store.features(encoder, ["a", "b"])
    for path in shards(workspace):
        path.unlink()
    assert np.array_equal(store.features(encoder, ["a", "b"]), expected(["a", "b"]))
    assert sorted(encoder.encoded) == ["a", "a", "b", "b"]
