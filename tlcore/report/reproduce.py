"""The exact commands that give the same experiment again, and the hashes that tell whether the data is the same."""

import json
from collections.abc import Iterator

from tlcore.data.samples import SAMPLES
from tlcore.encoders.catalogue import DEFAULT_ENCODERS
from tlcore.experiments.spec import DEFAULT_IMAGE_SIZE, MAX_NAME, ExperimentSpec
from tlcore.files import sha256_of
from tlcore.records import DatasetCard, DatasetSource
from tlcore.report.facts import ReportFacts
from tlcore.report.markup import Html, bullets, code, joined, section, tag
from tlcore.training.catalogue import STRATEGIES
from tlcore.training.settings import TrainingSettings

_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_+=:,./-")
_DELIMITERS = {"\t": "tab", ";": "semicolon", "|": "pipe"}
_TOOL = ("python", "-m", "tlcore")


def reproduce_section(report: ReportFacts) -> Html:
    """Commands for a shell, in the order in which to give them."""
    card, spec = report.dataset, report.spec
    steps: list[object] = []
    if card is None:
        steps.append(f"Add the dataset again; its id must be {report.found.dataset}. Its file is no longer known here.")
    else:
        steps.append(joined(("Add the data: the file has the SHA-256 ", tag("code", card.source.sha256), ".",
                             code(shell(add_arguments(card))))))  # fmt: skip
        if card.source.cures:
            cured = joined(("On the Data page, cure what was cured here, in this order:", bullets(card.source.cures)))
            steps.append(cured)
        steps.append(joined(("The dataset then has the id ", tag("code", card.id), ", a hash of its items and labels.")))
    if spec is None:
        steps.append("The choices of this experiment can no longer be read, so its command cannot be given.")
    elif plain := compare_arguments(spec, report.found.dataset_name):
        steps.append(joined(("Run the experiment.", code(shell(plain)))))
    else:
        words = "Run the experiment. Some of its choices have no option of the command line, so it is started from Python."
        steps.append(joined((words, code(python_lines(spec)))))
    ending = (
        f"With Transfer Lab {report.environment.transfer_lab} and the versions above, on the same kind of machine, the same"
        " numbers come out; times differ."
    )
    return section("How to reproduce it", tag("ol", *(tag("li", step) for step in steps)), tag("p", ending, class_="note"))


def add_arguments(card: DatasetCard) -> list[str]:
    """The arguments of `data add` that give this dataset again, its cures apart."""
    sample = _sample(card)
    if sample is not None:
        return ["data", "add", "--sample", sample]
    source = card.source
    arguments = ["data", "add", source.file_name, "--name", card.name]
    options = _text_options(card) if card.modality == "text" else ()
    for option, value in options:
        arguments += [option, value]
    for label, known_as in _mapping(source):
        arguments += ["--map", f"{label}={known_as}"]
    return arguments


def compare_arguments(spec: ExperimentSpec, dataset_name: str) -> list[str]:
    """The arguments of `compare` that give this experiment again; none when it has choices that the options cannot say."""
    usual = ExperimentSpec.model_fields
    hidden = ("test_share", "split_seed", "band")
    epochs = _common_epochs(spec)
    if epochs is False or any(getattr(spec, field) != usual[field].default for field in hidden):
        return []
    arguments = ["compare", spec.dataset]
    if set(spec.strategies) != set(STRATEGIES):
        arguments += _each("--strategy", spec.strategies)
    if spec.encoders != (DEFAULT_ENCODERS[spec.modality],):
        arguments += _each("--encoder", spec.encoders)
    if spec.budgets != ("all",):
        arguments += _each("--budget", map(str, spec.budgets))
    if spec.seeds != usual["seeds"].default:
        arguments += ["--seeds", str(spec.seeds)]
    if epochs is not None:
        arguments += ["--epochs", str(epochs)]
    if spec.image_size not in (None, DEFAULT_IMAGE_SIZE):
        arguments += ["--image-size", str(spec.image_size)]
    return arguments if spec.name == dataset_name[:MAX_NAME] else [*arguments, "--name", spec.name]


def python_lines(spec: ExperimentSpec) -> str:
    """The same experiment from Python, for choices that the command line has no option for."""
    document = json.dumps(spec.model_dump(mode="json", exclude_defaults=True))
    return "\n".join(
        (
            "python - <<'END'",
            "from tlcore.experiments.queue import submit",
            "from tlcore.experiments.spec import ExperimentSpec",
            "from tlcore.settings import Workspace",
            "",
            f"print(submit(Workspace(), ExperimentSpec.model_validate_json({document!a})))",
            "END",
        )
    )


def shell(arguments: list[str]) -> str:
    """A line for a POSIX shell (bash, zsh): nothing in a name can become a command, and unseen signs are spelt out."""
    return " ".join((*_TOOL, *map(_word, arguments)))


def _word(text: str) -> str:
    if text and _SAFE.issuperset(text):
        return text
    if text.isprintable():
        return "'" + text.replace("'", "'\"'\"'") + "'"
    return "$'" + "".join(map(_spelt, text)) + "'"


def _spelt(sign: str) -> str:
    if sign in "\\'":
        return f"\\{sign}"
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}"


def _sample(card: DatasetCard) -> str | None:
    """The sample that this dataset is, as it ships."""
    source = card.source
    for key, sample in SAMPLES.items():
        if sample.modality != card.modality or sample.name != card.name or source.cures or source.test_file_name:
            continue
        if sample.modality == "image" and source.file_name == key:
            return key
        same = sample.modality == "text" and (source.text_column, source.label_column) == (sample.text, sample.label)
        if same and source.sha256 == sha256_of(sample.path):
            return key
    return None


def _text_options(card: DatasetCard) -> Iterator[tuple[str, str]]:
    source = card.source
    for option, value in (
        ("--text", source.text_column),
        ("--label", source.label_column),
        ("--task", card.task),
        ("--split", source.split_column),
        ("--group", source.group_column),
        ("--test", source.test_file_name),
        ("--encoding", source.encoding if source.encoding not in (None, "utf-8") else None),
        ("--delimiter", _DELIMITERS.get(source.delimiter or ",", source.delimiter) if source.delimiter != "," else None),
        ("--bad-rows", "skip" if source.rows_skipped else None),
    ):
        if value is not None:
            yield option, value


def _mapping(source: DatasetSource) -> list[tuple[str, str]]:
    """Labels that got another name; all of them where one did."""
    mapping = source.label_mapping or {}
    return list(mapping.items()) if any(label != known_as for label, known_as in mapping.items()) else []


def _common_epochs(spec: ExperimentSpec) -> int | bool | None:
    """The one number of epochs that was set for all networks; None when nothing was set, False for any other change."""
    networks = [strategy for strategy in spec.strategies if strategy in STRATEGIES and STRATEGIES[strategy].trains_network]
    changed = {
        strategy: found
        for strategy in spec.strategies
        if strategy in STRATEGIES and (found := spec.settings_of(strategy)) != _defaults(spec, strategy)
    }
    if not changed:
        return None
    epochs = next(iter(changed.values())).epochs
    wanted = all(spec.settings_of(one) == _defaults(spec, one).model_copy(update={"epochs": epochs}) for one in networks)
    return epochs if wanted and set(changed) <= set(networks) else False


def _defaults(spec: ExperimentSpec, strategy: str) -> TrainingSettings:
    return STRATEGIES[strategy].defaults_for(spec.modality)


def _each(option: str, values: "tuple[str, ...] | map[str]") -> list[str]:
    return [word for value in values for word in (option, value)]
