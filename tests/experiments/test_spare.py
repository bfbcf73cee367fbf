"""A worker that waits for an experiment instead of being started for one."""

import time

import psutil
import pytest
from experiment_toys import files_under

from tlcore.experiments import queue, spare
from tlcore.experiments.lease import read_lease
from tlcore.experiments.rehearsal import rehearse
from tlcore.experiments.store import RunStore
from tlcore.records import RunStatus

PATIENCE = 120


@pytest.fixture
def kept(tiny_workspace, spec, monkeypatch):
    """Keeps a spare worker over the tiny workspace; gives its process."""
    monkeypatch.setenv("TLCORE_THREADS", "1")

    def keep(likely=spec):
        spare.keep_ready(tiny_workspace, likely)
        return spare._SPARES[tiny_workspace.root]

    yield keep
    spare.dismiss(tiny_workspace)


def wait_for(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_what_is_submitted_goes_to_the_worker_that_waits(tiny_workspace, spec, kept):
    waiting = kept()
    assert kept() is waiting  # one is enough
    experiment = queue.submit(tiny_workspace, spec)
    control = next(control for control in queue.all_controls(tiny_workspace) if control.id == experiment)
    wait_for(lambda: control.ended)
    assert control.ending().status is RunStatus.FINISHED and "Ended: finished." in control.log()
    assert read_lease(control) is None or read_lease(control).pid == waiting.pid
    wait_for(lambda: waiting.poll() is not None)


def test_each_takes_one_experiment_and_a_dead_one_takes_none(kept, control):
    waiting = kept()
    waiting.kill()
    waiting.wait()
    assert spare.hand_over(control) is None
    assert kept() is not waiting
    assert spare.hand_over(control) and spare.hand_over(control) is None
    wait_for(lambda: control.ended)


def test_it_ends_when_nobody_is_left_to_tell_it_anything(kept):
    waiting = kept()
    waiting.stdin.close()
    wait_for(lambda: waiting.poll() is not None)


def test_it_is_not_kept_where_memory_is_short(tiny_workspace, spec, monkeypatch):
    short = psutil.virtual_memory()._replace(available=2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: short)
    spare.keep_ready(tiny_workspace, spec)
    assert tiny_workspace.root not in spare._SPARES


def test_getting_ready_leaves_nothing_but_an_empty_run_store(tiny_workspace, spec):
    before = files_under(tiny_workspace.root)
    rehearse(tiny_workspace, spec)
    assert {file for file in files_under(tiny_workspace.root) - before if not file.startswith("features/")} == set()
    assert not [file for file in files_under(tiny_workspace.features) if file.endswith(".npy")]
    assert RunStore(tiny_workspace).recorded() == []


def test_a_name_in_any_script_reaches_it(tiny_workspace, spec, kept, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    waiting = kept(spec.model_copy(update={"name": "Ja oder nein? 是或否\n"}))
    assert queue.submit(tiny_workspace, spec)
    wait_for(lambda: waiting.poll() is not None)
    assert waiting.returncode == 0


def test_what_cannot_be_prepared_leaves_a_worker_that_is_as_good_as_a_new_one(tiny_workspace, spec):
    spare.keep_ready(tiny_workspace, spec.model_copy(update={"dataset": "0" * 12}))
    waiting = spare._SPARES[tiny_workspace.root]
    experiment = queue.submit(tiny_workspace, spec)
    control = next(control for control in queue.all_controls(tiny_workspace) if control.id == experiment)
    wait_for(lambda: control.ended)
    assert control.ending().status is RunStatus.FINISHED
    wait_for(lambda: waiting.poll() is not None)
