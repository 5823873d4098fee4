"""From a file and what the caller says about it to a recording that can be read."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading import (
    folder,
    layout,
    masks,
    meaning,
    pixels,
    plausible,
    rates,
    scaling,
    statements,
    unheard,
)
from kmu.reading.axes import check_extent, parse_axes
from kmu.reading.checking import check_numbers, check_sample
from kmu.reading.contents import Contents
from kmu.reading.conversion import Converted, default_unit, from_displacement, from_iq, scaled
from kmu.reading.gaps import Gaps
from kmu.reading.known import Known
from kmu.reading.names import (
    CENTER_NAMES,
    DEMODULATION_NAMES,
    FIRST_FRAME_NAMES,
    SOUND_NAMES,
)
from kmu.reading.single import file_contents
from kmu.reading.source import RecordingSource
from kmu.reading.timing import from_time_zero, place_in_time
from kmu.recording import Recording, check_frame_rate, check_spacing

_CENTRE = "--centre-frequency in Hz"


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
    known = Known()
    sort = known.settle("kind", kind, "--kind", lambda: meaning.kind(found, chosen), "velocity")
    order = known.settle(
        "axes",
        parse_axes(axes) if axes is not None else None,
        "--axes",
        lambda: statements.axes(found, chosen),
    )
    check_numbers(found, chosen, sort, order, iq_pairs)
    sizes = {axis: chosen.shape[at] for axis, at in layout.places(chosen, order).items()}
    image = {axis: sizes[axis] for axis in order if axis in "zx"}
    pixel = check_spacing(
        known.settle("spacing", spacing, "--spacing", lambda: pixels.spacing(found, chosen, image))
    )
    times = rates.times(found, chosen, sizes["t"])
    rate = check_frame_rate(
        known.settle(
            "frame rate",
            frame_rate,
            "--frame-rate",
            lambda: rates.frame_rate(found, chosen, times),
        )
    )
    plain = layout.arranged(chosen, order, rate, pixel, iq_pairs)
    order = "".join(letter for letter in order if letter in "zxt")
    moves = sort in ("velocity", "displacement")
    factors = None
    if moves and (told := scaling.scale_of(found, chosen, scale)) is not None:
        factors = told.value
        known.settle("scale", scale, "--scale", lambda: scaling.scale_of(found, chosen, None))
    own = ""
    if moves:
        stated = known.settle("unit", unit, "--unit", lambda: meaning.unit(found, chosen, sort))
        own = stated or default_unit(sort)
        if factors is None:
            where, hints = f"{found.path}: {chosen.name!r}", scaling.hints(found, chosen)
            plausible.check_counts(_sample(plain), chosen.dtype, where, stated is not None, hints)
    plain = scaling.applied(plain, chosen, found, factors) if moves else plain
    given, said = place_in_time(plain, times, found.path, insist=frame_rate is not None)
    first = statements.number(found, FIRST_FRAME_NAMES, chosen, "time")
    given = from_time_zero(given, first.value if first else None)
    if check_axes:
        check_extent(given.shape, rate, pixel, order)
    if moves:
        view, notes = masks.beside(found, chosen, order, image)
        given = scaled(masks.applied(given, view), sort, own)
        said += notes
        odd = plausible.odd_magnitude(_sample(given), sort, own)
        said += [odd] if odd else []
    displacement = None
    conversion: dict[str, Any] = {}
    if factors is not None:
        conversion["scale"] = [float(number) for number in factors]
    if sort == "displacement":
        # What is missing is bridged first: a lost frame would become a jump of velocity.
        displacement = Gaps(given.read, given.shape[0], rate, "displacement")
        given = from_displacement(replace(given, read=displacement.frames))
    elif sort in ("iq", "rf"):
        # The phase of IQ counts from the frequency it was demodulated at.
        demodulated = None
        if centre_frequency is None:
            demodulated = statements.number(found, DEMODULATION_NAMES, chosen, "rate", _CENTRE)
        centre = known.settle(
            "centre frequency",
            centre_frequency,
            "--centre-frequency",
            lambda: statements.number(found, CENTER_NAMES, chosen, "rate", _CENTRE),
        )
        if centre is None:
            raise InputError(f"{found.path} does not say its centre frequency; give {_CENTRE}")
        speed = known.settle(
            "sound speed",
            sound_speed,
            "--sound-speed",
            lambda: unheard.or_closed(
                found,
                chosen,
                statements.number(found, SOUND_NAMES, chosen, "speed", "--sound-speed"),
                "the speed of sound",
                "--sound-speed",
            ),
            1540.0,
        )
        conversion = {
            "centre_frequency": float(centre),
            "sound_speed": float(speed),
            "estimator": estimator,
        }
        if iq_pairs:
            conversion["iq_pairs"] = True
        given = from_iq(
            given,
            centre,
            speed,
            estimator,
            radio_frequency=sort == "rf",
            demodulation_frequency=demodulated.value if demodulated else None,
        )
    meta = {"file": Path(path).name, "variable": chosen.name, "axes": order, "kind": sort}
    meta["read_from"] = known.places
    if known.given:
        meta["given"] = known.given
    if conversion:
        meta["conversion"] = conversion
    if moves:
        meta["unit"] = own
    source = RecordingSource(
        given.shape,
        given.frame_rate,
        given.spacing,
        given.read,
        meta,
        said,
        displacement,
        given.magnitude,
    )
    source.path = Path(path)
    check_sample(source, order, check_axes and sort == "velocity")
    return source


def read(
    path: str | os.PathLike[str],
    variable: str | None = None,
    axes: str | None = None,
    frame_rate: float | None = None,
    spacing: tuple[float, float] | None = None,
    **options: Any,
) -> Recording:
    """Reads a whole recording into memory; arguments and errors as :func:`open_recording`.

    Example:
        >>> recording = kmu.read("trial.mat", axes="zxt")
        >>> recording.velocity.shape, recording.frame_rate, recording.spacing
        ((200, 24, 40), 100.0, (1.0, 0.5))
    """
    return open_recording(path, variable, axes, frame_rate, spacing, **options).load()


def _sample(given: Converted) -> NDArray[Any]:
    """Up to 64 frames of the middle."""
    middle = given.shape[0] // 2
    return np.asarray(given.read(max(0, middle - 32), min(given.shape[0], middle + 32)))
