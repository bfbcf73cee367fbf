"""A CSV file of very many rows to import: made up, with exact copies, contradictions, empty texts and missing labels in it."""

import csv
import re
from pathlib import Path

import numpy as np

from tlcore.data.samples import SAMPLES

LABELS = ("delivery", "invoice", "product", "returns", "other")
_WORDS_A_ROW, _AT_A_TIME = 34, 20_000


def write_rows(target: Path, count: int) -> None:
    """`count` rows of some 200 characters, words of the sample reviews in any order, as UTF-8; the same every time.

    One row in 100 is an exact copy of the row before, one in 500 the same text with another label, one in 1,000 has an
    empty text and one in 1,000 no label.
    """
    rng = np.random.default_rng(0)
    words = np.array(re.findall(r"[a-z]+", SAMPLES["reviews"].path.read_text(encoding="utf-8").lower()), dtype=object)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", "text", "label"))
        before = ("", "")
        for first in range(0, count, _AT_A_TIME):
            chosen = words[rng.integers(0, len(words), (min(_AT_A_TIME, count - first), _WORDS_A_ROW))]
            labels = rng.integers(0, len(LABELS), len(chosen))
            for place, (row, label) in enumerate(zip(chosen, labels, strict=True), first + 1):
                before = _row(place, " ".join(row) + ", it says.", int(label), before)
                writer.writerow((place, *before))


def _row(place: int, text: str, label: int, before: tuple[str, str]) -> tuple[str, str]:
    """Text and label of a row; some are made from the one before."""
    if place % 1000 == 999:
        return "  ", LABELS[label]
    if place % 1000 == 998:
        return text, ""
    if place % 500 == 250:
        return before[0], LABELS[(LABELS.index(before[1]) + 1) % len(LABELS)]
    if place % 100 == 50:
        return before
    return text, LABELS[label]
