"""How findings are put into words: counts, shortened examples with their rows, positions, the cure's button."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from tlcore.records import Cure, Finding, Severity

_POSITIONS = 1_000
_EXAMPLES = 5
_EXAMPLE_LENGTH = 80
_MANY = 0.05


def about_items(
    code: str, severity: Severity, message: str, items: pd.DataFrame, mask: pd.Series, action: str | None = None
) -> Iterator[Finding]:
    """A finding about the items that `mask` `(n,)` marks, with a cure that leaves them out; none when it marks none."""
    positions = np.flatnonzero(mask)
    count = len(positions)
    if not count:
        return
    yield Finding(
        code=code,
        severity=severity,
        message=message,
        count=count,
        examples=tuple(_example(items, position) for position in positions[:_EXAMPLES]),
        items=tuple(positions[:_POSITIONS].tolist()),
        cure=Cure(action=action, label=f"Remove {plural(count, 'item', 'items')}") if action else None,
    )


def about_classes(code: str, severity: Severity, message: str, sizes: pd.Series) -> Finding:
    """A finding about classes: label -> number of items."""
    shown = tuple(f"{shorten(label)} ({count:,})" for label, count in sizes.iloc[:_EXAMPLES].items())
    return Finding(code=code, severity=severity, message=message, count=int(sizes.sum()), examples=shown)


def odd_ones(code: str, subject: str, kinds: pd.Series, items: pd.DataFrame) -> Iterator[Finding]:
    """A finding when not all `kinds` (position -> script or language) are the same; a warning from 5 % on."""
    counts = kinds.value_counts()
    if len(counts) < 2:
        return
    others = ", ".join(f"{kind} ({count:,})" for kind, count in counts.iloc[1:6].items())
    odd = pd.Series(items.index.isin(kinds.index[kinds != counts.index[0]]), index=items.index)
    severity = Severity.WARNING if odd.sum() >= _MANY * len(kinds) else Severity.INFO
    message = f"{subject} in {counts.index[0]} ({counts.iloc[0]:,}), others in {others}."
    yield from about_items(code, severity, message, items, odd)


def plural(count: int, one: str, many: str) -> str:
    """The count and the words that go with it, e.g. "1 text is", "1,200 texts are"."""
    return f"{count:,} {one if count == 1 else many}"


def named(labels: Sequence[str]) -> str:
    """The first five labels, shortened and in quotes, and how many more there are."""
    more = f" and {len(labels) - _EXAMPLES:,} more" if len(labels) > _EXAMPLES else ""
    return ", ".join(f"“{shorten(label)}”" for label in labels[:_EXAMPLES]) + more


def shorten(text: str) -> str:
    """The text in one line of at most 80 characters."""
    line = " ".join(text[: 4 * _EXAMPLE_LENGTH].split())
    return line if len(line) <= _EXAMPLE_LENGTH else line[: _EXAMPLE_LENGTH - 1] + "…"


def _example(items: pd.DataFrame, position: int) -> str:
    """An item as its row in the file and its shortened text, or as the picture's name."""
    item = items.iloc[position]
    if "text" not in items:
        return f"{item['part']} {shorten(item['name'])}".strip()
    return f'{item["part"]} row {item["line"]}: "{shorten(item["text"])}"'.strip()
