"""Two experiments set side by side in the browser: the answer there is the command line's, and its address can be handed on."""

import re
from collections.abc import Callable, Iterator

import pytest
from app_server import Server, running, settle
from playwright.sync_api import Locator, Page, expect
from results_toys import Toy, leave, sleeping_workers

from tlcore.settings import Workspace

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: other journeys count what is in theirs."""
    with running(tmp_path_factory.mktemp("compare") / "workspace") as server:
        yield server


@pytest.fixture(scope="module")
def pair(server: Server) -> tuple[str, str]:
    """Two experiments on the same texts, as their workers would leave them: the second has a strategy less, a seed more."""
    with sleeping_workers():
        first = leave(Workspace(server.home), Toy(name="all three"))
        second = leave(Workspace(server.home), Toy(name="no fine-tuning", strategies=("classic", "scratch"), seeds=3))
    return first, second


def choose(page: Page, box: str, name: str) -> None:
    """Choose the experiment of that name."""
    combobox: Locator = page.get_by_role("combobox", name=box, exact=True)
    combobox.click()
    combobox.fill(name)
    page.get_by_role("option").filter(has_text=name).first.click()
    settle(page)


def test_two_experiments_are_chosen_and_the_finding_is_the_command_lines(
    visit: Visit, server: Server, pair: tuple[str, str]
) -> None:
    told = server.told("results", pair[0], "--against", pair[1])
    page = visit("/compare")
    choose(page, "Experiment", "all three")
    choose(page, "Against", "no fine-tuning")
    finding = page.locator(".st-key-side_by_side")
    expect(finding.locator("h3")).to_have_text(told["sentence"], timeout=60_000)
    expect(finding).to_contain_text(told["reason"])
    expect(page.locator(".js-plotly-plot")).to_have_count(1)
    page.get_by_text("Each comparison in words").click()
    for compared in told["pairs"]:
        expect(page.get_by_role("listitem").filter(has_text=compared["sentence"])).to_be_visible()
    assert len(told["pairs"]) == 2
    for sentence in told["without_partner"]:
        expect(page.get_by_role("listitem").filter(has_text=sentence)).to_be_visible()
    page.wait_for_url(re.compile(f"experiment={pair[0]}.*other_experiment={pair[1]}"))


def test_its_address_opens_the_same_the_other_way_round(visit: Visit, server: Server, pair: tuple[str, str]) -> None:
    told = server.told("results", pair[1], "--against", pair[0])
    page = visit(f"/compare?experiment={pair[1]}&other_experiment={pair[0]}")
    expect(page.locator(".st-key-side_by_side h3")).to_have_text(told["sentence"], timeout=60_000)
