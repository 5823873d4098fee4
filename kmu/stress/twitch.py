"""What one firing moves: calcium rises, force follows and decays."""

import numpy as np
from numpy.typing import NDArray

from kmu.stress.world import World

Floats = NDArray[np.float64]


def twitch_velocity(seconds: Floats, contraction_time: float, slowness: float) -> Floats:
    """Velocity of a twitch whose largest value is 1.

    Displacement is (1 - exp(-t / rise))^2 exp(-t / decay): it starts without a step in velocity,
    as tissue with mass does, and peaks at ``contraction_time``.

    Args:
        seconds: time since the firing, s; 0 before it.
        contraction_time: of the displacement's peak, s.
        slowness: decay over rise.
    """
    # The derivative vanishes where exp(-t / rise) = 1 / (1 + 2 slowness).
    rise = contraction_time / np.log1p(2 * slowness)
    fine = np.linspace(0, contraction_time, 400)
    peak = _rate(fine, rise, slowness * rise).max()
    return np.asarray(_rate(np.maximum(seconds, 0), rise, slowness * rise) / peak)


def train_of(
    world: World, firings: Floats, rng: np.random.Generator, times: Floats, lag: float = 0.0
) -> Floats:
    """(T,) velocity in mm/s that a unit's firings give at ``times`` in s, ``lag`` s later.

    The same state of ``rng`` gives the same twitches: a lag changes only when they come.
    """
    contraction = rng.uniform(*world.contraction_time) / 1000
    slowness = rng.uniform(1.2, 2.5)
    speed = np.exp(rng.uniform(*np.log(world.speed)))
    sizes = np.maximum(1 + world.twitch_variation * rng.standard_normal(len(firings)), 0.3)
    train = np.zeros(len(times))
    for firing, size in zip(firings, sizes, strict=True):
        # After twelve contraction times a thousandth is left at most.
        first = np.searchsorted(times, firing + lag)
        last = np.searchsorted(times, firing + lag + 12 * contraction)
        train[first:last] += size * twitch_velocity(
            times[first:last] - firing - lag, contraction, slowness
        )
    return speed * train


def _rate(seconds: Floats, rise: float, decay: float) -> Floats:
    """The derivative of the displacement."""
    risen = -np.expm1(-seconds / rise)
    slope = 2 * risen * np.exp(-seconds / rise) / rise - risen**2 / decay
    return np.asarray(slope * np.exp(-seconds / decay))
