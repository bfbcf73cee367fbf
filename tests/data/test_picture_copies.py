"""Copies and near copies of pictures: found through small changes, and not where there are none."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from tlcore.data.pictures import copies as picture_copies
from tlcore.data.pictures.copies import DISTANCE, find_picture_copies, look_of


def picture(seed, size=(320, 240), strength=0.35):
    """Soft blotches of colour, as different from seed to seed as photographs are."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(np.clip(128 + 255 * strength * rng.standard_normal((7, 9, 3)), 0, 255).astype(np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def as_jpeg(image, quality):
    stream = BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def apart(look, other):
    return (int(look, 16) ^ int(other, 16)).bit_count()


def families(looks):
    """The families among pictures that are no exact copies."""
    return find_picture_copies([str(place) for place in range(len(looks))], looks).near.tolist()


def random_looks(rng, count):
    return rng.integers(0, 2**64, count, dtype=np.uint64)


def written(hashes):
    return [f"{number:016x}" for number in hashes.tolist()]


@pytest.mark.parametrize(
    "change",
    [
        lambda image: as_jpeg(image, 30),
        lambda image: image.resize((160, 120)),
        lambda image: image.resize((224, 224)),
        lambda image: image.crop((2, 2, 318, 238)),
        lambda image: ImageEnhance.Brightness(image).enhance(0.8),
        lambda image: ImageEnhance.Contrast(image).enhance(0.8),
        lambda image: image.convert("L").convert("RGB"),
    ],
    ids=["jpeg", "smaller", "squeezed", "cropped", "darker", "paler", "grey"],
)
def test_a_picture_is_found_again_after_a_small_change(change):
    images = [picture(seed) for seed in range(40)]
    near = families([look_of(image) for image in (*images, *map(change, images))])
    assert near[:40] == list(range(40))
    assert sum(near[40 + place] == place for place in range(40)) >= 37


def test_different_pictures_are_no_near_copies():
    looks = [look_of(picture(seed)) for seed in range(150)]
    assert all(len(look) == 16 and int(look, 16) >= 0 for look in looks)
    assert families(looks) == list(range(150))


def test_a_mirrored_picture_is_another_one():
    image = picture(1)
    assert apart(look_of(image), look_of(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))) > DISTANCE


def test_flat_pictures_are_alike_only_in_their_colour():
    white, white_again, black, red = (Image.new("RGB", (60, 40), colour) for colour in ("white", "#fefefe", "black", "red"))
    assert families([look_of(image) for image in (white, black, red, white_again)]) == [0, 1, 2, 0]


def test_fine_textures_without_a_shape_are_not_alike():
    rng = np.random.default_rng(0)
    textures = [Image.fromarray(rng.integers(100, 156, (320, 320, 1), dtype=np.uint8).repeat(3, 2)) for _ in range(12)]
    assert families([look_of(image) for image in textures]) == list(range(12))
    assert look_of(textures[0]) == look_of(textures[0].copy())


@pytest.mark.parametrize("size", [(1, 1), (1, 5_000), (5_000, 1), (8, 8), (31, 33)])
def test_every_size_has_a_look(size):
    assert len(look_of(picture(3, size))) == 16


def test_exact_copies_go_by_pixels_and_count_as_near_copies_too():
    looks = written(random_looks(np.random.default_rng(0), 4))
    copies = find_picture_copies(["a", "b", "a", "c"], [looks[0], looks[1], looks[2], looks[1]])
    assert copies.exact.tolist() == [0, 1, 0, 3]
    assert copies.near.tolist() == [0, 1, 0, 1]
    assert (copies.compared, copies.complete) == (4, True)


def test_a_family_is_linked_through_its_members():
    middle = 0x0123456789ABCDEF
    looks = [f"{middle ^ 0b11111:016x}", f"{middle:016x}", f"{middle ^ 0b11111 << 40:016x}"]
    assert apart(looks[0], looks[2]) > DISTANCE
    assert families(looks) == [0, 0, 0]


def test_nothing_and_one_picture():
    assert families([]) == []
    assert families(["00" * 8]) == [0]


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, DISTANCE), st.sampled_from((50, 1_000, 2_000_000)))
def test_the_index_misses_no_pair_within_the_distance(seed, distance, chunk):
    rng = np.random.default_rng(seed)
    hashes = np.repeat(random_looks(rng, 6), 5)
    for _ in range(4):
        hashes ^= np.uint64(1) << rng.integers(0, 64, len(hashes), dtype=np.uint64)
    hashes = np.unique(hashes)
    close = np.argwhere(np.triu(np.bitwise_count(hashes[:, None] ^ hashes) <= distance, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture_copies, "_CHUNK", chunk)
        found = {tuple(sorted(pair)) for pairs in picture_copies._candidates(hashes, distance) for pair in pairs.tolist()}
    assert {tuple(pair) for pair in close.tolist()} <= found


def test_among_many_pictures_planted_copies_are_found_and_nothing_else():
    hashes = random_looks(np.random.default_rng(5), 20_000)
    hashes[10_000:10_050] = hashes[:50] ^ np.uint64(0x8000_0100_0020_0401)
    near = np.array(families(written(hashes)))
    assert np.flatnonzero(near != np.arange(20_000)).tolist() == list(range(10_000, 10_050))
    assert near[10_000:10_050].tolist() == list(range(50))


def test_pictures_of_one_kind_are_not_paired_by_chance():
    rng = np.random.default_rng(0)
    flips = (rng.random((3_000, 64)) < 0.08).astype(np.uint64) << np.arange(64, dtype=np.uint64)
    hashes = np.uint64(0x5A5A_1234_FEDC_0F0F) ^ np.bitwise_or.reduce(flips, axis=1)
    copies = find_picture_copies([str(place) for place in range(3_000)], written(hashes))
    assert (np.bitwise_count(hashes[:, None] ^ hashes) <= DISTANCE).sum() > 10 * 3_000
    assert copies.near.tolist() == list(range(3_000))
    assert (copies.compared, copies.complete) == (0, False)


def test_a_search_that_is_cut_short_says_so(monkeypatch):
    looks = written(random_looks(np.random.default_rng(0), 2_000))
    monkeypatch.setattr(picture_copies, "MAX_PAIRS", 10)
    copies = find_picture_copies([str(place) for place in range(2_000)], looks)
    assert not copies.complete


def test_a_set_that_is_mostly_copies_keeps_its_families():
    hashes = np.tile(random_looks(np.random.default_rng(1), 12), 5)
    hashes[24:] ^= np.uint64(0b10001)
    assert families(written(hashes)) == [place % 12 for place in range(60)]
