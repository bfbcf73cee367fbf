"""Texts → token ids with the `tokenizers` library alone: no torch, so that importing a dataset can count tokens cheaply."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.errors import EncoderError

TokenIds = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
_CHUNK_TEXTS = 2048
_CHUNK_CHARACTERS = 2_000_000


def count_tokens(folder: Path, texts: Sequence[str]) -> Counts:
    """`(n,)` tokens of each text, special tokens included, before anything is cut.

    Raises EncoderError when the folder has no readable `tokenizer.json`.
    """
    return _ragged(_tokenizer(folder, None), texts)[1]


def token_ids(folder: Path, texts: Sequence[str], limit: int) -> tuple[TokenIds, Counts]:
    """Token ids of all texts end to end, and how many each has: at most `limit`, special tokens included.

    Raises EncoderError when the folder has no readable `tokenizer.json`.
    """
    return _ragged(_tokenizer(folder, limit), texts)


@dataclass(frozen=True)
class Spelling:
    """How a vocabulary spells texts."""

    words: int
    pieces: int
    """Tokens that the words are made of, without those that only mark a text's ends."""
    unknown: int
    """Of these, how many stand for "not in the vocabulary"."""


def spelling(folder: Path, texts: Sequence[str]) -> Spelling:
    """Words as the tokenizer splits them, and the pieces it makes of them. Raises EncoderError as `count_tokens`."""
    tokenizer = _tokenizer(folder, None)
    no_such_word = getattr(tokenizer.model, "unk_token", None)
    words = pieces = unknown = 0
    for encoding in tokenizer.encode_batch([_encodable(text) for text in texts]):
        of_words = [(word, token) for word, token in zip(encoding.word_ids, encoding.tokens, strict=True) if word is not None]
        words += len({word for word, _ in of_words})
        pieces += len(of_words)
        unknown += sum(token == no_such_word for _, token in of_words)
    return Spelling(words, pieces, unknown)


@lru_cache(maxsize=16)
def _tokenizer(folder: Path, limit: int | None) -> Any:
    """A tokenizer that nobody changes afterwards, so threads may share it."""
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise EncoderError(f"{folder} has no tokenizer.json. Save the encoder's fast tokenizer there and try again.")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception for every kind of damage
        raise EncoderError(f"{path} is damaged or of an unknown kind ({error}). Get a fresh copy of the encoder.") from error
    if not tokenizer.encode("").ids:
        raise EncoderError(
            f"{path} marks no beginning of a text, so an empty text has nothing to encode. Choose another encoder."
        )
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if limit is not None:
        tokenizer.enable_truncation(limit)
    return tokenizer


def _ragged(tokenizer: Any, texts: Sequence[str]) -> tuple[TokenIds, Counts]:
    ids: list[TokenIds] = []
    counts: list[int] = []
    for chunk in _chunks(texts):
        rows = [encoding.ids for encoding in tokenizer.encode_batch_fast(chunk)]
        counts += map(len, rows)
        ids.append(np.fromiter(chain.from_iterable(rows), dtype=np.int32))
    return np.concatenate([np.empty(0, np.int32), *ids]), np.array(counts, dtype=np.int64)


def _chunks(texts: Sequence[str]) -> Iterator[list[str]]:
    """Runs of texts short enough for the tokenizer's own bookkeeping, about 25 bytes a character, to stay small."""
    chunk: list[str] = []
    characters = 0
    for text in texts:
        chunk.append(_encodable(text))
        characters += len(text)
        if len(chunk) == _CHUNK_TEXTS or characters > _CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _encodable(text: str) -> str:
    """The text with lone surrogates, which no encoding has and the tokenizer refuses, replaced by "?"."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
