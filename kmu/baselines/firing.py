"""Firings from one unit's twitch train, by the methods of the field.

Each marks a fixed moment of the twitch, not its onset: one constant lag remains, which the score
takes off. The methods are those of Rohlén et al., BioMed Eng OnLine 2023 (s12938-023-01076-0).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from kmu.baselines.grid import band_pass
from kmu.config.baselines import FiringSettings

Floats = NDArray[np.float64]


def firings_of_trains(
    trains: NDArray[np.floating], frame_rate: float, settings: FiringSettings
) -> list[Floats]:
    """Firing times in s of every train of (K, T), with the estimator of ``settings``."""
    estimate = ESTIMATORS[settings.estimator]
    return [estimate(np.asarray(train, np.float64), frame_rate, settings) for train in trains]


def band_pass_firings(train: Floats, frame_rate: float, settings: FiringSettings) -> Floats:
    """Peaks of the band-passed train (T,), s."""
    if len(train) < 32:
        return np.zeros(0)
    filtered = band_pass(train.astype(np.float32), frame_rate, settings.low, settings.high)
    return peak_times(filtered.astype(np.float64), frame_rate, settings)


def peak_times(course: Floats, frame_rate: float, settings: FiringSettings) -> Floats:
    """Times in s of the peaks of a course that stand out, refined by a parabola.

    A peak must reach ``height`` times the median of the upper half of all positive peaks, so that
    one artefact does not hide the rest.
    """
    distance = max(round(settings.refractory * frame_rate), 1)
    peaks, _ = signal.find_peaks(course, distance=distance)
    peaks = peaks[course[peaks] > 0]
    if not len(peaks):
        return np.zeros(0)
    heights = np.sort(course[peaks])
    peaks = peaks[course[peaks] >= settings.height * np.median(heights[len(heights) // 2 :])]
    before, at, after = course[peaks - 1], course[peaks], course[peaks + 1]
    bend = before - 2 * at + after
    shift = np.divide(before - after, 2 * bend, out=np.zeros_like(at), where=bend < 0)
    return (peaks + np.clip(shift, -0.5, 0.5)) / frame_rate


ESTIMATORS: dict[str, Callable[[Floats, float, FiringSettings], Floats]] = {
    "band_pass": band_pass_firings,
}
