"""What a check is given: does the result fit the recording, and how was it made?"""

from pathlib import Path
from typing import Any

from kmu.analysis.provenance import file_hash
from kmu.errors import InputError
from kmu.identification.finding import find_model
from kmu.identification.preparation import Preparation
from kmu.identification.resample import FrameSource
from kmu.motor_units import MotorUnits

_SHORTEST_S = 1.0


def check_fit(units: MotorUnits, source: FrameSource) -> None:
    """Refuses what cannot be checked, before anything slow is done."""
    if not len(units):
        raise InputError("the result holds no unit: there is nothing to check")
    theirs = (units.twitch_train.shape[1], *units.territory.shape[1:])
    if theirs != tuple(source.shape):
        frames, depth, width = theirs
        raise InputError(
            f"the result is of a recording of {frames} frames of {depth} x {width} pixels, this "
            f"one has {' x '.join(map(str, source.shape))}: give the recording it was made from, "
            "read in the same way"
        )
    duration = source.shape[0] / source.frame_rate
    if duration < _SHORTEST_S:
        raise InputError(
            f"the recording is {duration:.3g} s long; checks need at least {_SHORTEST_S:g} s"
        )


def check_same_file(made: Any, source: FrameSource) -> None:
    """Refuses a recording of the same size that the result was not made from."""
    path: Path | None = getattr(source, "path", None)
    made_from = made.get("source", {})
    if path is not None and made_from.get("sha256") not in (None, file_hash(path)):
        raise InputError(
            f"{path.name} is not the file that the result was made from "
            f"({made_from.get('file') or 'another one'}, SHA-256 {made_from['sha256'][:8]}...): "
            "give that one, or identify this one"
        )


def named_model(made: Any) -> str | None:
    """The name of the model that a result was made with, if it is at hand."""
    name = str(made.get("model", {}).get("name", ""))
    for candidate in (name, name.split("/")[0]):
        try:
            if candidate:
                find_model(candidate)
                return candidate
        except InputError:
            continue
    return None


def preparation_of(options: Any) -> Preparation:
    """What was done to the velocity before the units were found, by the result's options."""
    band = options.get("band_hz")
    motion = options.get("suppress_motion", "none")
    return Preparation(tuple(band) if band else None, motion, options.get("motion_order") or 1)
