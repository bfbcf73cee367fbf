"""`doctor`: what this machine and this workspace are like."""

import importlib.metadata
import os
import platform
import shutil
import sqlite3
from typing import Any

import typer

import tlcore
from tlcore.cli.session import Session, command, table
from tlcore.settings import Workspace

app = typer.Typer()
_LIBRARIES = (
    "streamlit", "torch", "transformers", "tokenizers", "safetensors", "scikit-learn", "numpy", "pandas", "pyarrow",
    "mlflow",
)  # fmt: skip


@command(app, "doctor")
def doctor(session: Session) -> None:
    """Show versions, device, precision and why, encoders, and free disk space."""
    facts = examine(session.workspace)
    rows = [
        ("Transfer Lab", facts["transfer_lab"]),
        ("Python", f"{facts['python']} on {facts['platform']}"),
        *facts["libraries"].items(),
        ("SQLite", facts["sqlite"]),
        ("device", f"{facts['device']['kind']}: {facts['device']['name']}"),
        ("threads", facts["threads"]),
        ("precision", f"{facts['precision']['name']}: {facts['precision']['reason']}"),
        *(
            (f"encoder {item['id']}", f"ready, encodes in {item['precision']}" if item["ready"] else "not downloaded")
            for item in facts["encoders"]
        ),
        ("workspace", facts["workspace"]),
        ("run store", facts["run_store"]),
        ("free disk", f"{facts['free_bytes'] / 1e9:,.1f} GB"),
        ("memory", f"{facts['memory_bytes'] / 1e9:,.1f} GB"),
    ]
    session.answer(facts, table(("", ""), rows))


def examine(workspace: Workspace) -> dict[str, Any]:
    """Facts about this machine and a workspace; takes a few seconds, as it starts torch."""
    import psutil
    import torch

    from tlcore import runtime
    from tlcore.encoders.catalogue import encoder_cards
    from tlcore.experiments.store import tracking_uri

    device = runtime.device()
    precision = runtime.precision()
    return {
        "transfer_lab": tlcore.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "sqlite": sqlite3.sqlite_version,
        "device": {
            "kind": device.type,
            "name": torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine(),
        },
        "threads": workspace.settings.threads or os.cpu_count(),
        "precision": {"name": precision.name, "reason": precision.reason},
        "encoders": [
            {
                "id": card.id,
                "name": card.name,
                "ready": card.ready,
                "precision": runtime.encoding_precision(card.agreement).name,
            }
            for card in encoder_cards(workspace)
        ],
        "workspace": str(workspace.root),
        "run_store": tracking_uri(workspace),
        "free_bytes": shutil.disk_usage(workspace.root).free,
        "memory_bytes": psutil.virtual_memory().total,
    }
