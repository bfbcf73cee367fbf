import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.data.splits import Split
from tlcore.errors import StorageError
from tlcore.experiments import artifacts
from tlcore.experiments.artifacts import Predictions
from tlcore.records import ClassScore, Scores

SCORES = Scores(
    accuracy=0.1 + 0.2,
    macro_f1=0.5,
    balanced_accuracy=0.5,
    log_loss=1.0,
    per_class=(ClassScore(label="é<b>", precision=None, recall=0.0, f1=None, support=3),),
    confusion=((3,),),
)


def make_predictions(classes: tuple[str, ...], rows: int = 5) -> Predictions:
    rng = np.random.default_rng(0)
    return Predictions(
        items=np.arange(rows) * 3,
        labels=rng.integers(0, len(classes), rows),
        probabilities=rng.dirichlet(np.ones(len(classes)), rows),
        classes=classes,
    )


@settings(max_examples=30)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1, max_size=4, unique=True)
)
def test_predictions_come_back_as_they_were_whatever_the_labels(tmp_path_factory, classes):
    path = tmp_path_factory.mktemp("run") / "predictions.parquet"
    before = make_predictions(("item", "label", *[name for name in classes if name not in ("item", "label")]))
    after = artifacts.read_predictions(path, artifacts.write_predictions(path, before), "r1")
    assert after.classes == before.classes
    np.testing.assert_array_equal(after.items, before.items)
    np.testing.assert_array_equal(after.labels, before.labels)
    np.testing.assert_array_equal(after.probabilities, before.probabilities)


def test_a_split_comes_back_as_it_was(tmp_path):
    before = Split(np.array([0, 2, 5]), np.array([1, 3]), "20 % of each class.")
    after = artifacts.read_split(tmp_path / "s", artifacts.write_split(tmp_path / "s", before), "r1")
    assert after.how == before.how
    np.testing.assert_array_equal(after.train, before.train)
    np.testing.assert_array_equal(after.test, before.test)


def test_scores_come_back_as_they_were(tmp_path):
    artifacts.write_sealed(tmp_path / "scores.json", SCORES)
    assert artifacts.read_sealed(tmp_path / "scores.json", Scores, "r1") == SCORES


@pytest.mark.parametrize("place", [0, 100, -1])
def test_one_changed_byte_in_predictions_is_noticed_and_run_and_file_are_named(tmp_path, place):
    path = tmp_path / "predictions.parquet"
    seal = artifacts.write_predictions(path, make_predictions(("a", "b")))
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"predictions\.parquet of run r1 is damaged"):
        artifacts.read_predictions(path, seal, "r1")


def test_every_changed_byte_in_scores_is_noticed(tmp_path):
    path = tmp_path / "scores.json"
    artifacts.write_sealed(path, SCORES)
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(StorageError, match=r"scores\.json of run r1 is damaged"):
            artifacts.read_sealed(path, Scores, "r1")


def test_a_cut_or_missing_file_is_named(tmp_path):
    path = tmp_path / "scores.json"
    with pytest.raises(StorageError, match=r"scores\.json of run r1 is missing"):
        artifacts.read_sealed(path, Scores, "r1")
    artifacts.write_sealed(path, SCORES)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(StorageError, match="damaged"):
        artifacts.read_sealed(path, Scores, "r1")
    with pytest.raises(StorageError, match=r"predictions\.parquet of run r1 is missing"):
        artifacts.read_predictions(tmp_path / "predictions.parquet", None, "r1")
