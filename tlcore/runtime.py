"""Seeds, device, threads and precision: each decided here and nowhere else. torch is imported when first asked for."""

import os
import random
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import numpy as np

import tlcore
from tlcore.settings import Settings

if TYPE_CHECKING:
    import torch

_Part = TypeVar("_Part")
_Done = TypeVar("_Done")
_LARGE_BYTES = 24 * 2**20
"""More than any one result of a batch takes."""
_COMPUTES = ("numpy", "scipy", "scikit-learn", "tokenizers", "torch", "transformers")


@dataclass(frozen=True)
class Precision:
    """The arithmetic of encoders and training, and why it was chosen."""

    name: str
    """`fp32` or `bf16`; of frozen text encoders also `int8`: products of 8-bit numbers, all else in fp32."""
    reason: str

    @property
    def dtype(self) -> "torch.dtype":
        """The torch type of this precision's weights; in int8 those that a network is quantised from."""
        import torch

        return torch.bfloat16 if self.name == "bf16" else torch.float32


WAITING_THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "2000"}
"""Environment variables, read when torch is loaded: how long a thread spins for the next piece of work before it sleeps.

Waking up takes a thread longer than many a product of a training step; but one that spins takes a core from what else runs on
the machine, the other threads of the same step among it. Some ten microseconds lose little of either (benchmarks/waiting.py).
"""
PRECISIONS = ("fp32", "bf16", "int8")
"""All that features were ever computed in."""
_AHEAD = 4
"""Parts for each thread that are under way or wait: the caller may be busy for a while."""
_AGREEMENT = 0.99
"""Mean cosine with fp32 that features in 8 bits must reach."""


@lru_cache(maxsize=1)
def device() -> "torch.device":
    """The GPU when there is one, else the CPU."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@lru_cache(maxsize=1)
def precision() -> Precision:
    """bf16 where the hardware multiplies it natively, fp32 elsewhere; `TLCORE_PRECISION` overrides.

    On a CPU without native bf16 the emulation is about a hundred times slower, so it is never guessed.
    """
    wanted = Settings().precision
    if wanted != "auto":
        return Precision(wanted, "set by TLCORE_PRECISION")
    what = "GPU" if device().type == "cuda" else "processor"
    if _native_bf16():
        return Precision("bf16", f"the {what} multiplies bf16 natively")
    return Precision("fp32", f"the {what} has no native bf16")


def _native_bf16() -> bool:
    import torch

    if device().type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def encoding_precision(agreement: float | None) -> Precision:
    """The arithmetic of a frozen encoder whose features in 8-bit products agree with fp32 by `agreement` (mean cosine).

    Two products of 8-bit numbers take the time of one in bf16 where the processor has VNNI. What a person set by
    `TLCORE_PRECISION` holds here too; None as an agreement means that the encoder cannot compute in 8 bits.
    """
    if agreement is None or agreement < _AGREEMENT or not computes("int8") or Settings().precision != "auto":
        return precision()
    return Precision("int8", f"the processor multiplies 8-bit numbers, and features keep a cosine of {agreement:.3f} with fp32")


def computes(name: str) -> bool:
    """True when this machine computes features in that precision, one of `PRECISIONS`, at a bearable speed."""
    import torch

    if name == "int8":
        return device().type == "cpu" and torch.cpu._is_vnni_supported()
    return name == "fp32" or _native_bf16()


def configure_threads() -> int:
    """Set torch's CPU threads from the settings and return their number. Call once at a worker's start."""
    import torch

    threads = Settings().threads or os.cpu_count() or 1
    torch.set_num_threads(threads)
    return threads


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions of what computes a run's numbers: package -> version. Imports none of them."""
    return {"tlcore": tlcore.__version__, **{package: version(package) for package in _COMPUTES}}


def side_by_side(work: Callable[[_Part], _Done], parts: Iterable[_Part]) -> Generator[_Done, None, None]:
    """What `work` makes of each part, in order; on a CPU as many parts at a time as torch has threads, each on one of them.

    For work whose products are too small to be shared out well; it runs in the caller's inference mode and autocast. A part's
    result does not depend on the number of threads.
    Parts are taken as they are needed, a few ahead. When the caller stops listening, those that have not begun are dropped.
    """
    import torch

    _reuse_freed_memory()
    threads = torch.get_num_threads()
    if threads == 1 or device().type != "cpu":
        yield from map(work, parts)
        return
    coming, work = iter(parts), _as_here(work)
    torch.set_num_threads(1)  # of the caller too: its own threads would only stand in the way of these
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            waiting = deque(pool.submit(work, part) for part in islice(coming, _AHEAD * threads))
            try:
                while waiting:
                    yield waiting.popleft().result()
                    waiting.extend(pool.submit(work, part) for part in islice(coming, 1))
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
    finally:
        torch.set_num_threads(threads)  # a part of the setting is shared by all threads


def _as_here(work: Callable[[_Part], _Done]) -> Callable[[_Part], _Done]:
    """The same for another thread: what torch is set to here, it is set to in this thread alone."""
    import torch

    inference, casts, dtype = (
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.get_autocast_dtype("cpu"),
    )

    def there(part: _Part) -> _Done:
        with torch.inference_mode(inference), torch.autocast("cpu", dtype=dtype, enabled=casts):
            return work(part)

    return there


def _reuse_freed_memory() -> None:
    """Let glibc keep what is freed for what comes next.

    It hands freed blocks back to the system when they are larger than any it has seen mapped and freed, up to 32 MB, and twice
    that at the end of a thread's memory; else each of a network's products would wait for its pages to be zeroed anew.
    """
    import torch

    torch.empty(_LARGE_BYTES, dtype=torch.uint8)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Run a block with all global random generators set from `seed`, and put their states back afterwards.

    This is what makes a run independent of what ran before it in the process.
    """
    import torch

    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 - third parties use it
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)  # noqa: NPY002
