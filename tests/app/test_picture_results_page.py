"""The Results page of an experiment: the very pictures, or texts, behind the cells of a confusion matrix."""

import json

from app_visit import Visit
from pictures_toys import HOSTILE_CLASSES, HOSTILE_NAME

from tlcore.data.store import DatasetStore
from tlcore.experiments.rows import ExperimentRecord
from tlcore.experiments.store import RunStore
from tlcore.records import RunRecord
from tlcore.settings import Workspace


def confusions(record: ExperimentRecord) -> Visit:
    return Visit("results", experiment=record.id, evidence="Confusions")


def shown_run(visit: Visit, workspace: Workspace, record: ExperimentRecord) -> RunRecord:
    """The run whose matrix is drawn."""
    [box] = [box for box in visit.selectbox if (box.key or "") == "confusion_run"]
    return next(run for run in RunStore(workspace).runs(record.id) if run.id == box.value)


def chooser(visit: Visit):  # type: ignore[no-untyped-def]
    [box] = [box for box in visit.selectbox if box.label == "What is behind a cell"]
    return box


def counts(visit: Visit) -> dict[str, int]:
    """Cell in words -> items."""
    return {option.rpartition(" · ")[0]: int(option.rpartition(" · ")[2]) for option in chooser(visit).options}


def test_the_words_are_those_of_pictures(raced_pictures: ExperimentRecord) -> None:
    visit = Visit("results", experiment=raced_pictures.id)
    assert visit.errors == []
    assert "Test pictures" in [metric.label for metric in visit.metric]
    assert visit.oddities == {}


def test_every_cell_opens_its_pictures(raced_pictures: ExperimentRecord, workspace: Workspace) -> None:
    visit = confusions(raced_pictures)
    assert sum(counts(visit).values()) == 16
    box = chooser(visit)
    for option, words in zip(box.options, counts(visit), strict=True):
        chooser(visit).select_index(box.options.index(option)).run()
        assert visit.errors == []
        assert len(visit.image) == min(counts(visit)[words], 12)
        assert " % sure" in visit.words
        assert visit.oddities == {}
    first = next(button for button in visit.button if (button.key or "").startswith("picture_cell_"))
    first.click().run()
    assert HOSTILE_NAME in visit.words
    assert visit.oddities == {}


def test_a_click_in_the_chart_chooses_the_cell(raced_pictures: ExperimentRecord, workspace: Workspace) -> None:
    visit = confusions(raced_pictures)
    run = visit.selectbox(key="confusion_run").value
    [spec] = [chart for chart in visit.charts if "true:" in chart]
    marks = next(trace for trace in json.loads(spec)["data"] if trace.get("mode") == "markers")
    cells = [tuple(point[:2]) for point in marks["customdata"]]
    assert len(cells) == len(chooser(visit).options)
    assert all(isinstance(place, int) for cell in cells for place in cell)
    visit.session_state[f"cell_{run}"] = cells[0]
    visit.run()
    assert visit.image


def test_mistakes_have_a_small_picture_in_their_cells(raced_pictures: ExperimentRecord) -> None:
    visit = confusions(raced_pictures)
    [spec] = [chart for chart in visit.charts if "true:" in chart]
    images = json.loads(spec)["layout"].get("images", [])
    wrong = [words for words in counts(visit) if "taken for" in words]
    assert len(images) == len(wrong)
    assert all(image["source"].startswith("data:image/jpeg;base64,") for image in images)
    assert len(spec) < 200_000


def test_without_its_dataset_a_cell_says_so(raced_pictures: ExperimentRecord, workspace: Workspace) -> None:
    DatasetStore(workspace).delete(raced_pictures.dataset)
    visit = confusions(raced_pictures)
    assert visit.errors == []
    assert "Test pictures" in [metric.label for metric in visit.metric]
    chooser(visit).select_index(0).run()
    assert len(visit.errors) == 1
    assert "no dataset" in visit.errors[0]


def test_pictures_deleted_on_disk_are_one_sentence(raced_pictures: ExperimentRecord, workspace: Workspace) -> None:
    for path in (workspace.datasets / raced_pictures.dataset / "images").iterdir():
        path.unlink()
    visit = confusions(raced_pictures)
    assert visit.errors == []
    chooser(visit).select_index(0).run()
    assert len(visit.errors) == 1
    assert "can no longer be read" in visit.errors[0]


def test_texts_are_behind_the_cells_too(raced: ExperimentRecord) -> None:
    visit = confusions(raced)
    assert sum(counts(visit).values()) == 24
    words = list(counts(visit))[-1]
    chooser(visit).select_index(len(counts(visit)) - 1).run()
    assert visit.errors == []
    [table] = [frame.value for frame in visit.dataframe]
    assert len(table) == counts(visit)[words]
    assert table["confidence"].is_monotonic_decreasing
    assert visit.oddities == {}


def test_hostile_class_names_are_what_the_cells_are_called(raced_pictures: ExperimentRecord) -> None:
    assert any(HOSTILE_CLASSES[0] in words for words in counts(confusions(raced_pictures)))
