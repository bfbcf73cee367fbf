"""docs/command-line.md names every command, option and key there is."""

from pathlib import Path

import pytest
import typer

from tlcore.cli.app import app
from tlcore.cli.documents import _RUN_FIELDS
from tlcore.evaluation.side_by_side_records import Change, PairedDifference, ScorePair, SharedItems, SideBySide, SideFacts
from tlcore.models.table import TableReport
from tlcore.records import EncoderCard, StrategySummary, Verdict

DOCS = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
ROOT = typer.main.get_command(app)
COMMANDS = {name: command for name, command in ROOT.commands.items() if not hasattr(command, "commands")} | {
    f"{group} {name}": command
    for group, inner in ROOT.commands.items()
    if hasattr(inner, "commands")
    for name, command in inner.commands.items()
}


@pytest.mark.parametrize("name", COMMANDS)
def test_command_and_its_options_are_documented(name: str) -> None:
    group, _, command = name.rpartition(" ")
    assert any(f"tlcore {group}".strip() in line and command in line for line in DOCS.splitlines())
    missing = [
        option for item in COMMANDS[name].params for option in item.opts if option.startswith("--") and option not in DOCS
    ]
    assert missing == []


@pytest.mark.parametrize(
    "keys",
    [
        _RUN_FIELDS,
        set(Verdict.model_fields),
        set(StrategySummary.model_fields),
        set(EncoderCard.model_fields),
        set(TableReport.model_fields) - {"summary"},
        *(set(kind.model_fields) for kind in (SideBySide, SideFacts, SharedItems, PairedDifference, ScorePair, Change)),
        {"experiment", "dataset", "verdict", "runs", "summary", "datasets", "encoders", "models", "experiments", "state"},
    ],
)
def test_every_key_is_documented(keys: set[str]) -> None:
    assert [key for key in sorted(keys) if f'"{key}"' not in DOCS and f"`{key}`" not in DOCS] == []
