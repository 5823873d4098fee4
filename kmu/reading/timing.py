"""Times of frames: the frame rate they tell, and frames that were dropped."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.errors import InputError
from kmu.reading.conversion import Converted
from kmu.reading.gaps import MOST_MISSING

# Times may jitter by this share of a frame before they say anything about dropped frames.
_JITTER = 0.4


@dataclass(frozen=True)
class Times:
    """The times of all frames.

    Attributes:
        values: ascending; in s, or in a constant unit that is not known.
        place: where they were read.
        unknown_unit: the unit that the file gives them, if it is not one of time.
        said: whether the file gives them a unit.
    """

    values: NDArray[np.float64]
    place: str = ""
    unknown_unit: str = ""
    said: bool = False


def rate_of_times(times: Times) -> float | None:
    """The frame rate in Hz that the times of the frames tell, or None.

    None also where they would have to be in another unit than seconds (a rate outside 50 Hz to
    20 kHz): units are not guessed.
    """
    step = step_of_times(times)
    if times.unknown_unit or step is None:
        return None
    return 1 / step if is_rate(1 / step) else None


def step_of_times(times: Times) -> float | None:
    """The median step, in the unit of the times; None if they do not ascend."""
    steps = np.diff(times.values)
    if steps.size == 0 or not np.isfinite(steps).all() or steps.min() <= 0:
        return None
    return float(np.median(steps))


def is_rate(rate: float) -> bool:
    """Whether frames can come at this rate in Hz."""
    return 50 <= rate <= 20_000


def place_in_time(
    given: Converted, stamps: Times | None, path: Path, insist: bool = False
) -> tuple[Converted, list[str]]:
    """Leaves room for dropped frames, where the times of the frames tell of any.

    Args:
        given: the frames as the file has them.
        stamps: the times of the frames; None if unknown.
        path: of the file, for messages.
        insist: the caller states the frame rate: times that cannot be right are left out of
            account, unless they run backwards.

    Returns:
        The same, or with frames of NaN where frames were dropped, to be bridged when read; and
        what was left out of account, a sentence each.

    Raises:
        InputError: if the times do not ascend, or too many frames were dropped.
    """
    if stamps is None or len(stamps.values) < 2:
        return given, []
    times = stamps.values
    try:
        return _placed(given, times, path), []
    except InputError as error:
        backwards = np.isfinite(times).all() and np.median(np.diff(times)) < 0
        if not insist or backwards:
            raise InputError(
                f"{error}" + ("" if backwards else " (--frame-rate leaves them out of account)")
            ) from error
        return given, [f"{error}: they were not used, since the frame rate was given"]


def _placed(given: Converted, times: NDArray[np.float64], path: Path) -> Converted:
    steps = np.diff(times)
    if not np.isfinite(times).all() or steps.min() <= 0:
        raise InputError(f"{path}: the times of the frames do not ascend; frames are out of order")
    period = float(np.median(steps))
    # Rounding step by step: a clock that runs slightly off adds no frames.
    slots = np.concatenate([[0], np.cumsum(np.maximum(np.round(steps / period), 1))]).astype(int)
    frames = int(slots[-1]) + 1
    if frames == given.shape[0]:
        return given
    if np.abs(steps / period - np.round(steps / period)).max() > _JITTER:
        raise InputError(
            f"{path}: frames come at irregular times; resample them to a constant frame rate"
        )
    if frames - given.shape[0] > MOST_MISSING * frames:
        raise InputError(
            f"{path}: its times tell of {frames - given.shape[0]} dropped frames of {frames}; too "
            "many to bridge"
        )

    def read(start: int, stop: int) -> NDArray[Any]:
        first, last = np.searchsorted(slots, [start, stop])
        values = np.full((stop - start, *given.shape[1:]), np.nan, kind)
        if last > first:
            values[slots[first:last] - start] = given.read(int(first), int(last))
        return values

    kind = np.complex64 if np.iscomplexobj(given.read(0, 1)) else np.float64
    return Converted((frames, *given.shape[1:]), given.frame_rate, given.spacing, read)


def from_time_zero(given: Converted, first_frame: float | None) -> Converted:
    """Leaves out frames before time 0, where the file says when its first frame was (in s).

    IQ frames may begin half a window early, so that the first window is centred on time 0.
    """
    early = round(-first_frame * given.frame_rate) if first_frame else 0
    if not 0 < early < given.shape[0] // 2:
        return given

    def read(start: int, stop: int) -> NDArray[Any]:
        return given.read(start + early, stop + early)

    shape = (given.shape[0] - early, *given.shape[1:])
    return Converted(shape, given.frame_rate, given.spacing, read)
