"""Firing times from the course of the firing probability."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import find_peaks

# A probability this small or smaller is the same as none; its logarithm stays finite.
_FLOOR = 1e-6


def firings_from_probability(
    probability: ArrayLike, frame_rate: float, threshold: float
) -> list[NDArray[np.float64]]:
    """Firing times: peaks over a threshold, placed between frames by a parabola.

    The probability around a firing is a Gaussian bump. Its logarithm is a parabola, so the vertex
    through the peak and its two neighbours is exact for an undisturbed bump.

    Args:
        probability: (K, T), a bump at each firing; frame n is at n / frame_rate seconds.
        frame_rate: Hz.
        threshold: a peak must be at least this high.

    Returns:
        K ascending float64 arrays of seconds within the recording.
    """
    values = np.asarray(probability, np.float64)
    count, frames = values.shape
    # One course after the other. The zeros between them keep them apart, and let a firing in the
    # first or last frame be a peak.
    padded = np.pad(values, ((0, 0), (1, 1))).ravel()
    peaks, _ = find_peaks(padded, height=threshold)
    row, frame = np.divmod(peaks, frames + 2)
    before, top, after = (np.log(np.maximum(padded[peaks + i], _FLOOR)) for i in (-1, 0, 1))
    bend = before - 2 * top + after
    shift = np.where(bend < -1e-12, 0.5 * (before - after) / np.minimum(bend, -1e-12), 0.0)
    inside = (frame > 1) & (frame < frames)
    shift = np.where(inside, np.clip(shift, -0.5, 0.5), 0.0)
    times = np.clip((frame - 1 + shift) / frame_rate, 0.0, max(frames - 1, 0) / frame_rate)
    return np.split(times, np.searchsorted(row, np.arange(1, count))) if count else []
