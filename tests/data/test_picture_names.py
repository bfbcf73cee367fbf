"""Names from strangers: judged, cleaned for showing, never used as a path. Cases 12, 20 and 21 of bad input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.data.pictures.names import as_label, danger_of, is_beside, is_junk, shown


@given(st.text())
def test_safe_names_stay_within_their_folder(name: str):
    if danger_of(name) is None:
        parts = name.replace("\\", "/").split("/")
        assert ".." not in parts
        assert not name.startswith(("/", "\\"))
    assert "\n" not in shown(name)
    assert len(shown(name)) <= 120


@pytest.mark.parametrize(
    ("name", "junk"),
    [("__MACOSX/a/._1.png", True), ("a/.DS_Store", True), ("a/Thumbs.db", True), ("a/desktop.ini", True), ("a/._1.png", True),
     (".git/x.png", True), ("a/~$x.docx", True), ("a/1.png", False), ("a/readme.txt", False), ("a.b/1.png", False)],
)  # fmt: skip
def test_case_20_junk(name: str, junk: bool):
    assert is_junk(name) is junk


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("README", True),
        ("a/notes.TXT", True),
        ("labels.csv", True),
        ("a/1.png", False),
        ("a/scan.tif", False),
        ("a/1", False),
        (".txt", False),
    ],
)
def test_case_20_files_that_go_with_the_pictures(name: str, beside: bool):
    assert is_beside(name) is beside


def test_long_names_are_shortened_in_the_middle():
    assert shown("a" * 200 + "z.png").endswith("az.png")
    assert len(shown("a" * 500, 300)) == 300
    assert shown("a\nb\u202ec") == "a\ufffdb\ufffdc"


def test_labels_lose_control_characters_and_outer_spaces():
    assert as_label(" c\x07at ") == "cat"
