"""One picture: right pixels from every kind of file, or one sentence that names it. Cases 16, 18 and 19 of bad input."""

import struct
import tracemalloc
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from picture_toys import draw, encoded
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from tlcore.data.pictures.picture import STORED_SIDE, PictureLimits, ReadPicture, keep_picture, look_of, read_picture
from tlcore.errors import DataError

LIMITS = PictureLimits()
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


def read(content: bytes, name: str = "a.png", limits: PictureLimits = LIMITS) -> ReadPicture:
    return read_picture(content, name, limits)


def seen(content: bytes) -> np.ndarray:
    return np.asarray(read(content).image).astype(int)


def refusal(content: bytes, limits: PictureLimits = LIMITS) -> str:
    with pytest.raises(DataError) as caught:
        read_picture(content, "cat.png", limits)
    said = str(caught.value)
    assert "cat.png" in said
    assert "\n" not in said
    return said


def gradient(size: tuple[int, int] = (64, 32)) -> np.ndarray:
    return np.linspace(0, 1, size[0])[None, :].repeat(size[1], axis=0)


def png(width: int, height: int, *chunks: tuple[bytes, bytes], depth: int = 8, colour: int = 0) -> bytes:
    """A PNG of any chunks at all between its header and its end."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_read_by_content_with_its_facts(form):
    picture = draw(1, 3)
    content = encoded(picture, form)
    found = read(content, "wrong-name.tiff")
    assert (found.facts.width, found.facts.height, found.facts.format, found.facts.bytes) == (64, 48, form, len(content))
    assert found.facts.frames == 1
    assert found.image.mode == "RGB"
    assert np.abs(np.asarray(found.image).astype(int) - np.asarray(picture)).mean() < 12


def test_case_19_deep_grey_is_scaled_and_never_white():
    deep = (gradient() * 65_535).astype(np.uint16)
    pixels = seen(encoded(Image.fromarray(deep)))
    assert np.array_equal(pixels[..., 0], np.round(deep / 257))
    assert pixels.min() == 0
    assert pixels.max() == 255
    assert read(encoded(Image.fromarray(deep))).facts.mode == "I;16"


def test_case_19_deep_colour_keeps_its_high_bytes():
    rows = b"".join(b"\0" + struct.pack(">9H", 0, 32_768, 65_535, 1_000, 2_000, 3_000, 65_535, 0, 0) for _ in range(2))
    pixels = seen(png(3, 2, (b"IDAT", zlib.compress(rows)), depth=16, colour=2))
    assert np.abs(pixels[0] - [[0, 128, 255], [4, 8, 12], [255, 0, 0]]).max() <= 1


def test_case_19_what_is_transparent_lies_on_white():
    picture = draw(0, 1).convert("RGBA")
    picture.putalpha(Image.fromarray((gradient((64, 48)) > 0.5).astype(np.uint8) * 255))
    for form, content in {
        "RGBA": encoded(picture),
        "LA": encoded(picture.convert("LA")),
        "WEBP": encoded(picture, "WEBP", lossless=True),
    }.items():
        pixels = seen(content)
        assert (pixels[:, :30] == 255).all(), form
        assert pixels[:, 34:].mean() < 230, form


def test_case_19_a_palette_with_a_clear_colour():
    picture = Image.new("P", (8, 4), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.paste(1, (4, 0, 8, 4))
    for form in ("PNG", "GIF"):
        pixels = seen(encoded(picture, form, transparency=0))
        assert (pixels[:, :4] == 255).all(), form
        assert (pixels[:, 4:] == [0, 0, 255]).all(), form


def test_case_19_a_clear_grey_of_sixteen_bits():
    deep = np.array([[0, 30_000], [60_000, 0]], dtype=">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in deep)
    content = png(2, 2, (b"tRNS", struct.pack(">H", 0)), (b"IDAT", zlib.compress(rows)), depth=16)
    assert seen(content)[..., 0].tolist() == [[255, 117], [233, 255]]


def test_case_19_one_bit_and_grey():
    bits = Image.fromarray(gradient() > 0.5)
    assert bits.mode == "1"
    assert set(np.unique(seen(encoded(bits)))) == {0, 255}
    grey = Image.fromarray((gradient() * 255).astype(np.uint8))
    assert np.array_equal(seen(encoded(grey))[..., 1], np.asarray(grey))


def test_case_19_cmyk_with_and_without_adobes_mark():
    inks = Image.merge("CMYK", [Image.new("L", (32, 32), ink) for ink in (0, 255, 255, 0)])
    content = encoded(inks, "JPEG", quality=95)
    assert np.abs(seen(content) - [255, 0, 0]).max() < 8
    place = content.index(b"\xff\xee")
    length = int.from_bytes(content[place + 2 : place + 4], "big")
    unmarked = content[:place] + content[place + 2 + length :]
    # Without the mark ink is not inverted, so the same bytes mean the opposite inks: cyan and black, which is black.
    assert np.abs(seen(unmarked)).max() < 8
    assert read(content).facts.mode == "CMYK"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_case_19_pictures_are_set_upright(orientation):
    picture = draw(2, 4)
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(picture, "PNG", exif=exif)
    with Image.open(BytesIO(content)) as source:
        upright = ImageOps.exif_transpose(source)
    found = read(content)
    assert np.array_equal(np.asarray(found.image), np.asarray(upright))
    assert (found.facts.width, found.facts.height) == upright.size


def test_case_19_of_moving_pictures_the_first_frame_is_taken_and_the_rest_counted():
    frames = [draw(kind, 0) for kind in range(4)]
    for form, options in (("GIF", {}), ("PNG", {}), ("WEBP", {"lossless": True})):
        content = encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=40, **options)
        found = read(content)
        assert found.facts.frames == 4, form
        still = seen(encoded(frames[0], "GIF" if form == "GIF" else "PNG"))
        assert np.abs(np.asarray(found.image).astype(int) - still).mean() < 6, form


def test_broken_exif_does_not_cost_the_picture():
    picture = draw(1, 1)
    content = encoded(picture, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff\x00\x09garbage")
    assert np.abs(seen(content) - np.asarray(picture)).mean() < 12


def test_a_colour_profile_is_followed_and_a_broken_one_passed_over():
    picture = Image.new("RGB", (8, 8), (200, 30, 30))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert (seen(encoded(picture, icc_profile=lab)) == [200, 30, 30]).all()
    broken = lab[:128] + bytes(len(lab) - 128)
    assert (seen(encoded(picture, icc_profile=broken)) == [200, 30, 30]).all()


@pytest.mark.parametrize("kind", ["gif", "png", "bmp", "jpeg", "webp"])
def test_case_16_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(kind):
    side = 13_000
    content = {
        "gif": b"GIF89a" + struct.pack("<HHBBB", side, side, 0, 0, 0) + encoded(draw(0, 0), "GIF")[13:],
        "png": png(side, side, (b"IDAT", zlib.compress(bytes(side * 200), 9)), depth=1),
        "bmp": b"BM" + struct.pack("<IIIIiiHHIIIIII", 100, 0, 54, 40, side, -side, 1, 24, 0, 0, 0, 0, 0, 0),
        "jpeg": encoded(Image.new("L", (8, 8)), "JPEG").replace(
            struct.pack(">BHH", 8, 8, 8), struct.pack(">BHH", 8, side, side), 1
        ),
        "webp": b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + 2 * (side - 1).to_bytes(3, "little"),
    }[kind]
    tracemalloc.start()
    said = refusal(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "13,000 × 13,000 pixels" in said
    assert "50 megapixels" in said
    assert peak < 2_000_000 + 2 * len(content)


def test_case_16_sides_and_bytes_have_limits_too():
    assert "20,000 a side" in refusal(encoded(Image.new("1", (20_001, 2))))
    limits = PictureLimits(max_bytes=1_000_000)
    assert "2 MB; the limit for a picture is 1 MB" in refusal(bytes(2_000_000), limits)


def test_case_16_a_frame_that_leaves_its_screen_counts():
    small = bytearray(encoded(Image.new("P", (8, 8)), "GIF"))
    small[6:10] = struct.pack("<HH", 1, 1)
    place = small.index(b"\x2c", 13)
    small[place + 5 : place + 9] = struct.pack("<HH", 30_000, 30_000)
    assert "30,000 × 30,000" in refusal(bytes(small)) or "damaged" in refusal(bytes(small))


def test_case_16_a_text_chunk_bomb_is_refused():
    bomb = (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9))
    pixel = (b"IDAT", zlib.compress(b"\0\xff"))
    tracemalloc.start()
    for chunks in ((bomb, pixel), (pixel, bomb), ((b"iCCP", b"x\0\0" + bomb[1][9:]), pixel)):
        assert "over the limit" in refusal(png(1, 1, *chunks))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_case_16_files_built_of_countless_pieces_are_refused_or_read_at_once():
    gif = encoded(draw(0, 0), "GIF")
    colours = 13 + (3 << (gif[10] & 7) + 1)
    comments = b"".join(b"\x21\xfe\x01x\x00" for _ in range(150_000))
    assert "save it again" in refusal(gif[:colours] + comments + gif[colours:])
    jpeg = encoded(draw(0, 0), "JPEG")
    assert "save it again" in refusal(jpeg[:2] + b"\xff\xfe\x00\x02" * 150_000 + jpeg[2:])
    blocks = b"".join(struct.pack(">I", 0) + b"teSt" + struct.pack(">I", zlib.crc32(b"teSt")) for _ in range(150_000))
    whole = encoded(draw(0, 0))
    assert "save it again" in refusal(whole[:33] + blocks + whole[33:])
    comment = b"\x21\xfe" + (b"\xff" + b"x" * 255) * 20_000 + b"\x00"
    assert np.array_equal(seen(gif[:colours] + comment + gif[colours:]), seen(gif))


def test_case_16_a_jpeg_of_countless_passes_is_refused():
    small = encoded(draw(0, 0), "JPEG", progressive=True)
    size = small.index(b"\xff\xc2") + 5
    huge = small[:size] + struct.pack(">HH", 6_000, 6_000) + small[size + 4 :]
    assert "50 passes over 36 megapixels" in refusal(huge + b"\xff\xda" * (50 - huge.count(b"\xff\xda")))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (encoded(draw(0, 0), "TIFF"), "a TIFF picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"<svg onload='alert(1)'/>", "an SVG drawing"),
        (b"<!DOCTYPE html><html><script>alert(1)</script>", "a web page"),
        (b"#!/bin/sh\nrm -rf /\n", "a script"),
        (b"PK\x03\x04rest", "a zip archive"),
        (b"\x00\x00\x00\x18ftypheicrest", "a HEIC picture"),
        (b"hello", "no PNG, JPEG, WEBP, GIF or BMP"),
        (b"", "is empty"),
        (encoded(draw(0, 0), "TGA"), "no PNG, JPEG, WEBP, GIF or BMP"),
        (encoded(draw(0, 0), "ICO"), "an icon"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
    ],
)
def test_case_18_what_is_no_picture_of_ours_is_refused_by_content(content, kind):
    assert kind in refusal(content)


def test_case_18_what_hides_in_a_picture_is_gone_when_it_is_stored(tmp_path: Path):
    hidden = b"<html><script>alert(1)</script></html>"
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", hidden.decode())
    for content in (
        encoded(draw(0, 5), pnginfo=notes) + hidden,
        encoded(draw(0, 5), "JPEG", comment=hidden, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0" + hidden) + hidden,
    ):
        stored = tmp_path / keep_picture(read(content), tmp_path)
        assert b"script" not in stored.read_bytes()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_picture_that_ends_early_is_refused(form, share):
    content = encoded(draw(1, 1, (200, 150)), form)
    assert "damaged" in refusal(content[: int(share * len(content))])


def test_stored_pictures_are_small_and_named_by_what_they_hold(tmp_path: Path):
    large = draw(2, 2, (1_600, 400))
    for form, ending in (("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "jpg"), ("BMP", "png")):
        found = read(encoded(large, form))
        name = keep_picture(found, tmp_path)
        assert name.endswith(ending)
        assert keep_picture(found, tmp_path) == name
        with Image.open(tmp_path / name) as stored:
            assert (stored.mode, stored.size) == ("RGB", (STORED_SIDE, 128))
        assert (found.facts.width, found.facts.height) == (1_600, 400)
    assert keep_picture(read(encoded(large, "WEBP", lossless=True)), tmp_path).endswith("png")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_small_pictures_keep_every_pixel(tmp_path: Path):
    picture = draw(3, 3)
    with Image.open(tmp_path / keep_picture(read(encoded(picture)), tmp_path)) as stored:
        assert np.array_equal(np.asarray(stored), np.asarray(picture))


def test_equal_pixels_have_equal_hashes_whatever_the_file():
    picture = draw(0, 9)
    assert read(encoded(picture)).pixels == read(encoded(picture, "BMP")).pixels
    assert read(encoded(picture)).pixels != read(encoded(draw(0, 10))).pixels
    tall = Image.new("RGB", (2, 8), "red")
    assert read(encoded(tall)).pixels != read(encoded(tall.transpose(Image.Transpose.ROTATE_90))).pixels
    large = encoded(draw(0, 9, (2_000, 1_500)), "JPEG")
    assert read(large).pixels == read(large).pixels


def test_looks_are_near_for_copies_and_far_for_others():
    def apart(one: str, other: str) -> int:
        return (int(one, 16) ^ int(other, 16)).bit_count()

    picture = draw(0, 1, (300, 200))
    look = look_of(picture)
    assert len(look) == 16
    assert apart(look, look_of(picture.resize((150, 100)))) <= 4
    assert apart(look, look_of(read(encoded(picture, "JPEG", quality=40)).image)) <= 4
    assert apart(look, look_of(draw(1, 2, (300, 200)))) > 10
    assert look_of(Image.new("RGB", (40, 40), "white")) != look_of(Image.new("RGB", (40, 40), "black"))
