"""The record in MLflow: what its own client sees, and that our reader, which does without MLflow, sees the same."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace

import mlflow
import numpy as np
import pytest
from experiment_toys import submit_quietly

from tlcore.errors import ChoiceError, NotFoundError, StorageError
from tlcore.experiments import artifacts, local_rows, rows
from tlcore.experiments.artifacts import Predictions
from tlcore.experiments.local_rows import Draft
from tlcore.experiments.recorder import EpochRecorder, Recorder
from tlcore.experiments.store import RunStore, tracking_uri
from tlcore.records import ClassScore, EpochRecord, RunStatus, Scores
from tlcore.settings import Workspace

SCORES = Scores(
    accuracy=0.75,
    macro_f1=0.5,
    balanced_accuracy=0.6,
    log_loss=1.25,
    per_class=(ClassScore(label="food", precision=None, recall=0.0, f1=None, support=4),),
    confusion=((4,),),
)


@pytest.fixture
def store(tiny_workspace):
    return RunStore(tiny_workspace)


@pytest.fixture
def recorder(store, control):
    return Recorder(store, control.submission())


def finish(recorder, run, prepared, seconds=1.5):
    test = prepared.split.test
    predictions = Predictions(test, prepared.labels[test], np.full((len(test), 3), 1 / 3), prepared.classes)
    bundle = recorder.store.artifact_folder(run.id) / "bundle"
    bundle.mkdir(parents=True)
    (bundle / "weights").write_text("w")
    facts = {"train_seconds": seconds, "encode_seconds": 0.25, "n_train": 40, "n_validation": 8, "n_test": len(test)}
    recorder.finish(run, SCORES, predictions, facts, {"chosen": '{"epochs": 3}', "precision": "fp32"})
    return predictions


def record_some(recorder):
    """One run finished with a curve, one failed, one running, one still to come."""
    prepared, runs = recorder.open()
    recorder.begin(runs[0])
    for epoch in (1, 2):
        record = EpochRecord(epoch=epoch, train_loss=1 / epoch, validation_loss=None, validation_accuracy=0.5, seconds=0.1)
        EpochRecorder(recorder.store, runs[0]).on_epoch(record)
    finish(recorder, runs[0], prepared)
    recorder.begin(runs[1])
    recorder.end(runs[1], RunStatus.FAILED, "Out of memory. Try a batch size of 8.")
    recorder.begin(runs[2])
    return prepared, runs


def test_both_readers_see_the_same(store, recorder, control):
    record_some(recorder)
    for experiment in (control.id, None):
        direct, client = (
            sorted(found, key=lambda row: row.id) for found in (store.recorded(experiment), store._server_rows(experiment))
        )
        assert len(direct) == 5
        hidden = {"mlflow.user", "mlflow.source.type"}
        assert [replace(row, tags={key: row.tags[key] for key in row.tags.keys() - hidden}) for row in direct] == [
            replace(row, tags={key: row.tags[key] for key in row.tags.keys() - hidden}) for row in client
        ]


def test_one_run_is_read_alone_as_among_all(store, recorder, control):
    _, runs = record_some(recorder)
    for run in runs:
        [direct], [client] = rows.read_sqlite(store._file, run=run.id), store._server_rows(run=run.id)
        [among] = [row for row in store.recorded(control.id) if row.id == run.id]
        assert direct == among
        assert (client.metrics, client.params, client.history) == (direct.metrics, direct.params, direct.history)
        assert store.run(run.id).curve == store.runs(control.id)[run.plan.position].curve
    for other in (recorder.parent, "nothing", "' OR 1=1 --"):
        with pytest.raises(NotFoundError):
            store.run(other)


def test_mlflow_keeps_of_a_finished_run_what_its_own_client_would(store, recorder, control):
    _, runs = recorder.open()
    metrics, tags = (
        {"accuracy": 0.5, "log_loss": float("nan"), "temperature": float("inf"), "least": float("-inf")},
        {"precision": "fp32"},
    )
    recorder.begin(runs[0])
    store.finish(runs[0].id, metrics, tags)
    recorder.begin(runs[1])
    store.log(runs[1].id, metrics, tags=tags)
    store.end(runs[1].id, RunStatus.FINISHED)
    client = mlflow.MlflowClient(store.uri)
    ours, theirs = (client.get_run(run.id) for run in runs[:2])
    assert (ours.info.status, ours.info.lifecycle_stage) == (theirs.info.status, theirs.info.lifecycle_stage)
    assert ours.data.metrics == pytest.approx(theirs.data.metrics, nan_ok=True)
    assert rows.client_row(ours, {}).tag("precision") == rows.client_row(theirs, {}).tag("precision") == "fp32"
    for name in metrics:
        [mine], [other] = (client.get_metric_history(run.id, name) for run in runs[:2])
        assert (mine.value, mine.step) == pytest.approx((other.value, other.step), nan_ok=True)


def test_mlflow_shows_parent_and_children_with_names_and_true_durations(store, recorder, control):
    prepared, runs = recorder.open()
    time.sleep(0.3)
    recorder.begin(runs[0])
    finish(recorder, runs[0], prepared)
    client = mlflow.MlflowClient(tracking_uri(store.workspace))
    experiment = client.get_experiment_by_name("Transfer Lab")
    found = client.search_runs([experiment.experiment_id])
    parent = next(run for run in found if "mlflow.parentRunId" not in run.data.tags)
    children = [run for run in found if run is not parent]
    assert parent.info.run_name == "toys"
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    assert sorted(run.info.run_name for run in children) == [
        "Classic baseline · 48 labels · seed 0",
        "Classic baseline · 48 labels · seed 1",
        "Full fine-tuning · 48 labels · seed 0",
        "Full fine-tuning · 48 labels · seed 1",
    ]
    first = client.get_run(runs[0].id)
    assert first.info.status == "FINISHED"
    assert 0 <= first.info.end_time - first.info.start_time < 250
    assert {run.info.status for run in children} == {"FINISHED", "SCHEDULED"}
    assert parent.info.status == "RUNNING"
    assert first.data.params["strategy"] == "classic"
    assert first.data.metrics["accuracy"] == 0.75
    assert {item.path for item in client.list_artifacts(runs[0].id)} == {"bundle", "predictions.parquet", "scores.json"}
    assert {item.path for item in client.list_artifacts(parent.info.run_id)} == {"spec.json", "split.parquet"}


def test_runs_come_in_their_order_with_everything_recorded(store, recorder, control):
    record_some(recorder)
    finished, failed, running, coming = store.runs(control.id)
    assert (finished.status, finished.accuracy, finished.macro_f1) == (RunStatus.FINISHED, 0.75, 0.5)
    assert (finished.n_train, finished.n_validation, finished.n_test) == (40, 8, 12)
    assert (finished.train_seconds, finished.encode_seconds, finished.precision) == (1.5, 0.25, "fp32")
    assert finished.chosen == {"epochs": 3}
    assert [(epoch.epoch, epoch.train_loss, epoch.validation_loss) for epoch in finished.curve] == [
        (1, 1.0, None),
        (2, 0.5, None),
    ]
    assert (failed.status, failed.reason) == (RunStatus.FAILED, "Out of memory. Try a batch size of 8.")
    assert (running.status, running.ended_at) == (RunStatus.RUNNING, None)
    assert running.started_at
    assert (coming.status, coming.started_at, coming.accuracy) == (RunStatus.SCHEDULED, None, None)
    assert store.run(finished.id).scores == SCORES
    assert [run.curve for run in store.runs()] == [()] * 4


def test_an_epoch_trained_again_is_recorded_once(store, recorder, control):
    record_some(recorder)
    _, runs = Recorder(store, control.submission()).open()
    assert runs[0].epochs == {1, 2}
    for epoch in (2, 3):
        EpochRecorder(store, runs[0]).on_epoch(EpochRecord(epoch=epoch, train_loss=9.0, seconds=1.0))
    assert [epoch.train_loss for epoch in store.runs(control.id)[0].curve] == [1.0, 0.5, 9.0]
    client = mlflow.MlflowClient(store.uri)
    assert [point.step for point in client.get_metric_history(runs[0].id, "train_loss")] == [1, 2, 3]


def test_opening_again_finds_split_and_runs_and_doubles_nothing(store, recorder, control):
    first, runs = record_some(recorder)
    second, again = Recorder(store, control.submission()).open()
    assert [run.id for run in runs] == [run.id for run in again]
    assert [run.finished for run in again] == [True, False, False, False]
    np.testing.assert_array_equal(first.split.test, second.split.test)
    assert [run.status for run in store.runs(control.id)][1:] == [RunStatus.SCHEDULED] * 3
    assert len(store.recorded()) == 5


def test_runs_recorded_at_once_are_as_mlflow_records_them_one_by_one(store, monkeypatch):
    drafts = [Draft(f"run {number}", {"seed": number, "rate": 1e-3}, {"position": str(number)}) for number in range(3)]
    parent = store.create("parent", {"seed": 0}, {"experiment": "e"})
    together = store.create_all(parent, drafts)
    half = [store.create(draft.name, draft.params, draft.tags, parent) for draft in drafts]
    with monkeypatch.context() as patch:
        patch.setattr(store, "_file", None)  # as to a server: by the client alone
        singly = store.create_all(parent, drafts)
    client = mlflow.MlflowClient(store.uri)

    def seen(run):
        found = client.get_run(run)
        own = {"run_id": "", "run_uuid": "", "start_time": 0, "artifact_uri": found.info.artifact_uri.replace(run, "")}
        return {**dict(found.info), **own}, found.data.params, found.data.tags

    assert list(map(seen, together)) == list(map(seen, half)) == list(map(seen, singly))
    store.begin(together[0])
    assert client.get_run(together[0]).info.status == "RUNNING"
    client.log_metric(together[0], "accuracy", 0.5)
    client.set_terminated(together[0])
    assert client.get_run(together[0]).data.metrics == {"accuracy": 0.5}


def test_runs_are_recorded_all_or_none(store):
    parent = store.create("parent", {}, {"experiment": "e"})
    drafts = [Draft("first", {}, {"experiment": "e"}), Draft("second", {None: 1}, {"experiment": "e"})]
    with pytest.raises(StorageError):
        store.create_all(parent, drafts)
    assert [row.id for row in store.recorded()] == [parent]


def test_an_experiment_is_listed_from_its_submission_on(store, recorder, control):
    waiting = store.experiments()
    assert [(one.id, one.name, one.status, one.runs, one.finished) for one in waiting] == [
        (control.id, "toys", RunStatus.SCHEDULED, 4, 0)
    ]
    assert [run.status for run in store.runs(control.id)] == [RunStatus.SCHEDULED] * 4
    record_some(recorder)
    control.write_ending(RunStatus.KILLED, "cancelled")
    [ended] = store.experiments()
    assert (ended.status, ended.reason, ended.finished, ended.dataset_name) == (RunStatus.KILLED, "cancelled", 1, "toys")
    assert store.experiment(control.id) == ended


def test_the_newest_experiment_comes_first(store, tiny_workspace, spec):
    for experiment in ("aaaaaaaaaaaa", "bbbbbbbbbbbb"):
        submit_quietly(tiny_workspace, spec, experiment)
    assert [one.id for one in store.experiments()] == ["bbbbbbbbbbbb", "aaaaaaaaaaaa"]


def test_an_experiment_is_found_by_id_beginning_name_or_run(store, recorder, control, tiny_workspace, spec):
    _, runs = record_some(recorder)
    submit_quietly(tiny_workspace, spec.model_copy(update={"name": "other"}), "01ffffffffff")
    for text in (control.id, "0123", "toys", runs[1].id):
        assert store.resolve(text) == control.id
    with pytest.raises(ChoiceError, match="fits 2"):
        store.resolve("01")
    for text in ("", "nothing", "../../etc"):
        with pytest.raises(NotFoundError):
            store.resolve(text)


def test_predictions_come_back_and_a_flipped_byte_is_named_while_history_stays(store, recorder, control):
    prepared, runs = record_some(recorder)
    np.testing.assert_array_equal(store.predictions(runs[0].id).items, prepared.split.test)
    path = store.artifact_folder(runs[0].id) / artifacts.PREDICTIONS
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(StorageError, match=f"predictions.parquet of run {runs[0].id} is damaged"):
        store.predictions(runs[0].id)
    assert store.runs(control.id)[0].accuracy == 0.75


def test_what_is_unknown_or_unfinished_has_no_model(store, recorder):
    _, runs = record_some(recorder)
    assert store.bundle(runs[0].id).name == "bundle"
    with pytest.raises(NotFoundError, match="only finished runs"):
        store.bundle(runs[1].id)
    for run in ("nothing", "../../etc", ""):
        with pytest.raises(NotFoundError):
            store.bundle(run)
        with pytest.raises(NotFoundError):
            store.run(run)


def test_rename_reaches_mlflow_and_the_list(store, recorder, control):
    record_some(recorder)
    store.rename(control.id, "another name")
    assert store.experiment(control.id).name == "another name"
    assert control.submission().spec.name == "another name"


@pytest.mark.parametrize("name", ["", " \t", "x" * 121])
def test_a_name_that_no_experiment_may_start_with_is_refused_later_too(store, control, name):
    before = control.submission()
    with pytest.raises(ChoiceError, match="name of 1 to 120 characters"):
        store.rename(control.id, name)
    assert control.submission() == before
    store.rename(control.id, "x" * 120)
    assert control.submission().spec.name == "x" * 120


def test_delete_takes_records_files_and_folder_but_nothing_that_runs(store, recorder, control):
    _, runs = record_some(recorder)
    with pytest.raises(ChoiceError, match="Cancel it first"):
        store.delete(control.id)
    control.write_ending(RunStatus.KILLED, "cancelled")
    store.delete(control.id)
    assert store.experiments() == []
    assert store.runs() == []
    assert not control.folder.exists()
    assert not store.artifact_folder(runs[0].id).exists()
    with pytest.raises(NotFoundError):
        store.runs(control.id)


def test_another_sqlite_file_is_used_when_mlflow_is_told_so(tiny_workspace, control, tmp_path, monkeypatch):
    team = tmp_path / "team space" / "runs.db"
    team.parent.mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{team}")
    store = RunStore(tiny_workspace)
    _, runs = record_some(Recorder(store, control.submission()))
    assert team.exists()
    assert RunStore(Workspace()).uri == f"sqlite:///{team}"
    assert not (tiny_workspace.root / "artifacts").exists()
    assert store.runs(control.id)[0].accuracy == 0.75
    client = mlflow.MlflowClient(f"sqlite:///{team}")
    assert {item.path for item in client.list_artifacts(runs[0].id)} == {"bundle", "predictions.parquet", "scores.json"}


def test_artifacts_on_a_server_are_handed_over_and_fetched_where_they_are_missing(
    store, recorder, control, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)  # where MLflow keeps artifacts when it is told nothing
    monkeypatch.setattr(store, "_file", None)
    prepared, runs = record_some(recorder)
    bundle = store.artifact_folder(runs[0].id) / "bundle"
    assert store.runs(control.id)[0].curve[1].train_loss == 0.5
    shutil.rmtree(store.workspace.artifacts)
    np.testing.assert_array_equal(store.predictions(runs[0].id).items, prepared.split.test)
    assert store.run(runs[0].id).scores == SCORES
    (store.artifact_folder(runs[0].id) / artifacts.PREDICTIONS).write_text("damaged")
    with pytest.raises(StorageError, match="damaged"):
        store.predictions(runs[0].id)
    assert store.bundle(runs[0].id) == bundle
    assert (bundle / "weights").read_text() == "w"


def test_a_locked_store_is_said_after_a_while(store, recorder, control, monkeypatch):
    record_some(recorder)
    monkeypatch.setattr(rows, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(local_rows, "BUSY_SECONDS", 0.2)
    with sqlite3.connect(store.workspace.root / "mlflow.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match="locked by another program"):
            store.runs(control.id)
        with pytest.raises(StorageError, match="locked by another program"):
            store.begin(store.workspace.root.name)
    assert len(store.runs(control.id)) == 4


def test_a_file_that_is_no_store_is_named(store):
    (store.workspace.root / "mlflow.db").write_text("not a database, " * 100)
    with pytest.raises(StorageError, match=r"mlflow\.db"):
        store.experiments()


def test_an_empty_workspace_has_nothing_and_stays_empty(store):
    assert (store.experiments(), store.runs()) == ([], [])
    assert not (store.workspace.root / "mlflow.db").exists()


def test_reading_imports_no_mlflow_and_writing_says_nothing(tiny_workspace, control):
    code = f"""
import sys
from tlcore.experiments.control import Control
from tlcore.experiments.local_rows import Draft
from tlcore.experiments.recorder import Recorder
from tlcore.experiments.store import RunStore
from tlcore.experiments import queue, results
from tlcore.settings import Workspace
store = RunStore(Workspace())
store.experiments(), store.runs("{control.id}"), results.results(Workspace(), "{control.id}")
heavy = {{"mlflow", "torch", "transformers", "sklearn", "scipy", "duckdb", "datasketch"}} & set(sys.modules)
assert not heavy, heavy
Recorder(store, Control(Workspace(), "{control.id}").submission()).open()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
