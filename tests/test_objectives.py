"""What each phase learns from: losses of what is exactly right, or wrong in one thing."""

import types

import numpy as np
import pytest
import tensorflow as tf
from made_masks import logits_of, square

from kmu.train.objectives import SegmentationObjective, SignalObjective


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
