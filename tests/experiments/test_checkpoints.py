import json
from pathlib import Path

import numpy as np
import pytest

from tlcore.experiments.checkpoints import FolderCheckpoints


def arrays(value: float) -> dict[str, np.ndarray]:
    return {"weight": np.full((3, 4), value, dtype=np.float32), "step": np.array(7)}


def test_the_newest_checkpoint_comes_back_and_the_old_one_goes(tmp_path):
    checkpoints = FolderCheckpoints(tmp_path / "run")
    assert checkpoints.load() is None
    for epoch in (1, 2):
        checkpoints.save(arrays(epoch), {"epoch": epoch, "order": [3, 1, 2]})
    found, state = FolderCheckpoints(tmp_path / "run").load()
    assert state == {"epoch": 2, "order": [3, 1, 2]}
    np.testing.assert_array_equal(found["weight"], arrays(2)["weight"])
    assert found["step"] == 7
    assert len(list((tmp_path / "run").glob("*.safetensors"))) == 1


@pytest.mark.parametrize("kill_at", range(1, 5))
def test_a_kill_at_any_rename_or_removal_leaves_a_whole_checkpoint(tmp_path, monkeypatch, kill_at):
    checkpoints = FolderCheckpoints(tmp_path / "run")
    checkpoints.save(arrays(1), {"epoch": 1})
    steps = iter(range(1, 100))
    for name in ("replace", "unlink"):
        kept = getattr(Path, name)

        def step(self, *args, kept=kept, **named):
            if next(steps) == kill_at:
                raise KeyboardInterrupt
            return kept(self, *args, **named)

        monkeypatch.setattr(Path, name, step)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save(arrays(2), {"epoch": 2})
    monkeypatch.undo()
    found, state = FolderCheckpoints(tmp_path / "run").load()
    np.testing.assert_array_equal(found["weight"], arrays(state["epoch"])["weight"])
    again = FolderCheckpoints(tmp_path / "run")
    again.save(arrays(3), {"epoch": 3})
    assert again.load()[1] == {"epoch": 3}
    assert not [path for path in (tmp_path / "run").iterdir() if path.suffix == ".tmp"]


def test_damaged_arrays_count_as_no_checkpoint(tmp_path):
    checkpoints = FolderCheckpoints(tmp_path / "run")
    checkpoints.save(arrays(1), {"epoch": 1})
    path = next((tmp_path / "run").glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    assert checkpoints.load() is None


def test_time_spent_before_an_interruption_counts(tmp_path):
    FolderCheckpoints(tmp_path / "run").save(arrays(1), {})
    facts = json.loads((tmp_path / "run/checkpoint.json").read_text())
    (tmp_path / "run/checkpoint.json").write_text(json.dumps({**facts, "seconds": 100.0}))
    checkpoints = FolderCheckpoints(tmp_path / "run")
    assert checkpoints.seconds < 1
    checkpoints.load()
    assert 100 <= checkpoints.seconds < 101


def test_removed_is_gone(tmp_path):
    checkpoints = FolderCheckpoints(tmp_path / "run")
    checkpoints.remove()
    checkpoints.save(arrays(1), {})
    checkpoints.remove()
    assert checkpoints.load() is None
