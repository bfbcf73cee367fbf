"""Text encoders: a transformers folder as an `Encoder`."""

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from tlcore.encoders import quantised, tokens
from tlcore.encoders.backbone import RaggedInputs, TextBackbone, batches
from tlcore.encoders.base import Batch, FloatArray, IntArray, OnProgress, Weights, counted, texts_in
from tlcore.encoders.blocks import end_to_end
from tlcore.encoders.calibration import CALIBRATION, PROBE
from tlcore.encoders.families import Architecture, read_json, weight_files
from tlcore.errors import EncoderError
from tlcore.files import sha256_of
from tlcore.records import EncoderCard, Item
from tlcore.runtime import Precision, computes, device, encoding_precision, side_by_side

Pooling = Literal["mean", "cls"]
_POOLING_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean over the square root of the length",
    "pooling_mode_weightedmean_tokens": "weighted mean",
    "pooling_mode_lasttoken": "last token",
}
"""How sentence-transformers wrote down the way of pooling before its version 6."""
_ALGORITHM = "1"
"""Part of every fingerprint; raise it when features come out differently for the same weights."""


class TextEncoder:
    """An `Encoder` over a folder in the layout of transformers or sentence-transformers.

    Features are the mean over a text's tokens (or its first token, where the folder says so), scaled to length 1. Loading
    reads only the folder and draws no random numbers; afterwards an encoder never changes, so threads may share it.
    Raises EncoderError when the folder is incomplete or of an unknown kind, and when weights that do not fit are loaded.
    """

    def __init__(self, folder: Path, card: EncoderCard, arithmetic: Precision | None = None) -> None:
        self.card = card
        self.precision = arithmetic or encoding_precision(card.agreement)
        self._folder = folder
        self._architecture = Architecture(folder)
        self._pooling = _pooling(folder)
        longest = _longest(self._architecture)
        self._limit = min(card.max_length or longest, longest)

    @cached_property
    def content(self) -> str:
        """SHA-256 in hex over everything in the folder that shapes features."""
        files = (self._folder / "config.json", self._folder / "tokenizer.json", *weight_files(self._folder))
        return _digest(self._pooling, *map(sha256_of, files))

    @cached_property
    def fingerprint(self) -> str:
        """Hash of weights, preprocessing and precision: equal fingerprints give equal features."""
        return self.fingerprint_in(self.precision.name)

    def fingerprint_in(self, precision: str) -> str:
        """The fingerprint this encoder would have in one of `PRECISIONS`: tells other weights from another arithmetic."""
        arithmetic = quantised.VERSION if precision == "int8" else precision
        return _digest(_ALGORITHM, self.content, str(self._limit), arithmetic)

    @cached_property
    def _frozen(self) -> Callable[[Batch], Tensor]:
        """The network that encodes, read when it is first needed: what the feature store holds needs none."""
        with torch.inference_mode(False):  # weights made in inference mode would be of no use outside it
            network = self.network("pretrained").to(device(), self.precision.dtype).eval().requires_grad_(False)
            return quantised.QuantisedBackbone(network, self.prepare(CALIBRATION)) if self.precision.name == "int8" else network

    def load(self) -> None:
        """See `Encoder.load`."""
        _ = self._frozen

    def encode(self, items: Sequence[Item], on_progress: OnProgress | None = None) -> FloatArray:
        """Features `(n, d)` float32 of length 1, in the order given.

        On a CPU a text's features are the same to the last bit whatever else is in `items`; on a GPU the same list gives
        the same features, and another list may change the last digits (about 1e-3 in bf16, 1e-6 in fp32).
        """
        inputs = self.prepare(items)
        features = np.empty((len(inputs), self.card.dim), dtype=np.float32)
        self.load()
        parts = end_to_end(inputs) if self.precision.name == "int8" else batches(inputs, device())
        for rows, found in counted(side_by_side(self._features, parts), len(inputs), on_progress):
            features[rows] = found
        return features

    @torch.inference_mode()
    def _features(self, part: tuple[IntArray, Batch]) -> tuple[IntArray, FloatArray]:
        """Rows and their features."""
        rows, batch = part
        return rows, self._frozen(batch)[: len(rows)].cpu().numpy()

    def prepare(
        self, items: Sequence[Item], max_length: int | None = None, on_progress: OnProgress | None = None
    ) -> RaggedInputs:
        """Tokens of each text, cut to `max_length` if that is below the encoder's own limit; too quick to report progress."""
        ids, lengths = tokens.token_ids(self._folder, texts_in(items), min(max_length or self._limit, self._limit))
        return RaggedInputs("ids", torch.from_numpy(ids), lengths)

    def network(self, weights: Weights, seed: int = 0) -> TextBackbone:
        """A fresh copy to train (on the CPU, fp32): pre-trained, or the same architecture with random weights from `seed`."""
        architecture = self._architecture
        network = architecture.random(seed) if weights == "random" else architecture.pretrained()
        return TextBackbone(network, architecture.family, self._pooling)

    def agreement(self) -> float | None:
        """Mean cosine of its features in 8-bit products with those in fp32; None where it or the machine has none of them."""
        if not (self._architecture.quantises and computes("int8")):
            return None
        there, here = (TextEncoder(self._folder, self.card, Precision(name, "compared")) for name in ("fp32", "int8"))
        return float((there.encode(PROBE) * here.encode(PROBE)).sum(axis=1).mean())

    def trial(self) -> FloatArray:
        """Features `(1, d)` of a short text, to see that it works."""
        return self.encode(["A short text."])

    def spelling(self, texts: Sequence[str]) -> tokens.Spelling:
        """How the encoder's vocabulary spells these texts."""
        return tokens.spelling(self._folder, texts)

    def count_tokens(self, texts: Sequence[str]) -> IntArray:
        """`(n,)` tokens of each text, special tokens included, before anything is cut."""
        return tokens.count_tokens(self._folder, texts)


def card_of(folder: Path, encoder_id: str, name: str | None = None) -> EncoderCard:
    """What a folder says about its encoder. Raises EncoderError when it holds none that we can use."""
    architecture = Architecture(folder)
    config = architecture.config
    return EncoderCard(
        id=encoder_id,
        name=name or encoder_id,
        modality="text",
        dim=config.hidden_size,
        blocks=tuple(f"block {number}" for number in range(1, config.num_hidden_layers + 1)),
        max_length=_longest(architecture),
        licence="unknown",
        about=f"Added to this workspace: {config.num_hidden_layers} blocks, {config.hidden_size} wide.",
    )


def _longest(architecture: Architecture) -> int:
    """Most tokens a text may have: what the network has positions for, less if the folder says so."""
    stated = architecture.folder / "sentence_bert_config.json"
    own = read_json(stated).get("max_seq_length") if stated.is_file() else None
    return min(architecture.positions, int(own)) if own else architecture.positions


def _pooling(folder: Path) -> Pooling:
    """How the folder wants tokens pooled; "mean" when it does not say.

    Raises EncoderError when it wants what we do not do.
    """
    if next(folder.glob("*_Dense"), None):
        raise EncoderError(f"The encoder in {folder} ends in a dense layer, which is not supported. Choose another encoder.")
    stated = next(folder.glob("*_Pooling/config.json"), None)
    facts = read_json(stated) if stated else {}
    modes = [name for key, name in _POOLING_FLAGS.items() if facts.get(key)] or [facts.get("pooling_mode", "mean")]
    if modes == ["mean"]:
        return "mean"
    if modes == ["cls"]:
        return "cls"
    raise EncoderError(f"The encoder in {folder} pools by {modes}; only mean and cls are supported. Choose another encoder.")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
