"""The most memory that a worker takes: training on 100,000 texts, and encoding up to 1,000,000.

    python -m benchmarks.memory [CASE ...] [--small]

Every case is a process of its own (benchmarks/memory_case.py). Its peak is VmHWM, which the system keeps for the process alone;
beside it stands the most anonymous memory, since the rest are pages of files that the system may take back at any time.
Prints a table and writes benchmarks/results/memory.json; cases that are not measured again keep what the record says of them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import RESULTS, keep, kept, machine
from benchmarks.memory_case import ENCODING, READY, WORKER

LIMIT_MB = 3_000
"""What we allow a worker that trains on 100,000 texts."""
ROWS, TEXTS = 125_000, (10_000, 100_000, 1_000_000)
"""Of which 25,000 are the locked test; texts to encode."""
_ROOT = Path(__file__).parents[1]


def cases(small: bool) -> dict[str, tuple[str, int]]:
    """What is measured: a case's kind and its size, by the name that chooses it."""
    share = 100 if small else 1
    encoding = {f"encode_{texts}": (ENCODING, texts // share) for texts in TEXTS}
    return {**{name: (name, ROWS // share) for name in WORKER}, **encoding}


def run_case(kind: str, size: int, home: Path) -> dict[str, Any]:
    """One case in a process of its own; what it says. Raises CalledProcessError."""
    command = [sys.executable, "-m", "benchmarks.memory_case", kind, str(size)]
    done = subprocess.run(
        command, cwd=_ROOT, env={**os.environ, "TLCORE_HOME": str(home)}, stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def table(found: dict[str, dict[str, Any]]) -> str:
    """All cases as Markdown."""
    rows = ["| case | items | peak | of it anonymous, at most | seconds |", "|---|---|---|---|---|"]
    for name, case in found.items():
        words = "encoding" if name.startswith(ENCODING) else name.replace("_", " ")
        sizes = f"{case['peak_mb']:,.0f} MB | {case['anonymous_mb']:,.0f} MB"
        rows.append(f"| {words} | {case['items']:,} | {sizes} | {case['seconds']:.0f} |")
    return "\n".join(rows)


def main() -> None:
    """Measure what was asked for, print and write the record; the exit status is 1 when a worker takes too much."""
    parser = argparse.ArgumentParser(description="the most memory that a worker takes")
    parser.add_argument("case", nargs="*", help=f"some of {', '.join(cases(False))}; all by default")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the record")
    parser.add_argument("--small", action="store_true", help="a quick try with a hundredth of the items")
    chosen = parser.parse_args()
    named = cases(chosen.small)
    if unknown := [name for name in chosen.case if name not in named]:
        parser.error(f"There is no case {', '.join(unknown)}.")
    known = kept(chosen.out, "memory", "cases")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name in chosen.case or named:
            if name in WORKER:
                run_case(READY, named[name][1], home)
            known[name] = {**run_case(*named[name], home), "measured_at": datetime.now(UTC).isoformat(timespec="seconds")}
            print(f"  {name}: {known[name]['peak_mb']:,.0f} MB", file=sys.stderr, flush=True)
    found = {name: known[name] for name in named if name in known}
    keep(chosen.out, "memory", {"target": "memory", "cases": found, "limit_mb": LIMIT_MB, "machine": machine()})
    print(table(found))
    sys.exit(any(case["peak_mb"] > LIMIT_MB for name, case in found.items() if name in WORKER))


if __name__ == "__main__":
    main()
