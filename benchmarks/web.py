"""The web process: how fast the first page opens, how much memory it takes, how quick pages stay while a race trains.

    python -m benchmarks.web

Needs a Chromium. Prints JSON: seconds of the first page on a fresh server, median of five servers; the web process's memory
(resident, MB) after every page was visited; milliseconds of a page's rerun, click to all drawn, while a race trains.
"""

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
SERVERS, CLICKS = 5, 40
READY = """() => { const app = document.querySelector('[data-testid=stApp]');
    return app && app.dataset.testScriptState === 'notRunning' && !document.querySelector('[data-testid=stSkeleton]')
      && !document.querySelector('[data-stale=true]') }"""
WATCH = """() => { window.clicked = 0; window.changed = 0;
    document.addEventListener('click', () => { clicked = changed = performance.now() }, true);
    new MutationObserver(() => { changed = performance.now() }).observe(document.querySelector('[data-testid=stApp]'), {
        subtree: true, childList: true, characterData: true, attributeFilter: ['data-test-script-state', 'data-stale'] }) }"""
QUIET = """() => clicked && changed > clicked && performance.now() - changed > 500"""


@contextlib.contextmanager
def serving(home: str) -> Iterator[tuple[str, psutil.Process]]:
    """The app's address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "TLCORE_HOME": home}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
                break
            time.sleep(0.05)
        yield url, psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def open_page(page: Page, url: str) -> float:
    """Seconds until a page is drawn."""
    begin = time.perf_counter()
    page.goto(url)
    page.wait_for_function(READY, timeout=60_000)
    return time.perf_counter() - begin


def rerun(page: Page, choice: str) -> float:
    """Milliseconds from a click on a choice until nothing changes any more on the page that it brings."""
    page.evaluate("clicked = 0")
    page.get_by_role("radio", name=choice).click()
    page.wait_for_function(QUIET, timeout=30_000)
    page.wait_for_function(READY, timeout=30_000)
    return page.evaluate("changed - clicked")


def tlcore(home: str, *arguments: str) -> dict:
    """A command's JSON."""
    command = [sys.executable, "-m", "tlcore", "--workspace", home, *arguments, "--json"]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Measure and print."""
    home = tempfile.mkdtemp()
    dataset = tlcore(home, "data", "add", "--sample", "reviews")["id"]
    quick = tlcore(home, "compare", dataset, "--strategy", "classic", "--strategy", "feature_extraction", "--seeds", "2")
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"])
        page, first = browser.new_page(), []
        for _ in range(SERVERS):
            with serving(home) as (url, _):
                first.append(open_page(page, url))
        with serving(home) as (url, web):
            visits = [
                "",
                f"data?dataset={dataset}",
                f"experiment?dataset={dataset}",
                f"results?experiment={quick['experiment']}",
            ]
            for path in [*visits, f"runs?experiment={quick['experiment']}", "predict"]:
                open_page(page, f"{url}/{path}")
            memory = web.memory_info().rss / 2**20
            race = subprocess.Popen(
                [sys.executable, "-m", "tlcore", "--workspace", home, "compare", dataset, "--json"],
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(20)
            open_page(page, f"{url}/experiment?dataset={dataset}")
            labels = ["Usual choices", "Every setting", "Defaults"]
            page.evaluate(WATCH)
            for choice in labels:  # what draws a widget is fetched by the browser when it first sees one
                rerun(page, choice)
            reruns = [rerun(page, labels[turn % 3]) for turn in range(CLICKS)]
            still_training = race.poll() is None
            tlcore(home, "cancel", tlcore(home, "runs")["experiments"][0]["id"])
            race.wait()
            memory_after = web.memory_info().rss / 2**20
    shutil.rmtree(home, ignore_errors=True)
    found = {
        "first_page_seconds": {"median": round(statistics.median(first), 2), "all": [round(value, 2) for value in first]},
        "web_process_mb": {"after_all_pages": round(memory), "after_the_race": round(memory_after)},
        "rerun_ms_while_training": {
            "p50": round(statistics.median(reruns)),
            "p95": round(statistics.quantiles(reruns, n=20)[-1]),
            "clicks": CLICKS,
            "was_training_throughout": still_training,
        },
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
