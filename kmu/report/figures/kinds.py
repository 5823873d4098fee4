"""All kinds of figures: what each shows, who computes and draws it, how high it is."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.files import replacing
from kmu.motor_units import MotorUnits
from kmu.report.figures.all_units import draw_all_units
from kmu.report.figures.discharge import discharge_rates, draw_raster, draw_rates, raster
from kmu.report.figures.one_unit import draw_one_unit, one_unit
from kmu.report.figures.style import MM_PER_INCH, PAGE_MM, WIDE_MM, styled
from kmu.report.figures.twitches import draw_twitches, height_mm, twitches
from kmu.report.overview import overview

Power = NDArray[np.float32] | None


@dataclass(frozen=True)
class Kind:
    """A kind of figure.

    Attributes:
        help: what it shows.
        data: takes the units, the power map (or None) and a unit's id (or None).
        draw: takes what ``data`` gave, and axes.
        height: takes the number of units and the width in mm, gives the height in mm.
    """

    help: str
    data: Callable[[MotorUnits, Power, int | None], Any]
    draw: Callable[[Any, Any], None]
    height: Callable[[int, float], float]


def _overview(units: MotorUnits, power: Power, unit: int | None) -> Any:
    blank = np.zeros(units.territory.shape[1:], np.float32)
    return overview(blank if power is None else power, units)


def _overview_height(count: int, width: float) -> float:
    rows = 3.2 * count + 12
    return max(rows, 0.42 * width) if width > WIDE_MM else 0.62 * width + max(rows, 40)


KINDS: dict[str, Kind] = {
    "overview": Kind(
        "territories, twitch trains and firings of all units",
        _overview,
        draw_all_units,
        _overview_height,
    ),
    "raster": Kind(
        "firings of all units",
        lambda units, power, unit: raster(units),
        draw_raster,
        lambda count, width: 14 + 3.2 * max(count, 4),
    ),
    "twitches": Kind(
        "averaged twitch of every unit",
        lambda units, power, unit: twitches(units),
        draw_twitches,
        height_mm,
    ),
    "unit": Kind(
        "territory, twitch train, averaged twitch and intervals of one unit",
        lambda units, power, unit: one_unit(units, unit, power),
        draw_one_unit,
        lambda count, width: 0.42 * width + 10 if width > WIDE_MM else 1.05 * width,
    ),
    "rates": Kind(
        "smoothed discharge rates of all units",
        lambda units, power, unit: discharge_rates(units),
        draw_rates,
        lambda count, width: 16 + 4.5 * max(count, 4),
    ),
}


def kind_of(name: str) -> Kind:
    """The kind called ``name``; raises InputError if there is none."""
    if name not in KINDS:
        raise InputError(f"no figure {name!r}; choose from {', '.join(KINDS)}")
    return KINDS[name]


def draw_on(
    axes: Any, name: str, units: MotorUnits, power: Power = None, unit: int | None = None
) -> Any:
    """Draws a kind of figure on axes.

    Args:
        axes: of matplotlib; None for new ones of a page's width, through pyplot.
        name: key of ``KINDS``.
        units: the result.
        power: (Z, X) root mean square of the velocity in mm/s, behind the territories.
        unit: id, for the kind ``unit``; the best if None.

    Returns:
        The axes.

    Raises:
        InputError: if there is no such kind or unit.
    """
    kind = kind_of(name)
    data = kind.data(units, power, unit)
    with styled():
        if axes is None:
            import matplotlib.pyplot as plt

            size = (PAGE_MM / MM_PER_INCH, kind.height(len(units), PAGE_MM) / MM_PER_INCH)
            _, axes = plt.subplots(figsize=size, layout="constrained")
        kind.draw(data, axes)
    return axes


def save_figure(
    path: str | os.PathLike[str],
    name: str,
    units: MotorUnits,
    *,
    width_mm: float = PAGE_MM,
    power: Power = None,
    unit: int | None = None,
) -> Path:
    """Writes a figure; its ending says the format (PDF, SVG, PNG, ...).

    Args:
        path: where to.
        name: key of ``KINDS``.
        units: the result.
        width_mm: of the figure.
        power: as for :func:`draw_on`.
        unit: likewise.

    Raises:
        InputError: if there is no such kind or unit, or the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    kind = kind_of(name)
    with styled(), replacing(path) as temporary:
        size = (width_mm / MM_PER_INCH, kind.height(len(units), width_mm) / MM_PER_INCH)
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        kind.draw(kind.data(units, power, unit), figure.subplots())
        # A date in the file would make it another one every time.
        dated = {".pdf": "CreationDate", ".svg": "Date"}.get(Path(path).suffix.lower())
        figure.savefig(temporary, metadata={dated: None} if dated else {})
    return Path(path)
