"""A recording on the coarser grid a baseline works on, and results back on its own grid."""

from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from kmu.config.baselines import GridSettings
from kmu.formulas import stretched
from kmu.recording import Recording
from kmu.velocity.estimation import band_pass


@dataclass(frozen=True, eq=False)
class Reduced:
    """What :func:`reduce_recording` made of a recording.

    Attributes:
        velocity: (t, z, x) float32 on the working grid, mm/s.
        frame_rate: of the working grid, Hz.
        spacing: of the working grid, mm.
        recording: the recording itself.
    """

    velocity: NDArray[np.float32]
    frame_rate: float
    spacing: tuple[float, float]
    recording: Recording

    @property
    def matrix(self) -> NDArray[np.float32]:
        """(t, z*x) the velocity with one column a pixel, its mean over time removed."""
        flat = self.velocity.reshape(len(self.velocity), -1)
        return flat - flat.mean(0)

    def territory_to_recording(self, territory: NDArray[np.float32]) -> NDArray[np.float32]:
        """(K, z, x) in [0, 1] on the working grid -> (K, Z, X) on the recording's own."""
        shape = self.recording.velocity.shape[1:]
        if territory.shape[1:] == shape:
            return territory
        own = (shape[0], shape[1])
        return np.clip(stretched(territory, self.spacing, own, self.recording.spacing), 0, 1)


def reduce_recording(recording: Recording, settings: GridSettings) -> Reduced:
    """Averages a recording to about the pixel and rate of ``settings``, and filters it.

    Recordings that are coarser already keep their grid. Space is averaged in whole-image blocks
    of equal size (anti-aliased linear interpolation where they are no whole pixels), time by a
    polyphase filter.
    """
    velocity = recording.velocity
    shape = velocity.shape[1:]
    rate = recording.frame_rate
    if rate > 1.2 * settings.frame_rate:
        up, down = round(settings.frame_rate), round(rate)
        common = gcd(up, down)
        velocity = signal.resample_poly(velocity, up // common, down // common, axis=0)
        velocity = velocity.astype(np.float32)
        rate = rate * up / down
    target = [
        max(round(size * step / settings.pixel), 1) if step < 0.8 * settings.pixel else size
        for size, step in zip(shape, recording.spacing, strict=True)
    ]
    spacing = tuple(
        step * size / part
        for step, size, part in zip(recording.spacing, shape, target, strict=True)
    )
    for axis, (size, part) in enumerate(zip(shape, target, strict=True), start=1):
        if part != size:
            velocity = _average(velocity, part, axis)
    if settings.smoothing:
        widths = [settings.smoothing / step for step in spacing]
        velocity = ndimage.gaussian_filter(velocity, (0, *widths))
    if len(velocity) > 30:
        velocity = filtered(velocity, rate, settings.low, settings.high)
    return Reduced(np.ascontiguousarray(velocity, np.float32), rate, spacing, recording)


def filtered(
    values: NDArray[np.float32], rate: float, low: float, high: float
) -> NDArray[np.float32]:
    """The band-pass that all baselines use: of order 2, its ends hardly continued.

    An edge of 0, or one above 0.45 of the rate, is left out.
    """
    upper = high if 0 < high < 0.45 * rate else np.inf
    # As scipy continues them: three times the coefficients.
    padding = 15 if low > 0 and upper < rate else 9
    return band_pass(values, rate, low, upper, padding=padding)


def _average(velocity: NDArray[np.float32], part: int, axis: int) -> NDArray[np.float32]:
    """Averages an axis to ``part`` equal blocks, sharing pixels between blocks by their overlap."""
    size = velocity.shape[axis]
    edges = np.arange(part + 1) * size / part
    pixels = np.arange(size)
    overlap = np.clip(
        np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels), 0, None
    )
    weights = (overlap / overlap.sum(1, keepdims=True)).astype(np.float32)
    return np.moveaxis(np.tensordot(velocity, weights, (axis, 1)), -1, axis)
