"""``kmu.track``: which unit of one recording is which of the others."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from kmu.errors import InputError
from kmu.progress import Progress
from kmu.simulation.threads import single_thread
from kmu.tracking.assignment import join
from kmu.tracking.likeness import Floats, compare
from kmu.tracking.probability import MatchModel, match_model
from kmu.tracking.registration import Registration, register
from kmu.tracking.seen import AnyResult, Seen, as_seen

LEAST_PROBABILITY = 0.5


@dataclass(frozen=True, eq=False)
class Tracks:
    """U tracked units in R recordings.

    Attributes:
        seen: the recordings.
        index: (U, R) the unit's place in each recording, -1 where it was not found. Every unit is
            in one row: a row with one entry is a unit without a match.
        registration: for each pair of recordings (i, j), i < j, where the second lies.
        likeness: for each pair of recordings, what was compared; see
            ``kmu.tracking.likeness``.
        odds: for each pair of recordings, log odds (K, L) that two units are the same.
    """

    seen: Sequence[Seen]
    index: NDArray[np.int64]
    registration: dict[tuple[int, int], Registration]
    likeness: dict[tuple[int, int], dict[str, Floats]]
    odds: dict[tuple[int, int], Floats]

    def __len__(self) -> int:
        return len(self.index)

    @property
    def ids(self) -> NDArray[np.int64]:
        """(U, R) what the unit is called in each recording, -1 where it was not found."""
        ids = np.full(self.index.shape, -1, np.int64)
        for r, seen in enumerate(self.seen):
            here = self.index[:, r] >= 0
            ids[here, r] = seen.units.ids[self.index[here, r]]
        return ids

    @property
    def recordings(self) -> NDArray[np.int64]:
        """(U,) in how many recordings the unit was found."""
        return (self.index >= 0).sum(1)

    @property
    def pair_probability(self) -> Floats:
        """(U, R, R) that two sightings are the same unit; NaN where one is missing."""
        count, recordings = self.index.shape
        probability = np.full((count, recordings, recordings), np.nan)
        for (i, j), odds in self.odds.items():
            here = (self.index[:, i] >= 0) & (self.index[:, j] >= 0)
            value = expit(odds[self.index[here, i], self.index[here, j]])
            probability[here, i, j] = probability[here, j, i] = value
        return probability

    @property
    def probability(self) -> Floats:
        """(U,) of the least likely of a unit's pairs; NaN for units without a match."""
        pairs = self.pair_probability.reshape(len(self), -1)
        least = np.where(np.isnan(pairs), np.inf, pairs).min(axis=1, initial=np.inf)
        return np.where(np.isinf(least), np.nan, least)


def track(
    results: Sequence[AnyResult],
    like_force: bool = False,
    least_probability: float = LEAST_PROBABILITY,
    model: MatchModel | None = None,
) -> Tracks:
    """Matches the units of several results of one muscle.

    Example:
        >>> tracks = kmu.track(["monday.h5", "tuesday.h5", "friday.h5"])
        >>> in_all_three = tracks.ids[tracks.recordings == 3]

    Args:
        results: files of ``kmu identify``, or units in memory; at least two.
        like_force: all were recorded at about the same force, so that discharge rates count.
        least_probability: pairs below it are no match, 0 to 1.
        model: of the probability; the one that came with kmu by default.

    Raises:
        InputError: if there are fewer than two results, one is no result, or the least probability
            is out of range.
    """
    if len(results) < 2:
        raise InputError("give at least two results: units are matched between recordings")
    if not 0 < least_probability < 1:
        raise InputError(f"least probability {least_probability:g} must lie between 0 and 1")
    seen = [as_seen(result) for result in results]
    model = model or match_model()
    registration, likeness, odds = {}, {}, {}
    pairs = list(itertools.combinations(range(len(seen)), 2))
    with Progress("registering", len(pairs), "pairs") as progress, single_thread():
        for i, j in pairs:
            registration[i, j] = register(seen[i], seen[j])
            likeness[i, j] = compare(seen[i], seen[j], registration[i, j].placement, like_force)
            odds[i, j] = model.log_odds(likeness[i, j])
            progress.advance()
    counts = [len(one.units) for one in seen]
    index = join(counts, odds, float(logit(least_probability)))
    return Tracks(seen, index, registration, likeness, odds)
