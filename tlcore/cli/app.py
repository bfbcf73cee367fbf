"""The commands together, and what a call exits with: 0, 2 for what the user can put right, 1 for a fault."""

import sys
import traceback
from collections.abc import Sequence

import typer

from tlcore.cli import data, doctor, encoders, experiments, models, report
from tlcore.cli.session import Session, group, say
from tlcore.errors import TransferLabError

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
app.add_typer(data.app, name="data")
app.add_typer(encoders.app, name="encoders")
for part in (doctor, experiments, report, models):
    app.add_typer(part.app)


@group(app)
def transfer_lab(session: Session) -> None:
    """Transfer Lab: see what transfer learning brings over training from scratch."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one call and return its exit code. An error is one plain sentence on stderr; only a fault brings a traceback."""
    command = typer.main.get_command(app)
    try:
        return command.main(arguments, prog_name="python -m tlcore", standalone_mode=False, obj=Session(sys.stdout)) or 0
    except typer.TyperException as error:
        say(f"{error.format_message().rstrip('.')}. Add --help to see what there is.")
        return 2
    except TransferLabError as error:
        say(str(error))
        return error.exit_code
    except Exception:
        traceback.print_exc()
        return 1
