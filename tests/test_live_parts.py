"""What a stream is made of, part by part."""

import numpy as np
import pytest
from live_streams import RATE, SPACING, known_units

import kmu
from kmu.identification.resample import RecordingFrames, decimated
from kmu.live.calibration import calibrate, look
from kmu.live.decimation import Decimation
from kmu.live.history import History
from kmu.live.registration import Registration
from kmu.live.renewal import renewed
from kmu.live.waiting import Waiting
from kmu.models.peeling import left_of_units, peeled


def test_courses_are_those_of_the_model_offline(live, velocity):
    """One matrix gives what resampling, unmixing and means in the model's graph give."""
    recording = kmu.Recording(velocity, RATE, SPACING)
    velocity = np.concatenate(list(decimated(RecordingFrames(recording), 100.0, 500)))
    calibration = calibrate(velocity, SPACING, live, known_units())
    courses = calibration.projection @ velocity.reshape(len(velocity), -1).T
    normal, scale = live.identifier.grid(velocity[None], np.float32([100.0]), np.float32([SPACING]))
    flat = np.asarray(normal)[0].reshape(len(velocity), -1)
    # Far from the ends the drift filter may come before or after the matrix.
    taper = np.hamming(51) / np.hamming(51).sum()
    steady = courses[-1] - np.convolve(courses[-1], taper, "same")
    np.testing.assert_allclose(steady[40:-40], flat.mean(1)[40:-40] * float(scale[0]), atol=1e-4)


def test_trains_are_cleaned_twice_and_what_is_left_is_that_of_the_model_offline(live, velocity):
    """With the maps of the calibration, in the courses alone, as in whole images."""
    velocity = velocity[:200]
    calibration = calibrate(velocity, SPACING, live, known_units())
    normal = look(velocity, SPACING, live).normal
    signals, rng = live.identifier.signals, np.random.default_rng(0)
    courses, along = (rng.standard_normal((1, 2, 200, *more)).astype("f4") for more in ((4,), ()))
    nothing = np.zeros((2, 200, 2), np.float32)
    before = np.asarray(signals.regressor(np.concatenate([courses[0], nothing], -1))[0])
    left = along[0] - calibration.known @ before
    seen = np.concatenate([courses[0], before[..., None], left[..., None]], -1)
    expected = signals.regressor(seen)[:2]
    found = live.regress(courses, along, calibration.known[None])
    for mine, his in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine[0], his, rtol=1e-3, atol=1e-4)
    # What is along the maps, less what the calibration's own trains make of it, is what is left.
    territory = known_units().territory
    depth, lateral = look(velocity, SPACING, live).down
    mask = np.clip(depth @ territory @ lateral.T, 0, 1).reshape(1, 2, -1).astype(np.float32)
    _, train = signals.unmixing_weights(normal[None], mask, (len(depth), len(lateral)))
    own = np.asarray(peeled(normal[None], mask, train, 0.02)[1])[0]
    offline = np.asarray(left_of_units(normal[None], mask, train, 0.02))[0]
    ours = own @ normal.T - calibration.known @ np.asarray(train)[0]
    np.testing.assert_allclose(ours, offline, atol=1e-3 * np.abs(offline).max() + 1e-4)


@pytest.mark.parametrize("jolt", [0.0, 60.0])
def test_frames_come_to_the_models_grid_as_in_the_model(live, velocity, jolt):
    frames = velocity[:300].copy()
    frames[150:154] += jolt
    looked = look(frames, SPACING, live)
    normal, scale = live.identifier.grid(
        frames[None], np.float32([live.frame_rate]), np.float32([SPACING])
    )
    assert looked.shape == normal.shape[2:]
    assert looked.scale == pytest.approx(float(scale[0]), rel=1e-4)
    # What is taken off of a jolt is known to single precision.
    close = 2e-4 + 1e-5 * jolt
    np.testing.assert_allclose(looked.normal, np.asarray(normal).reshape(300, -1), atol=close)


def test_resampling_as_frames_come_gives_what_it_gives_of_the_whole():
    velocity = np.random.default_rng(0).standard_normal((300, 3, 4)).astype(np.float32)
    recording = kmu.Recording(velocity, RATE, SPACING)
    offline = np.concatenate(list(decimated(RecordingFrames(recording), 100.0, 500)))
    live = Decimation(RATE, 100.0, latest=0.1)
    live.restart(0)
    parts = [live.push(velocity[k : k + 7]) for k in range(0, 300, 7)]
    np.testing.assert_allclose(np.concatenate([*parts, live.finish()]), offline, atol=1e-5)


def test_the_ring_holds_the_latest_frames_in_order():
    history = History(7)
    frames = np.arange(20, dtype=np.float32)[:, None, None]
    for k in range(0, 20, 3):
        history.add(frames[k : k + 3])
    np.testing.assert_array_equal(history.last(5).ravel(), np.arange(15, 20))
    assert history.missing == 0


def test_what_waits_comes_in_order_a_segment_at_a_time():
    waiting = Waiting(most=12)
    frames = np.arange(13, dtype=np.float32)[:, None, None]
    waiting.add(frames[:4])
    waiting.add(frames[4:6])
    waiting.add(frames[6:8])
    waiting.begin(20)
    waiting.add(frames[8:])
    assert (waiting.count, waiting.full) == (13, True)
    parts = [waiting.taken(6) for _ in range(3)]
    assert [(part.start, part.stop, part.fresh) for part in parts] == [
        (0, 6, True), (6, 8, False), (20, 25, True),
    ]  # fmt: skip
    np.testing.assert_array_equal(np.concatenate([p.frames for p in parts]), frames)
    assert (waiting.count, waiting.full) == (0, False)


def test_the_shift_of_a_map_of_power_is_found():
    z, x = np.mgrid[:40, :50]
    places = [(12, 14), (25, 30), (30, 12), (10, 38)]

    def power(dz, dx):
        spots = [np.exp(-((z - a - dz) ** 2 + (x - b - dx) ** 2) / 12) for a, b in places]
        return (0.1 + sum(spots)).astype(np.float32)

    registration = Registration(power(0, 0), (0.5, 0.5))
    for share in np.linspace(0, 1, 8):
        registration.look(power(3.3 * share, -4.6 * share))
    np.testing.assert_allclose(registration.shift, (3.3, -4.6), atol=0.2)
    np.testing.assert_allclose(registration.moved, (1.65, -2.3), atol=0.1)


def test_units_keep_their_numbers_when_they_are_found_again():
    known = known_units(ids=(5, 9))
    found = known_units().select([1])
    units, text = renewed(known, found, np.array([True, True]), next_id=10)
    assert set(units.ids) == {5, 9}
    assert "1 units are the same; silent: 5" in text
    units, text = renewed(known, found, np.array([False, False]), next_id=10)
    assert list(units.ids) == [9]
    assert "gone: 5" in text
    units, text = renewed(known.select([1]), known_units(), np.array([True]), next_id=10)
    assert set(units.ids) == {9, 10}
