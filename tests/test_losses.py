"""Losses: nothing at the truth, more the further from it, and downhill towards it."""

import numpy as np
import pytest
from made_masks import logits_of, slope, square

from kmu.train.losses import cross_entropy, mask_loss, pearson, train_loss

ONE = np.ones((1, 1), np.float32)


def test_the_mask_loss_is_zero_at_the_truth_and_rises_with_every_lost_pixel():
    truth = square(3, 5)[None, None]
    values = []
    for lost in range(5):
        found = truth.copy()
        found[..., 3 : 3 + lost, :] = 0
        values.append(float(mask_loss(logits_of(found), truth, ONE)))
    assert values[0] == pytest.approx(0, abs=1e-3)
    assert (np.diff(values) > 0.05).all()


def test_the_mask_loss_is_dice_plus_a_quarter_of_the_cross_entropy_for_its_area():
    truth = square(3, 5)[None, None]
    # Everywhere one half: each of the 168 pixels costs log 2; 16 pixels are the territory.
    dice = 1 - (2 * 8 + 1) / (168 / 4 + 16 + 1)
    entropy = 168 * np.log(2) / (16 + 16)
    found = float(mask_loss(np.zeros_like(truth), truth, ONE))
    assert found == pytest.approx(dice + 0.25 * entropy, abs=1e-5)


def test_the_mask_loss_pulls_pixels_into_the_territory_and_others_out():
    truth = square(3, 5)[None, None]
    pull = slope(lambda logits: mask_loss(logits, truth, ONE), np.zeros_like(truth))
    assert (pull[truth == 1] < 0).all()
    assert (pull[truth == 0] > 0).all()


@pytest.mark.parametrize("target", [0.0, 0.25, 1.0])
def test_the_slope_of_the_cross_entropy_at_a_logit_of_zero_is_one_half_less_the_target(target):
    zero, aim = np.zeros((1, 1), np.float32), np.full((1, 1), target, np.float32)
    found = slope(lambda logits: cross_entropy(logits, aim, ONE), zero)
    assert found == pytest.approx(0.5 - target, abs=1e-6)


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_the_slope_of_the_mask_loss_at_zero_is_nearly_that_a_little_beside_zero(target):
    aim = np.full((1, 1, 1, 1), target, np.float32)
    at, above, below = (
        slope(lambda logits: mask_loss(logits, aim, ONE), np.full_like(aim, logit))
        for logit in (0.0, 1e-3, -1e-3)
    )
    assert at == pytest.approx((above + below) / 2, abs=1e-3)


def test_masks_without_weight_cost_nothing():
    truth = np.stack([square(3, 5), square(6, 1)])[None]
    wrong = np.stack([square(3, 5), square(0, 9)])[None]
    weight = np.array([[1, 0]], np.float32)
    assert float(mask_loss(logits_of(wrong), truth, weight)) == pytest.approx(0, abs=1e-3)
    assert float(mask_loss(logits_of(wrong), truth, 1 - weight)) > 1


def test_pearson_is_that_of_numpy_with_its_sign():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 5, 50)).astype(np.float32)
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(pearson(one, other), expected, atol=1e-5)
    np.testing.assert_allclose(pearson(one, -one), -1, atol=1e-5)
    assert float(pearson(one[0], np.ones(50, np.float32))) == 0


def test_the_train_loss_is_zero_at_the_truth_and_knows_sign_and_size():
    course = np.sin(np.arange(50, dtype=np.float32))[None, None]
    loss = {k: float(train_loss(k * course, course, ONE)) for k in (-1.0, 0.5, 1.0, 2.0)}
    # 1 - r, and a quarter of the error's power relative to the target's.
    assert loss[1.0] == pytest.approx(0, abs=1e-4)
    assert loss[0.5] == pytest.approx(0.25 * 0.25, abs=1e-4)
    assert loss[2.0] == pytest.approx(0.25, abs=1e-4)
    assert loss[-1.0] == pytest.approx(2 + 0.25 * 4, abs=1e-4)
    start = (course + 0.3 * np.cos(np.arange(50))).astype(np.float32)
    downhill = -slope(lambda train: train_loss(train, course, ONE), start)
    assert np.sum(downhill * (course - start)) > 0


def test_cross_entropy_is_that_of_a_coin_and_lowest_at_the_share_that_is_true():
    zero = np.zeros((1, 3), np.float32)
    half = np.array([[1, 0, 0.5]], np.float32)
    assert float(cross_entropy(zero, half, np.ones_like(zero))) == pytest.approx(np.log(2))
    target = np.full((1, 1), 0.2, np.float32)
    at = np.log(0.2 / 0.8).astype(np.float32)
    values = [float(cross_entropy(at + step + 0 * ONE, target, ONE)) for step in (-0.5, 0, 0.5)]
    assert values[1] == min(values)
