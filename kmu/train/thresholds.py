"""The thresholds that go with a model, chosen on validation recordings."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kmu.evaluate.agreement import rate_of_agreement
from kmu.evaluate.match import match_units
from kmu.evaluate.scores import detection
from kmu.firings import firings_from_probability
from kmu.motor_units import MotorUnits

SCORES = tuple(float(score) for score in np.round(np.arange(0.1, 0.91, 0.05), 2))
FIRINGS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)


def choose_score_threshold(pairs: Sequence[tuple[MotorUnits, MotorUnits]]) -> float:
    """The score threshold with the best F1 over validation recordings.

    Args:
        pairs: (found with a low threshold, true) units of each recording.
    """
    quality = []
    for threshold in SCORES:
        kept = [found.select(found.score >= threshold) for found, _ in pairs]
        matched = sum(
            len(match_units(found, true).found)
            for found, (_, true) in zip(kept, pairs, strict=True)
        )
        given, there = sum(map(len, kept)), sum(len(true) for _, true in pairs)
        quality.append(detection(matched, given, there)[2])
    return SCORES[int(np.argmax(quality))]


def choose_firing_threshold(
    pairs: Sequence[tuple[MotorUnits, MotorUnits]], probabilities: Sequence[NDArray[np.float32]]
) -> float:
    """The firing threshold with the best mean rate of agreement of the matched units.

    Args:
        pairs: (found, true) units of each recording.
        probabilities: (K, T) firing probability of the found units of each pair.
    """
    agreement: list[list[float]] = [[] for _ in FIRINGS]
    for (found, true), probability in zip(pairs, probabilities, strict=True):
        matching = match_units(found, true)
        for threshold, rates in zip(FIRINGS, agreement, strict=True):
            firings = firings_from_probability(
                probability[matching.found], found.frame_rate, threshold
            )
            for ours, theirs in zip(firings, matching.truth, strict=True):
                rates.append(rate_of_agreement(ours, true.firings[theirs]).rate)
    quality = [sum(rates) for rates in agreement]
    return FIRINGS[int(np.argmax(quality))]
