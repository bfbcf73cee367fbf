"""The main journey as a person walks it: upload, race, answer, predict, download; and what must survive on the way."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from app_server import Server, settle
from playwright.sync_api import Browser, Page, expect

from tlcore import load_model
from tlcore.data.samples import SAMPLES
from tlcore.training.catalogue import STRATEGIES

RACE = 540_000
"""Milliseconds a race may take on a slow machine before the test gives up."""
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def raced(server: Server, browser: Browser, browser_context_args: dict) -> str:
    """Upload the sample and race all five strategies on 60 labels, twice each, all in the browser; the experiment's id."""
    page = browser.new_context(**browser_context_args).new_page()
    page.goto(f"{server.url}/data")
    settle(page)
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(SAMPLES["reviews"].path)
    expect(page.get_by_text("675 rows, 6 columns")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Add dataset").click()
    page.get_by_role("link", name="Race on this dataset").click(timeout=60_000)
    page.get_by_role("radio", name="Usual choices").click()
    labels = page.get_by_role("combobox", name="Labels a run may use in all")
    labels.click()
    labels.fill("60")
    labels.press("Enter")
    settle(page)
    page.get_by_label("Repeats (seeds)", exact=True).fill("2")
    page.get_by_label("Repeats (seeds)", exact=True).press("Enter")
    page.get_by_role("button", name="Remove all").click()
    expect(page.get_by_text(re.compile("^10 runs, about"))).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Start the race").dblclick()
    page.wait_for_url(re.compile("/runs[?]experiment="), timeout=60_000)
    experiment = re.search("experiment=([0-9a-f]+)", page.url)[1]
    server.kill()  # closing the web server must not stop the race
    page.context.close()
    server.start()
    return experiment


@pytest.fixture(scope="module")
def finished(server: Server, raced: str, browser: Browser, browser_context_args: dict) -> str:
    """The same experiment, once a person has watched all its runs finish."""
    page = browser.new_context(**browser_context_args).new_page()
    page.goto(f"{server.url}/runs?experiment={raced}")
    expect(page.get_by_text("10 of 10 runs finished")).to_be_visible(timeout=RACE)
    page.context.close()
    return raced


@pytest.fixture(scope="module")
def results(server: Server, finished: str) -> dict:
    """What the command line says of the same experiment."""
    return server.told("results", finished)


def test_a_double_click_starts_one_race(server: Server, results: dict) -> None:
    runs = server.told("runs")["runs"]
    assert len(runs) == len(results["runs"]) == 2 * len(STRATEGIES)
    assert {run["budget"] for run in runs} == {60}


def test_the_answer_on_the_screen_is_the_answer_of_the_command_line(visit: Visit, finished: str, results: dict) -> None:
    page = visit(f"/results?experiment={finished}")
    expect(page.locator(".st-key-verdict")).to_contain_text(results["verdict"]["sentence"])
    best = max(results["summary"], key=lambda row: row["accuracy"])
    expect(page.get_by_test_id("stMetric").filter(has_text="Most accurate")).to_contain_text(STRATEGIES[best["strategy"]].name)
    expect(page.get_by_test_id("stMetric").filter(has_text="Its accuracy")).to_contain_text(f"{best['accuracy']:.1%}"[:-1])
    expect(page.locator(".js-plotly-plot")).to_have_count(4)
    for tab in ("Training curves", "By class", "Confusions"):
        page.get_by_role("tab", name=tab).click()
        settle(page)
        expect(page.locator(".js-plotly-plot")).to_have_count(3)


def test_every_number_in_the_sentence_is_in_the_record(visit: Visit, finished: str, results: dict) -> None:
    """Read off the screen, not off the document: each number must be a field of the verdict, or of the labels it saved."""
    page = visit(f"/results?experiment={finished}")
    headline = results["evidence"]["headline"]
    for sentence in (results["verdict"]["sentence"], *([headline["sentence"]] if headline else [])):
        expect(page.locator(".st-key-verdict")).to_contain_text(sentence)
    said = " ".join(page.locator(".st-key-verdict :is(h3, h5)").all_inner_texts())
    assert results["verdict"]["sentence"] in said
    alarms = [alarm for alarm in results["evidence"]["alarms"] if alarm["sentence"] in said]
    known = [*numbers_in(results["verdict"]), *numbers_in(results["evidence"]["headline"]), *numbers_in(alarms)]
    spoken = {word for value in known for word in ways_to_say(value)}
    read = re.findall(r"\d[\d,]*(?:\.\d+)?", said)
    assert read and [number for number in read if number.replace(",", "") not in spoken] == []


def numbers_in(found: object) -> list[float]:
    """Every number in a JSON document."""
    if isinstance(found, dict | list):
        return [value for each in (found.values() if isinstance(found, dict) else found) for value in numbers_in(each)]
    return [float(found)] if isinstance(found, int | float) and not isinstance(found, bool) else []


def ways_to_say(value: float) -> set[str]:
    """A count, points or percent with a decimal, a factor with two digits; a ratio of times also the other way round."""
    ratios = {value, 1 / value} if value else {value}
    words = {f"{abs(value):g}", f"{abs(100 * value):.1f}", f"{100 * value:g}", f"{value:.0f}", f"{value:.2g}"}
    return words | {f"{ratio:.1f}" for ratio in ratios} | {f"{100 * ratio:.0f}" for ratio in ratios}


def test_one_text_gets_a_label(visit: Visit, finished: str, results: dict) -> None:
    run = next(run for run in results["runs"] if run["strategy"] == "feature_extraction")
    page = visit(f"/predict?model={run['id']}")
    page.get_by_label("Text", exact=True).fill("It broke on the second day and nobody answers. Never again.")
    page.get_by_role("button", name="Classify").click()
    expect(page.locator(".st-key-prediction")).to_contain_text(re.compile("negative|neutral|positive"), timeout=60_000)
    expect(page.locator(".js-plotly-plot")).to_contain_text("negative")


def test_a_file_comes_back_with_predictions(visit: Visit, finished: str, results: dict, tmp_path: Path) -> None:
    run = next(run for run in results["runs"] if run["strategy"] == "partial_fine_tuning")
    table = tmp_path / "new texts.csv"
    table.write_text("review;shop\nLoved it;north\nIt leaks, avoid!;south\n;south\n", encoding="utf-8")
    page = visit(f"/predict?model={run['id']}")
    page.get_by_role("tab", name="A file").click()
    page.get_by_label("A CSV file with a text in every row").locator("input[type=file]").set_input_files(table)
    page.get_by_role("button", name="Classify all rows").click(timeout=30_000)
    expect(page.get_by_text("2 of 3 rows classified")).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the table").click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["review"], row["shop"]) for row in rows] == [
        ("Loved it", "north"),
        ("It leaks, avoid!", "south"),
        ("", "south"),
    ]
    assert all(row["prediction"] in ("negative", "neutral", "positive") for row in rows[:2])
    assert rows[2]["prediction"] == "" and rows[2]["reason"]
    assert sum(float(rows[0][f"p_{label}"]) for label in ("negative", "neutral", "positive")) == pytest.approx(1, abs=1e-3)


def test_the_downloaded_model_predicts_the_same_elsewhere(visit: Visit, finished: str, tmp_path: Path) -> None:
    page = visit(f"/results?experiment={finished}")
    page.get_by_role("tab", name="Runs and downloads").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the model").click(timeout=30_000)
    bundle = tmp_path / download.value.suggested_filename
    download.value.save_as(bundle)
    text = "Does what it should, no more."
    here = load_model(bundle).predict([text])[0]
    page = visit("/predict")
    page.get_by_text("Use a model from a file").click()
    page.get_by_label("A model bundle").locator("input[type=file]").set_input_files(bundle)
    expect(page.get_by_text(f"Using {bundle.name}")).to_be_visible(timeout=30_000)
    settle(page)
    page.get_by_label("Text", exact=True).fill(text)
    page.get_by_role("button", name="Classify").click()
    expect(page.locator(".st-key-prediction")).to_contain_text(f"{here.label}", timeout=60_000)
    expect(page.locator(".st-key-prediction")).to_contain_text(f"{100 * here.confidence:.1f} % sure")


def test_links_open_the_same_in_a_fresh_browser_and_survive_a_refresh(visit: Visit, finished: str, results: dict) -> None:
    page = visit(f"/data?dataset={results['dataset']}")
    expect(page.get_by_text("Nothing to worry about was found")).to_be_visible()
    page = visit(f"/experiment?dataset={results['dataset']}")
    expect(page.get_by_role("button", name="Start the race")).to_be_visible(timeout=60_000)
    page = visit(f"/runs?experiment={finished}")
    page.reload()
    settle(page)
    expect(page.get_by_text("10 of 10 runs finished")).to_be_visible()
    page = visit("/results?experiment=0123456789ab")
    expect(page.get_by_text("is not here any more")).to_be_visible()
