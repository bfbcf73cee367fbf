"""Charts inside a page that needs no other file: plotly.js once, and every figure as data that cannot end its script."""

import json
import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

from tlcore.charts import alt_text
from tlcore.report.markup import Html, clean, html, joined, tag

_LINE = 21
"""Pixels that `tlcore.charts.style.figure` leaves for each line of a title."""
_COLOUR = re.compile(r"color:(#[0-9a-fA-F]{6})\b")
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


class Charts:
    """The charts of one report, numbered."""

    def __init__(self) -> None:
        self.count = 0

    def draw(self, chart: Any) -> Html:
        """A figure of `tlcore.charts` with its words for those who do not see it, or who run no scripts."""
        self.count += 1
        words, drawn = clean(alt_text(chart)), _figure(chart)
        caption = _taken_title(drawn["layout"])
        height = f"min-height:{int(drawn['layout'].get('height', 0))}px"
        place = tag("div", role="img", aria_label=words, class_="chart", style=height)
        data = Html(f'<script type="application/json">{safe_json(drawn)}</script>')
        return tag("figure", caption, place, data, tag("noscript", tag("p", words)), id=f"chart-{self.count}")


class _Title(HTMLParser):
    """Reads the few elements that Plotly allows in a title; whatever else is in it becomes text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[tuple[bool, list[Html]]] = [(False, [])]
        self._colours: list[str | None] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        style = dict(attrs).get("style") or ""
        if tag == "br":
            self.lines.append((False, []))
        elif tag == "span":
            found = _COLOUR.search(style)
            self._colours.append(found.group(1) if found else None)
            if "font-size" in style:
                self.lines[-1] = (True, self.lines[-1][1])

    def handle_endtag(self, tag: str) -> None:
        if tag == "span" and self._colours:
            self._colours.pop()

    def handle_data(self, data: str) -> None:
        colour = next((one for one in reversed(self._colours) if one), None)
        self.lines[-1][1].append(tag("span", data, style=f"color:{colour}") if colour else html(data))


def _taken_title(layout: dict[str, Any]) -> Html:
    """The title and key as a caption, which wraps where the screen is narrow; taken out of the figure with its room."""
    text = (layout.pop("title", None) or {}).get("text") or ""
    if not text:
        return Html("")
    lines = _Title(text).lines
    taken = _LINE * len(lines)
    layout["margin"] = {**layout.get("margin", {}), "t": max(layout.get("margin", {}).get("t", taken) - taken, 8)}
    layout["height"] = max(layout.get("height", taken) - taken, 0)
    title = " ".join(joined(parts) for small, parts in lines if not small)
    key = " · ".join(joined(parts) for small, parts in lines if small)
    return tag("figcaption", tag("strong", Html(title)), tag("small", Html(key)) if key else "")


def safe_json(document: Any) -> str:
    """JSON in which nothing can be read as markup: it stands inside a script element."""
    text = json.dumps(document, allow_nan=False)
    for sign, escaped in _UNSAFE.items():
        text = text.replace(sign, escaped)
    return text


@cache
def plotly_script() -> str:
    """The library that draws, as it lies in the installed package: about five megabytes."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("\r\n", "\n").replace("</script", "<\\/script")


def _figure(chart: Any) -> dict[str, Any]:
    """Data and layout; plotly's own theme stays out, as the page has one."""
    drawn: dict[str, Any] = json.loads(chart.to_json())
    drawn["layout"].pop("template", None)
    drawn["layout"].pop("meta", None)
    for key, axis in drawn["layout"].items():
        if key.startswith(("xaxis", "yaxis")) and isinstance(axis.get("title"), dict):
            axis["title"].setdefault("font", {}).setdefault("size", 12)
    return drawn
