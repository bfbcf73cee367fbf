import errno
import hashlib
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlcore.errors import StorageError
from tlcore.files import atomic_path, sha256_of, write_bytes, write_text


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
