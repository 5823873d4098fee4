"""What is looked after while units are followed: where the image is, and whether they changed."""

import numpy as np

from kmu.live.calibration import Calibration
from kmu.live.pieces import Notes
from kmu.live.registration import MEMORY_S, Registration, RunningPower

# Steps from one look at the image's place to the next, about a second.
_STEPS = 4
# The unmixing follows a shift that differs by this much from the one it has, mm: less is noise.
_FOLLOWED_MM = 0.15
# A shift is told when it differs by this much from the one told last, mm.
_TOLD_MM = 0.5
# Other units are active when the maps of power are less alike than this for so many looks.
CHANGED = 0.8
_LOOKS = 3


class Following:
    """Follows the image from a calibration on.

    Args:
        calibration: as it was made.
        spacing: (dz, dx), mm.
        step: frames of a step.
        frame_rate: of the model, Hz.
        power: the running map so far, if there is one: it shows the image as it is now.
    """

    def __init__(
        self,
        calibration: Calibration,
        spacing: tuple[float, float],
        step: int,
        frame_rate: float,
        power: RunningPower | None = None,
    ) -> None:
        self._calibration, self._spacing = calibration, spacing
        self.power = power or RunningPower(step, MEMORY_S * frame_rate / step)
        self._registration = Registration(calibration.power, spacing)
        self._followed = self._told = (0.0, 0.0)
        self._steps = self._unlike = 0
        self._step = step

    @property
    def shift(self) -> tuple[float, float]:
        """(z, x) pixels that the unmixing follows."""
        return self._followed

    @property
    def alike(self) -> float:
        """Correlation of the map of power with that of the calibration."""
        return self._registration.alike

    def look(self, notes: Notes, time: float) -> Calibration | None:
        """To be called at every step.

        Returns:
            The calibration where the image is now, if it has moved enough.
        """
        self._steps += 1
        # The running map must have forgotten what it began with.
        if self._steps % _STEPS or self.power.steps < 4 * _STEPS:
            return None
        self._registration.look(self.power.map)
        self._unlike = self._unlike + 1 if self.alike < CHANGED else 0
        shift = self._registration.shift
        if self._distance(shift, self._followed) < _FOLLOWED_MM:
            return None
        self._followed = shift
        if self._distance(shift, self._told) >= _TOLD_MM:
            self._told = shift
            deep, across = (s * size for s, size in zip(shift, self._spacing, strict=True))
            notes.say(
                f"at {time:.1f} s the image has moved by {deep:+.1f} mm in depth and "
                f"{across:+.1f} mm across since the calibration: territories follow"
            )
        return self._calibration.shifted(shift)

    def changed(self, frames: int) -> bool:
        """Whether other units are active than at the calibration, at least ``frames`` ago."""
        none = not len(self._calibration.units)
        return self._steps * self._step >= frames and (none or self._unlike >= _LOOKS)

    def asked(self) -> None:
        """A recalibration was asked for: the next may come as long after as after the first."""
        self._steps = self._unlike = 0

    def _distance(self, one: tuple[float, float], other: tuple[float, float]) -> float:
        away = (np.array(one) - np.array(other)) * np.array(self._spacing)
        return float(np.hypot(*away))
