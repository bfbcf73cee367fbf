"""A visitor of the app as tests see one: opens pages through `app.py`, finds what is shown, and does what a person does."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from markdown_it import MarkdownIt
from markdown_it.token import Token
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from pages.parts.frame import INK

APP = Path(__file__).parents[2] / "app.py"
PATIENCE = 120
LETTERS = {
    "Code.code_text",
    "MultiSelect.options",
    "Selectbox.options",
    "Text.body",
    "TextArea.default",
    "TextArea.value",
    "TextInput.default",
    "TextInput.value",
}
"""Texts that the browser shows as they are. Every other text of an element counts as Markdown, those to come included."""
UNSEEN = {
    "Dataframe.columns",
    "PageLink.page",
    "PageLink.query_string",
    "PlotlyChart.config",
    "PlotlyChart.spec",
    "PlotlyChart.theme",
    "VegaLiteChart.spec",
    "VegaLiteChart.theme",
}
_INNER = re.compile(r"(^|_)(id|ids|key|url|icon|color|language|tag|type|alt|placeholder)$")
_HARMLESS = {"text", "softbreak", "strong_open", "strong_close"}
_DIRECTIVES = re.compile(r"(?<!\\)(?:\$|:(?!material/)[a-z]+[\[:])")
"""What Streamlit makes more of than Markdown does: formulas, colours, emoji."""
_MELTING = re.compile(r"https?:|www\.|\w@\w|<-|->|--|[<>~]=")
"""What becomes a link or an arrow even where its marks are escaped."""
_MARKDOWN = MarkdownIt()


class Visit(AppTest):
    """One browser tab."""

    def __init__(self, page: str, **query: str) -> None:
        super().__init__(APP, default_timeout=PATIENCE)
        if page == "home":
            self.run()
        else:
            self.go(page, **query)

    def go(self, page: str, **query: str) -> "Visit":
        """Open a page as a link with these parameters does."""
        self.query_params = dict(query)
        self.switch_page(f"pages/{page}.py").run()
        self._page_hash = ""  # from here on the app may lead elsewhere
        return self

    def click(self, name: str) -> "Visit":
        """Press the button with this key or label."""
        [button] = [button for button in self.button if name in (button.key, button.label)]
        button.click().run()
        return self

    def upload(self, name: str, content: bytes, place: int = 0) -> "Visit":
        """Choose a file in an uploader."""
        self.file_uploader[place].upload(name, content).run()
        return self

    def follow(self, label: str) -> "Visit":
        """Click a link to a page."""
        [link] = [link.proto for link in self.get("page_link") if link.proto.label == label]
        return self.go(link.page or "home", **dict(pair.split("=") for pair in link.query_string.split("&") if pair))

    @property
    def here(self) -> str:
        """The title of the page."""
        return self.title[0].value

    @property
    def menu(self) -> set[str]:
        """The pages that `app.py` put into the menu."""
        return {Path(str(info["script_path"])).stem for info in self._registered_pages.values() if "url_pathname" in info}

    @property
    def errors(self) -> list[str]:
        """What went wrong, as a person reads it."""
        return [read(error.value) for error in self.error]

    @property
    def words(self) -> str:
        """All there is to read but tables and charts, one text a line."""
        return "\n".join([*map(read, self.markup), *self.letters])

    @property
    def markup(self) -> list[str]:
        """Every text that the browser reads as Markdown, but for the style that every page has."""
        return [text for kind, text in self._texts() if kind not in LETTERS and text != INK]

    @property
    def oddities(self) -> dict[str, set[str]]:
        """Texts of which the browser makes more than words."""
        return {text: made for text in self.markup if (made := made_of(text))}

    @property
    def letters(self) -> list[str]:
        """Every text that the browser shows letter by letter."""
        return [text for kind, text in self._texts() if kind in LETTERS]

    @property
    def charts(self) -> list[str]:
        """The charts, as JSON."""
        return [chart.proto.spec for chart in self.get("plotly_chart")]

    def _texts(self) -> Iterator[tuple[str, str]]:
        assert not self.exception, self.exception[0].value
        for message in _messages(self._tree):
            yield from (found for found in _strings(message) if found[0] not in UNSEEN)


def read(markdown: str) -> str:
    """The words that a browser shows for a text in Markdown."""
    return "".join(token.content for token in _inline(markdown)).replace("\N{WORD JOINER}", "")


def made_of(markdown: str) -> set[str]:
    """Whatever a text becomes in the browser besides words and emphasis: pictures, links, code, HTML, formulas, colours…"""
    pieces = _inline(markdown)
    melting = {found for piece in pieces for found in _MELTING.findall(piece.content)}
    return {*_DIRECTIVES.findall(markdown), *melting} | {piece.type for piece in pieces} - _HARMLESS


def _inline(markdown: str) -> list[Token]:
    """The pieces of a text."""
    blocks = _MARKDOWN.parse(markdown)
    return [piece for block in blocks for piece in (block.children or ([block] if block.content else []))]


def server_that_knows_its_pages(self: PagesManager, *arguments: Any, **named: Any) -> None:
    """Stands in for `PagesManager.__init__`, because AppTest makes each run a server's first, before `app.py` ever ran."""
    as_streamlit_has_it(self, *arguments, **named)
    PagesManager.uses_pages_directory = False


as_streamlit_has_it = PagesManager.__init__


def _messages(node: Any) -> Iterator[Message]:
    """What the browser is sent, element by element."""
    if isinstance(getattr(node, "proto", None), Message):
        yield node.proto
    for child in getattr(node, "children", {}).values():
        yield from _messages(child)


def _strings(message: Message) -> Iterator[tuple[str, str]]:
    """(message.field, text) of every text in a message."""
    for field, value in message.ListFields():
        values = value if field.is_repeated else [value]
        if _INNER.search(field.name):
            continue
        if field.type == FieldDescriptor.TYPE_STRING:
            yield from ((f"{message.DESCRIPTOR.name}.{field.name}", text) for text in values if text)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            for part in values:
                yield from _strings(part) if isinstance(part, Message) else ()
