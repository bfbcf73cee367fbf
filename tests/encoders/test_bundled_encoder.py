"""The bundled encoder against sentence-transformers on the same weights."""

import subprocess
import sys

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tlcore.encoders.catalogue import load_encoder

TEXTS = [
    "I am still waiting on my card?",
    "",
    "Größe und Qualität sind prima 😀",
    "terrible, just terrible. " * 60,
    "Does it ship to Spain?",
]


@pytest.mark.parametrize(("precision", "least"), [("fp32", 0.99999), ("bf16", 0.999)])
def test_features_agree_with_sentence_transformers(workspace, precision, least):
    encoder = load_encoder("minilm", workspace, precision=precision)
    peer = SentenceTransformer(str(encoder._folder), device="cpu")
    features, expected = encoder.encode(TEXTS), peer.encode(TEXTS, show_progress_bar=False)
    assert (features * expected).sum(1).min() >= least
    assert np.allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)


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
