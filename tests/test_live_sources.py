"""Frames from pipes, sockets and files: how they travel, pause and break off."""

import contextlib
import io
import socket
import threading

import numpy as np
import pytest
from live_streams import RATE, SPACING, joined, said, stream_of

import kmu
from kmu.errors import InputError
from kmu.identification.resample import RecordingFrames
from kmu.live.collecting import Collecting
from kmu.live.framing import Header, ending, packed, read_header, read_pieces
from kmu.live.playing import play
from kmu.live.sources import FileSource, PipeSource, SocketSource


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


def test_a_source_that_is_killed_gives_what_came_and_is_said(live, velocity):
    header = Header(RATE, SPACING, velocity.shape[1:])
    data = header.packed() + packed(0, velocity)
    source = PipeSource(io.BytesIO(data[:-100]), "standard input")
    pieces = []
    stream = stream_of(live)
    played = play(source, stream, pieces.append)
    assert "broke off within frame 1249" in played.broken
    assert stream.counts.used == 1249
    assert joined(pieces)[0][-1] > 4.97


def test_a_source_that_pauses_is_told_so_once_and_goes_on(live, velocity, monkeypatch):
    monkeypatch.setattr("kmu.live.playing.PAUSE_S", 0.05)
    told, pieces = threading.Event(), []

    class Pausing:
        header = Header(RATE, SPACING, velocity.shape[1:])

        def pieces(self):
            yield 0, velocity[:800]
            assert told.wait(60)
            yield 800, velocity[800:]

        def close(self):
            pass

    def use(piece):
        pieces.append(piece)
        if any("the source pauses" in note for note in piece.notes):
            told.set()

    stream = stream_of(live)
    played = play(Pausing(), stream, use)
    assert played.broken is None
    assert played.pauses == said(pieces).count("the source pauses") >= 1
    assert f"paused {played.pauses} times" in played.sentence()
    np.testing.assert_allclose(joined(pieces)[0], np.arange(500) / 100)
    assert stream.counts.lost == stream.counts.skipped == 0


def test_frames_come_through_a_socket(velocity, live, capsys):
    with socket.socket() as any_free:
        any_free.bind(("127.0.0.1", 0))
        port = any_free.getsockname()[1]

    def send():
        connection = None
        while connection is None:
            with contextlib.suppress(ConnectionRefusedError):
                connection = socket.create_connection(("127.0.0.1", port))
        with connection:
            connection.sendall(Header(RATE, SPACING, (24, 40)).packed())
            for first in range(0, 1250, 50):
                connection.sendall(packed(first, velocity[first : first + 50]))
            connection.sendall(ending(1250))

    sender = threading.Thread(target=send)
    sender.start()
    pieces = []
    source = SocketSource(port)
    played = play(source, stream_of(live, background=True), pieces.append)
    sender.join()
    assert f"waiting for frames at 127.0.0.1:{port}" in capsys.readouterr().err
    assert played.broken is None
    np.testing.assert_allclose(joined(pieces)[0], np.arange(500) / 100)


def test_all_pieces_together_are_motor_units(live, velocity):
    stream, collected = stream_of(live), Collecting(100.0)
    source = FileSource(RecordingFrames(kmu.Recording(velocity, RATE, SPACING)), 0.1, speed=0)
    play(source, stream, lambda piece: collected.add(piece, stream.units))
    units = collected.units({"method": "test"})
    assert units.twitch_train.shape == (2, 500)
    assert sum(map(len, units.firings)) == stream.counts.firings
