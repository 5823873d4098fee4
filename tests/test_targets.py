"""Targets: which candidate is which true unit, where centres stand, and what a wrong one costs."""

import numpy as np
import pytest
import tensorflow as tf
from made_masks import logits_of, slope, square

from kmu.train.losses import centre_loss
from kmu.train.targets import centre_targets, hard_iou, matched, on_a_unit


def centres(cell, slot, shape=(1, 9, 13, 2)):
    batch = {
        "cell": tf.constant([cell], tf.int32),
        "slot": tf.constant([slot], tf.int32),
        "present": tf.ones((1, len(cell))),
    }
    bump, alone = centre_targets(batch, shape)
    return np.asarray(bump), np.asarray(alone)


def test_a_centre_stands_at_its_row_and_column_in_its_slot():
    bump, alone = centres([[2, 10], [7, 3]], [0, 1])
    assert np.argwhere(alone).tolist() == [[0, 2, 10, 0], [0, 7, 3, 1]]
    # A Gaussian of one pixel: e^-1/2 one pixel beside, e^-1 one pixel aslant.
    assert bump[0, 2, 11, 0] == pytest.approx(np.exp(-0.5))
    assert bump[0, 8, 4, 1] == pytest.approx(np.exp(-1.0))
    assert bump[0, 2, 10, 1] < 0.01


def test_the_centre_loss_is_zero_at_the_truth_and_pulls_towards_it():
    bump, alone = centres([[2, 10], [7, 3]], [0, 1])
    assert float(centre_loss(logits_of(alone, 20.0), bump, alone)) == pytest.approx(0, abs=1e-3)
    missed = alone.copy()
    missed[0, 2, 10, 0] = 0
    assert float(centre_loss(logits_of(missed, 20.0), bump, alone)) > 5
    pull = slope(lambda logits: centre_loss(logits, bump, alone), np.zeros_like(bump))
    assert (pull[alone == 1] < 0).all()
    assert (pull[alone == 0] >= 0).all()
    # Beside a centre a wrong peak is forgiven more than far away.
    assert pull[0, 2, 11, 0] < 0.2 * pull[0, 8, 0, 0]


def test_matching_is_mutual_and_says_the_overlap():
    truth = np.stack([square(0, 0), square(0, 8)])[None]
    found = np.stack([square(0, 1), square(0, 0), square(8, 8)])[None]
    everyone = np.ones((1, 3), np.float32)
    index, overlap = matched(found, truth, everyone, np.ones((1, 2), np.float32))
    assert np.asarray(index)[0, :2].tolist() == [0, 0]
    # The first also overlaps unit 0 (12 of 20 pixels), but the second is better there.
    np.testing.assert_allclose(overlap, [[0, 1, 0]], atol=1e-5)
    _, without = matched(
        found, truth, np.array([[1, 0, 1]], np.float32), np.ones((1, 2), np.float32)
    )
    np.testing.assert_allclose(without, [[12 / 20, 0, 0]], atol=1e-5)


def test_overlap_of_hard_masks_is_counted_by_hand():
    assert float(hard_iou(square(0, 0), square(1, 2))) == pytest.approx(6 / 26)


def test_a_candidate_is_on_a_unit_if_place_and_train_agree():
    rng = np.random.default_rng(1)
    trains = rng.normal(size=(1, 2, 60)).astype(np.float32)
    trains -= trains.mean(-1, keepdims=True)
    truth = np.stack([square(0, 0), square(0, 8)])[None]
    places = np.stack([square(0, 1), square(0, 1), square(7, 5)]).reshape(3, -1)
    given = np.stack([trains[0, 0], trains[0, 1], trains[0, 0]])[None]
    assert np.asarray(on_a_unit(places[None], given, truth, trains)).tolist() == [[1, 0, 0]]
    # Alike means a correlation above 0.6, and on it a tenth of the candidate: here 2 of 16 pixels.
    mixed = [r * trains[0, 0] + np.sqrt(1 - r**2) * unlike(trains[0, 0]) for r in (0.5, 0.7, 0.7)]
    places[1], places[2] = square(3, 2).reshape(-1), square(3, 3).reshape(-1)
    given = np.stack(mixed)[None].astype(np.float32)
    assert np.asarray(on_a_unit(places[None], given, truth, trains)).tolist() == [[0, 1, 0]]


def unlike(course):
    """A course of the same power without any correlation with ``course``, which has mean 0."""
    other = np.random.default_rng(3).normal(size=course.shape)
    other = other - other.mean() - course * (other @ course) / (course @ course)
    return other * np.sqrt((course @ course) / (other @ other))
