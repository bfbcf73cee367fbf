import errno
from pathlib import Path

import pytest
import torch

from tlcore.encoders import room as module
from tlcore.encoders.room import Room
from tlcore.errors import StorageError


@pytest.fixture(autouse=True)
def all_are_large(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MOST_IN_MEMORY", 10)
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_what_is_written_is_read_and_leaves_no_name_to_sweep(tmp_path, dtype):
    there = Room((7, 3), dtype)
    for row in torch.randperm(7):
        there[row[None]] = (3 * row + torch.arange(3)[None]).to(dtype)
    assert there[torch.tensor([4, 1])].tolist() == [[12, 13, 14], [3, 4, 5]]
    assert there[2:4].tolist() == [[6, 7, 8], [9, 10, 11]]
    assert there[0:0].dtype == there.dtype == dtype
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's own account of memory")
def test_little_of_it_is_in_memory_at_a_time(monkeypatch):
    monkeypatch.setattr(module, "MOST_MAPPED", 1 << 20)
    before, most = mapped_bytes(), 0
    there = Room((64, 1 << 18), torch.float32)
    for row in range(64):
        there[torch.tensor([row])] = torch.full((1, 1 << 18), float(row))
        most = max(most, mapped_bytes() - before)
    for row in range(64):
        assert there[torch.tensor([row])].unique().tolist() == [row]
        most = max(most, mapped_bytes() - before)
    assert most < 16 << 20 < 64 << 20


def mapped_bytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssFile:"))


def test_a_large_room_lies_on_the_disk_of_the_workspace(tmp_path, monkeypatch):
    asked = []
    real = module.tempfile.TemporaryFile
    monkeypatch.setattr(module.tempfile, "TemporaryFile", lambda dir: asked.append(dir) or real(dir=dir))
    Room((7, 3), torch.float32)
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path / "not there"))
    Room((7, 3), torch.float32)
    assert asked == [tmp_path, None]


def test_a_full_disk_is_said_before_anything_is_computed(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.os, "posix_fallocate", full)
    with pytest.raises(StorageError, match=r"disk.*No space left.*Free some"):
        Room((7, 3), torch.float32)
