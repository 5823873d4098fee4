"""Independent component analysis after a singular value decomposition."""

import warnings

import numpy as np
from numpy.typing import NDArray

from kmu.baselines.grid import reduce_recording
from kmu.baselines.units import finish, territory_of_map
from kmu.config.baselines import SpatialIcaSettings
from kmu.motor_units import MotorUnits
from kmu.recording import Recording


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
    reduced = reduce_recording(recording, settings.grid)
    scores, courses = principal_maps(reduced.matrix, settings.components)
    maps, mixing = fast_ica(scores, settings.contrast, settings.iterations)
    territory, sources, quality = [], [], []
    shape = reduced.velocity.shape[1:]
    for k, (values, excess) in enumerate(zip(maps.T, kurtosis(maps), strict=True)):
        if excess < settings.kurtosis:
            continue
        found = territory_of_map(
            sign_by_tail(values).reshape(shape), reduced.spacing, settings.territory
        )
        if found is not None:
            territory.append(found)
            sources.append(courses @ mixing[:, k])
            quality.append(float(excess))
    return finish(
        reduced, territory, sources, quality, settings.territory, settings.firing, settings.ridge
    )


def principal_maps(
    matrix: NDArray[np.float32], components: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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


def fast_ica(
    features: NDArray[np.float64], contrast: str, iterations: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """FastICA of (samples, n) features, always from the same start.

    Not to converge is common where noise components rotate freely; the components of interest
    stand by then, so the result is used as it is.

    Returns:
        Components (samples, n) of unit variance and the mixing matrix (n, n) with
        features - mean = components @ mixing.T.
    """
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    if not features.shape[1]:
        return features, np.zeros((0, 0))
    ica = FastICA(
        whiten="unit-variance", fun=contrast, max_iter=iterations, tol=1e-3, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        components = ica.fit_transform(features)
    return components, ica.mixing_


def kurtosis(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Excess kurtosis of every column of (p, n)."""
    centred = maps - maps.mean(0)
    return (centred**4).mean(0) / np.maximum((centred**2).mean(0) ** 2, 1e-30) - 3


def sign_by_tail(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The map, turned so that its heavier tail (skewness) is positive."""
    centred = values - values.mean()
    return values if (centred**3).sum() >= 0 else -values
