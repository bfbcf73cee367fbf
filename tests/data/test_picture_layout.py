"""Labels and parts from the names of files. Cases 20 and 21 of bad input."""

import pytest

from tlcore.data.pictures.layout import check_apart, check_labelled, lay_out, settle_parts, sort_out
from tlcore.data.pictures.names import as_label
from tlcore.errors import DataError


def labels(*names: str) -> list[str]:
    return [place.label for place in lay_out(names, "toys.zip").placed]


def parts(*names: str) -> list[str]:
    return [place.part for place in lay_out(names, "toys.zip").placed]


def words(*names: str) -> str:
    return " ".join(lay_out(names, "toys.zip").words)


def test_a_folder_is_a_class():
    assert labels("cat/1.png", "dog/1.png", "dog/2.png") == ["cat", "dog", "dog"]
    assert words("cat/1.png", "dog/1.png") == "Each of 2 folders is a class."


def test_one_folder_is_one_class():
    assert labels("cat/1.png", "cat/2.png") == ["cat", "cat"]
    assert labels("data/cat/1.png", "data/cat/2.png") == ["cat", "cat"]


@pytest.mark.parametrize("root", ["data/", "my data/pictures/v2/", "./", "data\\"])
def test_case_20_folders_that_everything_lies_in_do_not_count(root):
    assert labels(f"{root}cat/1.png", f"{root}dog/1.png") == ["cat", "dog"]
    assert labels(*(f"{root}{part}/{label}/1.png" for part in ("train", "test") for label in "ab")) == ["a", "b", "a", "b"]


def test_case_20_a_picture_beside_the_class_folders_has_no_label():
    assert labels("data/cat/1.png", "data/cat/2.png", "data/dog/1.png", "data/cover.png") == ["cat", "cat", "dog", ""]


def test_case_20_pictures_in_deeper_folders_belong_to_the_class_above():
    assert labels("cat/1.png", "cat/old/2.png", "dog/a/b/3.png") == ["cat", "cat", "dog"]
    assert "2 pictures lie in deeper folders; they belong to the class above." in words(
        "cat/1.png", "cat/x/2.png", "dog/a/b/3.png"
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("train", "train"),
        ("Training", "train"),
        ("TEST", "test"),
        ("val", "validation"),
        ("valid", "validation"),
        ("dev", "validation"),
    ],
)
def test_the_split_is_told_above_and_below_the_classes(written, meant):
    other = "train" if meant == "test" else "test"
    for pattern in ("{part}/{label}/1.png", "{label}/{part}/1.png", "root/{part}/{label}/1.png", "{part}/{label}/deep/1.png"):
        names = [pattern.format(part=part, label=label) for part in (written, other) for label in ("cat", "dog")]
        assert labels(*names) == ["cat", "dog", "cat", "dog"]
        assert parts(*names) == [meant, meant, other, other]


def test_a_class_called_like_a_part_is_a_class():
    assert labels("train/1.png", "car/1.png", "ship/1.png") == ["train", "car", "ship"]
    assert parts("train/1.png", "car/1.png", "ship/1.png") == ["", "", ""]


def test_a_folder_beside_train_and_test_is_asked_about():
    with pytest.raises(DataError, match="“extra” beside folders that say train and test"):
        lay_out(["train/a/1.png", "test/a/1.png", "train/b/1.png", "extra/a/1.png"], "toys.zip")


@pytest.mark.parametrize("names", [["1.png", "2.png"], ["train/1.png", "test/2.png"], ["./1.png", "2.png", "cat/3.png"]])
def test_case_20_pictures_without_classes_are_refused_with_the_expected_tree(names):
    with pytest.raises(DataError) as caught:
        check_labelled(lay_out(names, "toys.zip"), names, "toys.zip")
    sentence, *tree = str(caught.value).splitlines()
    assert sentence.startswith("toys.zip has 2 pictures in no class folder, such as ")
    assert "└── dogs" in "\n".join(tree)


def test_case_20_what_is_no_data_is_counted():
    names = [
        "a/1.png",
        "__MACOSX/a/._1.png",
        "a/.DS_Store",
        "a/Thumbs.db",
        "README.md",
        "labels.csv",
        "a/scan.tif",
        "a/noending",
        "LICENSE",
    ]
    found = sort_out(names)
    assert [names[position] for position in found.pictures] == ["a/1.png", "a/scan.tif", "a/noending"]
    assert [names[position] for position in found.tables] == ["labels.csv"]
    assert found.junk == 5


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("Cat", "cat", "capital letters"),
        ("caf\u00e9", "cafe\u0301", "characters that look"),
        ("cat", "cat ", "characters that look"),
        ("STRASSE", "straße", "capital"),
    ],
)
def test_case_21_two_classes_never_merge_without_asking(one, other, how):
    with pytest.raises(DataError, match=how) as caught:
        check_apart([one, other, "dog"], "toys.zip", {})
    assert one in str(caught.value)
    assert other in str(caught.value)
    check_apart([one, other], "toys.zip", {as_label(one): "x", as_label(other): "x"})


def test_case_21_labels_are_composed():
    assert labels("cafe\u0301/1.png", "the\u0300/1.png") == ["caf\u00e9", "th\u00e8"]


def test_what_becomes_of_parts():
    assert settle_parts(["train", "validation", "test"]) == (["train", "train", "test"], 1, None)
    assert settle_parts(["train", "test"], use_split=False).parts == ["", ""]
    assert settle_parts(["train", "train"]).parts == ["", ""]
    assert settle_parts(["train", "", "test"]).parts == ["", "", ""]
    without_test = settle_parts(["train", "validation"])
    assert without_test.parts == ["train", "test"]
    assert without_test.validation == 0
    assert "the validation part is the test part" in str(without_test.words)
