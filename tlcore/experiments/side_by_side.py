"""Two experiments side by side, read from the workspace: what is comparable is compared, and the reason is said otherwise.

- Other items (texts against pictures) or other classes: nothing but what differs in the choices.
- The same dataset and the same locked test: every strategy and budget that both ran, paired answer by answer.
- Otherwise the test items that both hold, with the same label, and that no training part holds: paired on these alone.
- Fewer than two of those: scores beside each other, without a claim.

Nothing is trained, and nothing is written. Asking for B and A gives what A and B give, with signs changed.
"""

from collections.abc import Iterator
from dataclasses import replace

from tlcore.errors import ChoiceError
from tlcore.evaluation.outcomes import group_outcomes
from tlcore.evaluation.side_by_side import number_looked_at, on_items, paired_differences, pick_headline, score_pairs
from tlcore.evaluation.side_by_side_records import Basis, PairedDifference, ScorePair, SideBySide, SideFacts
from tlcore.evaluation.side_by_side_words import (
    Scene,
    items_sentence,
    lone_sentences,
    no_items_sentence,
    no_pairs_sentence,
    pair_notes,
    pair_sentence,
    summary_sentence,
)
from tlcore.evaluation.wording import band_words
from tlcore.experiments.changes import find_changes
from tlcore.experiments.common_ground import common_items, no_common_ground
from tlcore.experiments.gathered import Gathered, gather_answers
from tlcore.experiments.shared_items import Matched
from tlcore.experiments.spec import ExperimentSpec
from tlcore.records import NOUNS, RunStatus
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES

_Two = tuple[Gathered, Gathered]
_FEWEST = 2
"""Test items that an interval needs."""
_STATES = {RunStatus.SCHEDULED: "waiting", RunStatus.RUNNING: "running", RunStatus.FAILED: "failed"}
_USUAL_BAND: float = ExperimentSpec.model_fields["band"].default


def compare_experiments(workspace: Workspace, first: str, second: str) -> SideBySide:
    """Set two experiments (ids) side by side; differences are `first` minus `second`.

    Runs that are damaged or did not finish are left out and named in `notes`; the rest is compared.

    Raises ChoiceError for an experiment against itself, NotFoundError when there is no such experiment, StorageError when
    the run store cannot be read.
    """
    if first == second:
        raise ChoiceError("This is the same experiment twice. Choose two different ones to set side by side.")
    sides = gather_answers(workspace, first), gather_answers(workspace, second)
    scene = _scene(*sides)
    if reason := no_common_ground(*sides, scene):
        sentence = f"{scene.first.label} and {scene.second.label} cannot be compared."
        return _record("settings", sentence, reason, sides, scene)
    matched, reason = common_items(*sides)
    if matched is None:
        return _unpaired(reason, sides, scene)
    scene = replace(scene, items=matched.items)
    if matched.items.shared < _FEWEST:
        return _unpaired(no_items_sentence(matched.items, scene), sides, scene)
    return _paired(matched, sides, scene)


def _paired(matched: Matched, sides: _Two, scene: Scene) -> SideBySide:
    """Answer against answer."""
    first, second = sides
    classes = _one_order(first, second)
    mine = group_outcomes(on_items(first.outcomes(classes), matched.first))
    others = group_outcomes(on_items(second.outcomes(classes), matched.second))
    lone = tuple(lone_sentences(mine, others, scene))
    bare = sorted(paired_differences(mine, others, scene.band), key=_rank)
    pairs = tuple(pair.model_copy(update={"sentence": pair_sentence(pair, scene)}) for pair in bare)
    headline = pick_headline(pairs)
    if headline is None:
        reason = no_pairs_sentence(mine, others, _room(first, second), scene)
        return _unpaired(reason, sides, scene).model_copy(update={"without_partner": lone})
    looked_at = number_looked_at([pair.identical for pair in pairs])
    found = _record("paired", summary_sentence(pairs, headline, scene), items_sentence(matched.items, scene), sides, scene)
    return found.model_copy(
        update={
            "looked_at": looked_at,
            "pairs": pairs,
            "headline": headline,
            "without_partner": lone,
            "scores": _scores(first, second),
            "notes": (*pair_notes(pairs, headline, looked_at, scene), *found.notes),
        }
    )


def _unpaired(reason: str, sides: _Two, scene: Scene) -> SideBySide:
    """Score beside score."""
    sentence = f"The scores of {scene.first.label} and {scene.second.label} stand side by side; no difference is claimed."
    return _record("unpaired", sentence, reason, sides, scene).model_copy(update={"scores": _scores(*sides)})


def _record(basis: Basis, sentence: str, reason: str, sides: _Two, scene: Scene) -> SideBySide:
    return SideBySide(
        first=scene.first,
        second=scene.second,
        basis=basis,
        sentence=sentence,
        reason=reason,
        band=scene.band,
        items=scene.items,
        changes=scene.changes,
        notes=tuple(_notes(sides, scene)),
    )


def _scene(first: Gathered, second: Gathered) -> Scene:
    twins = first.found.name == second.found.name
    facts = [_facts(side, twins) for side in (first, second)]
    modality = first.modality or second.modality
    bands = [side.spec.band if side.spec else _USUAL_BAND for side in (first, second)]
    nouns = NOUNS[modality] if modality else ("item", "items")
    return Scene(facts[0], facts[1], STRATEGIES, max(bands), find_changes(first, second), nouns=nouns)


def _facts(side: Gathered, twins: bool) -> SideFacts:
    found = side.found
    return SideFacts(
        label=f"“{found.name}” ({found.experiment[:6]})" if twins else f"“{found.name}”",
        runs=len(found.runs),
        finished=sum(run.status is RunStatus.FINISHED for run in found.runs),
        n_test=len(side.items) if side.answers else found.n_test,
        **found.model_dump(include={"experiment", "name", "dataset", "dataset_name", "created_at", "status", "reason"}),
    )


def _one_order(first: Gathered, second: Gathered) -> tuple[str, ...]:
    """One order of the classes for both."""
    return first.classes if first.classes == second.classes else tuple(sorted(first.classes))


def _scores(first: Gathered, second: Gathered) -> tuple[ScorePair, ...]:
    classes = _one_order(first, second)
    return tuple(sorted(score_pairs(first.outcomes(classes), second.outcomes(classes)), key=_rank))


def _rank(found: PairedDifference | ScorePair) -> tuple[int, int]:
    """Strategies in catalogue order, then budgets."""
    order = list(STRATEGIES)
    return order.index(found.strategy) if found.strategy in order else len(order), found.budget


def _room(first: Gathered, second: Gathered) -> int | None:
    """The most labels that both training parts have."""
    one, other = first.found.n_train, second.found.n_train
    return None if one is None or other is None else min(one, other)


def _notes(sides: _Two, scene: Scene) -> Iterator[str]:
    """What is missing, and whose band counts."""
    for side, facts in zip(sides, (scene.first, scene.second), strict=True):
        if facts.finished < facts.runs:
            state = _STATES.get(facts.status) or facts.reason or "over"
            yield f"{facts.label} has {facts.finished:,} of {facts.runs:,} runs finished ({state}); what is there is compared."
        yield from side.notes
    bands = {side.spec.band for side in sides if side.spec}
    if len(bands) > 1:
        words = " and ".join(band_words(band) for band in sorted(bands))
        yield f"The two have different practical bands ({words}); the larger one is used."
