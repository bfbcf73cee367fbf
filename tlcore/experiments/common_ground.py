"""What two experiments have in common, so that they can be compared; or why they have nothing."""

import numpy as np

from tlcore.evaluation.outcomes import IntArray
from tlcore.evaluation.side_by_side_words import Scene
from tlcore.experiments.gathered import Gathered
from tlcore.experiments.shared_items import Matched, Tested, match_items, number_items, same_items, tested
from tlcore.records import NOUNS


def no_common_ground(first: Gathered, second: Gathered, scene: Scene) -> str:
    """Why nothing but the choices can be compared, and the cure; empty when more can."""
    if first.modality and second.modality and first.modality != second.modality:
        kinds = [NOUNS[side][1] for side in (first.modality, second.modality)]
        return (
            f"{scene.first.label} is about {kinds[0]} and {scene.second.label} about {kinds[1]}, so only their choices are set"
            " side by side. Choose two experiments on the same kind of items."
        )
    if first.classes and second.classes and set(first.classes) != set(second.classes):
        mine, others = (", ".join(sorted(names)) for names in _alone(first, second))
        only = [f"only {side.label} has {names}" for side, names in ((scene.first, mine), (scene.second, others)) if names]
        return (
            f"Their classes differ ({'; '.join(only)}), so a score does not mean the same in both. Give the labels the same"
            " names when importing the data, then run again."
        )
    for side, facts in ((first, scene.first), (second, scene.second)):
        if not side.answers:
            why = "can be read" if facts.finished else "has finished yet"
            return f"No run of {facts.label} {why}, so only the choices are set side by side. Run it, or choose another one."
    return ""


def common_items(first: Gathered, second: Gathered) -> tuple[Matched | None, str]:
    """The test items that both are scored on; without any way to tell, why."""
    same = first.found.dataset == second.found.dataset
    if same and np.array_equal(first.items, second.items) and first.labels == second.labels:
        return same_items(len(first.items)), ""
    if first.split is None or second.split is None:
        return None, "The split of one of them can no longer be read, so nobody can tell who learned from which test items."
    if same:
        numbers = [_own_numbers(side) for side in (first, second)]
    elif first.table is None or second.table is None:
        return None, "One of the two datasets was deleted or is damaged, so nobody can tell which test items they share."
    else:
        numbers = _common_numbers(first, second)
    return match_items(_tested(first, numbers[0]), _tested(second, numbers[1])), ""


def _tested(side: Gathered, numbers: tuple[IntArray, IntArray]) -> Tested:
    assert side.split is not None
    return tested(side.split, side.items, side.labels, numbers)


def _own_numbers(side: Gathered) -> tuple[IntArray, IntArray]:
    """Two draws from one dataset: an item is itself, and its near copies are known."""
    assert side.split is not None
    places = np.arange(1 + max(int(part.max(initial=0)) for part in (side.split.train, side.split.test, side.items)))
    return places, places if side.table is None else side.table["family"].to_numpy(dtype=np.int64)


def _common_numbers(first: Gathered, second: Gathered) -> list[tuple[IntArray, IntArray]]:
    """Always counted in the order of the datasets' ids, so that it does not matter which side comes first."""
    assert first.table is not None and second.table is not None and first.dataset is not None
    turned = first.found.dataset > second.found.dataset
    tables = (second.table, first.table) if turned else (first.table, second.table)
    content, family = number_items(tables, first.dataset.modality)
    found = list(zip(content, family, strict=True))
    return found[::-1] if turned else found


def _alone(first: Gathered, second: Gathered) -> tuple[set[str], set[str]]:
    """Classes that only one of them has."""
    return set(first.classes) - set(second.classes), set(second.classes) - set(first.classes)
