"""Units are followed across blocks: one at a seam, in part of a recording, started twice."""

from itertools import pairwise

import numpy as np
import pytest

from kmu.identification.blocks import Block
from kmu.identification.linking import Candidates, LinkedUnit, link, unit_score, without_duplicates


def candidates(courses: np.ndarray, places: list[int], scores: list[float]) -> Candidates:
    territory = np.zeros((len(places), 1, 40), np.float32)
    for k, place in enumerate(places):
        territory[k, 0, place : place + 8] = 1
    return Candidates(territory, courses, np.abs(courses), np.array(scores, np.float32))


def test_a_unit_at_a_seam_is_one_unit_and_overlapping_units_stay_apart():
    rng = np.random.default_rng(0)
    blocks = [Block(0, 100), Block(60, 160), Block(120, 220)]
    trains = rng.standard_normal((3, 220)).astype(np.float32)
    # Units 0 and 1 lie in nearly the same place; only their trains tell them apart.
    places = [10, 12, 25]
    found = []
    for b, block in enumerate(blocks):
        order = rng.permutation(3)
        noise = 0.1 * rng.standard_normal((3, 100)).astype(np.float32)
        courses = trains[:, block.start : block.stop] + noise
        found.append(
            candidates(courses[order], [places[k] + (b % 2) for k in order], [0.9, 0.8, 0.7])
        )
    units = link(blocks, found, 0.5)
    assert len(units) == 3
    for unit in units:
        assert len(unit.seen) == 3
        pieces = [found[b].train[c] for b, c in unit.seen.items()]
        for (one, other), (left, right) in zip(
            pairwise(pieces),
            pairwise(blocks),
            strict=True,
        ):
            shared = left.stop - right.start
            assert np.corrcoef(one[-shared:], other[:shared])[0, 1] > 0.9


def scores_of(scores: list[float]) -> list[float]:
    """The scores of the units that one place gives, seen in each block with a score or not (0)."""
    courses = np.ones((1, 50), np.float32)
    empty = candidates(np.zeros((0, 50), np.float32), [], [])
    blocks = [Block(45 * b, 45 * b + 50) for b in range(len(scores))]
    found = [candidates(courses, [5], [score]) if score else empty for score in scores]
    return [unit_score(unit, found) for unit in link(blocks, found, 0.5)]


@pytest.mark.parametrize(
    ("seen", "score"),
    [
        ([0, 0, 0, 0, 0.8, 0.9], 0.8),  # recruited late
        ([0.9, 0.8, 0, 0, 0, 0], 0.8),  # derecruited early
        ([0, 0.9, 0, 0.8, 0, 0], 0.8),  # a pause within
        ([0.9, 0.8, 0, 0.7, 0, 0], 0.8),
        ([0, 0, 0, 0, 0, 0.9], 0.9),  # recruited in the last block
        ([0.9, 0, 0], 0.9),  # derecruited in the first
    ],
)
def test_a_unit_active_in_part_is_whole_there(seen, score):
    assert scores_of(seen) == [pytest.approx(score)]


@pytest.mark.parametrize("seen", [[0.7, 0, 0, 0], [0, 0, 0.7], [0, 0.9, 0], [0.8, 0, 0, 0, 0, 0.9]])
def test_sightings_by_luck_are_no_unit(seen):
    assert scores_of(seen) == [0]


def test_of_two_blocks_one_is_enough():
    assert scores_of([0, 0.8]) == [pytest.approx(0.8)]


def test_a_unit_that_was_started_twice_becomes_one():
    course = np.ones((1, 50), np.float32)
    found = [
        candidates(course, [5], [0.8]),
        candidates(course, [6], [0.9]),
        candidates(course.repeat(2, axis=0), [5, 25], [0.7, 0.6]),
    ]
    units = [
        LinkedUnit(found[0].territory[0].copy(), 1.5, {0: 0, 2: 0}),
        LinkedUnit(found[1].territory[0].copy(), 0.9, {1: 0}),
        LinkedUnit(found[2].territory[1].copy(), 0.6, {2: 1}),
    ]
    one, other = without_duplicates(units, found)
    assert one.seen == {0: 0, 1: 0, 2: 0}
    assert unit_score(one, found) == pytest.approx(0.8)
    assert other.seen == {2: 1}
