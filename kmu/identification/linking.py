"""One unit, seen in several blocks, is one unit: linking by territory and twitch train.

Every block gives candidates, the doubtful ones too: a unit that is plain in one block may be
doubtful in the next. Candidates of a block are assigned one-to-one to the units known so far
(Hungarian algorithm) by a similarity that is the mean of

- the overlap of the territories, sum(min) / sum(max), and
- the correlation of the trains over the frames that the blocks share, where the unit was seen in
  the block before (else the overlap alone counts).

A pair below ``SIMILAR`` is not linked; a candidate without partner starts a new unit if its score
is high enough to be one. Units that in the end share most of their territory are one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from kmu.formulas import pearson
from kmu.identification.blocks import Block

SIMILAR = 0.4
_SMALLEST_OVERLAP = 0.2
# Two units whose territories overlap by this are one that a block took for another.
_SAME = 0.5
# A unit that is active at an end of the recording alone can be seen in one block only. Chosen on
# simulated ramps and holds of 20 s: 0.8 to 0.9 find them all but one, and no false unit more.
_SURE = 0.8


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


def without_duplicates(
    units: Sequence[LinkedUnit], found: Sequence[Candidates]
) -> list[LinkedUnit]:
    """Units that share most of their territory become one, which keeps the better sightings.

    A unit is started twice where a block shows it so differently that it is not linked.

    Args:
        units: linked; they are changed.
        found: the candidates of each block.

    Returns:
        The units that are left, highest score first.
    """
    kept: list[LinkedUnit] = []
    shape = units[0].territory.shape if units else (0, 0)
    territories = np.empty((len(units), *shape), np.float32)
    for unit in sorted(units, key=lambda unit: -unit_score(unit, found)):
        alike = np.flatnonzero(_overlap(unit, territories[: len(kept)]) >= _SAME)
        if not len(alike):
            territories[len(kept)] = unit.territory
            kept.append(unit)
            continue
        same = kept[alike[0]]
        for block, candidate in unit.seen.items():
            if block not in same.seen:
                seen = found[block]
                same.add(block, candidate, seen.territory[candidate], float(seen.score[candidate]))
        territories[alike[0]] = same.territory
    return sorted(kept, key=lambda unit: -unit_score(unit, found))


def unit_score(unit: LinkedUnit, found: Sequence[Candidates]) -> float:
    """The score that a unit reaches in half of the blocks from its first to its last sighting.

    A unit recruited late or derecruited early is whole where it is active, and short pauses are
    not punished (the score is 0 in a block where it was not seen). One sighting is luck wherever
    a unit can be seen again: of three blocks or more, it must reach its score in two, unless it
    was surely seen in the first or the last one.
    """
    scores = sorted((float(found[b].score[c]) for b, c in unit.seen.items()), reverse=True)
    first, last = min(unit.seen), max(unit.seen)
    at_an_end = first == last and first in (0, len(found) - 1) and scores[0] >= _SURE
    least = 2 if len(found) >= 3 and not at_an_end else 1
    needed = max((last - first + 2) // 2, least)
    return scores[needed - 1] if len(scores) >= needed else 0.0


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
        overlap = _overlap(unit, candidates.territory)
        together = overlap
        before = unit.seen.get(b - 1)
        if before is not None and shared > 2:
            course = found[b - 1].train[before][-shared:]
            correlation = np.nan_to_num(pearson(course, candidates.train[:, :shared]))
            together = (overlap + correlation) / 2
        alike[u] = np.where(overlap >= _SMALLEST_OVERLAP, together, 0.0)
    return alike


def _overlap(unit: LinkedUnit, territory: NDArray[np.float32]) -> NDArray[np.float64]:
    """(C,) sum(min) / sum(max) of a unit's territory and others (C, Z, X)."""
    smaller = np.minimum(unit.territory, territory).sum((1, 2))
    larger = unit.territory.sum() + territory.sum((1, 2)) - smaller
    return smaller.astype(np.float64) / np.maximum(larger, 1e-6)
