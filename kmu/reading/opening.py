"""From a file and what the caller says about it to a recording that can be read."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading import folder, layout, plausible, scaling, statements
from kmu.reading.axes import check_extent, check_rest, parse_axes
from kmu.reading.contents import (
    CENTER_NAMES,
    DEMODULATION_NAMES,
    FIRST_FRAME_NAMES,
    SOUND_NAMES,
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
from kmu.reading.gaps import Gaps
from kmu.reading.single import file_contents
from kmu.reading.source import RecordingSource
from kmu.reading.timing import from_time_zero, place_in_time
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
    scale: tuple[float, float] | None = None,
    iq_pairs: bool = False,
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
        scale: factor and offset that turn stored values into numbers in their unit.
        iq_pairs: real IQ frames hold I and Q by turns along depth.
        check_axes: refuse an order of axes that the data contradict (see ``kmu.reading.axes``).

    Returns:
        The recording, still in its file, as velocity.

    Raises:
        InputError: if the file is missing or damaged, or something is missing or wrong in it.
    """
    found = contents(path, variable, axes)
    name = variable if not Path(path).is_dir() else found.variables[0].name
    chosen = layout.choose(found, name, axes, kind)
    sort = kind or statements.kind(found, chosen) or "velocity"
    order = parse_axes(axes if axes is not None else statements.axes(found, chosen))
    _check_numbers(found, chosen, sort, order, iq_pairs)
    pixel = check_spacing(spacing if spacing is not None else statements.spacing(found, chosen))
    times = statements.times(found, chosen, chosen.shape[layout.places(chosen, order)["t"]])
    rate = check_frame_rate(
        frame_rate if frame_rate is not None else statements.frame_rate(found, chosen, times)
    )
    plain = layout.arranged(chosen, order, rate, pixel, iq_pairs)
    order = "".join(letter for letter in order if letter in "zxt")
    moves = sort in ("velocity", "displacement")
    factors = scaling.scale_of(found, chosen, scale) if moves else None
    if moves and factors is None:
        where = f"{found.path}: {chosen.name!r}"
        plausible.check_counts(_sample(plain), chosen.dtype, where)
    plain = scaling.applied(plain, chosen, found, factors) if moves else plain
    given, said = place_in_time(plain, times, found.path, insist=frame_rate is not None)
    first = statements.number(found, FIRST_FRAME_NAMES, chosen, "time")
    given = from_time_zero(given, first)
    if check_axes:
        check_extent(given.shape, rate, pixel, order)
    if moves:
        own = unit or statements.unit(found, chosen) or default_unit(sort)
        given = scaled(given, sort, own)
        odd = plausible.odd_magnitude(_sample(given), sort, own)
        said += [odd] if odd else []
    displacement = None
    if sort == "displacement":
        # What is missing is bridged first: a lost frame would become a jump of velocity.
        displacement = Gaps(given.read, given.shape[0], rate, "displacement")
        given = from_displacement(replace(given, read=displacement.frames))
    elif sort in ("iq", "rf"):
        given = _from_echoes(found, chosen, given, sort, centre_frequency, sound_speed, estimator)
    meta = {"file": Path(path).name, "variable": chosen.name, "axes": order, "kind": sort}
    if moves:
        meta["unit"] = own
    source = RecordingSource(
        given.shape, given.frame_rate, given.spacing, given.read, meta, said, displacement
    )
    source.path = Path(path)
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


def _check_numbers(
    found: Contents, chosen: Variable, kind: str, order: str, alternating: bool
) -> None:
    """Refuses what is not a sequence of images of numbers of the stated kind."""
    where = f"{found.path}: {chosen.name!r}"
    pairs = "i" in order or alternating
    if kind not in KINDS:
        raise InputError(
            f"{where} is said to hold {kind!r}; choose from {', '.join(KINDS)} with --kind"
        )
    if chosen.dtype.kind not in "fiuc":
        raise InputError(f"{where} holds {chosen.dtype} values; a recording must hold numbers")
    if chosen.dtype.kind == "c" and kind != "iq":
        raise InputError(f"{where} is complex: if these are IQ frames, say so with --kind iq")
    if kind == "iq" and (chosen.dtype.kind == "c") == pairs:
        raise InputError(
            f"{where} is complex: it has no pairs of I and Q" if pairs else
            f"{where} is not complex: it holds no IQ frames; if I and Q have an axis of their own, "
            "call it i in --axes, if they alternate along depth, say --iq-pairs"
        )  # fmt: skip
    if kind in ("velocity", "displacement") and set(order) & set("ia"):
        raise InputError(f"{where}: axes i and a are those of IQ and RF frames, not of {kind}")
    if 0 in chosen.shape:
        raise InputError(f"{where} is empty: its shape is {chosen.shape}")
    if len(chosen.shape) != len(order) and not chosen.has_axes(len(order)):
        raise InputError(
            f"{where} has shape {chosen.shape}; a recording has three axes: depth, lateral, time"
        )


def _from_echoes(
    found: Contents,
    chosen: Variable,
    given: Converted,
    kind: str,
    centre: float | None,
    sound: float | None,
    estimator: str,
) -> Converted:
    """Velocity from IQ or RF frames."""
    demodulated = None
    if centre is None:
        option = "--centre-frequency in Hz"
        centre = statements.number(found, CENTER_NAMES, chosen, "rate", option)
        # The phase of IQ counts from the frequency it was demodulated at.
        demodulated = statements.number(found, DEMODULATION_NAMES, chosen, "rate", option)
    if centre is None:
        raise InputError(
            f"{found.path} does not say its centre frequency; give --centre-frequency in Hz"
        )
    if sound is None:
        sound = statements.number(found, SOUND_NAMES, chosen, "speed", "--sound-speed")
    return from_iq(
        given,
        centre,
        1540.0 if sound is None else sound,
        estimator,
        radio_frequency=kind == "rf",
        demodulation_frequency=demodulated,
    )


def _sample(given: Converted) -> NDArray[Any]:
    """Up to 64 frames of the middle."""
    middle = given.shape[0] // 2
    return np.asarray(given.read(max(0, middle - 32), min(given.shape[0], middle + 32)))


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
