"""What is not the same in two experiments, in words."""

from collections import Counter
from collections.abc import Iterator

from tlcore.data.items import CONTENT
from tlcore.evaluation.side_by_side_records import Change
from tlcore.evaluation.wording import band_words, labels_words
from tlcore.experiments.gathered import Gathered
from tlcore.experiments.spec import ExperimentSpec
from tlcore.records import NOUNS, RunStatus
from tlcore.training.catalogue import STRATEGIES


def find_changes(first: Gathered, second: Gathered) -> tuple[Change, ...]:
    """Everything recorded that differs, what could move scores first in each part; equal things are left out."""
    found = [*_data(first, second), *_choices(first, second), *_settings(first, second), *_circumstances(first, second)]
    return tuple(change for change in found if change.first != change.second)


def _data(first: Gathered, second: Gathered) -> Iterator[Change]:
    names = [f"“{side.found.dataset_name}”" for side in (first, second)]
    one, other = first.found.dataset, second.found.dataset
    if one != other:
        if names[0] == names[1]:
            names = [f"{name} ({dataset[:6]})" for name, dataset in zip(names, (one, other), strict=True)]
        yield Change(what="data", first=names[0], second=names[1])
        yield from _rows(first, second)
    modalities = [side.modality and NOUNS[side.modality][1] for side in (first, second)]
    yield Change(what="kind of items", first=modalities[0], second=modalities[1])
    if set(first.classes) != set(second.classes):
        yield Change(what="classes", first=_joined(first.classes), second=_joined(second.classes))
    same_draw = one == other and first.found.split == second.found.split
    if not same_draw:
        # Two datasets have two draws by nature: that is no difference of its own.
        moves = one == other
        yield Change(what="locked test", first=_test(first), second=_test(second), moves_scores=moves)


def _rows(first: Gathered, second: Gathered) -> Iterator[Change]:
    """Items that only one of two versions has, by content and label."""
    if first.table is None or second.table is None or first.modality != second.modality or first.modality is None:
        return
    content = "pixels" if first.modality == "image" else CONTENT[first.modality]
    one, other = (Counter(zip(table[content], table["label"], strict=True)) for table in (first.table, second.table))
    many = NOUNS[first.modality][1]
    counts = (one - other).total(), (other - one).total()
    yield Change(
        what=f"{many} that the other lacks or labels otherwise",
        first=f"{counts[0]:,} of {one.total():,}",
        second=f"{counts[1]:,} of {other.total():,}",
        moves_scores=False,
    )


def _choices(first: Gathered, second: Gathered) -> Iterator[Change]:
    one, other = first.spec, second.spec
    if one is None or other is None:
        yield Change(what="choices", first="known" if one else None, second="known" if other else None)
        return
    for what, moves, words in (
        ("working resolution", True, lambda spec: f"{spec.image_size} pixels" if spec.image_size else "texts have none"),
        ("encoders", False, lambda spec: ", ".join(spec.encoders)),
        ("strategies", False, lambda spec: ", ".join(STRATEGIES[name].name for name in STRATEGIES if name in spec.strategies)),
        ("labels", False, _budgets),
        ("seeds", False, lambda spec: str(spec.seeds)),
        ("practical band", False, lambda spec: band_words(spec.band)),
    ):
        yield Change(what=what, first=words(one), second=words(other), moves_scores=moves)


def _settings(first: Gathered, second: Gathered) -> Iterator[Change]:
    """Settings of the strategies that both ran."""
    if first.spec is None or second.spec is None:
        return
    for strategy in STRATEGIES:
        if strategy in first.spec.strategies and strategy in second.spec.strategies:
            one, other = (
                side.settings.get(strategy) or side.spec.settings_of(strategy) for side in (first, second) if side.spec
            )
            for name in STRATEGIES[strategy].fields_for(first.spec.modality):
                values = [_value(getattr(settings, name)) for settings in (one, other)]
                yield Change(what=name.replace("_", " "), first=values[0], second=values[1], strategy=strategy)


def _circumstances(first: Gathered, second: Gathered) -> Iterator[Change]:
    """What nobody chose: arithmetic, versions of what computed, and how far it came."""
    arithmetic = [_joined(sorted({run.precision for run in side.found.runs if run.precision})) for side in (first, second)]
    if all(arithmetic):
        yield Change(what="arithmetic of the networks", first=arithmetic[0], second=arithmetic[1])
    yield from _versions(first, second)
    finished = [
        f"{sum(run.status is RunStatus.FINISHED for run in side.found.runs):,} of {len(side.found.runs):,}"
        for side in (first, second)
    ]
    yield Change(what="finished runs", first=finished[0], second=finished[1], moves_scores=False)


def _versions(first: Gathered, second: Gathered) -> Iterator[Change]:
    """Packages whose versions both recorded; an experiment that was resumed after an update ran with several."""
    seen = [[run.versions for run in side.found.runs if run.versions] for side in (first, second)]
    for package in sorted({name for runs in seen for versions in runs for name in versions}):
        words = [_joined(sorted({versions[package] for versions in runs if package in versions})) for runs in seen]
        if all(words):
            yield Change(what=f"version of {package}", first=words[0], second=words[1])


def _budgets(spec: ExperimentSpec) -> str:
    return ", ".join(budget if isinstance(budget, str) else labels_words(budget) for budget in spec.budgets)


def _test(side: Gathered) -> str | None:
    if side.found.n_test is None:
        return None
    noun = NOUNS[side.modality or "text"][side.found.n_test != 1]
    return f"{side.found.n_test:,} {noun}. {side.found.split}"


def _joined(names: "tuple[str, ...] | list[str]") -> str | None:
    return ", ".join(names) or None


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "as the preset says" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
