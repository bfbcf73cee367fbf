"""Finished models as a declared folder or zip: safetensors + JSON + a README, never pickle. See docs/bundle-format.md."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from pydantic import ValidationError

from tlcore.errors import BundleError, ChoiceError, EncoderError, NotFoundError
from tlcore.files import atomic_path, write_bytes
from tlcore.models.archive import read_archive, shown, write_archive
from tlcore.models.card import ModelCard, readme
from tlcore.records import Record
from tlcore.runtime import PRECISIONS, Precision, computes
from tlcore.settings import Workspace
from tlcore.training.catalogue import strategy_card, strategy_class

if TYPE_CHECKING:
    from tlcore.encoders.base import Encoder
    from tlcore.models.model import Model
    from tlcore.training.strategies.base import State, Strategy

FORMAT: Final = "transfer-lab-model"
VERSION: Final = 1
MANIFEST, WEIGHTS, STATE, README = "bundle.json", "weights.safetensors", "state.json", "README.md"
FILES = (MANIFEST, WEIGHTS, STATE, README)
"""The whole layout: these files and no other."""
_SEAL = re.compile(rb'"sha256": "([0-9a-f]{64})"\n}\n\Z')
_MAX_MANIFEST = 1 << 24


class FileFact(Record):
    """What a bundle says about one of its files."""

    sha256: str
    bytes: int


class Manifest(Record):
    """The content of bundle.json."""

    format: Literal["transfer-lab-model"] = FORMAT
    version: Literal[1] = VERSION
    card: ModelCard
    files: dict[str, FileFact]
    sha256: str = ""
    """Of bundle.json itself with this value left empty; the last entry."""


def save_bundle(folder: Path, card: ModelCard, state: "State") -> None:
    """Write a finished model into `folder`, whole or not at all, replacing what is there."""
    from safetensors.numpy import save

    contents = {
        WEIGHTS: save(state.arrays),
        STATE: json.dumps(state.facts, allow_nan=False, ensure_ascii=False, indent=1).encode(),
        README: readme(card).encode(),
    }
    files = {name: FileFact(sha256=_digest(content), bytes=len(content)) for name, content in contents.items()}
    contents[MANIFEST] = _sealed(Manifest(card=card, files=files))
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".tmp"))
    try:
        for name, content in contents.items():
            write_bytes(temporary / name, content)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def zip_bundle(folder: Path, target: Path) -> ModelCard:
    """Pack a bundle's folder into the zip `target`, the same bundle into the same bytes, and return its card.

    Raises BundleError when the folder is no whole bundle.
    """
    card, _ = _read_checked(folder)
    with atomic_path(target) as temporary:
        write_archive(temporary, {name: folder / name for name in FILES})
    return card


def copy_bundle(path: Path, target: Path) -> ModelCard:
    """Copy a bundle's folder, or unpack its zip, into the folder `target`, which must be new or empty; returns its card.

    Raises BundleError when it is no whole bundle, ChoiceError when `target` holds anything.
    """
    card, contents = _read_checked(path)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise ChoiceError(f"{target} is there already. Name a new or empty folder, or a file that ends in .zip.")
    for name in reversed(FILES):  # bundle.json last: without it the folder is no bundle
        write_bytes(target / name, contents[name])
    return card


def read_card(path: Path | str) -> ModelCard:
    """The card of a bundle's folder or zip, every file checked. Imports no torch.

    Raises BundleError naming the file that is damaged, missing, undeclared or of another version.
    """
    return _read_checked(Path(path))[0]


def load_model(path: Path | str, workspace: Workspace | None = None) -> "Model":
    """The model in a bundle's folder or zip, with the encoder it needs from `workspace` (default: `TLCORE_HOME`).

    Raises BundleError naming the file that is damaged, missing, undeclared, unsafe or of another version, and EncoderError
    when the encoder is not on this machine or is not the one that the model was trained on.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    from tlcore.models.model import Model
    from tlcore.training.strategies.base import State

    path = Path(path)
    card, contents = _read_checked(path)
    try:
        state = State(arrays=load(contents[WEIGHTS]), facts=json.loads(contents[STATE]))
    except (SafetensorError, ValueError, RecursionError) as error:
        raise BundleError(f"{path.name}: {WEIGHTS} or {STATE} is not in the form it should be.") from error
    encoder = _encoder(card, workspace)
    try:
        strategy = strategy_class(card.strategy).restore(state, len(card.classes), encoder, card.settings)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise BundleError(f"{path.name}: {WEIGHTS} and {STATE} do not hold a model of strategy “{card.strategy}”.") from error
    return Model(card, strategy, tuple(_notes(card, strategy)))


def _notes(card: ModelCard, strategy: "Strategy") -> Iterator[str]:
    """What its user should know about a model on this machine."""
    if card.precision and strategy.arithmetic not in (None, card.precision):
        yield (
            f"This model was trained in {card.precision}, and this machine computes in {strategy.arithmetic}: "
            "its figures may differ slightly."
        )


def _encoder(card: ModelCard, workspace: Workspace | None) -> "Encoder":
    """The very encoder a model was trained on. Strategies that use no encoder get None and never look at it."""
    from tlcore.encoders.catalogue import load_encoder

    if card.encoder is None:
        return cast("Encoder", None)
    load = partial(load_encoder, card.encoder.id, workspace or Workspace(), card.image_size, keep_pixels=False)
    needed = f"The model “{card.name}” needs the encoder “{card.encoder.id}” ({card.encoder.name})"
    try:
        encoder: Encoder = load()
    except NotFoundError as error:
        cure = f"Add it with `python -m tlcore encoders add FOLDER --name {card.encoder.id}`."
        raise EncoderError(f"{needed}, which is not on this machine. {cure}") from error
    for name in PRECISIONS:
        if encoder.fingerprint_in(name) == card.encoder_fingerprint:
            # What learned from features in one arithmetic reads them in the same, wherever the machine can.
            the_same = Precision(name, "the model was trained on such features")
            return load(arithmetic=the_same) if name != encoder.precision.name and computes(name) else encoder
    raise EncoderError(f"{needed}; the one of that name on this machine has other weights. Add the one it was trained on.")


def _read_checked(path: Path) -> tuple[ModelCard, dict[str, bytes]]:
    """Card and content of a bundle whose every byte is what it was when saved."""
    if not path.exists():
        raise BundleError(f"There is no model at {path}.")
    contents = _read_folder(path) if path.is_dir() else read_archive(path, FILES)
    for name in FILES:
        if name not in contents:
            raise BundleError(f"{path.name}: {name} is missing. Export the model again.")
    manifest = _opened(path, contents[MANIFEST])
    for name in FILES[1:]:
        fact = manifest.files.get(name)
        if fact is None or fact.bytes != len(contents[name]) or fact.sha256 != _digest(contents[name]):
            raise BundleError(f"{path.name}: {name} is damaged: it is not what was saved. Export or copy the model again.")
    return manifest.card, contents


def _read_folder(folder: Path) -> dict[str, bytes]:
    """Name → content; refuses, by name, anything that is not one of a bundle's plain files."""
    for entry in os.scandir(folder):
        if entry.name not in FILES:
            raise BundleError(
                f"{folder.name} holds “{shown(entry.name)}”, which is no part of a model. Only {', '.join(FILES)} may be in it."
            )
        if not entry.is_file(follow_symlinks=False):
            raise BundleError(f"{folder.name}: {entry.name} is not a plain file.")
    return {name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()}


def _sealed(manifest: Manifest) -> bytes:
    """bundle.json with its own SHA-256 as the last entry, so that a changed label or setting shows."""
    text = json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"
    empty = text.encode()
    return empty.replace(b'"sha256": ""\n}\n', b'"sha256": "%s"\n}\n' % _digest(empty).encode())


def _opened(path: Path, content: bytes) -> Manifest:
    """bundle.json's content, its version, seal and shape checked."""
    damaged = BundleError(f"{path.name}: {MANIFEST} is damaged: it is not what was saved. Export or copy the model again.")
    try:
        document: Any = json.loads(content) if len(content) <= _MAX_MANIFEST else None
    except (ValueError, RecursionError) as error:
        raise damaged from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BundleError(f"{path.name}: {MANIFEST} is not that of a Transfer Lab model.")
    if document.get("version") != VERSION:
        raise BundleError(
            f"{path.name}: {MANIFEST} has format version {shown(str(document.get('version')))}, and this Transfer Lab reads"
            f" version {VERSION}. Export the model with this version, or update Transfer Lab."
        )
    seal = _SEAL.search(content)
    if seal is None or _digest(content[: seal.start(1)] + content[seal.end(1) :]) != seal[1].decode():
        raise damaged
    try:
        manifest = Manifest.model_validate(document)
        strategy_card(manifest.card.strategy)
    except (ValidationError, ChoiceError) as error:
        raise BundleError(
            f"{path.name}: {MANIFEST} describes a model that this version of Transfer Lab does not know."
        ) from error
    return manifest


def _digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()
