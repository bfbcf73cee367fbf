"""The Data page: a stored dataset of pictures, what was found in it, and what can be seen of it."""

import shutil

from app_visit import Visit
from picture_toys import draw, encoded
from pictures_toys import entries, store_pictures
from streamlit.testing.v1.element_tree import Button

from tlcore.data.store import DatasetStore
from tlcore.settings import Workspace


def names(visit: Visit) -> list[Button]:
    """The buttons below the pictures."""
    return [button for button in visit.button if (button.key or "").startswith("picture_data_")]


def test_a_dataset_is_shown_with_its_numbers_and_pictures(workspace: Workspace) -> None:
    card = store_pictures(workspace)
    visit = Visit("data", dataset=card.id)
    assert visit.errors == []
    assert {metric.label: metric.value for metric in visit.metric} == {
        "Pictures": "28",
        "Classes": "2",
        "Task": "Classification",
    }
    assert len(names(visit)) == len(visit.image) == 24
    assert any("All pictures are 64 × 48 pixels" in chart.replace("\\u00d7", "×") for chart in visit.charts)
    assert visit.follow("Race on this dataset").here == "Experiment"


def test_the_first_page_shows_every_class(workspace: Workspace) -> None:
    visit = Visit("data", dataset=store_pictures(workspace, entries(count=30)).id)
    assert [button.label[:4] for button in names(visit)] == ["roun", "squa"] * 12


def test_the_last_page_holds_the_rest(workspace: Workspace) -> None:
    visit = Visit("data", dataset=store_pictures(workspace).id)
    first = [button.label for button in names(visit)]
    visit.pagination[0].set_value(2).run()
    rest = [button.label for button in names(visit)]
    assert (len(first), len(rest)) == (24, 4)
    assert not set(first) & set(rest)


def test_class_and_part_choose_what_is_shown(workspace: Workspace) -> None:
    card = store_pictures(workspace, entries(count=30, parts=("train", "test")))
    visit = Visit("data", dataset=card.id)
    visit.pagination[0].set_value(4).run()
    visit.multiselect[0].select("square").run()
    assert "60 pictures." in visit.words
    visit.button_group(key=f"part_{card.id}").set_value("test").run()
    assert "30 pictures." in visit.words
    assert len(names(visit)) == 24
    assert visit.words.count("square") >= 24


def test_a_picture_opens_with_its_facts(workspace: Workspace) -> None:
    visit = Visit("data", dataset=store_pictures(workspace).id)
    names(visit)[0].click().run()
    assert "64 × 48 pixels, PNG, mode RGB" in visit.words
    assert "round/roun0.png" in visit.words


def test_the_pictures_of_a_finding_can_be_seen_and_cured(workspace: Workspace) -> None:
    files = entries()
    card = store_pictures(workspace, [*files, *((f"round/again{number}.png", files[number][1]) for number in range(3))])
    visit = Visit("data", dataset=card.id)
    [see] = [button for button in visit.button if (button.key or "").startswith("see_") and "duplicate" in str(button.key)]
    before = len(visit.image)
    see.click().run()
    assert visit.errors == []
    assert len(visit.image) > before
    cure = next(button for button in visit.button if (button.key or "").startswith("cure_"))
    cure.click().run()
    assert visit.errors == []
    [cured] = [other for other in DatasetStore(workspace).list() if other.id != card.id]
    assert (cured.items, visit.metric[0].value) == (28, "28")


def test_pictures_deleted_on_disk_are_one_sentence(workspace: Workspace) -> None:
    card = store_pictures(workspace)
    shutil.rmtree(workspace.datasets / card.id / "images")
    visit = Visit("data", dataset=card.id)
    assert len(visit.errors) == 1
    assert "24 of the pictures above can no longer be read." in visit.errors[0]
    names(visit)[0].click().run()
    assert len(visit.errors) == 1


def test_a_damaged_picture_is_missed_alone(workspace: Workspace) -> None:
    card = store_pictures(workspace)
    first = DatasetStore(workspace).items(card.id)["file"][0]
    (workspace.datasets / card.id / "images" / first).write_bytes(b"nothing")
    visit = Visit("data", dataset=card.id)
    assert len(visit.errors) == 1
    assert visit.errors[0].startswith("1 of the pictures")
    assert len(visit.image) == 23


def test_a_picture_larger_than_its_place_is_not_decoded_for_it(workspace: Workspace, monkeypatch) -> None:
    from PIL import Image

    files = [(f"{label}/{number}.png", encoded(draw(kind, number, (600, 500))))
             for kind, label in enumerate("ab") for number in range(8)]  # fmt: skip
    card = store_pictures(workspace, files)
    monkeypatch.setattr(Image.Image, "load", lambda *_: (_ for _ in ()).throw(AssertionError("decoded")))
    visit = Visit("data", dataset=card.id)
    assert visit.errors == []
    assert len(visit.image) == 16
