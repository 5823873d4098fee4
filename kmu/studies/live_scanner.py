"""A scanner to play to a stream: a small recording seen on many pixels, at a high frame rate."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kmu.motor_units import MotorUnits
from kmu.recording import Recording

SHAPE, SPACING, RATE = (119, 128), (0.34, 0.3), 1000.0


class Scanner:
    """A small recording as a large scanner would give it: drawn straight between its frames.

    Args:
        recording: any.

    Attributes:
        shape: (T, Z, X).
        frame_rate: Hz.
        spacing: (dz, dx), mm.
    """

    def __init__(self, recording: Recording) -> None:
        self._velocity = recording.velocity
        self._times = round(RATE / recording.frame_rate)
        self.frame_rate, self.spacing = RATE, SPACING
        frames, *pixels = recording.velocity.shape
        self.shape = (frames * self._times, *SHAPE)
        self._down, self._across = (
            _between(many, size, there, its)
            for many, size, there, its in zip(
                SHAPE, SPACING, pixels, recording.spacing, strict=True
            )
        )

    def frames(self, start: int, stop: int) -> NDArray[np.float32]:
        """Frames ``start`` to ``stop`` (excluded) as (frames, Z, X) float32, mm/s."""
        times, last = self._times, len(self._velocity) - 1
        low, high = start // times, (stop - 1) // times + 2
        slow = self._velocity[np.minimum(np.arange(low, high), last)]
        slow = np.asarray(self._down @ slow @ self._across.T, np.float32)
        at = np.arange(start, stop)
        before = at // times - low
        share = ((at % times) / np.float32(times)).astype(np.float32)[:, None, None]
        made: NDArray[np.float32] = slow[before] + share * (slow[before + 1] - slow[before])
        return made


def _between(many: int, size: float, there: int, its: float) -> NDArray[np.float32]:
    """(many, there) weights that draw pixels of ``size`` straight between those of ``its``."""
    at = np.clip((np.arange(many) + 0.5) * size / its - 0.5, 0, there - 1)
    hat = np.maximum(1 - np.abs(at[:, None] - np.arange(there)), 0)
    return np.asarray(hat, np.float32)


def on_grid(units: MotorUnits, recording: Recording) -> MotorUnits:
    """A scanner's units on the pixels of the small recording."""
    shape, spacing = recording.velocity.shape[1:], recording.spacing
    down, across = (
        _between(many, size, there, its)
        for many, size, there, its in zip(shape, spacing, SHAPE, SPACING, strict=True)
    )
    territory = np.asarray(down @ units.territory @ across.T, np.float32)
    return replace(units, territory=territory, spacing=spacing)
