"""Windowed convolutive blind source separation of tissue velocity."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from kmu.baselines.averaging import average_map
from kmu.baselines.grid import reduce_recording
from kmu.baselines.pulses import Floats, PulseSource, extended, pulse_sources, whitened
from kmu.baselines.units import finish, territory_of_map
from kmu.config.baselines import ConvolutiveSettings
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

_FIRING_BAND = (6.0, 14.0)
_TWITCH_SECONDS = 0.15
_LARGEST_SHIFT = 0.06


def windowed_convolutive(
    recording: Recording, settings: ConvolutiveSettings | None = None
) -> MotorUnits:
    """Convolutive blind source separation in overlapping windows.

    After Rohlén, Lubel and Farina (2025): the pixels of a window and their delayed copies are
    whitened, a fixed point with tanh finds trains of pulses, refined by the regularity of their
    intervals. A source is kept with at least 20 % of its power in 6 to 14 Hz and intervals of a
    median absolute deviation of at most 25 ms; of sources that correlate by more than 0.3 the
    most regular stays. The unit's map is the spike-triggered average of the whole image around
    the window.

    Args:
        recording: what to separate.
        settings: window, extension and the rest; the defaults if left out.
    """
    settings = settings or ConvolutiveSettings()
    reduced = reduce_recording(recording, settings.grid)
    velocity, rate = reduced.velocity, reduced.frame_rate
    shape = velocity.shape[1:]
    lags = max(round(settings.extension * rate), 1)
    candidates: list[tuple[PulseSource, tuple[float, float]]] = []
    side = [max(round(settings.window / step), 2) for step in reduced.spacing]
    for top in _starts(shape[0], side[0]):
        for left in _starts(shape[1], side[1]):
            patch = velocity[:, top : top + side[0], left : left + side[1]]
            channels = patch.reshape(len(patch), -1).astype(np.float64)
            samples = whitened(extended(channels - channels.mean(0), lags), settings.energy)
            centre = (top + (side[0] - 1) / 2, left + (side[1] - 1) / 2)
            candidates += [
                (source, centre)
                for source in pulse_sources(
                    samples,
                    settings.sources,
                    settings.iterations,
                    rate,
                    settings.firing.height,
                    settings.firing.refractory,
                )
                if _is_unit(source, rate, settings)
            ]
    candidates.sort(key=lambda candidate: candidate[0].variation)
    territory, courses, quality, firings = [], [], [], []
    distance = np.meshgrid(*(np.arange(size) for size in shape), indexing="ij")
    for source, centre in _different(candidates, rate, settings.same_source):
        values, _ = average_map(velocity, rate, source.firings, lags / rate, _TWITCH_SECONDS)
        far = [
            np.abs(axis - middle) > size
            for axis, middle, size in zip(distance, centre, side, strict=True)
        ]
        near = np.where(far[0] | far[1], 0, values)
        # The heavier tail may be another unit's elsewhere; here the sign is that of the place.
        sign = 1 if near.max() >= -near.min() else -1
        hill = _hill(sign * values, sign * near, settings.territory.level)
        one = territory_of_map(hill, reduced.spacing, settings.territory)
        if one is not None:
            territory.append(one)
            courses.append(source.course)
            quality.append(1 / (source.variation + 1e-3))
            firings.append(source.firings)
    return finish(
        reduced,
        territory,
        courses,
        quality,
        settings.territory,
        settings.firing,
        settings.ridge,
        firings=firings if settings.firing.estimator == "convolutive" else None,
    )


def _hill(
    values: NDArray[np.float32], near: NDArray[np.float32], level: float
) -> NDArray[np.float32]:
    """The part of a map that hangs together with its highest place ``near`` the window.

    The window may lie on the slope of its unit; what is connected above ``level`` of the place
    reaches the top, and from there it is looked once more.

    Args:
        values: (z, x).
        near: the same, zero away from the window.
        level: as of the territory; a little more is kept, for its smoothing.
    """
    peak = int(near.argmax())
    part = near
    for _ in range(3):
        labels, _ = ndimage.label(values >= 0.8 * level * values.flat[peak])
        part = np.where(labels == labels.flat[peak], values, 0)
        if not part.max() > values.flat[peak]:
            break
        peak = int(part.argmax())
    return part.astype(np.float32)


def _starts(size: int, side: int) -> NDArray[np.intp]:
    """First pixel of windows of ``side`` over ``size`` pixels, half a window apart."""
    last = max(size - side, 0)
    return np.unique(np.append(np.arange(0, last + 1, max(side // 2, 1)), last))


def _is_unit(source: PulseSource, rate: float, settings: ConvolutiveSettings) -> bool:
    """Whether a source fires like a motor unit; the criteria of the publication, and skewness."""
    intervals = np.diff(source.firings)
    if len(intervals) < 3 or source.skewness < settings.skewness:
        return False
    deviation = np.median(np.abs(intervals - np.median(intervals)))
    frequency, power = signal.periodogram(source.course, rate)
    band = (frequency >= _FIRING_BAND[0]) & (frequency <= _FIRING_BAND[1])
    share = power[band].sum() / max(power[frequency > 0].sum(), 1e-30)
    return bool(deviation <= settings.interval_deviation and share >= settings.band_power)


def _different(
    candidates: list[tuple[PulseSource, tuple[float, float]]], rate: float, limit: float
) -> list[tuple[PulseSource, tuple[float, float]]]:
    """Candidates, best first, less those that repeat a better one up to a shift of 60 ms."""
    if not candidates:
        return []
    courses: Floats = np.stack([source.course for source, _ in candidates])
    courses = courses - courses.mean(1, keepdims=True)
    courses /= np.maximum(np.linalg.norm(courses, axis=1, keepdims=True), 1e-12)
    length = 2 * courses.shape[1]
    spectrum = np.fft.rfft(courses, length)
    shift = max(round(_LARGEST_SHIFT * rate), 1)
    kept: list[int] = []
    for k in range(len(candidates)):
        correlation = np.fft.irfft(spectrum[kept] * spectrum[k].conj(), length)
        close = np.concatenate([correlation[:, : shift + 1], correlation[:, -shift:]], axis=1)
        if not (np.abs(close) > limit).any():
            kept.append(k)
    return [candidates[k] for k in kept]
