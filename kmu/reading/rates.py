"""How often a file says that frames were taken: a rate, a period, or the times of all frames."""

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.contents import Contents, Variable
from kmu.reading.names import FRAME_RATE_NAMES, GENERAL_RATE_NAMES, PERIOD_NAMES, TIME_NAMES
from kmu.reading.quantities import factor
from kmu.reading.said import Told, check_agreement
from kmu.reading.timing import Times, is_rate, rate_of_times, step_of_times
from kmu.reading.unheard import closed

_OPTION = "--frame-rate"
# Steps of 1 that count frames, and seconds as other units count them (ms, us, ns, min, h, days).
_COUNTS = (1.0, 1e3, 1e6, 1e9, 1 / 60, 1 / 3600, 1 / 86400)
_SAME = 0.01


def times(found: Contents, chosen: Variable, frames: int) -> Times | None:
    """The times of all frames, if the file has them.

    A text or a vector of another length is no time of each frame: it belongs to something else.
    """
    for said in found.all_said(TIME_NAMES, chosen, length=frames):
        values = said.values.ravel()
        if values.dtype.kind in "mM":
            since = values - values[0] if values.dtype.kind == "M" else values
            return Times(since / np.timedelta64(1, "s"), said.place)
        if values.dtype.kind in "fiu":
            # "seconds since 1970-01-01", as netCDF has it.
            units = [word.split(" since ")[0] for word in said.units]
            by = factor(units[0], "time") if units else 1.0
            stamps: NDArray[np.float64] = values.astype(np.float64) * (by or 1.0)
            return Times(stamps, said.place, unknown_unit="" if by else units[0], said=bool(units))
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
    values = [(one.label, one.number(found.path, "rate", _OPTION)) for one in said]
    places = [one.place for one in said]
    unsure: list[tuple[str, float]] = []
    for one in found.all_said(PERIOD_NAMES, chosen):
        period = one.number(found.path, "time", _OPTION)
        if is_rate(1 / period if period > 0 else 0.0) or one.units:
            values.append((f"1 / {one.label}", 1 / period if period > 0 else 0.0))
            places.append(one.place)
        else:
            unsure.append((one.label, period))
    if stamps is not None and (told := rate_of_times(stamps)) is not None:
        values.append(("the times of the frames", told))
        places.append(f"the times of the frames, {stamps.place}")
    elif stamps is not None and not stamps.said and (step := step_of_times(stamps)) is not None:
        unsure.append((f"steps of {stamps.place}", step))
    check_agreement(found.path, values, _OPTION)
    if not values:
        raise InputError(f"{found.path} {_missing(found, chosen, stamps, unsure)}")
    for label, step in unsure:
        _check_step(found, values[0], label, step)
    return Told(values[0][1], places[0])


def _check_step(found: Contents, rate: tuple[str, float], label: str, step: float) -> None:
    """Refuses a step in an unknown unit that fits the rate in no unit."""
    fits = step == 1 or any(abs(rate[1] * step / by - 1) <= _SAME for by in _COUNTS)
    if not fits:
        raise InputError(
            f"{found.path} contradicts itself: {rate[0]} = {rate[1]:g}, {label} = {step:g}, which "
            f"is its period in no unit of time; give {_OPTION}"
        )


def _missing(
    found: Contents, chosen: Variable, stamps: Times | None, unsure: list[tuple[str, float]]
) -> str:
    """Why there is no frame rate, and what to give."""
    if stamps is not None and stamps.unknown_unit:
        cause = f"gives times of its frames in {stamps.unknown_unit!r}, no known unit of time"
    elif unsure:
        label, step = unsure[0]
        cause = f"does not say its frame rate ({label} = {step:g}, in an unknown unit)"
    else:
        elsewhere = found.elsewhere((*FRAME_RATE_NAMES, *GENERAL_RATE_NAMES), chosen)
        shown = f" ({elsewhere[0].label!r} may be another one's)" if elsewhere else ""
        shown = shown or (f" ({hidden})" if (hidden := closed(found, chosen)) else "")
        cause = f"does not say its frame rate{shown}"
    return f"{cause}; give {_OPTION} in Hz"
