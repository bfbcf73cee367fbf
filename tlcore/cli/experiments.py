"""`compare`, `runs`, `cancel`, `resume`, `results`: experiments from start to answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tlcore.cli.documents import run_document
from tlcore.cli.follow import follow, wait_over
from tlcore.cli.session import Session, command, moment, say, table
from tlcore.cli.side_by_side import show_side_by_side
from tlcore.errors import ChoiceError, Stopped, TrainingError
from tlcore.records import IMAGE_SIZES, Budget, DatasetCard, Modality, RunStatus
from tlcore.training.catalogue import STRATEGIES, strategy_card
from tlcore.training.settings import TrainingSettings

if TYPE_CHECKING:
    from tlcore.experiments.results import ExperimentResults

app = typer.Typer()
Experiment = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Id, the beginning of one, or name.")]


@command(app, "compare")
def compare(
    session: Session,
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Id, the beginning of one, or name.")],
    strategy: Annotated[
        list[str] | None, typer.Option(metavar="ID", help=f"One of {', '.join(STRATEGIES)}; all when left out. Repeatable.")
    ] = None,
    encoder: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Id of an encoder; the bundled one when left out. Repeatable.")
    ] = None,
    budget: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N|all|ladder", help="Labels a run may use; all when left out; ladder: several up to all. Repeatable."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", help="How many.")] = 3,
    test: Annotated[Path | None, typer.Option(metavar="PATH", help="File of test items with the dataset's columns.")] = None,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=500, help="For the strategies that train a network.")
    ] = None,
    image_size: Annotated[
        int | None,
        typer.Option(metavar="PX", help=f"Pixels a side seen of each picture: {', '.join(map(str, IMAGE_SIZES))}."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the experiment; the dataset's when left out.")
    ] = None,
) -> None:
    """Train every strategy on a dataset and compare them on its locked test set."""
    from tlcore.experiments.queue import submit
    from tlcore.experiments.spec import spec_for

    card = _dataset(session, dataset, test)
    chosen = tuple(strategy or STRATEGIES)
    given = {"name": name, "encoders": tuple(encoder or ()), "image_size": image_size}
    spec = spec_for(
        card,
        strategies=chosen,
        budgets=tuple(_budget(text) for text in budget or ["all"]),
        seeds=seeds,
        settings=_settings(chosen, epochs, card.modality),
        **{choice: value for choice, value in given.items() if value},
    )
    _follow(session, submit(session.workspace, spec))


@command(app, "runs")
def runs(
    session: Session,
    experiment: Annotated[str | None, typer.Option(metavar="ID", help="Only those of this experiment.")] = None,
) -> None:
    """List experiments and their runs."""
    from tlcore.experiments.queue import sweep
    from tlcore.experiments.store import RunStore

    sweep(session.workspace)
    store = RunStore(session.workspace)
    wanted = store.resolve(experiment) if experiment else None
    experiments = [record for record in store.experiments() if wanted in (None, record.id)]
    found = store.runs(wanted)
    columns = ("experiment", "name", "dataset", "state", "runs", "finished", "started")
    rows = [
        (record.id, record.name, record.dataset_name, _state(record.status, record.reason), record.runs, record.finished,
         moment(record.created_at))
        for record in experiments
    ]  # fmt: skip
    session.answer(
        {
            "experiments": [record.model_dump(mode="json") for record in experiments],
            "runs": [{"experiment": run.experiment, **run_document(run)} for run in found],
        },
        table(columns, rows),
        "",
        _run_table(found),
    )


@command(app, "cancel")
def cancel(session: Session, experiment: Experiment) -> None:
    """Stop an experiment; finished runs are kept."""
    from tlcore.experiments import queue
    from tlcore.experiments.store import RunStore

    chosen = RunStore(session.workspace).resolve(experiment)
    queue.cancel(session.workspace, chosen)
    state = wait_over(session.workspace, chosen)
    session.answer({"experiment": chosen, "state": state}, f"Experiment {chosen} is {state}.")


@command(app, "resume")
def resume(session: Session, experiment: Experiment) -> None:
    """Take up the runs of an experiment that are not finished, and show what came of it."""
    from tlcore.experiments import queue
    from tlcore.experiments.store import RunStore

    chosen = RunStore(session.workspace).resolve(experiment)
    queue.resume(session.workspace, chosen)
    _follow(session, chosen)


@command(app, "results")
def results(
    session: Session,
    experiment: Experiment,
    against: Annotated[
        str | None, typer.Option(metavar="OTHER", help="Set it side by side with this experiment instead.")
    ] = None,
) -> None:
    """Show an experiment's answer: its verdict, its runs, and a summary by strategy; or set it against another one."""
    from tlcore.experiments.results import results as read
    from tlcore.experiments.store import RunStore

    store = RunStore(session.workspace)
    chosen = store.resolve(experiment)
    if against is None:
        _show(session, read(session.workspace, chosen))
    else:
        show_side_by_side(session, chosen, store.resolve(against))


def _follow(session: Session, experiment: str) -> None:
    """Wait for an experiment and give its answer. Raises what fits an experiment without any finished run."""
    from tlcore.experiments.results import results as read

    say(f"Experiment {experiment}")
    state = follow(session.workspace, experiment)
    found = read(session.workspace, experiment)
    for run in found.runs:
        if run.status is RunStatus.FAILED:
            say(f"{STRATEGIES[run.strategy].name}, {run.budget} labels, seed {run.seed}: {run.reason}")
    _show(session, found)
    again = f"Take it up again with `python -m tlcore resume {experiment}`."
    if state == "interrupted":
        log = session.workspace.queue / experiment / "log.txt"
        raise Stopped(f"The experiment was interrupted; {log} may say why. {again}")
    if state == "cancelled":
        raise Stopped(f"The experiment was cancelled. {again}")
    if not any(run.status is RunStatus.FINISHED for run in found.runs):
        raise TrainingError("No run could be finished; what went wrong is said above.")


def _show(session: Session, found: "ExperimentResults") -> None:
    """An experiment's results as the answer; what could not be read is said on stderr."""
    for note in found.notes:
        say(note)
    columns = ("strategy", "encoder", "labels", "seeds", "accuracy", "low", "high", "macro F1", "training s", "encoding s")
    rows = [
        (STRATEGIES[item.strategy].name, item.encoder, item.budget, item.seeds, item.accuracy, item.accuracy_low,
         item.accuracy_high, item.macro_f1, item.train_seconds, item.encode_seconds)
        for item in found.summary
    ]  # fmt: skip
    session.answer(
        results_document(found),
        *_opening(found),
        "",
        table(columns, rows),
        "",
        _run_table(found.runs),
    )


def _opening(found: "ExperimentResults") -> Sequence[str]:
    """What a reader must know first."""
    if found.verdict is None:
        return ("There is no answer yet.",)
    if found.evidence is None:
        return (found.verdict.sentence, *found.verdict.notes)
    from tlcore.evaluation.evidence import opening_sentences

    return (*opening_sentences(found.verdict, found.evidence), *found.verdict.notes)


def results_document(found: "ExperimentResults") -> dict[str, Any]:
    """What `compare` and `results` print."""
    return {
        "experiment": found.experiment,
        "name": found.name,
        "dataset": found.dataset,
        "status": found.status,
        "verdict": found.verdict and found.verdict.model_dump(mode="json"),
        "runs": [run_document(run) for run in found.runs],
        "summary": [item.model_dump(mode="json") for item in found.summary],
        "evidence": found.evidence and found.evidence.model_dump(mode="json"),
    }


def _dataset(session: Session, text: str, test: Path | None) -> DatasetCard:
    """The dataset meant, with an own test file if there is one."""
    from tlcore.data.store import DatasetStore

    store = DatasetStore(session.workspace)
    chosen = store.resolve(text)
    if test is None:
        return store.card(chosen)
    from tlcore.data.own_test import with_test_file

    card = with_test_file(session.workspace, chosen, test)
    say(f"Dataset {card.id}: {card.name}")
    return card


def _budget(text: str) -> Budget:
    """A number of labels, or a word for one or several."""
    words: dict[str, Budget] = {"all": "all", "ladder": "ladder"}
    if text in words:
        return words[text]
    if not text.isdecimal():
        raise ChoiceError(f'A budget is a number of labels, "all" or "ladder", not "{text}".')
    return int(text)


def _settings(strategies: Sequence[str], epochs: int | None, modality: Modality) -> dict[str, TrainingSettings]:
    """Settings that differ from the defaults: epochs, for the strategies that train a network."""
    if epochs is None:
        return {}
    cards = [strategy_card(strategy) for strategy in strategies]
    return {card.id: card.defaults_for(modality).model_copy(update={"epochs": epochs}) for card in cards if card.trains_network}


def _run_table(found: Sequence[Any]) -> Any:
    """Runs, one a line."""
    columns = ("run", "strategy", "encoder", "labels", "seed", "state", "accuracy", "macro F1", "training s")
    rows = [
        (run.id, run.strategy, run.encoder, run.budget, run.seed, _state(run.status, run.reason), run.accuracy, run.macro_f1,
         run.train_seconds)
        for run in found
    ]  # fmt: skip
    return table(columns, rows)


def _state(status: RunStatus, reason: str) -> str:
    """A status in lower case with its reason."""
    return f"{status.lower()}: {reason}" if reason else status.lower()
