"""Real workers, really killed: in the middle of an epoch, of a checkpoint, while waiting, running and saving.

Where a kill must meet a certain moment, the worker's process loads `stand_still` from a folder that only these tests put on its
path: it patches one call so that it leaves a mark and waits. Nothing of it is in the product.
"""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import mlflow
import psutil
import pytest
from experiment_toys import QUICK, make_spec, submit_quietly

from tlcore.experiments import queue
from tlcore.experiments.control import Control
from tlcore.experiments.lease import read_lease
from tlcore.experiments.results import results
from tlcore.experiments.store import RunStore
from tlcore.records import RunStatus

LONG = QUICK.model_copy(update={"epochs": 6, "batch_size": 4})


@pytest.fixture
def patched(tmp_path, monkeypatch) -> Callable[[str], Path]:
    """Have code run at the start of every process begun from here on; `mark` in it is a file that says the moment has come."""
    folder = tmp_path / "patches"
    folder.mkdir()

    def patch(code: str) -> Path:
        mark = folder / "mark"
        mark.unlink(missing_ok=True)
        preamble = f"""
            import importlib.abc, importlib.util, pathlib, sys, time
            mark = pathlib.Path({str(mark)!r})
            def wait():
                mark.touch()
                time.sleep(60)
            class After(importlib.abc.MetaPathFinder):
                '''Calls `change(module)` when the module `name` has been loaded.'''
                def __init__(self, name, change): self.name, self.change = name, change
                def find_spec(self, name, path, target=None):
                    if name != self.name: return None
                    sys.meta_path.remove(self)
                    spec = importlib.util.find_spec(name)
                    load = spec.loader.exec_module
                    def exec_module(module):
                        load(module)
                        self.change(module)
                    spec.loader.exec_module = exec_module
                    return spec
            def after(name, change): sys.meta_path.insert(0, After(name, change))
        """
        (folder / "sitecustomize.py").write_text(textwrap.dedent(preamble) + textwrap.dedent(code))
        monkeypatch.setenv("PYTHONPATH", str(folder))
        return mark

    yield patch


@pytest.fixture
def unpatched(monkeypatch):
    """Processes from here on are as in the product."""
    return lambda: monkeypatch.delenv("PYTHONPATH")


@pytest.fixture(autouse=True)
def nothing_left(tiny_workspace):
    """No process of a test outlives it by more than the time it takes to end."""
    yield
    alive = psutil.wait_procs([process for process in psutil.process_iter() if is_ours(process, tiny_workspace)], timeout=10)[1]
    for process in alive:
        process.kill()
    assert not alive


def is_ours(process: psutil.Process, workspace) -> bool:
    try:
        own = process.pid != os.getpid() and process.environ().get("TLCORE_HOME") == str(workspace.root)
        return own and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> float:
    """Until something is so; how long that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"waited in vain for {what}"
        time.sleep(0.02)
    return time.monotonic() - began


def wait_over(workspace, experiment: str) -> str:
    """Until an experiment is over, sweeping as a page does."""

    def over() -> bool:
        queue.sweep(workspace)
        return Control(workspace, experiment).ended

    wait_for(over, "the end of the experiment")
    return queue.state(workspace, experiment)


def kill_worker(control: Control) -> None:
    process = psutil.Process(read_lease(control).pid)
    process.send_signal(signal.SIGKILL)
    wait_for(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, "the worker's death")


def steps_in_mlflow(store: RunStore, run: str) -> list[int]:
    return [point.step for point in mlflow.MlflowClient(store.uri).get_metric_history(run, "train_loss")]


def one_network(dataset, **changes):
    return make_spec(dataset, strategies=("full_fine_tuning",), seeds=1, settings={"full_fine_tuning": LONG}, **changes)


def test_killed_in_an_epoch_and_in_a_checkpoint_it_resumes_to_the_same_model(
    tiny_workspace, dataset, patched, unpatched, monkeypatch
):
    store = RunStore(tiny_workspace)
    undisturbed = queue.submit(tiny_workspace, one_network(dataset))
    assert wait_over(tiny_workspace, undisturbed) == "finished"

    # In the middle of the fourth epoch, with a checkpoint after every one.
    every_epoch = """
        def often(module): module.Keeper.__init__.__globals__["time"] = Clock()
        class Clock:
            now = 0.0
            def monotonic(self):
                Clock.now += 1000.0
                return Clock.now
        after("tlcore.training.checkpoint", often)
    """
    mark = patched(
        every_epoch
        + """
        def stand_still(module):
            kept = module.Loop._train_step
            def step(self, rows, where):
                if where.startswith("epoch 4, step 6"): wait()
                return kept(self, rows, where)
            module.Loop._train_step = step
        after("tlcore.training.loop", stand_still)
    """
    )
    experiment = queue.submit(tiny_workspace, one_network(dataset))
    control = Control(tiny_workspace, experiment)
    wait_for(mark.exists, "the fourth epoch")
    [run] = store.runs(experiment)
    assert (run.status, len(run.curve)) == (RunStatus.RUNNING, 3)
    kill_worker(control)
    assert queue.state(tiny_workspace, experiment) == "interrupted"
    assert wait_over(tiny_workspace, experiment) == "interrupted"
    [run] = store.runs(experiment)
    assert (run.status, run.reason) == (RunStatus.KILLED, "interrupted")

    # In the middle of writing the checkpoint after the fourth epoch: the one after the third must count.
    mark = patched(
        every_epoch
        + """
        def stand_still(module):
            kept = module.atomic_path
            def atomic_path(target):
                if target.name == "4.safetensors": module.atomic_path = half
                return kept(target)
            import contextlib
            @contextlib.contextmanager
            def half(target):
                with kept(target) as temporary:
                    yield temporary
                    temporary.write_bytes(temporary.read_bytes()[:1000])
                    wait()
            module.atomic_path = lambda target: half(target) if target.name == "4.safetensors" else kept(target)
        after("tlcore.experiments.checkpoints", stand_still)
    """
    )
    queue.resume(tiny_workspace, experiment)
    wait_for(mark.exists, "the fourth checkpoint")
    kill_worker(control)
    assert wait_over(tiny_workspace, experiment) == "interrupted"
    assert steps_in_mlflow(store, run.id) == [1, 2, 3, 4]

    unpatched()
    queue.resume(tiny_workspace, experiment)
    assert wait_over(tiny_workspace, experiment) == "finished"
    assert steps_in_mlflow(store, run.id) == [1, 2, 3, 4, 5, 6]
    [resumed], [whole] = store.runs(experiment), store.runs(undisturbed)
    assert [epoch.train_loss for epoch in resumed.curve] == [epoch.train_loss for epoch in whole.curve]
    assert (store.predictions(resumed.id).probabilities == store.predictions(whole.id).probabilities).all()
    assert len(store.recorded(experiment)) == 2
    assert resumed.reason == ""
    assert not list(tiny_workspace.root.rglob(".*.tmp"))


def test_cancelled_while_waiting_running_and_saving_it_ends_once_and_in_time(tiny_workspace, dataset, patched):
    store = RunStore(tiny_workspace)
    saving = patched("""
        def stand_still(module):
            kept = module.save_bundle
            def save_bundle(folder, card, state):
                if card.seed == 1: wait()
                kept(folder, card, state)
            module.save_bundle = save_bundle
        after("tlcore.experiments.race", stand_still)
    """)
    first = queue.submit(tiny_workspace, make_spec(dataset, strategies=("classic",), seeds=3))
    second = queue.submit(tiny_workspace, one_network(dataset))
    wait_for(saving.exists, "the saving of the second run")
    assert queue.state(tiny_workspace, first) == "running"
    wait_for(lambda: queue.progress(tiny_workspace, second), "the second in line")
    assert queue.state(tiny_workspace, second) == "queued"
    assert "Waiting for" in queue.progress(tiny_workspace, second).phase

    for _ in range(2):  # while it waits: at once
        queue.cancel(tiny_workspace, second)
    assert wait_for(Control(tiny_workspace, second).folder.joinpath("end.json").exists, "the end") < 2
    assert queue.state(tiny_workspace, second) == "cancelled"
    assert {run.status for run in store.runs(second)} == {RunStatus.KILLED}

    pid = read_lease(Control(tiny_workspace, first)).pid
    queue.cancel(tiny_workspace, first)  # while it saves and does not listen: by force
    wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, "its end", 4)
    assert wait_over(tiny_workspace, first) == "cancelled"
    assert [(run.status, run.reason) for run in store.runs(first)] == [
        (RunStatus.FINISHED, ""),
        (RunStatus.KILLED, "cancelled"),
        (RunStatus.KILLED, "cancelled"),
    ]
    assert store.bundle(store.runs(first)[0].id).exists()
    assert not store.artifact(store.runs(first)[1].id, "bundle").exists()
    queue.cancel(tiny_workspace, first)
    assert queue.state(tiny_workspace, first) == "cancelled"
    found = results(tiny_workspace, first)
    assert (found.status, len(found.summary)) == (RunStatus.KILLED, 1)


def test_a_running_one_hears_a_cancel_at_its_next_step(tiny_workspace, dataset, patched):
    running = patched("""
        def slow(module):
            kept = module.Loop._train_step
            def step(self, rows, where):
                mark.touch()
                time.sleep(0.2)
                return kept(self, rows, where)
            module.Loop._train_step = step
        after("tlcore.training.loop", slow)
    """)
    experiment = queue.submit(tiny_workspace, one_network(dataset))
    wait_for(running.exists, "the first step")
    queue.cancel(tiny_workspace, experiment)
    assert wait_for(Control(tiny_workspace, experiment).folder.joinpath("end.json").exists, "the end") < 2
    assert queue.state(tiny_workspace, experiment) == "cancelled"
    assert queue.log(tiny_workspace, experiment).endswith("Ended: cancelled.\n")
    wait_for(lambda: not psutil.pid_exists(read_lease(Control(tiny_workspace, experiment)).pid), "its process to go")


def test_a_killed_worker_frees_its_slot_for_the_next_in_line(tiny_workspace, dataset, patched):
    stuck = patched("""
        def stand_still(module):
            kept = module.save_bundle
            def save_bundle(folder, card, state):
                if card.settings.epochs == 7: wait()
                kept(folder, card, state)
            module.save_bundle = save_bundle
        after("tlcore.experiments.race", stand_still)
    """)
    odd = {"classic": QUICK.model_copy(update={"epochs": 7})}
    first = queue.submit(tiny_workspace, make_spec(dataset, strategies=("classic",), seeds=1, settings=odd))
    wait_for(stuck.exists, "the first to be at work")
    second, third = (queue.submit(tiny_workspace, make_spec(dataset, strategies=("classic",), seeds=1)) for _ in range(2))
    wait_for(lambda: queue.progress(tiny_workspace, third), "all to be in line")
    kill_worker(Control(tiny_workspace, first))
    assert wait_over(tiny_workspace, second) == "finished"
    assert wait_over(tiny_workspace, third) == "finished"
    assert wait_over(tiny_workspace, first) == "interrupted"
    store = RunStore(tiny_workspace)
    assert store.runs(second)[0].ended_at <= store.runs(third)[0].started_at


def test_an_experiment_outlives_the_process_that_started_it_and_a_reboot_while_it_waits(tiny_workspace, dataset, spec):
    code = f"""
        import os, signal
        from tlcore.experiments import queue
        from tlcore.experiments.spec import ExperimentSpec
        from tlcore.settings import Workspace
        spec = ExperimentSpec.model_validate_json({make_spec(dataset, strategies=("classic",)).model_dump_json()!r})
        print(queue.submit(Workspace(), spec), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    server = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, start_new_session=True, check=False
    )
    assert server.returncode == -signal.SIGKILL
    rebooted = submit_quietly(tiny_workspace, make_spec(dataset, strategies=("classic",), seeds=1))
    then = time.time() - 3600
    os.utime(rebooted.folder / "spec.json", (then, then))
    assert wait_over(tiny_workspace, server.stdout.strip()) == "finished"
    assert wait_over(tiny_workspace, rebooted.id) == "finished"
    assert len(RunStore(tiny_workspace).experiments()) == 2
