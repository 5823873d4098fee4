"""Rest as null: in a recording of the relaxed muscle every unit found is false."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kmu.errors import InputError
from kmu.identification.coarse import Coarse
from kmu.identification.pipeline import identify_coarse
from kmu.identification.resample import FrameSource
from kmu.identification.served_model import ServedModel
from kmu.motor_units import MotorUnits

# Candidates that score less are no danger to any threshold.
_LOWEST = 0.05
# Sizes and rates that differ by less are the same.
_SAME = 0.01


@dataclass(frozen=True)
class Rest:
    """What was found at rest.

    Attributes:
        scores: of all candidates of at least 0.05, highest first.
        seconds: length of the recording at rest.
        threshold: that the result was made with.
        needed: the score above which no unit is left at rest; the result's threshold if none is
            found with it.
        kept: units of the result above ``needed``.
        units: of the result.
    """

    scores: tuple[float, ...]
    seconds: float
    threshold: float
    needed: float
    kept: int
    units: int

    def summary(self) -> dict[str, Any]:
        """The same, fit for JSON, with ``false_units``, those found with the result's threshold."""
        false = sum(score >= self.threshold for score in self.scores)
        return {**vars(self), "scores": list(self.scores), "false_units": false}


def check_rest(rest: FrameSource, recording: FrameSource) -> None:
    """Refuses a recording at rest that was not made like the other one.

    Raises:
        InputError: if image, pixels or frame rate differ.
    """
    for name, theirs, ours, unit in (
        ("image", rest.shape[1:], recording.shape[1:], "pixels"),
        ("pixel size", rest.spacing, recording.spacing, "mm"),
        ("frame rate", (rest.frame_rate,), (recording.frame_rate,), "Hz"),
    ):
        if not np.allclose(theirs, ours, rtol=_SAME):
            first, second = (" x ".join(f"{v:g}" for v in values) for values in (theirs, ours))
            raise InputError(
                f"the {name} of the recording at rest is {first} {unit}, that of the recording "
                f"{second} {unit}: record both alike"
            )


def rest_as_null(
    rest: Coarse,
    found: MotorUnits,
    served: ServedModel,
    thresholds: dict[str, float],
    block_seconds: float,
) -> Rest:
    """Looks for units in a recording of the relaxed muscle.

    Args:
        rest: at the model's rate, prepared as the recording was.
        found: the result's units.
        served: the model.
        thresholds: of score and firing that the result was made with.
        block_seconds: likewise.
    """
    false = identify_coarse(rest, served, _LOWEST, thresholds["firing"], block_seconds)
    scores = tuple(float(score) for score in false.score)
    highest = max(scores, default=0.0)
    needed = max(highest, thresholds["score"])
    kept = int((found.score > needed).sum() if highest >= thresholds["score"] else len(found))
    return Rest(
        scores, rest.shape[0] / rest.frame_rate, thresholds["score"], needed, kept, len(found)
    )
