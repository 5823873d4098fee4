"""The figure of a result: where the units are, their twitch trains, their firings."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.files import replacing
from kmu.motor_units import MotorUnits

# Twelve colours that stay apart on white and on grey; reused when there are more units.
COLOURS = (
    "#d62728", "#1f77b4", "#2ca02c", "#ff7f0e", "#9467bd", "#17becf",
    "#e377c2", "#8c564b", "#bcbd22", "#003f88", "#7f0000", "#00695c",
)  # fmt: skip
_MOST_DRAWN = 30


@dataclass(frozen=True)
class Overview:
    """What the figure shows, in drawing units.

    Attributes:
        power: (Z, X) root mean square of the velocity, mm/s.
        extent: (left, right, bottom, top) of the image in mm.
        masks: (K, Z, X) bool.
        time: (T,) s.
        trains: (K, T) twitch trains divided by the largest absolute value of all of them.
        firings: K arrays of s.
        score: (K,).
        hidden: units beyond those drawn.
    """

    power: NDArray[np.float32]
    extent: tuple[float, float, float, float]
    masks: NDArray[np.bool_]
    time: NDArray[np.float64]
    trains: NDArray[np.float32]
    firings: Sequence[NDArray[np.float64]]
    score: NDArray[np.float32]
    hidden: int


def overview(power: NDArray[np.float32], units: MotorUnits, most: int = _MOST_DRAWN) -> Overview:
    """Computes what :func:`draw_overview` draws.

    Args:
        power: (Z, X) root mean square of the recording's velocity, mm/s.
        units: the result.
        most: draw at most so many units, the best.
    """
    shown = units.select(np.arange(min(len(units), most)))
    depth, width = power.shape
    dz, dx = units.spacing
    scale = float(np.abs(shown.twitch_train).max(initial=0.0)) or 1.0
    return Overview(
        power=np.asarray(power, np.float32),
        extent=(0.0, width * dx, depth * dz, 0.0),
        masks=shown.mask,
        time=np.arange(shown.twitch_train.shape[1]) / units.frame_rate,
        trains=shown.twitch_train / scale,
        firings=shown.firings,
        score=shown.score,
        hidden=len(units) - len(shown),
    )


def draw_overview(data: Overview, path: str | os.PathLike[str], title: str = "") -> None:
    """Draws territories on the velocity map, twitch trains and firings into a PNG (or PDF, SVG).

    Raises:
        InputError: if the file cannot be written.
    """
    figure = draw_figure(data, title)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)


def draw_figure(data: Overview, title: str = "") -> Any:
    """The same as a matplotlib figure, drawn without a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = len(data.score)
    figure = Figure(figsize=(11, max(4.5, 1.5 + 0.28 * count)), layout="constrained")
    FigureCanvasAgg(figure)
    where, when = figure.subplots(1, 2, width_ratios=[1, 1.3])
    image = where.imshow(data.power, cmap="gray", extent=data.extent)
    figure.colorbar(image, ax=where, label="velocity, root mean square (mm/s)", shrink=0.8)
    for k, mask in enumerate(data.masks):
        _outline(where, mask, data.extent, COLOURS[k % len(COLOURS)], str(k + 1))
    where.set(xlabel="lateral (mm)", ylabel="depth (mm)", title=title or f"{count} motor units")
    for k in range(count):
        colour = COLOURS[k % len(COLOURS)]
        # Two thousand points are more than a screen shows.
        step = max(1, len(data.time) // 2000)
        when.plot(data.time[::step], k - 0.6 * data.trains[k][::step], color=colour, lw=0.7)
        when.plot(data.firings[k], np.full(len(data.firings[k]), k + 0.38), "|", color=colour, ms=5)
    when.set(
        xlabel="time (s)",
        ylabel="motor unit (score)",
        title="twitch trains and firings" if count else "no motor unit found",
        ylim=(max(count, 1) - 0.3, -0.9),
        yticks=range(count),
        yticklabels=[f"{k + 1}  ({score:.2f})" for k, score in enumerate(data.score)],
    )
    if data.hidden:
        when.annotate(f"and {data.hidden} more", (1, 0), xycoords="axes fraction", ha="right")
    return figure


def _outline(
    axes: Any,
    mask: NDArray[np.bool_],
    extent: tuple[float, float, float, float],
    colour: str,
    label: str,
) -> None:
    if not mask.any():
        return
    depth, width = mask.shape
    z = (np.arange(depth) + 0.5) * extent[2] / depth
    x = (np.arange(width) + 0.5) * extent[1] / width
    # A frame of zeros closes outlines that touch the border of the image.
    padded = np.pad(mask.astype(float), 1)
    axes.contour(
        np.concatenate([[x[0] - x[0] * 2], x, [extent[1] + x[0]]]),
        np.concatenate([[z[0] - z[0] * 2], z, [extent[2] + z[0]]]),
        padded, levels=[0.5], colors=[colour], linewidths=1.4,
    )  # fmt: skip
    rows, columns = np.nonzero(mask)
    axes.text(x[columns].mean(), z[rows].mean(), label, color=colour, ha="center", va="center")
    axes.set(xlim=extent[:2], ylim=extent[2:])
