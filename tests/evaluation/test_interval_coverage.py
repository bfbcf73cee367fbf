"""Simulated experiments with a known truth: do 95 % intervals and verdicts keep their word? Seeded, so nothing varies."""

import numpy as np
import pytest

from tlcore.evaluation.comparison import compare
from tlcore.evaluation.intervals import difference_interval, find_difference_spread, score_interval
from tlcore.evaluation.outcomes import group_outcomes
from tlcore.evaluation.verdict import give_verdict
from tlcore.records import VerdictKind

EXPERIMENTS = 400
SETTINGS = [(3, 135, 0.0), (3, 135, 0.01), (3, 135, 0.02), (5, 300, 0.01), (2, 135, 0.01), (1, 500, 0.0)]
CALLED_DIFFERENT = {VerdictKind.HELPS, VerdictKind.HURTS}
WAYS = ["feature_extraction", "partial_fine_tuning", "full_fine_tuning"]


def covered(intervals, truth):
    return np.mean([interval.low <= truth <= interval.high for interval in intervals])


@pytest.mark.parametrize(("seeds", "items", "luck"), SETTINGS)
@pytest.mark.parametrize("accuracies", [(0.8, 0.8), (0.9, 0.7)])
def test_differences(seeds, items, luck, accuracies, simulation):
    draws = simulation(seeds, items, luck=luck)
    tables = [draws.draw(*accuracies) for _ in range(EXPERIMENTS)]
    differences = [first.astype(float) - second for first, second in tables]
    found = [difference_interval(find_difference_spread(one), float(one.mean())) for one in differences]
    assert 0.93 <= covered(found, accuracies[0] - accuracies[1]) <= (0.995 if seeds == 2 else 0.98)


@pytest.mark.parametrize(("seeds", "items", "luck"), SETTINGS)
@pytest.mark.parametrize("accuracy", [0.6, 0.9])
def test_scores(seeds, items, luck, accuracy, simulation):
    draws = simulation(seeds, items, luck=luck)
    found = [score_interval(draws.draw(accuracy)[0].astype(float)) for _ in range(EXPERIMENTS)]
    assert 0.93 <= covered(found, accuracy) <= (0.995 if seeds == 2 else 0.985)


@pytest.mark.parametrize(("seeds", "items", "luck"), [(3, 135, 0.0), (3, 135, 0.02), (1, 500, 0.0)])
def test_differences_of_macro_f1(seeds, items, luck, simulation, make_outcomes):
    """Two equal classes, equally hard: macro F1 and accuracy then have the same expectation."""
    draws = simulation(seeds, items, luck=luck)
    found = []
    for _ in range(EXPERIMENTS):
        first, second = (group_outcomes(make_outcomes("x", table, scores=None))[0] for table in draws.draw(0.9, 0.7))
        found.append(compare(first, second, "macro_f1").interval())
    assert 0.93 <= covered(found, 0.2) <= 0.98


@pytest.mark.parametrize(
    ("seeds", "items", "luck"), [(3, 135, 0.01), (3, 500, 0.02), (1, 500, 0.0), (1, 500, 0.01), (1, 500, 0.02)]
)
@pytest.mark.parametrize("ways", [WAYS[:1], WAYS])
def test_equals_are_hardly_ever_called_different(seeds, items, luck, ways, simulation, make_outcomes, strategies):
    """Also not with one seed of which luck in training is unknown, nor when the best of three speaks."""
    draws, wrong = simulation(seeds, items, luck=luck), 0
    for _ in range(EXPERIMENTS):
        tables = dict(zip(["scratch", *ways], draws.draw(*[0.75] * (1 + len(ways))), strict=True))
        outcomes = [one for name, table in tables.items() for one in make_outcomes(name, table, scores=None)]
        wrong += give_verdict(outcomes, strategies).kind in CALLED_DIFFERENT
    assert wrong / EXPERIMENTS <= 0.05


@pytest.mark.parametrize(("seeds", "luck"), [(3, 0.01), (1, 0.0)])
def test_the_interval_of_the_best_of_three_covers_its_own_truth(seeds, luck, simulation, make_outcomes, strategies):
    draws, hits = simulation(seeds, 300, luck=luck), 0
    for _ in range(EXPERIMENTS):
        tables = dict(zip(["scratch", *WAYS], draws.draw(0.7, 0.8, 0.8, 0.8), strict=True))
        outcomes = [one for name, table in tables.items() for one in make_outcomes(name, table, scores=None)]
        verdict = give_verdict(outcomes, strategies)
        hits += verdict.low <= 0.1 <= verdict.high
    assert hits / EXPERIMENTS >= 0.95


def test_a_clear_difference_is_seen(simulation, make_outcomes, strategies):
    draws, seen = simulation(3, 135, luck=0.01), 0
    for _ in range(100):
        scratch, transfer = draws.draw(0.7, 0.85)
        outcomes = make_outcomes("scratch", scratch, scores=None) + make_outcomes("full_fine_tuning", transfer, scores=None)
        seen += give_verdict(outcomes, strategies).kind is VerdictKind.HELPS
    assert seen >= 85
