"""``simulate``: from a seed to a recording and the motor units in it."""

import functools
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from kmu.config.simulation import SIMULATION_PRESETS, SimulationConfig
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.simulate import tissue as mechanics
from kmu.simulate.discharge import discharge, drive_times
from kmu.simulate.motion import common_motion
from kmu.simulate.motor_pool import MotorPool, make_pool
from kmu.simulate.muscle import draw_centres, draw_muscle
from kmu.simulate.scanner import draw_scanner
from kmu.simulate.territory import draw_shapes, rasterise
from kmu.simulate.twitch import STEP, UnitTwitches, displacement_trains, draw_twitches
from kmu.velocity import band_pass

_BEFORE = 0.6  # s simulated before the recording starts, so that it starts in mid-contraction
_AFTER = 0.05  # s after it, for delays and averaging
_INSIDE = 1.0  # mm: a unit whose centre is this far inside the field of view is in it


def simulate(
    config: str | SimulationConfig, seed: int, **overrides: Any
) -> tuple[Recording, MotorUnits]:
    """Simulates one recording.

    Example:
        >>> recording, truth = simulate("low_force", seed=7)
        >>> recording.velocity.shape
        (200, 64, 64)

    Args:
        config: the name of a preset, or a configuration.
        seed: 0 or more; the same seed gives the same bits on the same machine.
        **overrides: single parameters to change, such as ``duration=5.0`` or ``snr=(20, 20)``;
            see :meth:`kmu.config.simulation.SimulationConfig.override`.

    Returns:
        The recording, and as truth the units that have their fibres in the field of view and fire
        during it: territory (0.5 on the fibres' outline), twitch train in the recording's band,
        firings in s from the first frame, score 1.

    Raises:
        InputError: if there is no such preset or parameter, or a value is out of range.
    """
    resolved = resolve(config, **overrides)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed is {seed!r}; it must be a whole number, 0 or more")
    # Several threads may sum in another order: one thread, so that bits never differ.
    with _blas().limit(limits=1, user_api="blas"):
        return _scene(resolved, int(seed))


def resolve(config: str | SimulationConfig, **overrides: Any) -> SimulationConfig:
    """The configuration of a preset's name or of itself, with overrides."""
    if isinstance(config, str):
        if config not in SIMULATION_PRESETS:
            raise InputError(
                f"no simulation preset {config!r}; choose from {list(SIMULATION_PRESETS)}"
            )
        config = SIMULATION_PRESETS[config]
    return config.override(**overrides)


@functools.cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def _scene(config: SimulationConfig, seed: int) -> tuple[Recording, MotorUnits]:
    # One stream of randomness a part: changing one part leaves the others as they were.
    # The family's name goes in, or seed 7 of two families would be the same muscle.
    family = zlib.crc32(config.family.encode())
    streams = np.random.default_rng([seed, family]).spawn(8)
    pool = make_pool(config.pool, config.twitch, streams[0])
    extent = (config.depth_pixels * config.spacing[0], config.lateral_pixels * config.spacing[1])
    muscle = draw_muscle(config.territory, extent, streams[1])
    jitter = float(streams[1].uniform(*config.territory.centre_jitter))
    centres = draw_centres(muscle, len(pool), jitter, streams[1])
    shapes = draw_shapes(
        centres, np.arange(1, len(pool) + 1) / len(pool), config.territory, streams[1]
    )
    visible = ((centres > _INSIDE) & (centres < np.array(extent) - _INSIDE)).all(axis=1)
    excitation = _excitation(config, pool, visible, streams[2])

    times = drive_times(-_BEFORE, config.duration + _AFTER)
    active = np.flatnonzero(pool.threshold <= excitation)
    rates = pool.rates(np.full(len(times), excitation))[active]
    firings = discharge(times, rates, config.pool, streams[3])
    twitches = draw_twitches(
        pool.contraction_time[active], pool.twitch_force[active], config.twitch, streams[4]
    )
    trains = displacement_trains(
        firings, twitches, -_BEFORE, config.duration + _AFTER + STEP, streams[4]
    )

    grid = (config.depth_pixels, config.lateral_pixels)
    depth = (np.arange(grid[0]) + 0.5) * config.spacing[0]
    lateral = (np.arange(grid[1]) + 0.5) * config.spacing[1]
    territory, distance = rasterise(shapes.select(active), depth, lateral)
    inside = np.clip(0.5 + 4 * muscle.level(depth[:, None], lateral[None]), 0, 1)
    drawn = mechanics.draw_tissue(config.tissue, streams[5])
    weight = mechanics.patterns(
        territory,
        distance,
        streams[5].uniform(0, 2 * np.pi, len(active)),
        inside.astype(np.float32),
        drawn,
        config.spacing,
    ).weight
    velocity, contribution = _moved(config, trains, weight, territory, twitches, drawn.stiffening)

    frames = np.arange(len(velocity)) / config.frame_rate
    scanner = draw_scanner(grid, config.spacing, config.scanner, streams[7])
    high_pass = float(streams[7].uniform(*config.scanner.high_pass))
    velocity = scanner.blur(velocity)
    signal_size = float(np.sqrt(np.mean(velocity**2))) or 0.1
    courses, maps = common_motion(frames, grid, config.spacing, config.tissue, streams[6])
    courses *= np.float32(signal_size)
    velocity += (courses @ maps.reshape(len(maps), -1)).reshape(velocity.shape)
    velocity *= scanner.gain
    noise_size = signal_size * 10 ** (-scanner.snr / 20)
    velocity += np.float32(noise_size) * scanner.draw_noise(velocity.shape, streams[7])
    velocity = band_pass(velocity, config.frame_rate, high_pass, np.inf)
    contribution = band_pass(contribution, config.frame_rate, high_pass, np.inf)

    within = [times[(times >= 0) & (times < config.duration)] for times in firings]
    true = [
        k
        for k, unit in enumerate(active)
        if visible[unit] and len(within[k]) and (territory[k] >= 0.5).any()
    ]
    recording = Recording(
        velocity=velocity,
        frame_rate=config.frame_rate,
        spacing=config.spacing,
        meta={
            "family": config.family,
            "seed": seed,
            "snr_db": scanner.snr,
            "active_units": len(true),
            "units_out_of_view": len(active) - len(true),
            "force_percent_mvc": pool.force(excitation),
            "muscle": muscle.outline,
            "high_pass_hz": high_pass,
        },
    )
    truth = MotorUnits(
        territory=territory[true],
        twitch_train=contribution.T[true],
        firings=[within[k] for k in true],
        score=np.ones(len(true), np.float32),
        frame_rate=config.frame_rate,
        spacing=config.spacing,
    )
    return recording, truth


def _excitation(
    config: SimulationConfig,
    pool: MotorPool,
    visible: NDArray[np.bool_],
    rng: np.random.Generator,
) -> float:
    """The excitation that the force asks for, or that recruits a drawn number of visible units."""
    number = int(rng.integers(config.units[0], config.units[1] + 1))
    beyond = rng.uniform()
    if config.force > 0:
        return pool.excitation_for(config.force)
    thresholds = pool.threshold[visible]
    number = min(number, len(thresholds))
    if number == 0:
        return 0.0
    following = thresholds[number] if number < len(thresholds) else pool.full_excitation
    return float(thresholds[number - 1] + 0.99 * beyond * (following - thresholds[number - 1]))


def _moved(
    config: SimulationConfig,
    trains: NDArray[np.float32],
    weight: NDArray[np.float32],
    territory: NDArray[np.float32],
    twitches: UnitTwitches,
    stiffening: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The units' velocity (T, Z, X) in mm/s, and each one's part in its own territory (T, K).

    Velocity is displacement at the end of the averaging window minus that at its start, over its
    length: an exact average, and no aliasing.
    """
    count = round(config.duration * config.frame_rate)
    window = config.scanner.averaging_time
    frames = np.arange(count) / config.frame_rate
    edges = np.concatenate([frames - window / 2, frames + window / 2])
    shared = np.isclose(window * config.frame_rate, 1.0)
    if shared:  # one window ends where the next starts
        edges = np.append(frames - window / 2, frames[-1] + window / 2)
    delays = (-mechanics.DELAY_NODE, 0.0, mechanics.DELAY_NODE) if weight.shape[1] == 3 else (0.0,)
    sampled = np.stack([_sample(trains, edges - delay) for delay in delays], axis=1)

    def rate(values: NDArray[np.float32]) -> NDArray[np.float32]:
        after, before = (values[1:], values[:-1]) if shared else (values[count:], values[:count])
        return (after - before) / np.float32(window)

    own = rate(_sample(trains, edges).T)
    if not stiffening or not len(trains):
        by_rate = np.moveaxis(rate(np.moveaxis(sampled, 2, 0)), 0, 2)
        return mechanics.summed_displacement(by_rate, weight), own
    displacement = mechanics.summed_displacement(sampled, weight)
    factor = mechanics.stiffened(displacement, stiffening / np.median(np.abs(twitches.height)))
    displacement *= factor
    flat = factor[:count].reshape(count, -1) ** 2
    core = (territory >= 0.5).reshape(len(territory), -1).astype(np.float32)
    share = flat @ (core / np.maximum(core.sum(1, keepdims=True), 1)).T
    return rate(displacement), own * share


def _sample(trains: NDArray[np.float32], times: NDArray[np.float64]) -> NDArray[np.float32]:
    """Trains (K, N), every 2 ms from the start, at other times: (K, len(times))."""
    position = (times + _BEFORE) / STEP
    index = np.clip(position.astype(np.int64), 0, trains.shape[1] - 2)
    part = (position - index).astype(np.float32)
    return trains[:, index] * (1 - part) + trains[:, index + 1] * part
