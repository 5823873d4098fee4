"""How far a unit can be trusted, without knowing the truth.

Each metric has a record in ``METRICS`` that says what it is and what a good value is; tables,
docs, flags and ``--min-quality`` all read it there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks, welch

from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.physiology import averaged_twitch, intervals
from kmu.resample import FrameSource

_BLOCK_SECONDS = 5.0
# Drift and slow shape change explain nothing about units.
_DRIFT_S = 0.3
_RIDGE = 1e-3


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


METRICS = (
    Metric("score", "", "the model's own, from 0 to 1", 0.2, 0.9, 0.5),
    Metric(
        "explained_variance",
        "",
        "share of the velocity's variance inside the territory that this unit alone explains "
        "(above 2 Hz)",
        0.0,
        0.3,
        0.03,
    ),
    Metric(
        "signal_to_noise",
        "dB",
        "power of the unit inside its territory over what no unit explains there",
        -15.0,
        3.0,
        -10.0,
    ),
    Metric(
        "silhouette",
        "",
        "how far peaks at firings stand apart from other peaks, after a filter matched to the "
        "unit's own twitch; from -1 to 1",
        0.1,
        0.8,
        0.4,
    ),
    Metric(
        "interval_cov",
        "",
        "variation of the intervals between firings; steady contractions give 0.05 to 0.3",
        0.6,
        0.2,
        0.45,
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
        0.2,
        0.9,
        0.5,
    ),
    Metric(
        "split_half_train",
        "",
        "correlation of the trains unmixed from two interleaved halves of the pixels",
        0.3,
        0.95,
        0.6,
    ),
)


def measure_quality(units: MotorUnits, source: FrameSource) -> dict[str, NDArray[np.float64]]:
    """All of ``METRICS`` for each unit.

    Args:
        units: at the source's frame rate.
        source: the recording, best the copy at the model's rate; read once, in blocks.

    Returns:
        For each name of ``METRICS`` an array (K,), NaN where it cannot be told.

    Raises:
        InputError: if units and source have different shapes.
    """
    frames, depth, width = source.shape
    if units.twitch_train.shape[1] != frames or units.territory.shape[1:] != (depth, width):
        raise InputError(
            f"the units belong to a recording of {units.twitch_train.shape[1]} frames of "
            f"{units.territory.shape[1:]} pixels, not to this one of {source.shape}"
        )
    if not len(units):
        return {metric.name: np.zeros(0) for metric in METRICS}
    territory = units.territory.reshape(len(units), -1).astype(np.float64)
    seen = _Seen(units, source, territory)
    inside = territory >= 0.5
    size = np.maximum(inside.sum(1), 1)
    energy = np.square(seen.train).sum(1)
    power = np.where(inside, seen.power, 0).sum(1)
    own = (
        2 * np.where(inside, territory * seen.together, 0).sum(1)
        - np.where(inside, territory**2, 0).sum(1) * energy
    )
    noise = np.where(inside, seen.residual, 0).sum(1) / size
    signal = energy * np.where(inside, territory**2, 0).sum(1) / size
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 10 * np.log10(signal / noise)
    return {
        "score": units.score.astype(np.float64),
        "explained_variance": np.where(power > 0, own / np.maximum(power, 1e-12), np.nan),
        "signal_to_noise": ratio,
        "silhouette": np.array(
            [
                silhouette(train, times, units.frame_rate)
                for train, times in zip(units.twitch_train, units.firings, strict=True)
            ]
        ),
        "interval_cov": np.array([_variation(times) for times in units.firings]),
        "power_6_14_hz": power_share(units.twitch_train, units.frame_rate),
        "split_half_territory": seen.halves_of_territory(territory),
        "split_half_train": _row_correlation(*seen.half_trains),
    }


def overall(metrics: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """(K,) the mean grade over all metrics, from 0 to 1: what ``--min-quality`` compares."""
    return np.mean([metric.grade(metrics[metric.name]) for metric in METRICS], axis=0)


def flags(metrics: dict[str, NDArray[np.float64]]) -> list[list[str]]:
    """For each unit the names of the metrics in which it is doubtful."""
    doubtful = {metric.name: metric.is_doubtful(metrics[metric.name]) for metric in METRICS}
    count = len(metrics["score"])
    return [[name for name, which in doubtful.items() if which[k]] for k in range(count)]


def silhouette(
    train: NDArray[np.float32], firings: NDArray[np.float64], frame_rate: float
) -> float:
    """How well firings stand apart from the rest of a train; NaN with fewer than four firings.

    The train is filtered with the unit's own averaged twitch. Of the peaks of the result, those
    nearest to a firing (within 30 ms) are one group, all others the other; the value is (between
    - within) / max of both, with the sums of absolute distances of the first group's heights to
    the centre of the other group and to its own: the silhouette that EMG decomposition reports.
    """
    twitch = averaged_twitch(train, firings, frame_rate)
    if len(firings) < 4 or not twitch.any():
        return float("nan")
    matched = np.correlate(train.astype(np.float64), twitch, "full")[len(twitch) - 1 :]
    peaks, _ = find_peaks(np.concatenate([[-np.inf], matched, [-np.inf]]))
    peaks = peaks - 1
    if not peaks.size:
        return float("nan")
    at = peaks / frame_rate
    nearest = np.abs(at[:, None] - firings[None]).argmin(0)
    close = np.abs(at[nearest] - firings) <= 0.03
    chosen = np.zeros(len(peaks), bool)
    chosen[nearest[close]] = True
    if chosen.sum() < 4:
        return float("nan")
    if chosen.all():
        return 1.0
    heights, others = matched[peaks[chosen]], matched[peaks[~chosen]]
    within = np.abs(heights - heights.mean()).sum()
    between = np.abs(heights - others.mean()).sum()
    return float((between - within) / max(between, within, 1e-12))


def power_share(
    trains: NDArray[np.float32], frame_rate: float, low: float = 6.0, high: float = 14.0
) -> NDArray[np.float64]:
    """(K,) share of the power of courses (K, T) between two frequencies in Hz."""
    length = min(trains.shape[1], round(2 * frame_rate))
    frequency, density = welch(trains.astype(np.float64), frame_rate, nperseg=length, axis=1)
    band = (frequency >= low) & (frequency <= high)
    total = density.sum(1)
    return np.where(total > 0, density[:, band].sum(1) / np.maximum(total, 1e-30), np.nan)


class _Seen:
    """What one pass over the recording gathers: sums over time for every pixel.

    Attributes:
        train: (K, T) trains without drift.
        power: (P,) sum of squared velocity.
        residual: (P,) the same of what the units together leave.
        together: (K, P) sums of train times velocity.
        half_trains: two (K, T), each from every other pixel.
    """

    def __init__(
        self, units: MotorUnits, source: FrameSource, territory: NDArray[np.float64]
    ) -> None:
        rate, (frames, depth, width) = source.frame_rate, source.shape
        pixels = depth * width
        self.train = _without_drift(units.twitch_train.T, rate).T.astype(np.float64)
        self.power, self.residual = np.zeros(pixels), np.zeros(pixels)
        self._halves = np.zeros((2, len(units), pixels))
        checker = (np.add.outer(np.arange(depth), np.arange(width)) % 2).ravel()
        unmixers = [_unmixer(territory, checker == half) for half in (0, 1)]
        self.half_trains = (np.zeros(self.train.shape), np.zeros(self.train.shape))
        maps, trains = territory.astype(np.float32), self.train.astype(np.float32)
        length = round(_BLOCK_SECONDS * rate)
        margin = round(2 * _DRIFT_S * rate)
        for start in range(0, frames, length):
            stop = min(start + length, frames)
            low, high = max(start - margin, 0), min(stop + margin, frames)
            block = source.frames(low, high).reshape(high - low, pixels)
            velocity = _without_drift(block, rate)[start - low : stop - low]
            course = trains[:, start:stop]
            self.power += np.einsum("tp,tp->p", velocity, velocity)
            left = velocity - course.T @ maps
            self.residual += np.einsum("tp,tp->p", left, left)
            middle = min(max(frames // 2 - start, 0), stop - start)
            self._halves[0] += course[:, :middle] @ velocity[:middle]
            self._halves[1] += course[:, middle:] @ velocity[middle:]
            for half, unmixer in zip(self.half_trains, unmixers, strict=True):
                half[:, start:stop] = unmixer @ velocity.T
        self.together = self._halves.sum(0)
        self._middle = frames // 2

    def halves_of_territory(self, territory: NDArray[np.float64]) -> NDArray[np.float64]:
        """(K,) correlation of each unit's map from either half, where its territory is near."""
        maps = []
        parts = (self.train[:, : self._middle], self.train[:, self._middle :])
        for course, together in zip(parts, self._halves, strict=True):
            gram = course @ course.T
            gram += (_RIDGE * np.trace(gram) / len(gram) + 1e-12) * np.eye(len(gram))
            maps.append(np.asarray(np.linalg.solve(gram, together), np.float64))
        result = np.full(len(territory), np.nan)
        for k, place in enumerate(territory):
            near = place > 0.05
            if near.sum() > 3:
                result[k] = _row_correlation(maps[0][k : k + 1, near], maps[1][k : k + 1, near])[0]
        return result


def _without_drift(values: NDArray[np.float32], frame_rate: float) -> NDArray[np.float32]:
    """Courses (T, N) less their local mean: two moving averages of 0.3 s, half power at 2 Hz."""
    size = max(round(_DRIFT_S * frame_rate), 1)
    slow = uniform_filter1d(values, size, axis=0, mode="nearest")
    return values - uniform_filter1d(slow, size, axis=0, mode="nearest")


def _unmixer(territory: NDArray[np.float64], which: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(K, P) matrix that unmixes trains from the pixels ``which`` alone."""
    maps = np.where(which, territory, 0)
    gram = maps @ maps.T
    gram += (0.02 * np.trace(gram) / len(maps) + 1e-12) * np.eye(len(maps))
    return np.linalg.solve(gram, maps).astype(np.float32)


def _variation(firings: NDArray[np.float64]) -> float:
    steps = intervals(firings)
    return float(steps.std(ddof=1) / steps.mean()) if len(steps) > 1 else float("nan")


def _row_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """(K,) Pearson correlation of the rows of two arrays; NaN where one is constant."""
    one = one - one.mean(1, keepdims=True)
    other = other - other.mean(1, keepdims=True)
    length = np.sqrt((one**2).sum(1) * (other**2).sum(1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(length > 1e-12, (one * other).sum(1) / length, np.nan)


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
