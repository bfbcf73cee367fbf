import numpy as np
import pytest

from tlcore.evaluation.outcomes import Outcome, group_outcomes
from tlcore.evaluation.times import time_points, time_saved, time_to_match

NAMES = ("Full fine-tuning", "From scratch")


@pytest.fixture
def timed(make_outcomes):
    """A group with these training seconds, one a seed, and this share of right answers."""

    def make(strategy, seconds, share=0.8, budget=100):
        right = np.tile(np.arange(100) < 100 * share, (len(seconds), 1))
        outcomes = [
            Outcome(one.run.model_copy(update={"train_seconds": second}), one.labels, one.probabilities)
            for one, second in zip(make_outcomes(strategy, right, budget=budget, scores=None), seconds, strict=True)
        ]
        return group_outcomes(outcomes)[0]

    return make


def test_the_ratio_has_an_interval_over_seeds(timed):
    found = time_saved(timed("full_fine_tuning", [10, 11, 12]), timed("scratch", [40, 46, 43]), NAMES)
    assert found.ratio == pytest.approx(129 / 33) and found.low < found.ratio < found.high and found.seeds == 3
    assert found.sentence.startswith(
        "With 100 labels, full fine-tuning took 11 s a run and training from scratch 43 s, 3.9 times as long"
    )


def test_the_interval_holds_the_ratio_at_its_rate(timed):
    rng, hits = np.random.default_rng(0), 0
    for _ in range(300):
        own, other = 10 * rng.lognormal(0, 0.15, 3), 40 * rng.lognormal(0, 0.15, 3)
        found = time_saved(timed("full_fine_tuning", list(own)), timed("scratch", list(other)), NAMES)
        hits += found.low <= 4.0 <= found.high
    assert 0.92 <= hits / 300 <= 0.98


def test_one_seed_has_no_interval_and_no_time_no_ratio(timed):
    one = time_saved(timed("full_fine_tuning", [10]), timed("scratch", [40]), NAMES)
    assert one.ratio == 4.0 and one.low is one.high is None and "one seed, so no interval" in one.sentence
    none = time_saved(timed("full_fine_tuning", [10, None]), timed("scratch", [40, 40]), NAMES)
    assert none.ratio is None and "did not record its time" in none.sentence


def test_the_front_holds_what_nothing_quicker_beats(timed):
    groups = [timed("classic", [1], 0.7), timed("scratch", [50], 0.75), timed("full_fine_tuning", [20], 0.9)]
    points = time_points([*groups, timed("feature_extraction", [None], 0.99)], "accuracy")
    assert [(point.strategy, point.front) for point in points] == [
        ("classic", True),
        ("full_fine_tuning", True),
        ("scratch", False),
    ]


def test_the_quickest_run_that_matches_is_named(timed):
    controls = [timed("scratch", [30], 0.6, 50), timed("scratch", [90], 0.8, 200)]
    ours = [timed("full_fine_tuning", *one) for one in (([5], 0.7, 25), ([10], 0.82, 50), ([40], 0.9, 200))]
    found = time_to_match(ours, controls, "accuracy", NAMES)
    assert (found.budget, found.seconds, found.control_budget, found.control_seconds) == (50, 10.0, 200, 90.0)
    assert "in 10 s a run instead of 90 s, with 50 labels" in found.sentence
    never = time_to_match(ours[:1], controls, "accuracy", NAMES)
    assert never.budget is None and never.seconds is None and "never reached" in never.sentence
    assert time_to_match([], controls, "accuracy", NAMES) is None
