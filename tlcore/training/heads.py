"""Linear heads: softmax regression on fixed features, its regularisation chosen inside the budget."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tlcore.encoders.base import FloatArray, IntArray
from tlcore.evaluation.temperature import fit_temperature

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
_SOLVER = {"maxiter": 300, "gtol": 1e-4, "ftol": 1e-6, "maxcor": 6}
"""L-BFGS stops where probabilities no longer move visibly; it remembers few gradients, as text features are wide."""


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

    def rows(self, chosen: BoolArray) -> "HeadProblem":
        """The same with the `chosen` rows only."""
        return replace(self, features=self.features[chosen], labels=self.labels[chosen])


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


def fit_head(problem: HeadProblem, strength: float, start: LinearHead | None = None, tick: Tick = _nothing) -> LinearHead:
    """Softmax regression: summed loss plus |W|² / (2 · strength), the bias free; a higher strength trusts the labels more.

    `start` is a head of the same shape to go on from; `tick` is called after each step. A class without an item ends up
    with a probability near zero.
    """
    from scipy.optimize import minimize

    objective = _Objective(problem, strength)
    first = np.zeros(objective.shape) if start is None else np.vstack([start.weight.T, start.bias])
    # One thread: handing out products this small costs ten times what it saves, and the number of cores would show in the sums.
    with _thread_pools().limit(limits=1, user_api="blas"):
        found = minimize(objective, first.ravel(), jac=True, method="L-BFGS-B", callback=lambda _: tick(), options=_SOLVER)
    table = found.x.reshape(objective.shape).astype(np.float32)
    return LinearHead(np.ascontiguousarray(table[:-1].T), table[-1])


@lru_cache(maxsize=1)
def _thread_pools() -> Any:
    """The libraries that multiply matrices, looked for once: it takes longer than a small fit."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def fit_best_head(problem: HeadProblem, strengths: Sequence[float], otherwise: float, tell: Tell = _nothing) -> BestHead:
    """A head with the one of `strengths` (rising) that has the lowest cross-validated log-loss over the problem's own items.

    `otherwise` is taken when they are too few to hold some out, or there is nothing to choose from.
    """
    chosen = _choose(problem, strengths, lambda share: tell(share * _CHOOSING))
    strength = chosen.strength if chosen else otherwise
    return BestHead(fit_head(problem, strength, tick=lambda: tell(_CHOOSING)), strength, chosen.temperature if chosen else None)


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


@dataclass(frozen=True)
class _Choice:
    """A strength, and the temperature that suits its held-out answers."""

    strength: float
    temperature: float | None


def _choose(problem: HeadProblem, strengths: Sequence[float], tell: Tell) -> _Choice | None:
    """The strength with the lowest loss on held-out items; None when there are too few of them.

    Every fold's head goes on from its last one, and the search ends where the loss stops falling: along such a path it
    falls, then rises.
    """
    best, lowest, answers = None, np.inf, np.empty((0, len(problem.weights)))
    folds = _folds(problem.labels, problem.seed) if len(problem.labels) >= _FOLDS * len(problem.weights) else []
    held_out = [problem.rows(held) for held in folds]
    labels = np.concatenate([held.labels for held in held_out]) if held_out else problem.labels[:0]
    heads: list[LinearHead | None] = [None] * len(folds)
    for place, strength in enumerate(strengths if folds else ()):
        tick = partial(tell, place / len(strengths))
        heads = [fit_head(problem.rows(~held), strength, head, tick) for held, head in zip(folds, heads, strict=True)]
        logits = np.concatenate([head.logits(held.features) for held, head in zip(held_out, heads, strict=True) if head])
        loss = _loss(logits, labels, problem.weights)
        if loss >= lowest:
            break
        best, lowest, answers = strength, loss, logits
    return None if best is None else _Choice(best, fit_temperature(answers, labels))


class _Objective:
    """Mean loss with its penalty and its gradient, for one flat vector of weights above biases `(d + 1, k)`."""

    def __init__(self, problem: HeadProblem, strength: float) -> None:
        self.features, self.labels = problem.features, problem.labels
        self.transposed = problem.features.T
        self.weights = problem.weights[problem.labels]
        self.penalty = 1 / (strength * len(problem.labels))
        self.shape = (problem.features.shape[1] + 1, len(problem.weights))

    def __call__(self, flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        """The value and its gradient. Products run in float32, as the features do; sums in float64."""
        table, rows = flat.reshape(self.shape), np.arange(len(self.labels))
        narrow = table.astype(np.float32)
        logits = self.features @ narrow[:-1] + narrow[-1]
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        totals = shares.sum(axis=1)
        losses = (np.log(totals) - logits[rows, self.labels]) * self.weights
        shares /= totals[:, None]
        shares[rows, self.labels] -= 1
        shares *= (self.weights / len(rows))[:, None]
        gradient = np.vstack([self.transposed @ shares, shares.sum(axis=0)]) + np.float64(0)
        gradient[:-1] += self.penalty * table[:-1]
        value = losses.mean(dtype=np.float64) + self.penalty / 2 * np.square(table[:-1]).sum()
        return float(value), gradient.ravel()


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
