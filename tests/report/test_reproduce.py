"""The commands in a report do give the same dataset and the same experiment again."""

import shlex
import shutil
import subprocess

import pytest
from report_toys import card_of

from tlcore.cli.app import main
from tlcore.data.csv.load import CsvOptions
from tlcore.data.importer import ImportChoices, add_sample, import_csv
from tlcore.data.store import DatasetStore
from tlcore.errors import ChoiceError
from tlcore.experiments import queue
from tlcore.experiments.spec import ExperimentSpec, spec_for
from tlcore.report.reproduce import add_arguments, compare_arguments, python_lines, shell
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES
from tlcore.training.settings import TrainingSettings

NAMES = ("plain", "two words", 'it\'s; rm -rf ~ `x` $(y) "z"', "\u05e9\u05dc\u05d5\u05dd", "tab\there\u202e\n'\\", "-x", "")


@pytest.mark.parametrize("word", NAMES)
def test_a_shell_reads_every_name_as_one_word(word):
    line = shell(["compare", word, "end"]).removeprefix("python -m tlcore ")
    assert line.isprintable()
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash here")
    told = f"printf '%s\\0' {line}"
    done = subprocess.run([bash, "-c", told], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert done.stdout.decode().split("\0")[:-1] == ["compare", word, "end"]


def rows(labels=("agree", "disagree")) -> str:
    body = "".join(f"{place},text number {place} says so,{labels[place % 2]},g{place % 7}\n" for place in range(40))
    return f"id,my words,opinion,who\n{body}"


@pytest.mark.parametrize(
    "choices",
    [
        ImportChoices(text="my words", label="opinion"),
        ImportChoices(name="it's 'mine'", text="my words", label="opinion", group="who"),
        ImportChoices(
            text="my words", label="opinion", task="sentiment", label_mapping={"agree": "positive", "disagree": "negative"}
        ),
        ImportChoices(text="my words", label="opinion", csv=CsvOptions(encoding="latin-1", delimiter=",")),
    ],
)
def test_the_commands_give_the_same_dataset(workspace, tmp_path, monkeypatch, choices):
    path = tmp_path / "my data.csv"
    path.write_text(rows(), encoding="utf-8")
    card = import_csv(workspace, path, choices)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(shell(add_arguments(card)))[3:]
    assert main([*words, "--workspace", str(tmp_path / "other")]) == 0
    again = DatasetStore(Workspace(tmp_path / "other")).card(card.id)
    assert (again.name, again.classes, again.source) == (card.name, card.classes, card.source)


def test_a_sample_is_called_by_its_name(workspace):
    assert add_arguments(add_sample(workspace, "review-topics")) == ["data", "add", "--sample", "review-topics"]
    assert "--sample" not in add_arguments(card_of(text_column="review", label_column="topic"))


SPECS = [
    {},
    {"strategies": ("scratch", "full_fine_tuning"), "seeds": 5, "budgets": (10, "all"), "name": "it's"},
    {"encoders": ("minilm", "other")},
    {
        "settings": {
            one: STRATEGIES[one].defaults.model_copy(update={"epochs": 7})
            for one in STRATEGIES
            if STRATEGIES[one].trains_network
        }
    },
    {"settings": {"scratch": STRATEGIES["scratch"].defaults}},
]


@pytest.mark.parametrize("choices", SPECS)
def test_the_command_gives_the_same_experiment(workspace, monkeypatch, choices):
    card = add_sample(workspace, "reviews")
    spec = spec_for(card, **choices)
    asked = []

    def keep(_: Workspace, found: ExperimentSpec) -> str:
        asked.append(found)
        raise ChoiceError("That is enough.")

    monkeypatch.setattr(queue, "submit", keep)
    words = shlex.split(shell(compare_arguments(spec, card.name)))[3:]
    assert main(words) == 2
    (found,) = asked
    for strategy in spec.strategies:
        assert found.settings_of(strategy) == spec.settings_of(strategy)
    assert found.model_copy(update={"settings": {}}) == spec.model_copy(update={"settings": {}})


@pytest.mark.parametrize(
    "choices",
    [
        {"test_share": 0.5},
        {"split_seed": 3},
        {"band": 0.02},
        {"settings": {"scratch": TrainingSettings(epochs=15)}},
        {"settings": {"scratch": STRATEGIES["scratch"].defaults.model_copy(update={"epochs": 3})}},
        {"settings": {"classic": TrainingSettings(class_weights="balanced")}},
    ],
)
def test_what_no_option_can_say_comes_as_python(choices):
    spec = spec_for(card_of(), **{"name": "it's '''\U0001f600\nEND\n", **choices})
    assert compare_arguments(spec, "reviews") == []
    lines = python_lines(spec)
    assert lines.isascii() and lines.count("\nEND") == 1
    line = next(line for line in lines.splitlines() if line.startswith("print("))
    asked = []
    scope = {"submit": lambda _, found: asked.append(found), "Workspace": lambda: None, "ExperimentSpec": ExperimentSpec}
    exec(line, scope)
    assert asked == [spec]


def test_a_file_of_test_items_is_named(workspace, tmp_path, monkeypatch):
    path, test = tmp_path / "train.csv", tmp_path / "held out.csv"
    path.write_text(rows(), encoding="utf-8")
    test.write_text(rows().replace("text number", "another"), encoding="utf-8")
    card = import_csv(workspace, path, ImportChoices(text="my words", label="opinion"), test=test)
    monkeypatch.chdir(tmp_path)
    assert main([*shlex.split(shell(add_arguments(card)))[3:], "--workspace", str(tmp_path / "other")]) == 0
    assert DatasetStore(Workspace(tmp_path / "other")).card(card.id).own_split
