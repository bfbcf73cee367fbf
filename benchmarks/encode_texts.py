"""Encoding 5,000 sentences with the bundled encoder: a cold feature store against `SentenceTransformer.encode`.

    python -m benchmarks.encode_texts

Ours is timed from texts to features that are stored; the peer from texts to features. A probe on the features of each judges
both on the set's own test file.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks.measure import Bench, Contender, Target, Turn, main, timed
from benchmarks.peers import SentenceEncoder
from benchmarks.text_sets import files_of, probe, text_set
from tlcore.encoders.base import FloatArray
from tlcore.encoders.catalogue import DEFAULT_ENCODER, load_encoder
from tlcore.encoders.features import FeatureStore

Encode = Callable[[Sequence[str]], FloatArray]


def contenders(bench: Bench) -> Mapping[str, Contender]:
    """Ours and sentence-transformers twice, all loaded and warm."""
    found = text_set(bench.data, "banking77", 500 if bench.small else None)
    rows = np.random.default_rng(0).permutation(len(found.train.texts))[: 500 if bench.small else 5000]
    train, test = found.train.rows(rows), found.test
    encoder = load_encoder(DEFAULT_ENCODER, bench.fresh())

    def contender(encode: Encode, ready: Callable[[], Encode] | None = None) -> Contender:
        encode(test.texts[:200])

        def turn(number: int) -> Turn:
            work = ready() if ready else encode
            spent, features = timed(lambda: work(train.texts))
            # Features are the same in every round, so one is enough to judge.
            accuracy = probe((features, train.labels), (encode(test.texts), test.labels)) if number == 0 else None
            return Turn(spent, accuracy, {"texts a second": len(train.texts) / spent.seconds})

        return turn

    def cold() -> Encode:
        store = FeatureStore(bench.fresh())
        return lambda texts: store.features(encoder, texts)

    return {
        "tlcore": contender(encoder.encode, cold),
        "sentence-transformers, defaults": contender(SentenceEncoder(tuned=False).encode),
        "sentence-transformers, tuned": contender(SentenceEncoder(tuned=True).encode),
    }


TARGET = Target(
    name="encode_texts",
    title="encoding 5,000 sentences (banking77), nothing stored yet",
    contenders=contenders,
    needs=files_of("banking77"),
    allowed=0.3,
    notes=("Accuracy is that of logistic regression on the features, on the set's own test file.",),
)

if __name__ == "__main__":
    main(TARGET)
