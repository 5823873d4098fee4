"""Scores of one recording's result against the truth, and of many."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kmu.evaluation.firing_scores import TOLERANCES, score_firings
from kmu.evaluation.match import Matching, assign, match_units
from kmu.evaluation.measures import (
    Floats,
    detection,
    likeness,
    mean_after_firings,
    nearest_distance,
)
from kmu.formulas import centroids
from kmu.motor_units import MotorUnits

IOU_THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def _empty() -> Floats:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class RecordingScores:
    """How well the units of one recording were found.

    Counts are of units; arrays (M,) have one value a matched pair, in the order of the true
    units; arrays (K,) one a true unit.

    Attributes:
        units_found: how many the method gave.
        units_true: how many there are.
        units_matched: M, one-to-one at IoU >= 0.5.
        matched_at: how many match at each of ``IOU_THRESHOLDS``.
        redundant: found units that repeat one that is matched already.
        merged: found units that cover two or more true ones, not all of them matched.
        missed: true units without a partner.
        iou: (M,) intersection over union of the masks.
        dice: (M,) Dice coefficient of the masks.
        centroid_distance: (M,) distance of the mask centroids, mm.
        twitch_train_correlation: (M,) Pearson correlation with the true twitch train.
        averaged_twitch_correlation: (M,) Pearson correlation of the twitches averaged over the
            true firings.
        rate_of_agreement: (M, 3) RoA of the firings within +-5, 10, 20 ms (``TOLERANCES``), after
            one lag a unit (the best one at 10 ms).
        firing_error: (M,) median absolute deviation of the firings that match within +-20 ms, ms,
            after the same lag; NaN where none does.
        rate_of_agreement_lag_0: (M,) RoA within +-10 ms of the times as they are.
        lag: (M,) that lag, ms, above 0 where found firings are late; NaN where none matches.
        firing_precision: (M,) share of the found firings that match within +-10 ms after the lag.
        firing_recall: (M,) share of the true firings that do.
        detected: (K,) bool, the true unit has a partner.
        nearest_centre: (K,) distance to the nearest other true centroid, mm; infinite if none.
        size: (K,) area of the true mask, mm2.
        depth: (K,) depth of the true centroid below the image's upper edge, mm.
        seconds: time the method took (processor time in a benchmark), NaN if unknown.
        peak_memory: peak memory of the method in MiB, NaN if unknown.
    """

    units_found: int
    units_true: int
    units_matched: int = 0
    matched_at: tuple[int, ...] = (0,) * len(IOU_THRESHOLDS)
    redundant: int = 0
    merged: int = 0
    missed: int = 0
    iou: Floats = field(default_factory=_empty)
    dice: Floats = field(default_factory=_empty)
    centroid_distance: Floats = field(default_factory=_empty)
    twitch_train_correlation: Floats = field(default_factory=_empty)
    averaged_twitch_correlation: Floats = field(default_factory=_empty)
    rate_of_agreement: Floats = field(default_factory=lambda: np.zeros((0, len(TOLERANCES))))
    firing_error: Floats = field(default_factory=_empty)
    rate_of_agreement_lag_0: Floats = field(default_factory=_empty)
    lag: Floats = field(default_factory=_empty)
    firing_precision: Floats = field(default_factory=_empty)
    firing_recall: Floats = field(default_factory=_empty)
    detected: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    nearest_centre: Floats = field(default_factory=_empty)
    size: Floats = field(default_factory=_empty)
    depth: Floats = field(default_factory=_empty)
    seconds: float = float("nan")
    peak_memory: float = float("nan")

    def with_cost(self, seconds: float, peak_memory: float = float("nan")) -> "RecordingScores":
        """The same with the method's time (s) and peak memory (MiB) noted."""
        return dataclasses.replace(self, seconds=seconds, peak_memory=peak_memory)


def score_recording(
    found: MotorUnits, truth: MotorUnits, seconds: float = float("nan")
) -> RecordingScores:
    """Scores the units a method found in one recording.

    Args:
        found: the result, on the recording's grid and rate.
        truth: the true units.
        seconds: how long the method took, if known.

    Raises:
        InputError: if the two are not on the same grid and time axis.
    """
    matching = match_units(found, truth)
    masks, true_masks = found.mask, truth.mask
    places = centroids(masks, truth.spacing)
    true_places = centroids(true_masks, truth.spacing)
    iou = matching.iou
    pairs = list(zip(matching.found, matching.truth, strict=True))
    fired = [score_firings(found.firings[i], truth.firings[j]) for i, j in pairs]
    detected = np.zeros(len(truth), bool)
    detected[matching.truth] = True
    return RecordingScores(
        units_found=len(found),
        units_true=len(truth),
        units_matched=len(pairs),
        matched_at=_matched_at(matching),
        redundant=len(matching.redundant),
        merged=len(matching.merged),
        missed=len(matching.missed),
        iou=iou,
        dice=2 * iou / (1 + iou),
        centroid_distance=np.linalg.norm(
            places[matching.found] - true_places[matching.truth], axis=1
        ),
        twitch_train_correlation=np.array(
            [likeness(found.twitch_train[i], truth.twitch_train[j]) for i, j in pairs]
        ),
        averaged_twitch_correlation=np.array(
            [
                likeness(
                    mean_after_firings(found.twitch_train[i], truth.firings[j], truth.frame_rate),
                    mean_after_firings(truth.twitch_train[j], truth.firings[j], truth.frame_rate),
                )
                for i, j in pairs
            ]
        ),
        rate_of_agreement=np.array([f.rates for f in fired]).reshape(-1, len(TOLERANCES)),
        firing_error=np.array([f.error for f in fired]),
        rate_of_agreement_lag_0=np.array([f.rate_at_lag_0 for f in fired]),
        lag=np.array([f.lag for f in fired]),
        firing_precision=np.array([f.precision for f in fired]),
        firing_recall=np.array([f.recall for f in fired]),
        detected=detected,
        nearest_centre=nearest_distance(true_places),
        size=true_masks.sum((1, 2)) * float(np.prod(truth.spacing)),
        depth=true_places[:, 0],
        seconds=seconds,
    )


def failed_recording(truth: MotorUnits, seconds: float = float("nan")) -> RecordingScores:
    """The scores of a method that gave no result: nothing found."""
    frames = truth.twitch_train.shape[1]
    depth, width = truth.territory.shape[1:]
    nothing = MotorUnits.none((frames, depth, width), truth.frame_rate, truth.spacing)
    return score_recording(nothing, truth, seconds)


def summarise(scores: Sequence[RecordingScores], detailed: bool = False) -> dict[str, float]:
    """Scores over many recordings: counts pooled, qualities averaged over matched units.

    Nothing found where nothing is counts as perfect; a quality with no matched unit is 0.

    Args:
        scores: one a recording.
        detailed: also the scores beyond those of ``metrics.json``.

    Returns:
        precision, recall, f1, iou, twitch_train_correlation, rate_of_agreement (+-10 ms),
        units_matched, units_true, seconds_per_recording (NaN if never noted).
    """
    matched = sum(score.units_matched for score in scores)
    true = sum(score.units_true for score in scores)
    given = sum(score.units_found for score in scores)
    precision, recall, f1 = detection(matched, given, true)
    agreement = _pooled([score.rate_of_agreement for score in scores])
    result: dict[str, float] = {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "iou": _mean(_pooled([score.iou for score in scores])),
        "twitch_train_correlation": _mean(
            _pooled([score.twitch_train_correlation for score in scores])
        ),
        "rate_of_agreement": _mean(agreement[:, 1] if len(agreement) else agreement),
        "units_matched": matched,
        "units_true": true,
        "seconds_per_recording": _known_mean([score.seconds for score in scores]),
    }
    if not detailed:
        return result
    by_threshold = [
        detection(sum(score.matched_at[k] for score in scores), given, true)[2]
        for k in range(len(IOU_THRESHOLDS))
    ]
    result |= {
        "f1_iou_30_to_80": float(np.mean(by_threshold)),
        "dice": _mean(_pooled([score.dice for score in scores])),
        "centroid_distance_mm": _mean(_pooled([score.centroid_distance for score in scores])),
        "averaged_twitch_correlation": _mean(
            _pooled([score.averaged_twitch_correlation for score in scores])
        ),
        "rate_of_agreement_5ms": _mean(agreement[:, 0] if len(agreement) else agreement),
        "rate_of_agreement_20ms": _mean(agreement[:, 2] if len(agreement) else agreement),
        "firing_error_ms": _known_mean(_pooled([score.firing_error for score in scores]).tolist()),
        "rate_of_agreement_lag_0": _mean(
            _pooled([score.rate_of_agreement_lag_0 for score in scores])
        ),
        "lag_ms": _known_mean(_pooled([score.lag for score in scores]).tolist()),
        "firing_precision": _mean(_pooled([score.firing_precision for score in scores])),
        "firing_recall": _mean(_pooled([score.firing_recall for score in scores])),
        "units_found": given,
        "redundant": sum(score.redundant for score in scores),
        "merged": sum(score.merged for score in scores),
        "missed": sum(score.missed for score in scores),
        "peak_memory_mib": _known_mean([score.peak_memory for score in scores]),
        "recordings": len(scores),
        "false_units_per_recording": (given - matched) / len(scores) if scores else 0.0,
    }
    return result


def _matched_at(matching: Matching) -> tuple[int, ...]:
    return tuple(len(assign(matching.overlap, threshold)[0]) for threshold in IOU_THRESHOLDS)


def _pooled(parts: Sequence[Floats]) -> Floats:
    return np.concatenate(list(parts)) if parts else _empty()


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else 0.0


def _known_mean(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")
