"""Scripts and languages that texts are written in, as far as they can honestly be told apart."""

import threading
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tlcore.data.strings import by_block

_LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
"""Letters whose Unicode names begin with LATIN: not all, but those of most languages."""
_LOOKED_AT = 200
"""Characters of a text that decide on its script."""
_SOON = 20
_ALL_LATIN = rf"\A\P{{L}}*[{_LATIN}](?:\P{{L}}|[{_LATIN}])*\z"
_LONG_ENOUGH = 60
"""Characters below which a text's language is not guessed."""
_SURE = 0.99
_SAMPLE = 1_000
_READING = threading.Lock()

_ONE_SCRIPT = {"CJK": "Chinese or Japanese", "HIRAGANA": "Chinese or Japanese", "KATAKANA": "Chinese or Japanese"}
_NAMES = {
    "ar": "Arabic", "de": "German", "en": "English", "es": "Spanish", "fr": "French", "hi": "Hindi", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "sv": "Swedish",
    "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip


def script_of(text: str) -> str:
    """The script most of a text's first letters are written in, e.g. "Latin"; "" when it has no letters."""
    start = text[:_LOOKED_AT]
    if start.isascii():
        return "Latin" if any(char.isalpha() for char in start) else ""
    counts = Counter(script for char in start if (script := _script(char)))
    return counts.most_common(1)[0][0] if counts else ""


def scripts_of(column: pd.Series) -> pd.Series:
    """`script_of` of every text of a column, index as in the column."""
    return pd.Series(by_block(column, _scripts), index=column.index, dtype="object")


def _scripts(block: pa.Array) -> npt.NDArray[np.object_]:
    """`script_of` of the texts of a block."""
    found = np.full(len(block), "Latin", dtype=object)
    # Most texts of most datasets are ASCII with a letter soon, or have no letters but Latin ones.
    known = pc.and_(pc.string_is_ascii(block), pc.match_substring_regex(pc.utf8_slice_codeunits(block, 0, _SOON), "[A-Za-z]"))
    open_ones = np.flatnonzero(pc.invert(known))
    start = pc.utf8_slice_codeunits(block.take(pa.array(open_ones)), 0, _LOOKED_AT)
    other = np.flatnonzero(pc.invert(pc.match_substring_regex(start, _ALL_LATIN)))
    found[open_ones[other]] = [script_of(text) for text in start.take(pa.array(other)).to_pylist()]
    return found


def languages_of(texts: Sequence[str]) -> dict[int, str]:
    """Position -> language, for up to 1,000 longer texts spread evenly; only where the guess is surer than 99 %.

    Uses py3langid (97 languages and more; BSD), which is dependable on a sentence and not on a few words: on 10,000 English
    texts of 60 characters or more it was never both sure and wrong.
    """
    long = longer_ones(np.fromiter(map(len, texts), np.int64, len(texts))).tolist()
    guesses = {position: identifier().classify(texts[position]) for position in long}
    return {position: _NAMES.get(code, f"language {code}") for position, (code, sure) in guesses.items() if sure > _SURE}


def longer_ones(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Positions of up to 1,000 texts that are long enough to tell their language, spread evenly, by their characters `(n,)`."""
    long = np.flatnonzero(lengths >= _LONG_ENOUGH)
    return long[:: max(1, len(long) // _SAMPLE)][:_SAMPLE]


def identifier() -> Any:
    """The identifier of languages, read once (about 0.4 s), also where two threads ask for it."""
    with _READING:
        return _read_identifier()


@lru_cache(maxsize=1)
def _read_identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    """A letter's script as the first word of its Unicode name; "" for what is no letter."""
    if not char.isalpha():
        return ""
    word = unicodedata.name(char, "").split(" ")[0]
    return _ONE_SCRIPT.get(word, word.capitalize())
