"""The same journey with pictures: a zip, a look at the gallery, a race, the pictures behind the answer, and new pictures."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from app_server import Server, settle
from picture_toys import folder_of_classes, zip_of
from playwright.sync_api import Browser, Page, expect

from tlcore import load_model
from tlcore.training.catalogue import STRATEGIES

RACE = 540_000
"""Milliseconds a race may take on a slow machine before the test gives up."""
CLASSES = {"bolts": 24, "nuts": 24, "washers": 24}
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def raced(server: Server, browser: Browser, browser_context_args: dict, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Upload a zip, look at it, and race all five strategies once at the lowest resolution; the experiment's id."""
    folder = tmp_path_factory.mktemp("pictures")
    pictures = zip_of(folder_of_classes(folder / "parts", CLASSES), folder / "parts.zip")
    page = browser.new_context(**browser_context_args).new_page()
    page.goto(f"{server.url}/data")
    settle(page)
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(pictures)
    expect(page.get_by_text("72 pictures · 3 classes")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Add dataset").click()
    expect(page.get_by_role("link", name="Race on this dataset")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("72 pictures. Click a name")).to_be_visible()
    settle(page)
    assert page.get_by_test_id("stImage").count() >= 12
    page.get_by_role("link", name="Race on this dataset").click()
    page.get_by_role("radio", name="Usual choices").click()
    page.get_by_role("radio", name="96 px").click()
    settle(page)
    page.get_by_label("Repeats (seeds)", exact=True).fill("1")
    page.get_by_label("Repeats (seeds)", exact=True).press("Enter")
    expect(page.get_by_text(re.compile("^5 runs, about"))).to_be_visible(timeout=240_000)
    page.get_by_role("button", name="Start the race").click()
    page.wait_for_url(re.compile("/runs[?]experiment="), timeout=60_000)
    experiment = re.search("experiment=([0-9a-f]+)", page.url)[1]
    expect(page.get_by_text("5 of 5 runs finished")).to_be_visible(timeout=RACE)
    page.context.close()
    return experiment


@pytest.fixture(scope="module")
def results(server: Server, raced: str) -> dict:
    """What the command line says of the same experiment."""
    return server.told("results", raced)


def test_the_answer_and_the_pictures_behind_it(visit: Visit, raced: str, results: dict) -> None:
    assert {run["strategy"] for run in results["runs"]} == set(STRATEGIES)
    page = visit(f"/results?experiment={raced}")
    expect(page.locator(".st-key-verdict")).to_contain_text(results["verdict"]["sentence"])
    page.get_by_role("tab", name="Confusions").click()
    settle(page)
    cell = page.get_by_role("combobox", name="What is behind a cell")
    cell.click()
    cell.press("ArrowDown")
    cell.press("Enter")
    expect(page.get_by_text("the surest first")).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("stImage").first).to_be_visible()


def test_new_pictures_get_labels_and_a_table(visit: Visit, results: dict, tmp_path: Path) -> None:
    run = next(run for run in results["runs"] if run["strategy"] == "feature_extraction")
    folder = folder_of_classes(tmp_path / "new", {"bolts": 2, "nuts": 2}, part="later")
    (folder / "later/nuts/none.png").write_text("no picture")
    page = visit(f"/predict?model={run['id']}")
    uploader = page.get_by_test_id("stFileUploader").filter(has_text=re.compile("PNG|zip", re.IGNORECASE)).last
    uploader.locator("input[type=file]").set_input_files(zip_of(folder, tmp_path / "new.zip"))
    page.get_by_role("button", name="Classify").click(timeout=30_000)
    expect(page.get_by_text("4 of 5 pictures classified")).to_be_visible(timeout=120_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the table").click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as stream:
        rows = {row["name"].rsplit("/", 1)[-1]: row for row in csv.DictReader(stream)}
    assert len(rows) == 5 and rows["none.png"]["prediction"] == "" and "none.png" in rows["none.png"]["reason"]
    assert {row["prediction"] for row in rows.values()} <= {*CLASSES, ""}


def test_the_downloaded_model_classifies_a_picture_elsewhere(visit: Visit, raced: str, tmp_path: Path) -> None:
    page = visit(f"/results?experiment={raced}")
    page.get_by_role("tab", name="Runs and downloads").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the model").click(timeout=30_000)
    bundle = tmp_path / download.value.suggested_filename
    download.value.save_as(bundle)
    folder = folder_of_classes(tmp_path / "one", {"washers": 1}, part="x")
    (answer,) = load_model(bundle).predict_files([next(folder.rglob("*.png"))])
    assert answer.label in CLASSES and sum(answer.probabilities.values()) == pytest.approx(1)
