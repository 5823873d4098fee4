"""A recording in a handful of numbers, each cheap and none in need of the true units."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from kmu.identification.coarse import Coarse

Floats = NDArray[np.float64]

# Read in windows of this length, so many at most, evenly spread over the recording.
_WINDOW_S, _WINDOWS = 1.0, 8
# Slower motion is no unit's; the model takes it off too.
_DRIFT_S = 0.3
_NOISE_HZ = 25.0  # units have hardly any power above it
_APART_MM = 2.0  # of the pixels whose correlation is taken
_LAG_S = 0.03


@dataclass(frozen=True)
class Feature:
    """One number of a recording.

    Attributes:
        name: as tables call it.
        unit: physical unit, empty for a pure number.
        description: one sentence.
        low: what can be said of a recording that has less than those the model knows.
        high: what of one that has more.
        scale: how it is stretched before it is compared: ``log``, ``logit`` or ``plain``.
    """

    name: str
    unit: str
    description: str
    low: str
    high: str
    scale: str

    def stretched(self, values: Floats) -> Floats:
        """Values on a scale on which their distribution is about normal."""
        if self.scale == "log":
            return np.asarray(np.log(np.maximum(values, 1e-6)))
        if self.scale == "logit":
            share = np.clip(values, 1e-4, 1 - 1e-4)
            return np.asarray(np.log(share / (1 - share)))
        return values


FEATURES = (
    Feature("mean_frequency", "Hz", "mean frequency of the velocity's power above 2 Hz",
            "slower motion", "faster motion", "log"),
    Feature("noise", "", f"share of the power above {_NOISE_HZ:g} Hz",
            "less noise", "more noise", "logit"),
    Feature("depth_correlation", "", "correlation of pixels 2 mm apart in depth",
            "less alike in depth", "more alike in depth", "plain"),
    Feature("lateral_correlation", "", "correlation of pixels 2 mm apart across",
            "less alike across", "more alike across", "plain"),
    Feature("persistence", "", "correlation of the velocity with itself 30 ms later",
            "shorter twitches", "longer twitches", "plain"),
    Feature("components", "", "effective number of components in one second: the square of the "
            "eigenvalues' sum over the sum of their squares",
            "fewer independent motions", "more independent motions", "log"),
    Feature("common_motion", "", "share of the power that all pixels have in common",
            "less common motion", "more common motion", "logit"),
    Feature("amplitude", "mm/s", "root mean square velocity without drift",
            "weaker motion", "stronger motion", "log"),
    Feature("unevenness", "", "standard deviation over the pixels of the logarithm of their power",
            "the same power everywhere", "power that differs more from place to place", "log"),
    Feature("burst", "", "power of the strongest twentieth of the frames over the mean",
            "steadier power", "power that comes in bursts", "log"),
    Feature("density", "1/cm2", "units per area of the image",
            "fewer units", "more units", "log"),
)  # fmt: skip
"""What a recording is measured by; a new one is an entry here and a line below."""


def measure_features(source: Coarse, units: int) -> dict[str, float]:
    """All of ``FEATURES``.

    Args:
        source: the recording at the model's rate, as it is identified.
        units: found in it (of simulated training recordings: the true ones).
    """
    frames = source.shape[0]
    length = min(round(_WINDOW_S * source.frame_rate), frames)
    count = min(max(frames // length, 1), _WINDOWS)
    starts = np.linspace(0, frames - length, count).round().astype(int)
    rows = [_window(source, int(start), int(start) + length) for start in starts]
    told = [row for row, _, _ in rows]
    found = {name: float(np.mean([row[name] for row in told])) for name in told[0]}
    power = np.concatenate([each for _, each, _ in rows])
    strongest = np.sort(power)[-max(len(power) // 20, 1) :]
    pixels = np.mean([each for _, _, each in rows], axis=0)
    living = pixels[pixels > 0]
    area = source.inside.sum() * source.spacing[0] * source.spacing[1] / 100
    return {
        **found,
        "amplitude": float(np.sqrt(power.mean())),
        "unevenness": float(np.log(living).std()) if living.size else 0.0,
        "burst": float(strongest.mean() / max(power.mean(), 1e-30)),
        "density": max(units, 0.5) / area,
    }


def _window(source: Coarse, start: int, stop: int) -> tuple[dict[str, float], Floats, Floats]:
    """The features of one second, and the mean power of every frame (T,) and pixel (P,)."""
    rate, (dz, dx) = source.frame_rate, source.spacing
    velocity = source.frames(start, stop).astype(np.float32)
    size = max(round(_DRIFT_S * rate), 1)
    slow = uniform_filter1d(velocity, size, axis=0, mode="nearest")
    velocity = velocity - uniform_filter1d(slow, size, axis=0, mode="nearest")
    flat = velocity[:, source.inside]
    power = max(float(np.mean(flat**2)), 1e-30)
    spectrum = np.mean(np.abs(np.fft.rfft(flat, axis=0)) ** 2, axis=1)
    frequency = np.fft.rfftfreq(len(flat), 1 / rate)
    spectrum = np.where(frequency >= 2, spectrum, 0)
    total = max(float(spectrum.sum()), 1e-30)
    gram = (flat @ flat.T).astype(np.float64)
    lag = max(round(_LAG_S * rate), 1)
    told = {
        "mean_frequency": float(spectrum @ frequency / total),
        "noise": float(spectrum[frequency >= _NOISE_HZ].sum() / total),
        "depth_correlation": _alike(velocity, 1, max(round(_APART_MM / dz), 1)),
        "lateral_correlation": _alike(velocity, 2, max(round(_APART_MM / dx), 1)),
        "persistence": _alike(velocity, 0, min(lag, len(velocity) - 1)),
        # Trace and squared norm are the sums of the eigenvalues and of their squares.
        "components": float(np.trace(gram) ** 2 / max(float((gram**2).sum()), 1e-30)),
        "common_motion": float(np.mean(flat.mean(1) ** 2) / power),
    }
    square = np.square(flat, dtype=np.float64)
    return told, square.mean(1), square.mean(0)


def _alike(velocity: NDArray[np.float32], axis: int, lag: int) -> float:
    """Correlation of the values with those ``lag`` further along an axis; 0 beyond its end."""
    size = velocity.shape[axis]
    if not 0 < lag < size:
        return 0.0
    first = np.take(velocity, np.arange(size - lag), axis)
    second = np.take(velocity, np.arange(lag, size), axis)
    length = float(np.sqrt(np.mean(first**2) * np.mean(second**2)))
    return float(np.mean(first * second)) / max(length, 1e-30)
