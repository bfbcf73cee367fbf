import errno

import pytest
import torch

from tlcore.encoders import room as module
from tlcore.encoders.room import room
from tlcore.errors import StorageError


@pytest.fixture(autouse=True)
def all_are_large(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MOST_IN_MEMORY", 10)
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_a_large_tensor_keeps_what_is_written_and_leaves_no_name_to_sweep(tmp_path, dtype):
    there = room((7, 3), dtype)
    there[:] = torch.arange(21).view(7, 3)
    assert there.dtype == dtype
    assert there.float().sum() == 210
    assert list(tmp_path.iterdir()) == []


def test_a_large_tensor_lies_on_the_disk_of_the_workspace(tmp_path, monkeypatch):
    asked = []
    real = module.tempfile.TemporaryFile
    monkeypatch.setattr(module.tempfile, "TemporaryFile", lambda dir: asked.append(dir) or real(dir=dir))
    room((7, 3), torch.float32)
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path / "not there"))
    room((7, 3), torch.float32)
    assert asked == [tmp_path, None]


def test_a_full_disk_is_said_before_anything_is_computed(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.os, "posix_fallocate", full)
    with pytest.raises(StorageError, match=r"disk.*No space left.*Free some"):
        room((7, 3), torch.float32)
