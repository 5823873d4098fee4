"""Above which score units of a recording are given."""

import numpy as np
from numpy.typing import NDArray

from kmu.motor_units import MotorUnits

# Candidates below this share of the model's threshold are not even looked at.
DOUBTFUL = 0.3


def recording_threshold(
    score: NDArray[np.floating], not_looked_at: float, highest: float, blocks: int = 1
) -> float:
    """The threshold with which a recording's own scores promise the highest F1.

    Scores are probabilities, so that the F1 expected of the best k candidates follows from them
    exactly (Jansche 2007, "A maximum expected utility framework for binary sequence labeling"; Ye
    et al. 2012, "Optimizing F-measures: a tale of two approaches"). With none given it is 1 if
    nothing is there, else 0.

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
    unseen = float(score.sum(dtype=np.float64)) - float(best.sum()) + not_looked_at
    nothing = (np.prod(1 - best) * np.exp(-unseen)) ** (1 / blocks)
    # Those above the model's own threshold are given in any case.
    fewest = max(int((best >= highest).sum()), 1)
    promised = _expected_f1(best, unseen, fewest)
    most = int(np.argmax(promised))
    return highest if nothing > promised[most] else min(float(best[fewest + most - 1]), highest)


def would_be_given(found: MotorUnits, highest: float) -> NDArray[np.bool_]:
    """(K,) which units of a recording of one block, found with a low threshold, are given without.

    Args:
        found: from ``identify``, whose provenance says what was not given.
        highest: the model's own threshold.
    """
    not_looked_at = found.provenance.get("not_given", 0.0)
    return found.score >= recording_threshold(found.score, not_looked_at, highest)


def _expected_f1(best: NDArray[np.float64], unseen: float, fewest: int) -> list[float]:
    """Expected F1 of giving the first k of candidates (C,), for k from ``fewest`` to C.

    Args:
        best: the chance of each, descending.
        unseen: how many more are there.
        fewest: from 1 to C.
    """
    # How many of those left out are true, for each k: one fewer is left out each time.
    missed = [np.ones(1)]
    for chance in best[: fewest - 1 : -1]:
        missed.append(np.convolve(missed[-1], [1 - chance, chance]))
    right, expected = np.ones(1), []
    for k, chance in enumerate(best, 1):
        right = np.convolve(right, [1 - chance, chance])
        if k < fewest:
            continue
        others = missed[len(best) - k]
        true = np.arange(len(right))[:, None]
        f1 = 2 * true / (k + true + np.arange(len(others)) + unseen)
        expected.append(float(right @ f1 @ others))
    return expected
