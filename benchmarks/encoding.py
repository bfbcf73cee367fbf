"""Sentences a second of the bundled text encoder, against sentence-transformers on the same weights and texts.

Run: python benchmarks/encoding.py TEXTS.csv [COLUMN] [HOW_MANY]. Takes turns, and prints medians and ranges of the ratios.
"""

import statistics
import sys
import time
from collections.abc import Callable
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import torch
from sentence_transformers import SentenceTransformer

from tlcore.encoders.catalogue import load_encoder
from tlcore.runtime import configure_threads, precision
from tlcore.settings import Workspace

ROUNDS = 5


def rate(encode: Callable[[list[str]], object], texts: list[str]) -> float:
    """Texts a second."""
    started = time.perf_counter()
    encode(texts)
    return len(texts) / (time.perf_counter() - started)


def main(path: str, column: str = "text", how_many: str = "2000") -> None:
    """Measure and print."""
    configure_threads()
    texts = pd.read_csv(path, dtype=str, keep_default_na=False)[column].tolist()[: int(how_many)]
    with TemporaryDirectory() as home:
        encoder = load_encoder("minilm", Workspace(home))
    folder = str(encoder._folder)
    plain = SentenceTransformer(folder, device="cpu")
    tuned = SentenceTransformer(folder, device="cpu", model_kwargs={"dtype": precision().dtype})
    contenders: dict[str, Callable[[list[str]], object]] = {
        "tlcore": encoder.encode,
        "sentence-transformers, fp32": lambda items: plain.encode(items, show_progress_bar=False),
        f"sentence-transformers, {precision().name}": lambda items: tuned.encode(items, show_progress_bar=False),
    }
    for encode in contenders.values():
        encode(texts[:200])
    rounds = [{name: rate(encode, texts) for name, encode in contenders.items()} for _ in range(ROUNDS)]
    print(f"{len(texts)} texts, {encoder.count_tokens(texts).mean():.1f} tokens each, {torch.get_num_threads()} threads")
    for name in contenders:
        ratios = [row["tlcore"] / row[name] for row in rounds]
        speed = statistics.median(row[name] for row in rounds)
        print(f"{name:30} {speed:7.0f}/s   tlcore is {statistics.median(ratios):.2f}x ({min(ratios):.2f}-{max(ratios):.2f})")
    expected = plain.encode(texts, show_progress_bar=False)
    print(f"lowest cosine with fp32: {float(np.sum(encoder.encode(texts) * expected, axis=1).min()):.6f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
