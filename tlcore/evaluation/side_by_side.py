"""Two experiments side by side: each strategy against itself, at the same number of labels, on the same test items.

Nothing but equals is compared. Runs of one seed stand against each other and the answers are paired item by item, as two
strategies of one experiment are (`intervals`). Somebody who looks at every strategy and budget at once picks what stands out,
so both ends of all intervals leave out 2.5 % / number of pairs (Bonferroni). So far out, few seeds know too little about
themselves, so how far a difference moves from seed to seed is its own figure or the mean of all pairs, whichever is larger,
with the degrees of freedom of all, as for recalls of classes (`differences.class_changes`). What a pair is called follows the
verdict's rules (`verdict.judge_interval`). Two runs whose probabilities are the same to the last digit are one model twice:
their difference is zero without any chance in it, so they are not counted among the pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeVar

import numpy as np

from tlcore.evaluation.comparison import Comparison, compare
from tlcore.evaluation.intervals import Interval, SeedPool
from tlcore.evaluation.outcomes import Group, IntArray, Outcome
from tlcore.evaluation.settle import what_would_settle
from tlcore.evaluation.side_by_side_records import PairedDifference, PairKind, ScorePair
from tlcore.evaluation.summary import summarise
from tlcore.evaluation.verdict import judge_interval
from tlcore.records import StrategySummary, VerdictKind

_KINDS: Mapping[VerdictKind, PairKind] = {
    VerdictKind.HELPS: "first_better",
    VerdictKind.HURTS: "second_better",
    VerdictKind.NO_DIFFERENCE: "no_difference",
    VerdictKind.NOT_ENOUGH_EVIDENCE: "not_enough_evidence",
}


@dataclass(frozen=True)
class _Among:
    """What a pair must allow for."""

    looked_at: int
    pool: SeedPool | None


_Kind = TypeVar("_Kind", Group, StrategySummary)


def on_items(outcomes: Sequence[Outcome], places: IntArray) -> list[Outcome]:
    """The same runs on some of their test items, in the order of `places`, which are positions in the test."""
    if all(np.array_equal(places, np.arange(len(one.labels))) for one in outcomes):
        return list(outcomes)  # with many runs and classes a copy takes gigabytes
    return [Outcome(one.run, one.labels[places], one.probabilities[places]) for one in outcomes]


def pair_up(first: Sequence[Group], second: Sequence[Group]) -> tuple[tuple[Group, Group], ...]:
    """Groups of one strategy and budget. Of several encoders, those that both have; where none is, each against each."""
    found = []
    for mine, others in _cells(first, second).values():
        shared = {group.encoder for group in mine} & {group.encoder for group in others}
        both = product(mine, others)
        found += [(one, other) for one, other in both if not shared or one.encoder == other.encoder]
    return tuple(found)


def paired_differences(first: Sequence[Group], second: Sequence[Group], band: float) -> tuple[PairedDifference, ...]:
    """First minus second for every pair that shares a seed; the same groups in exchange give the same with signs changed.

    Args:
        first: finished runs of one experiment, on the items that both are scored on.
        second: those of the other one, on the same items in the same order.
        band: practical band, a fraction.

    Returns:
        By strategy and budget; empty with fewer than two items.

    Raises:
        ValueError: the two were not scored on the same items.
    """
    if not first or not second or len(first[0].labels) < 2:
        return ()
    if not np.array_equal(first[0].labels, second[0].labels):
        raise ValueError("The two experiments were scored on different test items, so they cannot be paired.")
    pairs = [pair for one, other in pair_up(first, second) if (pair := compare(one, other, "accuracy"))]
    counted = [pair for pair in pairs if not _identical(pair)]
    pool = _pool(counted)
    return tuple(_difference(pair, _Among(max(len(counted), 1), pool), band) for pair in pairs)


def number_looked_at(identical: Sequence[bool]) -> int:
    """How many pairs intervals must allow for; at least one."""
    return max(sum(not same for same in identical), 1)


def pick_headline(pairs: Sequence[PairedDifference]) -> int | None:
    """Place of the pair that speaks: one that is decided if there is any, else an open one; with most labels, then clearest."""
    if not pairs:
        return None
    ranks = {"first_better": 2, "second_better": 2, "not_enough_evidence": 1, "no_difference": 0}
    return max(
        range(len(pairs)),
        key=lambda place: (ranks[pairs[place].kind], pairs[place].budget, abs(pairs[place].difference), -place),
    )


def score_pairs(first: Sequence[Outcome], second: Sequence[Outcome]) -> tuple[ScorePair, ...]:
    """Every strategy and budget that either has, with its scores on its own experiment's whole test."""
    found = []
    for (strategy, budget), sides in _cells(summarise(first), summarise(second)).items():
        same = {row.encoder for row in sides[0]} & {row.encoder for row in sides[1]}
        mine, others = (sorted(side, key=lambda row: (row.encoder not in same, row.encoder)) for side in sides)
        for place in range(max(len(mine), len(others))):
            one = mine[place] if place < len(mine) else None
            other = others[place] if place < len(others) else None
            found.append(ScorePair(strategy=strategy, budget=budget, first=one, second=other))
    return tuple(found)


def _pool(pairs: Sequence[Comparison]) -> SeedPool | None:
    """What all pairs say about seeds. A strategy's budgets share their seeds' luck, so each strategy counts once."""
    known = [pair for pair in pairs if pair.spread.seed is not None]
    if not known:
        return None
    degrees = {(pair.first.strategy, pair.first.encoder, pair.second.encoder): len(pair.first.seeds) - 1 for pair in known}
    return SeedPool(float(np.mean([pair.spread.seed for pair in known])), sum(degrees.values()))


def _difference(pair: Comparison, among: _Among, band: float) -> PairedDifference:
    seeds = pair.first.seeds
    identical = _identical(pair)
    interval = Interval(0.0, 0.0, 0.0) if identical else pair.interval_among(among.looked_at, among.pool)
    kind = VerdictKind.NO_DIFFERENCE if identical else judge_interval(interval, band, len(seeds), among.looked_at)
    scores = [float(np.mean([one.predicted == one.labels for one in side.outcomes])) for side in (pair.first, pair.second)]
    return PairedDifference(
        strategy=pair.first.strategy,
        budget=pair.first.budget,
        first_encoder=pair.first.encoder,
        second_encoder=pair.second.encoder,
        seeds=seeds,
        items=len(pair.first.labels),
        first_score=scores[0],
        second_score=scores[1],
        difference=interval.estimate,
        low=interval.low,
        high=interval.high,
        identical=identical,
        kind=_KINDS[kind],
        settle=_settle(pair, among, band) if kind is VerdictKind.NOT_ENOUGH_EVIDENCE else "",
        first_runs=pair.first.runs,
        second_runs=pair.second.runs,
    )


def _settle(pair: Comparison, among: _Among, band: float) -> str:
    """What the side ahead would need to be called better, seen from that side, so that either order says the same."""
    spread = pair.spread if pair.difference > 0 else pair.spread.reversed()
    if spread.seed is not None and among.pool:
        spread = replace(spread, seed=max(spread.seed, among.pool.seed))
    ahead = Comparison(pair.first, pair.second, abs(pair.difference), spread)
    return what_would_settle([ahead], band, among.looked_at).sentence


def _identical(pair: Comparison) -> bool:
    sides = zip(pair.first.outcomes, pair.second.outcomes, strict=True)
    return all(np.array_equal(one.probabilities, other.probabilities) for one, other in sides)


def _cells(first: Sequence[_Kind], second: Sequence[_Kind]) -> dict[tuple[str, int], tuple[list[_Kind], list[_Kind]]]:
    """Strategy and budget -> what both sides have of them, sorted."""
    cells: dict[tuple[str, int], tuple[list[_Kind], list[_Kind]]] = {}
    for side, found in enumerate((first, second)):
        for one in found:
            cells.setdefault((one.strategy, one.budget), ([], []))[side].append(one)
    return dict(sorted(cells.items()))
