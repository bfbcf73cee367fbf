"""Facts are read from the workspace without torch and MLflow; what is gone is None."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tlcore.cli import doctor
from tlcore.data.store import DatasetDraft, DatasetStore
from tlcore.errors import NotFoundError
from tlcore.experiments.control import Control, Submission, now
from tlcore.experiments.plan import prepare
from tlcore.experiments.spec import ExperimentSpec
from tlcore.files import write_text
from tlcore.records import DatasetSource
from tlcore.report import facts, report_facts, report_html

EXPERIMENT = "0123456789ab"


@pytest.fixture
def waiting(workspace):
    """An experiment that waits for its turn."""
    frame = pd.DataFrame({"text": [f"words number {place}" for place in range(30)], "label": ["a", "b"] * 15})
    source = DatasetSource(file_name="toys.csv", sha256="0" * 64, rows_read=30)
    card = DatasetStore(workspace).add(frame, DatasetDraft(name="toys", task="classification", source=source))
    spec = ExperimentSpec(name="toys", dataset=card.id, strategies=("classic",), seeds=2)
    prepared = prepare(workspace, spec)
    control = Control(workspace, EXPERIMENT)
    submission = Submission(
        id=EXPERIMENT, spec=spec, dataset_name="toys", plans=prepared.plans, n_test=6, submitted_at=now(), queued_at=now()
    )
    write_text(control.folder / "spec.json", submission.model_dump_json())
    return workspace


def test_an_experiment_that_waits(waiting):
    found = report_facts(waiting, EXPERIMENT)
    assert found.spec.name == "toys" and found.dataset.items == 30 and found.found.verdict is None
    assert found.settings["classic"] == found.spec.settings_of("classic")
    assert found.environment.libraries.keys() - {"SQLite"} == set(doctor._LIBRARIES)


def test_a_deleted_dataset_is_none(waiting):
    DatasetStore(waiting).delete(report_facts(waiting, EXPERIMENT).found.dataset)
    assert report_facts(waiting, EXPERIMENT).dataset is None


def test_an_unknown_experiment_is_refused(workspace):
    with pytest.raises(NotFoundError):
        report_facts(workspace, EXPERIMENT)


def test_the_names_of_libraries_are_those_of_doctor():
    assert facts.LIBRARIES == doctor._LIBRARIES


def test_it_is_made_without_torch_and_mlflow(waiting):
    script = (
        "import sys\n"
        "from tlcore.report import report_facts, report_html\n"
        "from tlcore.settings import Workspace\n"
        f"page = report_html(report_facts(Workspace({str(waiting.root)!r}), {EXPERIMENT!r}))\n"
        "sys.exit(str({'torch', 'mlflow', 'transformers', 'sklearn'} & set(sys.modules) or ''))\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_no_run_means_a_small_file_without_charts(waiting):
    DatasetStore(waiting).delete(report_facts(waiting, EXPERIMENT).found.dataset)
    page = report_html(report_facts(waiting, EXPERIMENT))
    assert len(page) < 50_000 and "<script" not in page and "script-src &#x27;none&#x27;" in page
