"""The record of experiments and runs, kept by MLflow. The only file that imports it, and only to write or to reach a server."""

import logging
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.errors import ChoiceError, NotFoundError, StorageError
from tlcore.experiments import artifacts, local_rows, rows
from tlcore.experiments.artifacts import Predictions
from tlcore.experiments.control import Control, all_controls, now
from tlcore.experiments.lease import standing
from tlcore.experiments.local_rows import Draft
from tlcore.experiments.rows import TAG, ExperimentRecord, Row
from tlcore.experiments.spec import check_name
from tlcore.records import RunRecord, RunStatus, Scores
from tlcore.settings import Workspace

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SQLITE = "sqlite:///"
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_PATIENCE = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3"}
"""MLflow's own are two minutes and seven times: too long for a person who waits."""


def tracking_uri(workspace: Workspace) -> str:
    """Where MLflow keeps runs: `MLFLOW_TRACKING_URI`, else a SQLite file in the workspace."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"{_SQLITE}{workspace.root / 'mlflow.db'}"


def _mlflow() -> Any:
    """MLflow, told to be quiet, to keep to this machine and not to wait for ever: before its import, as it reads that then."""
    os.environ.update(_QUIET)
    for key, value in _PATIENCE.items():
        os.environ.setdefault(key, value)
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # it logs traces of what reaches people as one sentence
    return mlflow


class RunStore:
    """Experiments and runs of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.uri = tracking_uri(workspace)
        self._file = Path(self.uri.removeprefix(_SQLITE)).absolute() if self.uri.startswith(_SQLITE) else None
        self._curves: dict[str, dict[str, dict[int, float]]] = {}

    # ---- what faces read ----------------------------------------------------------------------------------------------

    def experiments(self) -> list[ExperimentRecord]:
        """Every experiment, the newest first, those that still wait for their turn included."""
        children = defaultdict(list)
        for row in self.recorded():
            children[row.parent].append(row)
        found = {record.id: record for row in children[None] for record in [rows.experiment_record(row, children[row.id])]}
        for control in all_controls(self.workspace):
            record = found.get(control.id) or rows.submitted_record(control.submission())
            status, reason = standing(control)
            found[control.id] = record.model_copy(update={"status": status, "reason": reason})
        return sorted(found.values(), key=lambda record: (record.created_at, record.id), reverse=True)

    def experiment(self, experiment: str) -> ExperimentRecord:
        """One experiment. Raises NotFoundError."""
        for record in self.experiments():
            if record.id == experiment:
                return record
        raise NotFoundError(f"There is no experiment “{experiment[:80]}” (any more).")

    def resolve(self, text: str) -> str:
        """The id of the experiment that `text` names: an id, the beginning of one, a name, or the id of one of its runs.

        Raises NotFoundError, or ChoiceError when several fit.
        """
        records = self.experiments()
        for fits in (
            {record.id for record in records if record.id == text},
            {record.id for record in records if text and record.id.startswith(text)},
            {record.id for record in records if record.name == text},
            {run.experiment for run in self.runs() if run.id == text},
        ):
            if len(fits) == 1:
                return fits.pop()
            if fits:
                raise ChoiceError(f"“{text[:80]}” fits {len(fits)} experiments. Give the whole id.")
        raise NotFoundError(f"There is no experiment “{text[:80]}”. List them with `python -m tlcore runs`.")

    def runs(self, experiment: str | None = None) -> list[RunRecord]:
        """The runs of one experiment in their order, with their curves; or those of all experiments, without.

        Raises NotFoundError when there is no such experiment.
        """
        found = [row for row in self.recorded(experiment) if row.parent]
        if found or experiment is None:
            found.sort(key=lambda row: (row.tag("experiment"), int(row.tag("position") or 0)))
            return [rows.run_record(row) for row in found]
        control = Control(self.workspace, experiment)
        return rows.planned_records(control.submission(), *standing(control))

    def run(self, run: str) -> RunRecord:
        """One run with its curve and, when finished, its full scores. Raises NotFoundError."""
        record = rows.run_record(self._row(run))
        if record.status is not RunStatus.FINISHED:
            return record
        return record.model_copy(update={"scores": artifacts.read_sealed(self.artifact(run, artifacts.SCORES), Scores, run)})

    def predictions(self, run: str) -> Predictions:
        """What a finished run says about the locked test. Raises StorageError naming run and file when it is damaged."""
        sha256 = self._row(run).tag("predictions_sha256")
        return artifacts.read_predictions(self.artifact(run, artifacts.PREDICTIONS), sha256, run)

    def bundle(self, run: str) -> Path:
        """The folder of a finished run's model. Raises NotFoundError when there is none."""
        if self._row(run).status is not RunStatus.FINISHED:
            raise NotFoundError(f"Run {run} has no model: only finished runs leave one.")
        return self.artifact(run, artifacts.BUNDLE)

    def artifact(self, run: str, name: str, renewed: bool = False) -> Path:
        """Where an artifact lies on this machine; fetched from MLflow's server when it is not here or may be out of date."""
        path = self.artifact_folder(run) / name
        if self._file is None and (renewed or not path.exists()):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._call("download_artifacts", run, name, str(path.parent))
        return path

    def artifact_folder(self, run: str) -> Path:
        """The folder of a run's artifacts on this machine, where MLflow expects it."""
        return (self._file.parent / "artifacts" if self._file else self.workspace.artifacts) / run / "artifacts"

    def recorded(self, experiment: str | None = None, run: str | None = None) -> list[Row]:
        """What MLflow holds of an experiment, of one run, or of everything. As `rows.read_sqlite`."""
        return rows.read_sqlite(self._file, experiment, run) if self._file else self._server_rows(experiment, run)

    # ---- what worker and helper write ---------------------------------------------------------------------------------

    def create(self, name: str, params: Mapping[str, object], tags: Mapping[str, str], parent: str | None = None) -> str:
        """A new MLflow run, SCHEDULED; returns its id. Tags of ours go without their prefix."""
        theirs = {"mlflow.source.name": rows.MLFLOW_EXPERIMENT} | ({"mlflow.parentRunId": parent} if parent else {})
        run: str = self._call("create_run", self._experiment, tags=theirs, run_name=name).info.run_id
        if self._file:
            local_rows.complete(self._file, run, Draft(name, params, tags))
        else:
            self._call("update_run", run, status=RunStatus.SCHEDULED)
            self.log(run, params=params, tags=tags)
        return run

    def create_all(self, parent: str, drafts: Sequence[Draft]) -> list[str]:
        """New MLflow runs below `parent`, as `create` makes one; returns their ids. In a local file all of them or none."""
        if self._file and drafts:
            return local_rows.create(self._file, parent, drafts)
        return [self.create(draft.name, draft.params, draft.tags, parent) for draft in drafts]

    def log(
        self,
        run: str,
        metrics: Mapping[str, float] | None = None,
        step: int = 0,
        params: Mapping[str, object] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Add metrics, parameters and tags of ours in one transaction."""
        entities = _mlflow().entities
        at = int(time.time() * 1000)
        self._call(
            "log_batch",
            run,
            metrics=[entities.Metric(key, float(value), at, step) for key, value in (metrics or {}).items()],
            params=[entities.Param(key, str(value)) for key, value in (params or {}).items()],
            tags=[entities.RunTag(key, value) for key, value in rows.prefixed(tags or {}).items()],
        )

    def conclude(self, run: str, sentence: str) -> None:
        """Keep the sentence that an experiment has earned; MLflow's own pages show it as the description."""
        tag = _mlflow().entities.RunTag
        self._call("log_batch", run, tags=[tag(f"{TAG}verdict", sentence), tag("mlflow.note.content", sentence)])

    def schedule(self, run: str) -> None:
        """SCHEDULED once more."""
        self._call("update_run", run, status=RunStatus.SCHEDULED)
        self.log(run, tags={"reason": ""})

    def begin(self, run: str, **tags: str) -> None:
        """RUNNING, as of this moment: MLflow's durations would else count the wait for other runs. Adds tags of ours."""
        tags |= {"reason": "", "started_at": now()}
        if self._file:
            local_rows.begin(self._file, run, tags)
        else:
            self._call("update_run", run, status=RunStatus.RUNNING)
            self.log(run, tags=tags)

    def finish(self, run: str, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """FINISHED, as of this moment, with all that is known of it."""
        if self._file:
            local_rows.finish(self._file, run, metrics, tags)
        else:
            self.log(run, metrics, tags=tags)
            self.end(run, RunStatus.FINISHED)

    def end(self, run: str, status: RunStatus, reason: str = "") -> None:
        """Over, as of this moment. Without a reason the record keeps the empty one it has had since it began."""
        if reason:
            self.log(run, tags={"reason": reason})
        self._call("set_terminated", run, status=status)

    def publish(self, run: str, name: str) -> None:
        """Hand a finished artifact to MLflow's server, if there is one; otherwise it already lies where MLflow looks."""
        path = self.artifact_folder(run) / name
        if self._file is None:
            self._call(*("log_artifacts", run, str(path), name) if path.is_dir() else ("log_artifact", run, str(path)))

    def rename(self, experiment: str, name: str) -> None:
        """Give an experiment another name. Imports MLflow: pages do this through the helper.

        Raises ChoiceError when it is blank or too long.
        """
        check_name(name)
        record = self.experiment(experiment)
        if record.parent:
            self._call("update_run", record.parent, name=name)
        control = Control(self.workspace, experiment)
        if control.exists:
            submission = control.submission()
            control.write_submission(submission.model_copy(update={"spec": submission.spec.model_copy(update={"name": name})}))

    def delete(self, experiment: str) -> None:
        """Remove an experiment with its runs and models. Raises ChoiceError while it waits or runs. Imports MLflow."""
        if self.experiment(experiment).status in (RunStatus.SCHEDULED, RunStatus.RUNNING):
            raise ChoiceError("This experiment is still waiting or running. Cancel it first, then delete it.")
        found = self.recorded(experiment)
        for row in found:
            self._call("delete_run", row.id)
        for row in found:
            shutil.rmtree(self.artifact_folder(row.id).parent, ignore_errors=True)
        shutil.rmtree(Control(self.workspace, experiment).folder, ignore_errors=True)

    # ---- MLflow -------------------------------------------------------------------------------------------------------

    def warm_up(self) -> None:
        """Import what writing needs, and open the store: seconds that need not wait for an experiment."""
        _ = self._experiment

    @cached_property
    def _client(self) -> "MlflowClient":
        """MLflow's client."""
        return _mlflow().MlflowClient(self.uri)

    @cached_property
    def _experiment(self) -> str:
        """The id of our MLflow experiment, made when there is none."""
        found = self._call("get_experiment_by_name", rows.MLFLOW_EXPERIMENT)
        if found is None:
            place = {"artifact_location": (self._file.parent / "artifacts").as_uri()} if self._file else {}
            with suppress(StorageError):  # somebody else was quicker
                return self._call("create_experiment", rows.MLFLOW_EXPERIMENT, **place)
            found = self._call("get_experiment_by_name", rows.MLFLOW_EXPERIMENT)
        return found.experiment_id

    def _call(self, method: str, /, *arguments: Any, **named: Any) -> Any:
        """One call of MLflow's client. Raises StorageError, in one sentence, for what goes wrong there."""
        try:
            return getattr(self._client, method)(*arguments, **named)
        except (_mlflow().exceptions.MlflowException, OSError) as error:
            raise rows.storage_error(self.uri, error) from error

    def _row(self, run: str) -> Row:
        """The row of a run, with its history. Raises NotFoundError."""
        for row in self.recorded(run=run):
            if row.parent:
                return row
        raise NotFoundError(f"There is no run “{run[:80]}” (any more).")

    def _server_rows(self, experiment: str | None = None, run: str | None = None) -> list[Row]:
        """As `rows.read_sqlite`, from MLflow's server."""
        found, token = [], None
        wanted = f"tags.`{TAG}experiment` " + (f"= '{Control(self.workspace, experiment).id}'" if experiment else "!= ''")
        while token != "":
            page = self._call("search_runs", [self._experiment], wanted, max_results=1_000, page_token=token)
            wanted_rows = (one for one in page if run in (None, one.info.run_id))
            found += [rows.client_row(one, self._curve(one) if experiment or run else {}) for one in wanted_rows]
            token = page.token or ""
        return found

    def _curve(self, run: Any) -> dict[str, dict[int, float]]:
        """Metric -> epoch -> value; asked for once when the run is over."""
        if run.info.run_id in self._curves:
            return self._curves[run.info.run_id]
        names = [name for name in rows.CURVE if name in run.data.metrics]
        curve = {
            name: {point.step: point.value for point in self._call("get_metric_history", run.info.run_id, name)}
            for name in names
        }
        if run.info.status == RunStatus.FINISHED:
            self._curves[run.info.run_id] = curve
        return curve
