"""Frames that are lost, late, broken or jolted: nothing is passed over in silence."""

import numpy as np
from live_streams import RATE, joined, run, said, stream_of, two_units

from kmu.live.pieces import Counts, Notes
from kmu.live.sequence import Sequence


def test_lost_frames_are_drawn_over_counted_and_said(live, velocity):
    stream = stream_of(live)
    pieces = stream.push(velocity[:800])
    pieces += stream.push(velocity[810:], first=810)
    pieces += stream.close()
    time, _, _ = joined(pieces)
    np.testing.assert_allclose(time, np.arange(500) / 100)
    assert (stream.counts.lost, stream.counts.bridged, stream.counts.skipped) == (10, 10, 0)
    assert "10 frames from number 800 were lost" in said(pieces)
    marked = np.concatenate([piece.bridged for piece in pieces])
    assert set(time[marked]) == set(np.arange(320, 324) / 100)


def test_after_a_long_gap_the_stream_begins_anew_and_says_what_it_has_no_trains_for(live, velocity):
    stream = stream_of(live)
    pieces = stream.push(velocity[:750])
    pieces += stream.push(velocity[1000:], first=1000)
    pieces += stream.close()
    time, _, _ = joined(pieces)
    np.testing.assert_allclose(time, np.r_[0:300, 400:500] / 100)
    assert (stream.counts.skipped, stream.counts.restarts) == (250, 1)
    assert "no frames for 1.00 s from 3.00 s on" in said(pieces)


def test_frames_that_hold_no_velocity_are_counted_and_drawn_over(live, velocity):
    velocity = velocity.copy()
    velocity[700, 3, 3], velocity[900:903] = np.nan, 0.0
    pieces, stream = run(live, velocity)
    assert (stream.counts.unusable, stream.counts.bridged) == (4, 4)
    assert np.isfinite(joined(pieces)[1]).all()
    assert "NaN, infinity or nothing but zeros" in said(pieces)


def test_repeated_frames_are_left_out_and_said():
    counts, notes = Counts(), Notes()
    sequence = Sequence(RATE, counts, notes)
    frames = np.ones((10, 4, 5), np.float32)
    assert [len(run.frames) for run in sequence.take(frames, 0)] == [10]
    assert [len(run.frames) for run in sequence.take(frames, 6)] == [6]
    assert not list(sequence.take(frames, 2))
    assert counts.repeated == 14
    assert "had come already" in notes.taken()[0]


def test_a_jolt_of_the_probe_leaves_the_trains_alone(live, velocity):
    velocity = velocity.copy()
    velocity[900:910] += 40.0
    pieces, stream = run(live, velocity)
    assert 4 <= stream.counts.jolted <= 16
    _, train, _ = joined(pieces)
    undisturbed = joined(run(live, two_units(), size=250)[0])[1]
    assert np.abs(train).max() < 3 * np.abs(undisturbed).max()
