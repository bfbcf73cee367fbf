"""The file as a stakeholder opens it: from disk, without a network, on a phone, in the dark, and on paper."""

import re

import pytest
from playwright.sync_api import Page, expect
from report_toys import class_names, facts_of, found_of, simulated

from tlcore.report import report_html

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
EVIL = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    names = (EVIL, "good")
    found = found_of(simulated(), names, name=f"Toys {EVIL}", dataset_name=EVIL)
    target = tmp_path_factory.mktemp("report") / "report.html"
    target.write_text(report_html(facts_of(found)), encoding="utf-8")
    return target


@pytest.fixture
def opened(page: Page, path):
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    expect(page.locator("figure .main-svg").first).to_be_visible()
    yield page
    assert asked == [path.as_uri()]
    assert said == []


def test_it_draws_every_chart_and_runs_nothing_else(opened: Page):
    assert opened.locator(".js-plotly-plot").count() == opened.locator("figure").count() >= 4
    assert opened.title().startswith("Toys </script>")
    assert opened.evaluate("typeof Plotly") == "object"
    found = found_of(simulated(), class_names(2))
    expect(opened.locator(".lead")).to_have_text(found.verdict.sentence)


def test_an_injected_script_would_not_run(page: Page, path, tmp_path):
    """The second wall: even if escaping failed, the policy holds."""
    broken = tmp_path / "broken.html"
    page_text = path.read_text(encoding="utf-8")
    broken.write_text(page_text.replace("<h1>", "<script>document.title='taken'</script><h1 onclick='x'>", 1), encoding="utf-8")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(broken.as_uri())
    expect(page.locator("figure .main-svg").first).to_be_visible()
    assert page.title().startswith("Toys") and any("Content Security Policy" in words for words in said)


@pytest.mark.parametrize("width", [320, 390, 1300])
def test_nothing_is_wider_than_the_screen(opened: Page, width: int):
    opened.set_viewport_size({"width": width, "height": 800})
    opened.wait_for_timeout(400)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    drawn = opened.evaluate("Array.from(document.querySelectorAll('.main-svg')).map(one => one.getBoundingClientRect().right)")
    assert max(drawn) <= width


def test_it_is_dark_for_who_wants_it_and_light_on_paper(opened: Page):
    def shade(selector: str, what: str) -> int:
        colour = opened.locator(selector).first.evaluate(f"one => getComputedStyle(one).{what}")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    for scheme, media in (("light", "screen"), ("dark", "screen"), ("dark", "print"), ("dark", "screen")):
        opened.emulate_media(color_scheme=scheme, media=media)
        night = scheme == "dark" and media == "screen"
        assert (shade("body", "backgroundColor") < 150) is night
        assert (shade("body", "color") > 600) is night
        assert (shade(".xtick text", "fill") > 600) is night


def test_paper_has_everything_and_cuts_no_chart(opened: Page):
    if opened.evaluate("navigator.userAgent").find("Chrom") < 0:
        pytest.skip("only Chromium prints")
    opened.emulate_media(media="print")
    assert opened.locator("figure").first.evaluate("one => getComputedStyle(one).breakInside") == "avoid"
    assert opened.locator("tr").first.evaluate("one => getComputedStyle(one).breakInside") == "avoid"
    opened.set_viewport_size({"width": 703, "height": 1000})
    opened.wait_for_timeout(400)
    expect(opened.get_by_role("cell", name="finished").first).to_be_visible()
    assert opened.evaluate("document.documentElement.scrollWidth") <= 703
    assert opened.pdf(prefer_css_page_size=True).startswith(b"%PDF")
