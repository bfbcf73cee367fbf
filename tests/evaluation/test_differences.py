import numpy as np
import pytest

from benchmarks.verdict_simulation import Simulation, outcomes_of
from tlcore.evaluation.differences import class_changes, item_differences, items_in_cell
from tlcore.evaluation.outcomes import group_outcomes

CLASSES = ("a", "b", "c")


@pytest.fixture
def pair(make_outcomes):
    def make(first, second, classes=CLASSES):
        sides = (make_outcomes(name, np.array(right), classes) for name, right in (("one", first), ("two", second)))
        return [group_outcomes(side)[0] for side in sides]

    return make


def test_items_go_to_the_side_that_gets_them_right_in_most_seeds(pair):
    first, second = pair([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 1]], [[1, 0, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0]])
    found = item_differences(first, second, CLASSES)
    assert (found.only_first, found.only_second, found.both, found.neither) == ((1,), (2,), 1, 1)
    assert found.seeds == (0, 1, 2)


def test_the_clearest_item_comes_first(pair):
    first, second = pair([[1, 1], [1, 1], [0, 1]], [[0, 0], [0, 0], [0, 0]])
    assert item_differences(first, second, CLASSES).only_first == (1, 0)


def test_confusions_are_compared_and_rows_even_out(pair):
    first, second = pair([[1, 1, 1, 0]], [[0, 1, 1, 1]])
    found = np.array(item_differences(first, second, CLASSES).confusion)
    assert found.sum(axis=1).tolist() == [0, 0, 0] and found[0].tolist() == [0, 0, 0]
    first, second = pair([[1, 1, 1]], [[0, 1, 1]])
    assert item_differences(first, second, CLASSES).confusion[0] == (1.0, -1.0, 0.0)


def test_a_cell_leads_to_its_items(pair):
    first, _ = pair([[1, 1, 1, 0, 1, 1]], [[1] * 6])
    assert items_in_cell(first, 0, 1) == (3,) and items_in_cell(first, 0, 0) == (0,)


def test_classes_with_too_few_items_say_why(pair):
    changes = class_changes(*pair([[1, 1, 1, 0]], [[0, 1, 0, 1]], ("a", "b", "c", "absent")[:3]), ("a", "b", "c"))
    assert [change.support for change in changes] == [2, 1, 1]
    assert changes[0].low is not None and changes[1].low is None and "too few" in changes[1].reason
    absent = class_changes(*pair([[1, 1]], [[1, 0]]), CLASSES)[2]
    assert absent.first is absent.difference is None and "no item of this class" in absent.reason


def test_without_a_shared_seed_there_is_nothing(make_outcomes):
    first, second = (make_outcomes(name, np.ones((2, 6), dtype=bool)) for name in ("one", "two"))
    assert item_differences(group_outcomes(first[:1])[0], group_outcomes(second[1:])[0], ("bad", "good")) is None


@pytest.mark.parametrize(("seeds", "items"), [(3, 300), (1, 300)])
def test_equal_classes_are_hardly_ever_told_apart(seeds, items):
    """All classes at once, also where training moves by three points from seed to seed."""
    simulation, wrong = Simulation(seeds, items, luck=0.03 if seeds > 1 else 0.0, draw_seed=5), 0
    for _ in range(200):
        tables = simulation.curves({"one": [0.8], "two": [0.8]})
        groups = group_outcomes(outcomes_of(tables, [50]))
        wrong += any(change.low > 0 or change.high < 0 for change in class_changes(*groups, ("bad", "good")))
    assert wrong / 200 <= 0.07
