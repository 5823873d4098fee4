"""What is computed next from a motor unit: size and place, averaged twitch, discharge."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from kmu.formulas import centroids, solve_ridge
from kmu.motor_units import MotorUnits

TWITCH_SECONDS = 0.3
# Interspike intervals longer than this are pauses, not part of a steady discharge.
LONGEST_INTERVAL_S = 0.4
# A silence is a pause from this length on, or from three usual intervals of a slower unit.
PAUSE_SECONDS = 1.0
# Of the fit of an averaged twitch.
_RIDGE = 0.005


@dataclass(frozen=True)
class Measure:
    """A column of the table of units.

    Attributes:
        name: of the column.
        unit: physical unit, empty for a pure number.
        description: one sentence.
    """

    name: str
    unit: str
    description: str


MEASURES = (
    Measure("area", "mm2", "area of the territory (weight of at least one half)"),
    Measure("largest_diameter", "mm", "largest distance between two parallel tangents"),
    Measure("smallest_diameter", "mm", "smallest distance between two parallel tangents"),
    Measure("centroid_depth", "mm", "centroid of the territory, below the upper edge of the image"),
    Measure("centroid_lateral", "mm", "centroid of the territory, from the left edge of the image"),
    Measure("firings", "", "number of firings"),
    Measure("active", "s", "time between first and last firing, pauses of 1 s and more left out"),
    Measure("stretches", "", "stretches of discharge between such pauses"),
    Measure("discharge_rate", "Hz", "inverse of the mean interval between firings"),
    Measure("interval_sd", "ms", "standard deviation of the intervals between firings"),
    Measure("interval_cov", "", "standard deviation of the intervals over their mean"),
    Measure("peak_velocity", "mm/s", "largest absolute velocity of the averaged twitch"),
    Measure("peak_displacement", "um", "largest displacement of the averaged twitch"),
    Measure("contraction_time", "ms", "from the firing to the largest displacement"),
    Measure("half_relaxation_time", "ms", "from the largest displacement to half of it"),
)


def measure(units: MotorUnits) -> dict[str, NDArray[np.float64]]:
    """All of ``MEASURES`` for each unit; NaN where a unit does not allow one.

    Returns:
        For each name of ``MEASURES`` an array (K,).
    """
    columns = {item.name: np.full(len(units), np.nan) for item in MEASURES}
    for k in range(len(units)):
        found = {
            **territory_measures(units.mask[k], units.spacing),
            **discharge_measures(units.firings[k]),
            **twitch_measures(
                averaged_twitch(units.twitch_train[k], units.firings[k], units.frame_rate),
                units.frame_rate,
            ),
        }
        for name, value in found.items():
            columns[name][k] = value
    return columns


def territory_measures(mask: NDArray[np.bool_], spacing: tuple[float, float]) -> dict[str, float]:
    """Area, diameters and centroid of a mask (Z, X); NaN but for the area if it is empty.

    Diameters are those of the outline's convex hull, over all directions in steps of 2 degrees.
    """
    rows, columns = np.nonzero(mask)
    dz, dx = spacing
    result = {"area": float(rows.size * dz * dx)}
    if not rows.size:
        return result
    angle = np.deg2rad(np.arange(0, 180, 2))
    across = np.outer(np.cos(angle), rows * dz) + np.outer(np.sin(angle), columns * dx)
    # Pixels have a size: half of it on either side, seen from each direction.
    width = np.abs(np.cos(angle)) * dz + np.abs(np.sin(angle)) * dx
    diameter = across.max(1) - across.min(1) + width
    depth, lateral = centroids(mask[None], spacing)[0]
    return {
        **result,
        "largest_diameter": float(diameter.max()),
        "smallest_diameter": float(diameter.min()),
        "centroid_depth": float(depth),
        "centroid_lateral": float(lateral),
    }


def intervals(firings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intervals between firings in s, without pauses."""
    steps = np.diff(firings)
    return steps[(steps > 0) & (steps <= LONGEST_INTERVAL_S)]


def active_intervals(firings: NDArray[np.float64]) -> list[tuple[float, float]]:
    """When a unit is active: from first to last firing of every stretch between pauses, s.

    Args:
        firings: ascending, s.

    Returns:
        (start, stop) of each stretch; both are the same for a single firing.
    """
    if not len(firings):
        return []
    steps = np.diff(firings)
    pause = max(PAUSE_SECONDS, 3 * float(np.median(steps))) if len(steps) else PAUSE_SECONDS
    parts = np.split(firings, np.flatnonzero(steps >= pause) + 1)
    return [(float(part[0]), float(part[-1])) for part in parts]


def discharge_measures(firings: NDArray[np.float64]) -> dict[str, float]:
    """Number of firings, time active, and rate and variability from at least two intervals."""
    active = active_intervals(firings)
    result = {
        "firings": float(len(firings)),
        "active": float(sum(stop - start for start, stop in active)),
        "stretches": float(len(active)),
    }
    steps = intervals(firings)
    if len(steps) < 2:
        return result
    mean, spread = float(steps.mean()), float(steps.std(ddof=1))
    return {
        **result,
        "discharge_rate": 1 / mean,
        "interval_sd": 1000 * spread,
        "interval_cov": spread / mean,
    }


def averaged_twitch(
    train: NDArray[np.float32], firings: NDArray[np.float64], frame_rate: float
) -> NDArray[np.float64]:
    """The velocity that follows a firing, with the twitches of neighbouring firings taken off.

    Spike-triggered averaging over the unit's own firings mixes successive twitches, since they
    last longer than the interval between firings. Here the train is explained as the sum of one
    course after every firing (linear least squares with a little ridge), which is what the average
    converges to for firings far apart.

    Args:
        train: (T,) twitch train, mm/s.
        firings: s.
        frame_rate: of the train, Hz.

    Returns:
        (0.3 s,) velocity in mm/s, first sample at the firing; zeros without firings.
    """
    return fitted_twitch(train, after_firings(firings, frame_rate, len(train)))


def after_firings(
    firings: NDArray[np.float64], frame_rate: float, frames: int
) -> NDArray[np.float64]:
    """(T, 0.3 s) 1 in row t and column n where a firing was n frames before t.

    A firing between two frames counts for both.
    """
    length = max(round(TWITCH_SECONDS * frame_rate), 2)
    position = np.asarray(firings, np.float64) * frame_rate
    low = np.floor(position)
    starts = np.concatenate([low, low + 1]).astype(int)
    weights = np.concatenate([1 - (position - low), position - low])
    near = (starts > -length) & (starts < frames)
    pulses = np.zeros(frames + length - 1)
    np.add.at(pulses, starts[near] + length - 1, weights[near])
    return sliding_window_view(pulses, length)[:, ::-1]


def fitted_twitch(course: NDArray[np.floating], design: NDArray[np.float64]) -> NDArray[np.float64]:
    """The twitch that explains a course (T,) best, from :func:`after_firings`."""
    return solve_ridge(design.T @ design, design.T @ course.astype(np.float64), _RIDGE)


def twitch_measures(twitch: NDArray[np.float64], frame_rate: float) -> dict[str, float]:
    """Times and sizes of an averaged twitch (velocity, mm/s); nothing if it is flat.

    Displacement is the integral of the velocity, positive in the direction of its first swing.
    Times are found between samples by linear interpolation.
    """
    size = np.abs(twitch)
    if not size.size or size.max() == 0:
        return {}
    displacement = np.cumsum(twitch) / frame_rate
    displacement = displacement * np.sign(displacement[np.argmax(np.abs(displacement))])
    top = int(np.argmax(displacement))
    result = {
        "peak_velocity": float(size.max()),
        "peak_displacement": float(1000 * displacement[top]),
        "contraction_time": 1000 * (top + 0.5 + _vertex(displacement, top)) / frame_rate,
    }
    below = np.flatnonzero(displacement[top:] <= displacement[top] / 2)
    if below.size:
        at = top + int(below[0])
        drop = displacement[at - 1] - displacement[at]
        back = (displacement[top] / 2 - displacement[at]) / drop
        half = 1000 * (at - back - top - _vertex(displacement, top)) / frame_rate
        result["half_relaxation_time"] = float(half)
    return result


def _vertex(values: NDArray[np.float64], top: int) -> float:
    """How far, in samples, the peak lies from sample ``top`` (parabola through three)."""
    if not 0 < top < len(values) - 1:
        return 0.0
    before, here, after = values[top - 1 : top + 2]
    bend = before - 2 * here + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0
