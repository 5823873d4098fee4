"""The averaged twitch of every unit, side by side on one scale."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.analysis.physiology import averaged_twitch
from kmu.motor_units import MotorUnits
from kmu.report.figures.style import (
    WIDE_MM,
    bar_length,
    colour_of,
    is_wide,
    nothing_found,
    scale_bar,
    thinned,
)

_COLUMNS_WIDE, _COLUMNS_NARROW = 8, 4
# A twitch takes this much of its place, the rest is space.
_FILLED = 0.8


@dataclass(frozen=True)
class Twitches:
    """Averaged velocity after a firing.

    Attributes:
        time: (N,) ms after the firing.
        velocity: (K, N) mm/s.
        firings: (K,) how many firings each is the average of.
        ids: (K,) what each unit is called.
    """

    time: NDArray[np.float64]
    velocity: NDArray[np.float64]
    firings: NDArray[np.int64]
    ids: NDArray[np.int64]


def twitches(units: MotorUnits) -> Twitches:
    """What :func:`draw_twitches` draws; see ``kmu.analysis.physiology.averaged_twitch``."""
    time, trains = thinned(units.twitch_train, units.frame_rate)
    rate = 1 / (time[1] - time[0]) if len(time) > 1 else units.frame_rate
    found = [
        averaged_twitch(train, times, rate)
        for train, times in zip(trains, units.firings, strict=True)
    ]
    length = len(found[0]) if found else 2
    return Twitches(
        time=1000 * np.arange(length) / rate,
        velocity=np.reshape(found, (len(units), length)),
        firings=np.array([len(times) for times in units.firings], np.int64),
        ids=units.ids,
    )


def height_mm(count: int, width_mm: float) -> float:
    """Of a figure of so many twitches, mm."""
    columns = columns_of(width_mm > WIDE_MM)
    return 12 + 0.95 * width_mm / columns * max(-(-count // columns), 1)


def columns_of(wide: bool) -> int:
    """How many twitches stand side by side."""
    return _COLUMNS_WIDE if wide else _COLUMNS_NARROW


def draw_twitches(data: Twitches, axes: Any) -> None:
    """All twitches in rows, on one scale, with bars of time and velocity."""
    count = len(data.ids)
    if not count:
        nothing_found(axes)
        return
    axes.set_axis_off()
    span = float(data.time[-1]) or 1.0
    high = float(np.abs(data.velocity).max()) or 1.0
    columns = columns_of(is_wide(axes))
    rows = -(-count // columns)
    for k in range(count):
        column, row = k % columns, k // columns
        x = column + _FILLED * data.time / span
        axes.plot(x[[0, -1]], [row, row], color="#bbbbbb", lw=0.4)
        axes.plot(x, row - 0.5 * _FILLED * data.velocity[k] / high, color=colour_of(k), lw=0.9)
        label = f"{data.ids[k]} ({data.firings[k]})"
        axes.text(column, row - 0.5, label, color="black", va="bottom", ha="left")
    axes.set(xlim=(-0.05, columns), ylim=(rows + 0.25, -0.75))
    time, velocity = bar_length(span, 0.4), bar_length(high, 1.0)
    bottom = rows + 0.2
    scale_bar(axes, (0, bottom), _FILLED * time / span, f"{time:g} ms")
    label = f"{velocity:g} mm/s"
    scale_bar(axes, (0, bottom), -0.5 * _FILLED * velocity / high, label, vertical=True)
