"""Calibration and thresholds that go with a model, all chosen on validation recordings."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kmu.evaluation.agreement import rate_of_agreement
from kmu.evaluation.calibration import (
    fit_scaling,
    labelled_firings,
    labelled_scores,
    rescaled,
)
from kmu.evaluation.match import match_units
from kmu.evaluation.measures import detection
from kmu.identification.firings import firings_from_probability
from kmu.models import Identifier
from kmu.motor_units import MotorUnits

SCORES = tuple(float(score) for score in np.round(np.arange(0.1, 0.91, 0.05), 2))
# F1 changes little around its best threshold. On recordings of another kind, false units have
# higher scores than here, so the highest threshold that loses no more F1 than this is taken.
GIVEN_UP = 0.003
FIRINGS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
# Peaks below this are no firings in anybody's eyes; they are not calibrated.
_LOWEST_PEAK = 0.05


def calibrate(
    identifier: Identifier, pairs: Sequence[tuple[MotorUnits, MotorUnits]]
) -> list[tuple[MotorUnits, MotorUnits]]:
    """Makes an identifier's scores probabilities, as far as validation recordings can tell.

    Args:
        identifier: uncalibrated; its scale and offset are set.
        pairs: (found with a low threshold, true) units of each recording.

    Returns:
        The pairs with the scores that the identifier gives from now on.
    """
    scale, offset = fit_scaling(*labelled_scores(pairs))
    identifier.score_scale, identifier.score_offset = scale, offset
    return [
        (dataclasses.replace(found, score=rescaled(found.score, scale, offset)), true)
        for found, true in pairs
    ]


def calibrate_firings(
    identifier: Identifier,
    pairs: Sequence[tuple[MotorUnits, MotorUnits]],
    probabilities: Sequence[NDArray[np.float32]],
) -> list[NDArray[np.float32]]:
    """Makes what firing probabilities reach at their peaks the probability of a firing.

    Args:
        identifier: its firings uncalibrated; scale and offset are set.
        pairs: (found, true) units of each recording.
        probabilities: (K, T) firing probability of the found units of each pair.

    Returns:
        The probabilities that the identifier gives from now on.
    """
    found: list[NDArray[np.float64]] = []
    peak: list[NDArray[np.float64]] = []
    truth: list[NDArray[np.float64]] = []
    for (units, true), probability in zip(pairs, probabilities, strict=True):
        matching = match_units(units, true)
        courses = probability[matching.found]
        times = firings_from_probability(courses, units.frame_rate, _LOWEST_PEAK)
        for course, own, theirs in zip(courses, times, matching.truth, strict=True):
            frame = np.round(own * units.frame_rate).astype(int)
            found.append(own)
            peak.append(course[frame].astype(np.float64))
            truth.append(true.firings[theirs])
    scale, offset = fit_scaling(*labelled_firings(found, peak, truth))
    identifier.firing_scale, identifier.firing_offset = scale, offset
    return [rescaled(probability, scale, offset) for probability in probabilities]


def choose_score_threshold(pairs: Sequence[tuple[MotorUnits, MotorUnits]]) -> float:
    """The highest score threshold whose F1 over validation recordings is nearly the best.

    Args:
        pairs: (found with a low threshold, true) units of each recording.
    """
    score, correct = labelled_scores(pairs)
    there = sum(len(true) for _, true in pairs)
    quality = {
        threshold: detection(int(correct[kept].sum()), int(kept.sum()), there)[2]
        for threshold, kept in ((threshold, score >= threshold) for threshold in SCORES)
    }
    enough = max(quality.values()) - GIVEN_UP
    # With nothing found at any threshold, all are the same: none tells units from others.
    return max(t for t in SCORES if quality[t] >= enough) if enough > 0 else SCORES[0]


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
