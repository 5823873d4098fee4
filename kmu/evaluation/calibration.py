"""Do scores mean probabilities? Reliability, expected calibration error and recalibration."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment, minimize
from scipy.special import expit, logit

from kmu.evaluation.match import check_same_grid, mask_overlap
from kmu.motor_units import MotorUnits

Floats = NDArray[np.float64]
Pairs = Iterable[tuple[MotorUnits, MotorUnits]]

# Scores are this far from 0 and 1 before their logit is taken.
_MARGIN = 1e-6
# A flatter curve than this would throw the order of the scores away.
_SMALLEST_SCALE = 0.05


class Bin(NamedTuple):
    """Units whose scores lie in one range.

    Attributes:
        low: smallest score.
        high: largest score.
        units: how many.
        score: their mean score; the middle of the range if there are none.
        true: the share of them that are true units; NaN if there are none.
    """

    low: float
    high: float
    units: int
    score: float
    true: float


def labelled_scores(pairs: Pairs, iou: float = 0.5) -> tuple[Floats, NDArray[np.bool_]]:
    """The score of every found unit, and whether it is a true one.

    Units are true one-to-one: from the highest score down, a unit is true if with it one more true
    unit can be paired than without it. So the true ones above any threshold are as many as
    :func:`kmu.evaluation.match_units` would pair if only the units above it had been found.

    Args:
        pairs: (found with a low threshold, true) units of each recording.
        iou: smallest intersection over union of a pair.

    Returns:
        (N,) scores and (N,) bool of all found units of all recordings.
    """
    scores, labels = [np.zeros(0)], [np.zeros(0, bool)]
    for found, truth in pairs:
        check_same_grid(found, truth)
        allowed = mask_overlap(found.mask, truth.mask)[0] >= iou
        score = found.score.astype(np.float64)
        # Sets of units that can be paired are a matroid: the largest total of positive weights
        # is what picking the highest first reaches.
        rows, columns = linear_sum_assignment(
            np.where(allowed, 1 + score[:, None], 0), maximize=True
        )
        label = np.zeros(len(score), bool)
        label[rows] = allowed[rows, columns]
        scores.append(score)
        labels.append(label)
    return np.concatenate(scores), np.concatenate(labels)


def labelled_firings(
    found: Sequence[NDArray[np.float64]],
    peak: Sequence[NDArray[np.float64]],
    truth: Sequence[NDArray[np.float64]],
    tolerance: float = 0.020,
) -> tuple[Floats, NDArray[np.bool_]]:
    """The probability of every found firing, and whether it is a true one.

    A firing is true if it is the highest of those to which a true firing is the nearest one,
    within the tolerance.

    Args:
        found: firing times of matched units, s.
        peak: the probability at each.
        truth: true firing times of the same units, s.
        tolerance: largest distance, s.

    Returns:
        (N,) probabilities and (N,) bool of all found firings of all units.
    """
    labels = [np.zeros(0, bool)]
    for ours, height, theirs in zip(found, peak, truth, strict=True):
        label = np.zeros(len(ours), bool)
        if len(theirs) and len(ours):
            nearest = np.abs(ours[:, None] - theirs[None]).argmin(1)
            close = np.abs(ours - theirs[nearest]) <= tolerance
            for one in np.unique(nearest[close]):
                own = np.flatnonzero(close & (nearest == one))
                label[own[np.argmax(height[own])]] = True
        labels.append(label)
    return np.concatenate([np.zeros(0), *peak]), np.concatenate(labels)


def reliability(score: ArrayLike, true: ArrayLike, bins: int = 10) -> list[Bin]:
    """The reliability curve: the share of true units in equal ranges of the score.

    Args:
        score: (N,) in [0, 1].
        true: (N,) bool.
        bins: how many ranges.
    """
    score, true = np.asarray(score, np.float64), np.asarray(true, bool)
    place = np.clip((score * bins).astype(int), 0, bins - 1)
    curve = []
    for k in range(bins):
        here = place == k
        low, high, count = k / bins, (k + 1) / bins, int(here.sum())
        curve.append(
            Bin(low, high, count, float(score[here].mean()), float(true[here].mean()))
            if count
            else Bin(low, high, 0, (low + high) / 2, float("nan"))
        )
    return curve


def expected_calibration_error(curve: Iterable[Bin]) -> float:
    """Mean distance of score and share of true units, weighted by the units of each bin.

    Guo et al. 2017, "On calibration of modern neural networks", eq. 3. 0 if there are no units.
    """
    filled = [row for row in curve if row.units]
    total = sum(row.units for row in filled)
    return sum(row.units * abs(row.score - row.true) for row in filled) / total if total else 0.0


def rescaled(score: ArrayLike, scale: float, offset: float) -> NDArray[np.float32]:
    """sigmoid(scale * logit(score) + offset)."""
    clipped = np.clip(np.asarray(score, np.float64), _MARGIN, 1 - _MARGIN)
    return np.asarray(expit(scale * logit(clipped) + offset), np.float32)


def fit_scaling(score: ArrayLike, true: ArrayLike) -> tuple[float, float]:
    """Scale and offset of the logits under which scores are most likely probabilities.

    Logistic regression on the logit (Platt 1999, with his smoothed targets, so that it is finite
    even where all units are true); the scale stays positive, so the order of units never changes.

    Args:
        score: (N,) in [0, 1], of validation recordings.
        true: (N,) bool.

    Returns:
        (scale, offset) for :func:`rescaled`; (1, 0) if there are no units.
    """
    clipped = np.clip(np.asarray(score, np.float64), _MARGIN, 1 - _MARGIN)
    true = np.asarray(true, bool)
    if not len(true):
        return 1.0, 0.0
    place = logit(clipped)
    yes, no = int(true.sum()), int((~true).sum())
    target = np.where(true, (yes + 1) / (yes + 2), 1 / (no + 2))

    def cost(parameters: Floats) -> tuple[float, Floats]:
        value = parameters[0] * place + parameters[1]
        wrong = expit(value) - target
        likelihood = np.mean(np.logaddexp(0, value) - target * value)
        return float(likelihood), np.array([np.mean(wrong * place), np.mean(wrong)])

    fitted = minimize(
        cost,
        np.array([1.0, 0.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(_SMALLEST_SCALE, 20.0), (-20.0, 20.0)],
    )
    return float(fitted.x[0]), float(fitted.x[1])
