"""Units are followed live: in order, within the delay, as units are known or become known."""

import itertools
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from live_streams import (
    PLACES,
    RATE,
    joined,
    live_model,
    run,
    said,
    stream_of,
    territories,
    two_units,
)

from kmu.errors import InputError
from kmu.live.calibrating import Calibrating


@pytest.fixture(scope="module")
def whole(live, velocity):
    return run(live, velocity)


def test_there_is_a_train_for_every_frame_at_the_models_rate(whole):
    time, train, _ = joined(whole[0])
    np.testing.assert_allclose(time, np.arange(500) / 100)
    assert train.shape == (2, 500)
    assert np.isfinite(train).all()


def test_how_the_frames_are_cut_into_pieces_changes_nothing(whole, live, velocity):
    time, train, firings = joined(run(live, velocity, size=400)[0])
    np.testing.assert_array_equal(time, joined(whole[0])[0])
    np.testing.assert_allclose(train, joined(whole[0])[1], atol=1e-4)
    for one, other in zip(firings, joined(whole[0])[2], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_after_the_calibration_trains_come_within_the_delay_and_a_piece(whole):
    delays = [piece.delay for piece in whole[0] if len(piece.time) and piece.time[0] > 2.1]
    assert max(delays) <= 0.1 + 13 / RATE


def test_a_piece_that_is_kept_holds_no_more_than_itself(whole):
    """A view of the window would keep all of it: hundreds of MiB in five minutes."""
    assert all(piece.twitch_train.base is None for piece in whole[0])


def test_no_firing_comes_twice_or_out_of_order(whole):
    for times in joined(whole[0])[2]:
        assert (np.diff(times) > 0.02).all()


def test_a_stream_that_ends_too_early_says_so(live, velocity):
    pieces, _ = run(live, velocity[:250])
    assert "too short to calibrate" in said(pieces)
    assert not any(len(piece.time) for piece in pieces)


def test_a_calibration_in_the_background_loses_no_frame(live, velocity):
    pieces, stream = run(live, velocity, background=True)
    np.testing.assert_allclose(joined(pieces)[0], np.arange(500) / 100)
    assert stream.counts.used == 1250


def test_the_source_does_not_wait_for_a_calibration_in_the_background(
    live, velocity, monkeypatch, whole
):
    release, calibrated = threading.Event(), Calibrating._first

    def slow(calibrating, frames):
        assert release.wait(60)
        return calibrated(calibrating, frames)

    monkeypatch.setattr(Calibrating, "_first", slow)
    stream = stream_of(live, background=True)
    pieces = stream.push(velocity[:1000])
    assert stream.counts.used == 1000
    assert stream.units is None
    assert not any(len(piece.time) for piece in pieces)
    release.set()
    stream._follower._calibrating._job.result(60)
    assert not stream.live
    while not stream.live:
        pieces += stream.poll()
    pieces += stream.push(velocity[1000:])
    pieces += stream.close()
    assert "live from here on" in said(pieces)
    for one, other in zip(joined(pieces)[:2], joined(whole[0])[:2], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_frames_that_waited_are_worked_off_beside_those_that_arrive(live, velocity, monkeypatch):
    """On a machine that needs 0.1 s for a step of 0.25 s, half of the time goes into the past."""
    clock = itertools.count(0.0, 0.1)
    fake = SimpleNamespace(monotonic=lambda: next(clock))
    monkeypatch.setattr("kmu.live.follower.time", fake)
    stream = stream_of(live, background=True)
    pieces = stream.push(velocity[:510])
    stream._follower._calibrating._job.result(60)
    for first in range(510, 760, 5):
        pieces += stream.push(velocity[first : first + 5])
    # 100 frames arrived at the model's rate, 1 s, of which half is worked: five steps of 25 frames.
    assert 4 * 25 <= stream.counts.decided <= 6 * 25
    assert not stream.live
    pieces += stream.close()
    np.testing.assert_allclose(joined(pieces)[0], np.arange(304) / 100)


def test_units_that_are_not_given_are_looked_for(live, velocity):
    pieces, stream = run(live, velocity[:750], units=None)
    assert "2 units found" in said(pieces)
    np.testing.assert_allclose(stream.units.territory, territories(), atol=1e-6)


def test_other_units_are_found_when_the_first_fall_silent(identifier):
    """The picture of the active units changes: a recalibration gives the new ones new numbers."""
    later = [(5.0, 15.0), (20.0, 5.0)]
    live = live_model(identifier, [*PLACES, *later])
    frames = np.concatenate([two_units(2.2), two_units(6.8, later)])
    pieces, stream = run(live, frames, size=125, units=None, recalibrate=True)
    assert stream.counts.recalibrations >= 1
    assert "recalibrated" in said(pieces)
    new = stream.units.ids > 2
    assert list(stream.units.ids[new]) == [3, 4]
    np.testing.assert_allclose(stream.units.territory[new], territories(later), atol=1e-6)
    time = np.concatenate([piece.time for piece in pieces])
    np.testing.assert_allclose(time, np.arange(900) / 100)


def test_without_recalibration_the_first_units_stay(identifier):
    later = [(5.0, 15.0), (20.0, 5.0)]
    frames = np.concatenate([two_units(2.2), two_units(4.8, later)])
    _, stream = run(live_model(identifier), frames, size=125, units=None)
    assert stream.counts.recalibrations == 0
    assert list(stream.units.ids) == [1, 2]


def test_what_cannot_be_is_refused(live, velocity):
    with pytest.raises(InputError, match="delay"):
        stream_of(live, delay=0.01)
    with pytest.raises(InputError, match="calibration"):
        stream_of(live, calibration=1.0)
    stream = stream_of(live)
    stream.push(velocity[:5])
    with pytest.raises(InputError, match="pixels"):
        stream.push(velocity[:5, :10])
    stream.close()
    with pytest.raises(InputError, match="closed"):
        stream.push(velocity[:5])
