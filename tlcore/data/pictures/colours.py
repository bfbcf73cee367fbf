"""Any way that a file may keep its colours, as eight-bit RGB: scaled, never saturated; what is transparent lies on white."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageChops, ImageCms

_WHITE = (255, 255, 255)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip
"""Orientation in Exif -> what sets the picture upright."""
_SIDEWAYS = frozenset({5, 6, 7, 8})
_LARGEST_PROFILE = 4 * 1024**2
_SIXTEEN_BITS = 65_535


def to_rgb(source: Image.Image, form: str) -> Image.Image:
    """A loaded picture of any mode as RGB."""
    if source.mode.startswith(("I", "F")):
        return _from_deep_grey(source)
    if source.mode == "CMYK" and form == "JPEG" and "adobe" not in source.info:
        # Pillow takes all CMYK JPEGs for Adobe's, which keep ink inverted; without Adobe's mark they are as they say.
        source = ImageChops.invert(source)
    if converted := _through_profile(source):
        return converted
    if "transparency" in source.info or source.mode in {"RGBA", "LA", "PA", "La", "RGBa"}:
        plain = source.mode == "RGBA" and "transparency" not in source.info
        layers, ground = source if plain else source.convert("RGBA"), Image.new("RGB", source.size, _WHITE)
        ground.paste(layers, mask=layers.getchannel("A"))
        return ground
    return source if source.mode == "RGB" else source.convert("RGB")


def upright(image: Image.Image, orientation: int, size: tuple[int, int]) -> tuple[Image.Image, tuple[int, int]]:
    """A picture turned as an Exif orientation (1-8) asks, and the source's `size` turned with it."""
    turn = _TURNS.get(orientation)
    turned = image.transpose(turn) if turn is not None else image
    return turned, (size[1], size[0]) if orientation in _SIDEWAYS else size


def _from_deep_grey(source: Image.Image) -> Image.Image:
    """Grey of more than eight bits: 16 bits by their full range, others between their darkest and brightest pixel."""
    deep = np.asarray(source)
    if source.mode.startswith("I;16"):
        grey = ((np.arange(_SIXTEEN_BITS + 1) + 128) // 257).astype(np.uint8)[deep]
    else:
        whole = np.nan_to_num(deep.astype(np.float64), posinf=0.0, neginf=0.0)
        low, high = float(whole.min()), float(whole.max())
        if low >= 0 and source.mode == "I" and high <= _SIXTEEN_BITS:
            low, high = 0.0, float(_SIXTEEN_BITS)
        grey = np.round((whole - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)
    clear = source.info.get("transparency")
    if isinstance(clear, int):
        grey = np.where(deep == clear, np.uint8(255), grey)
    return Image.fromarray(grey).convert("RGB")


def _through_profile(source: Image.Image) -> Image.Image | None:
    """RGB and CMYK pixels as the file's colour profile means them; None without one, or when it is standard or broken."""
    profile = source.info.get("icc_profile")
    if source.mode not in {"RGB", "CMYK"} or "transparency" in source.info or not isinstance(profile, bytes):
        return None
    if not 128 <= len(profile) <= _LARGEST_PROFILE or b"sRGB" in profile or _spoken(b"sRGB") in profile:
        return None
    if profile[16:20] != {"RGB": b"RGB ", "CMYK": b"CMYK"}[source.mode]:
        return None
    try:
        meant, standard = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(source, meant, standard, outputMode="RGB")
    except Exception:  # a broken profile says nothing
        return None


def _spoken(word: bytes) -> bytes:
    """A word as newer profiles write it, in UTF-16."""
    return word.decode().encode("utf-16-be")
