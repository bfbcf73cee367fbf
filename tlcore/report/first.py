"""The first screen: what was asked, the answer, the three numbers that matter, and one chart."""

from tlcore import charts
from tlcore.charts.style import strategy_name
from tlcore.evaluation.evidence import opening_sentences
from tlcore.evaluation.records import Evidence, LabelsSaved
from tlcore.evaluation.wording import labels_words, opening, time_words, times_words
from tlcore.experiments.results import ExperimentResults
from tlcore.records import RunStatus, Verdict, VerdictKind
from tlcore.report.drawing import Charts
from tlcore.report.evidence import efficiency
from tlcore.report.facts import ReportFacts
from tlcore.report.markup import Html, html, joined, name, number, tag
from tlcore.report.wording import interval, moment, side, signed

_HEADLINES = {
    VerdictKind.HELPS: "Transfer learning helps here",
    VerdictKind.HURTS: "Transfer learning hurts here",
    VerdictKind.NO_DIFFERENCE: "It makes no practical difference",
    VerdictKind.NOT_ENOUGH_EVIDENCE: "Not enough evidence yet",
}
_SAME = 1 / 1.1
"""Times whose ratio lies between this and its inverse are about the same, as the verdict's sentence has it."""


def first_screen(facts: ReportFacts, drawn: Charts) -> Html:
    """What a reader who reads nothing else must know."""
    found = facts.found
    return tag(
        "header",
        tag("p", "Transfer Lab report · ", tag("time", moment(facts.made_at), datetime=facts.made_at), class_="kicker"),
        tag("h1", name(found.name)),
        tag("p", question(facts), class_="question"),
        standing(found),
        _answer(found),
        _numbers(found),
        _chart(found, drawn),
    )


def question(facts: ReportFacts) -> Html:
    """What was asked, in one sentence."""
    found = facts.found
    many = len(found.classes or (facts.dataset.classes if facts.dataset else ()))
    classes = f"the {many:,} classes" if many else "the classes"
    budgets = sorted({run.budget for run in found.runs})
    labels = f", with {labels_words(budgets[0])}" if len(budgets) == 1 else ""
    if len(budgets) > 1:
        labels = f", with {budgets[0]:,} to {labels_words(budgets[-1])}"
    start = f"Does starting from a pre-trained network beat training from scratch at telling apart {classes} of “"
    return joined((start, name(found.dataset_name), f"”{labels}?"))


def standing(found: ExperimentResults) -> Html:
    """A warning where the experiment is not over, or did not end as planned."""
    finished = sum(run.status is RunStatus.FINISHED for run in found.runs)
    failed = sum(run.status is RunStatus.FAILED for run in found.runs)
    runs = f"{finished:,} of {len(found.runs):,} runs finished"
    if found.status is RunStatus.FINISHED and finished == len(found.runs):
        return Html("")
    if found.status in (RunStatus.SCHEDULED, RunStatus.RUNNING):
        words = f"This experiment is not over: {runs} so far, so the answer may still change."
    elif failed:
        words = f"Not everything that was planned is in this report: {runs}, {failed:,} failed. The table of runs says why."
    else:
        words = f"This experiment was ended before its time: {runs}. The report rests on those alone."
    said = f" It ended with: {found.reason}" if found.status is RunStatus.FAILED and found.reason else ""
    return tag("p", words, said, class_="warning", role="note")


def _answer(found: ExperimentResults) -> Html:
    verdict = found.verdict
    if verdict is None:
        return tag("div", tag("p", "There is no answer yet: no run has finished.", class_="lead"), class_="answer")
    first, *rest = opening_sentences(verdict, found.evidence or Evidence())
    return tag(
        "div",
        tag("p", _HEADLINES[verdict.kind], class_=f"badge {verdict.kind}"),
        tag("p", first, class_="lead"),
        *(tag("p", sentence) for sentence in rest),
        class_="answer",
    )


def _numbers(found: ExperimentResults) -> Html:
    """Difference, labels and time; each says plainly when it is not known."""
    verdict = found.verdict
    if verdict is None:
        return Html("")
    saved = found.evidence.headline if found.evidence else None
    return tag("ul", _difference(verdict), _labels(saved, found.evidence is None), _time(verdict), class_="numbers")


def _card(title: str, value: Html, words: object) -> Html:
    return tag("li", tag("span", title, class_="label"), tag("strong", value), tag("span", words, class_="note"))


def _difference(verdict: Verdict) -> Html:
    metric = verdict.metric.replace("_f1", " F1")
    if verdict.difference is None or verdict.transfer is None:
        return _card(f"Difference in {metric}", html(None), "There is no finished pair of runs to compare.")
    level = f"{verdict.level:.0%}".replace("%", " %")
    words = joined((f"{level} interval ", interval(verdict.low, verdict.high, points=True)))
    pair = f": {strategy_name(verdict.transfer)} against {side(verdict.control)}"
    labels = f", {labels_words(verdict.budget)}" if verdict.budget is not None else ""
    return _card(f"Difference in {metric}", joined((signed(verdict.difference), " points")), joined((words, pair, labels)))


def _labels(saved: LabelsSaved | None, old: bool) -> Html:
    title = "Labels saved"
    if saved is None or saved.kind == "unknown" or not saved.budgets:
        reason = "This answer is from before labels saved were worked out." if old else "The runs do not show it."
        return _card(title, html(None), saved.sentence if saved else reason)
    known = saved.factor if saved.kind == "factor" else None
    if known is not None:
        value = number(known, f"about {times_words(known, bare=True)}×")
    elif saved.kind == "more_than":
        value = html(f"more than {times_words(saved.budgets[-1] / saved.budget, bare=True)}×")
    else:
        value = html(f"fewer than {times_words(saved.budgets[0] / saved.budget, bare=True)}×")
    words = (
        f"as many labels are needed by {side(saved.control)} to match {labels_words(saved.budget)} of {side(saved.strategy)}"
    )
    return _card(title, value, joined((words, _bounds(saved))))


def _bounds(saved: LabelsSaved) -> Html:
    """What chance leaves open; an end that the runs do not show is said to be open."""
    low, high = (number(end, times_words(end, bare=True)) if end is not None else None for end in (saved.low, saved.high))
    if low and high:
        return joined(("; 95 % interval ", low, " to ", high))
    if low:
        return joined(("; chance allowed for, at least ", low))
    return joined(("; chance allowed for, at most ", high)) if high else html("; chance leaves both ends open")


def _time(verdict: Verdict) -> Html:
    ratio = verdict.time_ratio
    if ratio is None or ratio <= 0 or verdict.transfer is None:
        return _card("Time", html(None), "A run did not record its time, or there is no pair to compare.")
    words = f"{ratio:.1f}× as fast" if ratio >= 1 else f"{1 / ratio:.1f}× as long"
    if _SAME < ratio < 1 / _SAME:
        words = "about the same"
    sentence = f"{strategy_name(verdict.transfer)} against {side(verdict.control)}{time_words(ratio)}"
    return _card("Time", number(ratio, words), f"{opening(sentence)}; encoding counted in full.")


def _chart(found: ExperimentResults, drawn: Charts) -> Html:
    """The curve over labels where there is one, else the scores side by side."""
    curve = efficiency(found)
    if curve is not None:
        return drawn.draw(curve)
    return drawn.draw(charts.score_by_strategy(found.summary, found.runs)) if found.summary else Html("")
