"""The dataset: what it is, where it came from, how the test set came about, what was found in it."""

from collections.abc import Iterator

from tlcore import charts
from tlcore.evaluation.wording import tenths
from tlcore.experiments.results import ExperimentResults
from tlcore.records import NOUNS, DatasetCard, DatasetSource, Finding, Severity
from tlcore.report.drawing import Charts
from tlcore.report.evidence import long_table
from tlcore.report.facts import ReportFacts
from tlcore.report.markup import Html, bullets, facts, name, part, section, tag
from tlcore.report.wording import count

_WEIGHT = {
    Severity.STOP: "must be cured",
    Severity.WARNING: "look at this",
    Severity.INFO: "good to know",
}


def data_section(report: ReportFacts, drawn: Charts) -> Html:
    """Facts and findings; for a dataset that was deleted, what the answer kept of it."""
    card, found = report.dataset, report.found
    if card is None:
        gone = "The dataset was deleted or can no longer be read, so only what the experiment kept of it is said here."
        return section("Data", tag("p", gone, class_="warning"), facts(_kept(found)))
    return section(
        "Data",
        facts([*_facts(card), *_kept(found)]),
        tag("p", card.notes) if card.notes else "",
        part("Classes", drawn.draw(charts.class_balance_chart(card.classes)), _classes(card)),
        part("Findings", bullets(_finding(finding) for finding in card.findings) or _nothing_found()),
        part("Where it came from", facts(_source(card.source))),
    )


def _kept(found: ExperimentResults) -> Iterator[tuple[str, object]]:
    yield "Dataset", name(found.dataset_name)
    yield "Id (hash of its content)", found.dataset
    yield "Training part", count(found.n_train)
    yield "Locked test set", count(found.n_test)
    if found.split:
        yield "How the test set came about", found.split


def _facts(card: DatasetCard) -> Iterator[tuple[str, object]]:
    yield NOUNS[card.modality][1].capitalize(), count(card.items)
    yield "Classes", count(len(card.classes))
    yield "Task", card.task
    if card.grouped:
        yield "Groups", "items of one group are never in both parts"


def _classes(card: DatasetCard) -> Html:
    total = sum(card.classes.values())
    rows = [
        (name(label), count(items), f"{tenths(items / total)} %" if total else "not known")
        for label, items in card.classes.items()
    ]
    return long_table("Items of each class", ("class", "items", "share"), rows)


def _finding(finding: Finding) -> Html:
    return tag("p", tag("strong", _WEIGHT[finding.severity]), ": ", finding.message, " (", count(finding.count), " concerned)")


def _nothing_found() -> Html:
    return tag("p", "The checks found nothing to remark on.")


def _source(source: DatasetSource) -> Iterator[tuple[str, object]]:
    yield "File", name(source.file_name)
    yield "SHA-256 of the file", tag("code", source.sha256)
    if source.test_file_name:
        yield "File of test items", name(source.test_file_name)
        yield "Its SHA-256", tag("code", source.test_sha256)
    yield "Read", count(source.rows_read)
    for term, counted in (
        ("Skipped as malformed", source.rows_skipped),
        ("Left out for their label", source.rows_left_out),
        ("Validation items that joined the training part", source.rows_validation),
        ("Pictures that could not be read", len(source.unreadable)),
        ("Moving pictures, first frame taken", source.animated),
        ("Files that are none of the data", source.junk),
    ):
        if counted:
            yield term, count(counted)
    for term, column in (
        ("Text column", source.text_column),
        ("Label column", source.label_column),
        ("Split column", source.split_column),
        ("Group column", source.group_column),
    ):
        if column is not None:
            yield term, name(column)
    if source.cures:
        yield "Cured", bullets(source.cures)
