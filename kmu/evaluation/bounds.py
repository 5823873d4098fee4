"""What is attainable: methods that are told half of the truth and asked for the other half."""

import dataclasses
import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, uniform_filter1d

from kmu.baselines.firing import firings_of_trains
from kmu.baselines.units import joint_trains
from kmu.config.baselines import FiringSettings
from kmu.formulas import solve_ridge
from kmu.identification.coarse import Coarse
from kmu.identification.firings import heard_firings
from kmu.identification.pipeline import at_rate, coarse_copy
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import ServedModel
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

_RIDGE = 0.02
_DRIFT_S = 0.5
# Territories that are told are looked at in stretches that the network knows.
_STRETCH_S = 5.0
# Noise in a regressed map is less once it is smoothed; which way is best, the truth is asked.
_SMOOTHINGS_MM = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
_CUTS = (0.5, 0.3, 0.4, 0.6)

BOUNDS = {
    "trains_bound": "is told the true territories: trains and firings by kmu's network",
    "trains_bound_lsq": "is told the true territories: trains by least squares, firings by a band",
    "territories_bound": "is told the true trains and firings: territories by least squares, each "
    "smoothed and cut as fits the true one best",
}
"""By name, with a line of description."""


def bound(
    name: str, recording: Recording, truth: MotorUnits, served: ServedModel | None
) -> MotorUnits:
    """Runs one of ``BOUNDS``.

    Args:
        name: which.
        recording: what to look into.
        truth: of which the method uses what it is told.
        served: the network, where it is used.
    """
    if not len(truth):
        return truth
    if name == "territories_bound":
        maps = regressed_territories(recording, truth)
        pairs = zip(maps, truth.mask, strict=True)
        best = np.stack([_as_fits(*pair, recording.spacing) for pair in pairs])
        return dataclasses.replace(truth, territory=best)
    if name == "trains_bound_lsq" or served is None:
        trains = joint_trains(recording.velocity, truth.territory, _RIDGE)
        firings = firings_of_trains(trains, recording.frame_rate, FiringSettings())
        return dataclasses.replace(truth, twitch_train=trains, firings=firings)
    coarse = coarse_copy(RecordingFrames(recording), served.frame_rate)
    units = _by_network(coarse, truth, served)
    return at_rate(units, recording.frame_rate, len(recording.velocity))


def regressed_territories(recording: Recording, truth: MotorUnits) -> NDArray[np.float32]:
    """(K, Z, X) maps in [0, 1] of true trains: the velocity regressed on them, jointly.

    Drift is taken off both first, as the network does.
    """
    size = max(round(_DRIFT_S * recording.frame_rate), 1)

    def steady(courses: NDArray[np.float32]) -> NDArray[np.float32]:
        return courses - uniform_filter1d(courses, size, axis=0, mode="nearest")

    velocity = steady(recording.velocity.reshape(len(recording.velocity), -1))
    trains = steady(truth.twitch_train.T).T
    maps = solve_ridge(trains @ trains.T, trains @ velocity, 1e-3)
    return np.clip(maps.reshape(truth.territory.shape), 0, 1).astype(np.float32)


def _as_fits(
    regressed: NDArray[np.float32], true: NDArray[np.bool_], spacing: tuple[float, float]
) -> NDArray[np.float32]:
    """(Z, X) map, smoothed and scaled so that 0.5 is where it fits a true mask best."""

    def scaled(smoothing: float, cut: float) -> NDArray[np.float32]:
        smooth = gaussian_filter(regressed, [smoothing / size for size in spacing])
        return np.asarray(np.clip(smooth * 0.5 / cut, 0, 1), np.float32)

    def overlap(territory: NDArray[np.float32]) -> float:
        found = territory >= 0.5
        return float((found & true).sum() / max((found | true).sum(), 1))

    return max(itertools.starmap(scaled, itertools.product(_SMOOTHINGS_MM, _CUTS)), key=overlap)


def _by_network(coarse: Coarse, truth: MotorUnits, served: ServedModel) -> MotorUnits:
    length = round(_STRETCH_S * coarse.frame_rate)
    frames = coarse.shape[0]
    # Stretches of equal length, none of them short.
    cuts = np.linspace(0, frames, max(round(frames / length), 1) + 1).round().astype(int)
    parts = [
        served.signals_of(
            coarse.frames(int(low), int(high)), coarse.frame_rate, coarse.spacing, truth.territory
        )
        for low, high in itertools.pairwise(cuts)
    ]
    train, firing = (np.concatenate([part[k] for part in parts], axis=1) for k in (0, 1))
    return MotorUnits(
        territory=truth.territory,
        twitch_train=train,
        firings=heard_firings(
            firing, train, coarse.frame_rate, served.thresholds["firing"], len(parts) > 1
        ),
        score=truth.score,
        frame_rate=coarse.frame_rate,
        spacing=coarse.spacing,
    )
