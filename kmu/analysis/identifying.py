"""``kmu.identify``: from whatever holds a recording to its motor units."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmu.analysis.options import analyse_with
from kmu.analysis.pipeline import Analysis
from kmu.config.analysis import AnalysisOptions
from kmu.errors import InputError
from kmu.identification.pipeline import BLOCK_SECONDS
from kmu.identification.pipeline import identify as identify_recording
from kmu.identification.preparation import Preparation
from kmu.identification.resample import FrameSource, RecordingFrames
from kmu.identification.served_model import ServedModel
from kmu.motor_units import MotorUnits
from kmu.reading.opening import open_recording
from kmu.recording import Recording

AnyRecording = Recording | FrameSource | NDArray[Any] | str | os.PathLike[str]


def identify(
    recording: AnyRecording,
    model: str | os.PathLike[str] | ServedModel | None = None,
    score_threshold: float | None = None,
    firing_threshold: float | None = None,
    block_seconds: float = BLOCK_SECONDS,
    preparation: Preparation | None = None,
    **reading: Any,
) -> MotorUnits:
    """Finds the motor units of a recording.

    Example:
        >>> units = kmu.identify("trial.mat", axes="zxt")
        >>> units = kmu.identify(velocity, frame_rate=1000.0, spacing=(0.1, 0.3))
        >>> units.twitch_train.shape == (len(units), len(velocity))
        True

    Args:
        recording: a file or folder, an array of velocity (time, depth, lateral) in mm/s, or a
            recording, in memory or still in its file.
        model: a SavedModel's folder, the name of a model that came with kmu, a loaded model, or
            None for the default model.
        score_threshold: keep units of at least this score, 0 to 1; if None the one that promises
            the highest F1 of this recording, at most the model's own.
        firing_threshold: keep firings of at least this probability; the model's own if None.
        block_seconds: longer recordings are cut in blocks of about this length.
        preparation: filters and motion suppression before identifying; none by default.
        **reading: what a file or array does not say of itself: ``frame_rate`` in Hz, ``spacing``
            (dz, dx) in mm, and for files all that ``kmu.reading.open_recording`` takes.

    Returns:
        The units, best first, on the recording's own grid and frame rate; none for silence. What
        was put right in the recording, such as jolts, is in their provenance as ``warnings``.

    Raises:
        InputError: if there is no model, the file cannot be read, something is not said, or the
            recording is constant but not zero.
    """
    return identify_recording(
        opened(recording, **reading),
        model,
        score_threshold,
        firing_threshold,
        block_seconds,
        preparation,
    )


def analyse(
    recording: AnyRecording,
    model: str | os.PathLike[str] | ServedModel | None = None,
    *,
    score_threshold: float | None = None,
    firing_threshold: float | None = None,
    min_quality: float = 0.0,
    block_seconds: float = BLOCK_SECONDS,
    band: tuple[float, float] | None = None,
    suppress_motion: str = "none",
    motion_order: int = 1,
    firings: str | os.PathLike[str] = "",
    firings_rate: float | None = None,
    firings_offset: float = 0.0,
    firings_clock: str = "given",
    **reading: Any,
) -> Analysis:
    """Finds the motor units of a recording and measures all there is to measure.

    The options are those of ``kmu identify`` and ``kmu batch``
    (:class:`kmu.config.analysis.AnalysisOptions`).

    Example:
        >>> analysis = kmu.analyse("trial.mat", axes="zxt", firings="emg.csv", min_quality=0.3)
        >>> units, quality = analysis.units, analysis.columns["quality"]

    Args:
        recording: as for :func:`identify`.
        model: as for :func:`identify`.
        score_threshold: keep units of at least this score, 0 to 1; if None the one that promises
            the highest F1 of this recording, at most the model's own.
        firing_threshold: keep firings of at least this probability; the model's own if None.
        min_quality: units of a lower overall quality, 0 to 1, are dropped.
        block_seconds: longer recordings are cut in blocks of about this length.
        band: (low, high) in Hz of a zero-phase band-pass before identifying, or None.
        suppress_motion: none, polynomial or svd: take off common motion before identifying.
        motion_order: order of the polynomial, or number of components.
        firings: file of EMG firings to compare with.
        firings_rate: Hz, if they are samples.
        firings_offset: s, added to their times.
        firings_clock: given, or fit: also fit offset and scale of their clock.
        **reading: as for :func:`identify`.

    Returns:
        Units, quality, physiology, and agreement with EMG where it is given.

    Raises:
        InputError: as :func:`identify`, and if firings cannot be read.
    """
    options = AnalysisOptions(
        score_threshold=score_threshold,
        firing_threshold=firing_threshold,
        min_quality=min_quality,
        block_seconds=block_seconds,
        band=band,
        suppress_motion=suppress_motion,
        motion_order=motion_order,
        firings=os.fspath(firings),
        firings_rate=firings_rate,
        firings_offset=firings_offset,
        firings_clock=firings_clock,
    )
    source = opened(recording, **reading)
    frames = RecordingFrames(source) if isinstance(source, Recording) else source
    return analyse_with(frames, model, options)


def opened(recording: AnyRecording, **reading: Any) -> Recording | FrameSource:
    """The recording that is meant; ``reading`` as for :func:`identify`.

    Raises:
        InputError: if the file cannot be read, or what is said does not fit what is given.
    """
    if isinstance(recording, str | os.PathLike):
        return open_recording(recording, **reading)
    if isinstance(recording, np.ndarray):
        missing = {"frame_rate", "spacing"} - set(reading)
        if missing or len(reading) > 2:
            raise InputError(
                "an array needs frame_rate (Hz) and spacing ((dz, dx) in mm) beside it, and "
                "nothing else; its axes are (time, depth, lateral), its values mm/s"
            )
        return Recording(recording, **reading)
    if reading:
        raise InputError(
            f"the recording itself says its {', '.join(sorted(reading))}: leave it out"
        )
    return recording
