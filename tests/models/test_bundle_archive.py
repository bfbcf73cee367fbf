import stat
import struct
import time
import zipfile
from pathlib import Path

import pytest

from tlcore.errors import BundleError
from tlcore.models.bundle import FILES, read_card, zip_bundle


def packed(folder: Path, target: Path, extra: dict[str, bytes] | None = None, prefix: str = "") -> Path:
    """A bundle packed by another tool, with more in it."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES:
            archive.write(folder / name, prefix + name)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return target


def test_zip_made_by_another_tool_is_read(folder: Path, tmp_path: Path) -> None:
    assert read_card(packed(folder, tmp_path / "again.zip")) == read_card(folder)


@pytest.mark.parametrize(
    "name",
    ["../evil.txt", "/etc/evil", "C:\\evil", "..\\evil", "~/evil", "weights.pkl", "sub/state.json", "README.MD", "a\x1b[31mb"],
)
def test_foreign_entry_is_named_and_nothing_is_written(folder: Path, tmp_path: Path, name: str) -> None:
    target = packed(folder, tmp_path / "model.zip", {name: b"x"})
    before = sorted(tmp_path.parent.rglob("*"))
    with pytest.raises(BundleError, match="no part of a model") as caught:
        read_card(target)
    assert sorted(tmp_path.parent.rglob("*")) == before
    assert "\x1b" not in str(caught.value)
    assert name.replace("\x1b", "�") in str(caught.value)


def test_folder_around_the_files_is_explained(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="without a folder around them"):
        read_card(packed(folder, tmp_path / "model.zip", prefix="model/"))


def test_link_entry_is_refused(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        for name in FILES[:3]:
            archive.write(folder / name, name)
        entry = zipfile.ZipInfo("README.md")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(BundleError, match=r"README\.md is a link"):
        read_card(tmp_path / "model.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_entry_twice_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"README\.md twice"):
        read_card(packed(folder, tmp_path / "model.zip", {"README.md": b"other"}))


def test_high_ratio_is_refused_before_unpacking(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES[1:]:
            archive.write(folder / name, name)
        archive.writestr("bundle.json", b" " * 50_000_000)
    with pytest.raises(BundleError, match=r"bundle\.json claims to unpack to 50,000,000"):
        read_card(tmp_path / "model.zip")


def test_declared_size_beyond_the_limit_is_refused(folder: Path, tmp_path: Path) -> None:
    target = packed(folder, tmp_path / "model.zip")
    content = bytearray(target.read_bytes())
    for position in (place for place in range(len(content)) if content[place : place + 4] == b"PK\x01\x02"):
        content[position + 20 : position + 28] = struct.pack("<II", 1_000_000_000, 1_000_000_000)
    target.write_bytes(bytes(content))
    with pytest.raises(BundleError, match="claims to unpack to 4,000,000,000"):
        read_card(target)


def test_encrypted_entry_is_refused(folder: Path, tmp_path: Path) -> None:
    target = packed(folder, tmp_path / "model.zip")
    content = bytearray(target.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    target.write_bytes(bytes(content))
    with pytest.raises(BundleError, match="encrypted"):
        read_card(target)


def test_a_great_many_entries_are_refused_from_the_end_record(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * 300_000
    target = tmp_path / "bomb.zip"
    target.write_bytes(directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, len(directory), 0, 0))
    begin = time.perf_counter()
    with pytest.raises(BundleError, match="far too many files"):
        read_card(target)
    assert time.perf_counter() - begin < 0.5


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06", b"not a zip at all, only words" * 10])
def test_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.zip").write_bytes(content)
    with pytest.raises(BundleError, match="not a complete zip"):
        read_card(tmp_path / "model.zip")


def test_half_a_folder_is_not_packed(folder: Path, tmp_path: Path) -> None:
    (folder / "state.json").unlink()
    with pytest.raises(BundleError, match=r"state\.json"):
        zip_bundle(folder, tmp_path / "model.zip")
    assert not (tmp_path / "model.zip").exists()
