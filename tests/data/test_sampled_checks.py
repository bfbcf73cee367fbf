"""Checks of very many texts that look at a sample, and say so."""

import numpy as np

from tests.data.test_checks import find, rows
from tlcore.records import Severity


def test_near_copies_among_a_sample_say_how_many_texts_were_looked_at(monkeypatch):
    frame = rows()
    frame.loc[1, "text"] = frame.loc[0, "text"].upper()
    monkeypatch.setattr("tlcore.data.duplicates.MAX_CHARACTERS", 300)
    finding = find(frame, "near_duplicates")
    looked_at = find(frame, "near_duplicates_limited").message.split("looked at ")[1].split(" ")[0]
    assert f"found among the {looked_at} of 40 texts looked at" in finding.message


def test_of_very_many_longer_texts_a_sample_is_counted_and_said_to_be_one(monkeypatch):
    monkeypatch.setattr("tlcore.data.checks.MOST_COUNTED", 10)
    frame = rows().assign(text=lambda table: table["text"] * 20)
    finding = find(frame, "long_texts", count_tokens=lambda texts: np.full(len(texts), 999))
    assert (finding.count, finding.severity) == (10, Severity.WARNING)
    assert finding.message.startswith("Among 10 of 40 texts that may be so long, 10 texts are longer than")
