"""Reading bytes as if they were an uploaded file."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.data.csv.arrow import mapped_rows
from tlcore.data.csv.load import CsvGuess, CsvOptions, CsvReport, load_csv, sniff
from tlcore.settings import Settings


@dataclass
class Loaded:
    report: CsvReport
    rows: list[list[str]]
    lines: list[int]


def load(content: bytes, name: str = "reviews.csv", settings: Settings | None = None, **options: Any) -> Loaded:
    with tempfile.TemporaryDirectory() as folder:
        path, target = Path(folder) / name, Path(folder) / "out" / "rows.arrow"
        path.write_bytes(content)
        try:
            report = load_csv(path, CsvOptions(**options), target, settings or Settings())
        finally:
            left = [entry.name for entry in target.parent.glob("*")] if target.parent.exists() else []
            assert left in ([], ["rows.arrow"]), "nothing half-written stays"
        table = mapped_rows(target)
        lines = table.column("__line").to_pylist()
        columns = [table.column(at).to_pylist() for at in range(len(report.columns))]
        assert table.column_names == [*report.columns, "__line"]
        return Loaded(report, [list(row) for row in zip(*columns, strict=True)], lines)


def look(content: bytes, name: str = "reviews.csv", **options: Any) -> CsvGuess:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return sniff(path, CsvOptions(**options))
