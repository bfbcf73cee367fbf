import math
import random

import numpy as np
import pytest

from benchmarks.verdict_simulation import STRATEGIES, Simulation, outcomes_of, power_law
from tlcore.evaluation.alarms import Watch
from tlcore.evaluation.evidence import find_evidence, opening_sentences
from tlcore.evaluation.measures import measure_differences
from tlcore.evaluation.outcomes import Outcome, group_outcomes
from tlcore.evaluation.records import Evidence
from tlcore.evaluation.verdict import give_verdict
from tlcore.records import RunStatus

LADDER = (50, 100, 200, 400)
LAW = (0.93, 1.6, 0.38)
WATCH = Watch(STRATEGIES, n_train=400)


def outcomes(seeds=3, items=300, ladder=LADDER, draw=1):
    truth = {
        "classic": power_law(ladder, 0.9, 1.6, 0.4),
        "scratch": power_law(ladder, *LAW),
        "full_fine_tuning": power_law(ladder, *LAW, factor=5),
    }
    return outcomes_of(Simulation(seeds, items, draw_seed=draw).curves(truth), ladder)


def unfinished(outcome, status=RunStatus.FAILED):
    return Outcome(outcome.run.model_copy(update={"status": status}), outcome.labels, outcome.probabilities)


def leaves(value):
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, (list, tuple)) else [value]


def check(evidence):
    """No number that is none, and no word for one."""
    for leaf in leaves(evidence.model_dump()):
        assert not isinstance(leaf, float) or math.isfinite(leaf)
        assert not isinstance(leaf, str) or not any(word in leaf.split() for word in ("nan", "inf", "None"))
    assert Evidence.model_validate_json(evidence.model_dump_json()) == evidence
    return evidence


def test_everything_is_there_and_speaks_of_the_verdicts_pair():
    runs = outcomes(items=2000)
    found, verdict = check(find_evidence(runs, WATCH, ("bad", "good"))), give_verdict(runs, STRATEGIES)
    assert len(found.curves) == 3 * 4 and len(found.labels_saved) == len(found.time_saved) == 4
    assert found.headline.strategy == verdict.transfer and found.growth.points and found.notes == ()
    assert found.measures[0].difference == verdict.difference and found.measures[0].high == pytest.approx(verdict.high)
    assert (found.differences.first, found.differences.second, found.differences.budget) == ("full_fine_tuning", "scratch", 400)
    assert [one.strategy for one in found.calibration] == ["classic", "full_fine_tuning", "scratch"]
    assert {run for point in found.times for run in point.runs} == {one.run.id for one in runs}


def test_the_order_of_runs_does_not_matter_to_the_last_digit():
    runs = outcomes(items=60)
    expected = find_evidence(runs, WATCH, ("bad", "good")).model_dump_json()
    for seed in range(2):
        random.Random(seed).shuffle(runs)
        assert find_evidence(runs, WATCH, ("bad", "good")).model_dump_json() == expected


@pytest.mark.parametrize(
    ("choices", "note"),
    [({"seeds": 1}, "Only one seed"), ({"ladder": (50,)}, "Only one budget"), ({"items": 10}, ""), ({"items": 2}, "")],
)
def test_little_evidence_says_less(choices, note):
    found = check(find_evidence(outcomes(**choices), WATCH, ("bad", "good")))
    assert any(one.startswith(note) for one in found.notes) or not note
    assert found.growth.points == () or "items" in choices


def test_no_runs_and_one_item_say_nothing():
    assert find_evidence([], WATCH, ("bad", "good")) == Evidence()
    assert "fewer than two items" in find_evidence(outcomes(items=1), WATCH, ("bad", "good")).notes[0]


def test_a_cancelled_experiment_uses_what_has_finished():
    runs = outcomes()
    half = [one if place % 3 else unfinished(one, RunStatus.KILLED) for place, one in enumerate(runs)]
    found = check(find_evidence(half, WATCH, ("bad", "good")))
    assert all(point.seeds == 2 for curve in found.curves for point in curve.points)
    alone = [one for one in runs if one.run.strategy == "full_fine_tuning"]
    found = check(find_evidence(alone, WATCH, ("bad", "good")))
    assert found.labels_saved == () and any("No run from scratch" in note for note in found.notes)


def test_two_hundred_classes_and_one_that_is_missing(make_outcomes, strategies, simulation):
    classes = tuple(f"class {number}" for number in range(200))
    low, high = simulation(2, 150).draw(0.5, 0.8)
    runs = make_outcomes("scratch", low, classes) + make_outcomes("full_fine_tuning", high, classes)
    found = check(find_evidence(runs, Watch(strategies), classes))
    assert found.differences.classes[0].low is None and "too few" in found.differences.classes[0].reason
    assert found.differences.classes[199].first is None and len(found.differences.confusion) == 200


def test_every_measure_is_paired_and_says_who_is_better(make_outcomes, simulation):
    low, high = simulation(3, 400).draw(0.6, 0.9)
    first, second = (group_outcomes(make_outcomes(name, table))[0] for name, table in (("up", high), ("down", low)))
    for one in measure_differences(first, second, ("Up", "From down")):
        assert one.better == "up" and (one.difference < 0) == (one.measure == "log_loss")
        assert one.low < one.difference < one.high and "training from down" in one.sentence
    same = measure_differences(first, first, ("Up", "Up"))
    assert all(one.better is None and "which chance alone could bring" in one.sentence for one in same)


def test_differences_of_every_measure_hold_the_truth_at_their_rate():
    simulation, hits = Simulation(3, 200, draw_seed=9), np.zeros(4)
    for _ in range(150):
        tables = simulation.curves({"one": [0.85], "two": [0.75]})
        found = measure_differences(*group_outcomes(outcomes_of(tables, [9])), ("One", "Two"))
        truth = [0.1, 0.1, 0.1, 0.1 * np.log(0.15 / 0.85)]
        hits += [one.low <= true <= one.high for one, true in zip(found, truth, strict=True)]
    assert (hits / 150 >= 0.91).all()


def test_the_simple_thing_is_said_first_and_labels_saved_last():
    ladder, law = LADDER, LAW
    truth = {"classic": [0.95] * 4, "scratch": power_law(ladder, *law), "full_fine_tuning": power_law(ladder, *law, factor=5)}
    runs = outcomes_of(Simulation(3, 600, draw_seed=1).curves(truth), ladder)
    found, verdict = find_evidence(runs, WATCH, ("bad", "good")), give_verdict(runs, STRATEGIES)
    simple, answer, saved = opening_sentences(verdict, found)
    assert simple.startswith("The simple thing wins") and answer == verdict.sentence and saved == found.headline.sentence
    assert opening_sentences(give_verdict([], STRATEGIES), Evidence()) == ("No answer yet: no run has finished.",)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.filterwarnings("error")
def test_whatever_has_finished_gives_finite_numbers_or_reasons(seed):
    """Few items, runs that failed, budgets and seeds with gaps, certain and constant answers, times that nobody recorded."""
    rng = np.random.default_rng(seed)
    items, classes = int(rng.choice([2, 3, 10, 40])), int(rng.choice([2, 3, 7]))
    labels, runs = rng.integers(0, classes, items), []
    for one in outcomes_of({name: [np.ones((3, items))] * 4 for name in STRATEGIES}, LADDER):
        changes = {
            "status": RunStatus.FAILED if rng.random() < 0.3 else RunStatus.FINISHED,
            "train_seconds": [None, 0.0, 3.0][rng.integers(3)],
        }
        answers = [rng.dirichlet(np.ones(classes), items), np.eye(classes)[labels], np.full((items, classes), 1 / classes)]
        if rng.random() < 0.8:
            runs.append(Outcome(one.run.model_copy(update=changes), labels, answers[rng.choice(3, p=[0.8, 0.1, 0.1])]))
    for metric in ("accuracy", "macro_f1"):
        check(find_evidence(runs, Watch(STRATEGIES, metric), [f"class {place}" for place in range(classes)]))
