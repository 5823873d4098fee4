"""Convolutive blind source separation: sources that are trains of pulses.

The algorithm of Negro et al. (J Neural Eng 13:026027, 2016) as used on tissue velocity by Rohlén,
Lubel and Farina (2025): extension by delayed copies, whitening, fixed point with tanh, refinement
by the regularity of the firing intervals.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, signal

Floats = NDArray[np.float64]

_REFINEMENTS = 10
# As published.
_TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class PulseSource:
    """One source.

    Attributes:
        course: (t,) the source, pulses positive.
        firings: s.
        variation: coefficient of variation of its intervals; infinite with fewer than three.
        skewness: of the course; pulses on a quiet ground are skewed.
    """

    course: Floats
    firings: Floats
    variation: float
    skewness: float


def extended(channels: NDArray[np.floating], lags: int) -> Floats:
    """(t, c) channels -> (t, c * lags), each with copies delayed by 0 to ``lags`` - 1 frames."""
    frames, count = channels.shape
    out = np.zeros((frames, lags, count))
    for lag in range(min(lags, frames)):
        out[lag:, lag] = channels[: frames - lag]
    return out.reshape(frames, lags * count)


def whitened(samples: Floats, energy: float, most: int | None = None) -> Floats:
    """Uncorrelated columns of unit variance that hold a share of the variance.

    Args:
        samples: (t, c).
        energy: share of the eigenvalue sum to keep, 0 to 1.
        most: columns to keep at most, where not all that the share asks for.

    Returns:
        (t, n), n >= 1 unless the samples are constant.
    """
    centred = samples - samples.mean(0)
    frames, count = centred.shape
    gram = centred @ centred.T if count > frames else centred.T @ centred
    power, vectors = linalg.eigh(gram, check_finite=False, driver="evd")
    power, vectors = power[::-1], vectors[:, ::-1]
    if not power[0] > 1e-20:
        return np.zeros((frames, 0))
    share = np.cumsum(np.maximum(power, 0)) / np.maximum(power, 0).sum()
    kept = int(np.searchsorted(share, energy)) + 1
    kept = min(kept, most or kept, int((power > 1e-9 * power[0]).sum()), frames - 1)
    if count > frames:
        return vectors[:, :kept] * np.sqrt(frames)
    return centred @ (vectors[:, :kept] / np.sqrt(power[:kept])) * np.sqrt(frames)


def pulse_sources(
    samples: Floats,
    count: int,
    iterations: int,
    frame_rate: float,
    height: float,
    refractory: float,
    deflate: bool = True,
) -> list[PulseSource]:
    """Up to ``count`` sources of whitened samples, the most regular first.

    Each starts from the moment of most activity that no source has explained (Negro et al.
    2016), is kept orthogonal to those before it, and is refined: the filter becomes the mean of
    the samples at its firings for as long as the intervals become more regular.

    Args:
        samples: (t, n), white.
        count: sources sought.
        iterations: of the fixed point, at most.
        frame_rate: Hz.
        height: smallest peak that is a firing, see :func:`peak_times`.
        refractory: shortest interval, s.
        deflate: False to start anew each time, for the best of several tries at one source.
    """
    size = samples.shape[1]
    activity = (samples**2).sum(1)
    filters = np.zeros((0, size))
    found: list[PulseSource] = []
    for _ in range(min(count, size)):
        start = int(activity.argmax())
        activity[max(start - 3, 0) : start + 4] = -1
        unmixing = _fixed_point(samples, samples[start], filters, iterations)
        if unmixing is None:
            continue
        source = _refined(samples, unmixing, frame_rate, height, refractory)
        if source is not None:
            found.append(source)
        if deflate:
            filters = np.concatenate([filters, unmixing[None]])
            if source is not None:
                activity[np.round(source.firings * frame_rate).astype(int)] = -1
    return sorted(found, key=lambda source: source.variation)


def peak_times(course: Floats, frame_rate: float, height: float, refractory: float) -> Floats:
    """Times in s of the peaks of a course that stand out, refined by a parabola.

    Args:
        course: (t,).
        frame_rate: Hz.
        height: a peak must reach this share of the median of the upper half of all positive
            peaks, so that one artefact does not hide the rest.
        refractory: shortest interval, s; of closer peaks the higher stays.
    """
    peaks, _ = signal.find_peaks(course, distance=max(round(refractory * frame_rate), 1))
    peaks = peaks[course[peaks] > 0]
    if not len(peaks):
        return np.zeros(0)
    heights = np.sort(course[peaks])
    peaks = peaks[course[peaks] >= height * np.median(heights[len(heights) // 2 :])]
    before, at, after = course[peaks - 1], course[peaks], course[peaks + 1]
    bend = before - 2 * at + after
    shift = np.divide(before - after, 2 * bend, out=np.zeros_like(at), where=bend < 0)
    return (peaks + np.clip(shift, -0.5, 0.5)) / frame_rate


def interval_variation(firings: Floats) -> float:
    """Coefficient of variation of the intervals; infinite with fewer than three."""
    intervals = np.diff(firings)
    return float(intervals.std() / intervals.mean()) if len(intervals) >= 3 else float("inf")


def _fixed_point(samples: Floats, start: Floats, others: Floats, iterations: int) -> Floats | None:
    """The filter (n,) of one source by FastICA with tanh, orthogonal to ``others`` (m, n)."""
    unmixing = start - others.T @ (others @ start)
    length = np.linalg.norm(unmixing)
    if length < 1e-9:
        return None
    unmixing = unmixing / length
    for _ in range(iterations):
        activation = np.tanh(samples @ unmixing)
        updated = samples.T @ activation / len(samples) - (1 - activation**2).mean() * unmixing
        updated -= others.T @ (others @ updated)
        length = np.linalg.norm(updated)
        if length < 1e-12:
            return None
        updated /= length
        done = abs(abs(updated @ unmixing) - 1) < _TOLERANCE
        unmixing = updated
        if done:
            break
    return unmixing


def _refined(
    samples: Floats, unmixing: Floats, frame_rate: float, height: float, refractory: float
) -> PulseSource | None:
    """The source of a filter, refined for as long as its intervals become more regular."""
    best: PulseSource | None = None
    for _ in range(_REFINEMENTS):
        course = samples @ unmixing
        if (course**3).sum() < 0:
            course = -course
        firings = peak_times(course, frame_rate, height, refractory)
        variation = interval_variation(firings)
        if len(firings) < 2 or (best is not None and variation >= best.variation):
            break
        skewness = float((course**3).mean() / max((course**2).mean() ** 1.5, 1e-30))
        best = PulseSource(course, firings, variation, skewness)
        unmixing = samples[np.round(firings * frame_rate).astype(int)].mean(0)
        unmixing = unmixing / max(float(np.linalg.norm(unmixing)), 1e-12)
    return best
