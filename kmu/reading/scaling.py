"""Integers with their scale beside them, as CF and netCDF files, DICOM and NWB keep numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.contents import Contents, Variable
from kmu.reading.conversion import Converted
from kmu.reading.names import (
    FILL_NAMES,
    OFFSET_NAMES,
    OFFSET_WORDS,
    SCALE_NAMES,
    SCALE_WORDS,
    UNSIGNED_NAMES,
    meant,
    plain,
    words,
)
from kmu.reading.said import Told, decoded
from kmu.reading.statements import number

_OPTION = "--scale FACTOR OFFSET"
_UNMISTAKABLE = ("scalefactor", "addoffset", "rescaleslope", "rescaleintercept")


def scale_of(
    found: Contents, chosen: Variable, given: tuple[float, float] | None
) -> Told[tuple[float, float]] | None:
    """Factor and offset that turn stored values into numbers in their unit; None if none is said.

    Args:
        found: the file.
        chosen: the array.
        given: what the caller says, which counts more.

    Raises:
        InputError: if the file says something that is no number or no scale, contradicts itself,
            or scales counts without sign from an unknown zero.
    """
    if given is not None:
        return Told(given, "--scale")
    _check_single(found, chosen)
    factor = _told(found, chosen, SCALE_NAMES)
    offset = _told(found, chosen, OFFSET_NAMES)
    if factor is None and offset is None:
        return None
    told = (factor.value if factor else 1.0, offset.value if offset else 0.0)
    where = f"{found.path}: the scale of {chosen.name!r}"
    if not np.isfinite(told).all() or told[0] == 0:
        raise InputError(f"{where} is {told[0]:g} * value + {told[1]:g}, no scale; give {_OPTION}")
    unknown = odd_statements(chosen, OFFSET_WORDS)
    if offset is None and unknown:
        raise InputError(f"{where} has {unknown}, which is no offset known here; give {_OPTION}")
    if offset is None and chosen.dtype.kind == "u" and not _is_unsigned(chosen):
        raise InputError(
            f"{where} is {told[0]:g} * value, but whole numbers without sign need an offset, too; "
            f"give {_OPTION}"
        )
    return Told(told, " and ".join(one.place for one in (factor, offset) if one))


def _check_single(found: Contents, chosen: Variable) -> None:
    """Refuses a scale beside the array that is not one number for all of it."""
    parents = [chosen.name[: at + 1] for at, letter in enumerate(chosen.name) if letter in "./"]
    for variable in found.variables:
        rests = [variable.name.removeprefix(parent) for parent in ("", *parents)]
        if any(meant(rest, _UNMISTAKABLE) is not None for rest in rests) and max(
            variable.shape, default=1
        ) > 1:  # fmt: skip
            raise InputError(
                f"{found.path}: {variable.name} should be one number but is an array of shape "
                f"{variable.shape}; give {_OPTION}"
            )


def _told(found: Contents, chosen: Variable, names: tuple[str, ...]) -> Told[float] | None:
    """A number; names such as "offset" mean the values only as an attribute of theirs."""
    own = {plain(label) for label in chosen.attributes}
    sure = tuple(name for name in names if name in _UNMISTAKABLE)
    told = number(found, sure, chosen, option=_OPTION, everywhere=True)
    near = tuple(name for name in names if name in own)
    return told or number(found, near, chosen, option=_OPTION)


def odd_statements(chosen: Variable, said_by: tuple[str, ...] = SCALE_WORDS) -> str:
    """Attributes of the array that speak of a scale in words that do not say which; "" if none."""
    known = {*SCALE_NAMES, *OFFSET_NAMES}
    odd = [
        f"{label} = {np.ravel(value)[0]:g}"
        for label, value in chosen.attributes.items()
        if plain(label) not in known
        and (set(words(label)) | {plain(label)}) & set(said_by)
        and np.size(value) == 1
        and np.asarray(value).dtype.kind in "fiu"
        and np.ravel(value)[0] not in (0, 1, -1)
    ]
    return " and ".join(odd)


def hints(found: Contents, chosen: Variable) -> str:
    """Numbers beside the array that may be its scale, in words; "" if there are none."""
    parent = chosen.name[: max(chosen.name.rfind("."), chosen.name.rfind("/")) + 1]
    beside = {
        v.name: v.values().ravel()[0]
        for v in found.variables
        if v.name.startswith(parent) and np.prod(v.shape) == 1 and v.dtype.kind in "fiu"
    }
    numbers = {k: v for k, v in found.notes.items() if np.size(v) == 1 and not isinstance(v, str)}
    said = [
        f"{label} = {np.ravel(value)[0]:g}"
        for label, value in {**numbers, **beside}.items()
        if set(words(label[len(parent) :] if label in beside else label)) & set(SCALE_WORDS)
        and np.asarray(value).dtype.kind in "fiu"
    ]
    return " and ".join([*filter(None, [odd_statements(chosen)]), *said])


def _is_unsigned(chosen: Variable) -> bool:
    """Whether signed numbers are stored for ones without sign, as netCDF 3 has them."""
    said = [value for label, value in chosen.attributes.items() if plain(label) in UNSIGNED_NAMES]
    return any(decoded(value).casefold() in ("true", "1") for value in said)


def applied(
    given: Converted, chosen: Variable, found: Contents, scale: tuple[float, float] | None
) -> Converted:
    """The values with their scale applied; those that stand for "no value" become NaN."""
    fills = np.concatenate(
        [np.zeros(0)]
        + [
            np.ravel(np.asarray(value, np.float64))
            for label, value in chosen.attributes.items()
            if plain(label) in FILL_NAMES and np.asarray(value).dtype.kind in "fiu"
        ]
    )
    fills = fills[np.isfinite(fills)]
    unsigned = chosen.dtype.kind == "i" and _is_unsigned(chosen)
    if scale is None and not fills.size and not unsigned:
        return given
    factor, offset = scale or (1.0, 0.0)

    def read(start: int, stop: int) -> NDArray[Any]:
        stored = given.read(start, stop)
        void = np.isin(stored, fills.astype(stored.dtype)) if fills.size else None
        if unsigned:
            stored = stored.view(stored.dtype.str.replace("i", "u"))
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.asarray(stored, np.float64) * factor + offset
        if void is not None:
            values[void] = np.nan
        if offset:
            # A frame that was lost is stored as zeros, which the offset would hide.
            values[~stored.reshape(len(stored), -1).any(axis=1)] = np.nan
        return values

    return Converted(given.shape, given.frame_rate, given.spacing, read)
