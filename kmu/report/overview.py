"""The figure of a result: where the units are, their twitch trains, their firings."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.files import replacing
from kmu.formulas import centroids
from kmu.motor_units import MotorUnits

# Twelve colours that stay apart on white and on grey; reused when there are more units.
COLOURS = (
    "#d62728", "#1f77b4", "#2ca02c", "#ff7f0e", "#9467bd", "#17becf",
    "#e377c2", "#8c564b", "#bcbd22", "#003f88", "#7f0000", "#00695c",
)  # fmt: skip
FIGURE_ENDINGS = (".png", ".pdf", ".svg", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
_OUTSIDE_COLOUR = "#c9def2"
# The figure of a longer recording is wider, up to so many times.
_USUAL_S = 10.0
_WIDEST = 4.0
# More points than this a unit cannot be told apart in it.
_MOST_POINTS = 10_000


@dataclass(frozen=True)
class Overview:
    """What the figure shows, in drawing units.

    Attributes:
        power: (Z, X) root mean square of the velocity, mm/s.
        extent: (left, right, bottom, top) of the image in mm.
        territory: (K, Z, X), the outline is at one half.
        time: (N,) s, every n-th frame where there are very many.
        trains: (K, N) twitch trains, each divided by its own largest absolute value.
        firings: K arrays of s.
        score: (K,).
        ids: (K,) what each unit is called.
        duration: of the recording, s.
    """

    power: NDArray[np.float32]
    extent: tuple[float, float, float, float]
    territory: NDArray[np.float32]
    time: NDArray[np.float64]
    trains: NDArray[np.float32]
    firings: Sequence[NDArray[np.float64]]
    score: NDArray[np.float32]
    ids: NDArray[np.int64]
    duration: float


def overview(power: NDArray[np.float32], units: MotorUnits) -> Overview:
    """Computes what :func:`draw_overview` draws.

    Args:
        power: (Z, X) root mean square of the recording's velocity, mm/s.
        units: the result.
    """
    depth, width = power.shape
    dz, dx = units.spacing
    frames = units.twitch_train.shape[1]
    step = max(frames // _MOST_POINTS, 1)
    scale = np.maximum(np.abs(units.twitch_train).max(axis=1, keepdims=True, initial=0.0), 1e-12)
    return Overview(
        power=np.asarray(power, np.float32),
        extent=(0.0, width * dx, depth * dz, 0.0),
        territory=units.territory,
        time=np.arange(0, frames, step) / units.frame_rate,
        trains=(units.twitch_train[:, ::step] / scale).astype(np.float32),
        firings=units.firings,
        score=units.score,
        ids=units.ids,
        duration=frames / units.frame_rate,
    )


def check_figure_name(path: str | os.PathLike[str]) -> None:
    """Refuses a name that no figure can be written to.

    Raises:
        InputError: if the ending is none that matplotlib writes.
    """
    if Path(path).suffix.lower() not in FIGURE_ENDINGS:
        raise InputError(f"{path}: a figure's name must end in one of {', '.join(FIGURE_ENDINGS)}")


def draw_overview(data: Overview, path: str | os.PathLike[str], title: str = "") -> None:
    """Draws territories on the velocity map, twitch trains and firings into a PNG (or PDF, SVG).

    Raises:
        InputError: if the file cannot be written, or its name is no figure's.
    """
    check_figure_name(path)
    figure = draw_figure(data, title)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)


def draw_figure(data: Overview, title: str = "") -> Any:
    """The same as a matplotlib figure, drawn without a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = len(data.score)
    longer = min(max(data.duration / _USUAL_S, 1.0), _WIDEST)
    size = (4.8 + 6.2 * longer, max(4.5, 1.5 + 0.28 * count))
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    where, when = figure.subplots(1, 2, width_ratios=[1, 1.3 * longer])
    # Dark where it moves, and never black: all colours show on it.
    outside = (data.power <= 0) & bool(data.power.any())
    where.set_facecolor(_OUTSIDE_COLOUR)
    seen = np.ma.masked_where(outside, data.power)
    brightest = 1.6 * data.power.max() or 1
    image = where.imshow(seen, cmap="Greys", extent=data.extent, vmin=0, vmax=brightest)
    figure.colorbar(image, ax=where, label="velocity, root mean square (mm/s)", shrink=0.6)
    for k, territory in enumerate(data.territory):
        outline(where, territory, data.extent, COLOURS[k % len(COLOURS)], str(data.ids[k]))
    lateral = "lateral (mm)" + ("; blue: outside the field of view" if outside.any() else "")
    where.set(xlabel=lateral, ylabel="depth (mm)", title=title or f"{count} motor units")
    for k in range(count):
        colour = COLOURS[k % len(COLOURS)]
        when.plot(data.time, k - 0.5 * data.trains[k], color=colour, lw=0.7)
        when.plot(data.firings[k], np.full(len(data.firings[k]), k + 0.42), "|", color=colour, ms=4)
    when.set(
        xlabel="time (s)",
        ylabel="motor unit (score)",
        title="twitch trains, each to its own scale, and firings"
        if count
        else "no motor unit found",
        xlim=(0, data.duration),
        ylim=(max(count, 1) - 0.3, -0.9),
        yticks=range(count),
        yticklabels=[
            f"{unit}  ({score:.2f})" for unit, score in zip(data.ids, data.score, strict=True)
        ],
    )
    return figure


def outline(
    axes: Any,
    territory: NDArray[np.float32],
    extent: tuple[float, float, float, float],
    colour: str,
    label: str = "",
) -> None:
    """Draws the outline of a territory (Z, X) at one half, and a label at its centre."""
    from matplotlib.patheffects import withStroke

    inside = territory >= 0.5
    if not inside.any():
        return
    depth, width = territory.shape
    dz, dx = extent[2] / depth, extent[1] / width
    below, across = centroids(inside[None], (dz, dx))[0]
    # A frame of zeros closes outlines that touch the border of the image.
    axes.contour(
        (np.arange(-1, width + 1) + 0.5) * dx, (np.arange(-1, depth + 1) + 0.5) * dz,
        np.pad(territory, 1), levels=[0.5], colors=[colour], linewidths=1.4,
    )  # fmt: skip
    axes.text(
        across, below, label, color=colour, ha="center", va="center", weight="bold",
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )  # fmt: skip
    axes.set(xlim=extent[:2], ylim=extent[2:])
