"""A recording: what the scanner saw, as tissue velocity over time."""

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.files import replacing
from kmu.heaps import check_heaps
from kmu.views import RecordingViews

FORMAT_VERSION = 1
ENDINGS = (".h5", ".hdf5", ".hdf", ".nc", ".nwb", ".mat", ".npy", ".npz")
"""Of files that may be recordings, in a folder; what a file is, its first bytes tell."""


@dataclass(frozen=True, eq=False, repr=False)
class Recording(RecordingViews):
    """A sequence of tissue-velocity images.

    Example:
        >>> recording = kmu.Recording(np.zeros((200, 64, 48)), 1000.0, spacing=(0.1, 0.3))
        >>> recording.duration
        0.2

    Attributes:
        velocity: (T, Z, X) float32 in mm/s: time, depth, lateral.
        frame_rate: frames per second, Hz.
        spacing: (dz, dx), the size of a pixel in mm.
        meta: free-form description; must be writable as JSON.

    Raises:
        InputError: if a shape, a value or a unit cannot be right.
    """

    velocity: NDArray[np.float32]
    frame_rate: float
    spacing: tuple[float, float]
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        velocity = np.asarray(self.velocity)
        if velocity.ndim != 3 or 0 in velocity.shape:
            raise InputError(
                f"velocity has shape {velocity.shape}; it must be (time, depth, lateral), not empty"
            )
        if np.iscomplexobj(velocity):
            raise InputError(
                "velocity is complex: these are IQ frames; convert them to velocity first"
            )
        if not np.issubdtype(velocity.dtype, np.number):
            raise InputError(f"velocity holds {velocity.dtype} values; it must hold numbers")
        velocity = np.ascontiguousarray(velocity, dtype=np.float32)
        if not np.isfinite(velocity).all():
            bad = np.flatnonzero(~np.isfinite(velocity).all(axis=(1, 2)))
            raise InputError(
                f"velocity holds NaN or infinity in {bad.size} of {len(velocity)} frames "
                f"(first: frame {bad[0]}); repair or cut them out"
            )
        object.__setattr__(self, "velocity", velocity)
        object.__setattr__(self, "frame_rate", check_frame_rate(self.frame_rate))
        object.__setattr__(self, "spacing", check_spacing(self.spacing))

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.velocity) / self.frame_rate

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes HDF5: dataset ``velocity``, attributes ``frame_rate``, ``spacing``, ``meta``."""
        with replacing(path) as temporary, h5py.File(temporary, "w") as file:
            file.attrs.update(
                kind="recording",
                format_version=FORMAT_VERSION,
                frame_rate=self.frame_rate,
                spacing=self.spacing,
                meta=json.dumps(self.meta),
            )
            file.create_dataset("velocity", data=self.velocity)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Recording":
        """Reads what :meth:`save` wrote.

        Raises:
            InputError: if the file is not a recording, is damaged, or is of a newer format.
        """
        with open_hdf5(path) as file:
            if "velocity" not in file or "frame_rate" not in file.attrs:
                raise InputError(f"{path} is not a kmu recording: it has no velocity or frame_rate")
            check_format(file, path, FORMAT_VERSION)
            try:
                return cls(
                    velocity=file["velocity"][()],
                    frame_rate=float(file.attrs["frame_rate"]),
                    spacing=tuple(np.ravel(file.attrs["spacing"])),
                    meta=json.loads(file.attrs.get("meta", "{}")),
                )
            except KeyError as error:
                raise InputError(f"{path} is not a kmu recording: it has no spacing") from error
            except InputError:
                raise
            except (OSError, TypeError, ValueError) as error:
                raise InputError(f"{path} is a damaged kmu recording: {error}") from error


def check_frame_rate(frame_rate: float) -> float:
    """Returns the frame rate in Hz, or raises InputError if no scanner could have it."""
    if not np.isfinite(frame_rate) or not 10 <= frame_rate <= 100_000:
        raise InputError(
            f"frame rate {frame_rate:g} Hz is outside 10 to 100000 Hz; give it in frames per second"
        )
    return float(frame_rate)


def check_spacing(spacing: tuple[float, float]) -> tuple[float, float]:
    """Returns (dz, dx) in mm, or raises InputError if no scanner could have it."""
    values = tuple(float(value) for value in np.ravel(spacing))
    if len(values) != 2 or not all(np.isfinite(v) and 0.01 <= v <= 5 for v in values):
        raise InputError(
            f"spacing {values} is not two pixel sizes (depth, lateral) of 0.01 to 5 mm; "
            "give them in millimetres"
        )
    return values


def open_hdf5(path: str | os.PathLike[str]) -> h5py.File:
    """Opens an HDF5 file for reading; raises InputError if it is missing or damaged."""
    if not Path(path).is_file():
        raise InputError(f"{path} does not exist or is not a file")
    try:
        check_heaps(path)
        return h5py.File(path, "r")
    except OSError as error:
        cut = re.search(r"truncated file: eof = (\d+),.* stored_eof = (\d+)", str(error))
        if cut:
            raise InputError(
                f"{path} is truncated: it has {cut[1]} of {cut[2]} bytes; copy it anew"
            ) from error
        if "unable to lock" in str(error) or "already open for write" in str(error):
            raise InputError(
                f"{path} is still open in a program that writes it, or was left by one that was "
                "killed: close it there, or mark it as closed with h5clear -s"
            ) from error
        if isinstance(error, PermissionError):
            raise InputError(f"cannot read {path}: {error.strerror or error}") from error
        raise InputError(f"{path} is not a readable HDF5 file: damaged or truncated") from error


def check_format(file: h5py.Group, path: str | os.PathLike[str], newest: int) -> None:
    """Raises InputError if the file was written by a newer kmu than this one."""
    version = int(file.attrs.get("format_version", newest))
    if version > newest:
        raise InputError(
            f"{path} has format version {version}, this kmu reads up to {newest}: upgrade kmu"
        )
