"""Four faults, each large or small, plain or faint, anywhere on any material."""

from collections.abc import Callable
from math import cos, sin

import numpy as np

from tlcore.data.samples.surfaces_noise import Colour, Plane, Point, blurred, cloud, lit, stroke

Fault = Callable[[np.random.Generator, Colour, float], Colour]
"""Generator, surface, direction of the light in radians -> the surface with the fault."""

_STAINS = (
    (0.45, 0.33, 0.20),
    (0.55, 0.30, 0.16),
    (0.25, 0.25, 0.28),
    (0.42, 0.45, 0.35),
    (0.80, 0.80, 0.76),
    (0.35, 0.20, 0.22),
)

_LIGHT = 0.6


def clean(rng: np.random.Generator, surface: Colour, light: float) -> Colour:
    """No fault."""
    return surface


def scratch(rng: np.random.Generator, surface: Colour, light: float) -> Colour:
    """One to three long thin furrows, nearly straight, that fade at the ends and skip; their far edge shines."""
    side, angle = len(surface), rng.uniform(0, 2 * np.pi)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        path = _arc(rng, side, angle + rng.normal(0, 0.15), rng.uniform(0.3, 0.95) * side)
        skips = np.clip(rng.normal(0.9, 0.25, len(path) - 1), 0.15, 1)
        fade = np.sin(np.linspace(0.05, np.pi - 0.05, len(skips))) ** 0.5 * skips
        plain = rng.uniform(0.14, 0.32) + 0.8 * _busy(surface)
        line = stroke(side, path, np.full(len(fade), rng.uniform(0.7, 1.8)).tolist(), fade.tolist())
        surface = _engraved(surface, line, light, plain * rng.choice((1, 1, -0.8)), rng.uniform(0.08, 0.22))
    return surface


def crack(rng: np.random.Generator, surface: Colour, light: float) -> Colour:
    """A dark jagged line of changing width with branches."""
    side, start, angle = len(surface), _spot(rng, len(surface)), rng.uniform(0, 2 * np.pi)
    line = _jagged(rng, side, start, angle, rng.uniform(0.25, 0.7) * side, rng.uniform(1.0, 2.2))
    if rng.random() < 0.6:
        back = angle + np.pi + rng.normal(0, 0.4)
        line = np.maximum(line, _jagged(rng, side, start, back, rng.uniform(0.1, 0.4) * side, 1.2))
    return _engraved(surface, line, light, -rng.uniform(0.35, 0.7), rng.uniform(0.03, 0.12))


def dent(rng: np.random.Generator, surface: Colour, light: float) -> Colour:
    """A hollow, round or long, with a soft or a sharp rim: dark where it turns from the light, bright beyond; texture bends."""
    side = len(surface)
    away = _distance(rng, side, rng.uniform(0.06, 0.20) * side, rng.uniform(0.55, 1.0))
    hollow = -1 / (1 + away ** rng.uniform(3, 7))
    hollow += rng.uniform(0, 0.15) * np.exp(-(((away - 1.3) / 0.3) ** 2))
    slope = lit(hollow, light)
    slope *= (rng.uniform(0.14, 0.32) + 1.2 * _busy(surface)) / (np.abs(slope).max() + 1e-9)
    down, right = np.gradient(blurred(hollow, 1.5))
    rows, columns = np.mgrid[:side, :side]
    bend = rng.uniform(4, 14)
    rows, columns = np.clip(np.rint((rows + bend * down, columns + bend * right)), 0, side - 1).astype(int)
    return surface[rows, columns] * (1 + slope + rng.uniform(-0.12, 0.02) * -hollow)[..., None]


def stain(rng: np.random.Generator, surface: Colour, light: float) -> Colour:
    """A patch of another colour with a ragged outline, soft or with the dark rim of something that dried, splashed at times."""
    side = len(surface)
    ragged = cloud(rng, side, rng.uniform(1.6, 2.3)) * rng.uniform(0.10, 0.30)
    away = _distance(rng, side, rng.uniform(0.08, 0.26) * side, rng.uniform(0.5, 1.0)) + ragged
    for _ in range(rng.choice((0, 0, 1, 3))):
        away = np.minimum(away, _distance(rng, side, rng.uniform(0.015, 0.06) * side, 0.8) + ragged * 0.5)
    edge = rng.uniform(0.06, 0.35)
    patch = 1 / (1 + np.exp((away - 1) / (edge / 3)))
    rim = np.exp(-(((away - 0.95) / 0.09) ** 2)) * rng.choice((0, 0, 0.5, 1.0))
    paint = _unlike(rng, surface) * rng.uniform(0.85, 1.15)
    light_paint = bool(paint.mean() > _LIGHT)
    strength = (rng.uniform(0.25, 0.55) + _busy(surface)) * (0.6 if light_paint else 1.0)
    cover = np.clip(patch * strength * (1 + 0.15 * cloud(rng, side, 1.5)) + 0.25 * rim, 0, 0.9)[..., None]
    # Soaked in, the texture shows through; dried on, as light paint always is, it is covered.
    soaked = surface * paint * 1.25
    dried = paint if light_paint else 0.5 * paint + 0.5 * soaked
    return surface * (1 - cover) + cover * (soaked if rng.random() < 0.65 and not light_paint else dried)


FAULTS: dict[str, Fault] = {"clean": clean, "crack": crack, "dent": dent, "scratch": scratch, "stain": stain}
"""Class -> how it is drawn."""


def _busy(surface: Colour) -> float:
    """How much the material's own texture hides, 0-0.25: faults are plainer by that much, so that people still see most."""
    return min(0.25, float(surface.std(axis=(0, 1)).mean() / (surface.mean() + 1e-9)))


def _unlike(rng: np.random.Generator, surface: Colour) -> Colour:
    """Of two paints `(3,)` drawn the one that is less like the surface."""
    paints = np.array(_STAINS)[rng.choice(len(_STAINS), 2, replace=False)]
    return np.asarray(paints[np.abs(paints - surface.mean(axis=(0, 1))).sum(axis=1).argmax()], dtype=np.float64)


def _spot(rng: np.random.Generator, side: int) -> Point:
    """A place not quite at the edge."""
    x, y = rng.uniform(0.15, 0.85, 2) * side
    return float(x), float(y)


def _arc(rng: np.random.Generator, side: int, angle: float, length: float) -> list[Point]:
    """A slightly bent line through a random place."""
    x, y = _spot(rng, side)
    bend, pieces = rng.normal(0, 0.35), 24
    points, turn = [], angle - bend / 2
    x, y = x - cos(angle) * length / 2, y - sin(angle) * length / 2
    for _ in range(pieces + 1):
        points.append((x, y))
        x, y, turn = x + cos(turn) * length / pieces, y + sin(turn) * length / pieces, turn + bend / pieces
    return points


def _jagged(rng: np.random.Generator, side: int, start: Point, angle: float, length: float, width: float) -> Plane:
    """A line that turns at every step about its direction, thinner towards its end, with a branch here and there."""
    (x, y), gone, turn = start, 0.0, 0.0
    points, widths = [(x, y)], []
    line = np.zeros((side, side))
    while gone < length:
        step = rng.uniform(2, 9)
        turn = 0.35 * turn + rng.normal(0, 0.45)
        x, y, gone = x + cos(angle + turn) * step, y + sin(angle + turn) * step, gone + step
        points.append((x, y))
        widths.append(width * (1 - 0.7 * gone / length) * rng.uniform(0.6, 1.3))
        if width > 0.9 and rng.random() < 0.07:
            fork = angle + turn + rng.choice((-1, 1)) * rng.uniform(0.5, 1.1)
            line = np.maximum(line, _jagged(rng, side, (x, y), fork, (length - gone) * rng.uniform(0.3, 0.8), width * 0.55))
    return np.maximum(line, stroke(side, points, [max(0.5, wide) for wide in widths], [1.0] * len(widths)))


def _engraved(surface: Colour, line: Plane, light: float, tone: float, edge: float) -> Colour:
    """The surface with a furrow: brighter or darker by `tone` along `line`, and its far edge catches the light."""
    shine = lit(blurred(line, 0.8), light) * 3
    return np.asarray(
        surface * (1 + tone * line)[..., None] + (edge * shine + max(0.0, tone) * 0.4 * line)[..., None], dtype=np.float64
    )


def _distance(rng: np.random.Generator, side: int, radius: float, round_: float) -> Plane:
    """Distance from a random place in radii of an ellipse there, `round_` as wide as long."""
    (x, y), angle = _spot(rng, side), rng.uniform(0, np.pi)
    down, right = np.mgrid[:side, :side].astype(np.float64)
    down, right = down - y, right - x
    along, across = right * cos(angle) + down * sin(angle), down * cos(angle) - right * sin(angle)
    return np.asarray(np.hypot(along, across / round_) / radius, dtype=np.float64)
