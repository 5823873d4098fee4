"""Which motor units a contraction recruits, and how fast they fire (Fuglevand et al. 1993)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmu.config.muscle import PoolConfig, TwitchConfig


@dataclass(frozen=True, eq=False)
class MotorPool:
    """A pool of N motor units in order of recruitment.

    Attributes:
        threshold: (N,) excitation at which each unit is recruited, from 1 upwards.
        twitch_force: (N,) twitch force relative to the weakest unit's.
        contraction_time: (N,) seconds to the twitch's peak.
        minimum_rate: (N,) Hz at recruitment.
        peak_rate: (N,) Hz that is never exceeded.
        rate_gain: Hz per unit of excitation above threshold.
    """

    threshold: NDArray[np.float64]
    twitch_force: NDArray[np.float64]
    contraction_time: NDArray[np.float64]
    minimum_rate: NDArray[np.float64]
    peak_rate: NDArray[np.float64]
    rate_gain: float

    def __len__(self) -> int:
        return len(self.threshold)

    @property
    def full_excitation(self) -> float:
        """The excitation at which every unit fires at its peak rate: 100 % MVC."""
        return float(
            np.max(self.threshold + (self.peak_rate - self.minimum_rate) / max(self.rate_gain, 0.1))
        )

    def rates(self, excitation: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Firing rates in Hz for an excitation or a course of it.

        Args:
            excitation: scalar or (T,).

        Returns:
            (N,) or (N, T); 0 for units below their threshold.
        """
        excitation = np.asarray(excitation, np.float64)
        shape = (-1,) + (1,) * excitation.ndim
        threshold = self.threshold.reshape(shape)
        rate = self.minimum_rate.reshape(shape) + self.rate_gain * (excitation - threshold)
        rate = np.minimum(rate, self.peak_rate.reshape(shape))
        return np.where(excitation >= threshold, rate, 0.0)

    def force(self, excitation: NDArray[np.float64]) -> NDArray[np.float64]:
        """Steady force in % MVC of excitations (T,): mean force over that at full excitation.

        A unit's mean force is twitch force x contraction time x rate x gain, where the gain is
        Fuglevand's sigmoid of contraction time x rate (his equations 16 to 18).
        """
        both = np.append(np.asarray(excitation, np.float64), self.full_excitation)
        normalised = self.contraction_time[:, None] * self.rates(both)
        total = self.twitch_force @ (normalised * twitch_gain(normalised))
        return 100.0 * total[:-1] / total[-1]

    def excitation_for(self, force: NDArray[np.float64]) -> NDArray[np.float64]:
        """The excitations that hold forces (T,) in % MVC; 0 for no force.

        Read from a table of 2 000 excitations from the lowest threshold up; force only rises.
        """
        low = self.threshold[0]
        table = low + (self.full_excitation - low) * np.linspace(0.0, 1.0, 2000) ** 2
        found = np.interp(force, np.maximum.accumulate(self.force(table)), table)
        return np.where(np.asarray(force) > 0, found, 0.0)


def twitch_gain(normalised_rate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fuglevand's gain of twitch force against rate x contraction time (his equations 16, 17).

    1 below 0.4; above, (1 - exp(-2 x^3)) / x, scaled to 1 at 0.4.
    """
    x = np.maximum(normalised_rate, 0.4)
    return (1.0 - np.exp(-2.0 * x**3)) / x / ((1.0 - np.exp(-2.0 * 0.4**3)) / 0.4)


def make_pool(pool: PoolConfig, twitch: TwitchConfig, rng: np.random.Generator) -> MotorPool:
    """Draws a motor pool.

    Thresholds exp(i ln(RR) / N) and twitch forces exp(i ln(RP) / N) rise exponentially;
    contraction times fall as force to a power (his equations 1, 13, 14).
    """
    count = pool.pool_size
    rank = np.arange(1, count + 1) / count
    threshold = np.exp(np.log(pool.recruitment_range) * rank)
    force = np.exp(np.log(pool.force_range) * rank)
    fast, slow = twitch.contraction_time
    exponent = np.log(slow / fast) / np.log(pool.force_range)
    spread = np.clip(rng.normal(0.0, twitch.contraction_spread, count), -0.3, 0.3)
    last, first = pool.peak_rate
    peak = first - (first - last) * threshold / threshold[-1]
    minimum = rng.uniform(*pool.minimum_rate) + rng.normal(0.0, pool.rate_spread, count)
    return MotorPool(
        threshold=threshold,
        twitch_force=force,
        contraction_time=slow * force**-exponent * (1.0 + spread),
        minimum_rate=np.clip(minimum, 3.0, peak),
        peak_rate=peak,
        rate_gain=float(rng.uniform(*pool.rate_gain)),
    )
