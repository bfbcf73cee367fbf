"""What no page expects: a fault in the engine, a damaged store, a server whose first visitor follows a link."""

import logging

import app_visit
import pytest
from app_visit import Visit
from datasets_toys import store_numbered
from streamlit.runtime.pages_manager import PagesManager

from tlcore.data.store import DatasetStore
from tlcore.experiments.store import RunStore
from tlcore.settings import Workspace

PAGES = ("home", "data", "experiment", "runs", "results", "compare", "predict")


@pytest.mark.parametrize("name", PAGES)
def test_a_fault_is_one_sentence_with_a_number_that_finds_its_trace_in_the_log(
    workspace: Workspace, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(DatasetStore, "list", fail)
    monkeypatch.setattr(RunStore, "experiments", fail)
    with caplog.at_level(logging.ERROR, logger="transferlab"):
        visit = Visit(name)
    [sentence] = visit.errors
    assert sentence.startswith("Something went wrong that should not have.")
    assert "secret" not in visit.words
    [record] = [record for record in caplog.records if record.name == "transferlab"][-1:]
    assert record.getMessage().removeprefix("fault ") in sentence
    assert record.exc_info


@pytest.mark.parametrize("name", ["home", "runs", "results", "compare", "predict"])
def test_a_damaged_run_store_is_named(workspace: Workspace, name: str) -> None:
    (workspace.root / "mlflow.db").write_text("not a database, " * 100)
    visit = Visit(name)
    assert len(visit.errors) == 1
    assert "mlflow.db" in visit.errors[0]
    assert "fault" not in visit.errors[0]


def test_a_damaged_dataset_is_named_and_the_others_stay(workspace: Workspace) -> None:
    good, bad = store_numbered(workspace, "good"), store_numbered(workspace, "bad", start=100)
    [items] = (workspace.datasets / bad.id).glob("*.parquet")
    items.write_bytes(items.read_bytes()[:-1])
    visit = Visit("data", dataset=bad.id)
    assert len(visit.errors) == 1
    assert "fault" not in visit.errors[0]
    assert bad.id in visit.errors[0] or "bad" in visit.errors[0]
    visit.selectbox[0].select(good.id).run()
    assert visit.errors == []


@pytest.mark.parametrize("name", PAGES)
def test_a_servers_first_visitor_may_come_by_a_link(workspace: Workspace, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then Streamlit runs the page alone, before `app.py` ever ran."""
    monkeypatch.setattr(PagesManager, "__init__", app_visit.as_streamlit_has_it)
    visit = Visit(name)
    assert visit.errors == []
    assert visit.menu == set(PAGES)
