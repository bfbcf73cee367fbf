"""The accuracy and time of every strategy on real text sets, as docs/performance.md reports them.

    python -m benchmarks.accuracy FOLDER [OUT.json]

FOLDER holds trec6_train.csv, trec6_test.csv, tweeteval_emotion_train.csv and tweeteval_emotion_test.csv (columns text, label).
Everything goes through the command line with its defaults, into a workspace of its own. Prints JSON, and
writes it to OUT.json when that is given.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def tlcore(home: str, *arguments: str) -> dict[str, Any]:
    """A command's JSON."""
    command = [sys.executable, "-m", "tlcore", "--workspace", home, *arguments, "--json"]
    return json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout)


def compare(home: str, files: tuple[Path, Path], *choices: str) -> list[dict[str, Any]]:
    """One experiment on a train and a test file: mean accuracy over seeds, seconds of training and of encoding."""
    train, test = files
    dataset = tlcore(home, "data", "add", str(train))["id"]
    found = tlcore(home, "compare", dataset, "--test", str(test), *choices)
    keys = (
        "strategy",
        "budget",
        "seeds",
        "accuracy",
        "accuracy_low",
        "accuracy_high",
        "macro_f1",
        "train_seconds",
        "encode_seconds",
    )
    return [{key: row[key] for key in keys} for row in found["summary"]]


def main(folder: Path, target: Path | None = None) -> None:
    """Run all, print, and write if there is a place to write to."""
    home = tempfile.mkdtemp()
    trec, emotion = ((folder / f"{name}_train.csv", folder / f"{name}_test.csv") for name in ("trec6", "tweeteval_emotion"))
    found = {
        "trec6, all labels": compare(home, trec, "--seeds", "1"),
        "emotion, 800 labels": compare(
            home, emotion, "--budget", "800", "--strategy", "full_fine_tuning", "--strategy", "feature_extraction"
        ),
    }
    text = json.dumps(found, indent=1) + "\n"
    sys.stdout.write(text)
    if target:
        target.write_text(text)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
