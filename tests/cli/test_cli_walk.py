"""The whole command line from a CSV file to a model loaded in Python, each command in a process of its own."""

import csv
import json
from pathlib import Path

import pytest
from cli_help import Call, assert_refused

from tlcore import load_model
from tlcore.settings import Workspace


@pytest.fixture
def reviews(tmp_path: Path, toy_texts) -> Path:
    """The toy texts as a file."""
    path = tmp_path / "toys.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "body", "topic"])
        writer.writerows(
            (row, text, name) for row, (text, name) in enumerate(zip(toy_texts.texts, toy_texts.names, strict=True))
        )
    return path


def test_from_a_file_to_a_model_in_python(outside: Call, tiny_workspace: Workspace, reviews: Path, tmp_path: Path) -> None:
    dataset = outside("data", "add", reviews, "--name", "Toys", "--text", "body", "--label", "topic", "--json").document
    assert (dataset["name"], dataset["items"]) == ("Toys", 60)
    assert dataset["classes"] == {"food": 20, "sport": 20, "travel": 20}
    assert outside("data", "show", "Toys", "--json").document == dataset
    assert outside("data", "list", "--json").document["datasets"] == [dataset]
    assert {"id": "tiny", "ready": True}.items() <= outside("encoders", "--json").document["encoders"][-1].items()

    compared = outside(
        "compare", dataset["id"][:6], "--encoder", "tiny", "--strategy", "feature_extraction", "--strategy", "scratch",
        "--seeds", 2, "--epochs", 2, "--json",
    )  # fmt: skip
    assert compared.code == 0, compared.err
    results = compared.document
    check_results(results, dataset["id"])
    experiment = results["experiment"]
    assert outside("results", experiment, "--json").document == results

    listed = outside("runs", "--json").document
    assert [record["id"] for record in listed["experiments"]] == [experiment]
    assert {run["id"] for run in listed["runs"]} == {run["id"] for run in results["runs"]}
    models = outside("models", "--json").document["models"]
    assert {model["run"] for model in models} == {run["id"] for run in results["runs"]}

    check_models(outside, tiny_workspace, models[0]["id"], reviews, tmp_path)
    assert_refused(outside("resume", experiment), "nothing to resume")
    assert outside("cancel", experiment, "--json").document == {"experiment": experiment, "state": "finished"}


def check_results(results: dict, dataset: str) -> None:
    """The shape that docs/command-line.md promises, and numbers that can be."""
    assert results["dataset"] == dataset
    assert results["verdict"]["kind"] in ("helps", "hurts", "no_difference", "not_enough_evidence")
    assert results["verdict"]["sentence"]
    assert results["verdict"]["low"] <= results["verdict"]["difference"] <= results["verdict"]["high"]
    assert len(results["runs"]) == 4
    for run in results["runs"]:
        assert run["status"] == "FINISHED"
        assert run["encoder"] == "tiny"
        assert run["budget"] == 48
        assert run["seed"] in (0, 1)
        assert 0 <= run["accuracy"] <= 1
        assert 0 <= run["macro_f1"] <= 1
        assert run["n_train"] <= 48
        assert run["n_test"] == 12
        assert run["train_seconds"] > 0
        assert run["encode_seconds"] >= 0
    assert {item["strategy"] for item in results["summary"]} == {"feature_extraction", "scratch"}


def check_models(outside: Call, workspace: Workspace, model: str, reviews: Path, tmp_path: Path) -> None:
    """A model predicts a table, leaves as zip and folder, and comes back with the same probabilities."""
    target = tmp_path / "predicted.csv"
    done = outside("predict", model[:10], "--in", reviews, "--out", target, "--json")
    assert done.code == 0, done.err
    assert (done.document["rows"], done.document["predicted"], done.document["text_column"]) == (60, 60, "body")
    rows = list(csv.DictReader(target.open(encoding="utf-8", newline="")))
    assert list(rows[0]) == ["id", "body", "topic", "prediction", "confidence", "p_food", "p_sport", "p_travel"]
    assert [row["id"] for row in rows] == [str(number) for number in range(60)]
    assert sum(float(rows[0][f"p_{label}"]) for label in ("food", "sport", "travel")) == pytest.approx(1, abs=1e-5)

    packed, plain, again = tmp_path / "model.zip", tmp_path / "model", tmp_path / "again.csv"
    for path in (packed, plain):
        exported = outside("export", model, "--out", path, "--json")
        assert exported.document["path"] == str(path)
        (answer,) = load_model(path, workspace).predict([rows[7]["body"]])
        assert answer.label == rows[7]["prediction"]
        for label, probability in answer.probabilities.items():
            assert float(rows[7][f"p_{label}"]) == pytest.approx(probability, abs=1e-6)
    assert_refused(outside("export", model, "--out", plain), "is there already")
    assert outside("predict", packed, "--in", reviews, "--out", again).code == 0
    assert again.read_bytes() == target.read_bytes()

    weights = plain / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0\0")
    assert_refused(outside("predict", plain, "--in", reviews, "--out", tmp_path / "never.csv"), "weights.safetensors")
    assert not (tmp_path / "never.csv").exists()


def test_own_test_file_makes_a_dataset_once(call: Call, tiny_workspace: Workspace, reviews: Path, tmp_path: Path) -> None:
    test = tmp_path / "test.csv"
    test.write_text(
        "topic,body\nfood,soup with cheese tonight\nsport,the runner and the coach\ntravel,a hotel on the island\n" * 1
    )
    dataset = call("data", "add", reviews, "--text", "body", "--label", "topic", "--json").document
    arguments = ("compare", dataset["id"], "--strategy", "classic", "--seeds", 1, "--test", test, "--json")
    first, second = call(*arguments), call(*arguments)
    assert first.code == 0, first.err
    assert first.document["dataset"] == second.document["dataset"] != dataset["id"]
    assert first.document["runs"][0]["n_test"] == 3
    assert first.document["runs"][0]["budget"] == 60
    assert first.document["runs"][0]["encoder"] == "none"
    listed = call("data", "list", "--json").document["datasets"]
    assert len(listed) == 2
    assert_refused(call("compare", first.document["dataset"], "--test", test), "test part of its own")


def test_test_file_that_does_not_fit_is_refused(call: Call, workspace: Workspace, reviews: Path, tmp_path: Path) -> None:
    dataset = call("data", "add", reviews, "--text", "body", "--label", "topic", "--json").document["id"]
    test = tmp_path / "test.csv"
    for content, word in (
        ("text,topic\nsoup,food\n", "body"),
        ("body,topic\nsoup,music\n", "music"),
        ("body,topic\n", "no data rows"),
    ):
        test.write_text(content)
        assert_refused(call("compare", dataset, "--test", test), word)
    assert_refused(call("compare", dataset, "--test", tmp_path / "absent.csv"), "absent.csv")
    assert len(call("data", "list", "--json").document["datasets"]) == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--strategy", "magic"], "magic"),
        (["--encoder", "none-such"], "none-such"),
        (["--budget", "some"], "some"),
        (["--budget", "1"], "budget"),
        (["--budget", "9999"], "9,999"),
        (["--seeds", "0"], "seeds"),
    ],
)
def test_choice_that_cannot_be_run_is_refused_before_queueing(
    call: Call, tiny_workspace: Workspace, reviews: Path, arguments: list[str], word: str
) -> None:
    dataset = call("data", "add", reviews, "--text", "body", "--label", "topic", "--json").document["id"]
    assert_refused(call("compare", dataset, *arguments), word)
    assert call("runs", "--json").document == {"experiments": [], "runs": []}


def test_people_read_the_same_as_programs(call: Call, tiny_workspace: Workspace, reviews: Path) -> None:
    call("data", "add", reviews, "--text", "body", "--label", "topic")
    shown = call("data", "show", "toys").out
    assert "food" in shown
    compared = call("compare", "toys", "--strategy", "classic", "--seeds", 1, "--name", "A [red]race[/red] :smile:")
    assert compared.code == 0, compared.err
    assert "Classic baseline" in compared.out
    assert "[red]race[/red] :smile:" in call("runs").out
    model = json.loads(call("models", "--json").out)["models"][0]["id"]
    assert model in call("models").out
