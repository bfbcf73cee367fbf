"""How long each page takes in a full workspace: 500 classes, experiments of 200 runs, a dataset of 100,000 rows.

    python -m benchmarks.pages [--workspace FOLDER] [--out FOLDER] [--small]

Prints a table and writes benchmarks/results/pages.json. A first read is a visitor's first page on a server that has just
started over the workspace, its modules imported and its helper process running; a rerun is the same page once more, as a click
anywhere makes it, and the median of several. Times are those of the server, without the browser's. With --workspace the full
workspace is made there, or found there, and stays.
"""

import argparse
import contextlib
import json
import logging
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import patch

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from benchmarks.full_workspace import Full, Size, fill
from benchmarks.measure import RESULTS, Others, keep, machine
from tlcore.experiments import spare
from tlcore.experiments.helper import Helper
from tlcore.settings import Workspace

APP = Path(__file__).parents[1] / "app.py"
RERUNS = 5
TABS = (
    "Scores", "Labels and time", "Where they differ", "Confidence", "Training curves", "By class", "Confusions",
    "Runs and downloads",
)  # fmt: skip
LEVELS = ("Defaults", "Usual choices", "Every setting")
_KEPT = "full.json"
_SMALL = Size(classes=12, rows=500, each=10, seeds=2, budgets=(24, "all"))


@dataclass(frozen=True)
class View:
    """A page as an address and a few choices open it."""

    name: str
    page: str
    query: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    """Widget key -> value."""


@dataclass(frozen=True)
class Took:
    """Milliseconds of one view."""

    view: str
    first: float
    rerun: float
    """Median."""
    slowest: float
    """Of the reruns."""


def views(full: Full) -> list[View]:
    """Every page, and every part of it that only shows when it is opened."""
    first, second = full.experiments
    return [
        View("Home", "home"),
        View("Data, 100,000 rows", "data", {"dataset": full.large}),
        *(View(f"Experiment, {level}", "experiment", {"dataset": full.large}, {"level": level}) for level in LEVELS),
        View("Runs", "runs", {"experiment": first}),
        *(View(f"Results, {tab}", "results", {"experiment": first, "evidence": tab}) for tab in TABS),
        View("Compare", "compare", {"experiment": first, "other_experiment": second}),
        View("Predict", "predict", {"model": full.model}),
    ]


def measure(view: View) -> Took:
    """Open a view as the first one after a start, then draw it again."""
    st.cache_resource.clear()
    st.cache_data.clear()
    visit = AppTest(str(APP), default_timeout=120)
    visit.query_params = dict(view.query)
    for key, value in view.chosen.items():
        visit.session_state[key] = value
    if view.page != "home":
        visit.switch_page(f"pages/{view.page}.py")
    first = _milliseconds(visit)
    reruns = [_milliseconds(visit) for _ in range(RERUNS)]
    return Took(view.name, first, statistics.median(reruns), max(reruns))


def _milliseconds(visit: AppTest) -> float:
    """Draw the page once. Raises RuntimeError when that fails."""
    started = time.perf_counter()
    visit.run()
    seconds = time.perf_counter() - started
    if visit.exception or visit.error:
        said = [*(one.value for one in visit.exception), *(one.value for one in visit.error)]
        raise RuntimeError(f"A page shows an error: {said[0]}")
    return 1_000 * seconds


@contextlib.contextmanager
def app_over(workspace: Workspace) -> Iterator[None]:
    """The app's settings as a server over the workspace has them, without a spare worker that would compute meanwhile."""
    knows_its_pages = PagesManager.__init__

    def started(self: PagesManager, *arguments: Any, **named: Any) -> None:
        knows_its_pages(self, *arguments, **named)
        PagesManager.uses_pages_directory = False  # as after app.py has run once

    with (
        patch.dict("os.environ", {"TLCORE_HOME": str(workspace.root)}),
        patch.object(PagesManager, "__init__", started),
        patch.object(spare, "keep_ready", lambda *_: None),
    ):
        try:
            yield
        finally:
            Helper(workspace).close()


def workspace_at(folder: Path, small: bool) -> tuple[Workspace, Full]:
    """The full workspace in a folder, made where there is none yet."""
    workspace, kept = Workspace(folder), folder / _KEPT
    if not kept.exists():
        kept.write_text(json.dumps(asdict(fill(workspace, _SMALL if small else Size()))), encoding="utf-8")
    return workspace, Full(**json.loads(kept.read_text(encoding="utf-8")))


def main() -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description="How long each page takes in a full workspace.")
    parser.add_argument("--workspace", type=Path, help="folder to make the workspace in, or that holds it already")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the record")
    parser.add_argument("--small", action="store_true", help="a quick try with little data; its figures mean nothing")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as scratch:
        workspace, full = workspace_at(chosen.workspace or Path(scratch), chosen.small)
        others = Others()
        with app_over(workspace):
            for view in (View("", "home"), View("", "compare", {"experiment": full.experiments[0]})):
                measure(view)  # imports, and the helper's start
            took = [measure(view) for view in views(full)]
    for one in took:
        print(f"{one.view:32} first {one.first:7,.0f} ms, again {one.rerun:6,.0f} ms (slowest {one.slowest:6,.0f})")
    found = {
        "target": "pages",
        "size": asdict(_SMALL if chosen.small else Size()),
        "views": [asdict(one) for one in took],
        "others_share": round(others.share(), 3),
        "machine": machine(),
        "versions": {package: version(package) for package in ("streamlit", "pandas", "pyarrow", "plotly")},
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    keep(chosen.out, "pages", found)


if __name__ == "__main__":
    main()
