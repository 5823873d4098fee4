"""From maps to motor units: territories, joint twitch trains, duplicates."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kmu.baselines.firing import firings_of_trains
from kmu.baselines.grid import Reduced
from kmu.config.baselines import FiringSettings, TerritorySettings
from kmu.formulas import pearson
from kmu.motor_units import MotorUnits


def territory_of_map(
    values: NDArray[np.floating], spacing: tuple[float, float], settings: TerritorySettings
) -> NDArray[np.float32] | None:
    """The territory around the peak of a map.

    The map is smoothed and cut at ``level`` of its peak; the connected part with the peak is the
    mask, its holes filled.

    Args:
        values: (z, x), the unit's weight in every pixel, positive inside.
        spacing: of the map, mm.
        settings: level, smoothing and the allowed area.

    Returns:
        (z, x) in [0, 1], at least 0.5 just on the mask; None if there is none of allowed area.
    """
    smooth = np.asarray(values, np.float64)
    if settings.smoothing:
        smooth = ndimage.gaussian_filter(smooth, [settings.smoothing / step for step in spacing])
    peak = smooth.max()
    if not peak > 0:
        return None
    labels, _ = ndimage.label(smooth >= settings.level * peak)
    blob = ndimage.binary_fill_holes(labels == labels.flat[smooth.argmax()])
    area = blob.sum() * spacing[0] * spacing[1]
    if not settings.smallest <= area <= settings.largest:
        return None
    relative = smooth / peak
    inside = 0.5 + 0.5 * (relative - settings.level) / max(1 - settings.level, 1e-6)
    outside = np.clip(0.5 * relative / settings.level, 0, 0.49)
    near = ndimage.binary_dilation(blob, iterations=2)
    territory = np.where(blob, np.clip(inside, 0.5, 1), np.where(near, outside, 0))
    return territory.astype(np.float32)


def joint_trains(
    velocity: NDArray[np.float32], territory: NDArray[np.float32], ridge: float
) -> NDArray[np.float32]:
    """Twitch trains of all units together by ridge regression, S = (A A' + r I)^-1 A V.

    Motion of the whole image (a surface of second order in depth and width) is regressed along,
    unpunished, or it would end up in the trains.

    Args:
        velocity: (T, Z, X), mm/s.
        territory: (K, Z, X).
        ridge: as a share of the mean squared norm of a territory.

    Returns:
        (K, T) mm/s, the mean of each over time removed.
    """
    count = len(territory)
    if not count:
        return np.zeros((0, len(velocity)), np.float32)
    maps = np.concatenate([territory, common_motion(territory.shape[1:])])
    maps = maps.reshape(len(maps), -1)
    gram = (maps @ maps.T).astype(np.float64)
    diagonal = np.diagonal(gram).copy()
    punished = np.arange(len(maps)) < count
    gram[np.diag_indices_from(gram)] += np.where(
        punished, max(ridge, 1e-6) * diagonal[:count].mean(), 1e-6 * diagonal
    )
    trains = np.linalg.solve(gram, maps @ velocity.reshape(len(velocity), -1).T)[:count]
    return (trains - trains.mean(1, keepdims=True)).astype(np.float32)


def common_motion(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(n, Z, X) the surfaces 1, z, x, z^2, zx, x^2 over -1 to 1; those the grid can tell apart."""
    axes = [np.linspace(-1, 1, size) if size > 1 else np.zeros(1) for size in shape]
    depth, lateral = np.meshgrid(*axes, indexing="ij")
    powers = [
        (i, j)
        for i in range(3)
        for j in range(3 - i)
        if i < max(shape[0] // 8, 1) and j < max(shape[1] // 8, 1)
    ]
    return np.stack([depth**i * lateral**j for i, j in powers]).astype(np.float32)


def distinct(
    territory: NDArray[np.float32],
    trains: NDArray[np.floating],
    quality: NDArray[np.floating],
    settings: TerritorySettings,
) -> NDArray[np.intp]:
    """Indices of the units that remain when duplicates are dropped, the best first.

    A unit is a duplicate of a better one if their masks overlap and their trains correlate, both
    more than ``settings`` allows.
    """
    masks = (territory >= 0.5).reshape(len(territory), -1).astype(np.float32)
    sizes = masks.sum(1)
    kept: list[int] = []
    for k in np.argsort(-quality, kind="stable"):
        both = masks[kept] @ masks[k]
        iou = both / np.maximum(sizes[kept] + sizes[k] - both, 1)
        alike = np.abs(np.nan_to_num(pearson(trains[kept], trains[k])))
        same = alike > settings.duplicate_correlation
        if not ((iou > settings.duplicate_iou) & same).any():
            kept.append(int(k))
    return np.array(kept, np.intp)


def finish(
    reduced: Reduced,
    territory: Sequence[NDArray[np.float32]],
    sources: Sequence[NDArray[np.floating]],
    quality: Sequence[float],
    settings: TerritorySettings,
    firing: FiringSettings,
    ridge: float,
    firings: Sequence[NDArray[np.float64]] | None = None,
) -> MotorUnits:
    """Motor units on the recording's own grid from territories on the working grid.

    Args:
        reduced: the recording on the working grid.
        territory: each (z, x) in [0, 1].
        sources: each (t,), a course by which duplicates are judged.
        quality: the better, the higher; made into scores in [0, 1] by rank-preserving q/(1+q).
        settings: of duplicates.
        firing: of the firings, read off the joint trains.
        ridge: of the joint least squares.
        firings: each in s, where the method has them itself.
    """
    recording = reduced.recording
    if not territory:
        return MotorUnits.none(recording.velocity.shape, recording.frame_rate, recording.spacing)
    stack, values = np.stack(territory), np.maximum(np.array(quality, np.float64), 0)
    chosen = distinct(stack, np.stack(sources), values, settings)
    own = reduced.territory_to_recording(stack[chosen])
    # A blob at the limit of the coarse grid can vanish on the fine one.
    there = (own >= 0.5).any((1, 2))
    chosen, own = chosen[there], own[there]
    values = values[chosen]
    trains = joint_trains(recording.velocity, own, ridge)
    return MotorUnits(
        territory=own,
        twitch_train=trains,
        firings=firings_of_trains(trains, recording.frame_rate, firing)
        if firings is None
        else [firings[k] for k in chosen],
        score=(values / (1 + values)).astype(np.float32),
        frame_rate=recording.frame_rate,
        spacing=recording.spacing,
    )
