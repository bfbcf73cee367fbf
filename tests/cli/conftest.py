import subprocess
import sys
from pathlib import Path

import pytest
from cli_help import Answer, Call

from tlcore.cli.app import main
from tlcore.settings import Workspace

ROOT = Path(__file__).parents[2]


@pytest.fixture
def call(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command in this process."""

    def run(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Answer(code, *capsys.readouterr())

    return run


@pytest.fixture
def outside(workspace: Workspace) -> Call:
    """Runs a command as a user does, in a process of its own."""

    def run(*arguments: object) -> Answer:
        command = [sys.executable, "-m", "tlcore", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        return Answer(done.returncode, done.stdout, done.stderr)

    return run
