"""One unit: its territory, twitch train with firings, averaged twitch, and intervals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.analysis.physiology import LONGEST_INTERVAL_S, intervals
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.report.figures.style import (
    GREY,
    bar_length,
    colour_of,
    is_wide,
    scale_bar,
    thinned,
)
from kmu.report.figures.twitches import Twitches, twitches
from kmu.report.figures.where import draw_map

_BIN_MS = 10.0
# Where territory, train, twitch and intervals stand, as shares of the axes: left, bottom, size.
_WIDE = ((0, 0.06, 0.32, 0.94), (0.42, 0.56, 0.58, 0.38), (0.42, 0.06, 0.24, 0.3),
         (0.76, 0.06, 0.24, 0.3))  # fmt: skip
_NARROW = ((0, 0.55, 0.5, 0.45), (0.12, 0.08, 0.48, 0.28), (0.6, 0.6, 0.4, 0.4),
           (0.76, 0.08, 0.24, 0.28))  # fmt: skip


@dataclass(frozen=True)
class OneUnit:
    """All that the figure of one unit shows.

    Attributes:
        place: of the unit in the result, from 0; it gives its colour.
        id: what it is called.
        score: of it.
        territory: (Z, X) in [0, 1].
        others: (K - 1, Z, X) territories of the other units.
        spacing: (dz, dx) in mm.
        power: (Z, X) root mean square of the velocity in mm/s, None if not known.
        time: (N,) s.
        train: (N,) mm/s.
        firings: s.
        twitch: the averaged one.
        intervals: between firings without pauses, ms.
    """

    place: int
    id: int
    score: float
    territory: NDArray[np.float32]
    others: NDArray[np.float32]
    spacing: tuple[float, float]
    power: NDArray[np.float32] | None
    time: NDArray[np.float64]
    train: NDArray[np.float32]
    firings: NDArray[np.float64]
    twitch: Twitches
    intervals: NDArray[np.float64]


def one_unit(
    units: MotorUnits, unit: int | None = None, power: NDArray[np.float32] | None = None
) -> OneUnit:
    """What :func:`draw_one_unit` draws.

    Args:
        units: the result.
        unit: id of the unit; the best if None.
        power: (Z, X) root mean square of the velocity, mm/s.

    Raises:
        InputError: if there is no such unit.
    """
    known = units.ids.tolist()
    if not known or (unit is not None and unit not in known):
        named = f"unit {unit}" if unit is not None else "a unit"
        raise InputError(
            f"there is no figure of {named}: the result has "
            f"{'units ' + ', '.join(map(str, sorted(known))) if known else 'no units'}"
        )
    k = 0 if unit is None else known.index(unit)
    time, train = thinned(units.twitch_train[k], units.frame_rate)
    return OneUnit(
        place=k,
        id=known[k],
        score=float(units.score[k]),
        territory=units.territory[k],
        others=np.delete(units.territory, k, 0),
        spacing=units.spacing,
        power=power,
        time=time,
        train=train,
        firings=units.firings[k],
        twitch=twitches(units.select([k])),
        intervals=1000 * intervals(units.firings[k]),
    )


def draw_one_unit(data: OneUnit, axes: Any) -> None:
    """Territory, train, averaged twitch and histogram of intervals."""
    from matplotlib.ticker import MaxNLocator

    axes.set_axis_off()
    colour = colour_of(data.place)
    places = _WIDE if is_wide(axes) else _NARROW
    where, when, how, apart = (axes.inset_axes(place) for place in places)
    maps = np.concatenate([data.others, data.territory[None]])
    labels = [""] * len(data.others) + [str(data.id)]
    draw_map(where, data.power, maps, data.spacing, labels,
             ["#aaaaaa"] * len(data.others) + [colour])  # fmt: skip

    when.plot(data.time, data.train, color=colour, lw=0.5)
    low, high = float(data.train.min(initial=0.0)), float(data.train.max(initial=0.0))
    below = low - 0.12 * ((high - low) or 1.0)
    when.plot(data.firings, np.full(len(data.firings), below), "|", color="black", ms=3, mew=0.6)
    when.set(xlim=(0, float(data.time[-1])), xlabel="time (s)", ylabel="mm/s")
    when.set_title(f"unit {data.id}, score {data.score:.2f}", loc="left")

    how.set_axis_off()
    how.axhline(0, color="#bbbbbb", lw=0.4)
    twitch, time = data.twitch.velocity[0], data.twitch.time
    how.plot(time, twitch, color=colour)
    span, size = float(time[-1]) or 1.0, float(np.abs(twitch).max()) or 1.0
    how.set(xlim=(-0.05 * span, span), ylim=(-1.9 * size, 1.1 * size))
    length, height = bar_length(span, 0.4), bar_length(size, 1.0)
    scale_bar(how, (0, -1.8 * size), length, f"{length:g} ms")
    scale_bar(how, (0, -1.8 * size), height, f"{height:g} mm/s", vertical=True)

    bins = np.arange(0, 1000 * LONGEST_INTERVAL_S + _BIN_MS, _BIN_MS)
    apart.hist(data.intervals, bins, color=GREY, lw=0)
    apart.set(xlabel="interval (ms)", ylabel="count", xlim=(0, 1000 * LONGEST_INTERVAL_S))
    apart.yaxis.set_major_locator(MaxNLocator(3, integer=True))
