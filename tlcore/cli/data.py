"""`data`: datasets in, and a look at those there are."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tlcore.cli.documents import dataset_document
from tlcore.cli.follow import counting_bar
from tlcore.cli.session import Session, command, group, moment, say, table
from tlcore.errors import ChoiceError
from tlcore.records import NOUNS, DatasetCard, Severity, Task
from tlcore.settings import Workspace

if TYPE_CHECKING:
    from tlcore.data.csv.load import CsvOptions
    from tlcore.data.importer import ImportChoices

app = typer.Typer()
_MARKS = {Severity.STOP: "must be cured", Severity.WARNING: "look at this", Severity.INFO: "good to know"}
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}

Encoding = Annotated[str | None, typer.Option(metavar="NAME", help="Encoding of the file, e.g. latin-1; found when left out.")]
Delimiter = Annotated[
    str | None, typer.Option(metavar="CHARACTER", help="Character between columns, or tab; found when left out.")
]
BadRows = Annotated[Literal["stop", "skip"], typer.Option(help="What to do about malformed rows.")]


def csv_options(encoding: str | None, delimiter: str | None, bad_rows: Literal["stop", "skip"]) -> "CsvOptions":
    """How to read a CSV file, from what was typed."""
    from tlcore.data.csv.load import CsvOptions

    delimiter = delimiter and _DELIMITERS.get(delimiter.lower(), delimiter)
    return CsvOptions(encoding=encoding, delimiter=delimiter, bad_rows=bad_rows)


@group(app)
def data(session: Session) -> None:
    """Datasets."""


@command(app, "add")
def add(
    session: Session,
    path: Annotated[
        Path | None, typer.Argument(metavar="PATH", help="CSV, TSV or .csv.gz file; zip or folder of pictures.")
    ] = None,
    sample: Annotated[
        str | None, typer.Option(metavar="NAME", help="A dataset that ships with Transfer Lab, instead of PATH.")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the dataset; the file's when left out.")] = None,
    text: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of texts; guessed when left out.")] = None,
    label: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of labels; guessed when left out.")] = None,
    task: Annotated[Task | None, typer.Option(help="Kind of labels; guessed when left out.")] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="LABEL=NAME",
            help="Name to use for a label (negative, neutral, positive for sentiment); none leaves its rows out. Repeatable.",
        ),
    ] = None,
    split: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column that says train or test.")] = None,
    group: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column whose values must not be in train and test.")
    ] = None,
    test: Annotated[Path | None, typer.Option(metavar="PATH", help="File of test items with the same columns.")] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    bad_rows: BadRows = "stop",
) -> None:
    """Read, check and store a file as a dataset."""
    from tlcore.data.importer import ImportChoices

    if (path is None) == (sample is None):
        raise ChoiceError("Name a file or folder to add, or a sample with --sample NAME.")
    if path is None:
        card = _add_sample(session.workspace, str(sample))
    elif holds_pictures(path):
        if text or label or task == "sentiment" or split or group or test or encoding or delimiter:
            raise ChoiceError("A zip or folder of pictures takes --name and --map alone; its folders say label and part.")
        card = _add_pictures(session.workspace, path, name, _mapping(mapping or []))
    else:
        choices = ImportChoices(
            name=name,
            text=text,
            label=label,
            task=task,
            label_mapping=_mapping(mapping or []),
            split=split,
            group=group,
            csv=csv_options(encoding, delimiter, bad_rows),
        )
        card = _add_table(session.workspace, path, test, choices)
    _warn(card)
    show_card(session, card)


@command(app, "list")
def show_all(session: Session) -> None:
    """List the datasets."""
    from tlcore.data.store import DatasetStore

    cards = DatasetStore(session.workspace).list()
    rows = [
        (card.id, card.name, card.task, card.items, len(card.classes), _worst(card), moment(card.created_at)) for card in cards
    ]
    columns = ("id", "name", "task", "items", "classes", "findings", "added")
    session.answer({"datasets": [dataset_document(card) for card in cards]}, table(columns, rows))


@command(app, "show")
def show(
    session: Session, dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Id, the beginning of one, or name.")]
) -> None:
    """Show a dataset with its findings."""
    from tlcore.data.store import DatasetStore

    store = DatasetStore(session.workspace)
    show_card(session, store.card(store.resolve(dataset)))


def show_card(session: Session, card: DatasetCard) -> None:
    """One dataset as the answer."""
    source = card.source
    read = (
        [("text column", source.text_column), ("label column", source.label_column), ("rows skipped", source.rows_skipped)]
        if card.modality == "text"
        else [("left out", source.rows_skipped), ("other files", source.junk)]
    )
    facts = [
        ("dataset", card.id),
        ("name", card.name),
        ("task", card.task),
        (NOUNS[card.modality][1], card.items),
        ("read from", source.file_name),
        *read,
    ]
    found = [(_MARKS[finding.severity], finding.message) for finding in card.findings]
    session.answer(
        dataset_document(card),
        table(("", ""), facts),
        "",
        table(("label", "items"), card.classes.items()),
        "",
        table(("finding", ""), found) if found else "Nothing to worry about was found.",
    )


def holds_pictures(path: Path) -> bool:
    """True for a folder or a zip; everything else is read as a table."""
    return path.is_dir() or path.suffix.lower() == ".zip"


def _add_sample(workspace: Workspace, name: str) -> DatasetCard:
    """Store a sample."""
    from tlcore.data.importer import add_sample
    from tlcore.encoders.catalogue import DEFAULT_ENCODER, token_counter

    with counting_bar("steps") as steps:
        return add_sample(workspace, name, token_counter(DEFAULT_ENCODER, workspace), steps)


def _add_pictures(workspace: Workspace, path: Path, name: str | None, labels: dict[str, str] | None) -> DatasetCard:
    """Store a zip or folder of pictures."""
    from tlcore.data.pictures.importer import PictureChoices, import_pictures

    with counting_bar("pictures") as steps:
        return import_pictures(workspace, path, PictureChoices(name=name, labels=labels), on_progress=steps)


def _add_table(workspace: Workspace, path: Path, test: Path | None, choices: "ImportChoices") -> DatasetCard:
    """Store a CSV file, with an own test file if there is one."""
    from tlcore.data.importer import import_csv
    from tlcore.encoders.catalogue import DEFAULT_ENCODER, token_counter

    count_tokens = token_counter(DEFAULT_ENCODER, workspace)
    with counting_bar("steps") as steps:
        return import_csv(workspace, path, choices, test=test, count_tokens=count_tokens, on_progress=steps)


def _mapping(pairs: Sequence[str]) -> dict[str, str] | None:
    """`LABEL=NAME` pairs as a mapping; None when there are none. A label may hold an equals sign itself."""
    mapping = {}
    for pair in pairs:
        label, sign, name = pair.rpartition("=")
        if not sign:
            raise ChoiceError(f"“{pair}” gives no name. Write --map “LABEL=positive”, with a label of the file.")
        mapping[label] = name
    return mapping or None


def _warn(card: DatasetCard) -> None:
    """Say on stderr what must be cured and what was left out."""
    if card.source.rows_skipped:
        what = "malformed rows were skipped" if card.modality == "text" else "pictures could not be read and were left out"
        say(f"{card.source.rows_skipped:,} {what}.")
    for finding in card.findings:
        if finding.severity is Severity.STOP:
            say(f"Cure this before training: {finding.message}")


def _worst(card: DatasetCard) -> str:
    """How many findings there are, the worst kind first."""
    counts = {mark: sum(finding.severity is severity for finding in card.findings) for severity, mark in _MARKS.items()}
    return ", ".join(f"{count} {mark}" for mark, count in counts.items() if count)
