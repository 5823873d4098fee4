"""Figures for a paper: their data are right apart from drawing, and they are as wide as asked."""

import re

import h5py
import numpy as np
import pytest

from kmu.cli import main
from kmu.errors import InputError
from kmu.motor_units import MotorUnits
from kmu.report.figures import KINDS, discharge_rates, draw_on, one_unit, raster, twitches
from kmu.report.figures.style import COLOURS, bar_length

plt = pytest.importorskip("matplotlib.pyplot")
RATE = 100.0


def units(count: int, seconds: float = 4.0) -> MotorUnits:
    """Units that fire regularly at 5, 6, 7, ... Hz, with a triangle of 100 ms after each firing."""
    frames = round(seconds * RATE)
    territory = np.zeros((count, 20, 30), np.float32)
    train = np.zeros((count, frames), np.float32)
    firings = []
    for k in range(count):
        territory[k, k % 10 : k % 10 + 6, 3:12] = 1
        times = np.arange(1, int(seconds * (5 + k % 20)) - 3) / (5 + k % 20)
        for time in times:
            start = round(time * RATE)
            part = train[k, start : start + 10]
            part += (k % 20 + 1) * (1 - np.abs(np.arange(10) - 5) / 5)[: len(part)]
        firings.append(times)
    return MotorUnits(territory, train, firings, np.linspace(1, 0.5, count), RATE, (1.0, 0.5))


@pytest.fixture
def pyplot():
    plt.switch_backend("agg")
    yield plt
    plt.close("all")


def test_a_regular_train_has_its_own_rate_up_to_the_borders():
    data = discharge_rates(units(3))
    inside = (data.time > 0.5) & (data.time < 3.0)
    np.testing.assert_allclose(data.rate[:, inside].mean(1), [5, 6, 7], rtol=0.02)
    assert data.rate.min() >= 0
    assert data.time[-1] == 4.0


def test_twitches_and_firings_are_those_of_each_unit():
    data = twitches(units(3))
    # The ridge of the estimate takes off a little.
    np.testing.assert_allclose(data.velocity.max(1), [1, 2, 3], rtol=0.1)
    np.testing.assert_allclose(data.time[np.argmax(data.velocity, 1)], 50, atol=10)
    assert list(data.firings) == [len(times) for times in units(3).firings]
    assert raster(units(3)).duration == 4.0


def test_one_unit_is_found_by_its_id_and_an_unknown_one_refused():
    found = units(3)
    data = one_unit(found, 2)
    assert data.id == 2
    assert len(data.others) == 2
    np.testing.assert_allclose(data.intervals, 1000 / 6, rtol=1e-6)
    with pytest.raises(InputError, match="unit 9: the result has units 1, 2, 3"):
        one_unit(found, 9)
    with pytest.raises(InputError, match="the result has no units"):
        one_unit(units(0))


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_drawn_for_one_and_many_units_and_none(name, pyplot):
    for count in (1, 70) if name == "unit" else (0, 1, 70):
        axes = draw_on(None, name, units(count, 2.0))
        axes.figure.draw_without_rendering()
        width = axes.figure.get_size_inches()[0] * 25.4
        assert width == pytest.approx(180)


def test_all_seventy_units_are_drawn(pyplot):
    axes = draw_on(None, "raster", units(70, 2.0))
    assert len(axes.collections) == 70


def test_drawing_changes_no_setting_of_the_user(pyplot):
    before = dict(pyplot.rcParams)
    _, axes = pyplot.subplots()
    assert units(2).plot_rates(ax=axes) is axes
    assert dict(pyplot.rcParams) == before


@pytest.mark.parametrize(("width", "points"), [(85, 240.94), (180, 510.24)])
def test_files_have_the_width_asked_for_and_letters_of_eight_points(tmp_path, width, points):
    units(3).save(tmp_path / "r.h5")
    command = ["figure", str(tmp_path / "r.h5"), "--kind", *KINDS, "--format", "svg", "--unit", "2"]
    assert main([*command, "--width", str(width), "--quiet"]) == 0
    for name in ("overview", "raster", "twitches", "unit2", "rates"):
        text = (tmp_path / f"r.{name}.svg").read_text(encoding="utf-8")
        found = re.search(r'<svg[^>]* width="([\d.]+)pt"', text)
        assert float(found[1]) == pytest.approx(points, abs=0.1)
        # A point is a pixel in matplotlib's SVG.
        assert set(re.findall(r"font-size: ([\d.]+)px", text)) == {"8"}
        assert "<text" in text, "letters stay letters"


def test_the_same_result_gives_the_same_pdf_and_its_velocity_map_is_drawn(tmp_path):
    units(2).save(tmp_path / "r.h5")
    command = ["figure", str(tmp_path / "r.h5"), "--quiet", "-o"]
    contents = []
    for stem in ("a", "b", "c"):
        if stem == "c":
            with h5py.File(tmp_path / "r.h5", "r+") as file:
                file["power"] = np.random.default_rng(0).random((20, 30))
        assert main([*command, str(tmp_path / stem)]) == 0
        contents.append((tmp_path / f"{stem}.overview.pdf").read_bytes())
    assert contents[0].startswith(b"%PDF")
    assert contents[0] == contents[1] != contents[2]


def test_what_cannot_be_drawn_is_said_and_nothing_written(tmp_path, capsys):
    units(2).save(tmp_path / "r.h5")
    assert main(["figure", str(tmp_path / "r.h5"), "--kind", "raster", "unit", "--unit", "7"]) == 2
    assert "units 1, 2" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["r.h5"]


def test_scale_bars_are_round():
    assert [bar_length(whole) for whole in (38.4, 3.0, 60.0, 0.3)] == [5, 0.5, 10, 0.05]


def test_colours_stay_apart_for_people_who_see_no_red_or_no_green():
    # Machado, Oliveira and Fernandes (2009), severity 1: protanopia and deuteranopia.
    seen = {
        "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
        "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    }
    colours = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in COLOURS])
    for matrix in seen.values():
        shown = colours @ np.array(matrix).T
        apart = np.linalg.norm(shown[:, None] - shown[None], axis=-1)
        assert apart[~np.eye(len(COLOURS), dtype=bool)].min() > 0.15
