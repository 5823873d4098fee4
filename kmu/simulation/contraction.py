"""One contraction: which units are active, when they fire, and how far their fibres move."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kmu.config.simulation import SimulationConfig
from kmu.simulation.discharge import discharge, drive_times
from kmu.simulation.habits import Habits, draw_habits
from kmu.simulation.motor_pool import MotorPool, make_pool
from kmu.simulation.muscle import Muscle, draw_centres, draw_muscle
from kmu.simulation.repetition import Repetition
from kmu.simulation.territory import Shapes, draw_shapes, rasterise
from kmu.simulation.twitch import STEP, UnitTwitches, displacement_trains, draw_twitches

BEFORE = 0.6  # s simulated before the recording starts, so that it starts in mid-contraction
AFTER = 0.05  # s after it, for delays and averaging
_INSIDE = 1.0  # mm: a unit whose centre is this far inside the field of view is in it
_STEP = 0.5  # mm between the points by which the seen part of a territory is measured


@dataclass(frozen=True, eq=False)
class Contraction:
    """The K units that a contraction recruits, in order of recruitment.

    Attributes:
        muscle: the cross-section.
        pool: all its motor units.
        shapes: outlines of the K territories.
        visible: (K,) whether the unit is in the field of view, see ``least_seen``.
        firings: K arrays of firing times in s; the recording starts at 0.
        twitches: of the K units.
        trains: (K, N) float32 displacement in mm, every 2 ms from 0.6 s before the recording.
        force: % MVC at the strongest moment.
        profile: points of (time in s, share of that force).
        habits: of the K units.
    """

    muscle: Muscle
    pool: MotorPool
    shapes: Shapes
    visible: NDArray[np.bool_]
    firings: list[NDArray[np.float64]]
    twitches: UnitTwitches
    trains: NDArray[np.float32]
    force: float
    profile: tuple[tuple[float, float], ...]
    habits: Habits

    def sample(self, times: NDArray[np.float64]) -> NDArray[np.float32]:
        """The trains at other times, in s: (K, len(times)), by straight lines."""
        position = np.clip((times + BEFORE) / STEP, 0, self.trains.shape[1] - 1.001)
        index = position.astype(np.int64)
        part = (position - index).astype(np.float32)
        return self.trains[:, index] * (1 - part) + self.trains[:, index + 1] * part

    def force_share(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """The course of the force relative to its strongest moment: (len(times),)."""
        return force_course(self.profile, times)


def force_course(
    profile: tuple[tuple[float, float], ...], times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Straight lines between the points of a profile; 1 throughout if it has none."""
    if not profile:
        return np.ones(len(times))
    at, share = np.array(profile, np.float64).T
    return np.interp(times, at, share)


def contract(
    config: SimulationConfig,
    extent: tuple[float, float],
    streams: list[np.random.Generator],
    layers: tuple[float, float] = (0.0, 0.0),
    repetition: Repetition | None = None,
) -> Contraction:
    """Draws a muscle and a contraction of it.

    Args:
        config: the family.
        extent: depth and width of the field of view, mm.
        streams: six independent sources of randomness: pool, geometry, excitation, firings,
            twitches, habits. Changing one part of the simulation leaves the others as they were.
        layers: thickness in mm of what is at rest on top and at the bottom: no unit is there.
        repetition: of a series; None for a recording alone.
    """
    pool = make_pool(config.pool, config.twitch, streams[0])
    muscle = draw_muscle(config.territory, extent, streams[1])
    jitter = float(streams[1].uniform(*config.territory.centre_jitter))
    centres = draw_centres(muscle, len(pool), jitter, streams[1])
    rank = np.arange(1, len(pool) + 1) / len(pool)
    shapes = draw_shapes(centres, rank, config.territory, streams[1])
    field = (layers[0], extent[0] - layers[1], extent[1])
    visible = _visible(shapes, field, config.territory.least_seen)

    peak = _excitation(config, pool, visible, streams[2])
    profile = config.profile or _ramp(config, streams[2])
    times = drive_times(-BEFORE, config.duration + AFTER)
    share = force_course(profile, times)
    force = float(pool.force(np.array([peak]))[0])
    if repetition:
        # The number of units in view is that of the first recording; the rest follows its force.
        shapes = replace(shapes, centre=repetition.centres(centres))
        visible = _visible(shapes, field, config.territory.least_seen, repetition)
        force = min(force * repetition.force_ratio, 100.0)
        peak = float(pool.excitation_for(np.array([force]))[0])
    excitation = pool.excitation_for(force * share) if profile else np.full(len(times), peak)
    active = np.flatnonzero(pool.threshold <= excitation.max(initial=0.0))
    # In a series all units draw their twitches, whoever is active.
    drawn = np.arange(len(pool)) if repetition else active
    twitches = draw_twitches(
        pool.contraction_time[drawn], pool.twitch_force[drawn], config.twitch, streams[4]
    )
    if repetition:
        twitches = twitches.select(active)
    habits = draw_habits(len(active), config.duration, config.habits, streams[5])
    twitches = habits.twitches(twitches)
    rates = habits.rates(pool.rates(excitation)[active], twitches.contraction_time)
    firings = discharge(times, rates, config.pool, streams[3])
    firings = habits.firings(firings, config.duration, streams[5])
    return Contraction(
        muscle=muscle,
        pool=pool,
        shapes=shapes.select(active),
        visible=visible[active],
        firings=firings,
        twitches=twitches,
        trains=displacement_trains(
            firings,
            twitches,
            -BEFORE,
            config.duration + AFTER + STEP,
            # Twitches vary from firing to firing, otherwise at every repetition.
            streams[3] if repetition else streams[4],
        ),
        force=force,
        profile=profile,
        habits=habits,
    )


def _visible(
    shapes: Shapes,
    field: tuple[float, float, float],
    least_seen: float,
    repetition: Repetition | None = None,
) -> NDArray[np.bool_]:
    """(K,) which units are in a field of view: top and bottom of what moves, and width, in mm."""
    top, bottom, width = field
    if not least_seen:
        centre = repetition.image(shapes.centre) if repetition else shapes.centre
        first, last = (top + _INSIDE, _INSIDE), (bottom - _INSIDE, width - _INSIDE)
        return np.asarray(((centre > first) & (centre < last)).all(axis=1), bool)
    places = (
        np.arange(top + _STEP / 2, bottom, _STEP)[:, None],
        np.arange(_STEP / 2, width, _STEP)[None],
    )
    z, x = repetition.tissue(*places) if repetition else places
    seen = (rasterise(shapes, z, x)[0] >= 0.5).sum((1, 2)) * _STEP**2
    return np.asarray(seen >= least_seen * shapes.area, bool)


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
        return float(pool.excitation_for(np.array([config.force]))[0])
    thresholds = pool.threshold[visible]
    number = min(number, len(thresholds))
    if number == 0:
        return 0.0
    following = thresholds[number] if number < len(thresholds) else pool.full_excitation
    return float(thresholds[number - 1] + 0.99 * beyond * (following - thresholds[number - 1]))


def _ramp(config: SimulationConfig, rng: np.random.Generator) -> tuple[tuple[float, float], ...]:
    """A ramp at the start of some recordings: from part of the force to all of it, then a hold."""
    chance, start, top = rng.uniform(size=3)
    if chance >= config.ramp_share:
        return ()
    return ((0.0, float(0.7 * start)), (float((0.3 + 0.6 * top) * config.duration), 1.0))
