"""`results EXPERIMENT --against OTHER`."""

from pathlib import Path

import pytest
from cli_help import Call, assert_refused

from tlcore.settings import Workspace


@pytest.fixture
def two(call: Call, workspace: Workspace, toy_texts, tmp_path: Path) -> tuple[str, str]:
    """Two experiments on one dataset: one repeat less, and another budget besides."""
    path = tmp_path / "toys.csv"
    rows = "\n".join(f"{text},{name}" for text, name in zip(toy_texts.texts, toy_texts.names, strict=True))
    path.write_text(f"body,topic\n{rows}\n", encoding="utf-8")
    dataset = call("data", "add", path, "--json").document["id"]
    usual = ("compare", dataset, "--strategy", "classic", "--json")
    first = call(*usual, "--seeds", 1, "--name", "[red]one[/red]").document["experiment"]
    return first, call(*usual, "--seeds", 2, "--budget", 20, "--budget", "all", "--name", "two").document["experiment"]


def test_two_experiments_as_a_document_and_for_people(call: Call, two: tuple[str, str]) -> None:
    first, second = two
    found = call("results", first, "--against", "two", "--json").document
    assert (found["basis"], found["first"]["experiment"], found["second"]["experiment"]) == ("paired", first, second)
    [pair] = found["pairs"]
    assert (pair["strategy"], pair["budget"], pair["identical"], pair["kind"]) == ("classic", 48, True, "no_difference")
    assert found["without_partner"] == ["Only “two” has 20 labels for classic baseline."]
    shown = call("results", first, "--against", second)
    assert shown.code == 0, shown.err
    assert found["sentence"] in shown.out and "the same to the last digit" in shown.out and "[red]one[/red]" in shown.out
    assert "What differs:" in shown.out and "NaN" not in shown.out


def test_what_cannot_be_set_side_by_side_is_refused(call: Call, two: tuple[str, str]) -> None:
    assert_refused(call("results", two[0], "--against", two[0]), "same experiment twice")
    assert_refused(call("results", two[0], "--against", "nothing"), "nothing")
