"""A scene: all that moves in front of the scanner, from a seed."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.config.base import Config
from kmu.config.simulation import SIMULATION_PRESETS, SimulationConfig
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.simulation import tissue as mechanics
from kmu.simulation.contraction import Contraction, contract
from kmu.simulation.disturbance import Disturbance, draw_disturbance
from kmu.simulation.motion import CommonMotion, common_motion
from kmu.simulation.repetition import Repetition, entropy
from kmu.simulation.territory import rasterise


def resolve(config: str | SimulationConfig, **overrides: Any) -> SimulationConfig:
    """The configuration of a preset's name or of itself, with overrides."""
    if isinstance(config, str):
        if config not in SIMULATION_PRESETS:
            raise InputError(
                f"no simulation preset {config!r}; choose from {list(SIMULATION_PRESETS)}"
            )
        config = SIMULATION_PRESETS[config]
    return config.override(**overrides)


def one_of_mixture(config: SimulationConfig, rng: np.random.Generator) -> SimulationConfig:
    """Draws what differs between the recordings of a mixed family: units, level, length, depth."""
    choice, length, depth, rest, few = rng.uniform(size=5)
    changes: dict[str, Any] = {}
    if config.mixture:
        drawn = resolve(config.mixture[int(choice * len(config.mixture))])
        changes.update(units=drawn.units, **_changed_in_sections(drawn))
    if config.unit_choices:
        changes["units"] = config.unit_choices[int(few * len(config.unit_choices))]
    if rest < config.rest_share:
        changes["units"] = (0, 0)
    if config.durations[1] > 0:
        low, high = config.durations
        # Whole tenths of a second, so that few different lengths occur.
        changes["duration"] = round(low + length * (high - low), 1)
    if config.depths[1] > 0:
        low, high = config.depths
        changes["depth_pixels"] = max(8, round((low + depth * (high - low)) / config.spacing[0]))
    return config.override(**changes)


def _changed_in_sections(preset: SimulationConfig) -> dict[str, Any]:
    """What a preset changes from the defaults in its sections: all but the size of its images."""
    pairs = [
        (section, getattr(SimulationConfig(), item.name))
        for item in dataclasses.fields(preset)
        if isinstance(section := getattr(preset, item.name), Config)
    ]
    return {
        item.name: getattr(section, item.name)
        for section, default in pairs
        for item in dataclasses.fields(section)
        if getattr(section, item.name) != getattr(default, item.name)
    }


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything about one recording but the scanner's view of it.

    Attributes:
        config: with all that a mixture leaves open decided.
        seed: of the recording.
        contraction: units, firings, displacement trains.
        territory: (K, Z, X) float32.
        weight: (K, J, Z, X) float32, motion per displacement of the fibres, at J delays.
        stiffening: loss of displacement per mm of summed displacement.
        common: motion that is no motor unit.
        disturbance: what a lab adds to it.
        artefact_seed: of the places where the scanner sees badly.
        scanner_seed: of the scanner's randomness; a seed, so that every look draws the same.
        noise_seed: of the noise's.
        repetition: of a series; None for a recording alone.
    """

    config: SimulationConfig
    seed: int
    contraction: Contraction
    territory: NDArray[np.float32]
    weight: NDArray[np.float32]
    stiffening: float
    common: CommonMotion
    disturbance: Disturbance
    artefact_seed: np.random.SeedSequence
    scanner_seed: np.random.SeedSequence
    noise_seed: np.random.SeedSequence
    repetition: Repetition | None = None

    @classmethod
    def draw(
        cls, config: SimulationConfig, seed: int, repetition: Repetition | None = None
    ) -> "Scene":
        """Draws the scene of a seed, or a repetition of it.

        Raises:
            InputError: if the seed is not a whole number, 0 or more.
        """
        root = np.random.SeedSequence(entropy(seed, config.family))
        seeds = repetition.own(root.spawn(14)) if repetition else root.spawn(14)
        streams = [np.random.default_rng(child) for child in seeds]
        config = one_of_mixture(config, streams[9])
        grid, spacing = (config.depth_pixels, config.lateral_pixels), config.spacing
        extent = (grid[0] * spacing[0], grid[1] * spacing[1])
        layers = (
            float(streams[13].uniform(*config.tissue.resting_top)),
            float(streams[13].uniform(*config.tissue.resting_bottom)),
        )
        contraction = contract(config, extent, [*streams[:5], streams[10]], layers, repetition)
        depth = np.asarray((np.arange(grid[0]) + 0.5) * spacing[0], np.float64)
        lateral = np.asarray((np.arange(grid[1]) + 0.5) * spacing[1], np.float64)
        moving = mechanics.moving_rows(depth, layers)
        places = (depth[:, None], lateral[None])
        z, x = repetition.tissue(*places) if repetition else places
        territory, distance = rasterise(contraction.shapes, z, x)
        territory = territory * moving
        inside = np.clip(0.5 + 4 * contraction.muscle.level(z, x), 0, 1)
        tissue = mechanics.draw_tissue(config.tissue, streams[5], streams[13])
        direction = streams[5].uniform(0, 2 * np.pi, len(territory))
        muscle = (inside * moving).astype(np.float32)
        weight = moving * mechanics.patterns(
            territory, distance, direction, muscle, tissue, spacing
        )
        height = np.abs(contraction.twitches.height)
        return cls(
            config=config,
            seed=int(seed),
            contraction=contraction,
            territory=territory,
            weight=weight,
            stiffening=tissue.stiffening / float(np.median(height)) if len(height) else 0.0,
            common=common_motion(grid, spacing, config.duration, config.tissue, streams[6]),
            disturbance=draw_disturbance(
                grid, spacing, config.duration, config.disturbance, streams[11]
            ),
            artefact_seed=seeds[12],
            scanner_seed=seeds[7],
            noise_seed=seeds[8],
            repetition=repetition,
        )

    def displacement(self, times: NDArray[np.float64]) -> NDArray[np.float32]:
        """Displacement in mm that the units make at ``times``: (len(times), Z, X)."""
        node = mechanics.DELAY_NODE
        delays = (-node, 0.0, node) if self.weight.shape[1] == 3 else (0.0,)
        trains = np.stack([self.contraction.sample(times - delay) for delay in delays], axis=1)
        return mechanics.summed_displacement(trains, self.weight)

    def units_velocity(
        self, frames: NDArray[np.float64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What the units do, averaged over a window around each frame.

        Velocity is displacement at the end of the window minus that at its start, over its length:
        an exact average, and no aliasing.

        Returns:
            velocity (T, Z, X) in mm/s, and each unit's part in its own territory (K, T).
        """
        window, count = self.config.scanner.averaging_time, len(frames)
        edges = np.concatenate([frames - window / 2, frames + window / 2])
        shared = bool(np.isclose(window * self.config.frame_rate, 1.0))
        if shared:  # one window ends where the next starts
            edges = np.append(edges[:count], edges[-1])

        def rate(values: NDArray[np.float32]) -> NDArray[np.float32]:
            after, before = (values[1:], values[:-1]) if shared else np.split(values, 2)
            result: NDArray[np.float32] = (after - before) / np.float32(window)
            return result

        own = rate(self.contraction.sample(edges).T).T
        displacement = self.displacement(edges)
        if not self.stiffening:
            return rate(displacement), own
        factor = mechanics.stiffened(displacement, self.stiffening)
        displacement *= factor
        core = (self.territory >= 0.5).reshape(len(self.territory), -1).astype(np.float32)
        core /= np.maximum(core.sum(1, keepdims=True), 1)
        return rate(displacement), own * (core @ factor[:count].reshape(count, -1).T ** 2)

    def size(self) -> float:
        """Root mean square velocity of the units, mm/s; 0.1 if there are none."""
        frames = np.arange(round(self.config.duration * self.config.frame_rate))
        velocity, _ = self.units_velocity(frames / self.config.frame_rate)
        return root_mean_square(velocity) or 0.1

    def total_displacement(self, times: NDArray[np.float64], size: float) -> NDArray[np.float32]:
        """Displacement in mm of everything at ``times``: (len(times), Z, X)."""
        moved = self.displacement(times)
        if self.stiffening:
            moved *= mechanics.stiffened(moved, self.stiffening)
        moved += self._other_displacement(times, size)
        return moved

    def common_velocity(self, frames: NDArray[np.float64], size: float) -> NDArray[np.float32]:
        """Velocity (T, Z, X) in mm/s of the common motion, averaged around each frame."""
        window = self.config.scanner.averaging_time
        late, early = (
            self._other_displacement(t, size) for t in (frames + window / 2, frames - window / 2)
        )
        return (late - early) / np.float32(window)

    def _other_displacement(self, times: NDArray[np.float64], size: float) -> NDArray[np.float32]:
        """Displacement (T, Z, X) in mm of all that is no motor unit."""
        moved = self.common.displacement(times, size, self.contraction.force_share(times))
        if self.disturbance.moves:
            moved += self.disturbance.displacement(times, size)
        return moved

    def truth(self, contribution: NDArray[np.float32]) -> MotorUnits:
        """The units to be found, from every unit's part (K, T) in the recording's band."""
        config, contraction = self.config, self.contraction
        within = [t[(t >= 0) & (t < config.duration)] for t in contraction.firings]
        true = [
            k
            for k, mask in enumerate(self.territory >= 0.5)
            if contraction.visible[k] and len(within[k]) and mask.any()
        ]
        return MotorUnits(
            territory=self.territory[true],
            twitch_train=contribution[true],
            firings=[within[k] for k in true],
            score=np.ones(len(true), np.float32),
            frame_rate=config.frame_rate,
            spacing=config.spacing,
            # In a series a unit has its number in the pool: active are always the first of it.
            ids=np.array(true, np.int64) + 1 if self.repetition else np.zeros(0, np.int64),
        )


def root_mean_square(values: NDArray[np.float32]) -> float:
    """The root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float32), dtype=np.float64)))
