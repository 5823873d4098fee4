"""Units are followed live: in order, within the delay, and nothing is passed over in silence."""

import io
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from made_recordings import twitching

import kmu
from kmu.errors import InputError
from kmu.identification.resample import RecordingFrames, decimated
from kmu.live.collecting import Collecting
from kmu.live.decimation import Decimation
from kmu.live.framing import Header, ending, packed, read_header, read_pieces
from kmu.live.history import History
from kmu.live.model import Model
from kmu.live.pieces import Counts, Notes
from kmu.live.playing import play
from kmu.live.registration import Registration
from kmu.live.renewal import renewed
from kmu.live.sequence import Sequence
from kmu.live.sources import FileSource, PipeSource, SocketSource
from kmu.live.stream import Stream
from kmu.live.view import View
from kmu.models.export import export_identifier
from kmu.motor_units import MotorUnits

RATE, SPACING = 250.0, (1.0, 0.5)
PLACES = [(8.0, 6.0), (15.0, 14.0)]


def known_units(ids=(1, 2)):
    z = (np.arange(24) + 0.5)[:, None]
    x = (np.arange(40) + 0.5)[None] * 0.5
    territory = np.stack([np.exp(-((z - a) ** 2 + (x - b) ** 2) / 9) for a, b in PLACES])
    return MotorUnits(
        territory=territory,
        twitch_train=np.zeros((2, 1)),
        firings=[np.zeros(0)] * 2,
        score=np.ones(2),
        frame_rate=100.0,
        spacing=SPACING,
        ids=np.array(ids),
    )


@pytest.fixture(scope="module")
def recording():
    return twitching(PLACES, seconds=5.0)[0]


@pytest.fixture(scope="module")
def folder(identifier, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "tiny" / "1"
    return export_identifier(identifier, folder, {"score": 0.9, "firing": 0.12}, "card")


@pytest.fixture(scope="module")
def model(folder):
    return Model.load(folder)


def stream_of(model, **changes):
    given = {"delay": 0.1, "calibration": 2.0, "units": known_units(), "model": model}
    return Stream(RATE, SPACING, **{**given, "recalibrate": False, **changes})


def run(model, velocity, size=13, **changes):
    """All pieces of a stream that gets ``size`` frames at a time, and the stream."""
    stream, pieces = stream_of(model, **changes), []
    for first in range(0, len(velocity), size):
        pieces += stream.push(velocity[first : first + size])
    return [*pieces, *stream.close()], stream


def joined(pieces):
    """Times, trains and firings of all pieces."""
    pieces = [piece for piece in pieces if len(piece.time)]
    firings = [np.concatenate([piece.firings[k] for piece in pieces]) for k in range(2)]
    train = np.concatenate([piece.twitch_train for piece in pieces], 1)
    return np.concatenate([piece.time for piece in pieces]), train, firings


def said(pieces):
    return " / ".join(text for piece in pieces for text in piece.notes)


@pytest.fixture(scope="module")
def whole(model, recording):
    return run(model, recording.velocity)


def test_there_is_a_train_for_every_frame_at_the_models_rate(whole):
    time, train, _ = joined(whole[0])
    np.testing.assert_allclose(time, np.arange(500) / 100)
    assert train.shape == (2, 500)
    assert np.isfinite(train).all()


def test_how_the_frames_are_cut_into_pieces_changes_nothing(whole, model, recording):
    time, train, firings = joined(run(model, recording.velocity, size=400)[0])
    np.testing.assert_array_equal(time, joined(whole[0])[0])
    np.testing.assert_allclose(train, joined(whole[0])[1], atol=1e-4)
    for one, other in zip(firings, joined(whole[0])[2], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_after_the_calibration_trains_come_within_the_delay_and_a_piece(whole):
    delays = [piece.delay for piece in whole[0] if len(piece.time) and piece.time[0] > 2.1]
    assert max(delays) <= 0.1 + 13 / RATE


def test_no_firing_comes_twice_or_out_of_order(whole):
    for times in joined(whole[0])[2]:
        assert (np.diff(times) > 0.02).all()


def test_courses_are_those_of_the_model_offline(model, recording):
    """One matrix gives what resampling, unmixing and means in the model's graph give."""
    from kmu.live.calibration import calibrate

    velocity = np.concatenate(list(decimated(RecordingFrames(recording), 100.0, 500)))
    calibration = calibrate(velocity, SPACING, model, known_units())
    courses = calibration.projection @ velocity.reshape(len(velocity), -1).T
    normal, scale = model.identifier.grid(
        velocity[None], np.float32([100.0]), np.float32([SPACING])
    )
    flat = np.asarray(normal)[0].reshape(len(velocity), -1)
    # Far from the ends the drift filter may come before or after the matrix.
    taper = np.hamming(51) / np.hamming(51).sum()
    steady = courses[-1] - np.convolve(courses[-1], taper, "same")
    np.testing.assert_allclose(steady[40:-40], flat.mean(1)[40:-40] * float(scale[0]), atol=1e-4)


def test_lost_frames_are_drawn_over_counted_and_said(model, recording):
    stream = stream_of(model)
    pieces = stream.push(recording.velocity[:800])
    pieces += stream.push(recording.velocity[810:], first=810)
    pieces += stream.close()
    time, _, _ = joined(pieces)
    np.testing.assert_allclose(time, np.arange(500) / 100)
    assert (stream.counts.lost, stream.counts.bridged, stream.counts.skipped) == (10, 10, 0)
    assert "10 frames from number 800 were lost" in said(pieces)
    marked = np.concatenate([piece.bridged for piece in pieces])
    assert set(time[marked]) == set(np.arange(320, 324) / 100)


def test_after_a_long_gap_the_stream_begins_anew_and_says_what_it_has_no_trains_for(
    model, recording
):
    stream = stream_of(model)
    pieces = stream.push(recording.velocity[:750])
    pieces += stream.push(recording.velocity[1000:], first=1000)
    pieces += stream.close()
    time, _, _ = joined(pieces)
    np.testing.assert_allclose(time, np.r_[0:300, 400:500] / 100)
    assert (stream.counts.skipped, stream.counts.restarts) == (250, 1)
    assert "no frames for 1.00 s from 3.00 s on" in said(pieces)


def test_frames_that_hold_no_velocity_are_counted_and_drawn_over(model, recording):
    velocity = recording.velocity.copy()
    velocity[700, 3, 3], velocity[900:903] = np.nan, 0.0
    pieces, stream = run(model, velocity)
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


def test_a_jolt_of_the_probe_leaves_the_trains_alone(model, recording, whole):
    velocity = recording.velocity.copy()
    velocity[900:910] += 40.0
    pieces, stream = run(model, velocity)
    assert 4 <= stream.counts.jolted <= 16
    _, train, _ = joined(pieces)
    assert np.abs(train).max() < 3 * np.abs(joined(whole[0])[1]).max()


def test_a_stream_that_ends_too_early_says_so(model, recording):
    pieces, _ = run(model, recording.velocity[:250])
    assert "too short to calibrate" in said(pieces)
    assert not any(len(piece.time) for piece in pieces)


def test_a_calibration_in_the_background_loses_no_frame(model, recording):
    pieces, stream = run(model, recording.velocity, background=True)
    np.testing.assert_allclose(joined(pieces)[0], np.arange(500) / 100)
    assert stream.counts.used == 1250


def test_units_that_are_not_given_are_looked_for(model, recording):
    pieces, stream = run(model, recording.velocity, units=None)
    assert "units found" in said(pieces)
    assert stream.units is not None


def test_what_cannot_be_is_refused(model, recording):
    with pytest.raises(InputError, match="delay"):
        stream_of(model, delay=0.01)
    with pytest.raises(InputError, match="calibration"):
        stream_of(model, calibration=1.0)
    stream = stream_of(model)
    stream.push(recording.velocity[:5])
    with pytest.raises(InputError, match="pixels"):
        stream.push(recording.velocity[:5, :10])
    stream.close()
    with pytest.raises(InputError, match="closed"):
        stream.push(recording.velocity[:5])


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


def test_the_framing_carries_frames_and_numbers():
    header = Header(RATE, SPACING, (2, 3))
    frames = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    stream = io.BytesIO(header.packed() + packed(7, frames) + ending(11))
    assert read_header(stream, "it") == header
    ((first, came),) = read_pieces(stream, (2, 3), "it")
    assert first == 7
    np.testing.assert_array_equal(came, frames)


@pytest.mark.parametrize("text", [b"", b"GET / HTTP/1.1\r\n", b"KMU1\x02\0\0\0{}"])
def test_what_is_no_stream_is_refused(text):
    with pytest.raises(InputError, match=r"header|KMU1"):
        read_header(io.BytesIO(text), "standard input")


def test_a_source_that_is_killed_gives_what_came_and_is_said(model, recording):
    header = Header(RATE, SPACING, recording.velocity.shape[1:])
    data = header.packed() + packed(0, recording.velocity)
    source = PipeSource(io.BytesIO(data[:-100]), "standard input")
    pieces = []
    stream = stream_of(model)
    played = play(source, stream, pieces.append)
    assert "broke off within frame 1249" in played.broken
    assert stream.counts.used == 1249
    assert joined(pieces)[0][-1] > 4.97


def test_frames_come_through_a_socket(recording, model, capsys):
    found = []

    def send():
        while not found:
            text = capsys.readouterr().err
            found.extend(part for part in text.split(":") if part.strip().isdigit())
        with socket.create_connection(("127.0.0.1", int(found[0]))) as connection:
            connection.sendall(Header(RATE, SPACING, (24, 40)).packed())
            for first in range(0, 1250, 50):
                connection.sendall(packed(first, recording.velocity[first : first + 50]))
            connection.sendall(ending(1250))

    sender = threading.Thread(target=send)
    sender.start()
    pieces = []
    source = SocketSource(0)
    played = play(source, stream_of(model, background=True), pieces.append)
    sender.join()
    assert played.broken is None
    np.testing.assert_allclose(joined(pieces)[0], np.arange(500) / 100)


def test_all_pieces_together_are_motor_units(model, recording):
    stream, collected = stream_of(model), Collecting(100.0)
    source = FileSource(RecordingFrames(recording), 0.1, speed=0)
    play(source, stream, lambda piece: collected.add(piece, stream.units))
    units = collected.units({"method": "test"})
    assert units.twitch_train.shape == (2, 500)
    assert sum(map(len, units.firings)) == stream.counts.firings


def test_the_view_shows_rates_and_firings(whole):
    view = View(io.StringIO(), whole[1].counts)
    for piece in whole[0]:
        view.add(piece)
    lines = view.lines(80, 24)
    assert "2 units" in lines[0]
    assert sum(line.count("|") for line in lines) > 0
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize("given", [[], ["-", "--listen", "0"], ["missing.h5"]])
def test_the_command_refuses_in_one_sentence(given, capsys):
    from kmu.cli import main

    assert main(["stream", *given]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_command_plays_a_file_and_writes_the_units(recording, folder, tmp_path, capsys):
    from kmu.cli import main

    recording.save(tmp_path / "trial.h5")
    known_units().save(tmp_path / "units.h5")
    told = [str(tmp_path / "trial.h5"), "--speed", "0", "--calibration", "2"]
    told += ["--units", str(tmp_path / "units.h5"), "--model", str(folder), "--quiet"]
    assert main(["stream", *told, "-o", str(tmp_path / "out.h5")]) == 0
    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert sum(len(line["time"]) for line in lines) == 500
    assert MotorUnits.load(tmp_path / "out.h5").twitch_train.shape == (2, 500)


def test_the_example_in_the_docs_runs(folder, monkeypatch):
    text = (Path(kmu.__file__).parent / "docs" / "live.md").read_text(encoding="utf-8")
    example = text.split("```python\n")[1].split("```")[0]
    model = Model.load(folder)
    monkeypatch.setattr("kmu.live.stream.Model.load", lambda _: model)
    names: dict[str, object] = {}
    exec(compile(example, "live.md", "exec"), names)
    assert names["seconds"] == 4.0


def test_importing_the_stream_needs_no_tensorflow():
    code = "import kmu.live.stream, sys; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
