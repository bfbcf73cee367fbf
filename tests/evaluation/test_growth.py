import numpy as np
import pytest

from benchmarks.verdict_extrapolation import row
from benchmarks.verdict_simulation import Simulation, outcomes_of, power_law
from tlcore.evaluation.growth import foresee, labels_needed
from tlcore.evaluation.outcomes import group_outcomes

LADDER = (25, 50, 100, 200, 400)
LAW = power_law(LADDER, 0.93, 1.6, 0.45)


def grow(truth, ladder=LADDER, seeds=3, items=1000, measure="accuracy", **choices):
    tables = Simulation(seeds, items, luck=0.005, draw_seed=4).curves({"full_fine_tuning": truth})
    return foresee(group_outcomes(outcomes_of(tables, ladder)), measure, "Full fine-tuning", **choices)


def test_what_is_foreseen_holds_the_score_at_its_rate():
    found = row("usual", 3, 300, 0.01, experiments=80)
    assert found["refused"] < 0.15 and min(found["expected_800"], found["expected_1600"]) >= 0.9


def test_a_curve_that_starts_with_a_plateau_is_refused():
    assert row("plateau", 5, 1000, 0.01, experiments=20)["refused"] >= 0.9


def test_the_interval_widens_and_stops_at_four_times():
    found = grow(LAW)
    widths = [point.high - point.low for point in found.points]
    assert widths == sorted(widths) and found.points[-1].budget == 1600 and found.budgets == LADDER
    assert all(0 <= point.low <= point.score <= point.high <= 1 for point in found.points)
    assert all(point.gain_low <= point.gain <= point.gain_high for point in found.points)
    assert found.sentence.startswith("With 800 labels instead of 400, full fine-tuning would score about ")
    assert grow(LAW, farthest=100.0).points[-1].budget == 1600


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"truth": LAW[:3], "ladder": LADDER[:3]}, "4 budgets or more"),
        ({"truth": LAW, "seeds": 1}, "two seeds or more"),
        ({"truth": LAW, "measure": "log_loss"}, "log loss"),
        ({"truth": [0.6, 0.7, 0.8, 0.75, 0.6]}, "falls, beyond chance"),
        ({"truth": [0.8] * 5}, "does not rise beyond chance"),
        ({"truth": [0.55, 0.56, 0.58, 0.7, 0.9]}, "not flattening yet"),
    ],
)
def test_what_would_mislead_is_refused_with_the_reason(choices, words):
    found = grow(**choices)
    assert found.points == () and words in found.refused and found.refused in found.sentence


def test_labels_needed_are_read_off_within_what_is_foreseen():
    found = grow(LAW)
    target = (found.points[0].score + found.points[-1].score) / 2
    needed = labels_needed(found, target)
    assert 400 < needed.low < needed.labels < 1600 and (needed.high is None or needed.high > needed.labels)
    beyond = labels_needed(found, 0.999)
    assert beyond.labels is beyond.low is None and "out of reach" in beyond.sentence
    refused = labels_needed(grow([0.8] * 5), 0.9)
    assert refused.labels is None and "does not rise" in refused.sentence


def test_ten_items_give_an_answer_or_a_reason_and_no_nan():
    found = grow(LAW, items=10)
    assert (found.points or found.refused) and all(np.isfinite([point.low, point.high]).all() for point in found.points)
