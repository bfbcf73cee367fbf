"""Simulated experiments as the report gets them, and a reader that checks a document as a browser would read it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

import numpy as np

from benchmarks.verdict_simulation import Simulation, outcomes_of, power_law
from tlcore.evaluation.alarms import Watch
from tlcore.evaluation.evidence import find_evidence
from tlcore.evaluation.metrics import score
from tlcore.evaluation.outcomes import Outcome
from tlcore.evaluation.summary import summarise
from tlcore.evaluation.verdict import give_verdict
from tlcore.experiments.results import ExperimentResults
from tlcore.experiments.spec import ExperimentSpec
from tlcore.records import DatasetCard, DatasetSource, Finding, RunRecord, RunStatus, Severity
from tlcore.report import ReportFacts
from tlcore.report.facts import Environment
from tlcore.training.catalogue import STRATEGIES

LADDER = (50, 100, 200, 400)
SEVERAL = ("classic", "scratch", "full_fine_tuning")
HERE = Environment("0.1.0", "3.11.7", "Linux", "x86_64", 2, {"torch": "2.13.0"})
NEVER = {(outer, inner) for outer in ("p", "h1", "h2", "h3", "span") for inner in ("p", "ul", "ol", "div", "table", "pre")}
"""Elements that a browser would pull apart."""
NEVER |= {(outer, inner) for outer in ("ul", "ol") for inner in ("p", "ul", "ol", "div")}
VOID = {"meta", "br", "link", "img", "input", "hr"}


def simulated(ladder: Sequence[int] = LADDER, seeds: int = 3, items: int = 200, classes: int = 2) -> list[Outcome]:
    """Finished, scored runs of three strategies; with many classes a wrong answer is the next class."""
    truth = {
        "classic": power_law(ladder, 0.9, 1.6, 0.4),
        "scratch": power_law(ladder, 0.93, 1.6, 0.38),
        "full_fine_tuning": power_law(ladder, 0.93, 1.6, 0.38, factor=5),
    }
    names = class_names(classes)
    outcomes = []
    for one in outcomes_of(Simulation(seeds, items, draw_seed=1).curves(truth), ladder):
        right = one.probabilities.argmax(axis=1) == one.labels
        labels = np.arange(items) % classes
        predicted = np.where(right, labels, (labels + 1) % classes)
        probabilities = np.full((items, classes), 0.3 / classes)
        probabilities[np.arange(items), predicted] += 0.7
        scores = score(labels, probabilities, names)
        run = one.run.model_copy(update={"scores": scores, "accuracy": scores.accuracy, "macro_f1": scores.macro_f1})
        outcomes.append(Outcome(run, labels, probabilities))
    return outcomes


def class_names(classes: int) -> tuple[str, ...]:
    return ("bad", "good") if classes == 2 else tuple(f"class {number:03}" for number in range(classes))


def found_of(outcomes: Sequence[Outcome], classes: Sequence[str], more: Sequence[RunRecord] = (), **changes: object):
    """What `results` gives of these runs; `more` are runs that did not finish."""
    known = {
        "experiment": "0123456789ab",
        "name": "toys",
        "dataset": "7ca3a1d2211a",
        "dataset_name": "reviews",
        "status": RunStatus.FINISHED,
        "created_at": "2026-11-21T08:00:00+00:00",
        "classes": tuple(classes),
        "split": "A fifth of the items was drawn.",
        "n_train": 400,
        "n_test": len(outcomes[0].labels) if outcomes else None,
        "verdict": give_verdict(outcomes, STRATEGIES) if outcomes else None,
        "summary": summarise(outcomes),
        "runs": (*(one.run for one in outcomes), *more),
        "evidence": find_evidence(outcomes, Watch(STRATEGIES, n_train=400), classes) if outcomes else None,
    }
    return ExperimentResults(**{**known, **changes})


def facts_of(found: ExperimentResults, **changes: object) -> ReportFacts:
    """The facts of a report on it, with a dataset and a spec unless `changes` takes them away."""
    budgets = tuple(sorted({run.budget for run in found.runs})) or ("all",)
    spec = ExperimentSpec(name=found.name, dataset=found.dataset, strategies=SEVERAL, budgets=budgets)
    known = {"found": found, "environment": HERE, "made_at": "2026-11-21T09:00:00+00:00", "spec": spec}
    return ReportFacts(**{**known, "dataset": card_of(found.classes), **changes})


def card_of(classes: Sequence[str] = ("bad", "good"), **source: object) -> DatasetCard:
    finding = Finding(code="short", severity=Severity.WARNING, message="Three texts are very short.", count=3)
    known = {"file_name": "reviews.csv", "sha256": "ab" * 32, "rows_read": 500, "text_column": "body", "label_column": "stars"}
    return DatasetCard(
        id="7ca3a1d2211a", name="reviews", modality="text", task="classification", items=500,
        classes=dict.fromkeys(classes, 250), own_split=False, findings=(finding,),
        source=DatasetSource(**{**known, **source}), created_at="2026-11-21T07:00:00+00:00",
    )  # fmt: skip


@dataclass
class Page(HTMLParser):
    """A document as it is read: every element with its attributes, the text that is shown, and the script elements."""

    source: str
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    scripts: list[tuple[dict[str, str | None], str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.feed(self.source)
        self.close()
        assert self.stack == [], self.stack

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if len(attributes) != len(attrs):
            self.faults.append(f"{tag} has an attribute twice")
        self.elements.append((tag, attributes))
        if tag == "data":
            self.numbers.append(float(attributes["value"]))
        if tag == "script":
            self.scripts.append((attributes, ""))
        if self.stack and (self.stack[-1], tag) in NEVER:
            self.faults.append(f"{tag} inside {self.stack[-1]}")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if "script" in self.stack:
            attributes, before = self.scripts.pop()
            self.scripts.append((attributes, before + data))
        elif "style" in self.stack:
            self.styles.append(data)
        else:
            self.words.append(data)
