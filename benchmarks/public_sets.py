"""The whole race on public sets: five strategies, several budgets, three seeds. Fills docs/results.md.

    python -m benchmarks.public_sets run DATA OUT [SET …]     # DATA/text/NAME_train.csv and NAME_test.csv, DATA/images/NAME/
    python -m benchmarks.public_sets table OUT                # the tables, from what `run` left in OUT

Everything goes through the command line, in a workspace of its own: OUT/workspace. The sets are not part of the project; where
they come from is in docs/results.md. Test files are the sets' own, flowers5 excepted, of which a fifth is drawn.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tlcore.evaluation.wording import seconds_words, tenths
from tlcore.training.catalogue import STRATEGIES

TEXTS = {
    "trec6": (60, 120, 300, 600),
    "sst2": (50, 100, 200, 400),
    "tweeteval_emotion": (100, 200, 400),
    "banking77": (231, 462),
}
IMAGES: dict[str, tuple[int | str, ...]] = {"ants_bees": (30, 60, 120, "all"), "flowers5": (50, 100, 250)}


def arguments(name: str, data: Path | None) -> list[str]:
    """What follows `python -m tlcore compare`; without `data` as it is printed."""
    budgets = [word for budget in {**TEXTS, **IMAGES}[name] for word in ("--budget", str(budget))]
    if name in IMAGES:
        return [name, *budgets]
    test = f"{name}_test.csv"
    return [f"{name}_train", "--test", str(data / "text" / test) if data else test, *budgets]


def run(data: Path, out: Path, names: Sequence[str]) -> None:
    """Import and race each set; its results go to OUT/NAME.json."""
    out.mkdir(parents=True, exist_ok=True)
    for name in names or [*TEXTS, *IMAGES]:
        if name in IMAGES:
            _tlcore(out, "data", "add", str(data / "images" / name), "--name", name)
        else:
            _tlcore(out, "data", "add", str(data / "text" / f"{name}_train.csv"), "--text", "text", "--label", "label")
        (out / f"{name}.json").write_text(_tlcore(out, "compare", *arguments(name, data), "--json"))


def _tlcore(out: Path, *words: str) -> str:
    """The command's standard output."""
    command = [sys.executable, "-m", "tlcore", *words]
    environment = {**os.environ, "TLCORE_HOME": str(out / "workspace")}
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def table(out: Path) -> Iterator[str]:
    """Markdown, set by set: what was said, then a row a strategy and budget."""
    for name in (*TEXTS, *IMAGES):
        if (path := out / f"{name}.json").exists():
            yield from _set(name, json.loads(path.read_text()))


def _set(name: str, found: dict[str, Any]) -> Iterator[str]:
    verdict, evidence = found["verdict"], found["evidence"]
    yield f"## {name}\n"
    yield f"```\npython -m tlcore compare {shlex.join(arguments(name, None))}\n```\n"
    yield f"> {verdict['sentence']}"
    for sentence in [evidence["headline"]["sentence"] if evidence["headline"] else "", *_alarms(evidence)]:
        if sentence:
            yield f"> {sentence}"
    yield "\n| labels | " + " | ".join(STRATEGIES[strategy].name for strategy in _strategies(found)) + " |"
    yield "|---" * (1 + len(_strategies(found))) + "|"
    for budget in sorted({row["budget"] for row in found["summary"]}):
        rows = {row["strategy"]: row for row in found["summary"] if row["budget"] == budget}
        yield f"| {budget:,} | " + " | ".join(_cell(rows.get(strategy)) for strategy in _strategies(found)) + " |"
    yield ""


def _alarms(evidence: dict[str, Any]) -> list[str]:
    """Where transfer or all deep learning lost, classes left out."""
    return [alarm["sentence"] for alarm in evidence["alarms"] if alarm["kind"] != "class_loss"]


def _strategies(found: dict[str, Any]) -> list[str]:
    """In the catalogue's order."""
    return [strategy for strategy in STRATEGIES if any(row["strategy"] == strategy for row in found["summary"])]


def _cell(row: dict[str, Any] | None) -> str:
    """Accuracy with its interval, and the seconds of a run."""
    if row is None:
        return "–"
    seconds = seconds_words(row["train_seconds"] + row["encode_seconds"])
    return f"{tenths(row['accuracy'])} ({tenths(row['accuracy_low'])} to {tenths(row['accuracy_high'])}), {seconds}"


def main(words: Sequence[str]) -> None:
    """See the top of this file."""
    match words:
        case ["run", data, out, *names]:
            run(Path(data), Path(out), names)
        case ["table", out]:
            sys.stdout.write("\n".join(table(Path(out))) + "\n")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
