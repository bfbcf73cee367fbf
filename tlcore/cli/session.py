"""What all commands share: the workspace, the two ways to answer, and one way to fail."""

import inspect
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, wraps
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from tlcore.settings import Workspace

if TYPE_CHECKING:
    from rich.console import RenderableType

_WIDE = 160  # columns of a table that goes into a file or pipe
_WORKSPACE = Annotated[Path | None, typer.Option(metavar="DIR", help="Workspace folder; overrides TLCORE_HOME.")]
_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


@dataclass(frozen=True)
class Session:
    """One call of the command line."""

    out: IO[str] = field(default_factory=lambda: sys.stdout)
    """Where the answer goes. While a command runs, whatever libraries print goes to stderr."""
    root: Path | None = None
    as_json: bool = False
    subcommand: str | None = None
    """Command that follows in a group, e.g. `add` in `encoders add`."""

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace chosen, made when it is first needed."""
        return Workspace(self.root)

    def answer(self, document: Mapping[str, Any], *shown: "RenderableType") -> None:
        """Print the document, or what stands for it on a terminal."""
        if self.as_json:
            self.out.write(json.dumps(document, indent=2, allow_nan=False) + "\n")
            return
        from rich.console import Console
        from rich.text import Text

        console = Console(file=self.out, width=None if self.out.isatty() else _WIDE)
        for part in shown:
            console.print(Text(printable(part)) if isinstance(part, str) else part, soft_wrap=isinstance(part, str))


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., None]], None]:
    """Register a function whose first parameter is the Session as a command that takes --workspace and --json as well."""

    def register(function: Callable[..., None]) -> None:
        app.command(name)(_with_shared(function))

    return register


def group(app: typer.Typer, *, alone: bool = False) -> Callable[[Callable[..., None]], None]:
    """Register what runs before each command of `app`, so that it takes the shared options too.

    With `alone` it also runs when no command follows; its Session says which one does.
    """

    def register(function: Callable[..., None]) -> None:
        app.callback(invoke_without_command=alone)(_with_shared(function))

    return register


def _with_shared(function: Callable[..., None]) -> Callable[..., None]:
    """The function as typer calls it: by keyword, with the shared options put into its Session."""
    own = list(inspect.signature(function).parameters.values())[1:]

    @wraps(function)
    def run(context: typer.Context, workspace: Path | None, as_json: bool, **values: Any) -> None:
        before: Session = context.obj
        context.obj = replace(
            before,
            root=workspace or before.root,
            as_json=as_json or before.as_json,
            subcommand=context.invoked_subcommand,
        )
        with redirect_stdout(sys.stderr):
            function(context.obj, **values)

    word = inspect.Parameter.KEYWORD_ONLY
    shared = [
        inspect.Parameter("context", word, annotation=typer.Context),
        inspect.Parameter("workspace", word, default=None, annotation=_WORKSPACE),
        inspect.Parameter("as_json", word, default=False, annotation=_JSON),
    ]
    run.__signature__ = inspect.Signature([*(item.replace(kind=word) for item in own), *shared])  # type: ignore[attr-defined]
    return run


def say(sentence: str) -> None:
    """Put one line on stderr; control characters from file and label names do not reach the terminal."""
    sys.stderr.write(printable(sentence) + "\n")


def printable(text: str) -> str:
    """Text on one line without control characters."""
    return "".join(character if character.isprintable() else "�" for character in " ".join(text.split()))


def table(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> "RenderableType":
    """A table without lines, and without a head if the columns have no names; None shows as a dash."""
    from rich.table import Table
    from rich.text import Text

    grid = Table(*columns, box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for row in rows:
        grid.add_row(*(Text(_cell(value)) for value in row))
    return grid


def moment(instant: str) -> str:
    """An ISO 8601 instant in UTC as local date and time."""
    return f"{datetime.fromisoformat(instant).astimezone():%Y-%m-%d %H:%M}"


def _cell(value: object) -> str:
    """A value for people: fractions with three decimals."""
    if value is None or value == "":
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}"
    return printable(str(value))
