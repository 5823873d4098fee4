"""The units of an earlier result in another recording of the muscle: where, whether, and when.

The new recording is identified anew as well. That tells where the probe is now, which of the known
units are active (those that are found again), and what else is active: trains are told apart only
where every active unit has its place. Trains and firings of the known units are then estimated from
their own territories, moved onto the new image.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from kmu.analysis.identifying import AnyRecording, opened
from kmu.analysis.pipeline import Analysis, analyse_source
from kmu.identification.coarse import Coarse
from kmu.identification.estimating import estimate_signals, plan_stretches
from kmu.identification.firings import heard_firings
from kmu.identification.pipeline import at_rate, coarse_copy, identify_coarse
from kmu.identification.preparation import prepared
from kmu.identification.resample import FrameSource, RecordingFrames
from kmu.identification.served_model import ServedModel, load_model
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.simulation.threads import single_thread
from kmu.tracking.assignment import assigned
from kmu.tracking.likeness import LEAST_SEEN, compare
from kmu.tracking.probability import match_model
from kmu.tracking.registration import Registration, register
from kmu.tracking.seen import AnyResult, Seen, as_seen


@dataclass(frozen=True, eq=False)
class KnownUnits:
    """Known units, and new ones if asked for, in a recording.

    Attributes:
        units: on the recording's grid. Known ones have the ids and scores that they had; those
            that are not active have no firings, and trains of zeros. New ones are counted on.
        known: (K,) bool.
        active: (K,) 1 or 0; NaN where a unit lies out of view.
        probability: (K,) of the unit that was found anew there being the same; NaN for new units.
        registration: from the earlier image to this one.
    """

    units: MotorUnits
    known: NDArray[np.bool_]
    active: NDArray[np.float64]
    probability: NDArray[np.float64]
    registration: Registration

    @property
    def columns(self) -> dict[str, NDArray[np.float64]]:
        """``known``, ``active`` and ``match_probability``, as columns of a table of units."""
        return {
            "known": self.known.astype(np.float64),
            "active": self.active,
            "match_probability": self.probability,
        }

    def summary(self) -> str:
        """What became of the known units, in a sentence."""

        def named(which: NDArray[np.bool_]) -> str:
            ids = sorted(self.units.ids[self.known & which])
            return f"{len(ids)} ({', '.join(map(str, ids))})" if ids else "none"

        text = (
            f"of {int(self.known.sum())} known units active: {named(self.active == 1)}; not "
            f"active: {named(self.active == 0)}; out of view: {named(np.isnan(self.active))}"
        )
        new = int((~self.known).sum())
        return f"{text}; {new} new units" if new else text


def identify_known(
    recording: AnyRecording,
    earlier: AnyResult,
    also_new: bool = False,
    model: str | ServedModel | None = None,
    **reading: Any,
) -> KnownUnits:
    """Estimates trains and firings of known units in another recording of their muscle.

    Example:
        >>> known = kmu.identify_known("tuesday.mat", "monday.h5", axes="zxt")
        >>> firings = known.units.select(known.active == 1).firings

    Args:
        recording: as for ``kmu.identify``.
        earlier: the known units: a file of ``kmu identify``, or units in memory.
        also_new: add the units that are found beside them.
        model: as for ``kmu.identify``.
        **reading: as for ``kmu.identify``.

    Raises:
        InputError: as ``kmu.identify``, and if the model cannot estimate given units.
    """
    source = opened(recording, **reading)
    source = RecordingFrames(source) if isinstance(source, Recording) else source
    served = model if isinstance(model, ServedModel) else load_model(model)
    coarse = prepared(coarse_copy(source, served.frame_rate), None)
    found = identify_coarse(coarse, served)
    known = apply_known(
        coarse, served, as_seen(earlier), found, served.thresholds["firing"], also_new
    )
    return replace(known, units=at_rate(known.units, source.frame_rate, source.shape[0]))


def analyse_known(
    source: FrameSource, earlier: Seen, also_new: bool = False, **options: Any
) -> tuple[Analysis, KnownUnits]:
    """Like ``kmu.analyse``, for known units.

    Args:
        source: of the new recording.
        earlier: the known units.
        also_new: add the units that are found beside them.
        **options: of :func:`kmu.analysis.pipeline.analyse_source`.

    Returns:
        The analysis, with the columns of :class:`KnownUnits` among its measures, and the latter.
    """
    made: list[KnownUnits] = []

    def find(coarse: Coarse, served: ServedModel, *limits: Any) -> MotorUnits:
        found = identify_coarse(coarse, served, *limits)
        thresholds = found.provenance["thresholds"]
        made.append(apply_known(coarse, served, earlier, found, thresholds["firing"], also_new))
        return replace(made[0].units, provenance={"thresholds": thresholds})

    analysis = analyse_source(source, find=find, **options)
    known = made[0]
    provenance = {
        **analysis.units.provenance,
        "known_units": {
            "file": earlier.name,
            "agreement": known.registration.agreement,
            **known.registration.placement.describe(),
        },
    }
    units = replace(analysis.units, provenance=provenance)
    measures = {**analysis.measures, **known.columns}
    return replace(analysis, units=units, measures=measures), known


def apply_known(
    coarse: Coarse,
    served: ServedModel,
    earlier: Seen,
    found: MotorUnits,
    firing_threshold: float,
    also_new: bool = False,
) -> KnownUnits:
    """Moves known units onto a recording that was identified anew.

    Args:
        coarse: the recording at the model's rate.
        served: the model.
        earlier: the known units.
        found: what was found anew.
        firing_threshold: of the firing probability.
        also_new: add the units that are found beside them.
    """
    now = Seen(found, coarse.power)
    with single_thread():
        registration = register(earlier, now)
        likeness = compare(earlier, now, registration.placement)
    odds = match_model().log_odds(likeness)
    pairs = assigned(odds, 0.0)
    grids = (earlier.shape, earlier.spacing), (now.shape, now.spacing)
    moved, _ = registration.placement.onto_second(earlier.units.territory, *grids)
    new = np.setdiff1d(np.arange(len(found)), [its for _, its in pairs])
    territory = np.concatenate([np.clip(moved, 0, 1), found.territory[new]])
    count = len(earlier.units)
    probability = np.zeros(count)
    active = np.where(_share(moved, earlier, now, registration) < LEAST_SEEN, np.nan, 0.0)
    for mine, its in pairs:
        probability[mine], active[mine] = expit(odds[mine, its]), 1.0
    all_active = np.concatenate([active, np.ones(len(new))])
    # A unit that is not there would only take from the trains of those that are.
    there = all_active == 1
    train, firing = np.zeros((2, len(territory), coarse.shape[0]), np.float32)
    train[there], firing[there] = estimate_signals(territory[there], coarse, served)
    kept = np.arange(count + len(new) if also_new else count)
    known = kept < count
    firings = heard_firings(
        firing[kept],
        train[kept],
        coarse.frame_rate,
        firing_threshold,
        len(plan_stretches(coarse)) > 1,
    )
    new = new[: len(kept) - count]
    beyond = int(earlier.units.ids.max(initial=0))
    score = np.concatenate([earlier.units.score, found.score[new]])
    order = np.argsort(-score, kind="stable")
    units = MotorUnits(
        territory=territory[kept],
        twitch_train=train[kept],
        firings=firings,
        score=score,
        frame_rate=coarse.frame_rate,
        spacing=coarse.spacing,
        ids=np.concatenate([earlier.units.ids, beyond + 1 + np.arange(len(new))]),
    )
    return KnownUnits(
        units,
        known[order],
        all_active[kept][order],
        np.concatenate([probability, np.full(len(new), np.nan)])[order],
        registration,
    )


def _share(
    moved: NDArray[np.float32], earlier: Seen, now: Seen, registration: Registration
) -> NDArray[np.float64]:
    """(K,) how much of each known territory lies in the new image, 0 to 1."""
    stretch = registration.placement.stretch[0] * registration.placement.stretch[1]
    pixel = np.prod(earlier.spacing) / np.prod(now.spacing) * stretch
    before = earlier.units.territory.sum((1, 2)) * pixel
    return np.asarray(moved.sum((1, 2)) / np.maximum(before, 1e-6), np.float64)
