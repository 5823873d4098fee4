"""How far the image has moved since the calibration, from where its power is.

The velocity's power is a picture of the active units, and moves with the probe. Over some seconds
it is steady enough to be compared with that of the calibration, at the cost of a few small images a
second.
"""

import numpy as np
from numpy.typing import NDArray

# Weights of the past in the running map fall by e in this time, s.
MEMORY_S = 5.0
# The largest step of the shift from one look to the next, mm: a probe that drifts does so slowly.
_STEP_MM = 0.7
# The farthest shift that is followed, mm: beyond, a recalibration is due.
FARTHEST_MM = 5.0
# Least correlation of the two maps for the shift to be believed.
LEAST_ALIKE = 0.5


class RunningPower:
    """A map of the velocity's power without drift.

    The mean over half a window of the drift filter is taken off, which is all a map of power needs.

    Args:
        step: frames of half a window.
        memory: steps in which weights fall by e; infinite for a plain mean.
    """

    def __init__(self, step: int, memory: float) -> None:
        self._step, self._memory = step, memory
        self._waiting: list[NDArray[np.float32]] = []
        self._mean = np.zeros((0, 0))
        self.steps = 0

    def add(self, frames: NDArray[np.float32]) -> None:
        """Adds frames (n, Z, X), mm/s."""
        self._waiting.extend(frames)
        while len(self._waiting) >= self._step:
            power = np.var(np.stack(self._waiting[: self._step]), axis=0)
            del self._waiting[: self._step]
            self.steps += 1
            if self.steps == 1:
                self._mean = np.zeros(power.shape)
            self._mean += (power - self._mean) / min(self.steps, self._memory)

    @property
    def map(self) -> NDArray[np.float32]:
        """(Z, X) root mean square, mm/s; needs one step."""
        return np.sqrt(self._mean).astype(np.float32)


class Registration:
    """Follows the shift of a running map of power against a reference.

    Args:
        reference: (Z, X), of the calibration.
        spacing: (dz, dx), mm.

    Attributes:
        shift: (z, x) pixels by which the image has moved since the calibration.
        alike: correlation of the two maps at that shift.
    """

    def __init__(self, reference: NDArray[np.float32], spacing: tuple[float, float]) -> None:
        self._reference, self._spacing = _contrast(reference), spacing
        self.shift, self.alike = (0.0, 0.0), 1.0

    @property
    def moved(self) -> tuple[float, float]:
        """The shift in mm, (z, x)."""
        return self.shift[0] * self._spacing[0], self.shift[1] * self._spacing[1]

    def look(self, power: NDArray[np.float32]) -> None:
        """Follows the map (Z, X) as it is now."""
        now = _contrast(power)
        reaches = [max(round(_STEP_MM / size), 2) for size in self._spacing]
        farthest = [round(FARTHEST_MM / size) for size in self._spacing]
        centre = [round(value) for value in self.shift]
        rows, columns = (
            [k for k in range(at - reach, at + reach + 1) if abs(k) <= far]
            for at, reach, far in zip(centre, reaches, farthest, strict=True)
        )
        alike = np.array([[_alike(self._reference, now, z, x) for x in columns] for z in rows])
        best = np.unravel_index(np.argmax(alike), alike.shape)
        self.alike = float(alike[best])
        if self.alike >= LEAST_ALIKE:
            z = rows[best[0]] + _vertex(alike[:, best[1]], int(best[0]))
            x = columns[best[1]] + _vertex(alike[best[0]], int(best[1]))
            self.shift = (z, x)


def _contrast(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """The map with its range reduced: one strong unit must not outweigh the others."""
    return np.log(power + 0.1 * power.mean() + 1e-9)


def _alike(reference: NDArray[np.float32], now: NDArray[np.float32], z: int, x: int) -> float:
    """Correlation of the reference with ``now`` moved back by z, x, where both are."""
    depth, width = reference.shape
    one = reference[max(-z, 0) : depth - max(z, 0), max(-x, 0) : width - max(x, 0)]
    two = now[max(z, 0) : depth + min(z, 0), max(x, 0) : width + min(x, 0)]
    one, two = one - one.mean(), two - two.mean()
    size = np.sqrt(np.sum(one * one) * np.sum(two * two))
    return float(np.sum(one * two) / max(size, 1e-12))


def _vertex(values: NDArray[np.float64], best: int) -> float:
    """Where the parabola through the best value and its neighbours is highest; 0 at an end."""
    if not 0 < best < len(values) - 1:
        return 0.0
    before, top, after = values[best - 1 : best + 2]
    bend = before - 2 * top + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else 0.0
