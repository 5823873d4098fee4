"""From a recording to its motor units, with a SavedModel, in blocks.

The recording is read once and brought to the model's frame rate on the way (anti-aliased, in a
temporary file), so memory does not grow with its length. Blocks overlap; units are linked across
them by territory and train (``linking``). Then all trains and firings are estimated anew with
the territories of the whole recording, in stretches that are faded into each other: what a unit
does does not depend on how the recording was cut.
"""

import os
from dataclasses import replace
from typing import Any

import numpy as np

from kmu.errors import InputError
from kmu.identification.blocks import Block, estimate_memory, plan_blocks
from kmu.identification.coarse import CHUNK_BYTES, Coarse, CoarseRecording
from kmu.identification.cutting import DOUBTFUL, recording_threshold
from kmu.identification.estimating import (
    OVERLAP_SECONDS,
    estimate_signals,
    plan_stretches,
)
from kmu.identification.finding import DEFAULT_RATE
from kmu.identification.firings import heard_firings
from kmu.identification.linking import Candidates, link, unit_score, without_duplicates
from kmu.identification.preparation import Preparation, prepared
from kmu.identification.resample import FrameSource, RecordingFrames, resample_courses
from kmu.identification.served_model import ServedModel, load_model
from kmu.identification.stitching import stitched
from kmu.motor_units import MotorUnits
from kmu.progress import Progress
from kmu.recording import Recording

# Long enough for some fifty firings of a unit, short enough for a laptop's memory.
BLOCK_SECONDS = 5.0


def identify(
    recording: Recording | FrameSource,
    model: str | os.PathLike[str] | ServedModel | None = None,
    score_threshold: float | None = None,
    firing_threshold: float | None = None,
    block_seconds: float = BLOCK_SECONDS,
    preparation: Preparation | None = None,
) -> MotorUnits:
    """Finds the motor units of a recording.

    Args:
        recording: tissue velocity, in memory or still in its file (``kmu.reading.open_recording``).
        model: a SavedModel's folder, the name of a model that came with kmu, a loaded model, or
            None for the default model.
        score_threshold: keep units of at least this score; if None the one that promises the
            highest F1 of this recording, at most the model's own.
        firing_threshold: keep firings of at least this probability; the model's own if None.
        block_seconds: longer recordings are cut in blocks of about this length.
        preparation: filters and motion suppression before identifying; none by default.

    Returns:
        The units, best first, on the recording's own grid and frame rate; none for silence. Their
        provenance holds the ``thresholds`` used and, as ``warnings``, what was put right in the
        recording, such as jolts.

    Raises:
        InputError: if there is no model, the recording is constant but not zero, or a threshold
            lies outside 0 to 1.
    """
    _check_thresholds(score_threshold, firing_threshold)
    served = model if isinstance(model, ServedModel) else load_model(model)
    source = RecordingFrames(recording) if isinstance(recording, Recording) else recording
    coarse = prepared(coarse_copy(source, served.frame_rate), preparation)
    units = identify_coarse(coarse, served, score_threshold, firing_threshold, block_seconds)
    said = [
        *getattr(source, "warnings", []),
        *coarse.warnings,
        *units.provenance.get("warnings", []),
    ]
    made = {**units.provenance, **({"warnings": said} if said else {})}
    units = replace(units, provenance=made)
    return at_rate(units, source.frame_rate, source.shape[0])


def coarse_copy(source: FrameSource, frame_rate: float = DEFAULT_RATE) -> CoarseRecording:
    """The recording at the model's frame rate (Hz): what :func:`identify_coarse` works on."""
    return CoarseRecording(source, frame_rate)


def identify_coarse(
    coarse: Coarse,
    served: ServedModel,
    score_threshold: float | None = None,
    firing_threshold: float | None = None,
    block_seconds: float = BLOCK_SECONDS,
) -> MotorUnits:
    """Like :func:`identify`, for a recording at the model's rate; the result keeps that rate.

    Its provenance has the ``thresholds`` used, a warning where the model has too few places for
    all units that are there, and ``not_given``: how many more units are to be expected among the
    candidates that are not given, the sum of their scores, in the mean over blocks.
    """
    if coarse.constant is not None and coarse.constant != 0:
        raise InputError(f"the velocity is constant ({coarse.constant:g} mm/s everywhere)")
    if not block_seconds >= 1:
        raise InputError(f"blocks of {block_seconds:g} s are too short; give at least 1 s")
    _check_thresholds(score_threshold, firing_threshold)
    highest = served.thresholds["score"]
    fire_over = served.thresholds["firing"] if firing_threshold is None else firing_threshold
    told: dict[str, Any] = {
        "thresholds": {
            "score": highest if score_threshold is None else score_threshold,
            "firing": fire_over,
        }
    }
    nothing = MotorUnits.none(coarse.shape, coarse.frame_rate, coarse.spacing)
    if coarse.constant is not None:
        return replace(nothing, provenance=told)
    length, overlap = (
        round(seconds * coarse.frame_rate) for seconds in (block_seconds, OVERLAP_SECONDS)
    )

    blocks = plan_blocks(coarse.shape[0], length, overlap)
    found: list[Candidates] = []
    scores = 0.0
    # A unit that is plain in one block may be doubtful in the next.
    doubtful = DOUBTFUL * (highest if score_threshold is None else score_threshold)
    most = full = 0
    with Progress("identifying", len(blocks), "blocks") as progress:
        for block in blocks:
            candidates, most, total = _candidates(served, block, coarse, doubtful)
            found.append(candidates)
            scores += total
            full += len(candidates.score) == most
            progress.advance()
    keep_over = score_threshold
    if keep_over is None:
        shown = np.concatenate([candidates.score for candidates in found])
        below = scores - float(shown.sum(dtype=np.float64))
        keep_over = recording_threshold(shown, below, highest, len(blocks))
        told["thresholds"]["score"] = keep_over
    linked = without_duplicates(link(blocks, found, keep_over), found)
    kept = [unit for unit in linked if unit_score(unit, found) >= keep_over]
    given = sum(float(found[b].score[c]) for unit in kept for b, c in unit.seen.items())
    told["not_given"] = max(scores - given, 0.0) / len(blocks)
    if not kept:
        return replace(nothing, provenance=told)
    if full:
        told["warnings"] = [_crowded(full, len(blocks), most)]
    several = max(len(blocks), len(plan_stretches(coarse))) > 1
    if served.call_signals is not None and several:
        territory = np.stack([unit.territory for unit in kept])
        train, firing = estimate_signals(territory, coarse, served)
    else:
        train, firing = stitched(kept, blocks, found, coarse)
    return MotorUnits(
        territory=np.clip([unit.territory for unit in kept], 0, 1) * coarse.inside,
        twitch_train=train,
        firings=heard_firings(firing, train, coarse.frame_rate, fire_over, several),
        score=np.clip([unit_score(unit, found) for unit in kept], 0, 1),
        frame_rate=coarse.frame_rate,
        spacing=coarse.spacing,
        provenance=told,
    )


def _crowded(full: int, blocks: int, most: int) -> str:
    return (
        f"in {full} of {blocks} blocks all {most} places for units are taken: there may be more "
        "units; look at a smaller field of view"
    )


def at_rate(units: MotorUnits, frame_rate: float, frames: int) -> MotorUnits:
    """The same units with their trains at another frame rate and length."""
    if frame_rate == units.frame_rate and frames == units.twitch_train.shape[1]:
        return units
    last = (frames - 1) / frame_rate
    return MotorUnits(
        territory=units.territory,
        twitch_train=resample_courses(units.twitch_train, units.frame_rate / frame_rate, frames),
        firings=[times[times <= last] for times in units.firings],
        score=units.score,
        frame_rate=frame_rate,
        spacing=units.spacing,
        ids=units.ids,
        provenance=units.provenance,
    )


def memory_needed(
    source: FrameSource, block_seconds: float = BLOCK_SECONDS, frame_rate: float = DEFAULT_RATE
) -> float:
    """A rough upper estimate of the peak memory of :func:`identify`, in MiB.

    Args:
        source: the recording.
        block_seconds: as for :func:`identify`.
        frame_rate: of the model, Hz.
    """
    frames, depth, width = source.shape
    rate = min(frame_rate, source.frame_rate)
    shape = (int(frames * rate / source.frame_rate), depth, width)
    chunk = min(CHUNK_BYTES, 4 * frames * depth * width)
    return estimate_memory(shape, round(block_seconds * rate), chunk)


def _check_thresholds(*thresholds: float | None) -> None:
    for name, value in zip(("score", "firing"), thresholds, strict=True):
        if value is not None and not 0 <= value <= 1:
            raise InputError(f"{name}_threshold {value:g} must lie in 0 to 1")


def _candidates(
    served: ServedModel, block: Block, coarse: FrameSource, least: float
) -> tuple[Candidates, int, float]:
    """What a block shows with at least a score, the model's places, the sum of all scores."""
    velocity = coarse.frames(block.start, block.stop)
    answer = served(velocity, coarse.frame_rate, coarse.spacing)
    # A model has a fixed number of slots; those that hold no unit have no score or no territory.
    filled = (answer["score"] > 0) & answer["territory"].any((1, 2))
    keep = filled & (answer["score"] >= least)
    candidates = Candidates(
        territory=answer["territory"][keep],
        train=answer["twitch_train"][keep],
        firing=answer["firing_probability"][keep],
        score=answer["score"][keep],
    )
    return candidates, len(keep), float(answer["score"][filled].sum(dtype=np.float64))
