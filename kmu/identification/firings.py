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
    times = (frame - 1 + shift) / frame_rate
    return np.split(times, np.searchsorted(row, np.arange(1, count))) if count else []


# Longest wait from a firing to the highest velocity of its twitch, s: lead and contraction times
# are at most 0.03 and 0.12 s.
_RISE = 0.12
# A firing's twitch reaches at least this share of the unit's strong ones, and so does the median
# of all within half a second, where there are FEW or more. Chosen on simulated recordings of eight
# kinds, 2 to 60 s, among 0.2 to 0.5: twitches of one unit differ, and higher shares lose firings.
_LEAST, _LEAST_AROUND = 0.2, 0.33
_STRONG = 95  # %
_AROUND, _FEW = 0.5, 4


def heard_firings(
    probability: ArrayLike,
    train: NDArray[np.floating],
    frame_rate: float,
    threshold: float,
    stretches: bool = False,
) -> list[NDArray[np.float64]]:
    """Firing times as :func:`firings_from_probability` gives them, with a twitch to each.

    The network sees each train in a scale of its own. Where a unit pauses, what little of its
    neighbours is left in its train looks like twitches, which are small beside the unit's own.

    Args:
        probability: (K, T), a bump at each firing.
        train: (K, T) twitch trains, in any unit.
        frame_rate: Hz.
        threshold: a peak must be at least this high.
        stretches: the trains were estimated in stretches, each in a scale of its own, so that
            small twitches are as likely to count as firings as large ones.

    Returns:
        K ascending float64 arrays of seconds within the recording.
    """
    firings = firings_from_probability(probability, frame_rate, threshold)
    return [
        times[_heard(times, course, frame_rate, stretches)]
        for times, course in zip(firings, np.abs(train), strict=True)
    ]


def _heard(
    times: NDArray[np.float64], size: NDArray[np.floating], frame_rate: float, stretches: bool
) -> NDArray[np.bool_]:
    """Which firings have a twitch in ``size``, the absolute train of one unit."""
    if not times.size:
        return np.zeros(0, bool)
    first = (times * frame_rate).astype(int)
    after = first[:, None] + np.arange(max(1, round(_RISE * frame_rate)))
    height = size[np.minimum(after, size.size - 1)].max(axis=1)
    strong = np.percentile(height, _STRONG)
    heard: NDArray[np.bool_] = height >= _LEAST * strong
    if stretches:
        low, high = (np.searchsorted(times, times + side * _AROUND) for side in (-1, 1))
        around = np.array([np.median(height[i:j]) for i, j in zip(low, high, strict=True)])
        heard &= (around >= _LEAST_AROUND * strong) | (high - low < _FEW)
    return heard
