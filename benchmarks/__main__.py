"""All comparisons with peers, one after another, each in a process of its own; then their table.

    python -m benchmarks [TARGET ...] [--pairs N] [--data FOLDER] [--out FOLDER] [--small]
    python -m benchmarks table        fill the marked section of docs/performance.md from the records in benchmarks/results

The peers are installed by `pip install -r benchmarks/requirements.txt`. Targets that need public sets find them in --data, or
in TLCORE_BENCH_DATA: text/NAME_train.csv and text/NAME_test.csv with the columns text and label, images/flowers5/CLASS/*.jpg.
Without them they are skipped, and said to be. Measure on a machine that does nothing else.
"""

import argparse
import subprocess
import sys

from benchmarks import table
from benchmarks.measure import SKIPPED, add_options

TARGETS = (
    "encode_texts",
    "encode_pictures",
    "tune_top",
    "tune_all",
    "frozen_grid",
    "grid_reencoded",
    "second_race",
    "new_version",
    "import_rows",
    "ladder_experiment",
)
"""Modules of this package, in the order of the table."""


def main() -> None:
    """Measure what was asked for; the exit status is 1 when a target broke off."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", nargs="*", metavar="TARGET", help=f"table, or some of {', '.join(TARGETS)}; all by default")
    add_options(parser)
    chosen = parser.parse_args()
    if chosen.target == ["table"]:
        table.fill(TARGETS)
        return
    if unknown := [name for name in chosen.target if name not in TARGETS]:
        parser.error(f"There is no target {', '.join(unknown)}.")
    options = [part for name, value in _given(chosen) for part in ([name] if value is True else [name, str(value)])]
    ended = {name: _measure(name, options) for name in chosen.target or TARGETS}
    print(table.rendered(chosen.out, TARGETS))
    for words, wanted in (("Skipped for want of data, not measured", SKIPPED), ("Broke off", None)):
        names = [name for name, status in ended.items() if (status == wanted if wanted else status not in (0, SKIPPED))]
        if names:
            print(f"{words}: {', '.join(names)}.")
    sys.exit(any(status not in (0, SKIPPED) for status in ended.values()))


def _measure(target: str, options: list[str]) -> int:
    """Run one target; gives its exit status."""
    print(f"{target} …", file=sys.stderr, flush=True)
    return subprocess.run([sys.executable, "-m", f"benchmarks.{target}", *options], check=False).returncode


def _given(chosen: argparse.Namespace) -> list[tuple[str, object]]:
    """The options to hand on."""
    options = {"--pairs": chosen.pairs, "--data": chosen.data, "--out": chosen.out, "--small": chosen.small}
    return [(name, value) for name, value in options.items() if value]


if __name__ == "__main__":
    main()
