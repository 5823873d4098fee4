"""Two results of one recording, kept on different grids, on the finer of both."""

from dataclasses import replace

import numpy as np

from kmu.errors import InputError
from kmu.formulas import stretched
from kmu.identification.pipeline import at_rate
from kmu.motor_units import MotorUnits
from kmu.tracking.placement import Grid


def on_common_grid(found: MotorUnits, truth: MotorUnits) -> tuple[MotorUnits, MotorUnits, str]:
    """Both results on the finer pixels and at the higher frame rate of the two.

    Args:
        found: one result.
        truth: another of the same recording.

    Returns:
        Both, and what was done in a sentence, empty if nothing.

    Raises:
        InputError: if the images or the recordings differ in size by more than a pixel or frame.
    """
    _check_extent(found, truth)
    done = []
    (shape, spacing), other = _grid(found), _grid(truth)
    if shape != other[0]:
        # Along each axis the one with more pixels.
        finer = [max((shape, spacing), other, key=lambda grid: grid[0][axis]) for axis in (0, 1)]
        common: Grid = (
            (finer[0][0][0], finer[1][0][1]),
            (finer[0][1][0], finer[1][1][1]),
        )
        found, truth = (_on_grid(units, common) for units in (found, truth))
        done.append("{} x {} pixels of {:g} x {:g} mm".format(*common[0], *common[1]))
    lengths = [units.twitch_train.shape[1] for units in (found, truth)]
    if lengths[0] != lengths[1]:
        frames, rate = max(zip(lengths, (found.frame_rate, truth.frame_rate), strict=True))
        found, truth = (at_rate(units, rate, frames) for units in (found, truth))
        done.append(f"{frames} frames at {rate:g} Hz")
    return found, truth, f"compared on a common grid: {', '.join(done)}" if done else ""


def _grid(units: MotorUnits) -> Grid:
    return (units.territory.shape[1], units.territory.shape[2]), units.spacing


def _check_extent(found: MotorUnits, truth: MotorUnits) -> None:
    """Refuses results of recordings that differ in size, in space or time."""
    rows = []
    for units in (found, truth):
        (depth, width), (dz, dx) = _grid(units)
        frames = units.twitch_train.shape[1]
        rows.append((depth * dz, width * dx, frames / units.frame_rate))
    steps = [(*units.spacing, 1 / units.frame_rate) for units in (found, truth)]
    if (np.abs(np.subtract(rows[0], rows[1])) > 1.001 * np.max(steps, axis=0)).any():
        sizes = ["{:.3g} x {:.3g} mm in {:.3g} s".format(*row) for row in rows]
        raise InputError(
            f"the found units cover {sizes[0]}, the true ones {sizes[1]}: compare units of the "
            "same recording"
        )


def _on_grid(units: MotorUnits, grid: Grid) -> MotorUnits:
    if _grid(units) == grid:
        return units
    territory = np.clip(stretched(units.territory, units.spacing, *grid), 0, 1)
    return replace(units, territory=territory, spacing=grid[1])
