"""Figures: their data, and that they are drawn for no, one and many units."""

import html

import numpy as np
import pytest

from kmu.analysis.emg import EmgPair
from kmu.analysis.physiology import measure
from kmu.analysis.quality import METRICS, flags, overall
from kmu.motor_units import MotorUnits
from kmu.report import Report, draw_figure, draw_overview, overview, page, write_page


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
def test_the_page_stands_alone_and_shows_every_unit(tmp_path, count):
    write_page(report(count), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "trial &lt;1&gt;.mat" in text
    assert "trial <1>" not in text
    assert "3 missing frames" in text
    assert text.count("data:image/png;base64,") == (3 if count else 1)
    assert "http" not in text.replace("http-equiv", "")
    assert text.count("<th>1</th>") == (2 if count else 0)
    assert f"of {count} units match one of 4 EMG units" in text
    for metric in METRICS:
        assert metric.description.split(";")[0][:30] in html.unescape(text)


def test_doubtful_values_are_marked():
    text = page(report(2))
    assert "<td class=flag>" in text
