"""What waiting threads cost: training steps with spinning and with sleeping threads, on a quiet and on a busy machine.

    python -m benchmarks.waiting

Prints JSON: milliseconds a step, median of three alternating rounds. Why `tlcore.experiments.processes` sets OMP_WAIT_POLICY.
"""

import json
import os
import subprocess
import sys
from statistics import median

STEP = """
import sys, time, torch
from torch import nn
torch.manual_seed(0)
net = nn.Sequential(*[nn.TransformerEncoderLayer(384, 12, 1536, batch_first=True) for _ in range(2)])
optimizer, items = torch.optim.AdamW(net.parameters()), torch.randn(16, 40, 384)
def step():
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=sys.argv[1] == "bf16"):
        loss = net(items).float().pow(2).mean()
    loss.backward(); optimizer.step(); optimizer.zero_grad()
for _ in range(3): step()
begin, steps = time.perf_counter(), 0
while time.perf_counter() - begin < 4: step(); steps += 1
print(1000 * (time.perf_counter() - begin) / steps)
"""
BUSY = "while True: sum(range(100_000))"


def measure(policy: str, precision: str) -> float:
    """Milliseconds a training step takes under a wait policy."""
    environment = {**os.environ, "OMP_WAIT_POLICY": policy}
    command = [sys.executable, "-c", STEP, precision]
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def rounds(precision: str) -> dict[str, float]:
    """Median of alternating rounds."""
    times: dict[str, list[float]] = {"ACTIVE": [], "PASSIVE": []}
    for _ in range(3):
        for policy, found in times.items():
            found.append(measure(policy, precision))
    return {policy: round(median(found), 1) for policy, found in times.items()}


def main() -> None:
    """Measure quiet, then with as many busy processes as cores."""
    from tlcore import runtime

    precision = runtime.precision().name
    results = {"precision": precision, "quiet": rounds(precision)}
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(os.cpu_count() or 1)]
    try:
        results["busy"] = rounds(precision)
    finally:
        for other in others:
            other.kill()
            other.wait()
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
