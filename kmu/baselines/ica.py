"""Spatial, temporal and spatio-temporal independent component analysis."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from kmu.baselines.grid import Reduced, reduce_recording
from kmu.baselines.separation import (
    Floats,
    fast_ica,
    kurtosis,
    principal_maps,
    sign_by_tail,
    skewness_ica,
    weighted_ica,
    white,
)
from kmu.baselines.units import finish, territory_of_map
from kmu.config.baselines import (
    IcaSettings,
    SpatialIcaSettings,
    SpatioTemporalIcaSettings,
    TemporalIcaSettings,
    VelbssLikeSettings,
)
from kmu.motor_units import MotorUnits
from kmu.recording import Recording

# From (t, p) velocity to maps (p, n), the courses that belong to them being regressed afterwards.
Separate = Callable[[NDArray[np.float32]], Floats]


def spatial_ica(recording: Recording, settings: SpatialIcaSettings | None = None) -> MotorUnits:
    """Spatial ICA: maps that are as independent of each other as possible.

    The velocity (time x pixels) is reduced to its first singular vectors, FastICA rotates those
    into maps, every map is turned so that its heavier tail is positive, and those with too small
    a kurtosis (noise and common motion) are dropped. The part of a map around its peak is the
    territory; the twitch trains follow jointly by least squares.

    Args:
        recording: what to separate.
        settings: number of components, kurtosis and the rest; the defaults if left out.
    """
    settings = settings or SpatialIcaSettings()

    def separate(matrix: NDArray[np.float32]) -> Floats:
        maps, _ = principal_maps(matrix, settings.components)
        return fast_ica(maps, settings.contrast, settings.iterations)

    return _screened(recording, settings, separate)


def temporal_ica(recording: Recording, settings: TemporalIcaSettings | None = None) -> MotorUnits:
    """Temporal ICA: courses that are as independent of each other as possible.

    As :func:`spatial_ica`, but FastICA rotates the singular vectors of time; the map of a
    component is what its course contributes to every pixel.
    """
    settings = settings or TemporalIcaSettings()

    def separate(matrix: NDArray[np.float32]) -> Floats:
        _, courses = principal_maps(matrix, settings.components)
        components = fast_ica(courses, settings.contrast, settings.iterations)
        return matrix.T @ np.linalg.pinv(components).T

    return _screened(recording, settings, separate)


def spatiotemporal_ica(
    recording: Recording, settings: SpatioTemporalIcaSettings | None = None
) -> MotorUnits:
    """Spatio-temporal ICA (stICA): one rotation makes maps and courses independent together.

    The method most used for motor units in ultrafast ultrasound (Rohlén et al., Sci Rep 2020;
    Carbonaro et al., Sci Rep 2022), on the whole image or, as there, on overlapping windows.
    """
    settings = settings or SpatioTemporalIcaSettings()

    def separate(matrix: NDArray[np.float32]) -> Floats:
        maps, courses = principal_maps(matrix, settings.components)
        if not maps.shape[1]:
            return maps
        scale = np.maximum(courses.std(0), 1e-12)
        rotated, _ = weighted_ica(
            (maps - maps.mean(0), (courses - courses.mean(0)) / scale),
            (settings.spatial_weight, 1 - settings.spatial_weight),
            settings.iterations,
        )
        return rotated

    return _screened(recording, settings, separate)


def velbss_like(recording: Recording, settings: VelbssLikeSettings | None = None) -> MotorUnits:
    """A fast spatial separation, in the spirit of velBSS (J Neural Eng 20:034001, 2023).

    Only that paper's abstract was at hand (at least 20 times faster than stICA at the same
    quality), so this is not its algorithm: the maps are rotated by a fixed point on skewness,
    which needs a few matrix products.
    """
    settings = settings or VelbssLikeSettings()

    def separate(matrix: NDArray[np.float32]) -> Floats:
        maps, _ = principal_maps(matrix, settings.components)
        return skewness_ica(white(maps), settings.iterations)

    return _screened(recording, settings, separate)


def _screened(recording: Recording, settings: IcaSettings, separate: Separate) -> MotorUnits:
    """Separates every window, screens the maps, and merges what two windows both found."""
    reduced = reduce_recording(recording, settings.grid)
    shape = reduced.velocity.shape[1:]
    territory, sources, quality = [], [], []
    for rows, columns in windows(shape, settings.windows):
        patch = reduced.velocity[:, rows, columns]
        matrix = patch.reshape(len(patch), -1)
        matrix = matrix - matrix.mean(0)
        maps = separate(matrix)
        for values, excess in zip(maps.T, kurtosis(maps), strict=True):
            if excess < settings.kurtosis:
                continue
            one = territory_of_map(
                sign_by_tail(values).reshape(patch.shape[1:]), reduced.spacing, settings.territory
            )
            if one is None or _cut_off(one, rows, columns, shape):
                continue
            whole = np.zeros(shape, np.float32)
            whole[rows, columns] = one
            territory.append(whole)
            sources.append(_course(reduced, whole))
            quality.append(float(excess))
    return finish(
        reduced, territory, sources, quality, settings.territory, settings.firing, settings.ridge
    )


def windows(shape: tuple[int, ...], count: int) -> Iterator[tuple[slice, slice]]:
    """``count`` x ``count`` windows over an image, each overlapping the next by half.

    Args:
        shape: (z, x) of the image.
        count: windows along each side; 1 is the whole image.
    """
    for row in range(count):
        for column in range(count):
            yield tuple(  # type: ignore[misc]
                slice(size * i // (count + 1), -(-size * (i + 2) // (count + 1)))
                if count > 1
                else slice(0, size)
                for size, i in zip(shape, (row, column), strict=True)
            )


def _cut_off(one: NDArray[np.float32], rows: slice, columns: slice, shape: tuple[int, ...]) -> bool:
    """Whether the peak of a territory is on an edge of its window that is not the image's."""
    z, x = np.unravel_index(one.argmax(), one.shape)
    return bool(
        (z == 0 and rows.start > 0)
        or (z == one.shape[0] - 1 and rows.stop < shape[0])
        or (x == 0 and columns.start > 0)
        or (x == one.shape[1] - 1 and columns.stop < shape[1])
    )


def _course(reduced: Reduced, territory: NDArray[np.float32]) -> NDArray[np.float32]:
    """(t,) mean velocity in a mask less that of the whole image, to judge duplicates by."""
    mask = territory >= 0.5
    return reduced.velocity[:, mask].mean(1) - reduced.velocity.mean((1, 2))
