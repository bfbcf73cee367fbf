"""A real server and a real Chromium. Without a browser these tests are skipped on a laptop and fail in CI."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session", autouse=True)
def chromium() -> None:
    if CHROMIUM is None:
        message = "There is no Chromium on this machine: install the package `chromium`."
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "viewport": {"width": 1360, "height": 900}, "accept_downloads": True}


class Server:
    """The app on a port of its own over a workspace of its own; can be killed and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home.parent / "server.log"

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={self.port}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "TLCORE_HOME": str(self.home)}
            )
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1)
            except (URLError, OSError):
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"the server did not come up: {self.log.read_text()}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("app") / "workspace")
    running.start()
    yield running
    running.kill()
    assert "Traceback" not in running.log.read_text()


@pytest.fixture
def visit(page: Page, server: Server) -> Iterator[Callable[..., Page]]:
    """Open a path and wait until it is drawn; fails if the page ever asks another machine for anything."""
    foreign: list[str] = []

    def check(url: str) -> None:
        if not url.startswith((server.url, server.url.replace("http", "ws"), "data:", "blob:", "about:")):
            foreign.append(url)

    page.on("request", lambda request: check(request.url))
    page.on("websocket", lambda socket: check(socket.url))

    def go(path: str = "/") -> Page:
        page.goto(f"{server.url}{path}")
        settle(page)
        return page

    yield go
    assert foreign == []


def settle(page: Page) -> None:
    """Wait until the script has run, nothing is stale and no placeholder is left."""
    page.wait_for_function(
        """() => { const app = document.querySelector('[data-testid=stApp]');
        return app && app.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'
          && !document.querySelector('[data-testid=stSkeleton]') && !document.querySelector('[data-stale=true]') }""",
        timeout=60_000,
    )
