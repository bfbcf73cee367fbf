"""Files and datasets small enough to read in moments, some of them made to hurt."""

import pandas as pd

from tlcore.data.store import DatasetDraft, DatasetStore
from tlcore.records import DatasetCard, DatasetSource
from tlcore.settings import Workspace

ANIMALS = ("otter", "heron", "badger", "lynx", "falcon", "marten", "vole", "osprey", "stoat", "plover", "weasel", "curlew")

HOSTILE = "![x](https://evil.example/x.png) <script>alert(1)</script> $x$ :red[x] [y](https://evil.example) **b** `c` # h"
"""Becomes an image of another machine, a script, a formula, colour, a link… wherever it is taken for Markdown or HTML."""
HOSTILE_LABELS = ("<b>up</b> ![x](https://evil.example/u.png)", ":red[down] $d$", "[side](javascript:alert(1)) <img src=x>")


def a_text(number: int) -> str:
    """A text like no other."""
    return f"{ANIMALS[number % 12]} {number * 7919:x} by the {number * 104729:x} river"


def csv_of(rows: int = 40, labels: tuple[str, ...] = ("pos", "neg"), header: str = "review,opinion") -> bytes:
    """A sound CSV file."""
    lines = [f"{a_text(number)},{labels[number % len(labels)]}" for number in range(rows)]
    return "\n".join([header, *lines, ""]).encode()


def store_dataset(
    workspace: Workspace, texts: list[str], labels: list[str], name: str = "toys", file_name: str = "toys.csv"
) -> DatasetCard:
    """A dataset of these texts."""
    source = DatasetSource(file_name=file_name, sha256="0" * 64, rows_read=len(texts), text_column="text", label_column="label")
    draft = DatasetDraft(name=name, task="classification", source=source)
    return DatasetStore(workspace).add(pd.DataFrame({"text": texts, "label": labels}), draft)


def store_numbered(workspace: Workspace, name: str = "toys", rows: int = 40, start: int = 0) -> DatasetCard:
    """A sound dataset."""
    numbers = range(start, start + rows)
    return store_dataset(workspace, [a_text(number) for number in numbers], ["ab"[number % 2] for number in numbers], name)
