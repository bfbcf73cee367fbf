"""How near items are to what the bundled encoders learned from."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from tlcore.encoders.catalogue import load_encoder
from tlcore.encoders.familiarity import familiarity
from tlcore.records import Picture
from tlcore.settings import Workspace

ENGLISH = ["The delivery was late and the box was broken.", "Support answered at once, and I would buy it again."]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def of_texts(workspace):
    return load_encoder("minilm", workspace)


@pytest.fixture
def of_pictures(workspace, tmp_path):
    """What is foreign to the bundled image encoder about pictures of these colours."""

    def look(pixels):
        paths = [tmp_path / f"{number}.png" for number in range(len(pixels))]
        for path, colours in zip(paths, pixels, strict=True):
            Image.fromarray(np.clip(colours, 0, 255).astype(np.uint8)).save(path)
        pictures = [Picture(path, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths]
        return familiarity(load_encoder("efficientnet-lite0", workspace, 96), pictures).strange

    return look


def photographs(centre=(124, 116, 104), spread=57, many=6):
    rng = np.random.default_rng(0)
    return rng.normal(centre, spread, (many, 64, 64, 3))


def test_plain_english_is_at_home(of_texts):
    found = familiarity(of_texts, ENGLISH)
    assert (found.encoder, found.looked_at, found.strange) == ("minilm", 2, ())


def test_another_language_is_spelled_in_pieces(of_texts):
    texts = ["Tuote saapui rikkinäisenä eikä asiakaspalvelu vastannut viesteihini lainkaan, joten palautin sen kauppaan."]
    [reason] = familiarity(of_texts, texts).strange
    assert "spell their words in 2.7 pieces" in reason


@pytest.mark.parametrize("text", ["สินค้ามาถึงในสภาพชำรุด", "🜁🜂🜃 🜄🜅"])
def test_what_the_vocabulary_has_no_letters_for_is_unknown(of_texts, text):
    [reason] = familiarity(of_texts, [text]).strange
    assert "does not know" in reason


@pytest.mark.parametrize("texts", [[""], ["   "], ["\ud800"], ENGLISH * 2000])
def test_any_texts_can_be_looked_at(of_texts, texts):
    assert familiarity(of_texts, texts).looked_at == min(len(texts), 500)


def test_photographs_are_at_home(of_pictures):
    assert of_pictures(photographs()) == ()


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (photographs((20, 20, 20), 40), "much darker"),
        (photographs((245, 245, 245), 40), "much brighter"),
        (photographs(spread=10), "contrast is 0.2 times"),
        (np.repeat(photographs().mean(axis=3, keepdims=True), 3, axis=3) * 1.5 - 50, "grey"),
    ],
)
def test_what_is_unlike_photographs_is_named(of_pictures, pixels, words):
    assert any(words in reason for reason in of_pictures(pixels))
