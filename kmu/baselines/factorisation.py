"""Factorisation with non-negative maps of local support."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kmu.baselines.grid import reduce_recording
from kmu.baselines.units import common_motion, finish, territory_of_map
from kmu.config.baselines import FactorisationSettings
from kmu.formulas import solve_ridge
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

# About the radius of a small unit: what the search for the next centre averages over.
_SEARCH_MM = 1.2
_LOCAL_STEPS = 5


def local_factorisation(
    recording: Recording, settings: FactorisationSettings | None = None
) -> MotorUnits:
    """Units one after the other where most is unexplained, then all maps and trains together.

    The idea of constrained factorisation of calcium movies (Pnevmatikakis et al., Neuron 2016)
    carried over to velocity, which has both signs: maps are non-negative and of local support,
    courses are free (semi-non-negative matrix factorisation). Common motion, a surface of second
    order, is taken off first.

    Args:
        recording: what to factorise.
        settings: number of units, support and the rest; the defaults if left out.
    """
    settings = settings or FactorisationSettings()
    reduced = reduce_recording(recording, settings.grid)
    shape = reduced.velocity.shape[1:]
    surfaces = common_motion(shape).reshape(-1, shape[0] * shape[1])
    left = reduced.matrix.astype(np.float64)
    left -= (left @ np.linalg.pinv(surfaces)) @ surfaces
    maps, courses = _one_by_one(left.reshape(-1, *shape), reduced.spacing, settings)
    maps, courses = _together(left, maps, courses, settings.sweeps)
    territory, sources, quality = [], [], []
    for values, course in zip(maps, courses, strict=True):
        one = territory_of_map(values.reshape(shape), reduced.spacing, settings.territory)
        if one is None:
            continue
        inside = float((values[one.ravel() >= 0.5] ** 2).sum() / max((values**2).sum(), 1e-30))
        if inside >= settings.compactness:
            territory.append(one)
            sources.append(course)
            quality.append(float(inside))
    return finish(
        reduced, territory, sources, quality, settings.territory, settings.firing, settings.ridge
    )


def _one_by_one(
    left: NDArray[np.float64], spacing: tuple[float, float], settings: FactorisationSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Maps (K, p) and courses (K, t) found greedily; ``left`` (t, z, x) is not changed."""
    left = left.copy()
    frames, depth, width = left.shape
    blur = [_SEARCH_MM / step for step in spacing]
    smooth = ndimage.gaussian_filter(left, (0, *blur))
    rows, columns = np.mgrid[:depth, :width]
    tried = np.zeros((depth, width), bool)
    maps: list[NDArray[np.float64]] = []
    courses: list[NDArray[np.float64]] = []
    for _ in range(2 * settings.components):
        energy = np.where(tried, 0, (smooth**2).sum(0))
        if len(maps) == settings.components or not energy.max() > 1e-12:
            break
        z, x = np.unravel_index(energy.argmax(), energy.shape)
        tried[z, x] = True
        near = np.hypot((rows - z) * spacing[0], (columns - x) * spacing[1]) <= settings.radius
        local = left[:, near]
        course = smooth[:, z, x]
        weights = np.zeros(local.shape[1])
        for _ in range(_LOCAL_STEPS):
            weights = np.maximum(local.T @ course, 0) / max(course @ course, 1e-30)
            course = local @ weights / max(weights @ weights, 1e-30)
        inside = weights >= 0.5 * weights.max(initial=0)
        gone = local[:, inside] - course[:, None] * weights[inside]
        explained = 1 - (gone**2).sum() / max((local[:, inside] ** 2).sum(), 1e-30)
        if explained < settings.explained:
            continue
        one = np.zeros((depth, width))
        one[near] = weights
        maps.append(one.ravel())
        courses.append(course)
        left -= course[:, None, None] * one
        smooth -= course[:, None, None] * ndimage.gaussian_filter(one, blur)
    return np.reshape(maps, (-1, depth * width)), np.reshape(courses, (-1, frames))


def _together(
    data: NDArray[np.float64],
    maps: NDArray[np.float64],
    courses: NDArray[np.float64],
    sweeps: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hierarchical alternating least squares within the supports; Cichocki and Phan 2009.

    Args:
        data: (t, p).
        maps: (K, p), zero outside the supports.
        courses: (K, t).
        sweeps: how often.
    """
    support = maps > 0
    for _ in range(sweeps if len(maps) else 0):
        courses = solve_ridge(maps @ maps.T, maps @ data.T, 1e-3)
        power, against = courses @ courses.T, courses @ data
        for k in range(len(maps)):
            step = (against[k] - power[k] @ maps) / max(power[k, k], 1e-30)
            maps[k] = np.where(support[k], np.maximum(maps[k] + step, 0), 0)
    return maps, courses
