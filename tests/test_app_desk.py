"""What stands behind the app's page: who may ask, what a file holds, work that is killed."""

import asyncio
import base64
import io
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from kmu.app.desk import Desk
from kmu.app.dropping import receive
from kmu.app.guard import OnlyThisMachine
from kmu.app.jobs import Job
from kmu.app.looking import look_into, previews
from kmu.cli import main
from kmu.errors import InputError
from kmu.reading import Variable


def ask(host, origin=None, kind="http"):
    """What the guard does with a request: what it answers, or "let through"."""
    said = []

    async def behind(scope, receive, send):
        said.append("let through")

    async def nothing():
        return {}

    async def send(message):
        said.append(message.get("status") or message.get("code"))

    headers = [(b"host", host.encode())]
    headers += [(b"origin", origin.encode())] if origin else []
    guard = OnlyThisMachine(behind, 8123)
    asyncio.run(guard({"type": kind, "headers": headers}, nothing, send))
    return said[0]


def test_only_pages_of_this_machine_are_answered():
    assert ask("127.0.0.1:8123") == "let through"
    assert ask("localhost:8123", "http://localhost:8123") == "let through"
    assert ask("127.0.0.1:8123", "http://127.0.0.1:8123", "websocket") == "let through"
    for host, origin in [
        ("lab.example:8123", None),
        ("127.0.0.1", None),
        ("127.0.0.1:8123", "http://lab.example"),
        ("127.0.0.1:8123", "http://127.0.0.1:9999"),
        ("127.0.0.1:8123", "null"),
    ]:
        assert ask(host, origin) == 403
        assert ask(host, origin, "websocket") == 1008


class Gone(Exception):
    """The browser went away."""


class Sent:
    """A request with a body in pieces."""

    def __init__(self, *pieces):
        self.pieces = pieces

    async def stream(self):
        for piece in self.pieces:
            if piece is None:
                raise Gone
            yield piece


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.empty()


def test_a_file_that_is_too_large_is_refused_as_it_comes(desk, tmp_path):
    said = asyncio.run(receive(Sent(b"123", b"456"), desk, "trial.mat", limit=5))
    assert said.startswith("trial.mat was not taken: it is larger than 5 bytes")
    assert list(tmp_path.iterdir()) == []
    assert desk.recording is None


def test_a_file_that_comes_in_part_leaves_nothing(desk, tmp_path):
    with pytest.raises(Gone):
        asyncio.run(receive(Sent(b"123", None), desk, "trial.mat", limit=9))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kept"), [("../../trial.mat", "trial.mat"), ("C:\\lab\\trial.mat", "trial.mat")]
)
def test_a_name_cannot_lead_elsewhere(desk, tmp_path, monkeypatch, name, kept):
    monkeypatch.setattr(desk, "look", lambda: None)
    assert asyncio.run(receive(Sent(b"12", b"3"), desk, name, limit=3)) == ""
    assert desk.recording == tmp_path / "recording" / kept
    assert desk.recording.read_bytes() == b"123"
    assert asyncio.run(receive(Sent(b"1"), desk, "..", limit=3)) != ""


def test_looking_says_what_a_file_says_and_shows_each_order(tmp_path):
    frames = np.zeros((20, 30, 400), np.float32)
    frames[:4] = 1.0
    savemat(tmp_path / "trial.mat", {"v": frames, "fs": 1000.0, "name": "biceps"})
    seen = look_into(tmp_path / "trial.mat")
    assert seen.chosen == "v"
    assert seen.said["frame rate"] == ("1000 Hz", "fs")
    assert "axes" not in seen.said
    assert [one.axes for one in seen.previews] == ["zxt", "xzt", "ztx", "xtz", "tzx", "txz"]
    assert seen.previews[0].sizes == "20 deep, 30 across, 400 frames"
    assert seen.previews[3].sizes == "400 deep, 20 across, 30 frames"


def pixels(image):
    from matplotlib.image import imread

    return imread(io.BytesIO(base64.b64decode(image.partition(",")[2])))[..., :3]


def test_a_preview_is_the_middle_frame_the_right_way_round_and_small():
    values = np.zeros((5, 6, 300), np.float32)
    values[4, 0, 150] = 1.0  # the lower left corner of the middle frame, if axes are zxt
    read = []

    def part(index):
        read.append(values[index].shape)
        return values[index]

    made = previews(Variable("v", values.shape, values.dtype, part))
    shown = {one.axes: pixels(one.image) for one in made}
    assert read == [(1, 6, 256), (5, 1, 256), (5, 6, 1)]
    assert shown["zxt"].shape == (5, 6, 3)
    red, _, blue = np.moveaxis(shown["zxt"], -1, 0)
    assert np.argwhere(red > blue + 0.2).tolist() == [[4, 0]]
    np.testing.assert_array_equal(shown["xzt"], shown["zxt"].swapaxes(0, 1))
    assert shown["ztx"].shape == (5, 256, 3)


def test_units_and_files_without_arrays_are_no_recordings(tmp_path):
    savemat(tmp_path / "a.mat", {"table": np.eye(3)})
    with pytest.raises(InputError, match="no array of numbers with three axes"):
        look_into(tmp_path / "a.mat")


def test_what_is_missing_is_asked_for_and_the_rest_left_to_the_file(desk, tmp_path):
    savemat(tmp_path / "t.mat", {"v": np.ones((8, 9, 50)), "fs": 1000.0})
    desk.looked = look_into(tmp_path / "t.mat")
    with pytest.raises(InputError, match="does not say its axes, pixel size"):
        desk.options()
    desk.form |= {"axes": "zxt", "dz": 0.5}
    with pytest.raises(InputError, match="both numbers"):
        desk.options()
    desk.form["dx"] = 0.3
    told = desk.options()
    assert (told["axes"], told["frame_rate"], told["spacing"]) == ("zxt", None, (0.5, 0.3))
    desk.form["kind"] = "iq"
    with pytest.raises(InputError, match="centre frequency"):
        desk.options()


def test_a_sentence_of_the_command_line_is_put_in_the_words_of_the_page(desk, tmp_path):
    desk.refuse(f"{tmp_path}/trial.mat: check --axes and --spacing, or --frame-rate")
    assert desk.message == "trial.mat: check axes and pixel size, or frame rate"


def wait(job):
    while not job.poll():
        time.sleep(0.01)
    return job


def test_work_that_is_refused_says_why():
    job = wait(Job("looking", look_into, Path("/nowhere/trial.mat")))
    assert job.refused == "cannot read /nowhere/trial.mat: No such file or directory"
    assert job.result is None


def test_work_is_killed_at_once():
    job = Job("sleeping", time.sleep, 3600)
    job.cancel()
    assert job.done
    assert job.refused == "cancelled"


def test_a_process_that_dies_is_told_of():
    import os

    job = wait(Job("dying", os._exit, 3))
    assert "without an answer (exit code 3)" in job.refused


def test_without_its_extra_or_port_the_verb_ends_in_one_sentence(capsys, monkeypatch):
    import socket

    from kmu.app import running

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setattr(running, "find_spec", lambda name: True)
        assert main(["app", "--no-browser", "--port", str(other.getsockname()[1])]) == 2
    assert "give another --port" in capsys.readouterr().err
    monkeypatch.setattr(running, "find_spec", lambda name: None)
    assert main(["app", "--no-browser"]) == 2
    assert capsys.readouterr().err == "kmu: kmu app needs NiceGUI: pip install 'kmu[app]'\n"
