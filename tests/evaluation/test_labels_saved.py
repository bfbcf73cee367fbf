import numpy as np
import pytest

from benchmarks.verdict_labels_saved import experiment, holds
from benchmarks.verdict_simulation import Simulation
from tlcore.evaluation.labels_saved import headline, labels_saved
from tlcore.evaluation.outcomes import group_outcomes

NAMES = ("Full fine-tuning", "From scratch")
LADDER = (50, 100, 200, 400, 800)


@pytest.fixture
def read(simulation, make_outcomes):
    """Labels saved at `at` labels where scratch has these accuracies and transfer that one."""

    def run(transfer, scratch, at=100, seeds=3, items=600, ladder=LADDER, measure="accuracy"):
        *controls, own = simulation(seeds, items, luck=0.005, seed=3).draw(*scratch, transfer)
        outcomes = [
            one
            for budget, table in zip(ladder, controls, strict=True)
            for one in make_outcomes("scratch", table, budget=budget)
        ]
        (group,) = group_outcomes(make_outcomes("full_fine_tuning", own, budget=at))
        return labels_saved(group, group_outcomes(outcomes), measure, NAMES)

    return run


@pytest.mark.parametrize(("labels", "luck"), [(50, 0.01), (100, 0.02)])
def test_the_interval_holds_a_known_factor_at_its_rate(labels, luck):
    simulation = Simulation(3, 300, luck=luck, draw_seed=labels)
    found = [experiment(simulation, (50, 150, 450, 1350), labels, 5.0) for _ in range(150)]
    assert 0.9 <= np.mean([holds(one, 5.0) for one in found]) <= 0.99


def test_a_crossing_is_read_off_between_two_budgets(read):
    found = read(0.75, (0.55, 0.65, 0.70, 0.80, 0.88))
    assert found.kind == "factor" and 2 < found.factor < 4.2
    assert 1 < found.low < found.factor < found.high < 8 and found.budgets == LADDER
    assert (
        found.sentence.startswith("Training from scratch needs about ")
        and "to match full fine-tuning with 100 labels" in found.sentence
    )
    assert set(found.runs) >= {"full_fine_tuning-100-0", "scratch-800-2"}


def test_where_scratch_never_gets_there_nothing_is_continued(read):
    found = read(0.95, (0.5, 0.55, 0.6, 0.65, 0.7), at=50)
    assert found.kind == "more_than" and found.factor is None and found.high is None and found.low == 16
    assert "more than 16 times as many" in found.sentence


def test_where_scratch_is_better_from_the_start_it_needs_fewer(read):
    found = read(0.5, (0.8, 0.85, 0.88, 0.9, 0.92), at=400)
    assert found.kind == "fewer_than" and found.factor is None and found.low is None and found.high == pytest.approx(0.125)
    assert "fewer than 0.12 times as many" in found.sentence or "fewer than 0.13 times" in found.sentence


def test_log_loss_is_better_when_lower(read):
    assert read(0.95, (0.5, 0.55, 0.6, 0.65, 0.7), measure="log_loss").kind == "more_than"


def test_a_flat_noisy_control_leaves_both_ends_open(read):
    found = read(0.7, (0.7, 0.7, 0.7, 0.7, 0.7), items=60)
    assert found.low is None or found.high is None
    assert "nan" not in found.sentence and "None" not in found.sentence


def test_one_budget_can_only_say_more_or_fewer(read):
    assert read(0.9, (0.6,), ladder=(100,)).kind == "more_than"
    assert read(0.6, (0.9,), ladder=(100,)).kind == "fewer_than"


def test_one_seed_says_so(read):
    assert read(0.75, (0.55, 0.65, 0.70, 0.80, 0.88), seeds=1).sentence.endswith("chance in training is not in the interval.")


def test_without_a_shared_seed_the_reason_is_given(make_outcomes):
    own, other = (make_outcomes(name, np.ones((2, 20), dtype=bool)) for name in ("full_fine_tuning", "scratch"))
    (group,), controls = group_outcomes(own[:1]), group_outcomes(other[1:])
    found = labels_saved(group, controls, "accuracy", NAMES)
    assert found.kind == "unknown" and found.factor is found.low is found.high is None and "no finished" in found.sentence


def test_the_headline_prefers_a_closed_factor_with_many_labels(read):
    curve = (0.55, 0.65, 0.70, 0.80, 0.88)
    few, many, open_end = read(0.62, curve, at=50), read(0.75, curve, at=100), read(0.97, curve, at=50)
    assert headline([few, open_end, many]) == many and headline([open_end]) == open_end and headline([]) is None
