"""The overview for a paper: where the units are, their twitch trains and firings."""

from typing import Any

import numpy as np

from kmu.report.figures.style import bar_length, colour_of, is_wide, nothing_found, scale_bar
from kmu.report.figures.where import draw_map
from kmu.report.overview import Overview


def draw_all_units(data: Overview, axes: Any) -> None:
    """Map and trains side by side on wide axes, one above the other on narrow ones."""
    count = len(data.score)
    axes.set_axis_off()
    if is_wide(axes) or not count:
        where = axes.inset_axes((0.0, 0.06, 0.36, 0.94))
        when = axes.inset_axes((0.44, 0.06, 0.56, 0.94))
    else:
        where = axes.inset_axes((0.0, 0.66, 1.0, 0.34))
        when = axes.inset_axes((0.08, 0.03, 0.92, 0.55))
    colours = [colour_of(k) for k in range(count)]
    spacing = (data.extent[2] / data.power.shape[0], data.extent[1] / data.power.shape[1])
    draw_map(where, data.power, data.territory, spacing, [str(unit) for unit in data.ids], colours)
    if not count:
        nothing_found(when)
        return
    step = max(len(data.time) // 4000, 1)
    for k in range(count):
        when.plot(data.time[::step], k - 0.45 * data.trains[k, ::step], color=colours[k], lw=0.5)
        when.plot(data.firings[k], np.full(len(data.firings[k]), k + 0.4), "|", color=colours[k],
                  ms=2.5, mew=0.6)  # fmt: skip
    when.set(
        xlim=(0, data.duration),
        ylim=(count - 0.3, -0.7),
        xticks=[],
        yticks=range(count),
        yticklabels=[str(unit) for unit in data.ids],
        ylabel="motor unit",
    )
    when.spines[["left", "bottom"]].set_visible(False)
    when.tick_params(axis="y", length=0)
    length = bar_length(data.duration)
    scale_bar(when, (0, count - 0.2), length, f"{length:g} s")
