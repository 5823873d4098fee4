"""The units that were missed are counted by those that were found, and by those added."""

import numpy as np
import pytest

from kmu.motor_units import MotorUnits
from kmu.trust.estimate import Chance, population_recall, properties_of


def shares(middle: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 2) log2 of shares of the motion spread around ``middle``, and of one area."""
    return np.stack([rng.normal(middle, 0.5, count), np.full(count, 4.0)], axis=1)


CHANCE = Chance(intercept=0.0, slopes=(3.0, 0.0), middle=(-1.0, 4.0), spread=(1.0, 1.0))


@pytest.mark.parametrize("middle", [0.5, -0.5, -1.0])
def test_the_weak_that_were_missed_are_counted_by_the_strong_that_were_found(middle):
    rng = np.random.default_rng(3)
    there = shares(middle, 400, rng)
    found = there[rng.uniform(size=400) < CHANCE(there)]
    recall = len(found) / 400
    assert population_recall(CHANCE, 0.0, found) == pytest.approx(recall, abs=0.06)
    # Those found are the easier ones: taken for all, they say too much.
    assert CHANCE(found).mean() > recall


def test_added_units_move_the_chance_of_a_recording_that_is_harder_than_others():
    rng = np.random.default_rng(0)
    added = shares(-1.0, 400, rng)
    harder = CHANCE(added, -1.0)
    moved = CHANCE.moved(added, (rng.uniform(size=400) < harder).astype(float))
    assert moved == pytest.approx(-1.0, abs=0.35)
    assert CHANCE.moved(added[:4], np.array([1.0, 1.0, 0.0, 1.0])) == pytest.approx(0.1, abs=0.25)


def test_the_share_of_a_unit_that_moves_alone_is_one():
    territory = np.zeros((2, 20, 20), np.float32)
    territory[0, 2:6, 2:6] = territory[1, 10:15, 10:18] = 1
    trains = np.array([3.0, 1.0])[:, None] * np.tile([1.0, -1.0], 50)
    units = MotorUnits(territory, trains, [np.zeros(0)] * 2, np.ones(2), 100.0, (0.5, 1.0))
    power = np.where(territory[0] > 0, 3.0, 2.0)
    told = properties_of(units, power, np.array([3.0, 1.0]))
    np.testing.assert_allclose(told, [[0, 3], [-1, np.log2(20)]], atol=1e-6)
