"""From a file and what the caller says about it to a recording that can be read."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading import folder
from kmu.reading.axes import check_extent, check_rest, parse_axes
from kmu.reading.contents import (
    AXES_NAMES,
    CENTER_NAMES,
    DEPTH_NAMES,
    FIRST_FRAME_NAMES,
    FRAME_RATE_NAMES,
    KIND_NAMES,
    LATERAL_NAMES,
    SOUND_NAMES,
    SPACING_NAMES,
    TIME_NAMES,
    UNIT_NAMES,
    Contents,
    Variable,
)
from kmu.reading.conversion import (
    KINDS,
    Converted,
    default_unit,
    from_displacement,
    from_iq,
    scaled,
)
from kmu.reading.single import file_contents
from kmu.reading.source import RecordingSource
from kmu.reading.timing import from_time_zero, place_in_time, rate_of_times
from kmu.recording import Recording, check_frame_rate, check_spacing


def contents(
    path: str | os.PathLike[str], variable: str | None = None, axes: str | None = None
) -> Contents:
    """Lists what is in a file, or in a folder of numbered files.

    Args:
        path: file or folder.
        variable: for folders, the array to take from each file.
        axes: for folders of files with several images each, their order of axes.

    Raises:
        InputError: if the file is missing, of an unknown format, or damaged.
    """
    path = Path(path)
    return folder.contents(path, variable, axes) if path.is_dir() else file_contents(path)


def open_recording(
    path: str | os.PathLike[str],
    variable: str | None = None,
    axes: str | None = None,
    frame_rate: float | None = None,
    spacing: tuple[float, float] | None = None,
    *,
    kind: str | None = None,
    unit: str | None = None,
    centre_frequency: float | None = None,
    sound_speed: float | None = None,
    estimator: str = "kasai",
    check_axes: bool = True,
) -> RecordingSource:
    """Opens a recording without loading it.

    Args:
        path: a MATLAB (v5, v7.3), NumPy, HDF5 or zea file, or a folder of numbered ones.
        variable: name of the array; may be left out where only one can be meant.
        axes: order of z (depth), x (lateral), t (time), as the program that wrote the file shows
            the array: "zxt" for MATLAB's ``velocity(z, x, t)``, in v5 and v7.3 files alike.
        frame_rate: Hz; needed where the file does not say. Given, it counts more than the file.
        spacing: (dz, dx) in mm; likewise.
        kind: "velocity", "displacement", "iq" or "rf"; velocity unless the file says otherwise.
        unit: of velocity (mm/s unless said) or displacement (mm); see ``conversion.UNITS``.
        centre_frequency: of the pulse, Hz; for IQ and RF frames.
        sound_speed: m/s; 1540 unless said; for IQ and RF frames.
        estimator: "kasai" or "loupas"; for IQ and RF frames.
        check_axes: refuse an order of axes that the data contradict (see ``kmu.reading.axes``).

    Returns:
        The recording, still in its file, as velocity.

    Raises:
        InputError: if the file is missing or damaged, or something is missing or wrong in it.
    """
    found = contents(path, variable, axes)
    chosen = found.choose(variable if not Path(path).is_dir() else found.variables[0].name)
    sort = kind or found.text(KIND_NAMES, chosen) or "velocity"
    _check_numbers(found, chosen, sort)
    order = parse_axes(axes if axes is not None else _axes_of(found, chosen))
    pixel = check_spacing(spacing if spacing is not None else _spacing_of(found, chosen))
    times = _times_of(found, chosen, chosen.shape[_places(chosen, order)["t"]])
    rate = check_frame_rate(
        frame_rate if frame_rate is not None else _frame_rate_of(found, chosen, times)
    )
    plain = _in_order(chosen, order, rate, pixel)
    given = place_in_time(plain, times, found.path)
    given = from_time_zero(given, found.number(FIRST_FRAME_NAMES, chosen))
    if check_axes:
        check_extent(given.shape, rate, pixel, order)
    if sort in ("velocity", "displacement"):
        said_unit = unit or found.text(UNIT_NAMES, chosen) or default_unit(sort)
        given = scaled(given, sort, said_unit)
    if sort == "displacement":
        given = from_displacement(given)
    elif sort in ("iq", "rf"):
        centre = centre_frequency or found.number(CENTER_NAMES, chosen)
        if centre is None:
            raise InputError(
                f"{found.path} does not say its centre frequency; give --centre-frequency in Hz"
            )
        sound = sound_speed or found.number(SOUND_NAMES, chosen) or 1540.0
        given = from_iq(given, centre, sound, estimator, radio_frequency=sort == "rf")
    meta = {"file": Path(path).name, "variable": chosen.name, "axes": order, "kind": sort}
    source = RecordingSource(given.shape, given.frame_rate, given.spacing, given.read, meta)
    _check_sample(source, order, check_axes and sort == "velocity")
    return source


def read(
    path: str | os.PathLike[str],
    variable: str | None = None,
    axes: str | None = None,
    frame_rate: float | None = None,
    spacing: tuple[float, float] | None = None,
    **options: Any,
) -> Recording:
    """Reads a whole recording into memory; arguments and errors as :func:`open_recording`."""
    return open_recording(path, variable, axes, frame_rate, spacing, **options).load()


def _check_numbers(found: Contents, chosen: Variable, kind: str) -> None:
    """Refuses what is not a sequence of images of numbers of the stated kind."""
    where = f"{found.path}: {chosen.name!r}"
    if kind not in KINDS:
        raise InputError(f"{where} is said to hold {kind!r}; choose from {', '.join(KINDS)}")
    if chosen.dtype.kind not in "fiuc":
        raise InputError(f"{where} holds {chosen.dtype} values; a recording must hold numbers")
    if chosen.dtype.kind == "c" and kind != "iq":
        raise InputError(f"{where} is complex: if these are IQ frames, say so with --kind iq")
    if chosen.dtype.kind != "c" and kind == "iq":
        raise InputError(f"{where} is not complex: it holds no IQ frames")
    if 0 in chosen.shape:
        raise InputError(f"{where} is empty: its shape is {chosen.shape}")
    if len(chosen.shape) != 3 and not chosen.is_sequence:
        raise InputError(
            f"{where} has shape {chosen.shape}; a recording has three axes: depth, lateral, time"
        )


def _places(chosen: Variable, order: str) -> dict[str, int]:
    """Which axis of the array each letter is; axes of length one beyond three do not count."""
    kept = [axis for axis, size in enumerate(chosen.shape) if size > 1 or len(chosen.shape) == 3]
    return {letter: kept[i] for i, letter in enumerate(order)}


def _in_order(
    chosen: Variable, order: str, frame_rate: float, spacing: tuple[float, float]
) -> Converted:
    """The array as (time, depth, lateral)."""
    place = _places(chosen, order)
    frames, depth, width = (chosen.shape[place[letter]] for letter in "tzx")

    def read(start: int, stop: int) -> NDArray[Any]:
        index = [slice(None)] * len(chosen.shape)
        index[place["t"]] = slice(start, stop)
        values = chosen.read(tuple(index))
        single = [axis for axis in range(values.ndim) if axis not in place.values()]
        turned = values.transpose(*(place[letter] for letter in "tzx"), *single)
        return turned.reshape(stop - start, depth, width) if single else turned

    return Converted((frames, depth, width), frame_rate, spacing, read)


def _axes_of(found: Contents, chosen: Variable) -> str:
    said = found.text(AXES_NAMES, chosen)
    if said is None:
        raise InputError(
            f"{found.path} does not say which axis of {chosen.name} "
            f"({' x '.join(map(str, chosen.shape))}) is which; give --axes, such as zxt"
        )
    return said


def _times_of(found: Contents, chosen: Variable, frames: int) -> NDArray[np.float64] | None:
    """The times of all frames, if the file has them."""
    said = found.array(TIME_NAMES, chosen, length=frames)
    return None if said is None else said[1].astype(np.float64).ravel()


def _frame_rate_of(found: Contents, chosen: Variable, times: NDArray[np.float64] | None) -> float:
    said = found.number(FRAME_RATE_NAMES, chosen)
    if said is None and times is not None:
        said = rate_of_times(times)
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
    if float(sample.min()) != float(sample.max()):
        if check_axes:
            check_rest(sample, axes)
        return
    value = float(sample.ravel()[0])
    for low in range(0, source.shape[0], 256):
        part = source.frames(low, min(low + 256, source.shape[0]))
        if float(part.min()) != value or float(part.max()) != value:
            return
    raise InputError(
        f"{source.meta['file']}: {source.meta['variable']} is constant ({value:g} everywhere); "
        "there is nothing to find in it"
    )
