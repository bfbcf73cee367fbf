"""How near items are to what an encoder learned from, by its vocabulary or by the statistics of its pictures.

Texts: how many pieces the vocabulary makes of a word ("fertility": Rust et al. 2021, "How Good is Your Tokenizer?"), and how
many it does not know at all. Pictures: brightness and contrast against ImageNet's channel means and standard deviations, which
every image encoder of the catalogue learned from, and whether there is colour. What sets the limits is in docs/verdict.md.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from tlcore.data.languages import script_of
from tlcore.encoders.base import Encoder, pictures_in, texts_in
from tlcore.encoders.pixels import View, decode
from tlcore.evaluation.alarm_records import Familiarity
from tlcore.records import Item

if TYPE_CHECKING:
    from tlcore.encoders.text import TextEncoder

_LOOKED_AT = 500
_SIDE = 64
_MEANS, _SPREADS = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
"""ImageNet's, red, green and blue in 0-1, as published with every network trained on it."""
_PIECES = 1.5
"""Pieces a word from which a vocabulary is foreign: ten English sets took 1.0 to 1.1, German 1.9, Finnish 2.7."""
_UNKNOWN = 0.05
_SHIFT = 1.0
"""Standard deviations that the mean colour may lie off."""
_CONTRASTS = (0.5, 1.6)
"""Times ImageNet's contrast that is still usual."""
_GREY = 0.02
"""Mean distance of the channels from each other, 0-1, below which a picture counts as grey."""
_UNSPACED = {"Chinese or Japanese", "Thai", "Lao", "Khmer", "Myanmar"}
"""Scripts without spaces: what a word is there depends on who splits it, so only unknown pieces count."""


def familiarity(encoder: Encoder, items: Sequence[Item]) -> Familiarity:
    """How near items are to what the encoder learned from; looks at 500 of them, spread evenly. Draws no random numbers."""
    shown = [items[row] for row in np.linspace(0, len(items) - 1, min(_LOOKED_AT, len(items)), dtype=int)]
    reasons = _of_texts(encoder, shown) if encoder.card.modality == "text" else _of_pictures(shown)
    return Familiarity(encoder=encoder.card.id, looked_at=len(shown), strange=tuple(reasons))


def _of_texts(encoder: Encoder, items: Sequence[Item]) -> list[str]:
    """What is foreign about texts, one clause each."""
    texts = texts_in(items)
    reader = cast("TextEncoder", encoder)
    spaced = reader.spelling([text for text in texts if script_of(text) not in _UNSPACED])
    unspaced = reader.spelling([text for text in texts if script_of(text) in _UNSPACED])
    pieces, unknown = spaced.pieces + unspaced.pieces, spaced.unknown + unspaced.unknown
    reasons = []
    if pieces and unknown / pieces > _UNKNOWN:
        reasons.append(f"it does not know {100 * unknown / pieces:.0f} % of what they are written with")
    if spaced.words and spaced.pieces / spaced.words > _PIECES:
        each = spaced.pieces / spaced.words
        reasons.append(f"it has to spell their words in {each:.1f} pieces each, where {_PIECES:g} are the limit of the usual")
    return reasons


def _of_pictures(items: Sequence[Item]) -> list[str]:
    """What is foreign about pictures, one clause each."""
    pixels = decode(pictures_in(items), View(_SIDE)).reshape(len(items), -1, 3) / np.float32(255)
    shift = float(((pixels.mean(axis=(0, 1)) - _MEANS) / _SPREADS).mean())
    contrast = float((pixels.std(axis=1).mean(axis=0) / _SPREADS).mean())
    reasons = []
    if abs(shift) > _SHIFT:
        reasons.append(f"they are much {'brighter' if shift > 0 else 'darker'} than the photographs it learned from")
    if not _CONTRASTS[0] <= contrast <= _CONTRASTS[1]:
        reasons.append(f"their contrast is {contrast:.1f} times that of the photographs it learned from")
    if _grey(pixels).mean() > 0.5:
        reasons.append("most of them are grey, and it learned from colour")
    return reasons


def _grey(pixels: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.bool_]:
    """`(n,)` which pictures `(n, pixels, 3)` have no colour."""
    return (pixels.max(axis=2) - pixels.min(axis=2)).mean(axis=1) < _GREY
