"""What HDF5 says of an array's axes elsewhere than in its own attributes.

netCDF 4 and xarray name axes by dimension scales, whose values are the positions along an axis; the
dimension labels of HDF5 do so by text. A time series of NWB is called ``data`` and has its rate as
an attribute of ``starting_time`` beside it.
"""

import re
from typing import Any

import h5py
import numpy as np

from kmu.reading.axes import letter_of
from kmu.reading.names import UNIT_NAMES, plain
from kmu.reading.quantities import factor
from kmu.reading.said import decoded

# Names that libraries make up for axes that nobody has named.
_MADE_UP = re.compile(r"(phony_)?dim_?\d*")
# Steps between positions may differ by so much, of their median.
_EVEN = 0.01


def stated(item: h5py.Dataset) -> tuple[dict[str, Any], dict[str, str]]:
    """Attributes the array would have if it said all of it itself, and where they were read."""
    said: dict[str, Any] = {}
    places: dict[str, str] = {}
    names = [_name(item, axis) for axis in range(item.ndim)]
    letters = [letter_of(name) for name in names]
    if any(letters):
        said["dimension_order"] = ",".join(name or "?" for name in names)
        places["dimension_order"] = f"the names of the axes of {item.name}"
    steps = {
        letter: _step(item, axis) for axis, letter in enumerate(letters) if letter in ("z", "x")
    }
    if steps.get("z") and steps.get("x"):
        for axis in "zx":
            said[f"d{axis}"] = steps[axis]
            places[f"d{axis}"] = f"the positions along {names[letters.index(axis)]}"
    start = item.parent.get("starting_time") if item.name.endswith("/data") else None
    if isinstance(start, h5py.Dataset) and "rate" in start.attrs:
        said["frame_rate"] = start.attrs["rate"]
        places["frame_rate"] = f"attribute rate of {start.name}"
    return said, places


def is_length_alone(item: h5py.Dataset) -> bool:
    """Whether it stands for a netCDF dimension that has a name and a length, but no positions."""
    return decoded(item.attrs.get("NAME", "")).startswith("This is a netCDF dimension but not")


def _name(item: h5py.Dataset, axis: int) -> str:
    dimension = item.dims[axis]
    name = dimension.label
    if not name and len(dimension):
        name = str(dimension[0].name).rpartition("/")[2]
    return "" if _MADE_UP.fullmatch(name) else name


def _step(item: h5py.Dataset, axis: int) -> float | None:
    """The distance between neighbours along an axis in mm, if positions with their unit say it."""
    dimension = item.dims[axis]
    if not len(dimension):
        return None
    scale = dimension[0]
    units = [decoded(value) for name, value in scale.attrs.items() if plain(name) in UNIT_NAMES]
    by = factor(units[0], "length") if units else None
    if by is None or scale.dtype.kind not in "fiu" or scale.shape != (item.shape[axis],):
        return None
    steps = np.abs(np.diff(np.asarray(scale[()], np.float64)))
    if not steps.size or not np.isfinite(steps).all():
        return None
    middle = float(np.median(steps))
    even = middle > 0 and bool((np.abs(steps - middle) <= _EVEN * middle).all())
    return middle * by if even else None
