"""How fast this machine multiplies what the bundled text encoder multiplies, in each arithmetic: the ceiling of all ratios.

    python -m benchmarks.limits

A comparison at equal work cannot win more than the quotient of two of these figures, but for what it leaves out.
"""

import time
from collections.abc import Callable, Mapping
from statistics import median

import torch
from torch import Tensor
from torch.nn.functional import linear

from benchmarks.measure import RESULTS, keep, machine
from tlcore import runtime
from tlcore.encoders.products import Grid, QuantisedLinear

TOKENS = (256, 1024)
"""Rows of a product: the texts of a training step, and of a batch to encode."""
SHAPES = ((384, 1152), (384, 384), (384, 1536), (1536, 384))
"""Columns in and out of a block's four products."""
_ROUNDS, _CALLS = 7, 10
Product = Callable[[], Tensor]


def products(rows: int, shape: tuple[int, int]) -> Mapping[str, Product]:
    """One product in each arithmetic."""
    values, weight, bias = torch.randn(rows, shape[0]), torch.randn(shape[1], shape[0]) / 20, torch.randn(shape[1])
    halves = [tensor.bfloat16() for tensor in (values, weight, bias)]
    found: dict[str, Product] = {"fp32": lambda: linear(values, weight, bias), "bf16": lambda: linear(*halves)}
    if runtime.computes("int8"):
        layer = QuantisedLinear(weight, bias, Grid.of_channels(values.amin(0), values.amax(0), weight))
        whole = layer.rounded(values)
        found["int8"] = lambda: layer(whole)
    return found


def rate(rows: int) -> dict[str, float]:
    """GFLOP/s of a block's products over so many rows, by arithmetic: the median of some rounds in turns."""
    seconds: dict[str, list[float]] = {}
    for _ in range(_ROUNDS):
        spent: dict[str, float] = {}
        for shape in SHAPES:
            for name, product in products(rows, shape).items():
                product()
                started = time.perf_counter()
                for _ in range(_CALLS):
                    product()
                spent[name] = spent.get(name, 0.0) + (time.perf_counter() - started) / _CALLS
        for name, total in spent.items():
            seconds.setdefault(name, []).append(total)
    work = sum(2 * rows * into * out for into, out in SHAPES) / 1e9
    return {name: work / median(found) for name, found in seconds.items()}


def main() -> None:
    """Measure, print and record."""
    runtime.configure_threads()
    with torch.inference_mode():
        rates = {rows: rate(rows) for rows in TOKENS}
    for rows, found in rates.items():
        print(f"{rows:>5} tokens: " + ", ".join(f"{name} {speed:,.0f} GFLOP/s" for name, speed in found.items()))
    keep(RESULTS, "limits", {"gflops": rates, "machine": machine()})


if __name__ == "__main__":
    main()
