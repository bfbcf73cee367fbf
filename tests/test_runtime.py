import random
import time

import numpy as np
import pytest
import torch

from tlcore import runtime
from tlcore.runtime import Precision, computes, configure_threads, device, encoding_precision, precision, seeded, side_by_side


@pytest.fixture(autouse=True)
def decided_afresh(monkeypatch):
    monkeypatch.delenv("TLCORE_PRECISION", raising=False)
    for decision in (device, precision):
        decision.cache_clear()
    yield
    monkeypatch.undo()
    for decision in (device, precision):
        decision.cache_clear()


@pytest.fixture
def pretend(monkeypatch):
    """Make the machine look like another."""

    def as_if(*, cuda=False, cuda_bf16=False, avx512_bf16=False, amx=False, vnni=False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: cuda_bf16 or including_emulation)
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512_bf16)
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
        monkeypatch.setattr(torch.cpu, "_is_vnni_supported", lambda: vnni)

    return as_if


@pytest.mark.parametrize(
    ("machine", "kind", "name"),
    [
        ({}, "cpu", "fp32"),
        ({"avx512_bf16": True}, "cpu", "bf16"),
        ({"amx": True}, "cpu", "bf16"),
        ({"cuda": True, "cuda_bf16": True}, "cuda", "bf16"),
        ({"cuda": True, "cuda_bf16": False, "avx512_bf16": True}, "cuda", "fp32"),
    ],
)
def test_bf16_is_chosen_only_where_it_is_native(pretend, machine, kind, name):
    pretend(**machine)
    assert device().type == kind
    assert precision().name == name
    assert "native" in precision().reason


@pytest.mark.parametrize("name", ["fp32", "bf16"])
def test_the_environment_overrides_the_precision(pretend, monkeypatch, name):
    pretend(avx512_bf16=name == "fp32")
    monkeypatch.setenv("TLCORE_PRECISION", name)
    assert precision() == Precision(name, "set by TLCORE_PRECISION")


@pytest.mark.parametrize(
    ("machine", "agreement", "name"),
    [
        ({"avx512_bf16": True, "vnni": True}, 0.996, "int8"),
        ({"vnni": True}, 0.996, "int8"),
        ({"avx512_bf16": True, "vnni": True}, 0.98, "bf16"),
        ({"avx512_bf16": True, "vnni": True}, None, "bf16"),
        ({"avx512_bf16": True}, 0.996, "bf16"),
        ({"cuda": True, "cuda_bf16": True, "vnni": True}, 0.996, "bf16"),
        ({}, 0.996, "fp32"),
    ],
)
def test_frozen_encoders_compute_in_8_bits_where_that_is_fast_and_close(pretend, machine, agreement, name):
    pretend(**machine)
    assert encoding_precision(agreement).name == name
    assert computes(name)


def test_what_the_environment_says_of_precision_holds_for_encoders_too(pretend, monkeypatch):
    pretend(avx512_bf16=True, vnni=True)
    monkeypatch.setenv("TLCORE_PRECISION", "bf16")
    assert encoding_precision(0.999).name == "bf16"


def test_a_precision_knows_its_type():
    assert Precision("bf16", "").dtype is torch.bfloat16
    assert Precision("fp32", "").dtype is torch.float32


def test_parts_are_worked_on_in_order_each_on_one_thread():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert list(side_by_side(lambda part: (part, torch.get_num_threads()), range(9))) == [(part, 1) for part in range(9)]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_parts_run_in_the_callers_modes_and_the_caller_keeps_to_one_thread():
    before = torch.get_num_threads()

    def modes(part):
        return torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu")

    try:
        torch.set_num_threads(2)
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            for found in side_by_side(modes, range(3)):
                assert (found, torch.get_num_threads()) == ((True, True), 1)
        assert list(side_by_side(modes, range(3))) == [(False, False)] * 3
    finally:
        torch.set_num_threads(before)


def test_parts_that_nobody_waits_for_are_dropped():
    before, begun = torch.get_num_threads(), []

    def work(part):
        begun.append(part)
        if part == 3:
            raise ValueError("broken")
        time.sleep(0.001)  # else all could be done before the caller has seen the third
        return part

    try:
        torch.set_num_threads(2)
        with pytest.raises(ValueError, match="broken"):
            for part in side_by_side(work, range(1000)):
                assert part < 3
        assert len(begun) < 1000
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_parts_are_taken_only_a_few_ahead():
    before, taken, done = torch.get_num_threads(), [], []

    def parts():
        for part in range(200):
            taken.append(part)
            yield part

    try:
        torch.set_num_threads(2)
        for part in side_by_side(lambda part: part, parts()):
            done.append(part)
            assert len(taken) - len(done) <= 10
        assert done == list(range(200))
    finally:
        torch.set_num_threads(before)


def test_threads_follow_the_setting(monkeypatch):
    before = torch.get_num_threads()
    try:
        monkeypatch.setenv("TLCORE_THREADS", "1")
        assert configure_threads() == torch.get_num_threads() == 1
        monkeypatch.setenv("TLCORE_THREADS", "0")
        monkeypatch.setattr(runtime.os, "cpu_count", lambda: 2)
        assert configure_threads() == 2
    finally:
        torch.set_num_threads(before)


def draw():
    return random.random(), float(np.random.rand()), float(torch.rand(()))  # noqa: NPY002


def test_a_seed_fixes_all_generators_whatever_ran_before():
    draw()
    with seeded(5):
        first = draw()
    draw()
    with seeded(5):
        assert draw() == first
    with seeded(6):
        again = draw()
    assert all(one != other for one, other in zip(first, again, strict=True))


def test_a_seeded_block_leaves_no_trace_even_when_it_fails():
    with seeded(1):
        expected = (draw(), draw())
    with seeded(1):
        got = [draw()]
        with pytest.raises(ZeroDivisionError), seeded(99):
            draw()
            raise ZeroDivisionError
        got.append(draw())
    assert tuple(got) == expected


def test_a_seed_beyond_32_bits_is_fine():
    with seeded(2**40 + 3):
        draw()
