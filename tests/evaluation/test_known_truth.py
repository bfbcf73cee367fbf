"""Small versions of benchmarks/verdict_*: the whole tables are in docs/verdict.md."""

import pytest

from benchmarks import verdict_best, verdict_coverage, verdict_null, verdict_power


@pytest.mark.parametrize(("seeds", "items", "luck"), [(3, 300, 0.01), (5, 1000, 0.01), (5, 100, 0.02)])
def test_differences_are_covered_at_their_rate(seeds, items, luck):
    assert 0.91 <= verdict_coverage.coverage(seeds, items, luck, (0.85, 0.80), experiments=200) <= 0.99


def test_equals_raise_neither_verdict_nor_alarm():
    found = verdict_null.row(3, 300, 0.01, 3, experiments=60)
    assert found["helps_or_hurts"] <= 0.05 and found["alarms"] <= 0.1


def test_more_seeds_and_items_find_more():
    few, many = (verdict_power.power(seeds, items, 0.01, 0.05, experiments=60) for seeds, items in ((3, 100), (5, 1000)))
    assert few < 0.5 < 0.9 <= many


def test_the_best_of_three_is_not_flattered():
    found = verdict_best.row(3, 135, 0.03, (0.8, 0.8, 0.8, 0.8), experiments=200)
    assert found["above"] <= 0.05 and found["bonferroni"] <= found["helps"] <= 0.05
