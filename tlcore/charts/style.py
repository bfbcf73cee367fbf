"""The house style of every chart, in one place.

Marks keep a contrast of 3 to 1 on white and on the dark theme's background alike; text has no colour of its own, so that the
theme's applies; backgrounds are transparent. Strategies keep one colour and shape everywhere, chosen after Okabe and Ito for
colour-blind readers, and names stand beside the marks, so that no chart needs its colours to be told apart.
"""

import re
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from tlcore.training.catalogue import STRATEGIES

_TRANSPARENT = "rgba(0,0,0,0)"
_GRID = "rgba(128,138,150,0.22)"
SOFT = "rgba(128,138,150,0.16)"
"""Fill of areas that lie behind the marks."""
NEUTRAL = "#7b8794"
GOOD, BAD = "#1f83c4", "#d55e00"
GOOD_RGB, BAD_RGB = "31,131,196", "213,94,0"
FULL_SHADE = 0.75
"""Share of the full shade from which white can be read on it; below, only the theme's own ink can, light or dark."""
SERIES = ("#1f83c4", "#d55e00", "#009e73", "#b4609a", "#b8860b", "#8b6fc9", "#0f8f83", "#8a7a4a")
"""For what has no colour of its own; beyond these, and for "all others", neutral."""
_STRATEGY_MARKS = {
    "classic": ("#b8860b", "diamond"),
    "scratch": (NEUTRAL, "square"),
    "feature_extraction": ("#1f83c4", "circle"),
    "partial_fine_tuning": ("#009e73", "circle"),
    "full_fine_tuning": ("#d55e00", "circle"),
}
_SIGNS = {"diamond": "◆", "square": "■", "circle": "●", "diamond-open": "◇", "square-open": "□", "circle-open": "○"}
_SENTIMENT = {"negative": BAD, "neutral": NEUTRAL, "positive": GOOD}
_BUTTONS = ["zoom", "pan", "select", "lasso", "zoomin", "zoomout", "autoscale", "resetscale"]
_TITLE_CHARACTERS = 50
"""A line of the title; two lines are easier to read than one that a phone cuts off."""
_NUMBER_AND_UNIT = re.compile(r"(\d) (%|(?:s|min|h)\b)")
_TAG = re.compile(r"<[^>]*>")
_SMALL_PRINT = "font-size:12px;font-weight:normal"
_KEY_CHARACTERS = 66
_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def figure(title: str, alt: str, height: int, key: Sequence[str] = (), **layout: Any) -> go.Figure:
    """An empty figure in the house style.

    Args:
        title: the finding, one sentence with its numbers; plain text, escaped here.
        alt: what the chart shows, for those who do not see it; kept in `layout.meta`, see `alt_text`.
        height: of the drawing below the title, in pixels.
        key: what the marks mean, in small print below the title; names in it are escaped already.
        **layout: further Plotly layout.
    """
    unbroken = _NUMBER_AND_UNIT.sub("\\1\u00a0\\2", _clean(title))
    wrapped = textwrap.wrap(unbroken, _TITLE_CHARACTERS, break_on_hyphens=False) or [""]
    lines = [_inert(line) for line in wrapped] + [f'<span style="{_SMALL_PRINT}">{line}</span>' for line in _packed(key)]
    top = 20 + 21 * len(lines)
    return go.Figure(
        layout={
            "title": {"text": "<br>".join(lines), "x": 0, "xref": "container", "y": 1, "yref": "container", "yanchor": "top"}
            # Plotly sets the first of several lines higher than a single one.
            | {"font": {"size": 15}, "pad": {"t": 8 if len(lines) == 1 else 18}},
            "height": height + top,
            "margin": {"l": 8, "r": 16, "t": top, "b": 8},
            "paper_bgcolor": _TRANSPARENT,
            "plot_bgcolor": _TRANSPARENT,
            "showlegend": False,
            "dragmode": False,
            "modebar": {"remove": _BUTTONS, "bgcolor": _TRANSPARENT},
            "hoverlabel": {"align": "left"},
            "meta": {"alt": f"{_clean(title)} {_clean(alt)}"},
            **layout,
        }
    )


def _packed(items: Sequence[str]) -> list[str]:
    """The items in as few lines as a phone has room for."""
    lines: list[str] = []
    length = 0
    for item in items:
        seen = len(_TAG.sub("", item))
        if lines and length + seen + 3 <= _KEY_CHARACTERS:
            lines[-1], length = f"{lines[-1]} · {item}", length + seen + 3
        else:
            lines, length = [*lines, item], seen
    return lines


def nothing(sentence: str) -> go.Figure:
    """A chart that has nothing to draw says why."""
    return figure(sentence, "", 0, xaxis={"visible": False}, yaxis={"visible": False})


def alt_text(chart: go.Figure) -> str:
    """The chart in words, as plain text, for `alt=`."""
    return str(chart.layout.meta["alt"])


def value_axis(title: str = "", **more: Any) -> dict[str, Any]:
    """An axis of numbers: a faint grid, no zero line of its own."""
    return {
        "title": {"text": title},
        "showgrid": True,
        "gridcolor": _GRID,
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
        **more,
    }


def name_axis(names: Sequence[str], most: int = 32, **more: Any) -> dict[str, Any]:
    """An axis of names at the places 0, 1, 2…, escaped and shortened; names that look like numbers or dates stay names."""
    return {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": [label(name, most) for name in names],
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
        "ticks": "outside",
        "ticklen": 5,
        "tickcolor": _TRANSPARENT,
        **more,
    }


def rows_axis(names: Sequence[str], **more: Any) -> dict[str, Any]:
    """Names down the left side, the first on top."""
    return name_axis(names, range=[len(names) - 0.4, -0.6], **more)


def add_panels(chart: go.Figure, rows: int, titles: Sequence[str]) -> go.Figure:
    """Panels side by side with a common vertical axis, in so many rows."""
    columns = -(-len(titles) // rows)
    safe = [label(title) for title in titles]
    chart.set_subplots(
        rows, columns, subplot_titles=safe, shared_yaxes="all", vertical_spacing=0.3 / rows, horizontal_spacing=0.04
    )
    chart.update_annotations(font={"size": 13})
    return chart.update_layout(margin={"t": chart.layout.margin.t + 24}, height=chart.layout.height + 24)


def label(text: str, most: int = 40) -> str:
    """Text from outside, made safe to draw: on one line, shortened, and with nothing that Plotly would read as HTML or TeX."""
    flat = _clean(text)
    short = flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"
    return _inert(short)


def quoted(text: str, most: int = 32) -> str:
    """A class or value inside a title, in quotation marks, shortened; the title is escaped as a whole."""
    flat = _clean(text)
    return f"“{flat if len(flat) <= most else flat[: most - 1].rstrip() + '…'}”"


def strategy_name(strategy: str) -> str:
    """As users read it; the id of one that this version does not know."""
    return STRATEGIES[strategy].name if strategy in STRATEGIES else strategy


def strategy_marker(strategy: str, hollow: bool = False, **more: Any) -> dict[str, Any]:
    """The strategy's own colour and shape; hollow for its second appearance in one chart."""
    symbol = _STRATEGY_MARKS.get(strategy, ("", "circle"))[1]
    outline = {"line": {"width": 2.5}} if hollow else {}
    return {"color": strategy_colour(strategy), "symbol": f"{symbol}-open" if hollow else symbol, **outline, **more}


def marker_sign(marker: Mapping[str, Any]) -> str:
    """The shape of a marker as a letter, for keys."""
    return _SIGNS[marker["symbol"]]


def strategy_rank(strategy: str) -> int:
    """Place in the catalogue; strategies that this version does not know come last."""
    return list(STRATEGIES).index(strategy) if strategy in STRATEGIES else len(STRATEGIES)


def strategy_colour(strategy: str) -> str:
    """The same in every chart; strategies added later take the spare colours in catalogue order."""
    if strategy in _STRATEGY_MARKS:
        return _STRATEGY_MARKS[strategy][0]
    later = [name for name in STRATEGIES if name not in _STRATEGY_MARKS]
    return SERIES[5 + later.index(strategy) % 3] if strategy in later else NEUTRAL


MOST_CLASSES = 30
"""Drawn at most by a chart that has a row a class: those that tell most."""


def most_telling(weights: Sequence[float], most: int) -> list[int]:
    """Places of the classes to draw, in their order: all of them, or where these are too many those of most weight."""
    if len(weights) <= most:
        return list(range(len(weights)))
    return sorted(sorted(range(len(weights)), key=lambda place: -weights[place])[:most])


def drawn_of(drawn: int, classes: int, which: str) -> list[str]:
    """What a key says where only some classes are drawn; nothing where all are."""
    return [f"drawn: {drawn} of {classes:,} classes, those {which}"] if drawn < classes else []


def class_colours(classes: Sequence[str]) -> dict[str, str]:
    """One colour a class: negative, neutral and positive have their own; beyond eight classes, neutral."""
    if set(classes) <= set(_SENTIMENT):
        return {name: _SENTIMENT[name] for name in classes}
    return {name: SERIES[place] if place < len(SERIES) else NEUTRAL for place, name in enumerate(classes)}


def faded(colour: str, share: float) -> str:
    """A colour that lets so much of what is behind it through as `share`, 0-1, leaves."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def _inert(text: str) -> str:
    """Nothing in it that Plotly would read as HTML or TeX."""
    return escape(text).replace("$", "&#36;")


def _clean(text: str) -> str:
    """Without control and direction characters, which would break or turn round what stands beside them."""
    kept = (" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in str(text))
    return " ".join("".join(sign for sign in kept if sign not in _DIRECTION_MARKS).split())
