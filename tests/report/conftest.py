"""A real Chromium for the tests that open the file; without one they are skipped on a laptop and fail in CI."""

import os
import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    if CHROMIUM is None:
        message = "There is no Chromium on this machine: install the package `chromium`."
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": flags}
