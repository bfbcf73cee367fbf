"""`report`: an experiment as one HTML file for people who never saw the app."""

from pathlib import Path
from typing import Annotated

import typer

from tlcore.cli.session import Session, command
from tlcore.errors import ChoiceError

app = typer.Typer()


@command(app, "report")
def report(
    session: Session,
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Id, the beginning of one, or name.")],
    target: Annotated[Path, typer.Option("--out", metavar="FILE.html", help="File to write.")],
) -> None:
    """Write an experiment's answer, evidence and settings into one HTML file that opens offline."""
    import hashlib

    from tlcore.experiments.queue import sweep
    from tlcore.experiments.store import RunStore
    from tlcore.files import write_bytes
    from tlcore.report import report_facts, report_html

    _check_target(target)
    sweep(session.workspace)
    chosen = RunStore(session.workspace).resolve(experiment)
    content = report_html(report_facts(session.workspace, chosen)).encode()
    write_bytes(target, content)
    document = {
        "experiment": chosen,
        "path": str(target),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    session.answer(document, f"The report is in {target} ({len(content) / 1e6:.1f} MB). Open it in any browser.")


def _check_target(target: Path) -> None:
    """Raise ChoiceError, before anything is read, for a place that no report can be written to."""
    if target.is_dir():
        raise ChoiceError(f"{target} is a folder. Name a file in it, e.g. {target / 'report.html'}.")
    if target.suffix.lower() not in (".html", ".htm"):
        raise ChoiceError(f"The report is an HTML file, so give {target.name} a name that ends in .html.")
    if not target.parent.is_dir():
        raise ChoiceError(f"There is no folder {target.parent}. Make it, or name a file elsewhere.")
