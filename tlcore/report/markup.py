"""HTML that is safe by construction: whatever is not `Html` already is text, and escaped."""

import unicodedata
from collections.abc import Iterable, Sequence
from html import escape

UNKNOWN = "not known"
_VOID = frozenset(("meta", "br"))
_SENTENCE = 60
"""Characters from which a cell of a table holds a sentence."""
_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Html(str):
    """Markup that was made here. All other strings are text."""

    __slots__ = ()


def clean(text: str, keep: str = "") -> str:
    """Text without what would break a page or turn its words round: control and direction characters, half characters."""
    shown = []
    for sign in text:
        kind = unicodedata.category(sign)
        if sign in keep:
            shown.append(sign)
        elif kind == "Cs":
            shown.append("\ufffd")
        elif kind in {"Cc", "Zl", "Zp"}:
            shown.append(" ")
        elif sign not in _DIRECTION_MARKS:
            shown.append(sign)
    return "".join(shown)


def html(value: object, keep: str = "") -> Html:
    """Markup as it is; anything else as escaped text, None as "not known"."""
    if isinstance(value, Html):
        return value
    return Html(escape(clean(UNKNOWN if value is None else str(value), keep)))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """An element. `class_` and `data_x` stand for `class` and `data-x`; attributes that are None or False are left out."""
    shown = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None and value is not False)
    if name in _VOID:
        return Html(f"<{name}{shown}>")
    return Html(f"<{name}{shown}>{joined(children)}</{name}>")


def joined(parts: Iterable[object]) -> Html:
    """Parts one after another."""
    return Html("".join(html(part) for part in parts))


def name(text: str) -> Html:
    """A name from outside, kept apart so that its writing direction does not move what stands beside it."""
    return tag("bdi", text)


def number(value: float | int | None, words: str) -> Html:
    """A number as people read it, with its exact value for programs; unknown when there is none."""
    return html(None) if value is None else tag("data", words, value=repr(value))


def bullets(items: Iterable[object], class_: str | None = None) -> Html:
    """A list; nothing when it is empty."""
    found = [tag("li", item) for item in items]
    return tag("ul", *found, class_=class_) if found else Html("")


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """A table with a caption, whose first column names the rows; it scrolls by itself where the screen is narrow."""
    head = tag("tr", *(tag("th", column, scope="col") for column in columns))
    body = [tag("tr", tag("th", row[0], scope="row"), *(_cell(cell) for cell in row[1:])) for row in rows]
    if not body:
        return Html("")
    drawn = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body))
    return tag("div", drawn, class_="scroll", role="region", aria_label=caption, tabindex="0")


def _cell(content: object) -> Html:
    """A cell; one with a sentence stays wide enough to be read where the screen is narrow."""
    sentence = isinstance(content, str) and not isinstance(content, Html) and len(content) > _SENTENCE
    return tag("td", content, class_="words" if sentence else None)


def facts(rows: Iterable[tuple[str, object]]) -> Html:
    """Terms and what is known of them."""
    return tag("dl", *(tag("div", tag("dt", term), tag("dd", value)) for term, value in rows))


def folded(summary: str, *children: object, open_: bool = False) -> Html:
    """What only some readers want; print shows it in full."""
    return tag("details", tag("summary", summary), *children, open=open_ or None)


def code(text: str) -> Html:
    """Lines to copy."""
    return tag("pre", tag("code", html(text, keep="\n")), tabindex="0")


def section(title: str, *children: object) -> Html:
    """A part of the report with its heading; nothing when it has nothing to say."""
    content = joined(children)
    return tag("section", tag("h2", title), content) if content else content


def part(title: str, *children: object) -> Html:
    """A part of a section; nothing when it has nothing to say."""
    content = joined(children)
    return tag("div", tag("h3", title), content, class_="part") if content else content


def _attribute(key: str, value: object) -> str:
    shown = key.rstrip("_").replace("_", "-")
    return f" {shown}" if value is True else f' {shown}="{escape(clean(str(value)))}"'
