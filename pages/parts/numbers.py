"""The numbers that an answer's sentences say, and what stands behind each: what it is, how it was found, and its runs."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pages.parts.run_table import runs_of
from pages.parts.words import modality_of, nouns
from tlcore.charts.style import strategy_name
from tlcore.evaluation.alarm_records import Alarm
from tlcore.evaluation.evidence import opening_sentences
from tlcore.evaluation.intervals import Interval
from tlcore.evaluation.records import LabelsSaved
from tlcore.evaluation.wording import (
    METRIC_NAMES,
    band_words,
    flipped,
    in_sentence,
    interval_words,
    labels_words,
    listed,
    points,
    time_words,
    times_words,
    trained,
)
from tlcore.experiments.results import ExperimentResults
from tlcore.records import RunRecord, Verdict, VerdictKind


class Said(NamedTuple):
    """A number that the answer says."""

    key: str
    """What it is, whatever its value: it stays open while runs are added."""
    label: str
    """As the sentences have it."""
    meaning: str
    """What it is and how it was found."""
    runs: Sequence[RunRecord]
    columns: tuple[str, ...] = ()
    """Of the table of runs, beside those that all have."""
    pairs: tuple[Sequence[RunRecord], Sequence[RunRecord]] | None = None
    """Two sides with the same seeds, to be set against each other."""


def numbers_of(found: ExperimentResults) -> list[Said]:
    """Every number of the opening sentences, in their order; empty while there is no answer."""
    verdict = found.verdict
    if verdict is None:
        return []
    said = [*_alarms(found, verdict)]
    if verdict.transfer is not None and verdict.difference is not None:
        said += _of_verdict(found, verdict)
    if found.evidence and found.evidence.headline:
        said.append(_saved(found, found.evidence.headline))
    return said


def _of_verdict(found: ExperimentResults, verdict: Verdict) -> Iterator[Said]:
    """The numbers of the verdict's own sentence."""
    sides = _sides(found, verdict)
    both = [*sides[0], *sides[1]]
    many, budget = nouns(modality_of(found)), verdict.budget or 0
    yield _difference(verdict, sides, many)
    if verdict.kind is VerdictKind.NO_DIFFERENCE:
        yield Said(
            "band", band_words(verdict.band), "The practical band: differences inside it do not matter to you. It was set when"
            " the experiment was started, before any score was known.", (),
        )  # fmt: skip
    if verdict.kind is VerdictKind.NOT_ENOUGH_EVIDENCE and verdict.seeds > 1:
        yield Said(
            "settle", "what would settle it", "The interval narrows with more seeds and with more test items. These are the"
            " first numbers at which, if the difference stays as it is, it would leave zero out or fit into the practical band"
            f" of {band_words(verdict.band)}.", both,
        )  # fmt: skip
    training = f" The training part has {found.n_train:,} in all." if found.n_train else ""
    yield Said(
        "labels", labels_words(budget), f"Each of these runs was given {labels_words(budget)}: what it learned from and what it"
        f" was tuned on together. Runs with the same seed were given the same ones.{training}", both,
        ("learns from", "tuned on"),
    )  # fmt: skip
    seeds = f"{verdict.seeds} seed{'s' * (verdict.seeds != 1)}"
    yield Said(
        "test", f"{seeds}, {verdict.n_test:,} test {many}", f"{found.split} Every run is scored on the same {verdict.n_test:,}"
        f" {many}. Each seed draws the labels anew and trains anew from them.", both, ("macro F1",),
    )  # fmt: skip
    if verdict.time_ratio is not None:
        yield Said(
            "time", time_words(verdict.time_ratio).removeprefix(", "), _time_meaning(found, verdict), both,
            ("training, s", "encoding, s"),
        )  # fmt: skip


def _sides(found: ExperimentResults, verdict: Verdict) -> tuple[list[RunRecord], list[RunRecord]]:
    """The runs of the verdict's pair on the seeds that both have."""
    encoder, budget = verdict.encoder or "", verdict.budget or 0
    first = runs_of(found, (verdict.transfer or "", encoder, budget))
    second = runs_of(found, (verdict.control, encoder, budget))
    seeds = {run.seed for run in first} & {run.seed for run in second}
    return [run for run in first if run.seed in seeds], [run for run in second if run.seed in seeds]


def _difference(verdict: Verdict, sides: tuple[list[RunRecord], list[RunRecord]], many: str) -> Said:
    """The verdict's difference with its interval, from the side that is ahead, as its sentence has it."""
    found = Interval(verdict.difference or 0.0, verdict.low or 0.0, verdict.high or 0.0)
    ahead = verdict.kind is VerdictKind.NO_DIFFERENCE or found.estimate >= 0
    covers = (
        f"the choice of test {many} and of seeds"
        if verdict.seeds > 1
        else f"the choice of test {many} alone, for want of seeds"
    )
    meaning = (
        f"{strategy_name(verdict.transfer or '')} minus {trained(strategy_name(verdict.control))}: mean"
        f" {METRIC_NAMES[verdict.metric]} on the same {verdict.n_test:,} test {many}, seed by seed. The 95 % interval covers"
        f" {covers}."
    )
    label = f"{points(found.estimate, verdict.metric)} {interval_words(found if ahead else flipped(found))}"
    return Said("difference", label, meaning, [*sides[0], *sides[1]], pairs=sides)


def _time_meaning(found: ExperimentResults, verdict: Verdict) -> str:
    """The evidence's own sentence on the two times, and what counts."""
    times = found.evidence.time_saved if found.evidence else ()
    wanted = (verdict.transfer, verdict.encoder, verdict.budget)
    said = next((one.sentence for one in times if (one.strategy, one.encoder, one.budget) == wanted), "")
    return f"{said} Mean seconds of the runs below: training and encoding as from cold, waiting not counted.".strip()


def _saved(found: ExperimentResults, one: LabelsSaved) -> Said:
    """How many labels the control needs, as the headline has it."""
    most, least = (end / one.budget for end in (max(one.budgets, default=0), min(one.budgets, default=0)))
    given = labels_words(one.budget)
    label = {
        "factor": f"about {times_words(one.factor or 0.0)} as many labels",
        "more_than": f"more than {times_words(most)} as many labels" if most > 1 else f"not matched with {given}",
        "fewer_than": f"fewer than {times_words(least)} as many labels",
    }.get(one.kind, "labels saved")
    budgets = listed((f"{budget:,}" for budget in sorted(one.budgets)), most=12)
    meaning = (
        f"The accuracy of {trained(strategy_name(one.control))} was joined up over its {budgets} labels, and read off where it"
        f" reaches that of {in_sentence(strategy_name(one.strategy))} with {labels_words(one.budget)}. {one.sentence}"
    )
    runs = [run for run in found.runs if run.id in set(one.runs)]
    return Said("saved", label, meaning, runs)


def _alarms(found: ExperimentResults, verdict: Verdict) -> Iterator[Said]:
    """The simple thing's lead, where the answer opens with it."""
    opening = opening_sentences(verdict, found.evidence) if found.evidence else ()
    alarms = [alarm for alarm in (found.evidence.alarms if found.evidence else ()) if alarm.sentence in opening]
    for place, alarm in enumerate(alarms):
        yield _alarm(found, alarm, f"simple_{place}" if place else "simple")


def _alarm(found: ExperimentResults, alarm: Alarm, key: str) -> Said:
    lost = flipped(Interval(alarm.difference, alarm.low, alarm.high))
    looked = f" It allows for {alarm.looked_at} comparisons." if alarm.looked_at > 1 else ""
    meaning = (
        f"{strategy_name(alarm.against)} minus {in_sentence(strategy_name(alarm.strategy))} with {labels_words(alarm.budget)},"
        f" on the same test items and seeds, with a 95 % interval.{looked}"
    )
    runs = [run for run in found.runs if run.id in set(alarm.runs)]
    return Said(key, f"{points(lost.estimate, 'accuracy')} {interval_words(lost)}", meaning, runs)
