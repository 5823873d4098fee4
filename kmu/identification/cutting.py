"""Above which score units of a recording are given."""

import numpy as np
from numpy.typing import NDArray

# Candidates below this share of the model's threshold are not even looked at.
DOUBTFUL = 0.3


def recording_threshold(
    score: NDArray[np.floating], not_looked_at: float, highest: float, blocks: int = 1
) -> float:
    """The threshold with which a recording's own scores promise the highest F1.

    Scores are probabilities. Of ``sum(score)`` units that were seen, the best k candidates hold
    ``sum(score[:k])``, so that F1 is about ``2 sum(score[:k]) / (k + sum(score))`` (plug-in rule
    of Lipton, Elkan and Naryanaswamy 2014, "Optimal Thresholding of Classifiers to Maximize F1
    Measure"). Where nothing may be there at all, giving nothing has an F1 of 1 with the
    probability of that, and wins if no k promises more.

    Args:
        score: (C,) of all candidates of at least ``DOUBTFUL`` times ``highest``.
        not_looked_at: sum of the scores of all others.
        highest: the model's own threshold; a recording's is never higher, nor below ``DOUBTFUL``
            times it.
        blocks: that the candidates were seen in.
    """
    best = np.sort(score.astype(np.float64))[::-1]
    best = best[best >= DOUBTFUL * highest]
    if not len(best):
        return highest
    there = float(score.sum(dtype=np.float64)) + not_looked_at
    promised = 2 * np.cumsum(best) / (np.arange(1, len(best) + 1) + there)
    nothing = np.exp((np.log1p(-np.minimum(best, 1 - 1e-6)).sum() - (there - best.sum())) / blocks)
    if nothing > promised.max():
        return highest
    return min(float(best[np.argmax(promised)]), highest)
