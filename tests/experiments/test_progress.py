import pytest

from tlcore.errors import Stopped
from tlcore.experiments import progress
from tlcore.experiments.progress import Board, RunProgress
from tlcore.records import EpochRecord


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when told."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_done_is_weighed_by_cost(control, clock):
    board = Board(control, [10, 30, 60])
    board.enter(1, "Encoding")
    assert control.progress().done == pytest.approx(0.1)
    clock[0] += 1
    board.at(0.5)
    assert control.progress().done == pytest.approx(0.25)
    board.enter(2, "Training", "run2")
    assert (control.progress().done, control.progress().run) == (pytest.approx(0.4), "run2")


def test_time_left_is_unknown_at_first_then_the_estimate_gives_way_to_the_pace_of_this_attempt(control, clock):
    board = Board(control, [500, 1000, 1000])
    board.enter(1, "Encoding")
    board.start()
    clock[0] += 1
    board.at(0.001)
    assert board.seconds_left is None
    clock[0] += 3
    board.at(0.002)  # 2 of 2500 in 4 s: too little to overthrow the estimate of 1998
    assert 1998 < board.seconds_left < 2200
    clock[0] += 996
    board.at(0.5)  # 500 in 1000 s: half as quick as estimated, 1500 to go
    assert board.seconds_left == pytest.approx(3000, rel=0.05)
    clock[0] += 1000
    board.enter(2, "Training")
    assert board.seconds_left == pytest.approx(2000, rel=0.05)


def test_writing_is_not_done_at_every_step(control, clock):
    board = Board(control, [1, 1])
    board.enter(0, "Encoding")
    before = control.progress()
    board.at(0.1)
    assert control.progress() == before
    clock[0] += 1
    board.at(0.2)
    assert control.progress().done == pytest.approx(0.1)
    board.at(0.3, "Another phase")
    assert control.progress().phase == "Another phase"


def test_a_cancel_stops_at_the_next_step(control, clock):
    board = Board(control, [1])
    board.at(0.1)
    control.ask_cancel()
    with pytest.raises(Stopped):
        board.at(0.2)
    with pytest.raises(Stopped):
        RunProgress(board, "Full fine-tuning", 3).on_step(0.2)


def test_phases_and_epochs_are_said_in_words(control, clock):
    board = Board(control, [1])
    hook = RunProgress(board, "Full fine-tuning, seed 2 of 3", 6)
    hook.on_phase("Preparing the head", 0.0)
    assert control.progress().phase == "Full fine-tuning, seed 2 of 3: preparing the head"
    hook.on_phase("Training", 0.1)
    assert control.progress().phase == "Full fine-tuning, seed 2 of 3: epoch 1 of 6"
    hook.on_epoch(EpochRecord(epoch=2, train_loss=1.0, seconds=1.0))
    hook.on_step(0.5)
    assert control.progress().phase == "Full fine-tuning, seed 2 of 3: epoch 3 of 6"
    hook.on_epoch(EpochRecord(epoch=6, train_loss=1.0, seconds=1.0))
    hook.on_step(1.0)
    assert control.progress().phase.endswith("epoch 6 of 6")
