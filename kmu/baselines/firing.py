"""Firings from one unit's twitch train, by the methods of the field.

Each marks a fixed moment of the twitch, not its onset: one constant lag remains, which the score
takes off. The methods are those of Rohlén et al., BioMed Eng OnLine 2023 (s12938-023-01076-0).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kmu.baselines.grid import filtered
from kmu.baselines.pulses import extended, peak_times, pulse_sources, whitened
from kmu.config.baselines import FiringSettings

Floats = NDArray[np.float64]

_STARTS = 4
_SIZES = (4, 6)
# Hz; above it only noise is added.
_FASTEST = 250.0


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
    course = filtered(train.astype(np.float32), frame_rate, settings.low, settings.high)
    return peak_times(course.astype(np.float64), frame_rate, settings.height, settings.refractory)


def haar_firings(train: Floats, frame_rate: float, settings: FiringSettings) -> Floats:
    """Peaks of the continuous wavelet transform with a Haar wavelet (T,), s.

    The wavelet is +1 over the first half of its width and -1 over the second: the velocity of a
    twitch, whose peak is followed by a trough, looks like that.
    """
    half = max(round(settings.scale * frame_rate / 2), 1)
    if len(train) < 4 * half + 2:
        return np.zeros(0)
    total = np.concatenate([[0.0], np.cumsum(train - train.mean())])
    at = np.arange(half, len(train) - half + 1)
    transform = np.zeros(len(train) + 1)
    transform[at] = 2 * total[at] - total[at - half] - total[at + half]
    return peak_times(transform, frame_rate, settings.height, settings.refractory)


def convolutive_firings(train: Floats, frame_rate: float, settings: FiringSettings) -> Floats:
    """Firings of the source of the train's own delayed copies that is most like pulses (T,), s.

    Convolutive blind source separation (Negro et al., J Neural Eng 2016) of one channel: the
    delayed copies are whitened and a fixed point, from several starts, looks for the filter that
    makes a train of pulses of them. It runs in the subspaces of the four and of the six strongest
    components, since too few cannot tell the twitches apart and more are noise; of all sources
    the one that is most skewed and most regular is taken.
    """
    factor = max(int(frame_rate / _FASTEST), 1)
    train = train[: len(train) // factor * factor].reshape(-1, factor).mean(1)
    rate = frame_rate / factor
    lags = max(round(settings.extension * rate), 2)
    if len(train) < 4 * lags + 8 or not np.ptp(train) > 0:
        return np.zeros(0)
    copies = extended(train[:, None], lags)
    found = [
        source
        for size in _SIZES
        for source in pulse_sources(
            whitened(copies, 1.0, size), _STARTS, 50, rate, settings.height, settings.refractory,
            deflate=False,
        )
    ]  # fmt: skip
    best = max(found, key=lambda source: source.skewness - source.variation, default=None)
    # A frame of the averaged train is as late as the middle of those it averages.
    return np.zeros(0) if best is None else best.firings + (factor - 1) / 2 / frame_rate


ESTIMATORS: dict[str, Callable[[Floats, float, FiringSettings], Floats]] = {
    "band_pass": band_pass_firings,
    "haar": haar_firings,
    "convolutive": convolutive_firings,
}
