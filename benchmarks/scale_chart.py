"""The curves of benchmarks/scale.py as small multiples, and the picture of them."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go

from tlcore.charts.style import NEUTRAL, SERIES, figure, label, value_axis

IMAGE = Path(__file__).parents[1] / "docs/images/scale.png"
COLUMNS, WIDTH, PANEL_HEIGHT = 4, 1100, 215
NOTICEABLE = 1.1
"""Exponents up to this count as linear: a sort takes n log n, and two measurements of one thing differ."""


def draw(curves: Mapping[str, Mapping[str, Any]]) -> go.Figure:
    """One panel a step: seconds against size, both logarithmic, with a line of slope 1 through the largest."""
    steepest = max(curves.values(), key=lambda found: found["exponent"])
    above = [found for found in curves.values() if found["exponent"] > NOTICEABLE]
    title = (
        f"No step grows faster than its input: the largest exponent is {steepest['exponent']:.2f}"
        if not above
        else f"{len(above)} of {len(curves)} steps grow faster than their input: {', '.join(found['title'] for found in above)}"
    )
    rows = -(-len(curves) // COLUMNS)
    chart = figure(
        title,
        "Seconds of each step against the size of its input, on logarithmic axes.",
        rows * PANEL_HEIGHT,
        ["● measured", "dotted: slope 1 through the largest", "vertical axes: seconds"],
        width=WIDTH,
        paper_bgcolor="#ffffff",
    )
    titles = [f"{label(found['title'])}: {_finding(found['exponent'])}" for found in curves.values()]
    chart.set_subplots(rows, COLUMNS, subplot_titles=titles, vertical_spacing=0.42 / rows, horizontal_spacing=0.06)
    for place, found in enumerate(curves.values()):
        _add_panel(chart, found, place // COLUMNS + 1, place % COLUMNS + 1)
    chart.update_annotations(font={"size": 13})
    return chart.update_layout(margin={"t": chart.layout.margin.t + 28, "l": 12, "r": 20, "b": 12})


def _finding(slope: float) -> str:
    """What an exponent says."""
    words = "grows faster" if slope > NOTICEABLE else "linear" if slope > 0.9 else "slower than linear"
    return f"{words} ({slope:.2f})"


def _add_panel(chart: go.Figure, found: Mapping[str, Any], row: int, column: int) -> None:
    """One step."""
    sizes = np.array([point["size"] for point in found["points"]], dtype=float)
    seconds = np.array([point["seconds"] for point in found["points"]])
    first = max(sizes[0], sizes[-1] * seconds.min() / 2 / seconds[-1])
    ends = np.array([first, sizes[-1]])
    dotted = {"color": NEUTRAL, "dash": "dot", "width": 1.5}
    chart.add_scatter(x=ends, y=seconds[-1] * ends / sizes[-1], mode="lines", line=dotted, row=row, col=column)
    marks = {"color": SERIES[0], "size": 8}
    chart.add_scatter(x=sizes, y=seconds, mode="lines+markers", line={"color": SERIES[0]}, marker=marks, row=row, col=column)
    across = value_axis(label(found["unit"]), type="log", title_standoff=4, tickformat="~s", **_ticks(sizes))
    upwards = value_axis("", type="log", tickformat="~g", ticksuffix=" s", **_ticks(_steps(seconds)))
    chart.update_xaxes(across, row=row, col=column)
    chart.update_yaxes(upwards, row=row, col=column)


def _ticks(places: Sequence[float]) -> dict[str, Any]:
    """An axis with these ticks and no others."""
    return {"tickmode": "array", "tickvals": [float(place) for place in places]}


def _steps(values: Sequence[float]) -> list[float]:
    """Powers of ten around the values, or 1, 2 and 5 of them where these are few."""
    low, high = min(values) / 1.5, max(values) * 1.5
    powers = [10.0**power for power in range(-6, 6)]
    fine = [digit * power for power in powers for digit in (1, 2, 5) if low <= digit * power <= high]
    coarse = [power for power in powers if low <= power <= high]
    return fine if len(fine) <= 6 else coarse


def render(chart: go.Figure, target: Path) -> None:
    """Draw a chart with a Chromium into a PNG file of twice its size in pixels."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"])
        page = browser.new_page(viewport={"width": WIDTH, "height": int(chart.layout.height)}, device_scale_factor=1.5)
        page.set_content(chart.to_html(include_plotlyjs=True, config={"displayModeBar": False}), wait_until="load")
        page.wait_for_selector(".js-plotly-plot .main-svg")
        page.locator(".js-plotly-plot").screenshot(path=str(target))
        browser.close()
