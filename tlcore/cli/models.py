"""`models`, `predict`, `export`: what finished runs leave, at work."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlcore.cli.data import BadRows, Delimiter, Encoding, csv_options, holds_pictures
from tlcore.cli.documents import model_document
from tlcore.cli.follow import counting_bar
from tlcore.cli.session import Session, command, say, table
from tlcore.errors import ChoiceError, NotFoundError
from tlcore.records import RunRecord, RunStatus

if TYPE_CHECKING:
    from tlcore.experiments.store import RunStore

app = typer.Typer()
ModelName = Annotated[
    str, typer.Argument(metavar="MODEL", help="Id of a model, the beginning of one, or an exported folder or zip.")
]


@command(app, "models")
def models(session: Session) -> None:
    """List the models that finished runs have left."""
    from tlcore.experiments.store import RunStore

    runs = _finished(RunStore(session.workspace))
    columns = ("model", "experiment", "strategy", "encoder", "labels", "seed", "accuracy", "macro F1")
    rows = [
        (run.id, run.experiment, run.strategy, run.encoder, run.budget, run.seed, run.accuracy, run.macro_f1) for run in runs
    ]
    session.answer({"models": [model_document(run) for run in runs]}, table(columns, rows))


@command(app, "predict")
def predict(
    session: Session,
    model: ModelName,
    source: Annotated[Path, typer.Option("--in", metavar="PATH", help="CSV, TSV or .csv.gz file; zip or folder of pictures.")],
    target: Annotated[Path, typer.Option("--out", metavar="PATH", help="CSV file to write.")],
    text: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column to judge; found when left out.")] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    bad_rows: BadRows = "stop",
) -> None:
    """Add predictions to the rows of a CSV file, or classify pictures into one."""
    from tlcore.models.bundle import load_model
    from tlcore.models.table import TableChoices, predict_table

    if holds_pictures(source):
        _predict_pictures(session, model, source, target)
        return
    choices = TableChoices(text=text, csv=csv_options(encoding, delimiter, bad_rows))
    with counting_bar("rows") as steps:
        loaded = load_model(_bundle(session, model), session.workspace)
        done = predict_table(loaded, source, target, choices, session.workspace, steps)
    for note in loaded.notes:
        say(note)
    if done.not_predicted:
        say(f"{done.not_predicted:,} of {done.rows:,} rows could not be predicted; the column “reason” says why.")
    document = {"model": loaded.card.id, "in": str(source), "out": str(target)}
    document |= done.model_dump(mode="json", exclude={"summary"}) | {"by_class": done.summary.by_class}
    session.answer(
        document,
        f"{done.predicted:,} of {done.rows:,} rows predicted from column “{done.text_column}”, written to {target}.",
        table(("label", "rows"), done.summary.by_class.items()),
    )


def _predict_pictures(session: Session, model: str, source: Path, target: Path) -> None:
    """Classify the pictures of a zip or folder."""
    from tlcore.models.bundle import load_model
    from tlcore.models.pictures import predict_pictures

    with counting_bar("pictures") as steps:
        loaded = load_model(_bundle(session, model), session.workspace)
        done, _ = predict_pictures(loaded, source, target, session.workspace, on_progress=steps)
    for note in loaded.notes:
        say(note)
    if done.not_predicted:
        say(f"{done.not_predicted:,} of {done.pictures:,} pictures could not be read; the column “reason” says why.")
    document = {"model": loaded.card.id, "in": str(source), "out": str(target)} | done.model_dump(mode="json")
    session.answer(
        document,
        f"{done.predicted:,} of {done.pictures:,} pictures classified, written to {target}.",
        table(("label", "pictures"), done.by_class.items()),
    )


@command(app, "export")
def export(
    session: Session,
    model: ModelName,
    target: Annotated[Path, typer.Option("--out", metavar="PATH", help="NAME.zip, or a folder that is new or empty.")],
) -> None:
    """Copy a model out of the workspace, for `predict` elsewhere and Python's `tlcore.load_model`."""
    from tlcore.models.bundle import copy_bundle, zip_bundle

    folder = _bundle(session, model)
    packed = target.suffix.lower() == ".zip"
    card = zip_bundle(folder, target) if packed else copy_bundle(folder, target)
    document = {"model": card.id, "path": str(target), "name": card.name, "strategy": card.strategy, "classes": card.classes}
    session.answer(document, f"Model {card.id} written to {target}.")


def _bundle(session: Session, text: str) -> Path:
    """The folder or zip of a model that was named by id, the beginning of one, or path."""
    from tlcore.experiments.store import RunStore

    store = RunStore(session.workspace)
    fits = [run for run in _finished(store) if run.id.startswith(text)] if text else []
    if len(fits) == 1:
        return store.bundle(fits[0].id)
    if fits:
        raise ChoiceError(f"“{text}” fits {len(fits)} models. Give more of the id.")
    if Path(text).exists():
        return Path(text)
    raise NotFoundError(f"There is no model “{text}”. List them with `python -m tlcore models`.")


def _finished(store: "RunStore") -> list[RunRecord]:
    """Runs that left a model."""
    return [run for run in store.runs() if run.status is RunStatus.FINISHED]
