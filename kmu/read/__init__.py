"""Reading recordings from the files labs have.

Axes, frame rate and spacing come from the file where it says, from the caller where it does not,
and are never guessed.
"""

import os
from pathlib import Path

import numpy as np

from kmu.errors import InputError
from kmu.read import hdf5, mat5, numpy_file
from kmu.read.axes import check_extent, check_rest, parse_axes
from kmu.read.contents import (
    AXES_NAMES,
    DEPTH_NAMES,
    FRAME_RATE_NAMES,
    LATERAL_NAMES,
    SPACING_NAMES,
    Contents,
    Variable,
)
from kmu.read.source import RecordingSource
from kmu.recording import Recording, check_frame_rate, check_spacing

__all__ = ["RecordingSource", "contents", "open_recording", "read_recording"]


def contents(path: str | os.PathLike[str]) -> Contents:
    """Lists what is in a file; the format is told by its first bytes, not by its name.

    Raises:
        InputError: if the file is missing, of an unknown format, or damaged.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            head = file.read(2048)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if any(head[at : at + 8] == b"\x89HDF\r\n\x1a\n" for at in (0, 512, 1024)):
        return hdf5.contents(path)
    if head[:6] == b"\x93NUMPY":
        return numpy_file.npy_contents(path)
    if head[:4] == b"PK\x03\x04":
        return numpy_file.npz_contents(path)
    if head[:6] == b"MATLAB" or (path.suffix.casefold() == ".mat" and len(head) > 128):
        return mat5.contents(path)
    raise InputError(
        f"{path} is {'empty' if not head else 'not a recording'}: MATLAB (.mat), NumPy "
        "(.npy, .npz) and HDF5 (.h5) files can be read"
    )


def open_recording(
    path: str | os.PathLike[str],
    variable: str | None = None,
    axes: str | None = None,
    frame_rate: float | None = None,
    spacing: tuple[float, float] | None = None,
    check_axes: bool = True,
) -> RecordingSource:
    """Opens a recording without loading it.

    Args:
        path: a MATLAB (v5, v7.3), NumPy or HDF5 file.
        variable: name of the array; may be left out where only one can be meant.
        axes: order of z (depth), x (lateral), t (time), as the program that wrote the file shows
            the array: "zxt" for MATLAB's ``velocity(z, x, t)``, in v5 and v7.3 files alike.
        frame_rate: Hz; needed where the file does not say. Given, it counts more than the file.
        spacing: (dz, dx) in mm; likewise.
        check_axes: refuse an order of axes that the data contradict (see ``kmu.read.axes``).

    Returns:
        The recording, still in its file.

    Raises:
        InputError: if the file is missing or damaged, or something is missing or wrong in it.
    """
    found = contents(path)
    chosen = found.choose(variable)
    _check_numbers(found, chosen)
    order = parse_axes(axes if axes is not None else _axes_of(found, chosen))
    rate = check_frame_rate(frame_rate if frame_rate is not None else _frame_rate_of(found, chosen))
    pixel = check_spacing(spacing if spacing is not None else _spacing_of(found, chosen))
    kept = [axis for axis, size in enumerate(chosen.shape) if size > 1 or len(chosen.shape) == 3]
    place = {letter: kept[i] for i, letter in enumerate(order)}
    shape = tuple(chosen.shape[place[letter]] for letter in "tzx")

    def read(start: int, stop: int) -> np.ndarray:
        index = [slice(None)] * len(chosen.shape)
        index[place["t"]] = slice(start, stop)
        values = chosen.read(tuple(index))
        rest = [axis for axis in range(values.ndim) if axis not in kept]
        return values.transpose(*(place[letter] for letter in "tzx"), *rest).reshape(
            stop - start, *shape[1:]
        )

    if check_axes:
        check_extent(shape, rate, pixel, order)  # type: ignore[arg-type]
    meta = {"file": Path(path).name, "variable": chosen.name, "axes": order}
    source = RecordingSource(shape, rate, pixel, read, meta)  # type: ignore[arg-type]
    _check_sample(source, order, check_axes)
    return source


def read_recording(
    path: str | os.PathLike[str],
    variable: str | None = None,
    axes: str | None = None,
    frame_rate: float | None = None,
    spacing: tuple[float, float] | None = None,
    check_axes: bool = True,
) -> Recording:
    """Reads a whole recording into memory; arguments and errors as :func:`open_recording`."""
    return open_recording(path, variable, axes, frame_rate, spacing, check_axes).load()


def _check_numbers(found: Contents, chosen: Variable) -> None:
    """Refuses what is not a sequence of images of real numbers."""
    where = f"{found.path}: {chosen.name!r}"
    if chosen.dtype.kind == "c":
        raise InputError(f"{where} is complex: these are IQ frames; convert them to velocity first")
    if chosen.dtype.kind not in "fiu":
        raise InputError(f"{where} holds {chosen.dtype} values; a recording must hold numbers")
    if 0 in chosen.shape:
        raise InputError(f"{where} is empty: its shape is {chosen.shape}")
    if len(chosen.shape) != 3 and not chosen.is_sequence:
        raise InputError(
            f"{where} has shape {chosen.shape}; a recording has three axes: depth, lateral, time"
        )


def _axes_of(found: Contents, chosen: Variable) -> str:
    said = found.text(AXES_NAMES, chosen)
    if said is None:
        raise InputError(
            f"{found.path} does not say which axis of {chosen.name} "
            f"({' x '.join(map(str, chosen.shape))}) is which; give --axes, such as zxt"
        )
    return said


def _frame_rate_of(found: Contents, chosen: Variable) -> float:
    said = found.number(FRAME_RATE_NAMES, chosen)
    if said is None:
        raise InputError(f"{found.path} does not say its frame rate; give --frame-rate in Hz")
    return said


def _spacing_of(found: Contents, chosen: Variable) -> tuple[float, float]:
    pair = found.array(SPACING_NAMES, chosen)
    if pair is not None and pair[1].size == 2 and pair[1].dtype.kind in "fiu":
        return float(pair[1].ravel()[0]), float(pair[1].ravel()[1])
    depth, width = found.number(DEPTH_NAMES, chosen), found.number(LATERAL_NAMES, chosen)
    if depth is None or width is None:
        raise InputError(
            f"{found.path} does not say its pixel size; give --spacing DZ DX in millimetres"
        )
    return depth, width


def _check_sample(source: RecordingSource, axes: str, check_axes: bool) -> None:
    """Looks at up to 256 frames of the middle: constant values and exchanged axes."""
    middle = source.shape[0] // 2
    start, stop = max(0, middle - 128), min(source.shape[0], middle + 128)
    sample = source.frames(start, stop)
    if float(sample.min()) == float(sample.max()):
        everything = source.frames(0, source.shape[0])
        if float(everything.min()) == float(everything.max()):
            raise InputError(
                f"{source.meta['file']}: {source.meta['variable']} is constant "
                f"({float(sample.ravel()[0]):g} everywhere); there is nothing to find in it"
            )
    elif check_axes:
        check_rest(sample, axes)
