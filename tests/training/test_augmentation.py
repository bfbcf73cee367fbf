"""Varied pictures: of the right shape and range, each in its own way, the same for the same seed."""

import numpy as np
import pytest
import torch
from fitting import build, fit, labelled

from tlcore import runtime
from tlcore.training import loop
from tlcore.training.augmentation import PRESETS, Amounts, amounts, augmenter, preview
from tlcore.training.settings import TrainingSettings
from tlcore.training.strategies.base import FitContext

KNOBS = {"flip": 1.0, "crop": 0.5, "rotation": 30.0, "scale": 0.3, "colour": 0.5, "erasing": 1.0}
SETTINGS = [{"augmentation": "light"}, {"augmentation": "strong"}, *({name: value} for name, value in KNOBS.items())]


def settings(**chosen):
    return TrainingSettings(**chosen)


def pixels(count=8, side=24, seed=0):
    """Pictures with a bright corner, a dark ground and some noise."""
    drawn = np.random.default_rng(seed).integers(40, 90, (count, 3, side, side), dtype=np.uint8)
    drawn[:, 0, : side // 3, : side // 3] = 230
    return torch.from_numpy(drawn)


def varied(seed=0, given=None, **chosen):
    with runtime.seeded(seed):
        return augmenter(settings(**chosen))(pixels() if given is None else given)


@pytest.mark.parametrize("chosen", SETTINGS)
def test_shape_and_range_stay_and_something_changes(chosen):
    found = varied(**chosen)
    assert (found.shape, found.dtype) == ((8, 3, 24, 24), torch.float32)
    assert 0 <= found.min() <= found.max() <= 1
    assert (found - pixels() / 255).abs().mean() > 0.01


@pytest.mark.parametrize("chosen", SETTINGS)
def test_the_seed_decides_and_nothing_else(chosen):
    first = varied(1, **chosen)
    assert torch.equal(varied(1, **chosen), first)
    if chosen != {"flip": 1.0}:
        assert not torch.equal(varied(2, **chosen), first)


@pytest.mark.parametrize("chosen", [one for one in SETTINGS if one != {"flip": 1.0}])
def test_each_picture_is_varied_in_its_own_way(chosen):
    found = varied(given=pixels(1).expand(8, 3, 24, 24), **chosen)
    assert not any(torch.equal(found[0], other) for other in found[1:])


def test_nothing_to_vary_is_no_augmenter():
    assert augmenter(settings()) is None
    assert augmenter(settings(augmentation="light", **dict.fromkeys(KNOBS, 0.0))) is None


def test_a_knob_outdoes_the_preset_and_the_others_stay():
    assert amounts(settings(augmentation="light")) == PRESETS["light"]
    assert amounts(settings(augmentation="light", flip=0.0)) == Amounts(**{**vars(PRESETS["light"]), "flip": 0.0})
    assert amounts(settings(erasing=0.3)) == Amounts(erasing=0.3)


def test_strong_goes_further_than_light():
    assert all(getattr(PRESETS["strong"], name) >= getattr(PRESETS["light"], name) for name in KNOBS)
    assert (varied(augmentation="strong") - pixels() / 255).abs().mean() > (
        varied(augmentation="light") - pixels() / 255
    ).abs().mean()


def test_a_flip_swaps_left_and_right_and_no_more():
    assert torch.allclose(varied(flip=1.0), pixels().flip(-1) / 255, atol=1e-3)
    found, plain = varied(flip=0.5, given=pixels(200)), pixels(200) / 255
    swapped = [torch.allclose(one, other.flip(-1), atol=1e-3) for one, other in zip(found, plain, strict=True)]
    same = [torch.allclose(one, other, atol=1e-3) for one, other in zip(found, plain, strict=True)]
    assert sum(swapped) + sum(same) == 200
    assert 60 < sum(swapped) < 140


def test_a_crop_shows_a_part_enlarged_and_nothing_from_outside():
    ramp = torch.arange(24, dtype=torch.uint8).mul(10).expand(64, 3, 24, 24)
    found = varied(given=ramp, crop=0.75) * 255 / 10
    widths = (found[:, 0, 12, -1] - found[:, 0, 12, 0]) / 23
    assert (widths > 0.45).all()
    assert (widths < 1.01).all()
    assert widths.min() < 0.7
    assert (found.diff(dim=-1) > -1e-3).all()  # a mirror image at an edge would fall


@pytest.mark.parametrize(("amount", "low", "high"), [({"rotation": 20.0}, 0.9, 1.1), ({"scale": 0.4}, 0.5, 1.6)])
def test_turned_and_scaled_pictures_stay_in_their_place(amount, low, high):
    blob = torch.zeros(64, 3, 33, 33, dtype=torch.uint8)
    blob[:, :, 12:21, 12:21] = 255
    found, place = varied(given=blob, **amount), torch.arange(33.0) - 16
    mass = found[:, 0].sum((1, 2))
    assert ((found[:, 0].sum(1) * place).sum(1) / mass).abs().max() < 0.1
    assert low < (mass / 81).sqrt().min() <= (mass / 81).sqrt().max() < high
    assert mass.std() > 0.01


def test_colour_keeps_shapes_and_moves_no_pixel():
    grey = torch.full((32, 3, 8, 8), 128, dtype=torch.uint8)
    found = varied(given=grey, colour=0.5)
    assert torch.allclose(found, found[:, :, :1, :1].expand_as(found), atol=1e-6)
    assert torch.allclose(found, found[:, :1].expand_as(found), atol=1e-3)  # grey has no hue to turn
    assert found.mean((1, 2, 3)).std() > 0.05


def test_erasing_blanks_one_patch_of_as_many_pictures_as_asked_for():
    blanked = (varied(given=pixels(400), erasing=0.25) == 0.5).all(dim=1).float().mean((1, 2))
    assert 60 < (blanked > 0).sum() < 140
    assert blanked.max() < 0.3


def test_the_picture_given_is_left_as_it_was():
    given = pixels()
    varied(given=given, augmentation="strong", erasing=1.0)
    assert torch.equal(given, pixels())


def test_a_preview_shows_as_many_different_views_as_bytes():
    picture, chosen = pixels(1)[0], settings(augmentation="strong")
    views = preview(picture, chosen, 8, seed=3)
    assert (views.shape, views.dtype) == ((8, 3, 24, 24), torch.uint8)
    assert len({view.numpy().tobytes() for view in views}) == 8
    assert torch.equal(preview(picture, chosen, 8, seed=3), views)
    assert not torch.equal(preview(picture, chosen, 8, seed=4), views)


def test_a_preview_of_nothing_is_the_picture_itself_and_draws_no_numbers():
    picture, state = pixels(1)[0], torch.get_rng_state()
    assert all(torch.equal(view, picture) for view in preview(picture, settings(), 3))
    preview(picture, settings(augmentation="light"), 3)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.fixture
def seen(monkeypatch):
    """Shapes of the batches that were varied, as they come."""
    shapes, make = [], loop.augmenter

    def watched(chosen):
        augment = make(chosen)
        return augment and (lambda batch: (shapes.append(tuple(batch.shape)), augment(batch))[1])

    monkeypatch.setattr(loop, "augmenter", watched)
    return shapes


@pytest.mark.parametrize("strategy", ["scratch", "full_fine_tuning"])
def test_every_item_is_varied_once_an_epoch_and_never_for_validation_or_prediction(strategy, seen, picture_toy):
    trained = build(strategy, picture_toy.encoder, augmentation="light", epochs=3, early_stopping=True, patience=9)
    report = trained.fit(labelled(picture_toy), FitContext())
    assert sum(shape[0] for shape in seen) == 3 * report.n_train
    seen.clear()
    first = trained.predict_proba(picture_toy.items)
    assert np.array_equal(trained.predict_proba(picture_toy.items), first)
    assert seen == []


def test_a_stored_prefix_is_never_varied(seen, picture_toy):
    plain, asked = (
        fit("partial_fine_tuning", picture_toy.encoder, labelled(picture_toy), augmentation=kind, top_blocks=2)
        for kind in ("none", "strong")
    )
    assert seen == []
    assert np.array_equal(plain.predict_proba(picture_toy.items), asked.predict_proba(picture_toy.items))


def test_labels_stay_with_their_pictures(picture_toy, monkeypatch):
    told, run = [], loop.cross_entropy
    monkeypatch.setattr(loop, "cross_entropy", lambda logits, labels, *_, **more: (told.append(labels), run(logits, labels))[1])
    for kind in ("none", "light"):
        fit("full_fine_tuning", picture_toy.encoder, labelled(picture_toy), augmentation=kind, epochs=1)
    half = len(told) // 2
    assert [labels.tolist() for labels in told[:half]] == [labels.tolist() for labels in told[half:]]


def test_texts_are_left_alone(seen, tiny_encoder, toy_texts):
    plain, asked = (
        fit("full_fine_tuning", tiny_encoder, labelled(toy_texts), augmentation=kind).predict_proba(toy_texts.texts)
        for kind in ("none", "light")
    )
    assert np.array_equal(plain, asked)
    assert seen == []
