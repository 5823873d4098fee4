"""From a recording to its motor units, with a SavedModel."""

import os

import numpy as np

from kmu.callable_module import make_callable
from kmu.errors import InputError
from kmu.firings import firings_from_probability
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.served_model import ServedModel, load_model

make_callable(__name__)


def identify(
    recording: Recording,
    model: str | os.PathLike[str] | ServedModel | None = None,
    score_threshold: float | None = None,
    firing_threshold: float | None = None,
) -> MotorUnits:
    """Finds the motor units of a recording.

    Args:
        recording: tissue velocity.
        model: a SavedModel's folder, the name of a model that came with kmu, a loaded model, or
            None for the default model.
        score_threshold: keep units of at least this score; the model's own if None.
        firing_threshold: keep firings of at least this probability; the model's own if None.

    Returns:
        The units, best first, on the recording's own grid and frame rate; none for silence.

    Raises:
        InputError: if there is no model, or the recording is constant but not zero.
    """
    low, high = float(recording.velocity.min()), float(recording.velocity.max())
    if low == high and low != 0:
        raise InputError(f"the velocity is constant ({low:g} mm/s everywhere)")
    served = model if isinstance(model, ServedModel) else load_model(model)
    if low == high:
        return MotorUnits.none(recording.velocity.shape, recording.frame_rate, recording.spacing)
    answer = served(recording.velocity, recording.frame_rate, recording.spacing)
    keep_over = served.thresholds["score"] if score_threshold is None else score_threshold
    fire_over = served.thresholds["firing"] if firing_threshold is None else firing_threshold
    keep = answer["score"] >= keep_over
    return MotorUnits(
        territory=np.clip(answer["territory"][keep], 0, 1),
        twitch_train=answer["twitch_train"][keep],
        firings=firings_from_probability(
            answer["firing_probability"][keep], recording.frame_rate, fire_over
        ),
        score=np.clip(answer["score"][keep], 0, 1),
        frame_rate=recording.frame_rate,
        spacing=recording.spacing,
    )
