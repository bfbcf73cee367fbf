"""The bundled encoder against sentence-transformers on the same weights."""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tlcore.encoders.catalogue import encoder_card, load_encoder
from tlcore.encoders.text import TextEncoder
from tlcore.runtime import PRECISIONS, Precision

TEXTS = [
    "I am still waiting on my card?",
    "",
    "Größe und Qualität sind prima 😀",
    "terrible, just terrible. " * 60,
    "Does it ship to Spain?",
]


@pytest.mark.parametrize(("precision", "least"), [("fp32", 0.99999), ("bf16", 0.999), ("int8", 0.98)])
def test_features_agree_with_sentence_transformers(workspace, precision, least):
    encoder = bundled(workspace, precision)
    peer = SentenceTransformer(str(encoder._folder), device="cpu")
    features, expected = encoder.encode(TEXTS), peer.encode(TEXTS, show_progress_bar=False)
    assert (features * expected).sum(1).min() >= least
    assert np.allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_a_short_text_alone_gives_the_same_as_among_others(workspace, precision):
    encoder = bundled(workspace, precision)
    texts = ["card " * length for length in range(10)]
    together = encoder.encode(texts * 20)
    for position, text in enumerate(texts):
        assert np.array_equal(encoder.encode([text])[0], together[position])


@pytest.mark.parametrize(("one", "other"), list(combinations(PRECISIONS, 2)))
def test_precisions_are_told_apart(workspace, one, other):
    first, second = bundled(workspace, one), bundled(workspace, other)
    assert first.fingerprint != second.fingerprint
    assert first.fingerprint_in(other) == second.fingerprint
    assert not np.array_equal(first.encode(TEXTS), second.encode(TEXTS))


def test_the_card_says_how_well_features_in_8_bits_agree(workspace):
    encoder = bundled(workspace, "fp32")
    assert encoder.agreement() == pytest.approx(encoder.card.agreement, abs=1e-3)


def test_features_in_8_bits_are_the_same_whoever_loads_them(workspace):
    again = bundled(workspace, "int8")
    assert np.array_equal(bundled(workspace, "int8").encode(TEXTS), again.encode(TEXTS))


def test_loading_needs_no_network_and_says_nothing(workspace):
    script = (
        "import socket\n"
        "def refuse(*_): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from tlcore.settings import Workspace\n"
        "from tlcore.encoders.catalogue import load_encoder\n"
        "encoder = load_encoder('minilm', Workspace())\n"
        "encoder.encode(['hello', 'a longer text']), encoder.network('random'), encoder.network('pretrained')\n"
    )
    done = subprocess.run([sys.executable, "-W", "always", "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def bundled(workspace, precision: str) -> TextEncoder:
    folder = load_encoder("minilm", workspace)._folder
    return TextEncoder(folder, encoder_card("minilm", workspace), Precision(precision, "asked for by the test"))
