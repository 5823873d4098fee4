"""What is done to training examples at random: how often, how much, and never more than said."""

from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from kmu.config import DataConfig
from kmu.train import augmentation, examples
from kmu.train.examples import FIRING_SIGMA, _view, dense_example, superpose, training_example

FRAMES, DEPTH, WIDTH, RATE = 60, 32, 40, 100.0
PLAIN = DataConfig(clip_frames=(FRAMES, FRAMES), crop_probability=0.0, noise=0.0)
WHITE = np.random.default_rng(0).normal(size=(FRAMES, DEPTH, WIDTH)).astype(np.float32)


def made(places=((4, 6, 8, 9),), times=(0.2034, 0.35), velocity=WHITE):
    """Units in rectangles (top, left, rows, columns) that all fire at these times."""
    territory = np.zeros((len(places), DEPTH, WIDTH), np.float32)
    for k, (top, left, rows, columns) in enumerate(places):
        territory[k, top : top + rows, left : left + columns] = 1
    return {
        "velocity": tf.constant(velocity),
        "territory": tf.constant(territory),
        "twitch_train": tf.constant(np.ones((len(places), len(velocity)), np.float32)),
        "times": tf.constant([[*times, -1.0]] * len(places), tf.float32),
        "frame_rate": tf.constant(RATE),
    }


def seen(number, config=PLAIN, example=None):
    seeds = (tf.constant([1, number], tf.int64), tf.constant([3, number], tf.int64))
    given = training_example(made() if example is None else example, config, (2, 2.5), *seeds)
    return {name: np.asarray(values) for name, values in given.items()}


def unmirrored(view):
    """Which of the four mirrorings of the recording it is nearest to, and that one."""
    images = [WHITE[:, ::down, ::across] for down in (1, -1) for across in (1, -1)]
    return min(images, key=lambda one: np.abs(view["velocity"] - one).mean())


def test_a_firing_is_a_bump_of_10_ms_at_its_own_time():
    time = np.arange(FRAMES) / RATE
    expected = [np.exp(-((time - at) ** 2) / (2 * 0.01**2)) for at in (0.2034, 0.35)]
    np.testing.assert_allclose(seen(0)["firing"][0], np.max(expected, 0), atol=1e-5)
    assert FIRING_SIGMA == 0.01


@pytest.mark.parametrize(
    ("times", "size", "counted"),
    [((0.3,), (2, 2), 1), ((0.3,), (1, 3), 0), ((-0.5,), (4, 4), 0), ((0.61,), (4, 4), 0)],
)
def test_a_unit_counts_from_four_pixels_and_a_firing_on(times, size, counted):
    example = made([(5, 5, *size)], times)
    assert len(seen(1, example=example)["present"]) == counted


def test_white_noise_is_added_to_every_second_recording_up_to_its_share():
    shares = []
    for number in range(40):
        view = seen(number, PLAIN.replace(noise=0.5))
        noise = view["velocity"] - unmirrored(view)
        shares.append(float(np.mean(noise**2) / np.mean(WHITE**2)))
    added = np.array([share for share in shares if share > 1e-9])
    assert 12 <= len(added) <= 28
    assert added.max() <= 0.51
    assert added.mean() == pytest.approx(0.25, abs=0.08)


def test_noise_that_is_not_white_is_more_often_weak_than_strong():
    shares = []
    for number in range(40):
        view = seen(number, PLAIN.replace(blurred_noise=1.0, blurred_share=1.0))
        noise = view["velocity"] - unmirrored(view)
        shares.append(float(np.mean(noise**2) / np.mean(WHITE**2)))
    # The cube of a uniform number has a median of 1/8, and three in eight are below 1/20.
    assert np.median(shares) == pytest.approx(0.125, abs=0.1)
    assert 6 <= np.sum(np.array(shares) < 0.05) <= 25
    assert max(shares) > 0.4


@pytest.mark.parametrize(
    ("config", "fewest", "most"),
    [
        ({"uneven_gain": 0.5}, 12, 28),
        ({"slip": 3.0}, 1, 10),
        ({"shaping": 0.25}, 4, 17),
        ({"shaping": 1.0}, 40, 40),
        ({}, 0, 0),
    ],
)
def test_a_change_is_made_to_its_share_of_the_recordings(config, fewest, most):
    changed = 0
    for number in range(40):
        view = seen(number, PLAIN.replace(**config))
        changed += np.abs(view["velocity"] - unmirrored(view)).max() > 1e-4
    assert fewest <= changed <= most


def test_of_recordings_without_twitches_nothing_is_a_unit():
    bare = 0
    for number in range(40):
        view = seen(number, PLAIN.replace(no_twitch=0.5))
        nothing = len(view["present"]) == 0
        assert nothing == (np.abs(view["velocity"] - unmirrored(view)).max() > 1e-4)
        bare += nothing
    assert 12 <= bare <= 28


def test_smaller_fields_and_clips_have_every_size_from_the_smallest_to_the_whole():
    config = PLAIN.replace(crop_probability=0.5, smallest_crop=16, clip_frames=(30, 34))
    whole, views = tf.constant([FRAMES, 36, WIDTH]), []
    for number in range(120):
        view, filled = _view(whole, config, tf.constant([1, number], tf.int64))
        views.append(tuple(view.numpy().tolist()))
        assert filled.numpy().tolist() == [
            views[-1][0],
            *(8 * -(-side // 8) for side in views[-1][1:]),
        ]
    assert {view[0] for view in views} == {30, 31, 32, 33, 34}
    assert {view[1] for view in views} == {16, 24, 32, 36}
    assert {view[2] for view in views} == {16, 24, 32, 40}
    # Half of them, and those that are drawn as large as the whole.
    assert 40 <= sum(view[1] == 36 for view in views) <= 80


def test_where_a_clip_and_a_field_begin_is_drawn_from_all_there_is():
    frames = np.arange(FRAMES, dtype=np.float32)[:, None, None]
    rows, columns = np.arange(DEPTH)[:, None], np.arange(WIDTH)[None]
    coded = (frames + 100 * rows + 10_000 * columns).astype(np.float32)
    config = DataConfig(views=((57, 29, 38),), noise=0.0)
    firsts = [Counter(), Counter(), Counter()]
    for number in range(100):
        least = int(seen(number, config, made(velocity=coded))["velocity"].min())
        for counter, one in zip(
            firsts, (least % 100, least // 100 % 100, least // 10_000), strict=True
        ):
            counter[one] += 1
    assert [sorted(counter) for counter in firsts] == [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2]]
    assert min(min(counter.values()) for counter in firsts) >= 10


def test_a_mask_is_asked_for_at_the_nine_pixels_around_a_centre_within_the_image():
    steps = Counter()
    many = made([(top, left, 3, 3) for top in (4, 12, 20) for left in (4, 12, 20, 28)])
    for number in range(10):
        view = seen(number, example=many)
        steps.update(map(tuple, (view["mask_cell"] - view["cell"]).tolist()))
    assert len(steps) == 9
    assert min(steps.values()) >= 3
    at_edge = made([(0, 0, 1, 4), (31, 36, 1, 4)])
    for number in range(12):
        cells = seen(number, example=at_edge)["mask_cell"]
        assert (cells >= 0).all()
        assert (cells <= [DEPTH - 1, WIDTH - 1]).all()


def test_a_second_recording_is_added_only_if_asked_for_with_its_trains_as_strong():
    first, second = made(), made([(20, 20, 5, 5)])
    left = superpose(first, second, tf.constant(False), tf.constant([0, 7], tf.int64))
    assert left["territory"].shape[0] == 1
    both = superpose(first, second, tf.constant(True), tf.constant([0, 7], tf.int64))
    gain = both["twitch_train"][1].numpy()
    assert np.ptp(gain) == 0
    np.testing.assert_allclose(both["velocity"], WHITE * (1 + gain[0]), rtol=1e-5)
    np.testing.assert_array_equal(both["twitch_train"][0], 1)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_smoothing_weighs_the_frames_and_pixels_beside_and_repeats_the_outermost(axis):
    values = WHITE[:9, :8, :7]
    padded = np.pad(values, [(int(axis == k),) * 2 for k in range(3)], mode="edge")
    before, after = (np.take(padded, np.arange(values.shape[axis]) + k, axis) for k in (0, 2))
    found = augmentation.smoothed(tf.constant(values), tf.constant(0.2), axis)
    np.testing.assert_allclose(found, 0.6 * values + 0.2 * (before + after), atol=1e-6)
    left = augmentation.smoothed(tf.constant(values), tf.constant(-0.2), axis)
    np.testing.assert_array_equal(left, values)


def test_noise_in_columns_is_three_to_ten_times_as_strong_over_a_tenth_to_half_of_the_width():
    widths, factors, firsts = [], [], []
    for number in range(40):
        ones = tf.ones((2, 3, 100))
        found = augmentation._in_columns(ones, tf.constant([number, 1], tf.int32)).numpy()
        assert (found == found[:1, :1]).all()
        strong = np.flatnonzero(found[0, 0] > 1.5)
        assert np.ptp(strong) == len(strong) - 1
        assert set(np.delete(found[0, 0], strong)) == {1.0}
        widths.append(len(strong))
        firsts.append(strong[0])
        factors.append(found[0, 0, strong[0]])
    assert 9 <= min(widths) < 20 < 40 < max(widths) <= 51
    assert 3 <= min(factors) < 4.5 < 8.5 < max(factors) <= 10
    assert min(firsts) < 15 < 45 < max(firsts)


def test_a_blur_is_gaussian_and_leaves_white_noise_as_strong():
    place = np.arange(9.0)
    weight = np.exp(-((place[:, None] - place) ** 2) / (2 * 1.3**2))
    expected = weight / np.sqrt((weight**2).sum(1, keepdims=True))
    np.testing.assert_allclose(augmentation._blur(9, tf.constant(1.3)), expected, atol=1e-6)
    found = augmentation._blurred(tf.constant(WHITE), tf.constant([4, 1], tf.int32)).numpy()
    assert found.shape == WHITE.shape
    assert found.std() == pytest.approx(1, abs=0.1)


def test_whatever_is_drawn_is_drawn_with_a_seed_of_its_own(monkeypatch):
    used = {}

    def fold(seed, number):
        used.setdefault(tuple(seed.numpy().tolist()), []).append(number)
        return augmentation.tf.random.experimental.stateless_fold_in(seed, number)

    for module in (examples, augmentation):
        monkeypatch.setattr(module, "fold", fold)
    everything = PLAIN.replace(
        crop_probability=0.5, noise=0.3, blurred_noise=0.5, blurred_share=1.0, smoothing=0.2,
        uneven_gain=0.5, slip=2.0, shaping=1.0, no_twitch=1.0,
    )  # fmt: skip
    for number in range(4):
        used.clear()
        seen(number, everything)
        assert len(used) >= 3
        for numbers in used.values():
            assert len(set(numbers)) == len(numbers)


def test_what_is_done_at_times_is_done_to_its_share():
    done = [
        int(augmentation.at_times(0.3, tf.constant([n, 2]), lambda: tf.constant(1), tf.constant(0)))
        for n in range(200)
    ]
    assert 40 <= sum(done) <= 80


def test_where_a_unit_fires_less_often_than_others_no_firing_stands_in():
    plain = made(places=((4, 6, 8, 9), (20, 6, 8, 9)))
    stored = dict(plain)
    stored["firings"] = {"times": tf.ragged.constant([[0.2, 0.35], [0.5]], tf.float64)}
    stored["territory"] = tf.cast(255 * plain["territory"], tf.uint8)
    given = dense_example(stored)
    np.testing.assert_allclose(given["times"], [[0.2, 0.35], [0.5, -1.0]], atol=1e-6)
    np.testing.assert_array_equal(
        given["territory"], made(((4, 6, 8, 9), (20, 6, 8, 9)))["territory"]
    )
