"""What a lab adds that is no motor unit: tremor of the whole image, flow, jolts, sliding."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmu.config.disturbance import DisturbanceConfig
from kmu.simulation.motion import coloured_noise

_STEP = 0.001  # s, of the courses
_MARGIN = 0.1  # s of course before and after the recording


@dataclass(frozen=True, eq=False)
class Disturbance:
    """Motion of one recording that is added to that of the units.

    Attributes:
        relative: (N, R) displacement every ms from 0.1 s before the recording, per mm/s of the
            units' root mean square velocity.
        relative_maps: (R, Z, X) float32, where it is seen.
        jolts: (N,) displacement in mm of the whole image.
        jolt_times: (J,) s at which jolts start.
        lumen: (Z, X) float32 in [0, 1], 1 where blood flows.
        slide: mm that the probe slides sideways over the recording, to either side.
        duration: s.
    """

    relative: NDArray[np.float64]
    relative_maps: NDArray[np.float32]
    jolts: NDArray[np.float64]
    jolt_times: NDArray[np.float64]
    lumen: NDArray[np.float32]
    slide: float
    duration: float

    @property
    def moves(self) -> bool:
        """Whether there is any motion to add."""
        return bool(len(self.jolt_times)) or bool(self.relative.any())

    def displacement(self, times: NDArray[np.float64], size: float) -> NDArray[np.float32]:
        """Displacement in mm at ``times``: (T, Z, X), for units of ``size`` mm/s."""
        at = np.arange(len(self.jolts)) * _STEP - _MARGIN
        courses = [size * np.interp(times, at, course) for course in self.relative.T]
        factors = np.stack([*courses, np.interp(times, at, self.jolts)], axis=1).astype(np.float32)
        maps = np.concatenate([self.relative_maps, np.ones_like(self.lumen)[None]])
        moved = factors @ maps.reshape(len(maps), -1)
        return moved.reshape(len(times), *self.lumen.shape)

    def slid(
        self, velocity: NDArray[np.float32], times: NDArray[np.float64], pixel: float
    ) -> NDArray[np.float32]:
        """Velocity (T, Z, X) seen by a probe that slides, with pixels ``pixel`` mm wide."""
        if not self.slide:
            return velocity
        width = velocity.shape[2]
        aside = self.slide * (times / self.duration - 0.5) / pixel
        place = np.clip(np.arange(width)[None] + aside[:, None], 0, width - 1.001)
        left = place.astype(np.intp)[:, None, :]
        part = (place[:, None, :] - left).astype(np.float32)
        seen: NDArray[np.float32] = np.take_along_axis(velocity, left, axis=2) * (1 - part)
        seen += np.take_along_axis(velocity, left + 1, axis=2) * part
        return seen


def draw_disturbance(
    shape: tuple[int, int],
    spacing: tuple[float, float],
    duration: float,
    config: DisturbanceConfig,
    rng: np.random.Generator,
) -> Disturbance:
    """Draws the disturbances of one recording with (Z, X) pixels of ``spacing`` mm."""
    count = round((duration + 2 * _MARGIN) / _STEP) + 1
    times = np.asarray(np.arange(count) * _STEP - _MARGIN, np.float64)
    z = (np.arange(shape[0]) + 0.5) * spacing[0]
    x = (np.arange(shape[1]) + 0.5) * spacing[1]
    courses, maps = [], []

    def add(velocity: NDArray[np.float64], image: NDArray[np.float64], size: float) -> None:
        root = np.sqrt(np.mean((velocity - velocity.mean()) ** 2)) or 1.0
        courses.append(np.cumsum(velocity) * _STEP * size / root)
        maps.append(image.astype(np.float32))

    # The whole image, a little more at one side than at the other.
    tilt = rng.uniform(-0.3, 0.3)
    whole = np.broadcast_to(1.0 + tilt * (2 * x / x[-1] - 1), shape)
    add(coloured_noise(times, 8.0, 12.0, rng), whole, config.draw("image_tremor", rng))
    centre = rng.uniform(0.1, 0.9, 2) * (z[-1], x[-1])
    radius, flow = rng.uniform(*config.artery_radius), rng.uniform(*config.artery_flow)
    there = rng.uniform() < config.arteries
    distance = np.hypot(z[:, None] - centre[0], x[None, :] - centre[1])
    lumen = np.where(there, np.maximum(1.0 - (distance / radius) ** 2, 0.0), 0.0)
    pulse = _flow(times, rng.uniform(*config.heart_rate), rng)
    add(rng.choice([-1.0, 1.0]) * pulse, lumen, flow if there else 0.0)
    number = round(config.draw("jolts", rng))
    starts = np.sort(rng.uniform(0.0, max(duration - config.jolt_length, 0.0), number))
    jolts = np.zeros(count)
    for start in starts:
        since = (times - start) / config.jolt_length
        shape_of = np.where((since > 0) & (since < 1), np.sin(np.pi * since) ** 2, 0.0)
        peak = rng.uniform(*config.jolt_velocity) * rng.choice([-1.0, 1.0])
        jolts += peak * np.cumsum(shape_of) * _STEP
    slide = config.draw("probe_shift", rng) * rng.choice([-1.0, 1.0])
    return Disturbance(
        relative=np.stack(courses, axis=1),
        relative_maps=np.stack(maps),
        jolts=jolts,
        jolt_times=starts,
        lumen=(lumen > 0).astype(np.float32),
        slide=float(slide),
        duration=duration,
    )


def _flow(times: NDArray[np.float64], rate: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Velocity of blood over time: a quick rise at every beat, a slower fall, some flow always."""
    count = int((times[-1] - times[0] + 2) * rate) + 4
    gaps = np.clip(rng.normal(1.0, 0.04, count), 0.8, 1.2) / rate
    beats = times[0] - 1.5 / rate + rng.uniform(0, 0.5 / rate) + np.cumsum(gaps)
    since = np.maximum(times[:, None] - beats[None], 0.0)
    rise = rng.uniform(0.05, 0.09)
    wave: NDArray[np.float64] = (since / rise * np.exp(1.0 - since / rise)).sum(axis=1)
    return wave + 0.2
