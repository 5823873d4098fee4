"""Our units beside those of EMG: which are the same, and where EMG's units are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from kmu.evaluation.agreement import rate_of_agreement
from kmu.identification.resample import FrameSource
from kmu.motor_units import MotorUnits

# The averaged velocity movie spans this much around a firing.
_BEFORE_S, _AFTER_S = 0.02, 0.15
# A pair must agree better than with its firings shifted in time, this many times.
_SHIFTS = 40


@dataclass(frozen=True)
class EmgPair:
    """A unit of ours and the EMG unit it is, both counted from 0.

    Attributes:
        unit: of ours.
        emg_unit: of the EMG.
        rate_of_agreement: C / (N1 + N2 - C) within the tolerance, after one constant lag.
        lag: of our firings behind the EMG's, s.
    """

    unit: int
    emg_unit: int
    rate_of_agreement: float
    lag: float


def agreement_rates(
    units: MotorUnits, emg_firings: Sequence[NDArray[np.float64]], tolerance: float = 0.020
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates of agreement of all our units with all EMG units, and of the same by chance.

    Where both tell the truth the first are near 1 for the same unit and like the second for all
    others; values between ask for attention.

    Returns:
        (K, E), and (K, E) with our firings shifted by half the recording, around its end.
    """
    duration = units.twitch_train.shape[1] / units.frame_rate
    shifted = [np.sort((ours + duration / 2) % duration) for ours in units.firings]
    shape = (len(units), len(emg_firings))
    rates = [
        [
            rate_of_agreement(ours, theirs, tolerance).rate if len(theirs) else 0.0
            for ours in firings
            for theirs in emg_firings
        ]
        for firings in (units.firings, shifted)
    ]
    return np.array(rates[0]).reshape(shape), np.array(rates[1]).reshape(shape)


def match_emg(
    units: MotorUnits,
    emg_firings: Sequence[NDArray[np.float64]],
    tolerance: float = 0.020,
    least: float = 0.3,
) -> list[EmgPair]:
    """Pairs our units with EMG units, one-to-one, by the agreement of their firings.

    Args:
        units: ours.
        emg_firings: one array of seconds for each EMG unit, on the same clock but for a lag of up
            to 100 ms.
        tolerance: largest distance of two firings that agree, s.
        least: pairs that agree less are left out, and so are those that agree no better than the
            same firings shifted in time: in short recordings regular trains of similar rate
            agree by up to 0.5 by chance, at the best lag.

    Returns:
        The pairs, best first. Always state their number beside their agreement.
    """
    duration = units.twitch_train.shape[1] / units.frame_rate
    inside = [times[(times >= 0) & (times <= duration)] for times in emg_firings]
    found = [
        [rate_of_agreement(ours, theirs, tolerance) for theirs in inside] for ours in units.firings
    ]
    rates = np.array([[one.rate for one in row] for row in found]).reshape(len(units), len(inside))
    # Two empty lists agree fully, which is no match.
    empty = np.array([len(times) == 0 for times in inside], bool)
    rates[:, empty] = 0
    rows, columns = linear_sum_assignment(np.where(rates >= least, rates, 0), maximize=True)
    pairs = [
        EmgPair(int(u), int(e), float(rates[u, e]), found[u][e].lag)
        for u, e in zip(rows, columns, strict=True)
        if rates[u, e] >= least
        and rates[u, e] > agreement_by_chance(units.firings[u], inside[e], duration, tolerance)
    ]
    return sorted(pairs, key=lambda pair: -pair.rate_of_agreement)


def agreement_by_chance(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], duration: float, tolerance: float
) -> float:
    """The best agreement of two trains when one is shifted, around the end of the recording."""
    shifts = duration * (np.arange(_SHIFTS) + 1) / (_SHIFTS + 1)
    # Shifts so short that the best lag makes up for them are no chance.
    shifts = shifts[(shifts > 0.25) & (shifts < duration - 0.25)]
    return max(
        (
            rate_of_agreement(np.sort((ours + shift) % duration), theirs, tolerance).rate
            for shift in shifts
        ),
        default=0.0,
    )


def emg_territories(
    source: FrameSource, emg_firings: Sequence[NDArray[np.float64]]
) -> NDArray[np.float32]:
    """Territories of EMG units by spike-triggered averaging of the velocity.

    The movie averaged around a unit's firings, less its mean and what the whole image does, has
    one strongest component (singular value decomposition); where its map reaches half of its
    maximum, connected to the maximum, is the territory. Degrades with the number of active units
    and their synchronization (Carbonaro et al., EMBC 2022).

    Args:
        source: the recording, read once.
        emg_firings: E arrays of seconds.

    Returns:
        (E, Z, X) float32, 0 or 1; all 0 for a unit without firings inside the recording.
    """
    frames, depth, width = source.shape
    rate = source.frame_rate
    before, length = round(_BEFORE_S * rate), max(round((_BEFORE_S + _AFTER_S) * rate), 2)
    starts = [np.round(times * rate).astype(int) - before for times in emg_firings]
    starts = [first[(first >= 0) & (first + length <= frames)] for first in starts]
    movies = np.zeros((len(starts), length, depth * width), np.float32)
    block = max(round(5 * rate), length)
    for low in range(0, frames, block):
        high = min(low + block, frames)
        velocity = source.frames(low, min(high + length, frames))
        velocity = velocity.reshape(len(velocity), -1)
        for e, first in enumerate(starts):
            for start in first[(first >= low) & (first < high)]:
                movies[e] += velocity[start - low : start - low + length]
    return np.stack(
        [_territory(movie, (depth, width)) for movie in movies]
        or [np.zeros((0, depth, width), np.float32)]
    ).reshape(-1, depth, width)


def _territory(movie: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """The strongest component of a summed movie (t, P), cut at half of its maximum."""
    if not movie.any():
        return np.zeros(shape, np.float32)
    # Pixels outside the field of view, which never move, are no part of the whole image.
    seen = movie.any(axis=0)
    values = (movie - movie.mean(0) - np.median(movie[:, seen], axis=1, keepdims=True)) * seen
    _, courses = np.linalg.eigh(values @ values.T)
    image = (courses[:, -1] @ values).reshape(shape)
    image = ndimage.gaussian_filter(image * np.sign(np.sum(image**3)), 1)
    labels, _ = ndimage.label(image >= image.max() / 2)
    peak = np.unravel_index(np.argmax(image), shape)
    return ((labels == labels[peak]) & seen.reshape(shape)).astype(np.float32)
