"""Stopping and taking up again from the keyboard."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from cli_help import Call

from tlcore.settings import Workspace

ROOT = Path(__file__).parents[2]


def test_ctrl_c_cancels_and_keeps_what_is_finished(call: Call, tiny_workspace: Workspace, toy_texts, tmp_path: Path) -> None:
    rows = [f"{text},{name}" for text, name in zip(toy_texts.texts, toy_texts.names, strict=True)]
    (tmp_path / "toys.csv").write_text("\n".join(["body,topic", *rows, ""]))
    dataset = call("data", "add", tmp_path / "toys.csv", "--text", "body", "--label", "topic", "--json").document["id"]
    chosen = ["--encoder", "tiny", "--strategy", "classic", "--strategy", "full_fine_tuning", "--seeds", "9", "--epochs", "500"]
    command = [sys.executable, "-m", "tlcore", "compare", dataset, *chosen, "--json"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Started in the background of a shell, this process ignores Ctrl+C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_until(lambda: {"FINISHED", "RUNNING"} <= {run["status"] for run in call("runs", "--json").document["runs"]})
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Cancelling" in err
    assert "Take it up again" in err
    assert "Traceback" not in err
    assert '"experiment"' in out
    document = call("runs", "--json").document
    experiment = document["experiments"][0]["id"]
    states = [run["status"] for run in sorted(document["runs"], key=lambda run: (run["seed"], run["strategy"]))]
    assert (states[0], states[-1]) == ("FINISHED", "KILLED")
    assert set(states) == {"FINISHED", "KILLED"}
    wait_until(lambda: workers(experiment) == [])
    again = call("cancel", experiment, "--json")
    assert again.document == {"experiment": experiment, "state": "cancelled"}


def workers(experiment: str) -> list[int]:
    """Living processes that name the experiment on their command line."""
    return [process.pid for process in psutil.process_iter(["cmdline"]) if experiment in (process.info["cmdline"] or [])]


def wait_until(true: object) -> None:
    """Look again and again, for a minute at most."""
    limit = time.monotonic() + 60
    while not true():  # type: ignore[operator]
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.3)
