"""What each step costs against the size of its input: does anything grow faster than it must?

    python -m benchmarks.scale [STEP ...] [--small]      measure all steps or some, and print the table
    python -m benchmarks.scale chart                     draw docs/images/scale.png from the record; needs a Chromium

Writes benchmarks/results/scale.json; steps that are not measured again keep what the record says of them. The exponent is the
slope of seconds against size on logarithmic scales, fitted over the upper half of the sizes: 1 is linear. The same between the
two largest sizes alone stands beside it: start-up flatters it least, and chance moves it most.
"""

import argparse
import gc
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import import_scale
from benchmarks.measure import RESULTS, Bench, Others, keep, kept, machine, timed
from benchmarks.scale_steps import STEPS, Step, scratch_of
from tlcore import runtime

IMPORT = "import"
MUST = 1.0
"""Every step looks at each unit of its input at least once."""
_ENOUGH_SECONDS, _MOST_TIMES = 2.0, 5
_PACKAGES = ("torch", "transformers", "scikit-learn", "numpy", "pandas", "pyarrow")


def exponent(points: Sequence[dict[str, float]]) -> float:
    """Slope over the upper half of the sizes, the middle one included."""
    upper = sorted((point["size"], point["seconds"]) for point in points)[(len(points) - 1) // 2 :]
    return _slope(upper)


def last_step(points: Sequence[dict[str, float]]) -> float:
    """Slope between the two largest sizes."""
    return _slope(sorted((point["size"], point["seconds"]) for point in points)[-2:])


def _slope(pairs: Sequence[tuple[float, float]]) -> float:
    """Of seconds against sizes, both logarithmic."""
    sizes, seconds = np.log(np.array(pairs)).T
    return float(np.polyfit(sizes, seconds, 1)[0])


def measure(step: Step, bench: Bench) -> list[dict[str, float]]:
    """Median seconds at each size; what is quick is done five times, what takes two seconds once."""
    sizes = step.sizes[:2] if bench.small else step.sizes
    step.ready(sizes[0], bench)()  # imports and first calls
    points = []
    for size in sizes:
        work = step.ready(size, bench)
        gc.collect()
        taken: list[float] = []
        while len(taken) < _MOST_TIMES and sum(taken) < _ENOUGH_SECONDS:
            taken.append(timed(work)[0].seconds)
        points.append({"size": size, "seconds": statistics.median(taken), "times": len(taken)})
        print(f"  {step.title}: {size:,} {step.unit} in {points[-1]['seconds']:.3f} s", file=sys.stderr, flush=True)
    return points


def import_points(small: bool) -> list[dict[str, float]]:
    """What benchmarks/import_scale.py measures, in the form of the others."""
    if small:
        import_scale.ROWS = import_scale.ROWS[:2]
    return [{"size": turn["rows"], "seconds": turn["seconds"], "times": 1, **turn} for turn in import_scale.measure(1)]


def curve(name: str, bench: Bench) -> dict[str, Any]:
    """One step's record."""
    others = Others()
    if name == IMPORT:
        said = {"title": "Import a CSV", "unit": "rows", "about": "the command, as a process of its own; 200 characters a row"}
        points = import_points(bench.small)
    else:
        step = STEPS[name]
        said, points = {"title": step.title, "unit": step.unit, "about": step.about}, measure(step, bench)
    return {
        **said,
        "points": points,
        "exponent": exponent(points),
        "must": MUST,
        "small": bench.small,
        "others_share": round(others.share(), 3),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def table(curves: dict[str, dict[str, Any]]) -> str:
    """All steps as Markdown."""
    rows = [
        "| step | sizes | seconds | a unit at the largest | exponent | last two sizes | must be |",
        "|---|---|---|---|---|---|---|",
    ]
    for found in curves.values():
        sizes = " / ".join(f"{point['size']:,.0f}" for point in found["points"])
        seconds = " / ".join(f"{point['seconds']:.3g}" for point in found["points"])
        each = found["points"][-1]["seconds"] / found["points"][-1]["size"]
        slope = f"{found['exponent']:.2f} | {last_step(found['points']):.2f} | {found['must']:.0f}"
        rows.append(f"| {found['title']} | {sizes} {found['unit']} | {seconds} | {_small(each)} | {slope} |")
    return "\n".join(rows)


def _small(seconds: float) -> str:
    """In the unit that has whole numbers."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def main() -> None:
    """Measure what was asked for, print and write the record; or draw it."""
    parser = argparse.ArgumentParser(description="the cost of each step against the size of its input")
    parser.add_argument("step", nargs="*", help=f"chart, or some of {', '.join([IMPORT, *STEPS])}; all by default")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the record")
    parser.add_argument("--small", action="store_true", help="a quick try with two sizes; its figures mean nothing")
    chosen = parser.parse_args()
    known = kept(chosen.out, "scale", "curves")
    if chosen.step == ["chart"]:
        from benchmarks.scale_chart import IMAGE, draw, render

        render(draw(known), IMAGE)
        print(table(known))
        return
    names = [IMPORT, *STEPS]
    if unknown := [name for name in chosen.step if name not in names]:
        parser.error(f"There is no step {', '.join(unknown)}.")
    runtime.configure_threads()
    with tempfile.TemporaryDirectory() as scratch:
        for name in chosen.step or names:
            known[name] = curve(name, scratch_of(Path(scratch), chosen.small))
    curves = {name: known[name] for name in names if name in known}
    versions = {package: version(package) for package in _PACKAGES}
    keep(chosen.out, "scale", {"target": "scale", "curves": curves, "machine": machine(), "versions": versions})
    print(table(curves))


if __name__ == "__main__":
    main()
