"""Which candidates of blocks become one unit: by places and trains worked out by hand."""

import numpy as np
import pytest

from kmu.identification.blocks import Block
from kmu.identification.linking import Candidates, LinkedUnit, link, without_duplicates


def candidates(*places, score=0.9, train=None):
    territory = np.zeros((len(places), 1, 40), np.float32)
    for k, place in enumerate(places):
        territory[k, 0, place : place + 10] = 1
    course = np.zeros((len(places), 50), np.float32) if train is None else train
    return Candidates(territory, course, course, np.full(len(places), score, np.float32))


@pytest.mark.parametrize(
    ("aside", "alone", "with_train"),
    # Overlaps 7/13, 6/14, 5/15, 4/16, 3/17: 0.4 links, with the train from 0.2 on.
    [(3, 1, 1), (4, 1, 1), (5, 2, 1), (6, 2, 1), (7, 2, 2)],
)
def test_units_are_linked_from_a_mean_likeness_of_0_4_on(aside, alone, with_train):
    blocks = [Block(0, 50), Block(40, 90), Block(80, 130)]
    course = np.random.default_rng(0).standard_normal((1, 90)).astype(np.float32)
    found = [candidates(10), candidates(), candidates(10 + aside)]
    assert len(link(blocks, found, 0.5)) == alone
    found = [
        candidates(10, train=course[:, :50]), candidates(10 + aside, train=course[:, 40:]),
    ]  # fmt: skip
    assert len(link(blocks[:2], found, 0.5)) == with_train


@pytest.mark.parametrize(
    ("aside", "alike", "count"),
    # The mean of overlap and correlation: of 1/3 and 0.5, 1/3 and 0.4, 1 and -0.15, 1 and -0.25.
    [(5, 0.5, 1), (5, 0.4, 2), (0, -0.15, 1), (0, -0.25, 2), (0, None, 1), (3, None, 2)],
)
def test_the_train_counts_as_much_as_the_territory(aside, alike, count):
    one, other = np.linalg.qr(np.c_[np.ones(10), np.random.default_rng(0).normal(size=(10, 2))])[
        0
    ].T[1:]
    after = one * 0 if alike is None else alike * one + np.sqrt(1 - alike**2) * other
    before, late = (np.zeros((1, 50), np.float32) for _ in range(2))
    before[0, -10:], late[0, :10] = one, after
    found = [candidates(10, train=before), candidates(10 + aside, train=late)]
    assert len(link([Block(0, 50), Block(40, 90)], found, 0.5)) == count


def test_a_candidate_starts_a_unit_from_the_starting_score_on():
    blocks = [Block(0, 50)]
    assert len(link(blocks, [candidates(0, score=0.5)], 0.5)) == 1
    assert len(link(blocks, [candidates(0, score=0.49)], 0.5)) == 0


@pytest.mark.parametrize(("aside", "left"), [(3, 1), (4, 2)])
def test_units_that_share_half_of_their_territory_become_one(aside, left):
    found = [candidates(10, 10 + aside)]
    units = [LinkedUnit(found[0].territory[k].copy(), 0.9, {0: k}) for k in (0, 1)]
    assert len(without_duplicates(units, found)) == left
    assert without_duplicates([], found) == []
