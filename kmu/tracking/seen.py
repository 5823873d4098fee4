"""What tracking knows of a recording: its units, and images of it."""

import os
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.recording import open_hdf5

_IMAGES = ("power", "magnitude")


@dataclass(frozen=True, eq=False)
class Seen:
    """A result and the images that lie beside it.

    Attributes:
        units: of the recording.
        power: (Z, X) root mean square of the velocity, mm/s; None if unknown.
        magnitude: (Z, X) mean echo amplitude (B-mode, IQ); None if unknown.
        name: what the recording is called.

    Raises:
        InputError: if an image is not on the grid of the units.
    """

    units: MotorUnits
    power: NDArray[np.float32] | None = None
    magnitude: NDArray[np.float32] | None = None
    name: str = ""

    def __post_init__(self) -> None:
        for name in _IMAGES:
            image = getattr(self, name)
            if image is not None and image.shape != self.shape:
                raise InputError(
                    f"{self.name or 'a result'}: {name} is {image.shape}, the territories are "
                    f"{self.shape}"
                )

    @property
    def shape(self) -> tuple[int, int]:
        """(Z, X) pixels."""
        _, depth, width = self.units.territory.shape
        return depth, width

    @property
    def spacing(self) -> tuple[float, float]:
        """(dz, dx) mm."""
        return self.units.spacing

    @property
    def size(self) -> tuple[float, float]:
        """Depth and width of the image, mm."""
        return self.shape[0] * self.spacing[0], self.shape[1] * self.spacing[1]


def load_seen(path: str | os.PathLike[str]) -> Seen:
    """Reads a result of ``kmu identify`` or ``kmu curate``, older ones and truths too.

    Raises:
        InputError: if it is none, or damaged.
    """
    with open_hdf5(path) as file:
        units = MotorUnits.from_hdf5(file, path)
        images = {name: _image(file, name, path) for name in _IMAGES}
    return Seen(units, **images, name=Path(path).name)


def _image(file: h5py.File, name: str, path: str | os.PathLike[str]) -> NDArray[np.float32] | None:
    if name not in file:
        return None
    try:
        return np.asarray(file[name][()], np.float32)
    except (OSError, AttributeError, TypeError, ValueError) as error:
        raise InputError(f"{path}: its {name} cannot be read: damaged or truncated") from error


AnyResult = str | os.PathLike[str] | MotorUnits | Seen


def as_seen(result: AnyResult) -> Seen:
    """The result that is meant: a file, units in memory, or itself.

    Raises:
        InputError: if the file is no result.
    """
    if isinstance(result, Seen):
        return result
    if isinstance(result, MotorUnits):
        return Seen(result, name=str(result.provenance.get("source", {}).get("file", "")))
    return load_seen(result)
