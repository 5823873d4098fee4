"""Merging and unmixing with masks and trains drawn by hand, and unmixing against least squares."""

import numpy as np
import pytest

from kmu.models.merging import best_of_its_train, distinct, merged, train_correlation
from kmu.models.unmixing import solve_ridge, unmix

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 200)).astype(np.float32)


def masks(*spans):
    """Masks of 24 pixels, each from one pixel up to another."""
    result = np.zeros((1, len(spans), 24), np.float32)
    for k, (start, stop) in enumerate(spans):
        result[0, k, start:stop] = 1
    return result


def together(given, trains, strength=None, present=None):
    """``merged`` of one recording, all candidates there and equally fast unless said otherwise."""
    ones = np.ones(len(trains))
    rows = [ones if row is None else row for row in (strength, present)]
    fast, there = (np.array([row], np.float32) for row in rows)
    return merged(given, np.stack(trains)[None], fast, there, 0.9)


def test_two_parts_with_one_train_are_united_and_another_train_stays():
    given = masks((0, 6), (6, 12), (4, 10))
    mask, present = together(given, [A, A, B])
    assert np.asarray(present).tolist() == [[1, 0, 1]]
    np.testing.assert_array_equal(mask, [[*masks((0, 12))[0], *masks((0, 0))[0], *given[0, 2:]]])


def test_of_two_duplicates_the_first_stays_as_it_is():
    given = masks((0, 10), (1, 11))
    mask, present = together(given, [A, A])
    assert np.asarray(present).tolist() == [[1, 0]]
    np.testing.assert_array_equal(np.asarray(mask)[0, 0], given[0, 0])


def test_absent_candidates_and_other_trains_are_not_merged():
    given = masks((0, 6), (6, 12))
    _, present = together(given, [A, A], present=(1, 0))
    assert np.asarray(present).tolist() == [[1, 0]]
    _, present = together(given, [A, A], present=(0, 1))
    assert np.asarray(present).tolist() == [[0, 1]]
    mask, present = together(given, [A, -A])
    assert np.asarray(present).tolist() == [[1, 1]]
    np.testing.assert_array_equal(mask, given)


@pytest.mark.parametrize("sign", [1, -1])
def test_what_moves_with_a_unit_at_less_than_two_fifths_of_its_speed_is_none_of_it(sign):
    # The first proposal is the echo, which would lead, and pull the unit's territory to it.
    given = masks((0, 6), (12, 18), (20, 24))
    mask, present = together(given, [sign * A, A, A], strength=(0.3, 1.0, 0.5))
    assert np.asarray(present).tolist() == [[0, 1, 0]]
    both = given[0, 1] + given[0, 2]
    np.testing.assert_array_equal(mask, [[np.zeros(24), both, np.zeros(24)]])


def test_a_slower_unit_with_a_train_of_its_own_is_no_echo():
    given = masks((0, 6), (12, 18))
    _, present = together(given, [A, B], strength=(0.1, 1.0))
    assert np.asarray(present).tolist() == [[1, 1]]
    _, present = together(given, [A, A], strength=(0.1, 1.0), present=(1, 0))
    assert np.asarray(present).tolist() == [[1, 0]]


def test_a_weaker_mask_that_a_stronger_one_nearly_has_is_not_distinct():
    # Overlaps with the first: 9 of 11 and 5 of 15 pixels; the last is nowhere.
    given = masks((0, 10), (1, 11), (5, 15), (0, 0))
    assert np.asarray(distinct(given, 0.6)).tolist() == [[1, 0, 1, 0]]
    assert np.asarray(distinct(given, 0.9)).tolist() == [[1, 1, 1, 0]]


def test_of_units_with_one_train_the_highest_score_is_kept():
    score = np.array([[0.5, 0.9, 0.1]], np.float32)
    kept = best_of_its_train(np.stack([A, A, B])[None], score, 0.9)
    assert np.asarray(kept).tolist() == [[0, 1, 1]]


def test_train_correlation_is_that_of_numpy():
    trains = np.stack([A, B, A + B])
    np.testing.assert_allclose(train_correlation(trains[None])[0], np.corrcoef(trains), atol=1e-4)


def test_unmixing_is_the_least_squares_of_numpy():
    weight = RNG.uniform(size=(3, 24)).astype(np.float32)
    velocity = RNG.normal(size=(50, 24)).astype(np.float32)
    expected = np.linalg.lstsq(weight.T, velocity.T, rcond=None)[0]
    found = np.asarray(unmix(velocity[None], weight[None], 0.0))[0]
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_the_ridge_is_relative_to_the_mean_energy_of_the_units_that_are_there():
    # Two units of energy 4 and 6 and an absent one: lambda is 0.1 x 5.
    gram = np.diag([4.0, 6.0, 0.0]).astype(np.float32)[None]
    right = np.array([[[4.5], [6.5], [0.0]]], np.float32)
    found = np.asarray(solve_ridge(gram, right, 0.1))[0, :, 0]
    assert found == pytest.approx([1, 1, 0], abs=1e-4)
