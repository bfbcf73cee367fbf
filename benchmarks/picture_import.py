"""Importing pictures: seconds and peak memory of the helper process, and how quick a page stays meanwhile.

    python -m benchmarks.picture_import [HOW_MANY] [SIDE]

Makes a zip of HOW_MANY (10,000) JPEG pictures, SIDE (256) pixels a side, in ten classes; imports it through the helper process
as the Data page does; prints JSON: seconds, peak resident memory of the helper in MB, and milliseconds that the page's own
calls (list of datasets, its cards) took while the import ran.
"""

import io
import json
import statistics
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from tlcore.data.store import DatasetStore
from tlcore.experiments.helper import Helper
from tlcore.settings import Workspace

CLASSES = 10


def draw_zip(target: Path, count: int, side: int) -> None:
    """Pictures of soft noise: as large as photographs are once packed, no two alike."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for number in range(count):
            coarse = Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)).resize(
                (side, side), Image.Resampling.BICUBIC
            )
            stream = io.BytesIO()
            coarse.save(stream, "JPEG", quality=90)
            archive.writestr(f"class {number % CLASSES}/{number:06}.jpg", stream.getvalue())


class Watch(threading.Thread):
    """Notes the peak memory of the child processes, and how long a page's reads take, until told to stop."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(daemon=True)
        self.workspace, self.over = workspace, threading.Event()
        self.peak, self.reads = 0, list[float]()

    def run(self) -> None:
        """Look ten times a second."""
        while not self.over.wait(0.1):
            sizes = [child.memory_info().rss for child in psutil.Process().children(recursive=True)]
            self.peak = max([self.peak, *sizes])
            started = time.perf_counter()
            DatasetStore(self.workspace).list()
            self.reads.append(1000 * (time.perf_counter() - started))


def main(count: int = 10_000, side: int = 256) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "workspace")
        pictures = Path(folder) / "pictures.zip"
        draw_zip(pictures, count, side)
        helper, watch = Helper(workspace), Watch(workspace)
        watch.start()
        started = time.perf_counter()
        card = helper.call("import_pictures", {"paths": [str(pictures)], "names": ["pictures.zip"], "choices": {}})
        seconds = time.perf_counter() - started
        watch.over.set()
        watch.join()
        helper.close()
    found = {
        "pictures": card["items"],
        "side": side,
        "import_seconds": round(seconds, 1),
        "pictures_a_second": round(count / seconds),
        "helper_peak_mb": round(watch.peak / 2**20),
        "reads_meanwhile_ms": {"p50": round(statistics.median(watch.reads), 1), "most": round(max(watch.reads), 1)},
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
