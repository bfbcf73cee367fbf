"""What the import of a CSV costs against its rows: seconds and megabytes at the peak, which should grow in a line.

python -m benchmarks.import_scale
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.import_rows import import_once
from benchmarks.measure import RESULTS, keep, machine
from benchmarks.rows_file import write_rows
from tlcore import runtime

ROWS = (10_000, 100_000, 1_000_000)


def measure(rounds: int) -> list[dict[str, float]]:
    """One record a size and round, the sizes taking turns: rows, bytes, seconds, MB at the peak."""
    found: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        files = {rows: Path(folder) / f"{rows}.csv" for rows in ROWS}
        for rows, source in files.items():
            write_rows(source, rows)
        for _ in range(rounds):
            for rows, source in files.items():
                with tempfile.TemporaryDirectory(dir=folder) as home:
                    turn, _card = import_once(source, home)
                peak = turn.facts["MB at the peak"]
                found.append({"rows": rows, "bytes": source.stat().st_size, "seconds": turn.spent.seconds, "peak_mb": peak})
    return found


def main() -> None:
    """Measure, print and write the record."""
    parser = argparse.ArgumentParser(description="seconds and memory of an import against its rows")
    parser.add_argument("--pairs", type=int, default=3, help="rounds; three when not given")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the record")
    chosen = parser.parse_args()
    runtime.configure_threads()
    found = measure(chosen.pairs)
    keep(chosen.out, "import_scale", {"name": "import_scale", "turns": found, "machine": machine()})
    for turn in found:
        print(f"{turn['rows']:>9,.0f} rows {turn['seconds']:6.2f} s {turn['peak_mb']:6.0f} MB at the peak")


if __name__ == "__main__":
    main()
