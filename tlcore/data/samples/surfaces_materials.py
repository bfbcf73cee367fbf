"""Five materials without a fault, each in many colours, grains and directions."""

from collections.abc import Callable

import numpy as np

from tlcore.data.samples.surfaces_noise import Colour, Plane, cloud, grain, lit, turned

Material = Callable[[np.random.Generator, int, float], Colour]
"""Generator, side in pixels, direction of the light in radians -> what it looks like."""

_METALS = ((0.66, 0.67, 0.69), (0.55, 0.56, 0.57), (0.70, 0.63, 0.50), (0.64, 0.55, 0.50), (0.45, 0.47, 0.52))
_WOODS = ((0.72, 0.54, 0.36), (0.50, 0.33, 0.20), (0.80, 0.68, 0.50), (0.60, 0.38, 0.26), (0.58, 0.50, 0.42))
_STONES = ((0.58, 0.57, 0.55), (0.45, 0.46, 0.48), (0.68, 0.64, 0.57), (0.57, 0.49, 0.44), (0.42, 0.44, 0.42))
_CLOTHS = (
    (0.25, 0.33, 0.50),
    (0.60, 0.56, 0.48),
    (0.45, 0.22, 0.22),
    (0.30, 0.40, 0.32),
    (0.42, 0.42, 0.44),
    (0.66, 0.52, 0.30),
)
_PLASTICS = (
    (0.24, 0.25, 0.27),
    (0.62, 0.63, 0.62),
    (0.30, 0.45, 0.60),
    (0.62, 0.30, 0.26),
    (0.70, 0.62, 0.34),
    (0.36, 0.50, 0.40),
)


def brushed_metal(rng: np.random.Generator, side: int, light: float) -> Colour:
    """Streaks in one direction, and a sheen across them."""
    angle = rng.uniform(0, np.pi)
    streaks = cloud(rng, side, rng.uniform(0.5, 0.9), rng.uniform(25, 90), angle)
    _, across = turned(side, angle)
    sheen = np.cos(across / side * rng.uniform(1.5, 5) + rng.uniform(0, 2 * np.pi))
    return _tinted(rng, _METALS, 1 + rng.uniform(0.04, 0.11) * streaks + rng.uniform(0, 0.12) * sheen)


def wood(rng: np.random.Generator, side: int, light: float) -> Colour:
    """Growth rings that wander along the grain, fibres and dark pores."""
    angle = rng.uniform(0, np.pi)
    _, across = turned(side, angle)
    wander = cloud(rng, side, 2.2, rng.uniform(3, 7), angle) * rng.uniform(3, 9)
    rings = np.sin((across + wander) * 2 * np.pi / rng.uniform(9, 26))
    rings = np.sign(rings) * np.abs(rings) ** rng.uniform(0.6, 1.4)
    fibres = cloud(rng, side, 0.7, rng.uniform(12, 30), angle)
    pores = np.clip(cloud(rng, side, 0.35, rng.uniform(8, 16), angle) - rng.uniform(1.7, 2.2), 0, 1)
    tone = 1 + rng.uniform(0.04, 0.11) * rings + rng.uniform(0.03, 0.07) * fibres - rng.uniform(0.1, 0.35) * pores
    return _tinted(rng, _WOODS, tone, warmth=0.3)


def concrete(rng: np.random.Generator, side: int, light: float) -> Colour:
    """Blotches, sand and pores, with larger pebbles at times."""
    blotches, sand = cloud(rng, side, 1.5), cloud(rng, side, 0.25)
    pebbles = np.tanh(2 * (grain(rng, side, rng.uniform(7, 18), 0.5) - rng.uniform(0.2, 1.2))) * rng.choice((0.0, 0.04, 0.09))
    pores = np.clip(grain(rng, side, rng.uniform(4, 8), 0.6) - rng.uniform(2.2, 3.0), 0, 1)
    tone = 1 + rng.uniform(0.03, 0.10) * blotches + rng.uniform(0.03, 0.08) * sand + pebbles - rng.uniform(0.3, 0.7) * pores
    return _tinted(rng, _STONES, tone, warmth=0.15)


def fabric(rng: np.random.Generator, side: int, light: float) -> Colour:
    """Threads over and under each other, straight or as twill, uneven and softly creased."""
    along, across = turned(side, rng.uniform(0, np.pi))
    pitch, uneven = rng.uniform(3.5, 6.5), cloud(rng, side, 1.8) * rng.uniform(0.3, 1.2)
    warp, weft = np.sin((along + uneven) * 2 * np.pi / pitch), np.sin((across + uneven) * 2 * np.pi / pitch)
    twill = np.sin((along + across * rng.choice((1, 2)) + uneven) * 2 * np.pi / (pitch * rng.uniform(1.2, 1.8)))
    weave = warp * weft if rng.random() < 0.5 else 0.6 * twill + 0.4 * warp
    slubs = cloud(rng, side, 0.6, rng.uniform(8, 20), rng.uniform(0, np.pi))
    creases = lit(cloud(rng, side, 2.4), light) * rng.uniform(0, 0.5)
    tone = 1 + rng.uniform(0.06, 0.15) * weave + rng.uniform(0.03, 0.07) * slubs + creases
    return _tinted(rng, _CLOTHS, tone)


def plastic(rng: np.random.Generator, side: int, light: float) -> Colour:
    """Smooth or moulded with a fine leather grain, and a soft reflection."""
    relief = lit(grain(rng, side, rng.uniform(3.5, 9), rng.uniform(0.3, 0.6)), light)
    along, across = turned(side, light)
    away = np.hypot(along - rng.uniform(-0.5, 0.5) * side, across - rng.uniform(-0.5, 0.5) * side)
    gloss = np.exp(-((away / (side * rng.uniform(0.25, 0.6))) ** 2)) * rng.uniform(0, 0.25)
    flow = cloud(rng, side, 2.0, rng.uniform(1, 6), rng.uniform(0, np.pi))
    tone = 1 + rng.choice((0.02, 0.06, 0.13)) * relief + rng.uniform(0, 0.03) * flow
    return _tinted(rng, _PLASTICS, tone) + gloss[..., None]


MATERIALS: dict[str, Material] = {
    "brushed-metal": brushed_metal,
    "wood": wood,
    "concrete": concrete,
    "fabric": fabric,
    "plastic": plastic,
}
"""Name -> how it is drawn."""


def _tinted(
    rng: np.random.Generator, palette: tuple[tuple[float, float, float], ...], tone: Plane, warmth: float = 0.0
) -> Colour:
    """A colour near one of the palette times the tone; with `warmth`, darker places are a little redder."""
    base = np.array(palette[rng.integers(len(palette))]) * rng.uniform(0.85, 1.15) + rng.uniform(-0.02, 0.02, 3)
    if not warmth:
        return np.asarray(tone[..., None] * base, dtype=np.float64)
    return np.asarray(
        (tone[..., None] + (tone[..., None] - 1) * (np.array([-0.3, 0.0, 0.3]) * warmth)) * base, dtype=np.float64
    )
