"""Lack of memory becomes advice; other faults stay what they are."""

import numpy as np
import pytest
import torch

from tlcore.errors import OutOfMemoryError
from tlcore.training.memory import memory_advice


def ask_torch():
    torch.empty(1 << 60)


def ask_numpy():
    np.empty(1 << 58)


def ask_a_gpu():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


@pytest.mark.parametrize("ask", [ask_torch, ask_numpy, ask_a_gpu])
def test_any_lack_of_memory_becomes_advice(ask):
    with (
        pytest.raises(OutOfMemoryError, match="more memory than there is"),
        memory_advice("Try a batch size of 8."),
    ):
        ask()


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), ValueError("out of memory")])
def test_other_errors_pass(error):
    with pytest.raises(type(error), match=str(error)), memory_advice("Try less."):
        raise error
