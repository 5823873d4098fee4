"""What one pass over a recording gathers, so that quality costs no more than one reading."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from kmu.formulas import pearson, solve_ridge
from kmu.identification.resample import FrameSource
from kmu.motor_units import MotorUnits

_BLOCK_SECONDS = 5.0
# Drift and slow shape change explain nothing about units.
_DRIFT_S = 0.3
_RIDGE = 1e-3


class OnePass:
    """Sums over time for every pixel.

    Attributes:
        train: (K, T) trains without drift.
        power: (P,) sum of squared velocity.
        residual: (P,) the same of what the units together leave.
        together: (K, P) sums of train times velocity.
        half_trains: two (K, T), each from every other pixel.
    """

    def __init__(
        self, units: MotorUnits, source: FrameSource, territory: NDArray[np.float64]
    ) -> None:
        rate, (frames, depth, width) = source.frame_rate, source.shape
        pixels = depth * width
        self.train = _without_drift(units.twitch_train.T, rate).T.astype(np.float64)
        self.power, self.residual = np.zeros(pixels), np.zeros(pixels)
        self._halves = np.zeros((2, len(units), pixels))
        checker = (np.add.outer(np.arange(depth), np.arange(width)) % 2).ravel()
        unmixers = [_unmixer(territory, checker == half) for half in (0, 1)]
        self.half_trains = (np.zeros(self.train.shape), np.zeros(self.train.shape))
        maps, trains = territory.astype(np.float32), self.train.astype(np.float32)
        length = round(_BLOCK_SECONDS * rate)
        margin = round(2 * _DRIFT_S * rate)
        for start in range(0, frames, length):
            stop = min(start + length, frames)
            low, high = max(start - margin, 0), min(stop + margin, frames)
            block = source.frames(low, high).reshape(high - low, pixels)
            velocity = _without_drift(block, rate)[start - low : stop - low]
            course = trains[:, start:stop]
            self.power += np.einsum("tp,tp->p", velocity, velocity)
            left = velocity - course.T @ maps
            self.residual += np.einsum("tp,tp->p", left, left)
            middle = min(max(frames // 2 - start, 0), stop - start)
            self._halves[0] += course[:, :middle] @ velocity[:middle]
            self._halves[1] += course[:, middle:] @ velocity[middle:]
            for half, unmixer in zip(self.half_trains, unmixers, strict=True):
                half[:, start:stop] = unmixer @ velocity.T
        self.together = self._halves.sum(0)
        self._middle = frames // 2

    @property
    def courses(self) -> NDArray[np.float64]:
        """(K, T) trains by least squares from all pixels: no network's, as the firings are."""
        return (self.half_trains[0] + self.half_trains[1]) / 2

    def halves_of_territory(self, territory: NDArray[np.float64]) -> NDArray[np.float64]:
        """(K,) correlation of each unit's map from either half, where its territory is near."""
        maps = []
        parts = (self.train[:, : self._middle], self.train[:, self._middle :])
        for course, together in zip(parts, self._halves, strict=True):
            maps.append(solve_ridge(course @ course.T, together, _RIDGE))
        result = np.full(len(territory), np.nan)
        for k, place in enumerate(territory):
            near = place > 0.05
            if near.sum() > 3:
                result[k] = pearson(maps[0][k, near], maps[1][k, near])
        return result


def _without_drift(values: NDArray[np.float32], frame_rate: float) -> NDArray[np.float32]:
    """Courses (T, N) less their local mean: two moving averages of 0.3 s, half power at 2 Hz."""
    size = max(round(_DRIFT_S * frame_rate), 1)
    slow = uniform_filter1d(values, size, axis=0, mode="nearest")
    return values - uniform_filter1d(slow, size, axis=0, mode="nearest")


def _unmixer(territory: NDArray[np.float64], which: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(K, P) matrix that unmixes trains from the pixels ``which`` alone."""
    maps = np.where(which, territory, 0)
    return solve_ridge(maps @ maps.T, maps, 0.02).astype(np.float32)
