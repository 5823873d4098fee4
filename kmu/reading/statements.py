"""What a file says about a recording, read by one rule.

A statement that cannot be understood is refused, never replaced by a default; two that contradict
each other are refused with both values; an option of the caller counts more than any statement.
Each is handed out with the place where it was read.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.axes import parse_axes
from kmu.reading.contents import Contents, Variable
from kmu.reading.conversion import UNITS
from kmu.reading.names import (
    AXES_NAMES,
    DEPTH_NAMES,
    FRAME_RATE_NAMES,
    GENERAL_RATE_NAMES,
    KIND_NAMES,
    LATERAL_NAMES,
    SPACING_NAMES,
    TIME_NAMES,
    UNIT_NAMES,
    plain,
)
from kmu.reading.quantities import factor, plain_unit
from kmu.reading.said import Said, Told, check_agreement
from kmu.reading.timing import Times, rate_of_times


def number(
    found: Contents,
    names: tuple[str, ...],
    beside: Variable,
    dimension: str = "",
    option: str = "an option",
    everywhere: bool = False,
) -> Told[float] | None:
    """The number the file gives under one of ``names``, in kmu's own unit; None if there is none.

    Args:
        found: the file.
        names: in plain form.
        beside: the variable it is about.
        dimension: what it measures, see ``quantities.DIMENSIONS``; "" for a bare number.
        option: what to give instead, for messages.
        everywhere: the names mean nothing else, so statements farther away must agree too.

    Raises:
        InputError: if it is not one number, in a unit that is not known, or contradicted by
            another one.
    """
    said = found.all_said(names, beside)
    if not said:
        return None
    near = [one for one in said if everywhere or one.level == said[0].level]
    values = [(one.label, one.number(found.path, dimension, option)) for one in near]
    check_agreement(found.path, values, option)
    return Told(values[0][1], said[0].place)


def text(
    found: Contents, names: tuple[str, ...], beside: Variable, option: str
) -> Told[str] | None:
    """The text the file gives under one of ``names``; several are joined by commas.

    Raises:
        InputError: if what is there is no text, or contradicted by another that stands as near.
    """
    said = found.all_said(names, beside)
    if not said:
        return None
    near = [one for one in said if one.level == said[0].level]
    values = [(one.label, one.text(found.path, option)) for one in near]
    check_agreement(found.path, [(label, value.casefold()) for label, value in values], option)
    return Told(values[0][1], said[0].place)


def axes(found: Contents, chosen: Variable) -> Told[str]:
    """The order of axes the file states, in letters.

    Raises:
        InputError: if there is none, it is not understood, or two differ.
    """
    option = "--axes"
    orders: list[tuple[str, str]] = []
    said = found.all_said(AXES_NAMES, chosen)
    for one in said:
        try:
            orders.append((one.label, parse_axes(one.text(found.path, option))))
        except InputError as error:
            # Farther away a name such as "axes" may be about another array.
            if one.level == said[0].level:
                raise InputError(f"{found.path}: {error}; give {option}") from error
    if not orders:
        raise InputError(
            f"{found.path} does not say which axis of {chosen.name} "
            f"({' x '.join(map(str, chosen.shape))}) is which; give --axes, such as zxt"
        )
    check_agreement(found.path, orders, option)
    return Told(orders[0][1], said[0].place)


def kind(found: Contents, chosen: Variable) -> Told[str] | None:
    """What the file says the values are, in the words of ``--kind`` where they are known."""
    told = text(found, KIND_NAMES, chosen, "--kind")
    if told is None:
        return None
    word = _KINDS.get(plain(told.value).replace("/", ""), told.value)
    known = [
        (one.label, other)
        for one in _texts(found, KIND_NAMES, chosen)
        if (other := _KINDS.get(plain(one.text(found.path, "")))) is not None
    ]
    check_agreement(found.path, [("kind", word), *known], "--kind")
    return Told(word, told.place)


_KINDS = {
    "velocity": "velocity", "tissuevelocity": "velocity", "tvi": "velocity",
    "axialvelocity": "velocity", "displacement": "displacement", "iq": "iq", "rf": "rf",
    "tissuedisplacement": "displacement", "axialdisplacement": "displacement",
    "iqdata": "iq", "rfdata": "rf",
}  # fmt: skip


def unit(found: Contents, chosen: Variable) -> Told[str] | None:
    """The unit of the values that the file states.

    Farther away it may be of something else; only another unit of the same dimension contradicts.
    """
    told = text(found, UNIT_NAMES, chosen, "--unit")
    if told is None:
        return None
    own = plain_unit(told.value)
    alike = [
        (one.label, other)
        for one in _texts(found, UNIT_NAMES, chosen)
        if "/" in own and "/" in (other := plain_unit(one.text(found.path, ""))) and other in UNITS
    ]
    check_agreement(found.path, [("unit", own), *alike], "--unit")
    return told


def _texts(found: Contents, names: tuple[str, ...], chosen: Variable) -> list[Said]:
    said = found.all_said(names, chosen)
    return [
        one
        for one in said
        if not one.unreadable and one.values.size and one.values.dtype.kind in "USO"
    ]


def times(found: Contents, chosen: Variable, frames: int) -> Times | None:
    """The times of all frames, if the file has them.

    A text or a vector of another length is no time of each frame: it belongs to something else.
    """
    for said in found.all_said(TIME_NAMES, chosen, length=frames):
        if said.values.dtype.kind in "fiu":
            # "seconds since 1970-01-01", as netCDF has it.
            units = [word.split(" since ")[0] for word in said.units]
            by = factor(units[0], "time") if units else 1.0
            stamps = said.values.astype(np.float64).ravel() * (by or 1.0)
            return Times(stamps, said.place, unknown_unit="" if by else units[0])
    return None


def frame_rate(found: Contents, chosen: Variable, stamps: Times | None) -> Told[float]:
    """The frame rate in Hz that the file states, or that its times of frames tell.

    Raises:
        InputError: if there is none, or statements differ. A name that may as well mean another
            signal's rate (``fs``) does not count beside one that means images.
    """
    said = found.all_said(FRAME_RATE_NAMES, chosen)
    if not said:
        said = found.all_said(GENERAL_RATE_NAMES, chosen)
        said = [one for one in said if one.level == said[0].level]
    option = "--frame-rate"
    values = [(one.label, one.number(found.path, "rate", option)) for one in said]
    places = [one.place for one in said]
    if stamps is not None and (told := rate_of_times(stamps)) is not None:
        values.append(("the times of the frames", told))
        places.append(f"the times of the frames, {stamps.place}")
    check_agreement(found.path, values, option)
    if not values:
        cause = "does not say its frame rate"
        if stamps is not None and stamps.unknown_unit:
            cause = f"gives times of its frames in {stamps.unknown_unit!r}, no known unit of time"
        raise InputError(f"{found.path} {cause}; give --frame-rate in Hz")
    return Told(values[0][1], places[0])


def spacing(found: Contents, chosen: Variable) -> Told[tuple[float, float]]:
    """The size of a pixel in depth and across, mm."""
    option = "--spacing DZ DX"
    depth = number(found, DEPTH_NAMES, chosen, "length", option, everywhere=True)
    width = number(found, LATERAL_NAMES, chosen, "length", option, everywhere=True)
    depths = [("dz", depth.value)] if depth else []
    widths = [("dx", width.value)] if width else []
    place, odd = "", ""
    for said in found.all_said(SPACING_NAMES, chosen):
        if said.unreadable or said.values.size != 2:
            odd = odd or f" ({said.label!r} is {_shown(said)}, not one number for each)"
            continue
        pair = said.numbers(found.path, "length", "--spacing")
        depths.append((said.label, pair[0]))
        widths.append((said.label, pair[1]))
        place = place or said.place
    check_agreement(found.path, depths, option)
    check_agreement(found.path, widths, option)
    if not depths or not widths:
        raise InputError(
            f"{found.path} does not say its pixel size{odd}; give --spacing DZ DX in millimetres"
        )
    if depth is not None and width is not None:
        place = f"{depth.place} and {width.place}"
    return Told((depths[0][1], widths[0][1]), place)


def _shown(said: Said) -> str:
    values: NDArray[Any] = said.values.ravel()
    return f"a {values[0]}" if said.unreadable else f"{values[:4].tolist()}"
