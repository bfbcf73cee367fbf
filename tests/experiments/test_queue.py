"""Submitting, sweeping, cancelling and resuming, with processes that are only noted; test_kills has real ones."""

import multiprocessing
import os
import subprocess
import sys
import time

import pytest
from experiment_toys import files_under, make_spec

from tlcore.data.store import DatasetStore
from tlcore.errors import ChoiceError, NotFoundError, UserError
from tlcore.experiments import closer, queue
from tlcore.experiments.closer import close
from tlcore.experiments.control import Control
from tlcore.experiments.lease import held, read_lease, write_lease
from tlcore.experiments.recorder import Recorder
from tlcore.experiments.store import RunStore
from tlcore.records import RunStatus

DEAD = 2**22 + 1
"""A pid that no process has: beyond the largest there is."""


@pytest.fixture
def started(monkeypatch):
    """What was started instead of processes: (module, experiment)."""
    found = []

    def note(workspace, module, argument, log):
        found.append((module.rpartition(".")[2], argument))
        return DEAD

    monkeypatch.setattr(queue, "start_detached", note)
    return found


def leave_dead(control: Control, slot: int | None) -> None:
    """As if the process that had the lease were killed."""
    write_lease(control, os.getpid(), slot)
    found = read_lease(control)
    control.lease_file.write_text(found.model_copy(update={"pid": DEAD}).model_dump_json())


def test_a_submitted_experiment_waits_with_one_process(tiny_workspace, spec, started):
    experiment = queue.submit(tiny_workspace, spec)
    assert started == [("worker", experiment)]
    assert queue.state(tiny_workspace, experiment) == "queued"
    assert queue.progress(tiny_workspace, experiment) is None
    assert queue.log(tiny_workspace, experiment) == ""
    assert len(Control(tiny_workspace, experiment).submission().plans) == 4


def test_the_same_key_is_the_same_experiment_and_another_key_another(tiny_workspace, spec, started):
    first = queue.submit(tiny_workspace, spec, "click")
    assert queue.submit(tiny_workspace, spec, "click") == first
    assert queue.submit(tiny_workspace, spec, "other click") != first
    assert queue.submit(tiny_workspace, spec) != queue.submit(tiny_workspace, spec)
    assert len(started) == 4


def submit_at_once(args):
    workspace, spec = args
    queue.start_detached = lambda *args: DEAD
    claims = []
    kept = queue._claim
    queue._claim = lambda *args: claims.append(kept(*args)) or claims[-1]
    return queue.submit(workspace, spec, "click"), claims


def test_a_double_click_in_two_processes_makes_one_experiment(tiny_workspace, spec):
    with multiprocessing.get_context("fork").Pool(4) as pool:
        answers = pool.map(submit_at_once, [(tiny_workspace, spec)] * 8, chunksize=1)
    assert len({experiment for experiment, _ in answers}) == 1
    assert sum(claim for _, claims in answers for claim in claims) == 1
    assert len(RunStore(tiny_workspace).experiments()) == 1
    assert not list(tiny_workspace.queue.glob(".new-*"))


@pytest.mark.parametrize(
    "changes", [{"strategies": ("magic",)}, {"budgets": (2,)}, {"budgets": (10_000,)}, {"encoders": ("huge",)}, {"seeds": 0}]
)
def test_what_cannot_be_run_is_refused_before_anything_is_stored(tiny_workspace, dataset, started, changes):
    before = files_under(tiny_workspace.root)
    with pytest.raises(UserError) as error:
        queue.submit(tiny_workspace, make_spec(dataset, **changes))
    assert "\n" not in str(error.value)
    assert files_under(tiny_workspace.root) == before
    assert started == []


def test_a_dataset_deleted_in_another_tab_is_said(tiny_workspace, dataset, spec, started):
    DatasetStore(tiny_workspace).delete(dataset.id)
    with pytest.raises(NotFoundError, match=dataset.id):
        queue.submit(tiny_workspace, spec)


@pytest.mark.parametrize("experiment", ["nothing", "../../../etc", "", "ffffffffffff"])
def test_what_does_not_exist_is_said(tiny_workspace, started, experiment):
    for act in (queue.state, queue.cancel, queue.resume):
        with pytest.raises(NotFoundError):
            act(tiny_workspace, experiment)


def test_a_waiting_experiment_whose_process_died_is_started_again(tiny_workspace, control, started):
    leave_dead(control, None)
    queue.sweep(tiny_workspace)
    assert started == [("worker", control.id)]
    assert queue.state(tiny_workspace, control.id) == "queued"


def test_a_process_that_never_gets_going_is_given_up(tiny_workspace, control, started):
    for _ in range(5):
        leave_dead(control, None)
        queue.sweep(tiny_workspace)
    assert started == [("worker", control.id)] * 3 + [("closer", control.id)]
    close(control)
    assert queue.state(tiny_workspace, control.id) == "failed"
    assert "could not be started" in RunStore(tiny_workspace).experiment(control.id).reason


def test_what_a_dead_worker_had_begun_becomes_interrupted(tiny_workspace, control, started):
    store = RunStore(tiny_workspace)
    recorder = Recorder(store, control.submission())
    _, runs = recorder.open()
    recorder.begin(runs[0])
    recorder.end(runs[0], RunStatus.FAILED, "the loss is no longer a number")
    recorder.begin(runs[1])
    leave_dead(control, 0)
    queue.sweep(tiny_workspace)
    queue.sweep(tiny_workspace)
    assert started == [("closer", control.id)]
    close(control)
    assert queue.state(tiny_workspace, control.id) == "interrupted"
    assert [(run.status, run.reason) for run in store.runs(control.id)] == [
        (RunStatus.FAILED, "the loss is no longer a number"),
        *[(RunStatus.KILLED, "interrupted")] * 3,
    ]
    assert next(row for row in store.recorded(control.id) if row.parent is None).status is RunStatus.KILLED


def test_living_and_ended_experiments_are_left_alone(tiny_workspace, control, started):
    with held(control):
        queue.sweep(tiny_workspace)
    control.write_ending(RunStatus.FINISHED)
    leave_dead(control, 0)
    queue.sweep(tiny_workspace)
    assert started == []


def test_one_that_does_not_hear_a_cancel_is_closed_in_the_end(tiny_workspace, control, started):
    with held(control):
        control.ask_cancel()
        queue.sweep(tiny_workspace)
        assert started == []
        then = time.time() - 60
        os.utime(control.folder / "cancel", (then, then))
        queue.sweep(tiny_workspace)
    assert started == [("closer", control.id)]


def test_cancelling_twice_or_after_the_end_changes_nothing(tiny_workspace, control, started):
    queue.cancel(tiny_workspace, control.id)
    queue.cancel(tiny_workspace, control.id)
    assert started == [("closer", control.id)]
    control.write_ending(RunStatus.FINISHED)
    queue.cancel(tiny_workspace, control.id)
    assert started == [("closer", control.id)]
    assert queue.state(tiny_workspace, control.id) == "finished"


def test_resume_puts_an_ended_experiment_in_line_again_once(tiny_workspace, control, started):
    before = control.submission()
    leave_dead(control, 0)
    control.ask_cancel()
    control.write_ending(RunStatus.KILLED, "cancelled")
    queue.resume(tiny_workspace, control.id)
    write_lease(control, os.getpid())
    queue.resume(tiny_workspace, control.id)
    assert started == [("worker", control.id)]
    assert queue.state(tiny_workspace, control.id) == "queued"
    assert not control.cancel_asked
    assert control.submission().queued_at > before.queued_at
    assert control.submission().submitted_at == before.submitted_at


def test_resume_says_when_nothing_is_left_or_the_dataset_is_gone(tiny_workspace, dataset, control, started, monkeypatch):
    control.write_ending(RunStatus.KILLED, "cancelled")
    finished = [run.model_copy(update={"status": RunStatus.FINISHED}) for run in RunStore(tiny_workspace).runs(control.id)]
    with monkeypatch.context() as patched:
        patched.setattr(RunStore, "runs", lambda self, experiment: finished)
        with pytest.raises(ChoiceError, match="nothing to resume"):
            queue.resume(tiny_workspace, control.id)
    DatasetStore(tiny_workspace).delete(dataset.id)
    with pytest.raises(NotFoundError, match=dataset.id):
        queue.resume(tiny_workspace, control.id)
    assert started == []


def test_sweeping_an_empty_workspace_does_nothing(tiny_workspace, started):
    queue.sweep(tiny_workspace)
    assert started == []


def test_a_closer_leaves_an_experiment_that_lives_again_alone(tiny_workspace, control, monkeypatch):
    closer.main(control.id)  # resumed a moment ago, its process on the way
    assert not control.ended


def test_a_closer_ends_no_process_that_nobody_asked_to_stop(tiny_workspace, control):
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", control.id])
    write_lease(control, worker.pid, 0)
    closer.main(control.id)
    assert worker.poll() is None
    assert not control.ended
    control.ask_cancel()
    closer.main(control.id)
    assert worker.wait(10) < 0
    assert queue.state(tiny_workspace, control.id) == "cancelled"
