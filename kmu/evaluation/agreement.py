"""Agreement of two lists of firing times."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# A firing shows in the velocity up to 50 ms later (time to the peak velocity of a slow twitch);
# filters and methods that mark the onset or the trough move it further.
LARGEST_LAG = 0.1
_ROUNDING = 1e-9


class Agreement(NamedTuple):
    """What :func:`rate_of_agreement` returns.

    Attributes:
        rate: C / (N1 + N2 - C), from 0 to 1.
        matched: C, firings matched one-to-one.
        lag: the constant that was taken off the found firings, s.
    """

    rate: float
    matched: int
    lag: float


def rate_of_agreement(
    found: NDArray[np.float64],
    truth: NDArray[np.float64],
    tolerance: float = 0.010,
    lag: float | None = None,
) -> Agreement:
    """Rate of agreement (RoA) of two lists of firings, C / (N1 + N2 - C).

    Firings are matched one-to-one, so one firing never counts twice, and firings at the very
    same time are one firing for C but all of them for N1 and N2. Methods mark different moments
    of a twitch, so one constant lag is taken off first: of all lags within +-100 ms the one with
    the most matches, then with the smallest deviation.

    Args:
        found: firing times of a method, s, ascending.
        truth: true firing times, s, ascending.
        tolerance: largest distance of a pair, s.
        lag: use this lag instead, s.

    Returns:
        The rate, the number matched and the lag. Two empty lists agree fully; one empty list
        with one that is not, not at all.
    """
    total = len(found) + len(truth)
    if not len(found) or not len(truth):
        return Agreement(1.0 if total == 0 else 0.0, 0, 0.0 if lag is None else lag)
    ours, theirs = np.unique(found), np.unique(truth)
    if lag is None:
        lag = best_lag(ours, theirs, tolerance)
    matched = len(matched_deviations(ours - lag, theirs, tolerance))
    return Agreement(matched / (total - matched), matched, lag)


def best_lag(found: NDArray[np.float64], truth: NDArray[np.float64], tolerance: float) -> float:
    """The lag of ``found`` behind ``truth``, in s, under which most firings match one-to-one.

    Both must be ascending and without repeats. The number of pairs changes only where some
    pair enters or leaves the tolerance, so those lags, and the exact ones, are all that need
    to be tried; the number of pairs, matched one-to-one or not, bounds what a lag can give.
    """
    differences = (found[:, None] - truth[None]).ravel()
    differences = np.sort(differences[np.abs(differences) <= LARGEST_LAG + tolerance])
    if not len(differences):
        return 0.0
    lags = np.concatenate([differences, differences - tolerance, differences + tolerance, [0.0]])
    lags = np.unique(lags[np.abs(lags) <= LARGEST_LAG + _ROUNDING])
    reach = tolerance + _ROUNDING
    bound = np.searchsorted(differences, lags + reach, "right") - np.searchsorted(
        differences, lags - reach, "left"
    )
    best, chosen = (-1, 0.0, 0.0), 0.0
    for index in np.argsort(-bound, kind="stable"):
        if bound[index] < best[0]:
            break
        lag = float(lags[index])
        deviations = matched_deviations(found - lag, truth, tolerance)
        middle = lag + float(np.median(deviations)) if len(deviations) else lag
        for candidate in (lag, middle):
            deviations = matched_deviations(found - candidate, truth, tolerance)
            # Rounded, so that swapping the two lists cannot change which of two equals wins.
            spread = round(float(np.abs(deviations).sum()), 9)
            quality = (len(deviations), -spread, -round(abs(candidate), 9))
            if abs(candidate) <= LARGEST_LAG + _ROUNDING and quality > best:
                best, chosen = quality, candidate
    return chosen


def matched_deviations(
    found: NDArray[np.float64], truth: NDArray[np.float64], tolerance: float
) -> NDArray[np.float64]:
    """Deviations, in s, of the pairs of the largest one-to-one matching within ``tolerance``.

    For points on a line and one tolerance, taking the earliest partner in turn is optimal.
    """
    reach = tolerance + _ROUNDING
    deviations = []
    i = j = 0
    ours, theirs = found.tolist(), truth.tolist()
    while i < len(ours) and j < len(theirs):
        difference = ours[i] - theirs[j]
        if difference > reach:
            j += 1
        elif difference < -reach:
            i += 1
        else:
            deviations.append(difference)
            i += 1
            j += 1
    return np.array(deviations)
