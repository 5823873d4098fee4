"""When units fire: each gathers its drive until a threshold that is drawn anew every time."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from kmu.stress.world import World

Floats = NDArray[np.float64]
_CLOCK = 1000.0
"""Steps per second of the drive, Hz."""
_REST = 0.02
"""Shortest interval between two firings, s."""


def shared_drive(world: World, rng: np.random.Generator) -> Floats:
    """The course of the drive that all units share, about 1, at ``_CLOCK``."""
    steps = round(world.duration * _CLOCK) + 1
    # Gaussian smoothing of white noise over 0.1 s leaves little above 3 Hz.
    course = gaussian_filter1d(rng.standard_normal(steps + 800), 0.1 * _CLOCK)[400:-400]
    course = course / (course.std() or 1.0)
    drive: Floats = 1 + world.common_drive * course
    return drive


def discharges(world: World, drive: Floats, rng: np.random.Generator) -> Floats:
    """Firing times of one unit.

    The unit fires when the integral of its rate passes a threshold; thresholds are log-normal
    with mean 1, so that intervals have the wanted mean and spread whatever the rate does.

    Args:
        world: rates, irregularity, pauses, ramps.
        drive: of :func:`shared_drive`.
        rng: of this unit.

    Returns:
        Ascending times in s, within the recording.
    """
    seconds = np.arange(len(drive)) / _CLOCK
    base, sigma = rng.uniform(*world.rate), rng.uniform(*world.irregularity)
    recruited, silent_from = rng.uniform(0.05, 0.8), rng.uniform(0, 1)
    rate = base * drive
    if world.ramp:
        force = 1 - np.abs(2 * seconds / world.duration - 1)
        rate = rate * np.where(force >= recruited, 0.75 + 0.5 * (force - recruited), 0.0)
    count = int(4 * rate.max() * world.duration) + 20
    thresholds = np.exp(sigma * rng.standard_normal(count) - sigma**2 / 2)
    thresholds[0] *= rng.uniform()  # units are not in step when the recording begins
    gathered = np.cumsum(rate) / _CLOCK
    times = np.interp(np.cumsum(thresholds), gathered, seconds, right=np.inf)
    times = times[times < world.duration]
    if world.pause:
        begin = silent_from * (1 - world.pause) * world.duration
        times = times[(times < begin) | (times > begin + world.pause * world.duration)]
    if len(times):
        times = times[np.diff(times, prepend=-np.inf) >= _REST]
    return np.asarray(times, np.float64)
