"""Two experiments side by side, in sentences."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from tlcore.evaluation.intervals import Interval
from tlcore.evaluation.outcomes import Group, StrategyFacts
from tlcore.evaluation.side_by_side_records import Change, PairedDifference, SharedItems, SideFacts
from tlcore.evaluation.wording import (
    band_words,
    flipped,
    in_sentence,
    interval_words,
    labels_words,
    listed,
    opening,
    points,
    tenths,
)

_SMALL_TEST = 100


@dataclass(frozen=True)
class Scene:
    """What sentences about two experiments need to know besides the numbers."""

    first: SideFacts
    second: SideFacts
    strategies: Mapping[str, StrategyFacts]
    band: float
    changes: tuple[Change, ...] = ()
    items: SharedItems | None = None
    nouns: tuple[str, str] = ("item", "items")
    """What one item is called, and several."""

    def name(self, strategy: str) -> str:
        """A strategy's name inside a sentence; the id of one that this version does not know."""
        return in_sentence(self.strategies[strategy].name) if strategy in self.strategies else strategy

    def counted(self, number: int) -> str:
        """So many test items: "135 test texts"."""
        return f"{number:,} test {self.nouns[number != 1]}"

    def causes(self, pair: PairedDifference) -> list[Change]:
        """What differs between a pair's two sides and could move its scores."""
        found = [change for change in self.changes if change.moves_scores and change.strategy in (None, pair.strategy)]
        if pair.first_encoder != pair.second_encoder:
            found.append(Change(what="encoder", first=pair.first_encoder, second=pair.second_encoder))
        return found


def pair_sentence(pair: PairedDifference, scene: Scene) -> str:
    """What one pair says, with its numbers."""
    instead, name, labels = _instead(pair, scene), scene.name(pair.strategy), f"with {labels_words(pair.budget)}"
    interval, on = Interval(pair.difference, pair.low, pair.high), _on_items(pair, scene)
    if pair.identical:
        return f"{instead} {name} gives exactly the same answers {labels} {on}."
    if pair.kind == "no_difference":
        return (
            f"{instead} {name} scores the same in practice {labels} {on}: it moves by {tenths(interval.estimate)} points"
            f" {interval_words(interval)}, inside the practical band of {band_words(scene.band)}."
        )
    ahead = interval.estimate >= 0
    size, span = points(interval.estimate, "accuracy"), interval_words(interval if ahead else flipped(interval))
    if pair.kind == "not_enough_evidence":
        return (
            f"Not enough evidence yet: {in_sentence(instead)} {name} {'gains' if ahead else 'loses'} {size} {span}"
            f" {labels} {on}."
        )
    return f"{instead} {name} {'gains' if ahead else 'loses'} {size} {span} {labels} {on}."


def summary_sentence(pairs: Sequence[PairedDifference], headline: int, scene: Scene) -> str:
    """The finding: the pair that speaks, and the strategies for which it is the other way round."""
    kinds = Counter(pair.kind for pair in pairs)
    if len(pairs) > 1 and kinds["no_difference"] == len(pairs):
        both = f"{scene.first.label} and {scene.second.label}"
        if all(pair.identical for pair in pairs):
            return f"{both} give exactly the same answers in all {len(pairs)} comparisons."
        band = band_words(scene.band)
        return f"{both} score the same in practice: all {len(pairs)} differences lie inside the practical band of {band}."
    spoken = pairs[headline]
    opposite = {"first_better": "second_better", "second_better": "first_better"}.get(spoken.kind)
    others = [f"{scene.name(pair.strategy)} with {labels_words(pair.budget)}" for pair in pairs if pair.kind == opposite]
    turned = f" It is the other way round for {listed(others)}." if others else ""
    return spoken.sentence + turned


def tally_sentence(pairs: Sequence[PairedDifference], scene: Scene) -> str:
    """How all the pairs came out."""
    kinds = Counter(pair.kind for pair in pairs)
    return (
        f"Of {len(pairs)} comparisons {scene.first.label} is better in {kinds['first_better']} and {scene.second.label} in"
        f" {kinds['second_better']}; {kinds['no_difference']} make no practical difference and"
        f" {kinds['not_enough_evidence']} are open."
    )


def items_sentence(items: SharedItems, scene: Scene) -> str:
    """Which test items the two are compared on, and why no others."""
    if items.whole:
        return f"Both answered the same {scene.counted(items.shared)}, so they are compared answer by answer."
    sizes = " and ".join(f"{side.n_test:,} of {side.label}" for side in (scene.first, scene.second) if side.n_test is not None)
    return (
        f"Compared on the {scene.counted(items.shared)} that both hold with the same label and that neither learned from, out"
        f" of {sizes}.{_leaks(items, scene)}"
    )


def no_items_sentence(items: SharedItems, scene: Scene) -> str:
    """Why scores stand beside each other without a claim, and the cure."""
    few = "share no" if not items.shared else f"share only {items.shared}"
    noun = scene.nouns[items.shared > 1]
    return (
        f"The two {few} test {noun} with the same label that neither learned from, so their scores stand side by side and"
        f" nothing is claimed: the test {scene.nouns[1]} alone could make the difference.{_leaks(items, scene)}"
        " Give both datasets the same test set and run them again."
    )


def no_pairs_sentence(first: Sequence[Group], second: Sequence[Group], room: int | None, scene: Scene) -> str:
    """Why no run has a partner although the test is the same, and the cure; `room` is the most labels that both could use."""
    strategies = {group.strategy for group in first} & {group.strategy for group in second}
    if not strategies:
        return "The two have no strategy in common. Run one of them again with a strategy of the other."
    cells = [{(group.strategy, group.budget) for group in side} for side in (first, second)]
    if cells[0] & cells[1]:
        return (
            "No strategy has finished with the same number of labels and the same seed in both. Resume the one that lacks it."
        )
    budgets = {group.budget for group in (*first, *second) if room is None or group.budget <= room}
    cure = (
        f"with {labels_words(max(budgets))}, which both have room for" if budgets else "with a budget that both have room for"
    )
    return f"No strategy ran with the same number of labels in both. Run them {cure}."


def lone_sentences(first: Sequence[Group], second: Sequence[Group], scene: Scene) -> Iterator[str]:
    """What only one side has, and what both have without a common seed."""
    mine, others = ({(group.strategy, group.budget): group for group in groups} for groups in (first, second))
    yield from _alone(mine.keys() - others.keys(), scene.first, scene)
    yield from _alone(others.keys() - mine.keys(), scene.second, scene)
    for strategy, budget in sorted(mine.keys() & others.keys()):
        if not set(mine[strategy, budget].seeds) & set(others[strategy, budget].seeds):
            yield f"{opening(scene.name(strategy))} with {labels_words(budget)} has no finished seed that both share."


def _alone(cells: Set[tuple[str, int]], side: SideFacts, scene: Scene) -> Iterator[str]:
    """One sentence for each budget."""
    names: dict[int, list[str]] = defaultdict(list)
    for strategy, budget in cells:
        names[budget].append(scene.name(strategy))
    for budget in sorted(names):
        yield f"Only {side.label} has {labels_words(budget)} for {listed(sorted(names[budget]))}."


def pair_notes(pairs: Sequence[PairedDifference], headline: int, looked_at: int, scene: Scene) -> Iterator[str]:
    """What a reader must know beside the numbers."""
    if pairs[headline].settle:
        yield pairs[headline].settle
    if len(pairs) > 1:
        yield tally_sentence(pairs, scene)
    if looked_at > 1:
        yield (
            f"Each 95 % interval is set wider to allow for {looked_at} comparisons looked at together, so that a"
            " false claim among all of them stays at 5 % or less."
        )
    causes = scene.causes(pairs[headline])
    if len(causes) > 1:
        yield (
            f"Several things differ ({listed(dict.fromkeys(cause.what for cause in causes))}), so a difference has no single"
            " cause. Change one thing at a time to find it."
        )
    seeds = {len(pair.seeds) for pair in pairs if not pair.identical}
    if 1 in seeds:
        yield "Where only one seed is shared, chance in training is in no interval, so only large differences are called."
    if pairs[headline].items < _SMALL_TEST:
        yield f"{scene.counted(pairs[headline].items)} are few, so every difference here is uncertain."
    if scene.items is not None and not scene.items.whole:
        yield "To compare them on one whole test set, give both datasets the same one and run them again."


def _instead(pair: PairedDifference, scene: Scene) -> str:
    """The opening: what is different."""
    causes = scene.causes(pair)
    if not causes:
        return f"In {scene.first.label}, which ran as {scene.second.label} did,"
    if len(causes) == 1 and causes[0].first is not None and causes[0].second is not None:
        return f"With {causes[0].what} {causes[0].first} instead of {causes[0].second},"
    return f"With the choices of {scene.first.label} instead of {scene.second.label},"


def _on_items(pair: PairedDifference, scene: Scene) -> str:
    whole = scene.items is None or scene.items.whole
    return f"on the {'same ' if whole else ''}{scene.counted(pair.items)}{'' if whole else ' that count for both'}"


def _leaks(items: SharedItems, scene: Scene) -> str:
    """What was left out, in sentences that begin with a space."""
    said = ""
    for count, learner, owner in (
        (items.first_learned, scene.first, scene.second),
        (items.second_learned, scene.second, scene.first),
    ):
        if count:
            said += f" The training part of {learner.label} holds {scene.counted(count)} of {owner.label}."
    if items.relabelled:
        said += f" {scene.counted(items.relabelled)} of both have another label in the other and are left out."
    return said
