import math
import random
import re

import numpy as np
import pytest

from tlcore.evaluation.verdict import give_verdict
from tlcore.records import RunStatus, VerdictKind


@pytest.fixture
def race(simulation, make_outcomes):
    """Outcomes of strategies with the given accuracies; all meet the same items."""

    def run(seeds=3, items=400, luck=0.0, draw=7, **accuracies):
        tables = simulation(seeds, items, luck=luck, seed=draw).draw(*accuracies.values())
        return [one for name, table in zip(accuracies, tables, strict=True) for one in make_outcomes(name, table)]

    return run


def numbers(text):
    return [float(number.replace(",", "")) for number in re.findall(r"-?\d[\d,]*\.?\d*", text)]


def test_helps_says_how_much_how_sure_with_how_many_labels_in_what_time(race, strategies):
    outcomes = race(scratch=0.65, full_fine_tuning=0.85)
    slow = [
        one.run.model_copy(update={"train_seconds": 40.0}) if one.run.strategy == "scratch" else one.run for one in outcomes
    ]
    outcomes = [type(one)(run, one.labels, one.probabilities) for one, run in zip(outcomes, slow, strict=True)]
    verdict = give_verdict(outcomes, strategies)
    assert verdict.kind is VerdictKind.HELPS and verdict.time_ratio == 4.0
    assert (verdict.transfer, verdict.control, verdict.encoder) == ("full_fine_tuning", "scratch", "minilm")
    assert (verdict.budget, verdict.seeds, verdict.n_test) == (540, 3, 400)
    size, low, high = (f"{100 * value:.1f}" for value in (verdict.difference, verdict.low, verdict.high))
    assert verdict.sentence == (
        f"Full fine-tuning beats training from scratch by {size} points of accuracy (95 % interval {low} to {high}) "
        "with 540 labels, in about a quarter of the time."
    )
    assert verdict.notes == ()


def test_hurts_shows_the_loss_as_plainly(race, strategies):
    verdict = give_verdict(race(scratch=0.85, full_fine_tuning=0.65), strategies)
    assert verdict.kind is VerdictKind.HURTS and verdict.high < 0
    assert verdict.sentence.startswith("Transfer hurts here: full fine-tuning falls ")
    _, level, low, high, labels = numbers(verdict.sentence)
    assert (level, low, high, labels) == (95, round(-100 * verdict.high, 1), round(-100 * verdict.low, 1), 540)


def test_no_difference_needs_the_interval_inside_the_band(make_outcomes, strategies):
    right = np.arange(6000) % 5 > 0
    outcomes = make_outcomes("scratch", np.stack([right] * 3)) + make_outcomes("full_fine_tuning", np.stack([right] * 3))
    verdict = give_verdict(outcomes, strategies)
    assert (
        verdict.kind is VerdictKind.NO_DIFFERENCE and "practical band of ±1 point, in about the same time" in verdict.sentence
    )
    assert "-0.0" not in verdict.sentence
    assert give_verdict(outcomes, strategies, band=1e-5).kind is VerdictKind.NOT_ENOUGH_EVIDENCE


def test_a_sure_but_tiny_difference_does_not_help(make_outcomes, strategies):
    scratch = np.arange(20000) % 5 > 0
    transfer = scratch.copy()
    transfer[:600:5] = True
    outcomes = make_outcomes("scratch", np.stack([scratch] * 3)) + make_outcomes("full_fine_tuning", np.stack([transfer] * 3))
    verdict = give_verdict(outcomes, strategies)
    assert verdict.low > 0 and verdict.kind is VerdictKind.NO_DIFFERENCE
    assert give_verdict(outcomes, strategies, band=0.001).kind is VerdictKind.HELPS


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sure_difference_that_may_not_matter_is_open(sign, make_outcomes, strategies):
    low = np.arange(5000) % 5 > 0
    high = low.copy()
    high[:200:5] = True
    names = ["scratch", "full_fine_tuning"][::sign]
    outcomes = make_outcomes(names[0], np.stack([low] * 3)) + make_outcomes(names[1], np.stack([high] * 3))
    verdict = give_verdict(outcomes, strategies)
    assert min(abs(verdict.low), abs(verdict.high)) > 0.005 and max(abs(verdict.low), abs(verdict.high)) > 0.01
    assert verdict.kind is VerdictKind.NOT_ENOUGH_EVIDENCE
    assert re.search(r"about [\d,]+ test items instead of 5,000", verdict.sentence)


def test_open_questions_name_what_would_settle_them(race, strategies):
    verdict = give_verdict(race(items=80, scratch=0.75, full_fine_tuning=0.8), strategies)
    assert verdict.kind is VerdictKind.NOT_ENOUGH_EVIDENCE
    assert re.search(r"about [\d,]+ test items instead of 80 would settle it", verdict.sentence)


def test_what_would_settle_it_does(race, strategies):
    luck = {"luck": 0.02, "draw": 1, "scratch": 0.7, "full_fine_tuning": 0.76}
    verdict = give_verdict(race(seeds=3, items=500, **luck), strategies)
    needed = int(re.search(r"about (\d+) seeds", verdict.sentence).group(1))
    assert give_verdict(race(seeds=2 * needed, items=500, **luck), strategies).kind is VerdictKind.HELPS


def test_the_best_of_several_speaks_and_says_so(race, strategies):
    verdict = give_verdict(race(scratch=0.6, feature_extraction=0.7, full_fine_tuning=0.9, partial_fine_tuning=0.8), strategies)
    assert verdict.transfer == "full_fine_tuning"
    assert any("best of the 3 ways of transfer" in note for note in verdict.notes)
    alone = give_verdict(race(scratch=0.6, feature_extraction=0.7, full_fine_tuning=0.9), strategies)
    assert verdict.low < alone.low and verdict.high == alone.high


def test_a_better_classic_baseline_comes_first_among_the_notes(race, make_outcomes, strategies):
    beaten = give_verdict(race(seeds=1, classic=0.9, scratch=0.5, full_fine_tuning=0.7, feature_extraction=0.6), strategies)
    assert beaten.kind is VerdictKind.HELPS
    assert beaten.notes[0].startswith("The classic baseline, which needs no deep learning, beats full fine-tuning by ")
    level = give_verdict(race(items=90, classic=0.8, scratch=0.5, full_fine_tuning=0.8), strategies)
    assert re.match(r"The classic baseline, .* (is|may be) as good as full fine-tuning", level.notes[0])
    fewer = make_outcomes("classic", np.ones((1, 400), dtype=bool), budget=100)
    other = give_verdict([*fewer, *race(scratch=0.5, full_fine_tuning=0.9)], strategies)
    assert not any("classic baseline" in note for note in other.notes)
    clear = give_verdict(race(classic=0.6, scratch=0.5, full_fine_tuning=0.9), strategies)
    assert not any("classic baseline" in note for note in clear.notes)


def test_a_way_of_transfer_that_loses_is_named(race, strategies):
    verdict = give_verdict(race(scratch=0.75, feature_extraction=0.55, full_fine_tuning=0.9), strategies)
    assert any(note.startswith("Frozen encoder falls ") for note in verdict.notes)


def test_weak_evidence_is_admitted(race, strategies):
    one = give_verdict(race(seeds=1, items=60, scratch=0.4, full_fine_tuning=0.9), strategies)
    assert one.kind is VerdictKind.HELPS
    assert any("Only one seed" in note for note in one.notes) and any("small (60 items)" in note for note in one.notes)
    assert any(
        "Only two seeds" in note for note in give_verdict(race(seeds=2, scratch=0.4, full_fine_tuning=0.9), strategies).notes
    )


def test_a_class_missing_from_the_test_set_is_named(make_outcomes, strategies):
    right = np.ones((3, 2), dtype=bool)
    outcomes = [one for name in ("scratch", "full_fine_tuning") for one in make_outcomes(name, right, ("a", "b", "rare"))]
    assert any("has no item of rare:" in note for note in give_verdict(outcomes, strategies).notes)


def test_only_shared_seeds_count_and_the_others_are_named(race, strategies):
    outcomes = [one for one in race(scratch=0.5, full_fine_tuning=0.9) if one.run.id != "scratch-540-1"]
    verdict = give_verdict(outcomes, strategies)
    assert verdict.seeds == 2 and any(note.endswith("partner: seed 1.") for note in verdict.notes)


def test_the_largest_budget_that_both_have_is_judged(make_outcomes, strategies, simulation):
    few, many = simulation(2, 200).draw(0.6, 0.9)
    outcomes = [
        *make_outcomes("scratch", few, budget=50), *make_outcomes("full_fine_tuning", many, budget=50),
        *make_outcomes("scratch", few, budget=100), *make_outcomes("full_fine_tuning", many, budget=100),
        *make_outcomes("full_fine_tuning", many, budget=400),
    ]  # fmt: skip
    assert give_verdict(outcomes, strategies).budget == 100


def test_encoders_are_compared_with_their_own_control(make_outcomes, strategies, simulation):
    low, middle, high = simulation(2, 300).draw(0.5, 0.7, 0.9)
    outcomes = [
        *make_outcomes("scratch", middle, encoder="a"), *make_outcomes("full_fine_tuning", high, encoder="a"),
        *make_outcomes("full_fine_tuning", high, encoder="b"), *make_outcomes("scratch", low, encoder="b"),
    ]  # fmt: skip
    assert give_verdict(outcomes, strategies).encoder == "b"


def failed(outcomes):
    return [
        type(one)(one.run.model_copy(update={"status": RunStatus.FAILED}), one.labels, one.probabilities) for one in outcomes
    ]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "no run has finished"),
        (["full_fine_tuning"], "no run from scratch has finished"),
        (["scratch", "classic"], "starts from a pre-trained network has finished"),
    ],
)
def test_a_missing_side_is_named(names, words, race, strategies):
    verdict = give_verdict(race(**dict.fromkeys(names, 0.8)) if names else [], strategies)
    assert verdict.kind is VerdictKind.NOT_ENOUGH_EVIDENCE and words in verdict.sentence
    assert verdict.difference is verdict.low is verdict.high is verdict.time_ratio is None


def test_failed_runs_and_runs_without_partner_give_no_answer(race, make_outcomes, strategies):
    assert "no run has finished" in give_verdict(failed(race(scratch=0.8, full_fine_tuning=0.9)), strategies).sentence
    apart = [*race(scratch=0.8), *make_outcomes("full_fine_tuning", np.ones((1, 400), dtype=bool), budget=10)]
    assert "has a finished partner" in give_verdict(apart, strategies).sentence


@pytest.mark.parametrize("items", [1, 2, 3, 10])
@pytest.mark.parametrize("seeds", [1, 2, 3])
@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_tiny_test_sets_give_no_nan(items, seeds, metric, make_outcomes, strategies):
    outcomes = [
        *make_outcomes("scratch", np.zeros((seeds, items), dtype=bool)),
        *make_outcomes("feature_extraction", np.ones((seeds, items), dtype=bool)),
        *make_outcomes("full_fine_tuning", np.ones((seeds, items), dtype=bool)),
    ]
    verdict = give_verdict(outcomes, strategies, metric=metric)
    values = [verdict.difference, verdict.low, verdict.high, verdict.time_ratio]
    assert all(value is None or math.isfinite(value) for value in values)
    assert "nan" not in verdict.sentence and "inf " not in verdict.sentence


def test_two_hundred_classes(make_outcomes, strategies, simulation):
    classes = tuple(f"class {number}" for number in range(200))
    low, high = simulation(2, 150).draw(0.5, 0.8)
    outcomes = make_outcomes("scratch", low, classes) + make_outcomes("full_fine_tuning", high, classes)
    verdict = give_verdict(outcomes, strategies, metric="macro_f1")
    assert "points of macro F1" in verdict.sentence and "and 45 more" in " ".join(verdict.notes)


def test_the_same_runs_in_any_order_give_the_same_verdict_to_the_last_digit(race, strategies):
    outcomes = race(classic=0.7, scratch=0.6, feature_extraction=0.7, partial_fine_tuning=0.7, full_fine_tuning=0.7)
    expected = give_verdict(outcomes, strategies).model_dump_json()
    for seed in range(5):
        random.Random(seed).shuffle(outcomes)
        assert give_verdict(outcomes, strategies).model_dump_json() == expected


def test_times_that_nobody_recorded_are_not_claimed(make_outcomes, simulation, strategies):
    low, high = simulation(3, 300).draw(0.6, 0.9)
    outcomes = make_outcomes("scratch", low) + make_outcomes("full_fine_tuning", high, encode_seconds=None)
    verdict = give_verdict(outcomes, strategies)
    assert verdict.time_ratio is None and verdict.sentence.endswith("with 540 labels.")


def test_stored_features_are_admitted(make_outcomes, simulation, strategies):
    low, high = simulation(3, 300).draw(0.6, 0.9)
    outcomes = make_outcomes("scratch", low) + make_outcomes(
        "full_fine_tuning", high, features_reused=True, encode_seconds=10.0
    )
    verdict = give_verdict(outcomes, strategies)
    assert verdict.time_ratio == 0.5 and any("came from the store" in note for note in verdict.notes)


def test_one_seed_neither_shows_a_small_difference_nor_that_there_is_none(make_outcomes, strategies):
    right = np.arange(20000) % 5 > 0
    better = right.copy()
    better[:5000:5] = True
    for other in (right, better):
        outcomes = make_outcomes("scratch", right[None]) + make_outcomes("full_fine_tuning", other[None])
        verdict = give_verdict(outcomes, strategies)
        assert verdict.kind is VerdictKind.NOT_ENOUGH_EVIDENCE and verdict.seeds_needed == 3
        assert "Run 3 seeds or more" in verdict.sentence
