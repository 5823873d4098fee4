"""Measuring the quality of units on their recording."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks, welch

from kmu.analysis.physiology import averaged_twitch, intervals
from kmu.analysis.quality.metrics import METRICS
from kmu.analysis.quality.one_pass import OnePass
from kmu.analysis.quality.perturbation import Perturbed, perturb
from kmu.errors import InputError
from kmu.formulas import pearson
from kmu.identification.resample import FrameSource
from kmu.motor_units import MotorUnits

# Of the moves of firings, so that a unit's quality is always the same.
_SEED = 0


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
    seen = OnePass(units, source, territory)
    inside = territory >= 0.5
    energy = np.square(seen.train).sum(1)
    power = np.where(inside, seen.power, 0).sum(1)
    own = (
        2 * np.where(inside, territory * seen.together, 0).sum(1)
        - np.where(inside, territory**2, 0).sum(1) * energy
    )
    noise = np.where(inside, seen.residual, 0).sum(1)
    signal = energy * np.where(inside, territory**2, 0).sum(1)
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
        "split_half_train": pearson(*seen.half_trains),
        "firing_evidence": _perturbed(units, seen).evidence,
    }


def perturb_units(units: MotorUnits, source: FrameSource) -> Perturbed:
    """Averaged twitches of units with their firings moved, the same each time.

    Args:
        units: at the source's frame rate.
        source: as for :func:`measure_quality`.
    """
    territory = units.territory.reshape(len(units), -1).astype(np.float64)
    return _perturbed(units, OnePass(units, source, territory))


def _perturbed(units: MotorUnits, seen: OnePass) -> Perturbed:
    return perturb(
        seen.courses, list(units.firings), units.frame_rate, np.random.default_rng(_SEED)
    )


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


def _variation(firings: NDArray[np.float64]) -> float:
    steps = intervals(firings)
    return float(steps.std(ddof=1) / steps.mean()) if len(steps) > 1 else float("nan")
