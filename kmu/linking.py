"""One unit, seen in several blocks, is one unit: linking by territory and twitch train.

Every block gives candidates, the doubtful ones too: a unit that is plain in one block may be
doubtful in the next. Candidates of a block are assigned one-to-one to the units known so far
(Hungarian algorithm) by a similarity that is the mean of

- the overlap of the territories, sum(min) / sum(max), and
- the correlation of the trains over the frames that the blocks share, where the unit was seen in
  the block before (else the overlap alone counts).

A pair below ``SIMILAR`` is not linked; a candidate without partner starts a new unit if its score
is high enough to be one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from kmu.blocks import Block

SIMILAR = 0.4
_SMALLEST_OVERLAP = 0.2


@dataclass(frozen=True, eq=False)
class Candidates:
    """What the model gave for one block.

    Attributes:
        territory: (C, Z, X) float32.
        train: (C, t) float32, mm/s.
        firing: (C, t) float32, firing probability.
        score: (C,) float32.
    """

    territory: NDArray[np.float32]
    train: NDArray[np.float32]
    firing: NDArray[np.float32]
    score: NDArray[np.float32]


@dataclass(eq=False)
class LinkedUnit:
    """One unit and the candidate it is in each block where it was seen."""

    territory: NDArray[np.float32]
    weight: float
    seen: dict[int, int] = field(default_factory=dict)

    def add(self, block: int, candidate: int, territory: NDArray[np.float32], score: float) -> None:
        """Notes a sighting; the territory becomes the mean weighted by score."""
        self.seen[block] = candidate
        total = self.weight + score
        self.territory = self.territory + (territory - self.territory) * (score / total)
        self.weight = total


def link(
    blocks: Sequence[Block], found: Sequence[Candidates], start_score: float
) -> list[LinkedUnit]:
    """Links the candidates of all blocks.

    Args:
        blocks: in order.
        found: the candidates of each block.
        start_score: a candidate of at least this score starts a unit if it continues none.

    Returns:
        The units; each candidate is part of at most one.
    """
    units: list[LinkedUnit] = []
    for b, candidates in enumerate(found):
        alike = _similarity(units, candidates, blocks, found, b)
        rows, columns = linear_sum_assignment(alike, maximize=True)
        partner = {c: u for u, c in zip(rows, columns, strict=True) if alike[u, c] >= SIMILAR}
        for c, score in enumerate(candidates.score):
            if c in partner:
                units[partner[c]].add(b, c, candidates.territory[c], float(score))
            elif score >= start_score:
                unit = LinkedUnit(candidates.territory[c].copy(), float(score))
                unit.seen[b] = c
                units.append(unit)
    return units


def unit_score(unit: LinkedUnit, found: Sequence[Candidates]) -> float:
    """The mean of a unit's scores over its better half of all blocks (0 where not seen).

    A unit that is active for at least half of the recording is not punished for its silence, and
    one lucky sighting in many blocks is not enough.
    """
    scores = sorted((float(found[b].score[c]) for b, c in unit.seen.items()), reverse=True)
    half = (len(found) + 1) // 2
    return sum(scores[:half]) / half


def _similarity(
    units: Sequence[LinkedUnit],
    candidates: Candidates,
    blocks: Sequence[Block],
    found: Sequence[Candidates],
    b: int,
) -> NDArray[np.float64]:
    """(U, C) similarity of known units and the candidates of block ``b``."""
    count = len(candidates.score)
    alike = np.zeros((len(units), count))
    shared = blocks[b - 1].stop - blocks[b].start if b else 0
    for u, unit in enumerate(units):
        smaller = np.minimum(unit.territory, candidates.territory).sum((1, 2))
        larger = np.maximum(unit.territory, candidates.territory).sum((1, 2))
        overlap = smaller / np.maximum(larger, 1e-6)
        together = overlap
        before = unit.seen.get(b - 1)
        if before is not None and shared > 2:
            course = found[b - 1].train[before][-shared:]
            correlation = _correlation(course, candidates.train[:, :shared])
            together = (overlap + correlation) / 2
        alike[u] = np.where(overlap >= _SMALLEST_OVERLAP, together, 0.0)
    return alike


def _correlation(one: NDArray[np.float32], many: NDArray[np.float32]) -> NDArray[np.float64]:
    """(C,) Pearson correlation of a course (t,) with courses (C, t); 0 where one is constant."""
    one = one - one.mean()
    many = many - many.mean(1, keepdims=True)
    length = np.sqrt((one @ one) * np.einsum("ct,ct->c", many, many))
    return np.where(length > 1e-12, many @ one / np.maximum(length, 1e-12), 0.0)
