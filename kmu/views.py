"""How the two nouns show themselves: as text, in notebooks, as tables, in figures.

Pandas, xarray and the rooms that measure and draw are loaded when they are first asked for. The
rooms are named here, not imported: a noun stands below them, and works without them.
"""

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from kmu.errors import InputError

if TYPE_CHECKING:
    from kmu.motor_units import MotorUnits

_MEASURING, _FIGURES, _HTML = (
    "kmu.analysis.physiology",
    "kmu.report.figures",
    "kmu.report.notebook",
)
_LACKING = "{} need {}: pip install 'kmu[tables]'"


def image_text(shape: tuple[int, ...], spacing: tuple[float, float]) -> str:
    """Pixels and size of an image (Z, X), for people."""
    (depth, width), (dz, dx) = shape[-2:], spacing
    return (
        f"{depth} x {width} pixels of {dz:g} x {dx:g} mm "
        f"({depth * dz:.3g} mm deep, {width * dx:.3g} mm wide)"
    )


class RecordingViews:
    """What ``Recording`` says of itself."""

    def __repr__(self: Any) -> str:
        frames = len(self.velocity)
        # 500 frames say how strong the velocity is, however long the recording.
        sample = self.velocity[:: -(-frames // 500)].astype(np.float64)
        return (
            f"Recording: {self.duration:.4g} s, {frames} frames at {self.frame_rate:g} Hz; "
            f"{image_text(self.velocity.shape, self.spacing)}; "
            f"velocity {np.sqrt(np.mean(sample**2)):.3g} mm/s (root mean square)"
        )

    def _repr_html_(self: Any) -> str:
        return str(import_module(_HTML).recording_html(self))


class UnitsViews:
    """What ``MotorUnits`` says of itself, its tables and its figures."""

    def __repr__(self: Any) -> str:
        frames = self.twitch_train.shape[1]
        about = (
            f"{frames / self.frame_rate:.4g} s at {self.frame_rate:g} Hz; "
            f"{image_text(self.territory.shape, self.spacing)}"
        )
        if not len(self):
            return f"MotorUnits: none found; {about}"
        count = sum(len(times) for times in self.firings)
        return (
            f"MotorUnits: {len(self)} with {count} firings, scores {self.score[0]:.2f} to "
            f"{self.score[-1]:.2f}; {about}"
        )

    def _repr_html_(self: Any) -> str:
        return str(import_module(_HTML).units_html(self))

    def to_dataframe(self: "MotorUnits", rows: str = "units") -> Any:  # type: ignore[misc]
        """A pandas table.

        Args:
            rows: "units" for a row a unit, indexed by id, with ``score`` and the columns of
                ``kmu.analysis.physiology.MEASURES``; "firings" for a row a firing, with ``unit``
                and ``time`` in s, in the order of time.

        Raises:
            InputError: if pandas is not installed, or ``rows`` is neither.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise InputError(_LACKING.format("tables", "pandas")) from error
        if rows == "units":
            columns = {"score": self.score, **import_module(_MEASURING).measure(self)}
            return pd.DataFrame(columns, index=pd.Index(self.ids, name="unit"))
        if rows == "firings":
            unit = np.repeat(self.ids, [len(times) for times in self.firings])
            time = np.concatenate([np.zeros(0), *self.firings])
            order = np.argsort(time, kind="stable")
            return pd.DataFrame({"unit": unit[order], "time": time[order]})
        raise InputError(f"no rows {rows!r}; choose units or firings")

    def to_xarray(self: "MotorUnits") -> Any:  # type: ignore[misc]
        """An xarray data set.

        Returns:
            Variables ``territory`` (unit, depth, lateral), ``twitch_train`` (unit, time) in mm/s,
            ``score`` (unit) and ``firings`` (unit, firing) in s, NaN after the last one;
            coordinates ``unit`` (ids), ``time`` in s, ``depth`` and ``lateral`` in mm (centres of
            pixels); attributes ``frame_rate``, ``spacing`` and ``provenance`` (JSON).

        Raises:
            InputError: if xarray is not installed.
        """
        try:
            import xarray as xr
        except ImportError as error:
            raise InputError(_LACKING.format("data sets", "xarray")) from error
        depth, width = self.territory.shape[1:]
        frames, (dz, dx) = self.twitch_train.shape[1], self.spacing
        longest = max((len(times) for times in self.firings), default=0)
        firings = np.full((len(self), longest), np.nan)
        for k, times in enumerate(self.firings):
            firings[k, : len(times)] = times
        return xr.Dataset(
            {
                "territory": (("unit", "depth", "lateral"), self.territory),
                "twitch_train": (("unit", "time"), self.twitch_train, {"units": "mm/s"}),
                "score": (("unit",), self.score),
                "firings": (("unit", "firing"), firings, {"units": "s"}),
            },
            coords={
                "unit": self.ids,
                "time": ("time", np.arange(frames) / self.frame_rate, {"units": "s"}),
                "depth": ("depth", (np.arange(depth) + 0.5) * dz, {"units": "mm"}),
                "lateral": ("lateral", (np.arange(width) + 0.5) * dx, {"units": "mm"}),
            },
            attrs={
                "frame_rate": self.frame_rate,
                "spacing": list(self.spacing),
                "provenance": json.dumps(self.provenance),
            },
        )

    def plot_overview(self, ax: Any = None, power: Any = None) -> Any:
        """Draws territories, twitch trains and firings.

        Args:
            ax: axes of matplotlib; new ones, 180 mm wide, if None. Likewise for all plots.
            power: (Z, X) root mean square of the velocity, to draw behind the territories.

        Returns:
            The axes.
        """
        return import_module(_FIGURES).draw_on(ax, "overview", self, power)

    def plot_raster(self, ax: Any = None) -> Any:
        """Draws the firings of all units."""
        return import_module(_FIGURES).draw_on(ax, "raster", self)

    def plot_twitches(self, ax: Any = None) -> Any:
        """Draws the averaged twitch of every unit, on one scale."""
        return import_module(_FIGURES).draw_on(ax, "twitches", self)

    def plot_rates(self, ax: Any = None) -> Any:
        """Draws smoothed discharge rates, a row of 20 Hz for each unit."""
        return import_module(_FIGURES).draw_on(ax, "rates", self)

    def plot_unit(self, unit: int | None = None, ax: Any = None, power: Any = None) -> Any:
        """Draws one unit: territory, twitch train, averaged twitch, intervals.

        Args:
            unit: its id; the best if None.
            ax: as for :meth:`plot_overview`.
            power: likewise.

        Raises:
            InputError: if there is no such unit.
        """
        return import_module(_FIGURES).draw_on(ax, "unit", self, power, unit)
