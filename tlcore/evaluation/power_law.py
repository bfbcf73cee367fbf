"""The inverse power law of learning curves, a - b * n^-c (Cortes et al. 1994; Hestness et al. 2017), and all that fits.

For a given rate c the law is linear, so generalised least squares gives its foresight and variance in closed form. The rate is
what few budgets leave open: the interval is the union over all rates of what each foresees, narrower the worse the rate fits
(the profile likelihood interval, Venzon and Moolgavkar 1988). It widens with every label beyond the last budget, because slow
and fast rates that agree on what was seen part there.
"""

from dataclasses import dataclass

import numpy as np

from tlcore.evaluation.intervals import Interval
from tlcore.evaluation.outcomes import FloatArray

_RATES = np.geomspace(0.02, 3.0, 80)
_WITHIN = 1.959964**2
"""Chi-squared with one degree of freedom, 95 %."""


@dataclass(frozen=True)
class PowerLaw:
    """Every rate's fit."""

    misfit: FloatArray
    """`(r,)` chi-squared of the residuals."""
    weights: FloatArray
    """`(r, 2)` a and b."""
    covariance: FloatArray
    """`(r, 2, 2)` of a and b."""
    largest: float
    """Largest budget."""

    @property
    def best(self) -> int:
        """Position of the rate that fits best, of those whose law rises to a score there can be; else of all."""
        sound = (self.weights[:, 1] >= 0) & (self.weights[:, 0] <= 1)
        return int(np.where(sound, self.misfit, self.misfit + (1e6 if sound.any() else 0)).argmin())

    def score(self, budget: float) -> Interval:
        """Foreseen score at `budget` labels, within 0-1."""
        found = self._profile(self._design(budget))
        return Interval(*(float(np.clip(end, 0, 1)) for end in found))

    def gain(self, budget: float) -> Interval:
        """Foreseen score at `budget` labels minus the law's score at the largest budget."""
        return self._profile(self._design(budget) - self._design(self.largest))

    def _design(self, budget: float) -> FloatArray:
        return np.stack([np.ones(len(_RATES)), -((budget / self.largest) ** -_RATES)], axis=1)

    def _profile(self, design: FloatArray) -> Interval:
        foreseen = (design * self.weights).sum(axis=1)
        variance = np.einsum("ri,rij,rj->r", design, self.covariance, design)
        room = _WITHIN - (self.misfit - self.misfit.min())
        half = np.sqrt(np.maximum(variance * room, 0.0))
        low, high = (foreseen - half)[room > 0].min(), (foreseen + half)[room > 0].max()
        return Interval(float(np.clip(foreseen[self.best], low, high)), float(low), float(high))


def fit_power_law(budgets: FloatArray, scores: FloatArray, covariance: FloatArray) -> PowerLaw:
    """Fit the law for every rate.

    Args:
        budgets: `(k,)` rising, k at least 4.
        scores: `(k,)`, better when higher.
        covariance: `(k, k)` of the scores.
    """
    precision = np.linalg.inv(covariance)
    misfit, weights, covariances = [], [], []
    for rate in _RATES:
        design = np.stack([np.ones(len(budgets)), -((budgets / budgets[-1]) ** -rate)], axis=1)
        spread = np.linalg.inv(design.T @ precision @ design)
        found = spread @ design.T @ precision @ scores
        residual = scores - design @ found
        misfit.append(residual @ precision @ residual)
        weights.append(found)
        covariances.append(spread)
    return PowerLaw(np.array(misfit), np.stack(weights), np.stack(covariances), float(budgets[-1]))
