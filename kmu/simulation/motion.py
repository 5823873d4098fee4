"""Motion that is no motor unit: probe drift, slow shape change, arterial pulse, tremor."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmu.config.muscle import TissueConfig

_STEP = 0.002  # s, of the courses
_MARGIN = 0.1  # s of course before and after the recording


@dataclass(frozen=True, eq=False)
class CommonMotion:
    """A few smooth maps, each with its course over time.

    Attributes:
        courses: (N, M) displacement every 2 ms from 0.1 s before the recording, scaled so that
            course times map has a root mean square velocity relative to that of the units.
        maps: (M, Z, X) float32.
        shape_map: (Z, X) float32, mm of slow shape change at the full force of the contraction.
    """

    courses: NDArray[np.float64]
    maps: NDArray[np.float32]
    shape_map: NDArray[np.float32]

    def displacement(
        self, times: NDArray[np.float64], size: float, force_share: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Displacement in mm at ``times``: (T, Z, X).

        Args:
            times: (T,) s.
            size: root mean square velocity of the units, mm/s.
            force_share: (T,) force relative to the strongest moment, which shapes the muscle.
        """
        at = np.arange(len(self.courses)) * _STEP - _MARGIN
        sampled = [size * np.interp(times, at, course) for course in self.courses.T]
        factors = np.stack([*sampled, force_share], axis=1).astype(np.float32)
        maps = np.concatenate([self.maps, self.shape_map[None]])
        moved = factors @ maps.reshape(len(maps), -1)
        return moved.reshape(len(times), *self.shape_map.shape)


def common_motion(
    shape: tuple[int, int],
    spacing: tuple[float, float],
    duration: float,
    config: TissueConfig,
    rng: np.random.Generator,
) -> CommonMotion:
    """Draws the common motion of one recording.

    Args:
        shape: (Z, X) pixels.
        spacing: (dz, dx) mm.
        duration: s.
        config: sizes relative to the units' velocity.
        rng: source of randomness.
    """
    count = round((duration + 2 * _MARGIN) / _STEP) + 1
    times = np.asarray(np.arange(count) * _STEP - _MARGIN, np.float64)
    z = (np.arange(shape[0]) + 0.5) / shape[0] * 2 - 1
    x = (np.arange(shape[1]) + 0.5) / shape[1] * 2 - 1
    courses, maps = [], []

    def add(course: NDArray[np.float64], image: NDArray[np.float64], size: float) -> None:
        power = np.sqrt(np.mean(course**2) * np.mean(image**2))
        velocity = course * (size / max(float(power), 1e-12))
        courses.append(np.cumsum(velocity) * _STEP)
        maps.append(image.astype(np.float32))

    drift = rng.uniform(*config.drift)
    for share in (0.8, 0.6):  # root mean square 1 together
        add(coloured_noise(times, 0.1, 1.5, rng), _smooth_map(z, x, rng), share * drift)
    tremor = rng.uniform(*config.tremor)
    add(coloured_noise(times, 6.0, 12.0, rng), _smooth_map(z, x, rng), tremor)
    half = (shape[0] * spacing[0] / 2, shape[1] * spacing[1] / 2)
    pulse = rng.uniform(*config.pulse)
    add(_pulse(times, rng), _vessel_map(z * half[0], x * half[1], rng), pulse)
    change = _smooth_map(z, x, rng)
    change *= rng.uniform(*config.shape_change) / max(float(np.abs(change).max()), 1e-9)
    return CommonMotion(np.stack(courses, axis=1), np.stack(maps), change.astype(np.float32))


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
