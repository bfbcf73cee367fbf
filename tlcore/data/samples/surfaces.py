"""A surface-inspection set that is drawn with a seed: five classes on five materials under changing light.

Every class has every material equally often, and light and camera are drawn apart from the class, so that only the fault tells.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from tlcore.data.samples.surfaces_faults import FAULTS
from tlcore.data.samples.surfaces_materials import MATERIALS
from tlcore.data.samples.surfaces_noise import Colour, blurred, cloud, stroke, turned

SIDE = 160
"""Pixels a side of each picture."""
_QUALITY = 93


def draw_surfaces(folder: Path, seed: int = 0, per_class: int = 120) -> Path:
    """Write a folder a class with `per_class` JPEG pictures each into `folder`, and return it; takes about eight seconds.

    The same seed gives the same bytes, with one version of numpy and Pillow. Pictures are called after their material.
    """
    from PIL import Image

    for place, label in enumerate(FAULTS):
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number in range(per_class):
            material = list(MATERIALS)[number % len(MATERIALS)]
            pixels = draw_surface(np.random.default_rng((seed, place, number)), material, label)
            path = folder / label / f"{material}-{number:03}.jpg"
            Image.fromarray(pixels).save(path, "JPEG", quality=_QUALITY, subsampling=0)
    return folder


def draw_surface(rng: np.random.Generator, material: str, label: str) -> npt.NDArray[np.uint8]:
    """One picture `(160, 160, 3)` of a material with a fault, as an inspection camera sees it."""
    light = rng.uniform(0, 2 * np.pi)
    surface = MATERIALS[material](rng, SIDE, light)
    surface = FAULTS[label](rng, surface, light)
    seen = _camera(rng, _lighting(rng, _dust(rng, surface), light))
    return np.rint(np.clip(seen, 0, 1) * 255).astype(np.uint8)


def _dust(rng: np.random.Generator, surface: Colour) -> Colour:
    """Specks and lint that belong to no class."""
    for _ in range(rng.poisson(1.5)):
        x, y = rng.uniform(0, SIDE, 2)
        points = [(x, y)]
        for _ in range(rng.choice((1, 1, 3, 5))):
            points.append((points[-1][0] + rng.normal(0, 2), points[-1][1] + rng.normal(0, 2)))
        speck = stroke(SIDE, points, [rng.uniform(0.6, 1.6)] * len(points), [1.0] * len(points))
        surface = surface + (rng.uniform(-0.2, 0.25) * speck)[..., None]
    return surface


def _lighting(rng: np.random.Generator, surface: Colour, light: float) -> Colour:
    """Fall-off across the picture, vignette, now and then the soft edge of a shadow; exposure and the colour of the light."""
    along, across = turned(SIDE, light)
    shade = 1 - rng.uniform(0, 0.35) * along / SIDE
    shade *= 1 - rng.uniform(0, 0.5) * (np.hypot(along, across) / SIDE) ** 2
    if rng.random() < 0.35:
        edge, _ = turned(SIDE, rng.uniform(0, 2 * np.pi))
        edge = edge + 3 * cloud(rng, SIDE, 2.2)
        shade *= 1 - rng.uniform(0.05, 0.3) / (1 + np.exp(-(edge - rng.uniform(-40, 40)) / rng.uniform(2, 15)))
    tint = 1 + rng.normal(0, 0.025, 3)
    return np.asarray(surface * shade[..., None] * tint * rng.uniform(0.7, 1.25), dtype=np.float64)


def _camera(rng: np.random.Generator, seen: Colour) -> Colour:
    """A little out of focus, and the noise of the sensor."""
    radius = rng.choice((0.0, 0.4, 0.7, 1.0))
    if radius:
        seen = np.stack([blurred(seen[..., channel], radius) for channel in range(3)], axis=2)
    return np.asarray(seen + rng.uniform(0.004, 0.022) * rng.standard_normal(seen.shape, dtype=np.float32), dtype=np.float64)
