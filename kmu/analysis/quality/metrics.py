"""The measures of quality: what they are, what a good value is, and what follows from them.

Tables, docs, flags and ``--min-quality`` all read it here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.motor_units import MotorUnits


@dataclass(frozen=True)
class Metric:
    """One measure of quality.

    Attributes:
        name: of the column.
        unit: physical unit, empty for a pure number.
        description: one sentence.
        bad: a value at which the unit deserves no trust; worse ones count the same.
        good: a value at which there is nothing to complain about.
        doubtful: the unit is flagged on the bad side of this value.
    """

    name: str
    unit: str
    description: str
    bad: float
    good: float
    doubtful: float

    def grade(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values as grades from 0 (bad) to 1 (good); 0 where there is none."""
        grades = np.clip((values - self.bad) / (self.good - self.bad), 0, 1)
        return np.where(np.isfinite(values), grades, 0.0)

    def is_doubtful(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Where a value is on the bad side of ``doubtful``, or missing."""
        sign = 1 if self.good > self.bad else -1
        return ~(sign * values >= sign * self.doubtful)


# Good is about what the median true unit of simulated recordings has, doubtful what less than
# one in ten does not reach; kmu/docs/recordings.md says how well each tells true from false units.
METRICS = (
    Metric("score", "", "the model's own, from 0 to 1", 0.2, 0.95, 0.6),
    Metric(
        "explained_variance",
        "",
        "share of the velocity's variance inside the territory that this unit alone explains "
        "(above 2 Hz)",
        0.2,
        0.75,
        0.35,
    ),
    Metric(
        "signal_to_noise",
        "dB",
        "power of the unit inside its territory over what no unit explains there",
        -5.0,
        7.0,
        -2.0,
    ),
    Metric(
        "silhouette",
        "",
        "how far peaks at firings stand apart from other peaks, after a filter matched to the "
        "unit's own twitch; from -1 to 1",
        0.2,
        0.65,
        0.4,
    ),
    Metric(
        "interval_cov",
        "",
        "variation of the intervals between firings; steady contractions give 0.05 to 0.3",
        0.4,
        0.2,
        0.35,
    ),
    Metric(
        "power_6_14_hz",
        "",
        "share of the train's power at 6 to 14 Hz, where units fire in weak contractions",
        0.1,
        0.5,
        0.2,
    ),
    Metric(
        "split_half_territory",
        "",
        "correlation of the maps regressed from the first and the second half of the recording",
        0.8,
        0.995,
        0.95,
    ),
    Metric(
        "split_half_train",
        "",
        "correlation of the trains unmixed from two interleaved halves of the pixels",
        0.95,
        0.999,
        0.985,
    ),
    Metric(
        "firing_evidence",
        "",
        "share of the variance of the unit's course that its firings explain and the same firings "
        "shifted in time do not",
        0.05,
        0.6,
        0.1,
    ),
)


def overall(metrics: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """(K,) the mean grade over all metrics, from 0 to 1: what ``--min-quality`` compares."""
    return np.mean([metric.grade(metrics[metric.name]) for metric in METRICS], axis=0)


def flags(metrics: dict[str, NDArray[np.float64]]) -> list[list[str]]:
    """For each unit the names of the metrics in which it is doubtful."""
    doubtful = {metric.name: metric.is_doubtful(metrics[metric.name]) for metric in METRICS}
    count = len(metrics["score"])
    return [[name for name, which in doubtful.items() if which[k]] for k in range(count)]


def keep_best(
    units: MotorUnits, metrics: dict[str, NDArray[np.float64]], least: float
) -> tuple[MotorUnits, dict[str, NDArray[np.float64]]]:
    """The units of at least ``least`` overall quality (0 to 1), and their metrics.

    Raises:
        InputError: if ``least`` is not within 0 to 1.
    """
    if not 0 <= least <= 1:
        raise InputError(f"the least quality is {least:g}; it must lie in 0 to 1")
    kept: Sequence[int] = np.flatnonzero(overall(metrics) >= least).tolist()
    return units.select(kept), {name: values[kept] for name, values in metrics.items()}
