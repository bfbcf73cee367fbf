import subprocess
import sys
from pathlib import Path

import pytest
from cli_help import Call, assert_refused

from tlcore.data.store import DatasetStore
from tlcore.errors import StorageError
from tlcore.settings import Workspace

COMMANDS = {
    "data", "encoders", "doctor", "compare", "runs", "cancel", "resume", "results", "report", "models", "predict", "export",
}  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["data"],
        ["dance"],
        ["report", "x"],
        ["encoders", "rank", "x"],
        ["data", "list", "--loud"],
        ["data", "add"],
        ["data", "add", "a.csv", "--sample", "reviews"],
        ["data", "add", "--sample", "no-such-sample"],
        ["data", "add", "a.csv", "--bad-rows", "mend"],
        ["data", "show", "nothing"],
        ["compare"],
        ["compare", "nothing"],
        ["compare", "nothing", "--seeds", "many"],
        ["compare", "nothing", "--epochs", "0"],
        ["compare", "nothing", "--image-size", "64"],
        ["runs", "--experiment", "nothing"],
        ["results", "nothing"],
        ["cancel", "nothing"],
        ["resume", "nothing"],
        ["predict", "nothing", "--in", "a.csv", "--out", "b.csv"],
        ["predict", "nothing", "--in", "a.csv"],
        ["export", "nothing", "--out", "x.zip"],
        ["encoders", "add", "/no/such/folder"],
    ],
)
def test_a_users_mistake_is_one_sentence(call: Call, arguments: list[str]) -> None:
    assert_refused(call(*arguments))
    assert_refused(call(*arguments, "--json"))


@pytest.mark.parametrize("arguments", [["data", "list"], ["encoders"], ["encoders", "list"], ["runs"], ["models"]])
def test_lists_of_an_empty_workspace_are_answers(call: Call, arguments: list[str]) -> None:
    answer = call(*arguments, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert set(answer.document) & {"datasets", "encoders", "runs", "models"}
    assert call(*arguments).code == 0


def test_workspace_counts_before_between_and_after_the_command(call: Call, workspace: Workspace, tmp_path: Path) -> None:
    for place, arguments in enumerate(
        (["--workspace", "{}", "data", "list"], ["data", "--workspace", "{}", "list"], ["data", "list", "--workspace", "{}"])
    ):
        chosen = tmp_path / f"workspace-{place}"
        assert call(*(argument.format(chosen) for argument in arguments)).code == 0
        assert chosen.is_dir()


def test_json_counts_before_and_after_the_command(call: Call) -> None:
    assert call("--json", "data", "list").document == call("data", "list", "--json").document == {"datasets": []}


def test_help_lists_the_commands_there_are(call: Call) -> None:
    answer = call("--help")
    assert answer.code == 0
    listed = answer.out.split("Commands:")[1]
    assert {line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "} == COMMANDS


def test_what_a_library_prints_does_not_reach_stdout(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def chatty(self: DatasetStore) -> list[object]:
        print("downloading 100 %")  # noqa: T201
        return []

    monkeypatch.setattr(DatasetStore, "list", chatty)
    answer = call("data", "list", "--json")
    assert answer.document == {"datasets": []}
    assert "downloading" in answer.err


def test_a_fault_exits_with_one(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: DatasetStore) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(DatasetStore, "list", broken)
    answer = call("data", "list", "--json")
    assert (answer.code, answer.out) == (1, "")
    assert "ZeroDivisionError" in answer.err


def test_a_full_disk_is_one_sentence_and_exits_with_one(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: DatasetStore) -> None:
        raise StorageError("Could not write\n/x: \x1b[31mno space left.")

    monkeypatch.setattr(DatasetStore, "list", full)
    answer = call("data", "list")
    assert (answer.code, answer.err) == (1, "Could not write /x: �[31mno space left.\n")


def test_a_light_command_loads_no_heavy_library(workspace: Workspace) -> None:
    code = (
        "import sys; from tlcore.cli.app import main; main(['data', 'list']); main(['runs']);"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "tlcore.data.store" in loaded
    assert not loaded & {"torch", "transformers", "sklearn", "mlflow", "streamlit"}


def test_doctor_tells_what_was_chosen_and_why(call: Call, workspace: Workspace) -> None:
    answer = call("doctor", "--json")
    assert (answer.code, answer.err) == (0, "")
    facts = answer.document
    assert facts["workspace"] == str(workspace.root)
    assert facts["precision"]["name"] in ("fp32", "bf16")
    assert facts["precision"]["reason"]
    assert facts["device"]["kind"] in ("cpu", "cuda")
    assert {"id": "minilm", "ready": True}.items() <= facts["encoders"][0].items()
    assert facts["free_bytes"] > 0
    assert facts["sqlite"].count(".") == 2
    assert call("doctor").out.count("\n") > 10
