"""Measurements: every figure in the docs comes from here. `python -m benchmarks --help` says how to repeat them."""

import os

from tlcore.runtime import WAITING_THREADS

# Before torch is loaded: threads wait as they do in the engine's own processes.
for _name, _value in {**WAITING_THREADS, "HF_HUB_OFFLINE": "1"}.items():
    os.environ.setdefault(_name, _value)
