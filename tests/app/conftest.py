"""A workspace that a module's tests share one after the other, emptied in between: so they can share its helper process too."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pictures_toys
import psutil
import pytest
import streamlit as st
from app_visit import server_that_knows_its_pages
from race_toys import race
from results_toys import sleeping_workers
from streamlit.runtime.pages_manager import PagesManager

from tlcore.encoders.catalogue import DEFAULT_ENCODER, DEFAULT_ENCODERS
from tlcore.experiments import spare
from tlcore.experiments.estimate import REFERENCE, keep_calibration
from tlcore.experiments.helper import Helper
from tlcore.experiments.rows import ExperimentRecord
from tlcore.experiments.store import RunStore
from tlcore.records import IMAGE_SIZES
from tlcore.settings import Workspace

ENVIRONMENT = {"TLCORE_THREADS": "1", "TLCORE_PRECISION": "fp32"}


def set_environment(patch: pytest.MonkeyPatch, home: Path) -> None:
    """One thread, exact arithmetic, and a workspace at `home`."""
    for name, value in {**ENVIRONMENT, "TLCORE_HOME": str(home)}.items():
        patch.setenv(name, value)
    patch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder; whatever process a page started over it is over when the module is."""
    folder = tmp_path_factory.mktemp("app") / "workspace"
    yield folder
    Helper(Workspace(folder)).close()
    left = [child.cmdline() for child in psutil.Process().children(recursive=True) if child.is_running()]
    assert not [command for command in left if "tlcore" in " ".join(command)]


@pytest.fixture
def workspace(home: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace on a machine that was measured before, and an app that has just been started over it."""
    set_environment(monkeypatch, home)
    monkeypatch.setattr(PagesManager, "__init__", server_that_knows_its_pages)
    monkeypatch.setattr(spare, "keep_ready", lambda *_: None)  # these tests start no workers that nobody asked for
    shutil.rmtree(home, ignore_errors=True)
    st.cache_resource.clear()
    st.cache_data.clear()
    workspace = Workspace()
    keep_calibration(workspace, DEFAULT_ENCODER, REFERENCE)
    for size in IMAGE_SIZES:
        keep_calibration(workspace, DEFAULT_ENCODERS["image"], REFERENCE, size)
    return workspace


def copied(race: Path, workspace: Workspace) -> ExperimentRecord:
    """The one experiment of a workspace, taken into another."""
    shutil.copytree(race, workspace.root, dirs_exist_ok=True)
    [record] = RunStore(workspace).experiments()
    return record


@pytest.fixture(scope="session")
def finished_race(tmp_path_factory: pytest.TempPathFactory, tiny_encoder_folder: Path, toy_texts) -> Path:
    """A workspace with one finished experiment, to be copied."""
    root = tmp_path_factory.mktemp("race") / "workspace"
    with pytest.MonkeyPatch.context() as patch:
        set_environment(patch, root)
        race(Workspace(), tiny_encoder_folder, toy_texts.texts, toy_texts.names)
    return root


@pytest.fixture
def raced(finished_race: Path, workspace: Workspace) -> ExperimentRecord:
    """The finished experiment, in this test's workspace."""
    return copied(finished_race, workspace)


@pytest.fixture(scope="session")
def finished_picture_race(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one finished experiment on pictures, to be copied."""
    root = tmp_path_factory.mktemp("picture_race") / "workspace"
    with pytest.MonkeyPatch.context() as patch:
        set_environment(patch, root)
        pictures_toys.race(Workspace())
    return root


@pytest.fixture
def raced_pictures(finished_picture_race: Path, workspace: Workspace) -> ExperimentRecord:
    """The finished experiment on pictures, in this test's workspace."""
    return copied(finished_picture_race, workspace)


@pytest.fixture
def workers(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Makes every worker a process that only sleeps, until the test is over; the experiments that got one, in order."""
    with sleeping_workers() as started:
        yield started
