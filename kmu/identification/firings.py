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
    through the peak and its two neighbours is exact for an undisturbed bump. A peak needs evidence
    from both sides, so a maximum on the first or last frame of the recording is no firing.

    Args:
        probability: (K, T), a bump at each firing; frame n is at n / frame_rate seconds.
        frame_rate: Hz.
        threshold: a peak must be at least this high.

    Returns:
        K ascending float64 arrays of seconds within the recording.
    """
    values = np.asarray(probability, np.float64)
    count, frames = values.shape
    # One course after the other; the zeros between them keep them apart.
    padded = np.pad(values, ((0, 0), (1, 1))).ravel()
    peaks, found = find_peaks(padded, height=threshold, plateau_size=1)
    # A maximum that touches the first or last frame may be the flank of a bump outside.
    first, last = found["left_edges"] % (frames + 2), found["right_edges"] % (frames + 2)
    peaks = peaks[(first > 1) & (last < frames)]
    row, frame = np.divmod(peaks, frames + 2)
    before, top, after = (np.log(np.maximum(padded[peaks + i], _FLOOR)) for i in (-1, 0, 1))
    bend = before - 2 * top + after
    shift = np.where(bend < -1e-12, 0.5 * (before - after) / np.minimum(bend, -1e-12), 0.0)
    times = (frame - 1 + np.clip(shift, -0.5, 0.5)) / frame_rate
    return np.split(times, np.searchsorted(row, np.arange(1, count))) if count else []
