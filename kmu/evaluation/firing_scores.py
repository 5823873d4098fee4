"""How well the firings of one unit were found."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmu.evaluation.agreement import matched_deviations, rate_of_agreement

TOLERANCES = (0.005, 0.010, 0.020)
"""Largest distances of a pair of firings, s; the middle one decides the lag."""


class FiringScores(NamedTuple):
    """What :func:`score_firings` returns.

    Attributes:
        rates: RoA within each of ``TOLERANCES``, after the lag.
        rate_at_lag_0: RoA within 10 ms as the times are, without a lag chosen with the truth.
        lag: that was taken off the found firings, ms; NaN where no firing matches.
        error: median absolute deviation after the lag of the firings that match within 20 ms, ms;
            NaN where none does.
        precision: share of the found firings that match one-to-one within 10 ms after the lag.
        recall: share of the true firings that do.
    """

    rates: tuple[float, ...]
    rate_at_lag_0: float
    lag: float
    error: float
    precision: float
    recall: float


def score_firings(found: NDArray[np.float64], truth: NDArray[np.float64]) -> FiringScores:
    """Scores the firing times (s, ascending) of one unit against the true ones.

    Nothing found where nothing is counts as perfect.
    """
    best = rate_of_agreement(found, truth, TOLERANCES[1])
    silent = not len(found) and not len(truth)
    deviations = matched_deviations(found - best.lag, truth, TOLERANCES[-1])
    return FiringScores(
        rates=tuple(rate_of_agreement(found, truth, t, best.lag).rate for t in TOLERANCES),
        rate_at_lag_0=rate_of_agreement(found, truth, TOLERANCES[1], lag=0.0).rate,
        lag=1000 * best.lag if best.matched else float("nan"),
        error=1000 * float(np.median(np.abs(deviations))) if len(deviations) else float("nan"),
        precision=1.0 if silent else best.matched / max(len(found), 1),
        recall=1.0 if silent else best.matched / max(len(truth), 1),
    )
