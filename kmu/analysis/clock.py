"""The clock of EMG beside that of ultrasound: two recorders that start apart and run unequally."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.motor_units import MotorUnits

Floats = NDArray[np.float64]

# How far clocks are looked for: 2048 in place of 2042.5 Hz is 2700 parts per million.
_OFFSET_S, _SCALE = 0.5, 5000e-6
# Firings of one unit on both clocks are this close once the clock is right.
_CLOSE_S = 0.010
_FEWEST = 20
# The regression begins wide, and takes the pairs of units that share so many firings.
_REACHES_S, _SHARE = (0.020, 0.015, 0.010, 0.010, 0.010), 0.5
# The best clock must gather so many deviations more pairs of firings than the clocks tried do.
_CLEAR = 6.0


@dataclass(frozen=True)
class Clock:
    """Time of ultrasound = ``scale`` * time of EMG + ``offset``.

    Attributes:
        offset: s.
        scale: near 1.
        error: standard error of the scale.
        firings: pairs of firings it was fitted to.
    """

    offset: float
    scale: float
    error: float
    firings: int

    def __call__(self, times: Floats) -> Floats:
        """Times of EMG (s) on the clock of ultrasound."""
        return self.scale * times + self.offset

    @property
    def sentence(self) -> str:
        """What was fitted, in words."""
        return (
            f"the EMG's clock was fitted to {self.firings} firings: offset "
            f"{1000 * self.offset:.1f} ms, scale {1e6 * (self.scale - 1):+.0f} parts per million "
            f"(standard error {1e6 * self.error:.0f})"
        )


def fit_clock(units: MotorUnits, emg_firings: Sequence[Floats]) -> Clock:
    """Fits offset (within 0.5 s) and scale (within 5000 parts per million) of the EMG's clock.

    Which unit is which need not be known: on the right clock the differences between the firings of
    all units and those of all EMG units pile up at 0, on others they are spread evenly. The best of
    a grid of clocks is refined by linear regression, an offset for each pair of units.

    Raises:
        InputError: if no clock stands out.
    """
    duration = units.twitch_train.shape[1] / units.frame_rate
    middle = duration / 2
    pairs = [
        _differences(ours, theirs, _OFFSET_S + _SCALE * middle)
        for ours in units.firings
        for theirs in emg_firings
    ]
    fewer = np.array([min(len(a), len(b)) for a in units.firings for b in emg_firings])
    owner = np.concatenate([np.zeros(0), *(np.full(len(d), k) for k, (d, _) in enumerate(pairs))])
    apart = np.concatenate([np.zeros(0), *(d for d, _ in pairs)])
    at = np.concatenate([np.zeros(0), *(t for _, t in pairs)]) - middle
    # Ends of the recording move by half a tolerance from one scale to the next.
    step = _CLOSE_S / max(duration, 1e-3)
    count = max(int(np.ceil(_SCALE / step)), 1)
    edges = np.arange(-_OFFSET_S, _OFFSET_S + _CLOSE_S, _CLOSE_S)
    slopes = np.linspace(-_SCALE, _SCALE, 2 * count + 1)
    heaps = np.array([np.histogram(apart - slope * at, edges)[0] for slope in slopes])
    best, place = np.unravel_index(heaps.argmax(), heaps.shape)
    if heaps.max() < heaps.mean() + _CLEAR * max(float(heaps.std()), 1.0):
        raise InputError(
            "no clock of the EMG stands out: too few firings agree with those of the ultrasound; "
            "give --firings-offset, or leave --firings-clock fit out"
        )
    slope, offset = float(slopes[best]), float(edges[place] + _CLOSE_S / 2)
    error = 0.0
    close = np.zeros(len(apart), bool)
    for reach in _REACHES_S:
        close = np.abs(apart - slope * at - offset) < reach
        # A pair of units that has few of its firings there has them by chance.
        there = np.bincount(owner[close].astype(int), minlength=len(pairs))
        close &= (there >= _SHARE * fewer)[owner.astype(int)]
        if close.sum() < _FEWEST:
            raise InputError("too few firings of EMG and ultrasound agree to fit a clock")
        who = owner[close].astype(int)
        time, lag = at[close], apart[close]
        size = np.maximum(np.bincount(who, minlength=len(pairs)), 1)
        own_time = np.bincount(who, time, len(pairs)) / size
        own_lag = np.bincount(who, lag, len(pairs)) / size
        time, left = time - own_time[who], lag - own_lag[who]
        spread = max(float(time @ time), 1e-12)
        slope = float(time @ left / spread)
        offset = float(np.median(lag - slope * at[close]))
        error = float(np.sqrt(np.mean((left - slope * time) ** 2) / spread))
    # ``apart`` is ours less theirs: offset + slope * (t - middle).
    return Clock(offset - slope * middle, 1 + slope, error, int(close.sum()))


def _differences(ours: Floats, theirs: Floats, reach: float) -> tuple[Floats, Floats]:
    """Ours less theirs for all pairs of firings within ``reach``, and their times in s."""
    apart = ours[:, None] - theirs[None]
    near = np.abs(apart) <= reach
    return apart[near], np.broadcast_to(theirs, apart.shape)[near]
