"""Hooks in company and in parts."""

from fitting import Listener

from tlcore.records import EpochRecord
from tlcore.training.hooks import Hooks, Part

RECORD = EpochRecord(epoch=1, train_loss=0.5, seconds=1.0)


def test_several_hooks_all_hear_everything():
    first, second = Listener(), Listener()
    both = Hooks(first, second)
    both.on_phase("Training", 0.0)
    both.on_step(0.5)
    both.on_epoch(RECORD)
    for listener in (first, second):
        assert (listener.phases, listener.shares, listener.epochs) == (["Training"], [0.0, 0.5], [RECORD])


def test_a_part_squeezes_shares_into_its_place():
    listener = Listener()
    part = Part(listener, 0.2, 0.6)
    part.on_phase("Encoding", 0.0)
    part.on_items(1, 2)
    part.on_step(1.0)
    part.on_items(0, 0)
    part.on_epoch(RECORD)
    assert [round(share, 9) for share in listener.shares] == [0.2, 0.4, 0.6, 0.2]
    assert listener.epochs == [RECORD]
