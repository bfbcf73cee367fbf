"""Importing a CSV of 1,000,000 rows (200 MB) against pandas.read_csv, the same exact checks and to_parquet.

    python -m benchmarks.import_rows

Both are timed as whole processes, ours as `python -m tlcore data add`; the peak of memory is the process's own.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from benchmarks.measure import Bench, Contender, Target, Turn, main, timed
from benchmarks.rows_file import write_rows

ROWS = 1_000_000
LIMIT_MB = 600
"""What we allow ourselves at the peak."""
_CODE = Path(__file__).parents[1]


def contenders(bench: Bench) -> Mapping[str, Contender]:
    """The file is made once."""
    source = bench.scratch / "rows.csv"
    write_rows(source, 20_000 if bench.small else ROWS)

    def ours(number: int) -> Turn:
        turn, card = import_once(source, str(bench.fresh().root))
        return _judged(turn, {finding["code"]: finding["count"] for finding in card["findings"]})

    def peer(*how: str) -> Contender:
        def run(number: int) -> Turn:
            target = bench.fresh().root / "rows.parquet"
            return _judged(*_process(["benchmarks.import_rows_peer", str(source), str(target), *how]))

        return run

    return {"tlcore": ours, "pandas, defaults": peer(), "pandas, tuned (Arrow)": peer("tuned")}


def import_once(source: Path, home: str) -> tuple[Turn, dict[str, Any]]:
    """Import a file of `write_rows` into the workspace `home`: what it took, and the dataset as JSON."""
    choices = ["--text", "text", "--label", "label", "--task", "classification"]
    return _process(["tlcore", "--workspace", home, "data", "add", str(source), *choices, "--json"])


def _process(module: Sequence[str]) -> tuple[Turn, dict[str, Any]]:
    """Run a module to its end; its time and peak memory, and the JSON it printed. Raises CalledProcessError."""
    command = [sys.executable, "-m", *module]

    def run() -> tuple[bytes, int]:
        with subprocess.Popen(command, cwd=_CODE, stdout=subprocess.PIPE) as process:
            watch = PeakMemory(process.pid)
            printed, _ = process.communicate()
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        return printed, watch.bytes

    spent, (printed, peak) = timed(run)
    return Turn(spent, facts={"MB at the peak": peak / 2**20}), json.loads(printed)


class PeakMemory(threading.Thread):
    """The most memory a process was seen to have, resident, looked at fifty times a second until it is over.

    The system's own account of a child that ended is of no use: it begins with what the parent had.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.bytes, self._process = 0, psutil.Process(pid)
        self.start()

    def run(self) -> None:
        """Look."""
        with suppress(psutil.NoSuchProcess):
            while self._process.status() != psutil.STATUS_ZOMBIE:
                self.bytes = max(self.bytes, self._process.memory_info().rss)
                time.sleep(0.02)


def _judged(turn: Turn, found: Mapping[str, int]) -> Turn:
    """With what the checks found."""
    names = {
        "duplicates": "exact copies",
        "conflicting_labels": "rows with contradicting labels",
        "empty_texts": "empty texts",
        "missing_labels": "missing labels",
    }
    return Turn(turn.spent, None, {**turn.facts, **{words: found[code] for code, words in names.items()}})


TARGET = Target(
    name="import_rows",
    title="importing a CSV of 1,000,000 rows (200 MB): read, exact checks, store",
    contenders=contenders,
    notes=(
        f"We allow ourselves {LIMIT_MB} MB at the peak.",
        "Ours also finds out how the file is written and refuses one that is broken, looks for near copies (among texts of "
        "24 million characters, taken from all over the file), languages, scripts and long texts, and seals what it stores; "
        "the peers do not.",
    ),
)

if __name__ == "__main__":
    main(TARGET)
