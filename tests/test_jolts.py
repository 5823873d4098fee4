"""Jolts of the probe are bridged, twitches never, in the graph and in the coarse copy alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmu.config import GridConfig
from kmu.identification.coarse import CoarseRecording
from kmu.identification.jolts import FrameLevels, Gap, linear_basis, runs_of
from kmu.identification.pipeline import identify
from kmu.identification.resample import RecordingFrames
from kmu.identification.served_model import load_model
from kmu.models import Grid
from kmu.models.jolts import AROUND, LONGEST, LONGEST_LINEAR, LOUD, bridge_jolts, find_jolts
from kmu.recording import Recording
from kmu.simulation import simulate


def jolted(recording, starts=(0.3, 0.9, 1.5), lasting=0.04, speed=8.0):
    """The recording with the whole image at ``speed`` (mm/s) for a while, three times.

    A little faster near the probe and at one side: shifted and turned.
    """
    velocity = recording.velocity.copy()
    down, across = (np.linspace(-1, 1, size) for size in velocity.shape[1:])
    field = 1 - 0.1 * down[:, None] + 0.05 * across
    for number, start in enumerate(starts):
        first = round(start * recording.frame_rate)
        stop = first + round(lasting * recording.frame_rate)
        velocity[first:stop] += speed * (-1) ** number * field
    return Recording(velocity, recording.frame_rate, recording.spacing)


def uneven(recording, start, frames, speed=8.0):
    """The recording with a jolt at ``start`` (a frame), of which some is linear nowhere."""
    velocity = recording.velocity.copy()
    checks = 1 + 0.3 * (-1) ** np.indices(velocity.shape[1:]).sum(0)
    velocity[start : start + frames] += speed * checks
    return Recording(velocity, recording.frame_rate, recording.spacing)


def parts(velocity):
    """What is linear in space of frames (T, Z, X), and the rest."""
    flat = velocity.reshape(len(velocity), -1)
    basis = linear_basis(np.ones(velocity.shape[1:], bool))
    linear = (flat @ basis @ basis.T).reshape(velocity.shape)
    return linear, velocity - linear


def quiet(frames=200, shape=(12, 14), seed=0):
    velocity = 0.05 * np.random.default_rng(seed).standard_normal((frames, *shape))
    return Recording(velocity, 100.0, (0.625, 0.625))


def in_graph(*recordings):
    flat = np.stack(
        [recording.velocity.reshape(len(recording.velocity), -1) for recording in recordings]
    )
    shape = recordings[0].velocity.shape
    return np.asarray(bridge_jolts(flat, shape[1:])).reshape(-1, *shape)


def in_copy(recording):
    coarse = CoarseRecording(RecordingFrames(recording), 100.0)
    return coarse.frames(0, coarse.shape[0])


@pytest.fixture(scope="module")
def served():
    return load_model()


@pytest.mark.parametrize("frames", [4, 50])
def test_of_a_jolt_what_is_linear_in_space_is_drawn_over_and_the_muscles_motion_stays(frames):
    still = quiet(300)
    recording = jolted(still, starts=[0.5], lasting=frames / 100)
    found = in_graph(recording)[0]
    # The frames of it and two on either side.
    first, stop = 48, 52 + frames
    linear, rest = parts(found)
    before, _ = parts(recording.velocity)
    shares = np.arange(1, frames + 5) / (frames + 5)
    for frame, share in zip(range(first, stop), shares, strict=True):
        straight = (1 - share) * before[first - 1] + share * before[stop]
        np.testing.assert_allclose(linear[frame], straight, atol=1e-5)
    np.testing.assert_allclose(rest, parts(still.velocity)[1], atol=1e-5)
    others = np.r_[0:first, stop:300]
    np.testing.assert_array_equal(found[others], recording.velocity[others])


def test_a_short_jolt_that_is_linear_nowhere_is_drawn_over_whole():
    recording = uneven(quiet(), 50, 4)
    found = in_graph(recording)[0]
    for frame, share in zip(range(48, 56), np.arange(1, 9) / 9, strict=True):
        straight = (1 - share) * recording.velocity[47] + share * recording.velocity[56]
        np.testing.assert_allclose(found[frame], straight, atol=1e-5)


@pytest.mark.parametrize(("times", "whole"), [(0.95, False), (1.05, True)])
def test_all_is_drawn_over_where_the_rest_is_over_three_times_what_it_is_in_good_frames(
    times, whole
):
    checks = (-1.0) ** np.indices((8, 8)).sum(0)
    velocity = np.tile(0.1 * checks, (200, 1, 1))
    velocity[100 - AROUND + 5] = 0.2 * checks
    velocity[100] = 8 + LOUD * 0.2 * times * checks
    recording = Recording(velocity.astype(np.float32), 100.0, (1.0, 1.0))
    for found in (in_graph(recording)[0], in_copy(recording)):
        kept = 0.1 if whole else LOUD * 0.2 * times
        np.testing.assert_allclose(found[100], kept * checks, atol=1e-4)


@pytest.mark.parametrize("start", [0.0, 0.01, 1.96])
def test_at_the_ends_the_one_good_frame_is_repeated(start):
    found = parts(in_graph(jolted(quiet(), starts=[start]))[0])[0]
    assert np.abs(found).max() < 0.5
    assert np.ptp(found[[0, 1]] if start < 1 else found[[-2, -1]], axis=0).max() < 1e-5


@pytest.mark.parametrize("frames", [1, 2, 3, 9, 40, 101, 350])
@pytest.mark.parametrize("starts", [(), (0.0,), (0.05,), (0.2, 0.3), (0.5, 0.6, 2.0)])
def test_the_coarse_copy_and_the_graph_bridge_the_same(frames, starts):
    starts = [start for start in starts if 100 * start + 4 <= frames]
    recording = jolted(quiet(frames, seed=frames), starts=starts)
    np.testing.assert_allclose(in_copy(recording), in_graph(recording)[0], atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_jolts_there_are_the_coarse_copy_and_the_graph_bridge_the_same(seed):
    rng = np.random.default_rng(seed)
    recording = quiet(int(rng.integers(20, 400)), tuple(rng.integers(3, 9, 2)), seed)
    for _ in range(rng.integers(0, 6)):
        start = int(rng.integers(0, len(recording.velocity)))
        if rng.uniform() < 0.5:
            recording = uneven(recording, start, int(rng.integers(1, 24)))
        else:
            recording = jolted(recording, [start / 100], rng.uniform(0.01, 1.2))
    np.testing.assert_allclose(in_copy(recording), in_graph(recording)[0], atol=2e-5)


@pytest.mark.parametrize("start", [0, 1, 2, 80])
@pytest.mark.parametrize("lasting", [11, 12, 13, 14, 15])
def test_what_is_linear_nowhere_is_drawn_over_for_sixteen_frames_with_its_margins(start, lasting):
    recording = uneven(quiet(120, (4, 4)), start, lasting)
    found = in_graph(recording)[0]
    marked = min(start, 2) + lasting + 2
    # At the start the margin before it is cut off with the recording.
    assert (np.abs(found).max() < 1) == (marked <= LONGEST)
    # What is linear is drawn over all the same.
    assert np.abs(parts(found)[0]).max() < 0.5
    backwards = in_graph(Recording(recording.velocity[::-1].copy(), 100.0, (1, 1)))[0, ::-1]
    np.testing.assert_allclose(backwards, found, atol=1e-5)


def test_what_the_copy_has_bridged_the_graph_leaves_alone():
    copy = in_copy(jolted(quiet()))
    np.testing.assert_array_equal(in_graph(Recording(copy, 100.0, (1, 1)))[0], copy)


def test_each_recording_of_a_batch_has_jolts_of_its_own():
    first, second, third = quiet(seed=1), jolted(quiet(seed=2)), jolted(quiet(seed=3), [1.1])
    together = in_graph(first, second, third)
    np.testing.assert_array_equal(together[0], first.velocity)
    for k, recording in enumerate((first, second, third)):
        np.testing.assert_allclose(together[k], in_graph(recording)[0], atol=1e-5)
        assert np.abs(together[k]).max() < 0.5


def test_a_unit_that_twitches_rarely_in_a_quiet_recording_is_kept():
    rows, columns = np.mgrid[:40, :40]
    distance = 0.625 * np.hypot(rows - 20, columns - 15) + 1.0
    recording = quiet(300, (40, 40))
    # Displacement t exp(-t / 40 ms), as velocity.
    course = np.arange(30) / 4
    twitch = 4 * ((1 - course) * np.exp(-course))[:, None, None]
    for field in (np.exp(-((distance / 4) ** 2)), np.log(40 / distance) / np.log(40)):
        velocity = 0.1 * recording.velocity
        for first in (60, 200):
            velocity[first : first + 30] += twitch * field
        level = np.sqrt(np.mean(velocity**2, axis=(1, 2)))
        assert level.max() > 20 * np.median(level)
        found = in_graph(Recording(velocity, 100.0, (1, 1)))[0]
        np.testing.assert_allclose(parts(found)[1], parts(velocity)[1], atol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_no_frame_of_a_simulated_recording_of_few_units_counts_as_a_jolt(seed):
    recording, _ = simulate("low_force", seed=seed, units=(1, 3), duration=1.5, snr=(25, 30))
    flat = recording.velocity.reshape(1, len(recording.velocity), -1)
    assert not np.asarray(find_jolts(flat)).any()


def test_the_start_of_a_contraction_and_a_long_movement_are_no_jolts():
    starting = quiet().velocity.copy()
    starting[100:] *= 20
    moving = jolted(quiet(), starts=[0.5], lasting=(LONGEST_LINEAR - 3) / 100)
    for velocity in (starting, moving.velocity):
        np.testing.assert_array_equal(in_graph(Recording(velocity, 100.0, (1, 1)))[0], velocity)


def test_a_recording_that_is_mostly_silent_is_left_alone():
    velocity = np.zeros((200, 8, 8), np.float32)
    velocity[50:60] = 3
    np.testing.assert_array_equal(in_graph(Recording(velocity, 100.0, (1, 1)))[0], velocity)


def test_pixels_outside_the_field_of_view_change_neither_the_rule_nor_the_level():
    recording = jolted(quiet(shape=(16, 16)))
    masked = recording.velocity.copy()
    masked[:, :, 8:] = 0
    half = recording.velocity[:, :, :8]
    rate, spacing = np.float32([100]), np.float32([[0.625, 0.625]])
    grid = Grid(GridConfig())
    normal, scale = grid(masked[None], rate, spacing)
    alone, scale_alone = grid(half[None].copy(), rate, spacing)
    np.testing.assert_allclose(scale, scale_alone, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(normal)[..., :8], alone, atol=1e-4)


@pytest.mark.parametrize("frame_rate", [50.0, 400.0])
def test_a_jolt_is_found_at_any_frame_rate(frame_rate):
    recording, _ = simulate("low_force", seed=5, frame_rate=frame_rate, duration=1.2)
    grid, spacing = Grid(GridConfig()), np.float32([recording.spacing])
    both = [
        grid(one.velocity[None], np.float32([frame_rate]), spacing)
        for one in (recording, jolted(recording, [0.3, 0.8]))
    ]
    np.testing.assert_allclose(both[1][1], both[0][1], rtol=0.1)
    assert np.abs(both[1][0]).max() < 2 * np.abs(both[0][0]).max()


@pytest.mark.parametrize(("times", "jolts"), [(4.1, 1), (3.9, 0)])
def test_a_jolt_is_four_times_the_median_of_the_frames_around(times, jolts):
    # Of 101 frames around, the 51st smallest level is 2: that of 50 of the 100 beside it, the
    # farthest two among them. Beyond stands 1.
    levels = FrameLevels((2, 2))
    size = np.ones(400, np.float32)
    size[[150, 250, *range(152, 200)]] = 2
    size[200] = 2 * times
    velocity = np.broadcast_to(size[:, None, None], (400, 2, 2)).copy()
    assert find_jolts(velocity.reshape(1, 400, 4)).numpy().sum() == jolts
    # With 49 it is 1, whatever lies beyond.
    fewer = size / 2
    fewer[[149, 251, 170]] = 1, 1, 0.5
    fewer[200] = times
    rigid = np.broadcast_to(fewer[:, None], (400, 4)).copy()
    alone = FrameLevels((2, 2))
    alone.add(rigid.reshape(400, 2, 2))
    assert find_jolts(rigid[None]).numpy().sum() == (times > 2)
    assert runs_of(alone.jolted(), 54) == [Gap(198, 203)]
    levels.add(velocity[:150])
    levels.add(velocity[150:])
    assert runs_of(levels.jolted(), 54) == [Gap(198, 203)] * jolts
    assert levels.seen == 1


@pytest.mark.parametrize(("still", "jolts"), [(0, 1), (2, 1), (3, 0)])
def test_a_jolt_moves_all_of_the_image_that_ever_moves(still, jolts):
    # With n of 8 pixels at rest, mean^2 over mean square is 1 - n / 8: 0.75, 0.625.
    velocity = np.full((200, 2, 4), 0.1, np.float32)
    velocity[100] = 5
    velocity[100].reshape(-1)[:still] = 0
    levels = FrameLevels((2, 4))
    levels.add(velocity)
    assert len(runs_of(levels.jolted(), 54)) == jolts
    # Pixels that never move do not count.
    velocity.reshape(200, 8)[:, :still] = 0
    levels = FrameLevels((2, 4))
    levels.add(velocity)
    assert len(runs_of(levels.jolted(), 54)) == 1
    assert levels.seen == 1 - still / 8


@pytest.mark.slow
def test_three_jolts_are_told_and_the_same_units_found(served):
    recording, _ = simulate("low_force", seed=104)
    rough = jolted(recording)
    coarse = CoarseRecording(RecordingFrames(rough), 100.0)
    assert coarse.warnings == [
        "24 frames (at 100 Hz) in 3 jolts of the whole image were bridged (first: at 0.28 s)"
    ]
    assert not CoarseRecording(RecordingFrames(recording), 100.0).warnings
    power = np.sqrt(np.mean(coarse.frames(0, 200) ** 2, axis=0))
    np.testing.assert_allclose(coarse.power, power, rtol=1e-4)
    smooth_units, rough_units = identify(recording, served), identify(rough, served)
    assert len(smooth_units) >= 4
    assert abs(len(rough_units) - len(smooth_units)) <= 1
    for mask in smooth_units.mask[:4]:
        union = (rough_units.mask | mask).sum((1, 2))
        assert ((rough_units.mask & mask).sum((1, 2)) / union).max() > 0.7


def test_units_say_that_jolts_were_bridged(served):
    recording, _ = simulate("tiny", seed=1)
    [said] = identify(jolted(recording, [0.3]), served).provenance["warnings"]
    assert "in a jolt of the whole image were bridged" in said
