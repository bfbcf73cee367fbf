"""Two experiments in a workspace, side by side: what is shared is compared, and nothing else."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from experiment_toys import make_spec, submit_quietly

from tlcore.data.store import DatasetDraft, DatasetStore
from tlcore.errors import ChoiceError, NotFoundError, StorageError
from tlcore.experiments import artifacts
from tlcore.experiments.artifacts import Predictions
from tlcore.experiments.control import Control
from tlcore.experiments.recorder import Recorder, json_tag
from tlcore.experiments.side_by_side import compare_experiments
from tlcore.experiments.spec import ExperimentSpec
from tlcore.experiments.store import RunStore
from tlcore.records import ClassScore, DatasetCard, DatasetSource, RunStatus, Scores
from tlcore.settings import Workspace

ONE, OTHER, OLD = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"
SCORES = Scores(
    accuracy=0.5, macro_f1=0.5, balanced_accuracy=0.5, log_loss=1.0, confusion=((1,),),
    per_class=(ClassScore(label="food", precision=None, recall=None, f1=None, support=0),),
)  # fmt: skip
Answers = Callable[[str, int], bool]
"""Whether a run is right about an item: (text, seed)."""


@pytest.fixture
def finish(tiny_workspace: Workspace):
    """Make an experiment whose runs answered like this; `runs` limits how many of them finished."""

    def make(
        spec: ExperimentSpec, experiment: str, right: Answers, runs: int | None = None, versions: dict[str, str] | None = None
    ) -> str:
        recorder = Recorder(RunStore(tiny_workspace), submit_quietly(tiny_workspace, spec, experiment).submission())
        prepared, planned = recorder.open()
        test, tags = prepared.split.test, {"precision": "fp32", **({"versions": json_tag(versions)} if versions else {})}
        for run in planned[:runs]:
            texts = prepared.table["text"].iloc[test]
            labels = prepared.labels[test]
            correct = np.array([right(text, run.plan.seed) for text in texts])
            said = np.where(correct, labels, (labels + 1) % len(prepared.classes))
            probabilities = np.full((len(test), len(prepared.classes)), 0.1)
            probabilities[np.arange(len(test)), said] = 0.7
            (recorder.store.artifact_folder(run.id) / "bundle").mkdir(parents=True)
            recorder.begin(run)
            predictions = Predictions(test, labels, probabilities, prepared.classes)
            recorder.finish(run, SCORES, predictions, {"n_test": len(test)}, tags)
        recorder.close(RunStatus.FINISHED if runs is None else RunStatus.KILLED, "" if runs is None else "cancelled")
        Control(tiny_workspace, experiment).write_ending(RunStatus.FINISHED if runs is None else RunStatus.KILLED, "cancelled")
        return experiment

    return make


@pytest.fixture
def store(tiny_workspace: Workspace):
    """Store a dataset; parts are the user's own."""

    def make(texts, labels, name: str, parts=None) -> DatasetCard:
        frame = pd.DataFrame({"text": list(texts), "label": list(labels), "part": "" if parts is None else list(parts)})
        source = DatasetSource(file_name="toys.csv", sha256="0" * 64, rows_read=len(frame))
        return DatasetStore(tiny_workspace).add(frame, DatasetDraft(name=name, task="classification", source=source))

    return make


def half(text: str, seed: int) -> bool:
    return (len(text) + seed) % 2 == 0


def always(text: str, seed: int) -> bool:
    return True


def classic(dataset: DatasetCard, **changes: object) -> ExperimentSpec:
    return make_spec(dataset, **{"strategies": ("classic",), "settings": {}, **changes})


def test_one_dataset_and_one_test_are_paired_in_full(tiny_workspace, dataset, finish):
    finish(classic(dataset, name="half"), ONE, half)
    finish(classic(dataset, name="good"), OTHER, always)
    found = compare_experiments(tiny_workspace, OTHER, ONE)
    assert (found.basis, found.items.shared, found.items.whole) == ("paired", 12, True)
    [pair] = found.pairs
    assert pair.seeds == (0, 1) and pair.budget == 48
    assert pair.difference == pytest.approx(pair.first_score - pair.second_score) and pair.first_score == 1.0
    assert found.sentence == pair.sentence and "“good”" in pair.sentence
    assert [change.what for change in found.changes] == []
    back = compare_experiments(tiny_workspace, ONE, OTHER).pairs[0]
    assert (back.difference, back.low, back.high) == (-pair.difference, -pair.high, -pair.low)


def test_the_same_twice_and_what_is_not_there_are_refused(tiny_workspace, dataset, finish):
    finish(classic(dataset), ONE, half)
    with pytest.raises(ChoiceError, match="same experiment twice"):
        compare_experiments(tiny_workspace, ONE, ONE)
    with pytest.raises(NotFoundError):
        compare_experiments(tiny_workspace, ONE, OTHER)


def test_a_repeat_gives_the_same_answers_and_names_tell_it_apart(tiny_workspace, dataset, finish):
    finish(classic(dataset), ONE, half)
    finish(classic(dataset), OTHER, half)
    found = compare_experiments(tiny_workspace, ONE, OTHER)
    assert found.pairs[0].identical and found.pairs[0].kind == "no_difference"
    assert "In “toys” (aaaaaa), which ran as “toys” (bbbbbb) did, classic baseline gives exactly the same" in found.sentence


def test_another_draw_of_the_test_is_compared_where_both_were_tested(tiny_workspace, dataset, finish):
    finish(classic(dataset, test_share=0.4), ONE, half)
    finish(classic(dataset, test_share=0.4, split_seed=5, name="other"), OTHER, always)
    found = compare_experiments(tiny_workspace, ONE, OTHER)
    tests = [set(RunStore(tiny_workspace).predictions(run).items) for run in (one_run(found.pairs, 0), one_run(found.pairs, 1))]
    table = DatasetStore(tiny_workspace).items(dataset.id)
    families = [set(table["family"].drop(index=list(items))) for items in tests]
    clean = {place for place in tests[0] & tests[1] if not {table["family"][place]} & (families[0] | families[1])}
    assert found.items.shared == len(clean) < len(tests[0])
    assert found.items.first_learned > 0 and "The training part of “toys” holds" in found.reason
    assert found.pairs[0].items == len(clean)


def one_run(pairs, side):
    return (pairs[0].first_runs, pairs[0].second_runs)[side][0]


def test_two_versions_are_paired_on_what_both_test_with_the_same_label(tiny_workspace, toy_texts, store, finish, mlflow_schema):
    numbered = [f"{text} number {place * 7919:x}" for place, text in enumerate(toy_texts.texts)]
    parts = ["test"] * 20 + ["train"] * 40
    first = store(numbered, toy_texts.names, "first", parts)
    # The second version lacks three test texts, has another label for one, spells one with more spaces, and trains on one.
    texts, labels = numbered[3:], toy_texts.names[3:]
    labels[0] = {"food": "sport"}.get(labels[0], "food")
    texts[1] = texts[1].replace(" ", "  ")
    parts = ["test"] * 16 + ["train"] * 41
    second = store(texts, labels, "second", parts)
    finish(classic(first, name="v1", budgets=(30,)), ONE, half)
    finish(classic(second, name="v2", budgets=(30,)), OTHER, always)
    found = compare_experiments(tiny_workspace, ONE, OTHER)
    assert found.basis == "paired" and found.items.relabelled == 1 and found.items.second_learned >= 1
    assert found.items.shared == 15 and not found.items.whole
    right = [half(text, seed) for seed in (0, 1) for text in numbered[4:19]]
    assert found.pairs[0].first_score == pytest.approx(np.mean(right))
    assert "With data “first” instead of “second”, classic baseline" in found.sentence.replace("with data", "With data")
    counts = {change.what: (change.first, change.second) for change in found.changes}
    # The text with more spaces is another text in the table of rows, and a copy where answers are paired.
    assert counts["texts that the other lacks or labels otherwise"] == ("5 of 60", "2 of 57")
    back = compare_experiments(tiny_workspace, OTHER, ONE)
    assert (back.pairs[0].difference, back.pairs[0].low) == (-found.pairs[0].difference, -found.pairs[0].high)
    assert (back.items.first_learned, back.items.second_learned) == (found.items.second_learned, found.items.first_learned)


def test_a_test_that_the_other_learned_from_is_not_compared(tiny_workspace, toy_texts, store, finish):
    numbered = [f"{text} number {place * 7919:x}" for place, text in enumerate(toy_texts.texts)]
    first = store(numbered, toy_texts.names, "first", ["test"] * 20 + ["train"] * 40)
    second = store(numbered[::-1], toy_texts.names[::-1], "second", ["test"] * 20 + ["train"] * 40)
    finish(classic(first, name="v1", budgets=(30,)), ONE, half)
    finish(classic(second, name="v2", budgets=(30,)), OTHER, always)
    found = compare_experiments(tiny_workspace, ONE, OTHER)
    assert found.basis == "unpaired" and found.pairs == () and found.items.shared == 0
    assert "The training part of “v2” holds 20 test texts of “v1”." in found.reason
    [scores] = found.scores
    assert scores.second.accuracy == 1.0 and scores.first.accuracy < 1.0


def test_other_classes_leave_the_choices_alone(tiny_workspace, dataset, toy_texts, store, finish):
    finish(classic(dataset), ONE, half)
    names = ["cooking" if name == "food" else name for name in toy_texts.names]
    finish(classic(store(toy_texts.texts, names, "renamed"), name="renamed"), OTHER, half)
    found = compare_experiments(tiny_workspace, ONE, OTHER)
    assert (found.basis, found.pairs, found.scores) == ("settings", (), ())
    assert "only “toys” has food; only “renamed” has cooking" in found.reason
    assert {"data", "classes"} <= {change.what for change in found.changes}


def test_texts_and_pictures_have_nothing_in_common(tiny_workspace, dataset, finish):
    finish(classic(dataset), ONE, half)
    finish(classic(dataset, name="pictures"), OTHER, half)
    control = Control(tiny_workspace, OTHER)
    asked = control.submission()
    control.write_submission(asked.model_copy(update={"spec": asked.spec.model_copy(update={"modality": "image"})}))
    found = compare_experiments(tiny_workspace, ONE, OTHER)
    assert found.basis == "settings" and "is about texts and “pictures” about pictures" in found.reason


def test_budgets_without_a_partner_are_said(tiny_workspace, dataset, finish):
    finish(classic(dataset, name="few", budgets=(12, 24)), ONE, half)
    finish(classic(dataset, name="many", budgets=(24, "all")), OTHER, half)
    found = compare_experiments(tiny_workspace, ONE, OTHER)
    assert [pair.budget for pair in found.pairs] == [24]
    assert found.without_partner == (
        "Only “few” has 12 labels for classic baseline.",
        "Only “many” has 48 labels for classic baseline.",
    )
    assert {change.what: (change.first, change.second) for change in found.changes}["labels"] == (
        "12 labels, 24 labels", "24 labels, all",
    )  # fmt: skip


def test_without_a_common_budget_scores_stand_alone_with_the_cure(tiny_workspace, dataset, finish):
    finish(classic(dataset, name="few", budgets=(12,)), ONE, half)
    finish(classic(dataset, name="many"), OTHER, half)
    found = compare_experiments(tiny_workspace, ONE, OTHER)
    assert found.basis == "unpaired" and "same number of labels" in found.reason and "Run them with 48 labels" in found.reason
    assert [(one.first is None, one.second is None) for one in found.scores] == [(False, True), (True, False)]


def test_a_cancelled_experiment_is_compared_as_far_as_it_came(tiny_workspace, dataset, finish):
    finish(classic(dataset), ONE, half)
    finish(classic(dataset, name="cut short"), OTHER, always, runs=1)
    found = compare_experiments(tiny_workspace, ONE, OTHER)
    assert found.pairs[0].seeds == (0,)
    assert any("only one seed is shared" in note for note in found.notes)
    assert "“cut short” has 1 of 2 runs finished (cancelled); what is there is compared." in found.notes


def test_nothing_finished_leaves_the_choices(tiny_workspace, dataset, finish):
    finish(classic(dataset), ONE, half)
    submit_quietly(tiny_workspace, classic(dataset, name="waiting", seeds=3), OTHER)
    found = compare_experiments(tiny_workspace, OTHER, ONE)
    assert found.basis == "settings" and "No run of “waiting” has finished yet" in found.reason
    assert found.first.n_test is None and ("3", "2") in [(change.first, change.second) for change in found.changes]


def test_settings_bands_and_test_draws_that_differ_are_listed(tiny_workspace, dataset, finish):
    finish(classic(dataset, band=0.02), ONE, half)
    finish(classic(dataset, name="weighted", settings={"classic": {"class_weights": "balanced"}}), OTHER, half)
    found = compare_experiments(tiny_workspace, OTHER, ONE)
    changed = {(change.what, change.strategy): (change.first, change.second) for change in found.changes}
    assert changed["class weights", "classic"] == ("balanced", "none")
    assert changed["practical band", None] == ("±1 point", "±2 points") and found.band == 0.02
    assert any("different practical bands (±1 point and ±2 points)" in note for note in found.notes)


def test_an_update_between_two_experiments_is_listed_where_both_know_their_versions(tiny_workspace, dataset, finish):
    finish(classic(dataset), ONE, half, versions={"torch": "2.12.0", "numpy": "2.4.1", "gone": "1"})
    finish(classic(dataset), OTHER, half, versions={"torch": "2.13.0", "numpy": "2.4.1"})
    [change] = compare_experiments(tiny_workspace, ONE, OTHER).changes
    assert (change.what, change.first, change.second) == ("version of torch", "2.12.0", "2.13.0")
    finish(classic(dataset), OLD, half)
    assert compare_experiments(tiny_workspace, ONE, OLD).changes == ()


def test_a_damaged_answer_is_named_and_the_rest_compared(tiny_workspace, dataset, finish):
    finish(classic(dataset), ONE, half)
    finish(classic(dataset, name="other"), OTHER, always)
    run = RunStore(tiny_workspace).runs(ONE)[0]
    path = RunStore(tiny_workspace).artifact(run.id, artifacts.PREDICTIONS)
    path.write_bytes(path.read_bytes()[:-3])
    found = compare_experiments(tiny_workspace, ONE, OTHER)
    assert found.pairs[0].seeds == (1,)
    assert any(run.id in note and "damaged" in note and "left out" in note for note in found.notes)


def test_deleted_data_compares_what_can_be_told(tiny_workspace, dataset, toy_texts, store, finish):
    second = store(toy_texts.texts[:-1], toy_texts.names[:-1], "shorter")
    finish(classic(dataset, name="a", budgets=(24,)), ONE, half)
    finish(classic(second, name="b", budgets=(24,)), OTHER, always)
    DatasetStore(tiny_workspace).delete(second.id)
    found = compare_experiments(tiny_workspace, ONE, OTHER)
    assert found.basis == "unpaired" and "deleted or is damaged" in found.reason and len(found.scores) == 1
    DatasetStore(tiny_workspace).delete(dataset.id)
    assert compare_experiments(tiny_workspace, OTHER, ONE).basis == "unpaired"


def test_a_damaged_store_is_one_sentence(tiny_workspace, dataset, finish):
    finish(classic(dataset), ONE, half)
    finish(classic(dataset, name="other"), OTHER, half)
    (tiny_workspace.root / "mlflow.db").write_text("not a database, " * 100)
    with pytest.raises(StorageError, match=r"mlflow\.db"):
        compare_experiments(tiny_workspace, ONE, OTHER)
