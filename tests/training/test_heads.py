"""Linear heads against scikit-learn's, and the choice of their regularisation."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from tlcore.errors import Stopped
from tlcore.training import heads
from tlcore.training.heads import HeadProblem, class_weights, fit_best_head, fit_on_features, softmax

STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)


def clouds(n=120, k=3, spread=1.0, dim=8, seed=0):
    """`k` clouds of points, and which cloud each is from."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % k
    centres = rng.normal(size=(k, dim))
    return (centres[labels] + spread * rng.normal(size=(n, dim))).astype(np.float32), labels


def problem(features, labels, k=3, kind="none", seed=0):
    return HeadProblem(features, labels, class_weights(labels, k, kind), seed)


def fit_head(problem, strength):
    """A head with a strength that is given."""
    return fit_best_head(problem, (), strength).head


@pytest.mark.parametrize("kind", ["none", "balanced"])
@pytest.mark.parametrize("strength", [0.01, 1.0])
def test_agrees_with_scikit_learn(kind, strength):
    features, labels = clouds()
    features, labels = features[labels < 2 + np.arange(120) % 2], labels[labels < 2 + np.arange(120) % 2]
    peer = LogisticRegression(C=strength, class_weight="balanced" if kind == "balanced" else None, max_iter=1000, tol=1e-6)
    expected = peer.fit(features, labels).predict_proba(features)
    head = fit_head(problem(features, labels, kind=kind), strength)
    assert np.allclose(softmax(head.logits(features)), expected, atol=0.01)


def test_two_classes_agree_with_scikit_learn_too():
    features, labels = clouds(k=2)
    expected = LogisticRegression(C=0.5, max_iter=1000).fit(features, labels).predict_proba(features)
    # For two classes scikit-learn has one vector where we have two of half its length: the same penalty at half its C.
    head = fit_head(problem(features, labels, k=2), 0.25)
    assert np.allclose(softmax(head.logits(features)), expected, atol=0.01)


@pytest.mark.parametrize("dim", [8, 200])
def test_sparse_features_give_the_same_answers(dim):
    features, labels = clouds(dim=dim, spread=4.0)
    dense, sparse = (fit_best_head(problem(matrix, labels), STRENGTHS, 99.0) for matrix in (features, csr_matrix(features)))
    assert dense.strength == sparse.strength
    answers = softmax(dense.head.logits(features)), softmax(sparse.head.logits(csr_matrix(features)))
    assert np.allclose(*answers, atol=0.02)


@pytest.mark.parametrize(("n", "dim"), [(40, 300), (300, 40)])
def test_fewer_items_than_features_or_more_agree_with_scikit_learn_on_new_points(n, dim):
    features, labels = clouds(n=n, dim=dim, spread=2.0)
    peer = LogisticRegression(C=0.1, max_iter=5000, tol=1e-7).fit(features, labels)
    head = fit_head(problem(features, labels), 0.1)
    new = clouds(n=90, dim=dim, spread=2.0)[0]
    assert np.allclose(softmax(head.logits(new)), peer.predict_proba(new), atol=0.02)


@pytest.mark.parametrize("spread", [0.3, 1.5, 5.0])
@pytest.mark.parametrize(("n", "dim"), [(60, 100), (200, 30)])
def test_the_choice_is_that_of_an_exhaustive_search_with_scikit_learn(n, dim, spread):
    features, labels = clouds(n=n, dim=dim, spread=spread)
    folds = heads._folds(labels, seed=0)

    def loss(strength):
        peers = [LogisticRegression(C=strength, max_iter=5000, tol=1e-7).fit(features[~held], labels[~held]) for held in folds]
        right = [
            peer.predict_proba(features[held])[np.arange(held.sum()), labels[held]]
            for peer, held in zip(peers, folds, strict=True)
        ]
        return -np.log(np.maximum(np.concatenate(right), 1e-12)).mean()

    chosen = fit_best_head(problem(features, labels), STRENGTHS, 99.0).strength
    assert loss(chosen) <= min(map(loss, STRENGTHS)) + 0.002


def test_too_many_logits_to_fit_jointly_give_the_same_answers(monkeypatch):
    features, labels = clouds(spread=2.0)
    jointly = fit_best_head(problem(features, labels), STRENGTHS, 99.0)
    monkeypatch.setattr(heads, "_MOST_LOGITS", 0)
    apart = fit_best_head(problem(features, labels), STRENGTHS, 99.0)
    assert jointly.strength == apart.strength
    assert np.allclose(softmax(jointly.head.logits(features)), softmax(apart.head.logits(features)), atol=0.01)


def test_the_same_problem_gives_the_same_head_whatever_was_fitted_before():
    asked = problem(*clouds(spread=2.0))
    first = fit_best_head(asked, STRENGTHS, 1.0)
    fit_best_head(problem(*clouds(n=200, dim=90, seed=5)), STRENGTHS, 1.0)
    again = fit_best_head(asked, STRENGTHS, 1.0)
    assert np.array_equal(first.head.weight, again.head.weight) and np.array_equal(first.head.bias, again.head.bias)
    assert (first.strength, first.temperature) == (again.strength, again.temperature)


def test_a_class_without_an_item_is_improbable_and_one_item_a_class_is_enough():
    features, labels = clouds(n=60, k=2)
    assert softmax(fit_head(problem(features, labels, k=3), 1.0).logits(features))[:, 2].max() < 0.01
    features, labels = clouds(n=4, k=4, dim=30)
    assert (fit_head(problem(features, labels, k=4), 1.0).logits(features).argmax(axis=1) == labels).all()


def test_balanced_weights_let_classes_count_the_same():
    labels = np.array([0] * 6 + [1] * 2)
    weights = class_weights(labels, 3, "balanced")
    assert weights[0] * 6 == pytest.approx(weights[1] * 2)
    assert weights[labels].mean() == pytest.approx(1)
    assert np.isfinite(weights).all()
    assert class_weights(labels, 3, "none").tolist() == [1, 1, 1]


def test_a_hard_problem_is_regularised_more_than_an_easy_one():
    easy, hard = (
        fit_best_head(problem(*clouds(spread=spread, dim=40, seed=1)), STRENGTHS, 99.0).strength for spread in (0.05, 4.0)
    )
    assert hard < easy


def test_the_choice_is_close_to_the_best_on_new_points():
    features, labels = clouds(n=400, spread=2.0, dim=60, seed=2)
    fit, new = problem(features[:100], labels[:100]), slice(100, None)

    def loss(strength):
        right = softmax(fit_head(fit, strength).logits(features[new]))[np.arange(300), labels[new]]
        return -np.log(right).mean()

    chosen = fit_best_head(fit, STRENGTHS, 99.0).strength
    assert loss(chosen) <= min(map(loss, STRENGTHS)) + 0.05


def test_too_few_items_take_the_strength_given():
    features, labels = clouds(n=14)
    assert fit_best_head(problem(features, labels), STRENGTHS, 0.5).strength == 0.5
    assert fit_best_head(problem(features, labels), (), 0.7).strength == 0.7
    assert fit_best_head(problem(*clouds(n=15)), STRENGTHS, 0.5).strength in STRENGTHS


@pytest.mark.parametrize("n", [15, 1500, 6000])
def test_folds_hold_out_each_item_at_most_once_and_spare_the_last_of_a_class(n):
    labels = np.append(np.arange(n - 2) % 3, [3, 3])
    labels = np.append(labels, 4)
    folds = heads._folds(labels, seed=0)
    assert np.sum(folds, axis=0).max() == 1
    for held in folds:
        assert set(labels[~held]) == set(labels)
        assert len(held) / 5 - 2 <= held.sum() <= len(held) / 5 + 2


def test_features_of_any_scale_and_place_give_the_same_answer():
    features, labels = clouds(spread=2.0)
    plain = fit_on_features(problem(features, labels), STRENGTHS, 1.0)
    moved = fit_on_features(problem(features * 100 + 7, labels), STRENGTHS, 1.0)
    assert plain.strength == moved.strength
    assert np.allclose(softmax(plain.head.logits(features)), softmax(moved.head.logits(features * 100 + 7)), atol=0.01)


def test_features_that_are_all_the_same_give_the_shares_of_the_classes():
    labels = np.array([0, 0, 0, 1] * 5)
    head = fit_on_features(problem(np.ones((20, 4), dtype=np.float32), labels, k=2), STRENGTHS, 1.0).head
    assert softmax(head.logits(np.ones((1, 4), dtype=np.float32)))[0] == pytest.approx([0.75, 0.25], abs=0.01)


def test_shares_of_the_work_rise_and_a_listener_can_stop_it():
    shares = []
    fit_best_head(problem(*clouds(spread=2.0)), STRENGTHS, 1.0, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] <= 1
    heard = 0

    def stop(share):
        nonlocal heard
        heard += 1
        raise Stopped("cancelled")

    with pytest.raises(Stopped):
        fit_best_head(problem(*clouds()), STRENGTHS, 1.0, stop)
    assert heard == 1


def test_softmax_survives_large_numbers():
    assert softmax(np.array([[1e4, 0.0], [-1e4, -1e4]])).tolist() == [[1, 0], [0.5, 0.5]]
