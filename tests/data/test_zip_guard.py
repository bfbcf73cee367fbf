"""Zips are judged from their directory and refused whole. Cases 12, 13, 14 and 15 of bad input."""

import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from picture_toys import zip_from

from tlcore.data.pictures.zip_guard import GuardedZip, open_zip
from tlcore.errors import DataError
from tlcore.settings import Settings

SETTINGS = Settings()
CONTENT = b"some bytes that are packed a little a little a little"
NAME = 30
"""Bytes of a local header before the name."""


def opened(path: Path, settings: Settings = SETTINGS) -> GuardedZip:
    return open_zip(path, "toys.zip", settings)


def refusal(path: Path, settings: Settings = SETTINGS) -> str:
    with pytest.raises(DataError) as caught, opened(path, settings) as archive:
        for entry in archive.entries:
            archive.read(entry)
    said = str(caught.value)
    assert "toys.zip" in said
    assert "\n" not in said
    return said


def refused_unread(path: Path, settings: Settings = SETTINGS) -> str:
    with pytest.raises(DataError) as caught:
        opened(path, settings)
    return str(caught.value)


def record(name: bytes, size: int, packed: int, place: int, crc: int = 0, method: int = 8, mode: int = 0) -> bytes:
    """One entry of a central directory, claiming anything."""
    sizes = struct.pack("<3L5H2L", crc, packed, size, len(name), 0, 0, 0, 0, mode << 16, place)
    return b"PK\1\2" + struct.pack("<6H", 20, 20, 0, method, 0, 0) + sizes + name


def header(name: bytes, size: int, packed: int, crc: int = 0, method: int = 8) -> bytes:
    """What lies before an entry's content."""
    return b"PK\3\4" + struct.pack("<5H3L2H", 20, 0, method, 0, 0, crc, packed, size, len(name), 0) + name


def end(entries: int, size: int, start: int) -> bytes:
    """The end of a zip."""
    return b"PK\5\6" + struct.pack("<4H2LH", 0, 0, entries, entries, size, start, 0)


def assembled(target: Path, body: bytes, records: list[bytes], claimed: int | None = None) -> Path:
    """A zip of its parts, which need not fit."""
    directory = b"".join(records)
    target.write_bytes(body + directory + end(len(records) if claimed is None else claimed, len(directory), len(body)))
    return target


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return zip_from({"a/1.png": CONTENT, "b/2.png": CONTENT * 3, "b/empty": b""}, tmp_path / "good.zip")


def test_sound_zips_are_read_as_the_standard_library_reads_them(tmp_path: Path):
    target = tmp_path / "sound.zip"
    with zipfile.ZipFile(target, "w") as archive:
        archive.comment = b"with a comment"
        archive.writestr("stored.png", CONTENT, zipfile.ZIP_STORED)
        archive.writestr("packed/é/猫.png", CONTENT * 99, zipfile.ZIP_DEFLATED)
        archive.mkdir("folder")
        with archive.open("streamed.png", "w", force_zip64=True) as stream:
            stream.write(CONTENT)
    with zipfile.ZipFile(target) as known, opened(target) as archive:
        assert [entry.name for entry in archive.entries] == ["stored.png", "packed/é/猫.png", "streamed.png"]
        assert all(archive.read(entry) == known.read(entry.name) for entry in archive.entries)


def test_bytes_before_a_zip_do_not_matter(good: Path):
    good.write_bytes(b"#!/bin/sh\n" * 50 + good.read_bytes())
    with opened(good) as archive:
        assert archive.read(archive.entries[1]) == CONTENT * 3


def test_more_than_65535_entries(tmp_path: Path):
    body, records = [], []
    for number in range(65_600):
        name = b"%05d" % number
        body.append(header(name, 0, 0))
        records.append(record(name, 0, 0, 35 * number))
    target = assembled(tmp_path / "many.zip", b"".join(body), records, claimed=65_600 - 65_536)
    with opened(target) as archive:
        assert len(archive.entries) == 65_600


def test_names_without_the_mark_of_utf8_are_understood(tmp_path: Path):
    name = "café/1.png".encode()
    body = header(name, 2, 2, zlib.crc32(b"hi"), 0) + b"hi"
    path = assembled(tmp_path / "mac.zip", body, [record(name, 2, 2, 0, zlib.crc32(b"hi"), 0)])
    with opened(path) as archive:
        assert archive.entries[0].name == "café/1.png"
        assert archive.read(archive.entries[0]) == b"hi"


@pytest.mark.parametrize(
    "name",
    ["../evil.png", "a/../../evil.png", "/etc/evil.png", "C:\\evil.png", "c:evil.png", "..\\evil.png", "a\\..\\..\\evil.png",
     "\\\\server\\evil.png", "~/evil.png", "~root/evil.png", "~", "a/..", ".."],
)  # fmt: skip
def test_case_12_names_that_lead_elsewhere(tmp_path: Path, name: str):
    path = zip_from({"a/1.png": CONTENT, name: b"evil"}, tmp_path / "evil.zip")
    assert f"the entry {name} " in refused_unread(path)


def test_case_12_a_name_with_a_nul(tmp_path: Path):
    path = assembled(tmp_path / "nul.zip", header(b"a\0.png", 0, 0), [record(b"a\0.png", 0, 0, 0)])
    assert "a�.png has a NUL character" in refused_unread(path)


@pytest.mark.parametrize(
    "name", ["a..b/c.png", "...", "a/.../b", "CON", "aux.png", "~$lock.png", "x" * 300 + ".png", "a:b.png", " "]
)
def test_case_21_odd_names_are_harmless_as_they_are_no_paths(tmp_path: Path, name: str):
    with opened(zip_from({f"a/{name}": CONTENT}, tmp_path / "odd.zip")) as archive:
        assert [entry.name for entry in archive.entries] == [f"a/{name}"]


@pytest.mark.parametrize(
    ("name", "mode", "said"),
    [
        (b"a/link", 0o120777, "is a link"),
        (b"a/link/", 0o120777, "is a link"),
        (b"a/p", 0o010644, "pipe"),
        (b"a/d", 0o020644, "device"),
    ],
)
def test_case_13_links_and_devices(tmp_path: Path, name: bytes, mode: int, said: str):
    path = assembled(tmp_path / "link.zip", header(name, 0, 0), [record(name, 0, 0, 0, mode=mode)])
    assert said in refused_unread(path)
    assert f"the entry {name.decode()} is" in refused_unread(path)


def test_case_14_a_ratio_bomb(tmp_path: Path):
    packed = bytes(60_000)
    body = header(b"0", 60_000_000, 60_000) + packed
    one = assembled(tmp_path / "one.zip", body, [record(b"0", 60_000_000, 60_000, 0)])
    assert "the entry 0 unpacks to 60 MB from 0.06 MB" in refused_unread(one)
    body = header(b"0", 10_000_000, 10_000) + packed[:10_000]
    records = [record(b"0", 10_000_000, 10_000, number * len(body)) for number in range(30)]
    assert "unpacks to 300 MB from 0.30 MB" in refused_unread(assembled(tmp_path / "many.zip", body * 30, records))


def test_case_14_overlapping_entries(tmp_path: Path):
    packed = zlib.compress(bytes(1_000_000), 9)[2:-4]
    body = header(b"0", 1_000_000, len(packed)) + packed
    records = [record(b"%d" % number, 1_000_000, len(packed), 0) for number in range(100)]
    assert "the entries 0 and 1 overlap" in refused_unread(assembled(tmp_path / "overlap.zip", body, records))
    inner = header(b"1", 5, 5, 0, 0) + b"hello"
    outer = header(b"0", len(inner), len(inner), 0, 0) + inner
    records = [record(b"0", len(inner), len(inner), 0, 0, 0), record(b"1", 5, 5, 31, 0, 0)]
    assert "overlap" in refused_unread(assembled(tmp_path / "inner.zip", outer, records))


def test_case_14_a_zip_within_a_zip(tmp_path: Path):
    path = zip_from({"a/1.png": CONTENT, "a/inner.zip": b"PK"}, tmp_path / "nested.zip")
    assert "a/inner.zip is an archive within the zip; unpack it first" in refused_unread(path)


@pytest.mark.parametrize("claimed", [None, 1, 16_960], ids=["true", "lying", "modulo"])
def test_case_14_a_million_entries(tmp_path: Path, claimed: int | None):
    entry = record(b"x", 0, 0, 0)
    size = len(entry) * 1_000_000
    start = 31
    target = tmp_path / "million.zip"
    wide = b"PK\6\6" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 1_000_000, 1_000_000, size, start)
    locator = b"PK\6\7" + struct.pack("<LQL", 0, start + size, 1)
    with target.open("wb") as stream:
        stream.write(header(b"x", 0, 0))
        for _ in range(100):
            stream.write(entry * 10_000)
        stream.write(wide + locator + end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF) if claimed is None else end(claimed, size, start))
    tracemalloc.start()
    said = refused_unread(target, Settings(max_pictures=5_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "entries" in said
    assert "the limit is 15,000" in said
    assert peak < 10_000_000


def test_case_14_a_directory_of_endless_names(tmp_path: Path):
    path = tmp_path / "long.zip"
    with path.open("wb") as stream:
        stream.truncate(143_000_000)  # a file with a hole: nothing is written but its end
        stream.seek(0, 2)
        stream.write(end(2_200, 143_000_000, 0))
    assert "list of contents of 143 MB" in refused_unread(path)


def test_case_14_what_unpacks_to_more_than_the_limit(good: Path):
    assert "the limit" in refused_unread(good, Settings(max_zip_bytes=100))


def test_case_15_sizes_that_lie(tmp_path: Path):
    packed = zlib.compress(CONTENT * 10)[2:-4]
    crc = zlib.crc32(CONTENT * 10)
    for size in (len(CONTENT) * 10 - 1, len(CONTENT) * 10 + 1, 1):
        body = header(b"a.png", size, len(packed), crc) + packed
        path = assembled(tmp_path / "lie.zip", body, [record(b"a.png", size, len(packed), 0, crc)])
        assert "a.png" in refusal(path)
    body = header(b"a.png", 10, 5, 0, 0) + b"hello"
    path = assembled(tmp_path / "stored.zip", body, [record(b"a.png", 10, 5, 0, 0, 0)])
    assert "a.png is stored as it is, and yet has two sizes" in refused_unread(path)
    path = assembled(tmp_path / "huge.zip", body, [record(b"a.png", 0xFFFFFFF0, 5, 0)])
    assert "which no packing does" in refused_unread(path)


def test_case_15_a_wrong_checksum(good: Path):
    content = good.read_bytes()
    with zipfile.ZipFile(good) as archive:
        crc = struct.pack("<L", archive.getinfo("b/2.png").CRC)
    good.write_bytes(content.replace(crc, b"\1\2\3\4"))
    assert "b/2.png is damaged: its checksum" in refusal(good)


def test_case_15_broken_content(good: Path):
    content = bytearray(good.read_bytes())
    place = content.index(b"b/2.png") + len("b/2.png")
    content[place : place + 8] = b"\xff" * 8
    good.write_bytes(content)
    assert "b/2.png is damaged" in refusal(good)


def test_case_15_an_encrypted_entry_and_an_unknown_method(good: Path):
    content = bytearray(good.read_bytes())
    place = content.index(b"PK\1\2")
    encrypted, method = content.copy(), content.copy()
    encrypted[place + 8] |= 1
    good.write_bytes(encrypted)
    assert "a/1.png is encrypted" in refused_unread(good)
    method[place + 10] = 97
    good.write_bytes(method)
    assert "a/1.png is packed with method 97" in refused_unread(good)


def test_case_15_a_header_that_contradicts_the_directory(good: Path):
    content = good.read_bytes()
    good.write_bytes(content.replace(b"a/1.png", b"a/2.png", 1))
    assert "a/1.png has another name where its content lies" in refusal(good)
    good.write_bytes(content.replace(b"PK\3\4", b"PK\0\0", 1))
    assert "a/1.png is missing" in refusal(good)


def test_case_15_cut_off_anywhere(good: Path):
    content = good.read_bytes()
    for length in range(len(content)):
        good.write_bytes(content[:length])
        said = refusal(good)
        assert ("no zip" in said) == (length < 4)


def test_an_empty_zip_and_what_is_none(tmp_path: Path):
    assert "is an empty zip" in refused_unread(zip_from({}, tmp_path / "empty.zip"))
    (tmp_path / "text.zip").write_bytes(b"hello")
    assert "is no zip file" in refused_unread(tmp_path / "text.zip")
    assert "cannot be opened" in refused_unread(tmp_path / "nothing.zip")


@given(st.data())
def test_any_change_of_bytes_is_refused_or_harmless(data: st.DataObject):
    body = header(b"a.png", len(CONTENT), len(CONTENT), zlib.crc32(CONTENT), 0) + CONTENT
    entry = record(b"a.png", len(CONTENT), len(CONTENT), 0, zlib.crc32(CONTENT), 0)
    content = bytearray(body + entry + end(1, len(entry), len(body)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "changed.zip"
        path.write_bytes(content)
        try:
            with opened(path) as archive:
                found = [archive.read(entry) for entry in archive.entries]
        except DataError as error:
            assert "toys.zip" in str(error)
        else:
            assert found == [CONTENT]
