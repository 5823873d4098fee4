"""Simulated units that are added to a recording: where, how large and how strong those found are.

Spike sorting does the same with recordings it calls hybrid. Every part is the simulator's own:
outlines, twitches, discharge, tissue around a unit, the scanner's blur. The recording gives its
grid, its rate, its noise and its motion, and, from a found unit drawn anew for each simulated one,
area, strength, course of the discharge rate, contraction time and distance to the next unit.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from kmu.analysis.physiology import averaged_twitch, twitch_measures
from kmu.config.simulation import SIMULATION_PRESETS
from kmu.errors import InputError
from kmu.evaluation.measures import Floats, nearest_distance
from kmu.formulas import centroids
from kmu.identification.coarse import Coarse
from kmu.identification.resample import resample_courses
from kmu.motor_units import MotorUnits
from kmu.simulation import tissue as mechanics
from kmu.simulation.contraction import AFTER, BEFORE
from kmu.simulation.discharge import discharge, drive_times
from kmu.simulation.scanner import draw_scanner
from kmu.simulation.territory import draw_shapes, rasterise
from kmu.simulation.twitch import STEP, displacement_trains, draw_twitches

FAMILY = "mixed"
"""Whose ranges everything is drawn from that the recording does not say."""
_FEWEST_FIRINGS = 4
# A unit that fires less often than this is silent, Hz.
_SILENT = 3.0
# Rates are smoothed over this, s.
_SMOOTH = 0.3
_MARGIN = 3.0  # mm around what the found units cover
_PLACES = 50  # a centre is chosen from so many


@dataclass(frozen=True, eq=False)
class Injected:
    """Simulated units and what they add to a recording at the model's rate.

    Attributes:
        units: the truth, at that rate.
        strength: (K,) root mean square of each train over that of the unit it is drawn like.
        speed: (K,) root mean square of each train, mm/s.
        courses: (K * J, T) velocity of the fibres at J delays, mm/s.
        maps: (K * J, Z, X) what the tissue takes part in it.
    """

    units: MotorUnits
    strength: Floats
    speed: Floats
    courses: NDArray[np.float32]
    maps: NDArray[np.float32]


class WithUnits:
    """A recording at the model's rate with units added, read like the recording itself."""

    def __init__(self, coarse: Coarse, injected: Injected) -> None:
        self._coarse, self._injected = coarse, injected
        self.shape, self.frame_rate, self.spacing = coarse.shape, coarse.frame_rate, coarse.spacing
        self.constant, self.power, self.warnings = None, coarse.power, coarse.warnings
        self.inside = coarse.inside

    def frames(self, start: int, stop: int) -> NDArray[np.float32]:
        """Frames ``start`` to ``stop`` (excluded) as (frames, Z, X) float32, mm/s."""
        start, stop = max(start, 0), min(stop, self.shape[0])
        courses = self._injected.courses[:, start:stop]
        added = courses.T @ self._injected.maps.reshape(len(courses), -1)
        return self._coarse.frames(start, stop) + added.reshape(-1, *self.shape[1:])


def templates(found: MotorUnits) -> NDArray[np.intp]:
    """Which found units simulated ones can be drawn like.

    Raises:
        InputError: if none is.
    """
    fits = [
        k
        for k in range(len(found))
        if len(found.firings[k]) >= _FEWEST_FIRINGS
        and found.mask[k].any()
        and found.twitch_train[k].any()
    ]
    if not fits:
        raise InputError(
            f"no unit of the result has a territory and {_FEWEST_FIRINGS} firings: simulated ones "
            "cannot be made like those found"
        )
    return np.array(fits)


def inject(
    found: MotorUnits,
    inside: NDArray[np.bool_],
    own_rate: float,
    count: int,
    strengths: tuple[float, float],
    rng: np.random.Generator,
) -> Injected:
    """Draws units for the recording that ``found`` are of.

    Args:
        found: its units at the model's rate.
        inside: (Z, X) the field of view; nothing moves beyond it.
        own_rate: frames per second of the recording as it came, Hz; trains are simulated there.
        count: how many.
        strengths: range of the root mean square of a train over that of the found unit it is drawn
            like; drawn evenly in logarithms.
        rng: source of randomness.

    Raises:
        InputError: if no found unit can be a template.
    """
    config = SIMULATION_PRESETS[FAMILY]
    like = rng.choice(templates(found), count)
    frames, rate = found.twitch_train.shape[1], found.frame_rate
    duration = frames / rate
    shapes = draw_shapes(
        _centres(found, count, rng), rng.uniform(size=count), config.territory, rng
    )
    area = found.mask[like].sum((1, 2)) * float(np.prod(found.spacing))
    factor = np.sqrt(area / (np.pi * shapes.half_length * shapes.half_width))
    lengths = ("half_length", "half_width", "sag", "gap")
    shapes = dataclasses.replace(shapes, **{n: getattr(shapes, n) * factor for n in lengths})
    grid, spacing = found.territory.shape[1:], found.spacing
    depth, lateral = ((np.arange(n) + 0.5) * d for n, d in zip(grid, spacing, strict=True))
    territory, distance = rasterise(shapes, depth, lateral)
    maps = mechanics.patterns(
        territory,
        distance,
        rng.uniform(0, 2 * np.pi, count),
        np.ones(grid, np.float32),
        mechanics.draw_tissue(config.tissue, rng, rng),
        spacing,
    )
    maps = draw_scanner(grid, spacing, config.scanner, rng).blur(maps) * inside

    twitches = draw_twitches(
        np.array([_contraction_time(found, k, rng) for k in like]),
        np.ones(count),
        dataclasses.replace(config.twitch, contraction_scale=(1.0, 1.0)),
        rng,
    )
    times = drive_times(-BEFORE, duration + AFTER)
    rates = np.stack([_rate_course(found.firings[k], times, duration) for k in like])
    firings = discharge(times, rates, config.pool, rng)
    moved = displacement_trains(firings, twitches, -BEFORE, duration + AFTER + STEP, rng)
    node = mechanics.DELAY_NODE
    delays = (-node, 0.0, node) if maps.shape[1] == 3 else (0.0,)
    courses = _velocity(moved, delays, duration, own_rate, config.scanner.averaging_time)
    courses = resample_courses(courses.reshape(-1, courses.shape[-1]), own_rate / rate, frames)
    courses = courses.reshape(count, len(delays), frames)
    train = courses[:, len(delays) // 2]
    weakest, strongest = np.log(strengths)
    strength = np.exp(rng.uniform(weakest, strongest, count))
    speed = strength * np.sqrt(np.mean(found.twitch_train[like].astype(np.float64) ** 2, axis=1))
    own = np.sqrt(np.mean(train.astype(np.float64) ** 2, axis=1))
    courses = courses * (speed / np.maximum(own, 1e-12))[:, None, None].astype(np.float32)
    units = MotorUnits(
        territory=np.clip(territory, 0, 1) * inside,
        twitch_train=courses[:, len(delays) // 2],
        firings=[one[(one >= 0) & (one < duration)] for one in firings],
        score=np.ones(count, np.float32),
        frame_rate=rate,
        spacing=spacing,
    )
    flat = (count * len(delays), -1)
    return Injected(
        units, strength, speed, courses.reshape(flat), maps.reshape(count * len(delays), *grid)
    )


def _centres(found: MotorUnits, count: int, rng: np.random.Generator) -> Floats:
    """(count, 2) mm, as far from the next unit as found ones are from each other."""
    dz, dx = found.spacing
    rows, columns = np.nonzero(found.mask.any(0))
    covered = np.stack([(rows + 0.5) * dz, (columns + 0.5) * dx], axis=1)
    extent = np.array(found.territory.shape[1:]) * (dz, dx)
    low = np.clip(covered.min(0) - _MARGIN, 1.0, extent / 2)
    high = np.clip(covered.max(0) + _MARGIN, extent / 2, extent - 1.0)
    others = centroids(found.mask, found.spacing)
    apart = nearest_distance(others)
    apart = apart[np.isfinite(apart)]
    placed = []
    for _ in range(count):
        places = rng.uniform(low, high, (_PLACES, 2))
        chosen = places[0]
        if apart.size:
            nearest = np.linalg.norm(places[:, None] - others[None], axis=2).min(1)
            chosen = places[np.abs(nearest - rng.choice(apart)).argmin()]
        placed.append(chosen)
        others = np.concatenate([others, chosen[None]])
    return np.array(placed)


def _rate_course(firings: Floats, times: Floats, duration: float) -> Floats:
    """(T,) Hz at ``times``: the smoothed discharge rate of a found unit, 0 where it is silent."""
    step = float(times[1] - times[0])
    counts, edges = np.histogram(firings, max(round(duration / step), 1), (0, duration))
    rate = gaussian_filter1d(counts / (edges[1] - edges[0]), _SMOOTH / step, mode="nearest")
    course = np.interp(times, edges[:-1] + step / 2, rate)
    return np.where(course >= _SILENT, course, 0.0)


def _contraction_time(found: MotorUnits, k: int, rng: np.random.Generator) -> float:
    """That of a found unit's averaged twitch, s; drawn where it has none that can be."""
    twitch = averaged_twitch(found.twitch_train[k], found.firings[k], found.frame_rate)
    measured = twitch_measures(twitch, found.frame_rate).get("contraction_time", np.nan) / 1000
    if 0.02 <= measured <= 0.15:
        return float(measured)
    return float(rng.uniform(*SIMULATION_PRESETS[FAMILY].twitch.contraction_time))


def _velocity(
    moved: NDArray[np.float32],
    delays: tuple[float, ...],
    duration: float,
    rate: float,
    window: float,
) -> NDArray[np.float32]:
    """(K, J, T) velocity, averaged over a window, of displacement trains every ``STEP``."""
    at = np.arange(round(duration * rate)) / rate
    known = np.arange(moved.shape[1]) * STEP - BEFORE

    def sampled(train: NDArray[np.float32], delay: float) -> Floats:
        late, early = (
            np.interp(at - delay + half, known, train) for half in (window / 2, -window / 2)
        )
        return (late - early) / window

    return np.array([[sampled(train, d) for d in delays] for train in moved], np.float32)
