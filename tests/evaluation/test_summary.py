import numpy as np
import pytest

from tlcore.evaluation.summary import summarise
from tlcore.records import RunStatus


def test_a_row_averages_the_seeds(make_outcomes):
    right = np.array([[True] * 8 + [False] * 2, [True] * 6 + [False] * 4])
    outcomes = make_outcomes("scratch", right)
    outcomes[0] = type(outcomes[0])(outcomes[0].run.model_copy(update={"train_seconds": 30.0}), *_arrays(outcomes[0]))
    (row,) = summarise(outcomes)
    assert (row.strategy, row.encoder, row.budget, row.seeds) == ("scratch", "minilm", 540, 2)
    assert row.accuracy == pytest.approx(0.7) and row.train_seconds == 20.0 and row.encode_seconds == 0.0
    assert 0 <= row.accuracy_low < 0.7 < row.accuracy_high <= 1 and row.macro_f1_low < row.macro_f1 < row.macro_f1_high


def test_rows_are_sorted_and_tell_budgets_apart(make_outcomes):
    right = np.ones((1, 4), dtype=bool)
    outcomes = [*make_outcomes("scratch", right, budget=40), *make_outcomes("classic", right), *make_outcomes("scratch", right)]
    assert [(row.strategy, row.budget) for row in summarise(outcomes)] == [("classic", 540), ("scratch", 40), ("scratch", 540)]


def test_unfinished_runs_and_unknown_times_are_not_made_up(make_outcomes):
    right = np.ones((1, 4), dtype=bool)
    failed = make_outcomes("scratch", right, status=RunStatus.FAILED)
    timed, timeless = make_outcomes("classic", np.ones((2, 4), dtype=bool))
    timeless = type(timeless)(timeless.run.model_copy(update={"train_seconds": None}), *_arrays(timeless))
    (row,) = summarise([*failed, timed, timeless])
    assert row.strategy == "classic" and row.seeds == 2 and row.train_seconds is None
    assert summarise([]) == ()


def test_of_a_seed_run_twice_the_later_counts(make_outcomes):
    early = make_outcomes("scratch", np.zeros((1, 4), dtype=bool), ended_at="2026-01-01T10:00:00Z")
    late = make_outcomes("scratch", np.ones((1, 4), dtype=bool), ended_at="2026-01-01T11:00:00Z")
    (row,) = summarise([*late, *early])
    assert row.accuracy == 1.0 and row.seeds == 1


def test_runs_on_other_test_items_are_refused(make_outcomes):
    outcomes = [*make_outcomes("scratch", np.ones((1, 4), dtype=bool)), *make_outcomes("classic", np.ones((1, 5), dtype=bool))]
    with pytest.raises(ValueError, match="different test items"):
        summarise(outcomes)


def _arrays(outcome):
    return outcome.labels, outcome.probabilities
