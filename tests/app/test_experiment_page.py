"""The Experiment page: two clicks with defaults, the usual choices, every setting; and a start that starts once."""

import pytest
from app_visit import Visit
from datasets_toys import HOSTILE, a_text, store_dataset, store_numbered

from tlcore.data.store import DatasetStore
from tlcore.encoders.catalogue import DEFAULT_ENCODER
from tlcore.experiments import queue, spare
from tlcore.experiments.control import all_controls
from tlcore.experiments.rows import ExperimentRecord
from tlcore.experiments.spec import ExperimentSpec
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES

ALL = tuple(STRATEGIES)


def form(workspace: Workspace, level: str = "Defaults", rows: int = 60) -> Visit:
    visit = Visit("experiment", dataset=store_numbered(workspace, rows=rows).id)
    visit.button_group(key="level").set_value(level).run()
    return visit


def can_start(visit: Visit) -> bool:
    return "start" in [button.key for button in visit.button]


def submitted(workspace: Workspace) -> ExperimentSpec:
    [control] = all_controls(workspace)
    return control.submission().spec


def test_an_empty_workspace_is_told_what_to_do(workspace: Workspace) -> None:
    visit = Visit("experiment")
    assert (visit.here, visit.errors) == ("Experiment", [])
    assert "There is no dataset to race on yet." in visit.words
    assert visit.follow("Add a dataset").here == "Data"


def test_the_only_dataset_needs_no_choice(workspace: Workspace) -> None:
    card = store_numbered(workspace)
    visit = Visit("experiment")
    assert visit.query_params == {"dataset": card.id}
    assert can_start(visit)


def test_of_several_datasets_none_is_chosen_for_the_visitor(workspace: Workspace) -> None:
    card = store_numbered(workspace)
    store_numbered(workspace, "other", start=100)
    visit = Visit("experiment")
    assert "Choose the dataset to race on." in visit.words
    assert not can_start(visit)
    visit.selectbox[0].select(card.id).run()
    assert visit.query_params == {"dataset": card.id}
    assert can_start(visit)


def test_a_link_to_a_deleted_dataset_says_so(workspace: Workspace) -> None:
    store_numbered(workspace)
    visit = Visit("experiment", dataset="0123456789ab")
    assert "The dataset this link or page pointed to is not here any more. Choose another one." in visit.words
    assert not can_start(visit)


def test_the_defaults_are_one_click(workspace: Workspace, workers: list[str]) -> None:
    visit = form(workspace)
    assert "15 runs, about " in visit.words
    assert all(card.name in visit.words for card in STRATEGIES.values())
    visit.click("start")
    assert visit.errors == []
    assert (visit.here, visit.query_params["experiment"]) == ("Runs", workers[0])
    spec = submitted(workspace)
    [card] = DatasetStore(workspace).list()
    assert spec == ExperimentSpec(name="toys: transfer or scratch?", dataset=card.id)


def test_a_double_click_is_one_experiment(workspace: Workspace, workers: list[str]) -> None:
    visit = form(workspace)
    key = visit.session_state["start_key"]
    visit.click("start").go("experiment")
    visit.session_state["start_key"] = key
    visit.click("start")
    assert len(workers) == 1
    assert len(all_controls(workspace)) == 1
    assert visit.query_params["experiment"] == workers[0]


def test_starting_again_later_is_another_experiment(workspace: Workspace, workers: list[str]) -> None:
    visit = form(workspace).click("start")
    visit.go("experiment").click("start")
    assert len(set(workers)) == 2


def test_the_usual_choices_are_what_is_submitted(workspace: Workspace, workers: list[str]) -> None:
    visit = form(workspace, "Usual choices")
    visit.text_input[0].input("mine").run()
    visit.button_group(key="race_strategies").set_value(["classic", "scratch"]).run()
    next(box for box in visit.multiselect if box.label.startswith("Labels")).set_value(["20", "all"]).run()
    visit.number_input(key="race_seeds").set_value(2).run()
    assert "8 runs, about " in visit.words
    visit.click("start")
    spec = submitted(workspace)
    assert (spec.name, spec.strategies, spec.budgets, spec.seeds) == ("mine", ("classic", "scratch"), (20, "all"), 2)


@pytest.mark.parametrize(
    ("budgets", "word"),
    [
        (["many"], "budget of 0 labels is too small"),
        (["0"], "too small"),
        (["-5"], "too small"),
        (["1e3"], "too small"),
        (["99999999999999999999"], "too small"),
        (["900"], "more than the training part's 48"),
        (["1"], "cannot hold all 2 labels"),
        (["20", " 2 0 "], "chosen twice"),
        ([], "at least one budget"),
    ],
)
def test_a_budget_that_makes_no_sense_gets_one_sentence_and_no_start(
    workspace: Workspace, budgets: list[str], word: str
) -> None:
    visit = form(workspace, "Usual choices")
    next(box for box in visit.multiselect if box.label.startswith("Labels")).set_value(budgets).run()
    assert len(visit.errors) == 1
    assert word in visit.errors[0]
    assert not can_start(visit)


def test_a_budget_is_read_as_people_write_numbers(workspace: Workspace, workers: list[str]) -> None:
    visit = form(workspace, "Usual choices", rows=2_000)
    next(box for box in visit.multiselect if box.label.startswith("Labels")).set_value(["1,000", "ALL"]).run()
    visit.click("start")
    assert submitted(workspace).budgets == (1_000, "all")


def test_nothing_chosen_is_said(workspace: Workspace) -> None:
    visit = form(workspace, "Usual choices")
    visit.button_group(key="race_strategies").set_value([]).run()
    assert visit.errors == ["Choose at least one strategy."]
    visit.button_group(key="race_strategies").set_value(["scratch"]).run()
    visit.multiselect(key="race_encoders").set_value([]).run()
    assert visit.errors == ["Choose at least one encoder."]
    visit.button_group(key="race_strategies").set_value(["classic"]).run()
    assert visit.errors == []
    visit.text_input[0].input("  ").run()
    assert "Give the experiment a name" in visit.errors[0]
    assert not can_start(visit)


def test_every_setting_untouched_is_the_default(workspace: Workspace, workers: list[str]) -> None:
    form(workspace, "Every setting").click("start")
    spec = submitted(workspace)
    assert spec.settings == {name: card.defaults for name, card in STRATEGIES.items()}
    assert (spec.test_share, spec.band, spec.split_seed) == (0.2, 0.01, 0)


def test_every_setting_a_strategy_uses_can_be_changed(workspace: Workspace, workers: list[str]) -> None:
    visit = form(workspace, "Every setting")
    for name in STRATEGIES:
        visit.session_state[f"open_{name}"] = True
    visit.run()
    keys = [widget.key or "" for widget in (*visit.number_input, *visit.toggle, *visit.selectbox)]
    for name, card in STRATEGIES.items():
        shown = {key.removeprefix(f"setting_{name}_") for key in keys if key.startswith(f"setting_{name}_")}
        assert shown == set(card.fields)
    visit.number_input(key="setting_full_fine_tuning_learning_rate").set_value(3e-5).run()
    visit.number_input(key="setting_scratch_epochs").set_value(7).run()
    visit.number_input(key="race_test").set_value(30).run()
    visit.number_input(key="race_band").set_value(2.5).run()
    visit.click("start")
    spec = submitted(workspace)
    assert spec.settings["full_fine_tuning"].learning_rate == 3e-5
    assert spec.settings["scratch"].epochs == 7
    assert spec.settings["partial_fine_tuning"] == STRATEGIES["partial_fine_tuning"].defaults
    assert (spec.test_share, spec.band) == (0.3, 0.025)


def test_choices_survive_a_look_at_another_page(workspace: Workspace, workers: list[str]) -> None:
    visit = form(workspace, "Usual choices")
    visit.number_input(key="race_seeds").set_value(5).run()
    visit.go("home").go("experiment").click("start")
    assert submitted(workspace).seeds == 5


def test_starting_on_a_dataset_that_another_tab_deleted_says_so_and_starts_nothing(
    workspace: Workspace, workers: list[str]
) -> None:
    visit = form(workspace)
    store_numbered(workspace, "other", start=100)
    [card] = [card for card in DatasetStore(workspace).list() if card.name == "toys"]
    DatasetStore(workspace).delete(card.id)
    visit.click("start")
    assert visit.errors == []
    assert "The dataset this link or page pointed to is not here any more." in visit.words
    assert workers == []
    assert all_controls(workspace) == []


def test_a_dataset_that_must_be_cured_first_cannot_be_raced_on(workspace: Workspace) -> None:
    texts = [a_text(number) for number in range(40)]
    visit = Visit("experiment", dataset=store_dataset(workspace, texts, ["same"] * 40).id)
    assert len(visit.errors) == 1
    assert "cannot be trained on yet" in visit.errors[0]
    assert not can_start(visit)


@pytest.mark.parametrize("name", [HOSTILE, "n" * 300])
def test_hostile_and_endless_names_are_text_that_fits(workspace: Workspace, workers: list[str], name: str) -> None:
    visit = Visit("experiment", dataset=store_numbered(workspace, name).id)
    assert visit.errors == []
    assert can_start(visit)
    visit.button_group(key="level").set_value("Usual choices").run()
    assert visit.errors == []
    assert visit.oddities == {}
    visit.click("start")
    assert visit.errors == []
    spec = submitted(workspace)
    assert spec.name.startswith(name[:90])
    queue.submit(workspace, spec.model_copy(update={"seeds": 1}))
    assert Visit("results").oddities == {}
    assert Visit("home").oddities == {}


def test_a_machine_is_measured_once_and_the_race_then_takes_known_time(raced: ExperimentRecord, workspace: Workspace) -> None:
    visit = Visit("experiment", dataset=raced.dataset)
    visit.button_group(key="level").set_value("Usual choices").run()
    visit.multiselect(key="race_encoders").set_value(["tiny"]).run()
    assert visit.errors == []
    assert "15 runs, about " in visit.words
    measured = (workspace.root / "calibration.json").read_text()
    assert "tiny" in measured
    visit.number_input(key="race_seeds").set_value(1).run()
    assert "5 runs, about " in visit.words
    assert (workspace.root / "calibration.json").read_text() == measured


def test_every_encoder_that_is_ready_is_offered(raced: ExperimentRecord) -> None:
    visit = Visit("experiment", dataset=raced.dataset)
    visit.button_group(key="level").set_value("Usual choices").run()
    box = visit.multiselect(key="race_encoders")
    assert box.value == [DEFAULT_ENCODER]
    assert len(box.options) == 2
    assert not any("\\" in option for option in box.options)


def test_a_ladder_of_labels_is_one_click(workspace: Workspace, workers: list[str]) -> None:
    visit = form(workspace, "Usual choices", rows=400).click("race_ladder")
    assert visit.errors == []
    visit.click("start")
    *rungs, last = submitted(workspace).budgets
    assert last == "all"
    assert len(rungs) >= 2
    assert rungs == sorted(set(rungs))
    assert all(isinstance(rung, int) and 4 <= rung < 320 for rung in rungs)


def test_start_takes_what_was_chosen_last_even_at_once(workspace: Workspace, workers: list[str]) -> None:
    visit = form(workspace, "Usual choices")
    visit.number_input(key="race_seeds").set_value(1)
    visit.click("start")
    assert submitted(workspace).seeds == 1
    assert visit.here == "Runs"


def test_a_worker_gets_ready_while_a_person_chooses_and_not_while_the_machine_is_measured(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[tuple[bool, ExperimentSpec]] = []
    measured = workspace.root / "calibration.json"
    measured.unlink()
    monkeypatch.setattr(spare, "keep_ready", lambda workspace, spec: kept.append((measured.exists(), spec)))
    form(workspace)
    assert {known for known, _ in kept} == {True}
    assert {(spec.encoders, spec.image_size) for _, spec in kept} == {((DEFAULT_ENCODER,), None)}
