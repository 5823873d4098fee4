"""Integers with their scale beside them, as CF and netCDF files, DICOM and NWB keep numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.reading.contents import Contents, Variable
from kmu.reading.conversion import Converted
from kmu.reading.names import FILL_NAMES, OFFSET_NAMES, SCALE_NAMES, plain
from kmu.reading.said import Told
from kmu.reading.statements import number

_OPTION = "--scale FACTOR OFFSET"


def scale_of(
    found: Contents, chosen: Variable, given: tuple[float, float] | None
) -> Told[tuple[float, float]] | None:
    """Factor and offset that turn stored values into numbers in their unit; None if none is said.

    Args:
        found: the file.
        chosen: the array.
        given: what the caller says, which counts more.

    Raises:
        InputError: if the file says something that is not a number.
    """
    if given is not None:
        return Told(given, "--scale")
    factor = number(found, _names(SCALE_NAMES, chosen), chosen, option=_OPTION)
    offset = number(found, _names(OFFSET_NAMES, chosen), chosen, option=_OPTION)
    if factor is None and offset is None:
        return None
    told = (factor.value if factor else 1.0, offset.value if offset else 0.0)
    return Told(told, " and ".join(one.place for one in (factor, offset) if one))


def _names(names: tuple[str, ...], chosen: Variable) -> tuple[str, ...]:
    """Names such as "offset" mean the values only as an attribute of theirs."""
    own = {plain(label) for label in chosen.attributes}
    return tuple(name for name in names if name in own or name in _UNMISTAKABLE)


_UNMISTAKABLE = ("scalefactor", "addoffset", "rescaleslope", "rescaleintercept")


def applied(
    given: Converted, chosen: Variable, found: Contents, scale: tuple[float, float] | None
) -> Converted:
    """The values with their scale applied; those that stand for "no value" become NaN."""
    said = number(found, FILL_NAMES, chosen) if _filled(chosen) else None
    fill = said.value if said else None
    if scale is None and fill is None:
        return given
    factor, offset = scale or (1.0, 0.0)

    def read(start: int, stop: int) -> NDArray[Any]:
        stored = given.read(start, stop)
        values = np.asarray(stored, np.float64) * factor + offset
        if fill is not None and not np.isnan(fill):
            values[stored == np.asarray(fill).astype(stored.dtype)] = np.nan
        if offset:
            # A frame that was lost is stored as zeros, which the offset would hide.
            values[~stored.reshape(len(stored), -1).any(axis=1)] = np.nan
        return values

    return Converted(given.shape, given.frame_rate, given.spacing, read)


def _filled(chosen: Variable) -> bool:
    return any(plain(label) in FILL_NAMES for label in chosen.attributes)
