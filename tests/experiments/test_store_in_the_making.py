import sqlite3
from pathlib import Path

from tlcore.experiments.rows import read_sqlite


def test_store_that_mlflow_is_only_just_making_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    for statement in ("CREATE TABLE runs (run_uuid TEXT)", "CREATE TABLE tags (key TEXT)"):
        with sqlite3.connect(path) as database:
            database.execute(statement)
        assert read_sqlite(path) == []
        assert read_sqlite(path, "0123456789ab") == []
