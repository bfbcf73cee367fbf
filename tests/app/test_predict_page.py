"""The Predict page: one text, a file, and a model from a file."""

import gzip
import io
import shutil
import zipfile

import pandas as pd
import pytest
from app_visit import Visit
from datasets_toys import HOSTILE, HOSTILE_LABELS, store_numbered
from race_toys import LABEL_OF

from tlcore.experiments import queue
from tlcore.experiments.rows import ExperimentRecord
from tlcore.experiments.spec import ExperimentSpec
from tlcore.experiments.store import RunStore
from tlcore.models.bundle import zip_bundle
from tlcore.settings import Workspace

FOOD = "we had good soup and bread with cheese"


def classic_run(workspace: Workspace, experiment: ExperimentRecord) -> str:
    return next(run.id for run in RunStore(workspace).runs(experiment.id) if run.strategy == "classic")


def test_an_empty_workspace_is_told_what_to_do(workspace: Workspace) -> None:
    visit = Visit("predict")
    assert (visit.here, visit.errors) == ("Predict", [])
    assert "There is no model yet. Every finished run leaves one." in visit.words
    assert visit.follow("Start an experiment").here == "Experiment"


def test_before_the_first_run_is_finished_there_is_nothing_to_choose(workspace: Workspace, workers: list[str]) -> None:
    queue.submit(workspace, ExperimentSpec(name="toys", dataset=store_numbered(workspace).id, strategies=("classic",)))
    visit = Visit("predict")
    assert "Every finished run leaves one." in visit.words
    assert visit.errors == []


def test_every_finished_run_is_a_model_to_choose(raced: ExperimentRecord, workspace: Workspace) -> None:
    visit = Visit("predict")
    assert len(visit.selectbox[0].options) == 6
    assert all(option.startswith(HOSTILE) for option in visit.selectbox[0].options)
    run = classic_run(workspace, raced)
    visit.selectbox[0].select(run).run()
    assert visit.query_params["model"] == run
    assert f"learnt from 36 texts of “{HOSTILE}”" in visit.words
    assert visit.oddities == {}


def test_a_link_to_a_deleted_model_says_so(raced: ExperimentRecord) -> None:
    visit = Visit("predict", model="0" * 32)
    assert "The model this link or page pointed to is not here any more. Choose another one." in visit.words
    assert visit.errors == []
    assert len(visit.selectbox[0].options) == 6


@pytest.mark.parametrize("strategy", ["classic", "feature_extraction"])
def test_one_text_gets_a_label_and_how_sure_that_is(raced: ExperimentRecord, workspace: Workspace, strategy: str) -> None:
    run = next(run.id for run in RunStore(workspace).runs(raced.id) if run.strategy == strategy)
    visit = Visit("predict", model=run)
    visit.text_area[0].input(FOOD)
    visit.click("Classify")
    assert visit.errors == []
    assert visit.metric[0].label == "Label"
    assert any(visit.words.count(label) for label in HOSTILE_LABELS)
    assert " % sure" in visit.words
    assert visit.oddities == {}
    if strategy == "classic":
        assert LABEL_OF["food"] in visit.words.splitlines()


@pytest.mark.parametrize("text", ["", "   \n\t"])
def test_a_blank_text_is_asked_for_again(raced: ExperimentRecord, workspace: Workspace, text: str) -> None:
    visit = Visit("predict", model=classic_run(workspace, raced))
    visit.text_area[0].input(text)
    visit.click("Classify")
    assert "Write a text first." in visit.words
    assert not visit.metric


def test_a_text_of_nothing_to_see_gets_a_reason(raced: ExperimentRecord, workspace: Workspace) -> None:
    visit = Visit("predict", model=classic_run(workspace, raced))
    visit.text_area[0].input("\N{ZERO WIDTH SPACE}\N{ZERO WIDTH JOINER}")
    visit.click("Classify")
    assert visit.errors == []
    assert "the text is blank" in visit.words
    assert not visit.metric


def open_file_tab(workspace: Workspace, raced: ExperimentRecord) -> Visit:
    visit = Visit("predict", model=classic_run(workspace, raced))
    visit.session_state["predict_tab"] = "A file"
    visit.run()
    return visit


def test_a_file_comes_back_with_a_prediction_in_every_row(raced: ExperimentRecord, workspace: Workspace) -> None:
    rows = [(number, [FOOD, "the team had a good match", "", "we saw the train"][number % 4]) for number in range(40)]
    table = pd.DataFrame(rows, columns=["nr", "text"]).assign(
        shop=["a", "b"] * 20, day=[f"2025-0{1 + number // 8}-05" for number in range(40)]
    )
    visit = open_file_tab(workspace, raced)
    visit.upload("reviews.csv.gz", gzip.compress(table.to_csv(index=False).encode()), place=-1)
    visit.click("Classify all rows")
    assert visit.errors == []
    assert "30 of 40 rows classified" in visit.words
    assert "10 rows without a text" in visit.words
    shown = visit.dataframe[-1].value
    assert shown["text"].tolist() == table["text"].tolist()
    assert {"prediction", "confidence", *(f"p_{label}" for label in HOSTILE_LABELS)} <= set(shown.columns)
    assert [bool(label) for label in shown["prediction"]] == [bool(text) for text in table["text"]]
    assert [button.proto.label for button in visit.download_button] == ["Download the table"]
    assert {"shop", "day"} <= set(next(box.options for box in visit.selectbox if box.label == "Shares by"))
    assert visit.oddities == {}
    assert all(bad not in chart for chart in visit.charts for bad in ("<img", "<b>", "<script"))
    for column in ("shop", "day"):
        next(box for box in visit.selectbox if box.label == "Shares by").select(column).run()
        assert visit.errors == []
        assert len(visit.charts) == 2
    visit.click("Take another file")
    assert list(workspace.uploads.iterdir()) == []


@pytest.mark.parametrize(("content", "word"), [(b"", "no data rows"), (b"PK\x03\x04 xl/workbook.xml", "x.csv")])
def test_what_is_no_table_gets_one_sentence(raced: ExperimentRecord, workspace: Workspace, content: bytes, word: str) -> None:
    visit = open_file_tab(workspace, raced).upload("x.csv", content, place=-1)
    assert len(visit.errors) == 1
    assert word in visit.errors[0]
    assert "fault" not in visit.errors[0]
    assert "Classify all rows" not in visit.words


def test_column_and_bad_rows_are_the_users_choice(raced: ExperimentRecord, workspace: Workspace) -> None:
    content = f"first,second\n{FOOD},the team had a match\none,two,three\n{FOOD},the coach was good\n".encode()
    visit = open_file_tab(workspace, raced).upload("x.csv", content, place=-1)
    assert "1 row cannot be read." in visit.words
    next(box for box in visit.selectbox if box.label == "Text").select("second").run()
    visit.radio[0].set_value("stop, I will mend the file").run()
    visit.click("Classify all rows")
    assert len(visit.errors) == 1
    assert "line 3" in visit.errors[0]
    visit.radio[0].set_value("leave them out").run()
    visit.click("Classify all rows")
    assert visit.errors == []
    assert "2 of 2 rows classified · text in “second” · 1 malformed row left out" in visit.words
    assert visit.dataframe[-1].value["prediction"].tolist() == [LABEL_OF["sport"]] * 2


def test_a_result_is_not_shown_as_another_models(raced: ExperimentRecord, workspace: Workspace) -> None:
    visit = open_file_tab(workspace, raced).upload("x.csv", f"text\n{FOOD}\n{FOOD} again\n".encode(), place=-1)
    visit.click("Classify all rows")
    assert "2 of 2 rows classified" in visit.words
    other = next(run.id for run in RunStore(workspace).runs(raced.id) if run.strategy == "scratch")
    next(box for box in visit.selectbox if box.label == "Model").select(other).run()
    assert "rows classified" not in visit.words


def zipped(workspace: Workspace, run: str) -> bytes:
    target = workspace.root / "out.zip"
    zip_bundle(RunStore(workspace).bundle(run), target)
    return target.read_bytes()


def test_a_downloaded_model_works_where_nothing_else_is_left(raced: ExperimentRecord, workspace: Workspace) -> None:
    content = zipped(workspace, classic_run(workspace, raced))
    shutil.rmtree(workspace.root)
    visit = Visit("predict").upload("model.zip", content)
    assert "Using model.zip" in visit.words
    visit.text_area[0].input(FOOD)
    visit.click("Classify")
    assert visit.errors == []
    assert LABEL_OF["food"] in visit.words.splitlines()
    visit.click("Put it away")
    assert "There is no model yet." in visit.words


def a_pickle() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as bundle:
        bundle.writestr("model.pkl", b"cos\nsystem\n(S'true'\ntR.")
    return content.getvalue()


@pytest.mark.parametrize("case", ["flipped", "pickle", "no zip"])
def test_a_damaged_model_is_refused_and_can_be_put_away(raced: ExperimentRecord, workspace: Workspace, case: str) -> None:
    content = zipped(workspace, classic_run(workspace, raced))
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    bad = {"flipped": flipped, "pickle": a_pickle(), "no zip": b"GIF89a"}[case]
    visit = Visit("predict").upload("model.zip", bad)
    if not visit.errors:  # the card may be sound where the weights are not
        visit.text_area[0].input(FOOD)
        visit.click("Classify")
    assert len(visit.errors) == 1
    assert "fault" not in visit.errors[0]
    assert not visit.metric
    visit.click("Put it away")
    assert visit.errors == []
    assert list(workspace.uploads.iterdir()) == []
