"""Formulas that several rooms use, each written once: correlation, centroid, ridge, resampling.

What is differentiated or exported stands in ``kmu.models`` and ``kmu.train`` on ``keras.ops``.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def pearson(first: ArrayLike, second: ArrayLike) -> Floats:
    """Pearson correlation along the last axis; NaN where one of the two is constant.

    Args:
        first: (..., T).
        second: (..., T), broadcast against the first: (K, 1, T) and (L, T) give (K, L).
    """
    ours, theirs = (np.asarray(values, np.float64) for values in (first, second))
    ours = ours - ours.mean(-1, keepdims=True)
    theirs = theirs - theirs.mean(-1, keepdims=True)
    length = np.sqrt(np.vecdot(ours, ours) * np.vecdot(theirs, theirs))
    together = np.vecdot(ours, theirs)
    known = length > 1e-12
    found = np.clip(together / np.where(known, length, 1.0), -1, 1)
    return np.asarray(np.where(known, found, np.nan))


def centroids(weights: NDArray[Any], spacing: tuple[float, float]) -> Floats:
    """Centroids of masks or weights, below the upper and from the left edge of the image.

    A pixel is where its middle is: the first row lies half a pixel below the upper edge.

    Args:
        weights: (K, Z, X), not negative.
        spacing: (dz, dx) in mm.

    Returns:
        (K, 2) depth and lateral in mm; (0, 0) where the weights are zero.
    """
    down, across = (weights.sum(axis, dtype=np.float64) for axis in (2, 1))
    total = np.maximum(down.sum(1), 1e-6)
    rows, columns = (
        (np.arange(size) + 0.5) * step
        for size, step in zip(weights.shape[1:], spacing, strict=True)
    )
    return np.stack([down @ rows / total, across @ columns / total], axis=1).reshape(-1, 2)


def solve_ridge(gram: NDArray[np.floating], right: NDArray[np.floating], ridge: float) -> Floats:
    """The x that solves (G + r I) x = b, r being ``ridge`` times the mean of G's diagonal.

    Args:
        gram: (K, K), G; K may be 0, and G nothing but zeros.
        right: (K,) or (K, N), b.
        ridge: relative to the mean diagonal.
    """
    count = len(gram)
    weight = ridge * np.trace(gram, dtype=np.float64) / max(count, 1) + 1e-12
    return np.asarray(np.linalg.solve(gram + weight * np.eye(count), right), np.float64)


def stretched(
    images: NDArray[np.floating],
    spacing: tuple[float, float],
    shape: tuple[int, int],
    new_spacing: tuple[float, float],
) -> NDArray[np.float32]:
    """Images on another grid with the same upper left corner, by straight lines between pixels.

    Beyond the middles of the outermost pixels there is what these hold.

    Args:
        images: (K, Z, X).
        spacing: (dz, dx) of the images, mm.
        shape: (Z', X') pixels of the other grid.
        new_spacing: (dz, dx) of the other grid, mm.

    Returns:
        (K, Z', X').
    """
    depth, lateral = (
        _between(old, new, new_step / step)
        for old, new, step, new_step in zip(
            images.shape[1:], shape, spacing, new_spacing, strict=True
        )
    )
    return np.asarray(depth @ images @ lateral.T, np.float32)


def _between(old: int, new: int, ratio: float) -> Floats:
    """(new, old) weights of a row's pixels for pixels that are ``ratio`` times as large."""
    at = np.clip((np.arange(new) + 0.5) * ratio - 0.5, 0, old - 1)
    return np.maximum(1 - np.abs(at[:, None] - np.arange(old)), 0)
