"""Noise and lines out of which the surfaces are drawn: planes `(side, side)` of float64."""

from collections.abc import Sequence
from math import cos, sin

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float64]
"""`(side, side)` one number a pixel."""
Colour = npt.NDArray[np.float64]
"""`(side, side, 3)` RGB, 0-1 but for a little over and under, which is clipped at the end."""
Point = tuple[float, float]

_FINER = 4


def cloud(rng: np.random.Generator, side: int, roughness: float, stretch: float = 1.0, angle: float = 0.0) -> Plane:
    """Noise of mean 0 and deviation 1 whose amplitudes fall with frequency to the power of `roughness` (spectral synthesis).

    0 is white, 1 rough, 2 soft as clouds. It is drawn out `stretch` times along `angle` (radians) and wraps at the edges.
    """
    along, across = _frequencies(side, angle)
    radius = np.maximum(np.hypot(along * stretch, across), 1 / side)
    return _standard(np.fft.irfft2(np.fft.rfft2(rng.standard_normal((side, side))) / radius**roughness, (side, side)))


def grain(rng: np.random.Generator, side: int, period: float, spread: float = 0.3) -> Plane:
    """Noise of mean 0 and deviation 1 with bumps about `period` pixels apart; a larger `spread` is less regular."""
    radius = np.hypot(*_frequencies(side, 0.0)) * period
    ring = np.exp(-(((radius - 1) / spread) ** 2))
    return _standard(np.fft.irfft2(np.fft.rfft2(rng.standard_normal((side, side))) * ring, (side, side)))


def blurred(plane: Plane, radius: float) -> Plane:
    """The plane after a Gaussian blur of `radius` pixels that wraps at the edges."""
    frequency = np.hypot(*_frequencies(len(plane), 0.0))
    softened = np.fft.rfft2(plane) * np.exp(-2 * (np.pi * radius * frequency) ** 2)
    return np.asarray(np.fft.irfft2(softened, plane.shape), dtype=np.float64)


def turned(side: int, angle: float) -> tuple[Plane, Plane]:
    """Pixels from the middle along `angle` (radians) and across it."""
    down, right = np.mgrid[:side, :side] - (side - 1) / 2
    return right * cos(angle) + down * sin(angle), down * cos(angle) - right * sin(angle)


def lit(height: Plane, light: float) -> Plane:
    """How much brighter a relief is where it faces the light from `light` (radians), per pixel of rise."""
    down, right = np.gradient(height)
    return np.asarray(-(right * cos(light) + down * sin(light)), dtype=np.float64)


def stroke(side: int, points: Sequence[Point], widths: Sequence[float], strengths: Sequence[float]) -> Plane:
    """A line through `points` (pixels: right, down), 0-1, with a width in pixels and a strength 0-1 for each of its pieces."""
    from PIL import Image, ImageDraw

    sheet = Image.new("L", (side * _FINER, side * _FINER))
    draw = ImageDraw.Draw(sheet)
    for start, end, width, strength in zip(points[:-1], points[1:], widths, strengths, strict=False):
        ends = [(x * _FINER, y * _FINER) for x, y in (start, end)]
        draw.line(ends, fill=round(255 * strength), width=max(1, round(width * _FINER)))
    return np.asarray(sheet.resize((side, side), resample=Image.Resampling.BOX), dtype=np.float64) / 255


def _frequencies(side: int, angle: float) -> tuple[Plane, Plane]:
    """Cycles a pixel along `angle` and across it, in the layout of `rfft2`."""
    down, right = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    return right * cos(angle) + down * sin(angle), down * cos(angle) - right * sin(angle)


def _standard(plane: Plane) -> Plane:
    """The plane with mean 0 and deviation 1."""
    return np.asarray((plane - plane.mean()) / (plane.std() + 1e-12), dtype=np.float64)
