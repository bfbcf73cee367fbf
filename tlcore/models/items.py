"""What a model says of an item, which items it can judge, and which answers deserve a second look. Imports no torch."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from tlcore.data.languages import languages_of, script_of
from tlcore.records import Item, Picture, Record

_RARE = 0.01
_SLICE = 1_000  # so many texts at a time are all looked at by `languages_of`


class Writing(Record):
    """What the training texts were written in, the most frequent first; empty = unknown."""

    scripts: tuple[str, ...] = ()
    """E.g. `Latin`."""
    languages: tuple[str, ...] = ()
    """E.g. `English`; only from texts long enough to tell."""


class Prediction(Record):
    """What a model says about one item. `label` and `confidence` are None where it could not say anything."""

    label: str | None
    confidence: float | None
    """Probability of `label`, 0-1."""
    probabilities: dict[str, float]
    """Label -> probability, in class order; empty without a label."""
    reason: str = ""
    """Why there is no label, or why this one deserves a second look."""


def writing_of(items: Sequence[Item]) -> Writing:
    """Scripts and languages of at least 1 % of the texts in which they can be told; pictures have none."""
    texts = [item for item in items if isinstance(item, str)]
    return Writing(scripts=_common(filter(None, map(script_of, texts))), languages=_common(languages_of(texts).values()))


def unfit(item: object) -> str:
    """Why there is nothing to judge ("no text", "the text is blank"); "" when there is."""
    if isinstance(item, Picture):
        return ""
    if not isinstance(item, str):
        return "no text"
    blank = all(unicodedata.category(character)[0] in "ZC" for character in item)
    return "the text is blank" if blank else ""


def readable(item: Item) -> Item:
    """A text with broken surrogates, which no tokenizer can read, replaced by the sign for "unreadable"; else as it is."""
    if isinstance(item, Picture) or item.isascii():
        return item
    return item.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def remarks(items: Sequence[Item | None], known: Writing) -> list[str]:
    """For each item why it cannot be judged, or why its prediction deserves a second look; "" for all is well."""
    found = []
    for start in range(0, len(items), _SLICE):
        part = items[start : start + _SLICE]
        languages = languages_of([item if isinstance(item, str) else "" for item in part]) if known.languages else {}
        found += [unfit(item) or _foreign(item, languages.get(row, ""), known) for row, item in enumerate(part)]
    return found


def _foreign(item: Item | None, language: str, known: Writing) -> str:
    """What a text is written in, when the training texts were not."""
    if not isinstance(item, str):
        return ""
    script = script_of(item)
    if script and known.scripts and script not in known.scripts:
        return f"written in {script} script, which the model has not learnt from"
    if language and language not in known.languages:
        return f"seems to be {language}, which the model has not learnt from"
    return ""


def _common(names: Iterable[str]) -> tuple[str, ...]:
    """Names that make up at least 1 %, the most frequent first."""
    counts = Counter(names)
    return tuple(name for name, count in counts.most_common() if count >= _RARE * counts.total())
