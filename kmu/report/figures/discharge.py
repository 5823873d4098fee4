"""Firings of all units over time, and their smoothed discharge rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.motor_units import MotorUnits
from kmu.report.figures.style import colour_of, nothing_found, scale_bar

# The field's usual window for smoothed discharge rates: Hann, 0.4 s (De Luca et al. 1982).
_HALF_WINDOW_S = 0.2
_SAMPLES_PER_S = 50.0
# The distance of two rows of the figure.
_ROW_HZ = 20.0
_BAR_HZ = 10.0


@dataclass(frozen=True)
class Raster:
    """Firings over time.

    Attributes:
        firings: K arrays of s.
        ids: (K,) what each unit is called.
        duration: of the recording, s.
    """

    firings: Sequence[NDArray[np.float64]]
    ids: NDArray[np.int64]
    duration: float


@dataclass(frozen=True)
class DischargeRates:
    """Smoothed discharge rates.

    Attributes:
        time: (N,) s.
        rate: (K, N) Hz.
        ids: (K,) what each unit is called.
        duration: of the recording, s.
    """

    time: NDArray[np.float64]
    rate: NDArray[np.float64]
    ids: NDArray[np.int64]
    duration: float


def raster(units: MotorUnits) -> Raster:
    """What :func:`draw_raster` draws."""
    duration = units.twitch_train.shape[1] / units.frame_rate
    return Raster(units.firings, units.ids, duration)


def draw_raster(data: Raster, axes: Any) -> None:
    """A row of ticks for each unit, the first unit on top."""
    count = len(data.ids)
    if not count:
        nothing_found(axes)
        return
    axes.eventplot(
        list(data.firings),
        lineoffsets=range(count),
        linelengths=0.75,
        linewidths=0.7,
        colors=[colour_of(k) for k in range(count)],
    )
    _rows(axes, data.ids, data.duration)
    axes.set(ylim=(count - 0.4, -0.6))


def discharge_rates(units: MotorUnits) -> DischargeRates:
    """Firings in a Hann window of 0.4 s around each instant.

    Where the window reaches beyond the recording, the rate is that of the part inside.
    """
    duration = units.twitch_train.shape[1] / units.frame_rate
    time = np.linspace(0, duration, max(round(duration * _SAMPLES_PER_S), 2) + 1)
    inside = _integral(duration - time) - _integral(-time)
    rate = np.zeros((len(units), len(time)))
    for k, times in enumerate(units.firings):
        apart = np.abs(time[:, None] - times[None])
        window = np.where(
            apart < _HALF_WINDOW_S, 1 + np.cos(np.pi * apart / _HALF_WINDOW_S), 0.0
        ).sum(1)
        rate[k] = window / inside
    return DischargeRates(time, rate, units.ids, duration)


def _integral(until: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integral of 1 + cos(pi t / 0.2 s) from -0.2 s, where it begins, to ``until``."""
    end = np.clip(until, -_HALF_WINDOW_S, _HALF_WINDOW_S)
    return end + _HALF_WINDOW_S + _HALF_WINDOW_S / np.pi * np.sin(np.pi * end / _HALF_WINDOW_S)


def draw_rates(data: DischargeRates, axes: Any) -> None:
    """A row for each unit, 20 Hz high, with a scale bar."""
    count = len(data.ids)
    if not count:
        nothing_found(axes)
        return
    for k, rate in enumerate(data.rate):
        base = k + 0.5
        axes.fill_between(data.time, base, base - rate / _ROW_HZ, color=colour_of(k), alpha=0.35,
                          lw=0)  # fmt: skip
        axes.plot(data.time, base - rate / _ROW_HZ, color=colour_of(k))
    _rows(axes, data.ids, data.duration)
    top = min(-0.6, float((np.arange(count) + 0.5 - data.rate.max(1) / _ROW_HZ).min()) - 0.1)
    axes.set(ylim=(count - 0.4, top))
    at = (1.04 * data.duration, count - 0.5)
    scale_bar(axes, at, -_BAR_HZ / _ROW_HZ, f"{_BAR_HZ:g} Hz", vertical=True)


def _rows(axes: Any, ids: NDArray[np.int64], duration: float) -> None:
    # Rows are 3 mm or more apart, letters of 8 points fit; of very many every second is named.
    step = -(-len(ids) // 64)
    axes.set(
        xlim=(0, duration),
        xlabel="time (s)",
        ylabel="motor unit",
        yticks=range(0, len(ids), step),
        yticklabels=[str(unit) for unit in ids[::step]],
    )
    axes.tick_params(axis="y", length=0)
