"""What is left of a unit in the recording once all clean trains are taken off it."""

import numpy as np
import pytest
from shown_courses import courses_of

from kmu.models.peeling import left_of_units

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def test_the_regressor_sees_the_train_as_cleaned_before_and_what_it_missed():
    flat, ridge, before = normal(1, 50, 12), 0.1, normal(1, 2, 50)
    mask = np.zeros((1, 2, 12), np.float32)
    mask[0, 0, :6], mask[0, 1, 4:9] = 1, 0.5
    [seen], (*_, scale) = courses_of(flat, mask, mask, ridge, before, peel_off=True)
    [alone], _ = courses_of(flat, mask, mask, ridge, peel_off=True)
    v, s = flat[0].astype(float), before[0].astype(float)
    gram = s @ s.T
    maps = np.linalg.solve(gram + ridge * np.trace(gram) / 2 * np.eye(2), s @ v)
    own = maps * mask[0]
    missed = own @ (v - s.T @ maps).T / ((own * maps).sum(1, keepdims=True) + 0.1)
    expected = np.stack([s, missed], -1) / np.asarray(scale)[0, :, :, None]
    np.testing.assert_allclose(seen[..., 4:], expected, rtol=2e-3, atol=2e-3)
    assert not alone[..., 4:].any()
    np.testing.assert_allclose(alone[..., :4], seen[..., :4], atol=1e-5)


@pytest.fixture
def overlapping():
    """Masks, trains and motion of two units whose territories share half of their pixels."""
    mask = np.zeros((1, 2, 30), np.float32)
    mask[0, 0, :20], mask[0, 1, 10:] = 1, 1
    train = normal(1, 2, 400)
    return mask, train, np.einsum("bkt,bkp->btp", train, mask)


def test_of_right_trains_nothing_is_left(overlapping):
    mask, train, flat = overlapping
    np.testing.assert_allclose(left_of_units(flat, mask, train, 1e-6), 0, atol=1e-2)


def test_a_firing_that_a_clean_train_lacks_is_left_of_that_unit(overlapping):
    mask, train, flat = overlapping
    clean = train.copy()
    clean[0, 1, 190:210] = 0
    left = np.asarray(left_of_units(flat, mask, clean, 1e-6))[0]
    lacking = np.zeros((2, 400))
    lacking[1, 190:210] = train[0, 1, 190:210]
    # Shared pixels are half of the neighbour's energy: half of it seems to be the neighbour's.
    np.testing.assert_allclose(left[1], lacking[1], atol=0.15)
    np.testing.assert_allclose(left[0], 0.5 * lacking[1], atol=0.15)


def test_what_is_no_unit_has_nothing_left(overlapping):
    mask, train, flat = overlapping
    train[0, 0] = 0
    assert not np.asarray(left_of_units(flat, mask, train, 0.02))[0, 0].any()
