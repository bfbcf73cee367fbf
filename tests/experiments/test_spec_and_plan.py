import pytest
from experiment_toys import QUICK, make_spec
from hypothesis import given
from hypothesis import strategies as st

from tlcore.errors import ChoiceError, NotFoundError
from tlcore.experiments.plan import budget_ladder, plan_runs, prepare
from tlcore.experiments.spec import ExperimentSpec, check_spec
from tlcore.records import Finding, Severity

DEEP = QUICK.model_copy(update={"top_blocks": 4})


def test_defaults_are_the_whole_race_on_the_bundled_encoder():
    spec = ExperimentSpec(name="race", dataset="d")
    runs = plan_runs(spec, 540)
    assert len(runs) == 15
    assert {run.strategy for run in runs} == {
        "classic", "scratch", "feature_extraction", "partial_fine_tuning", "full_fine_tuning",
    }  # fmt: skip
    assert {run.encoder for run in runs if run.strategy == "classic"} == {"none"}
    assert {run.encoder for run in runs if run.strategy != "classic"} == {"minilm"}
    assert {run.budget for run in runs} == {540}


def test_seeds_go_one_by_one_and_quick_strategies_first():
    runs = plan_runs(ExperimentSpec(name="race", dataset="d", budgets=("all", 50)), 540)
    assert [run.position for run in runs] == list(range(len(runs)))
    assert [run.seed for run in runs] == sorted(run.seed for run in runs)
    first = [run for run in runs if run.seed == 0]
    assert [run.budget for run in first] == [50] * 5 + [540] * 5
    assert [run.strategy for run in first[:5]][:2] == ["feature_extraction", "classic"]
    assert first[4].strategy == "scratch"


def test_a_strategy_without_encoder_runs_once_however_many_encoders_there_are():
    spec = ExperimentSpec(name="race", dataset="d", strategies=("classic", "scratch"), encoders=("a", "b"), seeds=1)
    assert [(run.strategy, run.encoder) for run in plan_runs(spec, 50)] == [
        ("classic", "none"),
        ("scratch", "a"),
        ("scratch", "b"),
    ]


def test_all_and_its_number_are_one_budget():
    assert (
        len(plan_runs(ExperimentSpec(name="race", dataset="d", strategies=("classic",), budgets=("all", 40), seeds=1), 40)) == 1
    )


def test_own_settings_reach_the_runs_of_their_strategy_alone():
    spec = ExperimentSpec(name="race", dataset="d", settings={"full_fine_tuning": QUICK}, seeds=1)
    settings = {run.strategy: run.settings for run in plan_runs(spec, 40)}
    assert settings["full_fine_tuning"] == QUICK
    assert settings["scratch"] != QUICK


def test_a_budget_larger_than_the_training_part_is_refused_with_its_size():
    with pytest.raises(ChoiceError, match=r"1,000 labels.*540"):
        plan_runs(ExperimentSpec(name="race", dataset="d", budgets=(50, 1000)), 540)


def test_more_runs_than_anyone_wants_are_refused():
    with pytest.raises(ChoiceError, match="runs"):
        plan_runs(ExperimentSpec(name="race", dataset="d", budgets=tuple(range(10, 60)), seeds=50), 540)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"strategies": ()}, "at least one strategy"),
        ({"strategies": ("classic", "magic")}, "magic"),
        ({"strategies": ("classic", "classic")}, "twice"),
        ({"budgets": ()}, "at least one budget"),
        ({"budgets": (0,)}, "budget of 0"),
        ({"encoders": ()}, "at least one encoder"),
        ({"encoders": ("tiny", "tiny")}, "twice"),
        ({"seeds": 0}, "seeds"),
        ({"seeds": 51}, "seeds"),
        ({"test_share": 0.0}, "test share"),
        ({"test_share": 1.0}, "test share"),
        ({"split_seed": -1}, "negative"),
        ({"band": 0.9}, "band"),
        ({"settings": {"magic": QUICK}}, "magic"),
        ({"strategies": ("partial_fine_tuning",), "settings": {"partial_fine_tuning": DEEP}}, "3 blocks"),
        ({"budgets": (2,)}, "Choose 3 or more"),
        ({"budgets": (1_000,)}, "more than the training part"),
    ],
)  # fmt: skip
def test_a_choice_that_cannot_be_run_is_named(tiny_workspace, dataset, changes, sentence):
    with pytest.raises(ChoiceError, match=sentence):
        prepare(tiny_workspace, make_spec(dataset, **changes))


def test_an_unknown_encoder_or_dataset_is_named(tiny_workspace, dataset):
    with pytest.raises(NotFoundError, match="huge"):
        prepare(tiny_workspace, make_spec(dataset, encoders=("huge",)))
    with pytest.raises(NotFoundError, match="abcdefabcdef"):
        prepare(tiny_workspace, make_spec(dataset).model_copy(update={"dataset": "abcdefabcdef"}))


def test_an_encoder_nobody_uses_is_not_asked_for(tiny_workspace, dataset):
    assert prepare(tiny_workspace, make_spec(dataset, strategies=("classic",), encoders=("huge",))).plans


def test_what_must_be_cured_first_is_said(dataset):
    finding = Finding(code="x", severity=Severity.STOP, message="Label has 5,000 values; is it an id?", count=5000)
    with pytest.raises(ChoiceError, match=r"toys.*is it an id"):
        check_spec(make_spec(dataset), dataset.model_copy(update={"findings": (finding,)}))


def test_an_encoder_of_another_modality_or_not_downloaded_is_refused(dataset, tiny_encoder):
    for changes, sentence in (({"modality": "image"}, "reads pictures"), ({"ready": False}, "not downloaded")):
        with pytest.raises(ChoiceError, match=sentence):
            check_spec(make_spec(dataset), dataset, [tiny_encoder.card.model_copy(update=changes)])


def test_what_a_run_may_use_is_nested_and_never_the_test(tiny_workspace, dataset):
    prepared = prepare(tiny_workspace, make_spec(dataset, strategies=("classic",), budgets=(6, 20, "all")))
    for seed in (0, 1):
        small, middle, large = (set(prepared.drawn(plan).tolist()) for plan in prepared.plans if plan.seed == seed)
        assert small < middle < large
        assert (len(small), len(middle)) == (6, 20)
        assert not large & set(prepared.split.test.tolist())
    drawn = [tuple(prepared.drawn(plan)) for plan in prepared.plans if plan.budget == 6]
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize(
    ("n_train", "classes", "expected"),
    [
        (540, 3, (50, 100, 200, 540)),
        (5452, 6, (50, 100, 300, 800, 2000, 5452)),
        (10003, 77, (300, 600, 1000, 2000, 5000, 10003)),
        (40, 2, (10, 20, 40)),
        (15, 2, (15,)),
        (8, 4, (8,)),
    ],
)
def test_the_ladder_is_spaced_evenly_up_to_all_labels(n_train, classes, expected):
    assert budget_ladder(n_train, classes) == expected


@given(st.integers(2, 10**6), st.integers(2, 500))
def test_a_ladder_rises_holds_every_class_and_ends_with_all(n_train, classes):
    rungs = budget_ladder(n_train, classes)
    assert list(rungs) == sorted(set(rungs)) and rungs[-1] == n_train and len(rungs) <= 6
    assert all(rung >= classes for rung in rungs[:-1])


def test_a_spec_may_ask_for_the_ladder():
    spec = ExperimentSpec(name="race", dataset="d", strategies=("classic",), budgets=("ladder", "all", 90), seeds=1)
    assert [run.budget for run in plan_runs(spec, 540, 3)] == [50, 90, 100, 200, 540]
