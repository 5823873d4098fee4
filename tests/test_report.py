"""Figures: their data, and that they are drawn for no, one and many units."""

import numpy as np
import pytest

from kmu.motor_units import MotorUnits
from kmu.report import draw_overview, overview


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


@pytest.mark.parametrize("count", [0, 1, 3, 40])
def test_the_figure_is_drawn_for_any_number_of_units(tmp_path, count):
    data = overview(np.ones((20, 30), np.float32), units(count))
    assert len(data.masks) == min(count, 30)
    assert data.hidden == count - len(data.masks)
    draw_overview(data, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes()[:4] == b"\x89PNG"


def test_drawing_units_are_millimetres_and_seconds():
    data = overview(np.ones((20, 30), np.float32), units(2))
    assert data.extent == (0.0, 15.0, 20.0, 0.0)
    assert data.time[-1] == pytest.approx(1.99)
    assert np.abs(data.trains).max() == pytest.approx(1.0)
