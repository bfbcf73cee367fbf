"""What tests share: a workspace of their own, a tiny encoder that loads in milliseconds, and a small text set it can learn."""

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from hypothesis import settings
from tiny_networks import FILLERS, TOPICS, write_network, write_tokenizer

from tlcore import runtime
from tlcore.settings import Workspace

if TYPE_CHECKING:
    from tlcore.encoders.text import TextEncoder


# Read when torch is loaded: threads that spin while they wait make tests crawl on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# How long an example may take says more about the machine than about the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name a case with bytes in it by its argument alone.

    A packed file holds the time it was packed, so processes that collect one test a second apart would call it differently.
    """
    return argname if isinstance(val, bytes) else None


class ToyTexts(NamedTuple):
    """Sixty short texts of three topics, one topic word or two in each, so that any sound classifier tells them apart."""

    texts: list[str]
    labels: np.ndarray
    """`(60,)` int64 positions in `classes`, the classes taking turns."""
    classes: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The label of each text as a word."""
        return [self.classes[label] for label in self.labels]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that `TLCORE_HOME` points to."""
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path / "workspace"))
    return Workspace()


@pytest.fixture(scope="session")
def toy_texts() -> ToyTexts:
    """The same sixty texts for every test."""
    rng = np.random.default_rng(7)
    texts = []
    for position in range(60):
        words = list(rng.choice(list(TOPICS.values())[position % 3], size=1 + position % 2, replace=False))
        words += list(rng.choice(FILLERS, size=int(rng.integers(2, 8)), replace=False))
        texts.append(" ".join(rng.permutation(words)))
    return ToyTexts(texts, np.arange(60) % 3, tuple(TOPICS))


@pytest.fixture(scope="session")
def tiny_encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transformers folder with a random BERT: 3 blocks, width 32, a vocabulary of the toy words and single letters."""
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("encoders") / "tiny"
    size = write_tokenizer(folder)
    config = BertConfig(
        vocab_size=size,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.2,
    )
    write_network(folder, BertModel, config)
    return folder


@pytest.fixture
def tiny_encoder(tiny_encoder_folder: Path) -> "TextEncoder":
    """The tiny encoder, freshly loaded."""
    from tlcore.encoders.text import TextEncoder, card_of

    return TextEncoder(tiny_encoder_folder, card_of(tiny_encoder_folder, "tiny"))


@pytest.fixture
def tiny_workspace(workspace: Workspace, tiny_encoder_folder: Path) -> Workspace:
    """A workspace where the tiny encoder was added under the id `tiny`."""
    from tlcore.encoders.catalogue import add_encoder

    add_encoder(workspace, tiny_encoder_folder, name="tiny")
    return workspace


@pytest.fixture(autouse=True)
def fresh_precision() -> None:
    """Let each test's environment decide the arithmetic, not that of the test that happened to ask first."""
    runtime.precision.cache_clear()


@pytest.fixture(autouse=True)
def this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail any test that reaches for another machine."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "localhost"
        if host not in ("localhost", "::1") and not str(host).startswith("127."):
            raise AssertionError(f"a test reached for {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
