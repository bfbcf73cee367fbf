"""The classic baseline on pictures."""

import numpy as np
import pytest
from fitting import fit, labelled
from PIL import Image

from tlcore.errors import DataError
from tlcore.records import Picture
from tlcore.training.hooks import Hook, Part
from tlcore.training.strategies.base import Labelled
from tlcore.training.strategies.classic_pictures import PictureView


def picture(folder, name, pixels):
    path = folder / name
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(path)
    return Picture(path, name)


def view_of(pictures):
    view = PictureView()
    return view, view.learn(pictures, Part(Hook(), 0.0, 1.0))


def test_columns_have_mean_zero_and_both_kinds_count_the_same(toy_pictures):
    _, features = view_of(toy_pictures)
    assert features.shape == (60, 798)
    assert features.dtype == np.float32
    assert np.allclose(features.mean(axis=0), 0, atol=1e-5)
    assert features[:, :768].var(axis=0).sum() == pytest.approx(1, abs=0.01)
    assert 0.3 < features[:, 768:].var(axis=0).sum() < 1.01  # a bin that no picture fills has no spread


def test_features_of_a_picture_do_not_depend_on_its_neighbours(toy_pictures):
    view, features = view_of(toy_pictures)
    assert np.array_equal(view.features(toy_pictures[5:6]), features[5:6])


def test_place_tells_apart_what_colours_do_not(tmp_path):
    rng, items = np.random.default_rng(0), []
    for number in range(40):
        pixels = rng.integers(60, 90, (32, 32, 3))
        half = slice(0, 16) if number % 2 else slice(16, 32)
        pixels[:, half] += 60
        items.append(picture(tmp_path, f"{number}.png", pixels))
    labels = np.arange(40) % 2
    fitted = fit("classic", None, Labelled(items[:20], labels[:20]), n_classes=2)
    assert (fitted.predict_proba(items[20:]).argmax(axis=1) == labels[20:]).all()


def test_colours_tell_apart_what_has_no_place(tmp_path):
    rng, items = np.random.default_rng(0), []
    for number in range(40):
        pixels = rng.normal(120, 40 if number % 2 else 8, (48, 48, 1)).repeat(3, axis=2).clip(0, 255)
        items.append(picture(tmp_path, f"{number}.png", pixels))
    labels = np.arange(40) % 2
    fitted = fit("classic", None, Labelled(items[:20], labels[:20]), n_classes=2)
    assert (fitted.predict_proba(items[20:]).argmax(axis=1) == labels[20:]).mean() > 0.9


def test_the_state_of_pictures_is_two_columns_of_numbers_and_the_head(toy_pictures):
    fitted = fit("classic", None, Labelled(toy_pictures, np.arange(60) % 3))
    state = fitted.state()
    assert set(state.arrays) == {"weight", "bias", "centre", "scale"}
    assert state.facts == {"pixels": 16, "bins": 8}


def test_pictures_of_any_shape_and_a_large_jpeg_are_read(tmp_path, picture_toy):
    fitted = fit("classic", picture_toy.encoder, labelled(picture_toy))
    shapes = {"thin.png": (1, 300, 3), "dot.png": (1, 1, 3), "large.jpg": (512, 400, 3)}
    odd = [picture(tmp_path, name, np.full(shape, 128)) for name, shape in shapes.items()]
    probabilities = fitted.predict_proba(odd)
    assert np.isfinite(probabilities).all()
    assert np.allclose(probabilities[0], probabilities[1], atol=1e-6)
    assert np.allclose(probabilities[0], probabilities[2], atol=0.05)


def test_a_missing_picture_is_named(tmp_path, toy_pictures):
    gone = Picture(tmp_path / "gone.png", "0")
    with pytest.raises(DataError, match=r"gone\.png cannot be read.*Import the dataset again"):
        fit("classic", None, Labelled([*toy_pictures[:5], gone], np.arange(6) % 3))
