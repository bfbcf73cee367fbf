"""`report`: one file from an experiment that was really run, with the numbers of `results --json`; and what it refuses."""

import hashlib
import re
from pathlib import Path

import pytest
from cli_help import Answer, Call, assert_refused

from tlcore.data.store import DatasetStore
from tlcore.settings import Workspace

BUDGETS = (18, 48)


@pytest.fixture
def compared(outside: Call, tiny_workspace: Workspace, toy_texts, tmp_path: Path) -> Answer:
    """A quick race of three strategies at two budgets."""
    path = tmp_path / "toys.csv"
    lines = (f"{text},<b>{label}</b>\n" for text, label in zip(toy_texts.texts, toy_texts.names, strict=True))
    path.write_text("body,topic\n" + "".join(lines), encoding="utf-8")
    assert outside("data", "add", path, "--name", "Toys <i>").code == 0
    wanted = [word for name in ("classic", "feature_extraction", "scratch") for word in ("--strategy", name)]
    wanted += [word for budget in BUDGETS for word in ("--budget", budget)]
    answer = outside("compare", "Toys <i>", "--encoder", "tiny", *wanted, "--seeds", 2, "--epochs", 2, "--json")
    assert answer.code == 0, answer.err
    return answer


def test_the_report_of_a_race(call: Call, compared: Answer, tiny_workspace: Workspace, tmp_path: Path) -> None:
    target, results = tmp_path / "report.html", compared.document
    answer = call("report", results["experiment"][:8], "--out", target, "--json")
    assert answer.code == 0, answer.err
    content = target.read_bytes()
    assert answer.document == {
        "experiment": results["experiment"],
        "path": str(target),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    page = content.decode()
    numbers = {float(value) for value in re.findall(r'<data value="([^"]*)"', page)}
    wanted = [results["verdict"][key] for key in ("difference", "low", "high")]
    wanted += [row[key] for row in results["summary"] for key in ("accuracy", "accuracy_low", "macro_f1", "train_seconds")]
    wanted += [run[key] for run in results["runs"] for key in ("accuracy", "macro_f1", "train_seconds", "encode_seconds")]
    assert set(wanted) <= numbers
    card = DatasetStore(tiny_workspace).card(results["dataset"])
    assert card.source.sha256 in page and "Toys &lt;i&gt;" in page and "&lt;b&gt;food" in page
    assert "<b>food" not in page and "Toys <i>" not in page
    assert f"compare {results['dataset']} --strategy classic" in page
    assert "--budget 18 --budget 48 --seeds 2 --epochs 2" in page

    again = call("report", results["experiment"], "--out", tmp_path / "second.html")
    assert again.code == 0 and f"The report is in {tmp_path / 'second.html'}" in again.out

    DatasetStore(tiny_workspace).delete(results["dataset"])
    assert call("report", results["experiment"], "--out", target).code == 0
    assert "The dataset was deleted" in target.read_text(encoding="utf-8")


def test_what_is_refused(call: Call, tmp_path: Path) -> None:
    assert_refused(call("report", "nothing", "--out", tmp_path / "a.html", "--json"), "There is no experiment", "nothing")
    assert_refused(call("report", "nothing", "--out", tmp_path), "is a folder")
    assert_refused(call("report", "nothing", "--out", tmp_path / "a.pdf"), ".html")
    assert_refused(call("report", "nothing", "--out", tmp_path / "none" / "a.html"), "There is no folder")
    assert_refused(call("report", "nothing"), "--out")
    assert list(tmp_path.glob("*.html")) == []
