"""The environment that our own processes start in."""

from tlcore.experiments.processes import environment
from tlcore.runtime import WAITING_THREADS


def test_threads_wait_as_decided_unless_a_person_decided_otherwise(workspace, monkeypatch):
    for name in WAITING_THREADS:
        monkeypatch.delenv(name, raising=False)
    assert WAITING_THREADS.items() <= environment(workspace).items()
    monkeypatch.setenv("GOMP_SPINCOUNT", "0")
    assert environment(workspace)["GOMP_SPINCOUNT"] == "0"


def test_processes_know_their_workspace_and_stay_offline(workspace):
    given = environment(workspace)
    assert (given["TLCORE_HOME"], given["HF_HUB_OFFLINE"]) == (str(workspace.root), "1")
