"""The speckle level's point spread against pymust's, an independent ultrasound simulator."""

import numpy as np
import pytest

from kmu.config import SimulationConfig
from kmu.simulation.speckle import SOUND_SPEED, beam_width, pulse_length

pymust = pytest.importorskip("pymust", reason="pip install kmu[point_spread]")


def full_width(profile, step):
    """Full width at half maximum, between samples."""
    fine = np.interp(
        np.arange(0, len(profile) - 1, 0.01), np.arange(len(profile)), profile / profile.max()
    )
    return (fine >= 0.5).sum() * 0.01 * step


@pytest.mark.parametrize("f_number", [1.2, 2.0])
def test_the_point_spread_is_that_of_a_plane_wave_and_a_focused_receive_aperture(f_number):
    array = pymust.getparam("L11-5v")
    array.fs = 4 * array.fc
    array.c = SOUND_SPEED
    array.fnumber = f_number
    depth = 20e-3
    delays = np.zeros((1, array.Nelements))
    echoes, _ = pymust.simus(np.array([0.0]), np.array([depth]), np.array([1.0]), delays, array)
    iq = pymust.rf2iq(echoes, array.fs, array.fc)
    half, step = 2.0, 0.02  # mm around the scatterer
    around = np.arange(-half, half + step / 2, step) * 1e-3
    x, z = np.meshgrid(around, depth + around)
    matrix = pymust.dasmtx(1j * np.array(iq.shape), x, z, delays, array)
    image = np.abs((matrix @ iq.ravel(order="F")).reshape(x.shape, order="F"))
    row, column = np.unravel_index(image.argmax(), image.shape)
    scanner = SimulationConfig().scanner
    lateral, axial = full_width(image[row], step), full_width(image[:, column], step)
    ours = beam_width(array.fc, f_number, scanner)
    ours_axial = 2.355 * pulse_length(array.fc, array.bandwidth / 100 * array.fc)
    print(
        f"lateral {lateral:.3f} mm (ours {ours:.3f}), axial {axial:.3f} mm (ours {ours_axial:.3f})"
    )
    assert ours == pytest.approx(lateral, rel=0.15)
    assert ours_axial == pytest.approx(axial, rel=0.15)
