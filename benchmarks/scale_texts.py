"""Made-up labelled texts of realistic length, as many as are wanted: most are short, one in a hundred is long."""

import re
from collections.abc import Sequence

import numpy as np

from tlcore.data.samples import SAMPLES

LONG_WORDS = 170
"""Words of a long text: some 200 tokens."""
_SHORT_WORDS = 11.5
"""Mean words of the others; with the long ones a text has about 20 tokens in the mean."""
_LONG_SHARE, _RARE_SHARE, _CLASS_SHARE = 0.01, 0.03, 0.1
_RARE_WORDS = 50_000
_SYLLABLES = [f"{start}{end}" for start in "bcdfghklmnprst" for end in ("arn", "el", "ive", "ond", "ust", "im", "o")]


def labelled_texts(count: int, classes: int = 4) -> tuple[list[str], list[int]]:
    """`count` texts and the class of each, the same every time; no two texts are alike.

    Words are those of the sample reviews, as often as there; 3 % are made up, of which there are 50,000, so that the
    vocabulary grows with the texts; 10 % come from the part of the vocabulary that belongs to the text's class.
    """
    rng = np.random.default_rng(count)
    words = np.array(re.findall(r"[a-z]+", SAMPLES["reviews"].path.read_text(encoding="utf-8").lower()), dtype=object)
    lengths = np.where(
        rng.random(count) < _LONG_SHARE, LONG_WORDS, 3 + rng.poisson(rng.gamma(2, (_SHORT_WORDS - 3) / 2, count))
    )
    labels = rng.integers(0, classes, count)
    total = int(lengths.sum())
    drawn = words[rng.integers(0, len(words), total)]
    rare = np.flatnonzero(rng.random(total) < _RARE_SHARE)
    drawn[rare] = _rare_words(rng)[rng.integers(0, _RARE_WORDS, len(rare))]
    own = np.flatnonzero(rng.random(total) < _CLASS_SHARE)
    vocabulary = np.unique(words)
    place = rng.integers(0, len(vocabulary) // classes, len(own)) * classes
    drawn[own] = vocabulary[place + np.repeat(labels, lengths)[own]]
    return _joined(drawn, lengths), labels.tolist()


def _rare_words(rng: np.random.Generator) -> np.ndarray:
    """Words of three syllables."""
    return np.array(["".join(parts) for parts in rng.choice(_SYLLABLES, (_RARE_WORDS, 3))], dtype=object)


def _joined(words: np.ndarray, lengths: Sequence[int] | np.ndarray) -> list[str]:
    """Texts of so many words each, with a number in every one."""
    ends = np.cumsum(lengths)
    spans = zip((ends - lengths).tolist(), ends.tolist(), strict=True)
    return [f"{' '.join(words[start:end])} {number}" for number, (start, end) in enumerate(spans)]
