"""Figures: their data, and that they are drawn for no, one and many units."""

import base64
import dataclasses
import html
import json
import re
import shlex

import numpy as np
import pytest

from kmu import cli
from kmu.analysis.emg import EmgPair
from kmu.analysis.looking import look, movie_steps
from kmu.analysis.physiology import measure
from kmu.analysis.quality import METRICS, flags, overall
from kmu.errors import InputError
from kmu.identification.resample import RecordingFrames
from kmu.motor_units import MotorUnits
from kmu.recording import Recording
from kmu.report import Report, draw_figure, draw_overview, overview, page, write_page
from kmu.report.page.sentences import command, methods
from kmu.report.page.stored import read_force


def units(count: int) -> MotorUnits:
    rng = np.random.default_rng(0)
    territory = np.zeros((count, 20, 30), np.float32)
    for k in range(count):
        territory[k, k % 10 : k % 10 + 6, 3:12] = 1
    return MotorUnits(
        territory=territory,
        twitch_train=rng.standard_normal((count, 200)),
        firings=[np.sort(rng.uniform(0, 2, 15)) for _ in range(count)],
        score=np.linspace(1, 0.5, count),
        frame_rate=100.0,
        spacing=(1.0, 0.5),
    )


@pytest.mark.parametrize("count", [0, 1, 3, 70])
def test_the_figure_is_drawn_for_any_number_of_units(tmp_path, count):
    data = overview(np.ones((20, 30), np.float32), units(count))
    assert len(data.territory) == len(data.trains) == len(data.firings) == count
    draw_overview(data, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes()[:4] == b"\x89PNG"


def test_drawing_units_are_millimetres_and_seconds():
    data = overview(np.ones((20, 30), np.float32), units(2))
    assert data.extent == (0.0, 15.0, 20.0, 0.0)
    assert data.time[-1] == pytest.approx(1.99)
    np.testing.assert_allclose(np.abs(data.trains).max(1), 1.0)
    assert data.duration == 2


def test_all_of_a_long_recording_is_drawn():
    made = units(2)
    long = MotorUnits(
        made.territory, np.tile(made.twitch_train, 8), [np.array([1.0, 12.0])] * 2, made.score,
        made.frame_rate, made.spacing,
    )  # fmt: skip
    data = overview(np.ones((20, 30), np.float32), long)
    assert data.duration == 16
    assert data.time[-1] == pytest.approx(15.99)
    assert data.trains.shape == (2, 1600)
    assert [list(times) for times in data.firings] == [[1.0, 12.0], [1.0, 12.0]]
    wide, usual = draw_figure(data), draw_figure(overview(np.ones((20, 30)), made))
    assert wide.get_size_inches()[0] > usual.get_size_inches()[0]


def report(count: int) -> Report:
    found = units(count)
    metrics = {metric.name: np.linspace(0.1, 0.9, count) for metric in METRICS}
    return Report(
        title="trial <1>.mat",
        facts={"recording": "trial <1>.mat"},
        units=found,
        power=np.ones((20, 30), np.float32),
        quality={"quality": overall(metrics) if count else np.zeros(0), **metrics},
        flags=flags(metrics),
        measures=measure(found),
        warnings=["3 missing frames were bridged"],
        emg=[EmgPair(0, 2, 0.91, 0.004)] if count else [],
        emg_units=4,
    )


@pytest.mark.parametrize("count", [0, 1, 40])
def test_the_page_stands_alone_and_tells_in_words(tmp_path, count):
    write_page(report(count), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "trial &lt;1&gt;.mat" in text
    assert "trial <1>" not in text
    assert "3 missing frames" in text
    assert "default-src 'none'" in text
    assert not re.findall(r"(?:src|href)=[\"'](?!#)", text)
    assert f"of {count} units match one of 4 EMG units" in text
    for metric in METRICS:
        assert metric.description.split(";")[0][:30] in html.unescape(text)


def data_of(text: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


def unpacked(packed: dict) -> np.ndarray:
    numbers = np.frombuffer(base64.b64decode(packed["data"]), packed["kind"])
    return numbers.reshape(packed["shape"]) * packed["scale"]


def test_the_page_carries_every_unit_within_what_its_numbers_allow():
    made = report(3)
    data = data_of(page(made))
    trains = unpacked(data["trains"])
    most = np.abs(made.units.twitch_train).max()
    np.testing.assert_allclose(trains, made.units.twitch_train, atol=most / 65534 * 1.01)
    for k, unit in enumerate(data["units"]):
        box = unpacked(unit["territory"])
        whole = np.zeros((20, 30))
        top, left = unit["territory"]["top"], unit["territory"]["left"]
        whole[top : top + len(box), left : left + box.shape[1]] = box
        np.testing.assert_array_equal(whole, made.units.territory[k])
        np.testing.assert_allclose(unit["firings"], made.units.firings[k], atol=5e-6)
        assert unit["flags"] == made.flags[k]
        assert unit["values"]["quality"] == pytest.approx(made.quality["quality"][k], abs=1e-5)


def test_a_title_that_looks_like_a_script_stays_a_title():
    title = "</script><script>alert(1)</script>@@DATA@@"
    text = page(dataclasses.replace(report(1), title=title, result=title))
    assert "<script>alert" not in text
    assert data_of(text)["title"] == title


@pytest.mark.parametrize(
    ("shape", "rate"), [((200, 50, 128), 100), ((6000, 119, 128), 100), ((6000, 800, 400), 1000)]
)
def test_a_movie_of_any_recording_is_small_enough(shape, rate):
    step, (a, b) = movie_steps(shape, (0.1, 0.3), rate)
    assert -(-shape[0] // step) * (shape[1] // a) * (shape[2] // b) <= 4_000_000
    assert (shape[1] // a) * (shape[2] // b) >= 500


def test_what_the_recording_shows_of_a_unit_is_regressed_on_all_trains():
    rng = np.random.default_rng(1)
    found = units(2)
    trains = rng.standard_normal((2, 200)).astype(np.float32)
    found = dataclasses.replace(found, twitch_train=trains)
    maps = rng.uniform(-1, 1, (2, 20, 30)).astype(np.float32)
    trains = trains - trains.mean(1, keepdims=True)
    velocity = np.einsum("kt,kzx->tzx", trains, maps)
    seen = look(found, RecordingFrames(Recording(velocity, 100.0, (1.0, 0.5))))
    np.testing.assert_allclose(seen.maps, maps, atol=0.01)
    inside = velocity[:, found.territory[1] > 0.5].mean(1)
    np.testing.assert_allclose(seen.inside[1], inside, atol=1e-4)
    np.testing.assert_allclose(
        seen.movie * seen.movie_scale,
        np.clip(velocity, -127 * seen.movie_scale, 127 * seen.movie_scale),
        atol=seen.movie_scale,
    )


def test_the_command_on_the_page_makes_the_result_again():
    made = {
        "kmu": "1",
        "model": {"name": "kmu/2", "sha256": "ab"},
        "thresholds": {"score": 0.5, "firing": 0.25},
        "options": {
            "block_seconds": 5.0, "band_hz": [5.0, 30.0], "suppress_motion": "svd",
            "motion_order": 2, "least_quality": 0.3,
        },
        "source": {
            "file": "my trial.mat", "axes": "zxt", "kind": "velocity", "shape": [1000, 50, 128],
            "frame_rate_hz": 500.0, "spacing_mm": [0.8, 0.3],
        },
    }  # fmt: skip
    words = shlex.split(command(made, "out.h5"))
    assert words[:2] == ["kmu", "identify"]
    arguments = cli.parser().parse_args(words[1:])
    assert ([str(file) for file in arguments.files], arguments.axes, arguments.kind) == (
        ["my trial.mat"],
        "zxt",
        "velocity",
    )
    assert (arguments.band, arguments.suppress_motion, arguments.motion_order) == (
        [5, 30],
        "svd",
        2,
    )
    assert (arguments.score_threshold, arguments.min_quality) == (0.5, 0.3)
    text = methods(made, 7)
    for told in ("kmu/2", "500 frames per second", "40 mm depth", "5 to 30 Hz", "7 units"):
        assert told in text


@pytest.mark.parametrize(
    "text", ["0,1\n0.1,2\n0.2,3\n", "time;force\n0;1\n0.1;2\n0.2;3\n", "t\tN\n0\t1\n1e-1\t2\n.2\t3"]
)
def test_a_force_trace_is_two_columns(tmp_path, text):
    (tmp_path / "f.csv").write_text(text)
    time, force = read_force(tmp_path / "f.csv")
    assert time.tolist() == [0, 0.1, 0.2]
    assert force.tolist() == [1, 2, 3]


@pytest.mark.parametrize("text", ["", "1\n2\n", "0,a\n1,b\n", "0,1\n0,2\n", "0,nan\n1,2"])
def test_what_is_no_force_trace_is_refused(tmp_path, text):
    (tmp_path / "f.csv").write_text(text)
    with pytest.raises(InputError, match=r"f\.csv"):
        read_force(tmp_path / "f.csv")


def test_further_sections_and_agreement_with_emg_are_on_the_page():
    from matplotlib.figure import Figure

    rates = np.full((2, 1), 0.9), np.full((2, 1), 0.1)
    made = Report(
        title="trial",
        facts={},
        units=units(2),
        power=None,
        quality={},
        flags=[[], []],
        measures={},
        emg=[EmgPair(0, 0, 0.9, 0.0)],
        emg_units=1,
        emg_rates=rates,
        sections={"Trust": ["<p>one in <b>ten</b></p>", Figure()]},
    )
    text = page(made)
    assert "<h2>Trust</h2>" in text
    assert "<p>one in <b>ten</b></p>" in text
    assert text.count("src='data:image/png;base64,") == 2
