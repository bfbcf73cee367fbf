"""The samples of pictures: complete, the same every time, and nothing but the picture tells the class."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tlcore.data.importer import add_sample
from tlcore.data.pictures.copies import find_picture_copies, look_of
from tlcore.data.pictures.facts import facts_give_away
from tlcore.data.samples import SAMPLES, make_sample
from tlcore.data.samples.surfaces import SIDE, draw_surface, draw_surfaces
from tlcore.data.samples.surfaces_faults import FAULTS
from tlcore.data.samples.surfaces_materials import MATERIALS
from tlcore.errors import ChoiceError
from tlcore.settings import Workspace

PICTURES = [name for name, sample in SAMPLES.items() if sample.modality == "image"]
EACH = 20


def table(folder):
    """The facts of all pictures in a folder a class."""
    rows = []
    for path in sorted(folder.glob("*/*")):
        with Image.open(path) as image:
            rows.append(
                {
                    "name": path.name,
                    "label": path.parent.name,
                    "group": "",
                    "width": image.width,
                    "height": image.height,
                    "mode": image.mode,
                    "format": image.format,
                    "bytes": path.stat().st_size,
                    "pixels": image.tobytes().hex(),
                    "look": look_of(image.convert("RGB")),
                }
            )
    frame = pd.DataFrame(rows)
    copies = find_picture_copies(frame["pixels"].tolist(), frame["look"].tolist())
    return frame.assign(copy=copies.exact, family=copies.near)


@pytest.fixture(scope="module")
def surfaces(tmp_path_factory):
    return draw_surfaces(tmp_path_factory.mktemp("surfaces"), per_class=EACH)


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.glob("*/*")}


def test_surfaces_have_five_classes_and_every_material_equally_often_in_each(surfaces):
    frame = table(surfaces)
    assert sorted(frame["label"].unique()) == ["clean", "crack", "dent", "scratch", "stain"]
    materials = frame["name"].str.rsplit("-", n=1).str[0]
    assert (pd.crosstab(frame["label"], materials) == EACH // len(MATERIALS)).all(axis=None)
    assert {(SIDE, SIDE)} == set(zip(frame["width"], frame["height"], strict=True))
    assert set(frame["mode"]) == {"RGB"}


def test_the_same_seed_draws_the_same_bytes_and_another_other_ones(tmp_path):
    first, again, other = (draw_surfaces(tmp_path / name, seed, 5) for name, seed in (("a", 0), ("b", 0), ("c", 1)))
    assert contents(first) == contents(again)
    assert not set(contents(first).values()) & set(contents(other).values())


def test_a_smaller_set_is_part_of_a_larger_one(surfaces, tmp_path):
    assert contents(draw_surfaces(tmp_path, per_class=2)).items() <= contents(surfaces).items()


def test_no_two_surfaces_are_near_copies(surfaces):
    frame = table(surfaces)
    assert (frame["family"] == frame.index).all()


def test_file_facts_do_not_tell_the_fault(surfaces):
    assert facts_give_away(table(surfaces)) is None


@pytest.mark.parametrize("material", MATERIALS)
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "clean"])
def test_a_fault_changes_part_of_the_surface_and_leaves_most(material, fault):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        surface = MATERIALS[material](rng, SIDE, 1.0)
        changed = np.abs(FAULTS[fault](rng, surface.copy(), 1.0) - surface).max(axis=2) > 0.04
        assert 20 < changed.sum() < 0.5 * changed.size


def test_pictures_are_neither_black_nor_white():
    drawn = [draw_surface(np.random.default_rng(seed), material, "clean") for seed in range(8) for material in MATERIALS]
    assert all(15 < pixels.mean() < 245 and pixels.std() > 2 for pixels in drawn)
    assert np.mean([np.isin(pixels, (0, 255)).mean() for pixels in drawn]) < 0.05


def test_digits_are_forty_of_each(tmp_path):
    frame = table(make_sample("digits", tmp_path))
    assert len(frame) == 400
    assert frame["label"].value_counts().eq(40).all()
    assert (frame["width"].eq(8) & frame["height"].eq(8) & frame["mode"].eq("L") & frame["format"].eq("PNG")).all()
    with Image.open(tmp_path / "0" / "digit-0000.png") as image:
        assert np.asarray(image).max() >= 239
    # Digits are alike by nature; the search must not take them for copies.
    assert (frame["family"] != frame.index).sum() < 10


@pytest.mark.parametrize("name", PICTURES)
def test_every_sample_of_pictures_is_ready_to_use(name, tmp_path):
    told = []
    card = add_sample(Workspace(tmp_path), name, on_progress=lambda *at: told.append(at))
    assert (card.modality, card.name, card.task) == ("image", SAMPLES[name].name, "classification")
    assert card.items == {"surfaces": 600, "digits": 400}[name]
    assert told[-1] == (card.items, card.items)
    assert f"{card.items:,}" in SAMPLES[name].about
    assert {finding.code for finding in card.findings} <= {"tiny_pictures"}


def test_a_sample_that_is_none_is_named(tmp_path):
    with pytest.raises(ChoiceError, match=r"“reviews”\. Choose one of surfaces, digits"):
        make_sample("reviews", tmp_path)
