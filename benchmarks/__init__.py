"""Measurements: every figure in the docs comes from here. `python -m benchmarks --help` says how to repeat them."""

import os

# Before torch is loaded: threads that wait must not spin, as in the engine's own processes (benchmarks/waiting.py).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
