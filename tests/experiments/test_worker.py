"""What a worker does besides racing; test_kills has it as a whole."""

import os
import subprocess
import sys
import textwrap

import pytest
from experiment_toys import submit_quietly

from tlcore.errors import StorageError
from tlcore.experiments import worker
from tlcore.experiments.race import Race
from tlcore.experiments.store import RunStore
from tlcore.records import RunStatus


@pytest.fixture(autouse=True)
def still_ourselves(monkeypatch):
    """The test process keeps its own priority and limits."""
    for name in ("_settle_in", "_limit_memory"):
        monkeypatch.setattr(worker, name, lambda: None)


def test_a_worker_races_and_says_how_it_ended(tiny_workspace, control):
    worker.main(control.id)
    assert control.ending().status is RunStatus.FINISHED
    assert "Started." in control.log()
    assert control.log().endswith("Ended: finished.\n")
    first = control.ending()
    worker.main(control.id)
    assert control.ending() == first


def test_what_only_the_whole_can_fail_of_is_its_reason(tiny_workspace, control, monkeypatch):
    def run(self):
        self.recorder.open()
        raise StorageError("Could not write x: No space left on device. Free some disk space and try again.")

    monkeypatch.setattr(Race, "run", run)
    worker.main(control.id)
    record = RunStore(tiny_workspace).experiment(control.id)
    assert (record.status, record.reason) == (RunStatus.FAILED, control.ending().reason)
    assert record.reason.startswith("Could not write x")
    assert {run.status for run in RunStore(tiny_workspace).runs(control.id)} == {RunStatus.KILLED}


def test_a_fault_nobody_foresaw_has_a_sentence_and_a_trace(tiny_workspace, control, monkeypatch, caplog):
    def run(self):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(Race, "run", run)
    worker.main(control.id)
    assert control.ending().reason == "It broke off for a reason nobody foresaw (ZeroDivisionError); the log has the details."
    assert "secret detail" in caplog.text


def test_cancelled_while_it_waits_it_ends_without_a_trace_in_mlflow(tiny_workspace, control):
    control.ask_cancel()
    worker.main(control.id)
    assert (control.ending().status, control.ending().reason) == (RunStatus.KILLED, "cancelled")
    assert RunStore(tiny_workspace).recorded() == []


def test_an_experiment_someone_else_works_on_is_left_alone(tiny_workspace, spec):
    from tlcore.experiments.lease import held

    control = submit_quietly(tiny_workspace, spec)
    with held(control):
        worker.main(control.id)
    assert control.ending() is None


def test_more_memory_than_there_is_fails_an_allocation_not_the_process():
    code = """
        import psutil, torch
        from tlcore.errors import OutOfMemoryError
        from tlcore.experiments import worker
        from tlcore.training.memory import memory_advice
        kept = psutil.virtual_memory()
        psutil.virtual_memory = lambda: kept._replace(available=2**30)
        worker._settle_in()
        worker._limit_memory()
        torch.ones(2**26)
        try:
            with memory_advice("Try a batch size of 8."):
                torch.ones(2**30)
        except OutOfMemoryError as error:
            print(error)
        print(float(torch.ones(2**26).sum()))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, env=os.environ, check=False
    )
    assert done.stdout.splitlines() == ["This run needs more memory than there is. Try a batch size of 8.", "67108864.0"], (
        done.stderr
    )
