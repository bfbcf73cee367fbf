"""The Runs page: an experiment while it waits and trains, and the buttons that steer it."""

import os
import shutil
import signal
import time
from collections.abc import Callable

import streamlit as st
from app_visit import Visit
from datasets_toys import HOSTILE, store_numbered
from race_toys import SEEDS, STRATEGIES

from tlcore.data.store import DatasetStore
from tlcore.experiments import queue
from tlcore.experiments.control import Control, Progress, now
from tlcore.experiments.lease import read_lease, write_lease
from tlcore.experiments.rows import ExperimentRecord
from tlcore.experiments.spec import ExperimentSpec
from tlcore.records import RunStatus
from tlcore.settings import Workspace


def submit(workspace: Workspace, name: str = "toys") -> str:
    card = store_numbered(workspace)
    return queue.submit(workspace, ExperimentSpec(name=name, dataset=card.id, strategies=("classic",), seeds=2))


def train(workspace: Workspace, experiment: str, phase: str, done: float, seconds_left: float | None) -> None:
    """Make its sleeping worker look as if it trained."""
    control = Control(workspace, experiment)
    write_lease(control, read_lease(control).pid, slot=0)
    control.write_progress(Progress(phase=phase, done=done, seconds_left=seconds_left, updated_at=now()))


def until(true: Callable[[], bool]) -> None:
    """Wait for another process."""
    over = time.monotonic() + 60
    while not true():
        assert time.monotonic() < over
        time.sleep(0.05)


def test_an_empty_workspace_is_told_what_to_do(workspace: Workspace) -> None:
    visit = Visit("runs")
    assert (visit.here, visit.errors) == ("Runs", [])
    assert "Nothing has been started yet." in visit.words
    assert visit.follow("Start an experiment").here == "Experiment"


def test_a_finished_experiment_shows_every_run_and_leads_to_the_results(raced: ExperimentRecord) -> None:
    visit = Visit("runs", experiment=raced.id)
    assert visit.errors == []
    runs = len(STRATEGIES) * SEEDS
    assert f"{runs} of {runs} runs finished" in visit.words
    table = visit.dataframe[0].value
    assert set(table["state"]) == {"finished"}
    assert sorted(table["seed"]) == sorted([*range(SEEDS)] * len(STRATEGIES))
    assert "Started." in visit.code[0].value
    assert [button.label for button in visit.button] == []
    assert visit.oddities == {}
    visit.follow("Results")
    assert (visit.here, visit.query_params["experiment"]) == ("Results", raced.id)


def test_curves_are_drawn_for_what_trains_in_epochs(raced: ExperimentRecord) -> None:
    visit = Visit("runs", experiment=raced.id)
    assert "Loss by epoch" in visit.words
    assert len(visit.get("arrow_line_chart") or visit.get("vega_lite_chart") or visit.get("line_chart")) == 1


def test_a_link_to_a_deleted_experiment_says_so(raced: ExperimentRecord) -> None:
    visit = Visit("runs", experiment="../../x")
    assert "The experiment this link or page pointed to is not here any more. Choose another one." in visit.words
    assert visit.errors == []
    visit.selectbox[0].select(raced.id).run()
    assert visit.query_params["experiment"] == raced.id


def test_a_training_experiment_shows_where_it_stands(workspace: Workspace, workers: list[str]) -> None:
    experiment = submit(workspace)
    visit = Visit("runs", experiment=experiment)
    assert "Waiting" in visit.words
    assert "0 of 2 runs finished" in visit.words
    train(workspace, experiment, "Classic baseline, seed 1 of 2: starting", 0.25, None)
    visit.run()
    assert "Classic baseline, seed 1 of 2: starting · estimating time left…" in visit.words
    train(workspace, experiment, "Classic baseline, seed 2 of 2: testing", 0.75, 38.0)
    visit.run()
    assert "Classic baseline, seed 2 of 2: testing · about 38 s left" in visit.words
    assert "Running" in visit.words


def test_a_restarted_server_knows_where_the_experiment_stands(workspace: Workspace, workers: list[str]) -> None:
    experiment = submit(workspace)
    train(workspace, experiment, "Classic baseline, seed 1 of 2: starting", 0.25, 90.0)
    before = Visit("runs", experiment=experiment).words
    st.cache_resource.clear()
    st.cache_data.clear()
    assert Visit("runs", experiment=experiment).words == before
    assert "about 1 min 30 s left" in before
    assert workers == [experiment]


def test_cancel_stops_the_worker_once_and_resume_starts_another(workspace: Workspace, workers: list[str]) -> None:
    experiment = submit(workspace)
    control = Control(workspace, experiment)
    visit, other_tab = Visit("runs", experiment=experiment), Visit("runs", experiment=experiment)
    visit.click("Cancel")
    assert visit.errors == []
    until(lambda: control.ended)
    ending = control.ending()
    assert ending
    assert (ending.status, ending.reason) == (RunStatus.KILLED, "cancelled")
    other_tab.click("Cancel")
    assert other_tab.errors == []
    assert "Cancelled" in other_tab.words
    assert control.ending() == ending
    visit.run()
    assert "Cancel" not in [button.label for button in visit.button]
    visit.click("Resume unfinished runs")
    assert visit.errors == []
    assert workers == [experiment, experiment]
    assert "Waiting" in visit.words
    assert not control.ended


def test_resuming_without_the_dataset_says_why_not(workspace: Workspace, workers: list[str]) -> None:
    experiment = submit(workspace)
    Control(workspace, experiment).write_ending(RunStatus.KILLED, "interrupted")
    visit = Visit("runs", experiment=experiment)
    assert "Interrupted" in visit.words
    [card] = DatasetStore(workspace).list()
    DatasetStore(workspace).delete(card.id)
    visit.click("Resume unfinished runs")
    assert len(visit.errors) == 1
    assert f"no dataset “{card.id}”" in visit.errors[0]
    assert workers == [experiment]
    assert "Interrupted" in visit.words


def test_an_experiment_that_failed_says_why(workspace: Workspace, workers: list[str]) -> None:
    experiment = submit(workspace)
    Control(workspace, experiment).write_ending(RunStatus.FAILED, "Out of memory. Try a batch size of 8.")
    visit = Visit("runs", experiment=experiment)
    assert "Failed" in visit.words
    assert set(visit.dataframe[0].value["why"]) == {"Out of memory. Try a batch size of 8."}


def test_looking_starts_a_worker_again_that_died_before_it_trained(workspace: Workspace, workers: list[str]) -> None:
    experiment = submit(workspace)
    lease = read_lease(Control(workspace, experiment))
    assert lease
    os.kill(lease.pid, signal.SIGKILL)
    visit = Visit("runs", experiment=experiment)
    assert visit.errors == []
    assert workers == [experiment, experiment]
    assert "Waiting" in visit.words


def test_an_experiment_deleted_in_another_tab_is_missed_at_the_next_look(workspace: Workspace, workers: list[str]) -> None:
    experiment = submit(workspace)
    visit = Visit("runs", experiment=experiment)
    shutil.rmtree(Control(workspace, experiment).folder)
    visit.run()
    assert visit.errors == []
    assert "Nothing has been started yet." in visit.words


def test_hostile_names_and_reasons_are_shown_letter_by_letter(workspace: Workspace, workers: list[str]) -> None:
    experiment = submit(workspace, HOSTILE)
    train(workspace, experiment, HOSTILE, 0.5, None)
    Control(workspace, experiment).say(HOSTILE)
    visit = Visit("runs", experiment=experiment)
    assert visit.oddities == {}
    assert f"{HOSTILE} · estimating time left…" in visit.words
    assert HOSTILE in visit.code[0].value
