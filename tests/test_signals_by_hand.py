"""What follows the proposals, step by step: windows, regression, courses, refinement, judging."""

import keras
import numpy as np
import pytest
from shown_courses import courses_of

from kmu.config import NETWORK_PRESETS
from kmu.models import Identifier
from kmu.models.grid import resample_space, space_matrix
from kmu.models.judging import circumstances, logit
from kmu.models.merging import most_present, without_empty
from kmu.models.regression import regressed
from kmu.models.signals import Signals
from kmu.models.windows import centroid, cut, selection

RNG = np.random.default_rng(0)
DEPTH, WIDTH, FRAMES = 6, 7, 40


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def sigmoid(values):
    return 1 / (1 + np.exp(-np.asarray(values)))


def test_a_window_shows_the_pixels_around_its_centre_and_zeros_beyond():
    image = np.arange(1, 43, dtype=np.float32).reshape(1, 1, DEPTH, WIDTH)
    rows, columns = (selection(np.array([[at]]), 4, size) for at, size in ((1, DEPTH), (5, WIDTH)))
    seen = np.asarray(cut(rows, image, columns))[0, 0]
    assert seen.shape == (4, 4)
    # Two before the centre and one behind it: rows -1 to 2, columns 3 to 6.
    assert not seen[0].any()
    np.testing.assert_array_equal(seen[1:], image[0, 0, :3, 3:])
    mask = np.zeros((1, 2, DEPTH, WIDTH), np.float32)
    mask[0, 0, 1:4, 2:7], mask[0, 1, 4, 1] = 1, 0.5
    places = np.asarray(centroid(mask.reshape(1, 2, -1), WIDTH))[0]
    assert places.tolist() == [2 * WIDTH + 4, 4 * WIDTH + 1]


def test_a_window_shows_regression_correlation_and_partial_correlation_of_each_pixel():
    ridge, side, cells = 0.05, 4, ((2, 3), (5, 6))
    flat, train = normal(1, FRAMES, DEPTH * WIDTH), normal(1, 2, FRAMES)
    mask, logits = (
        RNG.uniform(size=(1, 2, DEPTH * WIDTH)).astype(np.float32),
        normal(1, 2, DEPTH, WIDTH),
    )
    mask[0, 1] *= 4  # more than one unit's worth of others
    flat[0, :, 2 * WIDTH + 4] *= 0.02  # hardly moves
    picks = tuple(
        selection(np.array([[cell[axis] for cell in cells]]), side, size)
        for axis, size in ((0, DEPTH), (1, WIDTH))
    )
    seen, before = regressed(flat, mask, 6 * logits, train, picks, ridge)
    seen = np.asarray(seen).reshape(2, side, side, 6)
    v, s = flat[0].astype(float), train[0].astype(float)
    gram = s @ s.T
    maps = np.linalg.solve(gram + (ridge * np.trace(gram) / 2 + 1e-6) * np.eye(2), s @ v)
    power, strength = (v**2).sum(0) + 1e-2, (s**2).sum(1) + 1e-4
    left = power - (maps * (s @ v)).sum(0)
    for k, (row, column) in enumerate(cells):
        expected = np.stack(
            [
                np.clip(maps[k], -3, 3),
                (s[k] @ v) / np.sqrt(power * strength[k]),
                maps[k] * np.sqrt(strength[k] / (maps[k] ** 2 * strength[k] + left)),
                mask[0, k],
                np.clip(6 * logits[0, k].ravel() / 4, -2, 2),
                np.minimum(mask[0].sum(0) - mask[0, k], 3),
            ],
            axis=-1,
        ).reshape(DEPTH, WIDTH, 6)
        rows, columns = (slice(max(at - 2, 0), at + 2) for at in (row, column))
        inside = expected[rows, columns]
        np.testing.assert_allclose(
            seen[k, : inside.shape[0], : inside.shape[1]], inside, rtol=2e-3, atol=2e-3
        )
        assert not seen[k, inside.shape[0] :].any()
    np.testing.assert_allclose(np.asarray(before)[0, 0], 6 * logits[0, 0, :4, 1:5], atol=1e-5)


def test_the_regressor_sees_train_and_motion_inside_beside_and_everywhere():
    flat, ridge = normal(1, FRAMES, 12), 0.1
    mask = np.zeros((1, 2, 12), np.float32)
    mask[0, 0, :6], mask[0, 1, 4:9] = 1, 0.5
    weight = mask * RNG.uniform(0.5, 1, mask.shape).astype(np.float32)
    [shown], (clean, firing, feature, scale) = courses_of(flat, mask, weight, ridge)
    v, w = flat[0].astype(float), weight[0].astype(float)
    gram = w @ w.T
    train = np.linalg.solve(gram + ridge * np.trace(gram) / 2 * np.eye(2), w @ v.T)
    size = np.sqrt((train**2).mean(1) + 1e-6)
    np.testing.assert_allclose(np.asarray(scale)[0, :, 0], size, rtol=1e-4)
    inside = (mask[0] @ v.T) / (mask[0].sum(1, keepdims=True) + 1e-3)
    # Shared are pixels 4 and 5, in which the other has 0.5 and 1.
    shared = np.zeros((2, 12))
    shared[:, 4:6] = 0.5
    beside = (shared @ v.T) / (shared.sum(1, keepdims=True) + 1e-3)
    everywhere = np.broadcast_to(v.mean(1), (2, FRAMES))
    expected = np.stack([train, inside, beside, everywhere], -1) / size[:, None, None]
    assert shown.shape == (2, FRAMES, 4)
    np.testing.assert_allclose(shown, expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(np.asarray(clean)[0], expected[..., 0], atol=1e-3)
    np.testing.assert_allclose(np.asarray(firing)[0], expected[..., 1], atol=1e-3)
    assert np.asarray(feature).shape == (1, 2, 4)


def test_what_a_candidate_is_judged_by_besides_itself():
    mask = np.zeros((1, 3, 20), np.float32)
    mask[0, 0, :10], mask[0, 1, 5:15], mask[0, 2, 18:] = 1, 1, 1
    clean, scale = normal(1, 3, 50), np.float32([[[1.0], [2.0], [3.0]]])
    proposal = np.float32([[0.9, 0.5, 0.2]])
    found = np.asarray(circumstances(mask, clean, scale, proposal))[0]
    alike = clean[0] @ clean[0].T / 50
    np.testing.assert_allclose(found[:, 0], np.log([9, 1, 0.25]), atol=1e-4)
    np.testing.assert_allclose(found[:, 1], [0, 5 / 15, 0], atol=1e-5)
    # Only stronger ones before it whose masks overlap it count; the others stand as 0.
    np.testing.assert_allclose(found[:, 2], [0, max(alike[1, 0], 0), 0], atol=1e-4)
    np.testing.assert_allclose(found[:, 3], [0, min(alike[1, 0], 0), 0], atol=1e-4)
    np.testing.assert_allclose(found[:, 4], np.log([1, 2, 3]), atol=1e-5)
    np.testing.assert_allclose(found[:, 5], np.log(np.array([10, 10, 2]) / 64 + 1e-2), atol=1e-5)
    ends = np.asarray(logit(np.float32([0.0, 0.25, 1.0])))
    expected = np.log([1e-4 / (1 - 1e-4), 1 / 3, (1 - 1e-4) / 1e-4])
    np.testing.assert_allclose(ends, expected, rtol=2e-3)


def test_places_that_are_empty_in_every_recording_are_left_out():
    present = np.float32([[1, 0, 1, 0], [0, 0, 0, 1]])
    assert int(most_present(present)) == 2
    assert int(most_present(np.zeros((2, 4), np.float32))) == 1
    mask, train, proposal = normal(2, 4, 5), normal(2, 4, 6), normal(2, 4)
    kept = [np.asarray(one) for one in without_empty(mask, train, proposal, present)]
    np.testing.assert_array_equal(kept[3], [[1, 1], [1, 0]])
    for one, whole in zip(kept[:3], (mask, train, proposal), strict=True):
        np.testing.assert_allclose(one[0], whole[0, [0, 2]], atol=1e-6)
        np.testing.assert_allclose(one[1, 0], whole[1, 3], atol=1e-6)


@pytest.fixture(scope="module")
def signals():
    keras.utils.set_random_seed(0)
    config = NETWORK_PRESETS["tiny"].signal.replace(refiner_window=8)
    made = Signals(config)
    made.build()
    return made


@pytest.mark.parametrize("change", [(0.0, 0.0), (1.5, 0.25)])
def test_a_refinement_changes_a_mask_in_its_window_and_has_nothing_outside(signals, change):
    depth, width, row, column = 12, 16, 5, 10
    signals.refiner.exit.bias.assign(change)
    logits, flat, train = normal(1, 1, depth, width), normal(1, 30, 192), normal(1, 1, 30)
    cell = np.array([[row * width + column]], np.int32)
    mask = sigmoid(logits).reshape(1, 1, -1).astype(np.float32)
    given = (keras.ops.convert_to_tensor(one) for one in (flat, mask, logits, train, cell))
    found, extra, feature = signals._refine(*given, (depth, width))
    signals.refiner.exit.bias.assign([0, 0])
    inside = np.zeros((depth, width), bool)
    inside[row - 4 : row + 4, column - 4 : column + 4] = True
    expected = np.where(inside, logits[0, 0] + change[0], -10)
    np.testing.assert_allclose(np.asarray(found)[0, 0], expected, atol=1e-4)
    np.testing.assert_allclose(
        np.asarray(extra).reshape(depth, width), np.where(inside, change[1], 0), atol=1e-5
    )
    assert np.asarray(feature).shape == (1, 1, 8)


def test_without_refinements_the_proposals_are_the_units():
    made = Signals(NETWORK_PRESETS["tiny"].signal.replace(refinements=0))
    made.build()
    velocity, logits = normal(1, FRAMES, DEPTH, WIDTH), normal(1, 3, DEPTH, WIDTH)
    proposal, present = np.float32([[0.9, 0.6, 0.3]]), np.float32([[1, 0, 1]])
    units = made(velocity, logits, proposal, np.zeros((1, 3), np.int32), present)
    masks = sigmoid(logits) * present[..., None, None]
    np.testing.assert_allclose(units["territory"], masks, atol=1e-5)
    np.testing.assert_allclose(units["weight"], masks.reshape(1, 3, -1), atol=1e-5)
    np.testing.assert_allclose(units["score_logits"], logit(proposal), atol=1e-4)
    flat = velocity.reshape(1, FRAMES, -1)
    mask = keras.ops.convert_to_tensor(masks.reshape(1, 3, -1).astype(np.float32))
    clean, firing, _, scale = made.cleaned(keras.ops.convert_to_tensor(flat), mask, mask)
    train = np.asarray(clean) * np.asarray(scale) * present[..., None]
    np.testing.assert_allclose(units["train"], train, atol=1e-4)
    np.testing.assert_allclose(units["firing_logits"], firing, atol=1e-4)
    assert (units["territory_logits"], units["first"]) == ([], {})
    weight, before = made.unmixing_weights(flat, mask, (DEPTH, WIDTH))
    np.testing.assert_array_equal(weight, mask)
    assert before is None


def test_signals_of_known_territories_come_back_at_the_recordings_rate(monkeypatch):
    network = NETWORK_PRESETS["tiny"]
    made = Identifier(network, firing_scale=2.0, firing_offset=0.5)
    made.build()
    seen = {}
    course = np.sin(2 * np.pi * 5 * np.arange(60) / 100).astype(np.float32)
    train, firing = (np.stack([one, 0.5 * one])[None] for one in (course, course - 1))
    unit_scale = np.float32([[[2.0], [3.0]]])

    def weights(flat, mask, shape):
        seen.update(mask=np.asarray(mask), shape=shape)
        return mask, None

    monkeypatch.setattr(made.signals, "unmixing_weights", weights)
    monkeypatch.setattr(made.signals, "cleaned", lambda *_: (train, firing, None, unit_scale))
    territory = np.zeros((1, 2, 20, 30), np.float32)
    territory[0, 0, 4:12, 5:20], territory[0, 1, 10:18, 15:25] = 1, 0.7
    given = {
        "velocity": normal(1, 120, 20, 30),
        "frame_rate": np.float32([200.0]),
        "spacing": np.float32([[0.8, 0.4]]),
    }
    _, scale = made.grid(**given)
    found = {
        name: np.asarray(one)[0]
        for name, one in made.signals_of({**given, "territory": territory}).items()
    }
    assert seen["shape"] == (32, 24)
    # 16 mm and 12 mm on pixels of 0.625 mm, filled up to multiples of 8.
    matrices = [
        space_matrix(20, np.float32(0.8), 32, 0.625),
        space_matrix(30, np.float32(0.4), 24, 0.625),
    ]
    expected = np.clip(np.asarray(resample_space(territory, *matrices)), 0, 1)
    np.testing.assert_allclose(seen["mask"].reshape(1, 2, 32, 24), expected, atol=1e-4)
    fine = np.sin(2 * np.pi * 5 * np.arange(110) / 200)
    for k, size in enumerate((2.0, 1.5)):
        ours = size * float(np.asarray(scale)[0]) * fine
        np.testing.assert_allclose(found["twitch_train"][k, :110], ours, atol=0.03 * size)
    even = sigmoid(2 * firing[0] + 0.5)
    np.testing.assert_allclose(found["firing_probability"][:, ::2][:, :58], even[:, :58], atol=5e-3)
    assert found["twitch_train"].shape == (2, 120)
