import errno
import hashlib
import os
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlcore.errors import StorageError
from tlcore.files import atomic_path, check_room, sha256_of, stem, temporary_folder, write_bytes, write_text


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_and_alone(tmp_path):
    target = tmp_path / "deep" / "down" / "a.json"
    write_text(target, "größe 😀")
    assert target.read_bytes() == "größe 😀".encode()
    assert names(target.parent) == ["a.json"]


def test_the_target_changes_only_after_the_block(tmp_path):
    target = tmp_path / "a.txt"
    write_text(target, "old")
    with atomic_path(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
        assert temporary.parent == target.parent
    assert target.read_text() == "new"


def test_a_failure_in_the_block_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "a.txt"
    write_text(target, "old")
    with pytest.raises(ZeroDivisionError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_full_disk_is_a_plain_sentence_with_the_path(tmp_path, monkeypatch):
    target = tmp_path / "a.txt"
    write_text(target, "old")

    def no_space(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(StorageError, match="No space left on device") as caught:
        write_text(target, "new")
    assert str(target) in str(caught.value)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_the_content_is_on_disk_before_the_name_changes(tmp_path, monkeypatch):
    target, seen = tmp_path / "a.txt", []
    sync = os.fsync

    def note(descriptor):
        seen.append(target.exists())
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    write_text(target, "new")
    assert seen == [False, True]  # the file before the rename, the folder after it


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(content=st.binary(max_size=100), repeats=st.integers(1, 30_000))
def test_a_hash_is_that_of_all_the_bytes(tmp_path, content, repeats):
    write_bytes(tmp_path / "a.bin", content * repeats)
    assert sha256_of(tmp_path / "a.bin") == hashlib.sha256(content * repeats).hexdigest()


def test_a_temporary_folder_is_gone_whatever_happens(tmp_path):
    parent = tmp_path / "deep" / "down"
    with pytest.raises(ZeroDivisionError), temporary_folder(parent) as folder:
        assert folder.parent == parent
        write_text(folder / "a.txt", "content")
        raise ZeroDivisionError
    assert names(parent) == []


def test_room_is_refused_when_a_byte_is_lacking(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=2_000_000)
    monkeypatch.setattr("tlcore.files.shutil.disk_usage", lambda _path: usage)
    check_room(tmp_path, 2_000_000)
    with pytest.raises(StorageError, match="has 2 MB left and this import may need 2 MB"):
        check_room(tmp_path, 2_000_001)


@pytest.mark.parametrize(
    ("name", "bare"), [("a.csv", "a"), ("a.csv.gz", "a"), ("a.b.zip", "a.b"), ("a", "a"), (".csv", ".csv"), (".gz", ".gz")]
)
def test_a_stem_has_no_ending_and_is_never_empty(name, bare):
    assert stem(name) == bare
