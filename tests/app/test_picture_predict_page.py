"""The Predict page with a model of pictures: one, many, in a zip, from the camera."""

import pytest
from app_visit import Visit
from picture_toys import draw, encoded
from pictures_toys import HOSTILE_CLASSES, HOSTILE_NAME, Entries, entries, zipped

from tlcore.experiments.rows import ExperimentRecord
from tlcore.experiments.store import RunStore
from tlcore.settings import Workspace


@pytest.fixture
def run(raced_pictures: ExperimentRecord, workspace: Workspace) -> str:
    return RunStore(workspace).runs(raced_pictures.id)[0].id


def classified(run: str, files: Entries) -> Visit:
    """The page after these files were dropped and classified."""
    visit = Visit("predict", model=run)
    visit.file_uploader[-1].set_value([(name, content, "image/png") for name, content in files]).run()
    assert visit.errors == []
    return visit.click("classify_pictures")


def captions(visit: Visit) -> list[str]:
    return [button.label for button in visit.button if (button.key or "").startswith("picture_predicted")]


def test_the_model_is_one_of_pictures(run: str) -> None:
    visit = Visit("predict", model=run)
    assert "learnt from 24 pictures of “" in visit.words
    assert "on 16 test pictures" in visit.words
    assert [tab.label for tab in visit.tabs] == ["Pictures", "Camera"]
    assert "predict_files" in visit.code[0].value
    assert visit.oddities == {}


def test_one_picture_stands_beside_its_classes(run: str) -> None:
    visit = classified(run, [(f"{HOSTILE_NAME}.png", encoded(draw(1, 900)))])
    assert visit.errors == []
    assert len(visit.image) == 1
    assert visit.metric[0].label == "Label"
    assert " % sure" in visit.words
    assert f"{HOSTILE_NAME}.png" in visit.words
    assert len(visit.charts) == 1
    assert visit.oddities == {}


def test_several_are_a_gallery_and_a_table(run: str, workspace: Workspace) -> None:
    files = [(f"{number}.png", encoded(draw(number % 2, 700 + number))) for number in range(30)]
    visit = classified(run, [*files, ("broken.png", b"\x89PNG nothing")])
    assert visit.errors == []
    assert "30 of 31 pictures classified" in visit.words
    assert "1 could not be read" in visit.words
    assert "broken.png" in visit.text[0].value
    assert len(captions(visit)) == 24
    assert [button.proto.label for button in visit.download_button] == ["Download the table"]
    labels = visit.multiselect(key="picture_labels")
    labels.set_value(labels.options[:1]).run()
    assert 0 < len(captions(visit)) < 24
    assert visit.oddities == {}
    visit.click("Take other pictures")
    assert not visit.image
    assert list(workspace.uploads.iterdir()) == []


def test_a_zip_is_read_too(run: str) -> None:
    visit = classified(run, [("many.zip", zipped(entries(HOSTILE_CLASSES, 3)))])
    assert visit.errors == []
    assert "6 of 6 pictures classified" in visit.words
    assert visit.oddities == {}


@pytest.mark.parametrize("content", [b"", b"hello", zipped([("a.txt", b"x")])])
def test_what_holds_no_picture_gets_one_sentence(run: str, content: bytes) -> None:
    visit = classified(run, [("x.zip", content)])
    assert len(visit.errors) == 1
    assert "fault" not in visit.errors[0]
    assert not visit.image


def test_one_file_that_is_no_picture_gets_its_reason(run: str) -> None:
    visit = classified(run, [("x.png", b"hello")])
    assert visit.errors == []
    assert not visit.metric
    assert "x.png" in visit.words


def test_the_camera_is_classified_at_once(run: str, workspace: Workspace) -> None:
    visit = Visit("predict", model=run)
    visit.session_state["predict_tab_image"] = "Camera"
    visit.run()
    visit.camera_input[0].upload("shot.jpg", encoded(draw(0, 500), "JPEG")).run()
    assert visit.errors == []
    assert visit.metric[0].label == "Label"
    visit.camera_input[0].clear().run()
    assert not visit.metric
    assert list(workspace.uploads.iterdir()) == []


def test_a_result_is_not_shown_as_another_models(run: str, raced_pictures: ExperimentRecord, workspace: Workspace) -> None:
    visit = classified(run, [(f"{number}.png", encoded(draw(0, number))) for number in range(2)])
    assert "2 of 2 pictures classified" in visit.words
    other = RunStore(workspace).runs(raced_pictures.id)[1].id
    next(box for box in visit.selectbox if box.label == "Model").select(other).run()
    assert "pictures classified" not in visit.words


def test_a_model_of_texts_has_its_own_tabs(raced: ExperimentRecord, workspace: Workspace) -> None:
    visit = Visit("predict", model=RunStore(workspace).runs(raced.id)[0].id)
    assert [tab.label for tab in visit.tabs] == ["One text", "A file"]
