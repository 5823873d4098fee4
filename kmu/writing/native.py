"""The native format: HDF5 as ``MotorUnits.save`` writes it, with a group of measures beside."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from kmu.files import replacing
from kmu.motor_units import MotorUnits
from kmu.recording import open_hdf5


def write_native(
    units: MotorUnits,
    path: Path,
    measures: Mapping[str, NDArray[Any]],
    emg: Mapping[str, NDArray[Any]] | None = None,
    images: Mapping[str, NDArray[Any]] | None = None,
    **attributes: str,
) -> None:
    """Writes units and, in the group ``measures``, one dataset (K,) for each measure.

    ``MotorUnits.load`` reads the file; :func:`read_measures` reads the rest.

    Args:
        units: the result.
        path: where to.
        measures: columns (K,).
        emg: datasets for the group ``emg``: what was compared with EMG.
        images: (Z, X) datasets beside the units: ``power``, the root mean square of the velocity
            in mm/s, and ``magnitude``, the mean echo amplitude, where it is known.
        attributes: texts to keep with the result (the command, the model).
    """
    with replacing(path) as temporary:
        units.save(temporary)
        with h5py.File(temporary, "r+") as file:
            file.attrs.update(attributes)
            group = file.create_group("measures")
            for name, values in measures.items():
                group[name] = np.asarray(values)
            for name, values in (emg or {}).items():
                file[f"emg/{name}"] = np.asarray(values)
            for name, values in (images or {}).items():
                file[name] = np.asarray(values, np.float32)


def read_measures(path: str | Path) -> dict[str, NDArray[np.float64]]:
    """The measures in a result file; empty if it has none.

    Raises:
        InputError: if the file is missing or damaged.
    """
    with open_hdf5(path) as file:
        group = file.get("measures", {})
        return {name: np.asarray(group[name][()], np.float64) for name in group}


def read_power(path: str | Path) -> NDArray[np.float32] | None:
    """(Z, X) root mean square of the recording's velocity in mm/s; None if the result has none.

    Raises:
        InputError: if the file is missing or damaged.
    """
    with open_hdf5(path) as file:
        return np.asarray(file["power"][()], np.float32) if "power" in file else None
