"""Blind separation of a velocity matrix: singular vectors, independent components, moments."""

import warnings

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def principal_maps(matrix: NDArray[np.float32], components: int) -> tuple[Floats, Floats]:
    """The first singular vectors of (t, p) data, through the smaller of its two Gram matrices.

    Args:
        matrix: (t, p), one column a pixel.
        components: how many, at most; fewer where the data has a smaller rank.

    Returns:
        Maps (p, n) scaled to unit variance, and courses (t, n) such that matrix is about
        courses @ maps.T.
    """
    frames, pixels = matrix.shape
    tall = frames > pixels
    gram = (matrix.T @ matrix if tall else matrix @ matrix.T).astype(np.float64)
    power, vectors = np.linalg.eigh(gram)
    count = min(components, int((power > 1e-9 * max(power[-1], 1e-30)).sum()))
    power, vectors = power[::-1][:count], vectors[:, ::-1][:, :count]
    if tall:
        return vectors * np.sqrt(pixels), matrix @ vectors / np.sqrt(pixels)
    singular = np.sqrt(power)
    return matrix.T @ (vectors * (np.sqrt(pixels) / singular)), vectors * singular / np.sqrt(pixels)


def fast_ica(features: Floats, contrast: str, iterations: int) -> Floats:
    """FastICA of (samples, n) features, always from the same start.

    Not to converge is common where noise components rotate freely; the components of interest
    stand by then, so the result is used as it is.

    Returns:
        Components (samples, n) of unit variance.
    """
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    if not features.shape[1]:
        return features
    ica = FastICA(
        whiten="unit-variance", fun=contrast, max_iter=iterations, tol=1e-3, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return ica.fit_transform(features)


def kurtosis(maps: Floats) -> Floats:
    """Excess kurtosis of every column of (p, n)."""
    centred = maps - maps.mean(0)
    return (centred**4).mean(0) / np.maximum((centred**2).mean(0) ** 2, 1e-30) - 3


def sign_by_tail(values: Floats) -> Floats:
    """The map, turned so that its heavier tail (skewness) is positive."""
    centred = values - values.mean()
    return values if (centred**3).sum() >= 0 else -values


def weighted_ica(
    blocks: tuple[Floats, Floats], weights: tuple[float, float], iterations: int
) -> tuple[Floats, Floats]:
    """FastICA of two sets of samples that share one rotation.

    Spatio-temporal ICA as Stone et al. (NeuroImage 2002) put it: with the singular vectors of
    space and of time as white features, one rotation is to make the rotated maps and the rotated
    courses independent, each weighing as much as told. Symmetric fixed point with tanh
    (Hyvärinen 1999), the expectation being the weighted mean over both sets.

    Args:
        blocks: (p, n) and (t, n), each white: columns of unit variance, uncorrelated.
        weights: of the two sets; their sum does not matter.
        iterations: at most.

    Returns:
        The two rotated sets, same shapes.
    """
    count = blocks[0].shape[1]
    if not count:
        return blocks
    samples = np.concatenate(blocks)
    share = np.concatenate(
        [
            np.full((len(block), 1), weight / max(len(block), 1) / sum(weights))
            for block, weight in zip(blocks, weights, strict=True)
        ]
    )
    rotation = orthogonal(np.random.default_rng(0).normal(size=(count, count)))
    for _ in range(iterations):
        projected = np.tanh(samples @ rotation)
        slope = (share * (1 - projected**2)).sum(0)
        updated = orthogonal(samples.T @ (share * projected) - rotation * slope)
        change = np.abs(np.abs((updated * rotation).sum(0)) - 1).max()
        rotation = updated
        if change < 1e-3:
            break
    return blocks[0] @ rotation, blocks[1] @ rotation


def skewness_ica(features: Floats, iterations: int) -> Floats:
    """Symmetric fixed point with the contrast of skewness, g(u) = u^2.

    It costs no transcendental function and needs few steps, and suits maps that are zero nearly
    everywhere and one-sided where they are not.

    Args:
        features: (p, n), white.
        iterations: at most.

    Returns:
        (p, n) components, skewed to the positive side.
    """
    count = features.shape[1]
    if not count:
        return features
    rotation = orthogonal(np.random.default_rng(0).normal(size=(count, count)))
    for _ in range(iterations):
        updated = orthogonal(features.T @ (features @ rotation) ** 2)
        change = np.abs(np.abs((updated * rotation).sum(0)) - 1).max()
        rotation = updated
        if change < 1e-3:
            break
    return features @ rotation


def orthogonal(matrix: Floats) -> Floats:
    """The orthogonal matrix nearest to a square one."""
    left, _, right = np.linalg.svd(matrix)
    return left @ right


def white(features: Floats) -> Floats:
    """Columns of (samples, n) centred, decorrelated and scaled to unit variance."""
    if not features.shape[1]:
        return features
    centred = features - features.mean(0)
    power, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    kept = power > 1e-10 * max(power[-1], 1e-30)
    return centred @ (vectors[:, kept] / np.sqrt(power[kept]))
