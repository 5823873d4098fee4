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
from kmu.motor_units import MotorUnits

# Twelve colours that stay apart on white and on grey; reused when there are more units.
COLOURS = (
    "#d62728", "#1f77b4", "#2ca02c", "#ff7f0e", "#9467bd", "#17becf",
    "#e377c2", "#8c564b", "#bcbd22", "#003f88", "#7f0000", "#00695c",
)  # fmt: skip
FIGURE_ENDINGS = (".png", ".pdf", ".svg", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
# As many as the shipped models can find.
_MOST_DRAWN = 64
# More than this cannot be read in one figure.
_LONGEST_S = 10.0


@dataclass(frozen=True)
class Overview:
    """What the figure shows, in drawing units.

    Attributes:
        power: (Z, X) root mean square of the velocity, mm/s.
        extent: (left, right, bottom, top) of the image in mm.
        territory: (K, Z, X), the outline is at one half.
        time: (T,) s, of the first ten seconds at most.
        trains: (K, T) twitch trains, each divided by its own largest absolute value.
        firings: K arrays of s, in the same time.
        score: (K,).
        ids: (K,) what each unit is called.
        hidden: units beyond those drawn.
        duration: of the whole recording, s.
    """

    power: NDArray[np.float32]
    extent: tuple[float, float, float, float]
    territory: NDArray[np.float32]
    time: NDArray[np.float64]
    trains: NDArray[np.float32]
    firings: Sequence[NDArray[np.float64]]
    score: NDArray[np.float32]
    ids: NDArray[np.int64]
    hidden: int
    duration: float


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
    frames = shown.twitch_train.shape[1]
    trains = shown.twitch_train[:, : round(_LONGEST_S * units.frame_rate)]
    time = np.arange(trains.shape[1]) / units.frame_rate
    scale = np.maximum(np.abs(trains).max(axis=1, keepdims=True, initial=0.0), 1e-12)
    return Overview(
        power=np.asarray(power, np.float32),
        extent=(0.0, width * dx, depth * dz, 0.0),
        territory=shown.territory,
        time=time,
        trains=(trains / scale).astype(np.float32),
        firings=[times[times <= time[-1]] for times in shown.firings],
        score=shown.score,
        ids=shown.ids,
        hidden=len(units) - len(shown),
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
    figure = Figure(figsize=(11, max(4.5, 1.5 + 0.28 * count)), layout="constrained")
    FigureCanvasAgg(figure)
    where, when = figure.subplots(1, 2, width_ratios=[1, 1.3])
    # Dark where it moves, and never black: all colours show on it.
    image = where.imshow(
        data.power, cmap="Greys", extent=data.extent, vmin=0, vmax=1.6 * data.power.max() or 1
    )
    figure.colorbar(image, ax=where, label="velocity, root mean square (mm/s)", shrink=0.6)
    for k, territory in enumerate(data.territory):
        outline(where, territory, data.extent, COLOURS[k % len(COLOURS)], str(data.ids[k]))
    where.set(xlabel="lateral (mm)", ylabel="depth (mm)", title=title or _title(data))
    for k in range(count):
        colour = COLOURS[k % len(COLOURS)]
        when.plot(data.time, k - 0.5 * data.trains[k], color=colour, lw=0.7)
        when.plot(data.firings[k], np.full(len(data.firings[k]), k + 0.42), "|", color=colour, ms=4)
    stretch = (
        "" if data.duration <= _LONGEST_S else f", first {_LONGEST_S:g} of {data.duration:.3g} s"
    )
    when.set(
        xlabel="time (s)",
        ylabel="motor unit (score)",
        title=f"twitch trains, each to its own scale, and firings{stretch}"
        if count
        else "no motor unit found",
        ylim=(max(count, 1) - 0.3, -0.9),
        yticks=range(count),
        yticklabels=[
            f"{unit}  ({score:.2f})" for unit, score in zip(data.ids, data.score, strict=True)
        ],
    )
    return figure


def _title(data: Overview) -> str:
    """How many units there are, and how many of them are drawn."""
    drawn = len(data.score)
    units = f"{drawn + data.hidden} motor units"
    return f"{units}, the best {drawn} drawn" if data.hidden else units


def outline(
    axes: Any,
    territory: NDArray[np.float32],
    extent: tuple[float, float, float, float],
    colour: str,
    label: str = "",
) -> None:
    """Draws the outline of a territory (Z, X) at one half, and a label at its centre."""
    from matplotlib.patheffects import withStroke

    rows, columns = np.nonzero(territory >= 0.5)
    if not rows.size:
        return
    depth, width = territory.shape
    dz, dx = extent[2] / depth, extent[1] / width
    # A frame of zeros closes outlines that touch the border of the image.
    axes.contour(
        (np.arange(-1, width + 1) + 0.5) * dx, (np.arange(-1, depth + 1) + 0.5) * dz,
        np.pad(territory, 1), levels=[0.5], colors=[colour], linewidths=1.4,
    )  # fmt: skip
    axes.text(
        (columns.mean() + 0.5) * dx, (rows.mean() + 0.5) * dz, label, color=colour, ha="center",
        va="center", weight="bold", path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )  # fmt: skip
    axes.set(xlim=extent[:2], ylim=extent[2:])
