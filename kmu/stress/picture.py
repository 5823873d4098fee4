"""What the scanner spoils: noise, shadows, echoes at rest, a pattern that never moves."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from kmu.stress.territory import Layers, grid_of
from kmu.stress.world import World

Floats = NDArray[np.float64]


def noise(world: World, frames: int, level: Floats, rng: np.random.Generator) -> Floats:
    """(T, Z, X) Gaussian noise alike over ``grain`` and ``noise_time``.

    Args:
        world: grain, times, frame rate.
        frames: T.
        level: (Z, X) standard deviation, mm/s.
        rng: of the noise.
    """
    values = rng.standard_normal((frames, *level.shape), np.float32)
    if world.grain:
        widths = [world.grain / 2 / spacing for spacing in world.spacing]
        values = gaussian_filter(values, [0, *widths], mode="wrap")
    lasting = world.noise_time / 1000 * world.frame_rate
    if lasting > 0.2:
        values = gaussian_filter1d(values, lasting, axis=0, mode="wrap")
    return np.asarray(values * (level / values.std()))


def noise_level(world: World, layers: Layers, power: float, rng: np.random.Generator) -> Floats:
    """(Z, X) standard deviation of the noise, mm/s.

    Args:
        world: signal-to-noise ratio, shadow, pattern.
        layers: below the muscle noise is three times as strong.
        power: mean square of the units' velocity, (mm/s)^2.
        rng: of this picture.
    """
    depth, across = grid_of(world)
    snr = rng.uniform(*world.snr)
    left = rng.uniform(0, 2 / 3) * world.size[1]
    pattern = _pattern(world, rng)
    # A linear world's noise is the same everywhere; else it grows by half towards the bottom.
    deep = 1 + (0.5 * depth / world.size[0] if world.grain else 0.0 * depth)
    place = deep * np.ones_like(across) * pattern
    place = place * np.sqrt(power / 10 ** (snr / 10) / np.mean(place**2))
    hidden = (across >= left) & (across < left + world.size[1] / 3)
    place = place * np.where(hidden, world.shadow, 1.0)
    if layers.bottom < world.size[0]:
        place = place * np.where(depth > layers.bottom, 3.0, 1.0)
    return np.asarray(place)


def gain(world: World, layers: Layers, rng: np.random.Generator) -> Floats:
    """(Z, X) what share of the tissue's velocity is measured, 1 where nothing is in the way."""
    depth, across = grid_of(world)
    seen = np.ones((depth.size, across.size)) * np.clip(_pattern(world, rng), 0, 1.5)
    for _ in range(int(rng.integers(world.echoes[0], world.echoes[1] + 1))):
        # Reverberations lie across: wide and thin.
        centre = rng.uniform(0, 1, 2) * world.size
        high, wide = rng.uniform(0.4, 1.2), rng.uniform(2.0, 7.0)
        away = ((depth - centre[0]) / high) ** 2 + ((across - centre[1]) / wide) ** 2
        seen *= 1 - rng.uniform(0.8, 1.0) * np.exp(-(away**2))
    muscle = (depth >= layers.top) & (depth <= layers.bottom)
    return np.asarray(seen * np.where(muscle, 1.0, 0.1))


def _pattern(world: World, rng: np.random.Generator) -> Floats:
    """(Z, X) a positive pattern of grains of 1.5 mm, one on average (log-normal)."""
    depth, across = grid_of(world)
    values = rng.standard_normal((depth.size, across.size))
    values = gaussian_filter(values, [0.75 / spacing for spacing in world.spacing])
    sigma = world.fixed_pattern
    return np.asarray(np.exp(sigma * values / values.std() - sigma**2 / 2))
