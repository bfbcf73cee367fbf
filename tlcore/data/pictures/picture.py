"""One picture: from a stranger's bytes to upright RGB pixels that we write anew, or to one sentence that says why not.

A format is told by content and only five are tried. Sizes are judged from the header before anything is decoded, metadata is
dropped, and what is kept is encoded by us, so that nothing a file hid survives.
"""

import hashlib
import struct
import tempfile
import threading
import zlib
from contextlib import nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import BmpImagePlugin, GifImagePlugin, Image, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from tlcore.data.pictures.colours import to_rgb, upright
from tlcore.data.pictures.copies import look_of
from tlcore.data.pictures.header import Header, orientation_of, read_header, what_it_is
from tlcore.data.pictures.names import shown
from tlcore.data.pictures.records import PictureFacts, PictureLimits
from tlcore.data.pictures.trim import TooMuchError, check_bmp, is_lossy_webp, trim_gif, trim_jpeg, trim_png
from tlcore.errors import DataError, StorageError

__all__ = ["STORED_SIDE", "PictureFacts", "PictureLimits", "ReadPicture", "keep_picture", "look_of", "read_picture"]

STORED_SIDE = 512
"""Longest side of a stored picture, in pixels."""
_QUALITY = 95
_PNG_EFFORT = 3
_STRIP_PIXELS = 1_000_000
_LARGE_PIXELS = 8_000_000
_one_large = threading.Lock()
"""Held while a large picture is decoded: two of them at a time could need more memory than there is."""
_PLUGINS: dict[str, type[ImageFile.ImageFile]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
}
_FAULTS = (
    OSError, ValueError, SyntaxError, TypeError, IndexError, KeyError, AttributeError, EOFError, NotImplementedError,
    OverflowError, AssertionError, struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
"""All that decoders raise when a file is broken."""


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """A picture that was decoded and checked."""

    image: Image.Image
    """RGB, upright, the longest side at most `STORED_SIDE`: what is stored, trained and predicted on."""
    facts: PictureFacts
    pixels: str
    """SHA-256 in hex of size and RGB pixels before scaling down: equal for exact copies."""
    lossy: bool
    """Whether the file had lost detail already, so that JPEG keeps what there is."""


def read_picture(content: bytes, name: str, limits: PictureLimits) -> ReadPicture:
    """Decode a picture called `name` in messages; safe to call from several threads.

    Raises DataError in one sentence for what is no picture of `FORMATS`, is damaged, or is over a limit. Memory: some
    twelve bytes a pixel at most (moving and clear WebP twenty), nothing for what is over a limit; of pictures above 8
    megapixels one is decoded at a time.
    """
    name = shown(name)
    header = _judge(content, name, limits)
    with _one_large if header.width * header.height > _LARGE_PIXELS else nullcontext():
        return _decoded(content, name, header, limits)


def _decoded(content: bytes, name: str, header: Header, limits: PictureLimits) -> ReadPicture:
    """Decode a picture whose header is sound."""
    try:
        trimmed, frames, exif = _trimmed(content, header)
        with _PLUGINS[header.format](BytesIO(trimmed)) as source:
            if source.size != (header.width, header.height):
                _check_size(source.size, name, limits)
            mode, full = source.mode, source.size
            frames = max(frames, int(getattr(source, "n_frames", 1))) if header.format == "WEBP" else frames
            if header.format == "JPEG":
                source.draft(source.mode, _twice_stored(full))
            source.load()
            turned, size = upright(to_rgb(source, header.format), orientation_of(exif or source.info.get("exif")), full)
    except TooMuchError as error:
        raise DataError(f"{name} {error}. Open it in an image program and save it again.") from error
    except MemoryError as error:
        raise DataError(f"{name} needs more memory than there is. Make the picture smaller.") from error
    except _FAULTS as error:
        raise DataError(_damaged(name, header.format, error)) from error
    facts = PictureFacts(
        width=size[0], height=size[1], mode=mode, format=header.format, bytes=len(content), frames=max(1, frames)
    )
    lossy = header.format == "JPEG" or (header.format == "WEBP" and is_lossy_webp(content))
    return ReadPicture(_scaled_down(turned), facts, _pixels(turned, size), lossy)


def keep_picture(read: ReadPicture, folder: Path) -> str:
    """Write a picture into a folder, whole or not at all, and return the file's name: the SHA-256 of its bytes and an ending.

    Raises StorageError when the disk refuses.
    """
    stream = BytesIO()
    if read.lossy:
        read.image.save(stream, "JPEG", quality=_QUALITY, subsampling=0)
    else:
        read.image.save(stream, "PNG", compress_level=_PNG_EFFORT)
    content = stream.getvalue()
    name = f"{hashlib.sha256(content).hexdigest()}.{'jpg' if read.lossy else 'png'}"
    if not (folder / name).exists():
        _write(folder, name, content)
    return name


def _judge(content: bytes, name: str, limits: PictureLimits) -> Header:
    """Format and size, once the file may be decoded."""
    if len(content) > limits.max_bytes:
        raise DataError(
            f"{name} has {len(content) / 1e6:,.0f} MB; the limit for a picture is {limits.max_bytes / 1e6:,.0f} MB."
        )
    header = read_header(content)
    if header is None:
        raise DataError(f"{name} {what_it_is(content)}.")
    _check_size((header.width, header.height), name, limits)
    return header


def _check_size(size: tuple[int, int], name: str, limits: PictureLimits) -> None:
    """Refuse a picture without pixels, or with more than the limits allow."""
    width, height = size
    if not width or not height:
        raise DataError(f"{name} is damaged: it says that it has {width} × {height} pixels.")
    if width * height > limits.max_pixels or max(size) > limits.max_side:
        raise DataError(
            f"{name} has {width:,} × {height:,} pixels; the limit is {limits.max_pixels / 1e6:,.0f} megapixels and "
            f"{limits.max_side:,} a side. Make the picture smaller."
        )


def _trimmed(content: bytes, header: Header) -> tuple[bytes, int, bytes]:
    """The bytes to decode, how many frames they were cut from, and Exif data that was cut off."""
    if header.format == "GIF":
        return *trim_gif(content), b""
    if header.format == "JPEG":
        trimmed, exif = trim_jpeg(content, header.width * header.height)
        return trimmed, 1, exif
    if header.format == "PNG":
        return *trim_png(content), b""
    if header.format == "BMP":
        check_bmp(content, header.width * header.height)
    return content, 1, b""


def _twice_stored(size: tuple[int, int]) -> tuple[int, int]:
    """What a JPEG is decoded to at least: so many pixels that scaling down still has two to make one from."""
    share = min(1.0, 2 * STORED_SIDE / max(size))
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def _scaled_down(image: Image.Image) -> Image.Image:
    """The picture with its longest side at most `STORED_SIDE`."""
    share = STORED_SIDE / max(image.size)
    if share >= 1:
        return image
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _pixels(image: Image.Image, size: tuple[int, int]) -> str:
    """SHA-256 in hex of the source's size and of all decoded pixels."""
    digest = hashlib.sha256(f"{size[0]}x{size[1]}\n".encode())
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        digest.update(image.crop((0, top, image.width, min(top + rows, image.height))).tobytes())
    return digest.hexdigest()


def _damaged(name: str, form: str, error: BaseException) -> str:
    """Why a picture could not be decoded."""
    said = str(error)
    if "too large for" in said or "Too much memory" in said:
        return (
            f"{name} hides more than 1 MB in a text or colour chunk, which is over the limit. Save it again without metadata."
        )
    what = "ends before all of it is there" if "truncated" in said or isinstance(error, EOFError) else "cannot be decoded"
    return f"{name} is a damaged {form} picture: it {what}. Give a whole copy of it."


def _write(folder: Path, name: str, content: bytes) -> None:
    """Write a file beside its name and rename it; the dataset's own store sees to the disk."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".tmp", delete=False) as stream:
            temporary = Path(stream.name)
            try:
                stream.write(content)
                stream.close()
                temporary.replace(folder / name)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StorageError(
            f"Could not write {folder / name}: {error.strerror or error}. Free some disk space and try again."
        ) from error
