"""What stands behind the answer: curves, scores, labels and time saved, differences, calibration."""

from collections.abc import Sequence
from typing import Any

from tlcore import charts
from tlcore.charts.style import strategy_name
from tlcore.evaluation.records import Calibration, ClassChange, Evidence, Growth, ItemDifferences, MeasureDifference
from tlcore.evaluation.wording import MEASURE_NAMES, labels_words, times_words
from tlcore.experiments.results import ExperimentResults
from tlcore.records import StrategySummary
from tlcore.report.drawing import Charts
from tlcore.report.markup import Html, bullets, folded, html, joined, name, number, part, section, table, tag
from tlcore.report.wording import count, encoder_words, interval, percent, seconds, side, signed

_MANY = 20
"""Rows from which a table is folded on the screen."""


def evidence_section(found: ExperimentResults, drawn: Charts) -> Html:
    """Everything from curves to calibration, as far as it is known."""
    evidence = found.evidence
    if evidence is None:
        old = "This answer is from before its evidence was kept, so there are no curves, labels saved or calibration to show."
        note = tag("p", old, class_="warning") if found.summary else ""
        return section("Evidence", note, _scores(found, drawn), _training(found, drawn))
    return section(
        "Evidence",
        _scores(found, drawn),
        _labels(evidence, drawn),
        _times(evidence, drawn),
        _growth(evidence, drawn),
        _differences(evidence, drawn),
        _measures(evidence),
        _calibration(evidence.calibration, drawn),
        _training(found, drawn),
    )


def efficiency(found: ExperimentResults) -> Any:
    """The chart of scores against labels; None with one budget, or without evidence."""
    metric = found.verdict.metric if found.verdict else "accuracy"
    curves = [curve for curve in (found.evidence.curves if found.evidence else ()) if curve.measure == metric]
    if len({point.budget for curve in curves for point in curve.points}) < 2:
        return None
    return charts.efficiency_chart(curves)


def _scores(found: ExperimentResults, drawn: Charts) -> Html:
    if not found.summary:
        return Html("")
    verdict = found.verdict
    # With several budgets the first screen has the curve instead.
    bars = drawn.draw(charts.score_by_strategy(found.summary, found.runs)) if efficiency(found) is not None else Html("")
    difference = drawn.draw(charts.difference_chart(verdict)) if verdict and verdict.difference is not None else Html("")
    times = drawn.draw(charts.time_chart(found.summary))
    return part("Scores by strategy", bars, difference, _score_table(found.summary), times)


def _score_table(summary: Sequence[StrategySummary]) -> Html:
    columns = ("strategy", "encoder", "labels", "seeds", "accuracy", "95 % interval", "macro F1", "95 % interval",
               "training a run", "encoding a run")  # fmt: skip
    rows = [
        (strategy_name(row.strategy), name(encoder_words(row.encoder)), count(row.budget), count(row.seeds),
         percent(row.accuracy), interval(row.accuracy_low, row.accuracy_high), percent(row.macro_f1),
         interval(row.macro_f1_low, row.macro_f1_high), seconds(row.train_seconds), seconds(row.encode_seconds))
        for row in sorted(summary, key=lambda row: (-row.budget, -row.accuracy))
    ]  # fmt: skip
    return long_table("Mean scores on the locked test set, over seeds; times are means a run", columns, rows)


def long_table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Html:
    """A table; a long one is folded on the screen, and complete in print."""
    drawn = table(caption, columns, rows)
    return folded(f"{caption} ({len(rows):,} rows)", drawn) if len(rows) > _MANY else drawn


def _labels(evidence: Evidence, drawn: Charts) -> Html:
    if not evidence.labels_saved:
        return Html("")
    rows = [
        (strategy_name(saved.strategy), name(encoder_words(saved.encoder)), count(saved.budget), saved.sentence)
        for saved in evidence.labels_saved
    ]
    # One point of a curve says nothing that the sentence does not.
    several = len(evidence.labels_saved) > 1
    return part(
        "Labels saved",
        drawn.draw(charts.labels_saved_chart(evidence.labels_saved)) if several else "",
        long_table("Labels that training from scratch needs to match each strategy",
                   ("strategy", "encoder", "labels", "reading"), rows),
    )  # fmt: skip


def _times(evidence: Evidence, drawn: Charts) -> Html:
    saved = [
        (strategy_name(one.strategy), name(encoder_words(one.encoder)), count(one.budget),
         number(one.ratio, times_words(one.ratio, bare=True)) if one.ratio is not None else html(None), one.sentence)
        for one in evidence.time_saved
    ]  # fmt: skip
    return part(
        "Time",
        drawn.draw(charts.pareto_chart(evidence.times)) if evidence.times else "",
        bullets(one.sentence for one in evidence.time_to_match),
        long_table("Time of training from scratch over the time of each strategy, encoding included",
                   ("strategy", "encoder", "labels", "ratio", "reading"), saved),
    )  # fmt: skip


def _growth(evidence: Evidence, drawn: Charts) -> Html:
    growth = evidence.growth
    if growth is None:
        return Html("")
    curve = next(
        (one for one in evidence.curves
         if (one.strategy, one.encoder, one.measure) == (growth.strategy, growth.encoder, growth.measure)),
        None,
    )  # fmt: skip
    picture = drawn.draw(charts.growth_chart(growth, curve)) if curve and growth.points else Html("")
    return part("How much more data would bring", tag("p", growth.sentence), picture, _growth_table(growth))


def _growth_table(growth: Growth) -> Html:
    rows = [
        (labels_words(point.budget), percent(point.score), interval(point.low, point.high), signed(point.gain),
         interval(point.gain_low, point.gain_high, points=True))
        for point in growth.points
    ]  # fmt: skip
    columns = ("labels", "score foreseen", "95 % interval", "gain in points", "95 % interval")
    return table(f"Foreseen for {side(growth.strategy)}; nothing here was run", columns, rows)


def _differences(evidence: Evidence, drawn: Charts) -> Html:
    differences = evidence.differences
    if differences is None:
        return Html("")
    first, second = strategy_name(differences.first), strategy_name(differences.second)
    counts = table(
        f"Test items, with {labels_words(differences.budget)}; right means right with more than half of the seeds",
        ("who is right", "test items"),
        [
            (f"only {first}", count(len(differences.only_first))),
            (f"only {second}", count(len(differences.only_second))),
            ("both", count(differences.both)),
            ("neither", count(differences.neither)),
        ],
    )
    return part(
        "Where the strategies differ",
        counts,
        drawn.draw(charts.class_change_chart(differences)),
        _class_table(differences, first, second),
        drawn.draw(charts.confusion_difference_chart(differences, [one.label for one in differences.classes])),
    )


def _class_table(differences: ItemDifferences, first: str, second: str) -> Html:
    rows = [
        (name(one.label), count(one.support), percent(one.first), percent(one.second), signed(one.difference), _ends(one))
        for one in differences.classes
    ]
    columns = ("class", "test items", first, second, "difference in points", "95 % interval, corrected over the classes")
    return long_table("Recall of each class", columns, rows)


def _ends(change: ClassChange) -> Html:
    known = change.low is not None and change.high is not None
    return interval(change.low, change.high, points=True) if known else html(change.reason or None)


def _measures(evidence: Evidence) -> Html:
    rows = [(MEASURE_NAMES[one.measure], _size(one), _span(one), one.sentence) for one in evidence.measures]
    columns = ("measure", "difference", "95 % interval", "reading")
    caption = "The same two strategies by every measure; log loss is better when lower"
    return part("By every measure", table(caption, columns, rows))


def _size(one: MeasureDifference) -> Html:
    return _nats(one.difference) if one.measure == "log_loss" else joined((signed(one.difference), " points"))


def _span(one: MeasureDifference) -> Html:
    if one.measure == "log_loss":
        return joined((_nats(one.low), " to ", _nats(one.high)))
    return interval(one.low, one.high, points=True)


def _nats(value: float) -> Html:
    return number(value, f"{round(value, 3) + 0.0:+.3f}")


def _calibration(found: Sequence[Calibration], drawn: Charts) -> Html:
    if not found:
        return Html("")
    rows = [
        (strategy_name(one.strategy), name(encoder_words(one.encoder)), count(one.budget), percent(one.error),
         percent(one.error_debiased), signed(one.overconfidence),
         interval(one.overconfidence_low, one.overconfidence_high, points=True), percent(one.scaled_error_debiased))
        for one in found
    ]  # fmt: skip
    columns = ("strategy", "encoder", "labels", "calibration error", "with chance taken off", "overconfidence in points",
               "95 % interval", "scaled by temperature, chance taken off")  # fmt: skip
    return part(
        "How far confidence can be believed",
        bullets(f"{one.sentence} {one.scaled_sentence}".strip() for one in found),
        drawn.draw(charts.reliability_chart(found)),
        long_table("Expected calibration error, each strategy at its largest budget", columns, rows),
    )


def _training(found: ExperimentResults, drawn: Charts) -> Html:
    if not any(run.curve for run in found.runs):
        return Html("")
    return part("How training went", drawn.draw(charts.learning_curves(found.runs)))
