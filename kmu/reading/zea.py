"""Files of the zea toolbox: HDF5 with a documented layout that says axes, units and geometry.

Layout: ``data/tissue_doppler/pixels`` (frames, x, z) in m/s and ``data/beamformed_data/pixels``
(frames, x, z, channels; older files: the dataset ``data/beamformed_data``, (frames, z, x,
channels)), one channel for RF, two for I and Q; ``extent`` (xmin, xmax, ymin, ymax, zmax, zmin) in
m; ``scan/`` with center_frequency, demodulation_frequency (Hz), sound_speed (m/s) and
time_to_next_transmit (s; frames x transmits).
Newer files (zea 0.1): ``tracks/track_0/`` holds ``scan`` and ``data``; ``tissue_doppler`` holds
``values`` (frames, z, x), their ``unit`` and ``coordinates`` (z, x, 3) in m.
Source: the file specification in zea's documentation (zea 0.0.12 and later).
"""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.reading.contents import Contents, Variable

FORMAT = "a zea file"


def is_zea(found: Contents) -> bool:
    """Whether an HDF5 file was written by zea."""
    return "zea_version" in found.notes


def described(found: Contents) -> Contents:
    """The same contents with what the layout says attached to the variables it names."""
    by_name = {variable.name: variable for variable in found.variables}
    variables, unreadable = [], dict(found.unreadable)
    for variable in found.variables:
        folder, _, last = variable.name.rpartition("/")
        track, inside, _ = variable.name.rpartition("data/")
        if inside and last == "coordinates":
            unreadable[variable.name] = "positions of pixels"
            continue
        # Each track of a newer file has its own scan.
        scan = {
            name.rpartition("/")[2]: other
            for name, other in by_name.items()
            if name.startswith(f"{track}scan/") and np.prod(other.shape) < 1e6
        }
        place = variable.name[len(track) + len(inside) :].split("/")
        said: dict[str, Any] = {}
        if inside and place[0] in ("tissue_doppler", "beamformed_data"):
            variable, said = _layout(variable, place, by_name.get(f"{folder}/coordinates"))
        if said:
            general = _general(scan)
            if "coordinates" in said:
                pixels = dict(zip(("dz", "dx"), said.pop("coordinates").tolist(), strict=True))
            else:
                extent = by_name.get(f"{folder}/extent")
                pixels = _spacing(extent, scan, variable.shape, str(said["axes"]))
            unit = by_name.get(f"{folder}/unit")
            if unit is not None and said["kind"] == "velocity" and place[-1] == "values":
                said["unit"] = str(unit.values())
            # The attribute "unit" of arrays is a dash where zea knows none.
            own = {k: v for k, v in variable.attributes.items() if k not in ("unit", "description")}
            attributes = {**own, **general, **said, **pixels}
            variable = dataclasses.replace(variable, attributes=attributes)
        variables.append(variable)
    return dataclasses.replace(found, format=FORMAT, variables=variables, unreadable=unreadable)


def _layout(
    variable: Variable, place: list[str], coordinates: Variable | None
) -> tuple[Variable, dict[str, Any]]:
    """The array without channels, and its axes, kind and (from positions) spacing."""
    said: dict[str, Any] = {}
    axes = "tzx" if place[-1] == "values" or place == ["beamformed_data"] else "txz"
    if place[-1] not in ("pixels", "values", "beamformed_data"):
        return variable, said
    if place[0] == "tissue_doppler" and len(variable.shape) == 3:
        said = {"axes": axes, "kind": "velocity"}
        if place[-1] == "pixels":
            said["unit"] = "m/s"
    elif place[0] == "beamformed_data" and len(variable.shape) == 4:
        variable, said = _channels(variable, axes)
    if said and coordinates is not None and len(coordinates.shape) >= 3:
        # (..., rows, columns, 3): x, y, z in m; frames do not move.
        at = coordinates.values().reshape(-1, *coordinates.shape[-3:])[0].astype(float) * 1000
        steps = [np.abs(np.diff(at, axis=axis)).reshape(-1, 3).mean(axis=0) for axis in (0, 1)]
        down = 0 if steps[0][2] >= steps[1][2] else 1
        said["axes"] = "tzx" if down == 0 else "txz"
        said["coordinates"] = np.array([steps[down][2], steps[1 - down][0]])
    return variable, said


def _channels(variable: Variable, axes: str) -> tuple[Variable, dict[str, Any]]:
    """The last axis folded away: one channel is RF, two are I and Q."""
    channels = variable.shape[3]
    if channels not in (1, 2):
        return variable, {}

    def read(index: tuple[slice, ...]) -> NDArray[Any]:
        values = variable.read((*index, slice(None)))
        return values[..., 0] if channels == 1 else values[..., 0] + 1j * values[..., 1]

    dtype = variable.dtype if channels == 1 else np.dtype(np.complex64)
    folded = dataclasses.replace(variable, shape=variable.shape[:3], dtype=dtype, read=read)
    return folded, {"axes": axes, "kind": "rf" if channels == 1 else "iq"}


def _general(scan: dict[str, Variable]) -> dict[str, Any]:
    """Frame rate (from the times between transmits), centre frequency, sound speed."""
    said: dict[str, Any] = {}
    for name in ("center_frequency", "demodulation_frequency", "sound_speed"):
        if name in scan:
            values = np.unique(scan[name].values())
            if values.size == 1:
                said[name] = float(values[0])
    if "time_to_next_transmit" in scan:
        between = np.atleast_2d(scan["time_to_next_transmit"].values()).sum(1)
        period = float(np.median(between))
        if period > 0:
            said["frame_rate"] = 1 / period
    return said


def _spacing(
    extent: Variable | None, scan: dict[str, Variable], shape: tuple[int, ...], axes: str
) -> dict[str, Any]:
    """Pixel size in mm from the extent of the image, or from xlims and zlims of the scan."""
    limits: tuple[NDArray[Any], NDArray[Any]] | None = None
    if extent is not None and extent.shape and extent.shape[-1] == 6:
        values = extent.values().reshape(-1, 6)[0]
        limits = (values[4:6], values[0:2])
    elif "zlims" in scan and "xlims" in scan:
        limits = (scan["zlims"].values().ravel(), scan["xlims"].values().ravel())
    if limits is None:
        return {}
    sizes = [abs(float(np.diff(limit)[0])) * 1000 for limit in limits]
    pixels = [max(shape[axes.index(letter)] - 1, 1) for letter in "zx"]
    return {
        name: size / count for name, size, count in zip(("dz", "dx"), sizes, pixels, strict=True)
    }
