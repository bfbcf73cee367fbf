"""Hostile and broken sources as a whole: nothing is stored half-way, what is left out is listed. Cases 12 to 21."""

import random
import zipfile
from pathlib import Path

import pytest
from picture_toys import draw, encoded, folder_of_classes, zip_from, zip_of
from PIL import Image

from tlcore.data.pictures.importer import import_pictures
from tlcore.data.pictures.picture import read_picture
from tlcore.data.pictures.records import PictureLimits
from tlcore.data.pictures.zip_guard import open_zip
from tlcore.data.store import DatasetStore
from tlcore.errors import DataError
from tlcore.settings import Settings, Workspace

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MUTANTS = 3_000


def entries(**classes: int) -> dict[str, bytes]:
    return {
        f"{label}/{number}.png": encoded(draw(len(label), number))
        for label, count in classes.items()
        for number in range(count)
    }


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def import_refused(workspace: Workspace, path: Path) -> str:
    """What an import says that must leave no trace anywhere."""
    workspace.uploads.mkdir(exist_ok=True)
    before = files_below(path.parent)
    with pytest.raises(DataError) as caught:
        import_pictures(workspace, path)
    assert files_below(path.parent) == before
    return str(caught.value)


@pytest.mark.parametrize("name", ["../../evil.png", "/tmp/evil.png", "C:\\evil.png", "..\\..\\evil.png", "~/evil.png"])
def test_case_12_no_file_is_written_outside(workspace: Workspace, tmp_path: Path, name: str):
    path = zip_from(entries(cat=3, otter=3) | {name: encoded(draw(0, 0))}, tmp_path / "evil.zip")
    assert name in import_refused(workspace, path)


def test_case_13_a_link_in_a_zip(workspace: Workspace, tmp_path: Path):
    path = zip_from(entries(cat=3, otter=3), tmp_path / "evil.zip")
    link = zipfile.ZipInfo("cat/link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "cat/link.png is a link" in import_refused(workspace, path)


def test_case_14_a_bomb(workspace: Workspace, tmp_path: Path):
    path = zip_from(entries(cat=3, otter=3) | {"cat/bomb.png": bytes(60_000_000)}, tmp_path / "evil.zip")
    assert "cat/bomb.png unpacks to 60 MB" in import_refused(workspace, path)


def test_case_15_one_damaged_entry_refuses_all(workspace: Workspace, tmp_path: Path):
    path = zip_from(entries(cat=3, otter=3), tmp_path / "evil.zip")
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("otter/2.png")
    content[info.header_offset + 200] ^= 0xFF
    path.write_bytes(content)
    assert "otter/2.png is damaged" in import_refused(workspace, path)


def test_case_16_and_17_what_cannot_be_read_is_listed_and_left_out(workspace: Workspace, tmp_path: Path):
    bad = {
        "cat/cut.png": encoded(draw(0, 50))[:900],
        "cat/bomb.png": encoded(Image.new("1", (12_000, 12_000))),
        "otter/web.png": b"<html><script>alert(1)</script></html>",
        "otter/scan.tif": encoded(draw(0, 51), "TIFF"),
    }
    junk = {"__MACOSX/cat/._1.png": b"x", "cat/.DS_Store": b"x", "otter/Thumbs.db": b"x", "readme.txt": b"x"}
    card = import_pictures(workspace, zip_from(entries(cat=4, otter=4) | bad | junk, tmp_path / "toys.zip"))
    assert card.classes == {"cat": 4, "otter": 4}
    assert (card.source.rows_read, card.source.rows_skipped, card.source.junk) == (8, 4, 4)
    reasons = dict(line.split(": ", 1) for line in card.source.unreadable)
    assert list(reasons) == list(bad)
    assert "ends before all of it is there" in reasons["cat/cut.png"]
    assert "12,000 × 12,000 pixels" in reasons["cat/bomb.png"]
    assert "a web page" in reasons["otter/web.png"]
    assert "a TIFF picture" in reasons["otter/scan.tif"]


def test_case_17_a_class_of_which_nothing_can_be_read_stops_the_import(workspace: Workspace, tmp_path: Path):
    path = zip_from(entries(cat=3, otter=3) | {"lynx/1.png": b"x", "lynx/2.png": b"x"}, tmp_path / "toys.zip")
    said = import_refused(workspace, path)
    assert "no picture of the class “lynx” that can be read" in said
    assert "lynx/1.png" in said


def test_case_17_a_class_that_falls_to_one_picture_stops_training(workspace: Workspace, tmp_path: Path):
    path = zip_from(entries(cat=3, otter=3, lynxes=1) | {"lynxes/9.png": b"x"}, tmp_path / "toys.zip")
    card = import_pictures(workspace, path)
    assert {finding.severity.value for finding in card.findings if finding.code == "lone_classes"} == {"stop"}


def test_case_17_nothing_that_can_be_read(workspace: Workspace, tmp_path: Path):
    path = zip_from({"cat/1.png": b"x", "dog/1.png": b"x"}, tmp_path / "toys.zip")
    assert "toys.zip has no picture that can be read. cat/1.png: is no PNG" in import_refused(workspace, path)


def test_case_18_a_stored_picture_holds_nothing_but_pixels(workspace: Workspace, tmp_path: Path):
    hidden = b"<script>alert(1)</script>"
    files = {name: content + hidden for name, content in entries(cat=3, otter=3).items()}
    card = import_pictures(workspace, zip_from(files, tmp_path / "toys.zip"))
    assert card.items == 6
    assert not any(hidden in path.read_bytes() for path in workspace.datasets.rglob("*") if path.is_file())


def test_case_19_moving_pictures_are_counted(workspace: Workspace, tmp_path: Path):
    frames = [draw(0, number) for number in range(3)]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    card = import_pictures(workspace, zip_from(entries(cat=3, otter=3) | {"cat/m.gif": moving}, tmp_path / "toys.zip"))
    assert card.source.animated == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "is an empty zip"),
        ({"readme.txt": b"x"}, "has no pictures"),
        ({"__MACOSX/a/._1.png": b"x"}, "has no pictures"),
        ({"labels.csv": b"filename,label\n1.png,a\n"}, "only a table"),
        ({"1.png": encoded(draw(0, 0)), "2.png": encoded(draw(0, 1))}, "├── cats"),
    ],
)
def test_case_20_zips_without_classes(workspace: Workspace, tmp_path: Path, files: dict[str, bytes], said: str):
    assert said in import_refused(workspace, zip_from(files, tmp_path / "toys.zip"))


def test_case_20_one_class_stops_training(workspace: Workspace, tmp_path: Path):
    card = import_pictures(workspace, zip_from(entries(cat=3), tmp_path / "toys.zip"))
    assert card.classes == {"cat": 3}
    assert "one_class" in {finding.code for finding in card.findings}


def test_case_20_class_folders_that_contain_folders(workspace: Workspace, tmp_path: Path):
    folder = folder_of_classes(tmp_path / "toys", {"cat": 3, "dog": 3})
    folder_of_classes(folder / "cat", {"kitten": 2})
    assert import_pictures(workspace, zip_of(folder, tmp_path / "toys.zip")).classes == {"cat": 5, "dog": 3}


def test_case_21_duplicate_odd_and_long_names(workspace: Workspace, tmp_path: Path):
    picture = encoded(draw(0, 77))
    odd = [
        ("cat/CON.png", encoded(draw(0, 78))),
        ("cat/" + "x" * 300 + ".png", encoded(draw(0, 79))),
        ("cat/a:b?.png", encoded(draw(0, 80))),
    ]
    twice = [("otter/same.png", picture), ("otter/same.png", encoded(draw(1, 77)))]
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zip_from([*entries(cat=2, otter=2).items(), *odd, *twice], tmp_path / "toys.zip")
    card = import_pictures(workspace, path)
    assert card.classes == {"cat": 5, "otter": 4}
    stored = {path.name for path in (workspace.datasets / card.id / "images").iterdir()}
    assert stored == set(DatasetStore(workspace).items(card.id)["file"])
    assert all(len(name) == 68 for name in stored)


@pytest.mark.parametrize(("one", "other"), [("Cat", "cat"), ("caf\u00e9", "cafe\u0301")])
def test_case_21_classes_that_look_alike(workspace: Workspace, tmp_path: Path, one: str, other: str):
    files = {
        f"{label}/{number}.png": encoded(draw(place, number)) for place, label in enumerate((one, other)) for number in (1, 2)
    }
    said = import_refused(workspace, zip_from(files, tmp_path / "toys.zip"))
    assert f"“{one}”" in said
    assert f"“{other}”" in said


def mutated(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """A file that is no longer what it was: bytes flipped, cut off, spliced, moved, or its header overwritten."""
    data = bytearray(content)
    kind = chance.randrange(6)
    if kind == 0:
        for _ in range(chance.randint(1, 20)):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del data[chance.randrange(len(data)) :]
    elif kind == 2:
        data[chance.randrange(len(data)) :] = other[chance.randrange(len(other)) :]
    elif kind == 3:
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(min(64, len(data)))] = chance.choice([0, 1, 127, 128, 255])
    elif kind == 4:
        start, length = chance.randrange(len(data)), chance.randint(1, 64)
        data[start : start + length] = data[start : start + length] * chance.randint(0, 5)
    else:
        start = chance.randrange(len(data))
        data[start : start + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"])
    return bytes(data)


@pytest.mark.parametrize("form", [*FORMATS, "zip"])
def test_three_thousand_hostile_files_are_read_or_refused_by_name(tmp_path: Path, form: str):
    chance = random.Random(f"hostile {form}")
    size = (24, 16)
    if form == "zip":
        whole = [
            zip_from(
                {"a/1.png": encoded(draw(0, seed, size)), "b/2.jpg": encoded(draw(1, seed, size), "JPEG")},
                tmp_path / "good.zip",
            ).read_bytes()
            for seed in range(8)
        ]
    else:
        moving = {"save_all": True, "append_images": [draw(2, 2, size)]} if form in {"GIF", "WEBP", "PNG"} else {}
        exif = Image.Exif()
        exif[0x0112] = 6
        extra = {"exif": exif} if form in {"JPEG", "PNG", "WEBP"} else {}
        whole = [
            encoded(draw(seed, seed, size).convert(mode), form, **options)
            for seed in range(4)
            for mode, options in (
                ("RGB", extra),
                ("RGB", moving),
                ("P" if form in {"PNG", "GIF", "BMP"} else "L" if form == "JPEG" else "RGBA", {}),
            )
        ]
    read = 0
    for number in range(MUTANTS // 6):
        content = mutated(chance.choice(whole), chance.choice(whole), chance)
        name = f"mutant-{number}.{form.lower()}"
        try:
            if form == "zip":
                (tmp_path / "m.zip").write_bytes(content)
                with open_zip(tmp_path / "m.zip", name, Settings()) as archive:
                    assert all(len(archive.read(entry)) == entry.size for entry in archive.entries)
            else:
                found = read_picture(content, name, PictureLimits())
                assert found.image.mode == "RGB"
                assert len(found.pixels) == 64
        except DataError as error:
            assert name in str(error)
            assert "\n" not in str(error)
        else:
            read += 1
    # Neither is everything refused, nor everything read: changes behind the pixels or within them leave a picture.
    assert 0 < read < MUTANTS // 6
