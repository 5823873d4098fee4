"""Long recordings: blocks, linking, resampling, and that memory does not grow with length."""

import dataclasses
import subprocess
import sys

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_recordings import twitching
from stand_in_model import write_stand_in

from kmu.identification.blocks import fade, plan_blocks
from kmu.identification.coarse import CoarseRecording
from kmu.identification.pipeline import identify
from kmu.identification.preparation import Preparation, remove_components, remove_polynomial
from kmu.identification.resample import RecordingFrames, decimated, resample_courses
from kmu.identification.served_model import load_model
from kmu.recording import Recording


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_stand_in(tmp_path_factory.mktemp("model") / "1")


@pytest.fixture(scope="module")
def served(model):
    return load_model(model)


@given(st.integers(1, 3000), st.integers(20, 800), st.integers(1, 200))
def test_blocks_cover_everything_and_their_weights_add_up_to_one(frames, length, overlap):
    blocks = plan_blocks(frames, length, overlap)
    total = np.zeros(frames)
    for b, block in enumerate(blocks):
        assert 0 <= block.start < block.stop <= frames
        assert len(block) <= max(length, 1) + 1
        before = blocks[b - 1] if b else None
        after = blocks[b + 1] if b + 1 < len(blocks) else None
        total[block.start : block.stop] += fade(block, before, after)
    np.testing.assert_allclose(total, 1, atol=1e-6)


@pytest.mark.parametrize(("rate", "frames"), [(1000, 1500), (500, 777), (250, 300), (130, 400)])
def test_resampling_agrees_with_the_grid_in_the_model(rate, frames):
    from kmu.models.grid import resample_time

    values = np.random.default_rng(0).standard_normal((frames, 3, 4)).astype(np.float32)
    source = RecordingFrames(Recording(values, rate, (1, 1)))
    for chunk in (37, 10_000):
        ours = np.concatenate(list(decimated(source, 100.0, chunk)))
        ratio = np.float32(rate / 100)
        graph = resample_time(values.reshape(1, frames, 12), ratio, len(ours))
        np.testing.assert_allclose(ours.reshape(-1, 12), np.asarray(graph)[0], atol=3e-4)
    courses = np.random.default_rng(1).standard_normal((2, len(ours))).astype(np.float32)
    graph = resample_time(courses.T[None], np.float32(100 / rate), frames)
    np.testing.assert_allclose(
        resample_courses(courses, 100 / rate, frames), np.asarray(graph)[0].T, atol=3e-4
    )


def test_a_coarse_copy_knows_power_and_constancy():
    recording, _ = twitching([(6, 5)], frame_rate=100.0)
    coarse = CoarseRecording(RecordingFrames(recording), 100.0)
    np.testing.assert_array_equal(coarse.frames(0, 100), recording.velocity)
    power = np.sqrt(np.mean(recording.velocity**2, axis=0))
    np.testing.assert_allclose(coarse.power, power, rtol=1e-4)
    assert coarse.constant is None
    same = Recording(np.full((500, 5, 5), 0.7), 1000, (1, 1))
    assert CoarseRecording(RecordingFrames(same), 100.0).constant == pytest.approx(0.7)


def test_cut_in_blocks_and_whole_give_the_same_units(served):
    centres = [(6, 5), (16, 14), (20, 4)]
    recording, _ = twitching(centres, seconds=10, frame_rate=200.0)
    whole = identify(recording, served, block_seconds=20)
    cut = identify(recording, served, block_seconds=2.8)
    assert len(whole) == len(cut) == 3
    for k in range(3):
        distance = [np.abs(cut.territory[k] - place).sum() for place in whole.territory]
        same = int(np.argmin(distance))
        correlation = np.corrcoef(cut.twitch_train[k], whole.twitch_train[same])[0, 1]
        assert correlation >= 0.98


def test_a_train_is_whole_where_its_unit_was_not_seen(served):
    recording, _ = twitching([(6, 5), (16, 14)], seconds=6, frame_rate=200.0)
    velocity = recording.velocity.copy()
    # The second unit pauses for the last third; the first goes on.
    velocity[800:, 12:, 20:] = 0.01 * np.random.default_rng(0).standard_normal((400, 12, 20))
    units = identify(Recording(velocity, 200, (1.0, 0.5)), served, block_seconds=2)
    assert len(units) == 2
    assert np.isfinite(units.twitch_train).all()
    assert (units.twitch_train[:, :700].std(1) > 0).all()
    late = [units.twitch_train[k, 900:].std() for k in range(2)]
    assert max(late) > 5 * min(late)


def with_known_signals(served):
    """The stand-in, which then also gives the velocity averaged over each known territory."""

    def call_signals(velocity, frame_rate, spacing, territory):
        weight = territory / tf.reduce_sum(territory, [2, 3], keepdims=True)
        train = tf.einsum("btzx,bkzx->bkt", velocity, weight)
        return {"twitch_train": train, "firing_probability": tf.nn.relu(train) / 0.05}

    import tensorflow as tf

    return dataclasses.replace(served, call_signals=call_signals)


def test_trains_of_known_territories_do_not_depend_on_how_a_recording_is_cut(served):
    recording, _ = twitching([(6, 5), (16, 14), (20, 4)], seconds=10, frame_rate=200.0)
    knowing = with_known_signals(served)
    whole = identify(recording, knowing, block_seconds=20)
    for seconds in (2.8, 5.0):
        cut = identify(recording, knowing, block_seconds=seconds)
        assert len(cut) == len(whole) == 3
        correlation = np.corrcoef(cut.twitch_train, whole.twitch_train)[:3, 3:]
        assert (correlation.max(1) > 0.995).all()
        same = correlation.argmax(1)
        for times, k in zip(cut.firings, same, strict=True):
            assert len(times) == pytest.approx(len(whole.firings[k]), abs=2)


def test_a_unit_has_its_firings_in_blocks_where_it_was_not_found(served):
    recording, _ = twitching([(6, 5), (16, 14)], seconds=9, frame_rate=100.0)
    velocity = recording.velocity.copy()
    # In the last block the second unit is far weaker than the first, below what counts as found,
    # but twitches of a third of its own and more are still its own.
    velocity[600:, :, 18:] *= 0.37
    cut = {"block_seconds": 3.0, "score_threshold": 0.5}
    weaker = Recording(velocity, 100, (1.0, 0.5))
    lost, kept = (identify(weaker, model, **cut) for model in (served, with_known_signals(served)))
    assert len(lost) == len(kept) == 2
    late = [min((times > 7.2).sum() for times in units.firings) for units in (lost, kept)]
    assert late[0] == 0
    assert late[1] > 10


def test_motion_suppression_takes_off_what_the_whole_image_does():
    recording, _ = twitching([(6, 5)], seconds=2, frame_rate=100.0, noise=0.01)
    z = np.linspace(-1, 1, 24)[:, None]
    common = np.sin(np.arange(200) / 15)[:, None, None] * (3 + z)
    moved = recording.velocity + common.astype(np.float32)
    for cleaned in (remove_polynomial(moved, 1), remove_components(moved, 1)):
        place = np.unravel_index(recording.velocity.std(0).argmax(), (24, 40))
        found = np.corrcoef(cleaned[:, *place], recording.velocity[:, *place])[0, 1]
        assert found > 0.95
        assert np.corrcoef(moved[:, *place], recording.velocity[:, *place])[0, 1] < 0.5
    assert Preparation()(moved, 100.0) is moved
    filtered = Preparation(band=(5.0, 30.0))(moved, 100.0)
    assert np.abs(filtered.mean(0)).max() < 0.05


_MEASURE = """
import resource, sys
from kmu.reading import open_recording
from kmu.identification.pipeline import coarse_copy
source = open_recording(sys.argv[1], axes="zxt", frame_rate=1000, spacing=(0.5, 0.5))
coarse = coarse_copy(source)
assert coarse.shape[0] == source.shape[0] // 10
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_memory_of_reading_does_not_grow_with_length(tmp_path):
    peaks = []
    for seconds in (6, 16):
        path = tmp_path / f"{seconds}.mat"
        block = np.random.default_rng(0).standard_normal((1000, 60, 60)).astype(np.float32)
        with h5py.File(path, "w") as file:
            data = file.create_dataset("v", (1000 * seconds, 60, 60), np.float32)
            for second in range(seconds):
                data[1000 * second : 1000 * (second + 1)] = block
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout) / 1024)
    # 10 s more are 144 MB more.
    assert peaks[1] < peaks[0] + 40
