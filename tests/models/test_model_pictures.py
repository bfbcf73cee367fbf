"""Predicting on strangers' pictures: whatever they hide, each gets a label or a reason."""

import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from picture_toys import draw, encoded, folder_of_classes, zip_of
from PIL import Image

from tlcore.data.pictures.records import Upload
from tlcore.encoders.base import FeatureSource
from tlcore.errors import ChoiceError, DataError
from tlcore.models.card import ModelCard
from tlcore.models.model import Model
from tlcore.models.pictures import SHOWN, predict_pictures
from tlcore.models.table import TableChoices, predict_table
from tlcore.records import Picture
from tlcore.settings import Workspace
from tlcore.training.strategies.base import Probabilities, Strategy


class ByWidth(Strategy):
    """Calls wide pictures bad and high ones good."""

    fit = state = load_state = None  # type: ignore[assignment]

    def predict_proba(self, items: Sequence[Picture], features: FeatureSource | None = None) -> Probabilities:
        def row(picture: Picture) -> list[float]:
            with Image.open(picture.path) as image:
                return [0.7, 0.2, 0.1] if image.width > image.height else [0.1, 0.2, 0.7]

        return np.array([row(item) for item in items])


ByWidth.__abstractmethods__ = frozenset()


@pytest.fixture
def model(card: ModelCard) -> Model:
    return Model(card.model_copy(update={"modality": "image"}), ByWidth(3, None, None))  # type: ignore[arg-type]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_zip_becomes_a_table_with_a_row_a_picture(model: Model, workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    draw(0, 1, (60, 40)).save(folder / "wide.png")
    draw(0, 2, (40, 60)).save(folder / "deep" / "high.jpg")
    (folder / "broken.png").write_bytes(encoded(draw(0, 3))[:200])
    (folder / ".DS_Store").write_bytes(b"x")
    report, shown = predict_pictures(
        model, zip_of(folder, tmp_path / "in.zip"), tmp_path / "out.csv", workspace, tmp_path / "keep"
    )
    rows = {row["name"]: row for row in rows_of(tmp_path / "out.csv")}
    assert {name: row["prediction"] for name, row in rows.items()} == {
        "wide.png": "bad",
        "deep/high.jpg": "good",
        "broken.png": "",
    }
    assert float(rows["wide.png"]["confidence"]) == pytest.approx(0.7)
    assert "broken.png" in rows["broken.png"]["reason"]
    assert (report.pictures, report.predicted, report.not_predicted, report.junk) == (3, 2, 1, 1)
    assert report.by_class == {"bad": 1, "so so": 0, "good": 1}
    assert {one.name: bool(one.path and one.path.is_file()) for one in shown} == {
        "wide.png": True, "deep/high.jpg": True, "broken.png": False,
    }  # fmt: skip
    assert not list(workspace.uploads.iterdir())


def test_a_folder_and_dropped_files_do_as_well(model: Model, workspace: Workspace, tmp_path: Path) -> None:
    folder = folder_of_classes(tmp_path / "in", {"a": 3})
    by_folder, _ = predict_pictures(model, folder, tmp_path / "1.csv", workspace)
    files = [Upload(path, f"=cmd|{path.name}") for path in sorted(folder.rglob("*.png"))]
    by_files, _ = predict_pictures(model, files, tmp_path / "2.csv", workspace)
    assert by_folder.predicted == by_files.predicted == 3
    assert all(row["name"].startswith("'=cmd|") for row in rows_of(tmp_path / "2.csv"))


def test_nothing_is_written_when_there_is_nothing_to_read(model: Model, workspace: Workspace, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(DataError, match=r"empty\.zip"):
        predict_pictures(model, tmp_path / "empty.zip", tmp_path / "out.csv", workspace)
    assert not (tmp_path / "out.csv").exists()


def test_only_the_first_pictures_are_kept_to_be_looked_at(model: Model, workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(SHOWN + 20):
        Image.new("RGB", (4, 3), (number, number // 2, 0)).save(folder / f"{number:03}.png")
    report, shown = predict_pictures(model, folder, tmp_path / "out.csv", workspace, tmp_path / "keep")
    assert (report.predicted, len(shown), len(rows_of(tmp_path / "out.csv"))) == (SHOWN + 20, SHOWN, SHOWN + 20)
    assert len(list((tmp_path / "keep").iterdir())) == SHOWN


def test_progress_counts_pictures_and_may_stop(model: Model, workspace: Workspace, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt(f"{done} of {total}")

    folder = folder_of_classes(tmp_path / "in", {"a": 2})
    with pytest.raises(KeyboardInterrupt, match="2 of 2"):
        predict_pictures(model, folder, tmp_path / "out.csv", workspace, on_progress=stop)
    assert not (tmp_path / "out.csv").exists()


def test_python_asks_with_file_names(model: Model, tmp_path: Path) -> None:
    draw(0, 1, (60, 40)).save(tmp_path / "wide.png")
    wide, missing, text = model.predict_files([tmp_path / "wide.png", tmp_path / "no.png", __file__])
    assert (wide.label, wide.reason) == ("bad", "")
    assert missing.label is None and "no.png" in missing.reason
    assert text.label is None and Path(__file__).name in text.reason


def test_a_model_takes_only_what_it_has_learnt_from(
    model: Model, card: ModelCard, workspace: Workspace, tmp_path: Path
) -> None:
    of_texts = Model(card, ByWidth(3, None, None))  # type: ignore[arg-type]
    with pytest.raises(ChoiceError, match="reads texts"):
        of_texts.predict_files([tmp_path / "a.png"])
    (tmp_path / "t.csv").write_text("text\nhello\n")
    with pytest.raises(ChoiceError, match="reads pictures"):
        predict_table(model, tmp_path / "t.csv", tmp_path / "out.csv", TableChoices(), workspace)
