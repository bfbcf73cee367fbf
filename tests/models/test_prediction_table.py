import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tlcore.data.csv.load import CsvOptions
from tlcore.errors import ChoiceError, DataError, Stopped
from tlcore.models import table
from tlcore.models.card import ModelCard
from tlcore.models.cells import safe_cell
from tlcore.models.items import Writing
from tlcore.models.model import Model
from tlcore.models.table import TableChoices, TableReport, predict_table
from tlcore.settings import Workspace

Run = Callable[..., tuple[TableReport, list[dict[str, str]]]]


class ByWord:
    """Reads "bad" and "good"; remembers the longest list it was asked to judge at once."""

    most = 0

    def predict_proba(self, items: Sequence[str]) -> np.ndarray:
        self.most = max(self.most, len(items))
        return np.array([[0.8, 0.15, 0.05] if "bad" in item else [0.05, 0.15, 0.8] for item in items])


@pytest.fixture
def model(card: ModelCard) -> Model:
    return Model(card, ByWord())  # type: ignore[arg-type]


@pytest.fixture
def run(model: Model, workspace: Workspace, tmp_path: Path) -> Run:
    """Predicts a table given as text or bytes; gives the report and the output's rows."""

    def predict(content: str | bytes, choices: TableChoices | None = None) -> tuple[TableReport, list[dict[str, str]]]:
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        report = predict_table(model, source, target, choices or TableChoices(), workspace)
        return report, list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"), newline="")))

    return predict


def test_columns_come_back_with_predictions_added(run: Run) -> None:
    report, rows = run('id,review\n007,"a bad, bad\nphone"\n8,good\n')
    assert list(rows[0]) == ["id", "review", "prediction", "confidence", "p_bad", "p_so so", "p_good"]
    assert rows[0] == {
        "id": "007",
        "review": "a bad, bad\nphone",
        "prediction": "bad",
        "confidence": "0.800000",
        "p_bad": "0.800000",
        "p_so so": "0.150000",
        "p_good": "0.050000",
    }
    assert rows[1]["prediction"] == "good"
    assert (report.rows, report.predicted, report.not_predicted, report.text_column) == (2, 2, 0, "review")
    assert report.summary.by_class == {"bad": 1, "so so": 0, "good": 1}
    assert list(report.summary.by_column) == ["id"]


def test_blank_rows_get_a_reason_and_the_others_a_prediction(run: Run) -> None:
    report, rows = run('id,review\n1,good\n2,\n3," \u200b"\n4,bad\n')
    assert [row["prediction"] for row in rows] == ["good", "", "", "bad"]
    assert [row["reason"] for row in rows] == ["", "the text is blank", "the text is blank", ""]
    assert rows[1]["confidence"] == rows[1]["p_bad"] == ""
    assert (report.rows, report.predicted, report.not_predicted) == (4, 2, 2)


def test_a_text_in_another_script_is_predicted_with_a_reason(card: ModelCard, workspace: Workspace, tmp_path: Path) -> None:
    model = Model(card.model_copy(update={"writing": Writing(scripts=("Latin",))}), ByWord())  # type: ignore[arg-type]
    (tmp_path / "in.csv").write_text("id,review\n1,good\n2,καλό\n")
    report = predict_table(model, tmp_path / "in.csv", tmp_path / "out.csv", TableChoices(), workspace)
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert (report.predicted, report.not_predicted, report.remarked) == (2, 0, 1)
    assert rows[1]["prediction"] == "good"
    assert "Greek" in rows[1]["reason"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_and_delimiters_are_found(run: Run, encoding: str) -> None:
    content = "nr;review;land\n" + "".join(f"{row};größer, schöner, good;Österreich\n" for row in range(30))
    report, rows = run(content.encode(encoding))
    assert len(rows) == 30
    assert rows[3]["review"] == "größer, schöner, good"
    assert rows[3]["land"] == "Österreich"
    assert report.source.delimiter == ";"


def test_text_column_is_chosen_by_name_then_from_the_card_then_guessed(run: Run) -> None:
    long = "a rather long comment about the thing that was bought and good enough to be told from a review"
    content = f"review,comment\nbad,{long}\n"
    assert run(content)[0].text_column == "review"
    assert run(content, TableChoices(text="comment"))[0].text_column == "comment"
    report, rows = run(f"nr,comment\n1,{long}\n2,{long} and bad\n")
    assert report.text_column == "comment"
    assert "review" in report.text_reason
    assert rows[1]["prediction"] == "bad"
    assert run("opinion\nbad\n")[0].text_column == "opinion"


def test_missing_column_is_named_with_those_there_are(run: Run, tmp_path: Path) -> None:
    with pytest.raises(ChoiceError, match=r"in\.csv has no column “body”.*id, review"):
        run("id,review\n1,good\n", TableChoices(text="body"))
    assert not (tmp_path / "out.csv").exists()


def test_file_without_rows_is_refused_and_nothing_is_left(run: Run, workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no data rows"):
        run("id,review\n")
    assert [path.name for path in tmp_path.iterdir() if path != workspace.root] == ["in.csv"]
    assert not any(path.is_file() for path in workspace.root.rglob("*"))


def test_malformed_rows_stop_or_are_skipped_and_counted(run: Run) -> None:
    content = "id,review\n1,good\n2,bad,surplus\n3,bad\n"
    with pytest.raises(DataError, match="3"):
        run(content)
    report, rows = run(content, TableChoices(csv=CsvOptions(bad_rows="skip")))
    assert [row["id"] for row in rows] == ["1", "3"]
    assert report.source.skipped == 1


def test_input_columns_with_taken_names_are_renamed(run: Run) -> None:
    report, rows = run("review,prediction,prediction_1,reason\nbad,old,older,why\n")
    assert rows[0]["prediction"] == "bad"
    assert report.renamed == {"prediction": "prediction_2"}
    assert (rows[0]["prediction_2"], rows[0]["prediction_1"], rows[0]["reason"]) == ("old", "older", "why")


def test_formulas_are_written_as_text_and_numbers_as_they_are(run: Run) -> None:
    _, rows = run('review,=note\nbad,"=HYPERLINK(""http://x"")"\ngood,-5.20\nbad,+49 123\ngood,@home\n')
    assert [row["'=note"] for row in rows] == ['\'=HYPERLINK("http://x")', "-5.20", "'+49 123", "'@home"]


@pytest.mark.parametrize("cell", ["=1+1", "+x", "-x", "@x", "\tx", "\rx", "＝1", "-1+2", "- good", "--"])
def test_cell_that_begins_like_a_formula_is_led_by_a_quote(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "good", "1", "-1", "+1.5", "-1,000.50", "-1e-5", "-12 %", "a=b", "'=x", "3-4"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert safe_cell(cell) == cell


def test_rows_go_through_in_chunks_and_progress_is_told(
    model: Model, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "_CHUNK", 10)
    (tmp_path / "in.csv").write_text("review\n" + "".join(f"{'bad' if row % 3 else 'good'} {row}\n" for row in range(35)))
    told: list[tuple[int, int]] = []
    predict_table(
        model,
        tmp_path / "in.csv",
        tmp_path / "out.csv",
        TableChoices(),
        workspace,
        lambda done, rows: told.append((done, rows)),
    )
    assert told == [(10, 35), (20, 35), (30, 35), (35, 35)]
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert [row["review"].split()[1] for row in rows] == [str(row) for row in range(35)]
    assert model._strategy.most == 10  # type: ignore[attr-defined]


def test_stopping_leaves_the_output_before(model: Model, workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("review\ngood\n")
    (tmp_path / "out.csv").write_text("precious")

    def stop(done: int, rows: int) -> None:
        raise Stopped("stopped")

    with pytest.raises(Stopped):
        predict_table(model, tmp_path / "in.csv", tmp_path / "out.csv", TableChoices(), workspace, stop)
    assert (tmp_path / "out.csv").read_text() == "precious"
    assert not any(path.is_file() for path in workspace.root.rglob("*"))


def test_line_breaks_of_all_kinds_stay_inside_their_cell(run: Run) -> None:
    _, rows = run('nr,review\n1,"bad\rand\r\nworse\n"\n2,good\n')
    assert [row["nr"] for row in rows] == ["1", "2"]
    assert rows[0]["review"].split() == ["bad", "and", "worse"]


def test_report_survives_json(run: Run) -> None:
    report, _ = run("review,when\nbad,2024-01-02\ngood,2024-02-02\n")
    assert TableReport.model_validate_json(report.model_dump_json()) == report
    assert list(report.summary.over_time) == ["when"]
