"""The single measures that scores are made of."""

import numpy as np
from numpy.typing import NDArray

from kmu.formulas import pearson

Floats = NDArray[np.float64]

# Long enough for the velocity of a slow twitch: its trough is over 130 ms after the firing.
_TWITCH_SECONDS = 0.2


def detection(matched: int, found: int, true: int) -> tuple[float, float, float]:
    """Precision, recall and F1 of counts; nothing found where nothing is scores 1."""
    if not found and not true:
        return 1.0, 1.0, 1.0
    precision = matched / found if found else 0.0
    recall = matched / true if true else 0.0
    return precision, recall, 2 * matched / (found + true)


def likeness(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Pearson correlation of two courses; 0 if one is constant, 1 if they are the same."""
    return 1.0 if np.array_equal(first, second) else float(np.nan_to_num(pearson(first, second)))


def mean_after_firings(
    train: NDArray[np.float32], firings: Floats, frame_rate: float
) -> NDArray[np.float64]:
    """The course of a twitch train in the 200 ms after a firing, averaged over the firings.

    Args:
        train: (T,) twitch train.
        firings: firing times, s.
        frame_rate: of the train, Hz.

    Returns:
        (round(0.2 frame_rate),) average; zeros if no firing has its 200 ms inside the recording.
    """
    width = max(round(_TWITCH_SECONDS * frame_rate), 2)
    starts = np.round(np.asarray(firings) * frame_rate).astype(int)
    starts = starts[(starts >= 0) & (starts + width <= len(train))]
    if not len(starts):
        return np.zeros(width)
    return train[starts[:, None] + np.arange(width)].mean(0, dtype=np.float64)


def nearest_distance(centroids: Floats) -> Floats:
    """(K,) distance from each point to the nearest other one; infinite if it is alone."""
    distance = np.linalg.norm(centroids[:, None] - centroids[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    return distance.min(1, initial=np.inf)
