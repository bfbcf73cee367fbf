"""Pictures small enough to draw in moments, of kinds that any sound classifier tells apart, and folders and zips of them."""

import colorsys
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw


def draw(kind: int, seed: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """An RGB picture of a class: hue and shape say which, place, size, ground and noise come from the seed; none is a copy."""
    rng = np.random.default_rng((kind, seed))
    width, height = size
    ground = rng.normal(rng.uniform(60, 190), 12, (height, width, 1)) + rng.normal(0, 4, (height, width, 3))
    picture = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    colour = tuple(round(255 * part) for part in colorsys.hsv_to_rgb((kind * 0.381966) % 1, 0.9, rng.uniform(0.75, 1)))
    reach = min(size) * rng.uniform(0.25, 0.42)
    x, y = rng.uniform(0.4, 0.6) * width, rng.uniform(0.4, 0.6) * height
    box = (x - reach, y - reach, x + reach, y + reach)
    if kind % 4 == 0:
        pen.ellipse(box, fill=colour)
    elif kind % 4 == 1:
        pen.rectangle(box, fill=colour)
    elif kind % 4 == 2:
        pen.polygon([(x, y - reach), (x + reach, y + reach), (x - reach, y + reach)], fill=colour)
    else:
        for line in np.linspace(-reach, reach, 4):
            pen.line((x - reach, y + line, x + reach, y + line), fill=colour, width=max(1, round(reach / 5)))
    return picture


def encoded(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    """A picture's bytes in one of PIL's formats."""
    stream = BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


def folder_of_classes(root: Path, classes: Mapping[str, int], size: tuple[int, int] = (64, 48), part: str = "") -> Path:
    """`root` with a folder for each class, `classes` saying how many pictures each has; below `part` when one is given.

    Classes with the same name look alike in every part, and no picture of one part is in another.
    """
    start = sum(map(ord, part)) * 1_000
    for label, count in classes.items():
        folder = root / part / label
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            draw(kind_of(label), start + number, size).save(folder / f"{label}-{number:03}.png")
    return root


def kind_of(label: str) -> int:
    """What pictures of a label look like: the same for the same label everywhere."""
    return sum(place * ord(letter) for place, letter in enumerate(label, 1)) % 97


def zip_of(folder: Path, target: Path) -> Path:
    """A zip of all files of a folder, named as seen from within it."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return target


def zip_from(entries: Mapping[str, bytes] | list[tuple[str, bytes]], target: Path) -> Path:
    """A zip of entries with any names at all, twice the same one too."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items() if isinstance(entries, Mapping) else entries:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target
