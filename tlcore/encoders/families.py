"""The families of transformers networks that can be cut into blocks, and how one is read from a folder.

Weights come from safetensors only, and code from the transformers library only: what a folder brings is never executed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tlcore.errors import EncoderError
from tlcore.runtime import seeded


@dataclass(frozen=True)
class Family:
    """Where a family keeps its parts."""

    network: str
    """Its class in transformers."""
    blocks: str = "encoder.layer"
    """Path of the list of blocks."""
    reserved: int = 0
    """Positions that are never used: RoBERTa counts from behind its padding id."""
    position_bias: str = ""
    """Path of the module that biases attention by distance, if there is one."""
    as_bert: bool = False
    """True when its blocks are built as BERT's, which `encoders.blocks` and `encoders.quantised` compute in their own ways."""


FAMILIES: dict[str, Family] = {
    "bert": Family("BertModel", as_bert=True),
    "roberta": Family("RobertaModel", reserved=2, as_bert=True),
    "xlm-roberta": Family("XLMRobertaModel", reserved=2, as_bert=True),
    "distilbert": Family("DistilBertModel", blocks="transformer.layer"),
    "mpnet": Family("MPNetModel", reserved=2, position_bias="encoder"),
}


class Architecture:
    """The network a folder's `config.json` describes, without weights.

    Raises EncoderError when the folder describes none, or one of a family that is not in `FAMILIES`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        facts = read_config(folder)
        self.family = FAMILIES[kind_of(facts, folder, FAMILIES)]
        self._facts = {**facts, "is_decoder": False, "add_cross_attention": False}

    @property
    def positions(self) -> int:
        """Tokens that the network has positions for."""
        stated = self._facts.get("max_position_embeddings") or self.config.max_position_embeddings
        return int(stated) - self.family.reserved

    @property
    def quantises(self) -> bool:
        """True when its blocks can be computed in 8 bits."""
        return self.family.as_bert and self._facts.get("hidden_act", "gelu") == "gelu"

    @property
    def _network(self) -> Any:
        """Its class. Importing transformers takes seconds, so it waits until a network is built."""
        import transformers

        return getattr(transformers, self.family.network)

    @property
    def config(self) -> Any:
        """A fresh transformers config.

        Attention in plain matrix products: on a CPU in bf16 that trains 1.1-1.4 times faster than torch's fused one, and
        encodes as fast.
        """
        return self._network.config_class.from_dict(self._facts, attn_implementation="eager")

    def random(self, seed: int) -> Any:
        """The network with the random weights that transformers would start a pre-training from."""
        with seeded(seed):
            return self._network(self.config)

    def pretrained(self) -> Any:
        """The network with the folder's weights in fp32. Draws no random numbers.

        Raises EncoderError when the weights are missing, damaged, or do not fit the network.
        """
        with torch.device("meta"):
            network = self._network(self.config)
        weights = _read_weights(self.folder, prefix=f"{network.base_model_prefix}.")
        try:
            missing = network.load_state_dict(weights, strict=False, assign=True).missing_keys
        except RuntimeError as error:
            raise EncoderError(f"The weights in {self.folder} do not fit its config.json. Get a fresh copy.") from error
        # The pooler is no part of a backbone.
        check_complete(self.folder, [name for name in missing if not name.startswith("pooler.")])
        _fill_buffers(network)
        return network


def check_complete(folder: Path, lacking: Sequence[str]) -> None:
    """Raise EncoderError when a folder's weights lack some that its network needs."""
    if lacking:
        raise EncoderError(f"The weights in {folder} lack {lacking[0]} and {len(lacking) - 1} more. Get a fresh copy.")


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a folder, in order of name. Raises EncoderError when there is none."""
    files = tuple(sorted(folder.glob("model*.safetensors")))
    if not files:
        raise EncoderError(f"{folder} has no model.safetensors. Weights of other kinds can hide code and are never read.")
    return files


def read_config(folder: Path) -> dict[str, Any]:
    """A folder's `config.json`. Raises EncoderError when there is none, or it asks for code of its own."""
    facts = read_json(folder / "config.json")
    if "auto_map" in facts:
        raise EncoderError(f"The encoder in {folder} needs code of its own, which is never run. Choose another encoder.")
    return facts


def kind_of(facts: Mapping[str, Any], folder: Path, known: Iterable[str]) -> str:
    """The family that a folder's `config.json` names. Raises EncoderError, listing `known`, when it is none of them."""
    kind, kinds = str(facts.get("model_type")), tuple(known)
    if kind not in kinds:
        raise EncoderError(f'{folder} holds a network of the kind "{kind}". Known kinds: {", ".join(kinds)}.')
    return kind


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises EncoderError when the file is missing or holds none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(f"{path} cannot be read as JSON ({error}). Get a fresh copy of the encoder.") from error
    if not isinstance(content, dict):
        raise EncoderError(f"{path} holds no settings. Get a fresh copy of the encoder.")
    return content


def _read_weights(folder: Path, prefix: str) -> dict[str, Tensor]:
    """All weights in fp32, under the names the bare network gives them.

    Copied, because what safetensors returns is a view of the file, which may be replaced while we train.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    weights: dict[str, Tensor] = {}
    for path in weight_files(folder):
        try:
            weights |= load_file(path)
        except (SafetensorError, OSError) as error:
            raise EncoderError(f"{path} is damaged ({error}). Get a fresh copy of the encoder.") from error
    return {_modern(name.removeprefix(prefix)): weight.to(torch.float32, copy=True) for name, weight in weights.items()}


def _modern(name: str) -> str:
    """Checkpoints converted from TensorFlow call the two parts of a layer norm gamma and beta."""
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


def _fill_buffers(network: nn.Module) -> None:
    """Give the buffers that no checkpoint holds their values: positions count up, token types are all zero."""
    for name, buffer in list(network.named_buffers()):
        if buffer.is_meta:
            owner, _, leaf = name.rpartition(".")
            filled = (
                torch.arange(buffer.shape[-1]).expand(buffer.shape) if leaf == "position_ids" else torch.zeros(buffer.shape)
            )
            network.get_submodule(owner).register_buffer(leaf, filled.long(), persistent=False)
