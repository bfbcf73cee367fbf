"""From zips, folders and dropped files to stored datasets."""

import os
from pathlib import Path

import numpy as np
import pytest
from picture_toys import draw, encoded, folder_of_classes, zip_from, zip_of
from PIL import Image

from tlcore.data.pictures.importer import PictureChoices, Upload, import_pictures, look_at_pictures
from tlcore.data.store import DatasetStore
from tlcore.errors import DataError, Stopped, StorageError
from tlcore.records import DatasetCard
from tlcore.settings import Workspace

CLASSES = {"cat": 4, "dog": 3, "owl": 3}


def content_of(workspace: Workspace) -> list[str]:
    """Everything that a workspace holds."""
    return sorted(str(path.relative_to(workspace.root)) for path in workspace.root.rglob("*") if path.is_file())


def pictures(count: int, start: int = 0) -> dict[str, bytes]:
    return {f"{number}.png": encoded(draw(number % 2, number)) for number in range(start, start + count)}


def csv(*rows: str, header: str = "filename,label") -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def uploads(files: dict[str, bytes], folder: Path) -> list[Upload]:
    """Files as a browser hands them over: kept under names of ours."""
    found = []
    for number, (name, content) in enumerate(files.items()):
        path = folder / f"upload-{number}"
        path.write_bytes(content)
        found.append(Upload(path, name))
    return found


def items(workspace: Workspace, card: DatasetCard):
    return DatasetStore(workspace).items(card.id)


def test_a_zip_and_a_folder_give_the_same_dataset(workspace: Workspace, tmp_path: Path):
    folder = folder_of_classes(tmp_path / "toys", CLASSES)
    from_folder = import_pictures(workspace, folder)
    from_zip = import_pictures(workspace, zip_of(folder, tmp_path / "toys.zip"))
    assert from_folder.id == from_zip.id
    assert from_folder.classes == CLASSES
    assert (from_folder.modality, from_folder.task, from_folder.name) == ("image", "classification", "toys")
    assert not from_folder.own_split


def test_what_is_stored_is_what_was_given(workspace: Workspace, tmp_path: Path):
    card = import_pictures(workspace, folder_of_classes(tmp_path / "toys", CLASSES))
    table = items(workspace, card)
    for item, row in zip(DatasetStore(workspace).contents(card.id), table.itertuples(), strict=True):
        with Image.open(item.path) as stored, Image.open(tmp_path / "toys" / row.name) as source:
            assert np.array_equal(np.asarray(stored), np.asarray(source))
        assert row.name.startswith(f"{row.label}/")
        assert (row.width, row.height, row.mode, row.format) == (64, 48, "RGB", "PNG")
        assert row.bytes == (tmp_path / "toys" / row.name).stat().st_size


def test_the_order_is_that_of_the_source_however_many_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = folder_of_classes(tmp_path / "toys", CLASSES)
    ids = set()
    for threads in ("1", "7"):
        monkeypatch.setenv("TLCORE_THREADS", threads)
        workspace = Workspace(tmp_path / threads)
        ids.add(import_pictures(workspace, folder).id)
    assert len(ids) == 1


def test_a_folder_level_says_the_split(workspace: Workspace, tmp_path: Path):
    for part in ("train", "test", "val"):
        folder_of_classes(tmp_path / "toys", {"cat": 3, "dog": 3}, part=part)
    card = import_pictures(workspace, zip_of(tmp_path / "toys", tmp_path / "toys.zip"))
    assert card.own_split
    assert card.source.rows_validation == 6
    assert items(workspace, card)["part"].value_counts().to_dict() == {"train": 12, "test": 6}
    unsplit = import_pictures(workspace, tmp_path / "toys", PictureChoices(use_split=False))
    assert not unsplit.own_split
    assert unsplit.classes == {"cat": 9, "dog": 9}


def test_a_table_in_a_zip_says_the_labels(workspace: Workspace, tmp_path: Path):
    files = pictures(6)
    rows = [
        f"{name},{'red' if number % 2 else 'green'},{'test' if number > 3 else 'train'}" for number, name in enumerate(files)
    ]
    path = zip_from(
        {f"data/images/{name}": content for name, content in files.items()}
        | {"data/labels.csv": csv(*rows, header="filename,label,split")},
        tmp_path / "t.zip",
    )
    card = import_pictures(workspace, path)
    table = items(workspace, card)
    assert table["label"].tolist() == ["green", "red"] * 3
    assert table["part"].tolist() == ["train"] * 4 + ["test"] * 2
    assert table["line"].tolist() == [2, 3, 4, 5, 6, 7]
    assert (card.source.label_column, card.source.split_column, card.source.junk) == ("label", "split", 0)


@pytest.mark.parametrize("written", ["{name}", "images/{name}", "./{name}", "images\\{name}", "{stem}"])
def test_a_table_may_name_pictures_in_many_ways(workspace: Workspace, tmp_path: Path, written: str):
    files = pictures(6)
    rows = [f"{written.format(name=name, stem=name[:-4])},{'ab'[number % 2]}" for number, name in enumerate(files)]
    path = zip_from(
        {f"images/{name}": content for name, content in files.items()} | {"labels.csv": csv(*rows, header="id,breed")},
        tmp_path / "t.zip",
    )
    assert import_pictures(workspace, path).classes == {"a": 3, "b": 3}


def test_a_table_of_facts_does_not_replace_class_folders(workspace: Workspace, tmp_path: Path):
    folder = folder_of_classes(tmp_path / "toys", {"cat": 3, "dog": 3})
    rows = [f"{path.name},{number % 2}" for number, path in enumerate(sorted(folder.rglob("*.png")))]
    (folder / "facts.csv").write_bytes(csv(*rows, header="file,blurred"))
    card = import_pictures(workspace, folder)
    assert card.classes == {"cat": 3, "dog": 3}
    assert card.source.junk == 1


def test_pictures_and_rows_without_each_other_are_told(workspace: Workspace, tmp_path: Path):
    rows = [f"{number}.png,{'ab'[number % 2]}" for number in range(1, 8)]
    card = import_pictures(workspace, uploads({**pictures(6), "labels.csv": csv(*rows)}, tmp_path))
    assert items(workspace, card)["label"].tolist() == ["", "b", "a", "b", "a", "b"]
    assert card.source.rows_skipped == 2
    assert card.source.unreadable[0] == "6.png: is named in labels.csv, and there is no such picture."
    assert "missing_labels" in {finding.code for finding in card.findings}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["1.png,a", "2.png,b", "1.png,b", "3.png,a"], "labels.csv says two things of 1.png, in line 2 and in line 4"),
        (["x/1.png,a", "2.png,b", "3.png,a", "9.png,b"], "“9.png” may mean x/9.png or y/9.png"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(workspace: Workspace, tmp_path: Path, rows: list[str], said: str):
    names = ["x/1.png", "x/2.png", "x/3.png", "x/9.png", "y/9.png"]
    files = dict(zip(names, pictures(5).values(), strict=True)) | {"labels.csv": csv(*rows)}
    with pytest.raises(DataError, match=said):
        import_pictures(workspace, zip_from(files, tmp_path / "t.zip"))


def test_dropped_files_without_a_table_are_told_what_is_needed(workspace: Workspace, tmp_path: Path):
    with pytest.raises(DataError, match="6 files has 6 pictures in no class folder"):
        import_pictures(workspace, uploads(pictures(6), tmp_path))
    with pytest.raises(DataError, match="leads out of"):
        import_pictures(workspace, uploads({"../1.png": b""}, tmp_path))
    with pytest.raises(DataError, match="No files were given"):
        import_pictures(workspace, [])


def test_a_single_file_that_is_no_zip(workspace: Workspace, tmp_path: Path):
    (tmp_path / "t.zip").write_bytes(b"hello")
    with pytest.raises(DataError, match="is no zip file"):
        import_pictures(workspace, tmp_path / "t.zip")
    with pytest.raises(DataError, match="There is no file or folder"):
        import_pictures(workspace, tmp_path / "nothing")
    (tmp_path / "t.csv").write_bytes(csv("1.png,a"))
    with pytest.raises(DataError, match="only a table"):
        import_pictures(workspace, tmp_path / "t.csv")


def test_links_in_a_folder_are_listed_and_never_followed(workspace: Workspace, tmp_path: Path):
    folder = folder_of_classes(tmp_path / "toys", CLASSES)
    outside = folder_of_classes(tmp_path / "outside", {"secret": 2})
    (folder / "cat" / "link.png").symlink_to(outside / "secret" / "secret-000.png")
    (folder / "linked").symlink_to(outside)
    (folder / "cat" / "broken.png").symlink_to(tmp_path / "nothing")
    os.mkfifo(folder / "cat" / "pipe.png")
    card = import_pictures(workspace, folder)
    assert card.classes == CLASSES
    assert len(card.source.unreadable) == card.source.rows_skipped == 4
    told = dict(line.split(": ", 1) for line in card.source.unreadable)
    assert told.pop("cat/pipe.png") == "is no ordinary file. Remove it."
    assert all("is a link to another file" in reason for reason in told.values())


def test_labels_may_be_renamed_merged_and_left_out(workspace: Workspace, tmp_path: Path):
    folder = folder_of_classes(tmp_path / "toys", CLASSES)
    folder_of_classes(tmp_path / "toys", {"Cat": 2})
    with pytest.raises(DataError, match="“Cat” and “cat”, which differ only in capital letters"):
        import_pictures(workspace, folder)
    card = import_pictures(workspace, folder, PictureChoices(labels={"Cat": "cat", "cat": "cat", "owl": "", "dog": "hound"}))
    assert card.classes == {"cat": 6, "hound": 3}
    assert card.source.rows_left_out == 3


def test_the_look_tells_what_the_import_will_find(workspace: Workspace, tmp_path: Path):
    for part in ("train", "val"):
        folder_of_classes(tmp_path / "toys", CLASSES, part=part)
    (tmp_path / "toys" / "readme.txt").write_text("hello")
    (tmp_path / "toys" / "train" / "cat" / "broken.png").write_text("not decoded")
    look = look_at_pictures(workspace, zip_of(tmp_path / "toys", tmp_path / "toys.zip"))
    assert look.classes == {"cat": 9, "dog": 6, "owl": 6}
    assert look.parts == {"test": 10, "train": 11}
    assert (look.pictures, look.junk) == (21, 1)
    assert "the split: train, val" in look.layout
    assert look.names[0] == "train/cat/broken.png"
    assert content_of(workspace) == []


def test_progress_is_told_and_may_stop_the_import(workspace: Workspace, tmp_path: Path):
    folder = folder_of_classes(tmp_path / "toys", CLASSES)
    told = []
    import_pictures(workspace, folder, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(number, 10) for number in range(1, 11)]
    before = content_of(workspace)
    folder_of_classes(tmp_path / "toys", {"new": 5})

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise Stopped("enough")

    with pytest.raises(Stopped):
        import_pictures(workspace, folder, on_progress=stop)
    assert content_of(workspace) == before


def test_a_full_disk_is_told_before_anything_is_written(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = folder_of_classes(tmp_path / "toys", CLASSES)
    monkeypatch.setattr("tlcore.files.shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000_000})())
    with pytest.raises(StorageError, match="1 MB left"):
        import_pictures(workspace, folder)
    assert content_of(workspace) == []


def test_too_many_pictures_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TLCORE_MAX_PICTURES", "9")
    with pytest.raises(DataError, match="has 10 pictures; the limit is 9"):
        import_pictures(Workspace(tmp_path / "w"), folder_of_classes(tmp_path / "toys", CLASSES))
