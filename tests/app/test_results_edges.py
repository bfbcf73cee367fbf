"""The Results page where experiments are small, large, unfinished or went wrong: it says what can be said and what cannot."""

import json
import re
from pathlib import Path

import pytest
from app_visit import Visit
from results_toys import Toy, leave

from tlcore.experiments.plan import RunPlan
from tlcore.experiments.results import results
from tlcore.experiments.store import RunStore
from tlcore.records import RunStatus
from tlcore.settings import Workspace

TABS = ("Scores", "Labels and time", "Where they differ", "Confidence", "Training curves", "By class", "Confusions")
pytestmark = pytest.mark.usefixtures("workers")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder for each test: here runs are recorded in this process, and MLflow would not see that a store was emptied."""
    return tmp_path / "workspace"


def every_tab(experiment: str) -> str:
    """All words and numbers of every tab; each must be whole."""
    words = []
    for tab in TABS:
        visit = Visit("results", experiment=experiment, evidence=tab)
        assert visit.errors == []
        assert visit.oddities == {}
        words.append(visit.words)
        drawn = " ".join(re.sub(r"null", "", json.dumps(json.loads(chart))) for chart in visit.charts)
        for unknown in ("NaN", "nan %", "None", "Infinity"):
            assert unknown not in visit.words + drawn, (tab, unknown)
    return "\n".join(words)


def open_number(visit: Visit, key: str) -> Visit:
    visit.button_group(key="number").set_value(key).run()
    assert visit.errors == []
    return visit


def test_one_seed_and_one_budget_say_what_is_missing(workspace: Workspace) -> None:
    words = every_tab(leave(workspace, Toy(seeds=1)))
    assert "Only one seed was run" in words
    assert "Only one budget was run" in words


def test_a_class_that_a_small_budget_never_recognises_has_no_precision_rather_than_zero(workspace: Workspace) -> None:
    experiment = leave(workspace, Toy(classes=6, budgets=(6, "all")))
    every_tab(experiment)
    visit = Visit("results", experiment=experiment, evidence="Training curves")
    assert visit.selectbox(key="curve_budget").options == ["6", "72"]
    visit = Visit("results", experiment=experiment, evidence="By class")
    small = next(run.id for run in RunStore(workspace).runs(experiment) if (run.strategy, run.budget) == ("scratch", 6))
    visit.multiselect(key="class_runs").set_value([small]).run()
    assert visit.errors == []
    [chart] = [json.loads(chart) for chart in visit.charts if "precision" in chart]
    precision = next(trace for trace in chart["data"] if trace["mode"] == "markers")
    row = next(place for place, name in enumerate(chart["layout"]["yaxis"]["ticktext"]) if name.startswith("class 005"))
    assert precision["x"][row] is None


def test_ten_test_items_are_called_few(workspace: Workspace) -> None:
    words = every_tab(leave(workspace, Toy(classes=2, each=25, test_share=0.2)))
    assert "The test set is small (10 items)" in words


def test_two_hundred_classes_are_drawn_in_part_and_listed_in_full(workspace: Workspace) -> None:
    experiment = leave(workspace, Toy(classes=200, each=4, test_share=0.5))
    every_tab(experiment)
    for tab, key in (("By class", "all_classes"), ("Where they differ", "all_changes")):
        visit = Visit("results", experiment=experiment, evidence=tab)
        assert any("drawn: 30 of 200 classes" in chart for chart in visit.charts)
        assert max(len(table.value) for table in visit.dataframe) >= 200, key
    visit = Visit("results", experiment=experiment, evidence="Confusions")
    assert any("drawn: 30 of 200 classes" in chart for chart in visit.charts)
    [chooser] = [box for box in visit.selectbox if box.label == "What is behind a cell"]
    assert len(chooser.options) <= 300


def test_a_run_that_failed_in_the_middle_leaves_the_rest_standing(workspace: Workspace) -> None:
    def ends(plan: RunPlan) -> RunStatus:
        return RunStatus.FAILED if (plan.strategy, plan.seed) == ("scratch", 1) else RunStatus.FINISHED

    experiment = leave(workspace, Toy(seeds=3, ends=ends))
    assert "Left out for want of a finished partner: seed 1." in every_tab(experiment)
    pairs = open_number(Visit("results", experiment=experiment), "difference").dataframe[0].value
    assert pairs["seed"].tolist() == ["0", "2", "mean"]


def test_cancelled_with_only_scratch_finished_it_says_what_is_missing(workspace: Workspace) -> None:
    def ends(plan: RunPlan) -> RunStatus:
        return RunStatus.FINISHED if plan.strategy == "scratch" else RunStatus.SCHEDULED

    experiment = leave(workspace, Toy(ends=ends))
    words = every_tab(experiment)
    assert "No answer yet: no run that starts from a pre-trained network has finished" in words
    assert "There are no two strategies to set against each other yet." in words
    assert not Visit("results", experiment=experiment).get("button_group")


def test_cancelled_with_only_some_strategies_it_compares_what_there_is(workspace: Workspace) -> None:
    def ends(plan: RunPlan) -> RunStatus:
        return RunStatus.FINISHED if plan.strategy in ("classic", "full_fine_tuning") else RunStatus.SCHEDULED

    words = every_tab(leave(workspace, Toy(ends=ends)))
    assert "no run from scratch has finished" in words


def test_while_runs_are_at_work_the_answer_so_far_and_its_numbers_are_there(workspace: Workspace) -> None:
    def ends(plan: RunPlan) -> RunStatus:
        return RunStatus.FINISHED if plan.seed == 0 else RunStatus.RUNNING

    experiment = leave(workspace, Toy(ends=ends, closed=False))
    assert "3 of 6 runs finished" in every_tab(experiment)
    visit = open_number(Visit("results", experiment=experiment), "test")
    assert {*visit.dataframe[0].value["seed"]} == {0}
    runs = Visit("results", experiment=experiment, evidence="Runs and downloads")
    assert "None" not in runs.words


def test_every_number_opens_the_very_runs_it_rests_on(workspace: Workspace) -> None:
    experiment = leave(workspace, Toy(budgets=(12, "all"), seeds=3))
    visit = Visit("results", experiment=experiment)
    evidence = results(workspace, experiment).evidence
    assert evidence and evidence.headline
    of_pair = {run.id for run in RunStore(workspace).runs(experiment) if run.budget == 36 and run.strategy != "classic"}
    for key in ("difference", "labels", "test", "time", "saved"):
        open_number(visit, key)
        assert visit.oddities == {}
        runs = set(visit.dataframe[1 if key == "difference" else 0].value["run"])
        assert runs == (set(evidence.headline.runs) if key == "saved" else of_pair), key
    open_number(visit, "difference")
    pairs = visit.dataframe[0].value
    seeds, mean = pairs.iloc[:-1], pairs.iloc[-1]
    assert (seeds["Full fine-tuning"] - seeds["From scratch"]).tolist() == pytest.approx(seeds["difference"].tolist())
    assert seeds["difference"].mean() == pytest.approx(mean["difference"])
    assert f"{mean['difference']:.1f} points of accuracy" in visit.words


def test_a_clicked_mark_shows_its_runs_until_it_is_let_go(workspace: Workspace) -> None:
    experiment = leave(workspace, Toy(budgets=(12, "all")))
    visit = Visit("results", experiment=experiment)
    before = len(visit.dataframe)
    spec = next(json.loads(chart) for chart in visit.charts if "labels, log scale" in chart)
    runs = next(trace["customdata"][0] for trace in spec["data"] if trace.get("customdata"))
    chosen = {"selection": {"points": [{"customdata": runs}], "point_indices": [0], "box": [], "lasso": []}}
    visit.session_state["efficiency"] = chosen
    visit.run()
    assert visit.errors == []
    assert len(visit.dataframe) == before + 1
    assert set(visit.dataframe[0].value["run"]) == set(runs)
    chosen["selection"]["points"] = []
    visit.session_state["efficiency"] = chosen
    visit.run()
    assert len(visit.dataframe) == before


def test_a_clicked_cell_of_the_difference_shows_its_texts(workspace: Workspace) -> None:
    experiment = leave(workspace, Toy(seeds=3, each=40))
    visit = Visit("results", experiment=experiment, evidence="Where they differ")
    before = len(visit.dataframe)
    chosen = {"selection": {"points": [{"customdata": [0, 1, "x"]}], "point_indices": [0], "box": [], "lasso": []}}
    visit.session_state["confusion_changes"] = chosen
    visit.run()
    assert visit.errors == []
    assert visit.oddities == {}
    assert "“class 000” taken for “class 001”" in visit.words
    assert len(visit.dataframe) == before + 1
    assert set(visit.dataframe[0].value["true"]) == {"class 000"}
