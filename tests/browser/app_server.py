"""The app as a process of its own, for a browser to visit."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]


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

    def told(self, *words: str) -> dict:
        """What the command line answers over the same workspace, as JSON."""
        command = [sys.executable, "-m", "tlcore", "--workspace", str(self.home), *words, "--json"]
        return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def running(home: Path) -> Iterator[Server]:
    """A server over a workspace; no page of it may have shown a traceback by the end."""
    server = Server(home)
    server.start()
    yield server
    server.kill()
    assert "Traceback" not in server.log.read_text()


def settle(page: Page) -> None:
    """Wait until the script has run, nothing is stale and no placeholder is left."""
    page.wait_for_function(
        """() => { const app = document.querySelector('[data-testid=stApp]');
        return app && app.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'
          && !document.querySelector('[data-testid=stSkeleton]') && !document.querySelector('[data-stale=true]') }""",
        timeout=60_000,
    )
