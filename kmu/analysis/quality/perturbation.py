"""What is left of a unit's twitch when its firings are moved.

Firings are right if the velocity follows them: jitter them, and the averaged twitch decays; shift
them all, and it vanishes. Firings that were read into noise lose little by either. Hu, Rymer and
Suresh (J Neural Eng 10:066015, 2013) perturb firings from surface EMG in this way.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmu.analysis.physiology import TWITCH_SECONDS, after_firings, fitted_twitch

Floats = NDArray[np.float64]

JITTERS_S = (0.005, 0.010, 0.020)
"""Standard deviations by which firings are jittered, s."""
# Each jitter and the shift are drawn so many times, and their results averaged.
_DRAWS = 6


@dataclass(frozen=True, eq=False)
class Perturbed:
    """Averaged twitches of K units with their firings moved; the last two axes by what was done.

    Rows: as found, jittered by each of ``JITTERS_S``, shifted as a whole.

    Attributes:
        explained: (K, 5) share of the variance of the course that the averaged twitch after every
            firing explains; NaN for units with fewer than four firings or a constant course.
        twitch: (K, 5, 0.3 s) the averaged twitch, mm/s.
        frame_rate: of the twitches, Hz.
    """

    explained: Floats
    twitch: Floats
    frame_rate: float

    @property
    def evidence(self) -> Floats:
        """(K,) share of the variance that the firings explain and the same firings shifted do not.

        A twitch that fills its 0.3 s explains something wherever firings are regular; that part
        says nothing about them.
        """
        return np.asarray(self.explained[:, 0] - self.explained[:, -1])


def perturb(
    courses: Floats, firings: list[Floats], frame_rate: float, rng: np.random.Generator
) -> Perturbed:
    """Moves the firings of units and averages their twitches anew.

    Args:
        courses: (K, T) of each unit, mm/s, from the recording and not from a network that made
            the firings too.
        firings: K arrays of s.
        frame_rate: Hz.
        rng: of the moves.
    """
    count, frames = courses.shape
    length = max(round(TWITCH_SECONDS * frame_rate), 2)
    explained = np.full((count, len(JITTERS_S) + 2), np.nan)
    twitch = np.zeros((*explained.shape, length))
    duration = frames / frame_rate
    for k, (course, times) in enumerate(zip(courses, firings, strict=True)):
        course = course - course.mean()
        if len(times) < 4 or not course.any():
            continue
        for row, moved in enumerate(_moves(times, duration, rng)):
            fits = [_fit(course, one, frame_rate) for one in moved]
            explained[k, row] = np.mean([share for share, _ in fits])
            twitch[k, row] = np.mean([shape for _, shape in fits], axis=0)
    return Perturbed(explained, twitch, frame_rate)


def _moves(times: Floats, duration: float, rng: np.random.Generator) -> list[list[Floats]]:
    """The firings as found, jittered, and shifted around the end of the recording."""
    rows = [[times]]
    for jitter in JITTERS_S:
        rows.append([times + jitter * rng.standard_normal(len(times)) for _ in range(_DRAWS)])
    # A shift below 0.3 s would only move the twitch within its window.
    edge = min(TWITCH_SECONDS, duration / 3)
    shifts = rng.uniform(edge, duration - edge, _DRAWS)
    return [*rows, [(times + shift) % duration for shift in shifts]]


def _fit(course: Floats, times: Floats, frame_rate: float) -> tuple[float, Floats]:
    """The share of a course's variance that one twitch after every firing explains, and the twitch.

    Firings that were moved out of the recording are at its ends.
    """
    inside = np.clip(times, 0, (len(course) - 1) / frame_rate)
    design = after_firings(inside, frame_rate, len(course))
    twitch = fitted_twitch(course, design)
    left = course - design @ twitch
    return float(1 - (left @ left) / (course @ course)), twitch
