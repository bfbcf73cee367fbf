"""Columns of text a block at a time give what a loop over the texts gives."""

import hashlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.data import strings
from tlcore.data.cures import empty_texts
from tlcore.data.duplicates import find_copies
from tlcore.data.items import complete_items, content_hash
from tlcore.data.languages import script_of, scripts_of

TEXTS = ["one", "", "zwölf  Boxkämpfer", "良い", " \u3000", "😀", "a\x1cb", "a b"]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    monkeypatch.setattr(strings, "_BLOCK_ROWS", 3)


def column():
    """The texts in two pieces of memory."""
    halves = [pd.Series(TEXTS[:5], dtype="str"), pd.Series(TEXTS[5:], dtype="str")]
    return pd.concat(halves, ignore_index=True)


def test_texts_come_in_the_order_asked_for_from_all_pieces():
    positions = np.array([7, 0, 5, 4, 0])
    assert strings.taken(column(), positions) == [TEXTS[position] for position in positions]
    assert strings.taken(TEXTS, positions) == strings.taken(column(), positions)


def test_lengths_are_in_characters():
    assert strings.lengths(column()).tolist() == list(map(len, TEXTS))


def test_the_hash_of_the_content_is_that_of_lengths_and_texts_end_to_end():
    items, _ = complete_items(pd.DataFrame({"text": column(), "label": "a"}))
    digest = hashlib.sha256(f"text\nclassification\n{len(TEXTS)}\n".encode())
    for values in (TEXTS, ["a"] * len(TEXTS), [""] * len(TEXTS), [""] * len(TEXTS)):
        digest.update(",".join(str(len(value)) for value in values).encode() + "".join(values).encode())
    assert content_hash(items, "text", "classification") == digest.hexdigest()


@given(
    st.lists(
        st.text(alphabet=st.sampled_from("aB .\t\n\x1c\x85\xa0\u1680\u2005\u2028\u202f\u3000\u200bя良"), max_size=6),
        max_size=12,
    )
)
def test_a_column_is_judged_as_its_texts_are(texts):
    series = pd.Series(texts, dtype="str")
    spaced = [" ".join(text.split()) for text in texts]
    firsts = [spaced.index(text) if text else at for at, text in enumerate(spaced)]
    assert find_copies(series).exact.tolist() == firsts
    assert find_copies(series).near.tolist() == find_copies(texts).near.tolist()
    assert scripts_of(series).tolist() == [script_of(text) for text in texts]
    hidden = [not any(char.isprintable() and not char.isspace() for char in text) for text in texts]
    assert empty_texts(pd.DataFrame({"text": series})).tolist() == hidden


def test_texts_that_differ_only_where_no_fingerprint_looks_are_no_copies():
    near_twins = ["x" * 1_000, "x" * 30 + "y" + "x" * 969, "x" * 1_000, "x" * 999]
    prints = strings.fingerprints(pa.array(near_twins)).tolist()
    assert prints[0] == prints[1] == prints[2] != prints[3], "the texts must look alike at first"
    assert find_copies(pd.Series(near_twins, dtype="str")).exact.tolist() == [0, 1, 0, 3]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_fingerprint_is_the_same_wherever_the_text_lies(kind):
    texts = ["", "a", "ab", "seven b", "eight by", "a" * 9, "良い" * 20, ""]
    whole = strings.fingerprints(pa.array(texts, kind))
    alone = [strings.fingerprints(pa.array([text], kind))[0] for text in texts]
    assert whole.tolist() == alone
    assert strings.fingerprints(pa.array(texts, kind)[3:6]).tolist() == alone[3:6]
    assert len(set(alone)) == len(set(texts))


@pytest.mark.parametrize(
    "text", ["été", "1 ª", "ё é", "œuvre łódź", "1, 2", "." * 30 + "a", "." * 200 + "a", "a" * 200 + "я", "яяa", "ﬁ", "aя"]
)
def test_the_script_of_a_column_is_that_of_each_text(text):
    assert scripts_of(pd.Series([text, "plain"], dtype="str")).tolist() == [script_of(text), "Latin"]
