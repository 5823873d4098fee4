"""Raikova's twitch, redrawn at every firing, summed to a unit's displacement."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kmu.config.muscle import TwitchConfig

STEP = 0.002  # s, of the displacement trains
_DOUBLET = 0.020  # s: a firing this soon after another is the second of a doublet
_LENGTH = 5.0  # contraction times after which a twitch is over (2e-5 of its height is left)


def shape_exponent(relaxation_ratio: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Raikova's p = ln 2 / (r - 1 - ln r) for half-relaxation over contraction time r."""
    ratio = np.asarray(relaxation_ratio, np.float64)
    return np.log(2.0) / (ratio - 1.0 - np.log(ratio))


def twitch(time: NDArray[np.float64], exponent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Displacement of height 1: x^p exp(p (1 - x)) at ``time`` in contraction times, 0 before 0."""
    x = np.maximum(time, np.float32(1e-6))
    return np.exp(exponent * (np.log(x) + 1.0 - x))


def peak_slope(exponent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest slope of :func:`twitch` per contraction time; it is reached at 1 - 1/sqrt(p)."""
    x = 1.0 - 1.0 / np.sqrt(exponent)
    return exponent * (1.0 / x - 1.0) * twitch(x, exponent)


@dataclass(frozen=True, eq=False)
class UnitTwitches:
    """Twitch properties of K units.

    Attributes:
        contraction_time: (K,) s.
        relaxation_ratio: (K,) half-relaxation over contraction time.
        height: (K,) mm of displacement, negative for units that move tissue the other way.
        lead_time: (K,) s from the firing to the start of the twitch.
        variability: relative standard deviation from firing to firing.
        fusion_loss: how much a twitch shrinks per twitch height not yet relaxed.
        doublet_height: factor on twitches whose firing follows another within 20 ms.
    """

    contraction_time: NDArray[np.float64]
    relaxation_ratio: NDArray[np.float64]
    height: NDArray[np.float64]
    lead_time: NDArray[np.float64]
    variability: float
    fusion_loss: float
    doublet_height: float = 1.0

    def select(self, which: NDArray[np.intp]) -> "UnitTwitches":
        """The twitches of the units that an index array names."""
        names = ("contraction_time", "relaxation_ratio", "height", "lead_time")
        return replace(self, **{name: getattr(self, name)[which] for name in names})


def draw_twitches(
    contraction_time: NDArray[np.float64],
    twitch_force: NDArray[np.float64],
    config: TwitchConfig,
    rng: np.random.Generator,
) -> UnitTwitches:
    """Draws the twitches of K units from their contraction times and relative forces."""
    count = len(contraction_time)
    if config.contraction_scale != (1.0, 1.0):
        contraction_time = contraction_time * rng.uniform(*config.contraction_scale)
    ratio = rng.uniform(*config.relaxation_ratio, count)
    exponent, log_spread = rng.uniform(*config.size_exponent), rng.uniform(*config.amplitude_spread)
    velocity = rng.uniform(*config.peak_velocity) * twitch_force**exponent
    velocity = velocity * np.exp(rng.normal(0.0, log_spread, count))
    inverted = rng.uniform(size=count) < rng.uniform(*config.inverted)
    return UnitTwitches(
        contraction_time=contraction_time,
        relaxation_ratio=ratio,
        height=np.where(inverted, -1.0, 1.0)
        * velocity
        * contraction_time
        / peak_slope(shape_exponent(ratio)),
        lead_time=np.full(count, rng.uniform(*config.lead_time)),
        variability=float(rng.uniform(*config.variability)),
        fusion_loss=float(rng.uniform(*config.fusion_loss)),
    )


def displacement_trains(
    firings: list[NDArray[np.float64]],
    units: UnitTwitches,
    start: float,
    stop: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Sums every unit's twitches.

    Each twitch is drawn anew around its unit's; one that starts before the last has relaxed is
    lower by the share ``1 / (1 + fusion_loss * height left)``.

    Args:
        firings: K arrays of firing times in s.
        units: their twitches.
        start: first time of the trains, s.
        stop: last time, s.
        rng: source of randomness.

    Returns:
        (K, N) float32 displacement in mm, every 2 ms from ``start``.
    """
    length = int(np.ceil((stop - start) / STEP)) + 2
    owner = np.repeat(np.arange(len(firings)), [len(times) for times in firings])
    count = len(owner)
    if count == 0:
        return np.zeros((len(firings), length), np.float32)
    normal = np.clip(rng.standard_normal((3, count)), -2.5, 2.5) * units.variability
    contraction = units.contraction_time[owner] * (1.0 + normal[0])
    # Half the variability for the ratio: p depends on it steeply, and it must stay above 1.
    ratio = np.maximum(units.relaxation_ratio[owner] * (1.0 + 0.5 * normal[1]), 1.25)
    height = units.height[owner] * (1.0 + normal[2])
    height *= _fusion(firings, units)
    if units.doublet_height != 1.0:
        second = [np.diff(times, prepend=-np.inf) < _DOUBLET for times in firings]
        height[np.concatenate(second)] *= units.doublet_height
    begin = np.concatenate(firings) + units.lead_time[owner]
    window = np.arange(int(np.ceil(_LENGTH * contraction.max() / STEP)) + 1)
    first = np.ceil((begin - start) / STEP).astype(np.int64)
    offset = (first * STEP + start - begin)[:, None]
    x = ((window * STEP + offset) / contraction[:, None]).astype(np.float32)
    shape = twitch(x, shape_exponent(ratio)[:, None].astype(np.float32))
    shape *= height[:, None].astype(np.float32)
    # One row too many on either side takes what falls outside.
    column = np.clip(first[:, None] + window, -1, length) + 1
    flat = (owner[:, None] * (length + 2) + column).ravel()
    summed = np.bincount(flat, weights=shape.ravel(), minlength=len(firings) * (length + 2))
    return summed.reshape(len(firings), length + 2)[:, 1:-1].astype(np.float32)


def _fusion(firings: list[NDArray[np.float64]], units: UnitTwitches) -> NDArray[np.float64]:
    """Height factor of every firing, from what the six firings before it have left."""
    factors = []
    exponent = shape_exponent(units.relaxation_ratio)
    for k, times in enumerate(firings):
        left = np.zeros(len(times))
        for back in range(1, min(7, len(times))):
            lag = (times[back:] - times[:-back]) / units.contraction_time[k]
            left[back:] += twitch(lag, exponent[k])
        factors.append(1.0 / (1.0 + units.fusion_loss * left))
    return np.concatenate(factors)
