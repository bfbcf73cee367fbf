import io
import subprocess
import sys

import numpy as np
import pytest
from image_toys import write_pictures
from PIL import Image

from tlcore.encoders import pixels as module
from tlcore.encoders.features import FeatureStore
from tlcore.encoders.pixels import DirectPixels, PixelStore, View, decode
from tlcore.errors import Stopped, StorageError
from tlcore.records import Picture

VIEW = View(96)


@pytest.fixture
def pictures(tmp_path):
    return write_pictures(tmp_path / "pictures", count=11)


@pytest.fixture
def decoded(monkeypatch) -> list[Picture]:
    """Notes every picture that is decoded, and makes shards small."""
    seen = []
    square = module._square

    def noting(picture: Picture, view: View) -> np.ndarray:
        seen.append(picture)
        return square(picture, view)

    monkeypatch.setattr(module, "_square", noting)
    monkeypatch.setattr(module, "_PICTURES_A_SHARD", 4)
    return seen


def shards(workspace):
    return sorted(workspace.features.rglob("*.npy"))


def rows_of(pixels, count):
    return pixels.read(np.arange(count))


def test_a_picture_is_pressed_into_a_square_with_antialiasing(pictures):
    squares = decode(pictures, VIEW)
    assert squares.shape == (11, 96, 96, 3)
    assert squares.dtype == np.uint8
    for picture, square in zip(pictures, squares, strict=True):
        with Image.open(picture.path) as image:
            expected = np.asarray(image.convert("RGB").resize((96, 96), Image.Resampling.BICUBIC))
        assert np.array_equal(square, expected)


def test_stored_pixels_are_those_of_decoding_in_any_order(workspace, pictures, decoded):
    direct, stored = (source.ready(pictures, VIEW) for source in (DirectPixels(), PixelStore(workspace)))
    rows = np.array([3, 10, 0, 0, 7])
    assert np.array_equal(stored.read(rows), direct.read(rows))
    assert np.array_equal(rows_of(stored, 11), rows_of(direct, 11))
    stored.read(rows)[:] = 0  # what is read is the reader's own
    assert stored.read(rows).any()


def test_a_picture_is_decoded_once_for_each_resolution(workspace, pictures, decoded):
    store = PixelStore(workspace)
    store.ready(pictures, VIEW)
    rows_of(store.ready(pictures[::-1], VIEW), 11)
    PixelStore(workspace).ready(pictures[:3], VIEW)
    assert len(decoded) == 10  # two of the eleven are the same
    store.ready(pictures[:3], View(128))
    assert len(decoded) == 13
    assert len({path.parent.name for path in shards(workspace)}) == 2
    assert all(path.parent.name.startswith("pixels-") for path in shards(workspace))


def test_a_stop_keeps_what_is_ready(workspace, pictures, decoded):
    def stop_at_six(done: int, total: int) -> None:
        if done > 6:
            raise Stopped("stopped")

    with pytest.raises(Stopped):
        PixelStore(workspace).ready(pictures, VIEW, stop_at_six)
    before = len(decoded)
    PixelStore(workspace).ready(pictures, VIEW)
    assert len(decoded) - before == 6  # ten, less one whole shard of four


def test_progress_never_falls_and_ends_at_all(workspace, pictures, decoded):
    seen = []
    PixelStore(workspace).ready(pictures, VIEW, lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (10, 10)
    assert len(seen) >= 10


def test_damaged_pixels_are_decoded_again(workspace, pictures, decoded):
    PixelStore(workspace).ready(pictures, VIEW)
    content = bytearray(shards(workspace)[1].read_bytes())
    content[-1] ^= 1
    shards(workspace)[1].write_bytes(content)
    before = len(decoded)
    pixels = PixelStore(workspace).ready(pictures, VIEW)
    assert 0 < len(decoded) - before <= 4
    assert np.array_equal(rows_of(pixels, 11), decode(pictures, VIEW))


@pytest.mark.parametrize("damage", ["missing", "other", "cut"])
def test_a_stored_picture_that_is_not_what_it_was_is_named(workspace, pictures, damage):
    victim = pictures[4].path
    content = victim.read_bytes()
    victim.unlink()
    if damage != "missing":
        victim.write_bytes(pictures[5].path.read_bytes() if damage == "other" else content[:60])
    for source in (DirectPixels(), PixelStore(workspace)):
        with pytest.raises(StorageError, match=victim.name):
            rows_of(source.ready(pictures, VIEW), 11)


def test_other_kinds_of_picture_are_not_even_tried(tmp_path):
    import hashlib

    stream = io.BytesIO()
    Image.new("RGB", (50, 50)).save(stream, "GIF")
    path = tmp_path / "a.png"
    path.write_bytes(stream.getvalue())
    with pytest.raises(StorageError, match=r"a\.png"):
        decode([Picture(path, hashlib.sha256(stream.getvalue()).hexdigest())], VIEW)


def test_many_files_are_read_with_few_open(workspace, pictures, decoded):
    import psutil

    PixelStore(workspace).ready(pictures, VIEW)
    held = psutil.Process().num_fds()
    stores = [PixelStore(workspace).ready(pictures, VIEW) for _ in range(20)]
    assert psutil.Process().num_fds() - held <= 20 * (len(shards(workspace)) + 1)
    assert all(len(rows_of(store, 3)) == 3 for store in stores)


WRITER = """
import sys
from pathlib import Path
from tlcore.records import Picture
from tlcore.settings import Workspace
from tlcore.encoders import pixels
pixels._PICTURES_A_SHARD = 2
store = pixels.PixelStore(Workspace(sys.argv[1]))
store.ready([Picture(Path(name), Path(name).stem) for name in sys.argv[2:]], pixels.View(96))
"""


def test_two_processes_share_the_work(workspace, pictures):
    paths = [str(picture.path) for picture in pictures[:10]]
    command = [sys.executable, "-c", WRITER, str(workspace.root)]
    both = [subprocess.Popen([*command, *part]) for part in (paths[:8], paths[3:])]
    assert [process.wait() for process in both] == [0, 0]
    kept = [key for path in shards(workspace) for key in np.load(path)["keys"][0].tolist()]
    assert len(kept) == len(set(kept)) == 10


def test_the_feature_store_knows_pictures_by_their_key(workspace, pictures):
    class Fake:
        fingerprint = "f" * 64

        class card:
            dim, modality = 1, "image"

        def load(self):
            pass

        def encode(self, items, on_progress=None):
            return np.array([[int(item.key[:4], 16)] for item in items], dtype=np.float32)

    store = FeatureStore(workspace)
    features = store.features(Fake(), pictures)
    assert features[:, 0].tolist() == [int(picture.key[:4], 16) for picture in pictures]
    assert store.lookup(Fake(), pictures[:3]) == 3
