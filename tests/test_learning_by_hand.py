"""Losses, objectives and what feeds them, on numbers worked without them."""

import types

import numpy as np
import pytest
import tensorflow as tf
from known_recordings import FRAMES, ONE, SIDE, TWO, Prepared, example
from made_masks import square

from kmu.config import NETWORK_PRESETS, DataConfig, GridConfig
from kmu.datasets.motor_unit_ultrasound import Builder
from kmu.errors import InputError
from kmu.models import Grid, Identifier
from kmu.train.data import in_random_order, open_dataset, recordings, split_size
from kmu.train.losses import (
    centre_loss,
    cross_entropy,
    evened,
    mask_loss,
    train_loss,
    weighted_mean,
)
from kmu.train.negatives import without_twitches
from kmu.train.objectives import SegmentationObjective, SignalObjective
from kmu.train.own import LEARNT_FROM
from kmu.train.targets import centre_targets

RNG = np.random.default_rng(0)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def test_the_centre_loss_is_the_focal_one_for_each_centre():
    logits, target = RNG.normal(size=(1, 3, 4, 2)), RNG.uniform(0, 0.9, (1, 3, 4, 2))
    centre = np.zeros_like(logits)
    centre[0, 1, 1, 0] = centre[0, 2, 3, 1] = 1
    p = sigmoid(logits)
    hit = (centre * (1 - p) ** 2 * np.log(p)).sum()
    miss = ((1 - centre) * (1 - target) ** 4 * p**2 * np.log(1 - p)).sum()
    given = [np.float32(one) for one in (logits, target, centre)]
    assert float(centre_loss(*given)) == pytest.approx(-(hit + miss) / 2, rel=1e-4)
    # Without any centre the misses count as those of one.
    nothing = np.zeros_like(given[0])
    expected = -((1 - target) ** 4 * p**2 * np.log(1 - p)).sum()
    assert float(centre_loss(*given[:2], nothing)) == pytest.approx(expected, rel=1e-4)


def test_losses_average_over_what_counts():
    values, weight = np.float32([[1, 2, 4]]), np.float32([[1, 0, 3]])
    assert float(weighted_mean(values, weight)) == pytest.approx(13 / 4)
    assert float(weighted_mean(values, 0 * weight)) == 0
    logits = RNG.normal(size=(1, 3, 5)).astype(np.float32)
    target = RNG.uniform(size=(1, 3, 5)).astype(np.float32)
    entropy = -(target * np.log(sigmoid(logits)) + (1 - target) * np.log(sigmoid(-logits)))
    expected = (entropy.mean(-1) * weight).sum() / 4
    assert float(cross_entropy(logits, target, weight)) == pytest.approx(expected, rel=1e-4)
    train, true = RNG.normal(size=(2, 1, 3, 40)).astype(np.float32)
    train[0, 2] = 5 * true[0, 2]
    each = []
    for one, other in zip(train[0], true[0], strict=True):
        r = np.corrcoef(one, other)[0, 1]
        each.append(1 - r + 0.25 * min(((one - other) ** 2).sum() / ((other**2).sum() + 1e-3), 4))
    expected = (np.array(each) * weight[0]).sum() / 4
    assert float(train_loss(train, true, weight)) == pytest.approx(expected, rel=1e-3)


def test_absent_units_have_no_centre_and_close_ones_share_the_higher_bump():
    batch = {
        "cell": tf.constant([[[2, 3], [2, 5], [6, 6]], [[0, 0], [1, 1], [4, 4]]], tf.int32),
        "slot": tf.constant([[0, 0, 1], [1, 1, 1]], tf.int32),
        "present": tf.constant([[1.0, 1, 0], [1, 0, 0]]),
    }
    bump, alone = (np.asarray(one) for one in centre_targets(batch, (2, 8, 9, 2)))
    z, x = np.mgrid[:8, :9]
    first, second = (np.exp(-((z - 2) ** 2 + (x - at) ** 2) / 2) for at in (3, 5))
    np.testing.assert_allclose(bump[0, ..., 0], np.maximum(first, second), atol=1e-6)
    np.testing.assert_allclose(bump[1, ..., 1], np.exp(-(z**2 + x**2) / 2), atol=1e-6)
    assert not bump[0, ..., 1].any()
    assert np.argwhere(alone).tolist() == [[0, 2, 3, 0], [0, 2, 5, 0], [1, 0, 0, 1]]


def test_each_loss_of_the_signals_counts_the_candidates_near_enough_to_a_unit():
    # Overlaps of 4 x 4 squares moved by 3, 2 and 1 pixels: 1/7, 1/3, 3/5; and one of 2/8.
    truth = np.stack([square(0, 0), square(0, 7), square(5, 0), square(6, 8)])[None]
    found = np.stack([square(0, 3), square(0, 9), square(5, 1), square(6, 8)])[None]
    found[0, 3], truth[0, 3] = 0, 0
    found[0, 3, 8, 8:13], truth[0, 3, 8, 11:14] = 1, 1  # 2 of 6
    found[0, 3, 9, 8:10] = 1  # 2 of 8: a quarter
    overlap = np.array([4 / 28, 8 / 24, 12 / 20, 2 / 8])
    near, close, hit = (np.float32(overlap >= least)[None] for least in (0.2, 0.3, 0.5))
    assert [int(one.sum()) for one in (near, close, hit)] == [3, 2, 1]
    ones = np.ones((1, 4), np.float32)
    true_train, train, early = RNG.normal(size=(3, 1, 4, 50)).astype(np.float32)
    firing = RNG.uniform(size=(1, 4, 50)).astype(np.float32)
    passes = [RNG.normal(size=(1, 4, 12, 14)).astype(np.float32) for _ in range(2)]
    logits = RNG.normal(size=(4, 1, 4, 50)).astype(np.float32)
    batch = {"territory": 0.5 * truth, "present": ones, "twitch_train": true_train}
    batch["firing"] = firing
    outputs = {
        "territory": 0.5 * found, "present": ones, "train": train, "scale": np.float32([2.0]),
        "firing_logits": logits[0], "score_logits": logits[1, ..., 0], "territory_logits": passes,
        "first": {
            "mask": 0.5 * found.reshape(1, 4, -1), "train": early,
            "scale": np.float32([1, 2, 3, 4])[None, :, None], "present": ones,
            "worth_logits": logits[2, ..., 0],
        },
    }  # fmt: skip
    losses, watched = SignalObjective.losses_of(None, batch, outputs)
    target = true_train / 2
    whole = train_loss(train, target, evened(close))
    part = train_loss(early * outputs["first"]["scale"], target, evened(close))
    worth = np.zeros((1, 4), np.float32)  # no candidate's train is like its unit's
    expected = {
        "train_loss": whole + 0.5 * part,
        "firing_loss": 4 * cross_entropy(logits[0], firing, evened(close)),
        "mask_loss": sum(mask_loss(one, truth, evened(near)) for one in passes),
        "score_loss": cross_entropy(logits[1, ..., 0], hit, evened(ones)),
        "sieve_loss": cross_entropy(logits[2, ..., 0], worth, evened(ones)),
    }
    assert set(losses) == set(expected)
    for name, value in expected.items():
        assert float(losses[name]) == pytest.approx(float(value), rel=1e-4), name
    assert float(watched["recall"]) == pytest.approx(1 / 4)
    assert float(watched["refined_iou"]) == pytest.approx(0.6, abs=1e-4)
    for alone, recall in ((np.float32([[0, 0, 1, 0]]), 1), (0 * ones, 0)):
        _, told = SignalObjective.losses_of(None, {**batch, "present": alone}, outputs)
        assert float(told["recall"]) == recall
    alike = np.corrcoef(train[0, 2], true_train[0, 2])[0, 1]
    assert float(watched["train_correlation"]) == pytest.approx(alike, abs=1e-4)


@pytest.fixture(scope="module")
def network():
    made = Identifier(NETWORK_PRESETS["tiny"])
    made.build()
    return made


def test_each_objective_trains_its_own_part(network):
    counts = {}
    for made in (SignalObjective, SegmentationObjective):
        objective = made(network, *([4] if made is SignalObjective else []))
        own = {id(one) for one in objective.trainable_weights}
        parts = {
            name: [
                id(one) in own for one in getattr(network, name).weights if "moving" not in one.path
            ]
            for name in ("signals", "segmenter", "slow_fusion")
        }
        counts[type(objective).__name__] = {k: (any(v), all(v)) for k, v in parts.items()}
    yes, no = (True, True), (False, False)
    assert counts["SignalObjective"] == {"signals": yes, "segmenter": no, "slow_fusion": no}
    assert counts["SegmentationObjective"] == {"signals": no, "segmenter": yes, "slow_fusion": yes}


def test_an_objective_sees_what_the_network_sees_in_use(network):
    velocity = RNG.normal(size=(2, 60, 16, 24)).astype(np.float32)
    velocity[0, 20:23] += 30  # a jolt
    rate, spacing = np.float32([100, 100]), np.full((2, 2), 0.625, np.float32)
    normal, scale = Grid(GridConfig())(velocity, rate, spacing)
    ours, size = SegmentationObjective(network).normalised(velocity)
    np.testing.assert_allclose(ours, normal, atol=1e-3)
    np.testing.assert_allclose(size, scale, rtol=1e-3)
    assert float(size[0]) < 1.5


def test_the_loss_is_the_sum_of_its_parts_and_each_is_reported(network):
    objective = SegmentationObjective(network)
    objective.losses_of = lambda *_: (
        {"centre_loss": tf.constant(2.0), "mask_loss": tf.constant(3.0)},
        {"mask_iou": tf.constant(0.5)},
    )
    assert float(objective.compute_loss(x={}, y_pred={})) == 5
    told = {metric.name: float(metric.result()) for metric in objective.metrics}
    assert {name: told[name] for name in objective.reported} == {
        "centre_loss": 2, "mask_loss": 3, "mask_iou": 0.5
    }  # fmt: skip


@pytest.mark.parametrize("frames", [90, 91])
def test_a_recording_without_twitches_has_the_spectrum_and_the_mean_it_had(frames):
    velocity = RNG.normal(size=(frames, 3, 4)).astype(np.float32) + 1
    spectrum = np.abs(np.fft.rfft(velocity, axis=0))
    turned = 0
    for number in range(60):
        bare = without_twitches(tf.constant(velocity), tf.constant([number, 5])).numpy()
        np.testing.assert_allclose(np.abs(np.fft.rfft(bare, axis=0)), spectrum, atol=1e-3)
        np.testing.assert_allclose(bare.mean(0), velocity.mean(0), atol=1e-4)
        turned += np.array_equal(bare, velocity[::-1])
        turns = np.angle(np.fft.rfft(bare[:, 0, 0]) / np.fft.rfft(velocity[:, 0, 0]))
        assert np.ptp(turns) > 5
    assert 18 <= turned <= 42


def test_an_example_of_the_data_set_is_a_recording_and_its_truth():
    first, second = example(24, 32, ONE[2]), example(24, 40, TWO[2])
    builder = Prepared([first, second])
    builder.info.splits["test"] = types.SimpleNamespace(num_examples=2)
    builder.as_dataset = lambda split, **_: Prepared.as_dataset(
        builder, split.replace("test", "train")
    )
    for count, given in ((0, 2), (1, 1), (2, 2), (9, 2)):
        assert len(list(recordings(builder, "test", count))) == given
    recording, truth = list(recordings(builder, "test"))[1]
    np.testing.assert_array_equal(recording.velocity, second["velocity"])
    assert (recording.frame_rate, recording.spacing) == (100.0, (SIDE, SIDE))
    assert (truth.frame_rate, truth.spacing) == (100.0, (SIDE, SIDE))
    np.testing.assert_allclose(truth.territory, second["territory"] / 255, atol=1e-6)
    assert truth.twitch_train.shape == (2, FRAMES)
    for times, unit in zip(truth.firings, TWO[2], strict=True):
        np.testing.assert_allclose(times, unit[-1], atol=1e-6)
    assert truth.score.tolist() == [1, 1]


@pytest.mark.parametrize(("share", "fewest", "most"), [(1.0, 200, 200), (0.25, 25, 75)])
def test_own_recordings_have_their_share_of_the_examples(share, fewest, most):
    theirs = Prepared([example(24, 32, ONE[2])]).as_dataset("train")
    ours = Prepared([example(24, 40, TWO[2])]).as_dataset("train")
    config = DataConfig(recordings_share=share, shuffle_buffer=1)
    ours = ours.map(lambda one: {name: one[name] for name in LEARNT_FROM})
    order = in_random_order(theirs, config, 3, ours)
    widths = [one["velocity"].shape[2] for one in order.take(200)]
    assert fewest <= widths.count(40) <= most


def test_families_that_are_not_there_or_on_another_grid_are_refused(tmp_path):
    with pytest.raises(InputError, match="no data set family 'none'"):
        open_dataset(DataConfig(family="none"), GridConfig(), tmp_path)
    for grid in (GridConfig(spacing=0.5), GridConfig(spacing=0.7), GridConfig(frame_rate=99)):
        with pytest.raises(InputError, match="is brought to any grid"):
            open_dataset(DataConfig(family="tiny"), grid, tmp_path)
    for config in Builder.BUILDER_CONFIGS[:2]:
        for split in ("train", "validation", "test"):
            assert split_size(config.name, split) == len(config.seeds(split))
