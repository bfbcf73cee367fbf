"""What a reader must beware of: alarms, and what could not be said."""

from tlcore.evaluation.alarm_records import Alarm
from tlcore.evaluation.wording import band_words
from tlcore.experiments.results import ExperimentResults
from tlcore.report.markup import Html, bullets, joined, part, section, tag

_READING = (
    "A 95 % interval covers chance in the test items and, with several seeds, in training. Seeds are repeats of the same run"
    " with other random numbers.",
    "Scores come from one locked test set that chose nothing: no setting, epoch or strategy was picked by it.",
    "Intervals of a curve's points and of labels saved are each of that number alone; those of the verdict, of alarms and of"
    " classes allow for how many comparisons were looked at.",
    "All of it holds for items like these. Data of another kind, time or language may behave otherwise.",
)


def caveats_section(found: ExperimentResults) -> Html:
    """Alarms first, then notes, then how to read the numbers."""
    verdict, evidence = found.verdict, found.evidence
    alarms = [_alarm(alarm) for alarm in (evidence.alarms if evidence else ())]
    notes = [*found.notes, *(verdict.notes if verdict else ()), *(evidence.notes if evidence else ())]
    band = [f"Differences inside {band_words(verdict.band)} are taken to make no practical difference."] if verdict else []
    return section(
        "Alarms and caveats",
        part("Alarms", bullets(alarms, class_="alarms")),
        part("What could not be said, and what to beware of", bullets(dict.fromkeys(notes))),
        part("How to read the numbers", bullets((*band, *_READING))),
    )


def _alarm(alarm: Alarm) -> Html:
    causes = bullets(cause.sentence for cause in alarm.causes)
    step = tag("p", f"Next step: {alarm.next_step.label}.".replace("..", "."), class_="note")
    return joined((tag("p", alarm.sentence), causes, step))
