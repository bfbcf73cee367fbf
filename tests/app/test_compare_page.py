"""The Compare page: two experiments side by side, or the reason why not."""

import shutil
import time
from pathlib import Path

import pytest
from app_visit import Visit
from datasets_toys import store_numbered
from race_toys import NAME

from tlcore.experiments import queue
from tlcore.experiments.control import Control
from tlcore.experiments.lease import alive
from tlcore.experiments.rows import ExperimentRecord
from tlcore.experiments.spec import ExperimentSpec
from tlcore.experiments.store import RunStore
from tlcore.settings import Workspace


@pytest.fixture(scope="module")
def finished_pair(finished_race: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A workspace with a second experiment on the same data, only the classic baseline, three times; and its id."""
    root = tmp_path_factory.mktemp("pair") / "workspace"
    shutil.copytree(finished_race, root)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"TLCORE_THREADS": "1", "TLCORE_PRECISION": "fp32", "TLCORE_HOME": str(root)}.items():
            patch.setenv(name, value)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        workspace = Workspace()
        [record] = RunStore(workspace).experiments()
        spec = Control(workspace, record.id).submission().spec
        changed = spec.model_copy(update={"strategies": ("classic",), "seeds": 3, "settings": {}, "name": "again"})
        control = Control(workspace, queue.submit(workspace, changed))
        while not control.ended or alive(control):
            time.sleep(0.05)
    return root, control.id


@pytest.fixture
def again(finished_pair: tuple[Path, str], raced: ExperimentRecord, workspace: Workspace) -> str:
    """That experiment, in this test's workspace beside the first one."""
    shutil.rmtree(workspace.root)
    shutil.copytree(finished_pair[0], workspace.root)
    return finished_pair[1]


def test_fewer_than_two_experiments_lead_to_the_next(workspace: Workspace) -> None:
    visit = Visit("compare")
    assert (visit.here, visit.errors) == ("Compare", [])
    assert "there is no experiment yet" in visit.words
    assert visit.follow("Start an experiment").here == "Experiment"


def test_one_experiment_is_not_enough(raced: ExperimentRecord) -> None:
    assert "there is one experiment yet" in Visit("compare", experiment=raced.id).words


def test_the_finding_comes_first_then_what_differs_and_the_scores(raced: ExperimentRecord, again: str) -> None:
    visit = Visit("compare", experiment=raced.id, other_experiment=again)
    assert (visit.errors, visit.oddities) == ([], {})
    assert visit.query_params == {"experiment": raced.id, "other_experiment": again}
    assert "classic baseline gives exactly the same answers with 36 labels on the same 24 test texts." in visit.words
    [chart] = visit.charts
    assert "same answers" in chart and "<img" not in chart
    changes, scores = (frame.value for frame in visit.dataframe)
    assert {"strategies", "seeds"} <= set(changes["what"])
    assert scores["difference"].tolist().count("same answers") == 1 and "again" in "".join(map(str, scores.columns))
    assert "Only “again”" not in visit.words and f"Only “{NAME}” has 36 labels for" in visit.words


def test_both_choices_stay_in_the_address(raced: ExperimentRecord, again: str) -> None:
    visit = Visit("compare", experiment=again)
    assert "Two encoders, two settings or two versions of a dataset" in visit.words
    visit.selectbox[1].select(raced.id).run()
    assert visit.query_params == {"experiment": again, "other_experiment": raced.id}
    assert "exactly the same answers" in visit.words
    assert all("again" in box or "· 2" in box for box in visit.selectbox[0].options)


def test_the_same_twice_is_refused_kindly(raced: ExperimentRecord, again: str) -> None:
    visit = Visit("compare", experiment=again, other_experiment=again)
    assert visit.errors == [] and "This is the same experiment twice." in visit.words
    assert visit.charts == []


def test_a_link_to_a_deleted_experiment_says_so(raced: ExperimentRecord, again: str) -> None:
    visit = Visit("compare", experiment=again, other_experiment="0123456789ab")
    assert "The other experiment this link or page pointed to is not here any more." in visit.words
    assert visit.errors == []


def test_what_waits_has_nothing_but_its_choices(raced: ExperimentRecord, workspace: Workspace, workers: list[str]) -> None:
    card = store_numbered(workspace)
    waiting = queue.submit(workspace, ExperimentSpec(name="waiting", dataset=card.id, strategies=("classic",), seeds=1))
    visit = Visit("compare", experiment=raced.id, other_experiment=waiting)
    assert visit.errors == [] and "cannot be compared" in visit.words
    assert len(visit.dataframe) == 1 and visit.charts == []


def test_a_damaged_answer_is_named_and_the_rest_shown(raced: ExperimentRecord, again: str, workspace: Workspace) -> None:
    run = RunStore(workspace).runs(again)[0]
    path = RunStore(workspace).artifact(run.id, "predictions.parquet")
    path.write_bytes(path.read_bytes()[:-3])
    visit = Visit("compare", experiment=raced.id, other_experiment=again)
    assert visit.errors == [] and "predictions.parquet" in visit.words
    assert len(visit.charts) == 1
