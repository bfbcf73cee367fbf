"""The Results page: the answer first, then the evidence, the detail, and what can be done with an experiment."""

import json
from collections.abc import Sequence

import pytest
from app_visit import Visit
from datasets_toys import HOSTILE, store_numbered
from race_toys import NAME, SEEDS, STRATEGIES

from benchmarks.verdict_simulation import Simulation, outcomes_of, power_law
from tlcore.data.store import DatasetStore
from tlcore.evaluation.alarm_records import Alarm, Cause, NextStep
from tlcore.evaluation.alarms import Watch
from tlcore.evaluation.evidence import find_evidence
from tlcore.evaluation.records import Evidence
from tlcore.experiments import queue
from tlcore.experiments.artifacts import read_sealed, write_sealed
from tlcore.experiments.results import Answer
from tlcore.experiments.rows import ExperimentRecord
from tlcore.experiments.spec import ExperimentSpec
from tlcore.experiments.store import RunStore
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES as CARDS

RICH = ("Labels and time", "Where they differ", "Confidence")
TABS = ("Scores", *RICH, "Training curves", "By class", "Confusions", "Runs and downloads")


def test_an_empty_workspace_is_told_what_to_do(workspace: Workspace) -> None:
    visit = Visit("results")
    assert (visit.here, visit.errors) == ("Results", [])
    assert "There are no results yet." in visit.words
    assert visit.follow("Start an experiment").here == "Experiment"


def test_the_answer_comes_first(raced: ExperimentRecord) -> None:
    visit = Visit("results", experiment=raced.id)
    assert visit.errors == []
    assert raced.verdict
    assert raced.verdict in visit.words
    values = {metric.label: metric.value for metric in visit.metric}
    assert values["Test texts"] == "24"
    assert values["Most accurate"] in [CARDS[strategy].name for strategy in STRATEGIES]
    assert values["Its accuracy"].endswith(" %")


def test_the_number_shown_is_the_best_strategys_mean(raced: ExperimentRecord, workspace: Workspace) -> None:
    runs = RunStore(workspace).runs(raced.id)
    means = {
        CARDS[strategy].name: sum(run.accuracy or 0.0 for run in runs if run.strategy == strategy) / SEEDS
        for strategy in STRATEGIES
    }
    values = {metric.label: metric.value for metric in Visit("results", experiment=raced.id).metric}
    assert means[values["Most accurate"]] == max(means.values())
    assert values["Its accuracy"] == f"{100 * max(means.values()):.1f} %"


def test_the_only_experiment_needs_no_choice(raced: ExperimentRecord) -> None:
    visit = Visit("results")
    assert visit.query_params == {"experiment": raced.id}
    assert raced.verdict in visit.words


def test_of_several_experiments_none_is_chosen_but_all_are_listed(
    raced: ExperimentRecord, workspace: Workspace, workers: list[str]
) -> None:
    queue.submit(workspace, ExperimentSpec(name="waiting", dataset=raced.dataset, strategies=("classic",), seeds=1))
    visit = Visit("results")
    assert "6 of 6 runs" in visit.words
    assert visit.follow("Open the results").query_params == {"experiment": raced.id}


def test_a_link_to_a_deleted_experiment_says_so(raced: ExperimentRecord) -> None:
    visit = Visit("results", experiment="0123456789ab")
    assert "The experiment this link or page pointed to is not here any more. Choose another one." in visit.words
    assert visit.errors == []
    assert "6 of 6 runs" in visit.words


@pytest.mark.parametrize("tab", TABS)
def test_every_piece_of_evidence_opens_by_a_link_and_shows_names_letter_by_letter(raced: ExperimentRecord, tab: str) -> None:
    visit = Visit("results", experiment=raced.id, evidence=tab)
    assert visit.errors == []
    assert visit.query_params.get("evidence", TABS[0]) == tab
    assert visit.oddities == {}
    assert all(bad not in chart for chart in visit.charts for bad in ("<img", "<b>", "<script"))


def test_classes_and_confusions_are_drawn_for_the_labels_of_the_data(raced: ExperimentRecord) -> None:
    for tab in ("By class", "Confusions"):
        visit = Visit("results", experiment=raced.id, evidence=tab)
        assert any(all(word in chart for word in ("up", "down", "side")) for chart in visit.charts)


def test_all_runs_are_in_the_table_and_in_the_downloads(raced: ExperimentRecord, workspace: Workspace) -> None:
    visit = Visit("results", experiment=raced.id, evidence="Runs and downloads")
    table = visit.dataframe[0].value
    runs = RunStore(workspace).runs(raced.id)
    assert table["run"].tolist() == [run.id for run in runs]
    assert set(table["state"]) == {"finished"}
    downloads = [button.proto.label for button in visit.download_button]
    assert downloads == [
        "Download the report (HTML)",
        "All runs (CSV)",
        "Everything (JSON)",
        "Download the model",
        "Its test predictions (CSV)",
    ]
    [code] = [code.value for code in visit.code]
    assert code.splitlines()[0] == "from tlcore import load_model"


def test_the_model_is_one_click_from_use(raced: ExperimentRecord, workspace: Workspace) -> None:
    visit = Visit("results", experiment=raced.id).follow("Use this model")
    assert visit.here == "Predict"
    assert visit.query_params["model"] in [run.id for run in RunStore(workspace).runs(raced.id) if run.seed == 0]


def test_damaged_results_are_named_and_the_runs_still_shown(raced: ExperimentRecord, workspace: Workspace) -> None:
    [results] = workspace.root.rglob("results.json")
    results.write_bytes(results.read_bytes()[:-20])
    visit = Visit("results", experiment=raced.id)
    assert visit.errors == []
    assert any("results.json" in warning and "damaged" in warning for warning in visit.words.splitlines())
    assert len(Visit("runs", experiment=raced.id).dataframe[0].value) == len(STRATEGIES) * SEEDS


def test_a_damaged_model_is_named_and_offered_to_nobody(raced: ExperimentRecord, workspace: Workspace) -> None:
    for bundle in workspace.root.rglob("bundle.json"):
        content = json.loads(bundle.read_bytes())
        content["classes"] = ["food"]
        bundle.write_text(json.dumps(content))
    visit = Visit("results", experiment=raced.id, evidence="Runs and downloads")
    assert len(visit.errors) == 1
    assert "fault" not in visit.errors[0]
    assert raced.verdict in visit.words


def test_rename_then_delete(raced: ExperimentRecord, workspace: Workspace) -> None:
    visit = Visit("results", experiment=raced.id)
    [name] = [box for box in visit.text_input if box.label == "Name"]
    assert name.value == NAME
    name.input("better name").run()
    visit.click("Save")
    assert visit.errors == []
    assert RunStore(workspace).experiment(raced.id).name == "better name"
    assert visit.selectbox[0].options == ["better name"]
    [delete] = [button for button in visit.button if button.label == "Delete"]
    assert delete.disabled
    [sure] = [box for box in visit.checkbox if "delete" in box.label]
    sure.check().run()
    visit.click("Delete")
    assert visit.errors == []
    assert RunStore(workspace).experiments() == []
    assert "There are no results yet." in visit.words
    assert [card.name for card in DatasetStore(workspace).list()] == [HOSTILE]


def test_an_experiment_without_a_result_leads_to_its_runs_and_can_be_deleted(workspace: Workspace, workers: list[str]) -> None:
    card = store_numbered(workspace)
    experiment = queue.submit(workspace, ExperimentSpec(name="waiting", dataset=card.id, strategies=("classic",), seeds=1))
    visit = Visit("results", experiment=experiment)
    assert "No run has finished yet." in visit.words
    [sure] = [box for box in visit.checkbox if "delete" in box.label]
    sure.check().run()
    visit.click("Delete")
    assert visit.errors == ["This experiment is still waiting or running. Cancel it first, then delete it."]
    assert visit.follow("See how the runs are doing").here == "Runs"


def keep_evidence(workspace: Workspace, evidence: Evidence | None, **changes: object) -> Answer:
    """Put other evidence into the one answer there is; what the race itself found about items stays."""
    [path] = workspace.root.rglob("results.json")
    answer = read_sealed(path, Answer, "x")
    if evidence is not None:
        assert answer.evidence is not None
        evidence = evidence.model_copy(update={"differences": answer.evidence.differences, **changes})
    answer = answer.model_copy(update={"evidence": evidence})
    write_sealed(path, answer)
    return answer


def simulated(ladder: Sequence[int] = (50, 100, 200, 400)) -> Evidence:
    """What three strategies at these budgets would leave behind."""
    truth = {"classic": power_law(ladder, 0.9, 1.6, 0.4), "scratch": power_law(ladder, 0.93, 1.6, 0.38)}
    truth["full_fine_tuning"] = power_law(ladder, 0.93, 1.6, 0.38, factor=5)
    runs = outcomes_of(Simulation(3, 2_000, draw_seed=1).curves(truth), list(ladder))
    return find_evidence(runs, Watch(CARDS, n_train=400), ("bad", "good"))


def an_alarm(changes: dict[str, object]) -> Alarm:
    step = NextStep(label="Try this next", changes=changes)
    cause = Cause(code="few_labels", sentence="Few labels: 36 are only 12.0 for each of 3 classes.", next_step=step)
    return Alarm(
        kind="classic_wins", strategy="feature_extraction", against="classic", encoder="tiny", budget=36, difference=-0.2,
        low=-0.3, high=-0.1, looked_at=1, sentence="The simple thing wins by 20.0 points.", causes=(cause,), next_step=step,
    )  # fmt: skip


@pytest.mark.parametrize("tab", ("Scores", *RICH))
def test_rich_evidence_fills_every_tab(raced: ExperimentRecord, workspace: Workspace, tab: str) -> None:
    answer = keep_evidence(workspace, simulated())
    visit = Visit("results", experiment=raced.id, evidence=tab)
    assert (visit.errors, visit.oddities) == ([], {})
    assert answer.evidence and answer.evidence.headline
    assert visit.words.index(raced.verdict) < visit.words.index(answer.evidence.headline.sentence)
    assert any("labels, log scale" in chart for chart in visit.charts)
    assert not any("NaN" in chart for chart in visit.charts)
    if tab == "Scores":
        assert all(one.sentence in visit.words for one in answer.evidence.measures)


def test_a_target_is_answered_with_labels(raced: ExperimentRecord, workspace: Workspace) -> None:
    keep_evidence(workspace, simulated())
    visit = Visit("results", experiment=raced.id, evidence="Labels and time")
    visit.number_input(key="growth_target").set_value(99.0).run()
    assert "99.0 % accuracy is out of reach" in visit.words or "99.0 % accuracy probably takes more" in visit.words


def test_answers_from_before_there_was_evidence_look_as_they_did(raced: ExperimentRecord, workspace: Workspace) -> None:
    keep_evidence(workspace, None)
    visit = Visit("results", experiment=raced.id)
    assert visit.errors == []
    assert raced.verdict in visit.words
    assert [tab.label for tab in visit.tabs] == [tab for tab in TABS if tab not in RICH]


def test_one_budget_has_no_curve_against_labels(raced: ExperimentRecord) -> None:
    assert not any("labels, log scale" in chart for chart in Visit("results", experiment=raced.id).charts)


def test_the_simple_thing_comes_first_and_its_next_step_fills_the_form(
    raced: ExperimentRecord, workspace: Workspace, workers: list[str]
) -> None:
    changes: dict[str, object] = {"seeds": 5, "budgets": [12, "all"], "settings": {"scratch": {"epochs": 1}}}
    keep_evidence(workspace, simulated(), alarms=(an_alarm(changes),))
    visit = Visit("results", experiment=raced.id)
    assert visit.errors == []
    assert "Few labels: 36 are only" in visit.words
    visit.click("Try this next")
    assert visit.here == "Experiment"
    assert visit.errors == []
    assert visit.number_input(key="race_seeds").value == 5
    assert visit.multiselect(key=f"race_budgets_{raced.dataset}").value == ["12", "all"]
    assert visit.multiselect(key="race_encoders").value == ["tiny"]
    assert visit.button_group(key="race_strategies").value == list(STRATEGIES)
    visit.click("start")
    spec = queue.Control(workspace, workers[0]).submission().spec
    assert (spec.seeds, spec.budgets, spec.test_share) == (5, (12, "all"), 0.4)
    assert spec.settings["scratch"].epochs == 1
    assert spec.settings["scratch"].max_length == 16
