"""What a file says about a recording, read by one rule.

A statement that cannot be understood is refused, never replaced by a default; two that contradict
each other are refused with both values; an option of the caller counts more than any statement.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.contents import (
    AXES_NAMES,
    DEPTH_NAMES,
    FRAME_RATE_NAMES,
    GENERAL_RATE_NAMES,
    KIND_NAMES,
    LATERAL_NAMES,
    SPACING_NAMES,
    TIME_NAMES,
    UNIT_NAMES,
    Contents,
    Said,
    Variable,
    plain,
)
from kmu.reading.quantities import factor, measured
from kmu.reading.timing import rate_of_times

# Statements may differ by rounding.
_SAME = 0.01


def number(
    found: Contents,
    names: tuple[str, ...],
    beside: Variable,
    dimension: str = "",
    option: str = "an option",
) -> float | None:
    """The number the file gives under one of ``names``, in kmu's own unit; None if there is none.

    Args:
        found: the file.
        names: in plain form.
        beside: the variable it is about.
        dimension: what it measures, see ``quantities.DIMENSIONS``; "" for a bare number.
        option: what to give instead, for messages.

    Raises:
        InputError: if it is not one number, in a unit that is not known, or contradicted by
            another one that stands as near.
    """
    said = found.all_said(names, beside)
    if not said:
        return None
    near = [one for one in said if one.level == said[0].level]
    values = [_value(found, one, dimension, option) for one in near]
    _agree(found, list(zip((one.label for one in near), values, strict=True)), option)
    return values[0]


def text(found: Contents, names: tuple[str, ...], beside: Variable, option: str) -> str | None:
    """The text the file gives under one of ``names``; several are joined by commas.

    Raises:
        InputError: if what is there is no text, or contradicted by another that stands as near.
    """
    said = found.all_said(names, beside)
    if not said:
        return None
    near = [(one.label, _text(found, one, option)) for one in said if one.level == said[0].level]
    if len({value.casefold() for _, value in near}) > 1:
        (first, one), (second, other) = near[:2]
        raise InputError(
            f"{found.path} contradicts itself: {first} = {one}, {second} = {other}; give {option}"
        )
    return near[0][1]


def axes(found: Contents, chosen: Variable) -> str:
    """The order of axes the file states."""
    said = text(found, AXES_NAMES, chosen, "--axes")
    if said is None:
        raise InputError(
            f"{found.path} does not say which axis of {chosen.name} "
            f"({' x '.join(map(str, chosen.shape))}) is which; give --axes, such as zxt"
        )
    return said


def kind(found: Contents, chosen: Variable) -> str | None:
    """What the file says the values are, in the words of ``--kind`` where they are known."""
    said = text(found, KIND_NAMES, chosen, "--kind")
    if said is None:
        return None
    return _KINDS.get(plain(said).replace("/", ""), said)


_KINDS = {
    "velocity": "velocity", "tissuevelocity": "velocity", "tvi": "velocity",
    "axialvelocity": "velocity", "displacement": "displacement", "iq": "iq", "rf": "rf",
    "tissuedisplacement": "displacement", "axialdisplacement": "displacement",
    "iqdata": "iq", "rfdata": "rf",
}  # fmt: skip


def unit(found: Contents, chosen: Variable) -> str | None:
    """The unit of the values that the file states."""
    return text(found, UNIT_NAMES, chosen, "--unit")


def times(found: Contents, chosen: Variable, frames: int) -> NDArray[np.float64] | None:
    """The times of all frames in s (or in an unknown constant unit), if the file has them.

    A text or a vector of another length is no time of each frame: it belongs to something else.
    """
    for said in found.all_said(TIME_NAMES, chosen, length=frames):
        if said.values.dtype.kind in "fiu":
            by = [factor(u, "time") for u in _units(said)]
            return said.values.astype(np.float64).ravel() * (by[0] or 1.0 if by else 1.0)
    return None


def frame_rate(found: Contents, chosen: Variable, stamps: NDArray[np.float64] | None) -> float:
    """The frame rate in Hz that the file states, or that its times of frames tell.

    Raises:
        InputError: if there is none, or statements differ. A name that may as well mean another
            signal's rate (``fs``) does not count beside one that means images.
    """
    said = found.all_said(FRAME_RATE_NAMES, chosen) or found.all_said(GENERAL_RATE_NAMES, chosen)
    general = bool(said) and plain(said[0].label.replace("/", ".").split(".")[-1]) in (
        GENERAL_RATE_NAMES
    )
    if general:
        said = [one for one in said if one.level == said[0].level]
    option = "--frame-rate"
    values = [(one.label, _value(found, one, "rate", option)) for one in said]
    if stamps is not None and (told := rate_of_times(stamps)) is not None:
        values.append(("the times of the frames", told))
    _agree(found, values, option)
    if not values:
        raise InputError(f"{found.path} does not say its frame rate; give --frame-rate in Hz")
    return values[0][1]


def spacing(found: Contents, chosen: Variable) -> tuple[float, float]:
    """The size of a pixel in depth and across, mm."""
    option = "--spacing DZ DX"
    depth = number(found, DEPTH_NAMES, chosen, "length", option)
    width = number(found, LATERAL_NAMES, chosen, "length", option)
    for said in found.all_said(SPACING_NAMES, chosen):
        pair = _pair(found, said)
        if pair is None:
            continue
        for own, other, name in ((pair[0], depth, "dz"), (pair[1], width, "dx")):
            if other is not None:
                _agree(found, [(said.label, own), (name, other)], option)
        return pair
    if depth is None or width is None:
        raise InputError(
            f"{found.path} does not say its pixel size; give --spacing DZ DX in millimetres"
        )
    return depth, width


def _pair(found: Contents, said: Said) -> tuple[float, float] | None:
    values = said.values.ravel()
    if said.unreadable or values.size != 2:
        return None
    depth, width = (
        _value(found, Said(said.label, part, said.level, said.attributes), "length", "--spacing")
        for part in values[:, None]
    )
    return depth, width


def _value(found: Contents, said: Said, dimension: str, option: str) -> float:
    values = said.values.ravel()
    where = f"{found.path}: {said.label!r}"
    if said.unreadable:
        raise InputError(f"{where} is a {values[0]}, which cannot be read; give {option}")
    if values.size != 1 or values.dtype.kind not in "fiuUSO":
        raise InputError(
            f"{where} should be one number but is an array of shape {said.values.shape}; give "
            f"{option}"
        )
    if values.dtype.kind not in "fiu":
        content = _decoded(values[0])
        told = measured(content, dimension) if dimension else None
        if told is None:
            raise InputError(
                f"{where} should be a number but is the text {content!r}; give {option}"
            )
        return told
    by = 1.0
    for word in _units(said):
        known = factor(word, dimension) if dimension else None
        if known is None and re.sub(r"\W", "", word):
            raise InputError(f"{where} is in {word!r}, a unit that is not known; give {option}")
        by = known or 1.0
    return float(values[0]) * by


def _units(said: Said) -> list[str]:
    return [_decoded(v) for name, v in said.attributes.items() if plain(name) in UNIT_NAMES]


def _text(found: Contents, said: Said, option: str) -> str:
    if said.unreadable:
        raise InputError(
            f"{found.path}: {said.label!r} is a {said.values.ravel()[0]}, which cannot be read; "
            f"give {option}"
        )
    if said.values.dtype.kind not in "USO" or not said.values.size:
        raise InputError(f"{found.path}: {said.label!r} should be a text; give {option}")
    return ",".join(_decoded(value) for value in said.values.ravel())


def _decoded(value: Any) -> str:
    value = np.asarray(value).ravel()[0] if isinstance(value, np.ndarray) else value
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()


def _agree(found: Contents, values: list[tuple[str, float]], option: str) -> None:
    for label, value in values[1:]:
        if abs(value - values[0][1]) > _SAME * abs(values[0][1]):
            raise InputError(
                f"{found.path} contradicts itself: {values[0][0]} = {values[0][1]:g}, {label} = "
                f"{value:g}; give {option}"
            )
