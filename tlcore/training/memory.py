"""Running out of memory, told as advice."""

from collections.abc import Iterator
from contextlib import contextmanager

from tlcore.errors import OutOfMemoryError

_SIGNS = ("out of memory", "DefaultCPUAllocator", "bad_alloc", "bad allocation")
"""How torch's allocators say it on the GPU and on the CPU, where there is no type of error for it."""


@contextmanager
def memory_advice(advice: str) -> Iterator[None]:
    """Turn a lack of memory inside the block into OutOfMemoryError; `advice` is a sentence on what to change."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or any(sign in str(error) for sign in _SIGNS):
            raise OutOfMemoryError(f"This run needs more memory than there is. {advice}") from error
        raise
