"""Which texts a model can judge, and which of its judgements deserve a second look. Imports no torch."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_LOOKED_AT = 1_000  # characters of a text: enough to tell its script, and bounded for very long cells
_RARE = 0.01


def unfit(item: object) -> str:
    """Why there is nothing to judge ("no text", "the text is blank"); "" when there is."""
    if not isinstance(item, str):
        return "no text"
    blank = all(unicodedata.category(character)[0] in "ZC" for character in item)
    return "the text is blank" if blank else ""


def readable(item: str) -> str:
    """The text with broken surrogates, which no tokenizer can read, replaced by the sign for "unreadable"."""
    return item if item.isascii() else item.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def caution(item: str, scripts: tuple[str, ...]) -> str:
    """A sentence when a text is written in a script that the training texts were not; "" otherwise."""
    script = _main_script(item) if scripts else None
    if script is None or script in scripts:
        return ""
    return f"written in {script.capitalize()} script, which the model has not learnt from"


def writing_systems(texts: Iterable[str]) -> tuple[str, ...]:
    """Scripts that at least 1 % of the texts are mainly written in, the most frequent first, e.g. `LATIN`, `CYRILLIC`."""
    counts = Counter(script for text in texts if (script := _main_script(text)))
    return tuple(script for script, count in counts.most_common() if count >= _RARE * counts.total())


def _main_script(text: str) -> str | None:
    """The script most letters of a text's beginning belong to; None without letters."""
    letters = Counter(script for character in text[:_LOOKED_AT] if (script := _script(character)))
    return letters.most_common(1)[0][0] if letters else None


@lru_cache(maxsize=10_000)
def _script(character: str) -> str | None:
    """The script of a letter: the first word of its Unicode name; kana and Han count as one, as Japanese mixes them."""
    if not character.isalpha():
        return None
    name = unicodedata.name(unicodedata.normalize("NFKC", character)[0], "").partition(" ")[0]
    return "CJK" if name in ("HIRAGANA", "KATAKANA") else name or None
