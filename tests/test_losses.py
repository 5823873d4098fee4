"""Losses and targets: nothing at the truth, more the further from it, and downhill towards it."""

import types

import numpy as np
import pytest
import tensorflow as tf

from kmu.train.losses import centre_loss, cross_entropy, mask_loss, pearson, train_loss
from kmu.train.objectives import SegmentationObjective, SignalObjective
from kmu.train.targets import centre_targets, hard_iou, matched, on_a_unit

ONE = np.ones((1, 1), np.float32)


def square(top, left, side=4, shape=(12, 14)):
    mask = np.zeros(shape, np.float32)
    mask[top : top + side, left : left + side] = 1
    return mask


def logits_of(mask, sure=12.0):
    return (sure * (2 * mask - 1)).astype(np.float32)


def slope(loss, at):
    at = tf.constant(at)
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = loss(at)
    return tape.gradient(value, at).numpy()


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


def signal_losses(train, scale):
    """The losses of two candidates that are the two true units, with these trains."""
    rng = np.random.default_rng(2)
    true_train = rng.normal(size=(1, 2, 60)).astype(np.float32)
    territory = np.stack([square(0, 0), square(6, 8)])[None]
    firing = np.zeros((1, 2, 60), np.float32)
    present = np.ones((1, 2), np.float32)
    batch = {
        "territory": territory,
        "present": present,
        "twitch_train": true_train,
        "firing": firing,
    }
    outputs = {
        "territory": territory,
        "present": present,
        "train": train(true_train),
        "firing_logits": firing - 20,
        "territory_logits": [],
        "first": None,
        "scale": np.array([scale], np.float32),
    }
    losses, watched = SignalObjective.losses_of(None, batch, outputs)
    return {name: float(value) for name, value in {**losses, **watched}.items()}


def test_trains_are_learned_in_units_of_the_recordings_scale():
    right = signal_losses(lambda true: true / 4, scale=4.0)
    assert right["train_loss"] == pytest.approx(0, abs=1e-3)
    assert right["firing_loss"] == pytest.approx(0, abs=1e-3)
    assert [right["recall"], right["refined_iou"]] == pytest.approx([1, 1], abs=1e-4)
    # Four times too large: nine times the target's power of error, which counts as four.
    assert signal_losses(lambda true: true, scale=4.0)["train_loss"] == pytest.approx(1, abs=1e-2)
    swapped = signal_losses(lambda true: true[:, ::-1] / 4, scale=4.0)
    assert swapped["train_loss"] > 0.5


def segmentation_losses(change=lambda outputs: None):
    """Losses of maps that say two units exactly, but for ``change``.

    The field is 12 x 14 pixels with two slots; the first unit is asked for one pixel beside its
    centre, in slot 0, the second at its centre, in slot 1.
    """
    territory = np.stack([square(0, 0), square(6, 9)])[None]
    batch = {
        "territory": territory,
        "present": np.ones((1, 2), np.float32),
        "cell": np.array([[[1, 2], [7, 11]]], np.int32),
        "mask_cell": np.array([[[2, 2], [7, 11]]], np.int32),
        "slot": np.array([[0, 1]], np.int32),
    }
    centre = np.full((1, 12, 14, 2), -20, np.float32)
    centre[0, 1, 2, 0] = centre[0, 7, 11, 1] = 20
    # A channel of the embedding for each mask; the disc that a mask starts as is taken away.
    embedding = np.moveaxis(logits_of(territory[0]), 0, -1)[None]
    kernel = np.zeros((1, 12, 14, 2, 8), np.float32)
    disc = [-2.5, 0, 0, 4, 4, 0]
    kernel[0, 2, 2, 0], kernel[0, 7, 11, 1] = [1, 0, *disc], [0, 1, *disc]
    outputs = {"centre": centre, "embedding": embedding, "kernel": kernel}
    change(outputs)
    outputs["kernel"] = outputs["kernel"].reshape(1, -1, 8)
    network = types.SimpleNamespace(
        config=types.SimpleNamespace(segmenter=types.SimpleNamespace(slots=2))
    )
    objective = types.SimpleNamespace(identifier=network)
    given = {name: tf.constant(value) for name, value in outputs.items()}
    losses, watched = SegmentationObjective.losses_of(objective, batch, given)
    return {name: float(value) for name, value in {**losses, **watched}.items()}


def test_segmentation_asks_for_each_mask_at_its_pixel_and_slot():
    right = segmentation_losses()
    assert right["mask_iou"] == pytest.approx(1)
    assert right["mask_loss"] == pytest.approx(0, abs=1e-3)
    assert right["centre_loss"] == pytest.approx(0, abs=1e-3)


def test_a_mask_that_is_not_there_costs_twice_its_loss_and_half_of_the_overlap():
    def nothing(outputs):
        outputs["kernel"][0, 7, 11, 1] = [0, -1, -22.5, 0, 0, 4, 4, 0]

    lost = segmentation_losses(nothing)
    assert lost["mask_iou"] == pytest.approx(0.5)
    # Dice 1 - 1 / 17 and a quarter of 16 x (20 + 12) / 32 nats, of two masks, twice. The other
    # pixels stand at -8: each costs exp(-8).
    outside = (12 * 14 - 16) * np.log1p(np.exp(-8.0)) / 32
    lost_one = 1 - 1 / 17 + 0.25 * (16 * 32 / 32 + outside)
    assert lost["mask_loss"] == pytest.approx(2 * lost_one / 2, rel=1e-3)
    assert lost["centre_loss"] == pytest.approx(0, abs=1e-3)


def test_a_centre_in_the_wrong_slot_is_a_centre_lost():
    def swapped(outputs):
        outputs["centre"] = outputs["centre"][..., ::-1].copy()

    wrong = segmentation_losses(swapped)
    # Each of two misses costs its logit of 20, and each wrong peak as much.
    assert wrong["centre_loss"] == pytest.approx(40, rel=1e-2)
    assert wrong["mask_iou"] == pytest.approx(1)
