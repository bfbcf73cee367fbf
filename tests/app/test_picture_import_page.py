"""The Data page: from pictures to a dataset, or to one plain sentence and nothing stored."""

import pytest
from app_visit import Visit
from datasets_toys import csv_of
from picture_toys import draw, encoded
from pictures_toys import HOSTILE_CLASSES, HOSTILE_NAME, Entries, entries, zipped

from tlcore.data.store import DatasetStore
from tlcore.settings import Workspace


def dropped(files: Entries) -> Visit:
    """The page after these files were dropped together."""
    visit = Visit("data")
    visit.file_uploader[0].set_value([(name, content, "application/octet-stream") for name, content in files]).run()
    return visit


def test_a_zip_is_shown_before_it_is_stored_and_then_opened(workspace: Workspace) -> None:
    visit = Visit("data").upload("shapes.zip", zipped(entries()))
    assert visit.errors == []
    assert "28 pictures · 2 classes" in visit.words
    assert visit.dataframe[0].value.to_dict("list") == {
        "label": ["round", "square"],
        "pictures": [14, 14],
        "use as": ["round", "square"],
    }
    assert DatasetStore(workspace).list() == []
    visit.click("add_dataset")
    assert visit.errors == []
    [card] = DatasetStore(workspace).list()
    assert (card.name, card.modality, card.classes) == ("shapes", "image", {"round": 14, "square": 14})
    assert visit.query_params == {"dataset": card.id}
    assert "From shapes.zip" in visit.words
    assert list(workspace.uploads.iterdir()) == []


@pytest.mark.parametrize("use", [True, False])
def test_parts_that_came_along_are_used_unless_the_user_says_no(workspace: Workspace, use: bool) -> None:
    visit = Visit("data").upload("shapes.zip", zipped(entries(parts=("train", "test"))))
    assert "28 for train" in visit.words
    [toggle] = visit.toggle
    toggle.set_value(use).run()
    visit.click("add_dataset")
    [card] = DatasetStore(workspace).list()
    assert (card.items, card.own_split) == (56, use)


def test_files_without_parts_offer_no_choice_of_them(workspace: Workspace) -> None:
    assert not Visit("data").upload("shapes.zip", zipped(entries())).toggle


def test_single_files_with_a_table_of_labels_are_a_dataset(workspace: Workspace) -> None:
    files = [(name.replace("/", "-"), content) for name, content in entries()]
    table = "filename,label\n" + "".join(f"{name},{name.split('-')[0]}\n" for name, _ in files)
    visit = dropped([*files, ("labels.csv", table.encode())])
    assert visit.errors == []
    assert "29 files" in visit.words
    [name] = [box for box in visit.text_input if box.label == "Name of the dataset"]
    name.input("mine").run()
    visit.click("add_dataset")
    assert visit.errors == []
    [card] = DatasetStore(workspace).list()
    assert (card.name, card.classes) == ("mine", {"round": 14, "square": 14})
    assert list(workspace.uploads.iterdir()) == []


def test_single_files_without_labels_are_told_how_to_come(workspace: Workspace) -> None:
    visit = dropped([(f"{number}.png", encoded(draw(0, number))) for number in range(3)])
    assert len(visit.errors) == 1
    assert "fault" not in visit.errors[0]
    assert len(visit.code) == 1
    assert "\n" in visit.code[0].value
    assert "add_dataset" not in [button.key for button in visit.button]
    visit.click("Take other files")
    assert "A CSV file with a text and a label in every row" in visit.words
    assert list(workspace.uploads.iterdir()) == []


REFUSED = {
    "no zip": [("x.zip", b"GIF89a")],
    "an empty zip": [("x.zip", zipped([]))],
    "no picture in it": [("x.zip", zipped([("notes.txt", b"hello")]))],
    "two tables": [("a.csv", csv_of()), ("b.csv", csv_of())],
    "a zip beside pictures": [("x.zip", zipped(entries())), ("x.png", encoded(draw(0, 0)))],
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_set_of_pictures_gets_one_sentence(workspace: Workspace, case: str) -> None:
    visit = dropped(REFUSED[case])
    assert len(visit.errors) == 1
    assert "fault" not in visit.errors[0]
    assert "add_dataset" not in [button.key for button in visit.button]


def test_pictures_that_cannot_be_read_are_left_out_and_counted(workspace: Workspace) -> None:
    visit = Visit("data").upload("x.zip", zipped([*entries(), ("round/broken.png", b"\x89PNG\r\n\x1a\nnothing")]))
    visit.click("add_dataset")
    assert visit.errors == []
    [card] = DatasetStore(workspace).list()
    assert card.items == 28
    assert "1 unreadable picture left out" in visit.words


def test_hostile_names_stay_names(workspace: Workspace) -> None:
    files = [(f"{name[:-4]} {HOSTILE_NAME}.png", content) for name, content in entries(HOSTILE_CLASSES)]
    visit = Visit("data").upload(f"{HOSTILE_NAME}.zip", zipped(files))
    assert visit.errors == []
    assert visit.oddities == {}
    visit.click("add_dataset")
    assert visit.errors == []
    assert visit.oddities == {}
    assert HOSTILE_CLASSES[0] in visit.words
    opens = next(button for button in visit.button if (button.key or "").startswith("picture_data_"))
    opens.click().run()
    assert HOSTILE_NAME in visit.words
    assert visit.oddities == {}
