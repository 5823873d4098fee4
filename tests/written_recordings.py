"""One recording written as labs write theirs: format, order of axes, type, unit, places, nesting.

Every writer is a library's own. What a format cannot hold is left out by :func:`write`, which says
what has to be given as an option.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io

FORMS = ("npy", "npz", "mat-v5", "mat-v7", "mat-v7.3", "h5", "netcdf", "folder")
TYPES = ("f2", "f4", "f8", ">f2", ">f4", ">f8", "i2", ">i2", "i4")
# What a number in mm/s is multiplied by to be in this unit.
UNITS = {"mm/s": 1.0, "m/s": 1e-3, "cm/s": 0.1, "µm/s": 1e3, "mm s^-1": 1.0, "um per ms": 1.0}
# Where statements stand: beside the array, as its attributes, at the top, or nowhere.
PLACES = ("beside", "attributes", "top", "options")


@dataclass(frozen=True)
class Way:
    """How a recording is written.

    Attributes:
        form: one of ``FORMS``.
        axes: order of the letters.
        dtype: of the stored numbers; whole numbers have a scale.
        unit: of the velocity.
        place: of the statements.
        depth: how many structs or groups the array is inside of.
        length: unit of the pixel sizes, "mm" or "m".
        chunked: compressed in chunks, where the format has them; Fortran's order in ``.npy``.
    """

    form: str
    axes: str
    dtype: str
    unit: str
    place: str
    depth: int
    length: str
    chunked: bool


def write(folder: Path, way: Way, velocity: np.ndarray, rate: float, spacing: tuple[float, float]):
    """Writes (T, Z, X) mm/s; returns the path and the options without which it cannot be read."""
    values = velocity.astype(np.float64) * UNITS[way.unit]
    stored, scale = _stored(values.transpose(*("tzx".index(letter) for letter in way.axes)), way)
    by = {"mm": 1.0, "m": 1e-3}[way.length]
    said = {"axes": way.axes, "unit": way.unit, "frame_rate": rate,
            "dz": spacing[0] * by, "dx": spacing[1] * by}  # fmt: skip
    options: dict[str, Any] = {"axes": way.axes, "unit": way.unit, "frame_rate": rate,
                               "spacing": spacing, "scale": scale}  # fmt: skip
    path = folder / f"r.{way.form.split('-')[0]}"
    place = way.place
    if way.form in ("npy", "folder") or (way.form == "npz" and place == "attributes"):
        place = "options"
    if way.form.startswith("mat") and place == "attributes":
        place = "beside"
    if place == "options":
        said = {}
    else:
        options = {"scale": scale}
        if way.length == "m":  # a bare number means mm
            said["dz"], said["dx"] = f"{said['dz']:.12g} m", f"{said['dx']:.12g} m"
    if way.form == "folder":
        return _folder(folder, way, stored), {**options, "axes": _folder_axes(way)}
    writer = {"npy": _npy, "npz": _npz, "h5": _h5, "netcdf": _netcdf, "mat-v7.3": _mat73}
    if way.form in ("h5", "netcdf"):
        options.pop("scale", None)
    writer.get(way.form, _mat)(path, way, stored, said, scale, place)
    return path, {key: value for key, value in options.items() if value is not None}


def _stored(values, way):
    dtype = np.dtype(way.dtype)
    if dtype.kind == "f":
        return values.astype(dtype), None
    factor = float(np.abs(values).max()) / (0.9 * np.iinfo(dtype).max)
    return np.round(values / factor).astype(dtype), (factor, 0.0)


def _npy(path, way, stored, said, scale, place):
    np.save(path, np.asfortranarray(stored) if way.chunked else stored)


def _npz(path, way, stored, said, scale, place):
    nest = "".join(f"g{k}/" for k in range(way.depth))
    beside = {("" if place == "top" else nest) + key: np.array(v) for key, v in said.items()}
    (np.savez_compressed if way.chunked else np.savez)(path, **{f"{nest}v": stored}, **beside)


def _mat(path, way, stored, said, scale, place):
    inner: Any = {"v": stored}
    top: dict[str, Any] = dict(said) if place == "top" else {}
    if place == "beside":
        inner.update(said)
    for k in range(way.depth):
        inner = {f"s{k}": inner}
    scipy.io.savemat(path, {**inner, **top}, do_compression=way.form == "mat-v7")


def _mat73(path, way, stored, said, scale, place):
    """As MATLAB lays it out: axes reversed, structs as groups, a header before the HDF5."""
    with h5py.File(path, "w", userblock_size=512) as file:
        group = file
        for k in range(way.depth):
            group = group.create_group(f"s{k}")
            group.attrs["MATLAB_class"] = np.bytes_("struct")
        _dataset(group, "v", stored.T, way).attrs["MATLAB_class"] = np.bytes_("double")
        for key, value in said.items():
            where = file if place == "top" else group
            if isinstance(value, str):
                codes = np.array([[ord(letter)] for letter in value], np.uint16)
                where.create_dataset(key, data=codes).attrs["MATLAB_class"] = np.bytes_("char")
            else:
                number = where.create_dataset(key, data=[[value]])
                number.attrs["MATLAB_class"] = np.bytes_("double")
    head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 ."
    with path.open("r+b") as file:
        file.write(head.ljust(116) + bytes(8) + b"\x00\x02IM")


def _h5(path, way, stored, said, scale, place):
    with h5py.File(path, "w") as file:
        group = file
        for k in range(way.depth):
            group = group.create_group(f"g{k}")
        data = _dataset(group, "v", stored, way)
        if scale is not None:
            data.attrs["scale_factor"] = scale[0]
        if place == "beside":
            for key, value in said.items():
                group[key] = value
        elif place != "options":
            (data if place == "attributes" else file).attrs.update(said)


def _netcdf(path, way, stored, said, scale, place):
    import h5netcdf

    names = {"t": "time", "z": "depth", "x": "lateral"}
    with h5netcdf.File(path, "w") as file:
        file.dimensions = {names[a]: n for a, n in zip(way.axes, stored.shape, strict=True)}
        data = file.create_variable("v", [names[a] for a in way.axes], stored.dtype, data=stored)
        if scale is not None:
            data.attrs["scale_factor"] = scale[0]
        for key, value in said.items():
            if key != "axes":
                (data if place in ("attributes", "beside") else file).attrs[key] = value


def _dataset(group, name, values, way):
    more = {"chunks": tuple(-(-n // 2) for n in values.shape), "compression": 1, "shuffle": True}
    return group.create_dataset(name, data=values, **(more if way.chunked else {}))


def _folder(folder, way, stored):
    """An image a file; the two axes of an image stay in their order, time comes last."""
    place = folder / "frames"
    place.mkdir()
    for k, image in enumerate(np.moveaxis(stored, way.axes.index("t"), 0)):
        np.save(place / f"trial_500Hz_{k + 1:03d}.npy", image)
    return place


def _folder_axes(way):
    return way.axes.replace("t", "") + "t"
