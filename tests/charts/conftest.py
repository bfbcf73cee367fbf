"""Records for charts, made without training anything."""

import pytest

from tlcore.records import ClassScore, EpochRecord, RunRecord, RunStatus, Scores, StrategySummary, Verdict, VerdictKind


@pytest.fixture
def make_row():
    def make(strategy, accuracy, train=10.0, encode=0.0, budget=540, encoder="minilm"):
        ends = {"accuracy_low": accuracy - 0.05, "accuracy_high": accuracy + 0.04}
        f1 = {"macro_f1": accuracy / 2, "macro_f1_low": accuracy / 2 - 0.1, "macro_f1_high": accuracy / 2 + 0.1}
        return StrategySummary(
            strategy=strategy, encoder=encoder, budget=budget, seeds=3, accuracy=accuracy, train_seconds=train,
            encode_seconds=encode, **ends, **f1,
        )  # fmt: skip

    return make


@pytest.fixture
def make_scores():
    def make(confusion, classes=("bad", "good")):
        size = range(len(classes))
        rows = [sum(row) for row in confusion]
        columns = [sum(confusion[row][column] for row in size) for column in size]
        hits = [confusion[place][place] for place in size]
        per_class = [
            ClassScore(
                label=classes[place],
                precision=hits[place] / columns[place] if columns[place] else None,
                recall=hits[place] / rows[place] if rows[place] else None,
                f1=2 * hits[place] / (rows[place] + columns[place]) if rows[place] else None,
                support=rows[place],
            )
            for place in size
        ]
        return Scores(
            accuracy=sum(hits) / sum(rows), macro_f1=0.5, balanced_accuracy=0.5, log_loss=0.5, per_class=tuple(per_class),
            confusion=tuple(map(tuple, confusion)),
        )  # fmt: skip

    return make


@pytest.fixture
def make_run(make_scores):
    def make(strategy="full_fine_tuning", seed=0, confusion=((8, 2), (1, 9)), classes=("bad", "good"), losses=(), **more):
        curve = tuple(
            EpochRecord(epoch=number, train_loss=loss / 2, validation_loss=loss, seconds=1.0)
            for number, loss in enumerate(losses, start=1)
        )
        scores = make_scores(confusion, classes)
        values = {
            "id": f"{strategy}-{seed}", "experiment": "x", "strategy": strategy, "encoder": "minilm", "budget": 540,
            "seed": seed, "status": RunStatus.FINISHED, "accuracy": scores.accuracy, "macro_f1": scores.macro_f1,
            "scores": scores, "curve": curve,
        }  # fmt: skip
        return RunRecord(**{**values, **more})

    return make


@pytest.fixture
def verdict():
    return Verdict(
        kind=VerdictKind.HELPS, sentence="It helps.", transfer="full_fine_tuning", encoder="minilm", budget=540,
        difference=0.183, low=0.151, high=0.214, seeds=3, n_test=135,
    )  # fmt: skip
