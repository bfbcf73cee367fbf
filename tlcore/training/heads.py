"""Linear heads: softmax regression on fixed features, its regularisation chosen inside the budget."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from tlcore.encoders.base import FloatArray, IntArray
from tlcore.evaluation.temperature import fit_temperature
from tlcore.training.eigenbasis import Eigenbasis
from tlcore.training.gradient_fit import GradientFit
from tlcore.training.joint_fit import JointFit

Matrix = Any
"""`(n, d)` float32: a numpy array or a scipy sparse CSR matrix."""
BoolArray = npt.NDArray[np.bool_]
Tick = Callable[[], None]
"""Called after each small step; may raise `Stopped`."""
Tell = Callable[[float], None]
"""The same with the share of the work done, 0-1."""

_FOLDS = 5
_FEW, _MANY = 1000, 3000
"""Up to `_FEW` items every fold is held out in turn, up to `_MANY` three of them, then one: the loss is steady enough."""
_CHOOSING = 0.8
"""Share of the work that choosing the strength takes."""
_CHOOSING_GAP, _FINAL_GAP = 1e-4, 1e-6
"""How near a head's mean loss comes to its least: where the order of strengths, and where probabilities, no longer change."""
_MOST_LOGITS = 2**24
"""Items times classes up to which regressions are fitted jointly, which takes memory for several tables of logits."""


def _nothing(*_: float) -> None:
    """What happens when nobody listens."""


@dataclass(frozen=True)
class LinearHead:
    """Features `(n, d)` → logits `(n, k)`."""

    weight: FloatArray
    """`(k, d)`."""
    bias: FloatArray
    """`(k,)`."""

    def logits(self, features: Matrix) -> npt.NDArray[np.float64]:
        """Unnormalised log-probabilities `(n, k)`."""
        return np.asarray(features @ self.weight.T + self.bias, dtype=np.float64)


@dataclass(frozen=True)
class BestHead:
    """A head, and the strength it was fitted with."""

    head: LinearHead
    strength: float
    temperature: float | None = None
    """From the held-out answers of the heads that chose the strength; None where nothing was held out."""


@dataclass(frozen=True)
class HeadProblem:
    """What a head learns from."""

    features: Matrix
    labels: IntArray
    weights: FloatArray
    """`(k,)` weight of an item of each class; its length is the number of classes."""
    seed: int = 0


def softmax(logits: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Probabilities `(n, k)` in float64; rows sum to 1."""
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def class_weights(labels: IntArray, n_classes: int, kind: Literal["balanced", "none"]) -> FloatArray:
    """`(k,)` weight of an item of each class: 1, or what makes all classes that occur count the same (mean 1 an item)."""
    if kind == "none":
        return np.ones(n_classes, dtype=np.float32)
    counts = np.bincount(labels, minlength=n_classes)
    return (len(labels) / ((counts > 0).sum() * np.maximum(counts, 1))).astype(np.float32)


def fit_best_head(problem: HeadProblem, strengths: Sequence[float], otherwise: float, tell: Tell = _nothing) -> BestHead:
    """Softmax regression with the one of `strengths` (rising) that has the lowest cross-validated log-loss over its own items.

    It minimises the summed loss plus |W|² / (2 · strength), the bias free; a higher strength trusts the labels more. A class
    without an item ends up with a probability near zero. `otherwise` is taken when items are too few to hold some out, or there
    is nothing to choose from.
    """
    # One thread: handing out products this small costs ten times what it saves, and the number of cores would show in the sums.
    with _thread_pools().limit(limits=1, user_api="blas"):
        fits = _fits(problem)
        chosen = _choose(problem, strengths, fits, lambda share: tell(share * _CHOOSING))
        whole = fits(np.ones((1, len(problem.labels)), dtype=np.bool_))
        if chosen.start is not None:
            whole.start_from(chosen.start)
        strength = otherwise if chosen.strength is None else chosen.strength
        whole.fit(strength, _FINAL_GAP, lambda: tell(_CHOOSING))
    return BestHead(LinearHead(*whole.head()), strength, chosen.temperature)


@lru_cache(maxsize=1)
def _thread_pools() -> Any:
    """The libraries that multiply matrices, looked for once: it takes longer than a small fit."""
    import scipy.linalg  # noqa: F401  # brings a library of its own, which must be there to be found
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def fit_on_features(problem: HeadProblem, strengths: Sequence[float], otherwise: float, tell: Tell = _nothing) -> BestHead:
    """`fit_best_head` for the dense features of any encoder.

    It is fitted on features centred and brought to a mean variance of 1, so that one range of strengths suits all encoders,
    and comes back as a head for the features as they are.
    """
    centre = problem.features.mean(axis=0)
    scale = np.sqrt(problem.features.var(axis=0).mean()) or np.float32(1)
    best = fit_best_head(replace(problem, features=(problem.features - centre) / scale), strengths, otherwise, tell)
    weight = best.head.weight / scale
    return replace(best, head=LinearHead(weight, best.head.bias - weight @ centre))


class _Fit(Protocol):
    """Softmax regressions on parts of the same items, which go on from where they are."""

    tables: FloatArray
    """One for each part, in coordinates of its own."""

    def start_from(self, table: FloatArray) -> None:
        """Let all parts go on from a table."""

    def fit(self, strength: float, gap: float, tick: Tick) -> None:
        """Go on to a strength, until the mean loss is about `gap` from its least."""

    def answers(self, part: int, rows: BoolArray) -> FloatArray:
        """Logits `(m, k)` of the `m` chosen of all items."""

    def head(self) -> tuple[FloatArray, FloatArray]:
        """Weights `(k, d)` and biases `(k,)` of the first part."""


def _fits(problem: HeadProblem) -> Callable[[BoolArray], _Fit]:
    """What makes regressions on parts of a problem, masks `(f, n)`."""
    weights, k = problem.weights[problem.labels], len(problem.weights)
    if Eigenbasis.pays(problem.features) and len(weights) * k <= _MOST_LOGITS:
        basis = Eigenbasis.of(problem.features)
        return lambda parts: JointFit(basis, problem.labels, parts * weights, k)
    return lambda parts: GradientFit(problem.features, problem.labels, parts * weights, k)


@dataclass(frozen=True)
class _Choice:
    """What held-out items say; nothing where none could be held out."""

    strength: float | None = None
    temperature: float | None = None
    """It suits the held-out answers."""
    start: FloatArray | None = None
    """The mean of the parts' tables: close to the table for all items."""


def _choose(problem: HeadProblem, strengths: Sequence[float], fits: Callable[[BoolArray], _Fit], tell: Tell) -> _Choice:
    """The strength with the lowest loss on held-out items, if there are enough of them.

    Every fold's head goes on from its last one, and the search ends where the loss stops falling: along such a path it
    falls, then rises.
    """
    enough = len(problem.labels) >= _FOLDS * len(problem.weights)
    folds = _folds(problem.labels, problem.seed) if enough and strengths else []
    if not folds:
        return _Choice()
    labels = np.concatenate([problem.labels[held] for held in folds])
    fit, best, lowest, answers = fits(~np.array(folds)), _Choice(), np.inf, np.empty((0, 0))
    for place, strength in enumerate(strengths):
        fit.fit(strength, _CHOOSING_GAP, partial(tell, place / len(strengths)))
        logits = np.concatenate([fit.answers(part, held) for part, held in enumerate(folds)]).astype(np.float64)
        loss = _loss(logits, labels, problem.weights)
        if loss >= lowest:
            break
        best, lowest, answers = _Choice(strength, start=fit.tables.mean(axis=0)), loss, logits
    return replace(best, temperature=fit_temperature(answers, labels))


def _folds(labels: IntArray, seed: int) -> list[BoolArray]:
    """Masks `(n,)` of what is held out in turn, stratified: no class loses its last item; empty when nothing can be spared."""
    place = np.empty(len(labels), dtype=np.int64)
    place[np.lexsort((np.random.default_rng(seed).random(len(labels)), labels))] = np.arange(len(labels))
    spare = np.bincount(labels)[labels] > 1
    turns = _FOLDS if len(labels) <= _FEW else 3 if len(labels) <= _MANY else 1
    masks = [(place % _FOLDS == turn) & spare for turn in range(turns)]
    return [mask for mask in masks if mask.any()]


def _loss(logits: npt.NDArray[np.float64], labels: IntArray, weights: FloatArray) -> float:
    """Summed log-loss of held-out items, weighted by class."""
    right = softmax(logits)[np.arange(len(labels)), labels]
    return float((-np.log(np.maximum(right, 1e-12)) * weights[labels]).sum())
