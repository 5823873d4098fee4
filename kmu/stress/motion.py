"""What moves beside units: the probe, the body, an artery."""

import numpy as np
from numpy.typing import NDArray

from kmu.stress.territory import grid_of
from kmu.stress.world import World

Floats = NDArray[np.float64]
_SWING = 0.04
"""Length of a jolt, s."""


def drift(world: World, times: Floats, rng: np.random.Generator) -> Floats:
    """(T,) slow velocity of everything, mm/s: breathing and a hand that is not still."""
    first, second = rng.uniform(0.2, 0.4), rng.uniform(0.5, 1.0)
    phases = rng.uniform(0, 2 * np.pi, 2)
    course = np.sin(2 * np.pi * first * times + phases[0])
    course = course + 0.4 * np.sin(2 * np.pi * second * times + phases[1])
    return np.asarray(world.drift / 1.4 * course)


def jolts(world: World, times: Floats, rng: np.random.Generator) -> Floats:
    """(T, Z, X) velocity of jolts, mm/s: a swing to and fro, a little stronger near the probe."""
    depth, across = grid_of(world)
    # One jolt in each equal part of the recording, clear of its ends.
    part = world.duration / world.jolts
    course = np.zeros(len(times))
    for k in range(world.jolts):
        begin = k * part + rng.uniform(0.1, 0.9) * (part - _SWING)
        phase = (times - begin) / _SWING
        inside = (phase >= 0) & (phase < 1)
        # The product is largest, 0.6495, a third of the way.
        swing = np.sin(2 * np.pi * phase) * np.sin(np.pi * phase) ** 2 / 0.6495
        course += inside * swing * rng.uniform(*world.jolt_speed) * rng.choice([-1, 1])
    tilt = rng.uniform(-0.1, 0.1)
    place = 1 - 0.2 * depth / world.size[0] + tilt * (2 * across / world.size[1] - 1)
    return np.asarray(course[:, None, None] * place)


def tremor(world: World, times: Floats, power: float, rng: np.random.Generator) -> Floats:
    """(T, Z, X) velocity of a shaking of the whole image whose mean square is ``power``."""
    depth, across = grid_of(world)
    rate, wander = rng.uniform(*world.tremor_rate), rng.uniform(0.3, 0.8)
    # The frequency wanders by half a hertz, the size by a third.
    phase = 2 * np.pi * rate * times + 0.5 / wander * np.sin(2 * np.pi * wander * times)
    size = 1 + 0.3 * np.sin(2 * np.pi * wander * times + rng.uniform(0, 2 * np.pi))
    course = size * np.sin(phase + rng.uniform(0, 2 * np.pi))
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * depth / world.size[0] + np.sin(angle) * across / world.size[1]
    whole = course[:, None, None] * (1 + 0.3 * (slope - slope.mean()))
    return np.asarray(whole * np.sqrt(power / np.mean(whole**2)))


def artery(world: World, times: Floats, rng: np.random.Generator) -> Floats:
    """(T, Z, X) velocity in mm/s of a pulsing wall and of the blood in it.

    The wall moves outwards, so the half above moves up and the half below down, falling off with
    distance; blood flows along the vessel, of which an oblique beam sees a part.
    """
    depth, across = grid_of(world)
    centre = rng.uniform(0.2, 0.8, 2) * world.size
    radius, beats = rng.uniform(1.0, 2.0), rng.uniform(1.0, 1.6)
    wall, flow = rng.uniform(2.0, 5.0), rng.uniform(4.0, 10.0) * rng.choice([-1, 1])
    y, x = depth - centre[0], across - centre[1]
    distance = np.hypot(y, x)
    beat = (beats * times + rng.uniform()) % 1 / beats
    # The pressure wave rises in 0.1 s and falls slowly, with a wave reflected at 0.35 s.
    rise = beat / 0.05 * np.exp(1 - beat / 0.05)
    back = 0.3 * np.exp(-(((beat - 0.35) / 0.05) ** 2))
    speed = np.gradient(rise + back, times)
    speed = speed / np.abs(speed).max()
    pushed = y / np.maximum(distance, radius) * radius / np.maximum(distance, radius)
    stream = np.clip(1 - (distance / radius) ** 2, 0, 1)
    moving = wall * speed[:, None, None] * pushed
    return np.asarray(moving + flow * (0.2 + rise[:, None, None]) * stream)
