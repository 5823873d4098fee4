"""Blocks, the coarse copy, jolts and preparation on inputs whose outcome can be said in advance."""

import itertools
import types

import numpy as np
import pytest

from kmu.errors import InputError
from kmu.identification.blocks import Block, estimate_memory, fade, plan_blocks
from kmu.identification.coarse import CoarseRecording
from kmu.identification.jolts import LONGEST, Gap, linear_basis, runs_of, widened
from kmu.identification.preparation import (
    Preparation,
    Prepared,
    prepared,
    remove_components,
    remove_polynomial,
)
from kmu.identification.resample import (
    RecordingFrames,
    decimated,
    output_frames,
    reach,
    time_weights,
)
from kmu.recording import Recording

RNG = np.random.default_rng(0)


def quiet(frames=200, shape=(6, 7), rate=100.0):
    velocity = 0.05 * np.random.default_rng(1).standard_normal((frames, *shape))
    return Recording(velocity.astype(np.float32), rate, (1.0, 0.5))


def test_blocks_are_as_few_as_their_length_allows_and_even():
    assert plan_blocks(100, 100, 20) == [Block(0, 100)]
    assert plan_blocks(101, 100, 20) == [Block(0, 61), Block(40, 101)]
    # 80 would put a frame into three blocks of 90: a third of them, 30, is shared.
    assert [(b.start, b.stop) for b in plan_blocks(300, 90, 80)] == [
        (0, 84), (54, 138), (108, 192), (162, 246), (216, 300)
    ]  # fmt: skip
    assert len(Block(40, 101)) == 61


def test_a_block_fades_in_straight_and_out_straight_where_it_is_shared():
    weights = fade(Block(10, 20), Block(0, 14), Block(18, 30))
    np.testing.assert_allclose(
        weights, [0.125, 0.375, 0.625, 0.875, 1, 1, 1, 1, 0.75, 0.25], atol=1e-7
    )
    assert fade(Block(10, 20), Block(0, 10), Block(20, 30)).tolist() == [1] * 10


def test_memory_is_that_of_libraries_frames_block_and_result():
    pixels, result = 4 * 10 * 20, 96 * (2 * 4 * 10 * 20 + 8 * 1000)
    expected = 1250 + (3 * 2**20 + 29 * 500 * pixels + result) / 2**20
    assert estimate_memory((1000, 10, 20), 500, 2**20) == pytest.approx(expected, rel=1e-9)
    whole = 1250 + (3 * 2**20 + 21 * 1000 * pixels + result) / 2**20
    assert estimate_memory((1000, 10, 20), 1000, 2**20) == pytest.approx(whole, rel=1e-9)
    assert estimate_memory((1000, 10, 20), 5000, 2**20) == pytest.approx(whole, rel=1e-9)


# Peaks in MiB of kmu identify, the larger of those with a plain graph and with Python's TensorFlow.
@pytest.mark.parametrize(
    ("shape", "most"),
    [
        ((200, 64, 64), 1050),
        ((500, 128, 128), 1507),
        ((500, 256, 256), 3063),
        ((500, 384, 384), 6036),
        ((2000, 128, 128), 1707),
        ((2000, 256, 256), 3706),
        ((6000, 80, 64), 1622),
    ],
)
def test_no_recording_that_was_measured_needed_more_than_is_said(shape, most):
    chunk = min(48 * 2**20, 4 * int(np.prod(shape)))
    assert most < estimate_memory(shape, 500, chunk) < 1.5 * most


def test_the_copy_tells_power_field_of_view_and_jolts_of_what_it_holds():
    recording = quiet()
    velocity = recording.velocity.copy()
    velocity[50:54] += 8.0
    velocity[120:124] -= 8.0
    velocity[:, 0, :3] = 0
    coarse = CoarseRecording(RecordingFrames(Recording(velocity, 100.0, (1.0, 0.5))), 100.0)
    assert coarse.warnings == [
        "3 of 42 pixels are zero in all frames: outside the field of view",
        "16 frames (at 100 Hz) in 2 jolts of the whole image were bridged (first: at 0.48 s)",
    ]
    held = coarse.frames(-5, 999)
    assert held.shape == (200, 6, 7)
    assert (coarse.inside == (velocity != 0).any(0)).all()
    np.testing.assert_allclose(coarse.power, np.sqrt((held**2).mean(0)), rtol=1e-4, atol=1e-6)
    basis = linear_basis(coarse.inside)
    held_inside, inside = held[:, coarse.inside], velocity[:, coarse.inside]
    linear = inside @ basis
    for first, stop in ((48, 56), (118, 126)):
        share = (np.arange(1, 9) / 9)[:, None]
        straight = (1 - share) * linear[first - 1] + share * linear[stop]
        rest = inside[first:stop] - linear[first:stop] @ basis.T
        np.testing.assert_allclose(held_inside[first:stop], rest + straight @ basis.T, atol=1e-5)
    np.testing.assert_array_equal(coarse.frames(60, 62), velocity[60:62])
    assert (coarse.duration, coarse.spacing) == (2.0, (1.0, 0.5))


def test_a_slower_recording_is_copied_at_its_own_rate_and_silence_is_constant():
    slow = CoarseRecording(RecordingFrames(quiet(rate=50.0)), 100.0)
    assert (slow.frame_rate, slow.shape, slow.duration) == (50.0, (200, 6, 7), 4.0)
    assert slow.constant is None
    for level, ripple, constant in ((0.0, 0.0, 0.0), (0.7, 3e-6, 0.7), (0.7, 3e-5, None)):
        velocity = np.full((100, 3, 3), level, np.float32)
        velocity[40:] += np.float32(ripple)
        coarse = CoarseRecording(RecordingFrames(Recording(velocity, 100.0, (1, 1))), 100.0)
        assert coarse.constant == (None if constant is None else pytest.approx(constant))
        assert coarse.inside.all()


@pytest.mark.parametrize(
    ("marked", "frames", "gaps"),
    [
        ([10], 40, [(8, 13)]),
        ([0], 40, [(0, 3)]),
        ([39], 40, [(37, 40)]),
        ([10, 15], 40, [(8, 18)]),
        ([10, 16], 40, [(8, 13), (14, 19)]),
        (range(10, 22), 40, [(8, 24)]),
        (range(10, 23), 40, []),
        ([1], 4, []),
        ([1], 5, [(0, 4)]),
    ],
)
def test_a_gap_has_two_frames_of_margin_and_at_most_sixteen(marked, frames, gaps):
    high = np.zeros(frames, bool)
    high[list(marked)] = True
    assert runs_of(widened(high), LONGEST) == [Gap(*one) for one in gaps]


def test_a_gap_is_drawn_between_its_neighbours_or_held_at_an_end():
    assert Gap(8, 11).neighbours(40) == (7, 11)
    assert Gap(0, 3).neighbours(40) == (3, 3)
    assert Gap(37, 40).neighbours(40) == (36, 36)
    assert Gap(8, 11).shares().tolist() == [0.25, 0.5, 0.75]


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_a_polynomial_takes_off_its_own_terms_and_no_higher_one(order):
    z, x = np.linspace(-1, 1, 8)[:, None], np.linspace(-1, 1, 11)[None]
    inside = np.add.outer(np.arange(8), np.arange(11)) < 14
    for power in range(4):
        surface = (1.5 * z**power - x**power + (z * x if power == 2 else 0)) + np.zeros((8, 11))
        velocity = np.stack([surface, -2 * surface]).astype(np.float32)
        velocity[:, ~inside] = 9
        left = remove_polynomial(velocity, order, inside)
        assert (np.abs(left[:, inside]).max() < 1e-5) == (power <= order)
        np.testing.assert_array_equal(left[:, ~inside], velocity[:, ~inside])


def test_components_taken_off_are_the_strongest():
    velocity = RNG.standard_normal((40, 3, 5)).astype(np.float32)
    u, s, v = np.linalg.svd(velocity.reshape(40, 15), full_matrices=False)
    s[:2] = 0
    expected = ((u * s) @ v).reshape(40, 3, 5)
    np.testing.assert_allclose(remove_components(velocity, 2), expected, atol=1e-4)
    assert np.abs(remove_components(velocity[:2], 10)).max() < 1e-5


def test_orders_beyond_what_a_method_has_are_refused():
    for motion, orders in (("polynomial", (0, 3)), ("svd", (1, 10))):
        for order in orders:
            assert Preparation(motion=motion, order=order).order == order
        for order in (orders[0] - 1, orders[1] + 1):
            with pytest.raises(InputError, match=f"order {order} of {motion}"):
                Preparation(motion=motion, order=order)
    with pytest.raises(InputError, match="no motion suppression"):
        Preparation(motion="mean")


def test_what_is_prepared_keeps_what_is_known_of_the_copy():
    velocity = quiet(1100).velocity.copy()
    velocity[:, :2] = 0
    coarse = CoarseRecording(RecordingFrames(Recording(velocity, 100.0, (1.0, 0.5))), 100.0)
    assert prepared(coarse, Preparation(motion="none", order=2)) is coarse
    for preparation in (Preparation(motion="svd"), Preparation(band=(5.0, 20.0))):
        source = prepared(coarse, preparation)
        assert isinstance(source, Prepared)
        assert (source.warnings, source.constant) == (coarse.warnings, None)
        assert not source.inside[:2].any()
    # Its power is summed over pieces of 5 s, each prepared by itself.
    parts = [remove_components(velocity[k : k + 500], 1) for k in (0, 500, 1000)]
    power = np.sqrt((np.concatenate(parts) ** 2).mean(0))
    np.testing.assert_allclose(
        prepared(coarse, Preparation(motion="svd")).power, power, rtol=1e-3, atol=1e-6
    )


@pytest.mark.parametrize("rate", [100.0, 130.0, 1000.0])
@pytest.mark.parametrize("chunk", [1, 40, 10_000])
def test_every_frame_is_read_once_and_its_order_in_memory_changes_nothing(rate, chunk):
    values = RNG.standard_normal((401, 3, 4)).astype(np.float32)
    turned = values.transpose(0, 2, 1).copy().transpose(0, 2, 1)
    made = []
    for held in (values, turned):
        asked = []

        def frames(start, stop, held=held, asked=asked):
            asked.append((start, stop))
            return held[start:stop]

        source = types.SimpleNamespace(shape=(401, 3, 4), frame_rate=rate, frames=frames)
        made.append(np.concatenate(list(decimated(source, 100.0, chunk))))
        assert asked[0][0] == 0
        assert all(one[1] == other[0] for one, other in itertools.pairwise(asked))
        assert asked[-1][1] == 401
        # No more at once than was said, and what the filter reaches.
        assert max(stop - start for start, stop in asked) <= chunk + 5 * rate / 100 + 2
    ratio = rate / 100
    count = output_frames(401, ratio)
    whole = time_weights(0, count, 0, 401, 401, ratio)
    expected = np.einsum("nt,tzx->nzx", whole, values)
    for one in made:
        np.testing.assert_allclose(one, expected, atol=1e-5)


def test_outputs_need_the_frames_within_two_of_the_coarser_grid():
    assert [output_frames(n, 2.5) for n in (1, 6, 7, 100)] == [1, 2, 3, 40]
    assert reach(10, 20, 1000, 4.0) == (32, 85)
    assert reach(10, 20, 1000, 0.5) == (3, 13)
    assert reach(0, 20, 50, 4.0) == (0, 50)
    # Half way between two frames: Keys' -1/16, 9/16, 9/16, -1/16; the last frame stands alone.
    weights = time_weights(5, 8, 0, 4, 4, 0.5)
    np.testing.assert_allclose(weights[0], np.array([0, -1, 9, 9]) / 17, atol=1e-6)
    np.testing.assert_allclose(weights[1:], [[0, 0, 0, 1]] * 2, atol=1e-6)
    between = time_weights(3, 4, 0, 4, 4, 0.5)
    np.testing.assert_allclose(between, np.array([[-1, 9, 9, -1]]) / 16, atol=1e-6)
