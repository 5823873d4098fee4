"""What single units make of the common command: pauses, late starts, doublets, single firings."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmu.config.habits import HabitConfig
from kmu.simulation.twitch import UnitTwitches

_SLOWEST, _FASTEST = 3.0, 30.0  # Hz, of the rates that a factor may lead to
_MOST_FUSED = 1.5  # rate times contraction time beyond which twitches are one long contraction
_DOUBLET_GAP = (0.003, 0.010)  # s


@dataclass(frozen=True, eq=False)
class Habits:
    """The habits of K units.

    Attributes:
        rate_scale: factor on all rates.
        silent: (K, 3, 2) start and end in s of late start, pause and early stop; nan for none.
        single: (K,) whether a unit fires once only.
        doublet_share: (K,) share of a unit's firings that a second one follows.
        doublet_height: twitch of that second one over that of a single firing.
    """

    rate_scale: float
    silent: NDArray[np.float64]
    single: NDArray[np.bool_]
    doublet_share: NDArray[np.float64]
    doublet_height: float

    def rates(
        self, rates: NDArray[np.float64], contraction_time: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Rates (K, T) in Hz after the recording's factor; silence stays silence."""
        if self.rate_scale == 1.0:
            return rates
        most = np.clip(_MOST_FUSED / contraction_time, _SLOWEST, _FASTEST)[:, None]
        return np.where(rates > 0, np.clip(rates * self.rate_scale, _SLOWEST, most), 0.0)

    def twitches(self, units: UnitTwitches) -> UnitTwitches:
        """The twitches with the height of a doublet's second one."""
        return dataclasses.replace(units, doublet_height=self.doublet_height)

    def firings(
        self, firings: list[NDArray[np.float64]], duration: float, rng: np.random.Generator
    ) -> list[NDArray[np.float64]]:
        """The firings that these habits leave and add.

        Args:
            firings: K ascending arrays in s; the recording lasts from 0 to ``duration``.
            duration: s.
            rng: source of randomness.
        """
        changed = []
        for k, times in enumerate(firings):
            if self.doublet_share[k] > 0:
                times = _doubled(times, float(self.doublet_share[k]), rng)
            for start, stop in self.silent[k]:
                times = times[~((times >= start) & (times < stop))]  # nan is never passed
            if self.single[k]:
                inside = times[(times >= 0) & (times < duration)]
                times = inside[rng.integers(len(inside), size=1)] if len(inside) else inside
            changed.append(times)
        return changed


def _doubled(
    times: NDArray[np.float64], share: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Adds second firings, but none where one follows anyway before the twitch has risen."""
    gap = rng.uniform(*_DOUBLET_GAP, len(times))
    chosen = rng.uniform(size=len(times)) < share
    chosen &= np.diff(times, append=np.inf) > 2 * _DOUBLET_GAP[1]
    return np.sort(np.concatenate([times, times[chosen] + gap[chosen]]))


def draw_habits(
    count: int, duration: float, config: HabitConfig, rng: np.random.Generator
) -> Habits:
    """Draws the habits of ``count`` units for a recording of ``duration`` s."""

    def some(share: tuple[float, float]) -> NDArray[np.bool_]:
        return rng.uniform(size=count) < rng.uniform(*share)

    rate_scale = float(rng.uniform(*config.rate_scale))
    silent = np.full((count, 3, 2), np.nan)
    late = some(config.late_units)
    silent[late, 0] = np.stack(
        [np.full(count, -np.inf), rng.uniform(0.0, 0.7, count) * duration], axis=1
    )[late]
    pausing = some(config.pausing_units)
    length = rng.uniform(*config.pause_share, count) * duration
    start = rng.uniform(size=count) * (duration - length)
    silent[pausing, 1] = np.stack([start, start + length], axis=1)[pausing]
    stopping = some(config.stopping_units)
    silent[stopping, 2] = np.stack(
        [rng.uniform(0.3, 1.0, count) * duration, np.full(count, np.inf)], axis=1
    )[stopping]
    single = some(config.single_units)
    low, high = config.doublet_units
    with_doublets = rng.uniform(size=count) < low + (high - low) * rng.uniform() ** 4
    share = rng.uniform(*config.doublet_share, count)
    return Habits(
        rate_scale=rate_scale,
        silent=silent,
        single=single,
        doublet_share=np.where(with_doublets, share, 0.0),
        doublet_height=float(rng.uniform(*config.doublet_height)),
    )
