"""Pictures from a zip to a model that classifies others, on the command line."""

import csv
from pathlib import Path

import pytest
from cli_help import Call, assert_refused
from picture_toys import folder_of_classes, zip_of

from tlcore import load_model
from tlcore.settings import Workspace

CLASSES = {"bolts": 14, "nuts": 14}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A zip of two classes."""
    return zip_of(folder_of_classes(tmp_path / "pictures", CLASSES), tmp_path / "parts.zip")


def test_from_a_zip_to_predictions(call: Call, workspace: Workspace, pictures: Path, tmp_path: Path) -> None:
    dataset = call("data", "add", pictures, "--name", "Parts", "--json").document
    assert (dataset["name"], dataset["modality"], dataset["items"]) == ("Parts", "image", 28)
    assert dataset["classes"] == CLASSES
    assert call("data", "add", tmp_path / "pictures", "--json").document["id"] == dataset["id"]

    compared = call(
        "compare", "Parts", "--strategy", "classic", "--strategy", "feature_extraction", "--seeds", 1,
        "--image-size", 96, "--json",
    )  # fmt: skip
    assert compared.code == 0, compared.err
    runs = {run["strategy"]: run for run in compared.document["runs"]}
    assert runs["feature_extraction"]["encoder"] == "efficientnet-lite0"
    assert all(run["status"] == "FINISHED" and 0 <= run["accuracy"] <= 1 for run in runs.values())

    model = runs["feature_extraction"]["id"]
    folder = folder_of_classes(tmp_path / "new", {"nuts": 3}, part="later")
    (folder / "later/nuts/notes.jpg").write_text("no picture at all")
    said = call("predict", model, "--in", folder, "--out", tmp_path / "out.csv", "--json").document
    assert (said["pictures"], said["predicted"], said["not_predicted"]) == (4, 3, 1)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["prediction"] for row in rows if row["prediction"]} <= set(CLASSES)
    assert sum(float(rows[1][f"p_{label}"]) for label in CLASSES) == pytest.approx(1, abs=1e-5)

    call("export", model, "--out", tmp_path / "model.zip")
    name = next(row["name"] for row in rows if row["prediction"])
    (answer,) = load_model(tmp_path / "model.zip", workspace).predict_files([folder / name])
    assert answer.label == next(row["prediction"] for row in rows if row["name"] == name)
    assert answer.confidence == pytest.approx(
        max(float(row["confidence"] or 0) for row in rows if row["name"] == name), abs=1e-4
    )


def test_choices_that_pictures_have_not_are_refused(call: Call, pictures: Path) -> None:
    assert_refused(call("data", "add", pictures, "--text", "body"), "--name and --map")
    dataset = call("data", "add", pictures, "--json").document["id"]
    assert_refused(call("compare", dataset, "--image-size", 100), "working resolution of 100 pixels")
    assert_refused(call("compare", dataset, "--encoder", "minilm"), "reads texts")


def test_classes_can_be_renamed_and_left_out(call: Call, tmp_path: Path) -> None:
    folder = folder_of_classes(tmp_path / "in", {"a": 3, "b": 3, "c": 2})
    dataset = call("data", "add", folder, "--map", "a=first", "--map", "c=", "--json").document
    assert dataset["classes"] == {"b": 3, "first": 3}
