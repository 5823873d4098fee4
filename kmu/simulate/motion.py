"""Motion that is no motor unit: probe drift, slow shape change, arterial pulse, tremor."""

import numpy as np
from numpy.typing import NDArray

from kmu.config.muscle import TissueConfig


def common_motion(
    times: NDArray[np.float64],
    shape: tuple[int, int],
    spacing: tuple[float, float],
    config: TissueConfig,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draws common motion as a few courses with a smooth map each.

    Args:
        times: (T,) s of the frames.
        shape: (Z, X) pixels.
        spacing: (dz, dx) mm.
        config: sizes relative to the units' velocity.
        rng: source of randomness.

    Returns:
        courses (T, M) and maps (M, Z, X), float32. Their product has a root mean square velocity
        relative to that of the units; multiply by the latter for mm/s.
    """
    z = (np.arange(shape[0]) + 0.5) / shape[0] * 2 - 1
    x = (np.arange(shape[1]) + 0.5) / shape[1] * 2 - 1
    courses, maps = [], []

    def add(course: NDArray[np.float64], image: NDArray[np.float64], size: float) -> None:
        power = np.sqrt(np.mean(course**2) * np.mean(image**2))
        courses.append((course * (size / max(power, 1e-12))).astype(np.float32))
        maps.append(image.astype(np.float32))

    drift = rng.uniform(*config.drift)
    for share in (0.8, 0.6):  # root mean square 1 together
        add(coloured_noise(times, 0.1, 1.5, rng), _smooth_map(z, x, rng), share * drift)
    tremor = rng.uniform(*config.tremor)
    add(coloured_noise(times, 6.0, 12.0, rng), _smooth_map(z, x, rng), tremor)
    size = (shape[0] * spacing[0], shape[1] * spacing[1])
    add(_pulse(times, rng), _vessel_map(z * size[0] / 2, x * size[1] / 2, rng),
        rng.uniform(*config.pulse))  # fmt: skip
    return np.stack(courses, axis=1), np.stack(maps)


def coloured_noise(
    times: NDArray[np.float64], low: float, high: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Gaussian noise with power between ``low`` and ``high`` Hz, made of 12 sinusoids."""
    frequency = rng.uniform(low, high, 12)
    phase, size = rng.uniform(0, 2 * np.pi, 12), rng.rayleigh(1.0, 12)
    wave: NDArray[np.float64] = size @ np.cos(
        2 * np.pi * np.outer(frequency, times) + phase[:, None]
    )
    return wave


def _smooth_map(
    z: NDArray[np.float64], x: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """A random parabola over the field of view: shift, tilt, stretch."""
    c = rng.normal(0.0, 1.0, 6) * (1.0, 0.6, 0.6, 0.4, 0.4, 0.4)
    zz, xx = z[:, None], x[None, :]
    image: NDArray[np.float64] = (
        c[0] + c[1] * zz + c[2] * xx + c[3] * zz * zz + c[4] * zz * xx + c[5] * xx * xx
    )
    return image


def _pulse(times: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Velocity of an artery's wall: a quick rise and a slow return at every heartbeat."""
    rate = rng.uniform(0.9, 1.7)
    gaps = np.clip(rng.normal(1.0, 0.05, int((times[-1] - times[0] + 2) * rate) + 4), 0.7, 1.4)
    beats = times[0] - 1.0 + rng.uniform(0, 1 / rate) + np.cumsum(gaps) / rate
    rise, fall = rng.uniform(0.025, 0.05), rng.uniform(0.12, 0.25)
    since = times[:, None] - beats[None]
    wave = np.exp(-0.5 * (since / rise) ** 2) / rise
    wave -= np.exp(-0.5 * ((since - 1.5 * fall) / fall) ** 2) / fall
    total: NDArray[np.float64] = wave.sum(axis=1)
    return total


def _vessel_map(
    z: NDArray[np.float64], x: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Motion in depth around a vessel anywhere in or near the field of view: outwards, 1 / r."""
    centre = rng.uniform(-1.2, 1.2, 2) * (z[-1], x[-1])
    radius = rng.uniform(1.5, 3.5)
    dz, dx = z[:, None] - centre[0], x[None, :] - centre[1]
    image: NDArray[np.float64] = radius * dz / (dz**2 + dx**2 + radius**2)
    return image
