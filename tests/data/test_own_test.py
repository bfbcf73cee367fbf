"""An own test file for a dataset that is stored already."""

from pathlib import Path

import pytest
from picture_toys import folder_of_classes, zip_of

from tlcore.data.importer import ImportChoices, import_csv
from tlcore.data.own_test import with_test_file
from tlcore.data.pictures.importer import import_pictures
from tlcore.data.store import DatasetStore
from tlcore.errors import ChoiceError, DataError
from tlcore.records import DatasetCard
from tlcore.settings import Workspace

STARS = ("1", "3", "5")


@pytest.fixture
def train(workspace: Workspace, tmp_path: Path) -> DatasetCard:
    lines = [f"the {row}th thing that I bought this year,{STARS[row % 3]}" for row in range(30)]
    (tmp_path / "train.csv").write_text("\n".join(["review,rating", *lines, ""]))
    return import_csv(workspace, tmp_path / "train.csv", ImportChoices(text="review", label="rating", task="sentiment"))


def test_items_train_and_the_file_tests_with_labels_mapped_alike(
    workspace: Workspace, train: DatasetCard, tmp_path: Path
) -> None:
    (tmp_path / "test.csv").write_text('nr,rating,review\n1,5,"a fine, fine thing"\n2, 1 ,a sad thing\n')
    card = with_test_file(workspace, train.id, tmp_path / "test.csv")
    items = DatasetStore(workspace).items(card.id)
    assert items["part"].tolist() == ["train"] * 30 + ["test"] * 2
    assert items[["text", "label"]].tail(2).to_numpy().tolist() == [
        ["a fine, fine thing", "positive"],
        ["a sad thing", "negative"],
    ]
    assert list(card.classes) == ["negative", "neutral", "positive"]
    assert (card.own_split, card.source.test_file_name, card.source.rows_read) == (True, "test.csv", 32)
    assert items["text"].head(30).tolist() == DatasetStore(workspace).items(train.id)["text"].tolist()


def test_the_dataset_itself_stays_and_the_same_file_gives_the_same_dataset(
    workspace: Workspace, train: DatasetCard, tmp_path: Path
) -> None:
    (tmp_path / "test.csv").write_text("review,rating\na fine thing,5\n")
    first = with_test_file(workspace, train.id, tmp_path / "test.csv")
    assert with_test_file(workspace, train.id, tmp_path / "test.csv") == first
    assert DatasetStore(workspace).card(train.id) == train
    assert len(DatasetStore(workspace).list()) == 2


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("review,stars\nfine,5\n", "rating"),
        ("text,rating\nfine,5\n", "review"),
        ("review,rating\nfine,superb\n", "superb"),
        ("review,rating\n", "no data rows"),
        ("review,rating\nfine,5,surplus\n", "line 2"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_and_nothing_is_stored(
    workspace: Workspace, train: DatasetCard, tmp_path: Path, content: str, word: str
) -> None:
    (tmp_path / "test.csv").write_text(content)
    with pytest.raises(DataError, match=word):
        with_test_file(workspace, train.id, tmp_path / "test.csv")
    assert DatasetStore(workspace).list() == [train]


def test_a_dataset_with_a_test_part_takes_no_other(workspace: Workspace, train: DatasetCard, tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("review,rating\na fine thing,5\n")
    card = with_test_file(workspace, train.id, tmp_path / "test.csv")
    with pytest.raises(ChoiceError, match="test part of its own"):
        with_test_file(workspace, card.id, tmp_path / "test.csv")


def test_pictures_train_and_a_folder_tests(workspace: Workspace, tmp_path: Path) -> None:
    train = import_pictures(workspace, folder_of_classes(tmp_path / "train", {"a": 6, "b": 6}))
    test = folder_of_classes(tmp_path / "test", {"a": 2, "b": 3}, part="later")
    card = with_test_file(workspace, train.id, zip_of(test, tmp_path / "test.zip"))
    items = DatasetStore(workspace).items(card.id)
    assert items.groupby(["part", "label"]).size().to_dict() == {
        ("test", "a"): 2, ("test", "b"): 3, ("train", "a"): 6, ("train", "b"): 6,
    }  # fmt: skip
    assert all(picture.path.is_file() for picture in DatasetStore(workspace).contents(card.id))
    odd = folder_of_classes(tmp_path / "odd", {"a": 1, "c": 1})
    with pytest.raises(DataError, match="odd has the labels “c”"):
        with_test_file(workspace, train.id, odd)
